/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
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

/* The start that sound(4) requests of a ring. */
struct vtsnd_request {
	uint64_t	vrq_start;	/* its number; 0: none */
	uint32_t	vrq_format;	/* sound(4)'s format word */
	uint32_t	vrq_speed;	/* Hz */
	struct vtsnd_geometry vrq_geom;
};

/* How far the end of a sound has come. */
struct vtsnd_end {
	uint32_t	ve_left;	/* bytes not returned yet */
	sbintime_t	ve_requested;	/* when sound(4) said that it ends */
	sbintime_t	ve_returned;	/* when the device returned the last */
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
 * Create a queue without a virtqueue.  Destroy it after its rings and after
 * kpi_virtio_stop().
 *
 * Context: sleepable.
 * Returns: the queue; its memory is waited for.
 */
struct vtsnd_queue *vtsnd_queue_create(void);
void	vtsnd_queue_destroy(struct vtsnd_queue *q);

/*
 * Give the queue its virtqueue, before the first message.
 *
 * Context: any but a filter.
 */
void	vtsnd_queue_bind(struct vtsnd_queue *q, struct virtqueue *vq);

/*
 * The queue's interrupt (kvs_intr); q is a struct vtsnd_queue.  Take back the
 * messages that the device has used, used of them at first, report the periods
 * to sound(4), and send the device what sound(4) has filled.
 *
 * Context: interrupt thread.
 */
void	vtsnd_queue_intr(void *q, int used);

/*
 * The same for threads that want to see completions which had no interrupt yet.
 *
 * Context: any but a filter.
 */
void	vtsnd_queue_service(struct vtsnd_queue *q);

/*
 * Get the counters of the queue.
 *
 * Context: any.
 * Returns: their address, constant while the queue lives.
 */
const struct vtsnd_queue_stats *vtsnd_queue_stats(struct vtsnd_queue *q);

/*
 * Stop sending periods before a device reset.  Threads in vtsnd_ring_wait()
 * return ECANCELED.  Periods that the device still returns are reported.
 *
 * Context: any but a filter.
 */
void	vtsnd_queue_pause(struct vtsnd_queue *q);

/*
 * After a device reset: report the periods that the device has returned, and
 * take back those that it has not.  A ring that ran, and that sound(4) has not
 * stopped, keeps its position: vtsnd_ring_run() goes on there.
 *
 * Context: sleepable.
 */
void	vtsnd_queue_drain(struct vtsnd_queue *q);

/*
 * After the reset: ask for interrupts, and let the rings run.
 *
 * Context: any but a filter.
 */
void	vtsnd_queue_resume(struct vtsnd_queue *q);

/*
 * Rings (virtio_snd_ring.c).
 *
 * Create the ring of a stream with a buffer of size bytes.  Destroy it when the
 * device has none of its periods, or after kpi_virtio_stop() and
 * vtsnd_queue_drain().
 *
 * Context: sleepable.
 * Errors: ENOMEM; EINVAL: stream_id is not below VTSND_MAXSTREAMS.
 */
int	vtsnd_ring_create(device_t dev, struct vtsnd_queue *q,
	    enum vtsnd_dir dir, uint32_t stream_id, uint32_t size,
	    struct vtsnd_ring **ringp);
void	vtsnd_ring_destroy(struct vtsnd_ring *ring);

/*
 * Add the ring's channel to the card, as kpi_pcm_addchan().  chan is what
 * vtsnd_chan_requested() gets.
 *
 * Context: sleepable; in attach.
 * Errors: those of kpi_pcm_addchan().
 */
int	vtsnd_ring_addchan(struct vtsnd_ring *ring, void *chan,
	    const struct kpi_pcm_caps *caps);

/*
 * What sound(4) requests.  The ring alone keeps it: sound(4) starts, stops and
 * ends a stream by kpo_trigger, and vtsnd_chan_requested() follows each change.
 *
 * Context: any but a filter.
 */
struct vtsnd_request vtsnd_ring_request(struct vtsnd_ring *ring);

/*
 * The device cannot start as requested: cancel that start, unless sound(4) has
 * requested another one since.
 *
 * Context: any but a filter.
 */
void	vtsnd_ring_refuse(struct vtsnd_ring *ring, uint64_t start);

/*
 * Start a run: send every period that sound(4) has filled.  It begins at
 * position 0 in the requested geometry.  A run of the same start that
 * vtsnd_queue_drain() interrupted goes on where it was.  The device has no
 * period of the ring.  It is not notified if it polls.
 *
 * Context: sleepable.
 * Units: period is how long one period sounds.
 * Errors: ECANCELED: this start is not requested any more, or the queue is
 * paused.
 */
int	vtsnd_ring_run(struct vtsnd_ring *ring, uint64_t start,
	    sbintime_t period, bool polled);

/*
 * Stop the run: send and report no more periods.  Those with the device stay
 * there until it returns them.  The requested start is kept, so that
 * vtsnd_ring_run() may be tried again.
 *
 * Context: any but a filter.
 */
void	vtsnd_ring_stop(struct vtsnd_ring *ring);

/*
 * See how far the end of a sound has come.
 *
 * Context: any but a filter.
 * Returns: true if sound(4) ended the run of that start (KPI_PCM_DRAINED);
 * false if it runs, was stopped, or never ran.
 */
bool	vtsnd_ring_end(struct vtsnd_ring *ring, uint64_t start,
	    struct vtsnd_end *end);

/*
 * Wait until the device has returned every period and no report to sound(4) is
 * under way, for at most timeout.
 *
 * Context: sleepable.
 * Errors: EWOULDBLOCK: the timeout passed; ECANCELED: the queue was paused.
 */
int	vtsnd_ring_wait(struct vtsnd_ring *ring, sbintime_t timeout);

/*
 * After vtsnd_ring_stop(), before RELEASE: wait until no report to sound(4) is
 * under way, which could send one more period, and notify the device of all
 * that were sent.  RELEASE returns only periods that the device has seen.
 *
 * Context: sleepable.
 */
void	vtsnd_ring_settle(struct vtsnd_ring *ring);

/*
 * Count the bytes that the device has consumed so far.
 *
 * Context: any but a filter.
 */
uint64_t vtsnd_ring_consumed(struct vtsnd_ring *ring);

/*
 * Get the counters of the ring.
 *
 * Context: any.
 * Returns: their address, constant while the ring lives.
 */
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
 * Attach and detach.  *card is the driver's state between the two.
 *
 * Context: sleepable.
 * Errors: that of the part that failed.  EBUSY from detach: a part of the
 * device is kept, so that newbus must keep the device; the card has gone.
 */
int	vtsnd_attach_card(device_t dev, struct kpi_virtio *kv, void **card);
int	vtsnd_detach_card(void *card);

/*
 * From now on reset the device when it says that it needs a reset.
 *
 * Context: sleepable; after attach.
 */
void	vtsnd_watch_card(void *card);

/*
 * Suspend: all streams stop, and the device is reset.  Resume: the device is
 * set up anew, and the streams that ran go on.
 *
 * Context: sleepable; not while attaching or detaching.
 * Errors: of resume: that of the part of setting up that failed; it may be
 * tried again.
 */
void	vtsnd_suspend_card(void *card);
int	vtsnd_resume_card(void *card);

/*
 * What sound(4) requests of a channel's ring has changed: wake or enqueue the
 * stream's task, which tells the device.
 *
 * Context: kpo_trigger and kpo_filled.
 * Errors: ENXIO: the device does not answer any more.
 */
int	vtsnd_chan_requested(void *chan);

#endif /* !_VIRTIO_SND_VAR_H_ */
