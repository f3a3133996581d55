/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* sleep(9): msleep, tsleep, pause and wakeup, and each rule broken once. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/sx.h>

#include "tk_test_thread.h"

static struct mtx m;
static bool flag_set, sleeper_came;
static int chan, result;
static void *volatile sink;

static void
setup(int opts)
{
	mtx_init(&m, "sleep mutex", NULL, opts);
	flag_set = sleeper_came = false;
}

static void
wait_for_flag(void *arg)
{
	mtx_lock(&m);
	while (!flag_set)
		result = msleep(&chan, &m, 0, "flag", 0);
	mtx_assert(&m, MA_OWNED);
	mtx_unlock(&m);
}

/*
 * The waker takes the mutex right after the sleeper has looked.  No wakeup may
 * be lost.
 */
static void
wake_a_sleeper(void)
{
	struct test_thread t;

	setup(MTX_DEF);
	for (int i = 0; i < 200; i++) {
		flag_set = false;
		test_thread_start(&t, wait_for_flag, NULL);
		mtx_lock(&m);
		flag_set = true;
		wakeup(&chan);
		mtx_unlock(&m);
		test_thread_join(&t);
	}
	TK_EQ(result, 0);
	mtx_destroy(&m);
}

TK_CASE(msleep_loses_no_wakeup)
{
	wake_a_sleeper();
}

TK_CASE_THREADED(msleep_loses_no_wakeup_threaded)
{
	wake_a_sleeper();
}

TK_CASE(msleep_times_out_at_the_tick)
{
	int64_t start;

	setup(MTX_DEF);
	mtx_lock(&m);
	start = tk_now_ns();
	TK_EQ(msleep(&chan, &m, 0, "timeout", 10), EWOULDBLOCK);
	TK_EQ(tk_now_ns() - start, 10 * 1000000);
	/*
	 * The timeout is one tick, and the time to the next tick counts as that
	 * one.
	 */
	DELAY(400);
	start = tk_now_ns();
	TK_EQ(msleep(&chan, &m, 0, "timeout", 1), EWOULDBLOCK);
	TK_EQ(tk_now_ns() - start, 600 * 1000);
	mtx_unlock(&m);
	mtx_destroy(&m);
}

TK_CASE(msleep_sbt_takes_absolute_times)
{
	sbintime_t when;

	setup(MTX_DEF);
	mtx_lock(&m);
	when = sbinuptime() + 1234 * SBT_1US;
	TK_EQ(msleep_sbt(&chan, &m, 0, "timeout", when, 0, C_ABSOLUTE),
	    EWOULDBLOCK);
	TK_CHECK(sbinuptime() >= when);
	TK_CHECK(sbinuptime() < when + SBT_1US);
	mtx_unlock(&m);
	mtx_destroy(&m);
}

TK_CASE(msleep_with_pdrop_returns_without_the_mutex)
{
	setup(MTX_DEF);
	mtx_lock(&m);
	TK_EQ(msleep(&chan, &m, PDROP, "timeout", 1), EWOULDBLOCK);
	mtx_assert(&m, MA_NOTOWNED);
	mtx_destroy(&m);
}

static void
wait_interruptibly(void *arg)
{
	mtx_lock(&m);
	*(int *)arg = msleep(&chan, &m, PCATCH, "signal", 0);
	mtx_unlock(&m);
}

TK_CASE(msleep_with_pcatch_returns_eintr_when_interrupted)
{
	struct test_thread t;
	int error = -1;

	setup(MTX_DEF);
	test_thread_start(&t, wait_interruptibly, &error);
	pause("let it", 5);
	tk_thread_interrupt(t.td);
	test_thread_join(&t);
	TK_EQ(error, EINTR);
	/* An interrupt that comes before the sleep counts as well. */
	tk_thread_interrupt(curthread);
	wait_interruptibly(&error);
	TK_EQ(error, EINTR);
	mtx_destroy(&m);
}

static void
sleep_spin(void *arg)
{
	mtx_lock_spin(&m);
	sleeper_came = true;
	while (!flag_set)
		*(int *)arg = msleep_spin(&chan, &m, "spin", 0);
	mtx_assert(&m, MA_OWNED);
	mtx_unlock_spin(&m);
}

static void
wake_a_spin_sleeper(void)
{
	struct test_thread t;
	int error = -1;

	setup(MTX_SPIN);
	test_thread_start(&t, sleep_spin, &error);
	/* The sleeper holds the mutex from there until it sleeps. */
	mtx_lock_spin(&m);
	while (!sleeper_came) {
		mtx_unlock_spin(&m);
		pause("let it", 1);
		mtx_lock_spin(&m);
	}
	flag_set = true;
	wakeup(&chan);
	mtx_unlock_spin(&m);
	test_thread_join(&t);
	TK_EQ(error, 0);
	mtx_lock_spin(&m);
	TK_EQ(msleep_spin(&chan, &m, "spin", 2), EWOULDBLOCK);
	TK_EQ(curthread->td_critnest, 1);
	mtx_unlock_spin(&m);
	mtx_destroy(&m);
}

TK_CASE(msleep_spin_gives_up_the_spin_mutex)
{
	wake_a_spin_sleeper();
}

TK_CASE_THREADED(msleep_spin_gives_up_the_spin_mutex_threaded)
{
	wake_a_spin_sleeper();
}

TK_CASE(sx_sleep_gives_up_the_sx_lock)
{
	struct sx sx;

	sx_init(&sx, "sleep sx");
	sx_xlock(&sx);
	TK_EQ(sx_sleep(&chan, &sx, 0, "sx", 2), EWOULDBLOCK);
	sx_assert(&sx, SA_XLOCKED);
	sx_xunlock(&sx);
	sx_destroy(&sx);
}

static void
sleep_in_line(void *arg)
{
	(void)tsleep(&chan, PNOLOCK, "line", 0);
	*(int *)arg = ++result;
}

TK_CASE(wakeup_one_wakes_the_first_that_came)
{
	struct test_thread t[3];
	int place[3] = { 0, 0, 0 };

	for (int i = 0; i < 3; i++) {
		test_thread_start(&t[i], sleep_in_line, &place[i]);
		pause("let it", 2);
	}
	for (int i = 0; i < 3; i++) {
		TK_EQ(place[i], 0);
		wakeup_one(&chan);
		test_thread_join(&t[i]);
		TK_EQ(place[i], i + 1);
	}
}

TK_CASE(pause_sleeps_for_its_ticks)
{
	int start = ticks;

	TK_EQ(pause("pause", 7), EWOULDBLOCK);
	TK_EQ(ticks - start, 7);
	TK_EQ(pause("pause", 0), EWOULDBLOCK);
	TK_EQ(ticks - start, 8);
	TK_EQ(pause_sbt("pause", 100 * SBT_1MS, 0, 0), EWOULDBLOCK);
}

TK_CASE_THREADED(pause_takes_real_time_in_threaded_mode)
{
	int64_t start = tk_now_ns();

	pause("pause", 20);
	TK_CHECK(tk_now_ns() - start >= 19 * 1000000);
}

/*
 * Broken rules.
 */
TK_CASE_DEBUG_STOPS(msleep_in_a_filter_stops,
    "sleep-filter: msleep() in a filter")
{
	setup(MTX_DEF);
	mtx_lock(&m);
	tk_intr_enter();
	(void)msleep(&chan, &m, 0, "filter", 1);
}

TK_CASE_DEBUG_STOPS(tsleep_with_a_spin_mutex_held_stops,
    "sleep-spin: tsleep() with spin mutex \"sleep mutex\", locked at")
{
	setup(MTX_SPIN);
	mtx_lock_spin(&m);
	(void)tsleep(&chan, 0, "spin", 1);
}

TK_CASE_DEBUG_STOPS(msleep_with_another_mutex_held_stops,
    "sleep-lock: msleep() with mutex \"other\", locked at "
    "tests/kern/sync/kern_synch_test.c:")
{
	struct mtx other;

	setup(MTX_DEF);
	mtx_init(&other, "other", NULL, MTX_DEF);
	mtx_lock(&other);
	mtx_lock(&m);
	(void)msleep(&chan, &m, 0, "held", 1);
}

TK_CASE_STOPS(msleep_without_the_mutex_stops,
    "sleep-unlocked: msleep() on \"unlocked\" without holding its lock")
{
	setup(MTX_DEF);
	(void)msleep(&chan, &m, 0, "unlocked", 1);
}

TK_CASE_DEBUG_STOPS(msleep_with_a_recursed_mutex_stops,
    "sleep-recursed: msleep() on \"recursed\"")
{
	setup(MTX_DEF | MTX_RECURSE);
	mtx_lock(&m);
	mtx_lock(&m);
	(void)msleep(&chan, &m, 0, "recursed", 1);
}

TK_CASE_STOPS(msleep_with_a_spin_mutex_stops,
    "sleep-spin: msleep() on \"spin\" with spin mutex \"sleep mutex\"")
{
	setup(MTX_SPIN);
	mtx_lock_spin(&m);
	(void)msleep(&chan, &m, 0, "spin", 1);
}

TK_CASE_DEBUG_STOPS(tsleep_without_lock_and_timeout_stops,
    "sleep-nolock: tsleep() on \"for ever\"")
{
	(void)tsleep(&chan, 0, "for ever", 0);
}

TK_CASE_DEBUG_STOPS(sleep_in_a_critical_section_stops,
    "sleep-critical: pause() in a critical section")
{
	critical_enter();
	pause("critical", 1);
}

TK_CASE_DEBUG_STOPS(sleep_where_threads_may_not_sleep_stops,
    "sleep-context: pause() in THREAD_NO_SLEEPING()")
{
	THREAD_NO_SLEEPING();
	pause("no sleeping", 1);
}

TK_CASE_DEBUG_STOPS(malloc_that_waits_with_a_mutex_held_stops,
    "sleep-lock: malloc() with mutex \"sleep mutex\"")
{
	setup(MTX_DEF);
	mtx_lock(&m);
	sink = malloc(1, M_TEMP, M_WAITOK);
}

TK_CASE_STOPS(busy_wait_that_never_ends_stops,
    "deadlock: a busy wait that never ends")
{
	while (!flag_set)
		tk_spinwait();
}

/*
 * After a panic.
 */
static void
hold_for_ever(void *arg)
{
	mtx_lock(&m);
	*(volatile bool *)arg = true;
	for (;;)
		DELAY(1000);
}

/*
 * Another thread holds a mutex and does not run.  Its mutex is taken all the
 * same.
 */
TK_CASE_STOPS(after_a_panic_one_thread_runs_and_takes_any_mutex,
    "panic: as it should be")
{
	volatile bool held = false;
	int64_t start;

	setup(MTX_DEF);
	TK_EQ(kthread_add(hold_for_ever, __DECONST(bool *, &held), NULL, NULL,
	    0, 0, "holder"), 0);
	while (!held)
		pause("held", 1);
	tk_panicked(true);
	start = tk_now_ns();
	mtx_lock(&m);
	DELAY(5000);
	mtx_unlock(&m);
	TK_EQ(pause("pause", 2), EWOULDBLOCK);
	TK_CHECK(tk_now_ns() - start >= 5000000);
	TK_CHECK(SCHEDULER_STOPPED());
	tk_panicked(false);
	panic("as it should be");
}

TK_CASE(pause_of_the_thread_that_boots_spins)
{
	int64_t start = tk_now_ns();

	cold = 1;
	TK_EQ(pause("boot", 2), EWOULDBLOCK);
	cold = 0;
	TK_CHECK(tk_now_ns() - start >= 2 * INT64_C(1000000000) / hz);
}

TK_CASE_STOPS(msleep_with_a_timeout_at_boot_stops,
    "cold: msleep() with a timeout before timers work")
{
	setup(MTX_DEF);
	mtx_lock(&m);
	cold = 1;
	(void)msleep(&chan, &m, 0, "boot", 1);
}

TK_CASE_STOPS(msleep_after_a_panic_stops, "panicked: msleep() in a kernel")
{
	setup(MTX_DEF);
	mtx_lock(&m);
	tk_panicked(true);
	(void)msleep(&chan, &m, 0, "panic", 1);
}

TK_CASE_STOPS(wakeup_after_a_panic_stops, "panicked: wakeup() in a kernel")
{
	tk_panicked(true);
	wakeup(&chan);
}

TK_CASE_STOPS(wakeup_one_after_a_panic_stops,
    "panicked: wakeup_one() in a kernel")
{
	tk_panicked(true);
	wakeup_one(&chan);
}
