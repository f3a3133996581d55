/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Interrupt controllers.  Here they differ only in what FreeBSD's driver of the
 * controller does when a handler is removed (PIC_TEARDOWN_INTR()).  A device's
 * controller is the one that the device tree names.  The controller of a device
 * without a node can remove handlers.
 *
 * FreeBSD's apple_aic.c panics.  It drives "apple,aic" alone.  FreeBSD has no
 * driver for Apple's other controllers; here they are assumed to panic as well.
 * The GIC's drivers remove the handler.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>

#include <dev/ofw/ofw_bus.h>
#include <dev/ofw/ofw_bus_subr.h>

#include "tk.h"
#include "tk_bus_var.h"
#include "tk_host.h"
#include "tk_ofw.h"

#define	APPLES	"apple,"

/* The controller of a device that has a node. */
static phandle_t
pic_of(device_t dev)
{
	return (OF_node_from_xref(ofw_bus_find_iparent(
	    ofw_bus_get_node(dev))));
}

bool
tk_pic_tears_down(device_t dev)
{
	const char *at, *end;
	bool apples = false;
	ssize_t len;
	char *list;

	if (ofw_bus_get_node(dev) == (phandle_t)-1)
		return (true);
	len = OF_getprop_alloc(pic_of(dev), "compatible", (void **)&list);
	if (len <= 0)
		return (true);
	end = list + len;
	for (at = list; !apples && at < end; at += strnlen(at, end - at) + 1)
		apples = strncmp(at, APPLES, MIN(strlen(APPLES),
		    (size_t)(end - at))) == 0;
	OF_prop_free(list);
	return (!apples);
}

void
tk_pic_make_gic(device_t dev)
{
	tk_ofw_overwrite(pic_of(dev), "compatible", "arm,gic");
}

/* Make the node, and the nodes below it, GICs where they are Apple's. */
static void
pic_make_gics(phandle_t node)
{
	phandle_t child;

	if (ofw_bus_node_is_compatible(node, "apple,aic") ||
	    ofw_bus_node_is_compatible(node, "apple,aic2"))
		tk_ofw_overwrite(node, "compatible", "arm,gic");
	for (child = OF_child(node); child != 0; child = OF_peer(child))
		pic_make_gics(child);
}

void
tk_pic_from_environment(void)
{
	const char *pic = tkh_getenv("KERN_PIC");

	if (pic == NULL || strcmp(pic, "aic") == 0)
		return;
	if (strcmp(pic, "gic") != 0)
		panic("KERN_PIC=%s: neither aic nor gic", pic);
	pic_make_gics(OF_peer(0));
}
