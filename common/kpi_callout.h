/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A function called once after a time, with a mutex held; see callout(9).
 */
#ifndef _KPI_CALLOUT_H_
#define	_KPI_CALLOUT_H_

#include "kpi.h"
#include "kpi_mtx.h"

#include <sys/callout.h>

/*
 * The function of a callout.
 *
 * Context: callout; it does not sleep.
 * Locks: the mutex of kpi_callout_init() is held.
 */
typedef void	kpi_callout_fn(void *arg);

struct kpi_callout {
	struct callout	kc_callout;
};

/*
 * Initialise a callout whose function runs with m held.  m is a default mutex.
 * Because of it, kpi_callout_stop() with m held is exact.
 *
 * Context: any but a filter.
 */
void	kpi_callout_init(struct kpi_callout *c, struct kpi_mtx *m);

/*
 * Call fn(arg) once, delay from now or up to precision later.  This replaces an
 * earlier setting.
 *
 * Context: any but a filter.
 * Locks: the mutex of kpi_callout_init() is held.
 * Units: delay and precision are sbintime_t.
 */
void	kpi_callout_reset(struct kpi_callout *c, sbintime_t delay,
	    sbintime_t precision, kpi_callout_fn *fn, void *arg);

/*
 * Cancel the callout.  Its function does not start after this.
 *
 * Context: any but a filter.
 * Locks: the mutex of kpi_callout_init() is held.
 */
void	kpi_callout_stop(struct kpi_callout *c);

/*
 * Cancel the callout, and wait until its function no longer runs.
 *
 * Context: sleepable.
 * Locks: the mutex of kpi_callout_init() is not held.
 */
void	kpi_callout_drain(struct kpi_callout *c);

#endif /* !_KPI_CALLOUT_H_ */
