/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Task queues: see kpi_taskq.h for the contracts.
 */
#include "kpi_module.h"
#include "kpi_taskq.h"

#include <sys/systm.h>
#include <sys/malloc.h>
#include <sys/priority.h>

int
kpi_taskq_create(struct kpi_taskq *q, const char *name, int nthreads)
{
	int error;

	q->kq_queue = taskqueue_create(name, M_WAITOK,
	    taskqueue_thread_enqueue, &q->kq_queue);
	if (q->kq_queue == NULL)
		return (ENOMEM);
	kpi_module_hold();
	error = taskqueue_start_threads(&q->kq_queue, nthreads, PWAIT,
	    "%s taskq", name);
	if (error != 0)
		kpi_taskq_destroy(q);
	return (error);
}

void
kpi_taskq_destroy(struct kpi_taskq *q)
{
	if (q->kq_queue == NULL)
		return;
	taskqueue_free(q->kq_queue);
	q->kq_queue = NULL;
	kpi_module_release();
}

void
kpi_task_init(struct kpi_task *t, const struct kpi_taskq *q, kpi_task_fn *fn,
    void *arg)
{
	t->kt_queue = q->kq_queue;
	TIMEOUT_TASK_INIT(t->kt_queue, &t->kt_task, 0, fn, arg);
}

void
kpi_task_enqueue(struct kpi_task *t)
{
	if (!SCHEDULER_STOPPED())
		taskqueue_enqueue_timeout_sbt(t->kt_queue, &t->kt_task, 0, 0,
		    0);
}

void
kpi_task_enqueue_after(struct kpi_task *t, sbintime_t delay)
{
	if (!SCHEDULER_STOPPED())
		taskqueue_enqueue_timeout_sbt(t->kt_queue, &t->kt_task, delay,
		    0, 0);
}

void
kpi_task_drain(struct kpi_task *t)
{
	int busy;

	if (SCHEDULER_STOPPED())
		return;
	/*
	 * After a drain alone the queue still counts a cancelled delay as
	 * armed, and taskqueue_free(9) asserts against that.  So cancel first.
	 * A cancel alone is not enough, because it does not wait for the
	 * callout of a delay that is over.  That callout may return after the
	 * task.
	 */
	do {
		busy = taskqueue_cancel_timeout(t->kt_queue, &t->kt_task,
		    NULL);
		taskqueue_drain_timeout(t->kt_queue, &t->kt_task);
	} while (busy != 0);
}
