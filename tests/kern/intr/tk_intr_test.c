/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Contexts, interrupts on the calling thread, agents and device locks. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>

#include "tk_host.h"
#include "tk_test_thread.h"

static struct mtx spin;
static int interrupts, chan;

static void
filter(void *arg)
{
	TK_EQ(tk_context(), TK_CTX_FILTER);
	TK_CHECK(curthread != NULL);
	mtx_lock_spin(&spin);
	interrupts++;
	mtx_unlock_spin(&spin);
	wakeup(&chan);
}

static void
setup(void)
{
	mtx_init(&spin, "test spin", NULL, MTX_SPIN);
	interrupts = 0;
}

TK_CASE(interrupt_runs_at_once_when_interrupts_are_on)
{
	struct mtx m;

	setup();
	mtx_init(&m, "default", NULL, MTX_DEF);
	tk_intr_run(filter, NULL);
	TK_EQ(interrupts, 1);
	/* A default mutex does not disable interrupts. */
	mtx_lock(&m);
	TK_EQ(tk_locks_held(), 1);
	tk_intr_run(filter, NULL);
	mtx_unlock(&m);
	TK_EQ(interrupts, 2);
	TK_EQ(tk_context(), TK_CTX_THREAD);
	mtx_destroy(&m);
	mtx_destroy(&spin);
}

TK_CASE(interrupt_waits_while_a_spin_mutex_is_held)
{
	setup();
	mtx_lock_spin(&spin);
	tk_intr_run(filter, NULL);
	tk_intr_run(filter, NULL);
	tk_intr_run(filter, &spin);
	TK_EQ(interrupts, 0);
	mtx_unlock_spin(&spin);
	/* The same interrupt was raised twice while pending: it ran once. */
	TK_EQ(interrupts, 2);
	mtx_destroy(&spin);
}

static void
raises(void *arg)
{
	int before = interrupts;

	tk_intr_run(filter, NULL);
	TK_EQ(interrupts, before);
}

TK_CASE(interrupt_waits_for_the_end_of_a_filter)
{
	setup();
	tk_intr_run(raises, NULL);
	TK_EQ(interrupts, 1);
	mtx_destroy(&spin);
}

static void
keeps_spin(void *arg)
{
	mtx_lock_spin(&spin);
}

TK_CASE_DEBUG_STOPS(filter_that_returns_with_a_lock_stops,
    "lock-held: filter returned with spin mutex \"test spin\"")
{
	setup();
	tk_intr_run(keeps_spin, NULL);
}

TK_CASE_STOPS(context_left_in_a_critical_section_stops,
    "critical: handler returned in a critical section")
{
	struct tk_ctx_mark mark;

	tk_ctx_enter(&mark, TK_CTX_ITHREAD);
	critical_enter();
	tk_ctx_leave(&mark, "handler");
}

TK_CASE_STOPS(critical_exit_without_enter_stops,
    "critical: critical_exit() without critical_enter()")
{
	critical_exit();
}

TK_CASE_DEBUG_STOPS(ithread_that_sleeps_stops,
    "sleep-context: pause() in an interrupt thread")
{
	struct tk_ctx_mark mark;

	tk_ctx_enter(&mark, TK_CTX_ITHREAD);
	pause("ithread", 1);
	tk_ctx_leave(&mark, "handler");
}

TK_CASE(ithread_may_take_mutexes_and_task_may_sleep)
{
	struct tk_ctx_mark mark;
	struct mtx m;

	mtx_init(&m, "default", NULL, MTX_DEF);
	tk_ctx_enter(&mark, TK_CTX_ITHREAD);
	mtx_lock(&m);
	mtx_unlock(&m);
	tk_ctx_leave(&mark, "handler");
	tk_ctx_enter(&mark, TK_CTX_TASK);
	pause("task", 1);
	tk_ctx_leave(&mark, "task");
	mtx_destroy(&m);
}

/*
 * Agents.
 */
static struct tk_agent *agent;
static struct tk_devlock *devlock;
static int device_state, kicks, timeouts;

static void
device(void *arg)
{
	while (!tk_agent_stopping()) {
		if (!tk_agent_wait(tk_now_ns() + 5 * 1000000)) {
			timeouts++;
			continue;
		}
		if (tk_agent_stopping())
			break;
		tk_devlock_enter(devlock);
		kicks = ++device_state;
		tk_devlock_leave(devlock);
		tk_intr_run(filter, NULL);
	}
}

static void
talk_to_device(void)
{
	int seen;

	setup();
	kicks = timeouts = 0;
	devlock = tk_devlock_create("test device");
	tk_agent_create(&agent, "device", device, NULL);
	for (int i = 1; i <= 20; i++) {
		tk_agent_kick(agent);
		mtx_lock_spin(&spin);
		while (interrupts < i)
			TK_EQ(msleep_spin(&chan, &spin, "reply", 10 * hz), 0);
		mtx_unlock_spin(&spin);
		tk_devlock_enter(devlock);
		seen = device_state;
		tk_devlock_leave(devlock);
		TK_EQ(seen, i);
	}
	tk_agent_stop(agent);
	tk_devlock_destroy(devlock);
	mtx_destroy(&spin);
	device_state = 0;
}

TK_CASE(agent_answers_with_interrupts)
{
	talk_to_device();
}

TK_CASE_THREADED(agent_answers_with_interrupts_threaded)
{
	talk_to_device();
}

TK_CASE(agent_waits_until_its_deadline)
{
	setup();
	timeouts = 0;
	devlock = tk_devlock_create("test device");
	tk_agent_create(&agent, "device", device, NULL);
	pause("let time pass", 52);
	TK_EQ(timeouts, 10);
	tk_agent_stop(agent);
	tk_devlock_destroy(devlock);
	mtx_destroy(&spin);
}

static void
sleeping_device(void *arg)
{
	pause("agent", 1);
}

TK_CASE_STOPS(agent_that_sleeps_like_a_thread_stops,
    "agent: pause() outside the kernel")
{
	tk_agent_create(&agent, "device", sleeping_device, NULL);
	pause("let it", 5);
}

static struct mtx default_mtx;

static void
locking_device(void *arg)
{
	mtx_lock(&default_mtx);
}

TK_CASE_STOPS(agent_that_takes_a_mutex_stops,
    "agent: mtx_lock() of \"default\" outside the kernel")
{
	mtx_init(&default_mtx, "default", NULL, MTX_DEF);
	tk_agent_create(&agent, "device", locking_device, NULL);
	pause("let it", 5);
}

TK_CASE_STOPS(agent_wait_in_a_thread_stops,
    "agent: tk_agent_wait() outside an agent")
{
	(void)tk_agent_wait(-1);
}

TK_CASE_STOPS(device_lock_taken_twice_stops,
    "devlock: device lock \"test device\" taken twice")
{
	devlock = tk_devlock_create("test device");
	tk_devlock_enter(devlock);
	tk_devlock_enter(devlock);
}

TK_CASE_STOPS(sleep_with_a_device_lock_stops,
    "devlock: wait \"x\" with a device lock held")
{
	devlock = tk_devlock_create("test device");
	tk_devlock_enter(devlock);
	pause("x", 1);
}

TK_CASE_UNBOOTED(agent_not_stopped_is_a_leak)
{
	tk_boot(NULL);
	setup();
	mtx_destroy(&spin);
	devlock = tk_devlock_create("test device");
	tk_agent_create(&agent, "device", device, NULL);
	pause("let it", 1);
	TK_EQ(tk_shutdown(), 1);
}

/*
 * A host thread that the kernel does not know raises interrupts.
 */
static void
visit(void *arg)
{
	for (int i = 0; i < 10; i++)
		tk_intr_run(filter, NULL);
	tk_intr_enter();
	TK_EQ(tk_context(), TK_CTX_FILTER);
	tk_intr_exit();
}

TK_CASE_THREADED(interrupts_of_a_foreign_host_thread)
{
	struct tkh_thread *t[2];

	setup();
	for (int i = 0; i < 2; i++)
		t[i] = tkh_thread_create(visit, NULL, "visitor");
	mtx_lock_spin(&spin);
	while (interrupts < 20)
		TK_EQ(msleep_spin(&chan, &spin, "visits", 10 * hz), 0);
	mtx_unlock_spin(&spin);
	for (int i = 0; i < 2; i++)
		tkh_thread_join(t[i]);
	mtx_destroy(&spin);
}

TK_CASE_STOPS(foreign_host_thread_in_deterministic_mode_stops,
    "agent: a host thread that the kernel does not know")
{
	setup();
	tkh_thread_join(tkh_thread_create(visit, NULL, "visitor"));
}
