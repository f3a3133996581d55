/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * mutex(9).
 *
 * mtx_lock holds the owner's thread and, for default mutexes, whether a thread
 * waits.  Besides the checks, taking or releasing a free mutex is one atomic
 * instruction.  Waiters sleep on an address inside the mutex, which no one else
 * can use as a channel.  Left out: priority propagation, adaptive spinning.
 */

#include "tk_var.h"

#define	mtxlock2mtx(c)	__containerof(c, struct mtx, mtx_lock)
#define	mtx_chan(m)	((const char *)&(m)->mtx_lock + 1)

static void	lock_mtx(struct lock_object *, uintptr_t);
static uintptr_t unlock_mtx(struct lock_object *);
static void	lock_spin(struct lock_object *, uintptr_t);
static uintptr_t unlock_spin(struct lock_object *);
static void	assert_mtx(const struct lock_object *, int);
static int	owner_mtx(const struct lock_object *, struct thread **);

struct lock_class lock_class_mtx_sleep = {
	.lc_name = "sleep mutex",
	.lc_flags = LC_SLEEPLOCK | LC_RECURSABLE,
	.lc_assert = assert_mtx,
	.lc_lock = lock_mtx,
	.lc_owner = owner_mtx,
	.lc_unlock = unlock_mtx
};

struct lock_class lock_class_mtx_spin = {
	.lc_name = "spin mutex",
	.lc_flags = LC_SPINLOCK | LC_RECURSABLE,
	.lc_assert = assert_mtx,
	.lc_lock = lock_spin,
	.lc_owner = owner_mtx,
	.lc_unlock = unlock_spin
};

struct mtx Giant;
MTX_SYSINIT(giant, &Giant, "Giant", MTX_DEF | MTX_RECURSE);

void
_mtx_init(volatile uintptr_t *c, const char *name, const char *type, int opts)
{
	struct mtx *m = mtxlock2mtx(c);
	u_int flags = 0;

	MPASS((opts & ~(MTX_SPIN | MTX_QUIET | MTX_RECURSE | MTX_NOWITNESS |
	    MTX_DUPOK | MTX_NOPROFILE | MTX_NEW)) == 0);
	if ((opts & MTX_RECURSE) != 0)
		flags |= LO_RECURSABLE;
	if ((opts & MTX_NOWITNESS) == 0)
		flags |= LO_WITNESS;
	if ((opts & MTX_DUPOK) != 0)
		flags |= LO_DUPOK;
	tk_lock_init(&m->lock_object, (opts & MTX_SPIN) != 0 ?
	    TK_LOCK_MTX_SPIN : TK_LOCK_MTX_SLEEP, name, type, flags);
	atomic_store_ptr(&m->mtx_lock, MTX_UNOWNED);
}

/* FreeBSD lets the owner destroy its mutex.  The debug kernel here does not. */
static void
destroy_own(struct mtx *m)
{
	tk_debug_stop("lock-destroy", "mtx_destroy() of \"%s\", which thread "
	    "\"%s\" holds", mtx_name(m), curthread->td_name);
	for (; mtx_recursed(m); m->mtx_recurse--)
		tk_lock_put(&m->lock_object, false, "mtx_destroy()");
	tk_lock_put(&m->lock_object, false, "mtx_destroy()");
}

void
_mtx_destroy(volatile uintptr_t *c)
{
	struct mtx *m = mtxlock2mtx(c);
	struct thread *owner;

	tk_lock_live(&m->lock_object, LO_CLASSINDEX(&m->lock_object) ==
	    TK_LOCK_MTX_SPIN ? TK_LOCK_MTX_SPIN : TK_LOCK_MTX_SLEEP,
	    "mtx_destroy()");
	owner = mtx_owner(m);
	if (owner != NULL && owner == curthread)
		destroy_own(m);
	else if (owner != NULL)
		tk_stop("lock-destroy", "mtx_destroy() of \"%s\", which thread "
		    "\"%s\" holds", mtx_name(m), owner->td_name);
	tk_lock_destroy(&m->lock_object);
	atomic_store_ptr(&m->mtx_lock, MTX_DESTROYED);
}

TK_ANY_FN void
mtx_sysinit(const void *arg)
{
	const struct mtx_args *margs = arg;

	mtx_init((struct mtx *)margs->ma_mtx, margs->ma_desc, NULL,
	    margs->ma_opts);
}

/*
 * Default mutexes.
 */

/*
 * Contexts in which a default mutex may not be taken.  Without INVARIANTS
 * FreeBSD asserts none of this: it takes a free mutex, and waits for one that
 * is held.
 */
__noinline static void
bad_context(const struct mtx *m, const struct thread *td, const char *what)
{
	char text[700];

	if (td == NULL)
		tk_stop("agent", "%s of \"%s\" outside the kernel", what,
		    mtx_name(m));
	if (td->td_intr_nesting_level != 0)
		tk_debug_stop("mtx-filter",
		    "%s of default mutex \"%s\" in a filter",
		    what, mtx_name(m));
	for (u_int i = td->td_hbase; i < td->td_nheld; i++) {
		if (LO_CLASSINDEX(td->td_held[i].lo) == TK_LOCK_MTX_SPIN)
			tk_debug_stop("mtx-spin",
			    "%s of default mutex \"%s\" with "
			    "%s held", what, mtx_name(m),
			    tk_held_str(&td->td_held[i], text, sizeof(text)));
	}
	tk_debug_stop("mtx-critical",
	    "%s of default mutex \"%s\" in a critical "
	    "section", what, mtx_name(m));
}

__noinline static void
lock_contested(struct mtx *m, uintptr_t tid)
{
	uintptr_t v;

	tk_lock();
	for (;;) {
		v = MTX_UNOWNED;
		if (atomic_fcmpset_acq_ptr(&m->mtx_lock, &v, tid))
			break;
		if ((v & MTX_CONTESTED) == 0 &&
		    !atomic_cmpset_ptr(&m->mtx_lock, v, v | MTX_CONTESTED))
			continue;
		(void)tk_block(mtx_chan(m), mtx_name(m), -1);
	}
	tk_unlock();
}

static void
lock_recurse(struct mtx *m, int opts, void *frame)
{
	char text[700];

	if ((m->lock_object.lo_flags & LO_RECURSABLE) == 0 &&
	    (opts & MTX_RECURSE) == 0)
		tk_debug_stop("mtx-recurse", "mtx_lock() of non-recursive %s",
		    tk_held_str(tk_lock_held(&m->lock_object, false), text,
		    sizeof(text)));
	m->mtx_recurse++;
	tk_lock_got(&m->lock_object, false, frame);
}

void
__mtx_lock_flags(volatile uintptr_t *c, int opts, const char *file, int line)
{
	struct mtx *m = mtxlock2mtx(c);
	struct thread *td = curthread;
	uintptr_t tid = (uintptr_t)td, v = MTX_UNOWNED;

	tk_preempt();
	tk_lock_live(&m->lock_object, TK_LOCK_MTX_SLEEP, "mtx_lock()");
	if (__predict_false(td == NULL || td->td_critnest != 0))
		bad_context(m, td, "mtx_lock()");
	if (__predict_false(mtx_owned(m))) {
		lock_recurse(m, opts, __builtin_frame_address(0));
		return;
	}
	if (td->td_nheld != td->td_hbase)
		tk_lock_check(&m->lock_object, opts, false);
	/* After a panic the mutex's owner does not run. */
	if (__predict_false(!atomic_fcmpset_acq_ptr(&m->mtx_lock, &v, tid)) &&
	    !SCHEDULER_STOPPED())
		lock_contested(m, tid);
	tk_lock_got(&m->lock_object, false, __builtin_frame_address(0));
}

int
_mtx_trylock_flags_(volatile uintptr_t *c, int opts, const char *file,
    int line)
{
	struct mtx *m = mtxlock2mtx(c);
	struct thread *td = curthread;
	uintptr_t v = MTX_UNOWNED;

	tk_preempt();
	tk_lock_live(&m->lock_object, TK_LOCK_MTX_SLEEP, "mtx_trylock()");
	if (__predict_false(td == NULL || td->td_intr_nesting_level != 0))
		bad_context(m, td, "mtx_trylock()");
	if (mtx_owned(m)) {
		if ((m->lock_object.lo_flags & LO_RECURSABLE) == 0 &&
		    (opts & MTX_RECURSE) == 0)
			return (0);
		lock_recurse(m, opts, __builtin_frame_address(0));
		return (1);
	}
	if (tk_fault("mtx_trylock") ||
	    !atomic_fcmpset_acq_ptr(&m->mtx_lock, &v, (uintptr_t)td))
		return (0);
	tk_lock_got(&m->lock_object, false, __builtin_frame_address(0));
	return (1);
}

__noinline static void
not_owner(const struct mtx *m, const char *what)
{
	struct thread *owner = mtx_owner(m);

	if (owner == NULL)
		tk_stop("mtx-owner", "%s of \"%s\", which nobody holds", what,
		    mtx_name(m));
	tk_stop("mtx-owner", "%s of \"%s\", which thread \"%s\" holds", what,
	    mtx_name(m), owner->td_name);
}

void
__mtx_unlock_flags(volatile uintptr_t *c, int opts, const char *file, int line)
{
	struct mtx *m = mtxlock2mtx(c);
	uintptr_t v = (uintptr_t)curthread;

	tk_lock_live(&m->lock_object, TK_LOCK_MTX_SLEEP, "mtx_unlock()");
	if (__predict_false(!mtx_owned(m) || v == 0) && !SCHEDULER_STOPPED())
		not_owner(m, "mtx_unlock()");
	tk_lock_put(&m->lock_object, false, "mtx_unlock()");
	if (!mtx_owned(m))
		return;
	if (mtx_recursed(m)) {
		m->mtx_recurse--;
		return;
	}
	if (__predict_false(!atomic_cmpset_rel_ptr(&m->mtx_lock, v,
	    MTX_UNOWNED))) {
		tk_lock();
		atomic_store_rel_ptr(&m->mtx_lock, MTX_UNOWNED);
		(void)tk_wake(mtx_chan(m));
		tk_unlock();
	}
	tk_preempt();
}

void
tk_mtx_release_locked(struct mtx *m)
{
	if (!mtx_owned(m))
		not_owner(m, "release");
	tk_lock_put(&m->lock_object, false, "release");
	if (mtx_recursed(m)) {
		m->mtx_recurse--;
		return;
	}
	atomic_store_rel_ptr(&m->mtx_lock, MTX_UNOWNED);
	(void)tk_wake(mtx_chan(m));
}

void
tk_mtx_reacquire(struct mtx *m, const struct tk_held *saved)
{
	struct thread *td = curthread;
	uintptr_t v = MTX_UNOWNED;

	tk_lock_live(&m->lock_object, TK_LOCK_MTX_SLEEP, "waking up");
	if (mtx_owned(m)) {
		lock_recurse(m, MTX_RECURSE, __builtin_frame_address(0));
		return;
	}
	if (td->td_nheld != td->td_hbase)
		tk_lock_check(&m->lock_object, 0, false);
	if (!atomic_fcmpset_acq_ptr(&m->mtx_lock, &v, (uintptr_t)td))
		lock_contested(m, (uintptr_t)td);
	tk_lock_got(&m->lock_object, false, __builtin_frame_address(0));
	memcpy(td->td_held[td->td_nheld - 1].pc, saved->pc, sizeof(saved->pc));
}

void
mtx_wait_unlocked(struct mtx *m)
{
	while (mtx_owner(m) != NULL) {
		mtx_lock(m);
		mtx_unlock(m);
	}
}

/*
 * Spin mutexes.
 */
static bool
spin_recurses(struct mtx *m, int opts, void *frame)
{
	char text[700];

	if (!mtx_owned(m))
		return (false);
	if ((m->lock_object.lo_flags & LO_RECURSABLE) == 0 &&
	    (opts & MTX_RECURSE) == 0)
		tk_debug_stop("mtx-recurse",
		    "mtx_lock_spin() of non-recursive %s",
		    tk_held_str(&curthread->td_held[curthread->td_nheld - 1],
		    text, sizeof(text)));
	m->mtx_recurse++;
	tk_lock_got(&m->lock_object, false, frame);
	return (true);
}

void
__mtx_lock_spin_flags(volatile uintptr_t *c, int opts, const char *file,
    int line)
{
	struct mtx *m = mtxlock2mtx(c);
	struct thread *td = curthread;
	uintptr_t v;

	tk_preempt();
	tk_lock_live(&m->lock_object, TK_LOCK_MTX_SPIN, "mtx_lock_spin()");
	if (td == NULL)
		bad_context(m, td, "mtx_lock_spin()");
	spinlock_enter();
	if (spin_recurses(m, opts, __builtin_frame_address(0)))
		return;
	if (td->td_nheld != td->td_hbase)
		tk_lock_check(&m->lock_object, opts, false);
	for (v = MTX_UNOWNED; !atomic_fcmpset_acq_ptr(&m->mtx_lock, &v,
	    (uintptr_t)td) && !SCHEDULER_STOPPED(); v = MTX_UNOWNED)
		tk_spinwait();
	tk_lock_got(&m->lock_object, false, __builtin_frame_address(0));
}

int
__mtx_trylock_spin_flags(volatile uintptr_t *c, int opts, const char *file,
    int line)
{
	struct mtx *m = mtxlock2mtx(c);
	struct thread *td = curthread;
	uintptr_t v = MTX_UNOWNED;

	tk_preempt();
	tk_lock_live(&m->lock_object, TK_LOCK_MTX_SPIN, "mtx_trylock_spin()");
	if (td == NULL)
		bad_context(m, td, "mtx_trylock_spin()");
	spinlock_enter();
	if (tk_fault("mtx_trylock_spin") ||
	    !atomic_fcmpset_acq_ptr(&m->mtx_lock, &v, (uintptr_t)td)) {
		spinlock_exit();
		return (0);
	}
	tk_lock_got(&m->lock_object, false, __builtin_frame_address(0));
	return (1);
}

void
__mtx_unlock_spin_flags(volatile uintptr_t *c, int opts, const char *file,
    int line)
{
	struct mtx *m = mtxlock2mtx(c);

	tk_lock_live(&m->lock_object, TK_LOCK_MTX_SPIN, "mtx_unlock_spin()");
	if (curthread == NULL || (!mtx_owned(m) && !SCHEDULER_STOPPED()))
		not_owner(m, "mtx_unlock_spin()");
	tk_lock_put(&m->lock_object, false, "mtx_unlock_spin()");
	if (mtx_recursed(m))
		m->mtx_recurse--;
	else if (mtx_owned(m))
		atomic_store_rel_ptr(&m->mtx_lock, MTX_UNOWNED);
	spinlock_exit();
	tk_preempt();
}

void
mtx_spin_wait_unlocked(struct mtx *m)
{
	while (mtx_owner(m) != NULL)
		tk_spinwait();
}

/*
 * Assertions, and the lock class.
 */
void
__mtx_assert(const volatile uintptr_t *c, int what, const char *file, int line)
{
	const struct mtx *m = mtxlock2mtx(c);

	if (KERNEL_PANICKED())
		return;
	if (curthread == NULL)
		tk_stop("agent", "mtx_assert() outside the kernel");
	switch (what) {
	case MA_OWNED:
	case MA_OWNED | MA_RECURSED:
	case MA_OWNED | MA_NOTRECURSED:
		if (!mtx_owned(m))
			tk_stop("mtx-assert", "mutex \"%s\" is not owned",
			    mtx_name(m));
		if ((what & MA_NOTRECURSED) != 0 && mtx_recursed(m))
			tk_stop("mtx-assert", "mutex \"%s\" is recursed",
			    mtx_name(m));
		if ((what & MA_RECURSED) != 0 && !mtx_recursed(m))
			tk_stop("mtx-assert", "mutex \"%s\" is not recursed",
			    mtx_name(m));
		break;
	case MA_NOTOWNED:
		if (mtx_owned(m))
			tk_stop("mtx-assert", "mutex \"%s\" is owned",
			    mtx_name(m));
		break;
	default:
		panic("unknown mtx_assert at %s:%d", file, line);
	}
}

static void
lock_mtx(struct lock_object *lo, uintptr_t how)
{
	mtx_lock((struct mtx *)lo);
}

static uintptr_t
unlock_mtx(struct lock_object *lo)
{
	mtx_unlock((struct mtx *)lo);
	return (0);
}

static void
lock_spin(struct lock_object *lo, uintptr_t how)
{
	mtx_lock_spin((struct mtx *)lo);
}

static uintptr_t
unlock_spin(struct lock_object *lo)
{
	mtx_unlock_spin((struct mtx *)lo);
	return (0);
}

static void
assert_mtx(const struct lock_object *lo, int what)
{
	mtx_assert((const struct mtx *)lo, what & ~LA_LOCKED);
}

static int
owner_mtx(const struct lock_object *lo, struct thread **owner)
{
	*owner = mtx_owner((const struct mtx *)lo);
	return (*owner != NULL);
}
