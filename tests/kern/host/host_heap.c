/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The gate's heap under AddressSanitizer, for programs that allocate thousands
 * of times in a millisecond.  AddressSanitizer's own allocator records the
 * stack of each call, and keeps four megabytes of freed memory, which the
 * processor's cache does not hold.
 *
 * A chunk has a power of two of bytes.  It begins and ends with a red zone, and
 * is poisoned but for the bytes that were asked for.  Freed chunks of a size
 * are used again in the order in which they were freed, and only when there are
 * many.  So AddressSanitizer stops an access outside of an allocation, and one
 * to freed memory, as it does with its own allocator.  It does not tell where
 * that memory was allocated.  Programs that run a found input again use
 * AddressSanitizer's allocator, and do.
 */

#include <sys/mman.h>

#include <stddef.h>

#include "tk_host.h"

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#define	CAN_POISON	true
#else
#define	__asan_poison_memory_region(p, size)	((void)0)
#define	__asan_unpoison_memory_region(p, size)	((void)0)
#define	__asan_address_is_poisoned(p)		((void)(p), 0)
#define	__lsan_register_root_region(p, size)	((void)0)
#define	CAN_POISON	false
#endif

#define	ZONE		((size_t)16)		/* at either end, at least */
#define	CHUNK_MIN	6			/* 64 bytes */
#define	CHUNK_MAX	20			/* as large as a slab */
#define	SLAB		((size_t)1 << CHUNK_MAX)
#define	SPACE		((size_t)1 << 30)	/* addresses of all slabs */
#define	KEEP_CHUNKS	((size_t)256)		/* freed, of each size */
#define	KEEP_BYTES	((size_t)512 << 10)	/* no more of them than these */

/* In the red zone before a chunk's memory. */
struct chunk {
	struct chunk	*next;			/* while it is free */
	size_t		 size;			/* that was asked for */
};

static struct {
	struct chunk	*first;			/* freed first */
	struct chunk	*last;
	size_t		 count;
	char		*fresh;			/* the rest of a slab */
	size_t		 left;
} sizes[CHUNK_MAX + 1];

static bool wanted;
static char *space;				/* of the addresses of slabs */
static size_t space_used;

void
tkh_heap_want(bool want)
{
	wanted = want && CAN_POISON;
}

bool
tkh_poisoned(const void *p)
{
	return (__asan_address_is_poisoned(p) != 0);
}

void
tkh_poison(void *p, size_t size, bool poisoned)
{
	if (poisoned)
		__asan_poison_memory_region(p, size);
	else
		__asan_unpoison_memory_region(p, size);
}

/* The binary logarithm of the chunk's size; 0 for what is too large. */
static int
order_of(size_t size)
{
	size_t most = size + 2 * ZONE - 1;

	if (size > SLAB - 2 * ZONE)
		return (0);
	if (most < (size_t)1 << CHUNK_MIN)
		return (CHUNK_MIN);
	return (64 - __builtin_clzll(most));
}

/* A slab is aligned to its size, and so is each chunk to its own. */
static char *
slab_space(void)
{
	char *p;

	if (space == NULL) {
		p = mmap(NULL, SPACE + SLAB, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (p == MAP_FAILED)
			return (NULL);
		space = p + (SLAB - (uintptr_t)p % SLAB) % SLAB;
	}
	if (space_used == SPACE)
		return (NULL);
	p = space + space_used;
	if (mprotect(p, SLAB, PROT_READ | PROT_WRITE) != 0)
		return (NULL);
	space_used += SLAB;
	return (p);
}

static bool
slab_new(int order)
{
	char *start = slab_space();

	if (start == NULL)
		return (false);
	/* What it points to is no leak. */
	__lsan_register_root_region(start, SLAB);
	__asan_poison_memory_region(start, SLAB);
	sizes[order].fresh = start;
	sizes[order].left = SLAB;
	return (true);
}

/* The link is in a red zone. */
static struct chunk * __attribute__((__no_sanitize__("address")))
chunk_reuse(int order)
{
	struct chunk *c = sizes[order].first;

	sizes[order].first = c->next;
	sizes[order].count--;
	return (c);
}

static void __attribute__((__no_sanitize__("address")))
chunk_retire(int order, struct chunk *c)
{
	c->next = NULL;
	if (sizes[order].count++ == 0)
		sizes[order].first = c;
	else
		sizes[order].last->next = c;
	sizes[order].last = c;
}

static struct chunk * __attribute__((__no_sanitize__("address")))
chunk_get(int order, size_t asked)
{
	size_t size = (size_t)1 << order, kept = sizes[order].count;
	struct chunk *c;

	if (kept > KEEP_CHUNKS || kept * size > KEEP_BYTES) {
		c = chunk_reuse(order);
	} else {
		if (sizes[order].left == 0 && !slab_new(order))
			return (NULL);
		c = (struct chunk *)sizes[order].fresh;
		sizes[order].fresh += size;
		sizes[order].left -= size;
	}
	c->size = asked;
	return (c);
}

void *
tkh_heap_alloc(size_t size)
{
	int order = wanted ? order_of(size) : 0;
	struct chunk *c;
	char *p;

	if (order == 0 || (c = chunk_get(order, size)) == NULL)
		return (NULL);
	p = (char *)c + ZONE;
	__asan_unpoison_memory_region(p, size);
	return (p);
}

bool __attribute__((__no_sanitize__("address")))
tkh_heap_free(void *p)
{
	struct chunk *c = (struct chunk *)((char *)p - ZONE);

	if ((uintptr_t)p - (uintptr_t)space >= space_used)
		return (false);
	__asan_poison_memory_region(p, c->size);
	chunk_retire(order_of(c->size), c);
	return (true);
}
