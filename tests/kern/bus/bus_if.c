/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Descriptors and default methods of the bus interface.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/rman.h>

static struct resource *
bus_no_resource(device_t dev, device_t child, int type, int *rid,
    rman_res_t start, rman_res_t end, rman_res_t count, u_int flags)
{
	return (NULL);
}

/* Passed up until a bus that knows the interrupt answers. */
static int
bus_remap_by_parent(device_t dev, device_t child, u_int irq)
{
	if (dev == NULL || device_get_parent(dev) == NULL)
		return (ENXIO);
	return (BUS_REMAP_INTR(device_get_parent(dev), NULL, irq));
}

static device_t
bus_no_add_child(device_t dev, u_int order, const char *name, int unit)
{
	panic("%s: bus_add_child is not implemented, name '%s', unit %d",
	    device_get_nameunit(dev), name, unit);
}

static int
bus_no_reset(device_t dev, device_t child)
{
	return (0);
}

static struct rman *
bus_no_rman(device_t dev, int type, u_int flags)
{
	return (NULL);
}

static struct resource_list *
bus_no_resource_list(device_t dev, device_t child)
{
	return (NULL);
}

TK_KOBJ_DESC(bus_print_child, bus_generic_print_child);
TK_KOBJ_DESC(bus_probe_nomatch, kobj_error_method);
TK_KOBJ_DESC(bus_read_ivar, kobj_error_method);
TK_KOBJ_DESC(bus_write_ivar, kobj_error_method);
TK_KOBJ_DESC(bus_child_deleted, kobj_error_method);
TK_KOBJ_DESC(bus_child_detached, kobj_error_method);
TK_KOBJ_DESC(bus_driver_added, bus_generic_driver_added);
TK_KOBJ_DESC(bus_add_child, bus_no_add_child);
TK_KOBJ_DESC(bus_rescan, bus_null_rescan);
TK_KOBJ_DESC(bus_alloc_resource, bus_no_resource);
TK_KOBJ_DESC(bus_activate_resource, kobj_error_method);
TK_KOBJ_DESC(bus_map_resource, bus_generic_map_resource);
TK_KOBJ_DESC(bus_unmap_resource, bus_generic_unmap_resource);
TK_KOBJ_DESC(bus_deactivate_resource, kobj_error_method);
TK_KOBJ_DESC(bus_adjust_resource, kobj_error_method);
TK_KOBJ_DESC(bus_translate_resource, bus_generic_translate_resource);
TK_KOBJ_DESC(bus_release_resource, kobj_error_method);
TK_KOBJ_DESC(bus_setup_intr, kobj_error_method);
TK_KOBJ_DESC(bus_teardown_intr, kobj_error_method);
TK_KOBJ_DESC(bus_suspend_intr, bus_generic_suspend_intr);
TK_KOBJ_DESC(bus_resume_intr, bus_generic_resume_intr);
TK_KOBJ_DESC(bus_set_resource, kobj_error_method);
TK_KOBJ_DESC(bus_get_resource, kobj_error_method);
TK_KOBJ_DESC(bus_delete_resource, kobj_error_method);
TK_KOBJ_DESC(bus_get_resource_list, bus_no_resource_list);
TK_KOBJ_DESC(bus_get_rman, bus_no_rman);
TK_KOBJ_DESC(bus_child_present, bus_generic_child_present);
TK_KOBJ_DESC(bus_child_pnpinfo, bus_generic_child_pnpinfo);
TK_KOBJ_DESC(bus_child_location, bus_generic_child_location);
TK_KOBJ_DESC(bus_bind_intr, bus_generic_bind_intr);
TK_KOBJ_DESC(bus_config_intr, bus_generic_config_intr);
TK_KOBJ_DESC(bus_describe_intr, bus_generic_describe_intr);
TK_KOBJ_DESC(bus_hinted_child, kobj_error_method);
TK_KOBJ_DESC(bus_get_dma_tag, bus_generic_get_dma_tag);
TK_KOBJ_DESC(bus_get_bus_tag, bus_generic_get_bus_tag);
TK_KOBJ_DESC(bus_hint_device_unit, kobj_error_method);
TK_KOBJ_DESC(bus_new_pass, bus_generic_new_pass);
TK_KOBJ_DESC(bus_remap_intr, bus_remap_by_parent);
TK_KOBJ_DESC(bus_suspend_child, bus_generic_suspend_child);
TK_KOBJ_DESC(bus_resume_child, bus_generic_resume_child);
TK_KOBJ_DESC(bus_get_domain, bus_generic_get_domain);
TK_KOBJ_DESC(bus_get_cpus, bus_generic_get_cpus);
TK_KOBJ_DESC(bus_reset_prepare, bus_no_reset);
TK_KOBJ_DESC(bus_reset_post, bus_no_reset);
TK_KOBJ_DESC(bus_reset_child, kobj_error_method);
TK_KOBJ_DESC(bus_get_property, bus_generic_get_property);
TK_KOBJ_DESC(bus_get_device_path, bus_generic_get_device_path);
