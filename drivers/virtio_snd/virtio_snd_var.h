/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The border between the driver's C and its Rust.
 *
 * C has the hot path: rings of periods on a shared data queue
 * (virtio_snd_ring.c).  C also has the tables that newbus and sound(4) call
 * (virtio_snd.c); its device_attach() calls vtsnd_attach_card() below.  Rust
 * has what these do: attach and detach, control requests, the states of a
 * stream (rust/lib.rs and the modules it names).  bindgen reads this file.
 *
 * Terms:
 *
 *	stream	a PCM stream of the device; each is a channel of sound(4)
 *	data queue
 *		the virtqueue of all streams of one direction (tx or rx)
 *	period	a piece of a channel's buffer
 *	message	descriptors that point to a period: the driver puts it on the
 *		data queue (sends the period), and the device uses it (returns
 *		the period).  The samples stay where they are
 *	ring	the periods of one stream, in the order of its buffer
 *	task	the taskqueue(9) task of a stream, in Rust: it sends the
 *		device the stream's control requests (PREPARE, START, STOP,
 *		RELEASE)
 *	filled	a period that may be sent.  Playback: sound(4) has written its
 *		samples.  Capture: sound(4) has read the last recording from
 *		it, so that the device may write the next one
 *	report	kpi_pcm_intr(): sound(4) learns that the device has returned
 *		periods, and fills others
 *	position
 *		bytes from the beginning of the buffer to the first one that
 *		was not reported
 *	start	a request of sound(4)'s to play or record; starts have numbers,
 *		from 1
 *	run	what a ring does for a start, from vtsnd_ring_run() on
 *	end	KPI_PCM_DRAINED, a request of sound(4)'s: it adds no more
 *		samples, and the device still plays those in filled periods
 *	stop	KPI_PCM_STOP, a request of sound(4)'s: samples that were not
 *		played are dropped.  vtsnd_ring_stop() is something else: Rust
 *		stops a run that the device cannot go on with
 *	reset	from kpi_virtio_stop() to kpi_virtio_restart()
 *
 * kpo_ functions are those of kpi_pcm.h, kvs_ fields those of kpi_virtio.h.
 * kpi.h defines the words after "Context:".  A function that returns an int
 * returns 0 or an errno.
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

/* Counters of a ring and its device; 64 bits each, for sysctl(9). */
struct vtsnd_ring_stats {
	uint64_t	vrs_periods;	/* played or recorded */
	uint64_t	vrs_errors;	/* periods returned in error */
	uint64_t	vrs_short;	/* periods recorded in part */
	uint64_t	vrs_xruns;	/* times it had no period left */
	uint64_t	vrs_latency;	/* bytes; of the last, it says */
};

/* Counters of a data queue. */
struct vtsnd_queue_stats {
	uint64_t	vqs_interrupts;
	uint64_t	vqs_kicks;	/* calls of kpi_vq_notify() */
	uint64_t	vqs_bogus;	/* returned, but not with the device */
};

/*
 * Data queues (virtio_snd_ring.c).
 *
 * vtsnd_queue_create() makes a queue that has no virtqueue yet.  Before the
 * caller destroys a queue, it stops the device (kpi_virtio_stop()) and destroys
 * the rings of the queue.
 *
 * Context: sleepable.
 * Returns: the queue; creating waits for memory and does not fail.
 */
struct vtsnd_queue *vtsnd_queue_create(void);
void	vtsnd_queue_destroy(struct vtsnd_queue *q);

/*
 * Give the queue its virtqueue, and enable its interrupts.  The queue keeps the
 * virtqueue during a reset.
 *
 * Context: sleepable; once, in attach, before a ring runs.
 */
void	vtsnd_queue_bind(struct vtsnd_queue *q, struct virtqueue *vq);

/*
 * The queue's interrupt (kvs_intr); q is a struct vtsnd_queue.  Take back the
 * messages that the device has returned.  For each ring that runs, report their
 * periods, and send the periods that sound(4) has filled.
 *
 * Context: interrupt thread.
 * Locks: hold no channel's mutex.
 */
void	vtsnd_queue_intr(void *q);

/*
 * The same as vtsnd_queue_intr(), for a stream's task: the device answers
 * VIRTIO_SND_R_PCM_RELEASE after it has returned the periods, but the task may
 * see the answer before the interrupt of the periods comes.  Both functions may
 * run at the same time.
 *
 * Context: any but a filter.
 * Locks: hold no channel's mutex.
 */
void	vtsnd_queue_service(struct vtsnd_queue *q);

/*
 * Get the counters of the queue.
 *
 * Context: any.
 * Returns: their address, valid until the queue is destroyed.  They change
 * while they are read.
 */
const struct vtsnd_queue_stats *vtsnd_queue_stats(struct vtsnd_queue *q);

/*
 * Before a reset: send no more periods until vtsnd_queue_resume().  No thread
 * is sending one when this returns.  Threads in vtsnd_ring_wait() return
 * ECANCELED.  Rings still run: periods that the device returns are reported.
 *
 * Context: any but a filter; does not sleep.
 */
void	vtsnd_queue_pause(struct vtsnd_queue *q);

/*
 * During a reset, after vtsnd_queue_pause(), and before detach destroys the
 * rings: report the periods that the device has returned, and remove from the
 * virtqueue those that it has not.  All rings are stopped.  Each keeps its
 * position.  If sound(4) still requests the start of a ring, the stream's task
 * calls vtsnd_ring_run() after the reset, and the run continues at the
 * position.  If sound(4) has requested the end instead, the samples that were
 * not played yet are lost.
 *
 * Context: sleepable; no interrupt of the queue comes any more.
 * Locks: hold no channel's mutex.
 */
void	vtsnd_queue_drain(struct vtsnd_queue *q);

/*
 * After kpi_virtio_restart(): enable the queue's interrupts, and permit
 * vtsnd_ring_run() again.  Rings stay stopped until it is called.
 *
 * Context: any but a filter.
 */
void	vtsnd_queue_resume(struct vtsnd_queue *q);

/*
 * Rings (virtio_snd_ring.c).
 *
 * Create the ring of a stream, whose channel's buffer will have size bytes.
 * The ring allocates it when a program first opens the channel.  If there is no
 * memory then, the channel does not start (ENOMEM), and the next open tries
 * again.  The caller creates one ring for a stream_id.  It destroys the ring
 * after kpi_virtio_stop() and vtsnd_queue_drain(), so that the device has none
 * of its periods, and after sound(4) has freed the channel, if there is one.
 *
 * Context: sleepable.
 * Errors: EINVAL: stream_id is not below VTSND_MAXSTREAMS.
 */
int	vtsnd_ring_create(device_t dev, struct vtsnd_queue *q,
	    enum vtsnd_dir dir, uint32_t stream_id, uint32_t size,
	    struct vtsnd_ring **ringp);
void	vtsnd_ring_destroy(struct vtsnd_ring *ring);

/*
 * Add the ring's channel to the card by kpi_pcm_addchan(), whose contract says
 * how long *caps must stay valid.  The ring passes chan to
 * vtsnd_chan_requested() (below).
 *
 * Context: sleepable; in attach.
 * Errors: those of kpi_pcm_addchan().
 */
int	vtsnd_ring_addchan(struct vtsnd_ring *ring, void *chan,
	    const struct kpi_pcm_caps *caps);

/*
 * Read what sound(4) requests.  sound(4) requests a start, a stop or an end by
 * kpo_trigger.  kpo_filled requests a new start, with a new number, if sound(4)
 * has emptied the buffer while the channel was running.  The ring stores the
 * request, and then calls vtsnd_chan_requested().  No other variable holds it.
 *
 * Context: any but a filter.
 * Returns: the start that is requested; vrq_start is 0 after a stop or an end,
 * and the other fields then say nothing.
 */
struct vtsnd_request vtsnd_ring_request(struct vtsnd_ring *ring);

/*
 * The device has refused the start: cancel that request, unless sound(4) has
 * requested another start since.  sound(4) has no interface to learn that: a
 * program that waits for the stream gets an error after hw.snd.timeout seconds.
 *
 * Context: any but a filter.
 */
void	vtsnd_ring_refuse(struct vtsnd_ring *ring, uint64_t start);

/*
 * Start a run: send the periods that are filled, now and from now on.  A new
 * start begins at position 0 in the requested geometry.  If this start has run
 * before a reset, it continues at its position.  The caller first makes sure
 * that the device has no period of the ring (vtsnd_ring_wait()).  If polled is
 * true, the device polls the queue, and the ring does not notify it.
 *
 * Context: sleepable.
 * Locks: hold no channel's mutex.
 * Units: period: the playing time of one period, above 0.  If the device
 * returns periods faster, the ring reports them at this pace.
 * Errors: ECANCELED: this start is not requested any more, or the queue is
 * paused.
 */
int	vtsnd_ring_run(struct vtsnd_ring *ring, uint64_t start,
	    sbintime_t period, bool polled);

/*
 * Stop the run: no further report begins, and no period is sent.  A report
 * that is under way is not waited for: see vtsnd_ring_settle().  Periods stay
 * with the device until it returns them, and are then not reported.  The
 * request of sound(4) does not change.  The same start can run again only after
 * vtsnd_queue_drain().  If the ring does not run, nothing happens.
 *
 * Context: any but a filter.
 */
void	vtsnd_ring_stop(struct vtsnd_ring *ring);

/*
 * Find out whether sound(4) has requested the end of a run, and how much of it
 * the device has still to play.  start is the number that vtsnd_ring_run() got.
 *
 * Context: any but a filter.
 * Returns: true: sound(4) has requested its end, and *end says how far that has
 * come.  False: the run goes on, sound(4) has stopped it, or there was none.
 * Units: times are those of kpi_uptime().  ve_returned equals ve_requested
 * while ve_left is not 0.
 */
bool	vtsnd_ring_end(struct vtsnd_ring *ring, uint64_t start,
	    struct vtsnd_end *end);

/*
 * After a stop, an end or vtsnd_ring_stop(): wait until the device has returned
 * every period and no report is under way.  Interrupts of the queue wake the
 * thread.  Signals do not.
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
 * report is under way.  Then notify the device, unless the queue is paused.
 * Even a device that polls is notified: at RELEASE a device returns only
 * periods that it has seen, and it may not poll again before.  A report ends
 * without waiting for the device.
 *
 * Context: sleepable.
 * Locks: hold no channel's mutex.
 */
void	vtsnd_ring_settle(struct vtsnd_ring *ring);

/*
 * Count the bytes of all periods that were played or recorded since the ring
 * was created.  Periods in error and periods recorded in part count whole.
 * Those that the device returned after their run was stopped do not count.
 *
 * Context: any but a filter.
 */
uint64_t vtsnd_ring_consumed(struct vtsnd_ring *ring);

/*
 * Get the counters of the ring.
 *
 * Context: any.
 * Returns: their address, valid until the ring is destroyed.  They change while
 * they are read.
 */
const struct vtsnd_ring_stats *vtsnd_ring_stats(struct vtsnd_ring *ring);

/*
 * The probes of dtrace(1) that Rust fires; virtio_snd.c defines them.  The
 * first argument is the unit of the card.  id is the number of the stream,
 * jack, channel map or control element that the request or event is about.
 * virtio_snd_ring.c has two more probes.
 */
KPI_SDT_DECLARE3(vtsnd_sdt_request, int, uint32_t, uint32_t); /* code, id */
KPI_SDT_DECLARE4(vtsnd_sdt_reply, int, uint32_t, uint32_t,
    int);						/* code, id, errno */
KPI_SDT_DECLARE3(vtsnd_sdt_event, int, uint32_t, uint32_t); /* code, id */

/*
 * Written in Rust, called by C.
 *
 * vtsnd_attach_card() makes the device a card of sound(4), and stores the
 * card's state in *card.  vtsnd_detach_card() removes the card and frees the
 * state.  The caller keeps *kv valid in between.
 *
 * Context: sleepable; in device_attach() and device_detach().
 * Errors: attach returns the error of the step that failed; there is no card
 * then, and *card is not written.  If sound(4) does not let the card of such an
 * attach go, newbus must not free the softc, which sound(4) still uses.  So
 * attach returns 0 then, does not write *card either, and the device stays
 * attached for ever and does nothing.  detach returns only EBUSY: the card is
 * gone and its state is freed, but some Rust code still has a kpi::dev::Hold of
 * the device.  device_detach() then fails, newbus keeps the device, and
 * virtio_snd.c does not call this again.
 */
int	vtsnd_attach_card(device_t dev, struct kpi_virtio *kv, void **card);
int	vtsnd_detach_card(void *card);

/*
 * Watch the device until detach: when it says that its configuration has
 * changed, send it a request, and reset it if there is no answer.  If the
 * interrupt cannot be had, a line on the console says so, and the card works
 * without being watched.
 *
 * Context: sleepable; once, after attach.
 */
void	vtsnd_watch_card(void *card);

/*
 * vtsnd_suspend_card() stops all streams on the device and resets it, whether
 * it answers or not.  sound(4)'s requests stay as they are.
 * vtsnd_resume_card() sets the device up anew, and each stream whose start
 * sound(4) still requests continues at its position.
 *
 * Context: sleepable; in device_suspend() and device_resume().
 * Errors: resume returns the error of the step that failed; it may be called
 * again.
 */
void	vtsnd_suspend_card(void *card);
int	vtsnd_resume_card(void *card);

/*
 * The ring calls this when sound(4) has requested a start, a stop or an end.
 * It wakes or enqueues the stream's task, which sends the device the control
 * requests that follow from that.  chan is that of vtsnd_ring_addchan().
 *
 * Context: kpo_trigger and kpo_filled; does not sleep.
 * Locks: the channel's mutex is held.
 * Errors: ENXIO: the device has stopped answering.  kpo_trigger returns it to
 * sound(4); kpo_filled cannot.
 */
int	vtsnd_chan_requested(void *chan);

#endif /* !_VIRTIO_SND_VAR_H_ */
