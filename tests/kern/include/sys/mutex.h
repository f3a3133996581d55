/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* mutex(9). */

#ifndef _SYS_MUTEX_H_
#define	_SYS_MUTEX_H_

#include <sys/queue.h>
#include <sys/_lock.h>
#include <sys/_mutex.h>

#ifdef _KERNEL
#include <sys/lock.h>
#include <sys/pcpu.h>
#include <machine/atomic.h>
#include <machine/cpufunc.h>

/* For mtx_init(). */
#define	MTX_DEF		0x00000000	/* sleeps while waiting */
#define	MTX_SPIN	0x00000001	/* spins, interrupts off */
#define	MTX_RECURSE	0x00000004	/* the owner may lock it again */
#define	MTX_NOWITNESS	0x00000008	/* its order is nobody's business */
#define	MTX_NOPROFILE	0x00000020
#define	MTX_NEW		0x00000040	/* do not look for a double init */

/* For mtx_init() and mtx_lock_flags(). */
#define	MTX_QUIET	LOP_QUIET
#define	MTX_DUPOK	LOP_DUPOK	/* two of this type may be held */

/* Values of mtx_lock, and flags beside the owner in it. */
#define	MTX_UNOWNED	0x00000000
#define	MTX_RECURSED	0x00000001
#define	MTX_CONTESTED	0x00000002
#define	MTX_DESTROYED	0x00000004
#define	MTX_FLAGMASK	(MTX_RECURSED | MTX_CONTESTED | MTX_DESTROYED)

void	_mtx_init(volatile uintptr_t *c, const char *name, const char *type,
	    int opts);
void	_mtx_destroy(volatile uintptr_t *c);
void	mtx_sysinit(const void *arg);
int	_mtx_trylock_flags_(volatile uintptr_t *c, int opts, const char *file,
	    int line);
void	mtx_wait_unlocked(struct mtx *m);
void	__mtx_lock_flags(volatile uintptr_t *c, int opts, const char *file,
	    int line);
void	__mtx_unlock_flags(volatile uintptr_t *c, int opts, const char *file,
	    int line);
void	__mtx_lock_spin_flags(volatile uintptr_t *c, int opts, const char *file,
	    int line);
int	__mtx_trylock_spin_flags(volatile uintptr_t *c, int opts,
	    const char *file, int line);
void	__mtx_unlock_spin_flags(volatile uintptr_t *c, int opts,
	    const char *file, int line);
void	mtx_spin_wait_unlocked(struct mtx *m);
void	__mtx_assert(const volatile uintptr_t *c, int what, const char *file,
	    int line);

#define	mtx_init(m, n, t, o)						\
	_mtx_init(&(m)->mtx_lock, n, t, o)
#define	mtx_destroy(m)							\
	_mtx_destroy(&(m)->mtx_lock)
#define	mtx_trylock_flags_(m, o, f, l)					\
	_mtx_trylock_flags_(&(m)->mtx_lock, o, f, l)
#define	mtx_lock_flags_(m, o, f, l)					\
	__mtx_lock_flags(&(m)->mtx_lock, o, f, l)
#define	mtx_unlock_flags_(m, o, f, l)					\
	__mtx_unlock_flags(&(m)->mtx_lock, o, f, l)
#define	mtx_lock_spin_flags_(m, o, f, l)				\
	__mtx_lock_spin_flags(&(m)->mtx_lock, o, f, l)
#define	mtx_trylock_spin_flags_(m, o, f, l)				\
	__mtx_trylock_spin_flags(&(m)->mtx_lock, o, f, l)
#define	mtx_unlock_spin_flags_(m, o, f, l)				\
	__mtx_unlock_spin_flags(&(m)->mtx_lock, o, f, l)
#define	mtx_assert_(m, w, f, l)						\
	__mtx_assert(&(m)->mtx_lock, w, f, l)

#define	mtx_lock(m)		mtx_lock_flags((m), 0)
#define	mtx_lock_spin(m)	mtx_lock_spin_flags((m), 0)
#define	mtx_trylock(m)		mtx_trylock_flags((m), 0)
#define	mtx_trylock_spin(m)	mtx_trylock_spin_flags((m), 0)
#define	mtx_unlock(m)		mtx_unlock_flags((m), 0)
#define	mtx_unlock_spin(m)	mtx_unlock_spin_flags((m), 0)

#define	mtx_lock_flags(m, opts)						\
	mtx_lock_flags_((m), (opts), LOCK_FILE, LOCK_LINE)
#define	mtx_unlock_flags(m, opts)					\
	mtx_unlock_flags_((m), (opts), LOCK_FILE, LOCK_LINE)
#define	mtx_lock_spin_flags(m, opts)					\
	mtx_lock_spin_flags_((m), (opts), LOCK_FILE, LOCK_LINE)
#define	mtx_unlock_spin_flags(m, opts)					\
	mtx_unlock_spin_flags_((m), (opts), LOCK_FILE, LOCK_LINE)
#define	mtx_trylock_flags(m, opts)					\
	mtx_trylock_flags_((m), (opts), LOCK_FILE, LOCK_LINE)
#define	mtx_trylock_spin_flags(m, opts)					\
	mtx_trylock_spin_flags_((m), (opts), LOCK_FILE, LOCK_LINE)

#ifdef INVARIANTS
#define	mtx_assert(m, what)						\
	mtx_assert_((m), (what), __FILE__, __LINE__)
#define	GIANT_REQUIRED	mtx_assert_(&Giant, MA_OWNED, __FILE__, __LINE__)
#else
#define	mtx_assert(m, what)	(void)0
#define	GIANT_REQUIRED
#endif

#define	mtx_sleep(chan, mtx, pri, wmesg, timo)				\
	_sleep((chan), &(mtx)->lock_object, (pri), (wmesg),		\
	    tick_sbt * (timo), 0, C_HARDCLOCK)

#define	MTX_READ_VALUE(m)	(atomic_load_ptr(&(m)->mtx_lock))
#define	mtx_initialized(m)	lock_initialized(&(m)->lock_object)
#define	lv_mtx_owner(v)		((struct thread *)((v) & ~MTX_FLAGMASK))
#define	mtx_owner(m)		lv_mtx_owner(MTX_READ_VALUE(m))
#define	mtx_owned(m)		(mtx_owner(m) == curthread)
#define	mtx_recurse		lock_object.lo_data
#define	mtx_recursed(m)		((m)->mtx_recurse != 0)
#define	mtx_name(m)		((m)->lock_object.lo_name)

extern struct mtx Giant;

struct mtx_args {
	void		*ma_mtx;
	const char	*ma_desc;
	int		 ma_opts;
};

#define	MTX_SYSINIT(name, mtx, desc, opts)				\
	static struct mtx_args name##_args = {				\
		(mtx), (desc), (opts),					\
	};								\
	SYSINIT(name##_mtx_sysinit, SI_SUB_LOCK, SI_ORDER_MIDDLE,	\
	    mtx_sysinit, &name##_args);					\
	SYSUNINIT(name##_mtx_sysuninit, SI_SUB_LOCK, SI_ORDER_MIDDLE,	\
	    _mtx_destroy, __DEVOLATILE(void *, &(mtx)->mtx_lock))

#define	MA_OWNED	LA_XLOCKED
#define	MA_NOTOWNED	LA_UNLOCKED
#define	MA_RECURSED	LA_RECURSED
#define	MA_NOTRECURSED	LA_NOTRECURSED

#define	MTX_NETWORK_LOCK	"network driver"
#endif /* _KERNEL */

#endif /* !_SYS_MUTEX_H_ */
