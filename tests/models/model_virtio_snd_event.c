/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio-sound model: events, and the jacks that cause them.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include "tk.h"
#include "model_virtio_snd_var.h"
#include "model_virtio_snd_wire.h"

void
msnd_event_send(struct model_snd *m, uint32_t code, uint32_t data,
    uint32_t len)
{
	struct msnd_event ev;
	struct msnd_msg *msg;

	msg = STAILQ_FIRST(&m->events);
	STAILQ_REMOVE_HEAD(&m->events, link);
	ev.code = htole32(code);
	ev.data = htole32(data);
	vring_dev_write(&msg->chain, 0, &ev, sizeof(ev));
	msnd_return(m, msg, len);
	m->stats.event_buffers--;
	m->stats.events_sent++;
}

/* Send the event that has waited longest. */
static void
msnd_event_kept(struct model_snd *m)
{

	if (m->nkept == 0)
		return;
	msnd_event_send(m, m->kept[0].code, m->kept[0].data,
	    sizeof(struct msnd_event));
	m->nkept--;
	memmove(m->kept, m->kept + 1, m->nkept * sizeof(m->kept[0]));
}

void
msnd_event_buffer(struct model_snd *m, struct msnd_msg *msg)
{

	if (msg->chain.nread != 0 ||
	    msg->chain.wlen < sizeof(struct msnd_event)) {
		m->stats.illegal++;
		msnd_return(m, msg, 0);
		return;
	}
	STAILQ_INSERT_TAIL(&m->events, msg, link);
	m->stats.event_buffers++;
	msnd_event_kept(m);
}

bool
msnd_event(struct model_snd *m, uint32_t code, uint32_t data)
{

	if (m->gone || m->broken)
		return (false);
	msnd_event_look(m);
	if (!STAILQ_EMPTY(&m->events)) {
		msnd_event_send(m, code, data, sizeof(struct msnd_event));
		return (true);
	}
	if (m->cfg.keep_events && m->nkept < MSND_NKEPT) {
		m->kept[m->nkept].code = code;
		m->kept[m->nkept].data = data;
		m->nkept++;
	} else
		m->stats.events_lost++;
	return (false);
}

/*
 * For tests
 */

bool
model_snd_event(struct model_snd *m, uint32_t code, uint32_t data)
{
	bool sent;

	tk_devlock_enter(m->lock);
	sent = msnd_event(m, code, data);
	tk_devlock_leave(m->lock);
	tk_agent_kick(m->agent);
	return (sent);
}

bool
model_snd_jack(struct model_snd *m, uint32_t jack, bool connected)
{
	bool sent;

	tk_devlock_enter(m->lock);
	m->jack[jack].connected = connected;
	sent = msnd_event(m, connected ? MSND_EVT_JACK_CONNECTED :
	    MSND_EVT_JACK_DISCONNECTED, jack);
	tk_devlock_leave(m->lock);
	tk_agent_kick(m->agent);
	return (sent);
}

bool
model_snd_ctl_event(struct model_snd *m, uint16_t ctl, uint16_t mask)
{

	return (model_snd_event(m, MSND_EVT_CTL_NOTIFY,
	    ctl | (uint32_t)mask << 16));
}

struct model_snd_jack_state
model_snd_jack_state(struct model_snd *m, uint32_t jack)
{
	struct model_snd_jack_state state;

	tk_devlock_enter(m->lock);
	state = m->jack[jack];
	tk_devlock_leave(m->lock);
	return (state);
}
