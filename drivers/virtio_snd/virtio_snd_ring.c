/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * virtio_snd(4): rings of periods on a data queue, the data path.
 *
 * A stream's buffer is sound(4)'s hardware buffer.  It is divided into periods,
 * each with a message made once, when the geometry is chosen: header, the
 * period's bytes, room for a status.  The same message goes out again and
 * again.  Nothing is allocated, copied or translated on the way, and the device
 * is notified once per interrupt, if it asks for that.
 *
 * The ring gets this memory when a program first opens its channel, and keeps
 * it until detach: memory in one segment is hard to find later.  Before that,
 * sound(4) has a small buffer, in which nothing is ever played or recorded.
 *
 * The device gets a period only after sound(4) has filled it (playback), or has
 * taken what was recorded in it (capture).  Four counts of bytes say where a
 * ring is.  None overtakes the next:
 *
 *	told		sound(4) knows that they are played or recorded
 *	consumed	the device has returned them, in order
 *	sent		the device was given them
 *	end		sound(4) has filled them; at most told and a buffer
 *
 * sound(4) fills no more than its own buffer holds.  So the latency is the one
 * that the program asked for, and does not depend on the size of the ring.
 *
 * One thread at a time reports to sound(4).  One call reports all that the
 * device has returned.  sound(4) measures progress modulo the buffer, so a
 * whole buffer that came back at once takes two calls.
 *
 * At the end of a stream (KPI_PCM_DRAINED) sound(4) clears its buffer.  So the
 * ring keeps the memory with the samples that were not played, and gives
 * sound(4) other memory.  The device still gets all that was filled.
 *
 * Playback and capture differ only in which side writes the samples.  Bytes
 * that the device says it did not record are silence to the reader.  The buffer
 * is cleared at each start, so that no reader ever gets the samples of an
 * earlier one.
 *
 * A message is idle, with the device, or returned and not consumed.  The device
 * may return it after STOP, but before the answer to RELEASE (VIRTIO 1.2,
 * 5.14.6.6.5).  The memory is freed only when the device has no message, or was
 * reset.  A reset in between, for which the queue is paused, loses no period:
 * see vtsnd_queue_drain().
 *
 * The device is not trusted.  virtqueue(9) believes the used ring, so a cookie
 * is a number that is looked up, never a pointer.  A message that the device
 * returns without having it is counted and dropped.  A length is believed only
 * up to the size of the message.  A device that returns periods faster than
 * they sound gets the next ones at the pace of the clock.
 */
#include "virtio_snd_var.h"
#include "kpi_callout.h"
#include "kpi_time.h"

#include <sys/endian.h>

SDT_PROVIDER_DECLARE(virtio_snd);
/* Unit, stream, period; then its bytes, or bytes written and status. */
SDT_PROBE_DEFINE4(virtio_snd, , , enqueue, "int", "uint32_t", "uint32_t",
    "uint32_t");
SDT_PROBE_DEFINE5(virtio_snd, , , complete, "int", "uint32_t", "uint32_t",
    "uint32_t", "uint32_t");

/* Where a period's message is. */
enum vtsnd_message {
	VTSND_IDLE,
	VTSND_POSTED,		/* with the device */
	VTSND_RETURNED,		/* by the device, and not consumed */
};

/*
 * Locks: (c) constant after creation; (m) constant once there is memory, which
 * is when vr_periods is set; (q) vq_mtx of the queue; (i) as (q), and changed
 * only while no period is with the device and none is reported; (r) written by
 * the reporting thread, or with (q) while none reports; (s) sound(4)'s channel
 * mutex; (sq) written with both, read with either.
 * Order: sound(4)'s channel mutex, then (q).  (q) is not held across
 * kpi_pcm_intr(), which takes the former.
 */
struct vtsnd_period {
	struct sglist		*vp_sg;		/* (i) */
	void			*vp_cookie;	/* (c) see vtsnd_cookie() */
	const struct vtsnd_wire_status *vp_status; /* (c) the device's answer */
	struct vtsnd_period	*vp_next;	/* (i) in the ring */
	uint32_t		 vp_missing;	/* (q) bytes not recorded */
	enum vtsnd_message	 vp_message;	/* (q) */
};

/*
 * How far a device may be ahead of the clock.  It may buffer samples, and its
 * own clock may be a little faster.  A device that is further ahead does not
 * keep time, and is paced.
 *
 * Source: QEMU 10.0, whose audio backends catch up with up to 65,536 frames for
 * the time in which they were on and had no samples: 1.5 s at 44.1 kHz.
 */
#define	VTSND_AHEAD	(8 * SBT_1S / 5)
#define	VTSND_DRIFT	64

/* Periods between two looks at the clock. */
#define	VTSND_LOOK	16

/* The shortest time between two reports of a paced ring. */
#define	VTSND_TICK	(5 * SBT_1MS)

/*
 * After this many rounds in one interrupt, a round that finds nothing is the
 * last.
 */
#define	VTSND_MAXROUNDS	1024

/* Bytes of sound(4)'s buffer while the channel was never opened. */
#define	VTSND_UNOPENED	1024

/* A block lasts at least 1/100 s. */
#define	VTSND_TICKS	100

/* How periods flow.  From VTSND_LIVE on they are sent and reported. */
enum vtsnd_flow {
	VTSND_STOPPED,		/* none is sent, none reported */
	VTSND_FINISHING,	/* the last ones are sent, none is reported */
	VTSND_LIVE,		/* at the device's pace */
	VTSND_PACED,		/* reported at the pace of the clock */
};

struct vtsnd_ring {
	struct vtsnd_queue	*vr_queue;	/* (c) */
	device_t		 vr_dev;	/* (c) */
	uint32_t		 vr_stream_id;	/* (c) */
	enum vtsnd_dir		 vr_dir;	/* (c) */
	int			 vr_readable;	/* (c) segments of a message */
	int			 vr_writable;	/* (c) ... the others */
	int			 vr_pre;	/* (c) sync to the device */
	int			 vr_post;	/* (c) ... and from it */
	void			*vr_chanarg;	/* (c) Rust's, of the channel */
	struct kpi_pcm_chan	 vr_chan;	/* (c) */
	uint32_t		 vr_bufsize;	/* (c) of each of vr_bufs */
	struct kpi_callout	 vr_callout;	/* (q) of a paced ring */

	/* Memory. */
	void			*vr_unopened;	/* (s) sound(4)'s, before it */
	bool			 vr_allocating;	/* (q) a thread allocates it */
	struct kpi_dma_tag	 vr_buftag;	/* (m) */
	struct kpi_dma_tag	 vr_hdrtag;	/* (m) */
	struct kpi_dma_tag	 vr_statustag;	/* (m) */
	struct kpi_dma_buf	 vr_bufs[2];	/* (m) capture: one */
	struct kpi_dma_buf	 vr_hdr;	/* (m) the header, for all */
	struct kpi_dma_buf	 vr_status;	/* (m) struct vtsnd_statuses */
	struct vtsnd_period	*vr_periods;	/* (sq) NULL: none yet */

	/* What sound(4) asked for. */
	uint32_t		 vr_format;	/* (s) */
	uint32_t		 vr_speed;	/* (s) Hz */
	uint8_t			 vr_silence;	/* (q) byte of silence */
	uint32_t		 vr_asked;	/* (q) bytes of its blocks */
	uint32_t		 vr_shown;	/* (q) index of its buffer */
	uint64_t		 vr_starts;	/* (q) starts requested */
	struct vtsnd_request	 vr_request;	/* (q) */
	uint32_t		 vr_fill;	/* (q) bytes filled by then */

	/* The run. */
	struct vtsnd_geometry	 vr_geom;	/* (i) */
	uint32_t		 vr_size;	/* (i) bytes of all periods */
	uint32_t		 vr_answer;	/* (i) bytes of a good answer */
	struct kpi_dma_buf	*vr_used;	/* (i) of vr_bufs */
	uint64_t		 vr_run;	/* (i) number of its start */
	sbintime_t		 vr_period;	/* (i) how long one sounds */
	bool			 vr_notified;	/* (i) else the device polls */
	enum vtsnd_flow		 vr_flow;	/* (q) */
	uint32_t		 vr_inflight;	/* (q) with the device */
	struct vtsnd_period	*vr_head;	/* (q) oldest not consumed */
	struct vtsnd_period	*vr_tail;	/* (q) next to be sent */
	uint64_t		 vr_told;	/* (r) bytes */
	uint64_t		 vr_consumed;	/* (q) bytes */
	uint64_t		 vr_sent;	/* (q) bytes */
	uint64_t		 vr_end;	/* (q) bytes */
	uint64_t		 vr_fresh;	/* (s) end, as last filled */
	bool			 vr_reporting;	/* (q) a call into sound(4) */
	bool			 vr_noted;	/* (q) on vq_noted */
	struct vtsnd_ring	*vr_nextnoted;	/* (q) of vq_noted */
	uint32_t		 vr_waiters;	/* (q) threads that sleep */

	/* Time. */
	bool			 vr_warned;	/* (q) paced, and said so */
	sbintime_t		 vr_began;	/* (q) when the run, or pace */
	uint64_t		 vr_from;	/* (q) ... began, at so many */
	uint64_t		 vr_drained;	/* (q) run that ended */
	sbintime_t		 vr_drain;	/* (q) when sound(4) said so */
	sbintime_t		 vr_ended;	/* (q) when all was back */

	struct vtsnd_ring_stats	 vr_stats;	/* (q) */
};

/* Why no period goes out: one has found no room; the device is reset. */
#define	VTSND_FULL	0x1
#define	VTSND_PAUSED	0x2

struct vtsnd_queue {
	struct kpi_mtx		 vq_mtx;
	struct virtqueue	*vq_vq;		/* (q) NULL until bound */
	/* (q) Those with memory, by the number of the stream. */
	struct vtsnd_ring	*vq_rings[VTSND_MAXSTREAMS];
	uint8_t			 vq_closed;	/* (q) why no period goes out */
	bool			 vq_needs_notify; /* (q) periods were sent */
	struct vtsnd_ring	*vq_noted;	/* (q) rings to be advanced */
	struct vtsnd_queue_stats vq_stats;	/* (q) */
};

/*
 * Statuses of the periods.  Without the gap the first status could lie right
 * after some samples, and sglist(9) would merge the two.
 */
struct vtsnd_statuses {
	uint8_t			 vs_gap[64];
	struct vtsnd_wire_status vs_status[VTSND_MAXPERIODS];
};

static void	vtsnd_queue_share(struct vtsnd_queue *q);
static __always_inline void vtsnd_ring_advance(struct vtsnd_queue *q,
		    struct vtsnd_ring *ring);
static void	vtsnd_ring_advance_rarely(struct vtsnd_queue *q,
		    struct vtsnd_ring *ring);
static __always_inline void vtsnd_ring_fill(struct vtsnd_queue *q,
		    struct vtsnd_ring *ring);
static void	vtsnd_ring_stop_flow(struct vtsnd_ring *ring);
static void	vtsnd_ring_await_reports(struct vtsnd_ring *ring);
static __always_inline void vtsnd_period_done(struct vtsnd_ring *ring,
		    struct vtsnd_period *vp, uint32_t len);

struct vtsnd_queue *
vtsnd_queue_create(void)
{
	struct vtsnd_queue *q;

	q = kpi_malloc(sizeof(*q), _Alignof(struct vtsnd_queue),
	    kpi_m_devbuf(), KPI_WAITOK | KPI_ZERO);
	kpi_mtx_init(&q->vq_mtx, "vtsnd data queue", KPI_MTX_DEF);
	return (q);
}

void
vtsnd_queue_destroy(struct vtsnd_queue *q)
{
	kpi_mtx_destroy(&q->vq_mtx);
	kpi_free(q, kpi_m_devbuf());
}

void
vtsnd_queue_bind(struct vtsnd_queue *q, struct virtqueue *vq)
{
	kpi_mtx_lock(&q->vq_mtx);
	q->vq_vq = vq;
	/* A queue begins without interrupts; nothing can be used yet. */
	(void)kpi_vq_enable_intr(vq);
	kpi_mtx_unlock(&q->vq_mtx);
}

const struct vtsnd_queue_stats *
vtsnd_queue_stats(struct vtsnd_queue *q)
{
	return (&q->vq_stats);
}

/* Notify the device of new periods, unless it polls. */
static void
vtsnd_queue_notify(struct vtsnd_queue *q)
{
	if (!q->vq_needs_notify)
		return;
	q->vq_needs_notify = false;
	q->vq_stats.vqs_kicks++;
	kpi_vq_notify(q->vq_vq);
}

/*
 * The cookie of a message for virtqueue(9): never NULL, and never an address.
 */
static __always_inline void *
vtsnd_cookie(const struct vtsnd_ring *ring, uint32_t index)
{
	return ((void *)(uintptr_t)(1 + ring->vr_stream_id * VTSND_MAXPERIODS +
	    index));
}

/*
 * The ring of a message that came back, and in *index which of its periods.
 * NULL: the queue has no such message.  Called with (q).
 */
static __always_inline struct vtsnd_ring *
vtsnd_queue_ring(struct vtsnd_queue *q, const void *cookie, uint32_t *index)
{
	uintptr_t number = (uintptr_t)cookie - 1;
	struct vtsnd_ring *ring = NULL;

	*index = number % VTSND_MAXPERIODS;
	number /= VTSND_MAXPERIODS;
	if (number < VTSND_MAXSTREAMS)
		ring = q->vq_rings[number];
	/*
	 * virtqueue(9) returns the cookie of any id that the device names, even
	 * twice.
	 */
	if (ring == NULL ||
	    ring->vr_periods[*index].vp_message != VTSND_POSTED) {
		q->vq_stats.vqs_bogus++;
		return (NULL);
	}
	return (ring);
}

/* A message came back.  Returns its ring, or NULL.  Called with (q). */
static __always_inline struct vtsnd_ring *
vtsnd_queue_returned(struct vtsnd_queue *q, const void *cookie, uint32_t len)
{
	struct vtsnd_ring *ring;
	uint32_t index;

	ring = vtsnd_queue_ring(q, cookie, &index);
	if (__predict_true(ring != NULL))
		vtsnd_period_done(ring, &ring->vr_periods[index], len);
	return (ring);
}

/* Note a ring to be advanced.  Called with (q). */
static void
vtsnd_queue_note(struct vtsnd_queue *q, struct vtsnd_ring *ring)
{
	if (ring == NULL || ring->vr_noted)
		return;
	ring->vr_noted = true;
	ring->vr_nextnoted = q->vq_noted;
	q->vq_noted = ring;
}

/* Advance the rings that were noted.  Called with (q). */
static void
vtsnd_queue_advance_noted(struct vtsnd_queue *q)
{
	struct vtsnd_ring *ring;

	while ((ring = q->vq_noted) != NULL) {
		q->vq_noted = ring->vr_nextnoted;
		ring->vr_noted = false;
		vtsnd_ring_advance(q, ring);
	}
}

/* Send what rings may send now, and notify the device.  Called with (q). */
static __always_inline void
vtsnd_queue_send(struct vtsnd_queue *q)
{
	if (__predict_false((q->vq_closed & VTSND_FULL) != 0))
		vtsnd_queue_share(q);
	vtsnd_queue_notify(q);
}

/*
 * The device says that there are more messages.  If some is true, one was taken
 * back already, which belongs to ring, or is bogus if that is NULL.  Take them
 * back in rounds, each until virtqueue(9) returns none.  Interrupts are enabled
 * when this returns.  Called with (q), which is released during reports.
 */
static __noinline void
vtsnd_queue_serve_more(struct vtsnd_queue *q, struct vtsnd_ring *ring,
    bool some)
{
	int rounds = some ? 0 : 1;
	uint32_t len;
	void *cookie;

	for (;; rounds++, some = false, ring = NULL) {
		vtsnd_queue_note(q, ring);
		while ((cookie = kpi_vq_dequeue(q->vq_vq, &len)) != NULL) {
			some = true;
			vtsnd_queue_note(q,
			    vtsnd_queue_returned(q, cookie, len));
		}
		/*
		 * A device may set the used index up to 2^16 ahead of the
		 * messages it has used.  Then virtqueue(9) returns none, and
		 * still says that there are more.
		 */
		if (!some) {
			q->vq_stats.vqs_bogus++;
			if (rounds > VTSND_MAXROUNDS)
				break;
		}
		vtsnd_queue_advance_noted(q);
		vtsnd_queue_send(q);
		if (!kpi_vq_enable_intr(q->vq_vq))
			break;
	}
}

/*
 * Handle all messages that the device has used.  All are taken back before any
 * period is sent, so a ring that then has no period with the device has run
 * dry.
 *
 * Interrupts are enabled as soon as the messages are taken back, before the
 * report.  So virtqueue(9) says at no extra cost whether there is a second
 * message, which is rare.  A message that the device uses later interrupts, and
 * this function runs again: FreeBSD runs a handler once more if its interrupt
 * came meanwhile.  Called with (q), which is released during reports.
 */
static __always_inline void
vtsnd_queue_serve(struct vtsnd_queue *q)
{
	struct vtsnd_ring *ring;
	uint32_t len;
	void *cookie;

	cookie = kpi_vq_dequeue(q->vq_vq, &len);
	if (__predict_true(cookie != NULL &&
	    (ring = vtsnd_queue_returned(q, cookie, len)) != NULL)) {
		if (__predict_true(!kpi_vq_enable_intr(q->vq_vq)))
			vtsnd_ring_advance(q, ring);
		else
			vtsnd_queue_serve_more(q, ring, true);
	} else if (kpi_vq_enable_intr(q->vq_vq))
		vtsnd_queue_serve_more(q, NULL, cookie != NULL);
	vtsnd_queue_send(q);
}

void
vtsnd_queue_intr(void *arg)
{
	struct vtsnd_queue *q = arg;

	kpi_mtx_lock(&q->vq_mtx);
	/* A device may claim to have used messages before it was given any. */
	if (__predict_true(q->vq_vq != NULL)) {
		q->vq_stats.vqs_interrupts++;
		vtsnd_queue_serve(q);
	}
	kpi_mtx_unlock(&q->vq_mtx);
}

void
vtsnd_queue_service(struct vtsnd_queue *q)
{
	kpi_mtx_lock(&q->vq_mtx);
	if (q->vq_vq != NULL)
		vtsnd_queue_serve(q);
	kpi_mtx_unlock(&q->vq_mtx);
}

void
vtsnd_queue_pause(struct vtsnd_queue *q)
{
	int i;

	kpi_mtx_lock(&q->vq_mtx);
	q->vq_closed |= VTSND_PAUSED;
	q->vq_needs_notify = false;
	for (i = 0; i < VTSND_MAXSTREAMS; i++)
		if (q->vq_rings[i] != NULL)
			kpi_wakeup(q->vq_rings[i]);
	kpi_mtx_unlock(&q->vq_mtx);
}

/*
 * The device was reset, so all periods are idle, whatever the queue says.
 * Periods that were not consumed are sent again, and recorded anew.  Called
 * with (q).
 */
static void
vtsnd_ring_reclaim(struct vtsnd_ring *ring)
{
	struct vtsnd_period *vp;

	vtsnd_ring_stop_flow(ring);
	for (vp = ring->vr_periods;
	    vp < ring->vr_periods + VTSND_MAXPERIODS; vp++) {
		if (vp->vp_message != VTSND_IDLE)
			vp->vp_missing = 0;
		vp->vp_message = VTSND_IDLE;
	}
	ring->vr_inflight = 0;
	ring->vr_sent = ring->vr_consumed;
	ring->vr_tail = ring->vr_head;
}

/*
 * No interrupt comes any more, and no stream's task runs, so no ring is freed.
 * A period that the device has returned counts as consumed.  A period that it
 * has not returned is sent again, whole: its samples may be heard twice, or are
 * recorded anew.  Samples that the device took and returned ahead of its clock,
 * and did not play before the reset, are lost.
 */
void
vtsnd_queue_drain(struct vtsnd_queue *q)
{
	int i, last = 0;

	vtsnd_queue_service(q);
	kpi_mtx_lock(&q->vq_mtx);
	while (q->vq_vq != NULL && kpi_vq_drain(q->vq_vq, &last) != NULL)
		continue;
	for (i = 0; i < VTSND_MAXSTREAMS; i++)
		if (q->vq_rings[i] != NULL)
			vtsnd_ring_reclaim(q->vq_rings[i]);
	/*
	 * The callout of a paced ring may be in sound(4), which frees channels.
	 */
	for (i = 0; i < VTSND_MAXSTREAMS; i++)
		if (q->vq_rings[i] != NULL)
			vtsnd_ring_await_reports(q->vq_rings[i]);
	q->vq_closed &= ~VTSND_FULL;
	kpi_mtx_unlock(&q->vq_mtx);
}

void
vtsnd_queue_resume(struct vtsnd_queue *q)
{
	kpi_mtx_lock(&q->vq_mtx);
	q->vq_closed &= ~VTSND_PAUSED;
	(void)kpi_vq_enable_intr(q->vq_vq);
	kpi_mtx_unlock(&q->vq_mtx);
}

/*
 * A period was recorded in part, or failed.  The status is in its place only
 * if the device wrote the whole message: QEMU writes the status right after
 * the bytes that it has recorded.  Called with (q).
 */
static __noinline void
vtsnd_period_failed(struct vtsnd_ring *ring, struct vtsnd_period *vp,
    uint32_t len)
{
	/* RELEASE returns periods that were not recorded: no failure. */
	if (ring->vr_dir == VTSND_CAPTURE && ring->vr_flow == VTSND_STOPPED)
		return;
	vp->vp_missing = ring->vr_geom.vg_period_bytes;
	if (len > sizeof(*vp->vp_status) && len < ring->vr_answer) {
		vp->vp_missing = ring->vr_answer - len;
		ring->vr_stats.vrs_short++;
		return;
	}
	if (ring->vr_stats.vrs_errors++ == 0)
		device_printf(ring->vr_dev, "stream %u: the device failed a "
		    "period: status %#x in %u bytes\n", ring->vr_stream_id,
		    le32toh(vp->vp_status->status), len);
}

/*
 * Where sound(4) is in the buffer: at the first byte that it was not told of.
 * Written as the fields marked (r) are.
 */
static __always_inline uint32_t
vtsnd_ring_pos(const struct vtsnd_ring *ring)
{
	return (kpi_pcm_ptr(&ring->vr_chan));
}

/* Where the period is in the buffer. */
static __always_inline uint32_t
vtsnd_period_index(const struct vtsnd_ring *ring, const struct vtsnd_period *vp)
{
	return (vp - ring->vr_periods);
}

/* The memory that the messages point to.  Called with (q). */
static __always_inline struct kpi_dma_buf *
vtsnd_ring_buf(struct vtsnd_ring *ring)
{
	return (ring->vr_used);
}

/*
 * Fill the part of a period that was not recorded with silence.  Called with
 * (q).
 */
static void
vtsnd_period_silence(struct vtsnd_ring *ring, struct vtsnd_period *vp)
{
	uint32_t size = ring->vr_geom.vg_period_bytes;
	uint32_t index = vtsnd_period_index(ring, vp);
	char *samples = vtsnd_ring_buf(ring)->kdb_vaddr;

	if (vp->vp_missing == 0)
		return;
	memset(samples + (index + 1) * size - vp->vp_missing, ring->vr_silence,
	    vp->vp_missing);
	vp->vp_missing = 0;
}

/*
 * The device has returned a period.  It claims to have written len bytes of the
 * message.  Called with (q).
 */
static __always_inline void
vtsnd_period_done(struct vtsnd_ring *ring, struct vtsnd_period *vp,
    uint32_t len)
{
	const struct vtsnd_wire_status *status;

	kpi_dma_sync(&ring->vr_status, KPI_DMA_POSTREAD);
	status = vp->vp_status;
	SDT_PROBE5(virtio_snd, , , complete, device_get_unit(ring->vr_dev),
	    ring->vr_stream_id, vtsnd_period_index(ring, vp), len,
	    le32toh(status->status));
	vp->vp_message = VTSND_RETURNED;
	ring->vr_inflight--;
	if (__predict_true(len == ring->vr_answer &&
	    status->status == htole32(VTSND_S_OK)))
		ring->vr_stats.vrs_latency = le32toh(status->latency_bytes);
	else
		vtsnd_period_failed(ring, vp, len);
}

/* Report at the pace of the clock from now on.  Called with (q). */
static void
vtsnd_ring_pace(struct vtsnd_ring *ring)
{
	ring->vr_flow = VTSND_PACED;
	ring->vr_began = kpi_uptime();
	ring->vr_from = ring->vr_told;
	if (ring->vr_warned)
		return;
	ring->vr_warned = true;
	device_printf(ring->vr_dev, "stream %u: the device does not keep "
	    "time: it gets periods by the clock\n", ring->vr_stream_id);
}

/* The playing time of so many bytes. */
static sbintime_t
vtsnd_ring_time(const struct vtsnd_ring *ring, uint64_t bytes)
{
	return (bytes / ring->vr_geom.vg_period_bytes * ring->vr_period);
}

/* See whether the device keeps time.  Called with (q). */
static __noinline void
vtsnd_ring_check_time(struct vtsnd_ring *ring)
{
	sbintime_t passed = kpi_uptime() - ring->vr_began;

	if (ring->vr_flow == VTSND_LIVE &&
	    vtsnd_ring_time(ring, ring->vr_consumed - ring->vr_from) >
	    passed + passed / VTSND_DRIFT + VTSND_AHEAD)
		vtsnd_ring_pace(ring);
}

/* Send and report no more periods.  Called with (q). */
static void
vtsnd_ring_stop_flow(struct vtsnd_ring *ring)
{
	ring->vr_flow = VTSND_STOPPED;
	kpi_callout_stop(&ring->vr_callout);
}

/* kpi_callout_fn of a paced ring.  Called with (q). */
static void
vtsnd_ring_tick(void *arg)
{
	struct vtsnd_ring *ring = arg;

	vtsnd_ring_advance_rarely(ring->vr_queue, ring);
	vtsnd_queue_notify(ring->vr_queue);
}

/*
 * How many of n consumed bytes the clock has passed.  For the rest the callout
 * is set.  Called with (q).
 */
static __noinline uint32_t
vtsnd_ring_due_by_clock(struct vtsnd_ring *ring, uint32_t n)
{
	sbintime_t passed = kpi_uptime() - ring->vr_began;
	uint64_t told = ring->vr_told - ring->vr_from, due;

	due = (uint64_t)(passed / ring->vr_period) *
	    ring->vr_geom.vg_period_bytes;
	if (due >= told + n)
		return (n);
	kpi_callout_reset(&ring->vr_callout, MAX(VTSND_TICK,
	    vtsnd_ring_time(ring, told) + ring->vr_period - passed),
	    VTSND_TICK / 4, vtsnd_ring_tick, ring);
	return (due > told ? due - told : 0);
}

/*
 * How many of n consumed bytes to report, unless it is all of them.  Called
 * with (q).
 */
static __noinline uint32_t
vtsnd_ring_due_rarely(struct vtsnd_ring *ring, uint32_t n)
{
	/* sound(4) would take a whole buffer for no progress. */
	if (n == ring->vr_size)
		n -= ring->vr_geom.vg_period_bytes;
	if (ring->vr_flow == VTSND_PACED)
		return (vtsnd_ring_due_by_clock(ring, n));
	return (ring->vr_flow == VTSND_LIVE ? n : 0);
}

/* Bytes to report.  Called with (q). */
static __always_inline uint32_t
vtsnd_ring_due(struct vtsnd_ring *ring)
{
	uint32_t n = ring->vr_consumed - ring->vr_told;

	if (n != 0 && __predict_false(n == ring->vr_size ||
	    ring->vr_flow != VTSND_LIVE))
		return (vtsnd_ring_due_rarely(ring, n));
	return (n);
}

/*
 * Recorded bytes: sound(4) may have all of them, and the device gets their
 * periods again.  Called with (q).
 */
static void
vtsnd_ring_take_recorded(struct vtsnd_ring *ring, uint32_t n)
{
	uint32_t size = ring->vr_geom.vg_period_bytes;
	struct vtsnd_period *vp;

	ring->vr_fresh = ring->vr_told + n + ring->vr_size;
	vp = &ring->vr_periods[vtsnd_ring_pos(ring) / size];
	for (; n != 0; n -= size, vp = vp->vp_next)
		vtsnd_period_silence(ring, vp);
}

/*
 * Make n bytes that the device has returned, from the position on, visible to
 * sound(4).  While the channel is stopped, sound(4) may clear the buffer.  So
 * this is done only while the ring runs.  Called with (q).
 */
static __always_inline void
vtsnd_ring_take(struct vtsnd_ring *ring, uint32_t n)
{
	kpi_dma_sync(vtsnd_ring_buf(ring), ring->vr_post);
	if (ring->vr_dir == VTSND_CAPTURE)
		vtsnd_ring_take_recorded(ring, n);
}

/* True if there is a period that the device may have.  Called with (q). */
static bool
vtsnd_ring_ready(const struct vtsnd_ring *ring)
{
	return (ring->vr_flow != VTSND_STOPPED && ring->vr_sent +
	    ring->vr_geom.vg_period_bytes <= ring->vr_end);
}

/* Hand the device the next period.  Called with (q).  False: no room. */
static __always_inline bool
vtsnd_ring_post(struct vtsnd_queue *q, struct vtsnd_ring *ring)
{
	struct vtsnd_period *vp = ring->vr_tail;

	if (kpi_vq_enqueue(q->vq_vq,
	    vp->vp_cookie, vp->vp_sg, ring->vr_readable,
	    ring->vr_writable) != 0) {
		q->vq_closed |= VTSND_FULL;
		return (false);
	}
	SDT_PROBE4(virtio_snd, , , enqueue, device_get_unit(ring->vr_dev),
	    ring->vr_stream_id, vtsnd_period_index(ring, vp),
	    ring->vr_geom.vg_period_bytes);
	vp->vp_message = VTSND_POSTED;
	q->vq_needs_notify |= ring->vr_notified;
	ring->vr_inflight++;
	ring->vr_sent += ring->vr_geom.vg_period_bytes;
	ring->vr_tail = vp->vp_next;
	return (true);
}

/* Let the device have the samples, or write them, and write statuses. */
static void
vtsnd_ring_sync(struct vtsnd_ring *ring)
{
	kpi_dma_sync(vtsnd_ring_buf(ring), ring->vr_pre);
	kpi_dma_sync(&ring->vr_status, KPI_DMA_PREREAD);
}

/* Hand the device all that it may have.  Called with (q), while it runs. */
static __always_inline void
vtsnd_ring_fill(struct vtsnd_queue *q, struct vtsnd_ring *ring)
{
	/* vtsnd_queue_share() gives away the room that the queue has then. */
	if (__predict_false(q->vq_closed != 0))
		return;
	vtsnd_ring_sync(ring);
	while (ring->vr_sent + ring->vr_geom.vg_period_bytes <= ring->vr_end &&
	    vtsnd_ring_post(q, ring))
		continue;
}

/* Wake the threads that wait for reports or periods.  Called with (q). */
static __noinline void
vtsnd_ring_wake(struct vtsnd_ring *ring)
{
	if (ring->vr_waiters != 0)
		kpi_wakeup(ring);
}

/*
 * Report the consumed bytes to sound(4), and send the device what sound(4) has
 * filled.  One thread at a time does this.  A second thread returns at once,
 * because the first looks again before it stops.  Called with (q), which is
 * released during the report.
 */
static __always_inline void
vtsnd_ring_report(struct vtsnd_queue *q, struct vtsnd_ring *ring)
{
	uint32_t n, pos;

	if (__predict_false(ring->vr_reporting))
		return;
	ring->vr_reporting = true;
	while ((n = vtsnd_ring_due(ring)) != 0) {
		vtsnd_ring_take(ring, n);
		ring->vr_told += n;
		pos = vtsnd_ring_pos(ring) + n;
		if (pos >= ring->vr_size)
			pos -= ring->vr_size;
		kpi_pcm_setptr(&ring->vr_chan, pos);
		kpi_mtx_unlock(&q->vq_mtx);
		kpi_pcm_intr(&ring->vr_chan);
		kpi_mtx_lock(&q->vq_mtx);
		if (__predict_false(ring->vr_flow < VTSND_LIVE)) {
			/* It was stopped: a thread may wait for the end. */
			ring->vr_reporting = false;
			vtsnd_ring_wake(ring);
			return;
		}
		ring->vr_end = ring->vr_fresh;
		vtsnd_ring_fill(q, ring);
	}
	ring->vr_reporting = false;
}

/* The device has no period of a ring that runs.  Called with (q). */
static __noinline void
vtsnd_ring_ran_dry(struct vtsnd_ring *ring)
{
	if ((ring->vr_queue->vq_closed & VTSND_PAUSED) == 0)
		ring->vr_stats.vrs_xruns++;
}

/* The last periods are sent: see whether all are consumed.  Called with (q). */
static __noinline void
vtsnd_ring_check_end(struct vtsnd_ring *ring)
{
	if (ring->vr_consumed != ring->vr_end)
		return;
	kpi_dma_sync(vtsnd_ring_buf(ring), ring->vr_post);
	ring->vr_ended = kpi_uptime();
	vtsnd_ring_stop_flow(ring);
}

/*
 * Consume the periods that came back.  They come back in the order in which
 * they were sent.  If a device returns them in another order, only those before
 * the oldest outstanding one count.  Called with (q).
 */
static __always_inline void
vtsnd_ring_consume_returned(struct vtsnd_ring *ring)
{
	const uint32_t size = ring->vr_geom.vg_period_bytes;
	struct vtsnd_period *vp = ring->vr_head;

	for (; vp->vp_message == VTSND_RETURNED; vp = vp->vp_next) {
		vp->vp_message = VTSND_IDLE;
		ring->vr_consumed += size;
		ring->vr_stats.vrs_periods++;
		if (__predict_false(ring->vr_stats.vrs_periods % VTSND_LOOK ==
		    0))
			vtsnd_ring_check_time(ring);
	}
	ring->vr_head = vp;
}

/*
 * Periods came back, and the ring does not run, or not at the device's pace.
 * Threads wait only for such a ring: see vtsnd_ring_wait().  Called with (q),
 * which is released during the report.
 */
static __noinline void
vtsnd_ring_advance_rarely(struct vtsnd_queue *q, struct vtsnd_ring *ring)
{
	if (ring->vr_flow != VTSND_STOPPED) {
		vtsnd_ring_consume_returned(ring);
		if (ring->vr_flow == VTSND_FINISHING)
			vtsnd_ring_check_end(ring);
		else
			vtsnd_ring_report(q, ring);
	}
	vtsnd_ring_wake(ring);
}

/*
 * Periods came back.  Consume and report them.  Called with (q), which is
 * released during the report.
 */
static __always_inline void
vtsnd_ring_advance(struct vtsnd_queue *q, struct vtsnd_ring *ring)
{
	if (__predict_false(ring->vr_flow != VTSND_LIVE)) {
		vtsnd_ring_advance_rarely(q, ring);
		return;
	}
	if (__predict_false(ring->vr_inflight == 0))
		vtsnd_ring_ran_dry(ring);
	vtsnd_ring_consume_returned(ring);
	vtsnd_ring_report(q, ring);
}

/*
 * The queue has no room for all periods.  Give the room to the rings that have
 * the fewest bytes with the device.  Called with (q).
 */
static void
vtsnd_queue_share(struct vtsnd_queue *q)
{
	struct vtsnd_ring *least, *ring;
	int i;

	q->vq_closed &= ~VTSND_FULL;
	if ((q->vq_closed & VTSND_PAUSED) != 0)
		return;
	do {
		least = NULL;
		for (i = 0; i < VTSND_MAXSTREAMS; i++) {
			ring = q->vq_rings[i];
			if (ring != NULL && vtsnd_ring_ready(ring) &&
			    (least == NULL ||
			    ring->vr_inflight < least->vr_inflight))
				least = ring;
		}
		if (least == NULL)
			return;
		vtsnd_ring_sync(least);
	} while (vtsnd_ring_post(q, least));
}

/* Allocate coherent memory of size bytes that the device reaches anywhere. */
static int
vtsnd_dma_alloc(device_t dev, bus_size_t size, struct kpi_dma_tag *tag,
    struct kpi_dma_buf *buf)
{
	const struct kpi_dma_params params = {
		.kdp_align = PAGE_SIZE,
		.kdp_maxaddr = BUS_SPACE_MAXADDR,
		.kdp_maxsize = size,
		.kdp_maxsegsz = size,
		.kdp_maxsegs = 1,
	};
	int error;

	error = kpi_dma_tag_create(dev, &params, tag);
	if (error != 0)
		return (error);
	return (kpi_dma_alloc(tag, KPI_WAITOK, buf));
}

/*
 * Allocate the memory that the device reads and the memory that it writes,
 * apart from each other.  On an error some of it may be allocated.
 */
static int
vtsnd_ring_alloc_dma(struct vtsnd_ring *ring)
{
	struct vtsnd_wire_xfer *header;
	int error;

	error = vtsnd_dma_alloc(ring->vr_dev, ring->vr_bufsize,
	    &ring->vr_buftag, &ring->vr_bufs[0]);
	if (error == 0 && ring->vr_dir == VTSND_PLAYBACK)
		error = kpi_dma_alloc(&ring->vr_buftag, KPI_WAITOK,
		    &ring->vr_bufs[1]);
	if (error != 0)
		return (error);
	error = vtsnd_dma_alloc(ring->vr_dev, sizeof(struct vtsnd_statuses),
	    &ring->vr_statustag, &ring->vr_status);
	if (error != 0)
		return (error);
	error = vtsnd_dma_alloc(ring->vr_dev, sizeof(*header),
	    &ring->vr_hdrtag, &ring->vr_hdr);
	if (error != 0)
		return (error);
	header = ring->vr_hdr.kdb_vaddr;
	header->stream_id = htole32(ring->vr_stream_id);
	kpi_dma_sync(&ring->vr_hdr, KPI_DMA_PREWRITE);
	return (0);
}

/* Free what of it is allocated. */
static void
vtsnd_ring_free_dma(struct vtsnd_ring *ring)
{
	kpi_dma_free(&ring->vr_hdr);
	kpi_dma_tag_destroy(&ring->vr_hdrtag);
	kpi_dma_free(&ring->vr_status);
	kpi_dma_tag_destroy(&ring->vr_statustag);
	kpi_dma_free(&ring->vr_bufs[1]);
	kpi_dma_free(&ring->vr_bufs[0]);
	kpi_dma_tag_destroy(&ring->vr_buftag);
}

/* Allocate the periods, whose messages are made later. */
static struct vtsnd_period *
vtsnd_ring_alloc_periods(const struct vtsnd_ring *ring)
{
	const struct vtsnd_statuses *statuses = ring->vr_status.kdb_vaddr;
	struct vtsnd_period *periods, *vp;
	int i;

	periods = kpi_malloc(VTSND_MAXPERIODS * sizeof(*periods),
	    _Alignof(struct vtsnd_period), kpi_m_devbuf(),
	    KPI_WAITOK | KPI_ZERO);
	for (i = 0; i < VTSND_MAXPERIODS; i++) {
		vp = &periods[i];
		vp->vp_cookie = vtsnd_cookie(ring, i);
		vp->vp_status = &statuses->vs_status[i];
		vp->vp_sg = kpi_sglist_alloc(VTSND_SEGS, KPI_WAITOK);
	}
	return (periods);
}

static void
vtsnd_ring_free_periods(struct vtsnd_ring *ring)
{
	int i;

	if (ring->vr_periods == NULL)
		return;
	for (i = 0; i < VTSND_MAXPERIODS; i++)
		kpi_sglist_free(ring->vr_periods[i].vp_sg);
	kpi_free(ring->vr_periods, kpi_m_devbuf());
}

/*
 * Begin to use the memory.  It becomes sound(4)'s buffer with the channel's
 * mutex held, under which kpo_trigger sees whether there is memory.
 */
static void
vtsnd_ring_use_memory(struct vtsnd_ring *ring, struct vtsnd_period *periods)
{
	struct vtsnd_queue *q = ring->vr_queue;
	void *unopened = ring->vr_unopened;

	kpi_pcm_lock(&ring->vr_chan);
	kpi_pcm_growbuf(&ring->vr_chan, ring->vr_bufs[0].kdb_vaddr,
	    ring->vr_bufsize);
	kpi_mtx_lock(&q->vq_mtx);
	ring->vr_periods = ring->vr_head = ring->vr_tail = periods;
	q->vq_rings[ring->vr_stream_id] = ring;
	kpi_mtx_unlock(&q->vq_mtx);
	ring->vr_unopened = NULL;
	kpi_pcm_unlock(&ring->vr_chan);
	kpi_free(unopened, kpi_m_devbuf());
}

/*
 * True if the caller is to allocate the memory, and then to call
 * vtsnd_ring_allocated().  Waits for another thread that does.
 */
static bool
vtsnd_ring_allocate(struct vtsnd_ring *ring)
{
	struct vtsnd_queue *q = ring->vr_queue;
	bool mine;

	kpi_mtx_lock(&q->vq_mtx);
	while (ring->vr_allocating)
		kpi_msleep(&ring->vr_allocating, &q->vq_mtx, "vtsndm", 0);
	mine = ring->vr_allocating = ring->vr_periods == NULL;
	kpi_mtx_unlock(&q->vq_mtx);
	return (mine);
}

static void
vtsnd_ring_allocated(struct vtsnd_ring *ring)
{
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	ring->vr_allocating = false;
	kpi_wakeup(&ring->vr_allocating);
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
}

/*
 * Give the ring its memory, if a program has opened the channel.  Without
 * memory the channel does not start, and the next call tries again.
 */
static void
vtsnd_ring_opened(struct vtsnd_ring *ring)
{
	bool opened;

	kpi_pcm_lock(&ring->vr_chan);
	opened = kpi_pcm_opened(&ring->vr_chan);
	kpi_pcm_unlock(&ring->vr_chan);
	if (!opened || !vtsnd_ring_allocate(ring))
		return;
	if (vtsnd_ring_alloc_dma(ring) == 0)
		vtsnd_ring_use_memory(ring, vtsnd_ring_alloc_periods(ring));
	else
		vtsnd_ring_free_dma(ring);
	vtsnd_ring_allocated(ring);
}

int
vtsnd_ring_create(device_t dev, struct vtsnd_queue *q, enum vtsnd_dir dir,
    uint32_t stream_id, uint32_t size, struct vtsnd_ring **ringp)
{
	struct vtsnd_ring *ring;

	if (stream_id >= VTSND_MAXSTREAMS)
		return (EINVAL);
	ring = kpi_malloc(sizeof(*ring), _Alignof(struct vtsnd_ring),
	    kpi_m_devbuf(), KPI_WAITOK | KPI_ZERO);
	ring->vr_queue = q;
	ring->vr_dev = dev;
	ring->vr_stream_id = stream_id;
	ring->vr_dir = dir;
	ring->vr_readable = dir == VTSND_CAPTURE ? 1 : 2;
	ring->vr_asked = UINT32_MAX;	/* nothing: a block is a period */
	ring->vr_writable = VTSND_SEGS - ring->vr_readable;
	ring->vr_pre = dir == VTSND_CAPTURE ? KPI_DMA_PREREAD :
	    KPI_DMA_PREWRITE;
	ring->vr_post = dir == VTSND_CAPTURE ? KPI_DMA_POSTREAD :
	    KPI_DMA_POSTWRITE;
	ring->vr_bufsize = size;
	ring->vr_unopened = kpi_malloc(VTSND_UNOPENED, KPI_MALLOC_ALIGN,
	    kpi_m_devbuf(), KPI_WAITOK | KPI_ZERO);
	kpi_callout_init(&ring->vr_callout, &q->vq_mtx);
	*ringp = ring;
	return (0);
}

void
vtsnd_ring_destroy(struct vtsnd_ring *ring)
{
	struct vtsnd_queue *q = ring->vr_queue;

	KASSERT(ring->vr_inflight == 0, ("stream %u: %u periods outstanding",
	    ring->vr_stream_id, ring->vr_inflight));
	kpi_mtx_lock(&q->vq_mtx);
	q->vq_rings[ring->vr_stream_id] = NULL;
	kpi_mtx_unlock(&q->vq_mtx);
	kpi_callout_drain(&ring->vr_callout);
	vtsnd_ring_free_periods(ring);
	vtsnd_ring_free_dma(ring);
	kpi_free(ring->vr_unopened, kpi_m_devbuf());
	kpi_free(ring, kpi_m_devbuf());
}

/*
 * Divide a block of sound(4)'s into periods: as large as the program's own
 * blocks, but at least a millisecond, so that interrupts are worth their cost.
 * If sound(4) keeps less than two periods filled, they are smaller: the device
 * must have one while sound(4) fills the next.  The program's blocks may still
 * be those of before, when another thread is just changing them.  In any case a
 * block is a whole number of periods, and there are no more of them than a ring
 * has.
 */
static struct vtsnd_geometry
vtsnd_ring_divide(const struct vtsnd_ring *ring,
    const struct kpi_pcm_fill *fill)
{
	uint32_t period = MIN(ring->vr_asked, fill->kpf_blksz);

	if (fill->kpf_blksz % period != 0 || period % fill->kpf_align != 0)
		period = fill->kpf_blksz;
	while (fill->kpf_blksz % (period * 2) == 0 &&
	    (period < fill->kpf_byterate / 1000 ||
	    fill->kpf_size / period > VTSND_MAXPERIODS))
		period *= 2;
	if (fill->kpf_size / period > VTSND_MAXPERIODS)
		period = fill->kpf_blksz;
	while (fill->kpf_filled / period < 2 &&
	    period % (2 * fill->kpf_align) == 0 &&
	    fill->kpf_size / period * 2 <= VTSND_MAXPERIODS)
		period /= 2;
	return ((struct vtsnd_geometry) {
		.vg_period_bytes = period,
		.vg_periods = fill->kpf_size / period,
	});
}

/*
 * Cancel the requested start.  No more periods flow, except for the end of an
 * earlier sound, which still plays.  Called with (q).
 */
static void
vtsnd_ring_cancel(struct vtsnd_ring *ring)
{
	ring->vr_request.vrq_start = 0;
	if (ring->vr_flow != VTSND_FINISHING)
		vtsnd_ring_stop_flow(ring);
}

/* Request a start.  The position is 0 from now on.  Called with (s). */
static void
vtsnd_ring_request_start(struct vtsnd_ring *ring)
{
	struct vtsnd_request *request = &ring->vr_request;
	struct kpi_pcm_fill fill;

	kpi_pcm_getfill(&ring->vr_chan, &fill);
	if (ring->vr_dir == VTSND_CAPTURE)
		fill.kpf_filled = fill.kpf_size;
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	vtsnd_ring_cancel(ring);
	request->vrq_start = ++ring->vr_starts;
	request->vrq_format = ring->vr_format;
	request->vrq_speed = ring->vr_speed;
	request->vrq_geom = vtsnd_ring_divide(ring, &fill);
	ring->vr_fill = fill.kpf_filled;
	kpi_pcm_setptr(&ring->vr_chan, 0);
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
}

/* Stop at once, and drop samples that were not played.  Called with (s). */
static void
vtsnd_ring_request_stop(struct vtsnd_ring *ring)
{
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	vtsnd_ring_cancel(ring);
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
}

/* Fill the rest of the last period with silence.  Called with (q). */
static void
vtsnd_ring_pad(struct vtsnd_ring *ring)
{
	uint32_t filled = ring->vr_end - ring->vr_told;
	uint32_t some = filled % ring->vr_geom.vg_period_bytes;
	char *samples = vtsnd_ring_buf(ring)->kdb_vaddr;

	if (some == 0)
		return;
	memset(samples + (vtsnd_ring_pos(ring) + filled) % ring->vr_size,
	    ring->vr_silence, ring->vr_geom.vg_period_bytes - some);
	ring->vr_end += ring->vr_geom.vg_period_bytes - some;
}

/*
 * Send all that sound(4) has filled, and report nothing more.  sound(4) goes on
 * in the other buffer.  Called with (s) and (q).
 */
static void
vtsnd_ring_finish(struct vtsnd_ring *ring)
{
	vtsnd_ring_pad(ring);
	ring->vr_shown = 1 - ring->vr_shown;
	kpi_pcm_swapbuf(&ring->vr_chan,
	    ring->vr_bufs[ring->vr_shown].kdb_vaddr);
	ring->vr_flow = VTSND_FINISHING;
	ring->vr_drained = ring->vr_run;
	ring->vr_drain = ring->vr_ended = kpi_uptime();
	vtsnd_ring_fill(ring->vr_queue, ring);
	vtsnd_queue_notify(ring->vr_queue);
	vtsnd_ring_check_end(ring);
}

/*
 * The sound is at its end: stop when all of it was played.  A ring that records
 * stops at once.  So does a ring whose run has not begun: sound(4) starts with
 * silence, so no sample of the program was filled yet.  Called with (s).
 */
static void
vtsnd_ring_request_end(struct vtsnd_ring *ring)
{
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	if (ring->vr_dir == VTSND_PLAYBACK &&
	    ring->vr_flow != VTSND_STOPPED &&
	    ring->vr_run == ring->vr_request.vrq_start)
		vtsnd_ring_finish(ring);
	vtsnd_ring_cancel(ring);
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
}

struct vtsnd_request
vtsnd_ring_request(struct vtsnd_ring *ring)
{
	struct vtsnd_request request;

	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	request = ring->vr_request;
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
	return (request);
}

void
vtsnd_ring_refuse(struct vtsnd_ring *ring, uint64_t start)
{
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	if (ring->vr_request.vrq_start == start)
		vtsnd_ring_cancel(ring);
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
}

void
vtsnd_ring_stop(struct vtsnd_ring *ring)
{
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	vtsnd_ring_stop_flow(ring);
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
}

bool
vtsnd_ring_end(struct vtsnd_ring *ring, uint64_t start, struct vtsnd_end *end)
{
	bool drained;

	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	drained = ring->vr_drained == start;
	end->ve_left = ring->vr_flow == VTSND_FINISHING ?
	    ring->vr_end - ring->vr_consumed : 0;
	end->ve_requested = ring->vr_drain;
	end->ve_returned = ring->vr_ended;
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
	return (drained);
}

/* Make the messages of the next run.  Called with (q), at rest. */
static void
vtsnd_ring_build(struct vtsnd_ring *ring)
{
	const struct vtsnd_geometry *geom = &ring->vr_request.vrq_geom;
	struct kpi_dma_buf *buf = &ring->vr_bufs[ring->vr_shown];
	bus_addr_t status = ring->vr_status.kdb_paddr;
	struct sglist *sg;
	uint32_t i;

	if (ring->vr_geom.vg_periods == geom->vg_periods &&
	    ring->vr_geom.vg_period_bytes == geom->vg_period_bytes &&
	    ring->vr_used == buf)
		return;
	ring->vr_geom = *geom;
	ring->vr_size = geom->vg_periods * geom->vg_period_bytes;
	ring->vr_answer = sizeof(struct vtsnd_wire_status);
	if (ring->vr_dir == VTSND_CAPTURE)
		ring->vr_answer += geom->vg_period_bytes;
	ring->vr_used = buf;
	for (i = 0; i < geom->vg_periods; i++) {
		ring->vr_periods[i].vp_next =
		    &ring->vr_periods[(i + 1) % geom->vg_periods];
		sg = ring->vr_periods[i].vp_sg;
		kpi_sglist_reset(sg);
		kpi_sglist_append(sg, ring->vr_hdr.kdb_paddr,
		    sizeof(struct vtsnd_wire_xfer));
		kpi_sglist_append(sg, buf->kdb_paddr +
		    i * geom->vg_period_bytes, geom->vg_period_bytes);
		kpi_sglist_append(sg,
		    status + offsetof(struct vtsnd_statuses, vs_status[i]),
		    sizeof(struct vtsnd_wire_status));
	}
}

/*
 * Clear the whole buffer, so that nothing of an earlier recording is left.  Its
 * run may have been stopped before a report.  Called with (q), at rest.
 */
static void
vtsnd_ring_clear(struct vtsnd_ring *ring)
{
	struct kpi_dma_buf *buf = vtsnd_ring_buf(ring);
	int i;

	for (i = 0; i < VTSND_MAXPERIODS; i++)
		ring->vr_periods[i].vp_missing = 0;
	memset(buf->kdb_vaddr, ring->vr_silence, buf->kdb_size);
	/* If there is a bounce buffer, all of it is copied back later. */
	kpi_dma_sync(buf, KPI_DMA_PREREAD | KPI_DMA_PREWRITE);
}

/*
 * Panic, in an INVARIANTS kernel, if the ring runs: vtsnd_ring_advance() would
 * not wake the calling thread.  Called with (q).
 */
static void
vtsnd_ring_assert_stopped(const struct vtsnd_ring *ring __diagused)
{
	KASSERT(ring->vr_flow < VTSND_LIVE, ("stream %u runs",
	    ring->vr_stream_id));
}

/* Wait until no report to sound(4) is under way.  Called with (q). */
static void
vtsnd_ring_await_reports(struct vtsnd_ring *ring)
{
	ring->vr_waiters++;
	while (ring->vr_reporting) {
		vtsnd_ring_assert_stopped(ring);
		kpi_msleep(ring, &ring->vr_queue->vq_mtx, "vtsndc", 0);
	}
	ring->vr_waiters--;
}

/* Begin at position 0, with what sound(4) has filled.  Called with (q). */
static void
vtsnd_ring_begin(struct vtsnd_ring *ring)
{
	vtsnd_ring_build(ring);
	if (ring->vr_dir == VTSND_CAPTURE)
		vtsnd_ring_clear(ring);
	ring->vr_run = ring->vr_request.vrq_start;
	ring->vr_head = ring->vr_tail = ring->vr_periods;
	ring->vr_told = ring->vr_sent = ring->vr_consumed;
	ring->vr_end = ring->vr_fresh = ring->vr_consumed + ring->vr_fill;
}

int
vtsnd_ring_run(struct vtsnd_ring *ring, uint64_t start, sbintime_t period,
    bool polled)
{
	struct vtsnd_queue *q = ring->vr_queue;
	uint32_t i;

	kpi_mtx_lock(&q->vq_mtx);
	vtsnd_ring_await_reports(ring);
	KASSERT(ring->vr_inflight == 0, ("stream %u: %u periods outstanding",
	    ring->vr_stream_id, ring->vr_inflight));
	if (ring->vr_request.vrq_start != start ||
	    (q->vq_closed & VTSND_PAUSED) != 0) {
		kpi_mtx_unlock(&q->vq_mtx);
		return (ECANCELED);
	}
	if (ring->vr_run != start)
		vtsnd_ring_begin(ring);
	for (i = 0; i < ring->vr_geom.vg_periods; i++)
		ring->vr_periods[i].vp_message = VTSND_IDLE;
	ring->vr_period = period;
	ring->vr_notified = !polled;
	ring->vr_began = kpi_uptime();
	ring->vr_from = ring->vr_consumed;
	ring->vr_flow = VTSND_LIVE;
	vtsnd_ring_fill(q, ring);
	/*
	 * A run that a reset interrupted may have periods that were consumed
	 * and not reported.  If all were, none is with the device that could
	 * bring a report about.
	 */
	vtsnd_ring_report(q, ring);
	vtsnd_queue_notify(q);
	kpi_mtx_unlock(&q->vq_mtx);
	return (0);
}

int
vtsnd_ring_wait(struct vtsnd_ring *ring, sbintime_t timeout)
{
	struct vtsnd_queue *q = ring->vr_queue;
	sbintime_t end = kpi_uptime() + timeout, left;
	int error = 0;

	kpi_mtx_lock(&q->vq_mtx);
	ring->vr_waiters++;
	while ((ring->vr_inflight != 0 || ring->vr_reporting) && error == 0) {
		vtsnd_ring_assert_stopped(ring);
		left = end - kpi_uptime();
		if ((q->vq_closed & VTSND_PAUSED) != 0)
			error = ECANCELED;
		else if (left <= 0)
			error = EWOULDBLOCK;
		else
			error = kpi_msleep(ring, &q->vq_mtx, "vtsndr", left);
	}
	ring->vr_waiters--;
	if (ring->vr_inflight == 0 && !ring->vr_reporting)
		error = 0;
	kpi_mtx_unlock(&q->vq_mtx);
	return (error);
}

void
vtsnd_ring_settle(struct vtsnd_ring *ring)
{
	struct vtsnd_queue *q = ring->vr_queue;

	kpi_mtx_lock(&q->vq_mtx);
	vtsnd_ring_await_reports(ring);
	/*
	 * A device that polls may not look at the queue again before RELEASE.
	 */
	if (!ring->vr_notified && (q->vq_closed & VTSND_PAUSED) == 0)
		q->vq_needs_notify = true;
	vtsnd_queue_notify(q);
	kpi_mtx_unlock(&q->vq_mtx);
}

uint64_t
vtsnd_ring_consumed(struct vtsnd_ring *ring)
{
	uint64_t consumed;

	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	consumed = ring->vr_consumed;
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
	return (consumed);
}

const struct vtsnd_ring_stats *
vtsnd_ring_stats(struct vtsnd_ring *ring)
{
	return (&ring->vr_stats);
}

/* Methods of the ring's sound(4) channel; see kpi_pcm_ops. */

static int
vtsnd_ring_chan_init(void *arg)
{
	struct vtsnd_ring *ring = arg;

	return (kpi_pcm_setbuf(&ring->vr_chan, ring->vr_unopened,
	    VTSND_UNOPENED));
}

/* The device has none of the periods: the card goes, or was never shown. */
static void
vtsnd_ring_chan_free(void *arg __unused)
{
}

static int
vtsnd_ring_chan_setformat(void *arg, uint32_t format)
{
	struct vtsnd_ring *ring = arg;
	const uint32_t *known = ring->vr_chan.kpc_caps->kpa_formats;

	while (kpi_pcm_encoding(*known) != kpi_pcm_encoding(format) ||
	    kpi_pcm_channels(*known) != kpi_pcm_channels(format))
		if (*known++ == 0)
			return (EINVAL);
	ring->vr_format = format;
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	ring->vr_silence = kpi_pcm_silence(format);
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
	return (0);
}

static uint32_t
vtsnd_distance(uint32_t a, uint32_t b)
{
	return (a > b ? a - b : b - a);
}

/* The nearest rate.  Of two that are equally near, the higher one. */
static uint32_t
vtsnd_ring_chan_setspeed(void *arg, uint32_t hz)
{
	struct vtsnd_ring *ring = arg;
	const struct kpi_pcm_caps *caps = ring->vr_chan.kpc_caps;
	uint32_t nearest = caps->kpa_rates[0], rate;
	int i;

	for (i = 1; i < caps->kpa_nrates; i++) {
		rate = caps->kpa_rates[i];
		if (vtsnd_distance(rate, hz) <= vtsnd_distance(nearest, hz))
			nearest = rate;
	}
	ring->vr_speed = nearest;
	return (nearest);
}

/*
 * A block is at least as long as a device's tick.  QEMU takes samples every 10
 * ms, and samples that it does not find then are too late.  sound(4) keeps two
 * blocks filled even if the program asks for less.  The size of the periods,
 * not of the blocks, decides how often the device returns samples.
 */
static int
vtsnd_ring_chan_setfragments(void *arg, uint32_t blksz, uint32_t blkcnt)
{
	struct vtsnd_ring *ring = arg;
	uint32_t block = blksz, most;
	struct kpi_pcm_fill fill;
	bool armed;
	int error;

	vtsnd_ring_opened(ring);
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	armed = ring->vr_request.vrq_start != 0;
	most = ring->vr_periods == NULL ? VTSND_UNOPENED : ring->vr_bufsize;
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
	if (armed)
		return (EBUSY);
	/* A report of the run before may still be under way. */
	kpi_pcm_lock(&ring->vr_chan);
	kpi_pcm_getfill(&ring->vr_chan, &fill);
	kpi_pcm_unlock(&ring->vr_chan);
	while (block < fill.kpf_byterate / VTSND_TICKS && block <= most / 4)
		block *= 2;
	blkcnt = MAX(blkcnt * (uint64_t)blksz / block, KPI_PCM_BLOCKS);
	blkcnt = MIN(blkcnt, MIN(most / block, VTSND_MAXPERIODS));
	error = kpi_pcm_resize(&ring->vr_chan, block, blkcnt);
	if (error != 0)
		return (error);
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	ring->vr_asked = blksz;
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
	return (0);
}

/* Called with (s). */
static int
vtsnd_ring_start(struct vtsnd_ring *ring)
{
	int error;

	if (ring->vr_periods == NULL) {
		device_printf(ring->vr_dev, "stream %u: cannot start: no "
		    "memory for its buffer\n", ring->vr_stream_id);
		return (ENOMEM);
	}
	vtsnd_ring_request_start(ring);
	error = vtsnd_chan_requested(ring->vr_chanarg);
	if (error != 0)
		vtsnd_ring_request_stop(ring);
	return (error);
}

/* A lost device need not be told to stop. */
static int
vtsnd_ring_chan_trigger(void *arg, enum kpi_pcm_trigger go)
{
	struct vtsnd_ring *ring = arg;

	if (go == KPI_PCM_START)
		return (vtsnd_ring_start(ring));
	if (go == KPI_PCM_DRAINED)
		vtsnd_ring_request_end(ring);
	else
		vtsnd_ring_request_stop(ring);
	(void)vtsnd_chan_requested(ring->vr_chanarg);
	return (0);
}

/*
 * chn_resizebuf() empties the buffer, but another thread may start the channel
 * before that.  sound(4) then fills from position 0 on, wherever the device is.
 * So start anew at 0.
 */
static void
vtsnd_ring_chan_filled(void *arg, uint32_t from, uint32_t bytes)
{
	struct vtsnd_ring *ring = arg;

	ring->vr_fresh = ring->vr_told + bytes;
	if (from == 0 && vtsnd_ring_pos(ring) != 0) {
		kpi_pcm_rewind(&ring->vr_chan);
		(void)vtsnd_ring_start(ring);
	}
}

static const struct kpi_pcm_ops vtsnd_ring_chan_ops = {
	.kpo_init = vtsnd_ring_chan_init,
	.kpo_free = vtsnd_ring_chan_free,
	.kpo_setformat = vtsnd_ring_chan_setformat,
	.kpo_setspeed = vtsnd_ring_chan_setspeed,
	.kpo_setfragments = vtsnd_ring_chan_setfragments,
	.kpo_trigger = vtsnd_ring_chan_trigger,
	.kpo_filled = vtsnd_ring_chan_filled,
};

int
vtsnd_ring_addchan(struct vtsnd_ring *ring, void *chan,
    const struct kpi_pcm_caps *caps)
{
	ring->vr_chanarg = chan;
	return (kpi_pcm_addchan(ring->vr_dev,
	    ring->vr_dir == VTSND_CAPTURE ? KPI_PCM_REC : KPI_PCM_PLAY,
	    &vtsnd_ring_chan_ops, ring, caps, &ring->vr_chan));
}
