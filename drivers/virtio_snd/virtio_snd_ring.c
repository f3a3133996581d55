/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * virtio_snd(4): rings of periods on a data queue, the way of the samples.
 *
 * A stream's buffer is sound(4)'s hardware buffer.  It is divided into periods,
 * each with a message made once, when the geometry is chosen: header, the
 * period's bytes, room for a status.  A running ring has all its periods with
 * the device.  When one comes back, sound(4) is told, which fills its bytes
 * anew, or takes what was recorded, and the same message goes out again.
 * Nothing is allocated, copied or translated on the way, and the device is
 * notified once per interrupt, if it wants to be.
 *
 * Playback and capture differ in who writes the samples, and in no more.  What
 * a device did not record, by its own account, is silence to the reader; and
 * the buffer is silent at each start, so that no reader ever gets what another
 * has recorded.
 *
 * Life of a message: idle (vp_posted false), with the device (true), and idle
 * again when the device returns it, which may be after STOP and before the
 * answer to RELEASE (VIRTIO 1.2, 5.14.6.6.5).  The memory goes back only when
 * every message is idle, or the device was reset.  A reset in between, for
 * which the queue is paused, loses no period: see vtsnd_queue_drain().
 *
 * A whole buffer may come back in one interrupt, and sound(4) measures progress
 * modulo the buffer: so each period is reported by itself.
 *
 * The device is not trusted.  What it returns that it does not have is counted
 * and dropped, a length is believed only as far as the message goes, and one
 * that takes periods without end is given no more of them.
 */
#include "virtio_snd_var.h"
#include "kpi_time.h"

#include <sys/endian.h>
#include <sys/queue.h>

SDT_PROVIDER_DECLARE(virtio_snd);
/* Unit, stream, period; then its bytes, or bytes written and status. */
SDT_PROBE_DEFINE4(virtio_snd, , , enqueue, "int", "uint32_t", "uint32_t",
    "uint32_t");
SDT_PROBE_DEFINE5(virtio_snd, , , complete, "int", "uint32_t", "uint32_t",
    "uint32_t", "uint32_t");

/*
 * Locks: (c) constant after creation; (q) vq_mtx of the queue; (i) as (q), and
 * changed only while the ring is at rest.
 * Order: sound(4)'s channel mutex, then (q).  (q) is not held across
 * kpi_pcm_intr(), which takes the former.
 */
struct vtsnd_period {
	struct vtsnd_ring	*vp_ring;	/* (c) */
	struct sglist		*vp_sg;		/* (i) */
	uint32_t		 vp_bytes;	/* (q) recorded in it */
	bool			 vp_posted;	/* (q) with the device */
	bool			 vp_back;	/* (q) back, not reported */
};

/*
 * A device may return periods this many times faster than they sound, and
 * besides what sounds so long at once: more is no device that keeps time.
 */
#define	VTSND_HASTE	8
#define	VTSND_AT_ONCE	SBT_1S

/* Looks at a queue in one interrupt that find nothing behind its index. */
#define	VTSND_LIES	1024

struct vtsnd_ring {
	struct vtsnd_queue	*vr_queue;	/* (c) */
	device_t		 vr_dev;	/* (c) */
	uint32_t		 vr_stream_id;	/* (c) */
	enum vtsnd_dir		 vr_dir;	/* (c) */
	int			 vr_readable;	/* (c) segments of a message */
	int			 vr_pre;	/* (c) sync to the device */
	int			 vr_post;	/* (c) ... and from it */
	SLIST_ENTRY(vtsnd_ring)	 vr_link;	/* (q) */
	void			*vr_chanarg;	/* (c) Rust's, of the channel */
	struct kpi_pcm_chan	 vr_chan;	/* (c) */
	struct kpi_dma_tag	 vr_buftag;	/* (c) */
	struct kpi_dma_tag	 vr_hdrtag;	/* (c) */
	struct kpi_dma_tag	 vr_statustag;	/* (c) */
	struct kpi_dma_buf	 vr_buf;	/* (c) samples */
	struct kpi_dma_buf	 vr_hdr;	/* (c) the header, for all */
	struct kpi_dma_buf	 vr_status;	/* (c) struct vtsnd_statuses */
	uint8_t			 vr_silence;	/* (q) byte of silence */
	struct vtsnd_geometry	 vr_choice;	/* (q) sound(4)'s */
	struct vtsnd_geometry	 vr_geom;	/* (i) in use */
	sbintime_t		 vr_period;	/* (i) how long one sounds */
	sbintime_t		 vr_began;	/* (i) since when they flow */
	bool			 vr_polled;	/* (i) device looks itself */
	uint32_t		 vr_inflight;	/* (q) with the device */
	uint32_t		 vr_reporting;	/* (q) calls into sound(4) */
	uint32_t		 vr_waiters;	/* (q) threads for either */
	uint64_t		 vr_consumed;	/* (q) periods since arm ... */
	uint64_t		 vr_from;	/* (i) ... when run began */
	uint32_t		 vr_ready;	/* (q) to go out; 0 at rest */
	uint32_t		 vr_head;	/* (q) next to be reported */
	uint32_t		 vr_tail;	/* (q) the next to go out */
	uint64_t		 vr_wish;	/* (q) start wanted; 0: none */
	bool			 vr_running;	/* (q) periods flow */
	bool			 vr_back;	/* (q) some came: on a list */
	struct vtsnd_ring	*vr_next_back;	/* (q) ... the next on it */
	struct vtsnd_ring_stats	 vr_stats;	/* (q) */
	struct vtsnd_period	 vr_periods[VTSND_MAXPERIODS];
};

struct vtsnd_queue {
	struct kpi_mtx		 vq_mtx;
	struct virtqueue	*vq_vq;		/* (q) NULL until bound */
	SLIST_HEAD(, vtsnd_ring) vq_rings;	/* (q) */
	bool			 vq_starved;	/* (q) a period found no room */
	bool			 vq_news;	/* (q) device is to be told */
	struct vtsnd_queue_stats vq_stats;	/* (q) */
	bool			 vq_paused;	/* (q) for a reset */
};

/*
 * Statuses of the periods.  They keep away from the start, so that none ever
 * touches the samples and merges with them (sglist(9)).
 */
struct vtsnd_statuses {
	uint8_t			 vs_gap[64];
	struct vtsnd_wire_status vs_status[VTSND_MAXPERIODS];
};

static void	vtsnd_queue_share(struct vtsnd_queue *q);
static void	vtsnd_ring_advance(struct vtsnd_ring *ring);
static void	vtsnd_ring_fill(struct vtsnd_ring *ring);
static void	vtsnd_ring_rest(struct vtsnd_ring *ring);
static void	vtsnd_period_done(struct vtsnd_period *vp, uint32_t len);
static void	vtsnd_period_report(struct vtsnd_ring *ring);

struct vtsnd_queue *
vtsnd_queue_create(void)
{
	struct vtsnd_queue *q;

	q = kpi_malloc(sizeof(*q), _Alignof(struct vtsnd_queue),
	    kpi_m_devbuf(), KPI_WAITOK | KPI_ZERO);
	kpi_mtx_init(&q->vq_mtx, "vtsnd data queue", KPI_MTX_DEF);
	SLIST_INIT(&q->vq_rings);
	return (q);
}

void
vtsnd_queue_destroy(struct vtsnd_queue *q)
{
	KASSERT(SLIST_EMPTY(&q->vq_rings), ("data queue has rings"));
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

/* Tell the device of new periods, if it does not look itself. */
static void
vtsnd_queue_tell(struct vtsnd_queue *q)
{
	if (!q->vq_news)
		return;
	q->vq_news = false;
	q->vq_stats.vqs_kicks++;
	kpi_vq_notify(q->vq_vq);
}

/*
 * Take back what the device has used, all of it before anything goes out again:
 * so a ring that has nothing out was dry.  False if there was nothing.
 */
static bool
vtsnd_queue_reap(struct vtsnd_queue *q)
{
	struct vtsnd_ring *back = NULL, *ring;
	struct vtsnd_period *vp;
	uint32_t len;

	while ((vp = kpi_vq_dequeue(q->vq_vq, &len)) != NULL) {
		ring = vp->vp_ring;
		/* Else a thread that waits for (q) has it on its own list. */
		if (!ring->vr_back) {
			ring->vr_back = true;
			ring->vr_next_back = back;
			back = ring;
		}
		vtsnd_period_done(vp, len);
	}
	if (back == NULL)
		return (false);
	for (; (ring = back) != NULL; vtsnd_ring_advance(ring)) {
		back = ring->vr_next_back;
		ring->vr_back = false;
	}
	return (true);
}

void
vtsnd_queue_service(struct vtsnd_queue *q)
{
	bool more = false;
	int lies = 0;

	kpi_mtx_lock(&q->vq_mtx);
	if (q->vq_vq == NULL) {
		/* A line of several devices, or a vector of all queues. */
		kpi_mtx_unlock(&q->vq_mtx);
		return;
	}
	do {
		/*
		 * The used index may be ahead of what was used, by up to 2^16:
		 * then virtqueue(9) has nothing, and says that there is more.
		 */
		if (!vtsnd_queue_reap(q) && more) {
			q->vq_stats.vqs_bogus++;
			if (++lies > VTSND_LIES)
				break;
		}
		if (q->vq_starved)
			vtsnd_queue_share(q);
		vtsnd_queue_tell(q);
		more = kpi_vq_enable_intr(q->vq_vq);
	} while (more);
	kpi_mtx_unlock(&q->vq_mtx);
}

void
vtsnd_queue_pause(struct vtsnd_queue *q)
{
	struct vtsnd_ring *ring;

	kpi_mtx_lock(&q->vq_mtx);
	q->vq_paused = true;
	q->vq_news = false;
	SLIST_FOREACH(ring, &q->vq_rings, vr_link)
		kpi_wakeup(ring);
	kpi_mtx_unlock(&q->vq_mtx);
}

/*
 * No interrupt comes any more, and no stream's task is at work, so the rings
 * stay.  A period that the device has returned was consumed.  One that it has
 * not is the next to go out again, whole: what of it was heard is heard twice,
 * what was recorded to it is recorded anew.  What the device took ahead of its
 * clock and returned, but has not made heard, is lost with the reset.
 */
void
vtsnd_queue_drain(struct vtsnd_queue *q)
{
	struct vtsnd_ring *ring;
	struct vtsnd_period *vp;
	int last = 0;

	vtsnd_queue_service(q);
	kpi_mtx_lock(&q->vq_mtx);
	while (q->vq_vq != NULL &&
	    (vp = kpi_vq_drain(q->vq_vq, &last)) != NULL) {
		vp->vp_posted = false;
		vp->vp_ring->vr_inflight--;
	}
	SLIST_FOREACH(ring, &q->vq_rings, vr_link)
		vtsnd_ring_rest(ring);
	q->vq_starved = false;
	kpi_mtx_unlock(&q->vq_mtx);
}

void
vtsnd_queue_resume(struct vtsnd_queue *q)
{
	kpi_mtx_lock(&q->vq_mtx);
	q->vq_paused = false;
	(void)kpi_vq_enable_intr(q->vq_vq);
	kpi_mtx_unlock(&q->vq_mtx);
}

/* What the device said of a period, in its byte order.  Called with (q). */
static const struct vtsnd_wire_status *
vtsnd_period_status(const struct vtsnd_ring *ring, uint32_t index)
{
	const struct vtsnd_statuses *statuses = ring->vr_status.kdb_vaddr;

	return (&statuses->vs_status[index]);
}

/*
 * Says what a period's message tells: the bytes recorded.  Called with (q).
 * The status is where the driver made room for it only if the whole message was
 * written: QEMU puts it right behind what it has recorded.
 */
static uint32_t
vtsnd_period_result(struct vtsnd_ring *ring, uint32_t index, uint32_t len)
{
	const struct vtsnd_wire_status *status = vtsnd_period_status(ring,
	    index);
	uint32_t bytes = ring->vr_dir == VTSND_CAPTURE ?
	    ring->vr_geom.vg_period_bytes : 0;

	if (len == bytes + sizeof(*status) &&
	    status->status == htole32(VTSND_S_OK)) {
		ring->vr_stats.vrs_latency = le32toh(status->latency_bytes);
		return (bytes);
	}
	if (len > sizeof(*status) && len < bytes + sizeof(*status)) {
		ring->vr_stats.vrs_short++;
		return (len - sizeof(*status));
	}
	if (ring->vr_stats.vrs_errors++ == 0)
		device_printf(ring->vr_dev, "stream %u: the device failed a "
		    "period: status %#x in %u bytes\n", ring->vr_stream_id,
		    le32toh(status->status), len);
	return (0);
}

/* What was not recorded of the oldest period is silence.  Called with (q). */
static void
vtsnd_period_silence(struct vtsnd_ring *ring)
{
	uint32_t size = ring->vr_geom.vg_period_bytes;
	uint32_t from = ring->vr_periods[ring->vr_head].vp_bytes;
	char *samples = ring->vr_buf.kdb_vaddr;

	if (from < size)
		memset(samples + ring->vr_head * size + from, ring->vr_silence,
		    size - from);
}

/* The device has returned a message, of which it wrote len bytes, it says. */
static void
vtsnd_period_done(struct vtsnd_period *vp, uint32_t len)
{
	struct vtsnd_ring *ring = vp->vp_ring;
	uint32_t index = vp - ring->vr_periods;

	/* virtqueue(9) hands out each once; but on that hangs memory. */
	if (!vp->vp_posted) {
		ring->vr_queue->vq_stats.vqs_bogus++;
		return;
	}
	/* A stopped channel's buffer is sound(4)'s, which may clear it. */
	if (ring->vr_running)
		kpi_dma_sync(&ring->vr_buf, ring->vr_post);
	kpi_dma_sync(&ring->vr_status, KPI_DMA_POSTREAD);
	SDT_PROBE5(virtio_snd, , , complete, device_get_unit(ring->vr_dev),
	    ring->vr_stream_id, index, len,
	    le32toh(vtsnd_period_status(ring, index)->status));
	vp->vp_posted = false;
	vp->vp_back = true;
	ring->vr_inflight--;
	if (ring->vr_dir == VTSND_PLAYBACK)
		(void)vtsnd_period_result(ring, index, len);
	else if (ring->vr_running)
		vp->vp_bytes = vtsnd_period_result(ring, index, len);
}

/*
 * Report what came back.  Called with (q), which is released while sound(4) is
 * told.
 */
static void
vtsnd_ring_advance(struct vtsnd_ring *ring)
{
	if (ring->vr_inflight == 0 && ring->vr_running &&
	    !ring->vr_queue->vq_paused)
		ring->vr_stats.vrs_xruns++;

	/*
	 * Periods come back in the order they went.  Should a device return
	 * them in another, those before the oldest outstanding one count.
	 */
	while (ring->vr_running && ring->vr_periods[ring->vr_head].vp_back)
		vtsnd_period_report(ring);
	if (ring->vr_waiters != 0)
		kpi_wakeup(ring);
}

/* Let no more periods flow.  Called with (q). */
static void
vtsnd_ring_rest(struct vtsnd_ring *ring)
{
	ring->vr_running = false;
	ring->vr_ready = 0;
}

/*
 * Once a buffer: a device that takes periods without end would have its
 * interrupt thread run without end.  Called with (q).
 */
static void
vtsnd_ring_pace(struct vtsnd_ring *ring)
{
	sbintime_t passed = kpi_uptime() - ring->vr_began;
	sbintime_t sounded = (ring->vr_consumed - ring->vr_from) *
	    ring->vr_period;

	if (sounded <= VTSND_HASTE * passed + VTSND_AT_ONCE)
		return;
	device_printf(ring->vr_dev, "stream %u: the device does not keep "
	    "time: stopped\n", ring->vr_stream_id);
	ring->vr_wish = 0;
	vtsnd_ring_rest(ring);
}

/* The oldest period is through: tell sound(4), and send it out again. */
static void
vtsnd_period_report(struct vtsnd_ring *ring)
{
	if (ring->vr_dir == VTSND_CAPTURE)
		vtsnd_period_silence(ring);
	ring->vr_periods[ring->vr_head].vp_back = false;
	if (++ring->vr_head == ring->vr_geom.vg_periods) {
		ring->vr_head = 0;
		vtsnd_ring_pace(ring);
	}
	ring->vr_consumed++;
	ring->vr_stats.vrs_periods++;
	ring->vr_reporting++;
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
	kpi_pcm_intr(&ring->vr_chan);
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	ring->vr_reporting--;
	if (ring->vr_running) {
		ring->vr_ready++;
		vtsnd_ring_fill(ring);
	}
}

/* Hand the device the next period.  Called with (q).  False: no room. */
static __always_inline bool
vtsnd_ring_post(struct vtsnd_ring *ring)
{
	struct vtsnd_period *vp = &ring->vr_periods[ring->vr_tail];

	if (kpi_vq_enqueue(ring->vr_queue->vq_vq, vp, vp->vp_sg,
	    ring->vr_readable, VTSND_SEGS - ring->vr_readable) != 0) {
		ring->vr_queue->vq_starved = true;
		return (false);
	}
	SDT_PROBE4(virtio_snd, , , enqueue, device_get_unit(ring->vr_dev),
	    ring->vr_stream_id, ring->vr_tail, ring->vr_geom.vg_period_bytes);
	vp->vp_posted = true;
	if (!ring->vr_polled)
		ring->vr_queue->vq_news = true;
	ring->vr_inflight++;
	ring->vr_ready--;
	if (++ring->vr_tail == ring->vr_geom.vg_periods)
		ring->vr_tail = 0;
	return (true);
}

/* Let the device have the samples, or write them, and write statuses. */
static void
vtsnd_ring_sync(const struct vtsnd_ring *ring)
{
	kpi_dma_sync(&ring->vr_buf, ring->vr_pre);
	kpi_dma_sync(&ring->vr_status, KPI_DMA_PREREAD);
}

/* Hand the device what sound(4) is done with.  Called with (q). */
static __always_inline void
vtsnd_ring_fill(struct vtsnd_ring *ring)
{
	/* What room there is then, vtsnd_queue_share() gives away. */
	if (ring->vr_queue->vq_starved || ring->vr_queue->vq_paused)
		return;
	vtsnd_ring_sync(ring);
	while (ring->vr_ready != 0 && vtsnd_ring_post(ring))
		continue;
}

/*
 * Not all periods have room in the queue: give what there is to the rings that
 * have least.  Called with (q).
 */
static void
vtsnd_queue_share(struct vtsnd_queue *q)
{
	struct vtsnd_ring *least, *ring;

	q->vq_starved = false;
	if (q->vq_paused)
		return;
	do {
		least = NULL;
		SLIST_FOREACH(ring, &q->vq_rings, vr_link)
			if (ring->vr_ready != 0 && (least == NULL ||
			    ring->vr_inflight < least->vr_inflight))
				least = ring;
		if (least == NULL)
			return;
		vtsnd_ring_sync(least);
	} while (vtsnd_ring_post(least));
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

/* Allocate what the device reads and writes, apart from each other. */
static int
vtsnd_ring_alloc(struct vtsnd_ring *ring, uint32_t size)
{
	struct vtsnd_wire_xfer *header;
	int error;

	error = vtsnd_dma_alloc(ring->vr_dev, size, &ring->vr_buftag,
	    &ring->vr_buf);
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

int
vtsnd_ring_create(device_t dev, struct vtsnd_queue *q, enum vtsnd_dir dir,
    uint32_t stream_id, uint32_t size, struct vtsnd_ring **ringp)
{
	struct vtsnd_ring *ring;
	int error, i;

	ring = kpi_malloc(sizeof(*ring), _Alignof(struct vtsnd_ring),
	    kpi_m_devbuf(), KPI_WAITOK | KPI_ZERO);
	ring->vr_queue = q;
	ring->vr_dev = dev;
	ring->vr_stream_id = stream_id;
	ring->vr_dir = dir;
	ring->vr_readable = dir == VTSND_CAPTURE ? 1 : 2;
	ring->vr_pre = dir == VTSND_CAPTURE ? KPI_DMA_PREREAD :
	    KPI_DMA_PREWRITE;
	ring->vr_post = dir == VTSND_CAPTURE ? KPI_DMA_POSTREAD :
	    KPI_DMA_POSTWRITE;
	kpi_mtx_lock(&q->vq_mtx);
	SLIST_INSERT_HEAD(&q->vq_rings, ring, vr_link);
	kpi_mtx_unlock(&q->vq_mtx);
	for (i = 0; i < VTSND_MAXPERIODS; i++) {
		ring->vr_periods[i].vp_ring = ring;
		ring->vr_periods[i].vp_sg = kpi_sglist_alloc(VTSND_SEGS,
		    KPI_WAITOK);
	}
	error = vtsnd_ring_alloc(ring, size);
	if (error != 0) {
		vtsnd_ring_destroy(ring);
		return (error);
	}
	*ringp = ring;
	return (0);
}

void
vtsnd_ring_destroy(struct vtsnd_ring *ring)
{
	struct vtsnd_queue *q = ring->vr_queue;
	int i;

	KASSERT(ring->vr_inflight == 0, ("stream %u: %u periods outstanding",
	    ring->vr_stream_id, ring->vr_inflight));
	kpi_dma_free(&ring->vr_hdr);
	kpi_dma_tag_destroy(&ring->vr_hdrtag);
	kpi_dma_free(&ring->vr_status);
	kpi_dma_tag_destroy(&ring->vr_statustag);
	kpi_dma_free(&ring->vr_buf);
	kpi_dma_tag_destroy(&ring->vr_buftag);
	for (i = 0; i < VTSND_MAXPERIODS; i++)
		kpi_sglist_free(ring->vr_periods[i].vp_sg);
	kpi_mtx_lock(&q->vq_mtx);
	SLIST_REMOVE(&q->vq_rings, ring, vtsnd_ring, vr_link);
	kpi_mtx_unlock(&q->vq_mtx);
	kpi_free(ring, kpi_m_devbuf());
}

struct vtsnd_geometry
vtsnd_ring_geometry(struct vtsnd_ring *ring)
{
	struct vtsnd_geometry geom;

	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	geom = ring->vr_choice;
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
	return (geom);
}

void
vtsnd_ring_arm(struct vtsnd_ring *ring, uint64_t wish)
{
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	ring->vr_head = 0;
	ring->vr_consumed = 0;
	ring->vr_wish = wish;
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
}

void
vtsnd_ring_halt(struct vtsnd_ring *ring)
{
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	ring->vr_wish = 0;
	vtsnd_ring_rest(ring);
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
}

void
vtsnd_ring_stall(struct vtsnd_ring *ring)
{
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	vtsnd_ring_rest(ring);
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
}

/* Make the messages of a geometry.  Called with (q), at rest. */
static void
vtsnd_ring_build(struct vtsnd_ring *ring, const struct vtsnd_geometry *geom)
{
	bus_addr_t buf = ring->vr_buf.kdb_paddr;
	bus_addr_t status = ring->vr_status.kdb_paddr;
	struct sglist *sg;
	uint32_t i;

	if (ring->vr_geom.vg_periods == geom->vg_periods &&
	    ring->vr_geom.vg_period_bytes == geom->vg_period_bytes)
		return;
	ring->vr_geom = *geom;
	for (i = 0; i < geom->vg_periods; i++) {
		sg = ring->vr_periods[i].vp_sg;
		kpi_sglist_reset(sg);
		kpi_sglist_append(sg, ring->vr_hdr.kdb_paddr,
		    sizeof(struct vtsnd_wire_xfer));
		kpi_sglist_append(sg, buf + i * geom->vg_period_bytes,
		    geom->vg_period_bytes);
		kpi_sglist_append(sg,
		    status + offsetof(struct vtsnd_statuses, vs_status[i]),
		    sizeof(struct vtsnd_wire_status));
	}
}

/*
 * Nothing of an earlier recording is left, wherever it was.  Called with (q),
 * at rest.
 */
static void
vtsnd_ring_clear(struct vtsnd_ring *ring)
{
	memset(ring->vr_buf.kdb_vaddr, ring->vr_silence, ring->vr_buf.kdb_size);
	/* Through a bounce buffer, all of it comes back. */
	kpi_dma_sync(&ring->vr_buf, KPI_DMA_PREREAD | KPI_DMA_PREWRITE);
}

int
vtsnd_ring_run(struct vtsnd_ring *ring, uint64_t wish,
    const struct vtsnd_geometry *geom, sbintime_t period, bool polled)
{
	struct vtsnd_queue *q = ring->vr_queue;
	uint32_t i;

	kpi_mtx_lock(&q->vq_mtx);
	KASSERT(ring->vr_inflight == 0, ("stream %u: %u periods outstanding",
	    ring->vr_stream_id, ring->vr_inflight));
	KASSERT(geom->vg_periods <= VTSND_MAXPERIODS && (bus_size_t)
	    geom->vg_periods * geom->vg_period_bytes <= ring->vr_buf.kdb_size,
	    ("stream %u: %u periods of %u bytes", ring->vr_stream_id,
	    geom->vg_periods, geom->vg_period_bytes));
	if (ring->vr_wish != wish || q->vq_paused) {
		kpi_mtx_unlock(&q->vq_mtx);
		return (ECANCELED);
	}
	vtsnd_ring_build(ring, geom);
	if (ring->vr_dir == VTSND_CAPTURE)
		vtsnd_ring_clear(ring);
	ring->vr_tail = ring->vr_head;
	ring->vr_from = ring->vr_consumed;
	ring->vr_ready = geom->vg_periods;
	for (i = 0; i < geom->vg_periods; i++)
		ring->vr_periods[i].vp_back = false;
	ring->vr_period = period;
	ring->vr_began = kpi_uptime();
	ring->vr_polled = polled;
	ring->vr_running = true;
	vtsnd_ring_fill(ring);
	vtsnd_queue_tell(q);
	kpi_mtx_unlock(&q->vq_mtx);
	return (0);
}

int
vtsnd_ring_wait(struct vtsnd_ring *ring, sbintime_t timeout)
{
	struct vtsnd_queue *q = ring->vr_queue;
	int error = 0;

	kpi_mtx_lock(&q->vq_mtx);
	ring->vr_waiters++;
	while ((ring->vr_inflight != 0 || ring->vr_reporting != 0) &&
	    error == 0)
		error = q->vq_paused ? ECANCELED :
		    kpi_msleep(ring, &q->vq_mtx, "vtsndr", timeout);
	ring->vr_waiters--;
	if (ring->vr_inflight == 0 && ring->vr_reporting == 0)
		error = 0;
	kpi_mtx_unlock(&q->vq_mtx);
	return (error);
}

/* Wait until no report to sound(4) is under way.  Called with (q). */
static void
vtsnd_ring_await_reports(struct vtsnd_ring *ring)
{
	ring->vr_waiters++;
	while (ring->vr_reporting != 0)
		kpi_msleep(ring, &ring->vr_queue->vq_mtx, "vtsndc", 0);
	ring->vr_waiters--;
}

void
vtsnd_ring_settle(struct vtsnd_ring *ring)
{
	struct vtsnd_queue *q = ring->vr_queue;

	kpi_mtx_lock(&q->vq_mtx);
	vtsnd_ring_await_reports(ring);
	/* One that looks itself may not look before it sees the RELEASE. */
	if (ring->vr_polled && !q->vq_paused)
		q->vq_news = true;
	vtsnd_queue_tell(q);
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

	return (kpi_pcm_setbuf(&ring->vr_chan, ring->vr_buf.kdb_vaddr,
	    ring->vr_buf.kdb_size));
}

/* The device has none of the periods: the card goes, or has not begun. */
static void
vtsnd_ring_chan_free(void *arg __unused)
{
}

static int
vtsnd_ring_chan_setformat(void *arg, uint32_t format)
{
	struct vtsnd_ring *ring = arg;

	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	ring->vr_silence = kpi_pcm_silence(format);
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
	return (vtsnd_chan_setformat(ring->vr_chanarg, format));
}

static uint32_t
vtsnd_ring_chan_setspeed(void *arg, uint32_t hz)
{
	struct vtsnd_ring *ring = arg;

	return (vtsnd_chan_setspeed(ring->vr_chanarg, hz));
}

static int
vtsnd_ring_chan_setfragments(void *arg, uint32_t blksz, uint32_t blkcnt)
{
	struct vtsnd_ring *ring = arg;
	int error;

	/* More periods would find no room in the queue. */
	blkcnt = MIN(blkcnt, VTSND_MAXPERIODS);
	error = kpi_pcm_resize(&ring->vr_chan, blksz, blkcnt);
	if (error != 0)
		return (error);
	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	ring->vr_choice.vg_period_bytes = blksz;
	ring->vr_choice.vg_periods = blkcnt;
	ring->vr_head = 0;
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
	return (0);
}

static int
vtsnd_ring_chan_trigger(void *arg, enum kpi_pcm_trigger go)
{
	struct vtsnd_ring *ring = arg;

	return (vtsnd_chan_trigger(ring->vr_chanarg, go));
}

static uint32_t
vtsnd_ring_chan_getptr(void *arg)
{
	struct vtsnd_ring *ring = arg;
	uint32_t ptr;

	kpi_mtx_lock(&ring->vr_queue->vq_mtx);
	ptr = ring->vr_head * ring->vr_geom.vg_period_bytes;
	kpi_mtx_unlock(&ring->vr_queue->vq_mtx);
	return (ptr);
}

static const struct kpi_pcm_ops vtsnd_ring_chan_ops = {
	.kpo_init = vtsnd_ring_chan_init,
	.kpo_free = vtsnd_ring_chan_free,
	.kpo_setformat = vtsnd_ring_chan_setformat,
	.kpo_setspeed = vtsnd_ring_chan_setspeed,
	.kpo_setfragments = vtsnd_ring_chan_setfragments,
	.kpo_trigger = vtsnd_ring_chan_trigger,
	.kpo_getptr = vtsnd_ring_chan_getptr,
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
