/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* taskqueue(9), and each rule broken once. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/taskqueue.h>

#include "tk_test_thread.h"

static struct taskqueue *tq;
static struct task task;
static int ran, pending_seen;

static void
make(int threads)
{
	tq = taskqueue_create("test", M_WAITOK, taskqueue_thread_enqueue, &tq);
	TK_EQ(taskqueue_start_threads(&tq, threads, PWAIT, "test taskq"), 0);
	/* Before its first sleep a thread looks at a blocked queue, too. */
	pause("idle", 2);
	ran = pending_seen = 0;
}

static void
note(void *context, int pending)
{
	ran++;
	pending_seen += pending;
}

static void
slow(void *context, int pending)
{
	ran++;
	pause("slow", 10);
	ran++;
}

TK_CASE(taskqueue_runs_a_task_once_for_many_enqueues)
{
	make(1);
	TASK_INIT(&task, 0, note, NULL);
	taskqueue_block(tq);
	for (int i = 0; i < 5; i++)
		TK_EQ(taskqueue_enqueue(tq, &task), 0);
	pause("blocked", 5);
	TK_EQ(ran, 0);
	taskqueue_unblock(tq);
	taskqueue_drain(tq, &task);
	TK_EQ(ran, 1);
	TK_EQ(pending_seen, 5);
	taskqueue_free(tq);
}

static char order[8];

static void
append(void *context, int pending)
{
	strlcat(order, context, sizeof(order));
}

TK_CASE(taskqueue_runs_by_priority_then_in_order)
{
	static const int priority[] = { 1, 5, 5, 9 };
	static char names[][2] = { "a", "b", "c", "d" };
	struct task t[4];

	make(1);
	order[0] = '\0';
	taskqueue_block(tq);
	for (int i = 0; i < 4; i++) {
		TASK_INIT(&t[i], priority[i], append, names[i]);
		taskqueue_enqueue(tq, &t[i]);
	}
	taskqueue_unblock(tq);
	taskqueue_drain_all(tq);
	TK_STREQ(order, "dbca");
	taskqueue_free(tq);
}

TK_CASE(taskqueue_drain_waits_for_a_running_task)
{
	make(1);
	TASK_INIT(&task, 0, slow, NULL);
	taskqueue_enqueue(tq, &task);
	pause("let it", 2);
	TK_EQ(ran, 1);
	TK_EQ(taskqueue_poll_is_busy(tq, &task), 1);
	taskqueue_drain(tq, &task);
	TK_EQ(ran, 2);
	TK_EQ(taskqueue_poll_is_busy(tq, &task), 0);
	taskqueue_free(tq);
}

TK_CASE(taskqueue_cancel_takes_a_waiting_task_out)
{
	struct task waiting;
	u_int pending;

	make(1);
	TASK_INIT(&task, 0, slow, NULL);
	TASK_INIT(&waiting, 0, note, NULL);
	taskqueue_enqueue(tq, &task);
	pause("let it", 2);
	taskqueue_enqueue(tq, &waiting);
	taskqueue_enqueue(tq, &waiting);
	TK_EQ(taskqueue_cancel(tq, &waiting, &pending), 0);
	TK_EQ(pending, 2);
	TK_EQ(taskqueue_cancel(tq, &task, &pending), EBUSY);
	TK_EQ(pending, 0);
	TK_EQ(taskqueue_enqueue_flags(tq, &task, TASKQUEUE_FAIL_IF_CANCELING),
	    ECANCELED);
	taskqueue_drain(tq, &task);
	TK_EQ(pending_seen, 0);
	taskqueue_free(tq);
}

TK_CASE(taskqueue_enqueue_can_refuse_a_pending_task)
{
	make(1);
	TASK_INIT(&task, 0, note, NULL);
	taskqueue_block(tq);
	TK_EQ(taskqueue_enqueue(tq, &task), 0);
	TK_EQ(taskqueue_enqueue_flags(tq, &task, TASKQUEUE_FAIL_IF_PENDING),
	    EEXIST);
	taskqueue_unblock(tq);
	taskqueue_drain(tq, &task);
	TK_EQ(pending_seen, 1);
	taskqueue_free(tq);
}

static void
again(void *context, int pending)
{
	if (++ran < 5)
		taskqueue_enqueue(tq, &task);
}

TK_CASE(taskqueue_quiesce_waits_for_tasks_that_enqueue_themselves)
{
	make(2);
	TASK_INIT(&task, 0, again, NULL);
	taskqueue_enqueue(tq, &task);
	taskqueue_quiesce(tq);
	TK_EQ(ran, 5);
	taskqueue_free(tq);
}

TK_CASE(taskqueue_free_runs_what_is_queued)
{
	make(1);
	TASK_INIT(&task, 0, note, NULL);
	taskqueue_enqueue(tq, &task);
	taskqueue_free(tq);
	TK_EQ(ran, 1);
}

TK_CASE(taskqueue_threads_run_tasks_side_by_side)
{
	struct task other;

	make(2);
	TASK_INIT(&task, 0, slow, NULL);
	TASK_INIT(&other, 0, slow, NULL);
	taskqueue_enqueue(tq, &task);
	taskqueue_enqueue(tq, &other);
	pause("let them", 2);
	TK_EQ(ran, 2);
	taskqueue_drain_all(tq);
	TK_EQ(ran, 4);
	taskqueue_free(tq);
}

static void
enqueue_in_filter(void *arg)
{
	taskqueue_enqueue(tq, &task);
}

TK_CASE(taskqueue_fast_takes_tasks_from_filters)
{
	tq = taskqueue_create_fast("fast", M_WAITOK, taskqueue_thread_enqueue,
	    &tq);
	taskqueue_start_threads(&tq, 1, PWAIT, "fast taskq");
	TASK_INIT(&task, 0, slow, NULL);
	tk_intr_run(enqueue_in_filter, NULL);
	taskqueue_drain(tq, &task);
	TK_EQ(ran, 2);
	taskqueue_free(tq);
}

TK_CASE(taskqueue_of_the_system_runs_tasks)
{
	struct taskqueue *queues[] = {
		taskqueue_thread, taskqueue_fast, taskqueue_swi, taskqueue_bus
	};

	TASK_INIT(&task, 0, note, NULL);
	for (size_t i = 0; i < nitems(queues); i++) {
		taskqueue_enqueue(queues[i], &task);
		taskqueue_drain(queues[i], &task);
	}
	TK_EQ(ran, nitems(queues));
}

static void
context_of_task(void *context, int pending)
{
	*(enum tk_context *)context = tk_context();
	ran += taskqueue_member(tq, curthread);
}

TK_CASE(taskqueue_task_knows_its_queue_and_context)
{
	enum tk_context ctx = TK_CTX_THREAD;

	make(2);
	TASK_INIT(&task, 0, context_of_task, &ctx);
	taskqueue_enqueue(tq, &task);
	taskqueue_drain(tq, &task);
	TK_EQ(ctx, TK_CTX_TASK);
	TK_EQ(ran, 1);
	TK_EQ(taskqueue_member(tq, curthread), 0);
	taskqueue_free(tq);
}

/*
 * Timeout tasks.
 */
static struct timeout_task tt;

TK_CASE(taskqueue_timeout_task_runs_at_its_time)
{
	u_int pending;

	make(1);
	TIMEOUT_TASK_INIT(tq, &tt, 0, note, NULL);
	TK_EQ(taskqueue_enqueue_timeout(tq, &tt, 5), 0);
	TK_EQ(taskqueue_enqueue_timeout(tq, &tt, 10), 1);
	pause("wait", 8);
	TK_EQ(ran, 0);
	pause("wait", 4);
	TK_EQ(ran, 1);
	taskqueue_enqueue_timeout(tq, &tt, 5);
	TK_EQ(taskqueue_cancel_timeout(tq, &tt, &pending), 0);
	TK_EQ(pending, 1);
	pause("wait", 10);
	TK_EQ(ran, 1);
	taskqueue_enqueue_timeout(tq, &tt, 0);
	taskqueue_drain_timeout(tq, &tt);
	TK_EQ(ran, 2);
	taskqueue_free(tq);
}

static void
rearm(void *context, int pending)
{
	ran++;
	taskqueue_enqueue_timeout(tq, &tt, 1);
}

static void
drain_rearming(int fast)
{
	tq = fast ? taskqueue_create_fast("test", M_WAITOK,
	    taskqueue_thread_enqueue, &tq) : taskqueue_create("test", M_WAITOK,
	    taskqueue_thread_enqueue, &tq);
	taskqueue_start_threads(&tq, 1, PWAIT, "test taskq");
	TIMEOUT_TASK_INIT(tq, &tt, 0, rearm, NULL);
	for (int i = 0; i < 20; i++) {
		taskqueue_enqueue_timeout(tq, &tt, 1);
		pause("run", 3);
		taskqueue_drain_timeout(tq, &tt);
		/*
		 * The task's last run may have armed it before the drain began.
		 */
		taskqueue_cancel_timeout(tq, &tt, NULL);
		TK_EQ(taskqueue_poll_is_busy(tq, &tt.t), 0);
	}
	TK_CHECK(ran > 0);
	taskqueue_free(tq);
}

TK_CASE(taskqueue_drain_timeout_ends_a_task_that_arms_itself)
{
	drain_rearming(0);
}

TK_CASE(taskqueue_drain_timeout_on_a_fast_queue)
{
	drain_rearming(1);
}

TK_CASE_THREADED(taskqueue_drain_timeout_threaded)
{
	drain_rearming(0);
}

TK_CASE_THREADED(taskqueue_drain_timeout_on_a_fast_queue_threaded)
{
	drain_rearming(1);
}

/*
 * Many threads enqueue the task, others run it.  Each enqueue is counted once.
 */
static void
enqueue_many(void *arg)
{
	for (int i = 0; i < 1000; i++)
		taskqueue_enqueue(tq, &task);
}

static void
count_enqueues(void)
{
	struct test_thread t[3];

	make(2);
	TASK_INIT(&task, 0, note, NULL);
	for (int i = 0; i < 3; i++)
		test_thread_start(&t[i], enqueue_many, NULL);
	for (int i = 0; i < 3; i++)
		test_thread_join(&t[i]);
	taskqueue_drain(tq, &task);
	taskqueue_free(tq);
}

TK_CASE(taskqueue_counts_every_enqueue)
{
	/* One thread at a time: the sums in note() need no lock. */
	count_enqueues();
	TK_EQ(pending_seen, 3000);
}

static struct mtx sum_mtx;

static void
note_locked(void *context, int pending)
{
	mtx_lock(&sum_mtx);
	note(context, pending);
	mtx_unlock(&sum_mtx);
}

TK_CASE_THREADED(taskqueue_counts_every_enqueue_threaded)
{
	struct test_thread t[3];

	mtx_init(&sum_mtx, "sum", NULL, MTX_DEF);
	make(2);
	TASK_INIT(&task, 0, note_locked, NULL);
	for (int i = 0; i < 3; i++)
		test_thread_start(&t[i], enqueue_many, NULL);
	for (int i = 0; i < 3; i++)
		test_thread_join(&t[i]);
	taskqueue_drain(tq, &task);
	taskqueue_free(tq);
	TK_EQ(pending_seen, 3000);
	mtx_destroy(&sum_mtx);
}

TK_CASE(taskqueue_start_threads_can_be_made_to_fail)
{
	tq = taskqueue_create("test", M_WAITOK, taskqueue_thread_enqueue, &tq);
	tk_fault_set("taskqueue_start_threads", 1);
	TK_EQ(taskqueue_start_threads(&tq, 1, PWAIT, "test taskq"), ENOMEM);
	tk_fault_set("kthread_add", 1);
	TK_EQ(taskqueue_start_threads(&tq, 1, PWAIT, "test taskq"), ENOMEM);
	taskqueue_free(tq);
}

/*
 * Broken rules.
 */
static void
keeps_lock(void *context, int pending)
{
	struct mtx *m = context;

	mtx_lock(m);
}

TK_CASE_DEBUG_STOPS(taskqueue_task_that_returns_with_a_lock_stops,
    "lock-held: task returned with mutex \"kept\"")
{
	struct mtx m;

	mtx_init(&m, "kept", NULL, MTX_DEF);
	make(1);
	TASK_INIT(&task, 0, keeps_lock, &m);
	taskqueue_enqueue(tq, &task);
	taskqueue_drain(tq, &task);
}

TK_CASE_DEBUG_STOPS(taskqueue_enqueue_to_a_slow_queue_in_a_filter_stops,
    "taskqueue-filter: taskqueue_enqueue() to \"test\"")
{
	make(1);
	TASK_INIT(&task, 0, note, NULL);
	tk_intr_run(enqueue_in_filter, NULL);
}

/* The queue's own mutex has its name, and so is of the type of that name. */
TK_CASE_DEBUG_STOPS(taskqueue_enqueue_with_a_mutex_of_the_queue_s_name_stops,
    "lock-dup: mutex \"test\" is taken with another of its type")
{
	struct mtx mtx;

	make(1);
	TASK_INIT(&task, 0, note, NULL);
	mtx_init(&mtx, "test", NULL, MTX_DEF);
	mtx_lock(&mtx);
	taskqueue_enqueue(tq, &task);
}

TK_CASE_DEBUG_STOPS(taskqueue_drain_with_a_mutex_held_stops,
    "sleep-lock: taskqueue_drain() with mutex \"held\"")
{
	struct mtx m;

	mtx_init(&m, "held", NULL, MTX_DEF);
	make(1);
	TASK_INIT(&task, 0, note, NULL);
	mtx_lock(&m);
	taskqueue_drain(tq, &task);
}

static void
drains_itself(void *context, int pending)
{
	taskqueue_drain(tq, &task);
}

TK_CASE_STOPS(taskqueue_drain_of_a_task_in_itself_stops,
    "taskqueue: taskqueue_drain() of a task in itself")
{
	make(1);
	TASK_INIT(&task, 0, drains_itself, NULL);
	taskqueue_enqueue(tq, &task);
	taskqueue_drain(tq, &task);
}

TK_CASE_STOPS(taskqueue_queued_task_in_freed_memory_stops,
    "task-free: free of memory that holds a task queued on \"test\"")
{
	struct task *p = malloc(sizeof(*p), M_TEMP, M_WAITOK);

	make(1);
	TASK_INIT(p, 0, note, NULL);
	taskqueue_block(tq);
	taskqueue_enqueue(tq, p);
	free(p, M_TEMP);
}

TK_CASE_UNBOOTED(taskqueue_not_freed_is_a_leak)
{
	int before;

	tk_boot(NULL);
	before = tk_ledger_count("taskqueue");
	(void)taskqueue_create("leaky", M_WAITOK, taskqueue_thread_enqueue,
	    &tq);
	TK_EQ(tk_ledger_count("taskqueue"), before + 1);
	/* The queue's memory and its mutex are two further leaks. */
	TK_EQ(tk_shutdown(), 3);
}
