/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Mutexes, and sleeping on a channel with one held.
 *
 * See mutex(9) and sleep(9).  A default mutex may be taken anywhere but in a
 * filter.  A thread that holds one does not sleep, save in kpi_msleep().  A
 * spin mutex may be taken anywhere, for a few instructions.  Taking and
 * releasing record the caller's file and line, which WITNESS prints.
 */
#ifndef _KPI_MTX_H_
#define	_KPI_MTX_H_

#include "kpi.h"

#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>

struct kpi_mtx {
	struct mtx	km_mtx;
};

/* Kinds of mutex. */
enum {
	KPI_MTX_DEF = MTX_DEF,
	KPI_MTX_SPIN = MTX_SPIN,
};

/* What kpi_mtx_take_at() did. */
enum {
	KPI_MTX_TAKEN,
	KPI_MTX_REFUSED,	/* nothing: the mutex may not be taken here */
	KPI_MTX_STOPPED,	/* after a panic(9): nothing is excluded */
};

/* What kpi_mtx_assert() is to find. */
enum {
	KPI_MTX_NOTOWNED,
	KPI_MTX_OWNED,
};

/*
 * Initialise a mutex; kind: KPI_MTX_*.  name outlives the mutex.  WITNESS
 * orders mutexes by it.
 *
 * Context: any but a filter.
 */
void	kpi_mtx_init(struct kpi_mtx *m, const char *name, int kind);

/*
 * Destroy a mutex that nobody holds or waits for.
 *
 * Context: any but a filter.
 */
void	kpi_mtx_destroy(struct kpi_mtx *m);

/*
 * Take and release a default mutex.  file stays valid for ever, as __FILE__
 * does.
 *
 * Context: any but a filter.
 * Locks: m is not recursive; no spin mutex is held.
 */
void	kpi_mtx_lock_at(struct kpi_mtx *m, const char *file, int line);
void	kpi_mtx_unlock_at(struct kpi_mtx *m, const char *file, int line);

/*
 * Take and release a spin mutex.  file is as above.
 *
 * Context: any.
 */
void	kpi_mtx_lock_spin_at(struct kpi_mtx *m, const char *file, int line);
void	kpi_mtx_unlock_spin_at(struct kpi_mtx *m, const char *file, int line);

/*
 * Take a default mutex or a spin mutex, for a caller that may not rely on the
 * assertions of an INVARIANTS kernel.
 *
 * Context: any.
 * Returns: KPI_MTX_TAKEN.  KPI_MTX_REFUSED: the caller holds the mutex already,
 * or it is a default one and kpi_can_block() is false.  KPI_MTX_STOPPED: after
 * a panic(9), when the scheduler is stopped, one thread runs, and mutex(9) lets
 * it through.
 */
int	kpi_mtx_take_at(struct kpi_mtx *m, const char *file, int line);
int	kpi_mtx_take_spin_at(struct kpi_mtx *m, const char *file, int line);

/*
 * Find out whether memory may be allocated and freed here, and a default mutex
 * taken.  malloc(9) asserts the same in an INVARIANTS kernel.
 *
 * Context: any.
 * Returns: false in a filter, with a spin mutex held, or in a critical section;
 * true elsewhere, and after a panic(9).
 */
bool	kpi_can_block(void);

/*
 * Panic, in an INVARIANTS kernel, unless what (KPI_MTX_OWNED or
 * KPI_MTX_NOTOWNED) is so.
 *
 * Context: any.
 */
void	kpi_mtx_assert(const struct kpi_mtx *m, int what);

/* True if the calling thread holds the mutex.  Context: any. */
bool	kpi_mtx_owned(const struct kpi_mtx *m);

/*
 * Release m, sleep on chan until kpi_wakeup(chan) or until timeout has passed,
 * and take m again.  wmesg, at most 8 characters, is what ps(1) shows.  A
 * wakeup may be spurious, so the caller tests a condition.
 *
 * Context: sleepable, but for m.  While the kernel is cold (kpi_cold()) the
 * thread that boots sleeps without a timeout only: FreeBSD panics otherwise.
 * Locks: m is held.
 * Errors: EWOULDBLOCK: the timeout passed.
 * Units: timeout is sbintime_t; 0: no timeout.
 */
int	kpi_msleep(const void *chan, struct kpi_mtx *m, const char *wmesg,
	    sbintime_t timeout);

/*
 * Wake all threads that sleep on chan, or one.  In a kernel that has panicked,
 * nobody is woken.
 *
 * Context: any but a filter.
 */
void	kpi_wakeup(const void *chan);
void	kpi_wakeup_one(const void *chan);

#ifndef KPI_BINDGEN
#define	kpi_mtx_lock(m)		kpi_mtx_lock_at((m), __FILE__, __LINE__)
#define	kpi_mtx_unlock(m)	kpi_mtx_unlock_at((m), __FILE__, __LINE__)
#define	kpi_mtx_lock_spin(m)	kpi_mtx_lock_spin_at((m), __FILE__, __LINE__)
#define	kpi_mtx_unlock_spin(m)	kpi_mtx_unlock_spin_at((m), __FILE__, __LINE__)

KPI_INLINE void
kpi_mtx_lock_at(struct kpi_mtx *m, const char *file, int line)
{
	mtx_lock_flags_(&m->km_mtx, 0, file, line);
}

KPI_INLINE void
kpi_mtx_unlock_at(struct kpi_mtx *m, const char *file, int line)
{
	mtx_unlock_flags_(&m->km_mtx, 0, file, line);
}

KPI_INLINE void
kpi_mtx_lock_spin_at(struct kpi_mtx *m, const char *file, int line)
{
	mtx_lock_spin_flags_(&m->km_mtx, 0, file, line);
}

KPI_INLINE void
kpi_mtx_unlock_spin_at(struct kpi_mtx *m, const char *file, int line)
{
	mtx_unlock_spin_flags_(&m->km_mtx, 0, file, line);
}

KPI_INLINE bool
kpi_can_block(void)
{
	return (curthread->td_critnest == 0 || SCHEDULER_STOPPED());
}

KPI_INLINE int
kpi_mtx_take_at(struct kpi_mtx *m, const char *file, int line)
{
	bool stopped = SCHEDULER_STOPPED();

	if (!stopped && __predict_false(curthread->td_critnest != 0 ||
	    mtx_owned(&m->km_mtx)))
		return (KPI_MTX_REFUSED);
	mtx_lock_flags_(&m->km_mtx, 0, file, line);
	return (stopped ? KPI_MTX_STOPPED : KPI_MTX_TAKEN);
}

KPI_INLINE int
kpi_mtx_take_spin_at(struct kpi_mtx *m, const char *file, int line)
{
	bool stopped = SCHEDULER_STOPPED();

	if (!stopped && __predict_false(mtx_owned(&m->km_mtx) != 0))
		return (KPI_MTX_REFUSED);
	mtx_lock_spin_flags_(&m->km_mtx, 0, file, line);
	return (stopped ? KPI_MTX_STOPPED : KPI_MTX_TAKEN);
}

KPI_INLINE void
kpi_mtx_assert(const struct kpi_mtx *m __diagused, int what __diagused)
{
	/* MA_* exist in kernels that can assert only. */
	if (what == KPI_MTX_OWNED)
		mtx_assert(&m->km_mtx, MA_OWNED);
	else
		mtx_assert(&m->km_mtx, MA_NOTOWNED);
}

KPI_INLINE bool
kpi_mtx_owned(const struct kpi_mtx *m)
{
	return (mtx_owned(&m->km_mtx));
}
#endif /* !KPI_BINDGEN */

#endif /* !_KPI_MTX_H_ */
