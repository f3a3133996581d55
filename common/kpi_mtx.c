/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Mutexes and sleeping: see kpi_mtx.h for the contracts.
 */
#include "kpi_mtx.h"

#include <sys/systm.h>
#include <sys/proc.h>

void
kpi_mtx_init(struct kpi_mtx *m, const char *name, int kind)
{
	/* The memory may have held a mutex before: MTX_NEW says so. */
	mtx_init(&m->km_mtx, name, NULL, kind | MTX_NEW);
}

void
kpi_mtx_destroy(struct kpi_mtx *m)
{
	mtx_destroy(&m->km_mtx);
}

int
kpi_msleep(const void *chan, struct kpi_mtx *m, const char *wmesg,
    sbintime_t timeout)
{
	return (msleep_sbt(chan, &m->km_mtx, 0, wmesg, timeout, 0, 0));
}

void
kpi_wakeup(const void *chan)
{
	if (!SCHEDULER_STOPPED())
		wakeup(chan);
}

void
kpi_wakeup_one(const void *chan)
{
	if (!SCHEDULER_STOPPED())
		wakeup_one(chan);
}
