/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The border between the driver's C and its Rust.
 *
 * C has the hot path: rings of periods on a shared data queue
 * (virtio_snd_ring.c), and the glue to newbus and sound(4) (virtio_snd.c).
 * Rust has the rest: attach and detach, control requests, the life of a stream
 * (rust/lib.rs and the modules it names).  bindgen reads this file.
 */
#ifndef _VIRTIO_SND_VAR_H_
#define	_VIRTIO_SND_VAR_H_

#include "kpi_dev.h"
#include "kpi_dma.h"
#include "kpi_mem.h"
#include "kpi_mtx.h"
#include "kpi_pcm.h"
#include "kpi_sdt.h"
#include "kpi_virtio.h"

#include "virtio_snd_reg.h"

#define	VTSND_MAXSTREAMS 64	/* of one device; QEMU has up to 10 */
#define	VTSND_MAXPERIODS 64	/* of one ring */
#define	VTSND_SEGS	3	/* of one message: header, PCM, status */

struct vtsnd_queue;
struct vtsnd_ring;

/* Which way the samples go. */
enum vtsnd_dir {
	VTSND_PLAYBACK,
	VTSND_CAPTURE,
};

/* Buffer geometry of a ring. */
struct vtsnd_geometry {
	uint32_t	vg_period_bytes;
	uint32_t	vg_periods;
};

/* What a ring has seen; 64 bits each, for sysctl(9). */
struct vtsnd_ring_stats {
	uint64_t	vrs_periods;	/* played or recorded by the device */
	uint64_t	vrs_errors;	/* messages that came back in error */
	uint64_t	vrs_short;	/* recorded in part */
	uint64_t	vrs_xruns;	/* device had none left to go on with */
	uint64_t	vrs_latency;	/* bytes, as last reported */
};

/* What a data queue has seen. */
struct vtsnd_queue_stats {
	uint64_t	vqs_interrupts;
	uint64_t	vqs_kicks;	/* notifications of new periods */
	uint64_t	vqs_bogus;	/* used what it did not have */
};

/*
 * Data queues (virtio_snd_ring.c).
 *
 * Create a queue without a virtqueue; sleepable, never fails.  Destroy it
 * after its rings and after kpi_virtio_stop().
 */
struct vtsnd_queue *vtsnd_queue_create(void);
void	vtsnd_queue_destroy(struct vtsnd_queue *q);

/* Give the queue its virtqueue.  Before the first message. */
void	vtsnd_queue_bind(struct vtsnd_queue *q, struct virtqueue *vq);

/*
 * The queue's interrupt; q is a struct vtsnd_queue.  Take back what the device
 * has used, report it to sound(4), and send it what sound(4) has filled.
 *
 * Context: interrupt thread.
 */
void	vtsnd_queue_intr(void *q);

/*
 * The same for threads that want to see completions which had no interrupt yet.
 *
 * Context: any but a filter.
 */
void	vtsnd_queue_service(struct vtsnd_queue *q);

/* Counters of the queue; constant address. */
const struct vtsnd_queue_stats *vtsnd_queue_stats(struct vtsnd_queue *q);

/*
 * Hand the device nothing more, for it is about to be reset: who waits for it
 * in vtsnd_ring_wait() gets ECANCELED.  What it returns until then is still
 * reported.  No filter.
 */
void	vtsnd_queue_pause(struct vtsnd_queue *q);

/*
 * After a reset only: report what the device has returned, and forget the
 * messages that it never did.  A ring that ran, and that sound(4) has not
 * stopped, keeps its place: vtsnd_ring_run() goes on there.  Sleepable.
 */
void	vtsnd_queue_drain(struct vtsnd_queue *q);

/* The reset is over: ask for interrupts, and let the rings run.  No filter. */
void	vtsnd_queue_resume(struct vtsnd_queue *q);

/*
 * Rings (virtio_snd_ring.c).
 *
 * Create the ring of a stream with a buffer of size bytes; sleepable.  ENOMEM;
 * EINVAL: stream_id is not below VTSND_MAXSTREAMS.
 * Destroy it when none of its periods is with the device, or after
 * kpi_virtio_stop() and vtsnd_queue_drain().
 */
int	vtsnd_ring_create(device_t dev, struct vtsnd_queue *q,
	    enum vtsnd_dir dir, uint32_t stream_id, uint32_t size,
	    struct vtsnd_ring **ringp);
void	vtsnd_ring_destroy(struct vtsnd_ring *ring);

/*
 * Add the ring's channel to the card, as kpi_pcm_addchan().  chan is what the
 * channel hands to the vtsnd_chan_*() below.
 */
int	vtsnd_ring_addchan(struct vtsnd_ring *ring, void *chan,
	    const struct kpi_pcm_caps *caps);

/* The geometry of the requested start.  Context: any but a filter. */
struct vtsnd_geometry vtsnd_ring_geometry(struct vtsnd_ring *ring);

/*
 * Request a start: periods flow from vtsnd_ring_run() of the same number, not
 * 0, on.  The position is 0 from now on.
 *
 * Context: kpo_trigger and kpo_filled.
 */
void	vtsnd_ring_arm(struct vtsnd_ring *ring, uint64_t wish);

/*
 * Stop reporting and sending periods.  Those with the device stay there until
 * it returns them.  Halt cancels the requested start, too, whichever it is;
 * after a stall, vtsnd_ring_run() may be tried again.
 *
 * Context: any but a filter.
 */
void	vtsnd_ring_halt(struct vtsnd_ring *ring);
void	vtsnd_ring_stall(struct vtsnd_ring *ring);

/*
 * The sound is at its end: cancel the requested start, report nothing more, and
 * send all that sound(4) has filled.  A ring that records is halted.
 *
 * Context: kpo_trigger, at KPI_PCM_DRAINED.
 */
void	vtsnd_ring_finish(struct vtsnd_ring *ring);

/*
 * Bytes that the device has still to return after vtsnd_ring_finish(); 0 once
 * it has, or the ring was stopped.  *ended is when it returned the last, or
 * when the end was requested.
 *
 * Context: any but a filter.
 */
uint32_t vtsnd_ring_unplayed(struct vtsnd_ring *ring, sbintime_t *ended);

/*
 * Hand every period that is filled to the device, which has none: from position
 * 0 in the geometry that vtsnd_ring_geometry() gave, or where a drain has found
 * the ring of this start.  period is how long one sounds.  polled: the device
 * looks for them itself, and is not notified.
 *
 * Context: any but a filter; no report is under way (vtsnd_ring_settle()).
 * Errors: ECANCELED: the ring is not armed for this start any more, or the
 * queue is paused.
 */
int	vtsnd_ring_run(struct vtsnd_ring *ring, uint64_t wish,
	    sbintime_t period, bool polled);

/*
 * Wait until the device has returned every period and no report to sound(4) is
 * under way, for at most timeout.  Sleepable.  EWOULDBLOCK: it has not;
 * ECANCELED: nor before the queue was paused.
 */
int	vtsnd_ring_wait(struct vtsnd_ring *ring, sbintime_t timeout);

/*
 * Once halted: wait until no report to sound(4) is under way, which could send
 * one more period out, and tell the device of all that went out.  RELEASE
 * returns only what the device has seen.  Sleepable.
 */
void	vtsnd_ring_settle(struct vtsnd_ring *ring);

/* Bytes that the device consumed so far.  Context: any but a filter. */
uint64_t vtsnd_ring_consumed(struct vtsnd_ring *ring);

/* Counters of the ring; constant address. */
const struct vtsnd_ring_stats *vtsnd_ring_stats(struct vtsnd_ring *ring);

/*
 * Probes of dtrace(1), fired by Rust (virtio_snd.c).  The first argument is the
 * unit; id is the stream, jack or element that a request or event is about.
 */
KPI_SDT_DECLARE3(vtsnd_sdt_request, int, uint32_t, uint32_t); /* code, id */
KPI_SDT_DECLARE4(vtsnd_sdt_reply, int, uint32_t, uint32_t,
    int);						/* code, id, errno */
KPI_SDT_DECLARE3(vtsnd_sdt_event, int, uint32_t, uint32_t); /* code, id */

/*
 * Written in Rust, called by the C glue.
 *
 * Attach and detach: *card is the driver's state between the two.  Sleepable;
 * errno of what failed.  EBUSY from detach: a part of the device is kept, so
 * that newbus must keep the device; the card has gone.
 */
int	vtsnd_attach_card(device_t dev, struct kpi_virtio *kv, void **card);
int	vtsnd_detach_card(void *card);

/* From now on reset the device when it needs it.  Sleepable; after attach. */
void	vtsnd_watch_card(void *card);

/*
 * Suspend: streams halt, and the device is reset.  Resume: it is set up anew,
 * and streams go on.  Sleepable; not while attaching or detaching.  Resume
 * fails with the errno of setting it up, and may be tried again.
 */
void	vtsnd_suspend_card(void *card);
int	vtsnd_resume_card(void *card);

/* Methods of a sound(4) channel; see kpi_pcm_ops. */
int	vtsnd_chan_setformat(void *chan, uint32_t format);
uint32_t vtsnd_chan_setspeed(void *chan, uint32_t hz);
int	vtsnd_chan_trigger(void *chan, enum kpi_pcm_trigger go);

#endif /* !_VIRTIO_SND_VAR_H_ */
