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
 * Add a child "gpiobus" to a device "gpio".  The child has the device's pins;
 * the caller attaches the children.  From now on drivers with references to the
 * device's node in the device tree find it.  NULL: there is no memory.
 */
device_t	gpiobus_add_bus(device_t);
/* Detach and delete the device's children.  An errno. */
int	gpiobus_detach_bus(device_t);

#endif /* !__GPIOBUS_H__ */
