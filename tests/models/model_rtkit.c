/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The RTKit model: making and freeing it, its agent, the queue of messages to
 * send, the answers that the AP owes, and the functions for tests.  See
 * model_rtkit.h and model_rtkit_var.h.
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "model_rtkit_var.h"

/* CPU status, with the bits that m1n1 reads. */
#define	RK_CPU_RUNNING	(1u << 0)
#define	RK_CPU_STOPPED	(1u << 1)
#define	RK_CPU_IDLE	(1u << 5)

/* How long after a crash the AP may still send, because it may not know yet. */
#define	RK_GRACE(m)	((m)->cfg.patience_ns / 10)

const struct model_rtkit_rule model_rtkit_rules[] = {
	[RK_R_WORD1] = { "word1", "bits above the endpoint in word 1" },
	[RK_R_ASLEEP] = { "asleep",
	    "a message other than to wake, though it was put to rest" },
	[RK_R_CRASHED] = { "crashed", "a message, long after a crash" },
	[RK_R_HELLO] = { "hello-reply",
	    "no HELLO reply where one is due, or a version not offered" },
	[RK_R_EPMAP] = { "epmap-reply",
	    "no EPMAP reply where one is due, or of another page" },
	[RK_R_START] = { "start",
	    "START of an endpoint not in the map, of 0, twice, or malformed" },
	[RK_R_START_MISSING] = { "start-missing",
	    "endpoints without which it does not boot were not started" },
	[RK_R_NOT_STARTED] = { "not-started",
	    "a message to an endpoint that was not started" },
	[RK_R_EARLY] = { "early",
	    "AP power before it waits for STARTs, or an application's message "
	    "before it is on" },
	[RK_R_MGMT] = { "mgmt-type", "a management message that is none" },
	[RK_R_POWER] = { "power", "a power state that is none" },
	[RK_R_POWER_ORDER] = { "power-order",
	    "the IOP is put to rest before the AP's power is" },
	[RK_R_BUFFER] = { "buffer-reply",
	    "a buffer that was not asked for, or of another type or size" },
	[RK_R_BUFFER_ADDR] = { "buffer-address",
	    "a buffer not in RAM, or not on 16 KiB" },
	[RK_R_BUFFER_GUARD] = { "buffer-guard",
	    "a buffer that SART does not let it reach" },
	[RK_R_ECHO] = { "echo",
	    "a message sent back by syslog or ioreport that was not sent" },
	[RK_R_OSLOG] = { "oslog-reply", "an oslog message that is not due" },
	[RK_R_CRASHLOG] = { "crashlog-message",
	    "a message for crashlog that is none" },
	[RK_R_MISSING] = { "reply-missing", "an answer that did not come" },
	[RK_R_SRAM] = { "sram",
	    "SRAM accessed where the AP was told of nothing" },
	[RK_R_SMC_INIT] = { "smc-init",
	    "no or another initialization of the SMC, or its id is not 0" },
	[RK_R_SMC_COMMAND] = { "smc-command",
	    "a command that is none, or with a field that it does not have" },
	[RK_R_SMC_ID] = { "smc-id", "the id of the command before, or 0" },
	[RK_R_SMC_OVERLAP] = { "smc-overlap",
	    "a command before the answer to the last" },
	[RK_R_SMC_NOTIFIES] = { "smc-notifies",
	    "put to rest with notifications on" },
	[RK_RULES] = { NULL, NULL }
};
_Static_assert(nitems(model_rtkit_rules) == RK_RULES + 1, "rules");

/*
 * Rules
 */

void
rk_break(struct model_rtkit *m, enum rk_rule rule, uint8_t ep, uint64_t msg)
{

	m->broken[rule]++;
	m->stats.violations++;
	if (m->first[0] == '\0')
		snprintf(m->first, sizeof(m->first),
		    "%s: endpoint %#x, message %#jx",
		    model_rtkit_rules[rule].name, ep, (uintmax_t)msg);
}

void
rk_app_break(struct model_rtkit *m, enum rk_rule rule, uint8_t ep,
    uint64_t msg)
{

	mh_lock_enter(m->lock);
	rk_break(m, rule, ep, msg);
	mh_lock_leave(m->lock);
}

/*
 * Answers that the AP owes
 */

void
rk_owe(struct model_rtkit *m, uint8_t ep, uint64_t msg)
{

	if (m->nowed == RK_OWED)
		return;
	m->owed[m->nowed++] = (struct rk_owed){
		.ep = ep, .msg = msg,
		.deadline = mh_now() + m->cfg.patience_ns,
	};
}

bool
rk_paid(struct model_rtkit *m, uint8_t ep, uint64_t msg)
{
	unsigned int i;

	for (i = 0; i < m->nowed; i++)
		if (m->owed[i].ep == ep && m->owed[i].msg == msg)
			break;
	if (i == m->nowed)
		return (false);
	m->nowed--;
	memmove(&m->owed[i], &m->owed[i + 1],
	    (m->nowed - i) * sizeof(m->owed[0]));
	return (true);
}

/* Count overdue answers; returns when the next one will be overdue. */
static int64_t
rk_overdue(struct model_rtkit *m, int64_t now)
{
	int64_t next = RK_NEVER;
	unsigned int i;

	if (m->hang || m->stall)
		return (next);	/* the answer may be in the mailbox */
	for (i = 0; i < m->nowed; i++) {
		if (m->owed[i].late)
			continue;
		if (m->owed[i].deadline > now) {
			if (next == RK_NEVER || m->owed[i].deadline < next)
				next = m->owed[i].deadline;
			continue;
		}
		m->owed[i].late = true;
		rk_break(m, RK_R_MISSING, m->owed[i].ep, m->owed[i].msg);
	}
	if ((m->state.phase != MODEL_RTKIT_STARTING &&
	    m->state.phase != MODEL_RTKIT_HELLO) || m->boot_ns == RK_NEVER)
		return (next);
	if (m->boot_ns <= now) {
		m->boot_ns = RK_NEVER;
		rk_break(m, m->state.phase == MODEL_RTKIT_HELLO ?
		    RK_R_MISSING : RK_R_START_MISSING, MODEL_RTKIT_EP_MGMT, 0);
	} else if (next == RK_NEVER || m->boot_ns < next)
		next = m->boot_ns;
	return (next);
}

/*
 * Messages to send
 */

void
rk_post(struct model_rtkit *m, uint64_t msg0, uint32_t msg1, int64_t delay)
{
	struct rk_message msg = {
		.due = mh_now() + m->cfg.latency_ns + delay,
		.msg0 = msg0, .msg1 = msg1,
	};
	unsigned int i;

	if (m->tail == RK_QUEUE) {
		if (m->head == 0) {
			m->stats.dropped++;
			return;
		}
		m->tail -= m->head;
		memmove(m->queue, m->queue + m->head,
		    m->tail * sizeof(m->queue[0]));
		m->head = 0;
	}
	for (i = m->tail; i > m->head && m->queue[i - 1].due > msg.due; i--)
		m->queue[i] = m->queue[i - 1];
	m->queue[i] = msg;
	m->tail++;
}

void
rk_emit(struct model_rtkit *m, enum rk_step step, uint8_t ep, uint64_t msg,
    int64_t delay)
{
	uint32_t msg1 = ep;
	bool twice;

	if (m->state.phase == MODEL_RTKIT_STOPPED ||
	    m->state.phase == MODEL_RTKIT_CRASHED)
		return;
	if (rk_faulty(m, RK_W_CRASH * RK_STEPS + step)) {
		rk_crash(m);
		return;
	}
	rk_stray(m);
	if (rk_faulty(m, RK_W_SILENT * RK_STEPS + step))
		return;
	if (rk_faulty(m, RK_W_GARBAGE * RK_STEPS + step))
		msg = rk_random(m);
	if (rk_faulty(m, RK_W_WORD1 * RK_STEPS + step))
		msg1 |= (uint32_t)(rk_random(m) | 1) << 8;
	if (rk_faulty(m, RK_W_LATE * RK_STEPS + step))
		delay += MODEL_RTKIT_LATE_NS;
	twice = rk_faulty(m, RK_W_TWICE * RK_STEPS + step);
	if (m->chaos && !rk_chaos(m, &msg, &msg1, &delay))
		return;
	rk_post(m, msg, msg1, delay);
	if (twice)
		rk_post(m, msg, msg1, delay);
}

bool
rk_is_on(struct model_rtkit *m)
{
	bool on;

	mh_lock_enter(m->lock);
	on = m->state.phase == MODEL_RTKIT_ON;
	mh_lock_leave(m->lock);
	return (on);
}

void
rk_app_emit(struct model_rtkit *m, enum rk_step step, uint8_t ep, uint64_t msg,
    int64_t delay)
{

	mh_lock_enter(m->lock);
	rk_emit(m, step, ep, msg, delay);
	mh_lock_leave(m->lock);
}

/* Forget everything of this boot. */
void
rk_forget(struct model_rtkit *m)
{

	memset(m->started, 0, sizeof(m->started));
	memset(m->buffers, 0, sizeof(m->buffers));
	m->nowed = 0;
	m->nareas = 0;
	m->sram_next = RK_SRAM_BUFFERS;
	m->log_ready = false;
	m->log_next = 0;
	m->boot_ns = RK_NEVER;
	m->state.version = 0;
	m->reset = true;
}

/*
 * The agent
 */

static void
rk_traced(struct model_rtkit *m, const struct rk_message *msg, bool from_ap)
{
	const struct model_rtkit_event event = {
		.time_ns = mh_now(), .msg0 = msg->msg0, .msg1 = msg->msg1,
		.from_ap = from_ap,
	};
	void (*fn)(void *, const struct model_rtkit_event *);
	void *arg;

	mh_lock_enter(m->lock);
	fn = m->trace;
	arg = m->trace_arg;
	mh_lock_leave(m->lock);
	if (fn != NULL)
		fn(arg, &event);
}

/*
 * Handle a message while the IOP is not running normally.  Returns true if the
 * message ends here.
 */
static bool
rk_unheard(struct model_rtkit *m, uint8_t ep, uint64_t msg)
{
	uint16_t state = (uint16_t)msg;

	switch (m->state.phase) {
	case MODEL_RTKIT_STOPPED:
		return (true);
	case MODEL_RTKIT_CRASHED:
		if (mh_now() > m->crashed_ns + RK_GRACE(m))
			rk_break(m, RK_R_CRASHED, ep, msg);
		return (true);
	case MODEL_RTKIT_ASLEEP:
	case MODEL_RTKIT_IDLE:
		if (ep == MODEL_RTKIT_EP_MGMT &&
		    RK_TYPE_OF(msg) == RK_IOP_POWER &&
		    (state == MODEL_RTKIT_POWER_ON ||
		    state == MODEL_RTKIT_POWER_INIT))
			return (false);
		rk_break(m, RK_R_ASLEEP, ep, msg);
		return (true);
	default:
		return (false);
	}
}

/* A message for an application; true if the application is to get it. */
static bool
rk_for_app(struct model_rtkit *m, uint8_t ep, uint64_t msg)
{

	if (m->state.phase == MODEL_RTKIT_ON)
		return (true);
	rk_break(m, RK_R_EARLY, ep, msg);
	return (false);
}

/*
 * Handle a message; called without the lock.  An application is told of its
 * start once the message that starts it was handled.
 */
static void
rk_heard(struct model_rtkit *m, const struct rk_message *in)
{
	struct model_rtkit_app app = { .message = NULL };
	uint8_t ep = (uint8_t)in->msg1;
	uint64_t msg = in->msg0;
	bool starts = false;

	mh_lock_enter(m->lock);
	m->stats.received++;
	if (in->msg1 > UINT8_MAX)
		rk_break(m, RK_R_WORD1, ep, msg);
	else if (rk_unheard(m, ep, msg))
		;
	else if (ep == MODEL_RTKIT_EP_MGMT) {
		uint8_t target = (uint8_t)(msg >> 32);
		bool was;

		was = m->started[target];
		rk_mgmt(m, msg);
		starts = !was && m->started[target];
		if (starts) {
			ep = target;
			app = m->apps[target];
		}
	} else if (!m->started[ep])
		rk_break(m, RK_R_NOT_STARTED, ep, msg);
	else {
		m->received[ep]++;
		if (ep < MODEL_RTKIT_EP_APP)
			rk_sys(m, ep, msg);
		else if (rk_for_app(m, ep, msg))
			app = m->apps[ep];
	}
	mh_lock_leave(m->lock);
	if (starts && app.started != NULL)
		app.started(app.arg, m, ep);
	else if (!starts && app.message != NULL)
		app.message(app.arg, m, ep, msg);
}

/* Tell applications that everything starts over; called without the lock. */
static void
rk_reset(struct model_rtkit *m)
{
	struct model_rtkit_app app;
	unsigned int ep;
	bool reset;

	mh_lock_enter(m->lock);
	reset = m->reset;
	m->reset = false;
	mh_lock_leave(m->lock);
	for (ep = MODEL_RTKIT_EP_APP; reset && ep < MODEL_RTKIT_ENDPOINTS;
	    ep++) {
		app = m->apps[ep];
		if (app.reset != NULL)
			app.reset(app.arg, m, (uint8_t)ep);
	}
}

/* The run bit was set: throw away every message from before. */
static void
rk_start(struct model_rtkit *m)
{
	struct rk_message msg;

	while (model_asc_pop(m->asc, &msg.msg0, &msg.msg1))
		;
	mh_lock_enter(m->lock);
	m->start = false;
	m->ninbox = 0;
	rk_boot(m);
	mh_lock_leave(m->lock);
	rk_reset(m);
}

/*
 * Handle one message from the mailbox, or one that was kept.  Returns false if
 * there is none.
 */
static bool
rk_take(struct model_rtkit *m)
{
	struct rk_message msg = { .due = 0 };
	bool hang, kept, leave, start;

	mh_lock_enter(m->lock);
	hang = m->hang;
	start = m->start;
	kept = !hang && m->ninbox != 0;
	leave = m->stall || m->state.phase == MODEL_RTKIT_STOPPED ||
	    (hang && m->ninbox == RK_INBOX);
	if (kept) {
		msg = m->inbox[0];
		m->ninbox--;
		memmove(m->inbox, m->inbox + 1,
		    m->ninbox * sizeof(m->inbox[0]));
	}
	mh_lock_leave(m->lock);
	if (start) {
		rk_start(m);
		return (true);
	}
	if (!kept) {
		if (leave || !model_asc_pop(m->asc, &msg.msg0, &msg.msg1))
			return (false);
		rk_traced(m, &msg, true);
	}
	if (hang) {
		mh_lock_enter(m->lock);
		m->inbox[m->ninbox++] = msg;
		mh_lock_leave(m->lock);
	} else
		rk_heard(m, &msg);
	rk_reset(m);
	return (true);
}

/*
 * Move messages that are due into the mailbox; returns when the next one is
 * due.  Pushing raises lines, so it happens without the lock.  A message that
 * finds no room waits, and is forgotten if the IOP is stopped before there is
 * room.
 */
static int64_t
rk_give(struct model_rtkit *m, int64_t now)
{
	struct rk_message msg;
	bool pushed;

	mh_lock_enter(m->lock);
	for (;;) {
		if (!m->has_now) {
			if (m->head == m->tail || m->hang)
				break;
			if (m->queue[m->head].due > now)
				break;
			m->now = m->queue[m->head++];
			m->has_now = true;
		}
		msg = m->now;
		m->blocked = true;
		mh_lock_leave(m->lock);
		pushed = model_asc_push(m->asc, msg.msg0, msg.msg1);
		if (pushed)
			rk_traced(m, &msg, false);
		mh_lock_enter(m->lock);
		if (!pushed)
			break;
		m->blocked = false;
		m->stats.sent++;
		m->has_now = false;
	}
	now = m->has_now || m->hang || m->head == m->tail ? RK_NEVER :
	    m->queue[m->head].due;
	mh_lock_leave(m->lock);
	return (now);
}

/* Set what CPU status reads; takes the lock. */
static void
rk_status(struct model_rtkit *m)
{
	uint32_t status = RK_CPU_RUNNING;

	mh_lock_enter(m->lock);
	if (m->state.phase == MODEL_RTKIT_STOPPED)
		status = RK_CPU_STOPPED;
	else if (m->state.phase == MODEL_RTKIT_ASLEEP ||
	    m->state.phase == MODEL_RTKIT_IDLE)
		status |= RK_CPU_IDLE;
	/*
	 * With the lock held, for the phase may change as soon as it is
	 * released.
	 */
	model_asc_set_status(m->asc, status);
	mh_lock_leave(m->lock);
}

static int64_t
rk_step(void *arg)
{
	struct model_rtkit *m = arg;
	int64_t next, overdue;

	rk_reset(m);
	while (rk_take(m))
		;
	rk_status(m);
	mh_lock_enter(m->lock);
	overdue = rk_overdue(m, mh_now());
	mh_lock_leave(m->lock);
	next = rk_give(m, mh_now());
	if (next == RK_NEVER || (overdue != RK_NEVER && overdue < next))
		next = overdue;
	return (next);
}

/*
 * Calls from the mailbox, on the AP's thread
 */

static void
rk_asc_sent(void *arg)
{
	struct model_rtkit *m = arg;

	mh_agent_kick(m->agent);
}

static void
rk_asc_taken(void *arg)
{
	struct model_rtkit *m = arg;
	bool blocked;

	mh_lock_enter(m->lock);
	blocked = m->blocked;
	mh_lock_leave(m->lock);
	if (blocked)
		mh_agent_kick(m->agent);
}

/* Once the run bit is cleared, the IOP neither writes to memory nor sends. */
static void
rk_asc_run(void *arg, bool run)
{
	struct model_rtkit *m = arg;

	mh_lock_enter(m->lock);
	if (!run) {
		m->state.phase = MODEL_RTKIT_STOPPED;
		m->start = false;
		m->head = m->tail = 0;
		m->has_now = false;
		rk_forget(m);
	} else if (m->cfg.restartable || m->state.boots == 0)
		m->start = true;
	mh_lock_leave(m->lock);
	rk_status(m);
	mh_agent_kick(m->agent);
}

static const struct model_asc_ops rk_asc_ops = {
	.sent = rk_asc_sent,
	.taken = rk_asc_taken,
	.run = rk_asc_run,
};

/*
 * Making and freeing
 */

void
model_rtkit_config_default(struct model_rtkit_config *cfg)
{

	*cfg = (struct model_rtkit_config){
		.version_min = 11, .version_max = 12,
		.map = { 0x11f, 0x1 },
		.buffers = {
			[MODEL_RTKIT_CRASHLOG] = { .pages = 4 },
			[MODEL_RTKIT_SYSLOG] = { .pages = 1 },
			[MODEL_RTKIT_IOREPORT] = { .pages = 1 },
			[MODEL_RTKIT_OSLOG] = { .pages = 4 },
		},
		.oslog = MODEL_RTKIT_OSLOG_BUFFER,
		.syslog_entries = 16, .syslog_text = 0x80,
		.boot_logs = 2,
		.ioreport_marks = true,
		.wants = 1u << MODEL_RTKIT_EP_CRASHLOG |
		    1u << MODEL_RTKIT_EP_IOREPORT | 1u << MODEL_RTKIT_EP_OSLOG,
		.restartable = true,
		.latency_ns = 20000,
		.patience_ns = 1000 * RK_MS,
		.seed = 1,
	};
}

void
model_rtkit_config_t8103_smc(struct model_rtkit_config *cfg)
{
	int i;

	model_rtkit_config_default(cfg);
	for (i = 0; i < MODEL_RTKIT_BUFFERS; i++)
		cfg->buffers[i].own = true;
	cfg->oslog = MODEL_RTKIT_OSLOG_INIT;
	cfg->restartable = false;
	cfg->sram_base = 0x23fe00000;
	cfg->sram_size = 0x100000;
}

void
model_rtkit_config_newer_smc(struct model_rtkit_config *cfg)
{

	model_rtkit_config_t8103_smc(cfg);
	cfg->map[0] |= 1u << MODEL_RTKIT_EP_TRACEKIT;
	cfg->wants |= 1u << MODEL_RTKIT_EP_TRACEKIT;
	cfg->ioreport_none = true;
	cfg->ap_first = true;
	cfg->hello_first = true;
}

struct model_rtkit *
model_rtkit_new(const struct model_asc_config *asc,
    const struct model_rtkit_config *cfg)
{
	struct model_rtkit *m;

	m = mh_alloc(sizeof(*m));
	m->cfg = *cfg;
	m->random = cfg->seed;
	m->state.phase = asc->running ? MODEL_RTKIT_ASLEEP :
	    MODEL_RTKIT_STOPPED;
	m->state.ap_power = m->state.iop_power = MODEL_RTKIT_POWER_SLEEP;
	m->lock = mh_lock_new("rtkit");
	rk_forget(m);
	m->reset = false;
	if (!rk_sram_add(m)) {
		model_rtkit_free(m);
		return (NULL);
	}
	m->asc = model_asc_new(asc, &rk_asc_ops, m);
	if (m->asc == NULL) {
		model_rtkit_free(m);
		return (NULL);
	}
	rk_status(m);
	m->start = cfg->hello_first && asc->running;
	mh_agent_new(&m->agent, "coprocessor", rk_step, m);
	return (m);
}

void
model_rtkit_free(struct model_rtkit *m)
{

	if (m->agent != NULL)
		mh_agent_free(m->agent);
	if (m->asc != NULL)
		model_asc_free(m->asc);
	rk_sram_remove(m);
	mh_lock_free(m->lock);
	mh_free(m);
}

struct model_asc *
model_rtkit_asc(struct model_rtkit *m)
{

	return (m->asc);
}

/*
 * For tests
 */

struct model_rtkit_state
model_rtkit_state(struct model_rtkit *m)
{
	struct model_rtkit_state state;

	mh_lock_enter(m->lock);
	state = m->state;
	mh_lock_leave(m->lock);
	return (state);
}

bool
model_rtkit_started(struct model_rtkit *m, uint8_t ep)
{
	bool started;

	mh_lock_enter(m->lock);
	started = m->started[ep];
	mh_lock_leave(m->lock);
	return (started);
}

bool
model_rtkit_buffer(struct model_rtkit *m, enum model_rtkit_buffer kind,
    uint64_t *addr, size_t *size)
{
	const struct rk_buffer *b = &m->buffers[kind];
	bool given;

	mh_lock_enter(m->lock);
	given = b->given;
	*addr = b->addr;
	*size = b->size;
	mh_lock_leave(m->lock);
	return (given);
}

bool
model_rtkit_quiet(struct model_rtkit *m)
{
	bool quiet;

	mh_lock_enter(m->lock);
	quiet = m->head == m->tail && !m->has_now && m->nowed == 0 &&
	    m->ninbox == 0 && !m->start;
	mh_lock_leave(m->lock);
	return (quiet && model_asc_sent(m->asc) == 0 &&
	    model_asc_waiting(m->asc) == 0);
}

struct model_rtkit_stats
model_rtkit_stats(struct model_rtkit *m)
{
	struct model_rtkit_stats stats;

	mh_lock_enter(m->lock);
	stats = m->stats;
	mh_lock_leave(m->lock);
	return (stats);
}

void
model_rtkit_trace(struct model_rtkit *m,
    void (*fn)(void *, const struct model_rtkit_event *), void *arg)
{

	mh_lock_enter(m->lock);
	m->trace = fn;
	m->trace_arg = arg;
	mh_lock_leave(m->lock);
}

uint64_t
model_rtkit_violations(struct model_rtkit *m, const char *rule)
{
	uint64_t count;
	int i;

	for (i = 0; i < RK_RULES; i++)
		if (strcmp(model_rtkit_rules[i].name, rule) == 0)
			break;
	if (i == RK_RULES)
		panic("RTKit model: no rule is called %s", rule);
	mh_lock_enter(m->lock);
	count = m->broken[i];
	mh_lock_leave(m->lock);
	return (count);
}

const char *
model_rtkit_first_violation(struct model_rtkit *m)
{

	/*
	 * The text was written before the count that made the caller ask for
	 * it.
	 */
	mh_lock_enter(m->lock);
	mh_lock_leave(m->lock);
	return (m->first);
}

void
model_rtkit_violations_clear(struct model_rtkit *m)
{

	mh_lock_enter(m->lock);
	memset(m->broken, 0, sizeof(m->broken));
	m->stats.violations = 0;
	m->first[0] = '\0';
	mh_lock_leave(m->lock);
}

void
model_rtkit_send(struct model_rtkit *m, uint8_t ep, uint64_t msg)
{

	rk_app_emit(m, RK_S_APP, ep, msg, 0);
	mh_agent_kick(m->agent);
}

void
model_rtkit_send_raw(struct model_rtkit *m, uint64_t msg0, uint32_t msg1)
{

	mh_lock_enter(m->lock);
	rk_post(m, msg0, msg1, 0);
	mh_lock_leave(m->lock);
	mh_agent_kick(m->agent);
}

bool
model_rtkit_log(struct model_rtkit *m, const char *task, const char *text)
{
	bool logged;

	mh_lock_enter(m->lock);
	logged = rk_log(m, task, text);
	mh_lock_leave(m->lock);
	mh_agent_kick(m->agent);
	return (logged);
}

void
model_rtkit_crash(struct model_rtkit *m)
{

	mh_lock_enter(m->lock);
	rk_crash(m);
	mh_lock_leave(m->lock);
	mh_agent_kick(m->agent);
}

void
model_rtkit_hang(struct model_rtkit *m, bool hang)
{

	mh_lock_enter(m->lock);
	m->hang = hang;
	mh_lock_leave(m->lock);
	mh_agent_kick(m->agent);
}

void
model_rtkit_stall(struct model_rtkit *m, bool stall)
{

	mh_lock_enter(m->lock);
	m->stall = stall;
	mh_lock_leave(m->lock);
	mh_agent_kick(m->agent);
}

void
model_rtkit_app(struct model_rtkit *m, uint8_t ep,
    const struct model_rtkit_app *app)
{

	mh_lock_enter(m->lock);
	m->apps[ep] = *app;
	mh_lock_leave(m->lock);
}

static void
rk_echo(void *arg, struct model_rtkit *m, uint8_t ep, uint64_t msg)
{

	rk_app_emit(m, RK_S_APP, ep, msg, 0);
}

const struct model_rtkit_app model_rtkit_app_echo = { .message = rk_echo };

uint64_t
model_rtkit_received(struct model_rtkit *m, uint8_t ep)
{
	uint64_t n;

	mh_lock_enter(m->lock);
	n = m->received[ep];
	mh_lock_leave(m->lock);
	return (n);
}
