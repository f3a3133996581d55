/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Tags, buffers and maps for DMA: see kpi_dma.h for the contracts.
 *
 * A tag of FreeBSD's has one list of segments for all loads, a count of its
 * maps, and flags.  It changes them without a lock: that is the driver's, says
 * bus_dma(9).  Two loads at once would mix their addresses.  So each buffer has
 * a tag of its own, and nobody knows of it before it is loaded.  Maps share a
 * tag, since FreeBSD allocates bounce pages for the first map of each tag, and
 * never frees them.  Their loads are serialised here, and so are the calls that
 * make and destroy them, which may sleep.
 * Source: sys/x86/x86/busdma_bounce.c and sys/arm64/arm64/busdma_bounce.c,
 * struct bus_dma_tag, bounce_bus_dmamap_create(),
 * bounce_bus_dmamap_load_buffer().
 */

/* Few drivers have maps, and all have this file. */
#define	MUTEX_NOINLINE	1
#define	SX_NOINLINE	1

#include "kpi_dma.h"

#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/sx.h>

/* Of all maps.  Only busdma's own lock is taken with it. */
static struct mtx kpi_dma_load_mtx;
MTX_SYSINIT(kpi_dma_load, &kpi_dma_load_mtx, "kpi dma loads", MTX_DEF);

static struct sx kpi_dma_map_sx;
SX_SYSINIT(kpi_dma_map, &kpi_dma_map_sx, "kpi dma maps");

/* The results of a load callback. */
struct kpi_dma_result {
	bus_dma_segment_t	*segs;
	int			 maxsegs;
	int			 nsegs;
	int			 error;
};

static void
kpi_dma_loaded(void *arg, bus_dma_segment_t *segs, int nsegs, int error)
{
	struct kpi_dma_result *res = arg;

	res->error = error;
	if (error != 0)
		return;
	KASSERT(nsegs <= res->maxsegs, ("%d segments of %d", nsegs,
	    res->maxsegs));
	res->nsegs = nsegs;
	memcpy(res->segs, segs, nsegs * sizeof(*segs));
}

static int
kpi_dma_make_tag(bus_dma_tag_t parent, const struct kpi_dma_params *params,
    bus_dma_tag_t *dmat)
{
	bus_addr_t end;

	/*
	 * FreeBSD rounds the highest address up to the end of its page
	 * (common_bus_dma_tag_create()), which the device may not reach.  So
	 * the pages end here; all addresses there are make an end of 0.
	 */
	end = trunc_page(params->kdp_maxaddr + 1);
	return (bus_dma_tag_create(parent, params->kdp_align,
	    params->kdp_boundary, end - 1, BUS_SPACE_MAXADDR, NULL, NULL,
	    params->kdp_maxsize, params->kdp_maxsegs, params->kdp_maxsegsz, 0,
	    NULL, NULL, dmat));
}

static void
kpi_dma_end_tag(bus_dma_tag_t dmat)
{
	int error __diagused;

	error = bus_dma_tag_destroy(dmat);
	KASSERT(error == 0, ("DMA tag destroyed in use: %d", error));
}

int
kpi_dma_tag_create(device_t dev, const struct kpi_dma_params *params,
    struct kpi_dma_tag *tag)
{
	KPI_SLEEPABLE();
	if (params->kdp_maxsegs < 1 || params->kdp_maxsegs > KPI_DMA_MAXSEGS ||
	    params->kdp_maxsize == 0 || params->kdp_maxsegsz == 0 ||
	    !powerof2(params->kdp_align) || params->kdp_align == 0 ||
	    !powerof2(params->kdp_boundary) ||
	    params->kdp_maxaddr < PAGE_SIZE - 1)
		return (EINVAL);
	tag->kdt_params = *params;
	return (kpi_dma_make_tag(bus_get_dma_tag(dev), params, &tag->kdt_tag));
}

void
kpi_dma_tag_destroy(struct kpi_dma_tag *tag)
{
	KPI_SLEEPABLE();
	if (tag->kdt_tag == NULL)
		return;
	kpi_dma_end_tag(tag->kdt_tag);
	tag->kdt_tag = NULL;
}

/* With the buffer's tag.  On an error there is no memory. */
static int
kpi_dma_alloc_memory(struct kpi_dma_buf *buf, int mflags)
{
	bus_dma_segment_t seg;
	struct kpi_dma_result res = { .segs = &seg, .maxsegs = 1 };
	bus_dma_tag_t dmat = buf->kdb_tag;
	int error;

	error = bus_dmamem_alloc(dmat, &buf->kdb_vaddr,
	    BUS_DMA_COHERENT | BUS_DMA_ZERO |
	    ((mflags & M_WAITOK) != 0 ? BUS_DMA_WAITOK : BUS_DMA_NOWAIT),
	    &buf->kdb_map);
	if (error != 0)
		return (error);
	error = bus_dmamap_load(dmat, buf->kdb_map, buf->kdb_vaddr,
	    buf->kdb_size, kpi_dma_loaded, &res, BUS_DMA_NOWAIT);
	if (error == 0)
		error = res.error;
	if (error != 0) {
		bus_dmamem_free(dmat, buf->kdb_vaddr, buf->kdb_map);
		return (error);
	}
	buf->kdb_paddr = seg.ds_addr;
	return (0);
}

int
kpi_dma_alloc(const struct kpi_dma_tag *tag, int mflags,
    struct kpi_dma_buf *buf)
{
	int error;

	if (tag->kdt_params.kdp_maxsegs != 1)
		return (EINVAL);
	buf->kdb_size = tag->kdt_params.kdp_maxsize;
	error = kpi_dma_make_tag(tag->kdt_tag, &tag->kdt_params,
	    &buf->kdb_tag);
	if (error == 0) {
		error = kpi_dma_alloc_memory(buf, mflags);
		if (error != 0)
			kpi_dma_end_tag(buf->kdb_tag);
	}
	if (error != 0)
		buf->kdb_vaddr = NULL;
	return (error);
}

void
kpi_dma_free(struct kpi_dma_buf *buf)
{
	KPI_SLEEPABLE();
	if (buf->kdb_vaddr == NULL)
		return;
	bus_dmamap_unload(buf->kdb_tag, buf->kdb_map);
	bus_dmamem_free(buf->kdb_tag, buf->kdb_vaddr, buf->kdb_map);
	kpi_dma_end_tag(buf->kdb_tag);
	buf->kdb_vaddr = NULL;
}

int
kpi_dma_map_create(const struct kpi_dma_tag *tag, struct kpi_dma_map *map)
{
	int error;

	KPI_SLEEPABLE();
	/*
	 * FreeBSD bounces a piece as long as the alignment, but a bounce page
	 * has only PAGE_SIZE bytes (busdma_bounce.c).
	 */
	if (tag->kdt_params.kdp_align > PAGE_SIZE)
		return (EINVAL);
	map->kdm_tag = tag->kdt_tag;
	map->kdm_align = tag->kdt_params.kdp_align;
	map->kdm_loaded = false;
	map->kdm_nsegs = 0;
	sx_xlock(&kpi_dma_map_sx);
	error = bus_dmamap_create(map->kdm_tag, 0, &map->kdm_map);
	sx_xunlock(&kpi_dma_map_sx);
	return (error);
}

void
kpi_dma_map_destroy(struct kpi_dma_map *map)
{
	int error __diagused;

	KPI_SLEEPABLE();
	sx_xlock(&kpi_dma_map_sx);
	error = bus_dmamap_destroy(map->kdm_tag, map->kdm_map);
	sx_xunlock(&kpi_dma_map_sx);
	KASSERT(error == 0, ("DMA map destroyed in use: %d", error));
}

static void
kpi_dma_tried(void *arg __unused, bus_dma_segment_t *segs __unused,
    int nsegs __unused, int error __unused)
{
}

/*
 * Give back what a load has left in the map that failed with EFBIG.  FreeBSD
 * reserves all bounce pages of a load before it goes through the memory, and
 * keeps those for the map that it has not come to.  A larger load of the map
 * would panic, and the map's end would lose them for all devices.  A load of a
 * page uses one of them, and its unload gives that back.
 * Source: sys/x86/x86/busdma_bounce.c and sys/arm64/arm64/busdma_bounce.c,
 * bounce_bus_dmamap_load_buffer(); sys/kern/subr_busdma_bounce.c,
 * reserve_bounce_pages(), add_bounce_page(), free_bounce_pages().
 */
static void
kpi_dma_map_settle(struct kpi_dma_map *map, char *vaddr, bus_size_t len)
{
	bus_size_t n;

	bus_dmamap_unload(map->kdm_tag, map->kdm_map);
	for (; len > 0; vaddr += n, len -= n) {
		n = MIN(len, PAGE_SIZE - ((uintptr_t)vaddr & PAGE_MASK));
		(void)bus_dmamap_load(map->kdm_tag, map->kdm_map, vaddr, n,
		    kpi_dma_tried, NULL, BUS_DMA_NOWAIT);
		bus_dmamap_unload(map->kdm_tag, map->kdm_map);
	}
}

static bool
kpi_dma_is_aligned(const struct kpi_dma_map *map, const void *vaddr)
{
	return (((uintptr_t)vaddr & (map->kdm_align - 1)) == 0);
}

int
kpi_dma_map_load(struct kpi_dma_map *map, void *vaddr, bus_size_t len)
{
	struct kpi_dma_result res = {
		.segs = map->kdm_segs,
		.maxsegs = KPI_DMA_MAXSEGS,
	};
	int error;

	if (map->kdm_loaded)
		return (EBUSY);
	/*
	 * FreeBSD's arm64 counts the bounce pages of such memory otherwise than
	 * it uses them (_bus_dmamap_count_pages()), and a later load then does
	 * not bounce what the device does not reach.
	 */
	if (!kpi_dma_is_aligned(map, vaddr) &&
	    len > PAGE_SIZE - ((uintptr_t)vaddr & PAGE_MASK))
		return (EINVAL);
	mtx_lock(&kpi_dma_load_mtx);
	error = bus_dmamap_load(map->kdm_tag, map->kdm_map, vaddr, len,
	    kpi_dma_loaded, &res, BUS_DMA_NOWAIT);
	if (error == 0)
		error = res.error;
	if (error == EFBIG)
		kpi_dma_map_settle(map, vaddr, len);
	mtx_unlock(&kpi_dma_load_mtx);
	if (error != 0)
		return (error);
	map->kdm_nsegs = res.nsegs;
	map->kdm_loaded = true;
	return (0);
}

void
kpi_dma_map_unload(struct kpi_dma_map *map)
{
	if (!map->kdm_loaded)
		return;
	bus_dmamap_unload(map->kdm_tag, map->kdm_map);
	map->kdm_loaded = false;
	map->kdm_nsegs = 0;
}
