/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Finding misuse of virtqueues, and queues that were never freed; tk_virtio.h
 * lists the rules.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/endian.h>
#include <sys/queue.h>
#include <sys/sglist.h>

#include <dev/virtio/virtio_ring.h>
#include <dev/virtio/virtqueue.h>

#include "tk.h"
#include "tk_virtio_var.h"
#include "virtqueue_var.h"

/* Queues that were allocated and not freed; tk_lock(). */
static LIST_HEAD(vq_list, virtqueue) vq_live = LIST_HEAD_INITIALIZER(vq_live);
static uint64_t vq_nbad_used;

/* See tk_virtqueue_late_filter(). */
static void (*vq_late)(void *);
static void *vq_late_arg;

void
vq_register(struct virtqueue *vq)
{

	tk_lock();
	LIST_INSERT_HEAD(&vq_live, vq, vq_link);
	tk_unlock();
}

void
vq_unregister(struct virtqueue *vq)
{

	tk_lock();
	LIST_REMOVE(vq, vq_link);
	tk_unlock();
}

void
vq_check(struct virtqueue *vq, const char *call)
{
	struct virtqueue *live;

	tk_lock();
	LIST_FOREACH(live, &vq_live, vq_link) {
		if (live == vq)
			break;
	}
	tk_unlock();
	if (live == NULL)
		tk_stop("virtqueue-free", "%s of a queue that does not exist",
		    call);
}

void
vq_enter(struct virtqueue *vq, const char *call)
{
	const char *other;

	vq_check(vq, call);
	other = NULL;
	if (!__atomic_compare_exchange_n(&vq->vq_inside, &other, call, false,
	    __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
		tk_stop("virtqueue-race", "%s of queue %s during %s of it",
		    call, vq->vq_name, other);
	tk_preempt();
}

void
vq_beyond(struct virtqueue *vq, uint16_t idx)
{

	tk_stop("virtqueue-memory", "queue %s: the device had virtqueue(9) go "
	    "to descriptor %u of %u: no driver can prevent that FreeBSD "
	    "writes there", vq->vq_name, idx, vq->vq_size);
}

void
vq_bad_used(struct virtqueue *vq, const char *what, uint32_t value,
    uint32_t limit)
{

	__atomic_fetch_add(&vq_nbad_used, 1, __ATOMIC_RELAXED);
	if (!vq->vq_bad_reported) {
		vq->vq_bad_reported = true;
		device_printf(vq->vq_dev, "queue %s: wrong used ring: %s %u, "
		    "limit %u\n", vq->vq_name, what, value, limit);
	}
}

uint64_t
tk_virtqueue_bad_used(void)
{

	return (__atomic_load_n(&vq_nbad_used, __ATOMIC_RELAXED));
}

void
tk_virtqueue_late_filter(void (*fn)(void *), void *arg)
{

	vq_late = fn;
	vq_late_arg = arg;
}

void
vq_filter_looked(void)
{
	void (*fn)(void *) = vq_late;

	vq_late = NULL;
	if (fn != NULL)
		fn(vq_late_arg);
}

static int
vq_ledger(bool print)
{
	struct virtqueue *vq;
	int n;

	n = 0;
	LIST_FOREACH(vq, &vq_live, vq_link) {
		if (print)
			tk_leak(&vq->vq_where, "virtqueue %s", vq->vq_name);
		n++;
	}
	return (n);
}

static void
vq_boot(void)
{

	vq_nbad_used = 0;
	vq_late = NULL;
	LIST_INIT(&vq_live);
	tk_ledger("virtqueue", vq_ledger);
}
TK_INIT(vq_boot);

bool
vq_admit(struct virtqueue *vq, void *cookie, struct sglist *sg,
    int readable, int writable)
{
	struct sglist_seg *ss;
	int needed, i;

	needed = readable + writable;
	if (cookie == NULL)
		tk_stop("virtqueue-args", "queue %s: no cookie", vq->vq_name);
	if (readable < 0 || writable < 0 || needed != sg->sg_nseg)
		tk_stop("virtqueue-args", "queue %s: %d readable and %d "
		    "writable of %d segments", vq->vq_name, readable, writable,
		    sg->sg_nseg);
	if (needed == 0)
		tk_stop("virtqueue-args", "queue %s: no segments",
		    vq->vq_name);
	/* Section 2.7.5.3.1: this limit holds even with an indirect table. */
	if (needed > vq->vq_size)
		tk_stop("virtqueue-args", "queue %s: %d segments in a queue "
		    "of %d", vq->vq_name, needed, vq->vq_size);
	for (i = 0; i < needed; i++) {
		ss = &sg->sg_segs[i];
		if (ss->ss_len == 0 || ss->ss_len > UINT32_MAX)
			tk_stop("virtqueue-args", "queue %s: segment %d has "
			    "%zu bytes", vq->vq_name, i, ss->ss_len);
		if (tk_ram_ptr(ss->ss_paddr, ss->ss_len) == NULL)
			tk_stop("virtqueue-args", "queue %s: segment %d at "
			    "%#jx is not in guest RAM", vq->vq_name, i,
			    (uintmax_t)ss->ss_paddr);
	}
	return (!tk_fault("virtqueue_enqueue"));
}

void
vq_check_empty(struct virtqueue *vq, const char *call)
{
	int lost, i;

	lost = 0;
	for (i = 0; i < vq->vq_size; i++) {
		if (vq->vq_entry[i].cookie != NULL)
			lost++;
	}
	/* If a device returned a chain twice, only the count is wrong. */
	if (vq->vq_nfree != vq->vq_size)
		device_printf(vq->vq_dev, "%s: %s of non-empty virtqueue, "
		    "leaking %d entries\n", vq->vq_name, call,
		    vq->vq_size - vq->vq_nfree);
	if (lost == 0)
		return;
	tk_stop("virtqueue-lost", "%s of queue %s loses %d chains", call,
	    vq->vq_name, lost);
}

void
vq_remember(struct virtqueue *vq, struct vq_entry *ve, struct sglist *sg,
    int readable)
{
	struct vring_desc *sd;
	uint16_t flags, idx;
	bool table;
	int i;

	idx = ve - vq->vq_entry;
	table = ve->ndescs < sg->sg_nseg;
	vq->vq_shadow[idx].flags = htole16(table ? VRING_DESC_F_INDIRECT : 0);
	ve->wlen = 0;
	for (i = 0; i < sg->sg_nseg; i++, idx = le16toh(sd->next)) {
		sd = table ? &ve->shadow[i] : &vq->vq_shadow[idx];
		flags = i < readable ? 0 : VRING_DESC_F_WRITE;
		if (i < sg->sg_nseg - 1)
			flags |= VRING_DESC_F_NEXT;
		if (i >= readable)
			ve->wlen += sg->sg_segs[i].ss_len;
		sd->addr = htole64(sg->sg_segs[i].ss_paddr);
		sd->len = htole32(sg->sg_segs[i].ss_len);
		sd->flags = htole16(flags);
		sd->next = table ? htole16(i + 1) : vq->vq_ring.desc[idx].next;
	}
}

void
vq_device_wrote(struct virtqueue *vq, uint16_t head, uint32_t len)
{
	const struct vring_desc *desc;
	uint32_t n;
	int next;

	if (len > vq->vq_entry[head].wlen) {
		vq_bad_used(vq, "used length", len, vq->vq_entry[head].wlen);
		len = vq->vq_entry[head].wlen;
	}
	desc = &vq->vq_shadow[head];
	if ((le16toh(desc->flags) & VRING_DESC_F_INDIRECT) != 0)
		desc = vq->vq_entry[head].shadow;
	for (;;) {
		if ((le16toh(desc->flags) & VRING_DESC_F_WRITE) != 0) {
			n = MIN(len, le32toh(desc->len));
			if (n != 0)
				tk_dma_device_wrote(le64toh(desc->addr), n);
			len -= n;
		}
		if (len == 0 ||
		    (le16toh(desc->flags) & VRING_DESC_F_NEXT) == 0)
			break;
		next = le16toh(desc->next);
		desc = (le16toh(vq->vq_shadow[head].flags) &
		    VRING_DESC_F_INDIRECT) != 0 ?
		    &vq->vq_entry[head].shadow[next] : &vq->vq_shadow[next];
	}
}
