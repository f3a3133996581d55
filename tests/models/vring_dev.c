/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The device's side of a split virtqueue; see vring_dev.h.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include <dev/virtio/virtio_ring.h>

#include "tk.h"
#include "vring_dev.h"

/* The event words behind the rings: the device's, and the driver's. */
static uint16_t *
vring_dev_avail_event(const struct vring_dev *vr)
{

	return ((uint16_t *)(void *)&vr->used->ring[vr->size]);
}

static uint16_t *
vring_dev_used_event(const struct vring_dev *vr)
{

	return (&vr->avail->ring[vr->size]);
}

bool
vring_dev_enable(struct vring_dev *vr, uint16_t size, uint64_t desc,
    uint64_t avail, uint64_t used, bool event_idx, bool indirect)
{

	memset(vr, 0, sizeof(*vr));
	if (size == 0 || !powerof2(size))
		return (false);
	/* Behind each ring is the event index of the other side. */
	vr->desc = tk_ram_ptr(desc, size * sizeof(*vr->desc));
	vr->avail = tk_ram_ptr(avail, sizeof(*vr->avail) +
	    (size + 1) * sizeof(vr->avail->ring[0]));
	vr->used = tk_ram_ptr(used, sizeof(*vr->used) +
	    size * sizeof(vr->used->ring[0]) + sizeof(uint16_t));
	if (vr->desc == NULL || desc % VRING_DESC_ALIGN_SIZE != 0 ||
	    vr->avail == NULL || avail % VRING_AVAIL_ALIGN_SIZE != 0 ||
	    vr->used == NULL || used % VRING_USED_ALIGN_SIZE != 0)
		return (false);
	vr->size = size;
	vr->event_idx = event_idx;
	vr->indirect = indirect;
	return (true);
}

/*
 * Taking chains
 */

static uint16_t
vring_dev_avail_idx(const struct vring_dev *vr)
{

	return (le16toh(__atomic_load_n(&vr->avail->idx, __ATOMIC_ACQUIRE)));
}

/* Add a descriptor's buffer to the chain. */
static enum vring_dev_status
vring_dev_add(const struct vring_dev *vr, struct vring_dev_chain *chain,
    const struct vring_desc *desc)
{
	struct vring_dev_seg *seg;
	int n;

	n = chain->nread + chain->nwrite;
	if (n >= vr->size || n >= VRING_DEV_MAXSEG)
		return (VRING_DEV_TOO_LONG);
	seg = &chain->seg[n];
	seg->paddr = le64toh(desc->addr);
	seg->len = le32toh(desc->len);
	if (seg->len == 0)
		return (VRING_DEV_BAD_LEN);
	if (tk_ram_ptr(seg->paddr, seg->len) == NULL)
		return (VRING_DEV_BAD_ADDR);
	if ((le16toh(desc->flags) & VRING_DESC_F_WRITE) != 0) {
		chain->nwrite++;
		chain->wlen += seg->len;
	} else if (chain->nwrite != 0) {
		return (VRING_DEV_BAD_ORDER);
	} else {
		chain->nread++;
		chain->rlen += seg->len;
	}
	return (VRING_DEV_OK);
}

/*
 * Follow an indirect table.  desc is a copy of the descriptor that refers to
 * it.
 */
static enum vring_dev_status
vring_dev_walk_indirect(const struct vring_dev *vr,
    struct vring_dev_chain *chain, const struct vring_desc *ref)
{
	const struct vring_desc *table;
	struct vring_desc desc;
	enum vring_dev_status status;
	uint32_t bytes, n, i;
	int steps;

	bytes = le32toh(ref->len);
	n = bytes / sizeof(*table);
	/* Section 2.7.5.3: not with NEXT, not nested, whole descriptors. */
	if (!vr->indirect || n == 0 || bytes % sizeof(*table) != 0 ||
	    (le16toh(ref->flags) & VRING_DESC_F_NEXT) != 0)
		return (VRING_DEV_BAD_INDIRECT);
	table = tk_ram_ptr(le64toh(ref->addr), bytes);
	if (table == NULL)
		return (VRING_DEV_BAD_ADDR);
	for (i = 0, steps = 0; steps < vr->size; steps++) {
		desc = table[i];
		if ((le16toh(desc.flags) & VRING_DESC_F_INDIRECT) != 0)
			return (VRING_DEV_BAD_INDIRECT);
		status = vring_dev_add(vr, chain, &desc);
		if (status != VRING_DEV_OK ||
		    (le16toh(desc.flags) & VRING_DESC_F_NEXT) == 0)
			return (status);
		i = le16toh(desc.next);
		if (i >= n)
			return (VRING_DEV_BAD_NEXT);
	}
	return (VRING_DEV_TOO_LONG);
}

/* Follow the chain from its head through the ring's table. */
static enum vring_dev_status
vring_dev_walk(const struct vring_dev *vr, struct vring_dev_chain *chain)
{
	struct vring_desc desc;
	enum vring_dev_status status;
	uint16_t i;
	int steps;

	for (i = chain->head, steps = 0; steps < vr->size; steps++) {
		desc = vr->desc[i];
		if ((le16toh(desc.flags) & VRING_DESC_F_INDIRECT) != 0)
			return (vring_dev_walk_indirect(vr, chain, &desc));
		status = vring_dev_add(vr, chain, &desc);
		if (status != VRING_DEV_OK ||
		    (le16toh(desc.flags) & VRING_DESC_F_NEXT) == 0)
			return (status);
		i = le16toh(desc.next);
		if (i >= vr->size)
			return (VRING_DEV_BAD_NEXT);
	}
	return (VRING_DEV_TOO_LONG);
}

enum vring_dev_status
vring_dev_pop(struct vring_dev *vr, struct vring_dev_chain *chain)
{
	uint16_t n;

	n = vring_dev_avail_idx(vr) - vr->avail_next;
	if (n == 0)
		return (VRING_DEV_EMPTY);
	if (n > vr->size)
		return (VRING_DEV_BAD_INDEX);
	chain->head = le16toh(vr->avail->ring[vr->avail_next &
	    (vr->size - 1)]);
	vr->avail_next++;
	if (chain->head >= vr->size)
		return (VRING_DEV_BAD_HEAD);
	chain->nread = chain->nwrite = 0;
	chain->rlen = chain->wlen = 0;
	return (vring_dev_walk(vr, chain));
}

bool
vring_dev_want_kick(struct vring_dev *vr)
{

	if (vr->event_idx)
		__atomic_store_n(vring_dev_avail_event(vr),
		    htole16(vr->avail_next), __ATOMIC_RELAXED);
	else
		__atomic_store_n(&vr->used->flags, 0, __ATOMIC_RELAXED);
	/* The driver reads the request after it writes the available index. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return (vring_dev_avail_idx(vr) != vr->avail_next);
}

void
vring_dev_no_kick(struct vring_dev *vr)
{

	/* With EVENT_IDX a request that is not renewed has lapsed by itself. */
	if (!vr->event_idx)
		__atomic_store_n(&vr->used->flags,
		    htole16(VRING_USED_F_NO_NOTIFY), __ATOMIC_RELAXED);
}

/*
 * The memory of a chain
 */

/*
 * Copy len bytes between buf and the segments first to last - 1, starting at
 * byte off of these segments: to memory if write is true, otherwise from it.
 */
static size_t
vring_dev_copy(const struct vring_dev_chain *chain, int first, int last,
    size_t off, char *buf, size_t len, bool write)
{
	const struct vring_dev_seg *seg;
	size_t done, n;
	char *p;
	int i;

	done = 0;
	for (i = first; i < last && done < len; i++) {
		seg = &chain->seg[i];
		if (off >= seg->len) {
			off -= seg->len;
			continue;
		}
		n = MIN(seg->len - off, len - done);
		p = tk_ram_ptr(seg->paddr + off, n);
		if (write) {
			memcpy(p, buf + done, n);
			tk_dma_device_wrote(seg->paddr + off, n);
		} else
			memcpy(buf + done, p, n);
		done += n;
		off = 0;
	}
	return (done);
}

size_t
vring_dev_read(const struct vring_dev_chain *chain, size_t off, void *buf,
    size_t len)
{

	return (vring_dev_copy(chain, 0, chain->nread, off, buf, len, false));
}

size_t
vring_dev_write(const struct vring_dev_chain *chain, size_t off,
    const void *buf, size_t len)
{

	return (vring_dev_copy(chain, chain->nread,
	    chain->nread + chain->nwrite, off, __DECONST(char *, buf), len,
	    true));
}

/*
 * Giving chains back
 */

void
vring_dev_push(struct vring_dev *vr, uint16_t head, uint32_t len)
{
	struct vring_used_elem *elem;

	elem = &vr->used->ring[vr->used_next & (vr->size - 1)];
	elem->id = htole32(head);
	elem->len = htole32(len);
	vr->used_next++;
	__atomic_store_n(&vr->used->idx, htole16(vr->used_next),
	    __ATOMIC_RELEASE);
}

bool
vring_dev_want_intr(struct vring_dev *vr)
{
	uint16_t event, flags, old;

	if (vr->used_next == vr->signalled)
		return (false);
	old = vr->signalled;
	vr->signalled = vr->used_next;

	/* The driver writes its request before it reads the used index. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (vr->event_idx) {
		event = le16toh(__atomic_load_n(vring_dev_used_event(vr),
		    __ATOMIC_RELAXED));
		return (vring_need_event(event, vr->used_next, old));
	}
	flags = le16toh(__atomic_load_n(&vr->avail->flags, __ATOMIC_RELAXED));
	return ((flags & VRING_AVAIL_F_NO_INTERRUPT) == 0);
}
