/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * taskqueue(9).
 *
 * A queue's tasks run in its threads in the order of their priorities.  A task
 * that is enqueued again while it waits is only counted.  A task that is
 * enqueued while it runs is queued again.  Timeout tasks are enqueued by a
 * callout.  Its lock is the queue's mutex, so with that mutex held a timeout
 * can be cancelled reliably.
 *
 * "Fast" queues have a spin mutex: filters may enqueue to them.  Left out: CPU
 * sets, network epochs, and software interrupts (taskqueue_swi has a thread
 * like all others).
 */

#include "tk_var.h"

#include <sys/callout.h>
#include <sys/kthread.h>
#include <sys/taskqueue.h>
#include <machine/stdarg.h>

#define	TQ_ACTIVE	0x1		/* not being freed */
#define	TQ_BLOCKED	0x2		/* enqueueing starts nothing */

/* timeout_task.f */
#define	DT_ARMED	0x1		/* counted in tq_callouts */
#define	DT_DRAINING	0x2

/* A task that runs now: on the stack of its thread. */
struct busy {
	LIST_ENTRY(busy) link;
	struct task	*task;
	u_int		 seq;
	bool		 canceling;
};

/*
 * All of it is under tq_mutex but the constants (c).
 */
struct taskqueue {
	STAILQ_HEAD(, task) tq_queue;
	LIST_HEAD(, busy) tq_active;
	taskqueue_enqueue_fn tq_enqueue;	/* (c) */
	void		*tq_context;		/* (c) */
	char		 tq_name[TASKQUEUE_NAMELEN];	/* (c) */
	struct mtx	 tq_mutex;
	bool		 tq_spin;		/* (c) */
	u_int		 tq_flags;
	u_int		 tq_seq;		/* tasks started */
	int		 tq_callouts;		/* timeouts armed */
	int		 tq_tcount;		/* threads */
	struct thread	**tq_threads;
	taskqueue_callback_fn tq_callbacks[TASKQUEUE_NUM_CALLBACKS];
	void		*tq_cb_contexts[TASKQUEUE_NUM_CALLBACKS];
	LIST_ENTRY(taskqueue) tq_link;		/* all queues, leaf lock */
	struct tk_where	 tq_where;		/* (c) */
};

static MALLOC_DEFINE(M_TASKQUEUE, "taskqueue", "Task Queues");

static LIST_HEAD(, taskqueue) all_queues = LIST_HEAD_INITIALIZER(all_queues);

TASKQUEUE_DEFINE_THREAD(thread);
TASKQUEUE_DEFINE_THREAD(swi);
TASKQUEUE_DEFINE_THREAD(swi_giant);
TASKQUEUE_DEFINE_THREAD(bus);
TASKQUEUE_FAST_DEFINE_THREAD(fast);

static void
tq_lock(struct taskqueue *tq)
{
	if (tq->tq_spin)
		mtx_lock_spin(&tq->tq_mutex);
	else
		mtx_lock(&tq->tq_mutex);
}

static void
tq_unlock(struct taskqueue *tq)
{
	if (tq->tq_spin)
		mtx_unlock_spin(&tq->tq_mutex);
	else
		mtx_unlock(&tq->tq_mutex);
}

static void
tq_sleep(struct taskqueue *tq, const void *chan, const char *wmesg)
{
	if (tq->tq_spin)
		(void)msleep_spin(chan, &tq->tq_mutex, wmesg, 0);
	else
		(void)msleep(chan, &tq->tq_mutex, 0, wmesg, 0);
}

/*
 * Creation and end.
 */
static struct taskqueue *
create(const char *name, int mflags, taskqueue_enqueue_fn enqueue,
    void *context, int mtxflags)
{
	struct taskqueue *tq;

	if ((tq = malloc(sizeof(*tq), M_TASKQUEUE, mflags | M_ZERO)) == NULL)
		return (NULL);
	STAILQ_INIT(&tq->tq_queue);
	LIST_INIT(&tq->tq_active);
	tq->tq_enqueue = enqueue;
	tq->tq_context = context;
	tq->tq_spin = (mtxflags & MTX_SPIN) != 0;
	tq->tq_flags = TQ_ACTIVE;
	strlcpy(tq->tq_name, name == NULL ? "taskqueue" : name,
	    sizeof(tq->tq_name));
	mtx_init(&tq->tq_mutex, tq->tq_name, NULL, mtxflags);
	tk_where(&tq->tq_where);
	tk_leaf_lock();
	LIST_INSERT_HEAD(&all_queues, tq, tq_link);
	tk_leaf_unlock();
	return (tq);
}

struct taskqueue *
taskqueue_create(const char *name, int mflags, taskqueue_enqueue_fn enqueue,
    void *context)
{
	return (create(name, mflags, enqueue, context, MTX_DEF));
}

struct taskqueue *
taskqueue_create_fast(const char *name, int mflags,
    taskqueue_enqueue_fn enqueue, void *context)
{
	return (create(name, mflags, enqueue, context, MTX_SPIN));
}

void
taskqueue_set_callback(struct taskqueue *tq, enum taskqueue_callback_type type,
    taskqueue_callback_fn callback, void *context)
{
	KASSERT(type <= TASKQUEUE_CALLBACK_TYPE_MAX,
	    ("Callback type %d not valid", type));
	KASSERT(tq->tq_callbacks[type] == NULL,
	    ("Re-initialization of taskqueue callback?"));
	tq->tq_callbacks[type] = callback;
	tq->tq_cb_contexts[type] = context;
}

/* The threads run what is queued, then end; may sleep. */
void
taskqueue_free(struct taskqueue *tq)
{
	tk_may_sleep(NULL, "taskqueue_free()");
	if (taskqueue_member(tq, curthread))
		tk_stop("taskqueue", "taskqueue_free() of \"%s\" in one of its "
		    "tasks", tq->tq_name);
	tq_lock(tq);
	tq->tq_flags &= ~TQ_ACTIVE;
	while (tq->tq_tcount > 0 || tq->tq_callouts > 0) {
		wakeup(tq);
		tq_sleep(tq, &tq->tq_threads, "tq_destroy");
	}
	tq_unlock(tq);
	KASSERT(LIST_EMPTY(&tq->tq_active), ("Tasks still running?"));
	if (!STAILQ_EMPTY(&tq->tq_queue))
		tk_stop("taskqueue", "taskqueue_free() of \"%s\", which has "
		    "tasks and no thread", tq->tq_name);
	tk_leaf_lock();
	LIST_REMOVE(tq, tq_link);
	tk_leaf_unlock();
	mtx_destroy(&tq->tq_mutex);
	free(tq->tq_threads, M_TASKQUEUE);
	free(tq, M_TASKQUEUE);
}

/*
 * Threads.
 */
static int
start_threads(struct taskqueue **tqp, int count, struct proc *p,
    const char *name, va_list ap)
{
	struct taskqueue *tq = *tqp;
	char ktname[MAXCOMLEN + 1];
	int error;

	if (count <= 0)
		return (EINVAL);
	if (tk_fault("taskqueue_start_threads"))
		return (ENOMEM);
	vsnprintf(ktname, sizeof(ktname), name, ap);
	tq->tq_threads = malloc(sizeof(struct thread *) * count, M_TASKQUEUE,
	    M_WAITOK | M_ZERO);
	for (int i = 0; i < count; i++) {
		tq_lock(tq);
		tq->tq_tcount++;
		tq_unlock(tq);
		error = kthread_add(taskqueue_thread_loop, tqp, p,
		    &tq->tq_threads[i], 0, 0, count == 1 ? "%s" : "%s_%d",
		    ktname, i);
		if (error != 0) {
			tq_lock(tq);
			tq->tq_tcount--;
			tq_unlock(tq);
		}
	}
	if (tq->tq_tcount > 0)
		return (0);
	free(tq->tq_threads, M_TASKQUEUE);
	tq->tq_threads = NULL;
	return (ENOMEM);
}

int
taskqueue_start_threads(struct taskqueue **tqp, int count, int pri,
    const char *name, ...)
{
	va_list ap;
	int error;

	va_start(ap, name);
	error = start_threads(tqp, count, NULL, name, ap);
	va_end(ap);
	return (error);
}

int
taskqueue_start_threads_in_proc(struct taskqueue **tqp, int count, int pri,
    struct proc *p, const char *name, ...)
{
	va_list ap;
	int error;

	va_start(ap, name);
	error = start_threads(tqp, count, p, name, ap);
	va_end(ap);
	return (error);
}

static void
callback(struct taskqueue *tq, enum taskqueue_callback_type type)
{
	if (tq->tq_callbacks[type] != NULL)
		tq->tq_callbacks[type](tq->tq_cb_contexts[type]);
}

static void	run_locked(struct taskqueue *);

void
taskqueue_thread_loop(void *arg)
{
	struct taskqueue *tq = *(struct taskqueue **)arg;

	callback(tq, TASKQUEUE_CALLBACK_TYPE_INIT);
	tq_lock(tq);
	while ((tq->tq_flags & TQ_ACTIVE) != 0) {
		run_locked(tq);
		if ((tq->tq_flags & TQ_ACTIVE) == 0)
			break;
		tq_sleep(tq, tq, "-");
	}
	run_locked(tq);
	tq_unlock(tq);
	callback(tq, TASKQUEUE_CALLBACK_TYPE_SHUTDOWN);
	tq_lock(tq);
	tq->tq_tcount--;
	wakeup_one(&tq->tq_threads);
	tq_unlock(tq);
}

void
taskqueue_thread_enqueue(void *context)
{
	struct taskqueue **tqp = context;

	wakeup_any(*tqp);
}

int
taskqueue_member(struct taskqueue *tq, struct thread *td)
{
	for (int i = 0; tq->tq_threads != NULL && i < tq->tq_tcount; i++) {
		if (tq->tq_threads[i] == td)
			return (1);
	}
	return (0);
}

/*
 * Running.
 */
static struct busy *
find_busy(struct taskqueue *tq, const struct task *task)
{
	struct busy *b;

	LIST_FOREACH(b, &tq->tq_active, link) {
		if (b->task == task)
			return (b);
	}
	return (NULL);
}

/* Run the first task; entered and left with the lock. */
static void
run_first(struct taskqueue *tq, struct busy *b)
{
	struct task *task = STAILQ_FIRST(&tq->tq_queue);
	struct tk_ctx_mark mark;
	int pending;

	STAILQ_REMOVE_HEAD(&tq->tq_queue, ta_link);
	pending = task->ta_pending;
	task->ta_pending = 0;
	b->task = task;
	b->seq = ++tq->tq_seq;
	b->canceling = false;
	tq_unlock(tq);
	KASSERT(task->ta_func != NULL, ("task->ta_func is NULL"));
	tk_ctx_enter(&mark, TK_CTX_TASK);
	mark.handler = (const void *)task->ta_func;
	task->ta_func(task->ta_context, pending);
	tk_ctx_leave(&mark, "task");
	tq_lock(tq);
	b->task = NULL;
	/*
	 * The task may be freed by now, but its address is still the channel
	 * that threads sleep on.
	 */
	wakeup(task);
}

static void
run_locked(struct taskqueue *tq)
{
	struct busy b = { .task = NULL };

	mtx_assert(&tq->tq_mutex, MA_OWNED);
	LIST_INSERT_HEAD(&tq->tq_active, &b, link);
	while (!STAILQ_EMPTY(&tq->tq_queue))
		run_first(tq, &b);
	LIST_REMOVE(&b, link);
}

void
taskqueue_run(struct taskqueue *tq)
{
	tq_lock(tq);
	run_locked(tq);
	tq_unlock(tq);
}

/*
 * Enqueueing.
 */
static void
insert(struct taskqueue *tq, struct task *task)
{
	struct task *after = NULL, *t;

	STAILQ_FOREACH(t, &tq->tq_queue, ta_link) {
		if (t->ta_priority < task->ta_priority)
			break;
		after = t;
	}
	if (after == NULL)
		STAILQ_INSERT_HEAD(&tq->tq_queue, task, ta_link);
	else
		STAILQ_INSERT_AFTER(&tq->tq_queue, after, task, ta_link);
	task->ta_pending = 1;
}

/* Entered with the lock; left without. */
static int
enqueue_locked(struct taskqueue *tq, struct task *task, int flags)
{
	struct busy *b;
	bool unlocked_enqueue = tq->tq_enqueue == taskqueue_thread_enqueue;
	bool blocked = (tq->tq_flags & TQ_BLOCKED) != 0;
	int error = 0;

	KASSERT(task->ta_func != NULL, ("enqueueing task with NULL func"));
	if ((flags & TASKQUEUE_FAIL_IF_CANCELING) != 0 &&
	    (b = find_busy(tq, task)) != NULL && b->canceling)
		error = ECANCELED;
	else if (task->ta_pending != 0) {
		if ((flags & TASKQUEUE_FAIL_IF_PENDING) != 0)
			error = EEXIST;
		else if (task->ta_pending < USHRT_MAX)
			task->ta_pending++;
	} else {
		insert(tq, task);
		if (unlocked_enqueue)
			tq_unlock(tq);
		if (!blocked)
			tq->tq_enqueue(tq->tq_context);
		if (!unlocked_enqueue)
			tq_unlock(tq);
		return (0);
	}
	tq_unlock(tq);
	return (error);
}

int
taskqueue_enqueue_flags(struct taskqueue *tq, struct task *task, int flags)
{
	if (!tq->tq_spin && curthread != NULL &&
	    curthread->td_intr_nesting_level != 0)
		tk_debug_stop("taskqueue-filter",
		    "taskqueue_enqueue() to \"%s\", "
		    "which is not a fast queue, in a filter", tq->tq_name);
	tk_not_panicked("taskqueue_enqueue()");
	tq_lock(tq);
	return (enqueue_locked(tq, task, flags));
}

int
taskqueue_enqueue(struct taskqueue *tq, struct task *task)
{
	return (taskqueue_enqueue_flags(tq, task, 0));
}

void
taskqueue_block(struct taskqueue *tq)
{
	tq_lock(tq);
	tq->tq_flags |= TQ_BLOCKED;
	tq_unlock(tq);
}

void
taskqueue_unblock(struct taskqueue *tq)
{
	tq_lock(tq);
	tq->tq_flags &= ~TQ_BLOCKED;
	if (!STAILQ_EMPTY(&tq->tq_queue))
		tq->tq_enqueue(tq->tq_context);
	tq_unlock(tq);
}

/*
 * Timeout tasks.
 */
void
_timeout_task_init(struct taskqueue *queue, struct timeout_task *timeout_task,
    int priority, task_fn_t func, void *context)
{
	TASK_INIT(&timeout_task->t, priority, func, context);
	callout_init_mtx(&timeout_task->c, &queue->tq_mutex,
	    CALLOUT_RETURNUNLOCKED);
	timeout_task->q = queue;
	timeout_task->f = 0;
}

/* The callout's handler.  Entered with the queue's mutex, which it releases. */
static void
timeout_func(void *arg)
{
	struct timeout_task *tt = arg;

	KASSERT((tt->f & DT_ARMED) != 0, ("Stray timeout"));
	tt->f &= ~DT_ARMED;
	tt->q->tq_callouts--;
	(void)enqueue_locked(tt->q, &tt->t, 0);
}

static void
timeout_arm(struct taskqueue *tq, struct timeout_task *tt, sbintime_t sbt,
    sbintime_t pr, int flags)
{
	if (tq->tq_spin)
		flags |= C_DIRECT_EXEC;
	callout_reset_sbt(&tt->c, sbt, pr, timeout_func, tt, flags);
}

/*
 * Returns how often the task was pending before, an armed timeout included; -1
 * while the task is being drained.  A negative time arms the timeout only if it
 * is not armed yet.
 */
int
taskqueue_enqueue_timeout_sbt(struct taskqueue *tq, struct timeout_task *tt,
    sbintime_t sbt, sbintime_t pr, int flags)
{
	int res;

	tk_not_panicked("taskqueue_enqueue_timeout()");
	tq_lock(tq);
	KASSERT(tt->q == NULL || tt->q == tq, ("Migrated queue"));
	tt->q = tq;
	res = tt->t.ta_pending;
	if ((tt->f & DT_DRAINING) != 0) {
		tq_unlock(tq);
		return (-1);
	}
	if (sbt == 0) {
		(void)enqueue_locked(tq, &tt->t, 0);
		return (res);
	}
	if ((tt->f & DT_ARMED) != 0) {
		res++;
	} else {
		tq->tq_callouts++;
		tt->f |= DT_ARMED;
		sbt = sbt < 0 ? -sbt : sbt;
	}
	if (sbt > 0)
		timeout_arm(tq, tt, sbt, pr, flags);
	tq_unlock(tq);
	return (res);
}

int
taskqueue_enqueue_timeout(struct taskqueue *tq, struct timeout_task *tt,
    int nticks)
{
	return (taskqueue_enqueue_timeout_sbt(tq, tt, nticks * tick_sbt, 0,
	    C_HARDCLOCK));
}

/*
 * Cancelling and draining.
 */
int
taskqueue_poll_is_busy(struct taskqueue *tq, struct task *task)
{
	int busy;

	tq_lock(tq);
	busy = task->ta_pending > 0 || find_busy(tq, task) != NULL;
	tq_unlock(tq);
	return (busy);
}

static int
cancel_locked(struct taskqueue *tq, struct task *task, u_int *pendp)
{
	struct busy *b;

	if (task->ta_pending > 0)
		STAILQ_REMOVE(&tq->tq_queue, task, task, ta_link);
	if (pendp != NULL)
		*pendp = task->ta_pending;
	task->ta_pending = 0;
	if ((b = find_busy(tq, task)) == NULL)
		return (0);
	b->canceling = true;
	return (EBUSY);
}

int
taskqueue_cancel(struct taskqueue *tq, struct task *task, u_int *pendp)
{
	int error;

	tq_lock(tq);
	error = cancel_locked(tq, task, pendp);
	tq_unlock(tq);
	return (error);
}

int
taskqueue_cancel_timeout(struct taskqueue *tq, struct timeout_task *tt,
    u_int *pendp)
{
	u_int pending, queued;
	int error;

	tq_lock(tq);
	pending = callout_stop(&tt->c) > 0;
	error = cancel_locked(tq, &tt->t, &queued);
	if ((tt->f & DT_ARMED) != 0) {
		tt->f &= ~DT_ARMED;
		tq->tq_callouts--;
	}
	tq_unlock(tq);
	if (pendp != NULL)
		*pendp = pending + queued;
	return (error);
}

/* A task that waits for itself would wait for ever. */
static void
check_drain(struct taskqueue *tq, const struct task *task, const char *what)
{
	struct busy *b;

	tk_not_panicked(what);
	tk_may_sleep(NULL, what);
	tq_lock(tq);
	b = task == NULL ? NULL : find_busy(tq, task);
	if (b != NULL && tq->tq_tcount == 1 && taskqueue_member(tq, curthread))
		tk_stop("taskqueue", "%s of a task in itself", what);
	tq_unlock(tq);
}

void
taskqueue_drain(struct taskqueue *tq, struct task *task)
{
	check_drain(tq, task, "taskqueue_drain()");
	tq_lock(tq);
	while (task->ta_pending != 0 || find_busy(tq, task) != NULL)
		tq_sleep(tq, task, "tq_drain");
	tq_unlock(tq);
}

static void
nop(void *context, int pending)
{
}

/*
 * Wait until all tasks that are queued now have started.  False if none is
 * queued.
 */
static bool
drain_queue(struct taskqueue *tq)
{
	struct task barrier;

	if (STAILQ_EMPTY(&tq->tq_queue))
		return (false);
	/* The highest priority, yet at the end of the queue. */
	TASK_INIT(&barrier, UCHAR_MAX, nop, NULL);
	STAILQ_INSERT_TAIL(&tq->tq_queue, &barrier, ta_link);
	barrier.ta_pending = 1;
	while (barrier.ta_pending != 0 || find_busy(tq, &barrier) != NULL)
		tq_sleep(tq, &barrier, "tq_qdrain");
	return (true);
}

static struct busy *
find_older(struct taskqueue *tq, u_int seq)
{
	struct busy *b;

	LIST_FOREACH(b, &tq->tq_active, link) {
		if (b->task != NULL && (int)(b->seq - seq) <= 0)
			return (b);
	}
	return (NULL);
}

/* Wait until all tasks that run now have ended.  False if none runs. */
static bool
drain_active(struct taskqueue *tq)
{
	struct busy *b;
	u_int seq = tq->tq_seq;

	if (find_older(tq, seq) == NULL)
		return (false);
	/* Keeps taskqueue_free() from going on. */
	tq->tq_callouts++;
	while ((b = find_older(tq, seq)) != NULL)
		tq_sleep(tq, b->task, "tq_adrain");
	tq->tq_callouts--;
	if ((tq->tq_flags & TQ_ACTIVE) == 0)
		wakeup_one(&tq->tq_threads);
	return (true);
}

void
taskqueue_drain_all(struct taskqueue *tq)
{
	check_drain(tq, NULL, "taskqueue_drain_all()");
	tq_lock(tq);
	(void)drain_queue(tq);
	(void)drain_active(tq);
	tq_unlock(tq);
}

void
taskqueue_quiesce(struct taskqueue *tq)
{
	check_drain(tq, NULL, "taskqueue_quiesce()");
	tq_lock(tq);
	while (drain_queue(tq) || drain_active(tq))
		;
	tq_unlock(tq);
}

void
taskqueue_drain_timeout(struct taskqueue *tq, struct timeout_task *tt)
{
	tk_may_sleep(NULL, "taskqueue_drain_timeout()");
	/* Keep the timeout from being armed again during the drain. */
	tq_lock(tq);
	KASSERT((tt->f & DT_DRAINING) == 0, ("Drain already in progress"));
	tt->f |= DT_DRAINING;
	tq_unlock(tq);
	(void)callout_drain(&tt->c);
	taskqueue_drain(tq, &tt->t);
	tq_lock(tq);
	tt->f &= ~DT_DRAINING;
	tq_unlock(tq);
}

/*
 * Ledger.
 */
static int
taskqueue_report(bool print)
{
	struct taskqueue *tq;
	int n = 0;

	tk_leaf_lock();
	LIST_FOREACH(tq, &all_queues, tq_link) {
		n++;
		if (print)
			tk_leak(&tq->tq_where, "taskqueue \"%s\" not freed",
			    tq->tq_name);
	}
	tk_leaf_unlock();
	return (n);
}

/*
 * Memory is being freed: no task in it may be queued.  The queues cannot be
 * locked here, so the check is made in deterministic mode only.
 */
void
tk_task_check_free(const void *p, size_t size)
{
	struct taskqueue *tq;
	struct task *t;

	if (!tk_deterministic)
		return;
	LIST_FOREACH(tq, &all_queues, tq_link) {
		STAILQ_FOREACH(t, &tq->tq_queue, ta_link) {
			if ((uintptr_t)t - (uintptr_t)p < size)
				tk_stop("task-free", "free of memory that "
				    "holds a task queued on \"%s\"",
				    tq->tq_name);
		}
	}
}

static void
taskqueue_boot(void *arg __unused)
{
	LIST_INIT(&all_queues);
	tk_ledger("taskqueue", taskqueue_report);
}
SYSINIT(taskqueue_boot, SI_SUB_TASKQ, SI_ORDER_FIRST, taskqueue_boot, NULL);
