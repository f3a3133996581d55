/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Shared and exclusive locking, for sx(9) and rwlock(9): the two lock in the
 * same way, and differ in what may be held or done meanwhile.
 *
 * The word changes only with tk_lock() held, and is read without.  Waiters
 * sleep on an address inside the lock.  The thread that releases the lock wakes
 * all of them.
 */

#include "tk_var.h"

#define	SH_SHARED	0x01
#define	SH_SHIFT	5
#define	SH_ONE		((uintptr_t)1 << SH_SHIFT)
#define	SH_UNLOCKED	SH_SHARED
#define	SH_DESTROYED	0x06
#define	sh_chan(l)	((const char *)&(l)->word + 1)

static uintptr_t
word(const struct tk_shlock *l)
{
	return (atomic_load_acq_ptr(&l->word));
}

static struct thread *
owner(const struct tk_shlock *l)
{
	uintptr_t w = word(l);

	return ((w & SH_SHARED) != 0 ? NULL : (struct thread *)w);
}

bool
tk_sh_xowned(const struct tk_shlock *l)
{
	return (curthread != NULL && owner(l) == curthread);
}

void
tk_sh_init(struct tk_shlock *l, enum tk_lock_index index, const char *name,
    u_int lo_flags)
{
	tk_lock_init(&l->lo, index, name, NULL, lo_flags);
	atomic_store_ptr(&l->word, SH_UNLOCKED);
}

void
tk_sh_destroy(struct tk_shlock *l, enum tk_lock_index index)
{
	tk_lock_live(&l->lo, index, "destroy");
	if (word(l) != SH_UNLOCKED)
		tk_stop("lock-destroy", "destroy of \"%s\", which %s%s%s",
		    l->lo.lo_name, owner(l) == NULL ? "is share locked" :
		    "thread \"", owner(l) == NULL ? "" : owner(l)->td_name,
		    owner(l) == NULL ? "" : "\" holds");
	tk_lock_destroy(&l->lo);
	atomic_store_ptr(&l->word, SH_DESTROYED);
}

/* May this thread take the lock here, and in this order? */
static void
check(struct tk_shlock *l, enum tk_lock_index index, bool shared,
    const char *what)
{
	struct thread *td = curthread;

	tk_lock_live(&l->lo, index, what);
	if (index == TK_LOCK_SX) {
		tk_may_sleep(NULL, what);
	} else {
		if (td == NULL)
			tk_stop("agent", "%s outside the kernel", what);
		if (td->td_intr_nesting_level != 0)
			tk_debug_stop("rw-filter",
			    "%s of \"%s\" in a filter", what,
			    l->lo.lo_name);
		if (td->td_critnest != 0)
			tk_debug_stop("rw-critical",
			    "%s of \"%s\" with a spin mutex "
			    "held or in a critical section", what,
			    l->lo.lo_name);
	}
	if (td->td_nheld != td->td_hbase)
		tk_lock_check(&l->lo, 0, shared);
}

/* With tk_lock() held. */
static bool
grab(struct tk_shlock *l, bool shared)
{
	uintptr_t w = word(l);

	if (shared ? (w & SH_SHARED) == 0 : w != SH_UNLOCKED)
		return (false);
	atomic_store_rel_ptr(&l->word, shared ? w + SH_ONE :
	    (uintptr_t)curthread);
	return (true);
}

static int
acquire(struct tk_shlock *l, bool shared, bool catches)
{
	int error = 0;

	tk_lock();
	while (!grab(l, shared)) {
		if (catches && tk_self->interrupted) {
			tk_self->interrupted = false;
			error = EINTR;
			break;
		}
		tk_self->catches = catches;
		(void)tk_block(sh_chan(l), l->lo.lo_name, -1);
		tk_self->catches = false;
	}
	tk_unlock();
	return (error);
}

int
tk_sh_lock(struct tk_shlock *l, enum tk_lock_index index, bool shared,
    bool catches, const char *what, void *frame)
{
	int error;

	tk_preempt();
	if (!shared && tk_sh_xowned(l) &&
	    (l->lo.lo_flags & LO_RECURSABLE) != 0) {
		l->lo.lo_data++;
		tk_lock_got(&l->lo, false, frame);
		return (0);
	}
	check(l, index, shared, what);
	if ((error = acquire(l, shared, catches)) != 0)
		return (error);
	tk_lock_got(&l->lo, shared, frame);
	return (0);
}

bool
tk_sh_try(struct tk_shlock *l, enum tk_lock_index index, bool shared,
    const char *what, void *frame)
{
	bool got;

	tk_preempt();
	tk_lock_live(&l->lo, index, what);
	if (!shared && tk_sh_xowned(l)) {
		if ((l->lo.lo_flags & LO_RECURSABLE) == 0)
			return (false);
		l->lo.lo_data++;
		tk_lock_got(&l->lo, false, frame);
		return (true);
	}
	if (tk_fault(what))
		return (false);
	tk_lock();
	got = grab(l, shared);
	tk_unlock();
	if (got)
		tk_lock_got(&l->lo, shared, frame);
	return (got);
}

/* With tk_lock() held. */
static void
give_up(struct tk_shlock *l, bool shared)
{
	atomic_store_rel_ptr(&l->word, shared ? word(l) - SH_ONE :
	    SH_UNLOCKED);
	(void)tk_wake(sh_chan(l));
}

void
tk_sh_unlock(struct tk_shlock *l, enum tk_lock_index index, bool shared,
    const char *what)
{
	tk_lock_live(&l->lo, index, what);
	tk_lock_put(&l->lo, shared, what);
	if (!shared && l->lo.lo_data != 0) {
		l->lo.lo_data--;
		return;
	}
	tk_lock();
	give_up(l, shared);
	tk_unlock();
	tk_preempt();
}

bool
tk_sh_upgrade(struct tk_shlock *l, enum tk_lock_index index, const char *what)
{
	struct tk_held *h;
	bool got;

	tk_preempt();
	tk_lock_live(&l->lo, index, what);
	if ((h = tk_lock_held(&l->lo, true)) == NULL)
		tk_stop("lock-owner", "%s of \"%s\", which the caller does not "
		    "hold", what, l->lo.lo_name);
	if (tk_fault(what))
		return (false);
	tk_lock();
	got = word(l) == (SH_UNLOCKED | SH_ONE);
	if (got)
		atomic_store_rel_ptr(&l->word, (uintptr_t)curthread);
	tk_unlock();
	if (got)
		h->shared = false;
	return (got);
}

void
tk_sh_downgrade(struct tk_shlock *l, enum tk_lock_index index,
    const char *what)
{
	struct tk_held *h;

	tk_lock_live(&l->lo, index, what);
	if ((h = tk_lock_held(&l->lo, false)) == NULL || l->lo.lo_data != 0)
		tk_stop("lock-owner", "%s of \"%s\", which the caller does not "
		    "hold, or holds more than once", what, l->lo.lo_name);
	h->shared = true;
	tk_lock();
	atomic_store_rel_ptr(&l->word, SH_UNLOCKED | SH_ONE);
	(void)tk_wake(sh_chan(l));
	tk_unlock();
	tk_preempt();
}

void
tk_sh_assert(const struct tk_shlock *l, enum tk_lock_index index, int what)
{
	const struct tk_held *s, *x;

	if (!TK_WITNESS || KERNEL_PANICKED())
		return;
	tk_lock_live(&l->lo, index, "assertion");
	s = tk_lock_held(&l->lo, true);
	x = tk_lock_held(&l->lo, false);
	if ((what & LA_XLOCKED) != 0 && x == NULL)
		tk_stop("lock-assert", "\"%s\" is not exclusively locked",
		    l->lo.lo_name);
	if ((what & LA_SLOCKED) != 0 && s == NULL)
		tk_stop("lock-assert", "\"%s\" is not share locked",
		    l->lo.lo_name);
	if ((what & LA_LOCKED) != 0 && s == NULL && x == NULL)
		tk_stop("lock-assert", "\"%s\" is not locked", l->lo.lo_name);
	if (what == LA_UNLOCKED && (s != NULL || x != NULL))
		tk_stop("lock-assert", "\"%s\" is locked", l->lo.lo_name);
	if ((what & LA_RECURSED) != 0 && l->lo.lo_data == 0)
		tk_stop("lock-assert", "\"%s\" is not recursed",
		    l->lo.lo_name);
	if ((what & LA_NOTRECURSED) != 0 && x != NULL && l->lo.lo_data != 0)
		tk_stop("lock-assert", "\"%s\" is recursed", l->lo.lo_name);
}

void
tk_sh_release_locked(struct tk_shlock *l, bool shared)
{
	tk_lock_put(&l->lo, shared, "release");
	give_up(l, shared);
}

void
tk_sh_reacquire(struct tk_shlock *l, enum tk_lock_index index,
    const struct tk_held *saved)
{
	struct thread *td = curthread;

	check(l, index, saved->shared, "waking up");
	(void)acquire(l, saved->shared, false);
	tk_lock_got(&l->lo, saved->shared, __builtin_frame_address(0));
	memcpy(td->td_held[td->td_nheld - 1].pc, saved->pc, sizeof(saved->pc));
}
