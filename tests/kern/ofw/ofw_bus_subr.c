/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Helpers of ofw_bus_subr.h.  FreeBSD's trust the tree for a string's end and
 * for numbers of cells.  Here both are checked.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/rman.h>
#include <sys/sbuf.h>
#include <machine/resource.h>

#include <dev/ofw/ofw_bus.h>
#include <dev/ofw/ofw_bus_subr.h>

#include "tk.h"

/*
 * For buses
 */

/* A property that is a string.  NULL: there is none, or it is no string. */
static char *
ofw_bus_text(phandle_t node, const char *prop)
{
	char *text;
	ssize_t len;

	len = OF_getprop_alloc(node, prop, (void **)&text);
	if (len <= 0)
		return (NULL);
	if (text[len - 1] != '\0') {
		OF_prop_free(text);
		return (NULL);
	}
	return (text);
}

int
ofw_bus_gen_setup_devinfo(struct ofw_bus_devinfo *obd, phandle_t node)
{
	if (obd == NULL)
		return (ENOMEM);
	obd->obd_name = ofw_bus_text(node, "name");
	if (obd->obd_name == NULL)
		return (EINVAL);
	obd->obd_compat = ofw_bus_text(node, "compatible");
	obd->obd_type = ofw_bus_text(node, "device_type");
	obd->obd_model = ofw_bus_text(node, "model");
	obd->obd_status = ofw_bus_text(node, "status");
	obd->obd_node = node;
	return (0);
}

void
ofw_bus_gen_destroy_devinfo(struct ofw_bus_devinfo *obd)
{
	OF_prop_free(obd->obd_name);
	OF_prop_free(obd->obd_compat);
	OF_prop_free(obd->obd_type);
	OF_prop_free(obd->obd_model);
	OF_prop_free(obd->obd_status);
	memset(obd, 0, sizeof(*obd));
}

#define	OFW_BUS_GEN_GET(field, type, none)				\
type									\
ofw_bus_gen_get_##field(device_t bus, device_t dev)			\
{									\
	const struct ofw_bus_devinfo *obd;				\
									\
	obd = OFW_BUS_GET_DEVINFO(bus, dev);				\
	return (obd != NULL ? obd->obd_##field : (none));		\
}

OFW_BUS_GEN_GET(compat, const char *, NULL)
OFW_BUS_GEN_GET(model, const char *, NULL)
OFW_BUS_GEN_GET(name, const char *, NULL)
OFW_BUS_GEN_GET(node, phandle_t, 0)
OFW_BUS_GEN_GET(type, const char *, NULL)

int
ofw_bus_gen_child_pnpinfo(device_t bus, device_t child, struct sbuf *sb)
{
	const char *compat, *name;

	name = ofw_bus_get_name(child);
	compat = ofw_bus_get_compat(child);
	if (name != NULL)
		sbuf_printf(sb, "name=%s ", name);
	if (compat != NULL)
		sbuf_printf(sb, "compat=%s ", compat);
	return (0);
}

static rman_res_t
ofw_bus_number(const pcell_t *cells, pcell_t count)
{
	rman_res_t n = 0;

	while (count-- > 0)
		n = n << 32 | *cells++;
	return (n);
}

int
ofw_bus_reg_to_rl(device_t dev, phandle_t node, pcell_t acells, pcell_t scells,
    struct resource_list *rl)
{
	rman_res_t size, start;
	pcell_t *reg;
	ssize_t count, i;
	int rid = 0;

	count = OF_getencprop_alloc_multi(node, "reg", sizeof(*reg),
	    (void **)&reg);
	if (count <= 0)
		return (0);
	if (acells + scells == 0 || count % (acells + scells) != 0)
		count = 0;
	for (i = 0; i < count; i += acells + scells, rid++) {
		start = ofw_bus_number(reg + i, acells);
		size = ofw_bus_number(reg + i + acells, scells);
		if (size != 0)
			resource_list_add(rl, SYS_RES_MEMORY, rid, start,
			    start + size - 1, size);
	}
	OF_prop_free(reg);
	return (0);
}

int
ofw_bus_intr_to_rl(device_t dev, phandle_t node, struct resource_list *rl,
    int *count)
{
	phandle_t iparent;
	pcell_t *intr, icells;
	ssize_t cells, i;
	int irq, rid = 0;

	cells = OF_getencprop_alloc_multi(node, "interrupts", sizeof(*intr),
	    (void **)&intr);
	if (cells > 0) {
		iparent = ofw_bus_find_iparent(node);
		if (OF_searchencprop(OF_node_from_xref(iparent),
		    "#interrupt-cells", &icells, sizeof(icells)) == -1 ||
		    icells < 1 || icells > (size_t)cells)
			icells = 1;
		for (i = 0; i + (ssize_t)icells <= cells; i += icells) {
			irq = ofw_bus_map_intr(dev, iparent, (int)icells,
			    intr + i);
			resource_list_add(rl, SYS_RES_IRQ, rid++, irq, irq, 1);
		}
		OF_prop_free(intr);
	}
	if (count != NULL)
		*count = rid;
	return (0);
}

/*
 * Status and compatibility
 */

static int
ofw_bus_is_okay(const char *status)
{
	return (status == NULL || strcmp(status, "okay") == 0 ||
	    strcmp(status, "ok") == 0);
}

const char *
ofw_bus_get_status(device_t dev)
{
	const struct ofw_bus_devinfo *obd;

	obd = OFW_BUS_GET_DEVINFO(device_get_parent(dev), dev);
	return (obd != NULL ? obd->obd_status : NULL);
}

int
ofw_bus_status_okay(device_t dev)
{
	return (ofw_bus_is_okay(ofw_bus_get_status(dev)));
}

/* As FreeBSD's, which compares the NUL, too. */
int
ofw_bus_node_status_okay(phandle_t node)
{
	char status[sizeof("okay")];
	ssize_t len;

	len = OF_getprop(node, "status", status, sizeof(status));
	return (len <= 0 ||
	    (len == sizeof("okay") && memcmp(status, "okay", len) == 0) ||
	    (len == sizeof("ok") && memcmp(status, "ok", len) == 0));
}

phandle_t
ofw_bus_find_iparent(phandle_t node)
{
	phandle_t iparent;

	if (OF_searchencprop(node, "interrupt-parent", &iparent,
	    sizeof(iparent)) != -1)
		return (iparent);
	while (node != 0 && !OF_hasprop(node, "interrupt-controller"))
		node = OF_parent(node);
	return (OF_xref_from_node(node));
}

int
ofw_bus_node_is_compatible(phandle_t node, const char *compat)
{
	int idx;

	return (ofw_bus_find_string_index(node, "compatible", compat, &idx) ==
	    0);
}

int
ofw_bus_is_compatible(device_t dev, const char *compat)
{
	return (ofw_bus_get_compat(dev) != NULL &&
	    ofw_bus_node_is_compatible(ofw_bus_get_node(dev), compat));
}

const struct ofw_compat_data *
ofw_bus_search_compatible(device_t dev, const struct ofw_compat_data *table)
{
	if (table == NULL)
		return (NULL);
	while (table->ocd_str != NULL &&
	    !ofw_bus_is_compatible(dev, table->ocd_str))
		table++;
	return (table);
}

int
ofw_bus_has_prop(device_t dev, const char *prop)
{
	return (OF_hasprop(ofw_bus_get_node(dev), prop));
}

/*
 * Finding
 */

phandle_t
ofw_bus_find_compatible(phandle_t node, const char *compat)
{
	phandle_t child, found;

	for (child = OF_child(node); child != 0; child = OF_peer(child)) {
		if (ofw_bus_node_is_compatible(child, compat))
			return (child);
		found = ofw_bus_find_compatible(child, compat);
		if (found != 0)
			return (found);
	}
	return (0);
}

phandle_t
ofw_bus_find_child(phandle_t node, const char *name)
{
	phandle_t child;
	char *text;
	bool same;

	for (child = OF_child(node); child != 0; child = OF_peer(child)) {
		text = ofw_bus_text(child, "name");
		same = text != NULL && strcmp(text, name) == 0;
		OF_prop_free(text);
		if (same)
			break;
	}
	return (child);
}

device_t
ofw_bus_find_child_device_by_phandle(device_t bus, phandle_t node)
{
	device_t *children, found;
	int count, i;

	if (device_get_children(bus, &children, &count) != 0)
		return (NULL);
	found = NULL;
	for (i = 0; i < count && found == NULL; i++)
		if (ofw_bus_get_node(children[i]) == node)
			found = children[i];
	free(children, M_TEMP);
	return (found);
}

/*
 * Lists
 */

/*
 * Walks the list.  If idx is -1, stores the number of entries in *count.
 * Otherwise stores entry idx in *producer, *ncells and *cells.
 */
static int
ofw_bus_walk_xref_list(const pcell_t *list, ssize_t len,
    const char *cells_name, int idx, phandle_t *producer, int *ncells,
    pcell_t **cells)
{
	phandle_t xref;
	pcell_t size;
	ssize_t i;
	int entry;

	for (i = 0, entry = 0; i < len; i += size, entry++) {
		xref = list[i++];
		if (OF_getencprop(OF_node_from_xref(xref), cells_name, &size,
		    sizeof(size)) == -1) {
			printf("Missing %s property\n", cells_name);
			return (ENOENT);
		}
		if (size > (size_t)(len - i)) {
			printf("Invalid %s property value <%u>\n", cells_name,
			    size);
			return (ERANGE);
		}
		if (entry != idx)
			continue;
		/*
		 * As FreeBSD's malloc(9), return a pointer even for no bytes.
		 */
		*cells = malloc(MAX(size, 1) * sizeof(**cells), M_OFWPROP,
		    M_WAITOK);
		memcpy(*cells, list + i, size * sizeof(**cells));
		*producer = xref;
		*ncells = (int)size;
		return (0);
	}
	if (idx != -1)
		return (ENOENT);
	*ncells = entry;
	return (0);
}

int
ofw_bus_parse_xref_list_alloc(phandle_t node, const char *list_name,
    const char *cells_name, int idx, phandle_t *producer, int *ncells,
    pcell_t **cells)
{
	pcell_t *list;
	ssize_t len;
	int error;

	KASSERT(idx >= -1, ("%s: negative index %d", __func__, idx));
	len = OF_getencprop_alloc_multi(node, list_name, sizeof(*list),
	    (void **)&list);
	if (len <= 0)
		return (ENOENT);
	error = ofw_bus_walk_xref_list(list, len, cells_name, idx, producer,
	    ncells, cells);
	OF_prop_free(list);
	return (error);
}

int
ofw_bus_parse_xref_list_get_length(phandle_t node, const char *list_name,
    const char *cells_name, int *count)
{
	return (ofw_bus_parse_xref_list_alloc(node, list_name, cells_name, -1,
	    NULL, count, NULL));
}

int
ofw_bus_find_string_index(phandle_t node, const char *list_name,
    const char *name, int *idx)
{
	const char *at, *end;
	char *list;
	ssize_t len;
	int error, i;

	len = OF_getprop_alloc(node, list_name, (void **)&list);
	if (len <= 0)
		return (ENOENT);
	error = ENOENT;
	end = list + len;
	for (i = 0, at = list; at < end; i++) {
		len = (ssize_t)strnlen(at, end - at);
		if (at + len < end && tk_streq(at, name)) {
			*idx = i;
			error = 0;
			break;
		}
		at += len + 1;
	}
	OF_prop_free(list);
	return (error);
}

int
ofw_bus_string_list_to_array(phandle_t node, const char *list_name,
    const char ***out)
{
	const char **array;
	char *copy, *list;
	ssize_t i, len;
	int count;

	len = OF_getprop_alloc(node, list_name, (void **)&list);
	if (len <= 0)
		return ((int)len);
	for (i = 0, count = 1; i < len - 1; i++)
		count += list[i] == '\0';
	array = malloc((count + 1) * sizeof(*array) + len + 1, M_OFWPROP,
	    M_WAITOK);
	copy = (char *)(array + count + 1);
	memcpy(copy, list, len);
	copy[len] = '\0';
	OF_prop_free(list);
	for (i = 0; i < count; i++) {
		array[i] = copy;
		copy += strlen(copy) + 1;
	}
	array[count] = NULL;
	*out = array;
	return (count);
}
