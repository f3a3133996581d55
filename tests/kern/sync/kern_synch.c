/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * sleep(9): msleep, tsleep, pause, wakeup, and the sleep that condvar(9)
 * shares with them.
 *
 * Priorities are accepted and ignored.  A sleep with PCATCH returns EINTR
 * after tk_thread_interrupt(); there are no signals.
 */

#include "tk_var.h"

#include <sys/sched.h>

/* The lock that a sleep releases and takes again. */
struct interlock {
	struct lock_object *lo;		/* NULL: none */
	struct tk_held	 held;
};

static void
interlock_check(struct interlock *il, struct lock_object *lo,
    const char *wmesg, const char *what)
{
	const struct tk_held *h;

	il->lo = lo;
	if (lo == NULL)
		return;
	tk_lock_live(lo, LO_CLASSINDEX(lo), what);
	h = tk_lock_held(lo, false);
	if (h == NULL)
		h = tk_lock_held(lo, true);
	if (h == NULL)
		tk_stop("sleep-unlocked", "%s on \"%s\" without holding its "
		    "lock \"%s\"", what, wmesg, lo->lo_name);
	if (h->depth != 0)
		tk_debug_stop("sleep-recursed",
		    "%s on \"%s\" with its lock \"%s\" "
		    "recursed", what, wmesg, lo->lo_name);
	il->held = *h;
}

/* With tk_lock() held, so that no wakeup is lost. */
static void
interlock_release(struct interlock *il)
{
	switch (il->lo == NULL ? -1 : (int)LO_CLASSINDEX(il->lo)) {
	case TK_LOCK_MTX_SLEEP:
	case TK_LOCK_MTX_SPIN:
		tk_mtx_release_locked((struct mtx *)il->lo);
		break;
	case TK_LOCK_SX:
	case TK_LOCK_RW:
		tk_sh_release_locked((struct tk_shlock *)il->lo,
		    il->held.shared);
		break;
	}
}

static void
interlock_reacquire(struct interlock *il)
{
	switch (il->lo == NULL ? -1 : (int)LO_CLASSINDEX(il->lo)) {
	case TK_LOCK_MTX_SLEEP:
		tk_mtx_reacquire((struct mtx *)il->lo, &il->held);
		break;
	case TK_LOCK_MTX_SPIN:
		mtx_lock_spin((struct mtx *)il->lo);
		memcpy(curthread->td_held[curthread->td_nheld - 1].pc,
		    il->held.pc, sizeof(il->held.pc));
		break;
	case TK_LOCK_SX:
	case TK_LOCK_RW:
		tk_sh_reacquire((struct tk_shlock *)il->lo,
		    LO_CLASSINDEX(il->lo), &il->held);
		break;
	}
}

/* Forget a pending interrupt.  Returns whether there was one. */
static bool
interrupted(bool catch)
{
	if (!catch || !tk_self->interrupted)
		return (false);
	tk_self->interrupted = false;
	return (true);
}

static int
wait_on(const void *chan, struct interlock *il, bool catch, const char *wmesg,
    int64_t deadline)
{
	bool woken;
	int error;

	tk_lock();
	if (interrupted(catch)) {
		interlock_release(il);
		tk_unlock();
		return (EINTR);
	}
	tk_wait_enter(chan, wmesg, deadline);
	tk_self->catches = catch;
	interlock_release(il);
	woken = tk_wait_park();
	tk_self->catches = false;
	error = woken ? 0 : interrupted(catch) ? EINTR : EWOULDBLOCK;
	tk_unlock();
	return (error);
}

void
tk_not_panicked(const char *what)
{
	if (SCHEDULER_STOPPED())
		tk_stop("panicked", "%s in a kernel that has panicked", what);
}

/* The thread that boots, before timers work. */
static bool
boots(void)
{
	return (cold && tk_self == TAILQ_FIRST(&tk_lwps));
}

/*
 * Nothing would end the sleep, and FreeBSD panics.
 * Source: sys/kern/subr_sleepqueue.c, sleepq_set_timeout_sbt().
 */
static void
not_timed_at_boot(int64_t deadline, const char *what)
{
	if (deadline >= 0 && boots())
		tk_stop("cold", "%s with a timeout before timers work", what);
}

int64_t
tk_sleep_deadline(sbintime_t sbt, sbintime_t pr, int flags)
{
	sbintime_t when;

	if (sbt == 0)
		return (-1);
	callout_when(sbt, pr, flags, &when, &pr);
	return (tk_sbt_to_ns(when));
}

int
tk_sleep(const void *chan, struct lock_object *lock, int pri,
    const char *wmesg, int64_t deadline, const char *what)
{
	struct interlock il;
	int error;

	tk_preempt();
	tk_not_panicked(what);
	tk_may_sleep(lock, what);
	not_timed_at_boot(deadline, what);
	interlock_check(&il, lock, wmesg, what);
	error = wait_on(chan, &il, (pri & PCATCH) != 0, wmesg, deadline);
	if ((pri & PDROP) == 0)
		interlock_reacquire(&il);
	return (error);
}

int
_sleep(const void *chan, struct lock_object *lock, int pri, const char *wmesg,
    sbintime_t sbt, sbintime_t pr, int flags)
{
	const char *what = lock == NULL ? "tsleep()" : "msleep()";

	KASSERT(chan != NULL, ("_sleep: NULL ident"));
	KASSERT((pri & PDROP) == 0 || lock != NULL,
	    ("PDROP requires a non-Giant lock"));
	if (lock == NULL && sbt == 0 && (pri & PNOLOCK) == 0)
		tk_debug_stop("sleep-nolock",
		    "tsleep() on \"%s\" without a lock and "
		    "without a timeout", wmesg);
	if (lock != NULL && lock_initialized(lock) &&
	    LO_CLASSINDEX(lock) == TK_LOCK_MTX_SPIN)
		tk_stop("sleep-spin", "msleep() on \"%s\" with spin mutex "
		    "\"%s\": use msleep_spin()", wmesg, lock->lo_name);
	return (tk_sleep(chan, lock, pri, wmesg,
	    tk_sleep_deadline(sbt, pr, flags), what));
}

/*
 * The spin mutex is the only one held.  Once it is released, interrupts are on.
 */
int
msleep_spin_sbt(const void *chan, struct mtx *mtx, const char *wmesg,
    sbintime_t sbt, sbintime_t pr, int flags)
{
	struct thread *td = curthread;
	struct interlock il;
	int64_t deadline = tk_sleep_deadline(sbt, pr, flags);
	int error;

	KASSERT(chan != NULL, ("msleep_spin_sbt: NULL ident"));
	tk_lock_live(&mtx->lock_object, TK_LOCK_MTX_SPIN, "msleep_spin()");
	interlock_check(&il, &mtx->lock_object, wmesg, "msleep_spin()");
	/* The checks must not count the spin mutex that the sleep releases. */
	td->td_critnest--;
	tk_not_panicked("msleep_spin()");
	tk_may_sleep(&mtx->lock_object, "msleep_spin()");
	td->td_critnest++;
	not_timed_at_boot(deadline, "msleep_spin()");
	error = wait_on(chan, &il, false, wmesg, deadline);
	/* wait_on() released the mutex, but interrupts are still off. */
	spinlock_exit();
	interlock_reacquire(&il);
	return (error);
}

int
pause_sbt(const char *wmesg, sbintime_t sbt, sbintime_t pr, int flags)
{
	static const char pause_chan;

	KASSERT(sbt >= 0, ("pause_sbt: timeout must be >= 0"));
	if (sbt == 0)
		sbt = tick_sbt;
	if (boots() || SCHEDULER_STOPPED()) {
		DELAY((int)(sbt / SBT_1US));
		return (EWOULDBLOCK);
	}
	return (tk_sleep(&pause_chan, NULL, (flags & C_CATCH) != 0 ? PCATCH : 0,
	    wmesg, tk_sleep_deadline(sbt, pr, flags), "pause()"));
}

/*
 * Waking: in every context.
 */
void
wakeup(const void *chan)
{
	tk_not_panicked("wakeup()");
	tk_lock();
	(void)tk_wake(chan);
	tk_unlock();
	tk_preempt();
}

/* Wakes the thread that has slept longest: priorities are equal here. */
void
wakeup_one(const void *chan)
{
	tk_not_panicked("wakeup_one()");
	tk_lock();
	(void)tk_wake_one(chan);
	tk_unlock();
	tk_preempt();
}

void
wakeup_any(const void *chan)
{
	wakeup_one(chan);
}

void
kern_yield(int prio)
{
	tk_may_sleep(NULL, "kern_yield()");
	tk_spinwait();
}

bool
should_yield(void)
{
	return (false);
}

void
maybe_yield(void)
{
	tk_preempt();
}

void
sched_prio(struct thread *td, u_char prio)
{
	td->td_priority = prio;
}
