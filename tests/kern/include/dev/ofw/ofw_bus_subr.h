/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Helpers of buses that are described by the device tree, and of drivers of
 * devices on them.
 *
 * Left out: interrupt maps, MSI and IOMMU maps, assigned addresses.
 */

#ifndef	_DEV_OFW_OFW_BUS_SUBR_H_
#define	_DEV_OFW_OFW_BUS_SUBR_H_

#include <sys/bus.h>
#include <dev/ofw/openfirm.h>

#include "ofw_bus_if.h"

/* A row of a driver's table; the last has ocd_str NULL. */
struct ofw_compat_data {
	const char	*ocd_str;
	uintptr_t	 ocd_data;
};

#define	FDTCOMPAT_PNP_DESCR	"Z:compat;P:#;"
#define	FDTCOMPAT_PNP_INFO(t, busname)					\
	MODULE_PNP_INFO(FDTCOMPAT_PNP_DESCR, busname, t, t,		\
	    sizeof(t) / sizeof(t[0]));

#define	OFWBUS_PNP_INFO(t)	FDTCOMPAT_PNP_INFO(t, ofwbus)
#define	SIMPLEBUS_PNP_INFO(t)	FDTCOMPAT_PNP_INFO(t, simplebus)

/*
 * For buses: what their methods return, and how a node becomes a device's
 * information.
 */
int	ofw_bus_gen_setup_devinfo(struct ofw_bus_devinfo *, phandle_t);
void	ofw_bus_gen_destroy_devinfo(struct ofw_bus_devinfo *);

ofw_bus_get_compat_t	ofw_bus_gen_get_compat;
ofw_bus_get_model_t	ofw_bus_gen_get_model;
ofw_bus_get_name_t	ofw_bus_gen_get_name;
ofw_bus_get_node_t	ofw_bus_gen_get_node;
ofw_bus_get_type_t	ofw_bus_gen_get_type;

bus_child_pnpinfo_t	ofw_bus_gen_child_pnpinfo;

/* "reg" and "interrupts", as resources with rids from 0 on. */
int	ofw_bus_reg_to_rl(device_t, phandle_t, pcell_t, pcell_t,
	    struct resource_list *);
int	ofw_bus_intr_to_rl(device_t, phandle_t, struct resource_list *, int *);

/* "status"; "okay", "ok" and none count as okay. */
const char *ofw_bus_get_status(device_t dev);
int	ofw_bus_status_okay(device_t dev);
int	ofw_bus_node_status_okay(phandle_t node);

/* The reference of the node's interrupt controller. */
phandle_t ofw_bus_find_iparent(phandle_t);

/* Is one of the strings of "compatible" this one? */
int	ofw_bus_is_compatible(device_t, const char *);
int	ofw_bus_node_is_compatible(phandle_t, const char *);

/* The row that fits the device, or the last, which ends the table. */
const struct ofw_compat_data *ofw_bus_search_compatible(device_t,
	    const struct ofw_compat_data *);

int	ofw_bus_has_prop(device_t, const char *);

/* A child with that compatible string or name; a device with that node. */
phandle_t ofw_bus_find_compatible(phandle_t, const char *);
phandle_t ofw_bus_find_child(phandle_t, const char *);
device_t ofw_bus_find_child_device_by_phandle(device_t bus, phandle_t node);

/*
 * Lists of references, each with cells; *cells is from malloc(9), M_OFWPROP.
 * ENOENT, ERANGE.
 */
int	ofw_bus_parse_xref_list_alloc(phandle_t node, const char *list_name,
	    const char *cells_name, int idx, phandle_t *producer, int *ncells,
	    pcell_t **cells);
int	ofw_bus_parse_xref_list_get_length(phandle_t node,
	    const char *list_name, const char *cells_name, int *count);

/* Lists of strings.  *array is from malloc(9), M_OFWPROP. */
int	ofw_bus_find_string_index(phandle_t node, const char *list_name,
	    const char *name, int *idx);
int	ofw_bus_string_list_to_array(phandle_t node, const char *list_name,
	    const char ***array);

#endif /* !_DEV_OFW_OFW_BUS_SUBR_H_ */
