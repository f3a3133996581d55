/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The buses of the device tree: ofwbus0 for the root's children, below it a
 * simplebus for each simple-bus.  See tk_ofw.h.
 *
 * Left out: interrupt controllers as devices, and newbus's passes.  An
 * interrupt is the line of that number; subr_intr.c knows what a controller can
 * do.  Instead of passes, the children of a bus are all probed, then attached
 * in the order of their drivers' passes.  The result is the same.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/rman.h>
#include <machine/resource.h>

#include <dev/ofw/ofw_bus.h>
#include <dev/ofw/ofw_bus_subr.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_bus_var.h"
#include "tk_ofw.h"

#define	MAXRANGES	8

struct simplebus_range {
	rman_res_t	bus;		/* first address on this bus */
	rman_res_t	host;		/* and on the parent's */
	rman_res_t	size;
};

struct simplebus_softc {
	phandle_t	 node;
	pcell_t		 acells;
	pcell_t		 scells;
	struct simplebus_range ranges[MAXRANGES];
	size_t		 nranges;	/* 0: addresses are the parent's */
};

/* Instance variables of a child. */
struct simplebus_devinfo {
	struct ofw_bus_devinfo	 obd;
	struct resource_list	 rl;
};

static device_t ofwbus_dev;		/* NULL: not attached */

static void
ofwbus_start(void)
{
	ofwbus_dev = NULL;
}
TK_INIT_PRIO(ofwbus_start, 110);

/*
 * Children
 */

static const struct ofw_bus_devinfo *
simplebus_get_devinfo(device_t bus, device_t child)
{
	struct simplebus_devinfo *di = device_get_ivars(child);

	return (di != NULL ? &di->obd : NULL);
}

static struct resource_list *
simplebus_get_resource_list(device_t bus, device_t child)
{
	struct simplebus_devinfo *di = device_get_ivars(child);

	return (di != NULL ? &di->rl : NULL);
}

static void
simplebus_child_deleted(device_t bus, device_t child)
{
	struct simplebus_devinfo *di = device_get_ivars(child);

	if (di == NULL)
		return;
	resource_list_free(&di->rl);
	ofw_bus_gen_destroy_devinfo(&di->obd);
	free(di, M_DEVBUF);
	device_set_ivars(child, NULL);
}

static int
simplebus_print_child(device_t bus, device_t child)
{
	struct simplebus_devinfo *di = device_get_ivars(child);
	int length;

	length = bus_print_child_header(bus, child);
	if (di != NULL) {
		length += resource_list_print_type(&di->rl, "mem",
		    SYS_RES_MEMORY, "%#jx");
		length += resource_list_print_type(&di->rl, "irq",
		    SYS_RES_IRQ, "%jd");
	}
	return (length + bus_print_child_footer(bus, child));
}

/*
 * Translate to the parent's addresses.  An address that is in no range is kept,
 * and no model is found there.
 */
static void
simplebus_translate(const struct simplebus_softc *sc, struct resource_list *rl)
{
	struct resource_list_entry *rle;
	const struct simplebus_range *r;

	STAILQ_FOREACH(rle, rl, link) {
		if (rle->type != SYS_RES_MEMORY)
			continue;
		for (r = sc->ranges; r < sc->ranges + sc->nranges; r++)
			if (rle->start >= r->bus &&
			    rle->end - r->bus < r->size) {
				rle->start += r->host - r->bus;
				rle->end += r->host - r->bus;
				break;
			}
	}
}

static void
simplebus_add(device_t bus, phandle_t node)
{
	struct simplebus_softc *sc = device_get_softc(bus);
	struct simplebus_devinfo *di;
	device_t child;

	di = malloc(sizeof(*di), M_DEVBUF, M_WAITOK | M_ZERO);
	resource_list_init(&di->rl);
	if (ofw_bus_gen_setup_devinfo(&di->obd, node) != 0) {
		free(di, M_DEVBUF);
		return;
	}
	ofw_bus_reg_to_rl(bus, node, sc->acells, sc->scells, &di->rl);
	ofw_bus_intr_to_rl(bus, node, &di->rl, NULL);
	simplebus_translate(sc, &di->rl);
	child = device_add_child(bus, NULL, DEVICE_UNIT_ANY);
	if (child == NULL)
		panic("%s: no device for %s", __func__, di->obd.obd_name);
	device_set_ivars(child, di);
}

/*
 * The buses
 */

/* Read "ranges", if it exists and is not empty.  EINVAL: it is malformed. */
static int
simplebus_read_ranges(struct simplebus_softc *sc)
{
	struct simplebus_range *r;
	pcell_t *cells, hcells, width;
	ssize_t count, i;

	hcells = 2;
	(void)OF_searchencprop(OF_parent(sc->node), "#address-cells", &hcells,
	    sizeof(hcells));
	width = sc->acells + hcells + sc->scells;
	count = OF_getencprop_alloc_multi(sc->node, "ranges", sizeof(*cells),
	    (void **)&cells);
	if (count <= 0)
		return (0);
	if (count % width != 0 || count / width > MAXRANGES) {
		OF_prop_free(cells);
		return (EINVAL);
	}
	for (i = 0; i < count; i += width) {
		r = &sc->ranges[sc->nranges++];
		r->bus = (rman_res_t)cells[i] << 32 | cells[i + 1];
		if (sc->acells == 1)
			r->bus = cells[i];
		r->host = cells[i + sc->acells];
		if (hcells == 2)
			r->host = r->host << 32 | cells[i + sc->acells + 1];
		r->size = cells[i + width - 1];
		if (sc->scells == 2)
			r->size |= (rman_res_t)cells[i + width - 2] << 32;
	}
	OF_prop_free(cells);
	return (0);
}

static int
simplebus_probe(device_t dev)
{
	if (!ofw_bus_status_okay(dev) ||
	    !ofw_bus_is_compatible(dev, "simple-bus") ||
	    !ofw_bus_has_prop(dev, "ranges"))
		return (ENXIO);
	device_set_desc(dev, "Flattened device tree simple bus");
	return (BUS_PROBE_GENERIC);
}

static int
ofwbus_probe(device_t dev)
{
	device_set_desc(dev, "Open Firmware Device Tree");
	return (BUS_PROBE_NOWILDCARD);
}

/* The pass of the driver that won the device. */
static int
simplebus_pass(device_t bus, device_t child)
{
	struct tk_driver_link *dl;

	TAILQ_FOREACH(dl, &device_get_devclass(bus)->drivers, link)
		if (dl->driver == device_get_driver(child))
			return (dl->pass);
	return (BUS_PASS_DEFAULT);
}

/* Attach the probed child with the earliest pass.  False: no child is left. */
static bool
simplebus_attach_next(device_t bus)
{
	device_t child, first;

	first = NULL;
	TAILQ_FOREACH(child, &bus->children, link)
		if (device_get_state(child) == DS_ALIVE && (first == NULL ||
		    simplebus_pass(bus, child) < simplebus_pass(bus, first)))
			first = child;
	if (first == NULL)
		return (false);
	(void)device_attach(first);
	return (true);
}

static int
simplebus_attach_node(device_t dev, phandle_t node)
{
	struct simplebus_softc *sc = device_get_softc(dev);
	phandle_t child;
	device_t cdev;

	sc->node = node;
	sc->acells = 2;
	sc->scells = 1;
	(void)OF_getencprop(node, "#address-cells", &sc->acells,
	    sizeof(sc->acells));
	(void)OF_getencprop(node, "#size-cells", &sc->scells,
	    sizeof(sc->scells));
	if (sc->acells < 1 || sc->acells > 2 || sc->scells > 2 ||
	    simplebus_read_ranges(sc) != 0) {
		device_printf(dev, "malformed addresses or ranges\n");
		return (ENXIO);
	}
	for (child = OF_child(node); child != 0; child = OF_peer(child))
		simplebus_add(dev, child);
	TAILQ_FOREACH(cdev, &dev->children, link)
		(void)device_probe(cdev);
	while (simplebus_attach_next(dev))
		continue;
	return (0);
}

static int
simplebus_attach(device_t dev)
{
	return (simplebus_attach_node(dev, ofw_bus_get_node(dev)));
}

static int
ofwbus_attach(device_t dev)
{
	return (simplebus_attach_node(dev, OF_peer(0)));
}

/*
 * The attached child with the latest pass; of several, the last in the list.
 * NULL: none is attached.
 */
static device_t
simplebus_last(device_t bus)
{
	device_t child, last;

	last = NULL;
	TAILQ_FOREACH(child, &bus->children, link)
		if (device_is_attached(child) && (last == NULL ||
		    simplebus_pass(bus, child) >= simplebus_pass(bus, last)))
			last = child;
	return (last);
}

static int
simplebus_detach(device_t dev)
{
	device_t child;
	int error;

	while ((child = simplebus_last(dev)) != NULL) {
		error = device_detach(child);
		if (error != 0)
			return (error);
	}
	return (device_delete_children(dev));
}

/*
 * Every controller's specifiers have the number at the same place, so the
 * controller is not asked.
 */
static int
ofwbus_map_intr(device_t bus, device_t dev, phandle_t iparent, int icells,
    pcell_t *interrupt)
{
	return ((int)interrupt[icells == 1 ? 0 : icells - 2]);
}

#define	SIMPLEBUS_METHODS						\
	DEVMETHOD(device_detach,	simplebus_detach),		\
	DEVMETHOD(device_suspend,	bus_generic_suspend),		\
	DEVMETHOD(device_resume,	bus_generic_resume),		\
	DEVMETHOD(device_shutdown,	bus_generic_shutdown),		\
									\
	DEVMETHOD(bus_add_child,	bus_generic_add_child),		\
	DEVMETHOD(bus_child_deleted,	simplebus_child_deleted),	\
	DEVMETHOD(bus_child_pnpinfo,	ofw_bus_gen_child_pnpinfo),	\
	DEVMETHOD(bus_print_child,	simplebus_print_child),		\
	DEVMETHOD(bus_get_resource_list, simplebus_get_resource_list),	\
	DEVMETHOD(bus_set_resource,	bus_generic_rl_set_resource),	\
	DEVMETHOD(bus_get_resource,	bus_generic_rl_get_resource),	\
	DEVMETHOD(bus_delete_resource,	bus_generic_rl_delete_resource), \
	DEVMETHOD(bus_alloc_resource,	bus_generic_rl_alloc_resource),	\
	DEVMETHOD(bus_release_resource,	bus_generic_rl_release_resource), \
	DEVMETHOD(bus_adjust_resource,	bus_generic_adjust_resource),	\
	DEVMETHOD(bus_activate_resource, bus_generic_activate_resource), \
	DEVMETHOD(bus_deactivate_resource,				\
	    bus_generic_deactivate_resource),				\
	DEVMETHOD(bus_setup_intr,	bus_generic_setup_intr),	\
	DEVMETHOD(bus_teardown_intr,	bus_generic_teardown_intr),	\
	DEVMETHOD(bus_config_intr,	bus_generic_config_intr),	\
									\
	DEVMETHOD(ofw_bus_get_devinfo,	simplebus_get_devinfo),		\
	DEVMETHOD(ofw_bus_get_compat,	ofw_bus_gen_get_compat),	\
	DEVMETHOD(ofw_bus_get_model,	ofw_bus_gen_get_model),		\
	DEVMETHOD(ofw_bus_get_name,	ofw_bus_gen_get_name),		\
	DEVMETHOD(ofw_bus_get_node,	ofw_bus_gen_get_node),		\
	DEVMETHOD(ofw_bus_get_type,	ofw_bus_gen_get_type)

static device_method_t simplebus_methods[] = {
	DEVMETHOD(device_probe,		simplebus_probe),
	DEVMETHOD(device_attach,	simplebus_attach),
	SIMPLEBUS_METHODS,
	DEVMETHOD_END
};

static device_method_t ofwbus_methods[] = {
	DEVMETHOD(device_probe,		ofwbus_probe),
	DEVMETHOD(device_attach,	ofwbus_attach),
	SIMPLEBUS_METHODS,
	DEVMETHOD(ofw_bus_map_intr,	ofwbus_map_intr),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(simplebus, simplebus_driver, simplebus_methods,
    sizeof(struct simplebus_softc));
static DEFINE_CLASS_0(ofwbus, ofwbus_driver, ofwbus_methods,
    sizeof(struct simplebus_softc));

DRIVER_MODULE(ofwbus, nexus, ofwbus_driver, NULL, NULL);
DRIVER_MODULE(simplebus, ofwbus, simplebus_driver, NULL, NULL);
DRIVER_MODULE(simplebus, simplebus, simplebus_driver, NULL, NULL);

/*
 * For tests and programs
 */

int
tk_ofw_attach(void)
{
	int error;

	bus_topo_lock();
	ofwbus_dev = BUS_ADD_CHILD(tk_nexus(), 0, "ofwbus", 0);
	if (ofwbus_dev == NULL)
		panic("%s: no ofwbus", __func__);
	error = device_probe_and_attach(ofwbus_dev);
	bus_topo_unlock();
	return (error);
}

/*
 * Give a GIC to each device below the bus whose controller cannot remove its
 * handlers.  False: there is no such device.
 */
static bool
ofwbus_free_handlers(device_t bus)
{
	device_t child;
	bool freed = false;

	TAILQ_FOREACH(child, &bus->children, link) {
		if (child->handlers != 0 && !tk_pic_tears_down(child)) {
			tk_pic_make_gic(child);
			freed = true;
		}
		freed |= ofwbus_free_handlers(child);
	}
	return (freed);
}

int
tk_ofw_detach(void)
{
	int error;

	bus_topo_lock();
	/*
	 * Detach first: device_delete_child() would begin with the children
	 * that attached first.
	 */
	error = device_detach(ofwbus_dev);
	if (error == EBUSY && ofwbus_free_handlers(ofwbus_dev))
		error = device_detach(ofwbus_dev);
	if (error == 0)
		error = device_delete_child(tk_nexus(), ofwbus_dev);
	bus_topo_unlock();
	if (error != 0)
		return (error);
	ofwbus_dev = NULL;
	tk_ofw_unload();
	return (0);
}

static device_t
ofwbus_find(device_t bus, phandle_t node)
{
	device_t child, found;

	TAILQ_FOREACH(child, &bus->children, link) {
		if (ofw_bus_get_node(child) == node)
			return (child);
		found = ofwbus_find(child, node);
		if (found != NULL)
			return (found);
	}
	return (NULL);
}

device_t
tk_ofw_device(const char *path)
{
	phandle_t node;
	device_t dev;

	node = OF_finddevice(path);
	if (node == (phandle_t)-1 || ofwbus_dev == NULL)
		return (NULL);
	bus_topo_lock();
	dev = ofwbus_find(ofwbus_dev, node);
	bus_topo_unlock();
	return (dev);
}

void
tk_ofw_boot(const char *name)
{
	const struct tk_dtb *dtb;
	const char *problem;

	dtb = tk_dtb_find(name);
	if (dtb == NULL)
		panic("%s: there is no tree %s", __func__, name);
	problem = tk_ofw_load(dtb->data, dtb->size);
	if (problem != NULL)
		panic("%s: %s: %s", __func__, name, problem);
	if (tk_ofw_attach() != 0)
		panic("%s: %s: no ofwbus", __func__, name);
}
