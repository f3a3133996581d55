/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Guest RAM: the memory that devices can reach.  contigmalloc(9), vtophys()
 * and the device views of busdma.c live in it.
 *
 * Pages are handed out first fit.  They are filled with a pattern when handed
 * out and with another when freed.  If freed pages have changed by their next
 * use or by shutdown, a device or a driver wrote to memory that was no longer
 * its own.  A host mutex guards everything, so any context may call.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <vm/vm.h>
#include <vm/pmap.h>
#include <machine/vmparam.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_bus_var.h"
#include "tk_host.h"

#define	RAM_DEFAULT	((size_t)64 << 20)
/*
 * Up to this alignment memory has it in its virtual address, too, as
 * contigmalloc(9)'s declaration promises.  A greater alignment holds for the
 * bus address only.
 */
#define	RAM_ALIGN	((size_t)16 << 20)
#define	RAM_FREE	((size_t)-1)	/* first page of no run */

struct ram_page {
	struct tk_ram_user *owner;	/* NULL: free */
	size_t		 first;		/* of the run it belongs to */
	bool		 was_freed;	/* holds TK_POISON_FREED */
};

static struct {
	struct tkh_mutex *mutex;
	char		*memory;
	bool		 mapped;	/* from a file, here */
	bool		 allocated;	/* from the host's heap */
	size_t		 npages;
	size_t		 reserved;	/* pages at the start */
	struct ram_page	*pages;
} ram;

static uint64_t ram_base = TK_RAM_BASE;
static size_t ram_reserved;

void
tk_ram_config(uint64_t base, size_t reserved)
{
	ram_base = base;
	ram_reserved = reserved;
}

uint64_t
tk_ram_base(void)
{
	return (ram_base);
}

size_t
tk_ram_size(void)
{
	return (ptoa(ram.npages));
}

void *
tk_ram_ptr(uint64_t paddr, size_t len)
{
	size_t off;

	off = paddr - ram_base;
	if (paddr < ram_base || off > tk_ram_size() ||
	    len > tk_ram_size() - off)
		return (NULL);
	return (ram.memory + off);
}

uint64_t
tk_ram_addr(const void *p)
{
	uintptr_t off;

	off = (uintptr_t)p - (uintptr_t)ram.memory;
	return (off < tk_ram_size() ? ram_base + off : UINT64_MAX);
}

/*
 * Pages
 */

/* The first byte of freed memory that has changed, or NULL. */
static const unsigned char *
ram_touched(size_t page)
{
	const unsigned char *p;

	p = (unsigned char *)ram.memory + ptoa(page);
	/* All are equal to the first: quickly told. */
	if (p[0] == TK_POISON_FREED && memcmp(p, p + 1, PAGE_SIZE - 1) == 0)
		return (NULL);
	for (size_t i = 0; i < PAGE_SIZE; i++)
		if (p[i] != TK_POISON_FREED)
			return (p + i);
	return (NULL);
}

static void
ram_check_freed(size_t page)
{
	const unsigned char *p;

	if (!ram.pages[page].was_freed)
		return;
	p = ram_touched(page);
	if (p == NULL)
		return;
	tkh_mutex_unlock(ram.mutex);
	tk_stop("ram-freed", "guest RAM at %#jx was written after it was "
	    "freed", (uintmax_t)tk_ram_addr(p));
}

static bool
ram_run_free(size_t page, size_t count)
{
	if (page + count > ram.npages)
		return (false);
	for (size_t i = 0; i < count; i++)
		if (ram.pages[page + i].owner != NULL)
			return (false);
	return (true);
}

/* Are the pages before and after free, or outside of guest RAM? */
static bool
ram_stands_alone(size_t page, size_t count)
{
	return ((page == ram.reserved || ram.pages[page - 1].owner == NULL) &&
	    (page + count == ram.npages ||
	    ram.pages[page + count].owner == NULL));
}

/* Does a boundary lie inside? */
static bool
ram_crosses(uint64_t start, uint64_t size, uint64_t boundary)
{
	uint64_t mask = ~(boundary - 1);

	return (boundary != 0 &&
	    (start & mask) != ((start + size - 1) & mask));
}

/* The first page where the request can be met; RAM_FREE for none. */
static size_t
ram_find(const struct tk_ram_want *want, size_t count)
{
	uint64_t align, at, size;
	size_t page;

	align = MAX(want->alignment, (uint64_t)PAGE_SIZE);
	size = ptoa(count);
	for (page = ram.reserved; page + count <= ram.npages; page++) {
		at = ram_base + ptoa(page);
		if (at < want->low || (at & (align - 1)) != 0 ||
		    ram_crosses(at, want->size, want->boundary))
			continue;
		if (at + size - 1 > want->high)
			return (RAM_FREE);
		if (ram_run_free(page, count) &&
		    (!want->gap || ram_stands_alone(page, count)))
			return (page);
	}
	return (RAM_FREE);
}

uint64_t
tk_ram_alloc(const struct tk_ram_want *want, struct tk_ram_user *owner)
{
	size_t count, page;

	count = howmany(want->size, PAGE_SIZE);
	tkh_mutex_lock(ram.mutex);
	page = ram_find(want, count);
	for (size_t i = 0; page != RAM_FREE && i < count; i++) {
		ram_check_freed(page + i);
		ram.pages[page + i] = (struct ram_page){
			.owner = owner, .first = page
		};
	}
	tkh_mutex_unlock(ram.mutex);
	if (page == RAM_FREE)
		return (UINT64_MAX);
	memset(ram.memory + ptoa(page), owner->dma ? TK_POISON_DMA :
	    TK_POISON_FRESH, ptoa(count));
	return (ram_base + ptoa(page));
}

void
tk_ram_free(uint64_t paddr)
{
	size_t first, page;

	first = atop(paddr - ram_base);
	KASSERT(ram.pages[first].owner != NULL &&
	    ram.pages[first].first == first, ("%s: no run of pages at %#jx",
	    __func__, (uintmax_t)paddr));
	tkh_mutex_lock(ram.mutex);
	for (page = first; page < ram.npages &&
	    ram.pages[page].owner != NULL && ram.pages[page].first == first;
	    page++) {
		memset(ram.memory + ptoa(page), TK_POISON_FREED, PAGE_SIZE);
		ram.pages[page].owner = NULL;
		ram.pages[page].was_freed = true;
	}
	tkh_mutex_unlock(ram.mutex);
}

struct tk_ram_user *
tk_ram_owner(uint64_t paddr)
{
	if (paddr < ram_base || paddr - ram_base >= tk_ram_size())
		return (NULL);
	return (ram.pages[atop(paddr - ram_base)].owner);
}

/*
 * contigmalloc(9)
 */

struct contig {
	struct tk_ram_user user;
	struct contig	*next;
	void		*addr;
	size_t		 size;
	struct malloc_type *type;
	struct tk_where	 where;
};

static struct contig *contigs;

static int
contig_ledger(bool print)
{
	struct contig *c;
	int count;

	count = 0;
	for (c = contigs; c != NULL; c = c->next) {
		count++;
		if (print)
			tk_leak(&c->where, "%zu bytes of contigmalloc(%s)",
			    c->size, c->type->ks_shortdesc);
	}
	return (count);
}

void *
contigmalloc(unsigned long size, struct malloc_type *type, int flags,
    vm_paddr_t low, vm_paddr_t high, unsigned long alignment,
    vm_paddr_t boundary)
{
	struct tk_ram_want want = {
		.size = size, .low = low, .high = high,
		.alignment = alignment, .boundary = boundary
	};
	struct contig *c;
	uint64_t paddr;

	if ((flags & (M_WAITOK | M_NOWAIT)) == (M_WAITOK | M_NOWAIT) ||
	    (flags & (M_WAITOK | M_NOWAIT)) == 0)
		panic("%s: neither or both of M_WAITOK and M_NOWAIT",
		    __func__);
	if ((flags & M_WAITOK) != 0)
		tk_may_sleep(NULL, __func__);
	KASSERT(size != 0 && powerof2(alignment) && powerof2(boundary),
	    ("%s: size %lu, alignment %#lx, boundary %#jx", __func__, size,
	    alignment, (uintmax_t)boundary));
	tk_preempt();
	if (tk_fault("contigmalloc"))
		return (NULL);
	c = tk_tomb_alloc(sizeof(*c));
	c->size = size;
	c->type = type;
	tk_where(&c->where);
	paddr = tk_ram_alloc(&want, &c->user);
	if (paddr == UINT64_MAX)
		return (NULL);
	c->addr = tk_ram_ptr(paddr, size);
	if ((flags & M_ZERO) != 0)
		memset(c->addr, 0, round_page(size));
	tk_lock();
	c->next = contigs;
	contigs = c;
	tk_unlock();
	return (c->addr);
}

bool
tk_contig_free(void *addr, struct malloc_type *type)
{
	struct contig **prev, *c;
	uint64_t paddr;

	paddr = tk_ram_addr(addr);
	if (paddr == UINT64_MAX)
		return (false);
	tk_lock();
	for (prev = &contigs; (c = *prev) != NULL; prev = &c->next)
		if (c->addr == addr && c->type == type) {
			*prev = c->next;
			break;
		}
	tk_unlock();
	if (c == NULL)
		tk_stop("contigfree", "%p is no allocation of type %s", addr,
		    type->ks_shortdesc);
	tk_ram_free(paddr);
	return (true);
}

void
contigfree(void *addr, unsigned long size, struct malloc_type *type)
{
	tk_preempt();
	if (addr != NULL && !tk_contig_free(addr, type))
		tk_stop("contigfree", "%p is not in guest RAM", addr);
}

vm_paddr_t
pmap_kextract(vm_offset_t va)
{
	uint64_t paddr;

	paddr = tk_ram_addr((const void *)va);
	if (paddr == UINT64_MAX)
		tk_stop("vtophys", "%#lx is not in guest RAM", (u_long)va);
	if (tk_ram_owner(paddr) == NULL)
		tk_stop("vtophys", "%#lx is free guest RAM", (u_long)va);
	return (paddr);
}

vm_offset_t
tk_dmap(vm_paddr_t paddr)
{
	void *va;

	va = tk_ram_ptr(paddr, 1);
	if (va == NULL || tk_ram_owner(paddr) == NULL)
		tk_stop("vtophys", "%#jx is not in guest RAM, or free",
		    (uintmax_t)paddr);
	return ((vm_offset_t)va);
}

/*
 * Boot and shutdown
 */

static void
ram_start(void)
{
	const struct tk_boot_args *args = tk_boot_args();
	size_t size;

	size = args->ram_size != 0 ? args->ram_size : RAM_DEFAULT;
	ram.mutex = tkh_mutex_create();
	ram.mapped = args->ram_base == NULL && args->ram_fd >= 0;
	ram.allocated = args->ram_base == NULL && args->ram_fd < 0;
	if (ram.mapped)
		ram.memory = tkh_map(size, args->ram_fd);
	else if (ram.allocated)
		ram.memory = tkh_alloc(size, RAM_ALIGN);
	else
		ram.memory = args->ram_base;
	if (ram.memory == NULL)
		panic("no %zu bytes of guest RAM", size);
	ram.npages = atop(size);
	ram.reserved = howmany(ram_reserved, PAGE_SIZE);
	ram.pages = tk_tomb_alloc(ram.npages * sizeof(*ram.pages));
	contigs = NULL;
	tk_ledger("contigmalloc", contig_ledger);
}
TK_INIT_PRIO(ram_start, 110);

static void
ram_stop(void)
{
	tkh_mutex_lock(ram.mutex);
	for (size_t page = 0; page < ram.npages; page++)
		if (ram.pages[page].owner == NULL)
			ram_check_freed(page);
	tkh_mutex_unlock(ram.mutex);
	tkh_mutex_destroy(ram.mutex);
	if (ram.mapped)
		tkh_unmap(ram.memory, tk_ram_size());
	if (ram.allocated)
		tkh_free(ram.memory);
	ram.memory = NULL;
	ram.npages = 0;
}
TK_FINI_PRIO(ram_stop, 100);
