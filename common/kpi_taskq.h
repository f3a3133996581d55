/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A queue of functions run by threads of their own, now or after a time; see
 * taskqueue(9).  A task may sleep.
 */
#ifndef _KPI_TASKQ_H_
#define	_KPI_TASKQ_H_

#include "kpi.h"

#include <sys/queue.h>
#include <sys/_task.h>
#include <sys/callout.h>
#include <sys/taskqueue.h>

/*
 * The function of a task.  pending is how often the task was enqueued since it
 * last ran.
 *
 * Context: sleepable.
 */
typedef void	kpi_task_fn(void *arg, int pending);

struct kpi_taskq {
	struct taskqueue	*kq_queue;	/* NULL: not created */
};

struct kpi_task {
	struct timeout_task	 kt_task;
	struct taskqueue	*kt_queue;
};

/*
 * Create a queue with nthreads threads.  name is copied, and appears in ps(1).
 * It is also the name of the queue's own mutex: a mutex that is held while a
 * task is enqueued has another name, as witness(4) knows mutexes by names.
 * *q stays where it is until the queue is destroyed, since the kernel keeps its
 * address.
 *
 * Context: sleepable.
 * Errors: ENOMEM; those of kthread_add(9).
 */
int	kpi_taskq_create(struct kpi_taskq *q, const char *name, int nthreads);

/*
 * Stop the threads, and free the queue.  Its tasks were drained before.  Does
 * nothing if the queue was not created.
 *
 * Context: sleepable.
 */
void	kpi_taskq_destroy(struct kpi_taskq *q);

/*
 * Initialise a task of q.  A task that is enqueued again while it runs will run
 * again.  If the queue has more than one thread, it may do so on another thread
 * at the same time.
 *
 * Context: any but a filter.
 */
void	kpi_task_init(struct kpi_task *t, const struct kpi_taskq *q,
	    kpi_task_fn *fn, void *arg);

/*
 * Run the task as soon as a thread is free.  A delay of
 * kpi_task_enqueue_after() stays: the task runs again after it.  In a kernel
 * that has panicked, the task never runs.
 *
 * Context: any but a filter.
 */
void	kpi_task_enqueue(struct kpi_task *t);

/*
 * Run the task after delay.  This replaces an earlier delay.
 *
 * Context: any but a filter.
 * Units: delay is sbintime_t, more than 0.
 */
void	kpi_task_enqueue_after(struct kpi_task *t, sbintime_t delay);

/*
 * Cancel the task if it has not started; else wait until it has finished, as
 * often as it takes.  In a kernel that has panicked, where the task does not
 * run, do nothing.  The caller has seen to it that no other thread enqueues the
 * task again, or drains it at the same time.
 *
 * Context: sleepable.
 * Locks: hold none that the task takes.
 */
void	kpi_task_drain(struct kpi_task *t);

#endif /* !_KPI_TASKQ_H_ */
