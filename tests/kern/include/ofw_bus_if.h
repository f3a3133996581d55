/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a bus knows of the device tree's nodes behind its children.  FreeBSD
 * generates this header from ofw_bus_if.m; the methods, their types and their
 * defaults are the same.
 */

#ifndef _ofw_bus_if_h_
#define	_ofw_bus_if_h_

#include <sys/bus.h>

#include <dev/ofw/openfirm.h>

/* What most buses keep of a node; ofw_bus_gen_setup_devinfo(). */
struct ofw_bus_devinfo {
	phandle_t	obd_node;
	char		*obd_compat;
	char		*obd_model;
	char		*obd_name;
	char		*obd_type;
	char		*obd_status;
};

extern struct kobjop_desc ofw_bus_get_devinfo_desc;
typedef const struct ofw_bus_devinfo *ofw_bus_get_devinfo_t(device_t bus,
	    device_t dev);

static __inline TK_KOBJ_CALL const struct ofw_bus_devinfo *
OFW_BUS_GET_DEVINFO(device_t bus, device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)bus)->ops, ofw_bus_get_devinfo);
	return (((ofw_bus_get_devinfo_t *)_m)(bus, dev));
}

extern struct kobjop_desc ofw_bus_get_compat_desc;
typedef const char *ofw_bus_get_compat_t(device_t bus, device_t dev);

static __inline TK_KOBJ_CALL const char *
OFW_BUS_GET_COMPAT(device_t bus, device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)bus)->ops, ofw_bus_get_compat);
	return (((ofw_bus_get_compat_t *)_m)(bus, dev));
}

extern struct kobjop_desc ofw_bus_get_model_desc;
typedef const char *ofw_bus_get_model_t(device_t bus, device_t dev);

static __inline TK_KOBJ_CALL const char *
OFW_BUS_GET_MODEL(device_t bus, device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)bus)->ops, ofw_bus_get_model);
	return (((ofw_bus_get_model_t *)_m)(bus, dev));
}

extern struct kobjop_desc ofw_bus_get_name_desc;
typedef const char *ofw_bus_get_name_t(device_t bus, device_t dev);

static __inline TK_KOBJ_CALL const char *
OFW_BUS_GET_NAME(device_t bus, device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)bus)->ops, ofw_bus_get_name);
	return (((ofw_bus_get_name_t *)_m)(bus, dev));
}

extern struct kobjop_desc ofw_bus_get_node_desc;
typedef phandle_t ofw_bus_get_node_t(device_t bus, device_t dev);

static __inline TK_KOBJ_CALL phandle_t
OFW_BUS_GET_NODE(device_t bus, device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)bus)->ops, ofw_bus_get_node);
	return (((ofw_bus_get_node_t *)_m)(bus, dev));
}

extern struct kobjop_desc ofw_bus_get_type_desc;
typedef const char *ofw_bus_get_type_t(device_t bus, device_t dev);

static __inline TK_KOBJ_CALL const char *
OFW_BUS_GET_TYPE(device_t bus, device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)bus)->ops, ofw_bus_get_type);
	return (((ofw_bus_get_type_t *)_m)(bus, dev));
}

/* Passed up to the root, which takes the first cell. */
extern struct kobjop_desc ofw_bus_map_intr_desc;
typedef int ofw_bus_map_intr_t(device_t bus, device_t dev, phandle_t iparent,
	    int icells, pcell_t *interrupt);

static __inline TK_KOBJ_CALL int
OFW_BUS_MAP_INTR(device_t bus, device_t dev, phandle_t iparent, int icells,
    pcell_t *interrupt)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)bus)->ops, ofw_bus_map_intr);
	return (((ofw_bus_map_intr_t *)_m)(bus, dev, iparent, icells,
	    interrupt));
}

#endif /* !_ofw_bus_if_h_ */
