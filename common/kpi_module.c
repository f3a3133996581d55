/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What keeps a module's code in use: see kpi_module.h for the contracts.
 *
 * Each module has a C layer of its own, and so a count of its own.
 */
#include "kpi_module.h"

#include <sys/kernel.h>
#include <machine/atomic.h>

static volatile u_int kpi_module_holds;

void
kpi_module_hold(void)
{
	atomic_add_int(&kpi_module_holds, 1);
}

void
kpi_module_release(void)
{
	atomic_add_int(&kpi_module_holds, -1);
}

/*
 * All modules of the file have been unloaded, and it is too late to refuse.  A
 * module(9) of this layer could have refused.  But then a file would stay
 * loaded of which all other modules have failed to load.
 * Source: sys/kern/kern_linker.c, linker_file_unload(), linker_load_file().
 */
static void
kpi_module_fini(const void *arg __unused)
{
	u_int holds = atomic_load_acq_int(&kpi_module_holds);

	if (holds != 0)
		panic("kpi: a module is unloaded, and %u of its callouts, task "
		    "queues or nodes are left", holds);
}
SYSUNINIT(kpi_module, SI_SUB_LOCK, SI_ORDER_FIRST, kpi_module_fini, NULL);
