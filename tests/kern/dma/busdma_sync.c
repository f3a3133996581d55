/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The two copies of a mapping, and what bus_dmamap_sync() moves between them.
 *
 * A sync covers the whole map, though a driver may have several transfers in
 * one, at different stages.  The sync for one transfer must not spoil another.
 * PREWRITE therefore moves only bytes that the CPU has changed since the last
 * sync, and no byte that the device has changed.  The device's changes are
 * known from tk_dma_device_wrote(), or by comparison with the earlier bytes.
 * PREREAD and PREWRITE in one call hand all of the map to the device anew: the
 * CPU's copy replaces whatever the device wrote.  POSTREAD takes the device's
 * copy as it is.  If the CPU wrote bytes that it has not handed over, real
 * hardware would lose them, so the run stops.
 *
 * Both copies begin filled with patterns, which differ, so that a missing sync
 * shows as wrong data even where it is not caught.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <machine/bus.h>

#include "busdma_var.h"
#include "tk.h"
#include "tk_bus_var.h"
#include "tk_host.h"

struct tk_dma_stats dma_stats;

/*
 * Views
 */

static bool
dma_view_alloc_cpu(struct dma_view *v, bool zero)
{
	size_t pages = howmany(v->size, tkh_page_size());

	v->mapped = pages * tkh_page_size();
	v->shut = tkh_alloc(pages * sizeof(*v->shut), 0);
	if (v->shut == NULL)
		return (false);
	memset(v->shut, 0, pages * sizeof(*v->shut));
	v->cpu = dma_memory_get(v->mapped);
	if (v->cpu == NULL)
		return (false);
	memset(v->cpu, zero ? 0 : TK_POISON_FRESH, v->size);
	return (true);
}

/* One piece of guest RAM for len bytes of the view, at page offset pgoff. */
static bool
dma_piece_alloc(bus_dma_tag_t tag, struct dma_view *v, struct dma_piece *p,
    size_t off, size_t len, size_t pgoff)
{
	struct tk_ram_want want = {
		.size = pgoff + len, .high = tag->lowaddr,
		.alignment = tag->alignment, .boundary = tag->boundary,
		.gap = true
	};

	p->user.dma = true;
	p->view = v;
	p->off = off;
	p->len = len;
	/*
	 * Memory that crosses the boundary becomes several segments.  Only if
	 * the tag allows one segment must the memory itself not cross it.
	 */
	if (tag->nsegments != 1)
		want.boundary = 0;
	p->pages = tk_ram_alloc(&want, &p->user);
	if (p->pages == UINT64_MAX && tag->highaddr != BUS_SPACE_MAXADDR) {
		want.low = tag->highaddr + 1;
		want.high = BUS_SPACE_MAXADDR;
		p->pages = tk_ram_alloc(&want, &p->user);
	}
	if (p->pages == UINT64_MAX)
		return (false);
	p->paddr = p->pages + pgoff;
	p->dev = tk_ram_ptr(p->paddr, len);
	return (true);
}

/*
 * Scattered pages, as far as the tag allows, so that drivers do not get used
 * to contiguous memory.  Memory of the driver keeps its offset in the page.
 */
static bool
dma_view_alloc_pieces(bus_dma_tag_t tag, struct dma_view *v)
{
	struct dma_piece *p;
	size_t len, off, pages, pgoff;
	bool scatter;

	pgoff = v->mapped != 0 ? 0 : (uintptr_t)v->cpu & PAGE_MASK;
	if ((pgoff & (tag->alignment - 1)) != 0)
		pgoff = 0;
	pages = howmany(pgoff + v->size, MIN(tag->maxsegsz, PAGE_SIZE));
	scatter = tag->alignment <= PAGE_SIZE &&
	    (v->mapped == 0 || (size_t)(u_int)tag->nsegments >= pages);
	v->pieces = tkh_alloc((scatter ? howmany(pgoff + v->size, PAGE_SIZE) :
	    1) * sizeof(*v->pieces), 0);
	if (v->pieces == NULL)
		return (false);
	for (off = 0; off < v->size; off += len) {
		len = v->size - off;
		if (scatter)
			len = MIN(len, PAGE_SIZE - pgoff);
		p = &v->pieces[v->npieces];
		if (!dma_piece_alloc(tag, v, p, off, len, pgoff))
			return (false);
		v->npieces++;
		pgoff = 0;
	}
	return (true);
}

struct dma_view *
dma_view_create(bus_dma_tag_t tag, char *cpu, size_t size, bool zero)
{
	struct dma_view *v;

	v = tkh_alloc(sizeof(*v), 0);
	if (v == NULL)
		return (NULL);
	*v = (struct dma_view){ .cpu = cpu, .size = size };
	v->cpu_seen = tkh_alloc(size, 0);
	v->dev_seen = tkh_alloc(size, 0);
	v->dirty = tkh_alloc(howmany(size, 8), 0);
	if (v->cpu_seen == NULL || v->dev_seen == NULL || v->dirty == NULL ||
	    (cpu == NULL && !dma_view_alloc_cpu(v, zero)) ||
	    !dma_view_alloc_pieces(tag, v)) {
		dma_view_destroy(v);
		return (NULL);
	}
	memset(v->dirty, 0, howmany(size, 8));
	memset(v->dev_seen, zero ? 0 : TK_POISON_DMA, size);
	for (int i = 0; zero && i < v->npieces; i++)
		memset(v->pieces[i].dev, 0, v->pieces[i].len);
	return (v);
}

void
dma_view_destroy(struct dma_view *v)
{
	for (int i = 0; i < v->npieces; i++)
		tk_ram_free(v->pieces[i].pages);
	tkh_free(v->pieces);
	tkh_free(v->dirty);
	tkh_free(v->dev_seen);
	tkh_free(v->cpu_seen);
	v->npieces = 0;
	v->dirty = NULL;
	if (v->mapped != 0 && v->cpu != NULL) {
		dma_trap_free(v);
	} else {
		tkh_free(v->shut);
		tkh_free(v);
	}
}

/* Bits of bytes that the device wrote. */
static void
dma_clear_dirty(struct dma_view *v)
{
	if (v->ndirty == 0)
		return;
	memset(v->dirty, 0, howmany(v->size, 8));
	v->ndirty = 0;
	dma_trap_clear(v);
}

void
dma_view_load(struct dma_view *v, size_t start, size_t len)
{
	dma_enter();
	dma_clear_dirty(v);
	v->start = start;
	v->len = len;
	if (len != 0)
		memcpy(v->cpu_seen + start, v->cpu + start, len);
	dma_leave();
}

/*
 * Syncs.  Each works on len bytes at off, which lie in one piece.
 */

/*
 * The first byte from i on in which two copies differ, or len.  A sanitizer
 * sees the copies that follow, and need not see this.
 */
static size_t __attribute__((__no_sanitize__("address", "alignment")))
dma_differ(const char *a, const char *b, size_t i, size_t len)
{
	typedef uint64_t word __attribute__((__aligned__(1), __may_alias__));
	const size_t words = 8;
	uint64_t d;

	/* Several words at a time, as vectors. */
	while (len - i >= words * sizeof(word)) {
		d = 0;
		for (size_t n = 0; n < words; n++)
			d |= ((const word *)(a + i))[n] ^
			    ((const word *)(b + i))[n];
		if (d != 0)
			break;
		i += words * sizeof(word);
	}
	while (len - i >= sizeof(word) &&
	    *(const word *)(a + i) == *(const word *)(b + i))
		i += sizeof(word);
	while (i < len && a[i] == b[i])
		i++;
	return (i);
}

/* A sanitizer checks each of its calls, and these are long and many. */
static void __attribute__((__no_sanitize__("address")))
dma_copy(char *to, const char *from, size_t len)
{
	const size_t block = 64;

	for (; len >= block; to += block, from += block, len -= block)
		__builtin_memcpy(to, from, block);
	for (size_t i = 0; i < len; i++)
		to[i] = from[i];
}

static void
dma_prewrite(struct dma_view *v, size_t off, char *dev, size_t len)
{
	char *cpu = v->cpu + off;
	char *seen = v->dev_seen + off;

	for (size_t i = dma_differ(cpu, seen, 0, len); i < len;
	    i = dma_differ(cpu, seen, i + 1, len))
		if (dev[i] == seen[i] && !dma_is_dirty(v, off + i)) {
			dev[i] = seen[i] = cpu[i];
			dma_stats.moved++;
		}
	dma_copy(v->cpu_seen + off, cpu, len);
}

/* As dma_prewrite(), but also over bytes that the device has changed. */
static void
dma_hand_over(struct dma_view *v, size_t off, char *dev, size_t len)
{
	char *cpu = v->cpu + off;

	for (size_t i = dma_differ(dev, cpu, 0, len); i < len;
	    i = dma_differ(dev, cpu, i + 1, len)) {
		dev[i] = cpu[i];
		dma_stats.moved++;
	}
	dma_copy(v->dev_seen + off, cpu, len);
	dma_copy(v->cpu_seen + off, cpu, len);
}

/*
 * Returns the offset of the first byte that the CPU wrote and that is lost;
 * v->size if none is.
 */
static size_t
dma_postread(struct dma_view *v, size_t off, char *dev, size_t len)
{
	char *cpu = v->cpu + off;
	size_t lost;

	lost = v->size;
	for (size_t i = dma_differ(dev, cpu, 0, len); i < len;
	    i = dma_differ(dev, cpu, i + 1, len)) {
		if (cpu[i] != v->cpu_seen[off + i] && lost == v->size)
			lost = off + i;
		cpu[i] = dev[i];
		dma_stats.moved++;
	}
	dma_copy(v->dev_seen + off, cpu, len);
	dma_copy(v->cpu_seen + off, cpu, len);
	return (lost);
}

/* The part of a piece that is loaded. */
static size_t
dma_piece_loaded(const struct dma_view *v, const struct dma_piece *p,
    size_t *off)
{
	size_t end;

	*off = MAX(v->start, p->off);
	end = MIN(v->start + v->len, p->off + p->len);
	return (end > *off ? end - *off : 0);
}

static void
dma_view_prewrite(struct dma_view *v)
{
	struct dma_piece *p;
	size_t len, off;

	for (p = v->pieces; p < v->pieces + v->npieces; p++) {
		len = dma_piece_loaded(v, p, &off);
		dma_prewrite(v, off, p->dev + off - p->off, len);
	}
}

static void
dma_view_hand_over(struct dma_view *v)
{
	struct dma_piece *p;
	size_t len, off;

	dma_clear_dirty(v);
	for (p = v->pieces; p < v->pieces + v->npieces; p++) {
		len = dma_piece_loaded(v, p, &off);
		dma_hand_over(v, off, p->dev + off - p->off, len);
	}
}

static size_t
dma_view_postread(struct dma_view *v)
{
	struct dma_piece *p;
	size_t len, lost, off, one;

	lost = v->size;
	for (p = v->pieces; p < v->pieces + v->npieces; p++) {
		len = dma_piece_loaded(v, p, &off);
		one = dma_postread(v, off, p->dev + off - p->off, len);
		lost = MIN(lost, one);
	}
	return (lost);
}

void
dma_view_sync(struct dma_view *v, bus_dmasync_op_t op)
{
	const bus_dmasync_op_t both = BUS_DMASYNC_PREREAD |
	    BUS_DMASYNC_PREWRITE;
	size_t lost;

	dma_enter();
	dma_trap_clear(v);
	lost = v->size;
	if ((op & both) == both)
		dma_view_hand_over(v);
	else if ((op & BUS_DMASYNC_PREWRITE) != 0)
		dma_view_prewrite(v);
	else if ((op & BUS_DMASYNC_PREREAD) != 0)
		dma_copy(v->cpu_seen + v->start, v->cpu + v->start, v->len);
	if ((op & BUS_DMASYNC_POSTREAD) != 0) {
		dma_clear_dirty(v);
		lost = dma_view_postread(v);
	} else if (v->ndirty != 0)
		dma_trap_set(v, 0, v->size);
	dma_leave();
	if (lost != v->size)
		tk_stop("dma-lost", "POSTREAD over byte %zu, which the CPU "
		    "wrote without PREWRITE", lost - v->start);
}

/*
 * What devices write
 */

static void
dma_piece_wrote(struct dma_piece *p, uint64_t paddr, size_t len)
{
	struct dma_view *v = p->view;
	size_t off;

	if (paddr < p->paddr || paddr - p->paddr > p->len ||
	    len > p->len - (paddr - p->paddr)) {
		dma_leave();
		tk_stop("dma-device", "device wrote %zu bytes at %#jx, past "
		    "the %zu at %#jx", len, (uintmax_t)paddr, p->len,
		    (uintmax_t)p->paddr);
	}
	off = p->off + (paddr - p->paddr);
	if (off < v->start || off + len > v->start + v->len) {
		dma_leave();
		tk_stop("dma-device", "device wrote %zu bytes at %#jx, which "
		    "are not loaded", len, (uintmax_t)paddr);
	}
	for (size_t i = off; i < off + len; i++)
		if (i % 8 == 0 && off + len - i >= 8 && v->dirty[i / 8] == 0) {
			v->dirty[i / 8] = 0xff;
			v->ndirty += 8;
			i += 7;
		} else if (!dma_is_dirty(v, i)) {
			v->dirty[i / 8] |= 1u << (i % 8);
			v->ndirty++;
		}
	dma_trap_set(v, off, len);
}

void
tk_dma_device_wrote(uint64_t paddr, size_t len)
{
	struct tk_ram_user *user;
	struct dma_piece *p;
	size_t n;

	dma_enter();
	for (; len != 0; paddr += n, len -= n) {
		n = MIN(len, PAGE_SIZE - (paddr & PAGE_MASK));
		user = tk_ram_owner(paddr);
		if (user == NULL) {
			dma_leave();
			tk_stop("dma-device", "device wrote %zu bytes at "
			    "%#jx, which is %s", n, (uintmax_t)paddr,
			    tk_ram_ptr(paddr, 1) != NULL ? "free" :
			    "no guest RAM");
		}
		if (user->dma) {
			p = (struct dma_piece *)user;
			dma_piece_wrote(p, paddr, n);
		}
	}
	dma_leave();
}
