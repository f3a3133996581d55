/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* rwlock(9): sharing, excluding, and each rule broken once. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/rwlock.h>

#include "tk_test_thread.h"

static struct rwlock rw;
static int value[2];

static void
writer(void *arg)
{
	for (int i = 0; i < 500; i++) {
		rw_wlock(&rw);
		value[0]++;
		tk_preempt();
		value[1]++;
		rw_wunlock(&rw);
	}
}

static void
reader(void *arg)
{
	for (int i = 0; i < 500; i++) {
		rw_rlock(&rw);
		TK_EQ(value[0], value[1]);
		rw_runlock(&rw);
	}
}

static void
read_and_write(void)
{
	struct test_thread t[4];

	rw_init(&rw, "test rw");
	for (int i = 0; i < 4; i++)
		test_thread_start(&t[i], i < 2 ? reader : writer, NULL);
	for (int i = 0; i < 4; i++)
		test_thread_join(&t[i]);
	TK_EQ(value[0], 1000);
	rw_destroy(&rw);
}

TK_CASE(rwlock_readers_see_what_writers_finished)
{
	read_and_write();
}

TK_CASE_THREADED(rwlock_readers_see_what_writers_finished_threaded)
{
	read_and_write();
}

TK_CASE(rwlock_upgrade_downgrade_and_try)
{
	rw_init(&rw, "test rw");
	rw_rlock(&rw);
	TK_EQ(rw_try_wlock(&rw), 0);
	TK_CHECK(rw_try_upgrade(&rw));
	TK_CHECK(rw_wowned(&rw));
	TK_EQ(rw_try_rlock(&rw), 0);
	rw_downgrade(&rw);
	rw_assert(&rw, RA_RLOCKED);
	rw_unlock(&rw);
	TK_CHECK(rw_try_wlock(&rw));
	rw_unlock(&rw);
	rw_assert(&rw, RA_UNLOCKED);
	rw_destroy(&rw);
}

TK_CASE_DEBUG_STOPS(rwlock_held_across_a_sleep_stops,
    "sleep-lock: pause() with rw lock \"test rw\", share locked at")
{
	rw_init(&rw, "test rw");
	rw_rlock(&rw);
	pause("sleep", 1);
}

TK_CASE_DEBUG_STOPS(rwlock_in_a_filter_stops,
    "rw-filter: rw_rlock() of \"test rw\" in a filter")
{
	rw_init(&rw, "test rw");
	tk_intr_enter();
	rw_rlock(&rw);
}

TK_CASE_DEBUG_STOPS(rwlock_with_a_spin_mutex_held_stops,
    "rw-critical: rw_wlock() of \"test rw\"")
{
	struct mtx m;

	rw_init(&rw, "test rw");
	mtx_init(&m, "spin", NULL, MTX_SPIN);
	mtx_lock_spin(&m);
	rw_wlock(&rw);
}

TK_CASE_STOPS(rwlock_write_unlock_of_a_reader_stops,
    "lock-owner: rw_wunlock() of \"test rw\"")
{
	rw_init(&rw, "test rw");
	rw_rlock(&rw);
	rw_wunlock(&rw);
}
