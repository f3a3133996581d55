/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The end of the machine. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/eventhandler.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/reboot.h>

#include "bus/bus_testdev.h"
#include "tk_test.h"

static int stages;

static void
stage(void *arg, int howto)
{
	TK_EQ(howto, RB_POWEROFF);
	TK_EQ(rebooting, 1);
	TK_EQ(stages, *(int *)arg);
	stages++;
	if (stages < 3)
		TK_EQ(testdev_seen.shutdowns, 0);
	else {
		TK_EQ(testdev_seen.shutdowns, 1);
		printf("all is over\n");
	}
}

TK_CASE_STOPS(kern_reboot_runs_the_handlers_and_does_not_return,
    "machine-down: kern_reboot(0x4000) came to its end")
{
	static int order[] = { 0, 1, 2 };

	(void)testdev_attached();
	EVENTHANDLER_REGISTER(shutdown_final, stage, &order[2], 0);
	EVENTHANDLER_REGISTER(shutdown_post_sync, stage, &order[1], 0);
	EVENTHANDLER_REGISTER(shutdown_pre_sync, stage, &order[0], 0);
	kern_reboot(RB_POWEROFF);
}

TK_CASE_DEBUG_STOPS(kern_reboot_may_not_be_called_with_a_mutex, "sleep-lock")
{
	static struct mtx m;

	mtx_init(&m, "test", NULL, MTX_DEF);
	mtx_lock(&m);
	kern_reboot(RB_AUTOBOOT);
}

TK_CASE(shutdown_nice_asks_init)
{
	TK_EQ(tk_shutdown_asked(), -1);
	shutdown_nice(RB_POWEROFF);
	TK_EQ(tk_shutdown_asked(), RB_POWEROFF);
	TK_EQ(rebooting, 0);
}

static void
in_a_filter(void *arg __unused)
{
	shutdown_nice(RB_POWEROFF);
}

TK_CASE_STOPS(shutdown_nice_may_not_be_called_in_a_filter, "shutdown-filter")
{
	tk_intr_run(in_a_filter, NULL);
}

TK_CASE_STOPS(shutdown_nice_after_a_panic_is_the_end,
    "machine-down: kern_reboot(0x4004) came to its end")
{
	tk_panicked(true);
	shutdown_nice(RB_POWEROFF);
}
