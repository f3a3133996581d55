/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The faults of the RTKit model, by name and at random.  A fault that one place
 * can describe is here.  For the others, the code where the fault happens asks
 * rk_faulty().
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "model_rtkit_var.h"

#define	WAY(name, n, text)						\
	[(n) * RK_STEPS + RK_S_HELLO] = {				\
	    name "-hello", MODEL_RTKIT_FAULT_STEP, text },		\
	[(n) * RK_STEPS + RK_S_EPMAP] = {				\
	    name "-epmap", MODEL_RTKIT_FAULT_STEP, text },		\
	[(n) * RK_STEPS + RK_S_CRASHLOG] = {				\
	    name "-crashlog-request", MODEL_RTKIT_FAULT_STEP, text },	\
	[(n) * RK_STEPS + RK_S_SYSLOG] = {				\
	    name "-syslog-request", MODEL_RTKIT_FAULT_STEP, text },	\
	[(n) * RK_STEPS + RK_S_IOREPORT] = {				\
	    name "-ioreport-request", MODEL_RTKIT_FAULT_STEP, text },	\
	[(n) * RK_STEPS + RK_S_OSLOG] = {				\
	    name "-oslog-request", MODEL_RTKIT_FAULT_STEP, text },	\
	[(n) * RK_STEPS + RK_S_SYSLOG_INIT] = {				\
	    name "-syslog-init", MODEL_RTKIT_FAULT_STEP, text },	\
	[(n) * RK_STEPS + RK_S_SYSLOG_LOG] = {				\
	    name "-syslog-log", MODEL_RTKIT_FAULT_STEP, text },		\
	[(n) * RK_STEPS + RK_S_MARK] = {				\
	    name "-ioreport-mark", MODEL_RTKIT_FAULT_STEP, text },	\
	[(n) * RK_STEPS + RK_S_IOP_ACK] = {				\
	    name "-iop-ack", MODEL_RTKIT_FAULT_STEP, text },		\
	[(n) * RK_STEPS + RK_S_AP_ACK] = {				\
	    name "-ap-ack", MODEL_RTKIT_FAULT_STEP, text },		\
	[(n) * RK_STEPS + RK_S_PONG] = {				\
	    name "-pong", MODEL_RTKIT_FAULT_STEP, text },		\
	[(n) * RK_STEPS + RK_S_APP] = {					\
	    name "-app", MODEL_RTKIT_FAULT_STEP, text },		\
	[(n) * RK_STEPS + RK_S_SMC_INIT] = {				\
	    name "-smc-init", MODEL_RTKIT_FAULT_STEP, text },		\
	[(n) * RK_STEPS + RK_S_SMC_REPLY] = {				\
	    name "-smc-reply", MODEL_RTKIT_FAULT_STEP, text },		\
	[(n) * RK_STEPS + RK_S_SMC_EVENT] = {				\
	    name "-smc-event", MODEL_RTKIT_FAULT_STEP, text }

const struct model_rtkit_fault model_rtkit_faults[] = {
	WAY("silent", RK_W_SILENT, "the message is not sent"),
	WAY("late", RK_W_LATE, "it is sent MODEL_RTKIT_LATE_NS later"),
	WAY("twice", RK_W_TWICE, "it is sent twice"),
	WAY("garbage", RK_W_GARBAGE, "word 0 is random"),
	WAY("word1", RK_W_WORD1, "word 1 has random bits above 7"),
	WAY("crash", RK_W_CRASH, "it crashes instead"),

	[RK_F_VERSION_LOW] = { "version-low", MODEL_RTKIT_FAULT_BOOT,
	    "HELLO of versions 10 to 10" },
	[RK_F_VERSION_HIGH] = { "version-high", MODEL_RTKIT_FAULT_BOOT,
	    "HELLO of versions 13 to 20" },
	[RK_F_VERSION_CROSSED] = { "version-crossed", MODEL_RTKIT_FAULT_BOOT,
	    "HELLO of versions 12 to 11" },
	[RK_F_HELLO_AGAIN] = { "hello-again", MODEL_RTKIT_FAULT_BOOT,
	    "another HELLO when it is on" },
	[RK_F_EPMAP_EMPTY] = { "epmap-empty", MODEL_RTKIT_FAULT_BOOT,
	    "no endpoint at all" },
	[RK_F_EPMAP_ALL] = { "epmap-all", MODEL_RTKIT_FAULT_BOOT,
	    "all 256 endpoints" },
	[RK_F_EPMAP_REPEAT] = { "epmap-repeat", MODEL_RTKIT_FAULT_BOOT,
	    "a later page has the first one's base" },
	[RK_F_EPMAP_ENDLESS] = { "epmap-endless", MODEL_RTKIT_FAULT_BOOT,
	    "the first page again, not the last" },
	[RK_F_EPMAP_BACKWARDS] = { "epmap-backwards", MODEL_RTKIT_FAULT_BOOT,
	    "the pages descend" },
	[RK_F_EPMAP_EARLY] = { "epmap-early", MODEL_RTKIT_FAULT_BOOT,
	    "a page is the last that is not" },
	[RK_F_EPMAP_AGAIN] = { "epmap-again", MODEL_RTKIT_FAULT_BOOT,
	    "another page after the last" },
	[RK_F_IOP_ACK_WRONG] = { "iop-ack-wrong", MODEL_RTKIT_FAULT_BOOT,
	    "acknowledges another IOP state: 1 for on, on for others" },
	[RK_F_IOP_ACK_GARBAGE] = { "iop-ack-garbage", MODEL_RTKIT_FAULT_BOOT,
	    "acknowledges IOP state 0xbeef" },
	[RK_F_IOP_ACK_STRAY] = { "iop-ack-stray", MODEL_RTKIT_FAULT_BOOT,
	    "acknowledges IOP state on, unasked" },
	[RK_F_AP_ACK_WRONG] = { "ap-ack-wrong", MODEL_RTKIT_FAULT_BOOT,
	    "acknowledges another AP state" },
	[RK_F_AP_ACK_STRAY] = { "ap-ack-stray", MODEL_RTKIT_FAULT_BOOT,
	    "acknowledges AP state 0x10, unasked" },

	[RK_F_BUFFER_NONE] = { "buffer-size-none", MODEL_RTKIT_FAULT_BUFFER,
	    "size 0" },
	[RK_F_BUFFER_HUGE] = { "buffer-size-huge", MODEL_RTKIT_FAULT_BUFFER,
	    "255 pages; oslog: 1,048,575 bytes" },
	[RK_F_BUFFER_OUTSIDE] = { "buffer-outside", MODEL_RTKIT_FAULT_BUFFER,
	    "at the end of SRAM" },
	[RK_F_BUFFER_STRADDLE] = { "buffer-straddle",
	    MODEL_RTKIT_FAULT_BUFFER, "two pages, one of them in SRAM" },
	[RK_F_BUFFER_OVERFLOW] = { "buffer-overflow",
	    MODEL_RTKIT_FAULT_BUFFER, "16 pages in the last that 44 bits name"
	    },
	[RK_F_BUFFER_RAM] = { "buffer-ram", MODEL_RTKIT_FAULT_BUFFER,
	    "its own is in the AP's RAM" },
	[RK_F_BUFFER_AGAIN] = { "buffer-again", MODEL_RTKIT_FAULT_BUFFER,
	    "the same request twice (not for crash logs)" },
	[RK_F_BUFFER_OTHER] = { "buffer-other", MODEL_RTKIT_FAULT_BUFFER,
	    "a second, larger request (not for crash logs)" },
	[RK_F_BUFFER_ENDLESS] = { "buffer-endless", MODEL_RTKIT_FAULT_BUFFER,
	    "the request again after each answer, a millisecond later" },

	[RK_F_LOG_FIRST] = { "syslog-log-first", MODEL_RTKIT_FAULT_LOG,
	    "a LOG before INIT" },
	[RK_F_LOG_INDEX] = { "syslog-index-count", MODEL_RTKIT_FAULT_LOG,
	    "a LOG of the entry after the last" },
	[RK_F_LOG_INDEX_HUGE] = { "syslog-index-huge", MODEL_RTKIT_FAULT_LOG,
	    "a LOG of entry 255" },
	[RK_F_LOG_TEXT] = { "syslog-text-endless", MODEL_RTKIT_FAULT_LOG,
	    "task and text without their ends" },
	[RK_F_LOG_CONTROL] = { "syslog-text-control", MODEL_RTKIT_FAULT_LOG,
	    "a text of control characters" },
	[RK_F_INIT_NO_TEXT] = { "syslog-text-none", MODEL_RTKIT_FAULT_LOG,
	    "INIT with texts of 0 bytes" },
	[RK_F_INIT_HUGE_TEXT] = { "syslog-text-huge", MODEL_RTKIT_FAULT_LOG,
	    "INIT with texts of 65,535 bytes" },
	[RK_F_INIT_NO_ENTRIES] = { "syslog-entries-none",
	    MODEL_RTKIT_FAULT_LOG, "INIT with 0 entries" },
	[RK_F_INIT_HUGE_ENTRIES] = { "syslog-entries-huge",
	    MODEL_RTKIT_FAULT_LOG, "INIT with 65,535 entries" },
	[RK_F_INIT_TWICE] = { "syslog-init-twice", MODEL_RTKIT_FAULT_LOG,
	    "the same INIT twice" },
	[RK_F_INIT_OTHER] = { "syslog-init-other", MODEL_RTKIT_FAULT_LOG,
	    "a second INIT, of 4 entries of 32 bytes" },
	[RK_F_SYSLOG_TYPE] = { "syslog-type", MODEL_RTKIT_FAULT_LOG,
	    "a syslog message of type 0x77" },
	[RK_F_IOREPORT_TYPE] = { "ioreport-type", MODEL_RTKIT_FAULT_LOG,
	    "an ioreport message of type 0xe" },
	[RK_F_OSLOG_TYPE] = { "oslog-type", MODEL_RTKIT_FAULT_LOG,
	    "an oslog message of type 0x5a" },

	[RK_F_CRASH_MUTE] = { "crashlog-mute", MODEL_RTKIT_FAULT_CRASH,
	    "it says nothing of a crash" },
	[RK_F_CRASH_TWICE] = { "crashlog-twice", MODEL_RTKIT_FAULT_CRASH,
	    "it says so twice" },
	[RK_F_CRASH_MAGIC] = { "crashlog-magic", MODEL_RTKIT_FAULT_CRASH,
	    "the log does not begin with CLHE" },
	[RK_F_CRASH_SIZE_NONE] = { "crashlog-size-none",
	    MODEL_RTKIT_FAULT_CRASH, "total size 0" },
	[RK_F_CRASH_SIZE_SHORT] = { "crashlog-size-short",
	    MODEL_RTKIT_FAULT_CRASH, "total size 31" },
	[RK_F_CRASH_SIZE_HUGE] = { "crashlog-size-huge",
	    MODEL_RTKIT_FAULT_CRASH, "total size a byte above the buffer's" },
	[RK_F_CRASH_SECTION_NONE] = { "crashlog-section-none",
	    MODEL_RTKIT_FAULT_CRASH, "a section of length 0" },
	[RK_F_CRASH_SECTION_SHORT] = { "crashlog-section-short",
	    MODEL_RTKIT_FAULT_CRASH, "a section of length 15" },
	[RK_F_CRASH_SECTION_LONG] = { "crashlog-section-long",
	    MODEL_RTKIT_FAULT_CRASH, "a section longer than the log" },
	[RK_F_CRASH_SECTION_HUGE] = { "crashlog-section-huge",
	    MODEL_RTKIT_FAULT_CRASH, "a section of length 4,294,967,295" },
	[RK_F_CRASH_HEADER] = { "crashlog-header-cut",
	    MODEL_RTKIT_FAULT_CRASH, "the log ends within a section's header"
	    },
	[RK_F_CRASH_NO_END] = { "crashlog-end-missing",
	    MODEL_RTKIT_FAULT_CRASH, "an empty Ctim instead of the end" },
	[RK_F_CRASH_TAG] = { "crashlog-tag-unknown", MODEL_RTKIT_FAULT_CRASH,
	    "a section Cxyz" },
	[RK_F_CRASH_VERSION_SHORT] = { "crashlog-version-short",
	    MODEL_RTKIT_FAULT_CRASH, "Cver of 3 bytes" },
	[RK_F_CRASH_VERSION_ENDLESS] = { "crashlog-version-endless",
	    MODEL_RTKIT_FAULT_CRASH, "Cver without its text's end" },
	[RK_F_CRASH_TEXT_SHORT] = { "crashlog-text-short",
	    MODEL_RTKIT_FAULT_CRASH, "Cstr of 0 bytes" },
	[RK_F_CRASH_TEXT_ENDLESS] = { "crashlog-text-endless",
	    MODEL_RTKIT_FAULT_CRASH, "Cstr without its text's end" },
	[RK_F_CRASH_TIME_SHORT] = { "crashlog-time-short",
	    MODEL_RTKIT_FAULT_CRASH, "Ctim of 7 bytes" },
	[RK_F_CRASH_MBOX_SHORT] = { "crashlog-mbox-short",
	    MODEL_RTKIT_FAULT_CRASH, "Cmbx of 27 bytes" },
	[RK_F_CRASH_MBOX_INDEX] = { "crashlog-mbox-index",
	    MODEL_RTKIT_FAULT_CRASH, "Cmbx with index 4,294,967,295" },
	[RK_F_CRASH_REGS_SHORT] = { "crashlog-regs-short",
	    MODEL_RTKIT_FAULT_CRASH, "Crg8 of 256 bytes" },
	[RK_F_CRASH_STACK_ENDLESS] = { "crashlog-stack-endless",
	    MODEL_RTKIT_FAULT_CRASH, "Ccst without a 0" },
	[RK_F_CRASH_ASYNC_SHORT] = { "crashlog-async-short",
	    MODEL_RTKIT_FAULT_CRASH, "CasC of 5 bytes" },
	[RK_F_CRASH_ONES] = { "crashlog-ones", MODEL_RTKIT_FAULT_CRASH,
	    "the log is bytes of 0xff" },
	[RK_F_CRASH_GARBAGE] = { "crashlog-garbage", MODEL_RTKIT_FAULT_CRASH,
	    "behind its header the log is random" },
	[RK_F_CRASH_LENGTHS] = { "crashlog-lengths", MODEL_RTKIT_FAULT_CRASH,
	    "the sections' lengths are random" },

	[RK_F_STRAY_TYPE] = { "stray-type", MODEL_RTKIT_FAULT_STRAY,
	    "management of type 0xff" },
	[RK_F_STRAY_EP_255] = { "stray-endpoint-255", MODEL_RTKIT_FAULT_STRAY,
	    "a message from endpoint 255" },
	[RK_F_STRAY_EP_OTHER] = { "stray-endpoint-unknown",
	    MODEL_RTKIT_FAULT_STRAY, "one from an endpoint not in the map" },
	[RK_F_STRAY_EP_UNSTARTED] = { "stray-endpoint-unstarted",
	    MODEL_RTKIT_FAULT_STRAY, "one from an endpoint not started" },
	[RK_F_STRAY_ALL] = { "stray-all", MODEL_RTKIT_FAULT_STRAY,
	    "a random message from each endpoint up to 0x20" },
	[RK_F_STORM_MGMT] = { "storm-mgmt", MODEL_RTKIT_FAULT_STRAY,
	    "MODEL_RTKIT_STORM PONGs at once" },
	[RK_F_STORM_SYSLOG] = { "storm-syslog", MODEL_RTKIT_FAULT_STRAY,
	    "MODEL_RTKIT_STORM LOGs of entry 0 at once" },
	[RK_F_STORM_APP] = { "storm-app", MODEL_RTKIT_FAULT_STRAY,
	    "MODEL_RTKIT_STORM messages from endpoint 0x20 at once" },

	[RK_F_SMC_ADDR_NONE] = { "smc-address-none", MODEL_RTKIT_FAULT_SMC,
	    "the shared area is at 0" },
	[RK_F_SMC_ADDR_OUTSIDE] = { "smc-address-outside",
	    MODEL_RTKIT_FAULT_SMC, "it begins where SRAM ends" },
	[RK_F_SMC_ADDR_END] = { "smc-address-end", MODEL_RTKIT_FAULT_SMC,
	    "it has 4 bytes until SRAM ends" },
	[RK_F_SMC_ADDR_ODD] = { "smc-address-odd", MODEL_RTKIT_FAULT_SMC,
	    "it begins at an odd address" },
	[RK_F_SMC_ID] = { "smc-id", MODEL_RTKIT_FAULT_SMC,
	    "the answer has another id" },
	[RK_F_SMC_OTHER_FIRST] = { "smc-id-first", MODEL_RTKIT_FAULT_SMC,
	    "an answer with another id before the answer" },
	[RK_F_SMC_RESULT] = { "smc-result", MODEL_RTKIT_FAULT_SMC,
	    "result 0x5a" },
	[RK_F_SMC_LONGER] = { "smc-length-longer", MODEL_RTKIT_FAULT_SMC,
	    "8 bytes more than asked for" },
	[RK_F_SMC_SHORTER] = { "smc-length-none", MODEL_RTKIT_FAULT_SMC,
	    "0 bytes" },
	[RK_F_SMC_LENGTH_HUGE] = { "smc-length-huge", MODEL_RTKIT_FAULT_SMC,
	    "65,535 bytes, in 31:16" },
	[RK_F_SMC_WRITE_NONE] = { "smc-write-length-none",
	    MODEL_RTKIT_FAULT_SMC, "0 bytes in the answer to a WRITE" },
	[RK_F_SMC_WRITE_LONGER] = { "smc-write-length-longer",
	    MODEL_RTKIT_FAULT_SMC, "one byte more there than was written" },
	[RK_F_SMC_WRITE_REFUSED] = { "smc-write-refused",
	    MODEL_RTKIT_FAULT_SMC, "a WRITE is not allowed" },
	[RK_F_SMC_WRITE_UNDONE] = { "smc-write-undone",
	    MODEL_RTKIT_FAULT_SMC, "after a WRITE the old value is back" },
	[RK_F_SMC_KEY_GONE] = { "smc-key-gone", MODEL_RTKIT_FAULT_SMC,
	    "the key of a READ or WRITE is not found" },
	[RK_F_SMC_VALUE] = { "smc-value", MODEL_RTKIT_FAULT_SMC,
	    "a value of random bytes" },
	[RK_F_SMC_COUNT_HUGE] = { "smc-count-huge", MODEL_RTKIT_FAULT_SMC,
	    "#KEY is 4,294,967,295" },
	[RK_F_SMC_COUNT_NONE] = { "smc-count-none", MODEL_RTKIT_FAULT_SMC,
	    "#KEY is 0" },
	[RK_F_SMC_INFO_SIZE] = { "smc-info-size", MODEL_RTKIT_FAULT_SMC,
	    "KEY INFO with size 255" },
	[RK_F_SMC_INFO_TYPE] = { "smc-info-type", MODEL_RTKIT_FAULT_SMC,
	    "KEY INFO with a type of control characters" },
	[RK_F_SMC_INFO_FLAGS] = { "smc-info-flags", MODEL_RTKIT_FAULT_SMC,
	    "KEY INFO with all flags" },
	[RK_F_SMC_KEY] = { "smc-key", MODEL_RTKIT_FAULT_SMC,
	    "KEY BY INDEX with a random key" },
	[RK_F_SMC_BETWEEN] = { "smc-event-between", MODEL_RTKIT_FAULT_SMC,
	    "an event between a command and its answer" },
	[RK_F_SMC_EVENT] = { "smc-event-garbage", MODEL_RTKIT_FAULT_SMC,
	    "an event of random bits before an answer" },
	[RK_F_SMC_UNASKED] = { "smc-event-unasked", MODEL_RTKIT_FAULT_SMC,
	    "an event though notifications are off" },
	[RK_F_SMC_STORM] = { "smc-event-storm", MODEL_RTKIT_FAULT_SMC,
	    "MODEL_RTKIT_STORM events of the power button at once" },
	[RK_F_SMC_ALARM] = { "smc-alarm-false", MODEL_RTKIT_FAULT_SMC,
	    "an alarm of the battery, which is not empty" },
	[RK_NFAULTS] = { NULL, 0, NULL }
};
_Static_assert(nitems(model_rtkit_faults) == RK_NFAULTS + 1, "faults");

bool
rk_faulty(struct model_rtkit *m, unsigned int f)
{

	if (m->faults[f].count == 0)
		return (false);
	if (m->faults[f].count != MODEL_RTKIT_ALWAYS)
		m->faults[f].count--;
	m->faults[f].hits++;
	return (true);
}

bool
rk_app_faulty(struct model_rtkit *m, unsigned int f)
{
	bool faulty;

	mh_lock_enter(m->lock);
	faulty = rk_faulty(m, f);
	mh_lock_leave(m->lock);
	return (faulty);
}

/* SplitMix64: any seed will do. */
uint64_t
rk_random(struct model_rtkit *m)
{
	uint64_t z;

	z = (m->random += 0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31);
}

uint64_t
rk_app_random(struct model_rtkit *m)
{
	uint64_t z;

	mh_lock_enter(m->lock);
	z = rk_random(m);
	mh_lock_leave(m->lock);
	return (z);
}

/*
 * Messages that nothing caused
 */

/* An endpoint that was not started, in the map or not. */
static uint8_t
rk_unstarted(const struct model_rtkit *m, bool mapped)
{
	unsigned int ep;

	for (ep = 1; ep < MODEL_RTKIT_ENDPOINTS - 1; ep++)
		if (((m->cfg.map[ep / 32] & 1u << ep % 32) != 0) == mapped &&
		    !m->started[ep])
			break;
	return ((uint8_t)ep);
}

static void
rk_storm(struct model_rtkit *m, uint8_t ep, uint64_t msg)
{
	int i;

	for (i = 0; i < MODEL_RTKIT_STORM; i++)
		rk_post(m, msg, ep, 0);
}

void
rk_stray(struct model_rtkit *m)
{
	unsigned int ep;

	if (rk_faulty(m, RK_F_STRAY_TYPE))
		rk_post(m, RK_TYPE(0xff), MODEL_RTKIT_EP_MGMT, 0);
	if (rk_faulty(m, RK_F_STRAY_EP_255))
		rk_post(m, rk_random(m), 255, 0);
	if (rk_faulty(m, RK_F_STRAY_EP_OTHER))
		rk_post(m, rk_random(m), rk_unstarted(m, false), 0);
	if (rk_faulty(m, RK_F_STRAY_EP_UNSTARTED))
		rk_post(m, rk_random(m), rk_unstarted(m, true), 0);
	if (rk_faulty(m, RK_F_STRAY_ALL))
		for (ep = 0; ep <= MODEL_RTKIT_EP_APP; ep++)
			rk_post(m, rk_random(m), ep, 0);
	if (rk_faulty(m, RK_F_STORM_MGMT))
		rk_storm(m, MODEL_RTKIT_EP_MGMT, RK_TYPE(RK_PONG));
	if (rk_faulty(m, RK_F_STORM_SYSLOG))
		rk_storm(m, MODEL_RTKIT_EP_SYSLOG, RK_TYPE(RK_SYSLOG_LOG));
	if (rk_faulty(m, RK_F_STORM_APP))
		rk_storm(m, MODEL_RTKIT_EP_APP, rk_random(m));
	if (rk_faulty(m, RK_F_IOP_ACK_STRAY))
		rk_post(m, RK_TYPE(RK_IOP_POWER_ACK) | MODEL_RTKIT_POWER_ON,
		    MODEL_RTKIT_EP_MGMT, 0);
	if (rk_faulty(m, RK_F_AP_ACK_STRAY))
		rk_post(m, RK_TYPE(RK_AP_POWER) | MODEL_RTKIT_POWER_QUIESCED,
		    MODEL_RTKIT_EP_MGMT, 0);
}

/*
 * At random
 */

bool
rk_chaos(struct model_rtkit *m, uint64_t *msg0, uint32_t *msg1, int64_t *delay)
{
	uint64_t dice = rk_random(m);

	switch (dice % 64) {
	case 0:
		return (false);
	case 1:
		rk_post(m, *msg0, *msg1, *delay);
		break;
	case 2:
		*delay += (int64_t)(rk_random(m) % (100 * RK_MS));
		break;
	case 3:
		*msg0 ^= 1ull << (dice >> 8) % 64;
		break;
	case 4:
		*msg1 = (uint8_t)(dice >> 8);
		break;
	case 5:
		/* A type that this endpoint knows, with random fields. */
		rk_post(m, RK_TYPE(dice >> 16 & 0xf) |
		    (rk_random(m) & (RK_TYPE(1) - 1)),
		    (uint32_t)(dice >> 8) % 9, 0);
		break;
	case 6:
		*msg0 = rk_random(m);
		break;
	case 7:
		/* The same type with all other bits one, or all zero. */
		*msg0 |= RK_TYPE(1) - 1;
		if ((dice & 1 << 8) != 0)
			*msg0 &= ~(RK_TYPE(1) - 1);
		break;
	default:
		break;
	}
	return (true);
}

void
model_rtkit_misbehave(struct model_rtkit *m, uint64_t seed)
{
	uint64_t dice;
	unsigned int i, n, f;

	mh_lock_enter(m->lock);
	m->random = seed;
	n = rk_random(m) % 4;
	m->chaos = n == 0 || rk_random(m) % 2 == 0;
	for (i = 0; i < n; i++) {
		dice = rk_random(m);
		f = (dice >> 8) % RK_NFAULTS;
		m->faults[f].count = dice % 16 == 0 ? 100 : 1 + dice % 3;
	}
	mh_lock_leave(m->lock);
	mh_agent_kick(m->agent);
}

/*
 * By name
 */

static unsigned int
rk_fault_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < RK_NFAULTS; i++)
		if (strcmp(model_rtkit_faults[i].name, name) == 0)
			return (i);
	panic("RTKit model: no fault is called %s", name);
}

void
model_rtkit_fault(struct model_rtkit *m, const char *name, uint32_t count)
{
	unsigned int f;

	f = rk_fault_find(name);
	mh_lock_enter(m->lock);
	m->faults[f].count = count;
	mh_lock_leave(m->lock);
}

uint64_t
model_rtkit_faulted(struct model_rtkit *m, const char *name)
{
	unsigned int f;
	uint64_t hits;

	f = rk_fault_find(name);
	mh_lock_enter(m->lock);
	hits = m->faults[f].hits;
	mh_lock_leave(m->lock);
	return (hits);
}
