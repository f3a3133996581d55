/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Memory that a device reads or writes by itself.
 *
 * See bus_dma(9).  A tag says what the device can reach.  A buffer is coherent
 * memory, allocated in one segment.  A map makes memory that the driver already
 * has visible to the device, in one or more segments.  On every machine the CPU
 * hands bytes over to the device with kpi_dma_sync(), and takes them back with
 * it.
 */
#ifndef _KPI_DMA_H_
#define	_KPI_DMA_H_

#include "kpi.h"

#include <sys/bus.h>
#include <sys/malloc.h>
#include <machine/bus.h>

#define	KPI_DMA_MAXSEGS	16	/* of one map */

/* Operations of kpi_dma_sync(); may be or-ed. */
enum {
	KPI_DMA_PREREAD = BUS_DMASYNC_PREREAD,	 /* the device will write */
	KPI_DMA_POSTREAD = BUS_DMASYNC_POSTREAD, /* the device has written */
	KPI_DMA_PREWRITE = BUS_DMASYNC_PREWRITE, /* the device will read */
	KPI_DMA_POSTWRITE = BUS_DMASYNC_POSTWRITE, /* the device has read */
};

/* What a device can reach. */
struct kpi_dma_params {
	bus_size_t	kdp_align;	/* of each segment; a power of two */
	bus_size_t	kdp_boundary;	/* never crossed; 0: none */
	bus_addr_t	kdp_maxaddr;	/* highest address, inclusive */
	bus_size_t	kdp_maxsize;	/* of one buffer or map */
	bus_size_t	kdp_maxsegsz;	/* of one segment */
	int		kdp_maxsegs;	/* 1 to KPI_DMA_MAXSEGS */
};

struct kpi_dma_tag {
	bus_dma_tag_t	kdt_tag;	/* NULL: not created; of the maps */
	struct kpi_dma_params kdt_params;
};

/* Coherent memory in one segment.  Constant between alloc and free. */
struct kpi_dma_buf {
	void		*kdb_vaddr;	/* NULL: not allocated */
	bus_addr_t	 kdb_paddr;
	bus_size_t	 kdb_size;
	bus_dma_tag_t	 kdb_tag;	/* its own, below the tag's */
	bus_dmamap_t	 kdb_map;
};

/* Memory of the driver, as the device sees it. */
struct kpi_dma_map {
	bus_dma_tag_t	  kdm_tag;
	bus_dmamap_t	  kdm_map;
	bus_size_t	  kdm_align;	/* of each segment */
	bool		  kdm_loaded;
	int		  kdm_nsegs;
	bus_dma_segment_t kdm_segs[KPI_DMA_MAXSEGS];
};

/*
 * Create a tag below the parent's of dev.  Several threads may use it at once,
 * for buffers and maps of their own.
 *
 * Context: sleepable.
 * Errors: EINVAL: a size is 0, kdp_maxsegs is out of range, kdp_align is no
 * power of two, kdp_boundary is neither 0 nor a power of two, or no whole page
 * lies below kdp_maxaddr; ENOMEM.
 */
int	kpi_dma_tag_create(device_t dev, const struct kpi_dma_params *params,
	    struct kpi_dma_tag *tag);

/*
 * Destroy a tag whose buffers and maps are gone.  Does nothing if it was not
 * created.
 *
 * Context: sleepable.
 */
void	kpi_dma_tag_destroy(struct kpi_dma_tag *tag);

/*
 * Allocate the tag's maxsize bytes of zeroed coherent memory, and load them.
 *
 * Context: sleepable with M_WAITOK in mflags; any but a filter with M_NOWAIT.
 * Errors: ENOMEM; EINVAL: the tag allows more than one segment; EFBIG: one
 * segment cannot be so large, because of kdp_maxsegsz or kdp_boundary.
 */
int	kpi_dma_alloc(const struct kpi_dma_tag *tag, int mflags,
	    struct kpi_dma_buf *buf);

/*
 * Unload and free the buffer, which the device must no longer use.  Does
 * nothing if *buf is not allocated.
 *
 * Context: sleepable.
 */
void	kpi_dma_free(struct kpi_dma_buf *buf);

/*
 * Hand the whole buffer over to the device, or take it back; op: KPI_DMA_*.
 *
 * Context: any.
 */
void	kpi_dma_sync(const struct kpi_dma_buf *buf, int op);

/*
 * Create an unloaded map, or destroy one.
 *
 * Context: sleepable.
 * Errors: ENOMEM; EINVAL: the tag's alignment is more than PAGE_SIZE, which
 * only kpi_dma_alloc() can give.
 */
int	kpi_dma_map_create(const struct kpi_dma_tag *tag,
	    struct kpi_dma_map *map);
void	kpi_dma_map_destroy(struct kpi_dma_map *map);

/*
 * Load len bytes at vaddr into the map.  They stay in place until the unload.
 * This never waits.  After an error the map can be loaded again.
 *
 * Context: any but a filter.
 * Errors: EFBIG: more segments than the tag allows; ENOMEM: no bounce pages
 * now; EBUSY: the map is loaded already; EINVAL: the memory is not aligned to
 * kdp_align and ends in another page.
 */
int	kpi_dma_map_load(struct kpi_dma_map *map, void *vaddr, bus_size_t len);

/*
 * Unload the map.  Does nothing if it is not loaded.
 *
 * Context: any but a filter.
 */
void	kpi_dma_map_unload(struct kpi_dma_map *map);

/* The same as kpi_dma_sync(), for a loaded map.  Context: any. */
void	kpi_dma_map_sync(const struct kpi_dma_map *map, int op);

#ifndef KPI_BINDGEN
KPI_INLINE void
kpi_dma_sync(const struct kpi_dma_buf *buf, int op)
{
	bus_dmamap_sync(buf->kdb_tag, buf->kdb_map, op);
}

KPI_INLINE void
kpi_dma_map_sync(const struct kpi_dma_map *map, int op)
{
	bus_dmamap_sync(map->kdm_tag, map->kdm_map, op);
}
#endif /* !KPI_BINDGEN */

#endif /* !_KPI_DMA_H_ */
