/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The top of the device tree: root0, below it nexus0, which owns all bus
 * addresses and interrupt numbers, and below that the buses that tk_bus()
 * makes, whose children get the resources that a test lists.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/interrupt.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/rman.h>
#include <machine/bus.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_bus_var.h"
#include "tk_ofw.h"

#define	NEXUS_IRQS	4096

struct nexus_softc {
	struct rman	 mem;
	struct rman	 irq;
	bool		 has_mem;	/* rman_init() succeeded */
	bool		 has_irq;
};

static device_t nexus_dev;

/*
 * root0
 */

static int
root_child_present(device_t dev, device_t child)
{
	return (-1);
}

static int
root_print_child(device_t dev, device_t child)
{
	return (0);
}

static device_method_t root_methods[] = {
	DEVMETHOD(device_shutdown,	bus_generic_shutdown),

	DEVMETHOD(bus_child_present,	root_child_present),
	DEVMETHOD(bus_print_child,	root_print_child),
	DEVMETHOD(bus_add_child,	bus_generic_add_child),
	DEVMETHOD_END
};

DEFINE_CLASS_0(root, root_driver, root_methods, 0);

/*
 * nexus0
 */

static int
nexus_probe(device_t dev)
{
	device_quiet(dev);
	return (BUS_PROBE_GENERIC);
}

/*
 * At shutdown.  Resources that are still allocated were already reported as
 * leaks, so the managers are dropped with them.
 */
static int
nexus_detach(device_t dev)
{
	struct nexus_softc *sc = device_get_softc(dev);

	if (sc->has_irq)
		tk_rman_abandon(&sc->irq);
	if (sc->has_mem)
		tk_rman_abandon(&sc->mem);
	return (0);
}

static int
nexus_rman_init(struct rman *rm, const char *descr, rman_res_t end,
    bool *done)
{
	int error;

	rm->rm_type = RMAN_ARRAY;
	rm->rm_descr = descr;
	rm->rm_end = end;
	error = rman_init(rm);
	*done = error == 0;
	return (error != 0 ? error : rman_manage_region(rm, 0, end));
}

static int
nexus_attach(device_t dev)
{
	struct nexus_softc *sc = device_get_softc(dev);
	int error;

	error = nexus_rman_init(&sc->mem, "bus addresses", RM_MAX_END,
	    &sc->has_mem);
	if (error == 0)
		error = nexus_rman_init(&sc->irq, "interrupts",
		    NEXUS_IRQS - 1, &sc->has_irq);
	if (error != 0)
		(void)nexus_detach(dev);
	return (error);
}

static struct rman *
nexus_get_rman(device_t dev, int type, u_int flags)
{
	struct nexus_softc *sc = device_get_softc(dev);

	switch (type) {
	case SYS_RES_MEMORY:
		return (&sc->mem);
	case SYS_RES_IRQ:
		return (&sc->irq);
	default:
		return (NULL);
	}
}

static int
nexus_map_resource(device_t dev, device_t child, struct resource *r,
    struct resource_map_request *argsp, struct resource_map *map)
{
	struct resource_map_request args;
	rman_res_t length, start;
	int error;

	if ((rman_get_flags(r) & RF_ACTIVE) == 0)
		return (ENXIO);
	if (rman_get_type(r) != SYS_RES_MEMORY)
		return (EINVAL);
	resource_init_map_request(&args);
	error = resource_validate_map_request(r, argsp, &args, &start,
	    &length);
	if (error != 0)
		return (error);
	error = tk_space_map(start, length, &map->r_bushandle);
	if (error != 0)
		return (error);
	map->r_bustag = &memmap_bus;
	map->r_size = length;
	map->r_vaddr = NULL;
	return (0);
}

static int
nexus_unmap_resource(device_t dev, device_t child, struct resource *r,
    struct resource_map *map)
{
	tk_space_unmap(map->r_bushandle);
	return (0);
}

static int
nexus_setup_intr(device_t dev, device_t child, struct resource *r, int flags,
    driver_filter_t *filter, driver_intr_t *handler, void *arg,
    void **cookiep)
{
	struct tk_irq *irq;
	int error;

	irq = tk_irq_lookup(rman_get_start(r));
	if (irq == NULL)
		return (ENXIO);
	if ((rman_get_flags(r) & RF_SHAREABLE) == 0)
		flags |= INTR_EXCL;
	error = rman_activate_resource(r);
	if (error != 0)
		return (error);
	error = intr_event_add_handler(tk_irq_event(irq),
	    device_get_nameunit(child), filter, handler, arg,
	    intr_priority(flags), flags, cookiep);
	if (error != 0)
		return (error);
	rman_set_irq_cookie(r, *cookiep);
	tk_irq_poke(irq);
	return (0);
}

static int
nexus_teardown_intr(device_t dev, device_t child, struct resource *r,
    void *cookie)
{
	int error;

	if (!tk_pic_tears_down(child))
		tk_stop("intr-controller", "%s removes a handler, and its "
		    "interrupt controller's driver panics",
		    device_get_nameunit(child));
	error = intr_event_remove_handler(cookie);
	if (error == 0 && rman_get_irq_cookie(r) == cookie)
		rman_set_irq_cookie(r, NULL);
	return (error);
}

static int
nexus_suspend_intr(device_t dev, device_t child, struct resource *r)
{
	if (rman_get_irq_cookie(r) == NULL)
		return (EINVAL);
	return (intr_event_suspend_handler(rman_get_irq_cookie(r)));
}

/* Interrupts raised while the handler was suspended are delivered now. */
static int
nexus_resume_intr(device_t dev, device_t child, struct resource *r)
{
	int error;

	if (rman_get_irq_cookie(r) == NULL)
		return (EINVAL);
	error = intr_event_resume_handler(rman_get_irq_cookie(r));
	if (error == 0)
		tk_irq_poke(tk_irq_lookup(rman_get_start(r)));
	return (error);
}

static int
nexus_describe_intr(device_t dev, device_t child, struct resource *r,
    void *cookie, const char *descr)
{
	struct tk_irq *irq;

	irq = tk_irq_lookup(rman_get_start(r));
	if (irq == NULL)
		return (ENXIO);
	return (intr_event_describe_handler(tk_irq_event(irq), cookie,
	    descr));
}

static int
nexus_bind_intr(device_t dev, device_t child, struct resource *r, int cpu)
{
	return (0);		/* there is one CPU */
}

/*
 * A line's trigger and polarity are the model's.  A driver may ask only for
 * these.
 */
static int
nexus_config_intr(device_t dev, int number, enum intr_trigger trig,
    enum intr_polarity pol)
{
	return (tk_irq_lookup(number) != NULL ? 0 : ENXIO);
}

static bus_space_tag_t
nexus_get_bus_tag(device_t dev, device_t child)
{
	return (&memmap_bus);
}

static device_method_t nexus_methods[] = {
	DEVMETHOD(device_probe,		nexus_probe),
	DEVMETHOD(device_attach,	nexus_attach),
	DEVMETHOD(device_detach,	nexus_detach),
	DEVMETHOD(device_suspend,	bus_generic_suspend),
	DEVMETHOD(device_resume,	bus_generic_resume),
	DEVMETHOD(device_shutdown,	bus_generic_shutdown),

	DEVMETHOD(bus_add_child,	bus_generic_add_child),
	DEVMETHOD(bus_get_rman,		nexus_get_rman),
	DEVMETHOD(bus_alloc_resource,	bus_generic_rman_alloc_resource),
	DEVMETHOD(bus_adjust_resource,	bus_generic_rman_adjust_resource),
	DEVMETHOD(bus_release_resource,	bus_generic_rman_release_resource),
	DEVMETHOD(bus_activate_resource, bus_generic_rman_activate_resource),
	DEVMETHOD(bus_deactivate_resource,
	    bus_generic_rman_deactivate_resource),
	DEVMETHOD(bus_map_resource,	nexus_map_resource),
	DEVMETHOD(bus_unmap_resource,	nexus_unmap_resource),
	DEVMETHOD(bus_setup_intr,	nexus_setup_intr),
	DEVMETHOD(bus_teardown_intr,	nexus_teardown_intr),
	DEVMETHOD(bus_suspend_intr,	nexus_suspend_intr),
	DEVMETHOD(bus_resume_intr,	nexus_resume_intr),
	DEVMETHOD(bus_describe_intr,	nexus_describe_intr),
	DEVMETHOD(bus_bind_intr,	nexus_bind_intr),
	DEVMETHOD(bus_config_intr,	nexus_config_intr),
	DEVMETHOD(bus_get_bus_tag,	nexus_get_bus_tag),
	DEVMETHOD_END
};

DEFINE_CLASS_0(nexus, nexus_driver, nexus_methods,
    sizeof(struct nexus_softc));

/* The tree's top exists before any driver that comes with a module. */
static void
nexus_start(void *unused)
{
	bus_topo_lock();
	root_driver.ops = nexus_driver.ops = NULL;
	root_driver.refs = nexus_driver.refs = 0;
	root_bus = device_add_child(NULL, "root", 0);
	if (root_bus == NULL || device_set_driver(root_bus, &root_driver) != 0)
		panic("%s: no root bus", __func__);
	root_bus->fixture = true;
	root_bus->state = DS_ATTACHED;
	root_devclass = device_get_devclass(root_bus);
	if (devclass_add_driver(root_devclass, &nexus_driver,
	    BUS_PASS_DEFAULT, NULL) != 0)
		panic("%s: no driver of nexus0", __func__);
	nexus_dev = device_add_child(root_bus, "nexus", 0);
	if (nexus_dev == NULL || device_probe_and_attach(nexus_dev) != 0)
		panic("%s: no nexus", __func__);
	nexus_dev->fixture = true;
	tk_devctl_clear();
	bus_topo_unlock();
}
SYSINIT(nexus_start, SI_SUB_DRIVERS, SI_ORDER_FIRST, nexus_start, NULL);

device_t
tk_nexus(void)
{
	return (nexus_dev);
}

/*
 * Buses of tests
 */

static int
platform_probe(device_t dev)
{
	device_quiet(dev);
	return (BUS_PROBE_DEFAULT);
}

static int
platform_attach(device_t dev)
{
	return (0);
}

static struct resource_list *
platform_get_resource_list(device_t dev, device_t child)
{
	return (device_get_ivars(child));
}

static void
platform_child_deleted(device_t dev, device_t child)
{
	struct resource_list *rl = device_get_ivars(child);

	if (rl == NULL)
		return;
	resource_list_free(rl);
	free(rl, M_DEVBUF);
	device_set_ivars(child, NULL);
}

/* At shutdown a child is left: its list is freed whatever it still holds. */
static void
platform_abandon(device_t child)
{
	struct resource_list_entry *rle;
	struct resource_list *rl = device_get_ivars(child);

	if (rl == NULL)
		return;
	STAILQ_FOREACH(rle, rl, link)
		rle->res = NULL;
	platform_child_deleted(NULL, child);
}

static int
platform_print_child(device_t dev, device_t child)
{
	struct resource_list *rl = device_get_ivars(child);
	int length;

	length = bus_print_child_header(dev, child);
	if (rl != NULL) {
		length += resource_list_print_type(rl, "mem", SYS_RES_MEMORY,
		    "%#jx");
		length += resource_list_print_type(rl, "irq", SYS_RES_IRQ,
		    "%ju");
	}
	return (length + bus_print_child_footer(dev, child));
}

static device_method_t platform_methods[] = {
	DEVMETHOD(device_probe,		platform_probe),
	DEVMETHOD(device_attach,	platform_attach),
	DEVMETHOD(device_detach,	bus_generic_detach),
	DEVMETHOD(device_suspend,	bus_generic_suspend),
	DEVMETHOD(device_resume,	bus_generic_resume),
	DEVMETHOD(device_shutdown,	bus_generic_shutdown),

	DEVMETHOD(bus_add_child,	bus_generic_add_child),
	DEVMETHOD(bus_child_deleted,	platform_child_deleted),
	DEVMETHOD(bus_print_child,	platform_print_child),
	DEVMETHOD(bus_get_resource_list, platform_get_resource_list),
	DEVMETHOD(bus_set_resource,	bus_generic_rl_set_resource),
	DEVMETHOD(bus_get_resource,	bus_generic_rl_get_resource),
	DEVMETHOD(bus_delete_resource,	bus_generic_rl_delete_resource),
	DEVMETHOD(bus_alloc_resource,	bus_generic_rl_alloc_resource),
	DEVMETHOD(bus_release_resource,	bus_generic_rl_release_resource),
	DEVMETHOD(bus_adjust_resource,	bus_generic_adjust_resource),
	DEVMETHOD(bus_activate_resource, bus_generic_activate_resource),
	DEVMETHOD(bus_deactivate_resource, bus_generic_deactivate_resource),
	DEVMETHOD(bus_setup_intr,	bus_generic_setup_intr),
	DEVMETHOD(bus_teardown_intr,	bus_generic_teardown_intr),
	DEVMETHOD(bus_config_intr,	bus_generic_config_intr),
	DEVMETHOD_END
};

/* One driver class for each bus name. */
struct platform_bus {
	struct platform_bus *next;
	driver_t	 driver;
	device_t	 dev;
};

static struct platform_bus *platform_buses;

static void
platform_start(void)
{
	platform_buses = NULL;
}
TK_INIT_PRIO(platform_start, 110);

static device_t
platform_make(const char *busname)
{
	struct platform_bus *pb;
	device_t dev;

	pb = tk_tomb_alloc(sizeof(*pb) + strlen(busname) + 1);
	pb->driver.name = strcpy((char *)(pb + 1), busname);
	pb->driver.methods = platform_methods;
	dev = NULL;
	if (devclass_add_driver(device_get_devclass(nexus_dev), &pb->driver,
	    BUS_PASS_DEFAULT, NULL) == 0)
		dev = device_add_child(nexus_dev, busname, DEVICE_UNIT_ANY);
	if (dev == NULL || device_probe_and_attach(dev) != 0)
		panic("tk_bus: no bus %s", busname);
	dev->fixture = true;
	pb->dev = dev;
	pb->next = platform_buses;
	platform_buses = pb;
	return (dev);
}

device_t
tk_bus(const char *busname)
{
	struct platform_bus *pb;
	device_t dev;

	bus_topo_lock();
	for (pb = platform_buses; pb != NULL; pb = pb->next)
		if (strcmp(pb->driver.name, busname) == 0)
			break;
	dev = pb != NULL ? pb->dev : platform_make(busname);
	bus_topo_unlock();
	return (dev);
}

device_t
tk_bus_add_child(const char *busname, const char *driver,
    const struct tk_bus_resource *res, size_t nresources)
{
	struct resource_list *rl;
	device_t bus, child;

	bus = tk_bus(busname);
	rl = malloc(sizeof(*rl), M_DEVBUF, M_NOWAIT);
	if (rl == NULL)
		return (NULL);
	resource_list_init(rl);
	for (size_t i = 0; i < nresources; i++)
		resource_list_add(rl, res[i].type, res[i].rid, res[i].start,
		    res[i].start + res[i].count - 1, res[i].count);
	bus_topo_lock();
	child = BUS_ADD_CHILD(bus, 0, driver, DEVICE_UNIT_ANY);
	if (child != NULL)
		device_set_ivars(child, rl);
	bus_topo_unlock();
	if (child == NULL) {
		resource_list_free(rl);
		free(rl, M_DEVBUF);
	}
	return (child);
}

/*
 * Devices, from a test's side
 */

int
tk_device_attach(device_t dev)
{
	int error;

	bus_topo_lock();
	error = device_probe_and_attach(dev);
	bus_topo_unlock();
	return (error);
}

int
tk_device_detach(device_t dev)
{
	int error;

	bus_topo_lock();
	error = device_detach(dev);
	bus_topo_unlock();
	return (error);
}

int
tk_device_delete(device_t dev)
{
	int error;

	bus_topo_lock();
	error = device_delete_child(device_get_parent(dev), dev);
	bus_topo_unlock();
	return (error);
}

int
tk_device_suspend(device_t dev)
{
	int error;

	bus_topo_lock();
	error = BUS_SUSPEND_CHILD(device_get_parent(dev), dev);
	bus_topo_unlock();
	return (error);
}

int
tk_device_resume(device_t dev)
{
	int error;

	bus_topo_lock();
	error = BUS_RESUME_CHILD(device_get_parent(dev), dev);
	bus_topo_unlock();
	return (error);
}

int
tk_device_shutdown(device_t dev)
{
	int error;

	bus_topo_lock();
	error = device_shutdown(dev);
	bus_topo_unlock();
	return (error);
}

bool
tk_device_attached(device_t dev)
{
	return (device_is_attached(dev));
}

device_t
tk_device_find(const char *nameunit)
{
	return (device_lookup_by_name(nameunit));
}

/*
 * Shutdown: the buses end first, then the modules, then newbus's own records.
 * A device that a test forgot is reported as a leak.  Its driver's detach is
 * not called, because the model behind the device may be gone.  Only what
 * newbus made for the device is freed.
 */
static void
machine_stop(void)
{
	struct platform_bus *pb;
	device_t child;

	bus_topo_lock();
	tk_machine_down = true;
	for (pb = platform_buses; pb != NULL; pb = pb->next) {
		TAILQ_FOREACH(child, &pb->dev->children, link)
			platform_abandon(child);
		tk_device_abandon(pb->dev);
	}
	(void)nexus_detach(nexus_dev);
	tk_device_abandon(nexus_dev);
	tk_device_abandon(root_bus);
	tk_modules_unload_all();
	tk_devices_abandon();
	tk_devclasses_free();
	bus_topo_unlock();
}
TK_FINI_PRIO(machine_stop, TK_HOOK_MODULES);
