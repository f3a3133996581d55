/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The methods that buses share: what they do for their children, and how a
 * request travels up to the bus that can serve it.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/rman.h>
#include <sys/sbuf.h>

#include "tk.h"
#include "tk_bus_var.h"

/*
 * Life of the children
 */

void
bus_identify_children(device_t dev)
{
	struct tk_driver_link *dl;
	devclass_t dc;

	bus_topo_assert();
	for (dc = dev->devclass; dc != NULL; dc = dc->parent)
		TAILQ_FOREACH(dl, &dc->drivers, link)
			DEVICE_IDENTIFY(dl->driver, dev);
}

void
bus_attach_children(device_t dev)
{
	device_t child;

	bus_topo_assert();
	TAILQ_FOREACH(child, &dev->children, link)
		device_probe_and_attach(child);
}

int
bus_detach_children(device_t dev)
{
	device_t child;
	int error;

	bus_topo_assert();
	TAILQ_FOREACH_REVERSE(child, &dev->children, tk_device_list, link) {
		error = device_detach(child);
		if (error != 0)
			return (error);
	}
	return (0);
}

int
bus_generic_probe(device_t dev)
{
	bus_identify_children(dev);
	return (0);
}

int
bus_generic_attach(device_t dev)
{
	bus_attach_children(dev);
	return (0);
}

int
bus_generic_detach(device_t dev)
{
	int error;

	if (dev->state != DS_ATTACHED)
		return (EBUSY);
	error = bus_detach_children(dev);
	if (error != 0)
		return (error);
	return (device_delete_children(dev));
}

device_t
bus_generic_add_child(device_t dev, u_int order, const char *name, int unit)
{
	return (device_add_child_ordered(dev, order, name, unit));
}

/* A driver was added: offer it the children that have no driver. */
void
bus_generic_driver_added(device_t dev, driver_t *driver)
{
	device_t child;

	DEVICE_IDENTIFY(driver, dev);
	TAILQ_FOREACH(child, &dev->children, link)
		if (child->state == DS_NOTPRESENT)
			device_probe_and_attach(child);
}

void
bus_generic_new_pass(device_t dev)
{
	/* There is one pass, and it is over. */
}

int
bus_null_rescan(device_t dev)
{
	return (ENODEV);
}

/* Shut down in reverse order of attachment. */
int
bus_generic_shutdown(device_t dev)
{
	device_t child;

	TAILQ_FOREACH_REVERSE(child, &dev->children, tk_device_list, link)
		device_shutdown(child);
	return (0);
}

static int
bus_call_child(device_t child, int (*method)(device_t), const char *what)
{
	struct tk_ctx_mark mark;
	int error;

	tk_ctx_enter(&mark, TK_CTX_THREAD);
	error = method(child);
	tk_ctx_leave(&mark, what);
	return (error);
}

int
bus_generic_suspend_child(device_t dev, device_t child)
{
	int error;

	error = bus_call_child(child, DEVICE_SUSPEND, "DEVICE_SUSPEND");
	if (error == 0)
		child->flags |= DF_SUSPENDED;
	return (error);
}

int
bus_generic_resume_child(device_t dev, device_t child)
{
	(void)bus_call_child(child, DEVICE_RESUME, "DEVICE_RESUME");
	child->flags &= ~DF_SUSPENDED;
	return (0);
}

/* If one refuses, those that were suspended before it are resumed. */
int
bus_generic_suspend(device_t dev)
{
	device_t child;
	int error;

	TAILQ_FOREACH_REVERSE(child, &dev->children, tk_device_list, link) {
		error = BUS_SUSPEND_CHILD(dev, child);
		if (error == 0)
			continue;
		while ((child = TAILQ_NEXT(child, link)) != NULL)
			BUS_RESUME_CHILD(dev, child);
		return (error);
	}
	return (0);
}

int
bus_generic_resume(device_t dev)
{
	device_t child;

	TAILQ_FOREACH(child, &dev->children, link)
		BUS_RESUME_CHILD(dev, child);
	return (0);
}

int
bus_helper_reset_post(device_t dev, int flags)
{
	device_t child;
	int error, first;

	first = 0;
	TAILQ_FOREACH(child, &dev->children, link) {
		BUS_RESET_POST(dev, child);
		error = (flags & 1) != 0 ? device_probe_and_attach(child) :
		    BUS_RESUME_CHILD(dev, child);
		if (error != 0 && first == 0)
			first = error;
	}
	return (first);
}

int
bus_helper_reset_prepare(device_t dev, int flags)
{
	device_t child;
	int error;

	TAILQ_FOREACH_REVERSE(child, &dev->children, tk_device_list, link) {
		error = (flags & 1) != 0 ? device_detach(child) :
		    BUS_SUSPEND_CHILD(dev, child);
		if (error == 0) {
			error = BUS_RESET_PREPARE(dev, child);
			if (error != 0)
				(void)BUS_RESUME_CHILD(dev, child);
		}
		if (error != 0) {
			bus_helper_reset_post(dev, flags);
			return (error);
		}
	}
	return (0);
}

/* What is printed and reported about a child */

int
bus_print_child_header(device_t dev, device_t child)
{
	if (device_get_desc(child) != NULL)
		return (device_printf(child, "<%s>", device_get_desc(child)));
	return (printf("%s", device_get_nameunit(child)));
}

int
bus_print_child_footer(device_t dev, device_t child)
{
	return (printf(" on %s\n", device_get_nameunit(dev)));
}

int
bus_print_child_domain(device_t dev, device_t child)
{
	return (0);
}

int
bus_generic_print_child(device_t dev, device_t child)
{
	int length;

	length = bus_print_child_header(dev, child);
	length += bus_print_child_domain(dev, child);
	return (length + bus_print_child_footer(dev, child));
}

int
bus_generic_child_present(device_t dev, device_t child)
{
	return (BUS_CHILD_PRESENT(device_get_parent(dev), dev));
}

int
bus_generic_child_location(device_t dev, device_t child, struct sbuf *sb)
{
	return (0);
}

int
bus_generic_child_pnpinfo(device_t dev, device_t child, struct sbuf *sb)
{
	return (0);
}

int
bus_generic_get_device_path(device_t bus, device_t child, const char *locator,
    struct sbuf *sb)
{
	int error;

	if (strcmp(locator, BUS_LOCATOR_FREEBSD) != 0)
		return (EINVAL);
	error = 0;
	if (device_get_parent(bus) != NULL)
		error = BUS_GET_DEVICE_PATH(device_get_parent(bus), bus,
		    locator, sb);
	if (error == 0)
		sbuf_printf(sb, "/%s", device_get_nameunit(child) != NULL ?
		    device_get_nameunit(child) : "unknown");
	return (error);
}

int
bus_generic_read_ivar(device_t dev, device_t child, int index,
    uintptr_t *result)
{
	return (ENOENT);
}

int
bus_generic_write_ivar(device_t dev, device_t child, int index,
    uintptr_t value)
{
	return (ENOENT);
}

ssize_t
bus_generic_get_property(device_t dev, device_t child, const char *propname,
    void *propvalue, size_t size, device_property_type_t type)
{
	if (device_get_parent(dev) == NULL)
		return (-1);
	return (BUS_GET_PROPERTY(device_get_parent(dev), child, propname,
	    propvalue, size, type));
}

/*
 * Requests that go up the tree
 */

struct resource *
bus_generic_alloc_resource(device_t dev, device_t child, int type,
    tk_rid_t rid, rman_res_t start, rman_res_t end, rman_res_t count,
    u_int flags)
{
	if (dev->parent == NULL)
		return (NULL);
	return (BUS_ALLOC_RESOURCE(dev->parent, child, type, rid, start, end,
	    count, flags));
}

int
bus_generic_release_resource(device_t dev, device_t child, struct resource *r)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_RELEASE_RESOURCE(dev->parent, child, r));
}

int
bus_generic_activate_resource(device_t dev, device_t child,
    struct resource *r)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_ACTIVATE_RESOURCE(dev->parent, child, r));
}

int
bus_generic_deactivate_resource(device_t dev, device_t child,
    struct resource *r)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_DEACTIVATE_RESOURCE(dev->parent, child, r));
}

int
bus_generic_adjust_resource(device_t dev, device_t child, struct resource *r,
    rman_res_t start, rman_res_t end)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_ADJUST_RESOURCE(dev->parent, child, r, start, end));
}

int
bus_generic_translate_resource(device_t dev, int type, rman_res_t start,
    rman_res_t *newstart)
{
	if (dev->parent == NULL) {
		*newstart = start;
		return (0);
	}
	return (BUS_TRANSLATE_RESOURCE(dev->parent, type, start, newstart));
}

int
bus_generic_map_resource(device_t dev, device_t child, struct resource *r,
    struct resource_map_request *args, struct resource_map *map)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_MAP_RESOURCE(dev->parent, child, r, args, map));
}

int
bus_generic_unmap_resource(device_t dev, device_t child, struct resource *r,
    struct resource_map *map)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_UNMAP_RESOURCE(dev->parent, child, r, map));
}

int
bus_generic_setup_intr(device_t dev, device_t child, struct resource *irq,
    int flags, driver_filter_t *filter, driver_intr_t *intr, void *arg,
    void **cookiep)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_SETUP_INTR(dev->parent, child, irq, flags, filter, intr,
	    arg, cookiep));
}

int
bus_generic_teardown_intr(device_t dev, device_t child, struct resource *irq,
    void *cookie)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_TEARDOWN_INTR(dev->parent, child, irq, cookie));
}

int
bus_generic_suspend_intr(device_t dev, device_t child, struct resource *irq)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_SUSPEND_INTR(dev->parent, child, irq));
}

int
bus_generic_resume_intr(device_t dev, device_t child, struct resource *irq)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_RESUME_INTR(dev->parent, child, irq));
}

int
bus_generic_bind_intr(device_t dev, device_t child, struct resource *irq,
    int cpu)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_BIND_INTR(dev->parent, child, irq, cpu));
}

int
bus_generic_config_intr(device_t dev, int irq, enum intr_trigger trig,
    enum intr_polarity pol)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_CONFIG_INTR(dev->parent, irq, trig, pol));
}

int
bus_generic_describe_intr(device_t dev, device_t child, struct resource *irq,
    void *cookie, const char *descr)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_DESCRIBE_INTR(dev->parent, child, irq, cookie, descr));
}

int
bus_generic_get_cpus(device_t dev, device_t child, enum cpu_sets op,
    size_t setsize, struct _cpuset *cpuset)
{
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_GET_CPUS(dev->parent, child, op, setsize, cpuset));
}

bus_dma_tag_t
bus_generic_get_dma_tag(device_t dev, device_t child)
{
	if (dev->parent == NULL)
		return (NULL);
	return (BUS_GET_DMA_TAG(dev->parent, child));
}

bus_space_tag_t
bus_generic_get_bus_tag(device_t dev, device_t child)
{
	if (dev->parent == NULL)
		return (NULL);
	return (BUS_GET_BUS_TAG(dev->parent, child));
}

int
bus_generic_get_domain(device_t dev, device_t child, int *domain)
{
	if (dev->parent == NULL)
		return (ENOENT);
	return (BUS_GET_DOMAIN(dev->parent, dev, domain));
}

/*
 * Buses that keep a resource list per child
 */

int
bus_generic_rl_set_resource(device_t dev, device_t child, int type, int rid,
    rman_res_t start, rman_res_t count)
{
	struct resource_list *rl;

	rl = BUS_GET_RESOURCE_LIST(dev, child);
	if (rl == NULL)
		return (EINVAL);
	resource_list_add(rl, type, rid, start, start + count - 1, count);
	return (0);
}

int
bus_generic_rl_get_resource(device_t dev, device_t child, int type, int rid,
    rman_res_t *startp, rman_res_t *countp)
{
	struct resource_list_entry *rle;
	struct resource_list *rl;

	rl = BUS_GET_RESOURCE_LIST(dev, child);
	if (rl == NULL)
		return (EINVAL);
	rle = resource_list_find(rl, type, rid);
	if (rle == NULL)
		return (ENOENT);
	if (startp != NULL)
		*startp = rle->start;
	if (countp != NULL)
		*countp = rle->count;
	return (0);
}

void
bus_generic_rl_delete_resource(device_t dev, device_t child, int type,
    int rid)
{
	struct resource_list *rl;

	rl = BUS_GET_RESOURCE_LIST(dev, child);
	if (rl != NULL)
		resource_list_delete(rl, type, rid);
}

struct resource *
bus_generic_rl_alloc_resource(device_t dev, device_t child, int type,
    tk_rid_t rid, rman_res_t start, rman_res_t end, rman_res_t count,
    u_int flags)
{
	struct resource_list *rl;

	if (device_get_parent(child) != dev)
		return (BUS_ALLOC_RESOURCE(device_get_parent(dev), child, type,
		    rid, start, end, count, flags));
	rl = BUS_GET_RESOURCE_LIST(dev, child);
	if (rl == NULL)
		return (NULL);
	return (resource_list_alloc(rl, dev, child, type, rid, start, end,
	    count, flags));
}

int
bus_generic_rl_release_resource(device_t dev, device_t child,
    struct resource *r)
{
	struct resource_list *rl;

	if (device_get_parent(child) != dev)
		return (BUS_RELEASE_RESOURCE(device_get_parent(dev), child,
		    r));
	rl = BUS_GET_RESOURCE_LIST(dev, child);
	if (rl == NULL)
		return (EINVAL);
	return (resource_list_release(rl, dev, child, r));
}

/*
 * Buses that have a resource manager per type
 */

struct resource *
bus_generic_rman_alloc_resource(device_t dev, device_t child, int type,
    tk_rid_t rid, rman_res_t start, rman_res_t end, rman_res_t count,
    u_int flags)
{
	struct resource *r;
	struct rman *rm;

	rm = BUS_GET_RMAN(dev, type, flags);
	if (rm == NULL)
		return (NULL);
	r = rman_reserve_resource(rm, start, end, count, flags & ~RF_ACTIVE,
	    child);
	if (r == NULL)
		return (NULL);
	rman_set_rid(r, TK_RID(rid));
	rman_set_type(r, type);
	if ((flags & RF_ACTIVE) != 0 &&
	    BUS_ACTIVATE_RESOURCE(dev, child, r) != 0) {
		rman_release_resource(r);
		return (NULL);
	}
	return (r);
}

int
bus_generic_rman_adjust_resource(device_t dev, device_t child,
    struct resource *r, rman_res_t start, rman_res_t end)
{
	struct rman *rm;

	rm = BUS_GET_RMAN(dev, rman_get_type(r), rman_get_flags(r));
	if (rm == NULL)
		return (ENXIO);
	if (!rman_is_region_manager(r, rm))
		return (EINVAL);
	return (rman_adjust_resource(r, start, end));
}

int
bus_generic_rman_release_resource(device_t dev, device_t child,
    struct resource *r)
{
	int error;

	if ((rman_get_flags(r) & RF_ACTIVE) != 0) {
		error = BUS_DEACTIVATE_RESOURCE(dev, child, r);
		if (error != 0)
			return (error);
	}
	return (rman_release_resource(r));
}

int
bus_generic_rman_activate_resource(device_t dev, device_t child,
    struct resource *r)
{
	struct resource_map map;
	int error, type;

	error = rman_activate_resource(r);
	if (error != 0)
		return (error);
	type = rman_get_type(r);
	if ((rman_get_flags(r) & RF_UNMAPPED) == 0 &&
	    (type == SYS_RES_MEMORY || type == SYS_RES_IOPORT)) {
		error = BUS_MAP_RESOURCE(dev, child, r, NULL, &map);
		if (error != 0) {
			rman_deactivate_resource(r);
			return (error);
		}
		rman_set_mapping(r, &map);
	}
	return (0);
}

int
bus_generic_rman_deactivate_resource(device_t dev, device_t child,
    struct resource *r)
{
	struct resource_map map;
	int error, type;

	error = rman_deactivate_resource(r);
	if (error != 0)
		return (error);
	type = rman_get_type(r);
	if ((rman_get_flags(r) & RF_UNMAPPED) == 0 &&
	    (type == SYS_RES_MEMORY || type == SYS_RES_IOPORT)) {
		/*
		 * The resource keeps its tag and handle, so that a later use of
		 * them is recognised.
		 */
		rman_get_mapping(r, &map);
		BUS_UNMAP_RESOURCE(dev, child, r, &map);
	}
	return (0);
}
