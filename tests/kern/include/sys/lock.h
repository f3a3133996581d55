/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Lock classes, their flags, and the calls every class has. */

#ifndef _SYS_LOCK_H_
#define	_SYS_LOCK_H_

#include <sys/queue.h>
#include <sys/_lock.h>
#include <sys/types.h>

struct thread;

struct lock_class {
	const char	*lc_name;
	u_int		 lc_flags;
	void		(*lc_assert)(const struct lock_object *lock, int what);
	void		(*lc_lock)(struct lock_object *lock, uintptr_t how);
	int		(*lc_owner)(const struct lock_object *lock,
			    struct thread **owner);
	uintptr_t	(*lc_unlock)(struct lock_object *lock);
};

#define	LC_SLEEPLOCK	0x00000001	/* waits by sleeping or blocking */
#define	LC_SPINLOCK	0x00000002	/* waits by spinning, interrupts off */
#define	LC_SLEEPABLE	0x00000004	/* may be held across a sleep */
#define	LC_RECURSABLE	0x00000008
#define	LC_UPGRADABLE	0x00000010

#define	LO_CLASSFLAGS	0x0000ffff
#define	LO_INITIALIZED	0x00010000
#define	LO_WITNESS	0x00020000
#define	LO_QUIET	0x00040000
#define	LO_RECURSABLE	0x00080000
#define	LO_SLEEPABLE	0x00100000
#define	LO_UPGRADABLE	0x00200000
#define	LO_DUPOK	0x00400000
#define	LO_CLASSMASK	0x0f000000
#define	LO_NOPROFILE	0x10000000
#define	LO_NEW		0x20000000
#define	LO_CLASSSHIFT	24
#define	LO_CLASSINDEX(lock)						\
	((((lock)->lo_flags) & LO_CLASSMASK) >> LO_CLASSSHIFT)
#define	LOCK_CLASS(lock)	(lock_classes[LO_CLASSINDEX((lock))])

#define	LOP_NEWORDER	0x00000001
#define	LOP_QUIET	0x00000002
#define	LOP_TRYLOCK	0x00000004
#define	LOP_EXCLUSIVE	0x00000008
#define	LOP_DUPOK	0x00000010
#define	LOP_NOSLEEP	0x00000020

/* What to assert of a lock; see mtx_assert(9), sx(9), rwlock(9). */
#define	LA_MASKASSERT	0x000000ff
#define	LA_UNLOCKED	0x00000000
#define	LA_LOCKED	0x00000001
#define	LA_SLOCKED	0x00000002
#define	LA_XLOCKED	0x00000004
#define	LA_RECURSED	0x00000008
#define	LA_NOTRECURSED	0x00000010

#ifdef _KERNEL
#define	lock_initialized(lo)	((lo)->lo_flags & LO_INITIALIZED)

extern struct lock_class lock_class_mtx_sleep;
extern struct lock_class lock_class_mtx_spin;
extern struct lock_class lock_class_sx;
extern struct lock_class lock_class_rw;
extern struct lock_class *lock_classes[];

/* Disable interrupts for this thread, and enable them again.  Calls nest. */
void	spinlock_enter(void);
void	spinlock_exit(void);

/*
 * The debug kernel checks lock order.  These constants exist for code that
 * names them.
 */
#define	WARN_GIANTOK	0x01	/* Giant is exempt */
#define	WARN_PANIC	0x02	/* every warning stops the test kernel */
#define	WARN_SLEEPOK	0x04	/* sleepable locks are exempt */
int	witness_warn(int, struct lock_object *, const char *, ...)
	    __printflike(3, 4);
int	witness_defineorder(struct lock_object *, struct lock_object *);
int	witness_is_owned(const struct lock_object *);
#ifdef WITNESS
#define	WITNESS_WARN(flags, lock, fmt, ...)				\
	witness_warn((flags), (lock), (fmt), ## __VA_ARGS__)
#define	WITNESS_CHECK(flags, lock, fmt, ...)				\
	witness_warn((flags), (lock), (fmt), ## __VA_ARGS__)
#define	WITNESS_DEFINEORDER(lock1, lock2)				\
	witness_defineorder((struct lock_object *)(lock1),		\
	    (struct lock_object *)(lock2))
#else
#define	WITNESS_WARN(flags, lock, fmt, ...)		(void)0
#define	WITNESS_CHECK(flags, lock, fmt, ...)		0
#define	WITNESS_DEFINEORDER(lock1, lock2)		0
#endif
#endif /* _KERNEL */

#endif /* !_SYS_LOCK_H_ */
