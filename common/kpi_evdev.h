/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Switches and buttons for programs: /dev/input/eventN, which evdev(4)
 * describes.
 */
#ifndef _KPI_EVDEV_H_
#define	_KPI_EVDEV_H_

#include "kpi.h"

#include <sys/bus.h>

/* What a device can report. */
enum kpi_evdev_input {
	KPI_EVDEV_POWER,	/* a key: 1 pressed */
	KPI_EVDEV_LID,		/* a switch: 1 closed */
};

struct evdev_dev;

struct kpi_evdev {
	struct evdev_dev	*ke_dev;	/* NULL: not registered */
};

/*
 * Register an input device that reports one input, whose value is 0 at first.
 * Programs see name, which is copied, and the name of dev.
 *
 * Context: sleepable.
 * Errors: those of make_dev_s(9).
 */
int	kpi_evdev_register(struct kpi_evdev *ke, device_t dev,
	    const char *name, enum kpi_evdev_input input);

/*
 * Remove it.  Programs that have it open get ENODEV.  Does nothing if it is not
 * registered.
 *
 * Context: sleepable.
 */
void	kpi_evdev_unregister(struct kpi_evdev *ke);

/*
 * Report the value of the input.  A value that has not changed is not reported
 * again.  After a panic nothing is reported.
 *
 * Context: any but a filter.
 */
void	kpi_evdev_report(struct kpi_evdev *ke, enum kpi_evdev_input input,
	    bool on);

#endif /* !_KPI_EVDEV_H_ */
