/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* kthread(9) and kproc(9). */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include "tk_test_thread.h"

static struct thread *td;
static struct proc *p;
static int ran;

static void
body(void *arg)
{
	ran++;
	TK_STREQ(curthread->td_name, arg);
	pause("body", 3);
	kthread_exit();
}

TK_CASE(kthread_exit_wakes_who_sleeps_on_the_thread)
{
	char name[] = "name 7";

	TK_EQ(kthread_add(body, name, NULL, &td, 0, 0, "name %d", 7), 0);
	TK_EQ(tsleep(td, 0, "end", 100), 0);
	TK_EQ(ran, 1);
}

static void
proc_body(void *arg)
{
	TK_EQ(curproc == p, 1);
	TK_STREQ(curproc->p_comm, "daemon");
	pause("body", 3);
	kproc_exit(0);
}

TK_CASE(kproc_exit_wakes_who_sleeps_on_the_process)
{
	TK_EQ(kproc_create(proc_body, NULL, &p, 0, 0, "daemon"), 0);
	TK_EQ(tsleep(p, 0, "end", 100), 0);
}

static void
member(void *arg)
{
	ran += curproc == p;
}

TK_CASE(kproc_kthread_add_puts_threads_into_one_process)
{
	p = NULL;
	for (int i = 0; i < 2; i++)
		TK_EQ(kproc_kthread_add(member, NULL, &p, NULL, 0, 0, "family",
		    "child %d", i), 0);
	pause("let them", 5);
	TK_EQ(ran, 2);
}

TK_CASE(kthread_add_can_be_made_to_fail)
{
	tk_fault_set("kthread_add", 1);
	TK_EQ(kthread_add(body, NULL, NULL, NULL, 0, 0, "x"), ENOMEM);
	TK_EQ(ran, 0);
}

TK_CASE(threads_are_counted)
{
	char name[] = "x";
	int before = tk_sched_count();

	TK_EQ(kthread_add(body, name, NULL, NULL, 0, 0, "x"), 0);
	TK_EQ(tk_sched_count(), before + 1);
	pause("end", 20);
	TK_EQ(tk_sched_count(), before);
}

static void
nothing(void *arg)
{
}

static void
spawn(void *arg)
{
	for (int i = 0; i < 200; i++)
		TK_EQ(kthread_add(nothing, NULL, NULL, NULL, 0, 0, "short"),
		    0);
}

TK_CASE_THREADED(kthreads_that_end_at_once_are_forgotten)
{
	struct test_thread t[3];

	for (int i = 0; i < 3; i++)
		test_thread_start(&t[i], spawn, NULL);
	for (int i = 0; i < 3; i++)
		test_thread_join(&t[i]);
}

static struct mtx m;

static void
keeps(void *arg)
{
	mtx_lock(&m);
}

TK_CASE_DEBUG_STOPS(kthread_that_ends_with_a_lock_stops,
    "lock-held: thread returned with mutex \"kept\"")
{
	mtx_init(&m, "kept", NULL, MTX_DEF);
	(void)kthread_add(keeps, NULL, NULL, NULL, 0, 0, "x");
	pause("end", 5);
}
