/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Interrupt controllers, as far as they differ: what FreeBSD's driver of one
 * does when a handler is removed (PIC_TEARDOWN_INTR()).  A device's controller
 * is the one that the device tree names; a device without a node has one that
 * can do everything.
 *
 * apple_aic.c panics.  It is there for "apple,aic" alone; FreeBSD has no driver
 * for others of Apple's, which are taken to be no better.  The GIC's drivers do
 * it.
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

/* Of a device with a node. */
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
	end = list + MAX(len, 0);
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

/* Of the node and what is below it. */
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
