/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * sx(9).  Taking an sx lock may sleep, so no mutex may be held.  An sx lock may
 * be held across a sleep.
 */

#include "tk_var.h"

#include <sys/sx.h>

_Static_assert(sizeof(struct sx) == sizeof(struct tk_shlock) &&
    offsetof(struct sx, sx_lock) == offsetof(struct tk_shlock, word),
    "an sx lock is a tk_shlock");
#define	SH(sx)		((struct tk_shlock *)(sx))
#define	FRAME		__builtin_frame_address(0)

static void	lock_sx(struct lock_object *, uintptr_t);
static uintptr_t unlock_sx(struct lock_object *);
static void	assert_sx(const struct lock_object *, int);
static int	owner_sx(const struct lock_object *, struct thread **);

struct lock_class lock_class_sx = {
	.lc_name = "sx",
	.lc_flags = LC_SLEEPLOCK | LC_SLEEPABLE | LC_RECURSABLE |
	    LC_UPGRADABLE,
	.lc_assert = assert_sx,
	.lc_lock = lock_sx,
	.lc_owner = owner_sx,
	.lc_unlock = unlock_sx
};

void
sx_init_flags(struct sx *sx, const char *description, int opts)
{
	u_int flags = LO_SLEEPABLE | LO_UPGRADABLE;

	MPASS((opts & ~(SX_QUIET | SX_RECURSE | SX_NOWITNESS | SX_DUPOK |
	    SX_NOPROFILE | SX_NEW)) == 0);
	if ((opts & SX_RECURSE) != 0)
		flags |= LO_RECURSABLE;
	if ((opts & SX_NOWITNESS) == 0)
		flags |= LO_WITNESS;
	if ((opts & SX_DUPOK) != 0)
		flags |= LO_DUPOK;
	tk_sh_init(SH(sx), TK_LOCK_SX, description, flags);
}

void
sx_destroy(struct sx *sx)
{
	tk_sh_destroy(SH(sx), TK_LOCK_SX);
}

void
sx_sysinit(const void *arg)
{
	const struct sx_args *args = arg;

	sx_init_flags(args->sa_sx, args->sa_desc, args->sa_flags);
}

int
_sx_xlock(struct sx *sx, int opts, const char *file, int line)
{
	return (tk_sh_lock(SH(sx), TK_LOCK_SX, false,
	    (opts & SX_INTERRUPTIBLE) != 0, "sx_xlock()", FRAME));
}

int
_sx_slock(struct sx *sx, int opts, const char *file, int line)
{
	return (tk_sh_lock(SH(sx), TK_LOCK_SX, true,
	    (opts & SX_INTERRUPTIBLE) != 0, "sx_slock()", FRAME));
}

void
_sx_xunlock(struct sx *sx, const char *file, int line)
{
	tk_sh_unlock(SH(sx), TK_LOCK_SX, false, "sx_xunlock()");
}

void
_sx_sunlock(struct sx *sx, const char *file, int line)
{
	tk_sh_unlock(SH(sx), TK_LOCK_SX, true, "sx_sunlock()");
}

int
sx_try_xlock_(struct sx *sx, const char *file, int line)
{
	return (tk_sh_try(SH(sx), TK_LOCK_SX, false, "sx_try_xlock", FRAME));
}

int
sx_try_slock_(struct sx *sx, const char *file, int line)
{
	return (tk_sh_try(SH(sx), TK_LOCK_SX, true, "sx_try_slock", FRAME));
}

int
sx_try_upgrade_(struct sx *sx, const char *file, int line)
{
	return (tk_sh_upgrade(SH(sx), TK_LOCK_SX, "sx_try_upgrade"));
}

void
sx_downgrade_(struct sx *sx, const char *file, int line)
{
	tk_sh_downgrade(SH(sx), TK_LOCK_SX, "sx_downgrade()");
}

void
_sx_assert(const struct sx *sx, int what, const char *file, int line)
{
	tk_sh_assert((const struct tk_shlock *)sx, TK_LOCK_SX, what);
}

static void
lock_sx(struct lock_object *lo, uintptr_t how)
{
	if (how != 0)
		sx_slock((struct sx *)lo);
	else
		sx_xlock((struct sx *)lo);
}

static uintptr_t
unlock_sx(struct lock_object *lo)
{
	struct sx *sx = (struct sx *)lo;

	if (sx_xlocked(sx)) {
		sx_xunlock(sx);
		return (0);
	}
	sx_sunlock(sx);
	return (1);
}

static void
assert_sx(const struct lock_object *lo, int what)
{
	sx_assert((const struct sx *)lo, what);
}

static int
owner_sx(const struct lock_object *lo, struct thread **owner)
{
	*owner = sx_xholder((const struct sx *)lo);
	return (*owner != NULL);
}
