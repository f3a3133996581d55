/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * newbus: the tree of devices, and what happens to a device between being
 * added and being deleted.
 *
 * Lifetime: a deleted device's record stays as a tombstone.  Its dead flag is
 * set, and its methods stop the run.  bus_topo_lock() guards the tree.
 * Accessors of one device need no lock.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/sbuf.h>
#include <sys/sx.h>
#include <sys/sysctl.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_bus_var.h"

static kobj_method_t null_methods[] = { KOBJMETHOD_END };
DEFINE_CLASS(null, null_methods, 0);
static struct kobj_ops null_ops;	/* no driver, so no memory */

device_t root_bus;
devclass_t root_devclass;
bool tk_machine_down;

static void	device_sysctl_fini(device_t);

static TAILQ_HEAD(, _device) all_devices;
static struct thread *topo_owner;	/* of bus_topo_lock() */
static u_int topo_depth;

static int
device_ledger(bool print)
{
	device_t dev;
	int count;

	count = 0;
	TAILQ_FOREACH(dev, &all_devices, all_link) {
		if (dev->fixture)
			continue;
		count++;
		if (print)
			tk_leak(&dev->where, "device %s%s",
			    dev->nameunit != NULL ? dev->nameunit : "unknown",
			    dev->state == DS_ATTACHED ? ", attached" : "");
	}
	return (count);
}

static void
device_start(void)
{
	TAILQ_INIT(&all_devices);
	topo_owner = NULL;
	topo_depth = 0;
	null_class.ops = NULL;
	null_class.refs = 0;
	kobj_class_compile_static(&null_class, &null_ops);
	tk_machine_down = false;
	tk_ledger("device", device_ledger);
}
TK_INIT_PRIO(device_start, 110);

/* Shutdown: end a device of the machine, which may still have children. */
void
tk_device_abandon(device_t dev)
{
	device_sysctl_fini(dev);
	dev->state = DS_NOTPRESENT;
	(void)device_set_driver(dev, NULL);
}

/* Shutdown: free what newbus itself made for devices that leaked. */
void
tk_devices_abandon(void)
{
	device_t dev;

	TAILQ_FOREACH(dev, &all_devices, all_link)
		device_sysctl_fini(dev);
}

void
tk_device_check(const struct _device *dev, const char *call)
{
	if (dev == NULL)
		tk_stop("device", "%s: no device", call);
	if (dev->dead)
		tk_stop("device", "%s: the device was deleted", call);
}

/*
 * The topology lock.  FreeBSD's is Giant, which is released while its owner
 * sleeps.  This lock is kept across a sleep.  If the thread that is to end the
 * sleep needs the lock, there is a deadlock.
 */

static struct sx topo_sx;
SX_SYSINIT_FLAGS(topo, &topo_sx, "bus topology", SX_RECURSE);

void
bus_topo_lock(void)
{
	sx_xlock(&topo_sx);
	topo_owner = curthread;
	topo_depth++;
}

void
bus_topo_unlock(void)
{
	if (topo_owner == curthread && --topo_depth == 0)
		topo_owner = NULL;
	sx_xunlock(&topo_sx);
}

struct mtx *
bus_topo_mtx(void)
{
	return (&Giant);
}

void
bus_topo_assert(void)
{
	if (topo_owner != curthread && !mtx_owned(&Giant))
		tk_debug_stop("topology", "bus_topo_lock() is not held");
}

int
bus_get_pass(void)
{
	return (BUS_PASS_DEFAULT);
}

/*
 * Adding and deleting
 */

/*
 * Links the device among its siblings: by order, and behind those of the same
 * order.
 */
static void
device_link(device_t dev)
{
	device_t sibling;

	TAILQ_FOREACH(sibling, &dev->parent->children, link)
		if (sibling->order > dev->order)
			break;
	if (sibling != NULL)
		TAILQ_INSERT_BEFORE(sibling, dev, link);
	else
		TAILQ_INSERT_TAIL(&dev->parent->children, dev, link);
}

static device_t
device_make(device_t parent, u_int order, const char *name, int unit)
{
	device_t dev;
	devclass_t dc;

	dc = NULL;
	if (name != NULL) {
		dc = tk_devclass_get(name, NULL);
		if (dc == NULL)
			return (NULL);
	}
	dev = tk_tomb_alloc(sizeof(*dev));
	dev->parent = parent;
	TAILQ_INIT(&dev->children);
	TAILQ_INIT(&dev->held);
	kobj_init((kobj_t)dev, &null_class);
	dev->unit = unit;
	dev->order = order;
	dev->state = DS_NOTPRESENT;
	dev->flags = DF_ENABLED;
	if (unit == DEVICE_UNIT_ANY)
		dev->flags |= DF_WILDCARD;
	if (name != NULL) {
		dev->flags |= DF_FIXEDCLASS;
		if (tk_devclass_add_device(dc, dev) != 0) {
			kobj_delete((kobj_t)dev, NULL);
			return (NULL);
		}
	}
	if (parent != NULL && device_has_quiet_children(parent))
		dev->flags |= DF_QUIET | DF_QUIET_CHILDREN;
	tk_where(&dev->where);
	TAILQ_INSERT_TAIL(&all_devices, dev, all_link);
	return (dev);
}

device_t
device_add_child(device_t dev, const char *name, int unit)
{
	return (device_add_child_ordered(dev, 0, name, unit));
}

device_t
device_add_child_ordered(device_t dev, u_int order, const char *name,
    int unit)
{
	device_t child;

	KASSERT(name != NULL || unit == DEVICE_UNIT_ANY,
	    ("child device with wildcard name and specific unit number"));
	if (dev != NULL) {
		tk_device_check(dev, __func__);
		bus_topo_assert();
	}
	tk_preempt();
	if (tk_fault("device_add_child"))
		return (NULL);
	child = device_make(dev, order, name, unit);
	if (child != NULL && dev != NULL)
		device_link(child);
	return (child);
}

int
device_delete_child(device_t dev, device_t child)
{
	device_t grandchild;
	int error;

	tk_device_check(dev, __func__);
	tk_device_check(child, __func__);
	bus_topo_assert();
	error = device_detach(child);
	if (error != 0)
		return (error);
	while ((grandchild = TAILQ_FIRST(&child->children)) != NULL) {
		error = device_delete_child(child, grandchild);
		if (error != 0)
			return (error);
	}
	tk_device_check_released(child, "was deleted");
	if (child->devclass != NULL)
		tk_devclass_delete_device(child->devclass, child);
	if (child->parent != NULL)
		BUS_CHILD_DELETED(dev, child);
	(void)device_set_driver(child, NULL);
	device_set_desc(child, NULL);
	TAILQ_REMOVE(&dev->children, child, link);
	TAILQ_REMOVE(&all_devices, child, all_link);
	kobj_delete((kobj_t)child, NULL);
	child->dead = true;
	return (0);
}

int
device_delete_children(device_t dev)
{
	device_t child;
	int error;

	while ((child = TAILQ_FIRST(&dev->children)) != NULL) {
		error = device_delete_child(dev, child);
		if (error != 0)
			return (error);
	}
	return (0);
}

device_t
device_find_child(device_t dev, const char *classname, int unit)
{
	devclass_t dc;
	device_t child;

	tk_device_check(dev, __func__);
	dc = devclass_find(classname);
	if (dc == NULL)
		return (NULL);
	TAILQ_FOREACH(child, &dev->children, link)
		if (child->devclass == dc &&
		    (unit == DEVICE_UNIT_ANY || child->unit == unit))
			return (child);
	return (NULL);
}

device_t
device_lookup_by_name(const char *name)
{
	device_t dev;

	TAILQ_FOREACH(dev, &all_devices, all_link)
		if (dev->nameunit != NULL && strcmp(dev->nameunit, name) == 0)
			return (dev);
	return (NULL);
}

/*
 * sysctl: dev.NAME.UNIT
 */

enum device_sysctl {
	DEVICE_SYSCTL_DESC,
	DEVICE_SYSCTL_DRIVER,
	DEVICE_SYSCTL_LOCATION,
	DEVICE_SYSCTL_PNPINFO,
	DEVICE_SYSCTL_PARENT
};

static const struct {
	const char	*name;
	enum device_sysctl what;
	const char	*descr;
} device_sysctls[] = {
	{ "%desc", DEVICE_SYSCTL_DESC, "device description" },
	{ "%driver", DEVICE_SYSCTL_DRIVER, "device driver name" },
	{ "%location", DEVICE_SYSCTL_LOCATION,
	    "device location relative to parent" },
	{ "%pnpinfo", DEVICE_SYSCTL_PNPINFO, "device identification" },
	{ "%parent", DEVICE_SYSCTL_PARENT, "parent device" },
};

static int
device_sysctl_handler(SYSCTL_HANDLER_ARGS)
{
	device_t dev = arg1;
	struct sbuf *sb;
	int error;

	/*
	 * No lock is needed: removing the node waits for this handler, and the
	 * fields that are read here stay until then.
	 */
	sb = sbuf_new_auto();
	switch ((enum device_sysctl)arg2) {
	case DEVICE_SYSCTL_DESC:
		sbuf_cat(sb, dev->desc != NULL ? dev->desc : "");
		break;
	case DEVICE_SYSCTL_DRIVER:
		sbuf_cat(sb, dev->driver != NULL ? dev->driver->name : "");
		break;
	case DEVICE_SYSCTL_LOCATION:
		bus_child_location(dev, sb);
		break;
	case DEVICE_SYSCTL_PNPINFO:
		bus_child_pnpinfo(dev, sb);
		break;
	case DEVICE_SYSCTL_PARENT:
		sbuf_cat(sb, dev->parent != NULL ?
		    device_get_nameunit(dev->parent) : "");
		break;
	}
	sbuf_finish(sb);
	error = SYSCTL_OUT_STR(req, sbuf_data(sb));
	sbuf_delete(sb);
	return (error);
}

static void
device_sysctl_init(device_t dev)
{
	devclass_t dc = dev->devclass;

	if (dev->sysctl_tree != NULL)
		return;
	tk_devclass_sysctl_init(dc);
	sysctl_ctx_init(&dev->sysctl_ctx);
	if (dc->sysctl_tree == NULL)
		return;		/* an injected fault: FreeBSD's waits */
	dev->sysctl_tree = SYSCTL_ADD_NODE_WITH_LABEL(&dev->sysctl_ctx,
	    SYSCTL_CHILDREN(dc->sysctl_tree), OID_AUTO,
	    dev->nameunit + strlen(dc->name), CTLFLAG_RD | CTLFLAG_MPSAFE,
	    NULL, "", "device_index");
	if (dev->sysctl_tree == NULL)
		return;		/* as above */
	for (size_t i = 0; i < nitems(device_sysctls); i++)
		sysctl_add_oid(&dev->sysctl_ctx,
		    SYSCTL_CHILDREN(dev->sysctl_tree), OID_AUTO,
		    device_sysctls[i].name,
		    CTLTYPE_STRING | CTLFLAG_RD | CTLFLAG_MPSAFE, dev,
		    device_sysctls[i].what, device_sysctl_handler, "A",
		    device_sysctls[i].descr, NULL);
}

static void
device_sysctl_fini(device_t dev)
{
	if (dev->sysctl_tree == NULL)
		return;
	sysctl_ctx_free(&dev->sysctl_ctx);
	dev->sysctl_tree = NULL;
}

struct sysctl_ctx_list *
device_get_sysctl_ctx(device_t dev)
{
	tk_device_check(dev, __func__);
	return (&dev->sysctl_ctx);
}

struct sysctl_oid *
device_get_sysctl_tree(device_t dev)
{
	tk_device_check(dev, __func__);
	return (dev->sysctl_tree);
}

/*
 * Probing and attaching
 */

/* Calls a driver's method; it must not return with a lock of its own. */
#define	DEVICE_CALL(dev, method) __extension__ ({			\
	struct tk_ctx_mark _mark;					\
	int _error;							\
									\
	tk_ctx_enter(&_mark, TK_CTX_THREAD);				\
	_error = method(dev);						\
	tk_ctx_leave(&_mark, #method);					\
	_error;								\
})

/* The next driver of the bus class that may run the device. */
static struct tk_driver_link *
device_next_driver(devclass_t bus, device_t dev, struct tk_driver_link *dl)
{
	dl = dl != NULL ? TAILQ_NEXT(dl, link) : TAILQ_FIRST(&bus->drivers);
	if (dev->devclass == NULL)
		return (dl);
	for (; dl != NULL; dl = TAILQ_NEXT(dl, link))
		if (strcmp(dev->devclass->name, dl->driver->name) == 0)
			break;
	return (dl);
}

/*
 * Ask one driver to probe the device.  Returns what DEVICE_PROBE() did, or
 * ENXIO.
 */
static int
device_bid(device_t dev, driver_t *driver)
{
	int error, result;

	error = device_set_driver(dev, driver);
	if (error != 0)
		return (error == ENOMEM ? ENOMEM : ENXIO);
	if (dev->devclass == NULL &&
	    device_set_devclass(dev, driver->name) != 0) {
		printf("driver bug: Unable to set devclass (class: %s)\n",
		    driver->name);
		return (ENXIO);
	}
	result = DEVICE_CALL(dev, DEVICE_PROBE);
	if (result <= BUS_PROBE_NOWILDCARD &&
	    (dev->flags & DF_FIXEDCLASS) == 0)
		result = ENXIO;
	return (result);
}

/* Undoes what a probe set that did not win. */
static void
device_unbid(device_t dev, bool has_class)
{
	dev->devflags = 0;
	if (!has_class)
		(void)device_set_devclass(dev, NULL);
	device_verbose(dev);
	(void)device_set_driver(dev, NULL);
}

int
device_probe_child(device_t bus, device_t dev)
{
	struct tk_driver_link *dl;
	driver_t *best;
	devclass_t dc;
	bool has_class;
	int pri, result;

	bus_topo_assert();
	tk_device_check(dev, __func__);
	if (bus->devclass == NULL)
		panic("%s: parent device has no devclass", __func__);
	if (dev->state == DS_ALIVE)
		return (0);
	has_class = dev->devclass != NULL;
	best = NULL;
	pri = 0;
	for (dc = bus->devclass; dc != NULL; dc = dc->parent) {
		for (dl = device_next_driver(dc, dev, NULL); dl != NULL;
		    dl = device_next_driver(dc, dev, dl)) {
			result = device_bid(dev, dl->driver);
			if (result == 0) {
				dev->state = DS_ALIVE;
				return (0);
			}
			device_unbid(dev, has_class);
			if (result == ENOMEM)
				return (result);
			if (result < 0 && (best == NULL || result > pri)) {
				best = dl->driver;
				pri = result;
			}
		}
	}
	if (best == NULL)
		return (ENXIO);
	/*
	 * Probe with the winner again, so that its description and softc stay.
	 */
	result = device_bid(dev, best);
	if (result > 0) {
		device_unbid(dev, has_class);
		return (result);
	}
	dev->state = DS_ALIVE;
	return (0);
}

void
tk_device_nomatch(device_t dev)
{
	BUS_PROBE_NOMATCH(dev->parent, dev);
	tk_devctl_device('?', dev);
	dev->flags |= DF_DONENOMATCH;
}

/* Returns -1 if the device was probed already or is disabled. */
int
device_probe(device_t dev)
{
	int error;

	bus_topo_assert();
	tk_device_check(dev, __func__);
	if (dev->state >= DS_ALIVE || (dev->flags & DF_ENABLED) == 0)
		return (-1);
	error = device_probe_child(dev->parent, dev);
	if (error != 0 && (dev->flags & DF_DONENOMATCH) == 0)
		tk_device_nomatch(dev);
	return (error);
}

int
device_probe_and_attach(device_t dev)
{
	int error;

	bus_topo_assert();
	tk_preempt();
	error = device_probe(dev);
	if (error == -1)
		return (0);
	if (error != 0)
		return (error);
	return (device_attach(dev));
}

/*
 * Stop the run if the driver left resources or interrupt handlers behind when
 * it detached or failed to attach.
 */
void
tk_device_check_released(device_t dev, const char *when)
{
	struct resource_i *r;
	const char *name;
	char where[160];

	name = dev->nameunit != NULL ? dev->nameunit : "a device";
	r = TAILQ_FIRST(&dev->held);
	if (r != NULL)
		tk_stop("resource-leak", "%s %s but keeps resource %d of type "
		    "%d, allocated at %s", name, when,
		    r->r_rid, r->r_type,
		    tk_where_str(&r->r_where, where, sizeof(where)));
	if (dev->handlers != 0)
		tk_stop("resource-leak", "%s %s but keeps %d interrupt "
		    "handlers", name, when, dev->handlers);
}

static void
device_attach_failed(device_t dev, int error)
{
	printf("device_attach: %s attach returned %d\n", dev->nameunit, error);
	tk_device_check_released(dev, "failed to attach");
	if (dev->busy != 0)
		tk_stop("device-busy", "%s failed to attach but is busy",
		    dev->nameunit);
	BUS_CHILD_DETACHED(dev->parent, dev);
	/* Before the device loses its name, which the sysctl tree uses. */
	device_sysctl_fini(dev);
	if ((dev->flags & DF_FIXEDCLASS) == 0)
		tk_devclass_delete_device(dev->devclass, dev);
	(void)device_set_driver(dev, NULL);
	dev->state = DS_NOTPRESENT;
}

int
device_attach(device_t dev)
{
	int error;

	tk_device_check(dev, __func__);
	bus_topo_assert();
	if (dev->driver == NULL)
		tk_stop("device", "%s: no driver was probed", __func__);
	device_sysctl_init(dev);
	if (!device_is_quiet(dev))
		BUS_PRINT_CHILD(dev->parent, dev);
	dev->state = DS_ATTACHING;
	error = DEVICE_CALL(dev, DEVICE_ATTACH);
	if (error != 0) {
		device_attach_failed(dev, error);
		return (error);
	}
	dev->flags |= DF_ATTACHED_ONCE;
	dev->state = DS_ATTACHED;
	dev->flags &= ~DF_DONENOMATCH;
	tk_devctl_device('+', dev);
	return (0);
}

int
device_detach(device_t dev)
{
	int error;

	tk_device_check(dev, __func__);
	bus_topo_assert();
	tk_preempt();
	if (dev->busy > 0)
		return (EBUSY);
	if (dev->state == DS_ATTACHING) {
		device_printf(dev,
		    "device in attaching state! Deferring detach.\n");
		return (EBUSY);
	}
	if (dev->state != DS_ATTACHED)
		return (0);
	error = DEVICE_CALL(dev, DEVICE_DETACH);
	if (error != 0)
		return (error);
	if (dev->busy > 0)
		tk_stop("device-busy", "%s detached but is busy",
		    dev->nameunit);
	tk_device_check_released(dev, "detached");
	tk_devctl_device('-', dev);
	if (!device_is_quiet(dev))
		device_printf(dev, "detached\n");
	if (dev->parent != NULL)
		BUS_CHILD_DETACHED(dev->parent, dev);
	device_sysctl_fini(dev);
	if ((dev->flags & DF_FIXEDCLASS) == 0)
		tk_devclass_delete_device(dev->devclass, dev);
	device_verbose(dev);
	dev->state = DS_NOTPRESENT;
	dev->flags &= ~DF_SUSPENDED;
	(void)device_set_driver(dev, NULL);
	return (0);
}

int
device_quiesce(device_t dev)
{
	tk_device_check(dev, __func__);
	if (dev->busy > 0)
		return (EBUSY);
	if (dev->state != DS_ATTACHED)
		return (0);
	return (DEVICE_CALL(dev, DEVICE_QUIESCE));
}

int
device_shutdown(device_t dev)
{
	tk_device_check(dev, __func__);
	if (dev->state < DS_ATTACHED)
		return (0);
	return (DEVICE_CALL(dev, DEVICE_SHUTDOWN));
}

/* The first user makes the parent busy as well. */
void
device_busy(device_t dev)
{
	tk_device_check(dev, __func__);
	tk_preempt();
	if (__atomic_fetch_add(&dev->busy, 1, __ATOMIC_ACQ_REL) == 0 &&
	    dev->parent != NULL)
		device_busy(dev->parent);
}

void
device_unbusy(device_t dev)
{
	u_int old;

	tk_device_check(dev, __func__);
	tk_preempt();
	old = __atomic_fetch_sub(&dev->busy, 1, __ATOMIC_ACQ_REL);
	if (old == 0)
		tk_stop("device-busy", "%s is not busy",
		    device_get_nameunit(dev));
	if (old == 1 && dev->parent != NULL)
		device_unbusy(dev->parent);
}

/*
 * Driver, class, softc
 */

static void
device_drop_softc(device_t dev)
{
	if (dev->softc != NULL && (dev->flags & DF_EXTERNALSOFTC) == 0) {
		free(dev->softc, M_DEVBUF);
		dev->softc = NULL;
	}
}

int
device_set_driver(device_t dev, driver_t *driver)
{
	tk_device_check(dev, __func__);
	if (dev->state >= DS_ATTACHED)
		return (EBUSY);
	if (dev->driver == driver)
		return (0);
	device_drop_softc(dev);
	device_set_desc(dev, NULL);
	kobj_delete((kobj_t)dev, NULL);
	dev->driver = driver;
	if (driver == NULL) {
		kobj_init((kobj_t)dev, &null_class);
		return (0);
	}
	kobj_init((kobj_t)dev, driver);
	if ((dev->flags & DF_EXTERNALSOFTC) == 0 && driver->size > 0) {
		dev->softc = malloc(driver->size, M_DEVBUF,
		    M_NOWAIT | M_ZERO);
		if (dev->softc == NULL) {
			kobj_delete((kobj_t)dev, NULL);
			kobj_init((kobj_t)dev, &null_class);
			dev->driver = NULL;
			return (ENOMEM);
		}
	}
	return (0);
}

int
device_set_devclass(device_t dev, const char *classname)
{
	devclass_t dc;

	tk_device_check(dev, __func__);
	if (classname == NULL) {
		if (dev->devclass != NULL)
			tk_devclass_delete_device(dev->devclass, dev);
		return (0);
	}
	if (dev->devclass != NULL)
		return (EINVAL);
	dc = tk_devclass_get(classname, NULL);
	if (dc == NULL)
		return (ENOMEM);
	return (tk_devclass_add_device(dc, dev));
}

int
device_set_devclass_fixed(device_t dev, const char *classname)
{
	int error;

	if (classname == NULL)
		return (EINVAL);
	error = device_set_devclass(dev, classname);
	if (error == 0)
		dev->flags |= DF_FIXEDCLASS;
	return (error);
}

bool
device_is_devclass_fixed(device_t dev)
{
	return ((dev->flags & DF_FIXEDCLASS) != 0);
}

int
device_set_unit(device_t dev, int unit)
{
	devclass_t dc = dev->devclass;
	int error;

	tk_device_check(dev, __func__);
	if (dc == NULL)
		return (EINVAL);
	if (unit == dev->unit)
		return (0);
	if (devclass_get_device(dc, unit) != NULL)
		return (EBUSY);
	tk_devclass_delete_device(dc, dev);
	dev->unit = unit;
	error = tk_devclass_add_device(dc, dev);
	return (error);
}

void
device_set_softc(device_t dev, void *softc)
{
	tk_device_check(dev, __func__);
	device_drop_softc(dev);
	dev->softc = softc;
	if (softc != NULL)
		dev->flags |= DF_EXTERNALSOFTC;
	else
		dev->flags &= ~DF_EXTERNALSOFTC;
}

/* Frees a softc that device_claim_softc() keeps newbus from freeing. */
void
device_free_softc(void *softc)
{
	free(softc, M_DEVBUF);
}

void
device_claim_softc(device_t dev)
{
	tk_device_check(dev, __func__);
	if (dev->softc != NULL)
		dev->flags |= DF_EXTERNALSOFTC;
	else
		dev->flags &= ~DF_EXTERNALSOFTC;
}

void *
device_get_softc(device_t dev)
{
	tk_device_check(dev, __func__);
	return (dev->softc);
}

/* What a device tells about itself */

void
device_set_desc(device_t dev, const char *desc)
{
	tk_device_check(dev, __func__);
	dev->desc = desc;
}

/* Copies stay until shutdown: a sysctl handler may be reading one. */
void
device_set_desc_copy(device_t dev, const char *desc)
{
	device_set_desc(dev, strcpy(tk_tomb_alloc(strlen(desc) + 1), desc));
}

void
device_set_descf(device_t dev, const char *fmt, ...)
{
	struct sbuf *sb;
	__va_list ap;

	sb = sbuf_new_auto();
	va_start(ap, fmt);
	sbuf_vprintf(sb, fmt, ap);
	va_end(ap);
	sbuf_finish(sb);
	device_set_desc_copy(dev, sbuf_data(sb));
	sbuf_delete(sb);
}

const char *
device_get_desc(device_t dev)
{
	tk_device_check(dev, __func__);
	return (dev->desc);
}

const char *
device_get_name(device_t dev)
{
	if (dev == NULL)
		return (NULL);
	tk_device_check(dev, __func__);
	return (devclass_get_name(dev->devclass));
}

const char *
device_get_nameunit(device_t dev)
{
	tk_device_check(dev, __func__);
	return (dev->nameunit);
}

int
device_get_unit(device_t dev)
{
	tk_device_check(dev, __func__);
	return (dev->unit);
}

device_t
device_get_parent(device_t dev)
{
	tk_device_check(dev, __func__);
	return (dev->parent);
}

int
device_get_children(device_t dev, device_t **listp, int *countp)
{
	device_t child, *list;
	int count;

	tk_device_check(dev, __func__);
	count = 0;
	TAILQ_FOREACH(child, &dev->children, link)
		count++;
	*listp = NULL;
	*countp = 0;
	if (count == 0)
		return (0);
	list = malloc(count * sizeof(*list), M_TEMP, M_NOWAIT);
	if (list == NULL)
		return (ENOMEM);
	count = 0;
	TAILQ_FOREACH(child, &dev->children, link)
		list[count++] = child;
	*listp = list;
	*countp = count;
	return (0);
}

driver_t *
device_get_driver(device_t dev)
{
	tk_device_check(dev, __func__);
	return (dev->driver);
}

devclass_t
device_get_devclass(device_t dev)
{
	tk_device_check(dev, __func__);
	return (dev->devclass);
}

void *
device_get_ivars(device_t dev)
{
	KASSERT(dev != NULL, ("%s: no device", __func__));
	tk_device_check(dev, __func__);
	return (dev->ivars);
}

void
device_set_ivars(device_t dev, void *ivars)
{
	tk_device_check(dev, __func__);
	dev->ivars = ivars;
}

device_state_t
device_get_state(device_t dev)
{
	tk_device_check(dev, __func__);
	return (dev->state);
}

uint32_t
device_get_flags(device_t dev)
{
	tk_device_check(dev, __func__);
	return (dev->devflags);
}

void
device_set_flags(device_t dev, uint32_t flags)
{
	tk_device_check(dev, __func__);
	dev->devflags = flags;
}

#define	DEVICE_FLAG_SET(function, flag)					\
void									\
function(device_t dev)							\
{									\
	tk_device_check(dev, __func__);					\
	dev->flags |= flag;						\
}									\
struct __hack

#define	DEVICE_FLAG_CLEAR(function, flag)				\
void									\
function(device_t dev)							\
{									\
	tk_device_check(dev, __func__);					\
	dev->flags &= ~flag;						\
}									\
struct __hack

#define	DEVICE_FLAG_TEST(function, flag)				\
int									\
function(device_t dev)							\
{									\
	tk_device_check(dev, __func__);					\
	return ((dev->flags & flag) != 0);				\
}									\
struct __hack

DEVICE_FLAG_SET(device_quiet, DF_QUIET);
DEVICE_FLAG_SET(device_quiet_children, DF_QUIET_CHILDREN);
DEVICE_FLAG_SET(device_enable, DF_ENABLED);
DEVICE_FLAG_CLEAR(device_verbose, DF_QUIET);
DEVICE_FLAG_CLEAR(device_disable, DF_ENABLED);
DEVICE_FLAG_TEST(device_is_quiet, DF_QUIET);
DEVICE_FLAG_TEST(device_has_quiet_children, DF_QUIET_CHILDREN);
DEVICE_FLAG_TEST(device_is_enabled, DF_ENABLED);
DEVICE_FLAG_TEST(device_is_suspended, DF_SUSPENDED);

int
device_is_alive(device_t dev)
{
	return (device_get_state(dev) >= DS_ALIVE);
}

int
device_is_attached(device_t dev)
{
	return (device_get_state(dev) >= DS_ATTACHED);
}

int
device_print_prettyname(device_t dev)
{
	const char *name;

	name = device_get_name(dev);
	if (name == NULL)
		return (printf("unknown: "));
	return (printf("%s%d: ", name, device_get_unit(dev)));
}

/*
 * "NAMEUNIT: " and the message, at once if it fits the buffer.  Nothing is
 * allocated, because filters may print too.
 */
static void
device_message(device_t dev, struct sbuf *sb, const char *fmt, __va_list ap)
{
	const char *name;

	name = device_get_name(dev);
	if (name == NULL)
		sbuf_cat(sb, "unknown: ");
	else
		sbuf_printf(sb, "%s%d: ", name, dev->unit);
	sbuf_vprintf(sb, fmt, ap);
	sbuf_finish(sb);
	sbuf_delete(sb);
}

int
device_printf(device_t dev, const char *fmt, ...)
{
	char line[256];
	struct sbuf sb;
	__va_list ap;
	size_t length;

	tk_preempt();
	length = 0;
	sbuf_new(&sb, line, sizeof(line), SBUF_FIXEDLEN);
	sbuf_set_drain(&sb, sbuf_printf_drain, &length);
	va_start(ap, fmt);
	device_message(dev, &sb, fmt, ap);
	va_end(ap);
	return (length);
}

struct device_log_arg {
	int	pri;
	int	length;
};

static int
device_log_drain(void *arg, const char *data, int len)
{
	struct device_log_arg *to = arg;

	log(to->pri, "%.*s", len, data);
	to->length += len;
	return (len);
}

int
device_log(device_t dev, int pri, const char *fmt, ...)
{
	struct device_log_arg to = { .pri = pri };
	char line[256];
	struct sbuf sb;
	__va_list ap;

	tk_preempt();
	sbuf_new(&sb, line, sizeof(line), SBUF_FIXEDLEN);
	sbuf_set_drain(&sb, device_log_drain, &to);
	va_start(ap, fmt);
	device_message(dev, &sb, fmt, ap);
	va_end(ap);
	return (to.length);
}

/* "+foo0 at LOCATION PNPINFO on bus0", as devd(8) reads it. */
void
tk_devctl_device(char what, device_t dev)
{
	struct sbuf *sb;

	if (dev->parent == NULL)
		return;
	sb = sbuf_new_auto();
	sbuf_printf(sb, "%c%s at ", what, what == '?' ? "" : dev->nameunit);
	bus_child_location(dev, sb);
	sbuf_cat(sb, " ");
	bus_child_pnpinfo(dev, sb);
	sbuf_printf(sb, " on %s", device_get_nameunit(dev->parent));
	sbuf_finish(sb);
	tk_devctl_record(sbuf_data(sb));
	sbuf_delete(sb);
}
