/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * virtqueue: split rings, as FreeBSD 15 drivers use them.
 *
 * A queue has no lock of its own.  The caller serialises all calls but
 * virtqueue_intr_filter(), virtqueue_disable_intr() and the functions that
 * return its size and free descriptors.  virtqueue_nused() is to be serialised:
 * FreeBSD asserts that it counts no more than the queue has, which is not so if
 * another thread takes a chain meanwhile.  The test kernel stops a program when
 * two of its threads are inside one queue.  Nothing here sleeps.
 * virtqueue_alloc(), _free() and _reinit() may not be called from a filter.
 *
 * Values from the device that may be wrong, and what then happens (see
 * virtqueue.c):
 *   used id		FreeBSD asserts that it is right, and without
 *			INVARIANTS uses it as an index.  The test kernel stops
 *			at an id beyond the ring.  For an id that is not in the
 *			queue it counts one (tk_virtqueue_bad_used()), reports
 *			the first, and gives the driver NULL.
 *   used length	FreeBSD and the test kernel give it to the driver as
 *			it is, and the driver must bound it.  The test kernel
 *			counts one that exceeds the chain's writable part.
 *   used index		FreeBSD asserts that it is right.  The test kernel
 *			counts a wrong one, and takes old entries again, as
 *			FreeBSD's release kernel does.
 */

#ifndef _VIRTIO_VIRTQUEUE_H
#define	_VIRTIO_VIRTQUEUE_H

struct virtqueue;
struct sglist;

/* Called from an interrupt thread. */
typedef void virtqueue_intr_t(void *);

/* How long an interrupt may be postponed.  A hint that needs EVENT_IDX. */
typedef enum {
	VQ_POSTPONE_SHORT,	/* a quarter of the queued chains */
	VQ_POSTPONE_LONG,	/* three quarters */
	VQ_POSTPONE_EMPTIED	/* all of it */
} vq_postpone_t;

#define	VIRTQUEUE_MAX_NAME_SZ	32

/* What a driver asks of each of its queues. */
struct vq_alloc_info {
	char		   vqai_name[VIRTQUEUE_MAX_NAME_SZ];
	int		   vqai_maxindirsz;	/* descriptors; < 2: none */
	virtqueue_intr_t  *vqai_intr;		/* NULL: no interrupts */
	void		  *vqai_intr_arg;
	struct virtqueue **vqai_vq;		/* filled by the bus */
};

#define	VQ_ALLOC_INFO_INIT(_i, _nsegs, _intr, _arg, _vqp, _str, ...) do { \
	struct vq_alloc_info *_vqai = (_i);				\
	_vqai->vqai_maxindirsz = (_nsegs);				\
	_vqai->vqai_intr = (_intr);					\
	_vqai->vqai_intr_arg = (_arg);					\
	_vqai->vqai_vq = (_vqp);					\
	snprintf(_vqai->vqai_name, VIRTQUEUE_MAX_NAME_SZ, _str,		\
	    ##__VA_ARGS__);						\
} while (0)

/*
 * Making and ending a queue, for transports.  virtqueue_alloc: ENODEV (size 0),
 * ENXIO (size not a power of 2), EINVAL (too many indirect descriptors),
 * ENOMEM.  virtqueue_reinit: EINVAL when the size changed.
 */
int	 virtqueue_alloc(device_t dev, uint16_t queue, uint16_t size,
	     bus_size_t notify_offset, int align, vm_paddr_t highaddr,
	     struct vq_alloc_info *info, struct virtqueue **vqp);
/*
 * After a device reset, take back the chains that it did not return.  Returns
 * one cookie after another, NULL at the end.  *last is 0 before the first call.
 */
void	*virtqueue_drain(struct virtqueue *vq, int *last);
void	 virtqueue_free(struct virtqueue *vq);
int	 virtqueue_reinit(struct virtqueue *vq, uint16_t size);

/*
 * Interrupts.  If there are used chains, the filter disables interrupts and
 * returns 1.  enable and postpone return 1 if the device has already used so
 * many chains that no interrupt will come for them: the caller must look again.
 */
int	 virtqueue_intr_filter(struct virtqueue *vq);
void	 virtqueue_intr(struct virtqueue *vq);
int	 virtqueue_enable_intr(struct virtqueue *vq);
int	 virtqueue_postpone_intr(struct virtqueue *vq, vq_postpone_t hint);
void	 virtqueue_disable_intr(struct virtqueue *vq);

/* Guest-physical addresses of the ring and its three parts. */
vm_paddr_t virtqueue_paddr(struct virtqueue *vq);
vm_paddr_t virtqueue_desc_paddr(struct virtqueue *vq);
vm_paddr_t virtqueue_avail_paddr(struct virtqueue *vq);
vm_paddr_t virtqueue_used_paddr(struct virtqueue *vq);

uint16_t virtqueue_index(struct virtqueue *vq);
bool	 virtqueue_full(struct virtqueue *vq);
bool	 virtqueue_empty(struct virtqueue *vq);
int	 virtqueue_size(struct virtqueue *vq);
int	 virtqueue_nfree(struct virtqueue *vq);
int	 virtqueue_nused(struct virtqueue *vq);
/* Notify the device of the chains that were enqueued, if it wants that. */
void	 virtqueue_notify(struct virtqueue *vq);
void	 virtqueue_dump(struct virtqueue *vq);

/*
 * Queue a chain.  The device reads the first
 * `readable' segments of sg and writes the `writable' ones behind them.  ENOSPC
 * (queue full), EMSGSIZE (not enough descriptors for a direct chain).  FreeBSD
 * returns EINVAL for a chain without segments.  It asserts the other conditions
 * of the rule virtqueue-args (tk_virtio.h).
 */
int	 virtqueue_enqueue(struct virtqueue *vq, void *cookie,
	     struct sglist *sg, int readable, int writable);
/*
 * The cookie of the next used chain, or NULL.  *len: the bytes that the device
 * wrote.
 */
void	*virtqueue_dequeue(struct virtqueue *vq, uint32_t *len);
/* The same, but spins without sleeping until there is a used chain. */
void	*virtqueue_poll(struct virtqueue *vq, uint32_t *len);

#endif /* _VIRTIO_VIRTQUEUE_H */
