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
 * The way from an interrupt to its handler.  The bus disconnects the interrupts
 * of a device only after its driver's detach has returned, so a late one must
 * find this, and find it closed.
 */
struct kpi_vq_gate {
	volatile u_int	  kvg_open;
	volatile u_int	  kvg_running;
	void		(*kvg_intr)(void *arg);
	void		 *kvg_arg;
};

/* A virtio device.  Must lie in the softc, which outlives the interrupts. */
struct kpi_virtio {
	device_t	   kv_dev;
	uint64_t	   kv_features;	/* agreed on */
	struct kpi_vq_gate kv_gates[KPI_VIRTIO_MAXQUEUES];
	struct kpi_vq_gate kv_config;
	volatile u_int	   kv_watched;	/* kv_config_intr is someone's */
	volatile u_int	   kv_changed;	/* not told to kv_config_intr */
	void		 (*kv_config_intr)(void *arg);
	void		  *kv_config_arg;
};

/* Start with the device.  Any context. */
void	kpi_virtio_init(struct kpi_virtio *kv, device_t dev);

/*
 * Offer the device those of its features that are in wanted; VERSION_1, RING
 * features included.  0 and the agreed set in *agreed, or the bus's error.
 * ENOTSUP: the device refuses to work with that set.  So does one that insists
 * on VIRTIO_F_ACCESS_PLATFORM: virtio(4) gives devices physical addresses, and
 * neither agrees to that feature nor shows a driver that it is offered.
 * Sleepable; in attach only.
 */
int	kpi_virtio_negotiate(struct kpi_virtio *kv, uint64_t wanted,
	    uint64_t *agreed);

/* A field of the device's config space, in CPU byte order.  Sleepable. */
uint8_t	kpi_virtio_config_1(struct kpi_virtio *kv, bus_size_t off);
uint16_t kpi_virtio_config_2(struct kpi_virtio *kv, bus_size_t off);
uint32_t kpi_virtio_config_4(struct kpi_virtio *kv, bus_size_t off);

/*
 * Allocate the first n queues of the device (1 to KPI_VIRTIO_MAXQUEUES) and
 * connect their interrupts; kvs_intr runs in an interrupt thread.  The bus
 * frees queues and interrupts when the driver has detached or failed to attach.
 * Sleepable; in attach only.
 */
int	kpi_virtio_setup_queues(struct kpi_virtio *kv,
	    struct kpi_vq_spec *specs, int n);

/*
 * Tell the device that the driver is ready (DRIVER_OK), so that it may be used
 * before attach returns.  The bus says it again afterwards, which is harmless.
 * Sleepable; after kpi_virtio_setup_queues() in attach, or after
 * kpi_virtio_restart().
 */
void	kpi_virtio_driver_ok(struct kpi_virtio *kv);

/*
 * Reset the device, so that it forgets the queues and writes to no memory any
 * more, and see to it that no kvs_intr runs or will run until a restart.  Does
 * nothing more the second time.  Sleepable; hold no lock that the handlers
 * take.
 */
void	kpi_virtio_stop(struct kpi_virtio *kv);

/*
 * Make a stopped device, whose queues were drained, ready again: with the
 * features that were agreed on, and the same queues, empty, without interrupts
 * asked for.  kpi_virtio_driver_ok() is due next; on an error the device is
 * stopped.  ENOTSUP: it has not all of the features any more; or the bus's
 * error.  Sleepable.
 */
int	kpi_virtio_restart(struct kpi_virtio *kv);

/*
 * Have intr(arg) called when the device says that its configuration changed, in
 * an interrupt thread; at once if it said so before.  kpi_virtio_config_off()
 * waits until it runs no more.  Sleepable; hold no lock that intr takes.
 * EBUSY: another is called already.
 */
int	kpi_virtio_config_on(struct kpi_virtio *kv, void (*intr)(void *),
	    void *arg);
void	kpi_virtio_config_off(struct kpi_virtio *kv);

/*
 * What the driver's virtio_config_change method calls, at any time after
 * kpi_virtio_init().  In an interrupt thread.
 */
void	kpi_virtio_config_change(struct kpi_virtio *kv);

/*
 * Put a chain on the queue: the first readable segments of sg are read by the
 * device, the last writable ones written.  cookie, not NULL, comes back from
 * kpi_vq_dequeue().  No filter; queue serialised.
 * ENOSPC, EMSGSIZE: no room now; EINVAL: no segments.
 */
int	kpi_vq_enqueue(struct virtqueue *vq, void *cookie, struct sglist *sg,
	    int readable, int writable);

/*
 * The cookie of a chain that the device has used, and in *len how many bytes
 * it says it wrote: a claim to be checked.  NULL: none.  No filter; queue
 * serialised.
 */
void	*kpi_vq_dequeue(struct virtqueue *vq, uint32_t *len);

/*
 * Tell the device of new chains, if it asked to be told.  No filter; queue
 * serialised.
 */
void	kpi_vq_notify(struct virtqueue *vq);

/*
 * Ask for an interrupt at the next used chain.  True: there is one already,
 * for which none will come: go on dequeueing.  No filter; queue serialised.
 */
bool	kpi_vq_enable_intr(struct virtqueue *vq);

/* Ask for no interrupts; some may still come.  No filter; queue serialised. */
void	kpi_vq_disable_intr(struct virtqueue *vq);

/*
 * Take back one chain that the device never used: its cookie, or NULL.  Start
 * with *last = 0 and call until NULL.  After kpi_virtio_stop() only.
 */
void	*kpi_vq_drain(struct virtqueue *vq, int *last);

/* Descriptors of the queue, in all and unused.  No filter; serialised. */
int	kpi_vq_size(struct virtqueue *vq);
int	kpi_vq_nfree(struct virtqueue *vq);

/*
 * A list of at most maxsegs segments; mflags as malloc(9).  NULL: no memory
 * (M_NOWAIT).  Sleepable with M_WAITOK.
 */
struct sglist *kpi_sglist_alloc(int maxsegs, int mflags);

/* Free; NULL is allowed. */
void	kpi_sglist_free(struct sglist *sg);

/*
 * Append a segment; one that starts where the last ends becomes part of it.
 * EFBIG: the list is full.  Any context.
 */
int	kpi_sglist_append(struct sglist *sg, vm_paddr_t paddr, size_t len);

/* Empty the list.  Any context. */
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
