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
 *
 * Terms:
 *
 *	period	a piece of the channel's buffer; a message of the data queue
 *		brings it to the device and back
 *	filled	playback: sound(4) has written samples to the period; capture:
 *		sound(4) has read it, so that it can be recorded to again
 *	report	tell sound(4), by kpi_pcm_intr(), of the periods that the
 *		device has returned
 *	start	a request of sound(4)'s to play or record; starts have numbers,
 *		from 1
 *	run	what a ring does for a start, from vtsnd_ring_run() on
 *	end	KPI_PCM_DRAINED: sound(4) adds no more samples, and those that
 *		it has filled are still played
 *	reset	kpi_virtio_stop(); later kpi_virtio_restart()
 *
 * kpo_ functions are those of kpi_pcm.h, kvs_ fields those of kpi_virtio.h.
 * The words after "Context:" are kpi.h's.
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
	uint64_t	vqs_kicks;	/* calls of kpi_vq_notify() */
	uint64_t	vqs_bogus;	/* messages that it did not have */
};

/*
 * Data queues (virtio_snd_ring.c).
 *
 * Create a queue without a virtqueue, or destroy it.  The rings of a queue are
 * destroyed before it, and the device is stopped (kpi_virtio_stop()).
 *
 * Context: sleepable.
 * Returns: the queue; creating waits for memory and does not fail.
 */
struct vtsnd_queue *vtsnd_queue_create(void);
void	vtsnd_queue_destroy(struct vtsnd_queue *q);

/*
 * Give the queue its virtqueue.  Called once, in attach, before a ring runs; a
 * reset leaves the queue its virtqueue.
 *
 * Context: any but a filter.
 */
void	vtsnd_queue_bind(struct vtsnd_queue *q, struct virtqueue *vq);

/*
 * The queue's interrupt (kvs_intr); q is a struct vtsnd_queue.  Take back the
 * messages that the device has returned.  There were `used' of them when the
 * interrupt came, and more may have followed.  Report their periods, and send
 * the device the periods that sound(4) has filled.
 *
 * Context: interrupt thread.
 * Locks: hold no channel's mutex.
 */
void	vtsnd_queue_intr(void *q, int used);

/*
 * Do the same without an interrupt, for a stream's task: the device answers
 * RELEASE after it has returned the periods, but the answer may be seen before
 * their interrupt.  Both may run at the same time.
 *
 * Context: any but a filter.
 * Locks: hold no channel's mutex.
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
 * Before a reset: send no more periods until vtsnd_queue_resume().  No thread
 * is sending one when this returns.  vtsnd_ring_wait() returns ECANCELED.
 * Periods that the device still returns are reported.
 *
 * Context: any but a filter.
 */
void	vtsnd_queue_pause(struct vtsnd_queue *q);

/*
 * After kpi_virtio_stop() and before kpi_virtio_restart(): report the periods
 * that the device has returned, and take back those that it has not.  Each
 * ring keeps its position.  So a ring whose start sound(4) still requests goes
 * on there, by vtsnd_ring_run().  The end of a sound that was still to be
 * played is lost.
 *
 * Context: sleepable.
 * Locks: hold no channel's mutex.
 */
void	vtsnd_queue_drain(struct vtsnd_queue *q);

/*
 * After kpi_virtio_restart(): ask for interrupts, and permit vtsnd_ring_run()
 * again, which this does not call.
 *
 * Context: any but a filter.
 */
void	vtsnd_queue_resume(struct vtsnd_queue *q);

/*
 * Rings (virtio_snd_ring.c).
 *
 * Create the ring of a stream, and allocate its channel's buffer of size
 * bytes.  There is one ring of a stream_id.  Destroy a ring when its channel
 * is freed and the device has none of its periods, which is so after
 * kpi_virtio_stop() and vtsnd_queue_drain().
 *
 * Context: sleepable.
 * Errors: ENOMEM; EINVAL: stream_id is not below VTSND_MAXSTREAMS.
 */
int	vtsnd_ring_create(device_t dev, struct vtsnd_queue *q,
	    enum vtsnd_dir dir, uint32_t stream_id, uint32_t size,
	    struct vtsnd_ring **ringp);
void	vtsnd_ring_destroy(struct vtsnd_ring *ring);

/*
 * Add the ring's channel to the card, as kpi_pcm_addchan() does; caps stays in
 * place as that says.  The ring passes chan to vtsnd_chan_requested() (below).
 *
 * Context: sleepable; in attach.
 * Errors: those of kpi_pcm_addchan().
 */
int	vtsnd_ring_addchan(struct vtsnd_ring *ring, void *chan,
	    const struct kpi_pcm_caps *caps);

/*
 * Read what sound(4) requests.  sound(4) starts, stops and ends a stream by
 * kpo_trigger; kpo_filled starts it anew.  The ring keeps the request, in no
 * other place, and then calls vtsnd_chan_requested().
 *
 * Context: any but a filter.
 * Returns: the start that is requested; vrq_start is 0 after a stop or an end.
 */
struct vtsnd_request vtsnd_ring_request(struct vtsnd_ring *ring);

/*
 * The device cannot start as requested: cancel that start, unless sound(4) has
 * requested another one since.  sound(4) is not told: a program that waits does
 * so until hw.snd.timeout.
 *
 * Context: any but a filter.
 */
void	vtsnd_ring_refuse(struct vtsnd_ring *ring, uint64_t start);

/*
 * Start a run: send the periods that are filled, now and from now on.  It
 * begins at position 0 in the requested geometry; a run of the same start that
 * a reset interrupted goes on at its position.  The caller sees to it that the
 * device has no period of the ring (vtsnd_ring_wait()).  With polled, the
 * device looks for periods itself and is not notified of them.
 *
 * Context: sleepable.
 * Units: period is how long one period sounds: the device is slowed down by it
 * if it returns periods faster.
 * Errors: ECANCELED: this start is not requested any more, or the queue is
 * paused.
 */
int	vtsnd_ring_run(struct vtsnd_ring *ring, uint64_t start,
	    sbintime_t period, bool polled);

/*
 * Stop the run: no further report begins, and no period is sent.  A report
 * that is under way still ends: see vtsnd_ring_settle().  Periods with the
 * device stay there until it returns them.  What sound(4) requests does not
 * change.  The same start can run again after a reset alone.  A ring that does
 * not run stays as it is.
 *
 * Context: any but a filter.
 */
void	vtsnd_ring_stop(struct vtsnd_ring *ring);

/*
 * Did sound(4) end the run of that start, and how much has the device still to
 * play?  *end holds the answer to the second only if that to the first is
 * true.
 *
 * Context: any but a filter.
 * Returns: true if sound(4) ended it (KPI_PCM_DRAINED); false if it runs, was
 * stopped, or never ran.
 * Units: times are those of kpi_uptime().  While ve_left is not 0, ve_returned
 * is that of the request.
 */
bool	vtsnd_ring_end(struct vtsnd_ring *ring, uint64_t start,
	    struct vtsnd_end *end);

/*
 * After vtsnd_ring_stop() or the end of a sound: wait until the device has
 * returned every period and no report is under way.  Interrupts of the queue
 * wake the thread.  Signals do not.
 *
 * Context: sleepable.
 * Locks: hold no channel's mutex.
 * Units: timeout is from now.
 * Errors: EWOULDBLOCK: the timeout passed; ECANCELED: the queue is paused, or
 * was while this waited.
 */
int	vtsnd_ring_wait(struct vtsnd_ring *ring, sbintime_t timeout);

/*
 * After vtsnd_ring_stop(), before VIRTIO_SND_R_PCM_RELEASE: wait until no
 * report is under way, and notify the device of all periods that were sent,
 * even if it polls.  For RELEASE it returns only periods that it has seen.  A
 * report ends without waiting for the device.
 *
 * Context: sleepable.
 * Locks: hold no channel's mutex.
 */
void	vtsnd_ring_settle(struct vtsnd_ring *ring);

/*
 * Count the bytes of the periods that the device has returned, played or
 * recorded, in all runs since the ring was created.
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
 * The probes of dtrace(1) that Rust fires; virtio_snd.c defines them.  The
 * first argument is the unit; id is the stream, jack, map or element that a
 * request or event is about.  virtio_snd_ring.c has two more.
 */
KPI_SDT_DECLARE3(vtsnd_sdt_request, int, uint32_t, uint32_t); /* code, id */
KPI_SDT_DECLARE4(vtsnd_sdt_reply, int, uint32_t, uint32_t,
    int);						/* code, id, errno */
KPI_SDT_DECLARE3(vtsnd_sdt_event, int, uint32_t, uint32_t); /* code, id */

/*
 * Written in Rust, called by C.
 *
 * Attach makes the device a card, with *card as its state; detach takes the
 * card away and frees that.  *kv stays in place between the two.
 *
 * Context: sleepable.
 * Errors: of attach: the one of the step that failed; there is no card then,
 * and *card is not written.  Of detach, EBUSY: the card is gone and its state
 * freed, but a handle of the device is still held somewhere.  newbus keeps the
 * device then, and this is not called again.
 */
int	vtsnd_attach_card(device_t dev, struct kpi_virtio *kv, void **card);
int	vtsnd_detach_card(void *card);

/*
 * From now on, until detach: when the device says that its configuration has
 * changed, send it a request, and reset it if there is no answer.  If that
 * cannot be arranged, a line on the console says so, and the card works
 * without.
 *
 * Context: sleepable; after attach.
 */
void	vtsnd_watch_card(void *card);

/*
 * Suspend stops all streams on the device and resets it, whether it answers or
 * not; sound(4) is not told, so that its requests stay.  Resume sets the
 * device up anew, and the streams that sound(4) requests go on at their
 * positions.
 *
 * Context: sleepable; not while attaching or detaching.
 * Errors: of resume: the one of the step of setting up that failed; resume may
 * be called again.
 */
void	vtsnd_suspend_card(void *card);
int	vtsnd_resume_card(void *card);

/*
 * What sound(4) requests of a channel's ring has changed: wake or enqueue the
 * stream's task, which sends the device the requests for it.  chan is that of
 * vtsnd_ring_addchan(); the ring calls this.
 *
 * Context: kpo_trigger and kpo_filled; does not sleep.
 * Locks: the channel's mutex is held.
 * Errors: ENXIO: the device does not answer any more; kpo_trigger returns it.
 */
int	vtsnd_chan_requested(void *chan);

#endif /* !_VIRTIO_SND_VAR_H_ */
