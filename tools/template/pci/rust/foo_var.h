/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The border between the driver's C and its Rust.  C has the glue to newbus
 * (foo.c), Rust has the rest (rust/lib.rs).  bindgen reads this file.
 */
#ifndef _FOO_VAR_H_
#define	_FOO_VAR_H_

#include "kpi_dev.h"

#include "foo_reg.h"

/*
 * Written in Rust, called by the glue.  bar and irq are the numbers of the
 * registers and of the interrupt.  *state is the driver's state from attach to
 * detach.
 *
 * Context: sleepable.
 * Errors: the errno of what failed, after a line on the console.  EBUSY from
 * detach: a part of the device is kept, so newbus must keep the device; the
 * state has gone.
 */
int	foo_attach_state(device_t dev, int bar, int irq, void **state);
int	foo_detach_state(void *state);

/*
 * Stop the device, and start it again.
 *
 * Context: sleepable.
 */
void	foo_suspend_state(void *state);
void	foo_resume_state(void *state);

#endif /* !_FOO_VAR_H_ */
