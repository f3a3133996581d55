/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Lock order, and the locks that a thread holds. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/sx.h>

#include "tk_test_thread.h"

static struct mtx a, b, c;

static void
setup(void)
{
	mtx_init(&a, "a", "type a", MTX_DEF);
	mtx_init(&b, "b", "type b", MTX_DEF);
	mtx_init(&c, "c", "type c", MTX_DEF);
}

static void
teardown(void)
{
	mtx_destroy(&a);
	mtx_destroy(&b);
	mtx_destroy(&c);
}

static void
take(struct mtx *first, struct mtx *second)
{
	mtx_lock(first);
	mtx_lock(second);
	mtx_unlock(second);
	mtx_unlock(first);
}

TK_CASE(lock_order_kept_is_fine)
{
	setup();
	for (int i = 0; i < 3; i++) {
		take(&a, &b);
		take(&b, &c);
		take(&a, &c);
	}
	teardown();
}

TK_CASE_RELEASE(lock_order_reversal_goes_unnoticed)
{
	setup();
	take(&a, &b);
	take(&b, &a);
	teardown();
}

TK_CASE_DEBUG_STOPS(lock_order_reversal_stops_and_names_both_places,
    "lock-order: lock order reversal: mutex \"a\" is taken with mutex \"b\", "
    "locked at tests/kern/sync/subr_witness_test.c:")
{
	setup();
	take(&a, &b);
	take(&b, &a);
	teardown();
}

static void
take_the_other_way(void *arg)
{
	take(&b, &a);
}

TK_CASE_DEBUG_STOPS(lock_order_reversal_in_another_thread_stops,
    "tk: lock-order: ")
{
	struct test_thread t;

	setup();
	take(&a, &b);
	test_thread_start(&t, take_the_other_way, NULL);
	test_thread_join(&t);
}

TK_CASE_DEBUG_STOPS(lock_order_circle_of_three_stops,
    "\"type a\" goes before \"type c\" since \"type a\"")
{
	setup();
	take(&a, &b);
	take(&b, &c);
	take(&c, &a);
}

TK_CASE_DEBUG_STOPS(lock_order_is_one_of_types, "tk: lock-order: ")
{
	struct mtx another;

	setup();
	mtx_init(&another, "another", "type a", MTX_DEF);
	take(&a, &b);
	take(&b, &another);
}

TK_CASE_DEBUG_STOPS(lock_order_between_mutex_and_sx_stops, "tk: sleep-lock: ")
{
	struct sx sx;

	setup();
	sx_init(&sx, "sx");
	sx_xlock(&sx);
	mtx_lock(&a);
	mtx_unlock(&a);
	sx_xunlock(&sx);
	mtx_lock(&a);
	sx_xlock(&sx);
}

TK_CASE_DEBUG_STOPS(lock_order_of_spin_mutexes_stops, "tk: lock-order: ")
{
	struct mtx s1, s2;

	mtx_init(&s1, "s1", NULL, MTX_SPIN);
	mtx_init(&s2, "s2", NULL, MTX_SPIN);
	mtx_lock_spin(&s1);
	mtx_lock_spin(&s2);
	mtx_unlock_spin(&s2);
	mtx_unlock_spin(&s1);
	mtx_lock_spin(&s2);
	mtx_lock_spin(&s1);
}

TK_CASE(lock_order_is_not_learnt_from_trylock)
{
	setup();
	take(&a, &b);
	mtx_lock(&b);
	TK_EQ(mtx_trylock(&a), 1);
	mtx_unlock(&a);
	mtx_unlock(&b);
	teardown();
}

TK_CASE(lock_order_of_nowitness_locks_is_free)
{
	struct mtx free_one;

	setup();
	mtx_init(&free_one, "free one", NULL, MTX_DEF | MTX_NOWITNESS);
	take(&a, &free_one);
	take(&free_one, &a);
	mtx_destroy(&free_one);
	teardown();
}

TK_CASE_DEBUG(lock_order_may_be_defined)
{
	setup();
	TK_EQ(WITNESS_DEFINEORDER(&a.lock_object, &b.lock_object), 0);
	TK_EQ(WITNESS_DEFINEORDER(&b.lock_object, &a.lock_object), EINVAL);
	teardown();
}

TK_CASE_DEBUG_STOPS(two_locks_of_a_type_stop,
    "lock-dup: mutex \"another\" is taken with another of its type")
{
	struct mtx another;

	setup();
	mtx_init(&another, "another", "type a", MTX_DEF);
	take(&a, &another);
}

TK_CASE(two_locks_of_a_type_with_dupok_are_fine)
{
	struct mtx x[2];

	for (int i = 0; i < 2; i++)
		mtx_init(&x[i], "x", NULL, MTX_DEF | MTX_DUPOK);
	take(&x[0], &x[1]);
	take(&x[1], &x[0]);
	for (int i = 0; i < 2; i++)
		mtx_destroy(&x[i]);
	setup();
	mtx_init(&x[0], "a too", "type a", MTX_DEF);
	mtx_lock(&a);
	mtx_lock_flags(&x[0], MTX_DUPOK);
	mtx_unlock(&x[0]);
	mtx_unlock(&a);
	mtx_destroy(&x[0]);
	teardown();
}

TK_CASE_DEBUG_STOPS(witness_warn_stops_with_a_lock_held,
    "sleep-lock: calling foo with mutex \"a\", locked at")
{
	setup();
	mtx_lock(&a);
	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL, "calling %s", "foo");
}

TK_CASE_STOPS(too_many_locks_stop, "lock-many: more than")
{
	struct mtx many[TK_HELD_MAX + 1];

	for (size_t i = 0; i < nitems(many); i++) {
		mtx_init(&many[i], "one of many", NULL, MTX_DEF | MTX_DUPOK);
		mtx_lock(&many[i]);
	}
}

TK_CASE_UNBOOTED(lock_not_destroyed_is_a_leak)
{
	tk_boot(NULL);
	setup();
	mtx_destroy(&b);
	TK_EQ(tk_shutdown(), 2);
}

TK_CASE_DEBUG_STOPS(shutdown_with_a_lock_held_stops,
    "lock-held: tk_shutdown()'s caller returned with mutex \"a\"")
{
	setup();
	mtx_lock(&a);
}
