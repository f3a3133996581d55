/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * gpio(4): descriptors and default methods of the gpio interface, and a
 * gpiobus that asks for the pins and has no children.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>
#include <sys/module.h>

#include <dev/gpio/gpiobusvar.h>
#include <dev/ofw/ofw_bus.h>

static device_t
gpio_no_bus(device_t dev)
{
	return (NULL);
}

/* As FreeBSD, ask the parents first. */
static int
gpio_map_as_is(device_t bus, phandle_t dev, phandle_t gparent, int gcells,
    pcell_t *gpios, uint32_t *pin, uint32_t *flags)
{
	if (device_get_parent(bus) != NULL)
		return (GPIO_MAP_GPIOS(device_get_parent(bus), dev, gparent,
		    gcells, gpios, pin, flags));
	*pin = gpios[0];
	if (gcells == 2 || gcells == 3)
		*flags = gpios[gcells - 1];
	return (0);
}

TK_GPIO_IF;

struct gpiobus_softc {
	int	sc_npins;
};

static int
gpiobus_probe(device_t dev)
{
	device_set_desc(dev, "GPIO bus");
	return (BUS_PROBE_GENERIC);
}

static int
gpiobus_attach(device_t dev)
{
	struct gpiobus_softc *sc = device_get_softc(dev);

	if (GPIO_PIN_MAX(device_get_parent(dev), &sc->sc_npins) != 0)
		return (ENXIO);
	KASSERT(sc->sc_npins >= 0, ("GPIO device with no pins"));
	sc->sc_npins++;
	return (0);
}

static int
gpiobus_detach(device_t dev)
{
	return (0);
}

static device_method_t gpiobus_methods[] = {
	DEVMETHOD(device_probe,		gpiobus_probe),
	DEVMETHOD(device_attach,	gpiobus_attach),
	DEVMETHOD(device_detach,	gpiobus_detach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(gpiobus, gpiobus_driver, gpiobus_methods,
    sizeof(struct gpiobus_softc));
EARLY_DRIVER_MODULE(gpiobus, gpio, gpiobus_driver, NULL, NULL, BUS_PASS_BUS);
MODULE_VERSION(gpiobus, 1);

/* References to the device's node now mean dev; NULL: no device. */
static void
gpiobus_provide(device_t dev, device_t provider)
{
	phandle_t node = ofw_bus_get_node(dev);

	if (node != (phandle_t)-1)
		(void)OF_device_register_xref(OF_xref_from_node(node),
		    provider);
}

device_t
gpiobus_add_bus(device_t dev)
{
	device_t bus;

	bus = device_add_child(dev, "gpiobus", DEVICE_UNIT_ANY);
	if (bus != NULL)
		gpiobus_provide(dev, dev);
	return (bus);
}

int
gpiobus_detach_bus(device_t dev)
{
	gpiobus_provide(dev, NULL);
	return (bus_generic_detach(dev));
}
