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

typedef void	kpi_callout_fn(void *arg);

struct kpi_callout {
	struct callout	kc_callout;
};

/*
 * Initialise.  The function will run with m, a default mutex, held, which
 * makes kpi_callout_stop() under m exact.  No filter.
 */
void	kpi_callout_init(struct kpi_callout *c, struct kpi_mtx *m);

/*
 * Call fn(arg) once, delay from now (sbintime_t) or up to precision later;
 * replaces an earlier setting.  m held; no filter.
 */
void	kpi_callout_reset(struct kpi_callout *c, sbintime_t delay,
	    sbintime_t precision, kpi_callout_fn *fn, void *arg);

/* Cancel: after this, with m held, fn does not start.  m held; no filter. */
void	kpi_callout_stop(struct kpi_callout *c);

/* Cancel and wait until fn no longer runs.  Sleepable; m not held. */
void	kpi_callout_drain(struct kpi_callout *c);

#endif /* !_KPI_CALLOUT_H_ */
