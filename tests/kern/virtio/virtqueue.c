/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver's side of split virtqueues (VIRTIO 1.2, section 2.7), with
 * indirect descriptors and EVENT_IDX.  Behaves as FreeBSD 15's release kernel
 * does towards drivers and devices.  Drivers' calls first pass through
 * virtqueue_entry.c, which stops a program that misuses a queue.
 *
 * FreeBSD's virtqueue trusts the device: its checks are KASSERT()s, which a
 * release kernel does not have.  So this one trusts it, too:
 * - A used id is cut to 16 bits.  If it is no descriptor of the ring, FreeBSD's
 *   virtqueue_dequeue() reads, and vq_ring_free_chain() writes, other memory.
 *   Here the kernel stops, see vq_entry_of().
 * - A used id may be of a chain that is not in the queue.  The driver then gets
 *   NULL, as from an empty queue, and the descriptors are freed once more.  The
 *   free list becomes a circle.  virtqueue_enqueue() then hands out a
 *   descriptor that is in use, and the chain that used it is lost.
 * - The used index may be ahead of the used entries, by up to 2^16.  Old
 *   entries are then taken again.
 * - The free list and the chains are in the descriptor table.  The table and
 *   the available index are guest RAM, and what a device writes there is used.
 * - A used length is whatever the device says.
 * A driver can do no more against this than check the cookies that it gets
 * from virtqueue(9), bound lengths, and record which chains are in the queue.
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

static MALLOC_DEFINE(M_VIRTQUEUE, "virtqueue", "virtqueues and their rings");


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

/* A list of all the n descriptors of a table. */
static void
vq_list_init(struct vring_desc *desc, int n)
{
	int i;

	for (i = 0; i < n; i++)
		desc[i].next = htole16(i + 1 < n ? i + 1 : VQ_NONE);
}

void
vq_ring_init(struct virtqueue *vq)
{
	int i;

	memset(vq->vq_mem, 0, vq->vq_mem_size);
	vring_init(&vq->vq_ring, vq->vq_size, vq->vq_mem, vq->vq_mem_align);
	vq_list_init(vq->vq_ring.desc, vq->vq_size);
	for (i = 0; i < vq->vq_size; i++) {
		vq->vq_entry[i].cookie = NULL;
		vq->vq_entry[i].ndescs = 0;
		vq_list_init(vq->vq_entry[i].indirect, vq->vq_maxindir);
	}
	vq->vq_free_head = 0;
	vq->vq_nfree = vq->vq_size;
	vq->vq_used_next = 0;
	vq->vq_queued = 0;
	vq_disable_intr(vq);
}

void
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

/* The bus address of a part of the ring. */
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

/* Used entries not taken yet, as the device says. */
static int
vq_nused(struct virtqueue *vq)
{
	uint16_t n;

	n = vq_used_idx(vq) - vq_used_next(vq);
	vq_check_used(vq, n);
	return (n);
}

/* The available index shown to the device, read back from guest RAM. */
static uint16_t
vq_avail_idx(struct virtqueue *vq)
{

	return (le16toh(__atomic_load_n(&vq->vq_ring.avail->idx,
	    __ATOMIC_RELAXED)));
}

int
virtqueue_nused(struct virtqueue *vq)
{
	int n;

	vq_enter(vq, __func__);
	n = vq_nused(vq);
	vq_leave(vq);
	return (n);
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
	    vq->vq_queued, vq->vq_free_head, vq_avail_idx(vq),
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
	vq_filter_looked();
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

void
vq_disable_intr(struct virtqueue *vq)
{

	/* The index that the device reaches last. */
	if (vq->vq_event_idx)
		vq_set_used_event(vq, vq_used_next(vq) - vq->vq_size - 1);
	else
		__atomic_or_fetch(&vq->vq_ring.avail->flags,
		    htole16(VRING_AVAIL_F_NO_INTERRUPT), __ATOMIC_RELAXED);
}

int
vq_enable_intr(struct virtqueue *vq, uint16_t ndesc)
{

	if (vq->vq_event_idx)
		vq_set_used_event(vq, vq_used_next(vq) + ndesc);
	else
		__atomic_and_fetch(&vq->vq_ring.avail->flags,
		    htole16((uint16_t)~VRING_AVAIL_F_NO_INTERRUPT),
		    __ATOMIC_RELAXED);

	/* The device reads the request after it writes the used index. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ((uint16_t)(vq_used_idx(vq) - vq_used_next(vq)) > ndesc);
}

int
vq_postpone_intr(struct virtqueue *vq, vq_postpone_t hint)
{
	uint16_t ndesc;

	ndesc = vq_avail_idx(vq) - vq->vq_used_next;
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
	return (vq_enable_intr(vq, ndesc));
}

/*
 * Enqueue
 */

/* desc->next is not written: the free list has set it. */
static void
vq_write_desc(struct vring_desc *desc, vm_paddr_t addr, uint32_t len,
    uint16_t flags)
{

	desc->addr = htole64(addr);
	desc->len = htole32(len);
	desc->flags = htole16(flags);
}

/* Describe segment i of a chain. */
static void
vq_write_seg(struct vring_desc *desc, struct sglist *sg, int i, int readable)
{
	struct sglist_seg *ss = &sg->sg_segs[i];
	uint16_t flags;

	flags = i < readable ? 0 : VRING_DESC_F_WRITE;
	if (i < sg->sg_nseg - 1)
		flags |= VRING_DESC_F_NEXT;
	vq_write_desc(desc, ss->ss_paddr, ss->ss_len, flags);
}

/* Describe the chain in the ring itself; returns the next free descriptor. */
static uint16_t
vq_enqueue_direct(struct virtqueue *vq, struct vq_entry *ve,
    struct sglist *sg, int readable)
{
	uint16_t idx;
	int i;

	idx = ve - vq->vq_entry;
	for (i = 0; i < sg->sg_nseg; i++) {
		(void)vq_entry_of(vq, idx);
		vq_write_seg(&vq->vq_ring.desc[idx], sg, i, readable);
		idx = le16toh(vq->vq_ring.desc[idx].next);
	}
	ve->ndescs = i;
	return (idx);
}

/* Describe it in the entry's table, which takes one descriptor of the ring. */
static uint16_t
vq_enqueue_indirect(struct virtqueue *vq, struct vq_entry *ve,
    struct sglist *sg, int readable)
{
	struct vring_desc *desc = &vq->vq_ring.desc[ve - vq->vq_entry];
	int i;

	for (i = 0; i < sg->sg_nseg; i++)
		vq_write_seg(&ve->indirect[i], sg, i, readable);
	vq_write_desc(desc, ve->indirect_paddr, i * sizeof(*desc),
	    VRING_DESC_F_INDIRECT);
	ve->ndescs = 1;
	return (le16toh(desc->next));
}

/* Make the chain at head available to the device. */
static void
vq_make_available(struct virtqueue *vq, uint16_t head)
{

	uint16_t idx = vq_avail_idx(vq);

	vq->vq_ring.avail->ring[idx & (vq->vq_size - 1)] = htole16(head);
	vq->vq_queued++;
	__atomic_store_n(&vq->vq_ring.avail->idx, htole16(idx + 1),
	    __ATOMIC_RELEASE);
}

int
vq_enqueue(struct virtqueue *vq, void *cookie, struct sglist *sg, int readable)
{
	struct vq_entry *ve;
	uint16_t head;
	int needed;

	if (vq->vq_nfree == 0)
		return (ENOSPC);
	needed = sg->sg_nseg;

	head = vq->vq_free_head;
	ve = vq_entry_of(vq, head);
	vq_check_unused(vq, ve);
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

/*
 * Does the device want a notification for the chains that were queued since the
 * last one?
 */
static bool
vq_must_notify(struct virtqueue *vq)
{
	uint16_t event, flags, new;

	if (vq->vq_event_idx) {
		new = vq_avail_idx(vq);
		event = le16toh(__atomic_load_n(
		    &vring_avail_event(&vq->vq_ring), __ATOMIC_RELAXED));
		return (vring_need_event(event, new, new - vq->vq_queued));
	}
	flags = le16toh(__atomic_load_n(&vq->vq_ring.used->flags,
	    __ATOMIC_RELAXED));
	return ((flags & VRING_USED_F_NO_NOTIFY) == 0);
}

void
vq_notify(struct virtqueue *vq)
{

	/* The device reads the available index after it writes its request. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (vq_must_notify(vq))
		VIRTIO_BUS_NOTIFY_VQ(vq->vq_dev, vq->vq_index,
		    vq->vq_notify_offset);
	vq->vq_queued = 0;
}

/*
 * Dequeue
 */

/*
 * Give the chain's descriptors back; they become the next to be used.  As
 * FreeBSD's vq_ring_free_chain(), this follows the links in the table.
 */
static __always_inline void
vq_free_chain(struct virtqueue *vq, struct vq_entry *ve, uint16_t head)
{
	struct vring_desc *desc = &vq->vq_ring.desc[head];
	uint16_t next;
	int n;

	vq->vq_nfree += ve->ndescs;
	ve->ndescs--;
	for (n = 0; (le16toh(desc->flags) & (VRING_DESC_F_INDIRECT |
	    VRING_DESC_F_NEXT)) == VRING_DESC_F_NEXT; n++) {
		if (n > vq->vq_size)
			tk_stop("virtqueue-memory", "queue %s: a device wrote "
			    "a chain without end to the descriptor table",
			    vq->vq_name);
		next = le16toh(desc->next);
		(void)vq_entry_of(vq, next);
		desc = &vq->vq_ring.desc[next];
		ve->ndescs--;
	}
	desc->next = htole16(vq->vq_free_head);
	vq->vq_free_head = head;
}

/* Take the chain of a used entry; NULL when it is not in the queue. */
static __always_inline void *
vq_take(struct virtqueue *vq, uint16_t id, uint32_t len)
{
	struct vq_entry *ve = vq_entry_of(vq, id);
	void *cookie = ve->cookie;

	if (cookie == NULL)
		vq_bad_used(vq, "used id not in the queue", id,
		    vq->vq_size - 1);
	else
		vq_device_wrote(vq, id, len);
	vq_free_chain(vq, ve, id);
	ve->cookie = NULL;
	return (cookie);
}

/* Take the next used entry. */
static __always_inline void *
vq_take_next(struct virtqueue *vq, uint32_t *lenp)
{
	const struct vring_used_elem *elem;
	uint32_t len;

	elem = &vq->vq_ring.used->ring[vq->vq_used_next & (vq->vq_size - 1)];
	__atomic_store_n(&vq->vq_used_next, vq->vq_used_next + 1,
	    __ATOMIC_RELAXED);
	len = le32toh(elem->len);
	if (lenp != NULL)
		*lenp = len;
	return (vq_take(vq, (uint16_t)le32toh(elem->id), len));
}

/* Returns NULL for a wrong used entry as well, even if good ones follow. */
void *
vq_dequeue(struct virtqueue *vq, uint32_t *len)
{

	return (vq_nused(vq) != 0 ? vq_take_next(vq, len) : NULL);
}

void *
vq_drain(struct virtqueue *vq, int *last)
{
	void *cookie;
	int idx;

	cookie = NULL;
	for (idx = *last; idx < vq->vq_size && cookie == NULL; idx++) {
		cookie = vq->vq_entry[idx].cookie;
		vq->vq_entry[idx].cookie = NULL;
		if (cookie != NULL)
			vq_free_chain(vq, &vq->vq_entry[idx], idx);
	}
	*last = idx;
	return (cookie);
}
