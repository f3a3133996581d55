/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* condvar(9). */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/condvar.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/sx.h>

#include "tk_test_thread.h"

static struct mtx m;
static struct cv cv;
static int tickets, served;

static void
setup(void)
{
	mtx_init(&m, "cv mutex", NULL, MTX_DEF);
	cv_init(&cv, "test cv");
}

static void
teardown(void)
{
	cv_destroy(&cv);
	mtx_destroy(&m);
}

static void
take_ticket(void *arg)
{
	mtx_lock(&m);
	while (tickets == 0)
		cv_wait(&cv, &m);
	mtx_assert(&m, MA_OWNED);
	tickets--;
	served++;
	mtx_unlock(&m);
}

static void
serve(bool all)
{
	struct test_thread t[3];

	setup();
	for (int i = 0; i < 3; i++)
		test_thread_start(&t[i], take_ticket, NULL);
	pause("let them wait", 20);
	mtx_lock(&m);
	TK_EQ(served, 0);
	tickets = all ? 3 : 1;
	if (all)
		cv_broadcast(&cv);
	else
		cv_signal(&cv);
	mtx_unlock(&m);
	pause("let them run", 20);
	mtx_lock(&m);
	TK_EQ(served, all ? 3 : 1);
	tickets = all ? 0 : 2;
	cv_broadcast(&cv);
	mtx_unlock(&m);
	for (int i = 0; i < 3; i++)
		test_thread_join(&t[i]);
	TK_EQ(served, 3);
	teardown();
}

TK_CASE(cv_signal_wakes_one)
{
	serve(false);
}

TK_CASE(cv_broadcast_wakes_all)
{
	serve(true);
}

TK_CASE_THREADED(cv_broadcast_wakes_all_threaded)
{
	serve(true);
}

TK_CASE(cv_timedwait_returns_ewouldblock_at_the_time)
{
	int64_t start;

	setup();
	mtx_lock(&m);
	start = tk_now_ns();
	TK_EQ(cv_timedwait_sbt(&cv, &m, 5 * SBT_1MS, 0, 0), EWOULDBLOCK);
	TK_EQ((tk_now_ns() - start + 500) / 1000000, 5);
	TK_EQ(cv_timedwait(&cv, &m, 1), EWOULDBLOCK);
	mtx_unlock(&m);
	teardown();
}

TK_CASE(cv_wait_unlock_returns_without_the_lock)
{
	struct test_thread t;

	setup();
	test_thread_start(&t, take_ticket, NULL);
	pause("let it wait", 5);
	mtx_lock(&m);
	tickets = 1;
	cv_signal(&cv);
	mtx_unlock(&m);
	test_thread_join(&t);
	mtx_lock(&m);
	TK_EQ(cv_timedwait_sig(&cv, &m, 1), EWOULDBLOCK);
	mtx_unlock(&m);
	teardown();
}

static struct sx sx;

static void
wait_with_sx(void *arg)
{
	sx_slock(&sx);
	*(int *)arg = cv_timedwait(&cv, &sx, 10);
	sx_assert(&sx, SA_SLOCKED);
	sx_sunlock(&sx);
}

TK_CASE(cv_wait_gives_up_a_shared_sx_lock_and_takes_it_shared)
{
	struct test_thread t;
	int error = -1;

	sx_init(&sx, "cv sx");
	cv_init(&cv, "test cv");
	test_thread_start(&t, wait_with_sx, &error);
	pause("let it wait", 2);
	sx_xlock(&sx);
	cv_signal(&cv);
	sx_xunlock(&sx);
	test_thread_join(&t);
	TK_EQ(error, 0);
	cv_destroy(&cv);
	sx_destroy(&sx);
}

TK_CASE_DEBUG_STOPS(cv_destroy_with_a_waiter_stops,
    "cv-destroy: cv_destroy() of \"test cv\" with 1 waiting")
{
	struct test_thread t;

	setup();
	test_thread_start(&t, take_ticket, NULL);
	pause("let it wait", 5);
	cv_destroy(&cv);
}

TK_CASE_STOPS(cv_wait_without_the_lock_stops,
    "sleep-unlocked: cv_wait() on \"test cv\" without holding its lock")
{
	setup();
	cv_wait(&cv, &m);
}

TK_CASE_DEBUG_STOPS(cv_wait_with_another_mutex_held_stops,
    "sleep-lock: cv_wait() with mutex \"other\", locked at")
{
	struct mtx other;

	setup();
	mtx_init(&other, "other", NULL, MTX_DEF);
	mtx_lock(&other);
	mtx_lock(&m);
	cv_wait(&cv, &m);
}

TK_CASE_DEBUG_STOPS(cv_wait_in_a_filter_stops,
    "sleep-filter: cv_wait() in a filter")
{
	setup();
	mtx_lock(&m);
	tk_intr_enter();
	cv_wait(&cv, &m);
}
