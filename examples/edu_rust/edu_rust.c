/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * edu_rust: the driver of examples/edu in Rust.  This is its glue to newbus;
 * the driver is in rust/lib.rs.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>

#include "kpi_dev.h"

#include "edu_rust_var.h"

/* If a kernel has edu(4), too, that one gets the device. */
static int
edu_rust_probe(device_t dev)
{
	const struct kpi_pci_id *id;

	id = kpi_pci_match(dev, edu_rust_ids, nitems(edu_rust_ids));
	if (id == NULL)
		return (ENXIO);
	device_set_desc(dev, id->kpi_descr);
	return (BUS_PROBE_LOW_PRIORITY);
}

/* The softc is a pointer to Rust's state. */
static int
edu_rust_attach(device_t dev)
{
	return (edu_rust_attach_device(dev, kpi_dev_softc(dev)));
}

static int
edu_rust_detach(device_t dev)
{
	return (edu_rust_detach_device(kpi_dev_softc(dev)));
}

static int
edu_rust_suspend(device_t dev)
{
	return (edu_rust_suspend_device(kpi_dev_softc(dev)));
}

static int
edu_rust_resume(device_t dev)
{
	return (edu_rust_resume_device(kpi_dev_softc(dev)));
}

static device_method_t edu_rust_methods[] = {
	DEVMETHOD(device_probe,		edu_rust_probe),
	DEVMETHOD(device_attach,	edu_rust_attach),
	DEVMETHOD(device_detach,	edu_rust_detach),
	DEVMETHOD(device_suspend,	edu_rust_suspend),
	DEVMETHOD(device_resume,	edu_rust_resume),
	DEVMETHOD_END
};

static driver_t edu_rust_driver = {
	"edu_rust", edu_rust_methods, sizeof(void *),
};

DRIVER_MODULE(edu_rust, pci, edu_rust_driver, NULL, NULL);
MODULE_VERSION(edu_rust, 1);
MODULE_DEPEND(edu_rust, pci, 1, 1, 1);
KPI_PCI_PNP_INFO(edu_rust, edu_rust_ids, nitems(edu_rust_ids));
