/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Methods that a bus implements for its children.  Included by <sys/bus.h>,
 * which has the types.  The wrappers are as kobj.h describes.
 */

#ifndef _bus_if_h_
#define	_bus_if_h_

#include <sys/kobj.h>

struct _cpuset;
struct rman;
struct sbuf;

extern struct kobjop_desc bus_print_child_desc;
typedef int bus_print_child_t(device_t dev, device_t child);

static __inline TK_KOBJ_CALL int
BUS_PRINT_CHILD(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_print_child);
	return (((bus_print_child_t *)_m)(dev, child));
}

extern struct kobjop_desc bus_probe_nomatch_desc;
typedef void bus_probe_nomatch_t(device_t dev, device_t child);

static __inline TK_KOBJ_CALL void
BUS_PROBE_NOMATCH(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_probe_nomatch);
	((bus_probe_nomatch_t *)_m)(dev, child);
}

extern struct kobjop_desc bus_read_ivar_desc;
typedef int bus_read_ivar_t(device_t dev, device_t child, int index,
	    uintptr_t *result);

static __inline TK_KOBJ_CALL int
BUS_READ_IVAR(device_t dev, device_t child, int index, uintptr_t *result)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_read_ivar);
	return (((bus_read_ivar_t *)_m)(dev, child, index, result));
}

extern struct kobjop_desc bus_write_ivar_desc;
typedef int bus_write_ivar_t(device_t dev, device_t child, int indx,
	    uintptr_t value);

static __inline TK_KOBJ_CALL int
BUS_WRITE_IVAR(device_t dev, device_t child, int indx, uintptr_t value)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_write_ivar);
	return (((bus_write_ivar_t *)_m)(dev, child, indx, value));
}

extern struct kobjop_desc bus_child_deleted_desc;
typedef void bus_child_deleted_t(device_t dev, device_t child);

static __inline TK_KOBJ_CALL void
BUS_CHILD_DELETED(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_child_deleted);
	((bus_child_deleted_t *)_m)(dev, child);
}

extern struct kobjop_desc bus_child_detached_desc;
typedef void bus_child_detached_t(device_t dev, device_t child);

static __inline TK_KOBJ_CALL void
BUS_CHILD_DETACHED(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_child_detached);
	((bus_child_detached_t *)_m)(dev, child);
}

extern struct kobjop_desc bus_driver_added_desc;
typedef void bus_driver_added_t(device_t dev, driver_t *driver);

static __inline TK_KOBJ_CALL void
BUS_DRIVER_ADDED(device_t dev, driver_t *driver)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_driver_added);
	((bus_driver_added_t *)_m)(dev, driver);
}

extern struct kobjop_desc bus_add_child_desc;
typedef device_t bus_add_child_t(device_t dev, u_int order, const char *name,
	    int unit);

static __inline TK_KOBJ_CALL device_t
BUS_ADD_CHILD(device_t dev, u_int order, const char *name, int unit)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_add_child);
	return (((bus_add_child_t *)_m)(dev, order, name, unit));
}

extern struct kobjop_desc bus_rescan_desc;
typedef int bus_rescan_t(device_t dev);

static __inline TK_KOBJ_CALL int
BUS_RESCAN(device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_rescan);
	return (((bus_rescan_t *)_m)(dev));
}

extern struct kobjop_desc bus_alloc_resource_desc;
typedef struct resource *bus_alloc_resource_t(device_t dev, device_t child,
	    int type, int *rid, rman_res_t start, rman_res_t end,
	    rman_res_t count, u_int flags);

static __inline TK_KOBJ_CALL struct resource *
BUS_ALLOC_RESOURCE(device_t dev, device_t child, int type, int *rid,
    rman_res_t start, rman_res_t end, rman_res_t count, u_int flags)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_alloc_resource);
	return (((bus_alloc_resource_t *)_m)(dev, child, type, rid, start, end,
	    count, flags));
}

extern struct kobjop_desc bus_activate_resource_desc;
typedef int bus_activate_resource_t(device_t dev, device_t child,
	    struct resource *r);

static __inline TK_KOBJ_CALL int
BUS_ACTIVATE_RESOURCE(device_t dev, device_t child, struct resource *r)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_activate_resource);
	return (((bus_activate_resource_t *)_m)(dev, child, r));
}

extern struct kobjop_desc bus_map_resource_desc;
typedef int bus_map_resource_t(device_t dev, device_t child,
	    struct resource *r, struct resource_map_request *args,
	    struct resource_map *map);

static __inline TK_KOBJ_CALL int
BUS_MAP_RESOURCE(device_t dev, device_t child, struct resource *r,
    struct resource_map_request *args, struct resource_map *map)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_map_resource);
	return (((bus_map_resource_t *)_m)(dev, child, r, args, map));
}

extern struct kobjop_desc bus_unmap_resource_desc;
typedef int bus_unmap_resource_t(device_t dev, device_t child,
	    struct resource *r, struct resource_map *map);

static __inline TK_KOBJ_CALL int
BUS_UNMAP_RESOURCE(device_t dev, device_t child, struct resource *r,
    struct resource_map *map)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_unmap_resource);
	return (((bus_unmap_resource_t *)_m)(dev, child, r, map));
}

extern struct kobjop_desc bus_deactivate_resource_desc;
typedef int bus_deactivate_resource_t(device_t dev, device_t child,
	    struct resource *r);

static __inline TK_KOBJ_CALL int
BUS_DEACTIVATE_RESOURCE(device_t dev, device_t child, struct resource *r)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_deactivate_resource);
	return (((bus_deactivate_resource_t *)_m)(dev, child, r));
}

extern struct kobjop_desc bus_adjust_resource_desc;
typedef int bus_adjust_resource_t(device_t dev, device_t child,
	    struct resource *res, rman_res_t start, rman_res_t end);

static __inline TK_KOBJ_CALL int
BUS_ADJUST_RESOURCE(device_t dev, device_t child, struct resource *res,
    rman_res_t start, rman_res_t end)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_adjust_resource);
	return (((bus_adjust_resource_t *)_m)(dev, child, res, start, end));
}

extern struct kobjop_desc bus_translate_resource_desc;
typedef int bus_translate_resource_t(device_t dev, int type, rman_res_t start,
	    rman_res_t *newstart);

static __inline TK_KOBJ_CALL int
BUS_TRANSLATE_RESOURCE(device_t dev, int type, rman_res_t start,
    rman_res_t *newstart)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_translate_resource);
	return (((bus_translate_resource_t *)_m)(dev, type, start, newstart));
}

extern struct kobjop_desc bus_release_resource_desc;
typedef int bus_release_resource_t(device_t dev, device_t child,
	    struct resource *res);

static __inline TK_KOBJ_CALL int
BUS_RELEASE_RESOURCE(device_t dev, device_t child, struct resource *res)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_release_resource);
	return (((bus_release_resource_t *)_m)(dev, child, res));
}

extern struct kobjop_desc bus_setup_intr_desc;
typedef int bus_setup_intr_t(device_t dev, device_t child,
	    struct resource *irq, int flags, driver_filter_t *filter,
	    driver_intr_t *intr, void *arg, void **cookiep);

static __inline TK_KOBJ_CALL int
BUS_SETUP_INTR(device_t dev, device_t child, struct resource *irq, int flags,
    driver_filter_t *filter, driver_intr_t *intr, void *arg, void **cookiep)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_setup_intr);
	return (((bus_setup_intr_t *)_m)(dev, child, irq, flags, filter, intr,
	    arg, cookiep));
}

extern struct kobjop_desc bus_teardown_intr_desc;
typedef int bus_teardown_intr_t(device_t dev, device_t child,
	    struct resource *irq, void *cookie);

static __inline TK_KOBJ_CALL int
BUS_TEARDOWN_INTR(device_t dev, device_t child, struct resource *irq,
    void *cookie)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_teardown_intr);
	return (((bus_teardown_intr_t *)_m)(dev, child, irq, cookie));
}

extern struct kobjop_desc bus_suspend_intr_desc;
typedef int bus_suspend_intr_t(device_t dev, device_t child,
	    struct resource *irq);

static __inline TK_KOBJ_CALL int
BUS_SUSPEND_INTR(device_t dev, device_t child, struct resource *irq)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_suspend_intr);
	return (((bus_suspend_intr_t *)_m)(dev, child, irq));
}

extern struct kobjop_desc bus_resume_intr_desc;
typedef int bus_resume_intr_t(device_t dev, device_t child,
	    struct resource *irq);

static __inline TK_KOBJ_CALL int
BUS_RESUME_INTR(device_t dev, device_t child, struct resource *irq)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_resume_intr);
	return (((bus_resume_intr_t *)_m)(dev, child, irq));
}

extern struct kobjop_desc bus_set_resource_desc;
typedef int bus_set_resource_t(device_t dev, device_t child, int type, int rid,
	    rman_res_t start, rman_res_t count);

static __inline TK_KOBJ_CALL int
BUS_SET_RESOURCE(device_t dev, device_t child, int type, int rid,
    rman_res_t start, rman_res_t count)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_set_resource);
	return (((bus_set_resource_t *)_m)(dev, child, type, rid, start,
	    count));
}

extern struct kobjop_desc bus_get_resource_desc;
typedef int bus_get_resource_t(device_t dev, device_t child, int type, int rid,
	    rman_res_t *startp, rman_res_t *countp);

static __inline TK_KOBJ_CALL int
BUS_GET_RESOURCE(device_t dev, device_t child, int type, int rid,
    rman_res_t *startp, rman_res_t *countp)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_get_resource);
	return (((bus_get_resource_t *)_m)(dev, child, type, rid, startp,
	    countp));
}

extern struct kobjop_desc bus_delete_resource_desc;
typedef void bus_delete_resource_t(device_t dev, device_t child, int type,
	    int rid);

static __inline TK_KOBJ_CALL void
BUS_DELETE_RESOURCE(device_t dev, device_t child, int type, int rid)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_delete_resource);
	((bus_delete_resource_t *)_m)(dev, child, type, rid);
}

extern struct kobjop_desc bus_get_resource_list_desc;
typedef struct resource_list *bus_get_resource_list_t(device_t dev,
	    device_t child);

static __inline TK_KOBJ_CALL struct resource_list *
BUS_GET_RESOURCE_LIST(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_get_resource_list);
	return (((bus_get_resource_list_t *)_m)(dev, child));
}

extern struct kobjop_desc bus_get_rman_desc;
typedef struct rman *bus_get_rman_t(device_t dev, int type, u_int flags);

static __inline TK_KOBJ_CALL struct rman *
BUS_GET_RMAN(device_t dev, int type, u_int flags)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_get_rman);
	return (((bus_get_rman_t *)_m)(dev, type, flags));
}

extern struct kobjop_desc bus_child_present_desc;
typedef int bus_child_present_t(device_t dev, device_t child);

static __inline TK_KOBJ_CALL int
BUS_CHILD_PRESENT(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_child_present);
	return (((bus_child_present_t *)_m)(dev, child));
}

extern struct kobjop_desc bus_child_pnpinfo_desc;
typedef int bus_child_pnpinfo_t(device_t dev, device_t child, struct sbuf *sb);

static __inline TK_KOBJ_CALL int
BUS_CHILD_PNPINFO(device_t dev, device_t child, struct sbuf *sb)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_child_pnpinfo);
	return (((bus_child_pnpinfo_t *)_m)(dev, child, sb));
}

extern struct kobjop_desc bus_child_location_desc;
typedef int bus_child_location_t(device_t dev, device_t child,
	    struct sbuf *sb);

static __inline TK_KOBJ_CALL int
BUS_CHILD_LOCATION(device_t dev, device_t child, struct sbuf *sb)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_child_location);
	return (((bus_child_location_t *)_m)(dev, child, sb));
}

extern struct kobjop_desc bus_bind_intr_desc;
typedef int bus_bind_intr_t(device_t dev, device_t child, struct resource *irq,
	    int cpu);

static __inline TK_KOBJ_CALL int
BUS_BIND_INTR(device_t dev, device_t child, struct resource *irq, int cpu)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_bind_intr);
	return (((bus_bind_intr_t *)_m)(dev, child, irq, cpu));
}

extern struct kobjop_desc bus_config_intr_desc;
typedef int bus_config_intr_t(device_t dev, int irq, enum intr_trigger trig,
	    enum intr_polarity pol);

static __inline TK_KOBJ_CALL int
BUS_CONFIG_INTR(device_t dev, int irq, enum intr_trigger trig,
    enum intr_polarity pol)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_config_intr);
	return (((bus_config_intr_t *)_m)(dev, irq, trig, pol));
}

extern struct kobjop_desc bus_describe_intr_desc;
typedef int bus_describe_intr_t(device_t dev, device_t child,
	    struct resource *irq, void *cookie, const char *descr);

static __inline TK_KOBJ_CALL int
BUS_DESCRIBE_INTR(device_t dev, device_t child, struct resource *irq,
    void *cookie, const char *descr)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_describe_intr);
	return (((bus_describe_intr_t *)_m)(dev, child, irq, cookie, descr));
}

extern struct kobjop_desc bus_hinted_child_desc;
typedef void bus_hinted_child_t(device_t dev, const char *dname, int dunit);

static __inline TK_KOBJ_CALL void
BUS_HINTED_CHILD(device_t dev, const char *dname, int dunit)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_hinted_child);
	((bus_hinted_child_t *)_m)(dev, dname, dunit);
}

extern struct kobjop_desc bus_get_dma_tag_desc;
typedef bus_dma_tag_t bus_get_dma_tag_t(device_t dev, device_t child);

static __inline TK_KOBJ_CALL bus_dma_tag_t
BUS_GET_DMA_TAG(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_get_dma_tag);
	return (((bus_get_dma_tag_t *)_m)(dev, child));
}

extern struct kobjop_desc bus_get_bus_tag_desc;
typedef bus_space_tag_t bus_get_bus_tag_t(device_t dev, device_t child);

static __inline TK_KOBJ_CALL bus_space_tag_t
BUS_GET_BUS_TAG(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_get_bus_tag);
	return (((bus_get_bus_tag_t *)_m)(dev, child));
}

extern struct kobjop_desc bus_hint_device_unit_desc;
typedef void bus_hint_device_unit_t(device_t dev, device_t child,
	    const char *name, int *unitp);

static __inline TK_KOBJ_CALL void
BUS_HINT_DEVICE_UNIT(device_t dev, device_t child, const char *name,
    int *unitp)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_hint_device_unit);
	((bus_hint_device_unit_t *)_m)(dev, child, name, unitp);
}

extern struct kobjop_desc bus_new_pass_desc;
typedef void bus_new_pass_t(device_t dev);

static __inline TK_KOBJ_CALL void
BUS_NEW_PASS(device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_new_pass);
	((bus_new_pass_t *)_m)(dev);
}

extern struct kobjop_desc bus_remap_intr_desc;
typedef int bus_remap_intr_t(device_t dev, device_t child, u_int irq);

static __inline TK_KOBJ_CALL int
BUS_REMAP_INTR(device_t dev, device_t child, u_int irq)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_remap_intr);
	return (((bus_remap_intr_t *)_m)(dev, child, irq));
}

extern struct kobjop_desc bus_suspend_child_desc;
typedef int bus_suspend_child_t(device_t dev, device_t child);

static __inline TK_KOBJ_CALL int
BUS_SUSPEND_CHILD(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_suspend_child);
	return (((bus_suspend_child_t *)_m)(dev, child));
}

extern struct kobjop_desc bus_resume_child_desc;
typedef int bus_resume_child_t(device_t dev, device_t child);

static __inline TK_KOBJ_CALL int
BUS_RESUME_CHILD(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_resume_child);
	return (((bus_resume_child_t *)_m)(dev, child));
}

extern struct kobjop_desc bus_get_domain_desc;
typedef int bus_get_domain_t(device_t dev, device_t child, int *domain);

static __inline TK_KOBJ_CALL int
BUS_GET_DOMAIN(device_t dev, device_t child, int *domain)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_get_domain);
	return (((bus_get_domain_t *)_m)(dev, child, domain));
}

extern struct kobjop_desc bus_get_cpus_desc;
typedef int bus_get_cpus_t(device_t dev, device_t child, enum cpu_sets op,
	    size_t setsize, struct _cpuset *cpuset);

static __inline TK_KOBJ_CALL int
BUS_GET_CPUS(device_t dev, device_t child, enum cpu_sets op, size_t setsize,
    struct _cpuset *cpuset)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_get_cpus);
	return (((bus_get_cpus_t *)_m)(dev, child, op, setsize, cpuset));
}

extern struct kobjop_desc bus_reset_prepare_desc;
typedef int bus_reset_prepare_t(device_t dev, device_t child);

static __inline TK_KOBJ_CALL int
BUS_RESET_PREPARE(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_reset_prepare);
	return (((bus_reset_prepare_t *)_m)(dev, child));
}

extern struct kobjop_desc bus_reset_post_desc;
typedef int bus_reset_post_t(device_t dev, device_t child);

static __inline TK_KOBJ_CALL int
BUS_RESET_POST(device_t dev, device_t child)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_reset_post);
	return (((bus_reset_post_t *)_m)(dev, child));
}

extern struct kobjop_desc bus_reset_child_desc;
typedef int bus_reset_child_t(device_t dev, device_t child, int flags);

static __inline TK_KOBJ_CALL int
BUS_RESET_CHILD(device_t dev, device_t child, int flags)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_reset_child);
	return (((bus_reset_child_t *)_m)(dev, child, flags));
}

extern struct kobjop_desc bus_get_property_desc;
typedef ssize_t bus_get_property_t(device_t dev, device_t child,
	    const char *propname, void *propvalue, size_t size,
	    device_property_type_t type);

static __inline TK_KOBJ_CALL ssize_t
BUS_GET_PROPERTY(device_t dev, device_t child, const char *propname,
    void *propvalue, size_t size, device_property_type_t type)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, bus_get_property);
	return (((bus_get_property_t *)_m)(dev, child, propname, propvalue,
	    size, type));
}

extern struct kobjop_desc bus_get_device_path_desc;
typedef int bus_get_device_path_t(device_t bus, device_t child,
	    const char *locator, struct sbuf *sb);

static __inline TK_KOBJ_CALL int
BUS_GET_DEVICE_PATH(device_t bus, device_t child, const char *locator,
    struct sbuf *sb)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)bus)->ops, bus_get_device_path);
	return (((bus_get_device_path_t *)_m)(bus, child, locator, sb));
}

#endif /* !_bus_if_h_ */
