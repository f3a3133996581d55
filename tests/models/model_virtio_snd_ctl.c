/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Control requests of the virtio-sound model, and the states of streams (VIRTIO
 * 1.2, sections 5.14.6.1 to 5.14.6.6).  The answer is BAD_MSG to a request of
 * the wrong size, with an impossible id or value, or in the wrong state.  It is
 * NOT_SUPP to a request for something that this device does not have.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include "tk.h"
#include "model_virtio_snd_var.h"
#include "model_virtio_snd_wire.h"

/* Bytes of the largest request. */
union msnd_request {
	struct msnd_hdr hdr;
	struct msnd_query_info query;
	struct msnd_jack_remap remap;
	struct msnd_pcm_hdr pcm;
	struct msnd_pcm_set_params params;
};

/* Read a request that must have exactly len bytes. */
static bool
msnd_request(const struct msnd_msg *msg, union msnd_request *req, size_t len)
{

	return (msg->chain.rlen == len &&
	    vring_dev_read(&msg->chain, 0, req, len) == len);
}

/*
 * Information
 */

typedef void msnd_info_t(struct model_snd *, uint32_t id, void *record);

static void
msnd_jack_info(struct model_snd *m, uint32_t id, void *record)
{
	const struct model_snd_jack_config *jc;
	struct msnd_jack_info *info;

	jc = &m->cfg.jack[id];
	info = record;
	info->hda_fn_nid = htole32(jc->hda_fn_nid);
	info->features = htole32(jc->features);
	info->hda_reg_defconf = htole32(m->jack[id].hda_reg_defconf);
	info->hda_reg_caps = htole32(jc->hda_reg_caps);
	info->connected = m->jack[id].connected;
	if (msnd_faulty(m, MSND_F_JACK_MOVES))
		m->jack_moved = id + 1;
}

/* The jack that JACK_INFO has just described changes. */
static void
msnd_jack_move(struct model_snd *m)
{
	uint32_t id = m->jack_moved - 1;

	m->jack_moved = 0;
	m->jack[id].connected = !m->jack[id].connected;
	(void)msnd_event(m, m->jack[id].connected ? MSND_EVT_JACK_CONNECTED :
	    MSND_EVT_JACK_DISCONNECTED, id);
}

static void
msnd_pcm_info(struct model_snd *m, uint32_t id, void *record)
{
	const struct model_snd_stream_config *sc;
	struct msnd_pcm_info *info;

	sc = &m->cfg.stream[id];
	info = record;
	info->hda_fn_nid = htole32(sc->hda_fn_nid);
	info->features = htole32(sc->features);
	info->formats = htole64(sc->formats);
	info->rates = htole64(sc->rates);
	info->direction = sc->input;
	info->channels_min = sc->channels_min;
	info->channels_max = m->stream[id].channels_shown != 0 ?
	    m->stream[id].channels_shown : sc->channels_max;
	msnd_fault_pcm_info(m, info);
}

static void
msnd_chmap_info(struct model_snd *m, uint32_t id, void *record)
{
	const struct model_snd_chmap_config *cc;
	struct msnd_chmap_info *info;

	cc = &m->cfg.chmap[id];
	info = record;
	info->hda_fn_nid = htole32(cc->hda_fn_nid);
	info->direction = cc->input;
	info->channels = cc->channels;
	memcpy(info->positions, cc->positions, sizeof(info->positions));
	msnd_fault_chmap_info(m, info);
}

/*
 * Write count records behind the header, each of the `size' that the driver
 * knows.  Our record is cut if it is larger, and padded with zeroes if it is
 * smaller.
 */
static size_t
msnd_write_info(struct model_snd *m, struct msnd_msg *msg,
    const struct msnd_query_info *q, uint32_t real, msnd_info_t *fill)
{
	char record[MSND_CTL_INFO_SIZE];
	size_t off, size, n;
	uint32_t i;

	size = le32toh(q->size);
	off = sizeof(struct msnd_hdr);
	for (i = 0; i < le32toh(q->count); i++) {
		memset(record, 0, sizeof(record));
		fill(m, (le32toh(q->start_id) + i) % MAX(real, 1), record);
		n = vring_dev_write(&msg->chain, off, record,
		    MIN(size, sizeof(record)));
		memset(record, 0, sizeof(record));
		for (; n < size; n += MIN(size - n, sizeof(record)))
			vring_dev_write(&msg->chain, off + n, record,
			    MIN(size - n, sizeof(record)));
		off += size;
	}
	return (off - sizeof(struct msnd_hdr));
}

/*
 * Answer a query about `total' things; *extra is the number of bytes of
 * records.  After a false number in the configuration space, the device
 * describes the same things again.
 */
static uint32_t
msnd_query(struct model_snd *m, struct msnd_msg *msg, uint32_t total,
    enum msnd_fault claim, msnd_info_t *fill, size_t *extra)
{
	union msnd_request req;
	uint64_t start, count, size;

	if (!msnd_request(msg, &req, sizeof(req.query)))
		return (MSND_S_BAD_MSG);
	start = le32toh(req.query.start_id);
	count = le32toh(req.query.count);
	size = le32toh(req.query.size);
	/* A record begins with hda_fn_nid, whatever its kind. */
	if ((start + count > total && m->faults[claim].hits == 0) ||
	    size < sizeof(uint32_t) ||
	    msg->chain.wlen < sizeof(struct msnd_hdr) + count * size)
		return (MSND_S_BAD_MSG);
	*extra = msnd_write_info(m, msg, &req.query, total, fill);
	return (MSND_S_OK);
}

/* Does a query begin at that item?  0: no item. */
static bool
msnd_asks(struct msnd_msg *msg, uint32_t id)
{
	union msnd_request req;

	return (id != 0 && msnd_request(msg, &req, sizeof(req.query)) &&
	    le32toh(req.query.start_id) == id);
}

/* Association and sequence take four bits each in the pin's configuration. */
static uint32_t
msnd_jack_remap(struct model_snd *m, struct msnd_msg *msg)
{
	struct model_snd_jack_state *j;
	union msnd_request req;
	uint32_t association, id, sequence;

	if (!msnd_request(msg, &req, sizeof(req.remap)))
		return (MSND_S_BAD_MSG);
	id = le32toh(req.remap.jack_id);
	association = le32toh(req.remap.association);
	sequence = le32toh(req.remap.sequence);
	if (id >= m->cfg.njacks || association > 15 || sequence > 15)
		return (MSND_S_BAD_MSG);
	if ((m->cfg.jack[id].features & MSND_JACK_F_REMAP) == 0)
		return (MSND_S_NOT_SUPP);
	j = &m->jack[id];
	j->remaps++;
	j->association = association;
	j->sequence = sequence;
	j->hda_reg_defconf = (j->hda_reg_defconf & ~0xffu) |
	    association << 4 | sequence;
	return (MSND_S_OK);
}

/*
 * Streams
 */

static bool
msnd_has(uint64_t bitmap, uint8_t code, uint8_t limit)
{

	return (code < limit && (bitmap & (1ull << code)) != 0);
}

/* Can the stream have the parameters of the request? */
static uint32_t
msnd_check_params(const struct msnd_stream *s,
    const struct msnd_pcm_set_params *p)
{
	const struct model_snd_stream_config *sc;
	uint32_t buffer, period;

	sc = s->cfg;
	buffer = le32toh(p->buffer_bytes);
	period = le32toh(p->period_bytes);
	if (p->padding != 0 || period == 0 || buffer == 0 ||
	    buffer % period != 0)
		return (MSND_S_BAD_MSG);
	if ((le32toh(p->features) & ~sc->features) != 0 ||
	    (le32toh(p->features) & MSND_PCM_F_SHMEM) != 0 ||
	    p->channels < sc->channels_min || p->channels > sc->channels_max ||
	    !msnd_has(sc->formats, p->format, MSND_FMT_MAX) ||
	    !msnd_has(sc->rates, p->rate, MSND_RATE_MAX))
		return (MSND_S_NOT_SUPP);
	return (MSND_S_OK);
}

static uint32_t
msnd_set_params(struct model_snd *m __unused, struct msnd_stream *s,
    const union msnd_request *req, int64_t now __unused)
{
	const struct msnd_pcm_set_params *p;
	struct model_snd_params *sp;
	uint32_t status;

	/* Messages of the old parameters must be released first. */
	if (s->state == MODEL_SND_RUNNING || s->state == MODEL_SND_STOPPED ||
	    !STAILQ_EMPTY(&s->msgs))
		return (MSND_S_BAD_MSG);
	p = &req->params;
	status = msnd_check_params(s, p);
	if (status != MSND_S_OK)
		return (status);
	sp = &s->params;
	sp->buffer_bytes = le32toh(p->buffer_bytes);
	sp->period_bytes = le32toh(p->period_bytes);
	sp->features = le32toh(p->features);
	sp->channels = p->channels;
	sp->format = p->format;
	sp->rate = p->rate;
	sp->hz = msnd_rate_hz(p->rate);
	sp->frame_bytes = msnd_format_bits(p->format) / 8 * p->channels;
	s->state = MODEL_SND_PARAMS_SET;
	return (MSND_S_OK);
}

static uint32_t
msnd_prepare(struct model_snd *m, struct msnd_stream *s,
    const union msnd_request *req __unused, int64_t now __unused)
{

	if (s->state != MODEL_SND_PARAMS_SET &&
	    s->state != MODEL_SND_PREPARED && s->state != MODEL_SND_RELEASED)
		return (MSND_S_BAD_MSG);
	if (msnd_faulty(m, MSND_F_PCM_CHANNELS_SHRINK))
		s->channels_shown = s->params.channels;
	s->state = MODEL_SND_PREPARED;
	return (MSND_S_OK);
}

static uint32_t
msnd_ctl_start(struct model_snd *m, struct msnd_stream *s,
    const union msnd_request *req __unused, int64_t now)
{

	if (s->state != MODEL_SND_PREPARED && s->state != MODEL_SND_STOPPED)
		return (MSND_S_BAD_MSG);
	s->state = MODEL_SND_RUNNING;
	msnd_start(m, s, now);
	return (MSND_S_OK);
}

static uint32_t
msnd_ctl_stop(struct model_snd *m __unused, struct msnd_stream *s,
    const union msnd_request *req __unused, int64_t now __unused)
{

	if (s->state != MODEL_SND_RUNNING)
		return (MSND_S_BAD_MSG);
	s->state = MODEL_SND_STOPPED;
	msnd_stop(s);
	return (MSND_S_OK);
}

static uint32_t
msnd_ctl_release(struct model_snd *m, struct msnd_stream *s,
    const union msnd_request *req __unused, int64_t now __unused)
{

	if (s->state != MODEL_SND_PREPARED && s->state != MODEL_SND_STOPPED)
		return (MSND_S_BAD_MSG);
	if (!msnd_faulty(m, MSND_F_RELEASE_KEEPS))
		msnd_release(m, s);
	msnd_fault_delayed(m);
	s->state = MODEL_SND_RELEASED;
	return (MSND_S_OK);
}

typedef uint32_t msnd_command_t(struct model_snd *, struct msnd_stream *,
    const union msnd_request *, int64_t now);

/* Requests about one stream, and their sizes. */
static const struct msnd_command {
	uint32_t	code;
	size_t		len;
	msnd_command_t	*run;
} msnd_commands[] = {
	{ MSND_R_PCM_SET_PARAMS, sizeof(struct msnd_pcm_set_params),
	    msnd_set_params },
	{ MSND_R_PCM_PREPARE, sizeof(struct msnd_pcm_hdr), msnd_prepare },
	{ MSND_R_PCM_RELEASE, sizeof(struct msnd_pcm_hdr), msnd_ctl_release },
	{ MSND_R_PCM_START, sizeof(struct msnd_pcm_hdr), msnd_ctl_start },
	{ MSND_R_PCM_STOP, sizeof(struct msnd_pcm_hdr), msnd_ctl_stop },
};

static uint32_t
msnd_stream_command(struct model_snd *m, struct msnd_msg *msg, uint32_t code,
    int64_t now)
{
	const struct msnd_command *c;
	union msnd_request req;
	uint32_t id;
	u_int i;

	for (i = 0; i < nitems(msnd_commands); i++) {
		c = &msnd_commands[i];
		if (c->code != code)
			continue;
		if (!msnd_request(msg, &req, c->len))
			return (MSND_S_BAD_MSG);
		id = le32toh(req.pcm.stream_id);
		if (id >= m->cfg.nstreams)
			return (MSND_S_BAD_MSG);
		return (c->run(m, &m->stream[id], &req, now));
	}
	return (MSND_S_NOT_SUPP);
}

/*
 * The control queue
 */

static uint32_t
msnd_request_code(const struct msnd_msg *msg)
{
	struct msnd_hdr hdr;

	if (vring_dev_read(&msg->chain, 0, &hdr, sizeof(hdr)) != sizeof(hdr))
		return (0);
	return (le32toh(hdr.code));
}

/* The status with which a test wants this request refused, or 0. */
static uint32_t
msnd_wanted_failure(struct model_snd *m, uint32_t code)
{
	u_int i;

	for (i = 0; i < MSND_NFAIL; i++) {
		if (m->fail[i].code == code && m->fail[i].count != 0) {
			m->fail[i].count--;
			return (m->fail[i].status);
		}
	}
	return (0);
}

static uint32_t
msnd_dispatch(struct model_snd *m, struct msnd_msg *msg, uint32_t code,
    int64_t now, size_t *extra)
{

	if (msg->chain.rlen < sizeof(struct msnd_hdr))
		return (MSND_S_BAD_MSG);
	switch (code) {
	case MSND_R_JACK_INFO:
		if (m->cfg.no_info || msnd_faulty(m, MSND_F_JACK_NOT_SUPP) ||
		    msnd_asks(msg, m->cfg.no_jack))
			return (MSND_S_NOT_SUPP);
		return (msnd_query(m, msg, m->cfg.njacks, MSND_F_JACKS_HUGE,
		    msnd_jack_info, extra));
	case MSND_R_PCM_INFO:
		return (msnd_query(m, msg, m->cfg.nstreams,
		    MSND_F_STREAMS_HUGE, msnd_pcm_info, extra));
	case MSND_R_CHMAP_INFO:
		if (m->cfg.no_info || msnd_faulty(m, MSND_F_CHMAP_NOT_SUPP))
			return (MSND_S_NOT_SUPP);
		return (msnd_query(m, msg, m->cfg.nchmaps, MSND_F_CHMAPS_HUGE,
		    msnd_chmap_info, extra));
	case MSND_R_JACK_REMAP:
		if (m->cfg.no_info)
			return (MSND_S_NOT_SUPP);
		return (msnd_jack_remap(m, msg));
	case MSND_R_CTL_INFO:
		if ((m->features & MODEL_SND_F_CTLS) == 0 ||
		    msnd_faulty(m, MSND_F_CTL_NOT_SUPP))
			return (MSND_S_NOT_SUPP);
		return (msnd_query(m, msg, m->cfg.nctls, MSND_F_CTLS_HUGE,
		    msnd_elem_info, extra));
	case MSND_R_CTL_ENUM_ITEMS ... MSND_R_CTL_TLV_COMMAND:
		if ((m->features & MODEL_SND_F_CTLS) == 0)
			return (MSND_S_NOT_SUPP);
		return (msnd_elem_request(m, msg, code, extra));
	default:
		return (msnd_stream_command(m, msg, code, now));
	}
}

/* Do a request and count the outcome; returns its status. */
static uint32_t
msnd_ctl_do(struct model_snd *m, struct msnd_msg *msg, uint32_t code,
    int64_t now, size_t *extra)
{
	uint32_t status;

	status = msnd_wanted_failure(m, code);
	if (status != 0)
		return (status);
	status = msnd_dispatch(m, msg, code, now, extra);
	if (status == MSND_S_BAD_MSG)
		m->stats.illegal++;
	else if (status == MSND_S_NOT_SUPP)
		m->stats.unsupported++;
	return (status);
}

/* Fill the whole answer with bytes of 0xff. */
static void
msnd_ctl_garbage(struct model_snd *m, struct msnd_msg *msg)
{
	char buf[64];
	size_t off;

	memset(buf, 0xff, sizeof(buf));
	for (off = 0; off < msg->chain.wlen; off += sizeof(buf))
		vring_dev_write(&msg->chain, off, buf, sizeof(buf));
	msnd_return(m, msg, msg->chain.wlen);
}

/* Faults that replace the whole answer. */
static bool
msnd_ctl_replaced(struct model_snd *m, struct msnd_msg *msg)
{

	if (msnd_fault_end(m, msg))
		return (true);
	if (msnd_faulty(m, MSND_F_ANSWER_NEVER)) {
		STAILQ_INSERT_TAIL(&m->lost, msg, link);
		return (true);
	}
	if (msnd_faulty(m, MSND_F_ANSWER_GARBAGE)) {
		msnd_ctl_garbage(m, msg);
		return (true);
	}
	return (false);
}

/* Write the header, and give the answer back. */
static void
msnd_ctl_reply(struct model_snd *m, struct msnd_msg *msg, uint32_t status,
    size_t extra)
{
	struct vring_dev *vr;
	struct msnd_hdr hdr;
	uint32_t len;

	len = sizeof(hdr) + extra;
	hdr.code = htole32(status);
	if (msnd_faulty(m, MSND_F_STATUS_UNKNOWN))
		hdr.code = htole32(0x1234);
	if (msnd_faulty(m, MSND_F_STATUS_DONE))
		hdr.code = htole32(MSND_S_IO_ERR);
	if (msnd_faulty(m, MSND_F_ANSWER_EMPTY))
		len = 0;
	else
		vring_dev_write(&msg->chain, 0, &hdr, sizeof(hdr));
	if (msnd_faulty(m, MSND_F_ANSWER_SHORT))
		len = 2;
	if (msnd_faulty(m, MSND_F_ANSWER_HUGE))
		len = UINT32_MAX;
	vr = &m->ring[msg->vq];
	if (msnd_faulty(m, MSND_F_ANSWER_ID))
		vring_dev_push(vr, vr->size + 5, len);
	if (msnd_faulty(m, MSND_F_ANSWER_TWICE))
		vring_dev_push(vr, msg->chain.head, len);
	msnd_return(m, msg, len);
}

static void
msnd_ctl_answer(struct model_snd *m, struct msnd_msg *msg, int64_t now)
{
	uint32_t status;
	size_t extra;

	if (msg->chain.wlen < sizeof(struct msnd_hdr)) {
		m->stats.illegal++;
		msnd_return(m, msg, 0);
		return;
	}
	if (msnd_ctl_replaced(m, msg))
		return;
	extra = 0;
	if (msnd_faulty(m, MSND_F_STATUS_UNDONE) ||
	    (msg->chain.wlen > sizeof(struct msnd_hdr) &&
	    msnd_faulty(m, MSND_F_ANSWER_HEADER)))
		status = MSND_S_OK;
	else
		status = msnd_ctl_do(m, msg, msnd_request_code(msg), now,
		    &extra);
	m->stats.requests++;
	msnd_ctl_reply(m, msg, status, extra);
	if (m->jack_moved != 0)
		msnd_jack_move(m);
}

/*
 * Does the request have to wait?  RELEASE is answered after the messages that
 * it returns.
 */
static bool
msnd_ctl_blocked(struct model_snd *m)
{
	struct msnd_msg *msg;

	msg = STAILQ_FIRST(&m->ctl);
	return (msg == NULL || m->hold[MODEL_SND_VQ_CTL] || m->broken ||
	    m->unplugging ||
	    ((m->hold[MODEL_SND_VQ_TX] || m->hold[MODEL_SND_VQ_RX]) &&
	    msnd_request_code(msg) == MSND_R_PCM_RELEASE));
}

int64_t
msnd_ctl_deadline(struct model_snd *m)
{

	if (msnd_ctl_blocked(m))
		return (MSND_NEVER);
	return (m->ctl_due);
}

void
msnd_ctl_run(struct model_snd *m, int64_t now)
{
	struct msnd_msg *msg;

	while (msnd_ctl_deadline(m) <= now) {
		msg = STAILQ_FIRST(&m->ctl);
		if (!msg->late && msnd_faulty(m, MSND_F_ANSWER_LATE)) {
			msg->late = true;
			m->ctl_due = now + MODEL_SND_LATE_NS;
			continue;
		}
		STAILQ_REMOVE_HEAD(&m->ctl, link);
		m->ctl_due = now + m->cfg.ctl_delay_ns;
		msnd_ctl_answer(m, msg, now);
	}
}
