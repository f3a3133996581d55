/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Descriptors and default methods of the ofw_bus interface.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>

#include <dev/ofw/openfirm.h>

#include "ofw_bus_if.h"

static const struct ofw_bus_devinfo *
ofw_bus_no_devinfo(device_t bus, device_t dev)
{
	return (NULL);
}

static const char *
ofw_bus_no_text(device_t bus, device_t dev)
{
	return (NULL);
}

static phandle_t
ofw_bus_no_node(device_t bus, device_t dev)
{
	return (-1);
}

static int
ofw_bus_map_by_parent(device_t bus, device_t dev, phandle_t iparent,
    int icells, pcell_t *interrupt)
{
	device_t parent = device_get_parent(bus);

	if (parent == NULL)
		return (interrupt[0]);
	return (OFW_BUS_MAP_INTR(parent, dev, iparent, icells, interrupt));
}

TK_OFW_BUS_IF;
