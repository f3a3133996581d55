/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The driver's side of split virtqueues (VIRTIO 1.2, section 2.7), with
 * indirect descriptors and EVENT_IDX.  Behaves as FreeBSD 15's does towards
 * drivers and devices.  A program that misuses a queue is stopped by
 * virtqueue_check.c.
 *
 * Ring and indirect tables are guest RAM.  The device may scribble on all of
 * it, so nothing but the used ring is ever read back: free list and chains are
 * kept in vq_entry, and copies of the descriptors in vq_shadow.
 *
 * Left out: packed rings and legacy byte order.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/endian.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/queue.h>
#include <sys/sglist.h>

#include <machine/bus.h>

#include <vm/vm.h>
#include <vm/pmap.h>

#include <dev/virtio/virtio.h>
#include <dev/virtio/virtio_ring.h>
#include <dev/virtio/virtqueue.h>

#include "tk.h"
#include "tk_virtio_var.h"
#include "virtqueue_var.h"
#include "virtio_bus_if.h"

/* A poll that takes this long never ends. */
#define	VQ_POLL_NS	(10 * 1000000000LL)

static MALLOC_DEFINE(M_VIRTQUEUE, "virtqueue", "virtqueues and their rings");

static void	vq_ring_init(struct virtqueue *);
static void	vq_release(struct virtqueue *);
static void	vq_disable_intr(struct virtqueue *);

/*
 * Life
 */

static bool
vq_negotiated(struct virtqueue *vq, uint64_t feature)
{

	return (VIRTIO_BUS_WITH_FEATURE(vq->vq_dev, feature));
}

/* Returns 0 or the errno for what a queue cannot be. */
static int
vq_check_info(device_t dev, uint16_t queue, uint16_t size,
    const struct vq_alloc_info *info)
{

	if (size == 0) {
		device_printf(dev, "virtqueue %d (%s) does not exist\n", queue,
		    info->vqai_name);
		return (ENODEV);
	}
	if (!powerof2(size)) {
		device_printf(dev, "virtqueue %d (%s): size %d is not a power "
		    "of 2\n", queue, info->vqai_name, size);
		return (ENXIO);
	}
	if (info->vqai_maxindirsz > VIRTIO_MAX_INDIRECT) {
		device_printf(dev, "virtqueue %d (%s) wants %d indirect "
		    "descriptors, limit %d\n", queue, info->vqai_name,
		    info->vqai_maxindirsz, VIRTIO_MAX_INDIRECT);
		return (EINVAL);
	}
	return (0);
}

/* Indirect tables for all entries; ENOMEM. */
static int
vq_alloc_indirect(struct virtqueue *vq, int maxindir, vm_paddr_t highaddr)
{
	struct vring_desc *table, *shadow;
	int i;

	if (!vq_negotiated(vq, VIRTIO_RING_F_INDIRECT_DESC)) {
		if (bootverbose)
			device_printf(vq->vq_dev, "virtqueue %d (%s): indirect "
			    "descriptors not negotiated\n", vq->vq_index,
			    vq->vq_name);
		return (0);
	}
	vq->vq_indirect_size = (size_t)vq->vq_size * maxindir * sizeof(*table);
	vq->vq_indirect_mem = contigmalloc(vq->vq_indirect_size, M_VIRTQUEUE,
	    M_NOWAIT | M_ZERO, 0, highaddr, PAGE_SIZE, 0);
	if (vq->vq_indirect_mem == NULL) {
		device_printf(vq->vq_dev, "cannot allocate indirect tables\n");
		return (ENOMEM);
	}
	vq->vq_indirect_paddr = vtophys(vq->vq_indirect_mem);
	shadow = malloc(vq->vq_indirect_size, M_VIRTQUEUE, M_NOWAIT | M_ZERO);
	if (shadow == NULL)
		return (ENOMEM);
	vq->vq_maxindir = maxindir;
	table = vq->vq_indirect_mem;
	for (i = 0; i < vq->vq_size; i++) {
		vq->vq_entry[i].indirect = table + i * maxindir;
		vq->vq_entry[i].indirect_paddr = vq->vq_indirect_paddr +
		    i * maxindir * sizeof(*table);
		vq->vq_entry[i].shadow = shadow + i * maxindir;
	}
	return (0);
}

static int
vq_alloc_ring(struct virtqueue *vq, vm_paddr_t highaddr)
{

	vq->vq_mem_size = round_page(vring_size(vq->vq_size,
	    vq->vq_mem_align));
	vq->vq_mem = contigmalloc(vq->vq_mem_size, M_VIRTQUEUE,
	    M_NOWAIT | M_ZERO, 0, highaddr, PAGE_SIZE, 0);
	if (vq->vq_mem == NULL) {
		device_printf(vq->vq_dev,
		    "cannot allocate memory for virtqueue ring\n");
		return (ENOMEM);
	}
	vq->vq_paddr = vtophys(vq->vq_mem);
	return (0);
}

int
virtqueue_alloc(device_t dev, uint16_t queue, uint16_t size,
    bus_size_t notify_offset, int align, vm_paddr_t highaddr,
    struct vq_alloc_info *info, struct virtqueue **vqp)
{
	struct virtqueue *vq;
	size_t bytes;
	int error;

	*vqp = NULL;
	error = vq_check_info(dev, queue, size, info);
	if (error != 0)
		return (error);

	bytes = sizeof(*vq) + size * sizeof(struct vq_entry);
	vq = malloc(bytes + size * sizeof(struct vring_desc), M_VIRTQUEUE,
	    M_NOWAIT | M_ZERO);
	if (vq == NULL) {
		device_printf(dev, "cannot allocate virtqueue\n");
		return (ENOMEM);
	}
	vq->vq_shadow = (struct vring_desc *)(void *)((char *)vq + bytes);
	vq->vq_dev = dev;
	strlcpy(vq->vq_name, info->vqai_name, sizeof(vq->vq_name));
	vq->vq_index = queue;
	vq->vq_size = size;
	vq->vq_notify_offset = notify_offset;
	vq->vq_mem_align = align;
	vq->vq_intrhand = info->vqai_intr;
	vq->vq_intrarg = info->vqai_intr_arg;
	vq->vq_event_idx = vq_negotiated(vq, VIRTIO_RING_F_EVENT_IDX);

	if (info->vqai_maxindirsz > 1)
		error = vq_alloc_indirect(vq, info->vqai_maxindirsz, highaddr);
	if (error == 0)
		error = vq_alloc_ring(vq, highaddr);
	if (error != 0) {
		vq_release(vq);
		return (error);
	}
	vq_ring_init(vq);

	tk_where(&vq->vq_where);
	vq_register(vq);
	*vqp = vq;
	return (0);
}

/* An empty ring with interrupts off. */
static void
vq_ring_init(struct virtqueue *vq)
{
	int i;

	memset(vq->vq_mem, 0, vq->vq_mem_size);
	vring_init(&vq->vq_ring, vq->vq_size, vq->vq_mem, vq->vq_mem_align);
	for (i = 0; i < vq->vq_size; i++)
		vq->vq_entry[i].next = i + 1;
	vq->vq_entry[i - 1].next = VQ_NONE;
	vq->vq_free_head = 0;
	vq->vq_nfree = vq->vq_size;
	vq->vq_avail_next = 0;
	vq->vq_used_next = 0;
	vq->vq_queued = 0;
	vq_disable_intr(vq);
}

/* Free memory of a queue at any stage of virtqueue_alloc(). */
static void
vq_release(struct virtqueue *vq)
{

	free(vq->vq_entry[0].shadow, M_VIRTQUEUE);
	if (vq->vq_indirect_mem != NULL)
		contigfree(vq->vq_indirect_mem, vq->vq_indirect_size,
		    M_VIRTQUEUE);
	if (vq->vq_mem != NULL)
		contigfree(vq->vq_mem, vq->vq_mem_size, M_VIRTQUEUE);
	free(vq, M_VIRTQUEUE);
}

int
virtqueue_reinit(struct virtqueue *vq, uint16_t size)
{

	vq_enter(vq, __func__);
	if (size != vq->vq_size) {
		device_printf(vq->vq_dev, "%s: '%s' changed size; old=%hu, "
		    "new=%hu\n", __func__, vq->vq_name, vq->vq_size, size);
		vq_leave(vq);
		return (EINVAL);
	}
	vq_check_empty(vq, __func__);
	vq_ring_init(vq);
	vq_leave(vq);
	return (0);
}

void
virtqueue_free(struct virtqueue *vq)
{

	vq_enter(vq, __func__);
	vq_check_empty(vq, __func__);
	vq_unregister(vq);
	vq_release(vq);
}

/*
 * Questions
 */

vm_paddr_t
virtqueue_paddr(struct virtqueue *vq)
{

	vq_check(vq, __func__);
	return (vq->vq_paddr);
}

vm_paddr_t
virtqueue_desc_paddr(struct virtqueue *vq)
{

	return (virtqueue_paddr(vq));
}

/* Where a part of the ring is, for the device. */
static vm_paddr_t
vq_part_paddr(struct virtqueue *vq, const void *part)
{

	return (virtqueue_paddr(vq) +
	    ((const char *)part - (const char *)vq->vq_mem));
}

vm_paddr_t
virtqueue_avail_paddr(struct virtqueue *vq)
{

	return (vq_part_paddr(vq, vq->vq_ring.avail));
}

vm_paddr_t
virtqueue_used_paddr(struct virtqueue *vq)
{

	return (vq_part_paddr(vq, vq->vq_ring.used));
}

uint16_t
virtqueue_index(struct virtqueue *vq)
{

	vq_check(vq, __func__);
	return (vq->vq_index);
}

int
virtqueue_size(struct virtqueue *vq)
{

	vq_check(vq, __func__);
	return (vq->vq_size);
}

int
virtqueue_nfree(struct virtqueue *vq)
{

	vq_check(vq, __func__);
	return (vq->vq_nfree);
}

bool
virtqueue_empty(struct virtqueue *vq)
{

	vq_check(vq, __func__);
	return (vq->vq_nfree == vq->vq_size);
}

bool
virtqueue_full(struct virtqueue *vq)
{

	vq_check(vq, __func__);
	return (vq->vq_nfree == 0);
}

static uint16_t
vq_used_idx(struct virtqueue *vq)
{

	return (le16toh(__atomic_load_n(&vq->vq_ring.used->idx,
	    __ATOMIC_ACQUIRE)));
}

static uint16_t
vq_used_next(struct virtqueue *vq)
{

	return (__atomic_load_n(&vq->vq_used_next, __ATOMIC_RELAXED));
}

/* Used entries not taken yet, at most the size of the queue. */
static int
vq_nused(struct virtqueue *vq)
{
	uint16_t n;

	n = vq_used_idx(vq) - vq_used_next(vq);
	if (n > vq->vq_size) {
		vq_lie(vq, "used entries", n, vq->vq_size);
		n = vq->vq_size;
	}
	return (n);
}

int
virtqueue_nused(struct virtqueue *vq)
{

	vq_check(vq, __func__);
	return (vq_nused(vq));
}

void
virtqueue_dump(struct virtqueue *vq)
{

	if (vq == NULL)
		return;
	vq_check(vq, __func__);
	printf("VQ: %s - size=%d; free=%d; used=%d; queued=%d; "
	    "desc_head_idx=%d; avail.idx=%d; used_cons_idx=%d; used.idx=%d; "
	    "used_event_idx=%d; avail.flags=0x%x; used.flags=0x%x\n",
	    vq->vq_name, vq->vq_size, vq->vq_nfree, vq_nused(vq),
	    vq->vq_queued, vq->vq_free_head, vq->vq_avail_next,
	    vq->vq_used_next, vq_used_idx(vq),
	    le16toh(vring_used_event(&vq->vq_ring)),
	    le16toh(vq->vq_ring.avail->flags),
	    le16toh(vq->vq_ring.used->flags));
}

/*
 * Interrupts
 */

int
virtqueue_intr_filter(struct virtqueue *vq)
{

	vq_check(vq, __func__);
	if (vq_used_next(vq) == vq_used_idx(vq))
		return (0);
	vq_disable_intr(vq);
	return (1);
}

void
virtqueue_intr(struct virtqueue *vq)
{

	vq_check(vq, __func__);
	vq->vq_intrhand(vq->vq_intrarg);
}

/* Ask for an interrupt once the device has used the entry at idx. */
static void
vq_set_used_event(struct virtqueue *vq, uint16_t idx)
{

	__atomic_store_n(&vring_used_event(&vq->vq_ring), htole16(idx),
	    __ATOMIC_RELAXED);
}

static void
vq_disable_intr(struct virtqueue *vq)
{

	/* An index that the device passes last of all. */
	if (vq->vq_event_idx)
		vq_set_used_event(vq, vq_used_next(vq) - vq->vq_size - 1);
	else
		__atomic_or_fetch(&vq->vq_ring.avail->flags,
		    htole16(VRING_AVAIL_F_NO_INTERRUPT), __ATOMIC_RELAXED);
}

void
virtqueue_disable_intr(struct virtqueue *vq)
{

	vq_check(vq, __func__);
	vq_disable_intr(vq);
}

/* Interrupt after ndesc more chains; 1 when that many are used already. */
static int
vq_enable_intr(struct virtqueue *vq, uint16_t ndesc)
{

	if (vq->vq_event_idx)
		vq_set_used_event(vq, vq_used_next(vq) + ndesc);
	else
		__atomic_and_fetch(&vq->vq_ring.avail->flags,
		    htole16((uint16_t)~VRING_AVAIL_F_NO_INTERRUPT),
		    __ATOMIC_RELAXED);

	/* The device reads the wish after it writes the used index. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ((uint16_t)(vq_used_idx(vq) - vq_used_next(vq)) > ndesc);
}

int
virtqueue_enable_intr(struct virtqueue *vq)
{
	int more;

	vq_enter(vq, __func__);
	more = vq_enable_intr(vq, 0);
	vq_leave(vq);
	return (more);
}

int
virtqueue_postpone_intr(struct virtqueue *vq, vq_postpone_t hint)
{
	uint16_t ndesc;
	int more;

	vq_enter(vq, __func__);
	ndesc = vq->vq_avail_next - vq->vq_used_next;
	switch (hint) {
	case VQ_POSTPONE_SHORT:
		ndesc = ndesc / 4;
		break;
	case VQ_POSTPONE_LONG:
		ndesc = ndesc * 3 / 4;
		break;
	case VQ_POSTPONE_EMPTIED:
		break;
	}
	more = vq_enable_intr(vq, ndesc);
	vq_leave(vq);
	return (more);
}

/*
 * Enqueue
 */

static void
vq_write_desc(struct vring_desc *desc, vm_paddr_t addr, uint32_t len,
    uint16_t flags, uint16_t next)
{

	desc->addr = htole64(addr);
	desc->len = htole32(len);
	desc->flags = htole16(flags);
	desc->next = htole16(next);
}

/* Describe the chain in the ring itself; returns the next free descriptor. */
static uint16_t
vq_enqueue_direct(struct virtqueue *vq, struct vq_entry *ve,
    struct sglist *sg, int readable)
{
	struct sglist_seg *ss;
	uint16_t flags, idx, next;
	int i, left;

	flags = VRING_DESC_F_NEXT;
	idx = ve - vq->vq_entry;
	for (i = 0, left = sg->sg_nseg; left != 0; i++, idx = next) {
		ss = &sg->sg_segs[i];
		if (i == readable)
			flags |= VRING_DESC_F_WRITE;
		if (--left == 0)
			flags &= ~VRING_DESC_F_NEXT;
		next = vq->vq_entry[idx].next;
		vq_write_desc(&vq->vq_ring.desc[idx], ss->ss_paddr,
		    ss->ss_len, flags, next);
	}
	ve->ndescs = i;
	return (idx);
}

/* Describe it in the entry's table, which takes one descriptor of the ring. */
static uint16_t
vq_enqueue_indirect(struct virtqueue *vq, struct vq_entry *ve,
    struct sglist *sg, int readable)
{
	struct sglist_seg *ss;
	uint16_t flags;
	int i, left;

	flags = VRING_DESC_F_NEXT;
	for (i = 0, left = sg->sg_nseg; left != 0; i++) {
		ss = &sg->sg_segs[i];
		if (i == readable)
			flags |= VRING_DESC_F_WRITE;
		if (--left == 0)
			flags &= ~VRING_DESC_F_NEXT;
		vq_write_desc(&ve->indirect[i], ss->ss_paddr, ss->ss_len,
		    flags, i + 1);
	}
	vq_write_desc(&vq->vq_ring.desc[ve - vq->vq_entry],
	    ve->indirect_paddr, i * sizeof(struct vring_desc),
	    VRING_DESC_F_INDIRECT, 0);
	ve->ndescs = 1;
	return (ve->next);
}

/* Show the device the chain at head. */
static void
vq_make_available(struct virtqueue *vq, uint16_t head)
{

	vq->vq_ring.avail->ring[vq->vq_avail_next & (vq->vq_size - 1)] =
	    htole16(head);
	vq->vq_avail_next++;
	vq->vq_queued++;
	__atomic_store_n(&vq->vq_ring.avail->idx, htole16(vq->vq_avail_next),
	    __ATOMIC_RELEASE);
}

static int
vq_enqueue(struct virtqueue *vq, void *cookie, struct sglist *sg, int readable,
    int writable)
{
	struct vq_entry *ve;
	uint16_t head;
	int needed;

	if (!vq_admit(vq, cookie, sg, readable, writable) ||
	    vq->vq_nfree == 0)
		return (ENOSPC);
	needed = sg->sg_nseg;

	head = vq->vq_free_head;
	ve = &vq->vq_entry[head];
	if (needed > 1 && needed <= vq->vq_maxindir)
		vq->vq_free_head = vq_enqueue_indirect(vq, ve, sg, readable);
	else if (needed <= vq->vq_nfree)
		vq->vq_free_head = vq_enqueue_direct(vq, ve, sg, readable);
	else
		return (EMSGSIZE);
	ve->cookie = cookie;
	vq->vq_nfree -= ve->ndescs;
	vq_remember(vq, ve, sg, readable);
	vq_make_available(vq, head);
	return (0);
}

int
virtqueue_enqueue(struct virtqueue *vq, void *cookie, struct sglist *sg,
    int readable, int writable)
{
	int error;

	vq_enter(vq, __func__);
	error = vq_enqueue(vq, cookie, sg, readable, writable);
	vq_leave(vq);
	return (error);
}

/* Does the device want to know of what was queued since the last notify? */
static bool
vq_must_notify(struct virtqueue *vq)
{
	uint16_t event, flags, new;

	if (vq->vq_event_idx) {
		new = vq->vq_avail_next;
		event = le16toh(__atomic_load_n(
		    &vring_avail_event(&vq->vq_ring), __ATOMIC_RELAXED));
		return (vring_need_event(event, new, new - vq->vq_queued));
	}
	flags = le16toh(__atomic_load_n(&vq->vq_ring.used->flags,
	    __ATOMIC_RELAXED));
	return ((flags & VRING_USED_F_NO_NOTIFY) == 0);
}

void
virtqueue_notify(struct virtqueue *vq)
{

	vq_enter(vq, __func__);
	/* The device reads the available index after it writes its wish. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (vq_must_notify(vq))
		VIRTIO_BUS_NOTIFY_VQ(vq->vq_dev, vq->vq_index,
		    vq->vq_notify_offset);
	vq->vq_queued = 0;
	vq_leave(vq);
}

/*
 * Dequeue
 */

/* Give the chain's descriptors back; they become the next to be used. */
static void
vq_free_chain(struct virtqueue *vq, uint16_t head)
{
	struct vq_entry *ve;
	uint16_t idx;
	int i;

	ve = &vq->vq_entry[head];
	for (i = 1, idx = head; i < ve->ndescs; i++)
		idx = vq->vq_entry[idx].next;
	vq->vq_entry[idx].next = vq->vq_free_head;
	vq->vq_free_head = head;
	vq->vq_nfree += ve->ndescs;
	ve->ndescs = 0;
	ve->cookie = NULL;
}

/* Take the chain of a used entry; NULL when there is no such chain. */
static void *
vq_take(struct virtqueue *vq, uint32_t id, uint32_t len)
{
	struct vq_entry *ve;
	void *cookie;

	if (id >= vq->vq_size) {
		vq_lie(vq, "used id", id, vq->vq_size - 1);
		return (NULL);
	}
	ve = &vq->vq_entry[id];
	if (ve->cookie == NULL) {
		vq_lie(vq, "used id not in the queue", id, vq->vq_size - 1);
		return (NULL);
	}
	vq_device_wrote(vq, id, len);
	cookie = ve->cookie;
	vq_free_chain(vq, id);
	return (cookie);
}

/* Take the chain of the next used entry; NULL when that is a lie. */
static __noinline void *
vq_take_next(struct virtqueue *vq, uint32_t *lenp)
{
	const struct vring_used_elem *elem;
	uint32_t len;
	void *cookie;

	elem = &vq->vq_ring.used->ring[vq->vq_used_next & (vq->vq_size - 1)];
	__atomic_store_n(&vq->vq_used_next, vq->vq_used_next + 1,
	    __ATOMIC_RELAXED);
	len = le32toh(elem->len);
	cookie = vq_take(vq, le32toh(elem->id), len);
	if (cookie != NULL && lenp != NULL)
		*lenp = len;
	return (cookie);
}

/* As in FreeBSD, a lie is NULL as well, whatever comes after it. */
static __always_inline void *
vq_dequeue(struct virtqueue *vq, uint32_t *len)
{

	return (vq_nused(vq) != 0 ? vq_take_next(vq, len) : NULL);
}

void *
virtqueue_dequeue(struct virtqueue *vq, uint32_t *len)
{
	void *cookie;

	vq_enter(vq, __func__);
	cookie = vq_dequeue(vq, len);
	vq_leave(vq);
	return (cookie);
}

void *
virtqueue_poll(struct virtqueue *vq, uint32_t *len)
{
	void *cookie;
	int64_t end;

	vq_enter(vq, __func__);
	end = tk_now_ns() + VQ_POLL_NS;
	while ((cookie = vq_dequeue(vq, len)) == NULL) {
		if (tk_now_ns() >= end)
			tk_stop("virtqueue-poll", "queue %s: no answer for "
			    "%d s", vq->vq_name,
			    (int)(VQ_POLL_NS / 1000000000));
		tk_spinwait();
	}
	vq_leave(vq);
	return (cookie);
}

void *
virtqueue_drain(struct virtqueue *vq, int *last)
{
	void *cookie;
	int idx;

	vq_enter(vq, __func__);
	if (tk_virtio_running(vq->vq_dev))
		tk_stop("virtqueue-drain", "queue %s of a device that was "
		    "not stopped", vq->vq_name);
	cookie = NULL;
	for (idx = *last; idx < vq->vq_size && cookie == NULL; idx++) {
		cookie = vq->vq_entry[idx].cookie;
		if (cookie != NULL)
			vq_free_chain(vq, idx);
	}
	*last = idx;
	vq_leave(vq);
	return (cookie);
}
