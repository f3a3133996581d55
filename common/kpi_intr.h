/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Interrupts of a device: a filter, a handler in an interrupt thread, or both.
 *
 * See bus_setup_intr(9).  A filter runs in interrupt context: it may use spin
 * mutexes only and allocates nothing.  A handler runs in an interrupt thread:
 * it may take default mutexes and may not sleep otherwise.
 */
#ifndef _KPI_INTR_H_
#define	_KPI_INTR_H_

#include "kpi.h"

#include <sys/bus.h>

/* What a filter returns. */
enum {
	KPI_FILTER_STRAY = FILTER_STRAY,
	KPI_FILTER_HANDLED = FILTER_HANDLED,
	KPI_FILTER_SCHEDULE_THREAD = FILTER_SCHEDULE_THREAD,
};

typedef int	kpi_filter_fn(void *arg);
typedef void	kpi_handler_fn(void *arg);

/* A connected interrupt.  All fields are constant while connected. */
struct kpi_intr {
	device_t	 ki_dev;
	struct resource	*ki_res;	/* NULL: not connected */
	void		*ki_cookie;
};

/*
 * Allocate interrupt number rid of dev and connect it.  Either function may be
 * NULL, not both; arg is passed to both.  They may run before this returns.
 * Sleepable.  ENXIO: no such interrupt; others from bus_setup_intr(9).
 */
int	kpi_intr_setup(device_t dev, int rid, kpi_filter_fn *filter,
	    kpi_handler_fn *handler, void *arg, struct kpi_intr *intr);

/*
 * The same for a level interrupt whose cause the handler cannot remove: nobody
 * shares it, and the handler may sleep.  From the moment when the handler was
 * scheduled until it returns the interrupt is masked, on every machine.  To
 * disconnect, let the handler return first.
 */
int	kpi_intr_setup_sleepable(device_t dev, int rid, kpi_filter_fn *filter,
	    kpi_handler_fn *handler, void *arg, struct kpi_intr *intr);

/*
 * Disconnect, wait until neither function runs any more, release.  Does
 * nothing if *intr is not connected.  Sleepable; hold no lock that the
 * functions take.
 *
 * Not every interrupt controller's driver lets this happen: Apple's panics
 * (kpi_fdt_can_teardown() tells).  A driver for such a machine connects once,
 * keeps the interrupt quiet by its device and by a handler that does not
 * return, and refuses to detach.
 */
void	kpi_intr_teardown(struct kpi_intr *intr);

/*
 * Mask and unmask at the interrupt controller (bus_suspend_intr(9)), where it
 * can: FreeBSD's arm64 cannot, and returns EINVAL.  Sleepable.
 */
int	kpi_intr_suspend(struct kpi_intr *intr);
int	kpi_intr_resume(struct kpi_intr *intr);

#endif /* !_KPI_INTR_H_ */
