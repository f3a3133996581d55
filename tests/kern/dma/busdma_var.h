/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * bus_dma(9): what busdma.c (tags, maps, loads), busdma_sync.c (the two views
 * and what moves between them) and busdma_trap.c (CPU accesses caught as they
 * happen) share.
 *
 * A view is memory that CPU and device see as two copies.  It consists of
 * pieces, each a run of guest RAM.  bus_dmamem_alloc() makes a view that lives
 * until bus_dmamem_free().  A load of other memory makes a view that lives
 * until the unload.  If that memory is guest RAM which the tag allows, there is
 * no view but one copy: the device gets the memory's own address, and only the
 * order of calls is checked.
 *
 * dma_enter() guards views and the lists.  It is a host mutex, so any context
 * may take it.  Nothing that may switch threads is called with it held.
 */

#ifndef _BUSDMA_VAR_H_
#define	_BUSDMA_VAR_H_

#include <sys/param.h>
#include <sys/bus_dma.h>
#include <sys/queue.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_bus_var.h"

struct dma_view;

struct dma_piece {
	struct tk_ram_user user;	/* owns the pages */
	struct dma_view	*view;
	uint64_t	 pages;		/* bus address of the pages */
	uint64_t	 paddr;		/* of the first byte used */
	char		*dev;		/* that byte */
	size_t		 off;		/* of that byte in the view */
	size_t		 len;		/* bytes */
};

struct dma_view {
	TAILQ_ENTRY(dma_view) link;	/* views with a CPU copy of their own */
	char		*cpu;		/* the CPU's copy */
	size_t		 size;		/* bytes */
	size_t		 mapped;	/* size in whole pages if cpu is ours */
	struct dma_piece *pieces;
	int		 npieces;
	char		*cpu_seen;	/* CPU's copy at the last sync */
	char		*dev_seen;	/* device's copy at the last sync */
	uint8_t		*dirty;		/* bit per byte: the device wrote it */
	size_t		 ndirty;	/* bits set */
	size_t		 start;		/* of the loaded part */
	size_t		 len;		/* of the loaded part; 0: none */
	bool		 freed;		/* kept to catch late accesses */
	bool		 watched;	/* on the list of such views */
	bool		*shut;		/* of a page of cpu: inaccessible */
	size_t		 nshut;
};

struct bus_dma_tag {
	TAILQ_ENTRY(bus_dma_tag) link;
	bool		 dead;
	bus_dma_tag_t	 parent;
	bool		 loading;	/* a load is under way */
	bool		 counting;	/* ... a call that changes maps */
	int		 maps;
	bus_size_t	 alignment;
	bus_addr_t	 boundary;
	bus_addr_t	 lowaddr;	/* last byte of a page */
	bus_addr_t	 highaddr;	/* last byte of a page */
	bus_size_t	 maxsize;
	int		 nsegments;
	bus_size_t	 maxsegsz;
	int		 flags;
	bus_dma_lock_t	*lockfunc;
	void		*lockfuncarg;
	struct tk_where	 where;
};

struct bus_dmamap {
	TAILQ_ENTRY(bus_dmamap) link;
	TAILQ_ENTRY(bus_dmamap) wait_link;
	bus_dma_tag_t	 tag;		/* NULL: destroyed */
	struct dma_view	*mem;		/* from bus_dmamem_alloc(), or NULL */
	struct dma_view	*view;		/* of the load; NULL: one copy */
	bool		 loaded;
	bool		 waiting;	/* its load returned EINPROGRESS */
	u_int		 left;		/* pages that an EFBIG left reserved */
	int		 pre;		/* BUS_DMASYNC_PRE* since the load */
	bus_dma_segment_t *segs;
	int		 nsegs;
	int		 maxsegs;	/* room */
	/* Arguments of the load, kept in case it has to wait. */
	void		*buf;
	bus_size_t	 buflen;
	bus_dmamap_callback_t *callback;
	void		*callback_arg;
	int		 flags;
	struct tk_where	 where;
	struct tk_where	 load_where;
};

void	dma_enter(void);
void	dma_leave(void);

extern struct tk_dma_stats dma_stats;

/* busdma_sync.c */

/*
 * A view of size bytes at cpu, or of fresh pages of its own when cpu is NULL,
 * with its pieces where the tag allows.  NULL without memory.
 */
struct dma_view *dma_view_create(bus_dma_tag_t, char *cpu, size_t size,
	    bool zero);
void	dma_view_destroy(struct dma_view *);
/* A load begins: forget what was compared before. */
void	dma_view_load(struct dma_view *, size_t start, size_t len);
void	dma_view_sync(struct dma_view *, bus_dmasync_op_t);

/* busdma_trap.c */

/* With dma_enter(): the device wrote these bytes of the view. */
void	dma_trap_set(struct dma_view *, size_t off, size_t len);
/* With dma_enter(): the CPU may access all of the view. */
void	dma_trap_clear(struct dma_view *);
/* Memory of whole pages for a view, not cleared; NULL if there is none. */
char	*dma_memory_get(size_t size);
/* The view's own memory is no longer used. */
void	dma_trap_free(struct dma_view *);

static inline bool
dma_is_dirty(const struct dma_view *v, size_t off)
{
	return ((v->dirty[off / 8] & (1u << (off % 8))) != 0);
}

#endif /* !_BUSDMA_VAR_H_ */
