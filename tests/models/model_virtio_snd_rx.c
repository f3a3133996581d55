/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Capture in the virtio-sound model.  Samples go from a stream's source into
 * its messages as the sample clock makes them due.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include "tk.h"
#include "model_virtio_snd_var.h"
#include "model_virtio_snd_wire.h"

#define	MSND_CHUNK	512		/* bytes taken from a source at once */

/*
 * Sources
 */

uint8_t
model_snd_pattern(uint32_t stream, uint64_t off)
{

	return (off * 7 + off / 251 + stream * 31);
}

static size_t
msnd_source_pattern(void *arg __unused, uint32_t stream, uint64_t off,
    void *buf, size_t len)
{
	uint8_t *p;
	size_t i;

	p = buf;
	for (i = 0; i < len; i++)
		p[i] = model_snd_pattern(stream, off + i);
	return (len);
}

static size_t
msnd_source_buffer(void *arg, uint32_t stream __unused, uint64_t off,
    void *buf, size_t len)
{
	struct msnd_stream *s;
	size_t done, n;

	s = arg;
	for (done = 0; done < len && s->source_len != 0; done += n) {
		if (off + done >= s->source_len && !s->source_again)
			break;
		n = MIN(len - done,
		    s->source_len - (off + done) % s->source_len);
		memcpy((char *)buf + done,
		    s->source_buf + (off + done) % s->source_len, n);
	}
	return (done);
}

/*
 * Into messages
 */

/* Put up to len bytes into a message; returns the number put. */
static size_t
msnd_fill(struct msnd_stream *s, struct msnd_msg *msg, size_t len)
{
	char buf[MSND_CHUNK];
	size_t n;

	n = MIN(MIN(len, sizeof(buf)), msnd_payload(msg) - msg->done);
	memset(buf, 0, sizeof(buf));
	if (s->source != NULL)
		(void)s->source(s->source_arg, s->id, s->source_off, buf, n);
	vring_dev_write(&msg->chain, msg->done, buf, n);
	msg->done += n;
	s->source_off += n;
	s->backlog -= n;
	s->stats.captured += n;
	return (n);
}

/* Fill messages with the bytes that are due, as far as there are messages. */
static void
msnd_deliver(struct model_snd *m, struct msnd_stream *s)
{
	struct msnd_msg *msg;

	while ((msg = STAILQ_FIRST(&s->msgs)) != NULL && s->backlog != 0) {
		if (s->fail_io != 0) {
			s->fail_io--;
			msnd_finish(m, s, MSND_S_IO_ERR, 0);
			continue;
		}
		(void)msnd_fill(s, msg, s->backlog);
		s->dry = false;
		if (msg->done == msnd_payload(msg)) {
			s->stats.periods++;
			msnd_finish(m, s, MSND_S_OK, s->backlog);
		}
	}
}

/*
 * Drop the oldest bytes for which there is neither a message nor room in the
 * backend.
 */
static void
msnd_overrun(struct model_snd *m, struct msnd_stream *s, uint64_t lost)
{

	s->backlog -= lost;
	s->source_off += lost;
	s->stats.lost += lost;
	if (s->dry)
		return;
	s->dry = true;
	s->stats.overruns++;
	if ((s->params.features & MSND_PCM_F_EVT_XRUNS) != 0)
		(void)msnd_event(m, MSND_EVT_PCM_XRUN, s->id);
}

void
msnd_capture(struct model_snd *m, struct msnd_stream *s, uint64_t due)
{
	uint64_t limit;

	s->backlog += due;
	msnd_deliver(m, s);
	limit = m->cfg.tick_ns == 0 ? 0 :
	    (uint64_t)m->cfg.backend_frames * s->params.frame_bytes;
	if (s->backlog > limit)
		msnd_overrun(m, s, s->backlog - limit);
}

/*
 * For tests
 */

void
model_snd_capture_from(struct model_snd *m, uint32_t stream,
    model_snd_source_t *source, void *arg)
{
	struct msnd_stream *s;

	s = &m->stream[stream];
	tk_devlock_enter(m->lock);
	s->source = source;
	s->source_arg = arg;
	s->source_off = 0;
	tk_devlock_leave(m->lock);
}

void
model_snd_capture_buffer(struct model_snd *m, uint32_t stream, const void *buf,
    size_t len, bool again)
{
	struct msnd_stream *s;

	s = &m->stream[stream];
	tk_devlock_enter(m->lock);
	s->source = msnd_source_buffer;
	s->source_arg = s;
	s->source_off = 0;
	s->source_buf = buf;
	s->source_len = len;
	s->source_again = again;
	tk_devlock_leave(m->lock);
}

void
model_snd_capture_pattern(struct model_snd *m, uint32_t stream)
{

	model_snd_capture_from(m, stream, msnd_source_pattern, NULL);
}
