/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Input devices: see kpi_evdev.h for the contracts.
 */
#include "kpi_evdev.h"

#include <dev/evdev/input.h>
#include <dev/evdev/evdev.h>

static const struct {
	uint16_t	type;
	uint16_t	code;
} kpi_evdev_codes[] = {
	[KPI_EVDEV_POWER] = { EV_KEY, KEY_POWER },
	[KPI_EVDEV_LID] = { EV_SW, SW_LID },
};

int
kpi_evdev_register(struct kpi_evdev *ke, device_t dev, const char *name,
    enum kpi_evdev_input input)
{
	struct evdev_dev *evdev;
	uint16_t code = kpi_evdev_codes[input].code;
	int error;

	KPI_SLEEPABLE();
	evdev = evdev_alloc();
	evdev_set_name(evdev, name);
	evdev_set_phys(evdev, device_get_nameunit(dev));
	evdev_set_id(evdev, BUS_HOST, 0, 0, 1);
	evdev_support_event(evdev, EV_SYN);
	evdev_support_event(evdev, kpi_evdev_codes[input].type);
	if (kpi_evdev_codes[input].type == EV_KEY)
		evdev_support_key(evdev, code);
	else
		evdev_support_sw(evdev, code);
	error = evdev_register(evdev);
	if (error != 0) {
		evdev_free(evdev);
		return (error);
	}
	ke->ke_dev = evdev;
	return (0);
}

void
kpi_evdev_unregister(struct kpi_evdev *ke)
{
	KPI_SLEEPABLE();
	/* This also unregisters it. */
	if (ke->ke_dev != NULL)
		evdev_free(ke->ke_dev);
	ke->ke_dev = NULL;
}

void
kpi_evdev_report(struct kpi_evdev *ke, enum kpi_evdev_input input, bool on)
{
	/* These fail only for what the device does not have. */
	(void)evdev_push_event(ke->ke_dev, kpi_evdev_codes[input].type,
	    kpi_evdev_codes[input].code, on);
	(void)evdev_sync(ke->ke_dev);
}
