/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * callout(9).
 *
 * One kernel thread, "clock", runs the handlers in the order of their times,
 * and of their scheduling where times are equal; those with C_DIRECT_EXEC run
 * in interrupt context.  Precision is accepted and not used: a handler runs at
 * its time exactly, as far as the clock allows.
 *
 * A callout's states are FreeBSD's: pending (in the list), and current, while
 * its lock is taken and the handler runs.  Until the clock thread has the
 * callout's lock, the handler can still be cancelled.  From then on a caller
 * can only wait for it to end.
 *
 * Locks: everything here is under tk_lock(), but for c_flags, which belongs to
 * the callout's user.
 */

#include "tk_var.h"

#include <sys/callout.h>
#include <sys/kthread.h>

/* Ticks to the next event from which on precision does not matter: 5 %. */
#define	TC_PRECEXP	4

static struct callout_tailq pending = TAILQ_HEAD_INITIALIZER(pending);
static const char clock_chan, drain_chan;
static struct tk_lwp *clock_lwp;
static bool clock_stops;

/* What the clock thread is doing. */
static struct callout *current;		/* or NULL */
static bool current_cancelled;		/* or cannot be any more */
static bool current_drained;		/* someone waits for its end */

/*
 * When: the time a callout with this interval is due.  With C_HARDCLOCK, and
 * for long intervals, it is counted from the last tick.
 */
void
callout_when(sbintime_t sbt, sbintime_t precision, int flags, sbintime_t *res,
    sbintime_t *prec_res)
{
	sbintime_t base, pr;

	if ((flags & (C_ABSOLUTE | C_PRECALC)) != 0) {
		*res = sbt;
		*prec_res = precision;
		return;
	}
	if ((flags & C_HARDCLOCK) != 0 && sbt < tick_sbt)
		sbt = tick_sbt;
	if ((flags & C_HARDCLOCK) != 0 && sbt % tick_sbt == 0 &&
	    sbt / tick_sbt <= INT_MAX) {
		/*
		 * Count whole ticks, so that the rounding of tick_sbt does not
		 * bring the time before the tick.
		 */
		*res = tk_tick_sbt(sbt / tick_sbt);
		*prec_res = precision;
		return;
	}
	if ((flags & C_HARDCLOCK) != 0)
		base = getsbinuptime();
	else if (sbt >= tick_sbt << TC_PRECEXP)
		base = getsbinuptime() + tick_sbt;
	else
		base = sbinuptime();
	*res = SBT_MAX - base < sbt ? SBT_MAX : base + sbt;
	pr = C_PRELGET(flags) < 0 ? sbt >> TC_PRECEXP :
	    sbt >> C_PRELGET(flags);
	*prec_res = pr > precision ? pr : precision;
}

void
callout_init(struct callout *c, int mpsafe)
{
	*c = (struct callout){
		.c_lock = mpsafe ? NULL : &Giant.lock_object,
		.c_iflags = mpsafe ? CALLOUT_RETURNUNLOCKED : 0
	};
}

void
_callout_init_lock(struct callout *c, struct lock_object *lock, int flags)
{
	KASSERT(lock != NULL, ("%s: no lock", __func__));
	KASSERT((flags & ~(CALLOUT_RETURNUNLOCKED | CALLOUT_SHAREDLOCK)) == 0,
	    ("%s: bad flags %d", __func__, flags));
	tk_lock_live(lock, LO_CLASSINDEX(lock), "callout_init_mtx()");
	KASSERT((LOCK_CLASS(lock)->lc_flags & LC_SLEEPABLE) == 0,
	    ("%s: callout %p has sleepable lock", __func__, c));
	*c = (struct callout){ .c_lock = lock, .c_iflags = flags };
}

/*
 * The flags are read by callout_pending(), which takes no lock.
 */
static void
iflags_change(struct callout *c, short set, short clear)
{
	__atomic_store_n(&c->c_iflags, (c->c_iflags & ~clear) | set,
	    __ATOMIC_RELAXED);
}

/*
 * Stop if the callout was never initialised.  The pattern that malloc(9) fills
 * memory with is no valid set of flags.
 */
static void
check_initialised(const struct callout *c, const char *what)
{
	short iflags = __atomic_load_n(&c->c_iflags, __ATOMIC_RELAXED);

	if ((iflags & ~(CALLOUT_PENDING | CALLOUT_RETURNUNLOCKED |
	    CALLOUT_SHAREDLOCK | CALLOUT_DIRECT)) != 0 ||
	    (c->c_lock == NULL && (iflags & CALLOUT_RETURNUNLOCKED) == 0))
		tk_stop("callout-init", "%s of a callout that was never "
		    "initialised", what);
}

/* The list of pending callouts. */
static void
insert(struct callout *c)
{
	struct callout *before;

	TAILQ_FOREACH(before, &pending, c_links.tqe) {
		if (before->c_time > c->c_time)
			break;
	}
	if (before != NULL)
		TAILQ_INSERT_BEFORE(before, c, c_links.tqe);
	else
		TAILQ_INSERT_TAIL(&pending, c, c_links.tqe);
	iflags_change(c, CALLOUT_PENDING, 0);
	if (TAILQ_FIRST(&pending) == c)
		(void)tk_wake(&clock_chan);
}

static void
remove(struct callout *c)
{
	TAILQ_REMOVE(&pending, c, c_links.tqe);
	iflags_change(c, 0, CALLOUT_PENDING);
}

/*
 * Returns 1 if a handler that was pending, or that had not started yet, was
 * replaced; else 0.
 */
int
callout_reset_sbt_on(struct callout *c, sbintime_t sbt, sbintime_t prec,
    void (*ftn)(void *), void *arg, int cpu, int flags)
{
	sbintime_t when;
	int cancelled = 0;

	tk_preempt();
	check_initialised(c, "callout_reset()");
	if (c->c_lock != NULL)
		tk_lock_live(c->c_lock, LO_CLASSINDEX(c->c_lock),
		    "callout_reset() with its lock, use");
	KASSERT(cpu <= 0, ("%s: invalid cpu %d", __func__, cpu));
	KASSERT((flags & C_DIRECT_EXEC) == 0 || c->c_lock == NULL ||
	    (LOCK_CLASS(c->c_lock)->lc_flags & LC_SPINLOCK) != 0,
	    ("%s: direct callout %p has non-spin lock", __func__, c));
	callout_when(sbt, prec, flags, &when, &prec);
	tk_lock();
	if (current == c) {
		if (c->c_lock != NULL && !current_cancelled)
			cancelled = current_cancelled = true;
		/*
		 * A thread drains the callout, so it must not be started again.
		 */
		if (current_drained) {
			tk_unlock();
			return (cancelled);
		}
	}
	if ((c->c_iflags & CALLOUT_PENDING) != 0) {
		remove(c);
		cancelled = 1;
	}
	c->c_arg = arg;
	c->c_func = ftn;
	c->c_time = when;
	c->c_precision = prec;
	c->c_flags |= CALLOUT_ACTIVE;
	iflags_change(c, (flags & C_DIRECT_EXEC) != 0 ? CALLOUT_DIRECT : 0,
	    CALLOUT_DIRECT);
	insert(c);
	tk_unlock();
	return (cancelled);
}

int
callout_schedule_on(struct callout *c, int to_ticks, int cpu)
{
	return (callout_reset_on(c, to_ticks, c->c_func, c->c_arg, cpu));
}

int
callout_schedule(struct callout *c, int to_ticks)
{
	return (callout_schedule_on(c, to_ticks, c->c_cpu));
}

static void
check_stop(struct callout *c, bool drain)
{
	const char *what = drain ? "callout_drain()" : "callout_stop()";

	check_initialised(c, what);
	if (!drain) {
		if (c->c_lock != NULL && c->c_lock != &Giant.lock_object)
			LOCK_CLASS(c->c_lock)->lc_assert(c->c_lock,
			    LA_XLOCKED);
		return;
	}
	/* It would wait for itself, with INVARIANTS or without. */
	if (clock_lwp != NULL && tk_self == clock_lwp)
		tk_stop("callout-drain", "callout_drain() in a callout");
	tk_may_sleep(NULL, what);
}

/*
 * Returns 1 if a handler was kept from running, 0 if it runs now.  Returns -1
 * if the callout was neither pending nor running, also when a drain waited for
 * its end.
 */
int
_callout_stop_safe(struct callout *c, int flags)
{
	bool drain = (flags & CS_DRAIN) != 0;
	int result = 1;

	tk_preempt();
	check_stop(c, drain);
	tk_lock();
	while (drain && current == c) {
		current_drained = true;
		(void)tk_block(&drain_chan, "codrain", -1);
	}
	if (current == c) {
		c->c_flags &= ~CALLOUT_ACTIVE;
		if (c->c_lock != NULL && !current_cancelled &&
		    tk_lock_held(c->c_lock, false) != NULL) {
			/*
			 * The clock thread waits for the lock that the caller
			 * holds.
			 */
			current_cancelled = true;
			tk_unlock();
			return (1);
		}
		result = 0;
	}
	if ((c->c_iflags & CALLOUT_PENDING) != 0) {
		remove(c);
		c->c_flags &= ~CALLOUT_ACTIVE;
	} else {
		if (drain)
			c->c_flags &= ~CALLOUT_ACTIVE;
		if (current != c)
			result = -1;
	}
	tk_unlock();
	return (result);
}

/*
 * The clock thread.
 */

/*
 * Run one handler.  Entered and left with tk_lock(), which is released while
 * the handler runs.
 */
static void
run(struct callout *c)
{
	struct lock_object *lock = c->c_lock;
	void (*func)(void *) = c->c_func;
	void *arg = c->c_arg;
	int iflags = c->c_iflags;
	struct tk_ctx_mark mark = { .handler = NULL };
	bool direct = (iflags & CALLOUT_DIRECT) != 0;

	remove(c);
	current = c;
	current_cancelled = current_drained = false;
	tk_unlock();
	if (direct)
		tk_intr_enter();
	else
		tk_ctx_enter(&mark, TK_CTX_CALLOUT);
	mark.handler = (const void *)func;
	if (lock != NULL) {
		LOCK_CLASS(lock)->lc_lock(lock,
		    (iflags & CALLOUT_SHAREDLOCK) != 0);
		tk_lock();
		if (current_cancelled) {
			tk_unlock();
			LOCK_CLASS(lock)->lc_unlock(lock);
			goto done;
		}
		current_cancelled = true;
		tk_unlock();
	}
	func(arg);
	if (lock != NULL && (iflags & CALLOUT_RETURNUNLOCKED) == 0)
		LOCK_CLASS(lock)->lc_unlock(lock);
done:
	if (direct)
		tk_intr_exit();
	else
		tk_ctx_leave(&mark, "callout handler");
	tk_lock();
	current = NULL;
	if (current_drained)
		(void)tk_wake(&drain_chan);
}

static void
clock_main(void *arg __unused)
{
	struct callout *c;
	int64_t due;

	tk_lock();
	while (!clock_stops) {
		c = TAILQ_FIRST(&pending);
		due = c == NULL ? -1 : tk_sbt_to_ns(qmax(c->c_time, 0));
		if (c != NULL && due <= tk_now_ns())
			run(c);
		else
			(void)tk_block(&clock_chan, "clock", due);
	}
	tk_unlock();
}

/*
 * Ledger: callouts that are pending at shutdown.  The place that started a
 * callout is not recorded; the handler's name is printed instead.
 */
static int
callout_report(bool print)
{
	struct tk_where where;
	struct callout *c;
	int n = 0;

	tk_lock();
	TAILQ_FOREACH(c, &pending, c_links.tqe) {
		n++;
		/* Return addresses lie behind the call, so add one. */
		memset(&where, 0, sizeof(where));
		where.pc[0] = (void *)((uintptr_t)c->c_func + 1);
		if (print)
			tk_leak(&where, "callout still pending, its handler");
	}
	tk_unlock();
	return (n);
}

void
tk_callout_check_free(const void *p, size_t size)
{
	struct callout *c;
	const char *state = NULL;

	tk_lock();
	TAILQ_FOREACH(c, &pending, c_links.tqe) {
		if ((uintptr_t)c - (uintptr_t)p < size)
			state = "pending";
	}
	if (current != NULL && (uintptr_t)current - (uintptr_t)p < size &&
	    tk_self != clock_lwp)
		state = "running";
	tk_unlock();
	if (state != NULL)
		tk_stop("callout-free", "free of memory that holds a %s "
		    "callout", state);
}

static void
clock_boot(void)
{
	TAILQ_INIT(&pending);
	current = NULL;
	clock_stops = false;
	tk_ledger("callout", callout_report);
	clock_lwp = tk_lwp_create(TK_LWP_THREAD, "clock", clock_main, NULL,
	    true, NULL, false);
}
TK_INIT_PRIO(clock_boot, 10);

static void
clock_shutdown(void)
{
	tk_lock();
	clock_stops = true;
	(void)tk_wake(&clock_chan);
	tk_unlock();
	tk_lwp_join(clock_lwp);
	clock_lwp = NULL;
}
TK_FINI_PRIO(clock_shutdown, 10);
