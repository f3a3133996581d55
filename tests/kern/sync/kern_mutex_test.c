/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* mutex(9): exclusion, recursion, assertions, and each rule broken once. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>

#include "tk_test_thread.h"

static struct mtx m, m2;

static struct mtx sysinit_mtx;
MTX_SYSINIT(test, &sysinit_mtx, "made by MTX_SYSINIT", MTX_DEF);

static void
setup(int opts)
{
	mtx_init(&m, "test mutex", NULL, opts);
}

/*
 * Correct use.
 */
#define	ROUNDS	2000
static int counter;
static bool inside;

static void
count(void *arg)
{
	int spin = *(int *)arg;

	for (int i = 0; i < ROUNDS; i++) {
		if (spin)
			mtx_lock_spin(&m);
		else
			mtx_lock(&m);
		TK_CHECK(!inside);
		inside = true;
		counter++;
		if (!spin)
			tk_preempt();
		inside = false;
		if (spin)
			mtx_unlock_spin(&m);
		else
			mtx_unlock(&m);
	}
}

static void
count_in_three_threads(int spin)
{
	struct test_thread t[3];

	setup(spin ? MTX_SPIN : MTX_DEF);
	counter = 0;
	for (int i = 0; i < 3; i++)
		test_thread_start(&t[i], count, &spin);
	for (int i = 0; i < 3; i++)
		test_thread_join(&t[i]);
	TK_EQ(counter, 3 * ROUNDS);
	mtx_destroy(&m);
}

TK_CASE(mutex_lets_one_thread_in)
{
	count_in_three_threads(0);
}

TK_CASE_THREADED(mutex_lets_one_thread_in_threaded)
{
	count_in_three_threads(0);
}

TK_CASE(spin_mutex_lets_one_thread_in)
{
	count_in_three_threads(1);
}

TK_CASE_THREADED(spin_mutex_lets_one_thread_in_threaded)
{
	count_in_three_threads(1);
}

TK_CASE(mutex_of_sysinit_is_ready_at_boot)
{
	TK_CHECK(mtx_initialized(&sysinit_mtx));
	mtx_lock(&sysinit_mtx);
	TK_CHECK(mtx_owned(&sysinit_mtx));
	mtx_unlock(&sysinit_mtx);
	TK_STREQ(mtx_name(&sysinit_mtx), "made by MTX_SYSINIT");
}

TK_CASE(mutex_recursive_one_is_free_after_as_many_unlocks)
{
	setup(MTX_DEF | MTX_RECURSE);
	mtx_lock(&m);
	mtx_lock(&m);
	mtx_lock(&m);
	mtx_assert(&m, MA_OWNED | MA_RECURSED);
	mtx_unlock(&m);
	mtx_unlock(&m);
	mtx_assert(&m, MA_OWNED | MA_NOTRECURSED);
	TK_EQ(tk_locks_held(), 1);
	mtx_unlock(&m);
	mtx_assert(&m, MA_NOTOWNED);
	mtx_destroy(&m);
}

TK_CASE(mutex_recursive_spin_one_is_free_after_as_many_unlocks)
{
	setup(MTX_SPIN | MTX_RECURSE);
	mtx_lock_spin(&m);
	mtx_lock_spin(&m);
	mtx_unlock_spin(&m);
	TK_CHECK(mtx_owned(&m));
	mtx_unlock_spin(&m);
	TK_CHECK(!mtx_owned(&m));
	TK_EQ(curthread->td_critnest, 0);
	mtx_destroy(&m);
}

/*
 * Starts with a busy wait, because virtual time moves only when the case itself
 * waits.
 */
static void
try_it(void *arg)
{
	DELAY(1000);
	*(int *)arg = mtx_trylock(&m);
	if (*(int *)arg != 0)
		mtx_unlock(&m);
}

TK_CASE(mutex_trylock_fails_while_another_thread_holds_it)
{
	struct test_thread t;
	int got = -1;

	setup(MTX_DEF);
	test_thread_start(&t, try_it, &got);
	mtx_lock(&m);
	TK_EQ(mtx_trylock(&m), 0);
	test_thread_join(&t);
	TK_EQ(got, 0);
	mtx_unlock(&m);
	test_thread_start(&t, try_it, &got);
	test_thread_join(&t);
	TK_EQ(got, 1);
	mtx_destroy(&m);
}

TK_CASE(mutex_trylock_can_be_made_to_fail)
{
	setup(MTX_DEF);
	tk_fault_set("mtx_trylock", 2);
	TK_EQ(mtx_trylock(&m), 1);
	mtx_unlock(&m);
	TK_EQ(mtx_trylock(&m), 0);
	TK_EQ(mtx_trylock(&m), 1);
	mtx_unlock(&m);
	mtx_destroy(&m);
}

TK_CASE(mutexes_may_be_released_in_any_order)
{
	setup(MTX_DEF);
	mtx_init(&m2, "another", NULL, MTX_DEF);
	mtx_lock(&m);
	mtx_lock(&m2);
	mtx_unlock(&m);
	TK_CHECK(mtx_owned(&m2));
	TK_EQ(tk_locks_held(), 1);
	mtx_unlock(&m2);
	mtx_destroy(&m2);
	mtx_destroy(&m);
}

TK_CASE(mutex_may_be_initialised_again_after_destroy)
{
	for (int i = 0; i < 3; i++) {
		setup(MTX_DEF | (i == 2 ? MTX_NEW : 0));
		mtx_lock(&m);
		mtx_unlock(&m);
		mtx_destroy(&m);
	}
}

TK_CASE(mutex_default_one_may_be_held_while_a_spin_one_is_taken)
{
	setup(MTX_DEF);
	mtx_init(&m2, "spin", NULL, MTX_SPIN);
	mtx_lock(&m);
	mtx_lock_spin(&m2);
	mtx_unlock_spin(&m2);
	mtx_unlock(&m);
	mtx_destroy(&m2);
	mtx_destroy(&m);
}

/*
 * Broken rules.
 */
/*
 * Without INVARIANTS FreeBSD asserts nothing: see __mtx_lock_sleep() and
 * _mtx_lock_spin_cookie() in its kern_mutex.c.
 */
TK_CASE_RELEASE(mutex_recursion_on_a_plain_one_lets_its_owner_in)
{
	setup(MTX_DEF);
	mtx_lock(&m);
	mtx_lock(&m);
	TK_CHECK(mtx_recursed(&m));
	TK_EQ(mtx_trylock(&m), 0);
	mtx_unlock(&m);
	TK_CHECK(mtx_owned(&m));
	mtx_unlock(&m);
	TK_CHECK(!mtx_owned(&m));
	mtx_destroy(&m);
}

TK_CASE_RELEASE(mutex_recursion_on_a_plain_spin_one_lets_its_owner_in)
{
	setup(MTX_SPIN);
	mtx_lock_spin(&m);
	mtx_lock_spin(&m);
	mtx_unlock_spin(&m);
	TK_CHECK(mtx_owned(&m));
	mtx_unlock_spin(&m);
	TK_CHECK(!mtx_owned(&m));
	mtx_destroy(&m);
}

TK_CASE_RELEASE(mutex_that_is_recursed_stays_its_owners_in_a_sleep)
{
	setup(MTX_DEF);
	mtx_lock(&m);
	mtx_lock(&m);
	TK_EQ(msleep_sbt(&m, &m, 0, "test", SBT_1MS, 0, 0), EWOULDBLOCK);
	TK_CHECK(mtx_recursed(&m));
	mtx_unlock(&m);
	mtx_unlock(&m);
	mtx_destroy(&m);
}

TK_CASE_RELEASE(mutex_may_be_destroyed_by_its_owner)
{
	setup(MTX_DEF);
	mtx_lock(&m);
	mtx_destroy(&m);
	TK_EQ(tk_locks_held(), 0);
}

static void
lock_and_unlock(void *arg)
{
	mtx_lock(&m);
	mtx_unlock(&m);
}

TK_CASE_RELEASE(mutex_default_one_that_is_free_is_taken_in_a_filter)
{
	setup(MTX_DEF);
	tk_intr_run(lock_and_unlock, NULL);
	TK_CHECK(!mtx_owned(&m));
	mtx_destroy(&m);
}

TK_CASE_DEBUG_STOPS(mutex_recursion_on_a_plain_one_stops,
    "mtx-recurse: mtx_lock() of non-recursive mutex \"test mutex\"")
{
	setup(MTX_DEF);
	mtx_lock(&m);
	mtx_lock(&m);
}

TK_CASE_DEBUG_STOPS(mutex_recursion_on_a_plain_spin_one_stops,
    "tk: mtx-recurse: ")
{
	setup(MTX_SPIN);
	mtx_lock_spin(&m);
	mtx_lock_spin(&m);
}

TK_CASE_STOPS(mutex_unlock_of_a_free_one_stops,
    "mtx-owner: mtx_unlock() of \"test mutex\", which nobody holds")
{
	setup(MTX_DEF);
	mtx_unlock(&m);
	mtx_destroy(&m);
}

TK_CASE_THREADED_STOPS(mutex_unlock_of_a_free_one_stops_threaded,
    "mtx-owner: mtx_unlock() of \"test mutex\", which nobody holds")
{
	setup(MTX_DEF);
	mtx_unlock(&m);
}

static void
lock_and_keep(void *arg)
{
	mtx_lock(&m);
	DELAY(1000000);
	mtx_unlock(&m);
}

TK_CASE_STOPS(mutex_unlock_by_another_thread_stops,
    "mtx-owner: mtx_unlock() of \"test mutex\", which thread \"test\" holds")
{
	struct test_thread t;

	setup(MTX_DEF);
	test_thread_start(&t, lock_and_keep, NULL);
	pause("let it", 10);
	mtx_unlock(&m);
}

TK_CASE_DEBUG_STOPS(mutex_destroy_of_a_held_one_stops,
    "lock-destroy: mtx_destroy() of \"test mutex\", which thread \"thread0\"")
{
	setup(MTX_DEF);
	mtx_lock(&m);
	mtx_destroy(&m);
}

TK_CASE_STOPS(mutex_lock_of_one_never_initialised_stops,
    "lock-init: mtx_lock() of a mutex that was never initialised")
{
	static struct mtx zeros;

	mtx_lock(&zeros);
}

TK_CASE_STOPS(mutex_lock_of_uninitialised_memory_stops,
    "lock-init: mtx_lock() of a mutex that was never initialised")
{
	struct mtx *p = malloc(sizeof(*p), M_TEMP, M_WAITOK);

	mtx_lock(p);
}

TK_CASE_STOPS(mutex_destroy_of_one_never_initialised_stops,
    "lock-init: mtx_destroy() of a mutex that was never initialised")
{
	static struct mtx zeros;

	mtx_destroy(&zeros);
}

TK_CASE_STOPS(mutex_lock_after_destroy_stops,
    "lock-init: mtx_lock() of a mutex that was destroyed")
{
	setup(MTX_DEF);
	mtx_destroy(&m);
	mtx_lock(&m);
}

TK_CASE_STOPS(mutex_second_init_stops,
    "lock-init: init of mutex \"test mutex\", which is initialised already")
{
	setup(MTX_DEF);
	setup(MTX_DEF);
}

TK_CASE_STOPS(mutex_that_was_moved_stops,
    "lock-init: mtx_lock() of a copy of lock \"test mutex\"")
{
	setup(MTX_DEF);
	m2 = m;
	mtx_lock(&m2);
}

TK_CASE_STOPS(mutex_spin_one_locked_as_a_default_one_stops,
    "lock-class: mtx_lock() of a mutex: \"test mutex\" is a spin mutex")
{
	setup(MTX_SPIN);
	mtx_lock(&m);
}

TK_CASE_STOPS(mutex_default_one_locked_as_a_spin_one_stops,
    "lock-class: mtx_lock_spin() of a spin mutex: \"test mutex\" is a mutex")
{
	setup(MTX_DEF);
	mtx_lock_spin(&m);
}

TK_CASE_DEBUG_STOPS(mutex_default_one_in_a_filter_stops,
    "mtx-filter: mtx_lock() of default mutex \"test mutex\" in a filter")
{
	setup(MTX_DEF);
	tk_intr_enter();
	mtx_lock(&m);
}

TK_CASE_DEBUG_STOPS(mutex_trylock_of_a_default_one_in_a_filter_stops,
    "mtx-filter: mtx_trylock() of default mutex")
{
	setup(MTX_DEF);
	tk_intr_enter();
	(void)mtx_trylock(&m);
}

TK_CASE_DEBUG_STOPS(mutex_default_one_with_a_spin_one_held_stops,
    "mtx-spin: mtx_lock() of default mutex \"test mutex\" with spin mutex")
{
	setup(MTX_DEF);
	mtx_init(&m2, "spin", NULL, MTX_SPIN);
	mtx_lock_spin(&m2);
	mtx_lock(&m);
}

TK_CASE_DEBUG_STOPS(mutex_default_one_in_a_critical_section_stops,
    "mtx-critical: mtx_lock() of default mutex \"test mutex\"")
{
	setup(MTX_DEF);
	critical_enter();
	mtx_lock(&m);
}

TK_CASE_DEBUG_STOPS(mutex_assert_owned_of_a_free_one_stops,
    "mtx-assert: mutex \"test mutex\" is not owned")
{
	setup(MTX_DEF);
	mtx_assert(&m, MA_OWNED);
}

TK_CASE_DEBUG_STOPS(mutex_assert_not_owned_of_an_owned_one_stops,
    "mtx-assert: mutex \"test mutex\" is owned")
{
	setup(MTX_DEF);
	mtx_lock(&m);
	mtx_assert(&m, MA_NOTOWNED);
}

TK_CASE_DEBUG_STOPS(mutex_assert_recursed_of_one_that_is_not_stops,
    "mtx-assert: mutex \"test mutex\" is not recursed")
{
	setup(MTX_DEF | MTX_RECURSE);
	mtx_lock(&m);
	mtx_assert(&m, MA_OWNED | MA_RECURSED);
}

TK_CASE_DEBUG_STOPS(mutex_assert_not_recursed_of_one_that_is_stops,
    "mtx-assert: mutex \"test mutex\" is recursed")
{
	setup(MTX_DEF | MTX_RECURSE);
	mtx_lock(&m);
	mtx_lock(&m);
	mtx_assert(&m, MA_OWNED | MA_NOTRECURSED);
}

TK_CASE_STOPS(mutex_free_of_the_memory_that_holds_it_stops,
    "lock-free: free of memory that holds lock \"inside\"")
{
	struct mtx *p = malloc(100000, M_TEMP, M_WAITOK | M_ZERO);

	mtx_init(&p[1000], "inside", NULL, MTX_DEF);
	free(p, M_TEMP);
}

static void
lock_late(void *arg)
{
	DELAY(1000);
	mtx_lock(&m);
	mtx_unlock(&m);
}

TK_CASE_STOPS(mutex_deadlock_of_two_threads_stops,
    "deadlock: everyone waits and nothing will wake them")
{
	struct test_thread t;

	setup(MTX_DEF);
	test_thread_start(&t, lock_late, NULL);
	mtx_lock(&m);
	test_thread_join(&t);
}

TK_CASE_STOPS(mutex_stop_names_the_line_of_the_caller,
    "at tests/kern/sync/kern_mutex_test.c:")
{
	setup(MTX_DEF);
	mtx_unlock(&m);
	mtx_destroy(&m);
}
