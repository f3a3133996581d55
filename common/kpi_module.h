/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the kernel may call of a module, beyond its devices.
 *
 * A device that something holds does not detach, and keeps its module.  Nothing
 * keeps the module of a callout or a task queue: the kernel frees the module's
 * code, and calls it later.  So this layer counts what it makes of that kind,
 * and panics if the module is unloaded while there is any.
 */
#ifndef _KPI_MODULE_H_
#define	_KPI_MODULE_H_

#include "kpi.h"

/*
 * The kernel may call the module from now on, until kpi_module_release(), which
 * is called once for each kpi_module_hold().  If the module is unloaded
 * meanwhile, the kernel panics.
 *
 * Task queues (kpi_taskq.h), hooks (kpi_intrhook.h), character devices
 * (kpi_cdev.h) and sources of entropy (kpi_random.h) do this by themselves.  A
 * callout does not: it has no end of its own.
 *
 * Context: any.
 */
void	kpi_module_hold(void);
void	kpi_module_release(void);

#endif /* !_KPI_MODULE_H_ */
