/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * openfirm(9): the firmware's device tree, here a flattened one.
 *
 * A phandle_t is a node; 0 is none.  A reference in a property (xref) is
 * another number for a node.  Sizes are bytes.  A call that finds nothing
 * returns -1.  Calls that allocate may sleep.
 *
 * Left out: instances, methods of the firmware, changing the tree.
 */

#ifndef _DEV_OPENFIRM_H_
#define	_DEV_OPENFIRM_H_

#include <sys/types.h>
#include <machine/_bus.h>

typedef uint32_t	ihandle_t;
typedef uint32_t	phandle_t;
typedef uint32_t	pcell_t;

#ifdef _KERNEL
#include <sys/malloc.h>

#include <machine/ofw_machdep.h>

MALLOC_DECLARE(M_OFWPROP);

/* Walking.  OF_peer(0) is the root. */
phandle_t OF_peer(phandle_t node);
phandle_t OF_child(phandle_t node);
phandle_t OF_parent(phandle_t node);
phandle_t OF_finddevice(const char *path);
ssize_t	OF_package_to_path(phandle_t node, char *buf, size_t len);

/*
 * Properties.  Each call returns the property's length, which may be more than
 * was asked for; OF_getprop_alloc_multi() returns the number of elements.
 * Calls with "enc" convert cells to the machine's byte order.  Calls with
 * "search" look in the parents too.
 */
ssize_t	OF_getproplen(phandle_t node, const char *propname);
ssize_t	OF_getprop(phandle_t node, const char *propname, void *buf,
	    size_t len);
ssize_t	OF_getencprop(phandle_t node, const char *prop, pcell_t *buf,
	    size_t len);
int	OF_hasprop(phandle_t node, const char *propname);
ssize_t	OF_searchprop(phandle_t node, const char *propname, void *buf,
	    size_t len);
ssize_t	OF_searchencprop(phandle_t node, const char *propname, pcell_t *buf,
	    size_t len);
ssize_t	OF_getprop_alloc(phandle_t node, const char *propname, void **buf);
ssize_t	OF_getprop_alloc_multi(phandle_t node, const char *propname, int elsz,
	    void **buf);
ssize_t	OF_getencprop_alloc(phandle_t node, const char *propname, void **buf);
ssize_t	OF_getencprop_alloc_multi(phandle_t node, const char *propname,
	    int elsz, void **buf);
void	OF_prop_free(void *buf);
/*
 * The name of the property after propname; with NULL, of the first.  Returns 1,
 * or 0 if there is none.
 */
int	OF_nextprop(phandle_t node, const char *propname, char *buf,
	    size_t len);

/*
 * Convert between node and reference.  A value that is not known is returned
 * unchanged.
 */
phandle_t OF_node_from_xref(phandle_t xref);
phandle_t OF_xref_from_node(phandle_t node);

/*
 * Which device a reference means.  As in FreeBSD, unregistering the device also
 * forgets the reference: afterwards it leads to no node.
 */
device_t OF_device_from_xref(phandle_t xref);
phandle_t OF_xref_from_device(device_t dev);
int	OF_device_register_xref(phandle_t xref, device_t dev);
void	OF_device_unregister_xref(phandle_t xref, device_t dev);

#endif /* _KERNEL */
#endif /* !_DEV_OPENFIRM_H_ */
