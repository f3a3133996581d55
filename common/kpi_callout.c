/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Callouts: see kpi_callout.h for the contracts.
 */
#include "kpi_callout.h"

void
kpi_callout_init(struct kpi_callout *c, struct kpi_mtx *m)
{
	callout_init_mtx(&c->kc_callout, &m->km_mtx, 0);
}

void
kpi_callout_reset(struct kpi_callout *c, sbintime_t delay,
    sbintime_t precision, kpi_callout_fn *fn, void *arg)
{
	callout_reset_sbt(&c->kc_callout, delay, precision, fn, arg, 0);
}

void
kpi_callout_stop(struct kpi_callout *c)
{
	callout_stop(&c->kc_callout);
}

void
kpi_callout_drain(struct kpi_callout *c)
{
	callout_drain(&c->kc_callout);
}
