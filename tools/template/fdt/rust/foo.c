/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * foo(4): a device of the device tree, with registers and an
 * interrupt.
 *
 * This file is the glue to newbus.  The driver itself is in rust/lib.rs.
 */
#include "foo_var.h"

#include "kpi_fdt.h"

#include <sys/kernel.h>
#include <sys/module.h>

#include <dev/ofw/ofw_bus_subr.h>

static device_probe_t	foo_probe;
static device_attach_t	foo_attach;
static device_detach_t	foo_detach;
static device_suspend_t	foo_suspend;
static device_resume_t	foo_resume;

static device_method_t foo_methods[] = {
	DEVMETHOD(device_probe,		foo_probe),
	DEVMETHOD(device_attach,	foo_attach),
	DEVMETHOD(device_detach,	foo_detach),
	DEVMETHOD(device_suspend,	foo_suspend),
	DEVMETHOD(device_resume,	foo_resume),

	DEVMETHOD_END
};

static driver_t foo_driver = {
	"foo",
	foo_methods,
	sizeof(void *),		/* Rust's */
};

static const struct kpi_fdt_compat foo_compat[] = {
	{ "example,foo",	1 },
	{ NULL,			0 },
};

DRIVER_MODULE(foo, simplebus, foo_driver, NULL, NULL);
MODULE_VERSION(foo, 1);
SIMPLEBUS_PNP_INFO(foo_compat);

static int
foo_probe(device_t dev)
{
	if (kpi_fdt_match(dev, foo_compat) == 0)
		return (ENXIO);
	device_set_desc(dev, "Example foo");
	return (BUS_PROBE_DEFAULT);
}

static int
foo_attach(device_t dev)
{
	return (foo_attach_device(dev, kpi_dev_softc(dev)));
}

static int
foo_detach(device_t dev)
{
	return (foo_detach_device(kpi_dev_softc(dev)));
}

static int
foo_suspend(device_t dev)
{
	return (foo_suspend_device(kpi_dev_softc(dev)));
}

static int
foo_resume(device_t dev)
{
	return (foo_resume_device(kpi_dev_softc(dev)));
}
