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
 * A register access goes to the model that has the address, an interrupt comes
 * from the line that has the number (tk_bus.h).  An interrupt's number is its
 * specifier's last cell but one; with a single cell, that one.
 *
 * The interrupt controller is the one in the tree.  If it is one of Apple's,
 * removing a handler stops the run, because FreeBSD panics there.  KERN_PIC=gic
 * in the environment replaces it by a GIC, which can remove handlers.
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
 * Give the machine this tree until tk_ofw_unload() or shutdown.  The bytes are
 * copied.  Returns NULL, or one line that says what is wrong with the tree.
 * Call both from a thread, while there are no devices.
 */
const char *tk_ofw_load(const void *dtb, size_t len);
void	tk_ofw_unload(void);

/*
 * Make the buses and the devices, probe and attach them.  Drivers of an earlier
 * pass (EARLY_DRIVER_MODULE) attach first.  A device that no driver wants, or
 * whose driver fails to attach, has no driver afterwards.  0, or an errno.
 */
int	tk_ofw_attach(void);

/*
 * Detach and delete all devices, those of an earlier pass last, and unload the
 * tree.  0, or the errno of a driver that refused: some devices may be gone
 * then.
 *
 * A device may refuse because its interrupt controller cannot remove its
 * handlers.  The controller is then replaced by a GIC, and the device is
 * detached again.  A real machine would be shut down with such devices
 * attached.  A test must see whether their drivers keep anything else.
 */
int	tk_ofw_detach(void);

/* Whether the controller of the device's interrupts can remove handlers. */
bool	tk_pic_tears_down(struct _device *);

/* The device of the node at this path, such as "/soc/smc@23e400000". */
struct _device *tk_ofw_device(const char *path);

/*
 * One of this project's trees (tests/models/dts), compiled.  NULL: no such
 * name.
 */
struct tk_dtb {
	const char	*name;		/* such as "t8103" */
	const uint8_t	*data;
	size_t		 size;
};
const struct tk_dtb *tk_dtb_find(const char *name);

/*
 * Load the tree of this name and attach its devices.  Stops the run on any
 * error.
 */
void	tk_ofw_boot(const char *name);

#endif /* !_TK_OFW_H_ */
