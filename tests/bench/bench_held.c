/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What is in use: memory of malloc(9) and contigmalloc(9), memory, tags and
 * maps of bus_dma(9), stacks of the threads of taskqueue(9).
 *
 * The linker redirects every call of these functions to here (--wrap, in the
 * list held.args).  So the test kernel need not know, and that of an earlier
 * commit is measured in the same way.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/malloc.h>
#include <sys/taskqueue.h>
#include <machine/bus.h>

#include "bench.h"
#include "tk.h"

#define	MAXHELD		16384
#define	STACK		(4 * PAGE_SIZE)	/* KSTACK_PAGES of amd64 and arm64 */

/* The functions themselves, by the names that the linker gives them. */
#define	REAL(name)	__asm__("__real_" name)
#define	WRAP(name)	__asm__("__wrap_" name)

void	*real_malloc(size_t, struct malloc_type *, int) REAL("tk_malloc");
void	*wrap_malloc(size_t, struct malloc_type *, int) WRAP("tk_malloc");
void	*real_mallocarray(size_t, size_t, struct malloc_type *, int)
	    REAL("tk_mallocarray");
void	*wrap_mallocarray(size_t, size_t, struct malloc_type *, int)
	    WRAP("tk_mallocarray");
void	*real_malloc_aligned(size_t, size_t, struct malloc_type *, int)
	    REAL("tk_malloc_aligned");
void	*wrap_malloc_aligned(size_t, size_t, struct malloc_type *, int)
	    WRAP("tk_malloc_aligned");
void	*real_realloc(void *, size_t, struct malloc_type *, int)
	    REAL("tk_realloc");
void	*wrap_realloc(void *, size_t, struct malloc_type *, int)
	    WRAP("tk_realloc");
void	real_free(void *, struct malloc_type *) REAL("tk_free");
void	wrap_free(void *, struct malloc_type *) WRAP("tk_free");
void	real_zfree(void *, struct malloc_type *) REAL("tk_zfree");
void	wrap_zfree(void *, struct malloc_type *) WRAP("tk_zfree");
void	*real_contigmalloc(unsigned long, struct malloc_type *, int, vm_paddr_t,
	    vm_paddr_t, unsigned long, vm_paddr_t) REAL("contigmalloc");
void	*wrap_contigmalloc(unsigned long, struct malloc_type *, int, vm_paddr_t,
	    vm_paddr_t, unsigned long, vm_paddr_t) WRAP("contigmalloc");
void	real_contigfree(void *, unsigned long, struct malloc_type *)
	    REAL("contigfree");
void	wrap_contigfree(void *, unsigned long, struct malloc_type *)
	    WRAP("contigfree");
int	real_bus_dma_tag_create(bus_dma_tag_t, bus_size_t, bus_addr_t,
	    bus_addr_t, bus_addr_t, bus_dma_filter_t *, void *, bus_size_t, int,
	    bus_size_t, int, bus_dma_lock_t *, void *, bus_dma_tag_t *)
	    REAL("bus_dma_tag_create");
int	wrap_bus_dma_tag_create(bus_dma_tag_t, bus_size_t, bus_addr_t,
	    bus_addr_t, bus_addr_t, bus_dma_filter_t *, void *, bus_size_t, int,
	    bus_size_t, int, bus_dma_lock_t *, void *, bus_dma_tag_t *)
	    WRAP("bus_dma_tag_create");
int	real_bus_dma_tag_destroy(bus_dma_tag_t) REAL("bus_dma_tag_destroy");
int	wrap_bus_dma_tag_destroy(bus_dma_tag_t) WRAP("bus_dma_tag_destroy");
int	real_bus_dmamap_create(bus_dma_tag_t, int, bus_dmamap_t *)
	    REAL("bus_dmamap_create");
int	wrap_bus_dmamap_create(bus_dma_tag_t, int, bus_dmamap_t *)
	    WRAP("bus_dmamap_create");
int	real_bus_dmamap_destroy(bus_dma_tag_t, bus_dmamap_t)
	    REAL("bus_dmamap_destroy");
int	wrap_bus_dmamap_destroy(bus_dma_tag_t, bus_dmamap_t)
	    WRAP("bus_dmamap_destroy");
int	real_bus_dmamem_alloc(bus_dma_tag_t, void **, int, bus_dmamap_t *)
	    REAL("bus_dmamem_alloc");
int	wrap_bus_dmamem_alloc(bus_dma_tag_t, void **, int, bus_dmamap_t *)
	    WRAP("bus_dmamem_alloc");
void	real_bus_dmamem_free(bus_dma_tag_t, void *, bus_dmamap_t)
	    REAL("bus_dmamem_free");
void	wrap_bus_dmamem_free(bus_dma_tag_t, void *, bus_dmamap_t)
	    WRAP("bus_dmamem_free");
int	real_taskqueue_start_threads(struct taskqueue **, int, int,
	    const char *, ...) REAL("taskqueue_start_threads");
int	wrap_taskqueue_start_threads(struct taskqueue **, int, int,
	    const char *, ...) WRAP("taskqueue_start_threads");
void	real_taskqueue_free(struct taskqueue *) REAL("taskqueue_free");
void	wrap_taskqueue_free(struct taskqueue *) WRAP("taskqueue_free");

/* What is in use, and a copy of that at the moment of the measurement. */
static struct bench_held held[MAXHELD], listed[MAXHELD];

CTASSERT(nitems(held[0].pc) == TK_WHERE_DEPTH);

void
bench_held_forget(void)
{
	memset(held, 0, sizeof(held));
}

void
bench_held_list(struct bench_holding *holding)
{
	int i;

	*holding = (struct bench_holding){ .held = listed };
	for (i = 0; i < MAXHELD; i++) {
		if (held[i].key != NULL)
			listed[holding->count++] = held[i];
	}
}

/* One place for each kind, since a queue and its threads have one address. */
static struct bench_held *
held_find(const void *key, const char *kind)
{
	int i;

	for (i = 0; i < MAXHELD; i++) {
		if (held[i].key == key &&
		    (key == NULL || held[i].kind == kind))
			return (&held[i]);
	}
	return (NULL);
}

static const char kind_malloc[] = "malloc";
static const char kind_dma[] = "dma";
static const char kind_object[] = "object";
static const char kind_stack[] = "stack";

static void
hold(const void *key, const char *kind, uint64_t bytes)
{
	struct tk_where where;
	struct bench_held *h;

	if (key == NULL)
		return;
	h = held_find(NULL, NULL);
	if (h == NULL)
		panic("bench: more than %d allocations", MAXHELD);
	tk_where(&where);
	*h = (struct bench_held){ .key = key, .kind = kind, .bytes = bytes };
	memcpy(h->pc, where.pc, sizeof(h->pc));
}

/* What was allocated before bench_held_forget() is not found. */
static void
let_go(const void *key, const char *kind)
{
	struct bench_held *h = key == NULL ? NULL : held_find(key, kind);

	if (h != NULL)
		h->key = NULL;
}

void *
wrap_malloc(size_t size, struct malloc_type *type, int flags)
{
	void *addr = real_malloc(size, type, flags);

	hold(addr, kind_malloc, size);
	return (addr);
}

void *
wrap_mallocarray(size_t nmemb, size_t size, struct malloc_type *type,
    int flags)
{
	void *addr = real_mallocarray(nmemb, size, type, flags);

	hold(addr, kind_malloc, nmemb * size);
	return (addr);
}

void *
wrap_malloc_aligned(size_t size, size_t align, struct malloc_type *type,
    int flags)
{
	void *addr = real_malloc_aligned(size, align, type, flags);

	hold(addr, kind_malloc, size);
	return (addr);
}

void *
wrap_realloc(void *old, size_t size, struct malloc_type *type, int flags)
{
	void *addr = real_realloc(old, size, type, flags);

	if (addr != NULL)
		let_go(old, kind_malloc);
	hold(addr, kind_malloc, size);
	return (addr);
}

void
wrap_free(void *addr, struct malloc_type *type)
{
	let_go(addr, kind_malloc);
	real_free(addr, type);
}

void
wrap_zfree(void *addr, struct malloc_type *type)
{
	let_go(addr, kind_malloc);
	real_zfree(addr, type);
}

void *
wrap_contigmalloc(unsigned long size, struct malloc_type *type, int flags,
    vm_paddr_t low, vm_paddr_t high, unsigned long alignment,
    vm_paddr_t boundary)
{
	void *addr = real_contigmalloc(size, type, flags, low, high, alignment,
	    boundary);

	hold(addr, kind_dma, round_page(size));
	return (addr);
}

void
wrap_contigfree(void *addr, unsigned long size, struct malloc_type *type)
{
	let_go(addr, kind_dma);
	real_contigfree(addr, size, type);
}

int
wrap_bus_dma_tag_create(bus_dma_tag_t parent, bus_size_t alignment,
    bus_addr_t boundary, bus_addr_t lowaddr, bus_addr_t highaddr,
    bus_dma_filter_t *filtfunc, void *filtfuncarg, bus_size_t maxsize,
    int nsegments, bus_size_t maxsegsz, int flags, bus_dma_lock_t *lockfunc,
    void *lockfuncarg, bus_dma_tag_t *dmat)
{
	int error;

	error = real_bus_dma_tag_create(parent, alignment, boundary, lowaddr,
	    highaddr, filtfunc, filtfuncarg, maxsize, nsegments, maxsegsz,
	    flags, lockfunc, lockfuncarg, dmat);
	if (error == 0)
		hold(*dmat, kind_object, 1);
	return (error);
}

int
wrap_bus_dma_tag_destroy(bus_dma_tag_t tag)
{
	let_go(tag, kind_object);
	return (real_bus_dma_tag_destroy(tag));
}

int
wrap_bus_dmamap_create(bus_dma_tag_t tag, int flags, bus_dmamap_t *mapp)
{
	int error = real_bus_dmamap_create(tag, flags, mapp);

	if (error == 0)
		hold(*mapp, kind_object, 1);
	return (error);
}

int
wrap_bus_dmamap_destroy(bus_dma_tag_t tag, bus_dmamap_t map)
{
	let_go(map, kind_object);
	return (real_bus_dmamap_destroy(tag, map));
}

/* FreeBSD takes small memory from malloc(9) unless it is aligned to a page. */
int
wrap_bus_dmamem_alloc(bus_dma_tag_t tag, void **vaddr, int flags,
    bus_dmamap_t *mapp)
{
	bus_dma_template_t t;
	int error = real_bus_dmamem_alloc(tag, vaddr, flags, mapp);

	if (error != 0)
		return (error);
	bus_dma_template_clone(&t, tag);
	hold(*vaddr, kind_dma, t.maxsize <= PAGE_SIZE &&
	    t.alignment < PAGE_SIZE ? t.maxsize : round_page(t.maxsize));
	hold(*mapp, kind_object, 1);
	return (0);
}

void
wrap_bus_dmamem_free(bus_dma_tag_t tag, void *vaddr, bus_dmamap_t map)
{
	let_go(vaddr, kind_dma);
	let_go(map, kind_object);
	real_bus_dmamem_free(tag, vaddr, map);
}

int
wrap_taskqueue_start_threads(struct taskqueue **tqp, int count, int pri,
    const char *fmt, ...)
{
	char name[64];
	__va_list ap;
	int error;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	error = real_taskqueue_start_threads(tqp, count, pri, "%s", name);
	if (error == 0)
		hold(*tqp, kind_stack, count * STACK);
	return (error);
}

void
wrap_taskqueue_free(struct taskqueue *queue)
{
	let_go(queue, kind_stack);
	real_taskqueue_free(queue);
}
