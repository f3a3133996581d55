/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * An SPMI controller of Apple's, with one PMU on its bus, whose registers are
 * bytes.  It is written from the register facts and not from a driver.
 *
 * Both sides include this file.  The model is strict.  It notes the first thing
 * that a driver must not do.
 */
#ifndef _MODEL_SPMI_H_
#define	_MODEL_SPMI_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define	MODEL_SPMI_LOG		64	/* commands that are kept */
#define	MODEL_SPMI_RANGES	4

/* Registers of the PMU that a driver may read and write. */
struct model_spmi_range {
	uint16_t	addr;
	uint16_t	size;
};

struct model_spmi_config {
	uint64_t	base;
	uint8_t		sid;		/* of the PMU */
	const struct model_spmi_range *ranges; /* copied */
	unsigned int	nranges;	/* MODEL_SPMI_RANGES at most */
	int64_t		latency_ns;	/* of a reply */
};

struct model_spmi;

/* Returns NULL if the addresses are taken.  Sleeps. */
struct model_spmi *model_spmi_new(const struct model_spmi_config *);
/* After the driver has released the registers.  Sleeps.  NULL: does nothing. */
void	model_spmi_free(struct model_spmi *);

/* Bytes of the PMU, the first lowest; 8 at most.  Any context. */
void	model_spmi_set(struct model_spmi *, uint16_t addr, unsigned int size,
	    uint64_t value);
uint64_t model_spmi_get(struct model_spmi *, uint16_t addr, unsigned int size);

enum model_spmi_fault {
	MODEL_SPMI_NO_REPLY,
	MODEL_SPMI_NO_DATA,	/* a reply to a read, without its bytes */
	MODEL_SPMI_WRONG_SID,	/* in replies */
	MODEL_SPMI_WRONG_OPCODE, /* in replies: that of another command */
	MODEL_SPMI_BAD_PARITY,	/* of the last byte that was read */
	MODEL_SPMI_NO_ACK,	/* of writes, which do nothing */
	MODEL_SPMI_TX_NOT_EMPTY,
	MODEL_SPMI_RX_ENDLESS,	/* there is always a word in RX */
	MODEL_SPMI_FAULTS
};
/* Misbehave so, or no more.  Any context. */
void	model_spmi_fault(struct model_spmi *, enum model_spmi_fault, bool on);
/*
 * Reply to the next commands, so many, only when a later one is replied to:
 * just before that reply.  Any context.
 */
void	model_spmi_hold(struct model_spmi *, unsigned int replies);
/* Put so many old words into RX. */
void	model_spmi_old_words(struct model_spmi *, unsigned int words);

/* A command that the PMU has got. */
struct model_spmi_access {
	bool		write;
	uint16_t	addr;
	uint8_t		size;
};
/* The command with this number since the start; false if there is none. */
bool	model_spmi_access(struct model_spmi *, unsigned int number,
	    struct model_spmi_access *);
unsigned int model_spmi_accesses(struct model_spmi *);

/* What the driver did wrong first; "" if nothing. */
const char *model_spmi_first_violation(struct model_spmi *);

#endif /* !_MODEL_SPMI_H_ */
