/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* sx(9): sharing, excluding, and each rule broken once. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/sx.h>

#include "tk_test_thread.h"

static struct sx sx;
static int readers, most_readers, writers;

static void
reader(void *arg)
{
	for (int i = 0; i < 50; i++) {
		sx_slock(&sx);
		TK_EQ(atomic_load_int(&writers), 0);
		most_readers = imax(most_readers, ++readers);
		pause("read", 1);
		readers--;
		sx_sunlock(&sx);
	}
}

static void
writer(void *arg)
{
	for (int i = 0; i < 50; i++) {
		sx_xlock(&sx);
		TK_EQ(readers, 0);
		TK_EQ(atomic_fetchadd_int((u_int *)&writers, 1), 0);
		pause("write", 1);
		atomic_subtract_int((u_int *)&writers, 1);
		sx_xunlock(&sx);
		pause("rest", 1);
	}
}

TK_CASE(sx_shares_among_readers_and_excludes_writers)
{
	struct test_thread t[4];

	sx_init(&sx, "test sx");
	for (int i = 0; i < 4; i++)
		test_thread_start(&t[i], i < 2 ? reader : writer, NULL);
	for (int i = 0; i < 4; i++)
		test_thread_join(&t[i]);
	TK_EQ(most_readers, 2);
	sx_destroy(&sx);
}

TK_CASE_THREADED(sx_excludes_writers_threaded)
{
	struct test_thread t[3];

	sx_init(&sx, "test sx");
	for (int i = 0; i < 3; i++)
		test_thread_start(&t[i], writer, NULL);
	for (int i = 0; i < 3; i++)
		test_thread_join(&t[i]);
	sx_destroy(&sx);
}

TK_CASE(sx_may_be_held_across_a_sleep)
{
	sx_init(&sx, "test sx");
	sx_xlock(&sx);
	pause("sleep", 2);
	sx_assert(&sx, SA_XLOCKED);
	sx_xunlock(&sx);
	sx_destroy(&sx);
}

TK_CASE(sx_upgrade_needs_the_only_share)
{
	sx_init(&sx, "test sx");
	sx_slock(&sx);
	TK_CHECK(sx_try_upgrade(&sx));
	sx_assert(&sx, SA_XLOCKED);
	sx_downgrade(&sx);
	sx_assert(&sx, SA_SLOCKED);
	sx_unlock(&sx);
	sx_slock(&sx);
	sx_slock(&sx);
	TK_CHECK(!sx_try_upgrade(&sx));
	sx_sunlock(&sx);
	sx_sunlock(&sx);
	sx_assert(&sx, SA_UNLOCKED);
	sx_destroy(&sx);
}

TK_CASE(sx_recursive_one_is_free_after_as_many_unlocks)
{
	sx_init_flags(&sx, "test sx", SX_RECURSE);
	sx_xlock(&sx);
	sx_xlock(&sx);
	sx_assert(&sx, SA_XLOCKED | SA_RECURSED);
	sx_xunlock(&sx);
	TK_CHECK(sx_xlocked(&sx));
	sx_xunlock(&sx);
	TK_CHECK(!sx_xlocked(&sx));
	sx_destroy(&sx);
}

static void
wait_sig(void *arg)
{
	*(int *)arg = sx_xlock_sig(&sx);
}

TK_CASE(sx_interrupted_wait_returns_eintr)
{
	struct test_thread t;
	int error = -1;

	sx_init(&sx, "test sx");
	sx_xlock(&sx);
	test_thread_start(&t, wait_sig, &error);
	pause("let it wait", 5);
	tk_thread_interrupt(t.td);
	test_thread_join(&t);
	TK_EQ(error, EINTR);
	sx_xunlock(&sx);
	sx_destroy(&sx);
}

TK_CASE_DEBUG_STOPS(sx_with_a_mutex_held_stops,
    "sleep-lock: sx_xlock() with mutex \"test mutex\", locked at")
{
	struct mtx m;

	sx_init(&sx, "test sx");
	mtx_init(&m, "test mutex", NULL, MTX_DEF);
	mtx_lock(&m);
	sx_xlock(&sx);
}

TK_CASE_DEBUG_STOPS(sx_in_a_filter_stops,
    "sleep-filter: sx_slock() in a filter")
{
	sx_init(&sx, "test sx");
	tk_intr_enter();
	sx_slock(&sx);
}

TK_CASE_STOPS(sx_recursion_on_a_plain_one_stops,
    "lock-recurse: sx lock \"test sx\" is taken while held already")
{
	sx_init(&sx, "test sx");
	sx_xlock(&sx);
	sx_xlock(&sx);
}

TK_CASE_STOPS(sx_exclusive_while_sharing_stops,
    "lock-recurse: sx lock \"test sx\" is taken while held shared")
{
	sx_init(&sx, "test sx");
	sx_slock(&sx);
	sx_xlock(&sx);
}

TK_CASE_STOPS(sx_unlock_of_a_free_one_stops,
    "lock-owner: sx_xunlock() of \"test sx\"")
{
	sx_init(&sx, "test sx");
	sx_xunlock(&sx);
}

TK_CASE_STOPS(sx_share_unlock_of_an_exclusive_one_stops,
    "lock-owner: sx_sunlock() of \"test sx\"")
{
	sx_init(&sx, "test sx");
	sx_xlock(&sx);
	sx_sunlock(&sx);
}

TK_CASE_STOPS(sx_destroy_of_a_shared_one_stops,
    "lock-destroy: destroy of \"test sx\", which is share locked")
{
	sx_init(&sx, "test sx");
	sx_slock(&sx);
	sx_destroy(&sx);
}

TK_CASE_DEBUG_STOPS(sx_assert_of_a_free_one_stops,
    "lock-assert: \"test sx\" is not locked")
{
	sx_init(&sx, "test sx");
	sx_assert(&sx, SA_LOCKED);
}
