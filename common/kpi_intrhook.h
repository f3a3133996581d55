/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Work that waits until interrupts are enabled; see config_intrhook(9).
 *
 * A driver inside the kernel attaches while the kernel is cold: no interrupt,
 * callout or task runs, and no thread but its own.  What needs one of these
 * goes into a hook.
 */
#ifndef _KPI_INTRHOOK_H_
#define	_KPI_INTRHOOK_H_

#include "kpi.h"

#include <sys/kernel.h>

/*
 * The function of a hook.  The machine does not go on booting before it has
 * returned.
 *
 * Context: sleepable.
 */
typedef void	kpi_intrhook_fn(void *arg);

/* Zeroed: not established. */
struct kpi_intrhook {
	struct intr_config_hook	 kih_hook;
	kpi_intrhook_fn		*kih_fn;
	void			*kih_arg;
};

/*
 * Call fn(arg) once, when interrupts are enabled.  Where they are, as after the
 * boot, it is called before this returns, unless another thread runs hooks just
 * then: that thread calls it.  *ih stays where it is until it was drained.
 *
 * Context: sleepable.
 * Locks: hold none that fn takes.
 */
void	kpi_intrhook_establish(struct kpi_intrhook *ih, kpi_intrhook_fn *fn,
	    void *arg);

/*
 * Cancel the call if it has not begun; else wait until it has returned.  Does
 * nothing if *ih is not established.
 *
 * Context: sleepable; not in fn.
 * Locks: hold none that fn takes.
 */
void	kpi_intrhook_drain(struct kpi_intrhook *ih);

#endif /* !_KPI_INTRHOOK_H_ */
