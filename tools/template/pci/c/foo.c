/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * foo(4): a PCI device, with registers and an interrupt.
 */
#include "kpi_bus.h"
#include "kpi_dev.h"
#include "kpi_intr.h"
#include "kpi_pci.h"
#include "kpi_sysctl.h"

#include <sys/kernel.h>
#include <sys/module.h>

#include "foo_reg.h"

/* Locks: (c) constant after attach; (i) written by the filter alone. */
struct foo_softc {
	struct kpi_res	 sc_res;	/* (c) */
	struct kpi_sysctl sc_sysctl;	/* (c) */
	struct kpi_pci_intr sc_vector;	/* (c) */
	struct kpi_intr	 sc_intr;	/* (c) */
	uint64_t	 sc_interrupts;	/* (i) */
};

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
	sizeof(struct foo_softc),
};

static const struct kpi_pci_id foo_ids[] = {
	{ FOO_VENDOR, FOO_DEVICE, "Example foo" },
};

DRIVER_MODULE(foo, pci, foo_driver, NULL, NULL);
MODULE_VERSION(foo, 1);
MODULE_DEPEND(foo, pci, 1, 1, 1);
KPI_PCI_PNP_INFO(foo, foo_ids, nitems(foo_ids));

static int
foo_probe(device_t dev)
{
	const struct kpi_pci_id *id;

	id = kpi_pci_match(dev, foo_ids, nitems(foo_ids));
	if (id == NULL)
		return (ENXIO);
	device_set_desc(dev, id->kpi_descr);
	return (BUS_PROBE_DEFAULT);
}

static int
foo_filter(void *arg)
{
	struct foo_softc *sc = arg;
	uint32_t status;

	status = kpi_read_4(&sc->sc_res, FOO_STATUS);
	if (status == 0)
		return (KPI_FILTER_STRAY);
	kpi_write_4(&sc->sc_res, FOO_STATUS, status);
	sc->sc_interrupts++;
	return (KPI_FILTER_HANDLED);
}

/* Is this the device that the driver is for? */
static int
foo_check(device_t dev, struct foo_softc *sc)
{
	uint32_t id;

	if (sc->sc_res.kr_size < FOO_SIZE) {
		device_printf(dev, "only %#jx bytes of registers\n",
		    (uintmax_t)sc->sc_res.kr_size);
		return (ENXIO);
	}
	id = kpi_read_4(&sc->sc_res, FOO_ID);
	if (id == FOO_ID_VALUE)
		return (0);
	device_printf(dev, "unknown device: ID %#x\n", id);
	return (ENXIO);
}

/* Take what the driver needs, in this order. */
static int
foo_set_up(device_t dev, struct foo_softc *sc)
{
	int error;

	error = kpi_pci_bar_alloc(dev, FOO_BAR, &sc->sc_res);
	if (error != 0)
		return (error);
	error = foo_check(dev, sc);
	if (error != 0)
		return (error);
	kpi_sysctl_init(&sc->sc_sysctl, dev);
	error = kpi_sysctl_u64(&sc->sc_sysctl, NULL, "interrupts",
	    "Interrupts of the device", &sc->sc_interrupts);
	if (error != 0)
		return (error);
	kpi_pci_busmaster_enable(dev);	/* for messages */
	error = kpi_pci_intr_alloc(dev, KPI_PCI_MSIX | KPI_PCI_MSI |
	    KPI_PCI_INTX, 1, &sc->sc_vector);
	if (error != 0)
		return (error);
	return (kpi_intr_setup(dev, kpi_pci_intr_rid(&sc->sc_vector, 0),
	    foo_filter, NULL, sc, &sc->sc_intr));
}

/* Give it back, in the reverse order.  What was not taken is left alone. */
static void
foo_tear_down(device_t dev, struct foo_softc *sc)
{
	kpi_intr_teardown(&sc->sc_intr);
	(void)kpi_pci_intr_free(&sc->sc_vector);
	kpi_pci_busmaster_disable(dev);
	kpi_sysctl_fini(&sc->sc_sysctl);
	kpi_res_free(&sc->sc_res);
}

static int
foo_attach(device_t dev)
{
	struct foo_softc *sc = kpi_dev_softc(dev);
	int error;

	error = foo_set_up(dev, sc);
	if (error != 0) {
		device_printf(dev, "cannot attach: error %d\n", error);
		foo_tear_down(dev, sc);
		return (error);
	}
	kpi_write_4(&sc->sc_res, FOO_ENABLE, 1);
	return (0);
}

static int
foo_detach(device_t dev)
{
	struct foo_softc *sc = kpi_dev_softc(dev);

	kpi_write_4(&sc->sc_res, FOO_ENABLE, 0);
	foo_tear_down(dev, sc);
	return (0);
}

static int
foo_suspend(device_t dev)
{
	struct foo_softc *sc = kpi_dev_softc(dev);

	kpi_write_4(&sc->sc_res, FOO_ENABLE, 0);
	return (0);
}

static int
foo_resume(device_t dev)
{
	struct foo_softc *sc = kpi_dev_softc(dev);

	kpi_write_4(&sc->sc_res, FOO_ENABLE, 1);
	return (0);
}
