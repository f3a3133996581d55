/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Resources: see kpi_bus.h for the contracts.
 */
#include "kpi_bus.h"

int
kpi_res_alloc(device_t dev, int rid, struct kpi_res *res)
{
	struct resource *r;

	KPI_SLEEPABLE();
	r = bus_alloc_resource_any(dev, SYS_RES_MEMORY, &rid, RF_ACTIVE);
	if (r == NULL)
		return (ENXIO);
	res->kr_tag = rman_get_bustag(r);
	res->kr_handle = rman_get_bushandle(r);
	res->kr_size = rman_get_size(r);
	res->kr_dev = dev;
	res->kr_res = r;
	return (0);
}

void
kpi_res_free(struct kpi_res *res)
{
	KPI_SLEEPABLE();
	if (res->kr_res == NULL)
		return;
	bus_release_resource(res->kr_dev, SYS_RES_MEMORY,
	    rman_get_rid(res->kr_res), res->kr_res);
	res->kr_res = NULL;
}
