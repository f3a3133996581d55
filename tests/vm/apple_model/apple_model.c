/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A piece of an Apple system on a chip inside a FreeBSD kernel, for tests: a
 * bus whose devices are found in the device tree, as always, but have models
 * (tests/models) for registers and interrupts.
 *
 * tests/vm/vmtest.py gives QEMU a device tree with the node that this driver
 * attaches to.  Below it are nodes as Apple's firmware makes them.  Drivers
 * attach to them as to those of a simplebus.  This bus is a simplebus, except
 * that its resources are the models'.
 *
 * It does not detach, because interrupt controllers cannot be removed.
 *
 * A bus that is also compatible with "apple,aic" has an interrupt controller
 * with the limits of FreeBSD's driver for that.  Its probe priority is higher
 * than that driver's.
 */

#include "apple_model_var.h"

#include <sys/kernel.h>
#include <sys/module.h>
#include <machine/bus.h>
#include <machine/resource.h>
#include <sys/rman.h>

#include <dev/fdt/simplebus.h>
#include <dev/ofw/ofw_bus.h>
#include <dev/ofw/ofw_bus_subr.h>
#include <dev/ofw/openfirm.h>

#include "pic_if.h"

static int
am_probe(device_t dev)
{
	if (!ofw_bus_status_okay(dev) ||
	    !ofw_bus_is_compatible(dev, "test,apple-model"))
		return (ENXIO);
	device_set_desc(dev, "Models of Apple's coprocessors");
	return (BUS_PROBE_SPECIFIC);
}

/* Do other nodes need the device of this one? */
static bool
am_serves(phandle_t node)
{
	return (OF_hasprop(node, "#mbox-cells") ||
	    ofw_bus_node_is_compatible(node, "apple,spmi"));
}

/*
 * While the kernel is cold the models' threads do not run, and drivers would
 * get no answer.  So children attach later.  Passes are over by then, so
 * those that serve others are attached first by their order.
 */
static void
am_attach_children(void *arg)
{
	device_t dev = arg;
	phandle_t node;

	bus_topo_lock();
	for (node = OF_child(ofw_bus_get_node(dev)); node > 0;
	    node = OF_peer(node))
		simplebus_add_device(dev, node, !am_serves(node), NULL, -1,
		    NULL);
	bus_attach_children(dev);
	bus_topo_unlock();
}

static int
am_attach(device_t dev)
{
	int error;

	error = am_intr_attach(dev);
	if (error != 0) {
		device_printf(dev, "no way to interrupt: error %d\n", error);
		return (error);
	}
	am_mbox_attach();
	am_rtkit_attach();
	am_smc_attach();
	simplebus_init(dev, 0);
	config_intrhook_oneshot(am_attach_children, dev);
	return (0);
}

static int
am_detach(device_t dev __unused)
{
	return (EBUSY);
}

static int
am_activate_resource(device_t bus, device_t child, struct resource *r)
{
	int error;

	if (rman_get_type(r) != SYS_RES_MEMORY)
		return (bus_generic_activate_resource(bus, child, r));
	error = rman_activate_resource(r);
	if (error != 0)
		return (error);
	rman_set_bustag(r, &am_bus_space);
	rman_set_bushandle(r, rman_get_start(r));
	return (0);
}

static int
am_deactivate_resource(device_t bus, device_t child, struct resource *r)
{
	if (rman_get_type(r) != SYS_RES_MEMORY)
		return (bus_generic_deactivate_resource(bus, child, r));
	return (rman_deactivate_resource(r));
}

static device_method_t am_methods[] = {
	DEVMETHOD(device_probe,		am_probe),
	DEVMETHOD(device_attach,	am_attach),
	DEVMETHOD(device_detach,	am_detach),

	DEVMETHOD(bus_activate_resource,   am_activate_resource),
	DEVMETHOD(bus_deactivate_resource, am_deactivate_resource),

	AM_PIC_METHODS,
	DEVMETHOD_END
};

/* By this name drivers know where they find devices. */
DEFINE_CLASS_1(simplebus, am_driver, am_methods,
    sizeof(struct simplebus_softc), simplebus_driver);

EARLY_DRIVER_MODULE(apple_model, ofwbus, am_driver, NULL, NULL,
    BUS_PASS_INTERRUPT + BUS_PASS_ORDER_LAST);
MODULE_VERSION(apple_model, 1);
