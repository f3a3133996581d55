/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * I/O messages of the virtio-sound model, and the sample clock that consumes
 * them.  Sound is copied out of guest memory when the device reads it, not when
 * the message arrives.  So if a driver changes a buffer that the device owns,
 * the change is heard.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include "tk.h"
#include "tk_host.h"
#include "model_virtio_snd_var.h"
#include "model_virtio_snd_wire.h"

#define	NS_PER_S	1000000000ull

/* Stored bits of a sample, by format code. */
static const uint8_t msnd_bits[MSND_FMT_MAX] = {
	4, 8, 8, 8, 8, 16, 16, 24, 24, 24, 24, 24, 24,
	32, 32, 32, 32, 32, 32, 32, 64, 8, 16, 32, 32
};

static const uint32_t msnd_hz[MSND_RATE_MAX] = {
	5512, 8000, 11025, 16000, 22050, 32000, 44100, 48000, 64000, 88200,
	96000, 176400, 192000, 384000, 12000, 24000
};

uint32_t
msnd_format_bits(uint8_t format)
{

	return (msnd_bits[format]);
}

uint32_t
msnd_rate_hz(uint8_t rate)
{

	return (msnd_hz[rate]);
}

/*
 * Answering messages
 */

size_t
msnd_payload(const struct msnd_msg *msg)
{

	return (msg->vq == MODEL_SND_VQ_RX ?
	    msg->chain.wlen - sizeof(struct msnd_pcm_status) :
	    msg->chain.rlen - sizeof(struct msnd_pcm_xfer));
}

/*
 * Write the status and give the message back.  The status goes to the end of
 * the writable part or, as in QEMU, behind the captured bytes.
 */
static void
msnd_answer(struct model_snd *m, struct msnd_msg *msg, uint32_t status,
    uint32_t latency)
{
	struct msnd_pcm_status ps;
	size_t captured, off;

	if (msnd_fault_end(m, msg))
		return;
	msnd_fault_status(m, &status, &latency);
	captured = msg->vq == MODEL_SND_VQ_RX ? msg->done : 0;
	off = msg->vq == MODEL_SND_VQ_RX && m->cfg.rx_status_follows ?
	    captured : msg->chain.wlen - sizeof(ps);
	ps.status = htole32(status);
	ps.latency_bytes = htole32(latency);
	vring_dev_write(&msg->chain, off, &ps, sizeof(ps));
	msnd_fault_return(m, msg, captured + sizeof(ps));
}

static void
msnd_complete(struct model_snd *m, struct msnd_msg *msg, uint32_t status,
    uint32_t latency)
{

	if (m->hold[msg->vq]) {
		msg->status = status;
		msg->latency = latency;
		STAILQ_INSERT_TAIL(&m->held[msg->vq], msg, link);
	} else
		msnd_answer(m, msg, status, latency);
}

void
msnd_unhold(struct model_snd *m, int vq)
{
	struct msnd_msg *msg;

	while ((msg = STAILQ_FIRST(&m->held[vq])) != NULL) {
		STAILQ_REMOVE_HEAD(&m->held[vq], link);
		msnd_answer(m, msg, msg->status, msg->latency);
	}
}

/*
 * Arriving messages
 */

/*
 * The stream that a message names.  NULL unless that stream has this direction
 * and is prepared.
 */
static struct msnd_stream *
msnd_msg_stream(struct model_snd *m, struct msnd_msg *msg, bool input)
{
	struct msnd_pcm_xfer xfer;
	struct msnd_stream *s;
	uint32_t id;

	if (vring_dev_read(&msg->chain, 0, &xfer, sizeof(xfer)) !=
	    sizeof(xfer))
		return (NULL);
	id = le32toh(xfer.stream_id);
	if (id >= m->cfg.nstreams)
		return (NULL);
	s = &m->stream[id];
	if (s->cfg->input != input || (s->state != MODEL_SND_PREPARED &&
	    s->state != MODEL_SND_RUNNING && s->state != MODEL_SND_STOPPED))
		return (NULL);
	return (s);
}

/* Without room for its status a message cannot even be refused properly. */
static bool
msnd_has_status(struct model_snd *m, struct msnd_msg *msg)
{

	if (msg->chain.wlen >= sizeof(struct msnd_pcm_status))
		return (true);
	m->stats.illegal++;
	msnd_return(m, msg, 0);
	return (false);
}

static uint64_t msnd_read(struct model_snd *, struct msnd_stream *, uint64_t,
	    uint64_t);

/* Queue a message that breaks no rule. */
static void
msnd_queue(struct model_snd *m, struct msnd_stream *s, struct msnd_msg *msg)
{

	if (msnd_faulty(m, MSND_F_DATA_INSTANT)) {
		msg->done = msnd_payload(msg);
		msnd_complete(m, msg, MSND_S_OK, 0);
		return;
	}
	if (msnd_payload(msg) != s->params.period_bytes)
		s->stats.odd_sized++;
	STAILQ_INSERT_TAIL(&s->msgs, msg, link);
	s->stats.pending++;
	if (m->cfg.no_clock && !s->cfg->input)
		msnd_read(m, s, msnd_payload(msg), msnd_payload(msg));
}

void
msnd_tx(struct model_snd *m, struct msnd_msg *msg)
{
	struct msnd_stream *s;

	if (!msnd_has_status(m, msg))
		return;
	s = msnd_msg_stream(m, msg, false);
	/* Sound is readable: nothing but the status may be writable. */
	if (s == NULL || msnd_payload(msg) == 0 ||
	    msg->chain.wlen != sizeof(struct msnd_pcm_status)) {
		m->stats.illegal++;
		msnd_complete(m, msg, MSND_S_BAD_MSG, 0);
		return;
	}
	msnd_queue(m, s, msg);
}

bool
msnd_polled(struct model_snd *m, int vq)
{
	struct msnd_stream *s;
	uint32_t i;

	for (i = 0; i < m->cfg.nstreams; i++) {
		s = &m->stream[i];
		if ((s->params.features & MSND_PCM_F_MSG_POLLING) != 0 &&
		    (s->state == MODEL_SND_PREPARED ||
		    s->state == MODEL_SND_RUNNING) &&
		    vq == (s->cfg->input ? MODEL_SND_VQ_RX : MODEL_SND_VQ_TX))
			return (true);
	}
	return (false);
}

void
msnd_rx(struct model_snd *m, struct msnd_msg *msg)
{
	struct msnd_stream *s;

	if (!msnd_has_status(m, msg))
		return;
	s = msnd_msg_stream(m, msg, true);
	/* Sound is writable: nothing but the header may be readable. */
	if (s == NULL || msg->chain.rlen != sizeof(struct msnd_pcm_xfer) ||
	    msnd_payload(msg) == 0) {
		m->stats.illegal++;
		msnd_complete(m, msg, MSND_S_BAD_MSG, 0);
		return;
	}
	msnd_queue(m, s, msg);
}

/*
 * Reading sound
 */

void
msnd_sink(struct msnd_stream *s)
{
	size_t played = s->rec_len - s->ahead;

	if (s->sink == NULL || played == 0)
		return;
	s->sink(s->sink_arg, s->id, s->rec, played);
	s->sunk += played;
	s->rec_len -= played;
	memmove(s->rec, s->rec + played, s->rec_len);
}

static void
msnd_rec_grow(struct msnd_stream *s, size_t more)
{
	size_t size;
	char *rec;

	if (s->rec_len + more <= s->rec_size)
		return;
	msnd_sink(s);
	if (s->rec_len + more <= s->rec_size)
		return;
	size = MAX(s->rec_size * 2, s->rec_len + more);
	size = MAX(size, 64 * 1024);
	rec = tkh_alloc(size, 0);
	if (rec == NULL)
		panic("virtio-sound model: no memory for %zu bytes of sound",
		    size);
	if (s->rec != NULL)
		memcpy(rec, s->rec, s->rec_len);
	tkh_free(s->rec);
	s->rec = rec;
	s->rec_size = size;
}

/* The first byte after a gap turns the gap into an underrun. */
static void
msnd_note_fed(struct msnd_stream *s)
{

	if (s->dry && s->fed)
		s->stats.underruns++;
	s->dry = false;
	s->fed = true;
}

/* Take a finished message off the stream. */
void
msnd_finish(struct model_snd *m, struct msnd_stream *s, uint32_t status,
    uint64_t latency)
{
	struct msnd_msg *msg;

	msg = STAILQ_FIRST(&s->msgs);
	STAILQ_REMOVE_HEAD(&s->msgs, link);
	s->stats.pending--;
	msnd_complete(m, msg, status, m->cfg.latency ? latency : 0);
	if ((s->params.features & MSND_PCM_F_EVT_PERIODS) != 0)
		(void)msnd_event(m, MSND_EVT_PCM_PERIOD_ELAPSED, s->id);
}

/*
 * Read up to want bytes, of which the first `now' are played at once.  Complete
 * the messages that were read to their end.  Returns the number of bytes read.
 */
static uint64_t
msnd_read(struct model_snd *m, struct msnd_stream *s, uint64_t want,
    uint64_t now)
{
	struct msnd_msg *msg;
	uint64_t got;
	size_t n;

	for (got = 0; (msg = STAILQ_FIRST(&s->msgs)) != NULL; ) {
		if (s->fail_io != 0) {
			s->fail_io--;
			msnd_finish(m, s, MSND_S_IO_ERR, 0);
			continue;
		}
		n = MIN(want - got, msnd_payload(msg) - msg->done);
		if (n == 0)
			break;
		msnd_note_fed(s);
		msnd_rec_grow(s, n);
		vring_dev_read(&msg->chain,
		    sizeof(struct msnd_pcm_xfer) + msg->done,
		    s->rec + s->rec_len, n);
		s->rec_len += n;
		msg->done += n;
		got += n;
		if (msg->done == msnd_payload(msg)) {
			s->stats.periods++;
			msnd_finish(m, s, MSND_S_OK,
			    s->ahead + got - MIN(got, now));
		}
	}
	return (got);
}

/*
 * The clock
 */

/* How many bytes the clock passed since the last call. */
static uint64_t
msnd_clock(struct model_snd *m, struct msnd_stream *s, int64_t now)
{
	uint64_t passed;

	passed = s->frac + (uint64_t)(now - s->clock_ns) * s->params.hz *
	    m->cfg.speed;
	s->clock_ns = now;
	s->frac = passed % NS_PER_S;
	return (passed / NS_PER_S * s->params.frame_bytes);
}

static void
msnd_run_dry(struct model_snd *m, struct msnd_stream *s)
{

	s->stats.dry_ticks++;
	if (!s->dry && s->fed &&
	    (s->params.features & MSND_PCM_F_EVT_XRUNS) != 0)
		(void)msnd_event(m, MSND_EVT_PCM_XRUN, s->id);
	s->dry = true;
}

/*
 * Play the bytes that are due, and keep the backend filled up to `backend'
 * bytes.
 */
static void
msnd_play(struct model_snd *m, struct msnd_stream *s, uint64_t due,
    uint64_t backend)
{
	uint64_t old, want, got;

	/* Play first the bytes that were read earlier. */
	old = MIN(due, s->ahead);
	s->ahead -= old;
	due -= old;

	want = due;
	if (backend > s->ahead)
		want += backend - s->ahead;
	got = msnd_read(m, s, want, due);
	s->ahead += got - MIN(got, due);

	/* Time for which there was nothing to play is not made up for. */
	if (got < due)
		msnd_run_dry(m, s);
}

/* The first tick fills the backend and starts the clock. */
static void
msnd_first_tick(struct model_snd *m, struct msnd_stream *s, int64_t now)
{

	s->started = false;
	s->clock_ns = now;
	s->frac = 0;
	msnd_play(m, s, 0, (uint64_t)m->cfg.burst_frames *
	    s->params.frame_bytes);
}

/* The clock passed so many bytes. */
static void
msnd_pass(struct model_snd *m, struct msnd_stream *s, uint64_t bytes)
{

	if (s->cfg->input)
		msnd_capture(m, s, bytes);
	else
		msnd_play(m, s, bytes, m->cfg.tick_ns == 0 ? 0 :
		    (uint64_t)m->cfg.backend_frames * s->params.frame_bytes);
}

/*
 * Set the time of the next tick, after the tick at `now', which was due at
 * next_tick.
 */
static void
msnd_next_tick(struct model_snd *m, struct msnd_stream *s, int64_t now)
{

	s->next_tick += m->cfg.tick_ns;
	if (s->next_tick <= now)	/* late: no burst of ticks */
		s->next_tick = now + m->cfg.tick_ns;
	if (m->cfg.tick_late_ns != 0)
		s->next_tick += (int64_t)(tk_random() %
		    (uint64_t)m->cfg.tick_late_ns);
}

void
msnd_advance(struct model_snd *m, struct msnd_stream *s, int64_t now)
{

	if (s->state != MODEL_SND_RUNNING || m->cfg.no_clock)
		return;
	if (m->cfg.tick_ns == 0) {
		msnd_pass(m, s, msnd_clock(m, s, now));
		return;
	}
	if (now < s->next_tick)
		return;
	msnd_next_tick(m, s, now);
	if (s->started && m->cfg.burst_frames != 0 && !s->cfg->input)
		msnd_first_tick(m, s, now);
	else
		msnd_pass(m, s, msnd_clock(m, s, now));
	s->started = false;
}

/*
 * When the clock passes the end of the oldest message, or for an input stream
 * without a message, the next frame.
 */
static int64_t
msnd_exact_deadline(struct model_snd *m, struct msnd_stream *s)
{
	struct msnd_msg *msg;
	uint64_t frames, speed;

	msg = STAILQ_FIRST(&s->msgs);
	if (msg == NULL && (!s->cfg->input || s->dry))
		return (MSND_NEVER);
	speed = (uint64_t)s->params.hz * m->cfg.speed;
	frames = msg == NULL ? 1 : howmany(msnd_payload(msg) - msg->done,
	    s->params.frame_bytes);
	return (s->clock_ns + howmany(frames * NS_PER_S - s->frac, speed));
}

int64_t
msnd_stream_deadline(struct model_snd *m, struct msnd_stream *s)
{

	if (s->state != MODEL_SND_RUNNING || m->cfg.no_clock)
		return (MSND_NEVER);
	if (m->cfg.tick_ns != 0)
		return (s->next_tick);
	return (msnd_exact_deadline(m, s));
}

/*
 * Start, stop, release
 */

void
msnd_start(struct model_snd *m, struct msnd_stream *s, int64_t now)
{

	s->clock_ns = now;
	s->frac = 0;
	s->next_tick = now + m->cfg.tick_ns;
	s->started = true;
	s->fed = false;
}

/* The bytes in the backend are lost. */
void
msnd_stop(struct msnd_stream *s)
{

	s->rec_len -= s->ahead;
	s->stats.discarded += s->ahead;
	s->ahead = 0;
	s->backlog = 0;
	s->dry = false;
}

/*
 * Return every message.  Output reports the bytes that are not played, input
 * has the bytes captured so far.
 */
void
msnd_release(struct model_snd *m, struct msnd_stream *s)
{
	struct msnd_msg *msg;

	if (m->cfg.no_clock)
		return;
	while ((msg = STAILQ_FIRST(&s->msgs)) != NULL) {
		STAILQ_REMOVE_HEAD(&s->msgs, link);
		s->stats.pending--;
		s->stats.flushed++;
		msnd_complete(m, msg, MSND_S_OK, s->cfg->input ? 0 :
		    msnd_payload(msg) - msg->done);
	}
}
