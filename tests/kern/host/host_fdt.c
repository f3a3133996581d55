/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The gate's libfdt.
 */

#include <libfdt.h>
#include <string.h>

#include "tk_host_fdt.h"

const char *
tkh_fdt_check(const void *dtb, size_t len)
{
	int error;

	error = fdt_check_full(dtb, len);
	return (error == 0 ? NULL : fdt_strerror(error));
}

int
tkh_fdt_nodes(const void *dtb)
{
	return ((int)fdt_off_dt_struct(dtb));
}

int
tkh_fdt_child(const void *dtb, int node)
{
	return (fdt_first_subnode(dtb, node));
}

int
tkh_fdt_next(const void *dtb, int node)
{
	return (fdt_next_subnode(dtb, node));
}

int
tkh_fdt_parent(const void *dtb, int node)
{
	return (fdt_parent_offset(dtb, node));
}

int
tkh_fdt_find(const void *dtb, const char *path)
{
	return (fdt_path_offset(dtb, path));
}

int
tkh_fdt_by_phandle(const void *dtb, uint32_t phandle)
{
	return (fdt_node_offset_by_phandle(dtb, phandle));
}

int
tkh_fdt_path(const void *dtb, int node, char *buf, int len)
{
	return (fdt_get_path(dtb, node, buf, len));
}

const char *
tkh_fdt_name(const void *dtb, int node)
{
	return (fdt_get_name(dtb, node, NULL));
}

const void *
tkh_fdt_prop(const void *dtb, int node, const char *name, int *len)
{
	return (fdt_getprop(dtb, node, name, len));
}

/*
 * Shortened in place, so that offsets stay: the rest of the value becomes NULs.
 */
void
tkh_fdt_overwrite(void *dtb, int node, const char *name, const char *string)
{
	char *value;
	int len;

	value = fdt_getprop_w(dtb, node, name, &len);
	if (value != NULL)
		strncpy(value, string, (size_t)len);
}

const char *
tkh_fdt_prop_name(const void *dtb, int node, int i)
{
	const char *name;
	int prop;

	prop = fdt_first_property_offset(dtb, node);
	while (prop >= 0 && i-- > 0)
		prop = fdt_next_property_offset(dtb, prop);
	if (prop < 0 || fdt_getprop_by_offset(dtb, prop, &name, NULL) == NULL)
		return (NULL);
	return (name);
}
