/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * bus_dma(9).
 *
 * The test kernel gives every mapping two copies of its bytes: the CPU view,
 * which the driver reads and writes, and the device view in guest RAM, whose
 * bus addresses the driver passes to the device.  Only bus_dmamap_sync()
 * moves bytes between them.  See busdma.c for the checks that go with it.
 *
 * Left out: loading of mbufs, uios, bios, CCBs, crypto requests and memory
 * descriptors.
 */

#ifndef _BUS_DMA_H_
#define	_BUS_DMA_H_

#ifdef _KERNEL
#include <sys/_bus_dma.h>
#include <sys/param.h>
#include <machine/_bus.h>
#endif

#define	BUS_DMA_WAITOK		0x00	/* may sleep (no bit) */
#define	BUS_DMA_NOWAIT		0x01	/* fail rather than wait */
#define	BUS_DMA_ALLOCNOW	0x02	/* reserve bounce memory with the tag */
#define	BUS_DMA_COHERENT	0x04	/* make syncs cheap; still required */
#define	BUS_DMA_ZERO		0x08	/* zeroed memory */
#define	BUS_DMA_BUS1		0x10
#define	BUS_DMA_BUS2		0x20
#define	BUS_DMA_BUS3		0x40
#define	BUS_DMA_BUS4		0x80
#define	BUS_DMA_NOWRITE		0x100
#define	BUS_DMA_NOCACHE		0x200
#define	BUS_DMA_KEEP_PG_OFFSET	0x400	/* page offset survives bouncing */
#define	BUS_DMA_LOAD_MBUF	0x800

#define	BUS_DMASYNC_PREREAD	1
#define	BUS_DMASYNC_POSTREAD	2
#define	BUS_DMASYNC_PREWRITE	4
#define	BUS_DMASYNC_POSTWRITE	8

/* One contiguous piece of a mapping, as the device is told. */
typedef struct bus_dma_segment {
	bus_addr_t	ds_addr;
	bus_size_t	ds_len;		/* bytes */
} bus_dma_segment_t;

#ifdef _KERNEL

typedef int bus_dma_filter_t(void *, bus_addr_t);

/* A lockfunc that takes and releases the struct mtx given as its argument. */
void	busdma_lock_mutex(void *arg, bus_dma_lock_op_t op);

/* The lockfunc of tags that name none: a deferred load then panics. */
void	_busdma_dflt_lock(void *arg, bus_dma_lock_op_t op);

/*
 * Creates a tag with the limits of its parent and of its own arguments:
 * alignment (bytes, a power of two), boundary (no segment crosses a multiple of
 * it; 0 for none), lowaddr and highaddr (no byte lies above lowaddr and up to
 * highaddr), maxsize (bytes of a mapping), nsegments, maxsegsz (bytes of a
 * segment), and the lock taken around callbacks of deferred loads.  filtfunc
 * must be NULL.  EINVAL for arguments that contradict each other, ENOMEM.  Does
 * not sleep.
 */
int	bus_dma_tag_create(bus_dma_tag_t parent, bus_size_t alignment,
	    bus_addr_t boundary, bus_addr_t lowaddr, bus_addr_t highaddr,
	    bus_dma_filter_t *filtfunc, void *filtfuncarg, bus_size_t maxsize,
	    int nsegments, bus_size_t maxsegsz, int flags,
	    bus_dma_lock_t *lockfunc, void *lockfuncarg, bus_dma_tag_t *dmat);

/* Arguments of a tag by name; the members are private. */
typedef struct {
	bus_dma_tag_t		 parent;
	bus_size_t		 alignment;
	bus_addr_t		 boundary;
	bus_addr_t		 lowaddr;
	bus_addr_t		 highaddr;
	bus_size_t		 maxsize;
	int			 nsegments;
	bus_size_t		 maxsegsize;
	int			 flags;
	bus_dma_lock_t		*lockfunc;
	void			*lockfuncarg;
	const char		*name;
} bus_dma_template_t;

typedef enum {
	BD_PARAM_INVALID	= 0,
	BD_PARAM_PARENT		= 1,
	BD_PARAM_ALIGNMENT	= 2,
	BD_PARAM_BOUNDARY	= 3,
	BD_PARAM_LOWADDR	= 4,
	BD_PARAM_HIGHADDR	= 5,
	BD_PARAM_MAXSIZE	= 6,
	BD_PARAM_NSEGMENTS	= 7,
	BD_PARAM_MAXSEGSIZE	= 8,
	BD_PARAM_FLAGS		= 9,
	BD_PARAM_LOCKFUNC	= 10,
	BD_PARAM_LOCKFUNCARG	= 11,
	BD_PARAM_NAME		= 12
} bus_dma_param_key_t;

typedef struct {
	bus_dma_param_key_t	key;
	union {
		void		*ptr;
		vm_paddr_t	 pa;
		uintmax_t	 num;
	};
} bus_dma_param_t;

#define	BD_PARENT(val)		{ BD_PARAM_PARENT, .ptr = val }
#define	BD_ALIGNMENT(val)	{ BD_PARAM_ALIGNMENT, .num = val }
#define	BD_BOUNDARY(val)	{ BD_PARAM_BOUNDARY, .num = val }
#define	BD_LOWADDR(val)		{ BD_PARAM_LOWADDR, .pa = val }
#define	BD_HIGHADDR(val)	{ BD_PARAM_HIGHADDR, .pa = val }
#define	BD_MAXSIZE(val)		{ BD_PARAM_MAXSIZE, .num = val }
#define	BD_NSEGMENTS(val)	{ BD_PARAM_NSEGMENTS, .num = val }
#define	BD_MAXSEGSIZE(val)	{ BD_PARAM_MAXSEGSIZE, .num = val }
#define	BD_FLAGS(val)		{ BD_PARAM_FLAGS, .num = val }
#define	BD_LOCKFUNC(val)	{ BD_PARAM_LOCKFUNC, .ptr = val }
#define	BD_LOCKFUNCARG(val)	{ BD_PARAM_LOCKFUNCARG, .ptr = val }
#define	BD_NAME(val)		{ BD_PARAM_NAME, .ptr = val }

#define	BUS_DMA_TEMPLATE_FILL(t, kv...) do {				\
	bus_dma_param_t pm[] = { kv };					\
									\
	bus_dma_template_fill(t, pm, howmany(sizeof(pm), sizeof(pm[0]))); \
} while (0)

/* A template of the widest tag; a parent's limits join in at _tag(). */
void	bus_dma_template_init(bus_dma_template_t *t, bus_dma_tag_t parent);
int	bus_dma_template_tag(bus_dma_template_t *t, bus_dma_tag_t *dmat);
void	bus_dma_template_clone(bus_dma_template_t *t, bus_dma_tag_t dmat);
void	bus_dma_template_fill(bus_dma_template_t *t, bus_dma_param_t *kv,
	    u_int count);

int	bus_dma_tag_set_domain(bus_dma_tag_t dmat, int domain);

/* EBUSY while maps of the tag exist; then nothing is freed. */
int	bus_dma_tag_destroy(bus_dma_tag_t dmat);

/* Gets the segments of a load, or 0 segments and an error. */
typedef void bus_dmamap_callback_t(void *, bus_dma_segment_t *, int, int);
typedef void bus_dmamap_callback2_t(void *, bus_dma_segment_t *, int,
	    bus_size_t, int);

/*
 * Maps buflen bytes at buf, at most the tag's maxsize, for the device.  When
 * the load is done, callback is called with the segments or an error: EFBIG if
 * there are more than nsegments pieces, ENOMEM with BUS_DMA_NOWAIT if there is
 * no memory to bounce through.  Returns 0 (for EFBIG, too), that ENOMEM, or
 * EINPROGRESS: the callback will run later, in the busdma thread with the tag's
 * lock held.  Memory of bus_dmamem_alloc() loads at once.  Any context but a
 * filter.
 */
int	bus_dmamap_load(bus_dma_tag_t dmat, bus_dmamap_t map, void *buf,
	    bus_size_t buflen, bus_dmamap_callback_t *callback,
	    void *callback_arg, int flags);

/* A map without memory.  ENOMEM. */
int	bus_dmamap_create(bus_dma_tag_t dmat, int flags, bus_dmamap_t *mapp);

/* EBUSY while the map is loaded. */
int	bus_dmamap_destroy(bus_dma_tag_t dmat, bus_dmamap_t map);

/*
 * Allocates maxsize bytes of the tag.  *mapp is a map that can always load
 * them.  May sleep unless BUS_DMA_NOWAIT.  ENOMEM.
 */
int	bus_dmamem_alloc(bus_dma_tag_t dmat, void **vaddr, int flags,
	    bus_dmamap_t *mapp);
void	bus_dmamem_free(bus_dma_tag_t dmat, void *vaddr, bus_dmamap_t map);

/*
 * Hands the whole mapping to the device (PRE) or back (POST).  PREWRITE
 * moves what the CPU has written since the last sync to the device view,
 * POSTREAD moves the device view to the CPU view.  Any context.
 */
void	bus_dmamap_sync(bus_dma_tag_t dmat, bus_dmamap_t dmamap,
	    bus_dmasync_op_t op);
void	bus_dmamap_unload(bus_dma_tag_t dmat, bus_dmamap_t dmamap);

#endif /* _KERNEL */

#endif /* !_BUS_DMA_H_ */
