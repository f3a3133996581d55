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

int
kpi_res_part(const struct kpi_res *res, bus_size_t off, bus_size_t len,
    struct kpi_res *part)
{
	int error;

	if (!kpi_res_covers(res, off, len, 1))
		return (EINVAL);
	error = bus_space_subregion(res->kr_tag, res->kr_handle, off, len,
	    &part->kr_handle);
	if (error != 0)
		return (error);
	part->kr_tag = res->kr_tag;
	part->kr_size = len;
	part->kr_dev = res->kr_dev;
	part->kr_res = NULL;
	return (0);
}
