/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * bus_dma(9): tags, maps and loads.  The memory behind them, and syncs, are
 * in busdma_sync.c.
 *
 * Lifetime: the record of a destroyed tag or map stays until shutdown, so that
 * a later use is recognised.
 *
 * A load may find no guest RAM to bounce through.  Unless it has BUS_DMA_NOWAIT
 * it then waits, and the busdma thread tries it again when memory was freed.
 * tk_fault("bus_dmamap_load") makes any load fail in this way.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/taskqueue.h>
#include <machine/bus.h>

#include "busdma_var.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_bus_var.h"
#include "tk_host.h"

static TAILQ_HEAD(, bus_dma_tag) dma_tags;
static TAILQ_HEAD(, bus_dmamap) dma_maps;
static TAILQ_HEAD(, bus_dmamap) dma_waiting;
static struct task dma_task;

static void	dma_retry(void *, int);

static int
dma_tag_ledger(bool print)
{
	bus_dma_tag_t tag;
	int count;

	count = 0;
	TAILQ_FOREACH(tag, &dma_tags, link) {
		count++;
		if (print)
			tk_leak(&tag->where, "DMA tag");
	}
	return (count);
}

static int
dma_map_ledger(bool print)
{
	bus_dmamap_t map;
	int count;

	count = 0;
	TAILQ_FOREACH(map, &dma_maps, link) {
		count++;
		if (print)
			tk_leak(&map->where, "%s%s", map->mem != NULL ?
			    "DMA memory" : "DMA map",
			    map->loaded ? ", loaded" : "");
	}
	return (count);
}

static void
dma_start(void)
{
	TAILQ_INIT(&dma_tags);
	TAILQ_INIT(&dma_maps);
	TAILQ_INIT(&dma_waiting);
	TASK_INIT(&dma_task, 0, dma_retry, NULL);
	tk_dma_stats_clear();
	tk_ledger("DMA tag", dma_tag_ledger);
	tk_ledger("DMA map", dma_map_ledger);
}
TK_INIT_PRIO(dma_start, 110);

void
tk_dma_stats(struct tk_dma_stats *stats)
{
	*stats = dma_stats;
}

void
tk_dma_stats_clear(void)
{
	dma_stats = (struct tk_dma_stats){ 0 };
}

/*
 * Locks of deferred loads
 */

void
busdma_lock_mutex(void *arg, bus_dma_lock_op_t op)
{
	struct mtx *mtx = arg;

	switch (op) {
	case BUS_DMA_LOCK:
		mtx_lock(mtx);
		break;
	case BUS_DMA_UNLOCK:
		mtx_unlock(mtx);
		break;
	default:
		panic("%s: operation %#x", __func__, op);
	}
}

void
_busdma_dflt_lock(void *arg, bus_dma_lock_op_t op)
{
	panic("driver error: busdma dflt_lock called");
}

/*
 * Tags
 */

static void
dma_check_tag(bus_dma_tag_t tag, const char *call)
{
	if (tag == NULL)
		tk_stop("dma-tag", "%s: no tag", call);
	if (tag->dead)
		tk_stop("dma-tag", "%s: the tag was destroyed", call);
	tk_preempt();
}

/*
 * FreeBSD keeps a load's segments in the tag until its callback has returned,
 * and counts the tag's maps without a lock.  So the driver has to serialise the
 * loads, and the calls that make and destroy maps.  *busy is of the tag.
 * Source: sys/x86/x86/busdma_bounce.c, sys/arm64/arm64/busdma_bounce.c;
 * bus_dma(9), "LOCKING".
 */
static void
dma_tag_enter(bool *busy, const char *call)
{
	bool before;

	dma_enter();
	before = *busy;
	*busy = true;
	dma_leave();
	if (before)
		tk_stop("dma-tag", "%s: another such call for the tag is under "
		    "way", call);
	tk_preempt();
}

static void
dma_tag_leave(bool *busy)
{
	dma_enter();
	*busy = false;
	dma_leave();
}

/* The limits of a tag and of its parent together: the stricter of each two. */
static void
dma_tag_inherit(bus_dma_tag_t tag, bus_dma_tag_t parent)
{
	tag->lowaddr = MIN(tag->lowaddr, parent->lowaddr);
	tag->highaddr = MAX(tag->highaddr, parent->highaddr);
	tag->alignment = MAX(tag->alignment, parent->alignment);
	if (tag->boundary == 0)
		tag->boundary = parent->boundary;
	else if (parent->boundary != 0)
		tag->boundary = MIN(tag->boundary, parent->boundary);
	tag->parent = parent;
}

int
bus_dma_tag_create(bus_dma_tag_t parent, bus_size_t alignment,
    bus_addr_t boundary, bus_addr_t lowaddr, bus_addr_t highaddr,
    bus_dma_filter_t *filtfunc, void *filtfuncarg, bus_size_t maxsize,
    int nsegments, bus_size_t maxsegsz, int flags, bus_dma_lock_t *lockfunc,
    void *lockfuncarg, bus_dma_tag_t *dmat)
{
	bus_dma_tag_t tag;

	if (parent != NULL)
		dma_check_tag(parent, __func__);
	tk_preempt();
	*dmat = NULL;
	if (filtfunc != NULL || filtfuncarg != NULL)
		return (EINVAL);
	if (alignment == 0 || !powerof2(alignment) || !powerof2(boundary))
		tk_stop("dma-tag", "alignment %#lx, boundary %#lx: no powers "
		    "of two", alignment, boundary);
	if (nsegments == 0 || maxsize == 0)
		tk_stop("dma-tag", "%d segments, %lu bytes", nsegments,
		    maxsize);
	if (boundary != 0 && boundary < maxsegsz)
		maxsegsz = boundary;
	if (maxsegsz == 0)
		return (EINVAL);
	if (tk_fault("bus_dma_tag_create"))
		return (ENOMEM);
	tag = tk_tomb_alloc(sizeof(*tag));
	tag->alignment = alignment;
	tag->boundary = boundary;
	tag->lowaddr = trunc_page(lowaddr) + PAGE_SIZE - 1;
	tag->highaddr = trunc_page(highaddr) + PAGE_SIZE - 1;
	tag->maxsize = maxsize;
	tag->nsegments = nsegments;
	tag->maxsegsz = maxsegsz;
	tag->flags = flags;
	tag->lockfunc = lockfunc != NULL ? lockfunc : _busdma_dflt_lock;
	tag->lockfuncarg = lockfunc != NULL ? lockfuncarg : NULL;
	tk_where(&tag->where);
	if (parent != NULL)
		dma_tag_inherit(tag, parent);
	dma_enter();
	TAILQ_INSERT_TAIL(&dma_tags, tag, link);
	dma_leave();
	*dmat = tag;
	return (0);
}

int
bus_dma_tag_destroy(bus_dma_tag_t tag)
{
	if (tag == NULL)
		return (0);
	dma_check_tag(tag, __func__);
	if (tag->maps != 0)
		return (EBUSY);
	dma_enter();
	tag->dead = true;
	TAILQ_REMOVE(&dma_tags, tag, link);
	dma_leave();
	return (0);
}

int
bus_dma_tag_set_domain(bus_dma_tag_t tag, int domain)
{
	dma_check_tag(tag, __func__);
	return (domain == 0 ? 0 : EINVAL);
}

void
bus_dma_template_init(bus_dma_template_t *t, bus_dma_tag_t parent)
{
	if (t == NULL)
		return;
	*t = (bus_dma_template_t){
		.parent = parent,
		.alignment = 1,
		.lowaddr = BUS_SPACE_MAXADDR,
		.highaddr = BUS_SPACE_MAXADDR,
		.maxsize = BUS_SPACE_MAXSIZE,
		.maxsegsize = BUS_SPACE_MAXSIZE,
		.nsegments = BUS_SPACE_UNRESTRICTED,
	};
}

int
bus_dma_template_tag(bus_dma_template_t *t, bus_dma_tag_t *dmat)
{
	if (t == NULL || dmat == NULL)
		return (EINVAL);
	return (bus_dma_tag_create(t->parent, t->alignment, t->boundary,
	    t->lowaddr, t->highaddr, NULL, NULL, t->maxsize, t->nsegments,
	    t->maxsegsize, t->flags, t->lockfunc, t->lockfuncarg, dmat));
}

void
bus_dma_template_clone(bus_dma_template_t *t, bus_dma_tag_t tag)
{
	if (t == NULL || tag == NULL)
		return;
	dma_check_tag(tag, __func__);
	*t = (bus_dma_template_t){
		.parent = tag->parent,
		.alignment = tag->alignment,
		.boundary = tag->boundary,
		.lowaddr = tag->lowaddr,
		.highaddr = tag->highaddr,
		.maxsize = tag->maxsize,
		.nsegments = tag->nsegments,
		.maxsegsize = tag->maxsegsz,
		.flags = tag->flags,
		.lockfunc = tag->lockfunc,
		.lockfuncarg = tag->lockfuncarg,
	};
}

void
bus_dma_template_fill(bus_dma_template_t *t, bus_dma_param_t *kv, u_int count)
{
	for (bus_dma_param_t *p = kv; p < kv + count; p++) {
		switch (p->key) {
		case BD_PARAM_PARENT:
			t->parent = p->ptr;
			break;
		case BD_PARAM_ALIGNMENT:
			t->alignment = p->num;
			break;
		case BD_PARAM_BOUNDARY:
			t->boundary = p->num;
			break;
		case BD_PARAM_LOWADDR:
			t->lowaddr = p->pa;
			break;
		case BD_PARAM_HIGHADDR:
			t->highaddr = p->pa;
			break;
		case BD_PARAM_MAXSIZE:
			t->maxsize = p->num;
			break;
		case BD_PARAM_NSEGMENTS:
			t->nsegments = p->num;
			break;
		case BD_PARAM_MAXSEGSIZE:
			t->maxsegsize = p->num;
			break;
		case BD_PARAM_FLAGS:
			t->flags = p->num;
			break;
		case BD_PARAM_LOCKFUNC:
			t->lockfunc = (bus_dma_lock_t *)p->ptr;
			break;
		case BD_PARAM_LOCKFUNCARG:
			t->lockfuncarg = p->ptr;
			break;
		case BD_PARAM_NAME:
			t->name = p->ptr;
			break;
		case BD_PARAM_INVALID:
			panic("%s: invalid key", __func__);
		}
	}
}

/*
 * Maps
 */

static void
dma_check_map(bus_dma_tag_t tag, bus_dmamap_t map, const char *call)
{
	dma_check_tag(tag, call);
	if (map == NULL)
		tk_stop("dma-map", "%s: no map", call);
	if (map->tag == NULL)
		tk_stop("dma-map", "%s: the map was destroyed", call);
	if (map->tag != tag)
		tk_stop("dma-map", "%s: the map is another tag's", call);
}

static bus_dmamap_t
dma_map_new(bus_dma_tag_t tag)
{
	bus_dmamap_t map;

	map = tk_tomb_alloc(sizeof(*map));
	map->tag = tag;
	tk_where(&map->where);
	dma_enter();
	tag->maps++;
	TAILQ_INSERT_TAIL(&dma_maps, map, link);
	dma_leave();
	return (map);
}

static void
dma_map_delete(bus_dmamap_t map)
{
	dma_enter();
	map->tag->maps--;
	TAILQ_REMOVE(&dma_maps, map, link);
	map->tag = NULL;
	dma_leave();
	tkh_free(map->segs);
	map->segs = NULL;
}

int
bus_dmamap_create(bus_dma_tag_t tag, int flags, bus_dmamap_t *mapp)
{
	dma_check_tag(tag, __func__);
	dma_tag_enter(&tag->counting, __func__);
	*mapp = tk_fault("bus_dmamap_create") ? NULL : dma_map_new(tag);
	dma_tag_leave(&tag->counting);
	return (*mapp != NULL ? 0 : ENOMEM);
}

int
bus_dmamap_destroy(bus_dma_tag_t tag, bus_dmamap_t map)
{
	dma_check_map(tag, map, __func__);
	if (map->mem != NULL)
		tk_stop("dma-map", "%s: the map is bus_dmamem_alloc()'s",
		    __func__);
	if (map->loaded || map->waiting || map->view != NULL)
		return (EBUSY);
	/* They stay counted as reserved, and no map gets them any more. */
	if (map->left != 0)
		tk_stop("dma-map", "%s: %u pages are lost that a load has "
		    "reserved which failed with EFBIG", __func__, map->left);
	dma_tag_enter(&tag->counting, __func__);
	dma_map_delete(map);
	dma_tag_leave(&tag->counting);
	return (0);
}

/* Memory was freed: try the loads again that wait for it. */
static void
dma_wake_waiting(void)
{
	bool any;

	dma_enter();
	any = !TAILQ_EMPTY(&dma_waiting);
	dma_leave();
	if (any)
		taskqueue_enqueue(taskqueue_thread, &dma_task);
}

int
bus_dmamem_alloc(bus_dma_tag_t tag, void **vaddr, int flags,
    bus_dmamap_t *mapp)
{
	struct dma_view *v = NULL;

	dma_check_tag(tag, __func__);
	*vaddr = NULL;
	*mapp = NULL;
	if ((flags & BUS_DMA_NOWAIT) == 0)
		tk_may_sleep(NULL, __func__);
	dma_tag_enter(&tag->counting, __func__);
	if (!tk_fault("bus_dmamem_alloc") && tag->maxsize <= tk_ram_size())
		v = dma_view_create(tag, NULL, tag->maxsize,
		    (flags & BUS_DMA_ZERO) != 0);
	if (v != NULL) {
		*mapp = dma_map_new(tag);
		(*mapp)->mem = v;
		*vaddr = v->cpu;
	}
	dma_tag_leave(&tag->counting);
	return (v != NULL ? 0 : ENOMEM);
}

void
bus_dmamem_free(bus_dma_tag_t tag, void *vaddr, bus_dmamap_t map)
{
	dma_check_map(tag, map, __func__);
	if (map->mem == NULL)
		tk_stop("dma-map", "%s: the map is bus_dmamap_create()'s",
		    __func__);
	if (map->mem->cpu != vaddr)
		tk_stop("dma-map", "%s: %p is not the map's memory, %p is",
		    __func__, vaddr, map->mem->cpu);
	if (map->loaded)
		tk_stop("dma-unload", "%s: the map is loaded", __func__);
	dma_tag_enter(&tag->counting, __func__);
	dma_view_destroy(map->mem);
	map->mem = NULL;
	dma_map_delete(map);
	dma_tag_leave(&tag->counting);
	dma_wake_waiting();
}

/*
 * Segments
 */

/* Add len bytes at paddr to the segment list.  False: too many segments. */
static bool
dma_add_segment(bus_dmamap_t map, uint64_t paddr, size_t len)
{
	bus_dma_tag_t tag = map->tag;
	bus_dma_segment_t *last;
	bus_addr_t mask;
	size_t n;

	mask = ~(tag->boundary - 1);	/* 0 without a boundary */
	for (; len != 0; paddr += n, len -= n) {
		n = MIN(len, tag->maxsegsz);
		if (tag->boundary != 0)
			n = MIN(n, tag->boundary - (paddr & ~mask));
		last = map->nsegs != 0 ? &map->segs[map->nsegs - 1] : NULL;
		if (last != NULL && last->ds_addr + last->ds_len == paddr &&
		    last->ds_len + n <= tag->maxsegsz &&
		    (tag->boundary == 0 ||
		    (last->ds_addr & mask) == (paddr & mask))) {
			last->ds_len += n;
			continue;
		}
		if (map->nsegs == map->maxsegs)
			return (false);
		map->segs[map->nsegs++] = (bus_dma_segment_t){
			.ds_addr = paddr, .ds_len = n
		};
	}
	return (true);
}

/* Make room for as many segments as the load can need and the tag allows. */
static bool
dma_room_for_segments(bus_dmamap_t map, size_t size)
{
	bus_dma_tag_t tag = map->tag;
	size_t most;

	/* Pieces are cut by pages, by maxsegsz and by the boundary. */
	most = howmany(size, PAGE_SIZE) + 1 + howmany(size, tag->maxsegsz);
	if (tag->boundary != 0)
		most += howmany(size, tag->boundary) + 1;
	if (tag->nsegments > 0)
		most = MIN(most, (size_t)tag->nsegments);
	tkh_free(map->segs);
	map->segs = tkh_alloc(most * sizeof(*map->segs), 0);
	map->maxsegs = most;
	map->nsegs = 0;
	return (map->segs != NULL);
}

/* EFBIG when the loaded part of the view has too many segments. */
static int
dma_segments_of_view(bus_dmamap_t map, struct dma_view *v, size_t start,
    size_t len)
{
	struct dma_piece *p;
	size_t end, off;

	for (p = v->pieces; p < v->pieces + v->npieces; p++) {
		off = MAX(start, p->off);
		end = MIN(start + len, p->off + p->len);
		if (end > off && !dma_add_segment(map,
		    p->paddr + off - p->off, end - off))
			return (EFBIG);
	}
	return (0);
}

/*
 * Loads
 */

/* Can the device use this guest RAM as it is? */
static bool
dma_reachable(bus_dma_tag_t tag, uint64_t paddr, size_t len)
{
	uint64_t end = paddr + len - 1;

	return (paddr != UINT64_MAX && tk_ram_ptr(paddr, len) != NULL &&
	    (paddr & (tag->alignment - 1)) == 0 &&
	    (end <= tag->lowaddr || paddr > tag->highaddr));
}

static int
dma_load_mem(bus_dmamap_t map, char *buf, size_t len)
{
	size_t start;
	int error;

	start = buf - map->mem->cpu;
	if (buf < map->mem->cpu || len > map->mem->size - start)
		tk_stop("dma-load", "%zu bytes at %p are not the map's memory",
		    len, buf);
	error = dma_segments_of_view(map, map->mem, start, len);
	if (error == 0) {
		map->view = map->mem;
		dma_view_load(map->mem, start, len);
	}
	return (error);
}

static u_int
dma_pages(const char *buf, size_t len)
{
	return (howmany(((uintptr_t)buf & PAGE_MASK) + len, PAGE_SIZE));
}

/*
 * The pages that a load has bounced when one segment too many came: that one's,
 * too.
 */
static u_int
dma_pages_bounced(bus_dmamap_t map, const char *buf)
{
	size_t len = 0;

	for (int i = 0; i < map->nsegs; i++)
		len += map->segs[i].ds_len;
	return (dma_pages(buf, len + 1));
}

/*
 * FreeBSD reserves the pages of a load before it bounces through them, and
 * keeps what an EFBIG leaves of them for the next load.  That one does not
 * count what it needs, and panics when it needs more.
 * Source: sys/x86/x86/busdma_bounce.c, _bus_dmamap_count_pages();
 * sys/kern/subr_busdma_bounce.c, add_bounce_page().
 */
static void
dma_reserve(bus_dmamap_t map, u_int pages)
{
	if (map->left == 0)
		map->left = pages;
	else if (map->left < pages)
		tk_stop("dma-load", "%u pages bounced by a map that has %u "
		    "reserved, which a load left that failed with EFBIG",
		    pages, map->left);
}

static int
dma_load_bounced(bus_dmamap_t map, char *buf, size_t len)
{
	u_int pages = dma_pages(buf, len);
	struct dma_view *v;
	int error;

	v = dma_view_create(map->tag, buf, len, false);
	if (v == NULL)
		return (ENOMEM);
	map->view = v;
	dma_reserve(map, pages);
	error = dma_segments_of_view(map, v, 0, len);
	if (error != 0) {
		map->left -= dma_pages_bounced(map, buf);
		return (error);
	}
	map->left -= pages;
	dma_view_load(v, 0, len);
	return (0);
}

/*
 * 0 with the segments in the map, EFBIG, or ENOMEM.  After EFBIG the map keeps
 * its bounce memory until it is unloaded, as on FreeBSD's amd64
 * (busdma_bounce.c).
 */
static int
dma_load(bus_dmamap_t map)
{
	uint64_t paddr;
	int error;

	if (!dma_room_for_segments(map, map->buflen))
		return (ENOMEM);
	map->view = NULL;
	map->pre = 0;
	paddr = tk_ram_addr(map->buf);
	if (map->mem != NULL)
		error = dma_load_mem(map, map->buf, map->buflen);
	else if (dma_reachable(map->tag, paddr, map->buflen))
		error = dma_add_segment(map, paddr, map->buflen) ? 0 : EFBIG;
	else
		error = dma_load_bounced(map, map->buf, map->buflen);
	if (error == 0) {
		map->loaded = true;
		__atomic_fetch_add(&dma_stats.loads, 1, __ATOMIC_RELAXED);
	}
	return (error);
}

static void
dma_tell(bus_dmamap_t map, int error)
{
	if (error != 0)
		map->callback(map->callback_arg, map->segs, 0, error);
	else
		map->callback(map->callback_arg, map->segs, map->nsegs, 0);
}

static void
dma_wait(bus_dmamap_t map)
{
	dma_enter();
	map->waiting = true;
	dma_stats.deferred++;
	TAILQ_INSERT_TAIL(&dma_waiting, map, wait_link);
	dma_leave();
}

static void
dma_check_load(bus_dma_tag_t tag, bus_dmamap_t map, bus_size_t buflen)
{
	dma_check_map(tag, map, "bus_dmamap_load");
	if (tk_context() == TK_CTX_FILTER)
		tk_stop("dma-load", "bus_dmamap_load() in a filter");
	if (map->loaded || map->waiting)
		tk_stop("dma-load", "the map is loaded already");
	if (buflen == 0 || buflen > tag->maxsize)
		tk_stop("dma-load", "%lu bytes by a tag of at most %lu",
		    buflen, tag->maxsize);
}

int
bus_dmamap_load(bus_dma_tag_t tag, bus_dmamap_t map, void *buf,
    bus_size_t buflen, bus_dmamap_callback_t *callback, void *callback_arg,
    int flags)
{
	int error;
	bool injected;

	dma_check_load(tag, map, buflen);
	dma_tag_enter(&tag->loading, __func__);
	map->buf = buf;
	map->buflen = buflen;
	map->callback = callback;
	map->callback_arg = callback_arg;
	map->flags = flags;
	tk_where(&map->load_where);
	injected = tk_fault("bus_dmamap_load");
	error = injected ? ENOMEM : dma_load(map);
	/*
	 * Loads of bus_dmamem_alloc()'s memory need no bounce memory, so they
	 * never wait.
	 */
	if (error == ENOMEM && map->mem == NULL &&
	    (flags & BUS_DMA_NOWAIT) == 0) {
		dma_wait(map);
		if (injected)
			taskqueue_enqueue(taskqueue_thread, &dma_task);
		error = EINPROGRESS;
	} else
		dma_tell(map, error);
	dma_tag_leave(&tag->loading);
	return (error == EFBIG ? 0 : error);
}

/*
 * Runs in the busdma thread: tries the waiting loads, oldest first, until one
 * still finds no memory.
 */
static void
dma_retry(void *arg, int pending)
{
	bus_dmamap_t map;
	bus_dma_tag_t tag;
	int error;

	for (;;) {
		dma_enter();
		map = TAILQ_FIRST(&dma_waiting);
		dma_leave();
		if (map == NULL)
			return;
		error = dma_load(map);
		if (error == ENOMEM)
			return;
		dma_enter();
		TAILQ_REMOVE(&dma_waiting, map, wait_link);
		map->waiting = false;
		dma_leave();
		tag = map->tag;
		tag->lockfunc(tag->lockfuncarg, BUS_DMA_LOCK);
		dma_tell(map, error);
		tag->lockfunc(tag->lockfuncarg, BUS_DMA_UNLOCK);
	}
}

void
bus_dmamap_unload(bus_dma_tag_t tag, bus_dmamap_t map)
{
	struct dma_view *v;

	dma_check_map(tag, map, __func__);
	if (map->waiting)
		tk_stop("dma-unload", "the map's load is still under way");
	map->loaded = false;
	v = map->view;
	map->view = NULL;
	if (v == NULL)
		return;
	dma_view_load(v, 0, 0);
	if (v == map->mem)
		return;
	dma_view_destroy(v);
	dma_wake_waiting();
}

/*
 * A driver's own memory must be there still.  AddressSanitizer does not watch
 * the copies that follow.
 */
static void
dma_touch(const struct dma_view *v)
{
	const volatile char *p = v->cpu + v->start;

	if (v->mapped == 0 && v->len != 0) {
		(void)p[0];
		(void)p[v->len - 1];
	}
}

void
bus_dmamap_sync(bus_dma_tag_t tag, bus_dmamap_t map, bus_dmasync_op_t op)
{
	const int pre = BUS_DMASYNC_PREREAD | BUS_DMASYNC_PREWRITE;
	const int post = BUS_DMASYNC_POSTREAD | BUS_DMASYNC_POSTWRITE;

	dma_check_map(tag, map, __func__);
	if (!map->loaded)
		tk_stop("dma-load", "%s: the map is not loaded", __func__);
	if (op == 0 || (op & ~(pre | post)) != 0 ||
	    ((op & pre) != 0 && (op & post) != 0))
		tk_stop("dma-sync", "%#x is no operation", op);
	if ((op & BUS_DMASYNC_POSTREAD) != 0 &&
	    (map->pre & BUS_DMASYNC_PREREAD) == 0)
		tk_stop("dma-sync", "POSTREAD without PREREAD");
	if ((op & BUS_DMASYNC_POSTWRITE) != 0 &&
	    (map->pre & BUS_DMASYNC_PREWRITE) == 0)
		tk_stop("dma-sync", "POSTWRITE without PREWRITE");
	map->pre |= op & pre;
	__atomic_fetch_add(&dma_stats.syncs, 1, __ATOMIC_RELAXED);
	if (map->view != NULL) {
		dma_touch(map->view);
		dma_view_sync(map->view, op);
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
