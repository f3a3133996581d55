/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The gate's libfdt.  Each call but tkh_fdt_check() wants a flattened device
 * tree that tkh_fdt_check() has accepted.  A node is an offset, the root is 0,
 * and a negative number is no node.
 */

#ifndef _TK_HOST_FDT_H_
#define	_TK_HOST_FDT_H_

#include <stddef.h>
#include <stdint.h>

/* NULL, or what is wrong with the tree. */
const char *tkh_fdt_check(const void *dtb, size_t len);

/* Where the nodes begin, in bytes from the start of the tree. */
int	tkh_fdt_nodes(const void *dtb);
int	tkh_fdt_child(const void *dtb, int node);
int	tkh_fdt_next(const void *dtb, int node);
int	tkh_fdt_parent(const void *dtb, int node);
int	tkh_fdt_find(const void *dtb, const char *path);
int	tkh_fdt_by_phandle(const void *dtb, uint32_t phandle);
/* 0 or a libfdt error. */
int	tkh_fdt_path(const void *dtb, int node, char *buf, int len);

/* With its unit address. */
const char *tkh_fdt_name(const void *dtb, int node);
/* NULL: there is none. */
const void *tkh_fdt_prop(const void *dtb, int node, const char *name,
	    int *len);
/* Give a property, if it exists, this string.  What does not fit is cut off. */
void	tkh_fdt_overwrite(void *dtb, int node, const char *name,
	    const char *string);
/* The name of property number i; NULL if there are fewer. */
const char *tkh_fdt_prop_name(const void *dtb, int node, int i);

#endif /* !_TK_HOST_FDT_H_ */
