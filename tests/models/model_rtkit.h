/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A coprocessor that runs RTKit, behind a mailbox (model_asc.h): from the
 * protocol facts and not from a driver.  Application endpoints are functions
 * of whoever uses the model; model_smc.h is one.
 *
 * Both sides include this file.  AP: the processors, where the driver runs.
 * IOP: the coprocessor.
 *
 * All that the IOP does happens on an agent of its own, a latency after what
 * caused it, in an order that depends on nothing but the messages and the
 * seed.  It starts by itself when the run bit of CPU control is set, or, where
 * that was set from the beginning (the SMC's), when it is asked to wake.
 *
 * It is strict: what an AP must not do is counted by name (model_rtkit_rules),
 * and otherwise not done.  It also misbehaves, on demand: model_rtkit_faults.
 */
#ifndef _MODEL_RTKIT_H_
#define	_MODEL_RTKIT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model_asc.h"

/* Endpoints. */
#define	MODEL_RTKIT_EP_MGMT	0x00
#define	MODEL_RTKIT_EP_CRASHLOG	0x01
#define	MODEL_RTKIT_EP_SYSLOG	0x02
#define	MODEL_RTKIT_EP_DEBUG	0x03
#define	MODEL_RTKIT_EP_IOREPORT	0x04
#define	MODEL_RTKIT_EP_OSLOG	0x08
#define	MODEL_RTKIT_EP_TRACEKIT	0x0a
#define	MODEL_RTKIT_EP_APP	0x20	/* the first of applications */
#define	MODEL_RTKIT_ENDPOINTS	256

/* Power states of either side. */
#define	MODEL_RTKIT_POWER_OFF		0x000
#define	MODEL_RTKIT_POWER_SLEEP		0x001
#define	MODEL_RTKIT_POWER_QUIESCED	0x010
#define	MODEL_RTKIT_POWER_ON		0x020
#define	MODEL_RTKIT_POWER_IDLE		0x201
#define	MODEL_RTKIT_POWER_OFF2		0x202
#define	MODEL_RTKIT_POWER_INIT		0x220	/* asked for, to wake */

/* What memory is asked for. */
enum model_rtkit_buffer {
	MODEL_RTKIT_CRASHLOG,
	MODEL_RTKIT_SYSLOG,
	MODEL_RTKIT_IOREPORT,
	MODEL_RTKIT_OSLOG,
	MODEL_RTKIT_BUFFERS
};

/* What the first message on the oslog endpoint is. */
enum model_rtkit_oslog {
	MODEL_RTKIT_OSLOG_NONE,		/* there is none */
	MODEL_RTKIT_OSLOG_INIT,		/* type 1 alone; wants type 3 back */
	MODEL_RTKIT_OSLOG_BUFFER	/* type 1 asks for a buffer */
};

struct model_rtkit_config {
	uint16_t	 version_min;	/* of HELLO */
	uint16_t	 version_max;
	/* Endpoint n is bit n % 32 of word n / 32: one page of EPMAP each. */
	uint32_t	 map[8];
	/* Pages in the order sent; 0: those with a bit, ascending. */
	unsigned int	 npages;
	uint8_t		 pages[8];
	struct {
		uint32_t pages;		/* of 4 KiB; 0: is not asked for */
		bool	 own;		/* in SRAM, not the AP's */
	}		 buffers[MODEL_RTKIT_BUFFERS];
	enum model_rtkit_oslog oslog;
	uint32_t	 syslog_entries;
	uint32_t	 syslog_text;	/* bytes of text in an entry */
	unsigned int	 boot_logs;	/* LOGs once the AP's power is on */
	bool		 ioreport_marks; /* types 8 and 0xc during boot */
	/* Asks for 0 pages at 0 by ioreport, and wants that back, first. */
	bool		 ioreport_none;
	/* Says that it is on once the AP's power is, and not before. */
	bool		 ap_first;
	/* Runs since before the AP came: its HELLO is in the mailbox. */
	bool		 hello_first;
	/*
	 * System endpoints that have to be started before it is on, those
	 * among them that map has; by bit.
	 */
	uint32_t	 wants;
	/* Run cleared and set in CPU control restarts it, even crashed. */
	bool		 restartable;
	uint64_t	 sram_base;	/* bus address of SRAM; size 0: none */
	uint64_t	 sram_size;
	int64_t		 latency_ns;	/* of each answer */
	int64_t		 patience_ns;	/* that it waits for the AP's */
	uint64_t	 seed;
};

/*
 * Versions 11 to 12; system endpoints 0 to 4 and 8, application 0x20; the AP's
 * buffers; both kinds of logs; 20 us of latency, 1 s of patience; restartable;
 * no SRAM.
 */
void	model_rtkit_config_default(struct model_rtkit_config *);
/* t8103's SMC: buffers of its own in 1 MiB of SRAM, cannot be restarted. */
void	model_rtkit_config_t8103_smc(struct model_rtkit_config *);
/*
 * The same with newer firmware: it has greeted already, has tracekit, asks for
 * nothing by ioreport, and wants the AP on first.
 */
void	model_rtkit_config_newer_smc(struct model_rtkit_config *);

struct model_rtkit;

/* NULL: the addresses or the lines are taken.  Sleeps. */
struct model_rtkit *model_rtkit_new(const struct model_asc_config *,
	    const struct model_rtkit_config *);
/* After the driver has let go of registers, interrupts and SRAM.  Sleeps. */
void	model_rtkit_free(struct model_rtkit *);
struct model_asc *model_rtkit_asc(struct model_rtkit *);

/*
 * Where it stands
 */

enum model_rtkit_phase {
	MODEL_RTKIT_STOPPED,	/* run is not set, or it is off for ever */
	MODEL_RTKIT_ASLEEP,	/* runs; waits to be woken */
	MODEL_RTKIT_HELLO,	/* waits for HELLO's reply */
	MODEL_RTKIT_EPMAP,	/* waits for a page's reply */
	MODEL_RTKIT_STARTING,	/* waits for STARTs, buffers and echoes */
	MODEL_RTKIT_ON,		/* has said that it is on */
	MODEL_RTKIT_IDLE,	/* sleeps, and forgets nothing */
	MODEL_RTKIT_CRASHED
};

struct model_rtkit_state {
	enum model_rtkit_phase phase;
	uint16_t	iop_power;	/* as acknowledged last */
	uint16_t	ap_power;	/* as set last */
	uint16_t	version;	/* chosen by the AP; 0: none yet */
	unsigned int	boots;		/* HELLOs sent */
	unsigned int	crashes;
};
struct model_rtkit_state model_rtkit_state(struct model_rtkit *);
bool	model_rtkit_started(struct model_rtkit *, uint8_t ep);
/* The buffer of a kind; false: it has none now. */
bool	model_rtkit_buffer(struct model_rtkit *, enum model_rtkit_buffer,
	    uint64_t *addr, size_t *size);
/* Nothing is left to say, and it waits for nothing from the AP. */
bool	model_rtkit_quiet(struct model_rtkit *);

struct model_rtkit_stats {
	uint64_t received;	/* messages */
	uint64_t sent;
	uint64_t pings;		/* answered */
	uint64_t logs;		/* of syslog, sent */
	uint64_t log_acks;	/* and acknowledged */
	uint64_t echoes;	/* of ioreport, that came back right */
	uint64_t dropped;	/* messages that had no room to wait in */
	uint64_t violations;	/* of all rules */
};
struct model_rtkit_stats model_rtkit_stats(struct model_rtkit *);

/* Every message in the order in which it passes the mailbox. */
struct model_rtkit_event {
	int64_t		time_ns;
	uint64_t	msg0;
	uint32_t	msg1;
	bool		from_ap;
};
/* Runs on the agent, without locks; NULL: no more. */
void	model_rtkit_trace(struct model_rtkit *,
	    void (*fn)(void *arg, const struct model_rtkit_event *), void *arg);

/*
 * What the AP must not do
 */

struct model_rtkit_rule {
	const char	*name;
	const char	*text;
};
/* All rules; ends with a NULL name. */
extern const struct model_rtkit_rule model_rtkit_rules[];

/* How often a rule was broken.  Panics when there is no such rule. */
uint64_t model_rtkit_violations(struct model_rtkit *, const char *rule);
/* Name of the rule that was broken first, and the message; "": none was. */
const char *model_rtkit_first_violation(struct model_rtkit *);
void	model_rtkit_violations_clear(struct model_rtkit *);

/*
 * What a test makes it do; any thread, no lock of the kernel held
 */

/* Send, a latency from now.  _raw: word 1 whole. */
void	model_rtkit_send(struct model_rtkit *, uint8_t ep, uint64_t msg);
void	model_rtkit_send_raw(struct model_rtkit *, uint64_t msg0,
	    uint32_t msg1);
/* Log by syslog; false: it has no buffer, or no entry is free. */
bool	model_rtkit_log(struct model_rtkit *, const char *task,
	    const char *text);
/*
 * Crash: write the crash log, then say so.  Without a buffer for it, or its
 * endpoint, it just falls silent.
 */
void	model_rtkit_crash(struct model_rtkit *);
/* Take messages out of the mailbox, but do nothing; then go on with them. */
void	model_rtkit_hang(struct model_rtkit *, bool hang);
/* Do not even take them out. */
void	model_rtkit_stall(struct model_rtkit *, bool stall);

/* What the crash log says, next to what model_rtkit_crash.c has fixed. */
#define	MODEL_RTKIT_CRASH_VERSION	"RTKit-2419.2.16.release"
#define	MODEL_RTKIT_CRASH_TEXT	"panic: test assertion\ntask 3: SmcTask\n"
#define	MODEL_RTKIT_CRASH_TIME	0x123456789abull
#define	MODEL_RTKIT_CRASH_PC	0xfffffff0deadbee0ull
#define	MODEL_RTKIT_CRASH_SP	0xfffffff0cafe1000ull
#define	MODEL_RTKIT_CRASH_ESR	0x96000045ull
#define	MODEL_RTKIT_CRASH_FAR	0x10ull
#define	MODEL_RTKIT_CRASH_X(n)	(0x1111000000000000ull + (n))
#define	MODEL_RTKIT_CRASH_FRAME(n) (0xfffffff000004000ull + 0x10 * (n))
#define	MODEL_RTKIT_CRASH_FRAMES 5
#define	MODEL_RTKIT_CRASH_MBOX	4	/* messages in Cmbx */
#define	MODEL_RTKIT_CRASH_L2C	0x4c324300ull

/*
 * Application endpoints
 */

/*
 * A message for an endpoint that is started has come.  Runs on the agent,
 * without locks: it may call anything of this file but _new and _free.
 */
typedef void model_rtkit_app_t(void *arg, struct model_rtkit *, uint8_t ep,
	    uint64_t msg);
struct model_rtkit_app {
	model_rtkit_app_t *message;
	/* It was started, or everything starts over; may be NULL. */
	void	(*started)(void *arg, struct model_rtkit *, uint8_t ep);
	void	(*reset)(void *arg, struct model_rtkit *, uint8_t ep);
	void	*arg;
};
/* Of an endpoint in the map, before the AP starts it; copied. */
void	model_rtkit_app(struct model_rtkit *, uint8_t ep,
	    const struct model_rtkit_app *);
/* An application: sends each message back. */
extern const struct model_rtkit_app model_rtkit_app_echo;
/* Messages that an endpoint has had. */
uint64_t model_rtkit_received(struct model_rtkit *, uint8_t ep);

/*
 * SRAM.  The AP may look only where it was told to: buffers, and what is
 * announced here, until everything starts over.  False: out of range.
 */
bool	model_rtkit_sram_announce(struct model_rtkit *, uint64_t off,
	    size_t len);
bool	model_rtkit_sram_write(struct model_rtkit *, uint64_t off,
	    const void *, size_t len);
bool	model_rtkit_sram_read(struct model_rtkit *, uint64_t off, void *,
	    size_t len);
uint64_t model_rtkit_sram_base(const struct model_rtkit *);
uint64_t model_rtkit_sram_size(const struct model_rtkit *);

/*
 * Misbehaviour, by name
 */

enum model_rtkit_fault_kind {
	MODEL_RTKIT_FAULT_STEP,		/* of the next message of a kind */
	MODEL_RTKIT_FAULT_BOOT,		/* lies of HELLO, EPMAP and power */
	MODEL_RTKIT_FAULT_BUFFER,	/* of the next request for memory */
	MODEL_RTKIT_FAULT_LOG,		/* of syslog, oslog, ioreport */
	MODEL_RTKIT_FAULT_CRASH,	/* of the next crash and its log */
	MODEL_RTKIT_FAULT_STRAY,	/* by itself, at the next message */
	MODEL_RTKIT_FAULT_SMC		/* of the SMC's answers */
};

struct model_rtkit_fault {
	const char	*name;		/* "silent-hello" */
	enum model_rtkit_fault_kind kind;
	const char	*text;		/* what the IOP does */
};

/*
 * All of them; ends with a NULL name.  Those of kind STEP are the six ways
 * "silent-", "late-" (MODEL_RTKIT_LATE_NS), "twice-", "garbage-" (random bits
 * on the same endpoint), "word1-" (bits above the endpoint in word 1) and
 * "crash-" (in its place), times the messages hello, epmap, crashlog-request,
 * syslog-request, ioreport-request, oslog-request, syslog-init, syslog-log,
 * ioreport-mark, iop-ack, ap-ack, pong, app, smc-init, smc-reply and
 * smc-event.
 */
extern const struct model_rtkit_fault model_rtkit_faults[];

#define	MODEL_RTKIT_ALWAYS	UINT32_MAX	/* a count */
#define	MODEL_RTKIT_LATE_NS	(3ll * 1000 * 1000 * 1000)
#define	MODEL_RTKIT_STORM	300		/* messages of a storm */

/*
 * Misbehave this way the next count times; 0: no more.  At any time after
 * model_rtkit_new().  Panics when there is no such fault.
 */
void	model_rtkit_fault(struct model_rtkit *, const char *name,
	    uint32_t count);
/* How often it did, since model_rtkit_new(). */
uint64_t model_rtkit_faulted(struct model_rtkit *, const char *name);

/*
 * Misbehave at random from now on, by this seed: some faults of the table, and
 * messages lost, repeated, late, changed, out of nowhere.
 */
void	model_rtkit_misbehave(struct model_rtkit *, uint64_t seed);

#endif /* !_MODEL_RTKIT_H_ */
