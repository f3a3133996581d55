/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What every lock has in common: a record of each live lock, the locks that
 * each thread holds, and the order of lock types.
 *
 * As in FreeBSD's witness(4), the order is learnt.  A thread that takes B while
 * it holds A sets A before B for all locks of the two types.  A thread that
 * later takes them in the other order, or closes a longer cycle, stops the
 * kernel.  Types are named by mtx_init()'s `type', or else its `name'.
 *
 * A record holds its lock's address.  So a lock that was copied, moved, never
 * initialised or freed with its memory is recognised.
 */

#include "tk_var.h"

#include <sys/rwlock.h>
#include <sys/sx.h>

#define	W_RECORDS	16384		/* live locks */
#define	W_BUCKETS	1024
#define	W_CLASSES	512		/* types of locks */
#define	W_WORDS		(W_CLASSES / 64)
#define	W_NOORDER	(-1)

/* Beside the flags of sys/lock.h. */
#define	LO_TK_DESTROYED	0x40000000

struct witness {
	LIST_ENTRY(witness) link;	/* bucket of its page; or free list */
	struct lock_object *lo;
	int		 class;		/* index of its type, or W_NOORDER */
	struct tk_where	 created;
	char		 name[48];
};
LIST_HEAD(witness_list, witness);

/* A type of lock. */
struct wclass {
	enum tk_lock_index index;
	char		 name[48];
};

/*
 * A before B: the thread that took B while holding A, and where it took each.
 */
struct wedge {
	int		 a, b;
	void		*pc_a[TK_HELD_DEPTH];
	void		*pc_b[TK_HELD_DEPTH];
	struct wedge	*next;
};

static struct witness records[W_RECORDS];
static int nrecords;			/* ever used */
static int nlive;
static struct witness_list free_records;
static struct witness_list buckets[W_BUCKETS];
static struct wclass classes[W_CLASSES];
static int nclasses;
static struct wedge *edges;
/* reach[a] has bit b set: a is before b, directly or through others. */
static uint64_t reach[W_CLASSES][W_WORDS];

static const char *const index_names[] = {
	[TK_LOCK_MTX_SLEEP] = "mutex",
	[TK_LOCK_MTX_SPIN] = "spin mutex",
	[TK_LOCK_SX] = "sx lock",
	[TK_LOCK_RW] = "rw lock"
};

struct lock_class *lock_classes[] = {
	[TK_LOCK_MTX_SLEEP] = &lock_class_mtx_sleep,
	[TK_LOCK_MTX_SPIN] = &lock_class_mtx_spin,
	[TK_LOCK_SX] = &lock_class_sx,
	[TK_LOCK_RW] = &lock_class_rw
};

static struct witness_list *
bucket(uintptr_t addr)
{
	return (&buckets[(addr >> PAGE_SHIFT) % W_BUCKETS]);
}

/*
 * Records.
 */
void
tk_witness_boot(void)
{
	nrecords = nlive = nclasses = 0;
	LIST_INIT(&free_records);
	for (int i = 0; i < W_BUCKETS; i++)
		LIST_INIT(&buckets[i]);
	memset(reach, 0, sizeof(reach));
}

void
tk_witness_shutdown(void)
{
	struct wedge *e;

	while ((e = edges) != NULL) {
		edges = e->next;
		tkh_free(e);
	}
}

static struct witness *
record_find(const struct lock_object *lo)
{
	struct witness *w;

	LIST_FOREACH(w, bucket((uintptr_t)lo), link) {
		if (w->lo == lo)
			return (w);
	}
	return (NULL);
}

static struct witness *
record_alloc(void)
{
	struct witness *w;

	if ((w = LIST_FIRST(&free_records)) != NULL) {
		LIST_REMOVE(w, link);
		return (w);
	}
	if (nrecords == W_RECORDS)
		tk_stop("lock-init", "more than %d locks", W_RECORDS);
	return (&records[nrecords++]);
}

/* Names of classes are cut off where they are too long. */
static bool
begins_with(const char *name, const char *class)
{
	size_t n = 0;

	while (class[n] != '\0' && class[n] == name[n])
		n++;
	return (class[n] == name[n] || n == sizeof(classes[0].name) - 1);
}

static int
class_find(enum tk_lock_index index, const char *name)
{
	int i;

	for (i = 0; i < nclasses; i++) {
		if (classes[i].index == index &&
		    begins_with(name, classes[i].name))
			return (i);
	}
	if (nclasses == W_CLASSES)
		tk_stop("lock-init", "more than %d types of locks", W_CLASSES);
	classes[i].index = index;
	strlcpy(classes[i].name, name, sizeof(classes[i].name));
	return (nclasses++);
}

static void
double_init(const struct witness *w, enum tk_lock_index index,
    const char *name)
{
	char place[512];

	tk_stop("lock-init", "init of %s \"%s\", which is initialised already, "
	    "as \"%s\" at %s", index_names[index], name, w->name,
	    tk_where_str(&w->created, place, sizeof(place)));
}

void
tk_lock_init(struct lock_object *lo, enum tk_lock_index index,
    const char *name, const char *type, u_int lo_flags)
{
	struct witness *w;

	tk_need_boot("a lock's init");
	if (name == NULL)
		tk_stop("lock-init", "init of a %s without a name",
		    index_names[index]);
	tk_leaf_lock();
	if ((w = record_find(lo)) != NULL)
		double_init(w, index, name);
	w = record_alloc();
	w->lo = lo;
	strlcpy(w->name, name, sizeof(w->name));
	tk_where(&w->created);
	w->class = (lo_flags & LO_WITNESS) == 0 ? W_NOORDER :
	    class_find(index, type == NULL ? name : type);
	LIST_INSERT_HEAD(bucket((uintptr_t)lo), w, link);
	nlive++;
	tk_leaf_unlock();
	lo->lo_name = name;
	lo->lo_data = 0;
	lo->lo_witness = w;
	lo->lo_flags = lo_flags | LO_INITIALIZED | index << LO_CLASSSHIFT;
}

void
tk_lock_destroy(struct lock_object *lo)
{
	struct witness *w = lo->lo_witness;

	tk_leaf_lock();
	LIST_REMOVE(w, link);
	w->lo = NULL;
	LIST_INSERT_HEAD(&free_records, w, link);
	nlive--;
	tk_leaf_unlock();
	lo->lo_flags = LO_TK_DESTROYED;
	lo->lo_witness = NULL;
}

static void
lock_not_live(const struct lock_object *lo, enum tk_lock_index index,
    const char *what)
{
	struct witness *w = lo->lo_witness;

	if (lo->lo_flags == LO_TK_DESTROYED)
		tk_stop("lock-init", "%s of a %s that was destroyed", what,
		    index_names[index]);
	if ((uintptr_t)w >= (uintptr_t)records &&
	    (uintptr_t)w < (uintptr_t)(records + W_RECORDS) && w->lo != NULL &&
	    lock_initialized(lo))
		tk_stop("lock-init", "%s of a copy of lock \"%s\", which is "
		    "at %p", what, w->name, w->lo);
	tk_stop("lock-init", "%s of a %s that was never initialised", what,
	    index_names[index]);
}

void
tk_lock_live(const struct lock_object *lo, enum tk_lock_index index,
    const char *what)
{
	struct witness *w = lo->lo_witness;

	if (__predict_false((uintptr_t)w < (uintptr_t)records ||
	    (uintptr_t)w >= (uintptr_t)(records + W_RECORDS) || w->lo != lo ||
	    !lock_initialized(lo)))
		lock_not_live(lo, index, what);
	if (__predict_false(LO_CLASSINDEX(lo) != index))
		tk_stop("lock-class", "%s of a %s: \"%s\" is a %s", what,
		    index_names[index], w->name,
		    index_names[LO_CLASSINDEX(lo)]);
}

static void
check_free_one(const struct witness *w)
{
	char place[512];

	tk_stop("lock-free", "free of memory that holds lock \"%s\", "
	    "initialised at %s and not destroyed", w->name,
	    tk_where_str(&w->created, place, sizeof(place)));
}

void
tk_lock_check_free(const void *p, size_t size)
{
	uintptr_t addr = (uintptr_t)p, page;
	struct witness *w;

	tk_leaf_lock();
	if (nlive != 0 && size / PAGE_SIZE >= W_BUCKETS) {
		for (int i = 0; i < nrecords; i++) {
			if (records[i].lo != NULL &&
			    (uintptr_t)records[i].lo - addr < size)
				check_free_one(&records[i]);
		}
	} else if (nlive != 0) {
		for (page = trunc_page(addr); page < addr + size;
		    page += PAGE_SIZE) {
			LIST_FOREACH(w, bucket(page), link) {
				if ((uintptr_t)w->lo - addr < size)
					check_free_one(w);
			}
		}
	}
	tk_leaf_unlock();
}

int
tk_lock_leaks(bool print)
{
	int n = 0;

	for (int i = 0; i < nrecords; i++) {
		if (records[i].lo == NULL)
			continue;
		n++;
		if (print)
			tk_leak(&records[i].created, "%s \"%s\" not destroyed",
			    index_names[LO_CLASSINDEX(records[i].lo)],
			    records[i].name);
	}
	return (n);
}

/*
 * Held locks.
 */
const char *
tk_held_str(const struct tk_held *h, char *buf, size_t len)
{
	char place[512];

	snprintf(buf, len, "%s \"%s\", %slocked at %s",
	    index_names[LO_CLASSINDEX(h->lo)], h->lo->lo_witness->name,
	    h->shared ? "share " : "",
	    tk_pcs_str(h->pc, TK_HELD_DEPTH, place, sizeof(place)));
	return (buf);
}

struct tk_held *
tk_lock_held(const struct lock_object *lo, bool shared)
{
	struct thread *td = curthread;

	if (td == NULL)
		return (NULL);
	for (u_int i = td->td_nheld; i-- > td->td_hbase;) {
		if (td->td_held[i].lo == lo && td->td_held[i].shared == shared)
			return (&td->td_held[i]);
	}
	return (NULL);
}

void
tk_lock_got(struct lock_object *lo, bool shared, void *frame)
{
	struct thread *td = curthread;
	struct tk_held *h;

	if (lo->lo_data != 0 && (h = tk_lock_held(lo, shared)) != NULL) {
		h->depth++;
		return;
	}
	if (td->td_nheld == TK_HELD_MAX)
		tk_stop("lock-many", "more than %d locks held", TK_HELD_MAX);
	h = &td->td_held[td->td_nheld++];
	h->lo = lo;
	h->depth = 0;
	h->shared = shared;
	tk_where_from(frame, h->pc, TK_HELD_DEPTH);
	if (LO_CLASSINDEX(lo) == TK_LOCK_MTX_SPIN)
		td->td_nspin++;
}

void
tk_lock_put(struct lock_object *lo, bool shared, const char *what)
{
	struct thread *td = curthread;
	struct tk_held *h;

	if ((h = tk_lock_held(lo, shared)) == NULL)
		tk_stop("lock-owner", "%s of \"%s\", which the caller does not "
		    "hold", what, lo->lo_name);
	if (h->depth > 0) {
		h->depth--;
		return;
	}
	if (LO_CLASSINDEX(lo) == TK_LOCK_MTX_SPIN)
		td->td_nspin--;
	td->td_nheld--;
	/* Locks may be released in any order. */
	if (h != &td->td_held[td->td_nheld])
		memmove(h, h + 1, (char *)&td->td_held[td->td_nheld] -
		    (char *)h);
}

void
tk_lock_check_none(u_int base, const char *what, const void *handler)
{
	struct thread *td = curthread;
	char text[700];

	if (TK_WITNESS && td != NULL && td->td_nheld > base)
		tk_stop_at(handler, "lock-held", "%s returned with %s", what,
		    tk_held_str(&td->td_held[base], text, sizeof(text)));
}

/*
 * Order.
 */
static bool
reaches(int a, int b)
{
	return ((__atomic_load_n(&reach[a][b / 64], __ATOMIC_RELAXED) >>
	    (b % 64) & 1) != 0);
}

/*
 * A is before B already.  Returns the first step on the path from A to B, which
 * names the thread that set it.
 */
static const struct wedge *
edge_towards(int a, int b)
{
	const struct wedge *e;

	for (e = edges; e != NULL; e = e->next) {
		if (e->a == a && (e->b == b || reaches(e->b, b)))
			return (e);
	}
	return (NULL);
}

static void
order_reversal(const struct tk_held *h, const struct lock_object *lo, int a,
    int b)
{
	char held[700], place_b[512], place_a[512];
	const struct wedge *e = edge_towards(b, a);

	tk_stop("lock-order",
	    "lock order reversal: %s \"%s\" is taken with %s; \"%s\" goes "
	    "before \"%s\" since \"%s\", locked at %s, was held where \"%s\" "
	    "was locked, at %s",
	    index_names[LO_CLASSINDEX(lo)], lo->lo_witness->name,
	    tk_held_str(h, held, sizeof(held)),
	    classes[b].name, classes[a].name, classes[e->a].name,
	    tk_pcs_str(e->pc_a, TK_HELD_DEPTH, place_b, sizeof(place_b)),
	    classes[e->b].name,
	    tk_pcs_str(e->pc_b, TK_HELD_DEPTH, place_a, sizeof(place_a)));
}

/*
 * From now on a is before b.  So all that is before a is before all that is
 * after b.
 */
static void
order_learn(int a, int b, void *const *pc_a, void *frame)
{
	struct wedge *e;
	uint64_t bits;

	if ((e = tkh_alloc(sizeof(*e), 0)) == NULL)
		tk_stop("host", "no memory");
	e->a = a;
	e->b = b;
	if (pc_a != NULL)
		memcpy(e->pc_a, pc_a, sizeof(e->pc_a));
	else
		memset(e->pc_a, 0, sizeof(e->pc_a));
	tk_where_from(frame, e->pc_b, TK_HELD_DEPTH);
	e->next = edges;
	edges = e;
	for (int x = 0; x < nclasses; x++) {
		if (x != a && !reaches(x, a))
			continue;
		for (int i = 0; i < W_WORDS; i++) {
			bits = reach[x][i] | reach[b][i];
			if (b / 64 == i)
				bits |= (uint64_t)1 << (b % 64);
			__atomic_store_n(&reach[x][i], bits, __ATOMIC_RELAXED);
		}
	}
}

static void
order_check(const struct tk_held *h, struct lock_object *lo, int flags,
    void *frame)
{
	int a = h->lo->lo_witness->class, b = lo->lo_witness->class;
	char text[700];

	if (a == W_NOORDER)
		return;
	if (a == b) {
		if ((flags & LOP_DUPOK) != 0 || (lo->lo_flags & LO_DUPOK) != 0)
			return;
		tk_stop("lock-dup", "%s \"%s\" is taken with another of its "
		    "type, %s", index_names[LO_CLASSINDEX(lo)],
		    lo->lo_witness->name, tk_held_str(h, text, sizeof(text)));
	}
	if (reaches(a, b))
		return;
	tk_leaf_lock();
	if (reaches(b, a))
		order_reversal(h, lo, a, b);
	if (!reaches(a, b))
		order_learn(a, b, h->pc, frame);
	tk_leaf_unlock();
}

void
tk_lock_check(struct lock_object *lo, int flags, bool shared)
{
	struct thread *td = curthread;

	if (lo->lo_witness->class == W_NOORDER)
		return;
	for (u_int i = td->td_hbase; i < td->td_nheld; i++) {
		if (td->td_held[i].lo == lo) {
			if (shared && td->td_held[i].shared)
				continue;
			tk_stop("lock-recurse", "%s \"%s\" is taken while held "
			    "%s", index_names[LO_CLASSINDEX(lo)],
			    lo->lo_witness->name, shared ? "exclusively" :
			    td->td_held[i].shared ? "shared" : "already");
		}
		if (TK_WITNESS)
			order_check(&td->td_held[i], lo, flags,
			    __builtin_frame_address(0));
	}
}

int
witness_defineorder(struct lock_object *lock1, struct lock_object *lock2)
{
	int a = lock1->lo_witness->class, b = lock2->lo_witness->class;
	int error = 0;

	if (a == W_NOORDER || b == W_NOORDER || a == b)
		return (EINVAL);
	tk_leaf_lock();
	if (reaches(b, a))
		error = EINVAL;
	else if (!reaches(a, b))
		order_learn(a, b, NULL, __builtin_frame_address(0));
	tk_leaf_unlock();
	return (error);
}

int
witness_is_owned(const struct lock_object *lo)
{
	return (tk_lock_held(lo, false) != NULL ||
	    tk_lock_held(lo, true) != NULL);
}

/* Stop if a lock is held other than this one and those that are exempt. */
int
witness_warn(int flags, struct lock_object *lock, const char *fmt, ...)
{
	struct thread *td = curthread;
	char what[128], text[700];
	__va_list ap;

	if (!TK_WITNESS || td == NULL)
		return (0);
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	for (u_int i = td->td_hbase; i < td->td_nheld; i++) {
		const struct tk_held *h = &td->td_held[i];

		if (h->lo == lock || ((flags & WARN_SLEEPOK) != 0 &&
		    (h->lo->lo_flags & LO_SLEEPABLE) != 0) ||
		    ((flags & WARN_GIANTOK) != 0 &&
		    h->lo == &Giant.lock_object))
			continue;
		tk_stop("sleep-lock", "%s with %s held", what,
		    tk_held_str(h, text, sizeof(text)));
	}
	return (0);
}
