/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The test kernel's device tree: what openfirm(9) and ofw_bus(9) read, and a
 * bus "ofwbus" with a "simplebus" for each simple-bus in the tree, whose
 * children are devices with the node's registers and interrupts.
 *
 * Registers and interrupts belong to whatever model stands at the address or
 * has the number (tk_bus.h).  An interrupt's number is its specifier's last
 * cell but one; with a single cell, that one.
 *
 * The interrupt controller is the one of the tree.  With one of Apple's a
 * handler that was set up stays: its removal stops the run, as FreeBSD panics.
 * KERN_PIC=gic in the environment puts a GIC in its place, which can do it.
 *
 * Both sides include this file.  A struct _device is FreeBSD's device_t.
 */
#ifndef _TK_OFW_H_
#define	_TK_OFW_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct _device;

/*
 * The machine has this tree from now on, until tk_ofw_unload() or shutdown; the
 * bytes are copied.  NULL, or one line that says what is wrong with it.  Both
 * while there are no devices, and from a thread.
 */
const char *tk_ofw_load(const void *dtb, size_t len);
void	tk_ofw_unload(void);

/*
 * Make the buses and the devices, probe and attach them, those of an earlier
 * pass first (EARLY_DRIVER_MODULE).  A device that no driver wants, or whose
 * driver fails, stays without one.  0, or an errno.
 */
int	tk_ofw_attach(void);

/*
 * Detach and delete them all, those of an earlier pass last, and unload the
 * tree.  0, or the errno of a refusal: some may be gone then.
 *
 * Devices that have to stay, for their controller does not let their handlers
 * go, are asked again once that controller is a GIC.  A machine ends with them;
 * a test shall see whether their drivers keep anything else.
 */
int	tk_ofw_detach(void);

/* Whether the controller of the device's interrupts lets its handlers go. */
bool	tk_pic_tears_down(struct _device *);

/* The device of the node at this path, such as "/soc/smc@23e400000". */
struct _device *tk_ofw_device(const char *path);

/* A tree of ours (tests/models/dts), compiled; NULL: no such name. */
struct tk_dtb {
	const char	*name;		/* such as "t8103" */
	const uint8_t	*data;
	size_t		 size;
};
const struct tk_dtb *tk_dtb_find(const char *name);

/* Load the tree of this name and attach: stops the run on any error. */
void	tk_ofw_boot(const char *name);

#endif /* !_TK_OFW_H_ */
