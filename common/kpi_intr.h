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

/* A filter.  Returns KPI_FILTER_*.  Context: filter. */
typedef int	kpi_filter_fn(void *arg);
/* A handler.  Context: interrupt thread. */
typedef void	kpi_handler_fn(void *arg);

/* A connected interrupt.  All fields are constant while connected. */
struct kpi_intr {
	device_t	 ki_dev;
	struct resource	*ki_res;	/* NULL: not connected */
	void		*ki_cookie;
};

/*
 * Allocate interrupt number rid of dev and connect it.  One of the two
 * functions may be NULL.  Both get arg.  They may run before this returns.
 *
 * Context: sleepable.
 * Errors: ENXIO: there is no such interrupt; others from bus_setup_intr(9).
 */
int	kpi_intr_setup(device_t dev, int rid, kpi_filter_fn *filter,
	    kpi_handler_fn *handler, void *arg, struct kpi_intr *intr);

/*
 * The same as kpi_intr_setup(), for a level interrupt whose cause the handler
 * cannot remove.  Nobody shares the interrupt, and the handler may sleep.  On
 * every machine the interrupt is masked from the moment when the handler is
 * scheduled until the handler returns.  To disconnect, let the handler return
 * first.
 *
 * Context: sleepable.
 * Errors: as kpi_intr_setup().
 */
int	kpi_intr_setup_sleepable(device_t dev, int rid, kpi_filter_fn *filter,
	    kpi_handler_fn *handler, void *arg, struct kpi_intr *intr);

/*
 * Disconnect the interrupt, wait until neither function runs any more, and
 * release it.  Does nothing if *intr is not connected.
 *
 * Not every interrupt controller's driver can do this.  Apple's panics, as
 * kpi_fdt_can_teardown() tells.  A driver for such a machine connects once, and
 * refuses to detach.  It keeps the interrupt quiet by its device, and by a
 * handler that does not return.
 *
 * Context: sleepable.
 * Locks: hold none that the functions take.
 */
void	kpi_intr_teardown(struct kpi_intr *intr);

/*
 * Mask and unmask the interrupt at its controller, by bus_suspend_intr(9).
 *
 * Context: sleepable.
 * Errors: EINVAL: the controller cannot; FreeBSD's arm64 never can.
 */
int	kpi_intr_suspend(struct kpi_intr *intr);
int	kpi_intr_resume(struct kpi_intr *intr);

#endif /* !_KPI_INTR_H_ */
