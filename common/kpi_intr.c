/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Interrupts: see kpi_intr.h for the contracts.
 */
#include "kpi_intr.h"

#include <machine/bus.h>
#include <sys/rman.h>
#include <machine/resource.h>
#include <sys/smp.h>

static int
kpi_intr_connect(device_t dev, int rid, int flags, kpi_filter_fn *filter,
    kpi_handler_fn *handler, void *arg, struct kpi_intr *intr)
{
	int error;

	intr->ki_dev = dev;
	intr->ki_cookie = NULL;
	intr->ki_res = bus_alloc_resource_any(dev, SYS_RES_IRQ, &rid,
	    RF_ACTIVE | RF_SHAREABLE);
	if (intr->ki_res == NULL)
		return (ENXIO);
	error = bus_setup_intr(dev, intr->ki_res, INTR_TYPE_MISC | INTR_MPSAFE |
	    flags, filter, handler, arg, &intr->ki_cookie);
	if (error != 0)
		kpi_intr_teardown(intr);
	return (error);
}

int
kpi_intr_setup(device_t dev, int rid, kpi_filter_fn *filter,
    kpi_handler_fn *handler, void *arg, struct kpi_intr *intr)
{
	return (kpi_intr_connect(dev, rid, 0, filter, handler, arg, intr));
}

int
kpi_intr_setup_sleepable(device_t dev, int rid, kpi_filter_fn *filter,
    kpi_handler_fn *handler, void *arg, struct kpi_intr *intr)
{
	return (kpi_intr_connect(dev, rid, INTR_EXCL | INTR_SLEEPABLE, filter,
	    handler, arg, intr));
}

void
kpi_intr_teardown(struct kpi_intr *intr)
{
	if (intr->ki_res == NULL)
		return;
	if (intr->ki_cookie != NULL) {
		bus_teardown_intr(intr->ki_dev, intr->ki_res, intr->ki_cookie);
		/*
		 * Where the interrupt has a thread, bus_teardown_intr(9) does
		 * not wait for filters on other CPUs.  They run with interrupts
		 * off, and this interrupts each CPU.
		 * Source: sys/kern/kern_intr.c, intr_event_remove_handler();
		 * sys/kern/subr_smp.c, cpus_fence_seq_cst().
		 */
		cpus_fence_seq_cst();
	}
	bus_release_resource(intr->ki_dev, SYS_RES_IRQ,
	    rman_get_rid(intr->ki_res), intr->ki_res);
	intr->ki_cookie = NULL;
	intr->ki_res = NULL;
}

int
kpi_intr_suspend(struct kpi_intr *intr)
{
	KPI_SLEEPABLE();
	return (bus_suspend_intr(intr->ki_dev, intr->ki_res));
}

int
kpi_intr_resume(struct kpi_intr *intr)
{
	KPI_SLEEPABLE();
	return (bus_resume_intr(intr->ki_dev, intr->ki_res));
}
