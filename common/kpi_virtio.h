/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A virtio device: features, config space, virtqueues, and the scatter/gather
 * lists that are put on them.
 *
 * See virtio(4), sys/dev/virtio/virtqueue.h, sglist(9), and VIRTIO 1.2 chapter
 * 2.  A virtqueue does no locking: its user serialises these calls, with a
 * mutex of its own.
 */
#ifndef _KPI_VIRTIO_H_
#define	_KPI_VIRTIO_H_

#include "kpi.h"

#include <sys/bus.h>
#include <sys/malloc.h>
#include <sys/sglist.h>
#include <dev/virtio/virtio.h>
#include <dev/virtio/virtqueue.h>

#define	KPI_VIRTIO_MAXQUEUES	8	/* of one device */

/* Feature bits of the transport; VIRTIO 1.2, 6 "Reserved Feature Bits". */
#define	KPI_VIRTIO_F_INDIRECT_DESC	(1ULL << 28)
#define	KPI_VIRTIO_F_EVENT_IDX		(1ULL << 29)
#define	KPI_VIRTIO_F_VERSION_1		(1ULL << 32)

/* A queue to be: what the driver wants, and what it gets. */
struct kpi_vq_spec {
	const char	 *kvs_name;
	int		  kvs_maxsegs;	/* of one chain; indirect if over 1 */
	void		(*kvs_intr)(void *arg);	/* NULL: no interrupt */
	void		 *kvs_arg;
	struct virtqueue *kvs_vq;	/* out */
};

/*
 * The gate before an interrupt handler.  The bus disconnects the interrupts of
 * a device only after its driver's detach has returned, so a late one must
 * find this, and find it closed.
 */
struct kpi_gate {
	volatile u_int	  kg_open;
	volatile u_int	  kg_running;	/* threads inside, or just looking */
};

/*
 * The interrupt of a queue.  If the two words are equal it has nothing to do:
 * see kpi_vq_intr() in kpi_virtio.c.  Constant, but for the gate and the words.
 */
struct kpi_vq_intr {
	struct kpi_gate	  kvi_gate;
	const volatile uint16_t *kvi_used;	/* the index of used chains */
	const volatile uint16_t *kvi_event;	/* ... that interrupts next */
	void		(*kvi_intr)(void *arg);
	void		 *kvi_arg;
};

/* A virtio device.  Must lie in the softc, which outlives the interrupts. */
struct kpi_virtio {
	device_t	   kv_dev;
	uint64_t	   kv_features;	/* agreed on */
	struct kpi_vq_intr kv_queues[KPI_VIRTIO_MAXQUEUES];
	struct kpi_gate	   kv_config;	/* before kv_config_intr */
	volatile u_int	   kv_watched;	/* kv_config_intr is someone's */
	volatile u_int	   kv_changed;	/* not told to kv_config_intr */
	void		 (*kv_config_intr)(void *arg);
	void		  *kv_config_arg;
};

/*
 * The softc of a driver in Rust: virtio_driver! of the crate makes the methods
 * that use it.
 */
struct kpi_virtio_softc {
	struct kpi_virtio	kvs_virtio;
	void			*kvs_driver;	/* NULL: not attached */
};

/*
 * Start with the device.
 *
 * Context: any; before every other call.
 */
void	kpi_virtio_init(struct kpi_virtio *kv, device_t dev);

/*
 * Offer the device those of its features that are in wanted; VERSION_1, RING
 * features included.  *agreed is the set that both agree on.
 *
 * Context: sleepable; in attach only.
 * Errors: those of the bus; ENOTSUP: the device refuses to work with that set.
 * So does one that insists on VIRTIO_F_ACCESS_PLATFORM: virtio(4) gives
 * devices physical addresses, and neither agrees to that feature nor shows a
 * driver that it is offered.
 */
int	kpi_virtio_negotiate(struct kpi_virtio *kv, uint64_t wanted,
	    uint64_t *agreed);

/*
 * Read a field of the device's config space.
 *
 * Context: sleepable.
 * Returns: the field, in CPU byte order.
 * Units: off is in bytes.
 */
uint8_t	kpi_virtio_config_1(struct kpi_virtio *kv, bus_size_t off);
uint16_t kpi_virtio_config_2(struct kpi_virtio *kv, bus_size_t off);
uint32_t kpi_virtio_config_4(struct kpi_virtio *kv, bus_size_t off);

/*
 * Write a field of the device's config space, in CPU byte order.  The device
 * ignores a write to a field that is read-only.
 *
 * Context: sleepable.
 * Units: off is in bytes.
 */
void	kpi_virtio_set_config_1(struct kpi_virtio *kv, bus_size_t off,
	    uint8_t value);
void	kpi_virtio_set_config_2(struct kpi_virtio *kv, bus_size_t off,
	    uint16_t value);
void	kpi_virtio_set_config_4(struct kpi_virtio *kv, bus_size_t off,
	    uint32_t value);

/*
 * Allocate the first n queues of the device (1 to KPI_VIRTIO_MAXQUEUES) and
 * connect their interrupts.  The bus frees queues and interrupts when the
 * driver has detached or failed to attach.  FreeBSD 15's virtio_mmio(4) keeps
 * pointers to the interrupt that it has freed, and uses them when an attach has
 * failed: after this call, or in any way after an earlier detach.  No driver
 * can prevent that.
 *
 * kvs_intr runs in an interrupt thread, one thread at a time.  It may be called
 * although the device has used nothing.  The bus may have turned the queue's
 * interrupts off before, also after another thread took the last chain.  So the
 * handler always calls kpi_vq_enable_intr().  It is not called for other queues
 * with the same vector while its own is idle and has its interrupts on, which
 * shows in the ring's memory with EVENT_IDX.  So each thread that takes a chain
 * calls kpi_vq_enable_intr() before it releases the queue's lock, too.
 *
 * Context: sleepable; in attach only.
 * Errors: those of the bus; EINVAL: n.
 * Source: sys/dev/virtio/mmio/virtio_mmio.c, vtmmio_free_interrupts(), which
 * vtmmio_child_detached() and vtmmio_probe_and_attach_child() both call;
 * sys/kern/subr_bus.c, device_attach().
 */
int	kpi_virtio_setup_queues(struct kpi_virtio *kv,
	    struct kpi_vq_spec *specs, int n);

/*
 * Tell the device that the driver is ready (DRIVER_OK), so that it may be used
 * before attach returns.  The bus says it again afterwards, which is harmless.
 *
 * Context: sleepable; after kpi_virtio_setup_queues() in attach, or after
 * kpi_virtio_restart().
 */
void	kpi_virtio_driver_ok(struct kpi_virtio *kv);

/*
 * Reset the device, so that it forgets the queues and writes to no memory any
 * more.  When this returns no kvs_intr runs, and none will until
 * kpi_virtio_restart().  A second call does nothing more.
 *
 * Context: sleepable.
 * Locks: hold none that a kvs_intr takes.
 */
void	kpi_virtio_stop(struct kpi_virtio *kv);

/*
 * Make a stopped device, whose queues were drained, ready again: with the
 * features that were agreed on, and the same queues, empty, without interrupts
 * asked for.  kpi_virtio_driver_ok() is due next.
 *
 * Context: sleepable.
 * Errors: those of the bus; ENOTSUP: it has not all of the features any more.
 * The device is stopped then.
 */
int	kpi_virtio_restart(struct kpi_virtio *kv);

/*
 * Have intr(arg) called, in an interrupt thread, when the device says that its
 * configuration changed; at once if it said so before.  When
 * kpi_virtio_config_off() returns it does not run, and is not called any more.
 *
 * Context: sleepable.
 * Locks: hold none that intr takes.
 * Errors: EBUSY: another is called already.
 */
int	kpi_virtio_config_on(struct kpi_virtio *kv, void (*intr)(void *),
	    void *arg);
void	kpi_virtio_config_off(struct kpi_virtio *kv);

/*
 * The configuration has changed: what a driver's virtio_config_change method
 * calls.
 *
 * Context: interrupt thread; at any time after kpi_virtio_init().
 */
void	kpi_virtio_config_change(struct kpi_virtio *kv);

/*
 * Put a chain on the queue: the first readable segments of sg are read by the
 * device, the last writable ones written.  cookie, not NULL, comes back from
 * kpi_vq_dequeue().
 *
 * Context: any but a filter.
 * Locks: the queue is serialised by the caller.
 * Errors: ENOSPC, EMSGSIZE: no room now; EINVAL: no segments.
 */
int	kpi_vq_enqueue(struct virtqueue *vq, void *cookie, struct sglist *sg,
	    int readable, int writable);

/*
 * Take a chain that the device has used.
 *
 * Context: any but a filter.
 * Locks: the queue is serialised by the caller.
 * Returns: its cookie, and in *len how many bytes the device says it wrote: a
 * claim to be checked.  NULL: none.
 */
void	*kpi_vq_dequeue(struct virtqueue *vq, uint32_t *len);

/*
 * Tell the device of new chains, if it asked to be told.
 *
 * Context: any but a filter.
 * Locks: the queue is serialised by the caller.
 */
void	kpi_vq_notify(struct virtqueue *vq);

/*
 * Ask for an interrupt at the next used chain.
 *
 * Context: any but a filter.
 * Locks: the queue is serialised by the caller.
 * Returns: true: there is one already, for which none will come: go on
 * dequeueing.
 */
bool	kpi_vq_enable_intr(struct virtqueue *vq);

/*
 * Ask for no interrupts; some may still come.
 *
 * Context: any but a filter.
 * Locks: the queue is serialised by the caller.
 */
void	kpi_vq_disable_intr(struct virtqueue *vq);

/*
 * Take back one chain that the device never used.  Start with *last = 0 and
 * call until NULL.
 *
 * Context: sleepable; after kpi_virtio_stop() only.
 * Locks: the queue is serialised by the caller.
 * Returns: its cookie, or NULL.
 */
void	*kpi_vq_drain(struct virtqueue *vq, int *last);

/*
 * Count the descriptors of the queue, in all and unused.
 *
 * Context: any but a filter.
 * Locks: the queue is serialised by the caller.
 */
int	kpi_vq_size(struct virtqueue *vq);
int	kpi_vq_nfree(struct virtqueue *vq);

/*
 * Allocate a list of at most maxsegs segments.
 *
 * Context: sleepable with M_WAITOK in mflags, which are malloc(9)'s.
 * Returns: the list; NULL: no memory (M_NOWAIT).
 */
struct sglist *kpi_sglist_alloc(int maxsegs, int mflags);

/*
 * Free a list; NULL is allowed.
 *
 * Context: any but a filter.
 */
void	kpi_sglist_free(struct sglist *sg);

/*
 * Append a segment; one that starts where the last ends becomes part of it.
 *
 * Context: any.
 * Errors: EFBIG: the list is full.
 * Units: len is in bytes.
 */
int	kpi_sglist_append(struct sglist *sg, vm_paddr_t paddr, size_t len);

/*
 * Empty the list.
 *
 * Context: any.
 */
void	kpi_sglist_reset(struct sglist *sg);

#ifndef KPI_BINDGEN
KPI_INLINE int
kpi_vq_enqueue(struct virtqueue *vq, void *cookie, struct sglist *sg,
    int readable, int writable)
{
	return (virtqueue_enqueue(vq, cookie, sg, readable, writable));
}

KPI_INLINE void *
kpi_vq_dequeue(struct virtqueue *vq, uint32_t *len)
{
	return (virtqueue_dequeue(vq, len));
}

KPI_INLINE void
kpi_vq_notify(struct virtqueue *vq)
{
	virtqueue_notify(vq);
}

KPI_INLINE bool
kpi_vq_enable_intr(struct virtqueue *vq)
{
	return (virtqueue_enable_intr(vq) != 0);
}

KPI_INLINE void
kpi_vq_disable_intr(struct virtqueue *vq)
{
	virtqueue_disable_intr(vq);
}
#endif /* !KPI_BINDGEN */

#endif /* !_KPI_VIRTIO_H_ */
