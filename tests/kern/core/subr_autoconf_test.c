/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* config_intrhook(9). */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>

#include "tk_test.h"
#include "tk_test_thread.h"

static struct intr_config_hook hook;
static int ran;

static void
run(void *arg)
{
	TK_CHECK(!cold);
	pause("hook", 5);
	ran++;
	config_intrhook_disestablish(&hook);
}

static void
run_once(void *arg)
{
	ran += *(int *)arg;
}

/* At boot, as a driver inside the kernel: only in the case that asks for it. */
static bool at_boot;

static void
driver_attach(void *unused)
{
	ran = 0;
	hook.ich_func = run;
	if (!at_boot)
		return;
	TK_CHECK(cold);
	TK_EQ(config_intrhook_establish(&hook), 0);
	TK_EQ(hook.ich_state, ICHS_QUEUED);
}
SYSINIT(driver_attach, SI_SUB_DRIVERS, SI_ORDER_ANY, driver_attach, NULL);

static void
later(void *unused)
{
	TK_EQ(ran, at_boot ? 1 : 0);
}
SYSINIT(later, SI_SUB_ROOT_CONF, SI_ORDER_ANY, later, NULL);

TK_CASE_UNBOOTED(intrhook_of_a_cold_kernel_runs_before_the_boot_goes_on)
{
	at_boot = true;
	tk_boot(NULL);
	TK_EQ(ran, 1);
	TK_EQ(config_intrhook_drain(&hook), ICHS_DONE);
	TK_EQ(tk_shutdown(), 0);
	at_boot = false;
}

TK_CASE(intrhook_runs_in_the_thread_that_establishes_it)
{
	TK_EQ(config_intrhook_establish(&hook), 0);
	TK_EQ(ran, 1);
	TK_EQ(config_intrhook_drain(&hook), ICHS_DONE);
}

/* So a lock that the hook takes must not be held. */
TK_CASE_DEBUG_STOPS(intrhook_runs_with_what_its_thread_holds,
    "sleep-lock: pause() with mutex \"test mutex\"")
{
	struct mtx m;

	mtx_init(&m, "test mutex", NULL, MTX_DEF);
	mtx_lock(&m);
	(void)config_intrhook_establish(&hook);
}

static void
establish(void *arg)
{
	TK_EQ(config_intrhook_establish(arg), 0);
}

TK_CASE(intrhook_that_runs_is_waited_for)
{
	struct test_thread t;

	test_thread_start(&t, establish, &hook);
	pause("let it run", 2);
	TK_EQ(ran, 0);
	TK_EQ(config_intrhook_drain(&hook), ICHS_RUNNING);
	TK_EQ(ran, 1);
	test_thread_join(&t);
}

TK_CASE(intrhook_that_waits_is_cancelled)
{
	struct intr_config_hook other = { .ich_func = run_once };
	struct test_thread t;

	test_thread_start(&t, establish, &hook);
	pause("let it run", 2);
	/* The thread that runs hooks will run this one, too. */
	TK_EQ(config_intrhook_establish(&other), 0);
	TK_EQ(other.ich_state, ICHS_QUEUED);
	TK_EQ(config_intrhook_drain(&other), ICHS_QUEUED);
	test_thread_join(&t);
	TK_EQ(ran, 1);
}

TK_CASE(intrhook_oneshot_removes_itself)
{
	int two = 2;

	config_intrhook_oneshot(run_once, &two);
	TK_EQ(ran, 2);
}

static void
stay(void *arg)
{
}

TK_CASE(intrhook_that_stays_established_is_a_leak)
{
	struct intr_config_hook forgotten = { .ich_func = stay };

	TK_EQ(config_intrhook_establish(&forgotten), 0);
	TK_EQ(tk_ledger_count("intrhook"), 1);
	config_intrhook_disestablish(&forgotten);
	TK_EQ(tk_ledger_count("intrhook"), 0);
}

TK_CASE_STOPS(intrhook_disestablished_twice_panics,
    "panic: config_intrhook_disestablish: disestablishing an unestablished")
{
	config_intrhook_disestablish(&hook);
}
