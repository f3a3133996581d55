/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the calling thread may do: contexts of handlers, interrupts raised on
 * the calling thread, critical sections, and the one check before every sleep.
 */

#include "tk_var.h"

static const char *const context_names[] = {
	[TK_CTX_THREAD] = "a thread",
	[TK_CTX_TASK] = "a task",
	[TK_CTX_ITHREAD] = "an interrupt thread",
	[TK_CTX_CALLOUT] = "a callout",
	[TK_CTX_FILTER] = "a filter"
};

enum tk_context
tk_context(void)
{
	struct thread *td = curthread;

	return (td == NULL ? TK_CTX_THREAD : (enum tk_context)td->td_context);
}

int
tk_locks_held(void)
{
	struct thread *td = curthread;

	return (td == NULL ? 0 : td->td_nheld - td->td_hbase);
}

void
tk_ctx_enter(struct tk_ctx_mark *mark, enum tk_context ctx)
{
	struct thread *td = curthread;

	mark->ctx = td->td_context;
	mark->locks = td->td_nheld;
	mark->critnest = td->td_critnest;
	mark->no_sleeping = ctx == TK_CTX_ITHREAD || ctx == TK_CTX_CALLOUT;
	mark->handler = NULL;
	td->td_context = ctx;
	if (mark->no_sleeping)
		td->td_no_sleeping++;
}

void
tk_ctx_leave(const struct tk_ctx_mark *mark, const char *what)
{
	struct thread *td = curthread;

	tk_lock_check_none(mark->locks, what, mark->handler);
	if (td->td_critnest != (u_int)mark->critnest)
		tk_stop_at(mark->handler, "critical", "%s returned in a "
		    "critical section", what);
	if (mark->no_sleeping)
		td->td_no_sleeping--;
	td->td_context = mark->ctx;
}

/*
 * Interrupts.
 */
static uint64_t intr_seq;	/* of the last one */

/* Is another thread in a filter since before the interrupt after seq? */
static bool
intr_runs(uint64_t seq)
{
	struct tk_lwp *l;
	uint64_t in;

	tk_lock();
	TAILQ_FOREACH(l, &tk_lwps, link) {
		in = __atomic_load_n(&l->intr_seq, __ATOMIC_SEQ_CST);
		if (l != tk_self && in != 0 && in <= seq)
			break;
	}
	tk_unlock();
	return (l != NULL);
}

void
tk_intr_wait_all(void)
{
	uint64_t seq = __atomic_load_n(&intr_seq, __ATOMIC_SEQ_CST);

	while (intr_runs(seq))
		tk_spinwait();
}

void
tk_intr_enter(void)
{
	struct tk_intr_frame *f;
	struct tk_lwp *l;
	struct thread *td;

	tk_lwp_adopt();
	l = tk_self;
	td = &l->td;
	if (l->intr_depth == TK_INTR_DEPTH)
		tk_stop("interrupt", "filters nest too deeply");
	if (l->intr_depth == 0)
		__atomic_store_n(&l->intr_seq, __atomic_add_fetch(&intr_seq, 1,
		    __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
	f = &l->intr[l->intr_depth++];
	f->handler = NULL;
	f->td = curthread;
	f->context = td->td_context;
	f->hbase = td->td_hbase;
	tk_curthread = td;
	td->td_context = TK_CTX_FILTER;
	td->td_hbase = td->td_nheld;
	td->td_intr_nesting_level++;
	td->td_critnest++;
}

void
tk_intr_exit(void)
{
	struct tk_lwp *l = tk_self;
	struct tk_intr_frame *f;
	struct thread *td;

	if (l == NULL || l->intr_depth == 0)
		tk_stop("interrupt", "tk_intr_exit() outside a filter");
	td = &l->td;
	f = &l->intr[l->intr_depth - 1];
	tk_lock_check_none(td->td_hbase, "filter", f->handler);
	if (--l->intr_depth == 0)
		__atomic_store_n(&l->intr_seq, 0, __ATOMIC_RELEASE);
	td->td_critnest--;
	td->td_intr_nesting_level--;
	td->td_hbase = f->hbase;
	td->td_context = f->context;
	tk_curthread = f->td;
	tk_intr_run_pending();
}

static bool
interrupts_off(const struct tk_lwp *l)
{
	return (l->intr_depth != 0 || l->td.td_spinlock_count != 0);
}

static void
intr_run_now(void (*fn)(void *), void *arg)
{
	tk_intr_enter();
	tk_self->intr[tk_self->intr_depth - 1].handler = (const void *)fn;
	fn(arg);
	tk_intr_exit();
}

void
tk_intr_run_pending(void)
{
	struct tk_lwp *l = tk_self;
	void (*fn)(void *);
	void *arg;

	while (l->npending > 0 && !interrupts_off(l)) {
		fn = l->pending[0].fn;
		arg = l->pending[0].arg;
		l->npending--;
		memmove(&l->pending[0], &l->pending[1],
		    l->npending * sizeof(l->pending[0]));
		intr_run_now(fn, arg);
	}
}

void
tk_intr_run(void (*fn)(void *), void *arg)
{
	struct tk_lwp *l;

	tk_lwp_adopt();
	l = tk_self;
	if (!interrupts_off(l)) {
		intr_run_now(fn, arg);
		return;
	}
	for (int i = 0; i < l->npending; i++) {
		if (l->pending[i].fn == fn && l->pending[i].arg == arg)
			return;
	}
	if (l->npending == TK_INTR_PENDING)
		tk_stop("interrupt", "too many interrupts pending");
	l->pending[l->npending].fn = fn;
	l->pending[l->npending].arg = arg;
	l->npending++;
}

void
spinlock_enter(void)
{
	struct thread *td = curthread;

	if (td == NULL)
		tk_stop("agent", "spinlock_enter() outside the kernel");
	td->td_spinlock_count++;
	td->td_critnest++;
}

void
spinlock_exit(void)
{
	struct thread *td = curthread;

	if (td == NULL || td->td_spinlock_count == 0)
		tk_stop("critical", "spinlock_exit() without spinlock_enter()");
	td->td_spinlock_count--;
	td->td_critnest--;
	if (td->td_spinlock_count == 0 && td->td_lwp->npending != 0)
		tk_intr_run_pending();
}

void
critical_enter(void)
{
	struct thread *td = curthread;

	if (td == NULL)
		tk_stop("agent", "critical_enter() outside the kernel");
	td->td_critnest++;
}

void
critical_exit(void)
{
	struct thread *td = curthread;

	if (td == NULL || td->td_critnest == 0)
		tk_stop("critical", "critical_exit() without critical_enter()");
	td->td_critnest--;
	tk_preempt();
}

/*
 * May the caller sleep?  Held locks are checked last: where the context itself
 * forbids sleeping, the message names the context.
 */
static void
check_locks_for_sleep(const struct thread *td, const struct lock_object *locked,
    const char *what)
{
	char text[256];

	for (u_int i = td->td_hbase; i < td->td_nheld; i++) {
		const struct tk_held *h = &td->td_held[i];

		if (h->lo == locked || (h->lo->lo_flags & LO_SLEEPABLE) != 0)
			continue;
		tk_debug_stop(LO_CLASSINDEX(h->lo) == TK_LOCK_MTX_SPIN ?
		    "sleep-spin" : "sleep-lock", "%s with %s held", what,
		    tk_held_str(h, text, sizeof(text)));
	}
}

void
tk_may_sleep(const struct lock_object *locked, const char *what)
{
	struct thread *td = curthread;

	tk_need_boot(what);
	if (td == NULL)
		tk_stop("agent", "%s outside the kernel", what);
	if (td->td_intr_nesting_level != 0)
		tk_debug_stop("sleep-filter", "%s in a filter", what);
	if (td->td_nheld != td->td_hbase)
		check_locks_for_sleep(td, locked, what);
	if (td->td_critnest != 0)
		tk_debug_stop("sleep-critical",
		    "%s in a critical section", what);
	if (td->td_no_sleeping != 0)
		tk_debug_stop("sleep-context",
		    "%s in %s, which may not sleep", what,
		    td->td_context == TK_CTX_THREAD ? "THREAD_NO_SLEEPING()" :
		    context_names[td->td_context]);
}
