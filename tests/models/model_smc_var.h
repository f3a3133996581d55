/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The insides of the SMC model.  model_smc.c answers commands, _keys.c has the
 * table of keys, _pins.c the pins, _machine.c the machine around the SMC.  The
 * lock guards everything.  The caller of a function named smc_*() holds it.
 */
#ifndef _MODEL_SMC_VAR_H_
#define	_MODEL_SMC_VAR_H_

#include "model_rtkit_var.h"
#include "model_smc.h"

#define	SMC_KEYS	2560	/* real machines have up to 2,300 */
#define	SMC_MBSE	16	/* words that are kept */
#define	SMC_SHMEM	0x4000	/* bytes of the shared area */
#define	SMC_CLOCK_HZ	32768

/* Modes of a fan. */
#define	SMC_FAN_AUTOMATIC 0
#define	SMC_FAN_MANUAL	1
#define	SMC_FAN_SYSTEM	3	/* the firmware holds it */
/* How long it holds on after it was told to let go. */
#define	SMC_FAN_HOLD_NS	2000000000ll

/* Commands. */
#define	SMC_CMD_READ	0x10
#define	SMC_CMD_WRITE	0x11
#define	SMC_CMD_INDEX	0x12
#define	SMC_CMD_INFO	0x13
#define	SMC_CMD_INIT	0x17
#define	SMC_CMD_EVENT	0x18
#define	SMC_CMD_RW	0x20

/* Events: types. */
#define	SMC_EV_CHARGER	0x7101
#define	SMC_EV_BATTERY	0x7102
#define	SMC_EV_BUTTON	0x7201
#define	SMC_EV_PIN	0x7202
#define	SMC_EV_LID	0x7203

struct smc_entry {
	struct model_smc_key k;
	uint8_t		 fail;		/* result to answer; 0: none */
};

struct smc_command {
	uint8_t		 cmd;
	uint8_t		 id;
	uint8_t		 size;		/* to read; WRITE: to write */
	uint8_t		 wsize;		/* RW: bytes to write */
	uint32_t	 key;
};

struct model_smc {
	struct model_smc_config cfg;
	struct model_rtkit *rtkit;
	struct mh_lock	*lock;
	struct smc_entry keys[SMC_KEYS];	/* by key */
	unsigned int	 nkeys;

	bool		 started;
	bool		 ready;		/* initialized */
	uint8_t		 last_id;
	int64_t		 busy_until;
	uint8_t		 answer[MODEL_SMC_VALUE_MAX];

	struct model_smc_pin pins[2 * MODEL_SMC_PINS]; /* the low bank last */
	bool		 watched;	/* BCF0 was read */
	uint64_t	 clock;		/* CLKM at time 0 */
	bool		 clock_stopped;	/* CLKM is as it was set */
	int64_t		 fans_free;	/* when; 0: held */
	enum model_smc_power power;
	bool		 (*flag)(void *); /* stay off; NULL: always */
	void		 *flag_arg;
	uint32_t	 mbse[SMC_MBSE];
	unsigned int	 nmbse;
	struct model_smc_stats stats;
};

/* model_smc.c */
bool	smc_event(struct model_smc *, uint32_t event);

/* model_smc_keys.c */
void	smc_keys_init(struct model_smc *);
struct smc_entry *smc_find(struct model_smc *, uint32_t key);
struct smc_entry *smc_find_name(struct model_smc *, const char *name);
void	smc_put_int(struct model_smc_key *, uint64_t);
uint64_t smc_get_int(const struct model_smc_key *);
/* Set an integer, if there is such a key. */
void	smc_set_int(struct model_smc *, const char *name, uint64_t);

/* model_smc_pins.c */
bool	smc_is_pin(uint32_t key, unsigned int *pin);
/* Return the result of the command. */
uint8_t	smc_pin_write(struct model_smc *, unsigned int pin, uint32_t word);
uint8_t	smc_pin_read(struct model_smc *, unsigned int pin, uint32_t word,
	    uint32_t *value);

/* model_smc_machine.c */
void	smc_leave(struct model_smc *);
/* Update a key's value, or do what it does, beyond what the table has. */
void	smc_refresh(struct model_smc *, struct model_smc_key *);
uint8_t	smc_written(struct model_smc *, struct model_smc_key *,
	    const uint8_t *value);

#endif /* !_MODEL_SMC_VAR_H_ */
