/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Switching the machine off: see kpi_shutdown.h for the contracts.
 */
#include "kpi_shutdown.h"

#include <sys/reboot.h>

void
kpi_poweroff_nice(void)
{
	KPI_SLEEPABLE();
	shutdown_nice(RB_POWEROFF);
}

void
kpi_poweroff(void)
{
	KPI_SLEEPABLE();
	/* The disks are written back once, by the thread that came first. */
	if (rebooting == 0)
		kern_reboot(RB_POWEROFF);
}
