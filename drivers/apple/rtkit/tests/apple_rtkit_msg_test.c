/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * RTKit's messages, one by one, in both directions.
 * docs/reference/rtkit-messages.md names these cases.
 */
#include "rtkit_rig.h"
#include "apple/rtkit/apple_rtkit_var.h"

#include <sys/proc.h>

#include "tk_sdt.h"
#include "tk_test_thread.h"

TK_CASES_ON_EACH_PIC("");

#define	TYPE(type)	((uint64_t)(type) << 52)
#define	OSLOG(type)	((uint64_t)(type) << 56)
#define	MAXTRACE	2048
#define	SIZE_ALIGN	(16 << 10)

/* All messages that pass the mailbox. */
struct trace {
	struct model_rtkit_event events[MAXTRACE];
	int		n;
};

static void
trace_event(void *arg, const struct model_rtkit_event *event)
{
	struct trace *t = arg;

	tk_lock();
	if (t->n < MAXTRACE)
		t->events[t->n++] = *event;
	tk_unlock();
}

/* How many messages with these bits one side sent to or from an endpoint. */
static int
traced(struct trace *t, bool from_ap, uint32_t ep, uint64_t mask,
    uint64_t msg)
{
	const struct model_rtkit_event *e;
	int n = 0;

	tk_lock();
	for (e = t->events; e < t->events + t->n; e++)
		if (e->from_ap == from_ap && e->msg1 == ep &&
		    (e->msg0 & mask) == msg)
			n++;
	tk_unlock();
	return (n);
}

#define	AP_SENT(ep, msg)	traced(&trace, true, (ep), UINT64_MAX, (msg))
#define	IOP_SENT(ep, msg)	traced(&trace, false, (ep), UINT64_MAX, (msg))

/*
 * A message's position in the order of all messages, or -1 if it was not sent.
 */
static int
place(struct trace *t, bool from_ap, uint32_t ep, uint64_t msg)
{
	int i;

	for (i = 0; i < t->n; i++)
		if (t->events[i].from_ap == from_ap &&
		    t->events[i].msg1 == ep && t->events[i].msg0 == msg)
			return (i);
	return (-1);
}

static struct trace trace;

static void
up(struct rig *r, const struct model_rtkit_config *cfg)
{
	rig_up(r, &rig_v4, true, cfg);
	memset(&trace, 0, sizeof(trace));
	model_rtkit_trace(r->m, trace_event, &trace);
}

static void
up_on(struct rig *r)
{
	up(r, NULL);
	rig_boot(r);
	RIG_WAIT(model_rtkit_quiet(r->m));
}

/*
 * The IOP sends a message without a meaning.  It is counted and not answered.
 */
static void
says_nothing(struct rig *r, uint8_t ep, uint64_t msg)
{
	uint64_t sent, unknown;

	/* The driver may still be answering what the IOP has sent before. */
	do {
		RIG_WAIT(model_rtkit_quiet(r->m));
		sent = rig_counter(r, "sent");
		pause_sbt("quiet", SBT_1MS, 0, 0);
	} while (rig_counter(r, "sent") != sent);
	unknown = rig_counter(r, "unknown");
	model_rtkit_send(r->m, ep, msg);
	RIG_WAIT(rig_counter(r, "unknown") == unknown + 1);
	TK_EQ(rig_counter(r, "sent"), sent);
}

/* Check that the AP answers the IOP's message with this answer. */
static void
comes_back(struct rig *r, uint8_t ep, uint64_t msg, uint64_t answer)
{
	int before = AP_SENT(ep, answer);

	model_rtkit_send(r->m, ep, msg);
	RIG_WAIT(AP_SENT(ep, answer) == before + 1);
}

/*
 * Endpoint 0, management
 */

TK_CASE(hello_is_answered_with_the_newest_common_version)
{
	static const struct {
		uint16_t	min, max, chosen;	/* 0: none */
	} versions[] = {
		{ 10, 10, 0 }, { 11, 11, 11 }, { 11, 12, 12 }, { 12, 20, 12 },
		{ 13, 13, 0 }, { 0, 11, 11 }, { 0, 0xffff, 12 }, { 12, 11, 0 },
		{ 0xffff, 0xffff, 0 },
	};
	struct model_rtkit_config cfg;
	struct rig r;
	char line[96];
	uint64_t hello, reply;

	for (u_int i = 0; i < nitems(versions); i++) {
		rig_config(&rig_v4, &cfg);
		cfg.version_min = versions[i].min;
		cfg.version_max = versions[i].max;
		up(&r, &cfg);
		hello = TYPE(1) | (uint64_t)cfg.version_max << 16 |
		    cfg.version_min;
		reply = TYPE(2) | (uint64_t)versions[i].chosen << 16 |
		    versions[i].chosen;
		if (versions[i].chosen != 0) {
			TK_EQ(apple_rtkit_boot(r.rtk), 0);
			TK_EQ(AP_SENT(0, reply), 1);
		} else {
			TK_EQ(apple_rtkit_boot(r.rtk), EPROTONOSUPPORT);
			snprintf(line, sizeof(line), "rtkit: it speaks "
			    "versions %u to %u, only 11 to 12 are known",
			    cfg.version_min, cfg.version_max);
			TK_CHECK(printed(line));
			TK_EQ(traced(&trace, true, 0, TYPE(0xff), TYPE(2)), 0);
		}
		TK_EQ(IOP_SENT(0, hello), 1);
		rig_down(&r);
	}
}

TK_CASE(hello_counts_once)
{
	struct rig r;

	up(&r, NULL);
	model_rtkit_fault(r.m, "twice-hello", 1);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_EQ(traced(&trace, true, 0, TYPE(0xff), TYPE(2)), 1);
	RIG_WAIT(rig_counter(&r, "unknown") == 1);
	RIG_WAIT(model_rtkit_quiet(r.m));
	says_nothing(&r, 0, TYPE(1) | 12 << 16 | 11);
	rig_down(&r);
}

/*
 * The coprocessor has been running since before the driver came, and waits for
 * an answer.
 */
TK_CASE(hello_that_was_there_first_is_answered)
{
	struct model_rtkit_config cfg;
	struct rig r;

	rig_config(&rig_v4, &cfg);
	cfg.hello_first = true;
	rig_up(&r, &rig_v4, false, &cfg);
	memset(&trace, 0, sizeof(trace));
	model_rtkit_trace(r.m, trace_event, &trace);
	pause_sbt("righ", 5 * MS, 0, 0);
	TK_EQ(model_asc_waiting(r.asc), 1);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_EQ(traced(&trace, true, 0, TYPE(0xff), TYPE(2)), 1);
	TK_EQ(model_rtkit_state(r.m).boots, 1);
	rig_down(&r);
}

/* A message from an earlier boot must not count for this one. */
TK_CASE(what_came_before_hello_is_stale)
{
	struct rig r;

	up_on(&r);
	TK_EQ(apple_rtkit_quiesce(r.rtk), 0);
	TK_CHECK(model_asc_push(r.asc, TYPE(7) | 0x20, 0));
	TK_CHECK(model_asc_push(r.asc, TYPE(1), MODEL_RTKIT_EP_CRASHLOG));
	TK_CHECK(model_asc_push(r.asc, 0x1234, APPLE_RTKIT_EP_APP));
	TK_EQ(apple_rtkit_wake(r.rtk), 0);
	TK_EQ(rig_counter(&r, "stale"), 3);
	TK_EQ(rig_counter(&r, "unknown"), 0);
	TK_EQ(rig_crashes(&r), 0);
	rig_down(&r);
}

/* The answer to a page: its base, and whether more pages follow. */
static uint64_t
page_reply(uint8_t base, bool last)
{
	return (TYPE(8) | (uint64_t)base << 32 | (last ? 1ull << 51 : 1));
}

TK_CASE(epmap_pages_are_answered_in_their_order)
{
	struct model_rtkit_config cfg;
	struct rig r;
	int before;

	rig_config(&rig_v4, &cfg);
	for (int i = 1; i < 8; i++)
		cfg.map[i] = 0x80000001;
	up(&r, &cfg);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	before = -1;
	for (int i = 0; i < 8; i++) {
		TK_EQ(AP_SENT(0, page_reply(i, i == 7)), 1);
		TK_CHECK(place(&trace, true, 0, page_reply(i, i == 7)) >
		    before);
		before = place(&trace, true, 0, page_reply(i, i == 7));
	}
	for (u_int ep = 0x20; ep < 256; ep++)
		TK_EQ(apple_rtkit_has_ep(r.rtk, ep),
		    ep % 32 == 0 || ep % 32 == 31);
	rig_down(&r);
}

TK_CASE(epmap_of_one_page_is_enough)
{
	struct model_rtkit_config cfg;
	struct rig r;

	rig_config(&rig_v4, &cfg);
	cfg.map[1] = 0;
	up(&r, &cfg);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_EQ(AP_SENT(0, page_reply(0, true)), 1);
	TK_EQ(traced(&trace, true, 0, TYPE(0xff), TYPE(8)), 1);
	TK_CHECK(!apple_rtkit_has_ep(r.rtk, 0x20));
	rig_down(&r);
}

TK_CASE(epmap_pages_may_come_in_any_order)
{
	static const char *const faults[] = {
		"epmap-backwards", "epmap-repeat",
	};
	struct model_rtkit_config cfg;
	struct rig r;

	for (u_int i = 0; i < nitems(faults); i++) {
		rig_config(&rig_v4, &cfg);
		cfg.map[7] = 1u << 31;
		up(&r, &cfg);
		model_rtkit_fault(r.m, faults[i], MODEL_RTKIT_ALWAYS);
		TK_EQ(apple_rtkit_boot(r.rtk), 0);
		rig_down_broken(&r);
	}
}

TK_CASE(epmap_counts_once)
{
	struct rig r;

	up(&r, NULL);
	model_rtkit_fault(r.m, "epmap-again", 1);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	RIG_WAIT(rig_counter(&r, "unknown") == 1);
	RIG_WAIT(model_rtkit_quiet(r.m));
	TK_CHECK(!apple_rtkit_has_ep(r.rtk, 0x3f));
	says_nothing(&r, 0, TYPE(8) | 1ull << 51 | 1ull << 32 | 0xffffffff);
	TK_CHECK(!apple_rtkit_has_ep(r.rtk, 0x3f));
	rig_down(&r);
}

TK_CASE(start_is_sent_for_what_is_there)
{
	struct model_rtkit_config cfg;
	struct rig r;

	rig_config(&rig_v4, &cfg);
	/* RTKit must not start system endpoints that it does not know. */
	cfg.map[0] |= 1u << 0xa | 1u << 0x10 | 1u << 0x1f;
	up(&r, &cfg);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	for (uint64_t ep = 0; ep < 0x20; ep++)
		TK_EQ(AP_SENT(0, TYPE(5) | ep << 32 | 2),
		    ep == 1 || ep == 2 || ep == 3 || ep == 4 || ep == 8 ||
		    ep == 0xa);
	/* Endpoints are started after the last answer to the map. */
	TK_CHECK(place(&trace, true, 0, TYPE(5) | 1ull << 32 | 2) >
	    place(&trace, true, 0, page_reply(1, true)));
	TK_EQ(AP_SENT(0, TYPE(5) | 0x20ull << 32 | 2), 0);
	TK_EQ(rig_start(&r, 0x20), 0);
	RIG_WAIT(AP_SENT(0, TYPE(5) | 0x20ull << 32 | 2) == 1);
	rig_down(&r);

	rig_config(&rig_v4, &cfg);
	cfg.map[0] = 1u << 2;
	up(&r, &cfg);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_EQ(traced(&trace, true, 0, TYPE(0xff), TYPE(5)), 1);
	rig_down(&r);
}

TK_CASE(iop_power_is_set_and_acknowledged)
{
	struct rig r;

	/* This coprocessor is woken, because its CPU is not ours. */
	rig_up(&r, &rig_v4, false, NULL);
	trace.n = 0;
	model_rtkit_trace(r.m, trace_event, &trace);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_EQ(AP_SENT(0, TYPE(6) | 0x220), 1);
	TK_EQ(IOP_SENT(0, TYPE(7) | 0x20), 1);
	TK_EQ(apple_rtkit_quiesce(r.rtk), 0);
	TK_EQ(AP_SENT(0, TYPE(6) | 0x10), 1);
	TK_EQ(IOP_SENT(0, TYPE(7) | 0x10), 1);
	TK_EQ(apple_rtkit_wake(r.rtk), 0);
	TK_EQ(AP_SENT(0, TYPE(6) | 0x220), 2);
	TK_EQ(apple_rtkit_sleep(r.rtk), 0);
	TK_EQ(AP_SENT(0, TYPE(6) | 0x01), 1);
	TK_EQ(apple_rtkit_wake(r.rtk), 0);
	TK_EQ(apple_rtkit_shutdown(r.rtk), 0);
	TK_EQ(AP_SENT(0, TYPE(6) | 0x00), 1);
	rig_down(&r);

	/* This one sends HELLO by itself once its CPU is started. */
	up(&r, NULL);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_EQ(traced(&trace, true, 0, TYPE(0xff), TYPE(6)), 0);
	rig_down(&r);
}

TK_CASE(ap_power_is_set_and_acknowledged)
{
	struct rig r;

	up(&r, NULL);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_EQ(AP_SENT(0, TYPE(0xb) | 0x20), 1);
	TK_EQ(IOP_SENT(0, TYPE(0xb) | 0x20), 1);
	/*
	 * The message comes after the last START, and before the IOP says that
	 * it is on.
	 */
	TK_CHECK(place(&trace, true, 0, TYPE(0xb) | 0x20) >
	    place(&trace, true, 0, TYPE(5) | 8ull << 32 | 2));
	TK_CHECK(place(&trace, true, 0, TYPE(0xb) | 0x20) <
	    place(&trace, false, 0, TYPE(7) | 0x20));
	TK_EQ(apple_rtkit_quiesce(r.rtk), 0);
	TK_EQ(AP_SENT(0, TYPE(0xb) | 0x10), 1);
	/* The AP's power changes before the IOP's. */
	TK_CHECK(place(&trace, true, 0, TYPE(0xb) | 0x10) <
	    place(&trace, true, 0, TYPE(6) | 0x10));
	rig_down(&r);
}

TK_CASE(ap_power_may_be_wanted_before_the_iops)
{
	struct model_rtkit_config cfg;
	struct rig r;

	rig_config(&rig_v4, &cfg);
	cfg.ap_first = true;
	up(&r, &cfg);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_CHECK(place(&trace, false, 0, TYPE(7) | 0x20) >
	    place(&trace, false, 0, TYPE(0xb) | 0x20));
	TK_EQ(AP_SENT(0, TYPE(0xb) | 0x20), 1);
	rig_down(&r);
}

/* The IOP changes its power state without being asked, and back. */
TK_CASE(power_that_nobody_asked_for_is_noticed)
{
	struct rig r;

	up_on(&r);
	model_rtkit_send(r.m, 0, TYPE(7) | 0x20);
	RIG_WAIT(model_rtkit_quiet(r.m));
	TK_CHECK(apple_rtkit_running(r.rtk));
	TK_CHECK(!printed("unasked"));
	model_rtkit_send(r.m, 0, TYPE(7) | 0x10);
	RIG_WAIT(!apple_rtkit_running(r.rtk));
	RIG_WAIT(printed("rtkit: the coprocessor is in power state 0x10, "
	    "unasked: applications cannot use it"));
	TK_EQ(rig_send(&r, 1), ENXIO);
	TK_CHECK(!apple_rtkit_crashed(r.rtk));
	model_rtkit_send(r.m, 0, TYPE(7) | 0x20);
	RIG_WAIT(apple_rtkit_running(r.rtk));
	RIG_WAIT(printed("power state 0x20, unasked: it is on again"));
	TK_EQ(rig_send(&r, 1), 0);
	model_rtkit_send(r.m, 0, TYPE(0xb) | 0x10);
	RIG_WAIT(!apple_rtkit_running(r.rtk));
	RIG_WAIT(printed("rtkit: the coprocessor has the processors in power "
	    "state 0x10, unasked"));
	model_rtkit_send(r.m, 0, TYPE(0xb) | 0x20);
	RIG_WAIT(apple_rtkit_running(r.rtk));
	TK_EQ(rig_counter(&r, "unknown"), 0);
	rig_down(&r);
}

static void
say_on(void *arg)
{
	struct rig *r = arg;

	RIG_WAIT(model_rtkit_state(r->m).phase == MODEL_RTKIT_ON);
	model_rtkit_send(r->m, 0, TYPE(7) | 0x220);
}

TK_CASE(boot_wants_the_right_power)
{
	static const struct {
		const char	*fault;
		int		 error;
		const char	*line;
	} faults[] = {
		{ "iop-ack-wrong", EPROTO,
		    "rtkit: cannot boot: coprocessor on: EPROTO" },
		{ "iop-ack-garbage", EPROTO,
		    "rtkit: cannot boot: coprocessor on: EPROTO" },
		{ "silent-iop-ack", ETIMEDOUT,
		    "rtkit: cannot boot: coprocessor on: ETIMEDOUT" },
		{ "ap-ack-wrong", EPROTO,
		    "rtkit: cannot boot: processors on: EPROTO" },
		{ "silent-ap-ack", ETIMEDOUT,
		    "rtkit: cannot boot: processors on: ETIMEDOUT" },
	};
	struct rig r;

	for (u_int i = 0; i < nitems(faults); i++) {
		up(&r, NULL);
		model_rtkit_fault(r.m, faults[i].fault, 1);
		TK_EQ(apple_rtkit_boot(r.rtk), faults[i].error);
		TK_CHECK(printed(faults[i].line));
		TK_EQ(apple_rtkit_boot(r.rtk), 0);
		rig_down_broken(&r);
	}
}

/* For states that count as "on", only the low byte matters. */
TK_CASE(iop_power_of_on_has_other_bits_too)
{
	struct model_rtkit_config cfg;
	struct test_thread t;
	struct rig r;

	rig_config(&rig_v4, &cfg);
	cfg.boot_logs = 0;
	up(&r, &cfg);
	model_rtkit_fault(r.m, "silent-iop-ack", 1);
	test_thread_start(&t, say_on, &r);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	test_thread_join(&t);
	rig_down_broken(&r);
}

TK_CASE(pong_is_heard_and_no_more)
{
	struct rig r;
	uint64_t in;

	up_on(&r);
	in = rig_counter(&r, "received");
	model_rtkit_send(r.m, 0, TYPE(4) | 0x123);
	RIG_WAIT(rig_counter(&r, "received") == in + 1);
	RIG_WAIT(model_rtkit_quiet(r.m));
	TK_EQ(rig_counter(&r, "unknown"), 0);
	TK_EQ(traced(&trace, true, 0, TYPE(0xff), TYPE(3)), 0);
	rig_down(&r);
}

TK_CASE(management_of_unknown_type_is_nothing)
{
	static const uint8_t types[] = { 0, 2, 3, 5, 6, 9, 0xa, 0xc, 0xff };
	struct rig r;

	up_on(&r);
	for (u_int i = 0; i < nitems(types); i++)
		says_nothing(&r, 0, TYPE(types[i]) | 0x1234);
	TK_CHECK(printed("rtkit: unknown message 0x0000000000001234 of "
	    "endpoint 0x0"));
	rig_down(&r);
}

/*
 * Requests for memory: endpoints 1, 2, 4 and 8
 */

static const struct {
	enum model_rtkit_buffer kind;
	uint8_t		ep;
	const char	*name;
} kinds[] = {
	{ MODEL_RTKIT_CRASHLOG, MODEL_RTKIT_EP_CRASHLOG, "crash log" },
	{ MODEL_RTKIT_SYSLOG, MODEL_RTKIT_EP_SYSLOG, "syslog" },
	{ MODEL_RTKIT_IOREPORT, MODEL_RTKIT_EP_IOREPORT, "ioreport" },
	{ MODEL_RTKIT_OSLOG, MODEL_RTKIT_EP_OSLOG, "oslog" },
};

/* The request word without an address, and the answer's field for one. */
static uint64_t
request_word(enum model_rtkit_buffer kind, uint64_t pages)
{
	return (kind == MODEL_RTKIT_OSLOG ? OSLOG(1) | pages << 48 :
	    TYPE(1) | pages << 44);
}

static uint64_t
answer_addr(enum model_rtkit_buffer kind, uint64_t addr)
{
	return (kind == MODEL_RTKIT_OSLOG ? addr >> 12 : addr);
}

static void
config_buffers(struct model_rtkit_config *cfg, uint32_t pages, bool own)
{
	rig_config(&rig_v4, cfg);
	cfg->oslog = MODEL_RTKIT_OSLOG_BUFFER;
	for (int i = 0; i < MODEL_RTKIT_BUFFERS; i++) {
		cfg->buffers[i].pages = pages;
		cfg->buffers[i].own = own;
	}
}

static void
memory_is_found(uint32_t pages)
{
	struct model_rtkit_config cfg;
	struct rig r;
	uint64_t addr;
	size_t size;

	config_buffers(&cfg, pages, false);
	cfg.syslog_entries = 4;
	cfg.syslog_text = 64;
	up(&r, &cfg);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	for (u_int i = 0; i < nitems(kinds); i++) {
		TK_EQ(IOP_SENT(kinds[i].ep, request_word(kinds[i].kind,
		    pages)), 1);
		TK_CHECK(model_rtkit_buffer(r.m, kinds[i].kind, &addr,
		    &size));
		TK_EQ(size, pages * 4096);
		TK_EQ(addr % SIZE_ALIGN, 0);
		TK_EQ(AP_SENT(kinds[i].ep, request_word(kinds[i].kind,
		    pages) | answer_addr(kinds[i].kind, addr)), 1);
	}
	TK_EQ(r.c->maps, 0);
	rig_down(&r);
}

TK_CASE(a_request_without_address_gets_memory)
{
	memory_is_found(1);
	memory_is_found(16);
	memory_is_found(255);
}

TK_CASE(a_request_with_address_is_mapped_and_not_answered)
{
	struct model_rtkit_config cfg;
	struct rig r;

	config_buffers(&cfg, 4, true);
	up(&r, &cfg);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_EQ(r.c->maps, 4);
	for (u_int i = 0; i < nitems(kinds); i++)
		TK_EQ(traced(&trace, true, kinds[i].ep, TYPE(0xff),
		    request_word(kinds[i].kind, 0) & TYPE(0xff)), 0);
	/* The driver reads the buffer in SRAM. */
	TK_CHECK(model_rtkit_log(r.m, "Own", "from SRAM"));
	RIG_WAIT(printed("rtkit: syslog: [Own] from SRAM"));
	TK_CHECK(r.c->reads > 0);
	rig_down(&r);
}

TK_CASE(a_request_that_cannot_be_met_fails_the_boot)
{
	static const struct {
		const char	*fault;
		bool		 own;
	} faults[] = {
		{ "buffer-size-none", true }, { "buffer-outside", true },
		{ "buffer-straddle", true }, { "buffer-overflow", true },
		{ "buffer-ram", true },
	};
	struct model_rtkit_config cfg;
	struct rig r;
	sbintime_t start;

	for (u_int i = 0; i < nitems(faults); i++) {
		config_buffers(&cfg, 4, faults[i].own);
		up(&r, &cfg);
		model_rtkit_fault(r.m, faults[i].fault, 1);
		start = sbinuptime();
		TK_EQ(apple_rtkit_boot(r.rtk), EINVAL);
		/* The boot fails at once and prints the reason. */
		TK_CHECK(sbinuptime() - start < 100 * MS);
		TK_CHECK(printed("rtkit: crash log: no buffer of "));
		TK_EQ(apple_rtkit_boot(r.rtk), 0);
		rig_down_broken(&r);
	}
}

/* Firmware that asks for 0 pages at address 0 waits for an answer to that. */
TK_CASE(a_request_for_nothing_comes_back)
{
	static const char *const lines[] = {
		"no buffer of", "cannot boot",
	};
	struct model_rtkit_config cfg;
	struct rig r;
	uint64_t addr;
	size_t size;

	rig_config(&rig_v4, &cfg);
	cfg.ioreport_none = true;
	up(&r, &cfg);
	/*
	 * Crashlog asks for nothing first, too.  Its next request then counts
	 * as the first, and not as a crash.
	 */
	model_rtkit_fault(r.m, "buffer-size-none", 1);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_EQ(AP_SENT(MODEL_RTKIT_EP_IOREPORT, TYPE(1)), 1);
	TK_EQ(AP_SENT(MODEL_RTKIT_EP_CRASHLOG, TYPE(1)), 1);
	/* The later request for memory is granted. */
	TK_CHECK(model_rtkit_buffer(r.m, MODEL_RTKIT_IOREPORT, &addr, &size));
	TK_EQ(size, 4096);
	for (u_int i = 0; i < nitems(lines); i++)
		TK_CHECK(!printed(lines[i]));
	model_rtkit_send(r.m, MODEL_RTKIT_EP_CRASHLOG, TYPE(1) | 4ull << 44);
	RIG_WAIT(traced(&trace, true, MODEL_RTKIT_EP_CRASHLOG, TYPE(0xff) |
	    0xffull << 44, TYPE(1) | 4ull << 44) == 1);
	TK_EQ(rig_crashes(&r), 0);
	rig_down_broken(&r);
}

TK_CASE(a_request_without_memory_fails_the_boot)
{
	struct rig r;

	for (int nth = 1; nth <= 3; nth++) {
		up(&r, NULL);
		tk_fault_set("bus_dmamem_alloc", nth);
		TK_EQ(apple_rtkit_boot(r.rtk), ENOMEM);
		tk_fault_clear();
		TK_EQ(times_printed("at 0x0: ENOMEM"), nth);
		TK_EQ(apple_rtkit_boot(r.rtk), 0);
		rig_down_broken(&r);
	}
}

TK_CASE(a_client_may_refuse_memory_of_the_firmware)
{
	struct model_rtkit_config cfg;
	struct rig r;

	config_buffers(&cfg, 4, true);
	rig_wish.no_map = true;
	up(&r, &cfg);
	TK_EQ(apple_rtkit_boot(r.rtk), EINVAL);
	rig_down_broken(&r);
}

TK_CASE(the_same_request_gets_the_same_answer)
{
	struct model_rtkit_config cfg;
	struct rig r;
	uint64_t addr, word;
	size_t size;

	config_buffers(&cfg, 4, false);
	up(&r, &cfg);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	for (u_int i = 1; i < nitems(kinds); i++) {
		TK_CHECK(model_rtkit_buffer(r.m, kinds[i].kind, &addr,
		    &size));
		word = request_word(kinds[i].kind, 4);
		for (int n = 0; n < 3; n++)
			comes_back(&r, kinds[i].ep, word, word |
			    answer_addr(kinds[i].kind, addr));
	}
	rig_down_broken(&r);
}

TK_CASE(another_request_is_refused)
{
	struct model_rtkit_config cfg;
	struct rig r;
	uint64_t sent;
	char line[80];

	config_buffers(&cfg, 4, false);
	up(&r, &cfg);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	sent = rig_counter(&r, "sent");
	for (u_int i = 1; i < nitems(kinds); i++) {
		model_rtkit_send(r.m, kinds[i].ep,
		    request_word(kinds[i].kind, 8));
		snprintf(line, sizeof(line), "rtkit: %s: another buffer of "
		    "32768 bytes at 0x0: refused", kinds[i].name);
		RIG_WAIT(printed(line));
	}
	TK_EQ(rig_counter(&r, "sent"), sent);
	TK_EQ(rig_send(&r, 1), 0);
	RIG_WAIT(rig_got(&r) == 1);
	rig_down_broken(&r);
}

TK_CASE(a_request_while_on_gets_memory)
{
	struct model_rtkit_config cfg;
	struct rig r;

	rig_config(&rig_v4, &cfg);
	cfg.buffers[MODEL_RTKIT_IOREPORT].pages = 0;
	cfg.ioreport_marks = false;
	up(&r, &cfg);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	model_rtkit_send(r.m, MODEL_RTKIT_EP_IOREPORT, TYPE(1) | 2ull << 44);
	RIG_WAIT(traced(&trace, true, MODEL_RTKIT_EP_IOREPORT,
	    TYPE(0xff) | 0xffull << 44, TYPE(1) | 2ull << 44) == 1);
	/* A request that cannot be granted is reported, and does no harm. */
	model_rtkit_send(r.m, MODEL_RTKIT_EP_OSLOG, OSLOG(1) | 1);
	RIG_WAIT(printed("rtkit: oslog: no buffer of 0 bytes at 0x1000"));
	TK_CHECK(apple_rtkit_running(r.rtk));
	rig_down_broken(&r);
}

/*
 * Endpoint 2, syslog
 */

TK_CASE(syslog_lines_are_shown_and_acknowledged)
{
	struct rig r;
	uint64_t logs;

	up_on(&r);
	logs = model_rtkit_stats(r.m).logs;
	TK_CHECK(model_rtkit_log(r.m, "SmcTask", "fan 0 turns\n"));
	RIG_WAIT(printed("rtkit: syslog: [SmcTask] fan 0 turns\n"));
	RIG_WAIT(model_rtkit_stats(r.m).log_acks == logs + 1);
	/* The acknowledgement is the same word as the LOG. */
	TK_EQ(traced(&trace, true, MODEL_RTKIT_EP_SYSLOG, TYPE(0xff),
	    TYPE(5)), traced(&trace, false, MODEL_RTKIT_EP_SYSLOG, TYPE(0xff),
	    TYPE(5)));
	rig_down(&r);
}

TK_CASE(syslog_init_is_not_answered)
{
	struct rig r;

	up_on(&r);
	TK_EQ(traced(&trace, false, MODEL_RTKIT_EP_SYSLOG, TYPE(0xff),
	    TYPE(8)), 1);
	TK_EQ(traced(&trace, true, MODEL_RTKIT_EP_SYSLOG, TYPE(0xff),
	    TYPE(8)), 0);
	rig_down(&r);
}

/*
 * Whatever size the entries claim to have, only the buffer is read, and each
 * LOG is acknowledged.
 */
TK_CASE(syslog_entries_are_checked)
{
	static const char *const faults[] = {
		"syslog-text-none", "syslog-text-huge", "syslog-entries-none",
		"syslog-entries-huge",
	};
	struct rig r;

	for (u_int i = 0; i < nitems(faults); i++) {
		up(&r, NULL);
		model_rtkit_fault(r.m, faults[i], 1);
		rig_boot(&r);
		TK_CHECK(printed("rtkit: syslog: "));
		TK_CHECK(printed(": not shown"));
		RIG_WAIT(model_rtkit_stats(r.m).log_acks == 2);
		TK_EQ(rig_counter(&r, "syslog"), 0);
		TK_CHECK(!printed("boot message"));
		rig_down_broken(&r);
	}
}

TK_CASE(syslog_indexes_are_checked)
{
	static const uint8_t indexes[] = { 16, 17, 0x80, 0xff };
	struct model_rtkit_config cfg;
	struct rig r;

	rig_config(&rig_v4, &cfg);
	cfg.syslog_entries = 16;
	cfg.boot_logs = 0;
	up(&r, &cfg);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	for (u_int i = 0; i < nitems(indexes); i++)
		comes_back(&r, MODEL_RTKIT_EP_SYSLOG, TYPE(5) | indexes[i],
		    TYPE(5) | indexes[i]);
	TK_CHECK(printed("rtkit: syslog: no entry 16\n"));
	TK_EQ(rig_counter(&r, "syslog"), 0);
	comes_back(&r, MODEL_RTKIT_EP_SYSLOG, TYPE(5) | 15, TYPE(5) | 15);
	TK_EQ(rig_counter(&r, "syslog"), 1);
	rig_down_broken(&r);
}

TK_CASE(syslog_before_its_entries_are_known_comes_back)
{
	struct rig r;

	up(&r, NULL);
	model_rtkit_fault(r.m, "syslog-log-first", 1);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_CHECK(printed("rtkit: syslog: no entry 0\n"));
	TK_CHECK(AP_SENT(MODEL_RTKIT_EP_SYSLOG, TYPE(5)) > 0);
	rig_down_broken(&r);
}

TK_CASE(syslog_texts_have_an_end_and_no_controls)
{
	struct rig r;

	up_on(&r);
	model_rtkit_fault(r.m, "syslog-text-endless", 1);
	TK_CHECK(model_rtkit_log(r.m, "Task", "text"));
	RIG_WAIT(printed("rtkit: syslog: [xxxxxxxxxxxxxxxxxxxxxxxx] xxxx"));
	model_rtkit_fault(r.m, "syslog-text-control", 1);
	TK_CHECK(model_rtkit_log(r.m, "Task", "text"));
	RIG_WAIT(printed("rtkit: syslog: [Task] .[2J....%s%n.."));
	TK_CHECK(strchr(tk_msgbuf(), '\033') == NULL);
	rig_down(&r);
}

TK_CASE(syslog_of_many_lines_is_held_back)
{
	struct rig r;

	up_on(&r);
	for (int i = 0; i < 200; i++) {
		TK_CHECK(model_rtkit_log(r.m, "Task", "chatter"));
		RIG_WAIT(model_rtkit_quiet(r.m));
	}
	TK_CHECK(times_printed("[Task] chatter") <= 100);
	TK_CHECK(times_printed("[Task] chatter") >= 10);
	/* All lines are counted and acknowledged. */
	TK_EQ(rig_counter(&r, "syslog"), 202);
	TK_EQ(model_rtkit_stats(r.m).log_acks, 202);
	pause_sbt("rigl", 1100 * MS, 0, 0);
	TK_CHECK(model_rtkit_log(r.m, "Task", "afterwards"));
	RIG_WAIT(printed("[Task] afterwards"));
	TK_CHECK(printed("lines were held back"));
	rig_down(&r);
}

TK_CASE(syslog_of_unknown_type_is_nothing)
{
	struct rig r;

	up_on(&r);
	says_nothing(&r, MODEL_RTKIT_EP_SYSLOG, TYPE(0x77) | 0x1234);
	says_nothing(&r, MODEL_RTKIT_EP_SYSLOG, TYPE(0));
	rig_down(&r);
}

/*
 * Endpoints 1, 3, 4, 8
 */

TK_CASE(crashlog_of_unknown_type_is_nothing)
{
	struct rig r;

	up_on(&r);
	says_nothing(&r, MODEL_RTKIT_EP_CRASHLOG, TYPE(2));
	TK_CHECK(!apple_rtkit_crashed(r.rtk));
	rig_down(&r);
}

TK_CASE(debug_is_started_and_not_answered)
{
	struct rig r;
	uint64_t in, out;

	up_on(&r);
	TK_EQ(AP_SENT(0, TYPE(5) | 3ull << 32 | 2), 1);
	in = rig_counter(&r, "received");
	out = rig_counter(&r, "sent");
	model_rtkit_send(r.m, MODEL_RTKIT_EP_DEBUG, 1ull << 48 | 8);
	RIG_WAIT(rig_counter(&r, "received") == in + 1);
	RIG_WAIT(model_rtkit_quiet(r.m));
	TK_EQ(rig_counter(&r, "sent"), out);
	TK_EQ(rig_counter(&r, "unknown"), 0);
	rig_down(&r);
}

TK_CASE(tracekit_is_started_and_not_answered)
{
	struct model_rtkit_config cfg;
	struct rig r;
	uint64_t sent;

	rig_config(&rig_v4, &cfg);
	cfg.map[0] |= 1u << MODEL_RTKIT_EP_TRACEKIT;
	cfg.wants |= 1u << MODEL_RTKIT_EP_TRACEKIT;
	up(&r, &cfg);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	TK_CHECK(model_rtkit_started(r.m, MODEL_RTKIT_EP_TRACEKIT));
	sent = rig_counter(&r, "sent");
	model_rtkit_send(r.m, MODEL_RTKIT_EP_TRACEKIT, TYPE(1) | 0x123);
	RIG_WAIT(model_rtkit_quiet(r.m));
	TK_EQ(rig_counter(&r, "unknown"), 0);
	TK_EQ(rig_counter(&r, "sent"), sent);
	rig_down(&r);
}

TK_CASE(ioreport_comes_back_as_it_is)
{
	struct rig r;

	up_on(&r);
	TK_EQ(model_rtkit_stats(r.m).echoes, 2);
	comes_back(&r, MODEL_RTKIT_EP_IOREPORT, TYPE(8) | 0xfedcba9876543,
	    TYPE(8) | 0xfedcba9876543);
	comes_back(&r, MODEL_RTKIT_EP_IOREPORT, TYPE(0xc), TYPE(0xc));
	rig_down_broken(&r);
}

TK_CASE(ioreport_of_unknown_type_is_nothing)
{
	struct rig r;

	up_on(&r);
	says_nothing(&r, MODEL_RTKIT_EP_IOREPORT, TYPE(0xe) | 0x55);
	rig_down(&r);
}

TK_CASE(oslog_of_the_older_dialect_is_answered)
{
	struct model_rtkit_config cfg;
	struct rig r;

	rig_config(&rig_v4, &cfg);
	cfg.oslog = MODEL_RTKIT_OSLOG_INIT;
	up(&r, &cfg);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_EQ(IOP_SENT(MODEL_RTKIT_EP_OSLOG, OSLOG(1)), 1);
	TK_EQ(AP_SENT(MODEL_RTKIT_EP_OSLOG, OSLOG(3)), 1);
	rig_down(&r);
}

TK_CASE(oslog_of_the_newer_dialect_gets_memory)
{
	struct model_rtkit_config cfg;
	struct rig r;
	uint64_t addr;
	size_t size;

	config_buffers(&cfg, 2, false);
	up(&r, &cfg);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_CHECK(model_rtkit_buffer(r.m, MODEL_RTKIT_OSLOG, &addr, &size));
	TK_EQ(AP_SENT(MODEL_RTKIT_EP_OSLOG, OSLOG(1) | 0x2000ull << 36 |
	    addr >> 12), 1);
	rig_down(&r);
}

TK_CASE(oslog_counters_come_back)
{
	struct rig r;

	up_on(&r);
	comes_back(&r, MODEL_RTKIT_EP_OSLOG, OSLOG(2) | 77, OSLOG(2) | 77);
	rig_down_broken(&r);
}

TK_CASE(oslog_of_unknown_type_is_nothing)
{
	struct rig r;

	up_on(&r);
	says_nothing(&r, MODEL_RTKIT_EP_OSLOG, OSLOG(0x5a) | 0x77);
	rig_down(&r);
}

/*
 * Endpoints of applications, and endpoints that do not exist
 */

TK_CASE(application_messages_pass_as_they_are)
{
	static const uint64_t msgs[] = {
		0, 1, UINT64_MAX, TYPE(1), 1ull << 63,
	};
	struct rig r;

	up_on(&r);
	for (u_int i = 0; i < nitems(msgs); i++) {
		TK_EQ(rig_send(&r, msgs[i]), 0);
		RIG_WAIT(rig_got(&r) == (int)i + 1);
		TK_EQ(r.c->got[i], msgs[i]);
		TK_EQ(AP_SENT(APPLE_RTKIT_EP_APP, msgs[i]), 1);
	}
	rig_down(&r);
}

TK_CASE(messages_of_endpoints_that_are_not_there_are_nothing)
{
	static const uint8_t eps[] = { 5, 0x0a, 0x1f, 0x21, 0x7f, 0xff };
	struct rig r;

	up_on(&r);
	for (u_int i = 0; i < nitems(eps); i++)
		says_nothing(&r, eps[i], TYPE(1) | 4ull << 44);
	TK_CHECK(printed("of endpoint 0x5\n"));
	rig_down(&r);
}

TK_CASE(messages_of_an_endpoint_that_was_not_started_are_nothing)
{
	struct rig r;

	up(&r, NULL);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	RIG_WAIT(model_rtkit_quiet(r.m));
	says_nothing(&r, APPLE_RTKIT_EP_APP, 1);
	TK_EQ(rig_got(&r), 0);
	rig_down(&r);
}

TK_CASE(a_second_word_that_is_no_endpoint_is_nothing)
{
	static const uint32_t words[] = {
		0x100, 0x120, 0x80000020, 0xffffffff,
	};
	struct rig r;
	uint64_t unknown;

	up_on(&r);
	for (u_int i = 0; i < nitems(words); i++) {
		unknown = rig_counter(&r, "unknown");
		model_rtkit_send_raw(r.m, 1, words[i]);
		RIG_WAIT(rig_counter(&r, "unknown") == unknown + 1);
	}
	TK_EQ(rig_got(&r), 0);
	TK_CHECK(printed("of endpoint 0x100\n"));
	rig_down(&r);
}

TK_CASE(console_lines_about_messages_are_limited)
{
	struct rig r;

	up_on(&r);
	for (int i = 0; i < 100; i++)
		says_nothing(&r, 0x7f, i);
	TK_CHECK(times_printed("unknown message") < 20);
	pause_sbt("rigc", 1100 * MS, 0, 0);
	says_nothing(&r, 0x7f, 1000);
	TK_CHECK(printed("messages like these"));
	TK_EQ(rig_counter(&r, "unknown"), 101);
	rig_down(&r);
}

/*
 * Probes
 */

static uintptr_t
argument(const char *probe, size_t nth, int i)
{
	const struct tk_sdt_firing *f;

	f = tk_sdt_firing("apple_rtkit", probe, nth);
	TK_CHECK(f != NULL);
	return (f->arg[i]);
}

TK_CASE(probes_tell_of_the_queue)
{
	struct rig r;
	size_t n;

	up_on(&r);
	tk_sdt_trace(true);
	TK_EQ(rig_send(&r, 0x5555), 0);		/* comes back */
	RIG_WAIT(tk_sdt_fired("apple_rtkit", "dequeue") == 1);
	/* More than the queue has room for. */
	r.c->recv_ticks = 10;
	for (int i = 0; i < 300; i++)
		model_rtkit_send(r.m, APPLE_RTKIT_EP_APP, i);
	RIG_WAIT(tk_sdt_fired("apple_rtkit", "lost") > 0);
	r.c->recv_ticks = 0;
	RIG_WAIT(rig_got(&r) + rig_counter(&r, "lost") == 301);
	TK_EQ(apple_rtkit_quiesce(r.rtk), 0);
	tk_sdt_trace(false);
	n = tk_sdt_fired("apple_rtkit", "enqueue");
	TK_EQ(tk_sdt_fired("apple_rtkit", "dequeue"), n);
	TK_STREQ((const char *)argument("enqueue", 0, 0), "apple_mbox0");
	TK_EQ(argument("enqueue", 0, 1), APPLE_RTKIT_EP_APP);
	TK_EQ(argument("enqueue", 0, 2), 0x5555);
	TK_EQ(argument("lost", 0, 1), APPLE_RTKIT_EP_APP);
	for (size_t i = 0; i < n; i++)
		for (int arg = 1; arg < 4; arg++)
			TK_EQ(argument("enqueue", i, arg),
			    argument("dequeue", i, arg));
	n = tk_sdt_fired("apple_rtkit", "phase");
	TK_EQ(argument("phase", n - 1, 1), APPLE_RTKIT_DOWN);
	rig_down(&r);
}
