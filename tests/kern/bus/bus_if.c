/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Descriptors and default methods of the bus interface.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/rman.h>

static struct resource *
bus_no_resource(device_t dev, device_t child, int type, tk_rid_t rid,
    rman_res_t start, rman_res_t end, rman_res_t count, u_int flags)
{
	return (NULL);
}

/* Passed up until it reaches a bus that knows the interrupt. */
static int
bus_remap_by_parent(device_t dev, device_t child, u_int irq)
{
	if (dev == NULL || device_get_parent(dev) == NULL)
		return (ENXIO);
	return (BUS_REMAP_INTR(device_get_parent(dev), NULL, irq));
}

static device_t
bus_no_add_child(device_t dev, u_int order, const char *name, int unit)
{
	panic("%s: bus_add_child is not implemented, name '%s', unit %d",
	    device_get_nameunit(dev), name, unit);
}

static int
bus_no_reset(device_t dev, device_t child)
{
	return (0);
}

static struct rman *
bus_no_rman(device_t dev, int type, u_int flags)
{
	return (NULL);
}

static struct resource_list *
bus_no_resource_list(device_t dev, device_t child)
{
	return (NULL);
}

TK_BUS_IF;
