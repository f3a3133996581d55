/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio-sound model: the device around its queues.  model_virtio_snd.h
 * says what the model does, _var.h how it is divided into files.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>
#include <sys/errno.h>

#include <dev/virtio/virtio_config.h>
#include <dev/virtio/virtio_ring.h>

#include "tk.h"
#include "tk_host.h"
#include "model_virtio_snd_var.h"
#include "model_virtio_snd_wire.h"

/* How often to look at a queue whose driver sends no notifications. */
#define	MSND_POLL_NS	(1000 * 1000)

/*
 * Chains
 */

static struct msnd_msg *
msnd_msg_get(struct model_snd *m, int vq)
{
	struct msnd_msg *msg;

	msg = STAILQ_FIRST(&m->free);
	if (msg != NULL) {
		STAILQ_REMOVE_HEAD(&m->free, link);
		msg->vq = vq;
		msg->done = 0;
		msg->late = false;
	}
	return (msg);
}

static void
msnd_msg_put(struct model_snd *m, struct msnd_msg *msg)
{

	STAILQ_INSERT_HEAD(&m->free, msg, link);
}

static void
msnd_list_put(struct model_snd *m, struct msnd_list *list)
{

	STAILQ_CONCAT(&m->free, list);
}

void
msnd_return(struct model_snd *m, struct msnd_msg *msg, uint32_t len)
{

	vring_dev_push(&m->ring[msg->vq], msg->chain.head, len);
	msnd_msg_put(m, msg);
}

static void
msnd_request_came(struct model_snd *m, struct msnd_msg *msg, int64_t now)
{

	if (STAILQ_EMPTY(&m->ctl))
		m->ctl_due = now + m->cfg.ctl_delay_ns;
	STAILQ_INSERT_TAIL(&m->ctl, msg, link);
}

static void
msnd_arrived(struct model_snd *m, struct msnd_msg *msg, int64_t now)
{

	switch (msg->vq) {
	case MODEL_SND_VQ_CTL:
		msnd_request_came(m, msg, now);
		break;
	case MODEL_SND_VQ_EVENT:
		msnd_event_buffer(m, msg);
		break;
	case MODEL_SND_VQ_TX:
		msnd_tx(m, msg);
		break;
	case MODEL_SND_VQ_RX:
		msnd_rx(m, msg);
		break;
	}
}

void
msnd_break(struct model_snd *m)
{

	m->broken = true;
	m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	m->config_intr = true;
}

/* Take the next chain of a queue.  Returns false if there was none. */
static bool
msnd_take(struct model_snd *m, int vq, int64_t now)
{
	struct msnd_msg *msg;

	msg = msnd_msg_get(m, vq);
	if (msg == NULL)
		return (false);
	switch (vring_dev_pop(&m->ring[vq], &msg->chain)) {
	case VRING_DEV_OK:
		msnd_arrived(m, msg, now);
		return (true);
	case VRING_DEV_EMPTY:
		msnd_msg_put(m, msg);
		return (false);
	case VRING_DEV_BAD_INDEX:
	case VRING_DEV_BAD_HEAD:
		m->stats.illegal++;
		msnd_msg_put(m, msg);
		msnd_break(m);
		return (false);
	default:
		m->stats.illegal++;
		msnd_return(m, msg, 0);
		return (true);
	}
}

static void
msnd_take_all(struct model_snd *m, int vq, int64_t now)
{

	if (m->ring[vq].size == 0)
		return;
	do {
		vring_dev_no_kick(&m->ring[vq]);
		while (!m->broken && msnd_take(m, vq, now))
			continue;
		/*
		 * After a false used length or id a driver may queue more
		 * chains than the pool has.  The rest waits until another chain
		 * is returned.
		 */
	} while (!m->broken && !STAILQ_EMPTY(&m->free) &&
	    vring_dev_want_kick(&m->ring[vq]));
}

/*
 * The agent
 */

static void msnd_unplug(struct model_snd *);

static bool
msnd_live(const struct model_snd *m)
{

	return ((m->status & VIRTIO_CONFIG_STATUS_DRIVER_OK) != 0 &&
	    !m->broken && !m->gone);
}

static int64_t
msnd_deadline(struct model_snd *m, int64_t now)
{
	int64_t deadline;
	uint32_t i;

	deadline = MIN(msnd_ctl_deadline(m), msnd_fault_deadline(m));
	for (i = 0; i < m->cfg.nstreams; i++)
		deadline = MIN(deadline,
		    msnd_stream_deadline(m, &m->stream[i]));
	if (msnd_polled(m, MODEL_SND_VQ_TX) || msnd_polled(m, MODEL_SND_VQ_RX))
		deadline = MIN(deadline, now + (m->cfg.tick_ns != 0 ?
		    m->cfg.tick_ns : MSND_POLL_NS));
	return (deadline);
}

/*
 * A device needs no notification about buffers for its events.  It looks for
 * one when it has an event.
 */
void
msnd_event_look(struct model_snd *m)
{

	if (msnd_live(m) && STAILQ_EMPTY(&m->events))
		msnd_take_all(m, MODEL_SND_VQ_EVENT, tk_now_ns());
}

/* Do everything that is due now.  Returns when to look again. */
static int64_t
msnd_run(struct model_snd *m)
{
	int64_t now;
	uint32_t i;
	int vq;

	if (!msnd_live(m))
		return (MSND_NEVER);
	now = tk_now_ns();
	/* Let time pass with the old messages before new ones are taken. */
	for (i = 0; i < m->cfg.nstreams; i++)
		msnd_advance(m, &m->stream[i], now);
	for (vq = 0; vq < MODEL_SND_NVQ; vq++) {
		if ((m->kicked & (1u << vq)) != 0 || msnd_polled(m, vq))
			msnd_take_all(m, vq, now);
	}
	m->kicked = 0;
	msnd_ctl_run(m, now);
	msnd_fault_events(m, now);
	if (m->unplugging)
		msnd_unplug(m);
	if (!msnd_live(m))
		return (MSND_NEVER);
	return (msnd_deadline(m, now));
}

/* Queues whose driver wants an interrupt; bit n for queue n. */
static uint32_t
msnd_interrupts(struct model_snd *m)
{
	uint32_t mask;
	int vq;

	mask = 0;
	for (vq = 0; vq < MODEL_SND_NVQ; vq++) {
		if (m->ring[vq].size != 0 && vring_dev_want_intr(&m->ring[vq]))
			mask |= 1u << vq;
	}
	if (!m->intr_on || (mask != 0 && msnd_faulty(m, MSND_F_INTR_LOST)))
		return (0);
	if (mask == 0 && msnd_faulty(m, MSND_F_INTR_SPURIOUS))
		mask = (1u << MODEL_SND_NVQ) - 1;
	return (mask);
}

/*
 * Raise interrupts, sound first, because a RELEASE is answered after the
 * messages that it returns.
 */
static void
msnd_raise(struct model_snd *m, uint32_t mask)
{
	static const int order[MODEL_SND_NVQ] = {
		MODEL_SND_VQ_TX, MODEL_SND_VQ_RX, MODEL_SND_VQ_CTL,
		MODEL_SND_VQ_EVENT
	};
	int i;

	if (m->cfg.intr_shared) {
		tk_virtio_intr_shared(m->bus);
		return;
	}
	for (i = 0; i < MODEL_SND_NVQ; i++) {
		if ((mask & (1u << order[i])) != 0)
			tk_virtio_intr_queue(m->bus, order[i]);
	}
}

static void
msnd_agent(void *arg)
{
	struct model_snd *m;
	int64_t deadline;
	uint32_t mask;
	bool config;

	m = arg;
	while (!tk_agent_stopping()) {
		tk_devlock_enter(m->lock);
		deadline = msnd_run(m);
		mask = msnd_interrupts(m);
		config = m->config_intr && m->intr_on;
		m->config_intr = false;
		m->raising = mask != 0 || config;
		tk_devlock_leave(m->lock);
		if (mask != 0 || config) {
			if (config)
				tk_virtio_intr_config(m->bus);
			if (mask != 0)
				msnd_raise(m, mask);
			tk_devlock_enter(m->lock);
			m->raising = false;
			tk_devlock_leave(m->lock);
		}
		(void)tk_agent_wait(deadline == MSND_NEVER ? -1 : deadline);
	}
}

/*
 * Operations of the device
 */

static void
msnd_bind(void *arg, struct _device *bus)
{
	struct model_snd *m;

	m = arg;
	m->bus = bus;
}

/* Is the device unplugged, so that an access gets no answer? */
static bool
msnd_is_gone(struct model_snd *m)
{
	bool gone;

	tk_devlock_enter(m->lock);
	gone = m->gone;
	tk_devlock_leave(m->lock);
	return (gone);
}

static uint64_t
msnd_features(void *arg)
{
	struct model_snd *m;

	m = arg;
	return (msnd_is_gone(m) ? UINT64_MAX : m->cfg.features);
}

static int
msnd_set_features(void *arg, uint64_t features)
{
	struct model_snd *m;

	m = arg;
	tk_devlock_enter(m->lock);
	if (m->gone || msnd_faulty(m, MSND_F_FEATURES) ||
	    (features & ~m->cfg.features) != 0 ||
	    (features & VIRTIO_F_VERSION_1) == 0 ||
	    ((m->cfg.features & ~features) & VIRTIO_F_IOMMU_PLATFORM) != 0)
		features = 0;
	m->features = features;
	tk_devlock_leave(m->lock);
	return (features != 0 ? 0 : EINVAL);
}

static uint8_t
msnd_status(void *arg)
{
	struct model_snd *m;
	uint8_t status;

	m = arg;
	tk_devlock_enter(m->lock);
	status = m->status;
	tk_devlock_leave(m->lock);
	return (status);
}

static void
msnd_reset_stream(struct model_snd *m, struct msnd_stream *s)
{

	msnd_stop(s);
	msnd_list_put(m, &s->msgs);
	s->stats.pending = 0;
	if (!m->cfg.keeps_state)
		s->state = MODEL_SND_IDLE;
}

static void
msnd_reset(struct model_snd *m)
{
	uint32_t i;

	for (i = 0; i < m->cfg.nstreams; i++)
		msnd_reset_stream(m, &m->stream[i]);
	for (i = 0; i < m->cfg.njacks; i++)
		m->jack[i].hda_reg_defconf = m->cfg.jack[i].hda_reg_defconf;
	msnd_list_put(m, &m->ctl);
	msnd_list_put(m, &m->events);
	for (i = 0; i < MODEL_SND_NVQ; i++)
		msnd_list_put(m, &m->held[i]);
	msnd_list_put(m, &m->lost);
	if (m->delayed != NULL)
		msnd_msg_put(m, m->delayed);
	m->delayed = NULL;
	m->stats.event_buffers = 0;
	memset(m->ring, 0, sizeof(m->ring));
	m->features = 0;
	m->kicked = 0;
	m->broken = false;
	m->config_intr = false;
	m->intr_on = false;
	m->nkept = 0;
	m->status = 0;
}

static void
msnd_unplug(struct model_snd *m)
{

	msnd_reset(m);
	m->unplugging = false;
	m->gone = true;
	m->status = UINT8_MAX;
}

static void
msnd_set_status(void *arg, uint8_t status)
{
	struct model_snd *m;

	m = arg;
	tk_devlock_enter(m->lock);
	if (m->gone) {
		;	/* the device is unplugged */
	} else if (status == VIRTIO_CONFIG_STATUS_RESET) {
		msnd_reset(m);
	} else {
		/* Refuse FEATURES_OK unless features were agreed on. */
		if (m->features == 0)
			status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
		m->status = status |
		    (m->status & VIRTIO_CONFIG_S_NEEDS_RESET);
	}
	tk_devlock_leave(m->lock);
	tk_agent_kick(m->agent);
}

static uint8_t
msnd_generation(void *arg)
{
	struct model_snd *m;

	m = arg;
	return (msnd_is_gone(m) ? UINT8_MAX : 0); /* it never changes */
}

static void
msnd_read_config(void *arg, size_t off, void *buf, size_t len)
{
	struct msnd_config config;
	struct model_snd *m;
	size_t size;

	m = arg;
	tk_devlock_enter(m->lock);
	config.jacks = htole32(m->cfg.njacks);
	config.streams = htole32(m->cfg.nstreams);
	config.chmaps = htole32(m->cfg.nchmaps);
	config.controls = htole32(m->cfg.nctls);
	msnd_fault_config(m, off, len, &config);
	/* Without F_CTLS there is no count of controls. */
	size = (m->features & MODEL_SND_F_CTLS) != 0 ? sizeof(config) :
	    offsetof(struct msnd_config, controls);
	memset(buf, m->gone ? 0xff : 0, len);
	if (!m->gone && off + len <= size)
		memcpy(buf, (char *)&config + off, len);
	else if (!m->gone)
		m->stats.illegal++;
	tk_devlock_leave(m->lock);
}

static void
msnd_write_config(void *arg, size_t off __unused, const void *buf __unused,
    size_t len __unused)
{
	struct model_snd *m;

	m = arg;
	tk_devlock_enter(m->lock);
	if (!m->gone)
		m->stats.illegal++;	/* all of it is read-only */
	tk_devlock_leave(m->lock);
}

static uint16_t
msnd_queue_count(void *arg __unused)
{

	return (MODEL_SND_NVQ);
}

static uint16_t
msnd_queue_size(void *arg, uint16_t q)
{
	struct model_snd *m;

	m = arg;
	if (msnd_is_gone(m))
		return (UINT16_MAX);
	return (q < MODEL_SND_NVQ ? m->cfg.queue_size : 0);
}

static int
msnd_queue_enable(void *arg, uint16_t q, uint16_t size, uint64_t desc,
    uint64_t avail, uint64_t used)
{
	struct model_snd *m;
	bool ok;

	m = arg;
	if (msnd_is_gone(m))
		return (ENXIO);
	if (q >= MODEL_SND_NVQ || size > m->cfg.queue_size)
		return (EINVAL);
	tk_devlock_enter(m->lock);
	ok = vring_dev_enable(&m->ring[q], size, desc, avail, used,
	    (m->features & VIRTIO_RING_F_EVENT_IDX) != 0,
	    (m->features & VIRTIO_RING_F_INDIRECT_DESC) != 0);
	if (!ok)
		m->stats.illegal++;
	tk_devlock_leave(m->lock);
	return (ok ? 0 : EINVAL);
}

static void
msnd_queue_disable(void *arg, uint16_t q)
{
	struct model_snd *m;

	m = arg;
	if (q >= MODEL_SND_NVQ)
		return;
	tk_devlock_enter(m->lock);
	memset(&m->ring[q], 0, sizeof(m->ring[q]));
	tk_devlock_leave(m->lock);
}

static int
msnd_setup_intr(void *arg)
{
	struct model_snd *m;

	m = arg;
	tk_devlock_enter(m->lock);
	m->intr_on = !m->gone;
	tk_devlock_leave(m->lock);
	return (0);
}

static void
msnd_teardown_intr(void *arg)
{
	struct model_snd *m;
	bool raising;

	m = arg;
	tk_devlock_enter(m->lock);
	m->intr_on = false;
	raising = m->raising;
	tk_devlock_leave(m->lock);
	while (raising) {
		tk_spinwait();
		tk_devlock_enter(m->lock);
		raising = m->raising;
		tk_devlock_leave(m->lock);
	}
}

static void
msnd_notify(void *arg, uint16_t q)
{
	struct model_snd *m;

	m = arg;
	tk_devlock_enter(m->lock);
	if (m->gone)
		;
	else if (q == MODEL_SND_VQ_EVENT && m->stats.events_sent == 0 &&
	    msnd_faulty(m, MSND_F_EVENT_KICK))
		m->broken = true;
	else if (q < MODEL_SND_NVQ)
		m->kicked |= 1u << q;
	else
		m->stats.illegal++;
	tk_devlock_leave(m->lock);
	tk_agent_kick(m->agent);
}

static bool
msnd_intr_shared(void *arg)
{
	struct model_snd *m;

	m = arg;
	return (m->cfg.intr_shared);
}

const struct tk_virtio_ops model_snd_ops = {
	.name = "virtio-sound model",
	.bind = msnd_bind,
	.features = msnd_features,
	.set_features = msnd_set_features,
	.status = msnd_status,
	.set_status = msnd_set_status,
	.generation = msnd_generation,
	.read_config = msnd_read_config,
	.write_config = msnd_write_config,
	.queue_count = msnd_queue_count,
	.queue_size = msnd_queue_size,
	.queue_enable = msnd_queue_enable,
	.queue_disable = msnd_queue_disable,
	.setup_intr = msnd_setup_intr,
	.teardown_intr = msnd_teardown_intr,
	.notify = msnd_notify,
	.intr_shared = msnd_intr_shared,
};

/*
 * Making and freeing
 */

static void
msnd_config_stream(struct model_snd_stream_config *sc, bool input)
{

	sc->input = input;
	sc->channels_min = 1;
	sc->channels_max = 2;
	sc->formats = 1ull << MSND_FMT_S8 | 1ull << MSND_FMT_U8 |
	    1ull << MSND_FMT_S16 | 1ull << MSND_FMT_U16 |
	    1ull << MSND_FMT_S32 | 1ull << MSND_FMT_U32 |
	    1ull << MSND_FMT_FLOAT;
	sc->rates = 0x3fff;		/* 5,512 to 384,000 Hz */
}

void
model_snd_config_qemu(struct model_snd_config *cfg)
{

	memset(cfg, 0, sizeof(*cfg));
	cfg->features = VIRTIO_F_VERSION_1 | VIRTIO_RING_F_INDIRECT_DESC |
	    VIRTIO_RING_F_EVENT_IDX | VIRTIO_F_NOTIFY_ON_EMPTY |
	    VIRTIO_F_ANY_LAYOUT | VIRTIO_F_BAD_FEATURE;
	cfg->queue_size = 64;
	cfg->intr_shared = true;
	cfg->nstreams = 2;
	msnd_config_stream(&cfg->stream[0], false);
	msnd_config_stream(&cfg->stream[1], true);
	cfg->no_info = true;
	cfg->tick_ns = 10 * 1000 * 1000;
	cfg->burst_frames = 1024;
	cfg->backend_frames = 512;
	cfg->speed = 1;
	cfg->rx_status_follows = true;
}

void
model_snd_config_exact(struct model_snd_config *cfg)
{

	model_snd_config_qemu(cfg);
	cfg->tick_ns = 0;
	cfg->burst_frames = 0;
	cfg->backend_frames = 0;
	cfg->latency = true;
	cfg->rx_status_follows = false;
}

static bool
msnd_config_stream_ok(const struct model_snd_stream_config *sc)
{

	return (sc->channels_min >= 1 &&
	    sc->channels_min <= sc->channels_max &&
	    (sc->features & ~MSND_PCM_F_ALL) == 0 &&
	    /* Half bytes are not modelled. */
	    (sc->formats & 1ull << MSND_FMT_IMA_ADPCM) == 0);
}

static bool
msnd_config_ok(const struct model_snd_config *cfg)
{
	uint32_t i;

	if (cfg->nstreams > MODEL_SND_MAX_STREAMS ||
	    cfg->njacks > MODEL_SND_MAX_JACKS ||
	    cfg->nchmaps > MODEL_SND_MAX_CHMAPS ||
	    cfg->nctls > MODEL_SND_MAX_CTLS ||
	    cfg->queue_size == 0 || !powerof2(cfg->queue_size) ||
	    cfg->tick_ns < 0 || cfg->tick_late_ns < 0 ||
	    cfg->ctl_delay_ns < 0 || cfg->speed == 0 || cfg->speed > 1000)
		return (false);
	for (i = 0; i < cfg->nstreams; i++) {
		if (!msnd_config_stream_ok(&cfg->stream[i]))
			return (false);
	}
	return (true);
}

void *
msnd_alloc(size_t size)
{
	void *p;

	p = tkh_alloc(size, 0);
	if (p == NULL)
		panic("virtio-sound model: no memory");
	memset(p, 0, size);
	return (p);
}

struct model_snd *
model_snd_new(const struct model_snd_config *cfg)
{
	struct model_snd *m;
	uint32_t i, nmsgs;

	if (!msnd_config_ok(cfg))
		panic("virtio-sound model: configuration out of range");
	m = msnd_alloc(sizeof(*m));
	m->cfg = *cfg;
	STAILQ_INIT(&m->free);
	STAILQ_INIT(&m->ctl);
	STAILQ_INIT(&m->events);
	for (i = 0; i < MODEL_SND_NVQ; i++)
		STAILQ_INIT(&m->held[i]);
	STAILQ_INIT(&m->lost);
	for (i = 0; i < cfg->nstreams; i++) {
		m->stream[i].cfg = &m->cfg.stream[i];
		m->stream[i].id = i;
		STAILQ_INIT(&m->stream[i].msgs);
	}
	for (i = 0; i < cfg->njacks; i++) {
		m->jack[i].connected = cfg->jack[i].connected;
		m->jack[i].hda_reg_defconf = cfg->jack[i].hda_reg_defconf;
	}
	for (i = 0; i < cfg->nctls; i++)
		msnd_elem_new(m, i);
	/* As many as all queues can hold, and one more to pop into. */
	nmsgs = MODEL_SND_NVQ * cfg->queue_size + 1;
	m->pool = msnd_alloc(nmsgs * sizeof(*m->pool));
	for (i = 0; i < nmsgs; i++)
		msnd_msg_put(m, &m->pool[i]);
	m->lock = tk_devlock_create("virtio-sound model");
	tk_agent_create(&m->agent, "virtio-sound", msnd_agent, m);
	return (m);
}

void
model_snd_free(struct model_snd *m)
{
	uint32_t i;

	if (m->bus != NULL)
		panic("virtio-sound model: freed while attached");
	tk_agent_stop(m->agent);
	tk_devlock_destroy(m->lock);
	for (i = 0; i < m->cfg.nstreams; i++)
		tkh_free(m->stream[i].rec);
	for (i = 0; i < m->cfg.nctls; i++)
		msnd_elem_free(&m->ctls[i]);
	tkh_free(m->pool);
	tkh_free(m);
}

/*
 * For tests
 */

void
model_snd_unplug(struct model_snd *m)
{

	tk_devlock_enter(m->lock);
	msnd_unplug(m);
	tk_devlock_leave(m->lock);
	/* Wait for the thread that raises an interrupt now. */
	msnd_teardown_intr(m);
}

void
model_snd_needs_reset(struct model_snd *m)
{

	tk_devlock_enter(m->lock);
	if (!m->gone)
		msnd_break(m);
	tk_devlock_leave(m->lock);
	tk_agent_kick(m->agent);
}

struct model_snd_stats
model_snd_stats(struct model_snd *m)
{
	struct model_snd_stats stats;

	tk_devlock_enter(m->lock);
	msnd_event_look(m);
	stats = m->stats;
	tk_devlock_leave(m->lock);
	return (stats);
}

struct model_snd_stream_stats
model_snd_stream_stats(struct model_snd *m, uint32_t stream)
{
	struct model_snd_stream_stats stats;
	struct msnd_stream *s;

	s = &m->stream[stream];
	tk_devlock_enter(m->lock);
	stats = s->stats;
	stats.state = s->state;
	stats.params = s->params;
	stats.played = s->sunk + s->rec_len - s->ahead;
	tk_devlock_leave(m->lock);
	return (stats);
}

size_t
model_snd_played(struct model_snd *m, uint32_t stream, uint64_t off, void *buf,
    size_t len)
{
	struct msnd_stream *s;
	uint64_t played;
	size_t n;

	s = &m->stream[stream];
	tk_devlock_enter(m->lock);
	played = s->sunk + s->rec_len - s->ahead;
	n = off >= s->sunk && off < played ? MIN(len, played - off) : 0;
	if (n != 0)
		memcpy(buf, s->rec + (off - s->sunk), n);
	tk_devlock_leave(m->lock);
	return (n);
}

void
model_snd_play_to(struct model_snd *m, uint32_t stream, model_snd_sink_t *sink,
    void *arg)
{
	struct msnd_stream *s;

	s = &m->stream[stream];
	tk_devlock_enter(m->lock);
	msnd_sink(s);
	s->sink = sink;
	s->sink_arg = arg;
	tk_devlock_leave(m->lock);
}

void
model_snd_fail(struct model_snd *m, uint32_t code, uint32_t status,
    uint32_t count)
{
	int i;

	tk_devlock_enter(m->lock);
	for (i = 0; i < MSND_NFAIL - 1; i++) {
		if (m->fail[i].count == 0 || m->fail[i].code == code)
			break;
	}
	m->fail[i].code = code;
	m->fail[i].status = status;
	m->fail[i].count = count;
	tk_devlock_leave(m->lock);
}

void
model_snd_fail_io(struct model_snd *m, uint32_t stream, uint32_t count)
{

	tk_devlock_enter(m->lock);
	m->stream[stream].fail_io = count;
	tk_devlock_leave(m->lock);
}

void
model_snd_hold(struct model_snd *m, int vq, bool hold)
{

	tk_devlock_enter(m->lock);
	m->hold[vq] = hold;
	if (!hold)
		msnd_unhold(m, vq);
	tk_devlock_leave(m->lock);
	tk_agent_kick(m->agent);
}
