/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Resources and interrupts as drivers ask for them, and resource lists.
 *
 * The device that allocates a resource is its holder until that device releases
 * it.  By this record a resource is found that is kept after detach, or that
 * another device releases, whatever the bus does in between.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/rman.h>
#include <sys/sbuf.h>

#include "tk.h"
#include "tk_bus_var.h"

static MALLOC_DEFINE(M_RLE, "rle", "Resource list entries");

/*
 * Allocating
 */

struct resource *
(bus_alloc_resource)(device_t dev, int type, tk_rid_t rid, rman_res_t start,
    rman_res_t end, rman_res_t count, u_int flags)
{
	struct resource *r;
	struct resource_i *ri;

	tk_device_check(dev, __func__);
	tk_preempt();
	if (dev->parent == NULL || tk_fault("bus_alloc_resource"))
		return (NULL);
	r = BUS_ALLOC_RESOURCE(dev->parent, dev, type, rid, start, end, count,
	    flags);
	if (r == NULL)
		return (NULL);
	ri = tk_resource_check(r, __func__);
	ri->r_holder = dev;
	tk_where(&ri->r_where);
	tk_lock();
	TAILQ_INSERT_HEAD(&dev->held, ri, r_held);
	tk_unlock();
	return (r);
}

/* The record of a resource that the device holds. */
static struct resource_i *
bus_held(device_t dev, struct resource *r, const char *call)
{
	struct resource_i *ri;

	tk_device_check(dev, call);
	ri = tk_resource_check(r, call);
	if (ri->r_holder != dev)
		tk_stop("resource", "%s: %s does not hold it, %s does", call,
		    device_get_nameunit(dev), ri->r_holder == NULL ? "its bus" :
		    device_get_nameunit(ri->r_holder));
	tk_preempt();
	return (ri);
}

int
(bus_release_resource)(device_t dev, struct resource *r)
{
	struct resource_i *ri;
	int error;

	ri = bus_held(dev, r, "bus_release_resource");
	if (ri->r_handlers != 0)
		tk_stop("resource", "interrupt of %s released with a handler "
		    "set up", device_get_nameunit(dev));
	error = BUS_RELEASE_RESOURCE(dev->parent, dev, r);
	if (error != 0)
		return (error);
	tk_lock();
	TAILQ_REMOVE(&dev->held, ri, r_held);
	ri->r_holder = NULL;
	tk_unlock();
	return (0);
}

int
bus_release_resource_old(device_t dev, int type, int rid, struct resource *r)
{
	struct resource_i *ri;

	ri = tk_resource_check(r, "bus_release_resource");
	if (ri->r_type != type || ri->r_rid != rid)
		tk_stop("resource", "released as rid %d of type %d, but it is "
		    "rid %d of type %d", rid, type, ri->r_rid, ri->r_type);
	return ((bus_release_resource)(dev, r));
}

int
bus_free_resource(device_t dev, int type, struct resource *r)
{
	if (r == NULL)
		return (0);
	return ((bus_release_resource)(dev, r));
}

int
bus_alloc_resources(device_t dev, struct resource_spec *rs,
    struct resource **res)
{
	int i;

	for (i = 0; rs[i].type != -1; i++)
		res[i] = NULL;
	for (i = 0; rs[i].type != -1; i++) {
		res[i] = bus_alloc_resource_any(dev, rs[i].type, &rs[i].rid,
		    rs[i].flags);
		if (res[i] == NULL && (rs[i].flags & RF_OPTIONAL) == 0) {
			bus_release_resources(dev, rs, res);
			return (ENXIO);
		}
	}
	return (0);
}

void
bus_release_resources(device_t dev, const struct resource_spec *rs,
    struct resource **res)
{
	for (int i = 0; rs[i].type != -1; i++)
		if (res[i] != NULL) {
			(bus_release_resource)(dev, res[i]);
			res[i] = NULL;
		}
}

int
(bus_activate_resource)(device_t dev, struct resource *r)
{
	bus_held(dev, r, "bus_activate_resource");
	if (tk_fault("bus_activate_resource"))
		return (ENOMEM);
	return (BUS_ACTIVATE_RESOURCE(dev->parent, dev, r));
}

int
bus_activate_resource_old(device_t dev, int type, int rid, struct resource *r)
{
	return ((bus_activate_resource)(dev, r));
}

int
(bus_deactivate_resource)(device_t dev, struct resource *r)
{
	bus_held(dev, r, "bus_deactivate_resource");
	return (BUS_DEACTIVATE_RESOURCE(dev->parent, dev, r));
}

int
bus_deactivate_resource_old(device_t dev, int type, int rid,
    struct resource *r)
{
	return ((bus_deactivate_resource)(dev, r));
}

int
(bus_adjust_resource)(device_t dev, struct resource *r, rman_res_t start,
    rman_res_t end)
{
	bus_held(dev, r, "bus_adjust_resource");
	return (BUS_ADJUST_RESOURCE(dev->parent, dev, r, start, end));
}

int
bus_adjust_resource_old(device_t dev, int type, struct resource *r,
    rman_res_t start, rman_res_t end)
{
	return ((bus_adjust_resource)(dev, r, start, end));
}

int
bus_translate_resource(device_t dev, int type, rman_res_t start,
    rman_res_t *newstart)
{
	tk_device_check(dev, __func__);
	if (dev->parent == NULL)
		return (EINVAL);
	return (BUS_TRANSLATE_RESOURCE(dev->parent, type, start, newstart));
}

int
(bus_map_resource)(device_t dev, struct resource *r,
    struct resource_map_request *args, struct resource_map *map)
{
	bus_held(dev, r, "bus_map_resource");
	return (BUS_MAP_RESOURCE(dev->parent, dev, r, args, map));
}

int
bus_map_resource_old(device_t dev, int type, struct resource *r,
    struct resource_map_request *args, struct resource_map *map)
{
	return ((bus_map_resource)(dev, r, args, map));
}

int
(bus_unmap_resource)(device_t dev, struct resource *r,
    struct resource_map *map)
{
	bus_held(dev, r, "bus_unmap_resource");
	return (BUS_UNMAP_RESOURCE(dev->parent, dev, r, map));
}

int
bus_unmap_resource_old(device_t dev, int type, struct resource *r,
    struct resource_map *map)
{
	return ((bus_unmap_resource)(dev, r, map));
}

void
resource_init_map_request_impl(struct resource_map_request *args, size_t size)
{
	memset(args, 0, size);
	args->size = size;
	args->memattr = 0;
}

int
resource_validate_map_request(struct resource *r,
    struct resource_map_request *in, struct resource_map_request *out,
    rman_res_t *startp, rman_res_t *lengthp)
{
	rman_res_t length, size;

	size = rman_get_size(r);
	if (in != NULL)
		memcpy(out, in, MIN(in->size, out->size));
	if (out->offset > size)
		return (EINVAL);
	length = out->length != 0 ? out->length : size - out->offset;
	if (length == 0 || length > size - out->offset)
		return (EINVAL);
	*startp = rman_get_start(r) + out->offset;
	*lengthp = length;
	return (0);
}

/* What a bus knows about a child's resources */

int
bus_set_resource(device_t dev, int type, int rid, rman_res_t start,
    rman_res_t count)
{
	tk_device_check(dev, __func__);
	return (BUS_SET_RESOURCE(dev->parent, dev, type, rid, start, count));
}

int
bus_get_resource(device_t dev, int type, int rid, rman_res_t *startp,
    rman_res_t *countp)
{
	tk_device_check(dev, __func__);
	return (BUS_GET_RESOURCE(dev->parent, dev, type, rid, startp,
	    countp));
}

rman_res_t
bus_get_resource_start(device_t dev, int type, int rid)
{
	rman_res_t start;

	if (bus_get_resource(dev, type, rid, &start, NULL) != 0)
		return (0);
	return (start);
}

rman_res_t
bus_get_resource_count(device_t dev, int type, int rid)
{
	rman_res_t count;

	if (bus_get_resource(dev, type, rid, NULL, &count) != 0)
		return (0);
	return (count);
}

void
bus_delete_resource(device_t dev, int type, int rid)
{
	tk_device_check(dev, __func__);
	BUS_DELETE_RESOURCE(dev->parent, dev, type, rid);
}

int
bus_child_present(device_t child)
{
	tk_device_check(child, __func__);
	return (BUS_CHILD_PRESENT(child->parent, child));
}

int
bus_child_location(device_t child, struct sbuf *sb)
{
	if (device_get_parent(child) == NULL)
		return (0);
	return (BUS_CHILD_LOCATION(child->parent, child, sb));
}

int
bus_child_pnpinfo(device_t child, struct sbuf *sb)
{
	if (device_get_parent(child) == NULL)
		return (0);
	return (BUS_CHILD_PNPINFO(child->parent, child, sb));
}

bus_dma_tag_t
bus_get_dma_tag(device_t dev)
{
	if (device_get_parent(dev) == NULL)
		return (NULL);
	return (BUS_GET_DMA_TAG(dev->parent, dev));
}

bus_space_tag_t
bus_get_bus_tag(device_t dev)
{
	if (device_get_parent(dev) == NULL)
		return (NULL);
	return (BUS_GET_BUS_TAG(dev->parent, dev));
}

int
bus_get_domain(device_t dev, int *domain)
{
	tk_device_check(dev, __func__);
	return (BUS_GET_DOMAIN(dev->parent, dev, domain));
}

int
bus_get_cpus(device_t dev, enum cpu_sets op, size_t setsize,
    struct _cpuset *cpuset)
{
	if (device_get_parent(dev) == NULL)
		return (EINVAL);
	return (BUS_GET_CPUS(dev->parent, dev, op, setsize, cpuset));
}

ssize_t
device_get_property(device_t dev, const char *prop, void *val, size_t sz,
    device_property_type_t type)
{
	if (device_get_parent(dev) == NULL)
		return (-1);
	if ((type == DEVICE_PROP_UINT32 && sz % 4 != 0) ||
	    (type == DEVICE_PROP_UINT64 && sz % 8 != 0))
		return (-1);
	return (BUS_GET_PROPERTY(dev->parent, dev, prop, val, sz, type));
}

bool
device_has_property(device_t dev, const char *prop)
{
	return (device_get_property(dev, prop, NULL, 0, DEVICE_PROP_ANY) >= 0);
}

/*
 * Interrupts
 */

int
bus_setup_intr(device_t dev, struct resource *r, int flags,
    driver_filter_t filter, driver_intr_t handler, void *arg, void **cookiep)
{
	struct resource_i *ri;
	int error;

	ri = bus_held(dev, r, __func__);
	if ((flags & INTR_MPSAFE) == 0)
		tk_stop("intr-mpsafe", "%s sets up its interrupt without "
		    "INTR_MPSAFE", device_get_nameunit(dev));
	tk_may_sleep(NULL, __func__);
	if (tk_fault("bus_setup_intr"))
		return (ENOMEM);
	error = BUS_SETUP_INTR(dev->parent, dev, r, flags, filter, handler,
	    arg, cookiep);
	if (error != 0)
		return (error);
	ri->r_handlers++;
	dev->handlers++;
	return (0);
}

int
bus_teardown_intr(device_t dev, struct resource *r, void *cookie)
{
	struct resource_i *ri;
	int error;

	ri = bus_held(dev, r, __func__);
	error = BUS_TEARDOWN_INTR(dev->parent, dev, r, cookie);
	if (error != 0)
		return (error);
	ri->r_handlers--;
	dev->handlers--;
	return (0);
}

int
bus_suspend_intr(device_t dev, struct resource *r)
{
	bus_held(dev, r, __func__);
	if (tk_fault("bus_suspend_intr"))
		return (ENXIO);
	return (BUS_SUSPEND_INTR(dev->parent, dev, r));
}

int
bus_resume_intr(device_t dev, struct resource *r)
{
	bus_held(dev, r, __func__);
	if (tk_fault("bus_resume_intr"))
		return (ENXIO);
	return (BUS_RESUME_INTR(dev->parent, dev, r));
}

int
bus_bind_intr(device_t dev, struct resource *r, int cpu)
{
	bus_held(dev, r, __func__);
	return (BUS_BIND_INTR(dev->parent, dev, r, cpu));
}

int
bus_describe_intr(device_t dev, struct resource *irq, void *cookie,
    const char *fmt, ...)
{
	char descr[32];
	__va_list ap;

	bus_held(dev, irq, __func__);
	va_start(ap, fmt);
	vsnprintf(descr, sizeof(descr), fmt, ap);
	va_end(ap);
	return (BUS_DESCRIBE_INTR(dev->parent, dev, irq, cookie, descr));
}

/*
 * Resource lists
 */

void
resource_list_init(struct resource_list *rl)
{
	STAILQ_INIT(rl);
}

void
resource_list_free(struct resource_list *rl)
{
	struct resource_list_entry *rle;

	while ((rle = STAILQ_FIRST(rl)) != NULL) {
		if (rle->res != NULL)
			panic("%s: resource entry is busy", __func__);
		STAILQ_REMOVE_HEAD(rl, link);
		free(rle, M_RLE);
	}
}

struct resource_list_entry *
resource_list_find(struct resource_list *rl, int type, int rid)
{
	struct resource_list_entry *rle;

	STAILQ_FOREACH(rle, rl, link)
		if (rle->type == type && rle->rid == rid)
			break;
	return (rle);
}

struct resource_list_entry *
resource_list_add(struct resource_list *rl, int type, int rid,
    rman_res_t start, rman_res_t end, rman_res_t count)
{
	struct resource_list_entry *rle;

	rle = resource_list_find(rl, type, rid);
	if (rle == NULL) {
		rle = malloc(sizeof(*rle), M_RLE, M_NOWAIT);
		if (rle == NULL)
			panic("%s: cannot record entry", __func__);
		*rle = (struct resource_list_entry){
			.type = type, .rid = rid
		};
		STAILQ_INSERT_TAIL(rl, rle, link);
	}
	if (rle->res != NULL)
		panic("%s: resource entry is busy", __func__);
	rle->start = start;
	rle->end = end;
	rle->count = count;
	return (rle);
}

int
resource_list_add_next(struct resource_list *rl, int type, rman_res_t start,
    rman_res_t end, rman_res_t count)
{
	int rid;

	for (rid = 0; resource_list_find(rl, type, rid) != NULL; rid++)
		;
	resource_list_add(rl, type, rid, start, end, count);
	return (rid);
}

/* Is the resource in use, rather than only reserved by the bus? */
int
resource_list_busy(struct resource_list *rl, int type, int rid)
{
	struct resource_list_entry *rle;

	rle = resource_list_find(rl, type, rid);
	return (rle != NULL && rle->res != NULL &&
	    (rle->flags & (RLE_RESERVED | RLE_ALLOCATED)) != RLE_RESERVED);
}

int
resource_list_reserved(struct resource_list *rl, int type, int rid)
{
	struct resource_list_entry *rle;

	rle = resource_list_find(rl, type, rid);
	return (rle != NULL && (rle->flags & RLE_RESERVED) != 0);
}

void
resource_list_delete(struct resource_list *rl, int type, int rid)
{
	struct resource_list_entry *rle;

	rle = resource_list_find(rl, type, rid);
	if (rle == NULL)
		return;
	if (rle->res != NULL)
		panic("%s: resource has not been released", __func__);
	STAILQ_REMOVE(rl, rle, resource_list_entry, link);
	free(rle, M_RLE);
}

/* Hands a reserved resource to the child. */
static struct resource *
resource_list_grant(struct resource_list_entry *rle, device_t bus,
    device_t child, u_int flags)
{
	if ((rle->flags & RLE_ALLOCATED) != 0)
		return (NULL);
	if ((flags & RF_ACTIVE) != 0 &&
	    BUS_ACTIVATE_RESOURCE(bus, child, rle->res) != 0)
		return (NULL);
	rle->flags |= RLE_ALLOCATED;
	return (rle->res);
}

struct resource *
resource_list_alloc(struct resource_list *rl, device_t bus, device_t child,
    int type, tk_rid_t rid, rman_res_t start, rman_res_t end, rman_res_t count,
    u_int flags)
{
	struct resource_list_entry *rle;
	bool isdefault;

	isdefault = RMAN_IS_DEFAULT_RANGE(start, end);
	if (device_get_parent(child) != bus)
		return (BUS_ALLOC_RESOURCE(device_get_parent(bus), child,
		    type, rid, start, end, count, flags));
	rle = resource_list_find(rl, type, TK_RID(rid));
	if (rle == NULL)
		return (NULL);
	if (rle->res != NULL) {
		if ((rle->flags & RLE_RESERVED) != 0)
			return (resource_list_grant(rle, bus, child, flags));
		device_printf(bus, "resource entry %#x type %d for child %s "
		    "is busy\n", TK_RID(rid), type,
		    device_get_nameunit(child));
		return (NULL);
	}
	if (isdefault) {
		start = rle->start;
		count = MAX(count, rle->count);
		end = MAX(rle->end, start + count - 1);
	}
	rle->res = BUS_ALLOC_RESOURCE(device_get_parent(bus), child, type,
	    rid, start, end, count, flags);
	if (rle->res != NULL) {
		rle->start = rman_get_start(rle->res);
		rle->end = rman_get_end(rle->res);
		rle->count = count;
	}
	return (rle->res);
}

int
resource_list_release(struct resource_list *rl, device_t bus, device_t child,
    struct resource *res)
{
	struct resource_list_entry *rle;
	int error;

	if (device_get_parent(child) != bus)
		return (BUS_RELEASE_RESOURCE(device_get_parent(bus), child,
		    res));
	rle = resource_list_find(rl, rman_get_type(res), rman_get_rid(res));
	if (rle == NULL || rle->res == NULL)
		panic("%s: resource was not allocated here", __func__);
	if ((rle->flags & RLE_RESERVED) != 0) {
		if ((rle->flags & RLE_ALLOCATED) == 0)
			return (EINVAL);
		if ((rman_get_flags(res) & RF_ACTIVE) != 0) {
			error = BUS_DEACTIVATE_RESOURCE(bus, child, res);
			if (error != 0)
				return (error);
		}
		rle->flags &= ~RLE_ALLOCATED;
		return (0);
	}
	error = BUS_RELEASE_RESOURCE(device_get_parent(bus), child, res);
	if (error == 0)
		rle->res = NULL;
	return (error);
}

int
resource_list_release_active(struct resource_list *rl, device_t bus,
    device_t child, int type)
{
	struct resource_list_entry *rle;
	int error, first;

	first = 0;
	STAILQ_FOREACH(rle, rl, link) {
		if (rle->type != type || rle->res == NULL ||
		    (rle->flags & (RLE_RESERVED | RLE_ALLOCATED)) ==
		    RLE_RESERVED)
			continue;
		error = resource_list_release(rl, bus, child, rle->res);
		if (error != 0 && first == 0)
			first = error;
	}
	return (first);
}

struct resource *
resource_list_reserve(struct resource_list *rl, device_t bus, device_t child,
    int type, tk_rid_t rid, rman_res_t start, rman_res_t end, rman_res_t count,
    u_int flags)
{
	struct resource_list_entry *rle;
	struct resource *r;

	KASSERT((flags & RF_ACTIVE) == 0, ("%s: active", __func__));
	r = resource_list_alloc(rl, bus, child, type, rid, start, end, count,
	    flags);
	if (r != NULL) {
		rle = resource_list_find(rl, type, TK_RID(rid));
		rle->flags |= RLE_RESERVED;
	}
	return (r);
}

int
resource_list_unreserve(struct resource_list *rl, device_t bus,
    device_t child, int type, int rid)
{
	struct resource_list_entry *rle;

	rle = resource_list_find(rl, type, rid);
	if (rle == NULL || (rle->flags & RLE_RESERVED) == 0)
		return (EINVAL);
	if ((rle->flags & RLE_ALLOCATED) != 0)
		return (EBUSY);
	rle->flags &= ~RLE_RESERVED;
	return (resource_list_release(rl, bus, child, rle->res));
}

void
resource_list_purge(struct resource_list *rl)
{
	struct resource_list_entry *rle;

	while ((rle = STAILQ_FIRST(rl)) != NULL) {
		if (rle->res != NULL)
			BUS_RELEASE_RESOURCE(device_get_parent(
			    rman_get_device(rle->res)),
			    rman_get_device(rle->res), rle->res);
		STAILQ_REMOVE_HEAD(rl, link);
		free(rle, M_RLE);
	}
}

/* " NAME START-END,..." of a type; format is "%ju" or "%#jx". */
int
resource_list_print_type(struct resource_list *rl, const char *name, int type,
    const char *format)
{
	struct resource_list_entry *rle;
	uintmax_t end;
	bool hex;
	int length;

	hex = strchr(format, 'x') != NULL;
	length = 0;
	STAILQ_FOREACH(rle, rl, link) {
		if (rle->type != type)
			continue;
		length += length == 0 ? printf(" %s ", name) : printf(",");
		length += printf(hex ? "%#jx" : "%ju", (uintmax_t)rle->start);
		end = rle->start + rle->count - 1;
		if (rle->count > 1)
			length += printf(hex ? "-%#jx" : "-%ju", end);
	}
	return (length);
}
