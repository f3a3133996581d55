/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * foo(4): a virtio device that fills buffers.
 *
 * This file is the glue to newbus.  The driver itself is in rust/lib.rs.
 */
#include "foo_var.h"

#include <sys/kernel.h>
#include <sys/module.h>
#include <dev/virtio/virtio_ids.h>

#include "virtio_if.h"

struct foo_softc {
	struct kpi_virtio sc_virtio;	/* outlives the interrupts */
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

VIRTIO_DRIVER_MODULE(foo, foo_driver, NULL, NULL);
MODULE_VERSION(foo, 1);
MODULE_DEPEND(foo, virtio, 1, 1, 1);
VIRTIO_SIMPLE_PNPINFO(foo, FOO_VIRTIO_ID, "foo");

static int
foo_probe(device_t dev)
{
	return (VIRTIO_SIMPLE_PROBE(dev, foo));
}

static int
foo_attach(device_t dev)
{
	struct foo_softc *sc = kpi_dev_softc(dev);

	kpi_virtio_init(&sc->sc_virtio, dev);
	return (foo_attach_state(dev, &sc->sc_virtio, &sc->sc_state));
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

	if (sc->sc_state == NULL)
		return (0);
	return (foo_resume_state(sc->sc_state));
}
