/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Mutexes, and sleeping on a channel with one held.
 *
 * See mutex(9) and sleep(9).  A default mutex may be taken anywhere but in a
 * filter; a thread that holds one does not sleep, save in kpi_msleep().  A spin
 * mutex may be taken anywhere, for a few instructions.  Taking and releasing
 * record the caller's file and line, which WITNESS prints.
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
 * Initialise; kind: KPI_MTX_*.  name outlives the mutex and is what WITNESS
 * orders by.  No filter.
 */
void	kpi_mtx_init(struct kpi_mtx *m, const char *name, int kind);

/* Destroy a mutex that nobody holds or waits for.  No filter. */
void	kpi_mtx_destroy(struct kpi_mtx *m);

/*
 * Take and release a default mutex.  No filter; not recursive.  file stays
 * valid for ever, as __FILE__ does.
 */
void	kpi_mtx_lock_at(struct kpi_mtx *m, const char *file, int line);
void	kpi_mtx_unlock_at(struct kpi_mtx *m, const char *file, int line);

/* Take and release a spin mutex.  Any context. */
void	kpi_mtx_lock_spin_at(struct kpi_mtx *m, const char *file, int line);
void	kpi_mtx_unlock_spin_at(struct kpi_mtx *m, const char *file, int line);

/*
 * The same for callers who may not rely on an INVARIANTS kernel's assertions:
 * KPI_MTX_REFUSED if the caller holds the mutex already, and for a default one
 * also where kpi_can_block() is false.  After a panic(9) the scheduler is
 * stopped, one thread runs, and mutex(9) lets it through.
 *
 * Context: any.
 */
int	kpi_mtx_take_at(struct kpi_mtx *m, const char *file, int line);
int	kpi_mtx_take_spin_at(struct kpi_mtx *m, const char *file, int line);

/*
 * True where memory may be allocated and freed, and a default mutex taken: not
 * in a filter, with a spin mutex held or in a critical section.  malloc(9)
 * asserts the same in an INVARIANTS kernel.  True after a panic(9).
 *
 * Context: any.
 */
bool	kpi_can_block(void);

/* Panic, in an INVARIANTS kernel, unless what (KPI_MTX_*) holds. */
void	kpi_mtx_assert(const struct kpi_mtx *m, int what);

/* True if the calling thread holds it. */
bool	kpi_mtx_owned(const struct kpi_mtx *m);

/*
 * Release m, sleep on chan until kpi_wakeup(chan) or until timeout has passed,
 * take m again.  timeout in units of sbintime_t, 0: none.  wmesg is what ps(1)
 * shows, at most 8 characters.  Wakeups may be spurious: test a condition.
 * Sleepable but for m.  0: woken; EWOULDBLOCK: timed out.
 */
int	kpi_msleep(const void *chan, struct kpi_mtx *m, const char *wmesg,
	    sbintime_t timeout);

/*
 * Wake all, or one, that sleep on chan; nobody in a kernel that has panicked.
 * Any context but a filter.
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
