/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * rwlock(9).  The rules are those of default mutexes.
 */

#include "tk_var.h"

#include <sys/rwlock.h>

_Static_assert(sizeof(struct rwlock) == sizeof(struct tk_shlock) &&
    offsetof(struct rwlock, rw_lock) == offsetof(struct tk_shlock, word),
    "an rw lock is a tk_shlock");
#define	SH(c)		__containerof(c, struct tk_shlock, word)
#define	FRAME		__builtin_frame_address(0)

static void	lock_rw(struct lock_object *, uintptr_t);
static uintptr_t unlock_rw(struct lock_object *);
static void	assert_rw(const struct lock_object *, int);
static int	owner_rw(const struct lock_object *, struct thread **);

struct lock_class lock_class_rw = {
	.lc_name = "rw",
	.lc_flags = LC_SLEEPLOCK | LC_RECURSABLE | LC_UPGRADABLE,
	.lc_assert = assert_rw,
	.lc_lock = lock_rw,
	.lc_owner = owner_rw,
	.lc_unlock = unlock_rw
};

void
_rw_init_flags(volatile uintptr_t *c, const char *name, int opts)
{
	u_int flags = LO_UPGRADABLE;

	MPASS((opts & ~(RW_DUPOK | RW_NOPROFILE | RW_NOWITNESS | RW_QUIET |
	    RW_RECURSE | RW_NEW)) == 0);
	if ((opts & RW_RECURSE) != 0)
		flags |= LO_RECURSABLE;
	if ((opts & RW_NOWITNESS) == 0)
		flags |= LO_WITNESS;
	if ((opts & RW_DUPOK) != 0)
		flags |= LO_DUPOK;
	tk_sh_init(SH(c), TK_LOCK_RW, name, flags);
}

void
_rw_destroy(volatile uintptr_t *c)
{
	tk_sh_destroy(SH(c), TK_LOCK_RW);
}

void
rw_sysinit(const void *arg)
{
	const struct rw_args *args = arg;

	rw_init_flags((struct rwlock *)args->ra_rw, args->ra_desc,
	    args->ra_flags);
}

int
_rw_wowned(const volatile uintptr_t *c)
{
	return (tk_sh_xowned(SH(c)));
}

void
_rw_wlock_cookie(volatile uintptr_t *c, const char *file, int line)
{
	(void)tk_sh_lock(SH(c), TK_LOCK_RW, false, false, "rw_wlock()", FRAME);
}

void
__rw_rlock(volatile uintptr_t *c, const char *file, int line)
{
	(void)tk_sh_lock(SH(c), TK_LOCK_RW, true, false, "rw_rlock()", FRAME);
}

void
_rw_wunlock_cookie(volatile uintptr_t *c, const char *file, int line)
{
	tk_sh_unlock(SH(c), TK_LOCK_RW, false, "rw_wunlock()");
}

void
_rw_runlock_cookie(volatile uintptr_t *c, const char *file, int line)
{
	tk_sh_unlock(SH(c), TK_LOCK_RW, true, "rw_runlock()");
}

int
__rw_try_wlock(volatile uintptr_t *c, const char *file, int line)
{
	return (tk_sh_try(SH(c), TK_LOCK_RW, false, "rw_try_wlock", FRAME));
}

int
__rw_try_rlock(volatile uintptr_t *c, const char *file, int line)
{
	return (tk_sh_try(SH(c), TK_LOCK_RW, true, "rw_try_rlock", FRAME));
}

int
__rw_try_upgrade(volatile uintptr_t *c, const char *file, int line)
{
	return (tk_sh_upgrade(SH(c), TK_LOCK_RW, "rw_try_upgrade"));
}

void
__rw_downgrade(volatile uintptr_t *c, const char *file, int line)
{
	tk_sh_downgrade(SH(c), TK_LOCK_RW, "rw_downgrade()");
}

void
__rw_assert(const volatile uintptr_t *c, int what, const char *file, int line)
{
	tk_sh_assert(SH(c), TK_LOCK_RW, what);
}

static void
lock_rw(struct lock_object *lo, uintptr_t how)
{
	if (how != 0)
		rw_rlock((struct rwlock *)lo);
	else
		rw_wlock((struct rwlock *)lo);
}

static uintptr_t
unlock_rw(struct lock_object *lo)
{
	struct rwlock *rw = (struct rwlock *)lo;

	if (rw_wowned(rw)) {
		rw_wunlock(rw);
		return (0);
	}
	rw_runlock(rw);
	return (1);
}

static void
assert_rw(const struct lock_object *lo, int what)
{
	rw_assert((const struct rwlock *)lo, what);
}

static int
owner_rw(const struct lock_object *lo, struct thread **owner)
{
	uintptr_t w = RW_READ_VALUE((const struct rwlock *)lo);

	*owner = (w & RW_LOCK_READ) != 0 ? NULL : (struct thread *)RW_OWNER(w);
	return (*owner != NULL);
}
