/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * foo(4): a PCI device, with registers and an interrupt.
 *
 * This file is the glue to newbus.  The driver itself is in rust/lib.rs.
 */
#include "foo_var.h"

#include "kpi_pci.h"

#include <sys/kernel.h>
#include <sys/module.h>

struct foo_softc {
	struct kpi_pci_intr sc_vector;
	void	*sc_state;	/* Rust's; NULL: not attached */
	int	 sc_error;	/* of a detach that failed */
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

/* Give back what the bus gave; Rust's part has gone. */
static void
foo_release(device_t dev, struct foo_softc *sc)
{
	(void)kpi_pci_intr_free(&sc->sc_vector);
	kpi_pci_busmaster_disable(dev);
}

static int
foo_attach(device_t dev)
{
	struct foo_softc *sc = kpi_dev_softc(dev);
	int error;

	kpi_pci_busmaster_enable(dev);	/* for messages */
	error = kpi_pci_intr_alloc(dev, KPI_PCI_MSIX | KPI_PCI_MSI |
	    KPI_PCI_INTX, 1, &sc->sc_vector);
	if (error != 0)
		device_printf(dev, "cannot attach: error %d\n", error);
	else
		error = foo_attach_state(dev, PCIR_BAR(FOO_BAR),
		    kpi_pci_intr_rid(&sc->sc_vector, 0), &sc->sc_state);
	if (error != 0)
		foo_release(dev, sc);
	return (error);
}

static int
foo_detach(device_t dev)
{
	struct foo_softc *sc = kpi_dev_softc(dev);

	/*
	 * If this fails, the state is gone, and the device stays attached for
	 * ever.
	 */
	if (sc->sc_state != NULL)
		sc->sc_error = foo_detach_state(sc->sc_state);
	sc->sc_state = NULL;
	if (sc->sc_error == 0)
		foo_release(dev, sc);
	return (sc->sc_error);
}

static int
foo_suspend(device_t dev)
{
	struct foo_softc *sc = kpi_dev_softc(dev);

	if (sc->sc_state != NULL)
		foo_suspend_state(sc->sc_state);
	return (0);
}

static int
foo_resume(device_t dev)
{
	struct foo_softc *sc = kpi_dev_softc(dev);

	if (sc->sc_state != NULL)
		foo_resume_state(sc->sc_state);
	return (0);
}
