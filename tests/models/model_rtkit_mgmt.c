/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The RTKit model: endpoint 0, which boots, starts endpoints and changes power
 * states.
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "model_rtkit_var.h"

static void
rk_hello(struct model_rtkit *m)
{
	uint16_t min = m->cfg.version_min, max = m->cfg.version_max;

	if (rk_faulty(m, RK_F_VERSION_LOW))
		min = max = 10;
	if (rk_faulty(m, RK_F_VERSION_HIGH)) {
		min = 13;
		max = 20;
	}
	if (rk_faulty(m, RK_F_VERSION_CROSSED)) {
		min = 12;
		max = 11;
	}
	rk_emit(m, RK_S_HELLO, MODEL_RTKIT_EP_MGMT,
	    RK_TYPE(RK_HELLO) | (uint64_t)max << 16 | min, 0);
}

/* Start over from any state. */
void
rk_boot(struct model_rtkit *m)
{

	rk_forget(m);
	m->rested = false;
	m->state.phase = MODEL_RTKIT_HELLO;
	m->state.iop_power = m->state.ap_power = MODEL_RTKIT_POWER_SLEEP;
	m->state.boots++;
	m->boot_ns = mh_now() + m->cfg.patience_ns;
	rk_hello(m);
}

/*
 * EPMAP
 */

/* Pages, each a base, in the order in which they are sent. */
static unsigned int
rk_pages(const struct model_rtkit *m, uint8_t pages[8])
{
	unsigned int n = 0;
	uint8_t base;

	if (m->cfg.npages != 0) {
		memcpy(pages, m->cfg.pages, sizeof(m->cfg.pages));
		return (MIN(m->cfg.npages, 8));
	}
	for (base = 0; base < 8; base++)
		if (m->map[base] != 0)
			pages[n++] = base;
	return (n);
}

static void
rk_map_make(struct model_rtkit *m)
{

	memcpy(m->map, m->cfg.map, sizeof(m->map));
	if (rk_faulty(m, RK_F_EPMAP_ALL))
		memset(m->map, 0xff, sizeof(m->map));
	if (rk_faulty(m, RK_F_EPMAP_EMPTY))
		memset(m->map, 0, sizeof(m->map));
}

static void
rk_page_send(struct model_rtkit *m)
{
	uint8_t pages[8] = { 0 };
	unsigned int n;
	uint8_t base;
	bool last;

	n = rk_pages(m, pages);
	last = m->page + 1 >= n;
	base = pages[MIN(m->page, 7)];
	if (n > 1 && rk_faulty(m, RK_F_EPMAP_BACKWARDS))
		base = pages[n - 1 - MIN(m->page, n - 1)];
	if (m->page != 0 && rk_faulty(m, RK_F_EPMAP_REPEAT))
		base = pages[0];
	if (rk_faulty(m, RK_F_EPMAP_EARLY))
		last = true;
	if (rk_faulty(m, RK_F_EPMAP_ENDLESS)) {
		last = false;
		m->page = 0;
	}
	m->page_reply = RK_TYPE(RK_EPMAP) | (uint64_t)base << 32 |
	    (last ? RK_EPMAP_LAST : RK_EPMAP_MORE);
	rk_owe(m, MODEL_RTKIT_EP_MGMT, m->page_reply);
	rk_emit(m, RK_S_EPMAP, MODEL_RTKIT_EP_MGMT, RK_TYPE(RK_EPMAP) |
	    (last ? RK_EPMAP_LAST : 0) | (uint64_t)base << 32 | m->map[base],
	    0);
}

static void
rk_hello_reply(struct model_rtkit *m, uint64_t msg)
{
	uint16_t version = (uint16_t)msg;

	if (m->state.phase != MODEL_RTKIT_HELLO ||
	    msg != (RK_TYPE(RK_HELLO_REPLY) | (uint64_t)version << 16 |
	    version) || version < m->cfg.version_min ||
	    version > m->cfg.version_max) {
		rk_break(m, RK_R_HELLO, MODEL_RTKIT_EP_MGMT, msg);
		return;
	}
	m->state.version = version;
	m->state.phase = MODEL_RTKIT_EPMAP;
	m->page = 0;
	rk_map_make(m);
	rk_page_send(m);
}

static void
rk_page_replied(struct model_rtkit *m, uint64_t msg)
{

	if (m->state.phase != MODEL_RTKIT_EPMAP || msg != m->page_reply) {
		rk_break(m, RK_R_EPMAP, MODEL_RTKIT_EP_MGMT, msg);
		return;
	}
	(void)rk_paid(m, MODEL_RTKIT_EP_MGMT, msg);
	if ((msg & RK_EPMAP_LAST) == 0) {
		m->page++;
		rk_page_send(m);
		return;
	}
	m->state.phase = MODEL_RTKIT_STARTING;
	m->boot_ns = mh_now() + m->cfg.patience_ns;
	if (rk_faulty(m, RK_F_EPMAP_AGAIN))
		rk_post(m, RK_TYPE(RK_EPMAP) | RK_EPMAP_LAST | UINT32_MAX,
		    MODEL_RTKIT_EP_MGMT, 0);
	rk_ready(m);
}

static bool
rk_mapped(const struct model_rtkit *m, uint8_t ep)
{

	return ((m->map[ep / 32] & 1u << ep % 32) != 0);
}

static void
rk_start_ep(struct model_rtkit *m, uint64_t msg)
{
	uint8_t ep = (uint8_t)(msg >> 32);
	uint64_t flag = msg & UINT32_MAX;

	if (m->state.phase < MODEL_RTKIT_STARTING || ep == 0 ||
	    !rk_mapped(m, ep) || (flag != 1 && flag != 2) ||
	    m->started[ep] != (flag == 1) ||
	    msg != (RK_TYPE(RK_START) | (uint64_t)ep << 32 | flag)) {
		rk_break(m, RK_R_START, ep, msg);
		return;
	}
	m->started[ep] = flag == 2;
	if (flag == 2)
		rk_sys_started(m, ep);
	rk_ready(m);
}

/*
 * Power
 */

static void
rk_iop_ack(struct model_rtkit *m, uint16_t state)
{
	uint16_t said = state;

	if (rk_faulty(m, RK_F_IOP_ACK_WRONG))
		said = state == MODEL_RTKIT_POWER_ON ?
		    MODEL_RTKIT_POWER_SLEEP : MODEL_RTKIT_POWER_ON;
	if (rk_faulty(m, RK_F_IOP_ACK_GARBAGE))
		said = 0xbeef;
	m->state.iop_power = state;
	rk_emit(m, RK_S_IOP_ACK, MODEL_RTKIT_EP_MGMT,
	    RK_TYPE(RK_IOP_POWER_ACK) | said, 0);
}

/* Send the first logs, once both sides are on. */
static void
rk_boot_logs(struct model_rtkit *m)
{
	unsigned int i;
	char text[32];

	for (i = 0; i < m->cfg.boot_logs; i++) {
		snprintf(text, sizeof(text), "boot message %u", i);
		if (!rk_log(m, "BootTask", text))
			break;
	}
}

/* Is the AP's side of the boot done? */
void
rk_ready(struct model_rtkit *m)
{
	unsigned int i;

	if (m->state.phase != MODEL_RTKIT_STARTING)
		return;
	for (i = 1; i < MODEL_RTKIT_EP_APP; i++)
		if ((m->cfg.wants & 1u << i) != 0 && rk_mapped(m, i) &&
		    !m->started[i])
			return;
	m->boot_ns = RK_NEVER;
	if (m->nowed != 0)
		return;
	for (i = 0; i < MODEL_RTKIT_BUFFERS; i++)
		if (m->buffers[i].asked)
			return;
	if (m->cfg.ap_first && m->state.ap_power != MODEL_RTKIT_POWER_ON)
		return;
	m->state.phase = MODEL_RTKIT_ON;
	rk_iop_ack(m, MODEL_RTKIT_POWER_ON);
	if (m->state.ap_power == MODEL_RTKIT_POWER_ON)
		rk_boot_logs(m);
	if (rk_faulty(m, RK_F_HELLO_AGAIN))
		rk_hello(m);
}

static void
rk_wake(struct model_rtkit *m)
{

	switch (m->state.phase) {
	case MODEL_RTKIT_ASLEEP:
		rk_boot(m);
		break;
	case MODEL_RTKIT_IDLE:
	case MODEL_RTKIT_ON:
		m->state.phase = MODEL_RTKIT_ON;
		rk_iop_ack(m, MODEL_RTKIT_POWER_ON);
		break;
	default:
		break;		/* it will soon be on */
	}
}

static void
rk_rest(struct model_rtkit *m, uint16_t state)
{

	if (m->state.ap_power == MODEL_RTKIT_POWER_ON)
		rk_break(m, RK_R_POWER_ORDER, MODEL_RTKIT_EP_MGMT, state);
	rk_iop_ack(m, state);
	if (m->state.phase == MODEL_RTKIT_CRASHED)
		return;
	if (state == MODEL_RTKIT_POWER_IDLE) {
		m->state.phase = MODEL_RTKIT_IDLE;
		return;
	}
	m->rested = true;
	rk_forget(m);
	/* From off, only CPU control can start it again. */
	m->state.phase = state == MODEL_RTKIT_POWER_OFF ||
	    state == MODEL_RTKIT_POWER_OFF2 ? MODEL_RTKIT_STOPPED :
	    MODEL_RTKIT_ASLEEP;
}

static void
rk_iop_power(struct model_rtkit *m, uint64_t msg)
{

	switch (msg & ~RK_TYPE(0xff)) {
	case MODEL_RTKIT_POWER_ON:
	case MODEL_RTKIT_POWER_INIT:
		rk_wake(m);
		break;
	case MODEL_RTKIT_POWER_OFF:
	case MODEL_RTKIT_POWER_OFF2:
	case MODEL_RTKIT_POWER_SLEEP:
	case MODEL_RTKIT_POWER_QUIESCED:
	case MODEL_RTKIT_POWER_IDLE:
		rk_rest(m, (uint16_t)msg);
		break;
	default:
		rk_break(m, RK_R_POWER, MODEL_RTKIT_EP_MGMT, msg);
		break;
	}
}

static void
rk_ap_power(struct model_rtkit *m, uint64_t msg)
{
	uint16_t state = (uint16_t)msg, said = state;

	if (m->state.phase != MODEL_RTKIT_ON &&
	    m->state.phase != MODEL_RTKIT_STARTING) {
		rk_break(m, RK_R_EARLY, MODEL_RTKIT_EP_MGMT, msg);
		return;
	}
	if (msg != (RK_TYPE(RK_AP_POWER) | state) ||
	    (state != MODEL_RTKIT_POWER_ON && state != MODEL_RTKIT_POWER_IDLE &&
	    state != MODEL_RTKIT_POWER_QUIESCED &&
	    state != MODEL_RTKIT_POWER_SLEEP &&
	    state != MODEL_RTKIT_POWER_OFF)) {
		rk_break(m, RK_R_POWER, MODEL_RTKIT_EP_MGMT, msg);
		return;
	}
	m->state.ap_power = state;
	if (rk_faulty(m, RK_F_AP_ACK_WRONG))
		said = state ^ MODEL_RTKIT_POWER_ON;
	rk_emit(m, RK_S_AP_ACK, MODEL_RTKIT_EP_MGMT,
	    RK_TYPE(RK_AP_POWER) | said, 0);
	if (state != MODEL_RTKIT_POWER_ON)
		return;
	if (m->state.phase == MODEL_RTKIT_ON)
		rk_boot_logs(m);
	else
		rk_ready(m);
}

static void
rk_ping(struct model_rtkit *m, uint64_t msg)
{

	m->stats.pings++;
	rk_emit(m, RK_S_PONG, MODEL_RTKIT_EP_MGMT,
	    RK_TYPE(RK_PONG) | (msg & (RK_TYPE(1) - 1)), 0);
}

void
rk_mgmt(struct model_rtkit *m, uint64_t msg)
{

	m->received[MODEL_RTKIT_EP_MGMT]++;
	if (msg >> 60 != 0) {
		rk_break(m, RK_R_MGMT, MODEL_RTKIT_EP_MGMT, msg);
		return;
	}
	switch (RK_TYPE_OF(msg)) {
	case RK_HELLO_REPLY:
		rk_hello_reply(m, msg);
		break;
	case RK_PING:
		rk_ping(m, msg);
		break;
	case RK_START:
		rk_start_ep(m, msg);
		break;
	case RK_IOP_POWER:
		rk_iop_power(m, msg);
		break;
	case RK_EPMAP:
		rk_page_replied(m, msg);
		break;
	case RK_AP_POWER:
		rk_ap_power(m, msg);
		break;
	default:
		rk_break(m, RK_R_MGMT, MODEL_RTKIT_EP_MGMT, msg);
		break;
	}
}
