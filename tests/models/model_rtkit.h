/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A coprocessor that runs RTKit, behind a mailbox (model_asc.h).  It is written
 * from the protocol facts and not from a driver.  The user of the model
 * provides the application endpoints as functions; model_smc.h is one.
 *
 * Both sides include this file.  AP: the processors, where the driver runs.
 * IOP: the coprocessor.
 *
 * The IOP acts on an agent of its own, a latency after the cause.  The order
 * depends only on the messages and the seed.  The IOP starts when the run bit
 * of CPU control is set.  If that bit is set from the beginning, as the SMC's
 * is, the IOP starts when it is asked to wake.
 *
 * The model is strict.  It counts by name what an AP must not do
 * (model_rtkit_rules), and does not do it.  On demand it misbehaves itself
 * (model_rtkit_faults).
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
#define	MODEL_RTKIT_POWER_INIT		0x220	/* requested, to wake */

/* The kinds of memory that the IOP asks for. */
enum model_rtkit_buffer {
	MODEL_RTKIT_CRASHLOG,
	MODEL_RTKIT_SYSLOG,
	MODEL_RTKIT_IOREPORT,
	MODEL_RTKIT_OSLOG,
	MODEL_RTKIT_BUFFERS
};

/* The kinds of first message on the oslog endpoint. */
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
		uint32_t pages;		/* of 4 KiB; 0: the IOP does not ask */
		bool	 own;		/* in SRAM, not memory of the AP */
	}		 buffers[MODEL_RTKIT_BUFFERS];
	enum model_rtkit_oslog oslog;
	uint32_t	 syslog_entries;
	uint32_t	 syslog_text;	/* bytes of text in an entry */
	unsigned int	 boot_logs;	/* LOGs after the AP turned on */
	bool		 ioreport_marks; /* sends types 8 and 0xc during boot */
	/*
	 * First asks for 0 pages at address 0 by ioreport, and expects that
	 * back.
	 */
	bool		 ioreport_none;
	/* Says that it is on only after the AP's power is on. */
	bool		 ap_first;
	/*
	 * Has been running before the AP: its HELLO is in the mailbox already.
	 */
	bool		 hello_first;
	/*
	 * System endpoints that have to be started before the IOP is on, by
	 * bit.  Those that the map lacks do not count.
	 */
	uint32_t	 wants;
	/* Clearing and setting run in CPU control restarts it, even crashed. */
	bool		 restartable;
	uint64_t	 sram_base;	/* bus address of SRAM; size 0: none */
	uint64_t	 sram_size;
	int64_t		 latency_ns;	/* of each answer */
	int64_t		 patience_ns;	/* how long it waits for the AP's */
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
 * The same with newer firmware.  It has sent HELLO already, has tracekit, asks
 * for no memory by ioreport, and turns on only after the AP.
 */
void	model_rtkit_config_newer_smc(struct model_rtkit_config *);

struct model_rtkit;

/* Returns NULL if the addresses or the lines are taken.  Sleeps. */
struct model_rtkit *model_rtkit_new(const struct model_asc_config *,
	    const struct model_rtkit_config *);
/*
 * To be called after the driver has released the registers, the interrupts and
 * the SRAM.  Sleeps.
 */
void	model_rtkit_free(struct model_rtkit *);
struct model_asc *model_rtkit_asc(struct model_rtkit *);

/*
 * State
 */

enum model_rtkit_phase {
	MODEL_RTKIT_STOPPED,	/* run is not set, or off for good */
	MODEL_RTKIT_ASLEEP,	/* runs; waits to be woken */
	MODEL_RTKIT_HELLO,	/* waits for HELLO's reply */
	MODEL_RTKIT_EPMAP,	/* waits for a page's reply */
	MODEL_RTKIT_STARTING,	/* waits for STARTs, buffers and echoes */
	MODEL_RTKIT_ON,		/* has said that it is on */
	MODEL_RTKIT_IDLE,	/* sleeps, but keeps its state */
	MODEL_RTKIT_CRASHED
};

struct model_rtkit_state {
	enum model_rtkit_phase phase;
	uint16_t	iop_power;	/* as last acknowledged */
	uint16_t	ap_power;	/* as last set */
	uint16_t	version;	/* chosen by the AP; 0: none yet */
	unsigned int	boots;		/* HELLOs sent */
	unsigned int	crashes;
};
struct model_rtkit_state model_rtkit_state(struct model_rtkit *);
bool	model_rtkit_started(struct model_rtkit *, uint8_t ep);
/* The buffer of a kind; false if the IOP has none now. */
bool	model_rtkit_buffer(struct model_rtkit *, enum model_rtkit_buffer,
	    uint64_t *addr, size_t *size);
/* True if no message waits to be sent, and none is expected from the AP. */
bool	model_rtkit_quiet(struct model_rtkit *);

struct model_rtkit_stats {
	uint64_t received;	/* messages from the AP */
	uint64_t sent;
	uint64_t pings;		/* answered */
	uint64_t logs;		/* of syslog, sent */
	uint64_t log_acks;	/* acknowledged by the AP */
	uint64_t echoes;	/* of ioreport, returned unchanged */
	uint64_t dropped;	/* messages for which its queue had no room */
	uint64_t violations;	/* of all rules */
};
struct model_rtkit_stats model_rtkit_stats(struct model_rtkit *);

/* Every message, in the order in which messages pass the mailbox. */
struct model_rtkit_event {
	int64_t		time_ns;
	uint64_t	msg0;
	uint32_t	msg1;
	bool		from_ap;
};
/* The function runs on the agent, without locks.  NULL ends the trace. */
void	model_rtkit_trace(struct model_rtkit *,
	    void (*fn)(void *arg, const struct model_rtkit_event *), void *arg);

/*
 * Rules for the AP
 */

struct model_rtkit_rule {
	const char	*name;
	const char	*text;
};
/* All rules; ends with a NULL name. */
extern const struct model_rtkit_rule model_rtkit_rules[];

/* How often a rule was broken.  Panics when there is no such rule. */
uint64_t model_rtkit_violations(struct model_rtkit *, const char *rule);
/* Name of the rule that was broken first, and the message; "" if none was. */
const char *model_rtkit_first_violation(struct model_rtkit *);
void	model_rtkit_violations_clear(struct model_rtkit *);

/*
 * What a test makes the IOP do.  Any thread may call, with no lock of the
 * kernel held
 */

/* Send after one latency.  _raw gives the whole of word 1. */
void	model_rtkit_send(struct model_rtkit *, uint8_t ep, uint64_t msg);
void	model_rtkit_send_raw(struct model_rtkit *, uint64_t msg0,
	    uint32_t msg1);
/* Log by syslog; false if the IOP has no buffer, or no entry is free. */
bool	model_rtkit_log(struct model_rtkit *, const char *task,
	    const char *text);
/*
 * Crash: write the crash log, then send the message that says so.  Without a
 * buffer for the log, or without its endpoint, the IOP only stops answering.
 */
void	model_rtkit_crash(struct model_rtkit *);
/*
 * Take messages out of the mailbox but do not handle them.  They are handled
 * when this ends.
 */
void	model_rtkit_hang(struct model_rtkit *, bool hang);
/* Take no message out of the mailbox. */
void	model_rtkit_stall(struct model_rtkit *, bool stall);

/* The fields of the crash log that model_rtkit_crash.c does not fix. */
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
 * A message for a started endpoint has come.  Runs on the agent, without locks.
 * It may call anything of this file but _new and _free.
 */
typedef void model_rtkit_app_t(void *arg, struct model_rtkit *, uint8_t ep,
	    uint64_t msg);
struct model_rtkit_app {
	model_rtkit_app_t *message;
	/* The endpoint was started, or everything starts over.  May be NULL. */
	void	(*started)(void *arg, struct model_rtkit *, uint8_t ep);
	void	(*reset)(void *arg, struct model_rtkit *, uint8_t ep);
	void	*arg;
};
/*
 * Set the functions of an endpoint in the map, before the AP starts it.  They
 * are copied.
 */
void	model_rtkit_app(struct model_rtkit *, uint8_t ep,
	    const struct model_rtkit_app *);
/* An application that sends each message back. */
extern const struct model_rtkit_app model_rtkit_app_echo;
/* How many messages an endpoint has received. */
uint64_t model_rtkit_received(struct model_rtkit *, uint8_t ep);

/*
 * SRAM.  The AP may access only what the IOP told it of: its buffers, and the
 * areas that are announced here, until everything starts over.  Returns false
 * if out of range.
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
 * What stands between the IOP and memory of the AP.  A buffer that allows()
 * refuses breaks a rule, and is not written.  NULL: nothing does.
 */
void	model_rtkit_guard(struct model_rtkit *,
	    bool (*allows)(void *arg, uint64_t addr, size_t len), void *arg);

/*
 * Misbehaviour, by name
 */

enum model_rtkit_fault_kind {
	MODEL_RTKIT_FAULT_STEP,		/* of the next message of a kind */
	MODEL_RTKIT_FAULT_BOOT,		/* in HELLO, EPMAP and power */
	MODEL_RTKIT_FAULT_BUFFER,	/* of the next request for memory */
	MODEL_RTKIT_FAULT_LOG,		/* of syslog, oslog, ioreport */
	MODEL_RTKIT_FAULT_CRASH,	/* of the next crash and its log */
	MODEL_RTKIT_FAULT_STRAY,	/* unasked, at the next message */
	MODEL_RTKIT_FAULT_SMC		/* of the SMC's answers */
};

struct model_rtkit_fault {
	const char	*name;		/* "silent-hello" */
	enum model_rtkit_fault_kind kind;
	const char	*text;		/* what the IOP does */
};

/*
 * All of them; ends with a NULL name.  Those of kind STEP combine six ways and
 * a list of messages.  The ways are "silent-", "late-" (MODEL_RTKIT_LATE_NS),
 * "twice-", "garbage-" (random bits on the same endpoint), "word1-" (bits above
 * the endpoint in word 1) and "crash-" (in its place).  The messages are hello,
 * epmap, crashlog-request, syslog-request, ioreport-request, oslog-request,
 * syslog-init, syslog-log, ioreport-mark, iop-ack, ap-ack, pong, app, smc-init,
 * smc-reply and smc-event.
 */
extern const struct model_rtkit_fault model_rtkit_faults[];

#define	MODEL_RTKIT_ALWAYS	UINT32_MAX	/* a count */
#define	MODEL_RTKIT_LATE_NS	(3ll * 1000 * 1000 * 1000)
#define	MODEL_RTKIT_STORM	300		/* messages of a storm */

/*
 * Misbehave in this way the next count times; 0 ends it.  May be called at any
 * time after model_rtkit_new().  Panics if there is no such fault.
 */
void	model_rtkit_fault(struct model_rtkit *, const char *name,
	    uint32_t count);
/* How often the fault happened since model_rtkit_new(). */
uint64_t model_rtkit_faulted(struct model_rtkit *, const char *name);

/*
 * Misbehave at random from now on, by this seed.  The IOP then has some faults
 * of the table, and loses, repeats, delays and changes messages, and sends some
 * without a cause.
 */
void	model_rtkit_misbehave(struct model_rtkit *, uint64_t seed);

#endif /* !_MODEL_RTKIT_H_ */
