/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * refcount(9).  Wrapping around, and releasing what has no reference, panic.
 *
 * The counts are changed with acquire and release order themselves rather
 * than beside fences, so that ThreadSanitizer follows them.
 */

#ifndef __SYS_REFCOUNT_H__
#define	__SYS_REFCOUNT_H__

#include <sys/types.h>
#include <sys/kassert.h>
#include <machine/atomic.h>

#define	REFCOUNT_SATURATED(val)		(((val) & (1U << 31)) != 0)
#define	REFCOUNT_SATURATION_VALUE	(3U << 30)

static __inline void
refcount_init(volatile u_int *count, u_int value)
{
	KASSERT(!REFCOUNT_SATURATED(value),
	    ("invalid initial refcount value %u", value));
	atomic_store_int(count, value);
}

static __inline u_int
refcount_load(volatile const u_int *count)
{
	return (atomic_load_int(count));
}

static __inline u_int
refcount_acquiren(volatile u_int *count, u_int n)
{
	u_int old;

	KASSERT(n < REFCOUNT_SATURATION_VALUE / 2,
	    ("refcount_acquiren: n=%u too large", n));
	old = atomic_fetchadd_int(count, n);
	if (__predict_false(REFCOUNT_SATURATED(old)))
		panic("refcount %p wraparound", count);
	return (old);
}

static __inline u_int
refcount_acquire(volatile u_int *count)
{
	return (refcount_acquiren(count, 1));
}

static __inline __result_use_check bool
refcount_acquire_checked(volatile u_int *count)
{
	u_int old = atomic_load_int(count);

	do {
		if (__predict_false(REFCOUNT_SATURATED(old + 1)))
			return (false);
	} while (!atomic_fcmpset_int(count, &old, old + 1));
	return (true);
}

static __inline __result_use_check bool
refcount_acquire_if_gt(volatile u_int *count, u_int n)
{
	u_int old = atomic_load_int(count);

	do {
		if (old <= n)
			return (false);
		if (__predict_false(REFCOUNT_SATURATED(old)))
			return (true);
	} while (!atomic_fcmpset_int(count, &old, old + 1));
	return (true);
}

static __inline __result_use_check bool
refcount_acquire_if_not_zero(volatile u_int *count)
{
	return (refcount_acquire_if_gt(count, 0));
}

/* True if this was the last reference. */
static __inline bool
refcount_releasen(volatile u_int *count, u_int n)
{
	u_int old;

	KASSERT(n < REFCOUNT_SATURATION_VALUE / 2,
	    ("refcount_releasen: n=%u too large", n));
	old = __atomic_fetch_sub(count, n, __ATOMIC_ACQ_REL);
	if (__predict_false(old < n || REFCOUNT_SATURATED(old)))
		panic("refcount %p wraparound", count);
	return (old == n);
}

static __inline bool
refcount_release(volatile u_int *count)
{
	return (refcount_releasen(count, 1));
}

static __inline __result_use_check bool
refcount_release_if_gt(volatile u_int *count, u_int n)
{
	u_int old = atomic_load_int(count);

	KASSERT(n > 0, ("%s: zero increment", __func__));
	do {
		if (old <= n || __predict_false(REFCOUNT_SATURATED(old)))
			return (false);
	} while (!atomic_fcmpset_rel_int(count, &old, old - 1));
	return (true);
}

static __inline __result_use_check bool
refcount_release_if_last(volatile u_int *count)
{
	u_int one = 1;

	return (__atomic_compare_exchange_n(count, &one, 0, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

static __inline __result_use_check bool
refcount_release_if_not_last(volatile u_int *count)
{
	return (refcount_release_if_gt(count, 1));
}

#endif /* !__SYS_REFCOUNT_H__ */
