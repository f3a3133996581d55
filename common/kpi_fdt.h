/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The flattened device tree as a driver sees it: its node, properties,
 * references to other nodes, and what belongs to a name.
 *
 * See ofw_bus(9) and openfirm(9).  Numbers come in the machine's byte order.
 * What the tree says is checked here: an array or a list of strings that is
 * not one is an error, not an overread.  All calls are sleepable, since they
 * allocate, unless they say otherwise.  None of this exists in a kernel
 * without "options FDT".
 *
 * Errors common to all: ENOENT, the node lacks the property or the entry;
 * EINVAL, the property is malformed.
 */
#ifndef _KPI_FDT_H_
#define	_KPI_FDT_H_

#include "kpi.h"
#include "kpi_bus.h"

/*
 * A node of the tree; KPI_FDT_NONE is none.  Constant while the kernel runs.
 */
typedef uint32_t kpi_fdt_node;
#define	KPI_FDT_NONE	0u

/* A row of a driver's table; the last has kfc_compatible NULL. */
struct kpi_fdt_compat {
	const char	*kfc_compatible;
	uintptr_t	 kfc_data;	/* the driver's own, not 0 */
};

#define	KPI_FDT_MAXCELLS	8

/* An entry of a list of references, such as "mboxes". */
struct kpi_fdt_ref {
	uint32_t	kfr_xref;	/* for kpi_fdt_device() */
	kpi_fdt_node	kfr_node;	/* what it points to */
	uint32_t	kfr_ncells;
	uint32_t	kfr_cells[KPI_FDT_MAXCELLS];
};

/* The device's node; KPI_FDT_NONE: it has none.  Any context. */
kpi_fdt_node kpi_fdt_node_of(device_t dev);

/*
 * The kfc_data of the first row that the device is compatible with; 0: none,
 * or the device's status is not "okay".  For probe methods.
 */
uintptr_t kpi_fdt_match(device_t dev, const struct kpi_fdt_compat *table);

/* True if the node is compatible with the string. */
bool	kpi_fdt_is_compatible(kpi_fdt_node node, const char *compatible);

/*
 * Walk: first child and next sibling; KPI_FDT_NONE: no more.  The first child
 * with this name, unit address left out; KPI_FDT_NONE: there is none.
 */
kpi_fdt_node kpi_fdt_child(kpi_fdt_node node);
kpi_fdt_node kpi_fdt_next(kpi_fdt_node node);
kpi_fdt_node kpi_fdt_child_named(kpi_fdt_node node, const char *name);

/* True if the node has the property, whatever is in it. */
bool	kpi_fdt_has(kpi_fdt_node node, const char *prop);

/*
 * Read an array of 32-bit numbers into vals, which has room for max; *count is
 * how many the property has.  ENOSPC: more than max, nothing was read.
 */
int	kpi_fdt_u32_array(kpi_fdt_node node, const char *prop, uint32_t *vals,
	    size_t max, size_t *count);

/* Read a single 32-bit number.  EINVAL: it is not exactly one. */
int	kpi_fdt_u32(kpi_fdt_node node, const char *prop, uint32_t *val);

/*
 * Copy string number idx of a list of strings, with its NUL, into buf of size
 * bytes.  ENOSPC: it does not fit.
 */
int	kpi_fdt_string(kpi_fdt_node node, const char *prop, int idx, char *buf,
	    size_t size);

/* Number of strings in a list. */
int	kpi_fdt_string_count(kpi_fdt_node node, const char *prop, int *count);

/* Index of a string in a list.  ENOENT: it is not there. */
int	kpi_fdt_string_index(kpi_fdt_node node, const char *prop,
	    const char *string, int *idx);

/*
 * Entry idx of a list of references, each followed by as many cells as the
 * node it points to says in its property cells_prop.  EINVAL: it points
 * nowhere, the other node lacks cells_prop, or there are too many cells.
 */
int	kpi_fdt_ref(kpi_fdt_node node, const char *list, const char *cells_prop,
	    int idx, struct kpi_fdt_ref *ref);

/*
 * Map the register range that "reg-names" calls name, as kpi_res_alloc().
 */
int	kpi_fdt_res_alloc(device_t dev, const char *name, struct kpi_res *res);

/*
 * The rid, for kpi_intr_setup(), of the interrupt that "interrupt-names" calls
 * name.
 */
int	kpi_fdt_intr_rid(device_t dev, const char *name, int *rid);

/*
 * False: kpi_intr_teardown() of this interrupt would panic FreeBSD, so that the
 * device must not detach once the interrupt was set up.
 *
 * This is read from the tree, for FreeBSD has no call that tells: the
 * interrupt's controller is one of Apple's, "apple,...".  FreeBSD has a driver
 * for "apple,aic" alone, whose pic_teardown_intr method is panic(9); what a
 * driver for the later ones will do is not known.  Only the node that
 * "interrupt-parent" or "interrupts-extended" names is looked at, not what
 * stands behind it.
 */
bool	kpi_fdt_can_teardown(device_t dev, int rid);

/*
 * Let other drivers find dev by references to its node, until unregistered.
 * ENXIO: it has no node.
 */
int	kpi_fdt_register(device_t dev);
void	kpi_fdt_unregister(device_t dev);

/*
 * The device that was registered for a reference; NULL: none (yet).  The
 * caller sees to it that it does not go away: newbus's topology lock is held
 * in attach and detach methods.
 */
device_t kpi_fdt_device(uint32_t xref);

#endif /* !_KPI_FDT_H_ */
