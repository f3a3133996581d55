/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* config_intrhook(9). */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>

#include "tk_test.h"

static struct intr_config_hook hook;
static int ran;

static void
run(void *arg)
{
	pause("hook", 5);
	ran++;
	config_intrhook_disestablish(&hook);
}

static void
run_once(void *arg)
{
	ran += *(int *)arg;
}

TK_CASE(intrhook_runs_in_its_own_thread)
{
	hook.ich_func = run;
	TK_EQ(config_intrhook_establish(&hook), 0);
	(void)config_intrhook_drain(&hook);
	TK_EQ(ran, 1);
}

TK_CASE(intrhook_oneshot_removes_itself)
{
	int two = 2;

	config_intrhook_oneshot(run_once, &two);
	pause("let it", 5);
	TK_EQ(ran, 2);
}

TK_CASE_STOPS(intrhook_disestablished_twice_panics,
    "panic: config_intrhook_disestablish: disestablishing an unestablished")
{
	config_intrhook_disestablish(&hook);
}
