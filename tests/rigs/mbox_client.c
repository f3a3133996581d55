/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A client of apple_mbox(4); see mbox_client.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>
#include <sys/module.h>

#include "kpi_fdt.h"
#include "mbox_client.h"

apple_mbox_recv_fn *mbox_client_recv;
struct apple_mbox *mbox_client_mbox;

static int
mbox_client_probe(device_t dev)
{
	return (kpi_fdt_is_compatible(kpi_fdt_node_of(dev),
	    "test,mbox-client") ? BUS_PROBE_DEFAULT : ENXIO);
}

static int
mbox_client_attach(device_t dev)
{
	const struct apple_mbox_client client = {
		.amc_recv = mbox_client_recv,
	};

	return (apple_mbox_get_by_name(dev, "main", &client,
	    &mbox_client_mbox));
}

static int
mbox_client_detach(device_t dev)
{
	apple_mbox_put(mbox_client_mbox);
	return (0);
}

static device_method_t mbox_client_methods[] = {
	DEVMETHOD(device_probe,		mbox_client_probe),
	DEVMETHOD(device_attach,	mbox_client_attach),
	DEVMETHOD(device_detach,	mbox_client_detach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(mbox_client, mbox_client_driver, mbox_client_methods, 0);
DRIVER_MODULE(mbox_client, simplebus, mbox_client_driver, NULL, NULL);
