/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A virtqueue: its state, for virtqueue.c, which implements virtqueue(9), and
 * virtqueue_check.c, which finds callers that misuse it.
 */

#ifndef _VIRTQUEUE_VAR_H_
#define	_VIRTQUEUE_VAR_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/queue.h>
#include <sys/sglist.h>

#include <machine/bus.h>

#include <dev/virtio/virtio_ring.h>
#include <dev/virtio/virtqueue.h>

#include "tk.h"

/* No index: rings have at most 2^15 entries. */
#define	VQ_NONE		32768

/* One per descriptor of the ring, for heads of chains. */
struct vq_entry {
	void		*cookie;	/* NULL: not the head of a chain */
	struct vring_desc *shadow;	/* copy of its indirect table */
	struct vring_desc *indirect;	/* the table itself, in guest RAM */
	vm_paddr_t	 indirect_paddr;
	uint16_t	 ndescs;	/* ring descriptors, for the chain */
	uint32_t	 wlen;		/* bytes that the device may write */
};

/*
 * The caller serialises calls (vq_inside finds a caller that does not).  Fields
 * that a filter reads too, vq_used_next and the event words, are accessed
 * atomically.
 */
struct virtqueue {
	LIST_ENTRY(virtqueue) vq_link;		/* vq_live */
	struct tk_where	 vq_where;		/* who allocated it */
	const char	*vq_inside;		/* the call that is inside */
	bool		 vq_bad_reported;	/* first was reported */

	device_t	 vq_dev;		/* the bus */
	char		 vq_name[VIRTQUEUE_MAX_NAME_SZ];
	uint16_t	 vq_index;
	uint16_t	 vq_size;
	bus_size_t	 vq_notify_offset;
	virtqueue_intr_t *vq_intrhand;
	void		*vq_intrarg;
	bool		 vq_event_idx;		/* negotiated */
	int		 vq_maxindir;		/* 0: no indirect tables */

	void		*vq_mem;		/* ring, guest RAM */
	int		 vq_mem_align;
	size_t		 vq_mem_size;
	vm_paddr_t	 vq_paddr;
	struct vring	 vq_ring;
	void		*vq_indirect_mem;	/* all tables, guest RAM */
	size_t		 vq_indirect_size;
	vm_paddr_t	 vq_indirect_paddr;

	uint16_t	 vq_nfree;
	uint16_t	 vq_free_head;		/* VQ_NONE: full */
	uint16_t	 vq_used_next;		/* next entry to take */
	uint16_t	 vq_queued;		/* since the last notify */

	struct vring_desc *vq_shadow;		/* copy of the ring's table */
	struct vq_entry	 vq_entry[];
};

/*
 * virtqueue(9) itself (virtqueue.c), for virtqueue_entry.c.
 *
 * An empty ring with interrupts off; freeing the memory of a queue at any stage
 * of virtqueue_alloc().
 */
void	vq_ring_init(struct virtqueue *);
void	vq_release(struct virtqueue *);

/* Interrupt after ndesc more chains.  Returns 1 if so many are used already. */
int	vq_enable_intr(struct virtqueue *, uint16_t ndesc);
int	vq_postpone_intr(struct virtqueue *, vq_postpone_t hint);
void	vq_disable_intr(struct virtqueue *);

int	vq_enqueue(struct virtqueue *, void *cookie, struct sglist *,
	    int readable);
void	vq_notify(struct virtqueue *);
void	*vq_dequeue(struct virtqueue *, uint32_t *len);
void	*vq_drain(struct virtqueue *, int *last);

/* A queue exists between these two calls.  At shutdown none may exist. */
void	vq_register(struct virtqueue *);
void	vq_unregister(struct virtqueue *);

/* Stop unless the queue exists. */
void	vq_check(struct virtqueue *, const char *call);

/*
 * Enter and leave a queue.  The switch point inside lets deterministic mode
 * find a caller that takes no lock.
 */
void	vq_enter(struct virtqueue *, const char *call);
static inline void
vq_leave(struct virtqueue *vq)
{

	__atomic_store_n(&vq->vq_inside, NULL, __ATOMIC_RELEASE);
}

/* The filter has found used chains, and will turn interrupts off. */
void	vq_filter_looked(void);

/*
 * Stop if a driver may not send this chain.  False: behave as if there were no
 * room, as tk_fault() demands.
 */
bool	vq_admit(struct virtqueue *, void *cookie, struct sglist *,
	    int readable, int writable);

/*
 * Stop if there are chains that the driver did not drain: their cookies leak.
 */
void	vq_check_empty(struct virtqueue *, const char *call);

/* Stop: the device made virtqueue(9) use a descriptor that does not exist. */
void	vq_beyond(struct virtqueue *, uint16_t idx) __dead2;

/*
 * The entry of a descriptor.  Stops if there is none.  FreeBSD's release kernel
 * does not check, and would access memory behind the queue.
 */
static inline struct vq_entry *
vq_entry_of(struct virtqueue *vq, uint16_t idx)
{

	if (idx >= vq->vq_size)
		vq_beyond(vq, idx);
	return (&vq->vq_entry[idx]);
}

/* Count a wrong value from the device, and report the first of each queue. */
void	vq_bad_used(struct virtqueue *, const char *what, uint32_t value,
	    uint32_t limit);

/*
 * Check the number of used entries, and an entry that the free list has.  The
 * device may have made them wrong.
 */
static inline void
vq_check_used(struct virtqueue *vq, uint16_t n)
{

	if (n > vq->vq_size)
		vq_bad_used(vq, "used entries", n, vq->vq_size);
}

static inline void
vq_check_unused(struct virtqueue *vq, const struct vq_entry *ve)
{

	if (ve->cookie != NULL)
		vq_bad_used(vq, "in use, and free: descriptor",
		    ve - vq->vq_entry, vq->vq_size - 1);
}

/*
 * vq_remember() keeps the segments of a new chain.  vq_device_wrote() later
 * tells busdma that the device wrote the first len bytes of them, as the used
 * entry says.
 */
void	vq_remember(struct virtqueue *, struct vq_entry *, struct sglist *,
	    int readable);
void	vq_device_wrote(struct virtqueue *, uint16_t head, uint32_t len);

#endif /* !_VIRTQUEUE_VAR_H_ */
