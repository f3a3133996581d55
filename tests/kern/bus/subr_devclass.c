/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Device classes: the units of a name, and the drivers that probe the children
 * of a bus.  bus_topo_lock() guards everything here.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/sysctl.h>

#include "tk.h"
#include "tk_bus_var.h"

static MALLOC_DEFINE(M_BUS, "bus", "Bus data structures");

SYSCTL_DECL(_dev);

struct tk_devclass_list tk_devclasses = TAILQ_HEAD_INITIALIZER(tk_devclasses);

static void
devclass_start(void)
{
	TAILQ_INIT(&tk_devclasses);
}
TK_INIT_PRIO(devclass_start, 110);

static devclass_t
devclass_new(const char *name)
{
	devclass_t dc;
	size_t size;

	if (tk_fault("devclass_create"))
		return (NULL);
	size = strlen(name) + 1;
	dc = malloc(sizeof(*dc) + size, M_BUS, M_NOWAIT | M_ZERO);
	if (dc == NULL)
		return (NULL);
	dc->name = memcpy(dc + 1, name, size);
	TAILQ_INIT(&dc->drivers);
	TAILQ_INSERT_TAIL(&tk_devclasses, dc, link);
	return (dc);
}

devclass_t
tk_devclass_get(const char *name, const char *parent)
{
	devclass_t dc;

	dc = devclass_find(name);
	if (dc == NULL)
		dc = devclass_new(name);
	if (dc != NULL && parent != NULL && dc->parent == NULL &&
	    strcmp(name, parent) != 0) {
		dc->parent = tk_devclass_get(parent, NULL);
		if (dc->parent != NULL)
			dc->parent->has_children = true;
	}
	return (dc);
}

devclass_t
devclass_create(const char *classname)
{
	tk_preempt();
	return (tk_devclass_get(classname, NULL));
}

devclass_t
devclass_find(const char *classname)
{
	devclass_t dc;

	if (classname == NULL)
		return (NULL);
	TAILQ_FOREACH(dc, &tk_devclasses, link)
		if (tk_streq(dc->name, classname))
			break;
	return (dc);
}

/*
 * Drivers
 */

/* Tells every bus of the class, and of those that inherit from it. */
static void
devclass_driver_added(devclass_t dc, driver_t *driver)
{
	devclass_t sub;
	device_t bus;

	for (int i = 0; i < dc->maxunit; i++) {
		bus = dc->devices[i];
		if (bus != NULL && device_is_attached(bus))
			BUS_DRIVER_ADDED(bus, driver);
	}
	if (!dc->has_children)
		return;
	TAILQ_FOREACH(sub, &tk_devclasses, link)
		if (sub->parent == dc)
			devclass_driver_added(sub, driver);
}

int
devclass_add_driver(devclass_t dc, driver_t *driver, int pass,
    devclass_t *dcp)
{
	struct tk_driver_link *dl;
	devclass_t own;

	bus_topo_assert();
	if (pass <= BUS_PASS_ROOT)
		return (EINVAL);
	dl = tk_fault("devclass_add_driver") ? NULL :
	    malloc(sizeof(*dl), M_BUS, M_NOWAIT | M_ZERO);
	if (dl == NULL)
		return (ENOMEM);
	own = tk_devclass_get(driver->name, driver->baseclasses != NULL ?
	    driver->baseclasses[0]->name : NULL);
	if (own == NULL) {
		free(dl, M_BUS);
		return (ENOMEM);
	}
	kobj_class_compile(driver);
	driver->refs++;
	dl->driver = driver;
	dl->pass = pass;
	TAILQ_INSERT_TAIL(&dc->drivers, dl, link);
	if (dcp != NULL)
		*dcp = own;
	devclass_driver_added(dc, driver);
	return (0);
}

static struct tk_driver_link *
devclass_find_link(devclass_t dc, const driver_t *driver)
{
	struct tk_driver_link *dl;

	TAILQ_FOREACH(dl, &dc->drivers, link)
		if (dl->driver == driver)
			break;
	return (dl);
}

/* Does the driver run this device, which sits on a bus of the class? */
static bool
devclass_drives(const devclass_t busclass, const driver_t *driver,
    const device_t dev)
{
	return (dev != NULL && dev->driver == driver && dev->parent != NULL &&
	    dev->parent->devclass == busclass);
}

/*
 * Detaches the driver from the buses of the class and of classes that inherit
 * from it.
 */
static int
devclass_driver_deleted(devclass_t busclass, devclass_t dc, driver_t *driver)
{
	devclass_t sub;
	device_t dev;
	int error;

	for (int i = 0; i < dc->maxunit; i++) {
		dev = dc->devices[i];
		if (!devclass_drives(busclass, driver, dev))
			continue;
		error = tk_machine_down ? EBUSY : device_detach(dev);
		if (error != 0)
			return (error);
		tk_device_nomatch(dev);
	}
	if (!busclass->has_children)
		return (0);
	TAILQ_FOREACH(sub, &tk_devclasses, link) {
		if (sub->parent != busclass)
			continue;
		error = devclass_driver_deleted(sub, dc, driver);
		if (error != 0)
			return (error);
	}
	return (0);
}

int
devclass_delete_driver(devclass_t busclass, driver_t *driver)
{
	struct tk_driver_link *dl;
	devclass_t dc;
	int error;

	bus_topo_assert();
	dc = devclass_find(driver->name);
	if (dc == NULL)
		return (0);
	dl = devclass_find_link(busclass, driver);
	if (dl == NULL)
		return (ENOENT);
	error = devclass_driver_deleted(busclass, dc, driver);
	if (error != 0)
		return (error);
	TAILQ_REMOVE(&busclass->drivers, dl, link);
	free(dl, M_BUS);
	if (--driver->refs == 0)
		kobj_class_free(driver);
	return (0);
}

int
tk_devclass_quiesce_driver(devclass_t busclass, driver_t *driver)
{
	devclass_t dc;
	int error;

	dc = devclass_find(driver->name);
	if (dc == NULL)
		return (0);
	if (devclass_find_link(busclass, driver) == NULL)
		return (ENOENT);
	for (int i = 0; i < dc->maxunit; i++) {
		if (!devclass_drives(busclass, driver, dc->devices[i]))
			continue;
		error = device_quiesce(dc->devices[i]);
		if (error != 0)
			return (error);
	}
	return (0);
}

int
devclass_get_drivers(devclass_t dc, driver_t ***listp, int *countp)
{
	struct tk_driver_link *dl;
	driver_t **list;
	int count;

	count = 0;
	TAILQ_FOREACH(dl, &dc->drivers, link)
		count++;
	list = malloc(MAX(count, 1) * sizeof(*list), M_TEMP,
	    M_NOWAIT | M_ZERO);
	if (list == NULL)
		return (ENOMEM);
	count = 0;
	TAILQ_FOREACH(dl, &dc->drivers, link)
		list[count++] = dl->driver;
	*listp = list;
	*countp = count;
	return (0);
}

/* What DRIVER_MODULE() registers: binds the driver to its bus and back. */
int
driver_module_handler(module_t mod, int what, void *arg)
{
	struct driver_module_data *dmd = arg;
	devclass_t bus;
	int error;

	bus = tk_devclass_get(dmd->dmd_busname, NULL);
	if (bus == NULL)
		return (ENOMEM);
	switch (what) {
	case MOD_LOAD:
		/*
		 * As in FreeBSD, the driver is added even if the handler fails.
		 */
		if (dmd->dmd_chainevh != NULL)
			(void)dmd->dmd_chainevh(mod, what, dmd->dmd_chainarg);
		error = devclass_add_driver(bus, dmd->dmd_driver,
		    dmd->dmd_pass, dmd->dmd_devclass);
		break;
	case MOD_UNLOAD:
		error = devclass_delete_driver(bus, dmd->dmd_driver);
		if (error == 0 && dmd->dmd_chainevh != NULL)
			error = dmd->dmd_chainevh(mod, what,
			    dmd->dmd_chainarg);
		break;
	case MOD_QUIESCE:
		error = tk_devclass_quiesce_driver(bus, dmd->dmd_driver);
		if (error == 0 && dmd->dmd_chainevh != NULL)
			error = dmd->dmd_chainevh(mod, what,
			    dmd->dmd_chainarg);
		break;
	default:
		error = EOPNOTSUPP;
		break;
	}
	return (error);
}

/*
 * Units
 */

/* Makes room for the unit. */
static int
devclass_grow(devclass_t dc, int unit)
{
	device_t *devices;
	int maxunit;

	if (unit < dc->maxunit)
		return (0);
	maxunit = roundup2(unit + 1, 8);
	devices = realloc(dc->devices, maxunit * sizeof(*devices), M_BUS,
	    M_NOWAIT);
	if (devices == NULL)
		return (ENOMEM);
	memset(devices + dc->maxunit, 0,
	    (maxunit - dc->maxunit) * sizeof(*devices));
	dc->devices = devices;
	dc->maxunit = maxunit;
	return (0);
}

int
devclass_find_free_unit(devclass_t dc, int unit)
{
	while (unit < dc->maxunit && dc->devices[unit] != NULL)
		unit++;
	return (unit);
}

int
tk_devclass_add_device(devclass_t dc, device_t dev)
{
	size_t size;
	int error, unit;

	unit = dev->unit;
	if (unit == DEVICE_UNIT_ANY)
		BUS_HINT_DEVICE_UNIT(dev->parent, dev, dc->name, &unit);
	if (unit == DEVICE_UNIT_ANY)
		unit = devclass_find_free_unit(dc, 0);
	else if (unit < dc->maxunit && dc->devices[unit] != NULL)
		return (EEXIST);
	error = devclass_grow(dc, unit);
	if (error != 0)
		return (error);
	size = strlen(dc->name) + 12;
	dev->nameunit = tk_tomb_alloc(size);
	snprintf(dev->nameunit, size, "%s%d", dc->name, unit);
	dev->unit = unit;
	dev->devclass = dc;
	dc->devices[unit] = dev;
	return (0);
}

void
tk_devclass_delete_device(devclass_t dc, device_t dev)
{
	if (dc == NULL || dev == NULL)
		return;
	if (dev->devclass != dc || dc->devices[dev->unit] != dev)
		panic("%s: inconsistent device class", __func__);
	dc->devices[dev->unit] = NULL;
	if ((dev->flags & DF_WILDCARD) != 0)
		dev->unit = DEVICE_UNIT_ANY;
	dev->devclass = NULL;
	dev->nameunit = NULL;
}

const char *
devclass_get_name(devclass_t dc)
{
	return (dc != NULL ? dc->name : NULL);
}

device_t
devclass_get_device(devclass_t dc, int unit)
{
	tk_preempt();
	if (dc == NULL || unit < 0 || unit >= dc->maxunit)
		return (NULL);
	return (dc->devices[unit]);
}

void *
devclass_get_softc(devclass_t dc, int unit)
{
	device_t dev;

	dev = devclass_get_device(dc, unit);
	return (dev != NULL ? device_get_softc(dev) : NULL);
}

int
devclass_get_devices(devclass_t dc, device_t **listp, int *countp)
{
	device_t *list;
	int count;

	list = malloc(MAX(devclass_get_count(dc), 1) * sizeof(*list), M_TEMP,
	    M_NOWAIT | M_ZERO);
	if (list == NULL)
		return (ENOMEM);
	count = 0;
	for (int i = 0; i < dc->maxunit; i++)
		if (dc->devices[i] != NULL)
			list[count++] = dc->devices[i];
	*listp = list;
	*countp = count;
	return (0);
}

int
devclass_get_count(devclass_t dc)
{
	int count;

	count = 0;
	for (int i = 0; i < dc->maxunit; i++)
		if (dc->devices[i] != NULL)
			count++;
	return (count);
}

int
devclass_get_maxunit(devclass_t dc)
{
	return (dc != NULL ? dc->maxunit : -1);
}

void
devclass_set_parent(devclass_t dc, devclass_t pdc)
{
	dc->parent = pdc;
	pdc->has_children = true;
}

devclass_t
devclass_get_parent(devclass_t dc)
{
	return (dc->parent);
}

/*
 * dev.NAME
 */

static int
devclass_sysctl_parent(SYSCTL_HANDLER_ARGS)
{
	devclass_t dc = arg1;
	const char *value;

	value = dc->parent != NULL ? dc->parent->name : "";
	return (SYSCTL_OUT_STR(req, value));
}

void
tk_devclass_sysctl_init(devclass_t dc)
{
	if (dc->sysctl_tree != NULL)
		return;
	sysctl_ctx_init(&dc->sysctl_ctx);
	dc->sysctl_tree = SYSCTL_ADD_NODE(&dc->sysctl_ctx,
	    SYSCTL_STATIC_CHILDREN(_dev), OID_AUTO, dc->name,
	    CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, "");
	if (dc->sysctl_tree == NULL)
		return;		/* an injected fault: FreeBSD's waits */
	SYSCTL_ADD_PROC(&dc->sysctl_ctx, SYSCTL_CHILDREN(dc->sysctl_tree),
	    OID_AUTO, "%parent", CTLTYPE_STRING | CTLFLAG_RD | CTLFLAG_MPSAFE,
	    dc, 0, devclass_sysctl_parent, "A", "parent class");
}

struct sysctl_ctx_list *
devclass_get_sysctl_ctx(devclass_t dc)
{
	tk_devclass_sysctl_init(dc);
	return (&dc->sysctl_ctx);
}

struct sysctl_oid *
devclass_get_sysctl_tree(devclass_t dc)
{
	tk_devclass_sysctl_init(dc);
	return (dc->sysctl_tree);
}

/* Shutdown: the drivers that are left belong to devices that leaked. */
void
tk_devclasses_free(void)
{
	struct tk_driver_link *dl;
	devclass_t dc;

	while ((dc = TAILQ_FIRST(&tk_devclasses)) != NULL) {
		while ((dl = TAILQ_FIRST(&dc->drivers)) != NULL) {
			TAILQ_REMOVE(&dc->drivers, dl, link);
			dl->driver->refs = 0;
			kobj_class_free(dl->driver);
			free(dl, M_BUS);
		}
		TAILQ_REMOVE(&tk_devclasses, dc, link);
		if (dc->sysctl_tree != NULL)
			sysctl_ctx_free(&dc->sysctl_ctx);
		free(dc->devices, M_BUS);
		free(dc, M_BUS);
	}
}
