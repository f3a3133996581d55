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

/* pending: how often the task was enqueued since it last ran. */
typedef void	kpi_task_fn(void *arg, int pending);

struct kpi_taskq {
	struct taskqueue	*kq_queue;	/* NULL: not created */
};

struct kpi_task {
	struct timeout_task	 kt_task;
	struct taskqueue	*kt_queue;
};

/*
 * Create a queue with nthreads threads; name is copied and appears in ps(1).
 * *q stays where it is until the queue is destroyed: the kernel keeps its
 * address.  Sleepable.  ENOMEM, or what kthread_add(9) says.
 */
int	kpi_taskq_create(struct kpi_taskq *q, const char *name, int nthreads);

/*
 * Stop the threads and free; the tasks were drained before.  Does nothing if
 * it was not created.  Sleepable.
 */
void	kpi_taskq_destroy(struct kpi_taskq *q);

/*
 * Initialise a task of q.  Enqueued again while it runs, it runs again: on
 * another thread at the same time, if the queue has more than one.
 */
void	kpi_task_init(struct kpi_task *t, const struct kpi_taskq *q,
	    kpi_task_fn *fn, void *arg);

/*
 * Run the task as soon as a thread is free: never, in a kernel that has
 * panicked.  Any context but a filter.
 */
void	kpi_task_enqueue(struct kpi_task *t);

/*
 * Run the task after delay (sbintime_t, more than 0); replaces an earlier
 * delay.  Any context but a filter.
 */
void	kpi_task_enqueue_after(struct kpi_task *t, sbintime_t delay);

/*
 * Cancel the task if it has not started, else wait until it has finished, as
 * often as it takes; in a kernel that has panicked, where it does not run, do
 * nothing.  Sleepable; hold nothing that the task takes.  The caller has seen
 * to it that nobody enqueues it again, or drains it at the same time.
 */
void	kpi_task_drain(struct kpi_task *t);

#endif /* !_KPI_TASKQ_H_ */
