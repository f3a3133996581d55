/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * malloc(9), with a ledger.
 *
 * Each allocation is one of the host's, between two red zones.  (Under
 * AddressSanitizer the host has its own red zones: its allocator's, or
 * host_heap.c's where the program wants that.)  A record beside it holds its
 * size, its type and the place that allocated it.  Memory is filled with
 * one pattern when it is allocated and with another when it is freed.  Freed
 * memory stays out of use for a while.  Before it goes back to the host the
 * pattern is checked, which shows late writes.
 *
 * No allocation is aligned to more than 16 bytes, whatever its size.  malloc(9)
 * promises no more; malloc_aligned() does.
 */

#include "tk_var.h"

#define	FILL_NEW	0xd0
#define	FILL_FREED	0xde
#define	FILL_ZONE	0xfc
#define	ZONE		16		/* bytes of red zone at either end */
#define	BUCKETS		4096
#define	QUARANTINE	256		/* freed allocations kept */
#define	QUARANTINE_BYTES	(4UL << 20)

struct mrecord {
	LIST_ENTRY(mrecord) link;	/* bucket of its address */
	TAILQ_ENTRY(mrecord) freed_link;
	char		*base;		/* the host's allocation */
	char		*addr;
	size_t		 size;
	struct malloc_type *type;
	uint64_t	 serial;
	bool		 freed;
	struct tk_where	 alloc_where;
	struct tk_where	 free_where;
};

MALLOC_DEFINE(M_CACHE, "cache", "Various Dynamically allocated caches");
MALLOC_DEFINE(M_DEVBUF, "devbuf", "device driver memory");
MALLOC_DEFINE(M_TEMP, "temp", "misc temporary data buffers");
MALLOC_DEFINE(M_IOV, "iov", "large iov's");
MALLOC_DEFINE(M_PARGS, "proc-args", "Process arguments");
MALLOC_DEFINE(M_SESSION, "session", "session header");
MALLOC_DEFINE(M_SUBPROC, "subproc", "Proc sub-structures");

static LIST_HEAD(, mrecord) buckets[BUCKETS];
static TAILQ_HEAD(, mrecord) quarantine = TAILQ_HEAD_INITIALIZER(quarantine);
static int quarantined;
static size_t quarantined_bytes;
static struct malloc_type *types;
static uint64_t next_serial;
static LIST_HEAD(, mrecord) spares;	/* records for later allocations */

static size_t
zone_size(void)
{
	return (tkh_asan() ? 0 : ZONE);
}

/*
 * Types.
 */
void
malloc_init(void *arg)
{
	struct malloc_type *type = arg;

	KASSERT(type->ks_version == M_VERSION,
	    ("malloc_init: type %p with unsupported version", type));
	type->ks_inuse = type->ks_memuse = type->ks_calls = 0;
	type->ks_next = types;
	types = type;
}

void
malloc_uninit(void *arg)
{
	struct malloc_type **pp, *type = arg;

	for (pp = &types; *pp != NULL; pp = &(*pp)->ks_next) {
		if (*pp == type) {
			*pp = type->ks_next;
			return;
		}
	}
}

struct malloc_type *
malloc_desc2type(const char *desc)
{
	struct malloc_type *type;

	for (type = types; type != NULL; type = type->ks_next) {
		if (strcmp(type->ks_shortdesc, desc) == 0)
			return (type);
	}
	return (NULL);
}

static void
check_type(const struct malloc_type *type, const char *what)
{
	if (type == NULL || type->ks_version != M_VERSION)
		tk_stop("malloc-type", "%s with a type that MALLOC_DEFINE did "
		    "not make", what);
}

/* malloc(9) may not be called with a spin mutex held, nor from a filter. */
static void
check_context(int flags, const char *what)
{
	struct thread *td = curthread;

	tk_need_boot(what);
	if (td == NULL)
		return;
	if (td->td_critnest != 0)
		tk_debug_stop("malloc-context", "%s %s", what,
		    td->td_intr_nesting_level != 0 ? "in a filter" :
		    td->td_spinlock_count != 0 ? "with a spin mutex held" :
		    "in a critical section");
	if ((flags & M_WAITOK) != 0)
		tk_may_sleep(NULL, what);
}

/*
 * Records.
 */
static u_int
bucket_of(const void *addr)
{
	return (((uintptr_t)addr >> 4) % BUCKETS);
}

static struct mrecord *
record_find(const void *addr)
{
	struct mrecord *r;

	LIST_FOREACH(r, &buckets[bucket_of(addr)], link) {
		if (r->addr == addr)
			return (r);
	}
	return (NULL);
}

/* With the leaf lock held. */
static void
record_release(struct mrecord *r)
{
	LIST_REMOVE(r, link);
	tkh_free(r->base);
	LIST_INSERT_HEAD(&spares, r, link);
}

static struct mrecord *
record_new(void)
{
	struct mrecord *r;

	tk_leaf_lock();
	if ((r = LIST_FIRST(&spares)) != NULL)
		LIST_REMOVE(r, link);
	tk_leaf_unlock();
	return (r != NULL ? r : tkh_alloc(sizeof(*r), 0));
}

/* Are all bytes equal to `fill'?  Quickly told: each equals the one before. */
static bool
all_are(const char *p, size_t len, u_char fill)
{
	return (len == 0 ||
	    ((u_char)p[0] == fill && memcmp(p, p + 1, len - 1) == 0));
}

static void
check_filled(const struct mrecord *r, const char *from, size_t len,
    u_char fill, const char *rule, const char *what)
{
	char text[512];

	for (size_t i = 0; i < len; i++) {
		if ((u_char)from[i] != fill)
			tk_stop(rule, "%s %zu bytes of type \"%s\" at offset "
			    "%zd, allocated at %s", what, r->size,
			    r->type->ks_shortdesc, from + i - r->addr,
			    tk_where_str(&r->alloc_where, text, sizeof(text)));
	}
}

static void
check_zones(const struct mrecord *r)
{
	size_t zone = zone_size();

	if (zone == 0)
		return;
	check_filled(r, r->addr - zone, zone, FILL_ZONE, "malloc-overrun",
	    "write before");
	check_filled(r, r->addr + r->size, zone, FILL_ZONE, "malloc-overrun",
	    "write behind");
}

static void
check_late_write(const struct mrecord *r)
{
	char text[512];

	if (all_are(r->addr, r->size, FILL_FREED))
		return;
	for (size_t i = 0; i < r->size; i++) {
		if ((u_char)r->addr[i] != FILL_FREED)
			tk_stop("malloc-late", "write after free into %zu "
			    "bytes of type \"%s\" at offset %zu, freed at %s",
			    r->size, r->type->ks_shortdesc, i,
			    tk_where_str(&r->free_where, text, sizeof(text)));
	}
}

/* With the leaf lock held. */
static void
quarantine_shrink(int count, size_t bytes)
{
	struct mrecord *r;

	while ((r = TAILQ_FIRST(&quarantine)) != NULL &&
	    (quarantined > count || quarantined_bytes > bytes)) {
		TAILQ_REMOVE(&quarantine, r, freed_link);
		quarantined--;
		quarantined_bytes -= r->size;
		check_late_write(r);
		record_release(r);
	}
}

/*
 * Allocation.
 */

static void *
alloc(size_t size, size_t align, struct malloc_type *type, int flags,
    const char *what)
{
	size_t zone = zone_size();
	size_t front = zone == 0 ? 0 : MAX(align, zone);
	struct mrecord *r;

	check_type(type, what);
	if (((flags & M_WAITOK) != 0) == ((flags & M_NOWAIT) != 0))
		tk_debug_stop("malloc-flags",
		    "%s with %s of M_WAITOK and M_NOWAIT",
		    what, (flags & M_WAITOK) != 0 ? "both" : "neither");
	check_context(flags, what);
	if ((flags & M_NOWAIT) != 0 && tk_fault("malloc"))
		return (NULL);
	r = record_new();
	if (r != NULL)
		r->base = tkh_alloc(MAX(size, 1) + front + zone, align);
	if (r == NULL || r->base == NULL)
		tk_stop("host", "no memory for %zu bytes", size);
	r->addr = r->base + front;
	r->size = size;
	r->type = type;
	r->freed = false;
	tk_where(&r->alloc_where);
	memset(r->addr - zone, FILL_ZONE, zone);
	memset(r->addr + size, FILL_ZONE, zone);
	memset(r->addr, (flags & M_ZERO) != 0 ? 0 : FILL_NEW, size);
	tk_leaf_lock();
	r->serial = ++next_serial;
	LIST_INSERT_HEAD(&buckets[bucket_of(r->addr)], r, link);
	type->ks_inuse++;
	type->ks_memuse += size;
	type->ks_calls++;
	tk_leaf_unlock();
	return (r->addr);
}

void *
malloc(size_t size, struct malloc_type *type, int flags)
{
	tk_preempt();
	return (alloc(size, 0, type, flags, "malloc()"));
}

void *
malloc_aligned(size_t size, size_t align, struct malloc_type *type, int flags)
{
	KASSERT(powerof2(align) && align != 0,
	    ("malloc_aligned: wrong align %#zx", align));
	tk_preempt();
	return (alloc(size, align, type, flags, "malloc_aligned()"));
}

/* With M_WAITOK an overflow is the caller's mistake, otherwise a failure. */
void *
mallocarray(size_t nmemb, size_t size, struct malloc_type *type, int flags)
{
	if (WOULD_OVERFLOW(nmemb, size)) {
		if ((flags & M_WAITOK) != 0)
			panic("mallocarray: %zu * %zu overflowed", nmemb, size);
		return (NULL);
	}
	tk_preempt();
	return (alloc(nmemb * size, 0, type, flags, "mallocarray()"));
}

/*
 * Free.
 */
static void __noinline __dead2
record_wrong(const struct mrecord *r, const struct malloc_type *type,
    const char *what)
{
	char text[512], text2[512];

	if (r->freed)
		tk_stop("malloc-free", "%s of memory of type \"%s\" that was "
		    "freed at %s (allocated at %s)", what,
		    r->type->ks_shortdesc,
		    tk_where_str(&r->free_where, text, sizeof(text)),
		    tk_where_str(&r->alloc_where, text2, sizeof(text2)));
	tk_stop("malloc-type", "%s with type \"%s\" of memory of type \"%s\", "
	    "allocated at %s", what, type->ks_shortdesc, r->type->ks_shortdesc,
	    tk_where_str(&r->alloc_where, text, sizeof(text)));
}

static struct mrecord *
record_check(const void *addr, const struct malloc_type *type,
    const char *what)
{
	struct mrecord *r;

	check_type(type, what);
	if ((r = record_find(addr)) == NULL)
		tk_stop("malloc-free", "%s of %p, which malloc() did not "
		    "return", what, addr);
	if (r->freed || r->type != type)
		record_wrong(r, type, what);
	return (r);
}

static void
release(void *addr, struct malloc_type *type, const char *what)
{
	struct mrecord *r;

	check_context(0, what);
	tk_leaf_lock();
	r = record_check(addr, type, what);
	check_zones(r);
	tk_leaf_unlock();
	tk_lock_check_free(addr, r->size);
	tk_callout_check_free(addr, r->size);
	tk_task_check_free(addr, r->size);
	tk_leaf_lock();
	type->ks_inuse--;
	type->ks_memuse -= r->size;
	if (tkh_asan()) {
		record_release(r);
	} else {
		memset(r->addr, FILL_FREED, r->size);
		r->freed = true;
		tk_where(&r->free_where);
		TAILQ_INSERT_TAIL(&quarantine, r, freed_link);
		quarantined++;
		quarantined_bytes += r->size;
		quarantine_shrink(QUARANTINE, QUARANTINE_BYTES);
	}
	tk_leaf_unlock();
}

void
free(void *addr, struct malloc_type *type)
{
	if (addr == NULL)
		return;
	release(addr, type, "free()");
	tk_preempt();
}

void
zfree(void *addr, struct malloc_type *type)
{
	if (addr == NULL)
		return;
	explicit_bzero(addr, malloc_usable_size(addr));
	release(addr, type, "zfree()");
	tk_preempt();
}

static void *
resize(void *addr, size_t size, struct malloc_type *type, int flags,
    const char *what)
{
	struct mrecord *r;
	void *new;

	if (addr == NULL)
		return (alloc(size, 0, type, flags, what));
	tk_leaf_lock();
	r = record_check(addr, type, what);
	tk_leaf_unlock();
	new = alloc(size, 0, type, flags, what);
	if (new == NULL)
		return (NULL);
	memcpy(new, addr, MIN(size, r->size));
	release(addr, type, what);
	return (new);
}

void *
realloc(void *addr, size_t size, struct malloc_type *type, int flags)
{
	tk_preempt();
	return (resize(addr, size, type, flags, "realloc()"));
}

void *
reallocf(void *addr, size_t size, struct malloc_type *type, int flags)
{
	void *new;

	tk_preempt();
	new = resize(addr, size, type, flags, "reallocf()");
	if (new == NULL && addr != NULL)
		release(addr, type, "reallocf()");
	return (new);
}

size_t
malloc_size(size_t size)
{
	return (size);
}

size_t
malloc_usable_size(const void *addr)
{
	struct mrecord *r;
	size_t size = 0;

	if (addr == NULL)
		return (0);
	tk_leaf_lock();
	if ((r = record_find(addr)) != NULL && !r->freed)
		size = r->size;
	tk_leaf_unlock();
	return (size);
}

/*
 * The ledger: leaks in the order of allocation, at most so many of them in
 * full.
 */
#define	LEAK_LINES	32

static struct mrecord *
next_leak(uint64_t after)
{
	struct mrecord *r, *next = NULL;

	for (int i = 0; i < BUCKETS; i++) {
		LIST_FOREACH(r, &buckets[i], link) {
			if (!r->freed && r->serial > after &&
			    (next == NULL || r->serial < next->serial))
				next = r;
		}
	}
	return (next);
}

static int
malloc_report(bool print)
{
	struct mrecord *r;
	uint64_t serial = 0;
	int n = 0;

	tk_leaf_lock();
	while ((r = next_leak(serial)) != NULL) {
		serial = r->serial;
		if (print && n < LEAK_LINES)
			tk_leak(&r->alloc_where, "%zu bytes of malloc type "
			    "\"%s\"", r->size, r->type->ks_shortdesc);
		n++;
	}
	tk_leaf_unlock();
	if (print && n > LEAK_LINES)
		printf("tk: leak: and %d more of malloc\n", n - LEAK_LINES);
	return (n);
}

static void
malloc_boot(void *arg __unused)
{
	for (int i = 0; i < BUCKETS; i++)
		LIST_INIT(&buckets[i]);
	next_serial = 0;
	tk_ledger("malloc", malloc_report);
}
SYSINIT(malloc_boot, SI_SUB_VM, SI_ORDER_FIRST, malloc_boot, NULL);

/*
 * The last late writes are found here.  Leaked memory is not freed, so that the
 * host's own leak checker finds it too, unless host_heap.c has it.
 */
static void
malloc_shutdown(void *arg __unused)
{
	tk_leaf_lock();
	quarantine_shrink(0, 0);
	tk_leaf_unlock();
}
SYSUNINIT(malloc_shutdown, SI_SUB_VM, SI_ORDER_FIRST, malloc_shutdown, NULL);
