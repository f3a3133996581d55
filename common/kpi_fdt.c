/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The device tree: see kpi_fdt.h for the contracts.
 *
 * FreeBSD's helpers trust the tree: they expect that a list of strings ends in
 * a NUL, and that a number of cells is sane.  So malformed properties are
 * refused before the helpers are called.
 */
#include "kpi_fdt.h"

#include <sys/bus.h>
#include <sys/malloc.h>

#include <dev/ofw/openfirm.h>
#include <dev/ofw/ofw_bus.h>
#include <dev/ofw/ofw_bus_subr.h>

/* SIMPLEBUS_PNP_INFO() takes a driver's table for one of FreeBSD's. */
_Static_assert(sizeof(struct kpi_fdt_compat) ==
    sizeof(struct ofw_compat_data) &&
    offsetof(struct kpi_fdt_compat, kfc_compatible) ==
    offsetof(struct ofw_compat_data, ocd_str), "tables of compatibles");

kpi_fdt_node
kpi_fdt_node_of(device_t dev)
{
	phandle_t node;

	node = ofw_bus_get_node(dev);
	return (node == (phandle_t)-1 ? KPI_FDT_NONE : node);
}

/*
 * A property in memory from malloc(9), for OF_prop_free(); *len is more than
 * 0.
 */
static int
kpi_fdt_prop(kpi_fdt_node node, const char *prop, void **buf, size_t *len)
{
	ssize_t n;

	*buf = NULL;
	if (node == KPI_FDT_NONE)
		return (ENOENT);
	n = OF_getprop_alloc(node, prop, buf);
	if (n < 0)
		return (ENOENT);
	if (n == 0)
		return (EINVAL);
	*len = (size_t)n;
	return (0);
}

/* The same for a list of strings: the last one has its NUL. */
static int
kpi_fdt_strings(kpi_fdt_node node, const char *prop, char **list, size_t *len)
{
	void *buf;
	int error;

	error = kpi_fdt_prop(node, prop, &buf, len);
	*list = buf;
	if (error == 0 && (*list)[*len - 1] != '\0') {
		OF_prop_free(buf);
		*list = NULL;
		error = EINVAL;
	}
	return (error);
}

bool
kpi_fdt_is_compatible(kpi_fdt_node node, const char *compatible)
{
	int idx;

	return (kpi_fdt_string_index(node, "compatible", compatible, &idx) ==
	    0);
}

uintptr_t
kpi_fdt_match(device_t dev, const struct kpi_fdt_compat *table)
{
	kpi_fdt_node node = kpi_fdt_node_of(dev);

	/* Of the node: ofw_bus_status_okay() trusts the string to end. */
	if (node == KPI_FDT_NONE || !ofw_bus_node_status_okay(node))
		return (0);
	for (; table->kfc_compatible != NULL; table++)
		if (kpi_fdt_is_compatible(node, table->kfc_compatible))
			return (table->kfc_data);
	return (0);
}

/* The node, or its first later sibling that the tree does not disable. */
static kpi_fdt_node
kpi_fdt_enabled(kpi_fdt_node node)
{
	while (node != KPI_FDT_NONE && !ofw_bus_node_status_okay(node))
		node = OF_peer(node);
	return (node);
}

kpi_fdt_node
kpi_fdt_child(kpi_fdt_node node)
{
	return (kpi_fdt_enabled(OF_child(node)));
}

kpi_fdt_node
kpi_fdt_next(kpi_fdt_node node)
{
	/* The peer of no node is the root. */
	return (node == KPI_FDT_NONE ? KPI_FDT_NONE :
	    kpi_fdt_enabled(OF_peer(node)));
}

/* Is it called name, or name@something? */
static bool
kpi_fdt_named(kpi_fdt_node node, const char *name)
{
	size_t len, want = strlen(name);
	char *text;
	bool same;

	if (kpi_fdt_strings(node, "name", &text, &len) != 0)
		return (false);
	same = strncmp(text, name, want) == 0 &&
	    (text[want] == '\0' || text[want] == '@');
	OF_prop_free(text);
	return (same);
}

kpi_fdt_node
kpi_fdt_child_named(kpi_fdt_node node, const char *name)
{
	kpi_fdt_node child;

	for (child = kpi_fdt_child(node); child != KPI_FDT_NONE;
	    child = kpi_fdt_next(child))
		if (kpi_fdt_named(child, name))
			break;
	return (child);
}

kpi_fdt_node
kpi_fdt_parent(kpi_fdt_node node)
{
	return (node == KPI_FDT_NONE ? KPI_FDT_NONE : OF_parent(node));
}

bool
kpi_fdt_has(kpi_fdt_node node, const char *prop)
{
	return (node != KPI_FDT_NONE && OF_hasprop(node, prop) != 0);
}

int
kpi_fdt_u32_array(kpi_fdt_node node, const char *prop, uint32_t *vals,
    size_t max, size_t *count)
{
	ssize_t len;

	if (!kpi_fdt_has(node, prop))
		return (ENOENT);
	len = OF_getproplen(node, prop);
	if (len % (ssize_t)sizeof(*vals) != 0)
		return (EINVAL);
	*count = (size_t)len / sizeof(*vals);
	if (*count > max)
		return (ENOSPC);
	if (*count != 0)
		OF_getencprop(node, prop, vals, (size_t)len);
	return (0);
}

int
kpi_fdt_u32(kpi_fdt_node node, const char *prop, uint32_t *val)
{
	size_t count;
	int error;

	error = kpi_fdt_u32_array(node, prop, val, 1, &count);
	if (error == ENOSPC || (error == 0 && count != 1))
		error = EINVAL;
	return (error);
}

int
kpi_fdt_string(kpi_fdt_node node, const char *prop, int idx, char *buf,
    size_t size)
{
	const char *at, *end;
	char *list;
	size_t len;
	int error;

	error = kpi_fdt_strings(node, prop, &list, &len);
	if (error != 0)
		return (error);
	end = list + len;
	for (at = list; at < end && idx > 0; idx--)
		at += strlen(at) + 1;
	if (idx != 0 || at >= end)
		error = ENOENT;
	else if (strlcpy(buf, at, size) >= size)
		error = ENOSPC;
	OF_prop_free(list);
	return (error);
}

int
kpi_fdt_string_count(kpi_fdt_node node, const char *prop, int *count)
{
	char *list;
	size_t i, len;
	int error;

	error = kpi_fdt_strings(node, prop, &list, &len);
	if (error != 0)
		return (error);
	*count = 0;
	for (i = 0; i < len; i++)
		*count += list[i] == '\0';
	OF_prop_free(list);
	return (0);
}

int
kpi_fdt_string_index(kpi_fdt_node node, const char *prop, const char *string,
    int *idx)
{
	char *list;
	size_t len;
	int error;

	error = kpi_fdt_strings(node, prop, &list, &len);
	if (error != 0)
		return (error);
	OF_prop_free(list);
	return (ofw_bus_find_string_index(node, prop, string, idx));
}

/*
 * FreeBSD gives the reference itself if it points nowhere.  That number may be
 * a node's, to which the reference does not point unless it is its own phandle.
 */
kpi_fdt_node
kpi_fdt_target(uint32_t xref)
{
	kpi_fdt_node node = OF_node_from_xref(xref);
	uint32_t own;

	if (node == xref &&
	    (kpi_fdt_u32(node, "phandle", &own) != 0 || own != xref))
		return (KPI_FDT_NONE);
	return (node);
}

/*
 * True if the walk to entry idx of a list of references meets nothing that
 * ofw_bus_parse_xref_list_alloc() must not see: it trusts each number of cells.
 */
static bool
kpi_fdt_refs_sane(const pcell_t *list, size_t count, const char *cells_prop,
    int idx)
{
	uint32_t ncells;
	size_t i;

	for (i = 0; i < count && idx >= 0; i += 1 + ncells, idx--) {
		if (kpi_fdt_u32(kpi_fdt_target(list[i]), cells_prop,
		    &ncells) != 0 || ncells > KPI_FDT_MAXCELLS ||
		    ncells >= count - i)
			return (false);
	}
	return (true);
}

int
kpi_fdt_ref(kpi_fdt_node node, const char *list, const char *cells_prop,
    int idx, struct kpi_fdt_ref *ref)
{
	pcell_t *cells, *refs;
	phandle_t xref;
	ssize_t count;
	int error, ncells;
	bool sane;

	if (idx < 0 || !kpi_fdt_has(node, list))
		return (ENOENT);
	count = OF_getencprop_alloc_multi(node, list, sizeof(*refs),
	    (void **)&refs);
	if (count <= 0)
		return (EINVAL);
	sane = kpi_fdt_refs_sane(refs, (size_t)count, cells_prop, idx);
	OF_prop_free(refs);
	if (!sane)
		return (EINVAL);
	error = ofw_bus_parse_xref_list_alloc(node, list, cells_prop, idx,
	    &xref, &ncells, &cells);
	if (error != 0)
		return (error);
	ref->kfr_xref = xref;
	ref->kfr_node = kpi_fdt_target(xref);
	ref->kfr_ncells = (uint32_t)ncells;
	memcpy(ref->kfr_cells, cells, (size_t)ncells * sizeof(*cells));
	OF_prop_free(cells);
	return (0);
}

int
kpi_fdt_res_alloc(device_t dev, const char *name, struct kpi_res *res)
{
	int error, rid;

	error = kpi_fdt_string_index(kpi_fdt_node_of(dev), "reg-names", name,
	    &rid);
	return (error != 0 ? error : kpi_res_alloc(dev, rid, res));
}

int
kpi_fdt_intr_rid(device_t dev, const char *name, int *rid)
{
	return (kpi_fdt_string_index(kpi_fdt_node_of(dev), "interrupt-names",
	    name, rid));
}

/*
 * The controller of an interrupt.  As in FreeBSD "interrupts" counts first, if
 * it has whole cells.
 * Source: sys/dev/ofw/ofw_bus_subr.c, ofw_bus_intr_to_rl().
 */
static kpi_fdt_node
kpi_fdt_intr_parent(kpi_fdt_node node, int rid)
{
	struct kpi_fdt_ref ref;
	ssize_t len;

	if (node == KPI_FDT_NONE)
		return (KPI_FDT_NONE);
	len = OF_getproplen(node, "interrupts");
	if (len > 0 && len % (ssize_t)sizeof(pcell_t) == 0)
		return (OF_node_from_xref(ofw_bus_find_iparent(node)));
	if (kpi_fdt_ref(node, "interrupts-extended", "#interrupt-cells", rid,
	    &ref) != 0)
		return (KPI_FDT_NONE);
	return (ref.kfr_node);
}

bool
kpi_fdt_can_teardown(device_t dev, int rid)
{
	static const char apple[] = "apple,";
	const char *at, *end;
	size_t len;
	void *list;
	bool can = true;

	if (kpi_fdt_prop(kpi_fdt_intr_parent(kpi_fdt_node_of(dev), rid),
	    "compatible", &list, &len) != 0)
		return (true);
	end = (const char *)list + len;
	for (at = list; can && at < end; at += strnlen(at, end - at) + 1)
		can = strncmp(at, apple, MIN(strlen(apple),
		    (size_t)(end - at))) != 0;
	OF_prop_free(list);
	return (can);
}

/*
 * The reference under which FreeBSD registers the device of a node.  For a node
 * without a phandle that is the number of the node.  It may be the phandle of
 * another node, and what is registered under it would be taken for that node's
 * device.  KPI_FDT_NONE: it is.
 */
static phandle_t
kpi_fdt_xref(kpi_fdt_node node)
{
	phandle_t xref;

	if (node == KPI_FDT_NONE)
		return (KPI_FDT_NONE);
	xref = OF_xref_from_node(node);
	return (OF_node_from_xref(xref) == node ? xref : KPI_FDT_NONE);
}

int
kpi_fdt_register(device_t dev)
{
	kpi_fdt_node node = kpi_fdt_node_of(dev);
	phandle_t xref = kpi_fdt_xref(node);

	if (node == KPI_FDT_NONE)
		return (ENXIO);
	if (xref == KPI_FDT_NONE)
		return (EEXIST);
	return (OF_device_register_xref(xref, dev));
}

void
kpi_fdt_unregister(device_t dev)
{
	phandle_t xref = kpi_fdt_xref(kpi_fdt_node_of(dev));

	/*
	 * OF_device_unregister_xref() would also remove the node of the
	 * reference.  Then no later driver of the device could be found by it.
	 */
	if (xref != KPI_FDT_NONE)
		OF_device_register_xref(xref, NULL);
}

device_t
kpi_fdt_device(uint32_t xref)
{
	return (kpi_fdt_target(xref) == KPI_FDT_NONE ? NULL :
	    OF_device_from_xref(xref));
}

device_t
kpi_fdt_device_at(kpi_fdt_node node)
{
	phandle_t xref = kpi_fdt_xref(node);

	return (xref == KPI_FDT_NONE ? NULL : OF_device_from_xref(xref));
}
