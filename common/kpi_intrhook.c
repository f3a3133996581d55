/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Hooks: see kpi_intrhook.h for the contracts.
 */
#include "kpi_intrhook.h"
#include "kpi_module.h"

static void
kpi_intrhook_run(void *arg)
{
	struct kpi_intrhook *ih = arg;

	ih->kih_fn(ih->kih_arg);
	/*
	 * As soon as this is done the thread that drains may free *ih, and
	 * unload the module.  So this is the last instruction here, a jump: see
	 * kpi_cdev_closed().
	 */
	config_intrhook_disestablish(&ih->kih_hook);
}

void
kpi_intrhook_establish(struct kpi_intrhook *ih, kpi_intrhook_fn *fn, void *arg)
{
	KPI_SLEEPABLE();
	KASSERT(ih->kih_fn == NULL, ("%s: established twice", __func__));
	ih->kih_fn = fn;
	ih->kih_arg = arg;
	ih->kih_hook.ich_func = kpi_intrhook_run;
	ih->kih_hook.ich_arg = ih;
	kpi_module_hold();
	(void)config_intrhook_establish(&ih->kih_hook);
}

void
kpi_intrhook_drain(struct kpi_intrhook *ih)
{
	KPI_SLEEPABLE();
	/* config_intrhook_drain(9) would wait for ever. */
	if (ih->kih_fn == NULL)
		return;
	(void)config_intrhook_drain(&ih->kih_hook);
	ih->kih_fn = NULL;
	kpi_module_release();
}
