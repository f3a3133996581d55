/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The mailbox of an Apple coprocessor (ASC): registers, two FIFOs and four
 * interrupt lines.  It is written from the protocol facts and not from a
 * driver.  The user of the model decides which messages the coprocessor sends.
 *
 * Both sides include this file.  AP: the processors, where the driver runs.
 * A2I: AP to coprocessor; I2A: coprocessor to AP.
 *
 * The model is strict.  It counts the following as illegal and does not do it:
 * receiving from an empty FIFO; receiving word 1 before word 0, or word 0
 * twice; sending word 1 without word 0; sending to a full FIFO; an access of
 * the wrong width, to the coprocessor's side of the registers, or to an offset
 * without a register; setting bits of word 1 that a sender leaves 0.
 */
#ifndef _MODEL_ASC_H_
#define	_MODEL_ASC_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_asc_variant {
	MODEL_ASC_V4,		/* apple,asc-mailbox-v4 */
	MODEL_ASC_T8015,	/* apple,t8015-asc-mailbox */
	MODEL_ASC_M3		/* apple,m3-mailbox-v2 */
};

/* Order of the lines, as in the device tree's binding. */
enum model_asc_line {
	MODEL_ASC_SEND_EMPTY,
	MODEL_ASC_SEND_NOT_EMPTY,
	MODEL_ASC_RECV_EMPTY,
	MODEL_ASC_RECV_NOT_EMPTY,
	MODEL_ASC_LINES
};

/*
 * Calls to the coprocessor's side.  They run on the thread that accessed the
 * register, in any context and with any locks held.  They may kick an agent
 * (mh_agent_kick()), or call model_asc_push() and model_asc_pop().
 */
struct model_asc_ops {
	void	(*sent)(void *arg);	/* a message is in A2I */
	void	(*taken)(void *arg);	/* a message was taken out of I2A */
	void	(*run)(void *arg, bool run); /* CPU control's run bit changed */
};

struct model_asc_config {
	const char	*name;		/* of the lines and the registers */
	enum model_asc_variant variant;
	uint64_t	 base;		/* bus address of the mailbox */
	uint64_t	 asc_base;	/* of CPU control and status; 0: none */
	unsigned int	 irq;		/* of the four lines, the first */
	unsigned int	 depth;		/* of each FIFO, 1 to 16; 0: 16 */
	bool		 no_count;	/* control words have no count */
	bool		 running;	/* the run bit is set to begin with */
	bool		 enable_stays;	/* M3: a line stays enabled */
	uint64_t	 access_ns;	/* how long an access takes */
};

/* t8103's SMC: base 0x23e408000, asc_base 0x23e400000, irq 400, running. */
void	model_asc_config_t8103_smc(struct model_asc_config *);

struct model_asc;

/* Returns NULL if the addresses or the lines are taken.  ops may be NULL. */
struct model_asc *model_asc_new(const struct model_asc_config *,
	    const struct model_asc_ops *, void *arg);
/*
 * To be called after the driver has released the registers and the interrupts.
 */
void	model_asc_free(struct model_asc *);

/*
 * The coprocessor's side.  Any thread or agent may call it, with no lock of the
 * kernel held.  _push puts a message into I2A, of whose second word the AP
 * reads the low 32 bits; false: I2A is full.  _pop takes one from A2I; false:
 * A2I is empty.
 */
bool	model_asc_push(struct model_asc *, uint64_t msg0, uint32_t msg1);
bool	model_asc_pop(struct model_asc *, uint64_t *msg0, uint32_t *msg1);
/* How many messages are in A2I, and how many in I2A. */
unsigned int model_asc_sent(const struct model_asc *);
unsigned int model_asc_waiting(const struct model_asc *);
/* Empty both FIFOs and forget half messages, as a reset of the block does. */
void	model_asc_reset(struct model_asc *);
/* The run bit of CPU control.  CPU status reads as it was last set. */
bool	model_asc_running(const struct model_asc *);
void	model_asc_set_status(struct model_asc *, uint32_t status);

/*
 * A fault of the hardware: I2A never reads as empty, and returns the last
 * message again and again.
 */
void	model_asc_stick(struct model_asc *, bool stuck);

struct model_asc_stats {
	uint64_t reads;		/* accesses to the mailbox's registers */
	uint64_t writes;
	uint64_t received;	/* messages that the AP took */
	uint64_t sent;		/* messages that the AP gave */
	uint64_t illegal;
	uint64_t overflows;	/* of these, sent to a full FIFO */
	uint64_t underflows;	/* of these, received from an empty one */
	uint64_t acks;		/* writes to M3's acknowledge register */
	uint64_t clock_ns;	/* reads and writes, times access_ns */
	/* The last illegal access, in words; "" if there was none. */
	const char *reason;
};
struct model_asc_stats model_asc_stats(const struct model_asc *);
/* Set all counters to 0. */
void	model_asc_stats_clear(struct model_asc *);
/* How often a line interrupted, that is, had its handlers called. */
uint64_t model_asc_interrupts(const struct model_asc *, enum model_asc_line);

#endif /* !_MODEL_ASC_H_ */
