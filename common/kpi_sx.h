/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Shared/exclusive locks that may be held across a sleep.
 *
 * See sx(9).  Many threads share a lock, or one thread has it exclusively.
 * Taking one may sleep, so no mutex is held, and no filter, interrupt handler
 * or callout takes one.  What such code shares needs a mutex.  Taking and
 * releasing record the caller's file and line, which WITNESS prints.
 */
#ifndef _KPI_SX_H_
#define	_KPI_SX_H_

#include "kpi.h"

#include <sys/lock.h>
#include <sys/proc.h>
#include <sys/sx.h>

struct kpi_sx {
	struct sx	ks_sx;
};

/*
 * Initialise a lock.  name outlives the lock.  WITNESS orders locks by it.
 *
 * Context: any but a filter.
 */
void	kpi_sx_init(struct kpi_sx *sx, const char *name);

/*
 * Destroy a lock that nobody holds or waits for.
 *
 * Context: any but a filter.
 */
void	kpi_sx_destroy(struct kpi_sx *sx);

/*
 * Take and release a lock, exclusively or shared with other threads.  The
 * thread that took the lock releases it.  file stays valid for ever, as
 * __FILE__ does.
 *
 * Context: sleepable.
 * Locks: no mutex is held.  The caller does not hold sx.
 */
void	kpi_sx_xlock_at(struct kpi_sx *sx, const char *file, int line);
void	kpi_sx_xunlock_at(struct kpi_sx *sx, const char *file, int line);
void	kpi_sx_slock_at(struct kpi_sx *sx, const char *file, int line);
void	kpi_sx_sunlock_at(struct kpi_sx *sx, const char *file, int line);

/*
 * Take a lock, for a caller that may not rely on the assertions of an
 * INVARIANTS kernel.
 *
 * Context: sleepable.
 * Locks: as above.
 * Returns: true: taken.  false: nothing was done, because the caller has the
 * lock exclusively already, because no thread may sleep here (a filter, a spin
 * mutex, a critical section), or because the kernel has panicked.
 */
bool	kpi_sx_take_x_at(struct kpi_sx *sx, const char *file, int line);
bool	kpi_sx_take_s_at(struct kpi_sx *sx, const char *file, int line);

/*
 * Find out whether the calling thread holds the lock exclusively.  Which
 * threads share a lock is not recorded.
 *
 * Context: any.
 * Returns: true if it does.
 */
bool	kpi_sx_xowned(const struct kpi_sx *sx);

#ifndef KPI_BINDGEN
#define	kpi_sx_xlock(sx)	kpi_sx_xlock_at((sx), __FILE__, __LINE__)
#define	kpi_sx_xunlock(sx)	kpi_sx_xunlock_at((sx), __FILE__, __LINE__)
#define	kpi_sx_slock(sx)	kpi_sx_slock_at((sx), __FILE__, __LINE__)
#define	kpi_sx_sunlock(sx)	kpi_sx_sunlock_at((sx), __FILE__, __LINE__)

KPI_INLINE void
kpi_sx_xlock_at(struct kpi_sx *sx, const char *file, int line)
{
	(void)_sx_xlock(&sx->ks_sx, 0, file, line);
}

KPI_INLINE void
kpi_sx_xunlock_at(struct kpi_sx *sx, const char *file, int line)
{
	_sx_xunlock(&sx->ks_sx, file, line);
}

KPI_INLINE void
kpi_sx_slock_at(struct kpi_sx *sx, const char *file, int line)
{
	(void)_sx_slock(&sx->ks_sx, 0, file, line);
}

KPI_INLINE void
kpi_sx_sunlock_at(struct kpi_sx *sx, const char *file, int line)
{
	_sx_sunlock(&sx->ks_sx, file, line);
}

KPI_INLINE bool
kpi_sx_xowned(const struct kpi_sx *sx)
{
	return (sx_xlocked(&sx->ks_sx));
}

KPI_INLINE bool
kpi_sx_take_x_at(struct kpi_sx *sx, const char *file, int line)
{
	if (SCHEDULER_STOPPED() || __predict_false(
	    curthread->td_critnest != 0 || sx_xlocked(&sx->ks_sx)))
		return (false);
	(void)_sx_xlock(&sx->ks_sx, 0, file, line);
	return (true);
}

KPI_INLINE bool
kpi_sx_take_s_at(struct kpi_sx *sx, const char *file, int line)
{
	if (SCHEDULER_STOPPED() || __predict_false(
	    curthread->td_critnest != 0 || sx_xlocked(&sx->ks_sx)))
		return (false);
	(void)_sx_slock(&sx->ks_sx, 0, file, line);
	return (true);
}
#endif /* !KPI_BINDGEN */

#endif /* !_KPI_SX_H_ */
