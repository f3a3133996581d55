/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* callout(9), and each rule broken once. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/callout.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/rwlock.h>
#include <sys/sx.h>

#include "tk_test_thread.h"

static struct callout c;
static struct mtx m;
static int ran, ran_at;

static void
note(void *arg)
{
	ran++;
	ran_at = ticks;
	if (arg != NULL)
		wakeup(arg);
}

TK_CASE(callout_runs_at_its_tick_and_once)
{
	int start = ticks;

	ran = 0;
	callout_init(&c, 1);
	TK_EQ(callout_reset(&c, 5, note, NULL), 0);
	TK_CHECK(callout_pending(&c));
	TK_CHECK(callout_active(&c));
	pause("wait", 4);
	TK_EQ(ran, 0);
	pause("wait", 20);
	TK_EQ(ran, 1);
	TK_EQ(ran_at - start, 5);
	TK_CHECK(!callout_pending(&c));
	TK_CHECK(callout_active(&c));
	callout_deactivate(&c);
	TK_CHECK(!callout_active(&c));
	TK_EQ(callout_drain(&c), -1);
}

static char order[8];

static void
append(void *arg)
{
	strlcat(order, arg, sizeof(order));
}

TK_CASE(callouts_run_in_the_order_of_time_then_of_scheduling)
{
	struct callout cs[4];
	static const int when[] = { 3, 1, 2, 1 };

	order[0] = '\0';
	for (int i = 0; i < 4; i++) {
		callout_init(&cs[i], 1);
		callout_reset(&cs[i], when[i], append,
		    __DECONST(char *, &"0\0001\0002\0003"[i * 2]));
	}
	pause("wait", 5);
	TK_STREQ(order, "1320");
	for (int i = 0; i < 4; i++)
		callout_drain(&cs[i]);
}

TK_CASE(callout_stop_says_what_it_found)
{
	ran = 0;
	callout_init(&c, 1);
	TK_EQ(callout_stop(&c), -1);
	callout_reset(&c, 1, note, NULL);
	TK_EQ(callout_stop(&c), 1);
	TK_CHECK(!callout_active(&c));
	pause("wait", 3);
	TK_EQ(ran, 0);
	callout_reset(&c, 1, note, NULL);
	TK_EQ(callout_reset(&c, 10, note, NULL), 1);
	pause("wait", 3);
	TK_EQ(ran, 0);
	TK_EQ(callout_drain(&c), 1);
}

static void
rearm(void *arg)
{
	if (++ran < 4)
		callout_schedule(&c, 2);
}

TK_CASE(callout_may_schedule_itself)
{
	ran = 0;
	callout_init(&c, 1);
	callout_reset(&c, 2, rearm, NULL);
	pause("wait", 20);
	TK_EQ(ran, 4);
	callout_drain(&c);
}

TK_CASE(callout_sbt_has_the_resolution_of_the_clock)
{
	sbintime_t start = sbinuptime();

	ran = 0;
	callout_init(&c, 1);
	callout_reset_sbt(&c, 250 * SBT_1US, 0, note, &ran, 0);
	TK_EQ(tsleep(&ran, 0, "wait", 10), 0);
	TK_EQ((sbttons(sbinuptime() - start) + 500) / 1000, 250);
	start = sbinuptime();
	callout_reset_sbt(&c, start + 70 * SBT_1US, 0, note, &ran, C_ABSOLUTE);
	TK_EQ(tsleep(&ran, 0, "wait", 10), 0);
	TK_EQ((sbttons(sbinuptime() - start) + 500) / 1000, 70);
	callout_drain(&c);
}

static void
slow(void *arg)
{
	mtx_assert(&m, MA_OWNED);
	ran = 1;
	DELAY(5000);
	ran = 2;
}

TK_CASE(callout_drain_waits_for_the_handler)
{
	mtx_init(&m, "callout mutex", NULL, MTX_DEF);
	callout_init_mtx(&c, &m, 0);
	callout_reset(&c, 1, slow, NULL);
	DELAY(2000);
	TK_EQ(ran, 1);
	TK_EQ(callout_drain(&c), -1);
	TK_EQ(ran, 2);
	mtx_destroy(&m);
}

/*
 * The clock thread waits for the lock that this thread holds.  So the handler
 * can still be cancelled, and must not run once callout_stop() has returned.
 */
TK_CASE(callout_stop_under_the_lock_cancels_a_handler_that_waits_for_it)
{
	ran = 0;
	mtx_init(&m, "callout mutex", NULL, MTX_DEF);
	callout_init_mtx(&c, &m, 0);
	mtx_lock(&m);
	callout_reset(&c, 1, note, NULL);
	DELAY(5000);
	TK_CHECK(!callout_pending(&c));
	TK_EQ(callout_stop(&c), 1);
	mtx_unlock(&m);
	pause("wait", 5);
	TK_EQ(ran, 0);
	TK_EQ(callout_drain(&c), -1);
	mtx_destroy(&m);
}

TK_CASE(callout_reset_under_the_lock_replaces_a_handler_that_waits_for_it)
{
	int start = ticks;

	ran = 0;
	mtx_init(&m, "callout mutex", NULL, MTX_DEF);
	callout_init_mtx(&c, &m, 0);
	mtx_lock(&m);
	callout_reset(&c, 1, note, NULL);
	DELAY(5000);
	TK_EQ(callout_reset(&c, 10, note, NULL), 1);
	mtx_unlock(&m);
	pause("wait", 30);
	TK_EQ(ran, 1);
	TK_EQ(ran_at - start, 15);
	callout_drain(&c);
	mtx_destroy(&m);
}

static void
unlocks(void *arg)
{
	ran++;
	mtx_unlock(&m);
}

TK_CASE(callout_with_returnunlocked_releases_its_lock_itself)
{
	ran = 0;
	mtx_init(&m, "callout mutex", NULL, MTX_DEF);
	callout_init_mtx(&c, &m, CALLOUT_RETURNUNLOCKED);
	mtx_lock(&m);
	callout_reset(&c, 1, unlocks, NULL);
	mtx_unlock(&m);
	pause("wait", 3);
	TK_EQ(ran, 1);
	mtx_assert(&m, MA_NOTOWNED);
	callout_drain(&c);
	mtx_destroy(&m);
}

static struct rwlock rw;

static void
with_share(void *arg)
{
	rw_assert(&rw, RA_RLOCKED);
	ran++;
}

TK_CASE(callout_with_a_shared_lock)
{
	ran = 0;
	rw_init(&rw, "callout rw");
	callout_init_rw(&c, &rw, CALLOUT_SHAREDLOCK);
	callout_reset(&c, 1, with_share, NULL);
	pause("wait", 3);
	TK_EQ(ran, 1);
	callout_drain(&c);
	rw_destroy(&rw);
}

static void
in_interrupt(void *arg)
{
	TK_EQ(tk_context(), TK_CTX_FILTER);
	mtx_assert(&m, MA_OWNED);
	ran++;
}

TK_CASE(callout_direct_runs_in_interrupt_context)
{
	ran = 0;
	mtx_init(&m, "callout spin", NULL, MTX_SPIN);
	callout_init_mtx(&c, &m, 0);
	callout_reset_sbt(&c, SBT_1MS, 0, in_interrupt, NULL, C_DIRECT_EXEC);
	pause("wait", 5);
	TK_EQ(ran, 1);
	callout_drain(&c);
	mtx_destroy(&m);
}

/* Handlers run while another thread stops and starts them. */
static int started;

static void
every_tick(void *arg)
{
	mtx_assert(&m, MA_OWNED);
	TK_CHECK(started != 0);
	ran++;
	callout_schedule(&c, 1);
}

static void
start_and_stop(int rounds)
{
	ran = 0;
	mtx_init(&m, "callout mutex", NULL, MTX_DEF);
	callout_init_mtx(&c, &m, 0);
	for (int i = 0; i < rounds; i++) {
		mtx_lock(&m);
		started = 1;
		callout_reset(&c, 1, every_tick, NULL);
		mtx_unlock(&m);
		pause("run", 1 + i % 3);
		mtx_lock(&m);
		callout_stop(&c);
		started = 0;
		mtx_unlock(&m);
		DELAY(1500);
	}
	callout_drain(&c);
	TK_CHECK(ran > 0);
	mtx_destroy(&m);
}

TK_CASE(callout_with_a_lock_never_runs_after_stop)
{
	start_and_stop(100);
}

TK_CASE_THREADED(callout_with_a_lock_never_runs_after_stop_threaded)
{
	start_and_stop(30);
}

static void
drains(void *arg)
{
	callout_drain(&c);
}

TK_CASE(callout_drain_keeps_a_handler_from_scheduling_itself)
{
	struct test_thread t;

	ran = 0;
	mtx_init(&m, "callout mutex", NULL, MTX_DEF);
	callout_init_mtx(&c, &m, 0);
	started = 1;
	callout_reset(&c, 1, every_tick, NULL);
	pause("run", 3);
	test_thread_start(&t, drains, NULL);
	test_thread_join(&t);
	TK_CHECK(!callout_pending(&c));
	mtx_destroy(&m);
}

/*
 * Broken rules.
 */
static void
sleeps(void *arg)
{
	pause("sleep", 1);
	ran++;
}

TK_CASE_DEBUG_STOPS(callout_handler_that_sleeps_stops,
    "sleep-context: pause() in a callout, which may not sleep at "
    "tests/kern/core/kern_timeout_test.c:")
{
	callout_init(&c, 1);
	callout_reset(&c, 1, sleeps, NULL);
	pause("wait", 5);
}

static void
keeps_lock(void *arg)
{
	mtx_lock(&m);
}

TK_CASE_DEBUG_STOPS(callout_handler_that_returns_with_a_lock_stops,
    "lock-held: callout handler returned with mutex \"callout mutex\"")
{
	mtx_init(&m, "callout mutex", NULL, MTX_DEF);
	callout_init(&c, 1);
	callout_reset(&c, 1, keeps_lock, NULL);
	pause("wait", 5);
}

TK_CASE_DEBUG_STOPS(callout_stop_without_its_lock_stops,
    "mtx-assert: mutex \"callout mutex\" is not owned")
{
	mtx_init(&m, "callout mutex", NULL, MTX_DEF);
	callout_init_mtx(&c, &m, 0);
	callout_stop(&c);
}

TK_CASE_DEBUG_STOPS(callout_drain_with_a_mutex_held_stops,
    "sleep-lock: callout_drain() with mutex \"callout mutex\"")
{
	mtx_init(&m, "callout mutex", NULL, MTX_DEF);
	callout_init_mtx(&c, &m, 0);
	mtx_lock(&m);
	callout_drain(&c);
}

TK_CASE_STOPS(callout_drain_in_the_handler_stops,
    "callout-drain: callout_drain() in a callout")
{
	callout_init(&c, 1);
	callout_reset(&c, 1, drains, NULL);
	pause("wait", 5);
}

TK_CASE_STOPS(callout_never_initialised_stops,
    "callout-init: callout_reset() of a callout that was never initialised")
{
	struct callout *p = malloc(sizeof(*p), M_TEMP, M_WAITOK);

	callout_reset(p, 1, note, NULL);
}

TK_CASE_STOPS(callout_of_zeros_stops,
    "callout-init: callout_drain() of a callout that was never initialised")
{
	static struct callout zeros;

	callout_drain(&zeros);
}

TK_CASE_STOPS(callout_pending_in_freed_memory_stops,
    "callout-free: free of memory that holds a pending callout")
{
	struct callout *p = malloc(sizeof(*p), M_TEMP, M_WAITOK);

	callout_init(p, 1);
	callout_reset(p, 10, note, NULL);
	free(p, M_TEMP);
}

TK_CASE_DEBUG_STOPS(callout_init_with_a_sleepable_lock_stops,
    "has sleepable lock")
{
	struct sx sx;

	sx_init(&sx, "sx");
	_callout_init_lock(&c, &sx.lock_object, 0);
}

TK_CASE_UNBOOTED(callout_still_pending_at_shutdown_is_a_leak)
{
	tk_boot(NULL);
	callout_init(&c, 1);
	callout_reset(&c, 1000, note, NULL);
	TK_EQ(tk_ledger_count("callout"), 1);
	TK_EQ(tk_shutdown(), 1);
}
