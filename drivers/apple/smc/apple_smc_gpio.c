/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC's pins for gpio(4): glue between its methods and rust/gpio.rs.  Each
 * bank of pins is a device.
 *
 * Each method is a command of the SMC, and so sleeps.  Driving a pin does not,
 * because gpio(4)'s clients do that with a mutex held.  A pin keeps its
 * direction, since the command that would change it is unknown.
 */
#include "apple_smc_var.h"

#include <sys/gpio.h>
#include <sys/kernel.h>
#include <sys/module.h>

#include <dev/gpio/gpiobusvar.h>
#include <dev/ofw/ofw_bus.h>

struct apple_smc_gpio_softc {
	void		*asg_state;	/* the parent's, which outlives this */
	device_t	 asg_bus;	/* NULL: not there */
	bool		 asg_low;	/* the low bank */
};

static device_probe_t	apple_smc_gpio_probe;
static device_attach_t	apple_smc_gpio_attach;
static device_detach_t	apple_smc_gpio_detach;
static gpio_get_bus_t	apple_smc_gpio_get_bus;
static gpio_pin_max_t	apple_smc_gpio_pin_max;
static gpio_pin_getname_t apple_smc_gpio_pin_getname;
static gpio_pin_getcaps_t apple_smc_gpio_pin_getcaps;
static gpio_pin_getflags_t apple_smc_gpio_pin_getflags;
static gpio_pin_setflags_t apple_smc_gpio_pin_setflags;
static gpio_pin_get_t	apple_smc_gpio_pin_get;
static gpio_pin_set_t	apple_smc_gpio_pin_set;
static gpio_pin_toggle_t apple_smc_gpio_pin_toggle;
static gpio_map_gpios_t	apple_smc_gpio_map_gpios;
static ofw_bus_get_node_t apple_smc_gpio_get_node;

static device_method_t apple_smc_gpio_methods[] = {
	DEVMETHOD(device_probe,		apple_smc_gpio_probe),
	DEVMETHOD(device_attach,	apple_smc_gpio_attach),
	DEVMETHOD(device_detach,	apple_smc_gpio_detach),

	DEVMETHOD(gpio_get_bus,		apple_smc_gpio_get_bus),
	DEVMETHOD(gpio_pin_max,		apple_smc_gpio_pin_max),
	DEVMETHOD(gpio_pin_getname,	apple_smc_gpio_pin_getname),
	DEVMETHOD(gpio_pin_getcaps,	apple_smc_gpio_pin_getcaps),
	DEVMETHOD(gpio_pin_getflags,	apple_smc_gpio_pin_getflags),
	DEVMETHOD(gpio_pin_setflags,	apple_smc_gpio_pin_setflags),
	DEVMETHOD(gpio_pin_get,		apple_smc_gpio_pin_get),
	DEVMETHOD(gpio_pin_set,		apple_smc_gpio_pin_set),
	DEVMETHOD(gpio_pin_toggle,	apple_smc_gpio_pin_toggle),
	DEVMETHOD(gpio_map_gpios,	apple_smc_gpio_map_gpios),

	DEVMETHOD(ofw_bus_get_node,	apple_smc_gpio_get_node),
	DEVMETHOD_END
};

/* gpiobus(4) attaches to devices of this name. */
DEFINE_CLASS_0(gpio, apple_smc_gpio_driver, apple_smc_gpio_methods,
    sizeof(struct apple_smc_gpio_softc));
DRIVER_MODULE(apple_smc_gpio, apple_smc, apple_smc_gpio_driver, NULL, NULL);
MODULE_VERSION(apple_smc_gpio, 1);
MODULE_DEPEND(apple_smc_gpio, apple_smc, 1, 1, 1);
MODULE_DEPEND(apple_smc_gpio, gpiobus, 1, 1, 1);

static int
apple_smc_gpio_probe(device_t dev)
{
	device_set_desc(dev, kpi_fdt_is_compatible(kpi_fdt_node_of(dev),
	    APPLE_SMC_LOW_GPIO) ? "Low pins of Apple's SMC" :
	    "Pins of Apple's SMC");
	return (BUS_PROBE_DEFAULT);
}

static int
apple_smc_gpio_attach(device_t dev)
{
	struct apple_smc_gpio_softc *sc = device_get_softc(dev);

	sc->asg_state = apple_smc_state(device_get_parent(dev));
	sc->asg_low = kpi_fdt_is_compatible(kpi_fdt_node_of(dev),
	    APPLE_SMC_LOW_GPIO);
	sc->asg_bus = gpiobus_add_bus(dev);
	if (sc->asg_bus == NULL) {
		device_printf(dev, "cannot add a gpiobus\n");
		return (ENXIO);
	}
	bus_attach_children(dev);
	return (0);
}

static int
apple_smc_gpio_detach(device_t dev)
{
	return (gpiobus_detach_bus(dev));
}

/* The gpiobus, which is the only child, wants the node of its pins. */
static phandle_t
apple_smc_gpio_get_node(device_t dev, device_t child __unused)
{
	return (ofw_bus_get_node(dev));
}

static device_t
apple_smc_gpio_get_bus(device_t dev)
{
	const struct apple_smc_gpio_softc *sc = device_get_softc(dev);

	return (sc->asg_bus);
}

static int
apple_smc_gpio_pin_max(device_t dev, int *maxpin)
{
	const struct apple_smc_gpio_softc *sc = device_get_softc(dev);

	return (apple_smc_pin_max(sc->asg_state, sc->asg_low, maxpin));
}

/* Its key: "gP0d" is pin 13, and "gp0d" that of the low bank. */
static int
apple_smc_gpio_pin_getname(device_t dev, uint32_t pin, char *name)
{
	const struct apple_smc_gpio_softc *sc = device_get_softc(dev);
	uint32_t flags;
	int error;

	error = GPIO_PIN_GETFLAGS(dev, pin, &flags);
	if (error != 0)
		return (error);
	snprintf(name, GPIOMAXNAME, "g%c%02x", sc->asg_low ? 'p' : 'P', pin);
	return (0);
}

static int
apple_smc_gpio_pin_getcaps(device_t dev, uint32_t pin, uint32_t *caps)
{
	return (GPIO_PIN_GETFLAGS(dev, pin, caps));
}

static int
apple_smc_gpio_pin_getflags(device_t dev, uint32_t pin, uint32_t *flags)
{
	const struct apple_smc_gpio_softc *sc = device_get_softc(dev);
	bool output;
	int error;

	error = apple_smc_pin_is_output(sc->asg_state, sc->asg_low, pin,
	    &output);
	if (error == 0)
		*flags = output ? GPIO_PIN_OUTPUT : GPIO_PIN_INPUT;
	return (error);
}

/* The pin's current direction, and for outputs the initial level. */
static int
apple_smc_gpio_pin_setflags(device_t dev, uint32_t pin, uint32_t flags)
{
	const uint32_t presets = GPIO_PIN_PRESET_LOW | GPIO_PIN_PRESET_HIGH;
	uint32_t now;
	int error;

	error = GPIO_PIN_GETFLAGS(dev, pin, &now);
	if (error != 0)
		return (error);
	if ((flags & ~presets) != now || (flags & presets) == presets)
		return (EOPNOTSUPP);
	if ((flags & presets) == 0 || now != GPIO_PIN_OUTPUT)
		return (0);
	return (GPIO_PIN_SET(dev, pin, (flags & GPIO_PIN_PRESET_HIGH) != 0));
}

static int
apple_smc_gpio_pin_get(device_t dev, uint32_t pin, uint32_t *value)
{
	const struct apple_smc_gpio_softc *sc = device_get_softc(dev);
	bool high;
	int error;

	error = apple_smc_pin_get(sc->asg_state, sc->asg_low, pin, &high);
	if (error == 0)
		*value = high ? GPIO_PIN_HIGH : GPIO_PIN_LOW;
	return (error);
}

/* Of an output: EINVAL otherwise.  Does not sleep. */
static int
apple_smc_gpio_pin_set(device_t dev, uint32_t pin, uint32_t value)
{
	const struct apple_smc_gpio_softc *sc = device_get_softc(dev);

	return (apple_smc_pin_set(sc->asg_state, sc->asg_low, pin,
	    value != 0));
}

static int
apple_smc_gpio_pin_toggle(device_t dev, uint32_t pin)
{
	uint32_t value;
	int error;

	error = GPIO_PIN_GET(dev, pin, &value);
	if (error != 0)
		return (error);
	return (GPIO_PIN_SET(dev, pin, value == GPIO_PIN_LOW));
}

/* Two cells: the pin, and the tree's flags, which gpiobus(4) understands. */
static int
apple_smc_gpio_map_gpios(device_t dev __unused, phandle_t node __unused,
    phandle_t gparent __unused, int gcells, pcell_t *gpios, uint32_t *pin,
    uint32_t *flags)
{
	if (gcells != 2)
		return (ERANGE);
	*pin = gpios[0];
	*flags = gpios[1];
	return (0);
}
