/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Catching CPU accesses that come too early or too late.
 *
 * Pages of a CPU view that hold bytes which the device wrote are made
 * inaccessible until POSTREAD.  An access then faults, and the handler compares
 * its exact address with the bytes that the device wrote.  If the access reads
 * one of them, the run stops.  Otherwise the page is made accessible and the
 * access goes on.  Such an access is no mistake: it is to a neighbour of these
 * bytes, or it writes over them because the driver does not want what the
 * device wrote (a POSTREAD that undoes such a write stops the run).  Nothing
 * more is caught on that page until the device writes there again.  So an
 * access may go unnoticed, but none is ever reported wrongly.
 *
 * Only memory of bus_dmamem_alloc() has pages to itself and is watched; it
 * stays inaccessible for a while after bus_dmamem_free(), too.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include "busdma_var.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_host.h"

/* Freed views whose pages stay inaccessible, to catch late accesses. */
#define	DMA_TRAP_KEEP	64
/* Memory that is kept for later views, of this boot or another. */
#define	DMA_SPARES	64

static struct tkh_mutex *dma_mutex;
static bool dma_traps;
static TAILQ_HEAD(, dma_view) dma_watched;	/* that ever were protected */
static int dma_kept;
static struct {
	char		*memory;
	size_t		 size;
	bool		 poisoned;	/* rather than protected */
} dma_spares[DMA_SPARES];		/* unused: NULL */

void
dma_enter(void)
{
	tkh_mutex_lock(dma_mutex);
}

void
dma_leave(void)
{
	tkh_mutex_unlock(dma_mutex);
}

bool
tk_dma_traps(void)
{
	return (dma_traps);
}

/*
 * Whole pages around len bytes at off.  The host is asked only for those that
 * are not so already.
 */
static void
dma_protect(struct dma_view *v, size_t off, size_t len, bool shut)
{
	size_t end, page, size, start;

	size = tkh_page_size();
	end = howmany(off + len, size);
	for (page = off / size; page < end; page++) {
		for (start = page; page < end && v->shut[page] != shut; page++)
			v->shut[page] = shut;
		if (page == start)
			continue;
		v->nshut += shut ? page - start : start - page;
		if (!tkh_protect(v->cpu + start * size, (page - start) * size,
		    shut ? TKH_PROT_NONE : TKH_PROT_RW))
			panic("%s: the host refuses to protect memory",
			    __func__);
	}
}

static void
dma_watch(struct dma_view *v)
{
	if (!v->watched)
		TAILQ_INSERT_TAIL(&dma_watched, v, link);
	v->watched = true;
}

static void
dma_unwatch(struct dma_view *v)
{
	TAILQ_REMOVE(&dma_watched, v, link);
	v->watched = false;
}

/* Protects the pages of the range that hold bytes which the device wrote. */
void
dma_trap_set(struct dma_view *v, size_t off, size_t len)
{
	size_t end, page;

	if (!dma_traps || v->mapped == 0 || v->ndirty == 0)
		return;
	dma_watch(v);
	page = tkh_page_size();
	for (end = off + len; off < end; off++)
		if (v->dirty[off / 8] == 0) {
			off |= 7;
		} else if (dma_is_dirty(v, off)) {
			dma_protect(v, off, 1, true);
			off |= page - 1;
		}
}

void
dma_trap_clear(struct dma_view *v)
{
	if (v->nshut != 0)
		dma_protect(v, 0, v->mapped, false);
}

/* Let memory that was unused be accessed, or no longer. */
static bool
dma_shut(char *memory, size_t size, bool poison, bool shut)
{
	if (!poison)
		return (tkh_protect(memory, size, shut ? TKH_PROT_NONE :
		    TKH_PROT_RW));
	tkh_poison(memory, size, shut);
	return (true);
}

char *
dma_memory_get(size_t size)
{
	char *memory = NULL;
	bool poisoned = false;

	dma_enter();
	for (int i = 0; i < DMA_SPARES && memory == NULL; i++)
		if (dma_spares[i].size == size) {
			memory = dma_spares[i].memory;
			poisoned = dma_spares[i].poisoned;
			dma_spares[i].memory = NULL;
			dma_spares[i].size = 0;
		}
	dma_leave();
	if (memory == NULL)
		return (tkh_map(size, -1));
	return (dma_shut(memory, size, poisoned, false) ? memory : NULL);
}

/*
 * Nothing may access it until it is used again.  Where no pages are protected,
 * a sanitizer sees to that, which needs no call of the host.
 */
static void
dma_memory_put(char *memory, size_t size, bool shut)
{
	bool poison = !dma_traps && tkh_asan();
	int i;

	dma_enter();
	for (i = 0; i < DMA_SPARES; i++)
		if (dma_spares[i].size == 0)
			break;
	if (i < DMA_SPARES &&
	    (shut || dma_shut(memory, size, poison, true))) {
		dma_spares[i].memory = memory;
		dma_spares[i].poisoned = poison;
		dma_spares[i].size = size;
		memory = NULL;
	}
	dma_leave();
	if (memory != NULL)
		tkh_unmap(memory, size);
}

static void
dma_release(struct dma_view *v)
{
	bool shut = v->nshut * tkh_page_size() == v->mapped;

	dma_memory_put(v->cpu, v->mapped, shut);
	tkh_free(v->shut);
	tkh_free(v);
}

void
dma_trap_free(struct dma_view *v)
{
	struct dma_view *old;

	if (!dma_traps) {
		dma_release(v);
		return;
	}
	dma_enter();
	dma_watch(v);
	dma_protect(v, 0, v->mapped, true);
	v->freed = true;
	old = NULL;
	if (++dma_kept > DMA_TRAP_KEEP) {
		TAILQ_FOREACH(old, &dma_watched, link)
			if (old->freed)
				break;
		dma_unwatch(old);
		dma_kept--;
	}
	dma_leave();
	if (old != NULL)
		dma_release(old);
}

/*
 * The fault handler: true to try again.  It runs on the thread that made the
 * access.  That thread is not inside dma_enter(): code that is makes the pages
 * accessible first.
 */
static bool
dma_fault(void *addr, bool write, void *pc)
{
	struct tk_where where = { .pc = { pc } };
	struct dma_view *v;
	char text[160];
	size_t off;
	bool bad;

	dma_enter();
	TAILQ_FOREACH(v, &dma_watched, link)
		if ((char *)addr >= v->cpu &&
		    (char *)addr < v->cpu + v->mapped)
			break;
	if (v == NULL) {
		dma_leave();
		return (false);
	}
	off = (char *)addr - v->cpu;
	bad = v->freed || (!write && off < v->size && dma_is_dirty(v, off));
	dma_protect(v, off, 1, false);
	dma_leave();
	if (!bad)
		return (true);
	tk_where_str(&where, text, sizeof(text));
	if (v->freed)
		tk_stop("dma-map", "%s of byte %zu after bus_dmamem_free(), "
		    "by %s", write ? "write" : "read", off, text);
	tk_stop("dma-read", "read of byte %zu, which the device wrote, before "
	    "POSTREAD, by %s", off, text);
}

static void
dma_trap_start(void)
{
	const char *wish;

	wish = tkh_getenv("KERN_DMA_TRAP");
	dma_traps = !tk_boot_args()->no_dma_traps && !tkh_valgrind() &&
	    (wish == NULL || strcmp(wish, "0") != 0);
	TAILQ_INIT(&dma_watched);
	dma_kept = 0;
	dma_mutex = tkh_mutex_create();
	if (dma_traps)
		tkh_fault_handler(dma_fault);
}
TK_INIT_PRIO(dma_trap_start, 110);

static void
dma_trap_stop(void)
{
	struct dma_view *v;

	if (dma_traps)
		tkh_fault_handler(NULL);
	while ((v = TAILQ_FIRST(&dma_watched)) != NULL) {
		dma_unwatch(v);
		if (v->freed)
			dma_release(v);
		else
			dma_trap_clear(v);
	}
	tkh_mutex_destroy(dma_mutex);
}
TK_FINI_PRIO(dma_trap_stop, 105);
