/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The end of the machine: kern_reboot() and shutdown_nice().
 *
 * There is no init(8).  A test sees what it would have been asked for.  There
 * is nothing to sync either.  Where FreeBSD's machine restarts or is off, the
 * run ends.
 */

#include "tk_var.h"

#include <sys/eventhandler.h>
#include <sys/reboot.h>

#include "tk_bus.h"

static int nice_howto;

static void
shutdown_boot(void)
{
	nice_howto = -1;
}
TK_INIT_PRIO(shutdown_boot, 1);

int
tk_shutdown_asked(void)
{
	return (__atomic_load_n(&nice_howto, __ATOMIC_ACQUIRE));
}

/* The signal is sent by a task, so any context but a filter will do. */
void
shutdown_nice(int howto)
{
	tk_preempt();
	if (SCHEDULER_STOPPED())
		kern_reboot(howto | RB_NOSYNC);
	if (tk_context() == TK_CTX_FILTER)
		tk_stop("shutdown-filter", "shutdown_nice() in a filter");
	__atomic_store_n(&nice_howto, howto, __ATOMIC_RELEASE);
}

void
kern_reboot(int howto)
{
	if (!SCHEDULER_STOPPED())
		tk_may_sleep(NULL, "kern_reboot()");
	rebooting = 1;
	EVENTHANDLER_INVOKE(shutdown_pre_sync, howto);
	EVENTHANDLER_INVOKE(shutdown_post_sync, howto);
	/* The modules come first of shutdown_final, and so do the devices. */
	if ((howto & RB_NOSYNC) == 0)
		(void)tk_device_shutdown(tk_device_find("root0"));
	EVENTHANDLER_INVOKE(shutdown_final, howto);
	tk_stop("machine-down", "kern_reboot(%#x) came to its end", howto);
}
