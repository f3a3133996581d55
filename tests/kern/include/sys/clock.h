/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Clocks that tell the time of day.  Left out: dates, flags and schedules. */

#ifndef _SYS_CLOCK_H_
#define	_SYS_CLOCK_H_

#include <sys/types.h>
#include <sys/bus.h>

void	clock_register(device_t _clockdev, long _resolution_us);
void	clock_unregister(device_t _clockdev);

#endif /* !_SYS_CLOCK_H_ */
