/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The system endpoints of the RTKit model: crashlog, syslog, ioreport and
 * oslog, and the memory that they ask for.  Debug and tracekit send nothing.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include "model_rtkit_var.h"

static const struct {
	uint8_t		ep;
	enum rk_step	step;
} rk_kinds[] = {
	[MODEL_RTKIT_CRASHLOG] = { MODEL_RTKIT_EP_CRASHLOG, RK_S_CRASHLOG },
	[MODEL_RTKIT_SYSLOG] = { MODEL_RTKIT_EP_SYSLOG, RK_S_SYSLOG },
	[MODEL_RTKIT_IOREPORT] = { MODEL_RTKIT_EP_IOREPORT, RK_S_IOREPORT },
	[MODEL_RTKIT_OSLOG] = { MODEL_RTKIT_EP_OSLOG, RK_S_OSLOG },
};

/*
 * Requests for memory
 */

static uint64_t
rk_request_word(enum model_rtkit_buffer kind, uint64_t addr, size_t size)
{

	if (kind == MODEL_RTKIT_OSLOG)
		return (RK_OSLOG(RK_OSLOG_BUFFER) |
		    ((uint64_t)size & 0xfffff) << RK_OSLOG_SIZE |
		    (addr / RK_PAGE & RK_OSLOG_ADDR));
	return (RK_TYPE(RK_BUFFER) |
	    ((uint64_t)(size / RK_PAGE) & 0xff) << RK_BUFFER_SIZE |
	    (addr & RK_BUFFER_ADDR));
}

/*
 * Apply the faults of address and size.  Returns true if no memory exists
 * there.
 */
static bool
rk_request_faulty(struct model_rtkit *m, enum model_rtkit_buffer kind,
    uint64_t *addr, size_t *size)
{
	uint64_t end = m->cfg.sram_base + m->cfg.sram_size;

	if (rk_faulty(m, RK_F_BUFFER_NONE))
		*size = 0;
	if (rk_faulty(m, RK_F_BUFFER_HUGE))
		*size = kind == MODEL_RTKIT_OSLOG ? 0xfffff : 0xff * RK_PAGE;
	if (rk_faulty(m, RK_F_BUFFER_OUTSIDE))
		*addr = end;
	else if (rk_faulty(m, RK_F_BUFFER_STRADDLE)) {
		*addr = end - RK_PAGE;
		*size = 2 * RK_PAGE;
	} else if (rk_faulty(m, RK_F_BUFFER_OVERFLOW)) {
		*addr = RK_BUFFER_ADDR & ~(uint64_t)(RK_PAGE - 1);
		*size = 16 * RK_PAGE;
	} else if (rk_faulty(m, RK_F_BUFFER_RAM))
		*addr = 0x80000000;
	else
		return (*size == 0);
	return (true);
}

static void
rk_request(struct model_rtkit *m, enum model_rtkit_buffer kind)
{
	struct rk_buffer *b = &m->buffers[kind];
	size_t size = m->cfg.buffers[kind].pages * RK_PAGE;
	uint64_t addr = 0;
	bool own = m->cfg.buffers[kind].own;

	if (own)
		addr = rk_sram_alloc(m, size);
	if (rk_request_faulty(m, kind, &addr, &size))
		own = addr != 0;
	else
		b->given = own;
	b->addr = addr;
	b->size = size;
	b->asked = !own;
	b->request = rk_request_word(kind, addr, size);
	rk_emit(m, rk_kinds[kind].step, rk_kinds[kind].ep, b->request, 0);
	if (kind != MODEL_RTKIT_CRASHLOG && rk_faulty(m, RK_F_BUFFER_AGAIN))
		rk_post(m, b->request, rk_kinds[kind].ep, 0);
	if (kind != MODEL_RTKIT_CRASHLOG && rk_faulty(m, RK_F_BUFFER_OTHER))
		rk_post(m, rk_request_word(kind, 0, size + 4 * RK_PAGE),
		    rk_kinds[kind].ep, 0);
}

/* Check that a device can use the memory for this. */
static void
rk_buffer_check(struct model_rtkit *m, uint8_t ep, uint64_t msg,
    const struct rk_buffer *b)
{

	if (b->addr % (16 << 10) != 0 || b->addr == 0 ||
	    mh_ram(b->addr, b->size) == NULL)
		rk_break(m, RK_R_BUFFER_ADDR, ep, msg);
	else if (!rk_may_reach(m, b->addr, b->size))
		rk_break(m, RK_R_BUFFER_GUARD, ep, msg);
}

static void
rk_replied(struct model_rtkit *m, enum model_rtkit_buffer kind, uint64_t msg)
{
	struct rk_buffer *b = &m->buffers[kind];
	uint8_t ep = rk_kinds[kind].ep;
	uint64_t mask = RK_BUFFER_ADDR, addr = msg & RK_BUFFER_ADDR;

	if (kind == MODEL_RTKIT_OSLOG) {
		mask = RK_OSLOG_ADDR;
		addr = (msg & RK_OSLOG_ADDR) * RK_PAGE;
	}
	if (!b->asked || (msg & ~mask) != b->request) {
		rk_break(m, kind == MODEL_RTKIT_OSLOG ? RK_R_OSLOG :
		    kind == MODEL_RTKIT_CRASHLOG ? RK_R_CRASHLOG : RK_R_BUFFER,
		    ep, msg);
		return;
	}
	b->addr = addr;
	b->asked = false;
	if (b->size == 0)
		return;		/* it asked for nothing, and got that */
	b->given = true;
	rk_buffer_check(m, ep, msg, b);
	if (rk_faulty(m, RK_F_BUFFER_ENDLESS)) {
		b->asked = true;
		rk_post(m, b->request, ep, RK_MS);
	}
}

/*
 * Syslog
 */

static uint64_t
rk_init_word(struct model_rtkit *m)
{
	uint64_t entries = m->cfg.syslog_entries, text = m->cfg.syslog_text;

	if (rk_faulty(m, RK_F_INIT_NO_TEXT))
		text = 0;
	if (rk_faulty(m, RK_F_INIT_HUGE_TEXT))
		text = 0xffff;
	if (rk_faulty(m, RK_F_INIT_NO_ENTRIES))
		entries = 0;
	if (rk_faulty(m, RK_F_INIT_HUGE_ENTRIES))
		entries = 0xffff;
	return (RK_TYPE(RK_SYSLOG_INIT) | text << 24 | entries);
}

static void
rk_log_init(struct model_rtkit *m)
{
	uint64_t word;

	if (rk_faulty(m, RK_F_LOG_FIRST))
		rk_post(m, RK_TYPE(RK_SYSLOG_LOG), MODEL_RTKIT_EP_SYSLOG, 0);
	if (rk_faulty(m, RK_F_SYSLOG_TYPE))
		rk_post(m, RK_TYPE(0x77) | 0x1234, MODEL_RTKIT_EP_SYSLOG, 0);
	word = rk_init_word(m);
	m->log_ready = true;
	rk_emit(m, RK_S_SYSLOG_INIT, MODEL_RTKIT_EP_SYSLOG, word, 0);
	if (rk_faulty(m, RK_F_INIT_TWICE))
		rk_post(m, word, MODEL_RTKIT_EP_SYSLOG, 0);
	if (rk_faulty(m, RK_F_INIT_OTHER))
		rk_post(m, RK_TYPE(RK_SYSLOG_INIT) | 0x20ull << 24 | 4,
		    MODEL_RTKIT_EP_SYSLOG, 0);
}

static void
rk_log_write(struct model_rtkit *m, unsigned int entry, const char *task,
    const char *text)
{
	uint8_t bytes[RK_SYSLOG_HEAD + 256] = { 0 };
	size_t size = m->cfg.syslog_text;

	size = MIN(size, sizeof(bytes) - RK_SYSLOG_HEAD);
	le32enc(bytes, 0x4c4f4721);
	le32enc(bytes + 4, entry);
	memcpy(bytes + 8, task, MIN(strlen(task), 24));
	memcpy(bytes + RK_SYSLOG_HEAD, text, MIN(strlen(text), size));
	if (rk_faulty(m, RK_F_LOG_TEXT))
		memset(bytes + 8, 'x', sizeof(bytes) - 8);
	if (rk_faulty(m, RK_F_LOG_CONTROL))
		memcpy(bytes + RK_SYSLOG_HEAD, "\033[2J\r\n\a\b%s%n\377\200",
		    MIN(size, 14));
	rk_buffer_write(m, MODEL_RTKIT_SYSLOG, entry *
	    (RK_SYSLOG_HEAD + size), bytes, RK_SYSLOG_HEAD + size);
}

bool
rk_log(struct model_rtkit *m, const char *task, const char *text)
{
	uint64_t word;
	unsigned int i;

	if (!m->log_ready || m->state.phase != MODEL_RTKIT_ON ||
	    m->state.ap_power != MODEL_RTKIT_POWER_ON ||
	    m->cfg.syslog_entries == 0)
		return (false);
	word = RK_TYPE(RK_SYSLOG_LOG) | m->log_next;
	/* The entry belongs to the AP until the AP acknowledges it. */
	for (i = 0; i < m->nowed; i++)
		if (m->owed[i].ep == MODEL_RTKIT_EP_SYSLOG &&
		    m->owed[i].msg == word)
			return (false);
	if (m->nowed == RK_OWED)
		return (false);
	rk_log_write(m, m->log_next, task, text);
	m->log_next = (m->log_next + 1) % m->cfg.syslog_entries;
	if (rk_faulty(m, RK_F_LOG_INDEX))
		word = RK_TYPE(RK_SYSLOG_LOG) | m->cfg.syslog_entries;
	if (rk_faulty(m, RK_F_LOG_INDEX_HUGE))
		word = RK_TYPE(RK_SYSLOG_LOG) | 0xff;
	m->stats.logs++;
	rk_owe(m, MODEL_RTKIT_EP_SYSLOG, word);
	rk_emit(m, RK_S_SYSLOG_LOG, MODEL_RTKIT_EP_SYSLOG, word, 0);
	return (true);
}

static void
rk_syslog(struct model_rtkit *m, uint64_t msg)
{
	struct rk_buffer *b = &m->buffers[MODEL_RTKIT_SYSLOG];

	if (RK_TYPE_OF(msg) == RK_BUFFER) {
		rk_replied(m, MODEL_RTKIT_SYSLOG, msg);
		if (b->given && !b->asked && !m->log_ready)
			rk_log_init(m);
	} else if (RK_TYPE_OF(msg) == RK_SYSLOG_LOG &&
	    rk_paid(m, MODEL_RTKIT_EP_SYSLOG, msg))
		m->stats.log_acks++;
	else
		rk_break(m, RK_R_ECHO, MODEL_RTKIT_EP_SYSLOG, msg);
}

/*
 * Ioreport
 */

static void
rk_marks(struct model_rtkit *m)
{
	static const uint64_t words[] = {
		RK_TYPE(RK_MARK_8) | 0x1234567, RK_TYPE(RK_MARK_C) | 0x1,
	};
	unsigned int i;

	if (rk_faulty(m, RK_F_IOREPORT_TYPE))
		rk_post(m, RK_TYPE(0xe) | 0x55, MODEL_RTKIT_EP_IOREPORT, 0);
	for (i = 0; m->cfg.ioreport_marks && i < nitems(words); i++) {
		rk_owe(m, MODEL_RTKIT_EP_IOREPORT, words[i]);
		rk_emit(m, RK_S_MARK, MODEL_RTKIT_EP_IOREPORT, words[i], 0);
	}
}

static void
rk_ioreport(struct model_rtkit *m, uint64_t msg)
{
	struct rk_buffer *b = &m->buffers[MODEL_RTKIT_IOREPORT];
	bool had = b->given;

	if (rk_paid(m, MODEL_RTKIT_EP_IOREPORT, msg))
		m->stats.echoes++;
	else if (RK_TYPE_OF(msg) == RK_BUFFER) {
		rk_replied(m, MODEL_RTKIT_IOREPORT, msg);
		if (!had && b->given && !b->asked)
			rk_marks(m);
	} else
		rk_break(m, RK_R_ECHO, MODEL_RTKIT_EP_IOREPORT, msg);
}

/*
 * Oslog
 */

static void
rk_oslog_started(struct model_rtkit *m)
{

	if (rk_faulty(m, RK_F_OSLOG_TYPE))
		rk_post(m, RK_OSLOG(0x5a) | 0x77, MODEL_RTKIT_EP_OSLOG, 0);
	switch (m->cfg.oslog) {
	case MODEL_RTKIT_OSLOG_NONE:
		break;
	case MODEL_RTKIT_OSLOG_INIT:
		rk_owe(m, MODEL_RTKIT_EP_OSLOG, RK_OSLOG(RK_OSLOG_ACK));
		rk_emit(m, RK_S_OSLOG, MODEL_RTKIT_EP_OSLOG,
		    RK_OSLOG(RK_OSLOG_BUFFER), 0);
		break;
	case MODEL_RTKIT_OSLOG_BUFFER:
		if (m->cfg.buffers[MODEL_RTKIT_OSLOG].pages != 0)
			rk_request(m, MODEL_RTKIT_OSLOG);
		break;
	}
}

static void
rk_oslog(struct model_rtkit *m, uint64_t msg)
{

	if (rk_paid(m, MODEL_RTKIT_EP_OSLOG, msg))
		return;
	rk_replied(m, MODEL_RTKIT_OSLOG, msg);
}

/*
 * All system endpoints
 */

static void
rk_crashlog(struct model_rtkit *m, uint64_t msg)
{

	/* The messages by which the AP makes it crash. */
	if (msg == 0x22 || msg == 0x40)
		rk_crash(m);
	else
		rk_replied(m, MODEL_RTKIT_CRASHLOG, msg);
}

void
rk_sys_started(struct model_rtkit *m, uint8_t ep)
{

	switch (ep) {
	case MODEL_RTKIT_EP_CRASHLOG:
		if (m->cfg.buffers[MODEL_RTKIT_CRASHLOG].pages != 0)
			rk_request(m, MODEL_RTKIT_CRASHLOG);
		break;
	case MODEL_RTKIT_EP_SYSLOG:
		if (m->cfg.buffers[MODEL_RTKIT_SYSLOG].pages == 0)
			break;
		rk_request(m, MODEL_RTKIT_SYSLOG);
		if (!m->buffers[MODEL_RTKIT_SYSLOG].asked)
			rk_log_init(m);
		break;
	case MODEL_RTKIT_EP_IOREPORT:
		if (m->cfg.ioreport_none) {
			rk_owe(m, ep, RK_TYPE(RK_BUFFER));
			rk_emit(m, RK_S_IOREPORT, ep, RK_TYPE(RK_BUFFER), 0);
		}
		if (m->cfg.buffers[MODEL_RTKIT_IOREPORT].pages != 0)
			rk_request(m, MODEL_RTKIT_IOREPORT);
		if (!m->buffers[MODEL_RTKIT_IOREPORT].asked)
			rk_marks(m);
		break;
	case MODEL_RTKIT_EP_OSLOG:
		rk_oslog_started(m);
		break;
	default:
		break;
	}
}

void
rk_sys(struct model_rtkit *m, uint8_t ep, uint64_t msg)
{

	switch (ep) {
	case MODEL_RTKIT_EP_CRASHLOG:
		rk_crashlog(m, msg);
		break;
	case MODEL_RTKIT_EP_SYSLOG:
		rk_syslog(m, msg);
		break;
	case MODEL_RTKIT_EP_IOREPORT:
		rk_ioreport(m, msg);
		break;
	case MODEL_RTKIT_EP_OSLOG:
		rk_oslog(m, msg);
		break;
	default:
		break;
	}
	rk_ready(m);
}
