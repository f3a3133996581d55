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

#ifndef KPI_BINDGEN
/*
 * Made in Rust, called by the glue.  *state is the softc.
 *
 * Context: sleepable.
 * Errors: the errno of what failed, after a line on the console.  EBUSY from
 * detach: a part of the device is kept, so newbus must keep the device.
 */
int	foo_attach_device(device_t dev, void **state);
int	foo_detach_device(void **state);
int	foo_suspend_device(void **state);
int	foo_resume_device(void **state);
#endif /* !KPI_BINDGEN */

#endif /* !_FOO_VAR_H_ */
