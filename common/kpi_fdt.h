/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The flattened device tree as a driver sees it: its node, the node's
 * properties, its references to other nodes, and the resources that its names
 * stand for.
 *
 * See OF_child(9) and OF_getprop(9).  Numbers come in the machine's byte order.
 * What the tree says is checked here: a malformed array or list of strings is
 * an error, not an overread.  Most calls are sleepable, since they allocate.
 * None of this exists in a kernel without "options FDT".
 *
 * Errors common to all: ENOENT: the node lacks the property or the entry;
 * EINVAL: the property is malformed.
 */
#ifndef _KPI_FDT_H_
#define	_KPI_FDT_H_

#include "kpi.h"
#include "kpi_bus.h"

/*
 * A node of the tree; KPI_FDT_NONE is no node.  Constant while the kernel runs.
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

/*
 * Get the node of a device.
 *
 * Context: any.
 * Returns: the node; KPI_FDT_NONE: the device has none.
 */
kpi_fdt_node kpi_fdt_node_of(device_t dev);

/*
 * Find the first row of the table that the device is compatible with.  For
 * probe methods.
 *
 * Context: sleepable.
 * Returns: the row's kfc_data; 0: there is no such row, or the device's status
 * is not "okay".
 */
uintptr_t kpi_fdt_match(device_t dev, const struct kpi_fdt_compat *table);

/*
 * Look for the string in the node's "compatible".
 *
 * Context: sleepable.
 * Returns: true if the node is compatible with the string.
 */
bool	kpi_fdt_is_compatible(kpi_fdt_node node, const char *compatible);

/*
 * Walk the tree.  kpi_fdt_child() gives the first child, and kpi_fdt_next() the
 * next sibling.  kpi_fdt_child_named() gives the first child of this name, the
 * unit address left out.  These three leave out nodes whose status is not
 * "okay".  kpi_fdt_parent() gives the parent, which the root and KPI_FDT_NONE
 * do not have.
 *
 * Context: sleepable.
 * Returns: KPI_FDT_NONE: there is no such node.
 */
kpi_fdt_node kpi_fdt_child(kpi_fdt_node node);
kpi_fdt_node kpi_fdt_next(kpi_fdt_node node);
kpi_fdt_node kpi_fdt_child_named(kpi_fdt_node node, const char *name);
kpi_fdt_node kpi_fdt_parent(kpi_fdt_node node);

/* True if the node has the property, whatever is in it.  Context: sleepable. */
bool	kpi_fdt_has(kpi_fdt_node node, const char *prop);

/*
 * Read an array of 32-bit numbers into vals, which has room for max.  *count is
 * how many numbers the property has.
 *
 * Context: sleepable.
 * Errors: those common to all; ENOSPC: there are more than max, and nothing was
 * read into vals.
 */
int	kpi_fdt_u32_array(kpi_fdt_node node, const char *prop, uint32_t *vals,
	    size_t max, size_t *count);

/*
 * Read a single 32-bit number.
 *
 * Context: sleepable.
 * Errors: those common to all; EINVAL also if there is not exactly one number.
 */
int	kpi_fdt_u32(kpi_fdt_node node, const char *prop, uint32_t *val);

/*
 * Copy string number idx of a list of strings, with its NUL, into buf of size
 * bytes.
 *
 * Context: sleepable.
 * Errors: those common to all; ENOSPC: the string does not fit.
 */
int	kpi_fdt_string(kpi_fdt_node node, const char *prop, int idx, char *buf,
	    size_t size);

/*
 * Count the strings of a list.
 *
 * Context: sleepable.
 * Errors: those common to all.
 */
int	kpi_fdt_string_count(kpi_fdt_node node, const char *prop, int *count);

/*
 * Find the index of a string in a list.
 *
 * Context: sleepable.
 * Errors: those common to all; ENOENT also if the string is not in the list.
 */
int	kpi_fdt_string_index(kpi_fdt_node node, const char *prop,
	    const char *string, int *idx);

/*
 * Read entry idx of a list of references.  Each reference is followed by cells.
 * The property cells_prop of the node that the reference points to says how
 * many.
 *
 * Context: sleepable.
 * Errors: those common to all; EINVAL also if the reference points nowhere, the
 * other node lacks cells_prop, or there are too many cells.
 */
int	kpi_fdt_ref(kpi_fdt_node node, const char *list, const char *cells_prop,
	    int idx, struct kpi_fdt_ref *ref);

/*
 * Find the node that a reference points to, in a list whose references have no
 * cells: kpi_fdt_u32_array() reads such a list.
 *
 * Context: sleepable.
 * Returns: KPI_FDT_NONE: it points nowhere.
 */
kpi_fdt_node kpi_fdt_target(uint32_t xref);

/*
 * Map the register range that "reg-names" calls name, as kpi_res_alloc() does.
 *
 * Context: sleepable.
 * Errors: those common to all, and those of kpi_res_alloc().
 */
int	kpi_fdt_res_alloc(device_t dev, const char *name, struct kpi_res *res);

/*
 * Find the rid, for kpi_intr_setup(), of the interrupt that "interrupt-names"
 * calls name.
 *
 * Context: sleepable.
 * Errors: those common to all.
 */
int	kpi_fdt_intr_rid(device_t dev, const char *name, int *rid);

/*
 * Find out whether kpi_intr_teardown() works for this interrupt.
 *
 * The answer is read from the tree, since FreeBSD has no call that tells.  It
 * is false if the interrupt's controller is one of Apple's, "apple,...".
 * FreeBSD has a driver for "apple,aic" alone, whose pic_teardown_intr method is
 * panic(9).  What a driver for the later controllers will do is not known.
 * Only the node that "interrupt-parent" or "interrupts-extended" names is
 * looked at, not what stands behind it.
 *
 * Context: sleepable.
 * Returns: false if the teardown would panic FreeBSD.  The device must then not
 * detach once the interrupt was set up.
 */
bool	kpi_fdt_can_teardown(device_t dev, int rid);

/*
 * Let other drivers find dev by references to its node, until
 * kpi_fdt_unregister().
 *
 * Context: sleepable.
 * Errors: ENXIO: the device has no node.  EEXIST: FreeBSD would take the device
 * for that of another node.  Two nodes have one phandle, or this one has none
 * and its number is another's.
 */
int	kpi_fdt_register(device_t dev);
void	kpi_fdt_unregister(device_t dev);

/*
 * Find the device that was registered for a reference, or for the node of the
 * device, to which no reference need point.
 *
 * Context: sleepable.
 * Locks: the caller sees to it that the device does not go away.  In attach and
 * detach methods, newbus's topology lock is held.
 * Returns: the device; NULL: there is none (yet).
 */
device_t kpi_fdt_device(uint32_t xref);
device_t kpi_fdt_device_at(kpi_fdt_node node);

#endif /* !_KPI_FDT_H_ */
