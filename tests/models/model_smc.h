/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC: an application on endpoint 0x20 of a coprocessor with RTKit
 * (model_rtkit.h).  It has a table of keys and the machine around it: sensors,
 * battery, lid, button, pins and power.  It is written from the protocol facts.
 *
 * Both sides include this file.  The SMC's violations and faults are in the
 * tables of the coprocessor.
 */
#ifndef _MODEL_SMC_H_
#define	_MODEL_SMC_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model_rtkit.h"

#define	MODEL_SMC_EP		0x20
#define	MODEL_SMC_VALUE_MAX	64	/* bytes of a value, in the table */
#define	MODEL_SMC_PINS		32	/* gP00 to gP1f */
#define	MODEL_SMC_LOW_PIN	0x20	/* gp00, and so on: as many */

/* A key is four characters; the first is the most significant. */
#define	MODEL_SMC_KEY(a, b, c, d)					\
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

/* Flags of a key. */
#define	MODEL_SMC_READ		0x80
#define	MODEL_SMC_WRITE		0x40
#define	MODEL_SMC_FUNCTION	0x10
#define	MODEL_SMC_LE		0x04

/* Results. */
#define	MODEL_SMC_OK		0x00
#define	MODEL_SMC_ERROR		0x01
#define	MODEL_SMC_BAD_COMMAND	0x82
#define	MODEL_SMC_BAD_PARAMETER	0x83
#define	MODEL_SMC_NOT_FOUND	0x84
#define	MODEL_SMC_NOT_READABLE	0x85
#define	MODEL_SMC_NOT_WRITABLE	0x86
#define	MODEL_SMC_SIZE_MISMATCH	0x87
#define	MODEL_SMC_BAD_ARGUMENT	0x89
#define	MODEL_SMC_INDEX_RANGE	0xb8

/* Fans. */
enum model_smc_fans {
	/* One, whose mode can be written: M1. */
	MODEL_SMC_FANS_PLAIN,
	/*
	 * Two, which the firmware holds: a mode cannot be written until some
	 * time after 1 was written to Ftst.  M3 and M4.
	 */
	MODEL_SMC_FANS_HELD,
	/* Two, whose modes are real numbers of the names F0md and F1md: M5. */
	MODEL_SMC_FANS_NEW
};

/*
 * Keys that control how the battery of a laptop is charged, by the macOS that
 * the firmware comes with.
 */
enum model_smc_charge {
	/* CHWA alone; of newer firmware also CHLS. */
	MODEL_SMC_CHARGE_LIMIT,
	/* 13: CHWA; CH0B and CH0C of 1 byte; CH0I. */
	MODEL_SMC_CHARGE_13,
	/* 26: CHLS; CHTE of 4 bytes; CHIE, which is 8 while on. */
	MODEL_SMC_CHARGE_26,
	/*
	 * 27: CHLS; CH0B, CH0C and CHTE of 0 bytes; CHIB.  There are also bfD0,
	 * bfE0 and bfF0.  To be used with "newer".
	 */
	MODEL_SMC_CHARGE_27
};

struct model_smc_config {
	uint64_t	shmem;		/* offset of the shared area in SRAM */
	bool		desktop;	/* no battery, no lid */
	/*
	 * Firmware of late 2026: B0RM has its lowest byte first, BCF0 is one
	 * byte, and there is no CH0B, CH0C or CHTE.
	 */
	bool		newer;
	/*
	 * How many temperatures, of type "flt " or "ioft"; 0: the usual six.
	 * Some of the further ones are of parts that are off, and read -16 to 8
	 * degrees.  With them come three keys that begin with T and are no
	 * temperatures.
	 */
	unsigned int	temperatures;
	enum model_smc_fans fans;
	enum model_smc_charge charge;
	int64_t		latency_ns;	/* of a command, on top of RTKit's */
};

struct model_smc;

/*
 * config may be NULL: the shared area is then at 0, the machine is a laptop,
 * and there is no further latency.
 */
struct model_smc *model_smc_new(struct model_rtkit *,
	    const struct model_smc_config *);
/* To be called after model_rtkit_free(). */
void	model_smc_free(struct model_smc *);

/*
 * Keys.  Names are strings of four characters.
 */

unsigned int model_smc_key_count(struct model_smc *);

struct model_smc_key {
	uint32_t	key;		/* MODEL_SMC_KEY() */
	char		name[5];
	char		type[5];	/* "flt " */
	uint8_t		size;
	uint8_t		flags;
	uint8_t		value[MODEL_SMC_VALUE_MAX];
	uint64_t	reads;		/* by the AP, those that succeeded */
	uint64_t	writes;
};
/* A key by index or name; false if there is none. */
bool	model_smc_key_at(struct model_smc *, unsigned int index,
	    struct model_smc_key *);
bool	model_smc_key(struct model_smc *, const char *name,
	    struct model_smc_key *);
/*
 * Add a key, before the AP starts the endpoint; false if there is no room, or
 * the key exists.
 */
bool	model_smc_add(struct model_smc *, const char *name, const char *type,
	    uint8_t size, uint8_t flags, const void *value);
/* Remove a key; false if there is none. */
bool	model_smc_remove(struct model_smc *, const char *name);

/*
 * Set a value: raw bytes; an integer in the byte order and width of the key; or
 * a number as "flt " or "ioft", in millionths (of degrees, volts, ...).
 * Returns false if there is no such key, or it has another type or size.
 */
bool	model_smc_set(struct model_smc *, const char *name, const void *,
	    size_t len);
bool	model_smc_set_int(struct model_smc *, const char *name, int64_t);
bool	model_smc_set_micro(struct model_smc *, const char *name, int64_t);
/* The integer that a key holds; 0 if there is none. */
uint64_t model_smc_get_int(struct model_smc *, const char *name);
/* Answer commands for a key with this result from now on; 0: normally again. */
void	model_smc_fail(struct model_smc *, const char *name, uint8_t result);

/*
 * The machine.  Events reach the AP while NTAP is 1.  The functions return
 * false if NTAP is 0, the endpoint is not started, or the coprocessor is not
 * on.
 */

enum model_smc_button {
	MODEL_SMC_BUTTON_POWER = 0x01,
	MODEL_SMC_BUTTON_TOUCHID = 0x06,
	MODEL_SMC_BUTTON_HELD = 0xfe,		/* briefly */
	MODEL_SMC_BUTTON_FORCED = 0x00		/* about 4 s to forced off */
};
bool	model_smc_button(struct model_smc *, enum model_smc_button,
	    bool pressed);
/* Also sets MSLD. */
bool	model_smc_lid(struct model_smc *, bool closed);
/* Also sets CHIS, ACDI and CHCE. */
bool	model_smc_charger(struct model_smc *, bool connected);
/*
 * The alarm of the battery, if BCF0 was read before.  Real machines send it
 * each second while BCF0 is 1, and some also while it is 0 and they charge.
 * _critical sets BCF0.
 */
bool	model_smc_battery_critical(struct model_smc *);
bool	model_smc_battery_alarm(struct model_smc *);
/* Any event word: type in 31:16, subtype in 15:8, data in 7:0. */
bool	model_smc_event(struct model_smc *, uint32_t event);
bool	model_smc_notifies(struct model_smc *);
/* Stop the clock, CLKM, at this count of 1/32768 seconds. */
void	model_smc_clock_stop(struct model_smc *, uint64_t count);

/*
 * What the AP did by writing words of four characters to MBSE, each word as a
 * number.  A machine that is off takes no more.
 */
enum model_smc_power {
	MODEL_SMC_RUNNING,
	MODEL_SMC_RESTARTED,	/* 'phra', or 'off1' without the flag */
	MODEL_SMC_POWERED_OFF,	/* 'off1' */
	MODEL_SMC_SUSPENDED,	/* 'susp' */
	MODEL_SMC_PANICKED	/* 'panb', until 'pane' */
};
enum model_smc_power model_smc_power(struct model_smc *);
/*
 * The boot loader starts the machine again after 'off1', unless a flag in the
 * PMU says not to.  flag returns whether it does, in any context.  Without this
 * call there is no boot loader.
 */
void	model_smc_boot_loader(struct model_smc *, bool (*flag)(void *),
	    void *arg);
/*
 * The word with this number, from 0 on; 0 if there were not so many.  The first
 * 16 are kept.
 */
uint32_t model_smc_mbse(struct model_smc *, unsigned int number);

/*
 * Pins: gP00 and so on, those in the table.  The level of an input comes from
 * outside, that of an output from the AP.
 */
struct model_smc_pin {
	bool		output;
	bool		level;
	bool		irq_enabled;
	bool		irq_pending;
	uint8_t		irq_mode;	/* as written */
	uint8_t		mode;		/* as written */
	uint64_t	irqs;
	uint64_t	acks;
};
/* Returns false if there is no such pin. */
bool	model_smc_pin(struct model_smc *, unsigned int pin,
	    struct model_smc_pin *);
/*
 * Drive an input from outside.  If its interrupt is enabled, the SMC sends
 * event 0x7202 with the number of the pin as subtype.  Returns true if it was
 * sent.
 */
bool	model_smc_pin_drive(struct model_smc *, unsigned int pin, bool level);

struct model_smc_stats {
	uint64_t commands;
	uint64_t failed;	/* answered with a result other than ok */
	uint64_t events;	/* sent to the AP */
	uint64_t inits;
};
struct model_smc_stats model_smc_stats(struct model_smc *);

#endif /* !_MODEL_SMC_H_ */
