/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* gpiobus(4), as a driver of pins sees it. */

#ifndef __GPIOBUS_H__
#define	__GPIOBUS_H__

#include <sys/bus.h>

#include "gpio_if.h"

/*
 * Add a child "gpiobus" of a device "gpio", whose pins it has; the caller
 * attaches its children.  Drivers with references to the device's node in the
 * device tree find it from now on.  NULL: there is no memory.
 */
device_t	gpiobus_add_bus(device_t);
/* Detach and delete the device's children.  An errno. */
int	gpiobus_detach_bus(device_t);

#endif /* !__GPIOBUS_H__ */
