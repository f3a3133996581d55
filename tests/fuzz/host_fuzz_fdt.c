/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Edits of a device tree, as a fuzz target's input says.  The result is always
 * a well-formed tree, because random bytes seldom pass libfdt's checks.  Host
 * side.
 */
#include <libfdt.h>
#include <string.h>

#include "fuzz.h"

#define	MAXEDITS	16
#define	MAXVALUE	64

enum edit {
	NO_MORE,
	CHANGE_BYTES,
	SET_VALUE,
	CUT_VALUE,
	COPY_VALUE,
	DELETE_PROPERTY,
	DELETE_NODE,
	ADD_NODE,
	RENAME_NODE,
	NEDITS
};

/* Names that the drivers and their buses look at. */
static const char *const names[] = {
	"compatible", "reg", "reg-names", "interrupts", "interrupt-names",
	"interrupt-parent", "interrupts-extended", "mboxes", "mbox-names",
	"#mbox-cells", "#address-cells", "#size-cells", "#interrupt-cells",
	"#gpio-cells", "gpio-controller", "ranges", "status", "phandle",
};
static const char *const nodes[] = {
	"mbox@23e408000", "smc@23e400000", "gpio", "reboot", "hwmon", "rtc",
	"soc", "other",
};

/* Pick any node, the root included. */
static int
pick_node(const void *tree, struct fuzz_in *in)
{
	int node = 0, left = fuzz_u8(in);

	while (left-- > 0) {
		node = fdt_next_node(tree, node, NULL);
		if (node < 0)
			node = 0;
	}
	return (node);
}

/* Pick a property that the node has, or a name that it might have. */
static const char *
pick_name(const void *tree, int node, struct fuzz_in *in)
{
	uint8_t which = fuzz_u8(in);
	const char *name;
	int prop;

	if (which & 0x80)
		return (names[(which & 0x7f) % (sizeof(names) /
		    sizeof(names[0]))]);
	prop = fdt_first_property_offset(tree, node);
	while (prop >= 0 && which-- > 0)
		prop = fdt_next_property_offset(tree, prop);
	if (prop < 0 || fdt_getprop_by_offset(tree, prop, &name, NULL) == NULL)
		return (names[0]);
	return (name);
}

static void
change_bytes(void *tree, int node, const char *name, struct fuzz_in *in)
{
	char value[4096];
	const void *old;
	int len, n;

	old = fdt_getprop(tree, node, name, &len);
	if (old == NULL || len == 0 || len > (int)sizeof(value))
		return;
	memcpy(value, old, len);
	for (n = 1 + (fuzz_u8(in) & 3); n > 0; n--)
		value[fuzz_below(in, len)] = fuzz_u8(in);
	(void)fdt_setprop_inplace(tree, node, name, value, len);
}

static void
set_value(void *tree, int node, const char *name, struct fuzz_in *in)
{
	uint8_t value[MAXVALUE];
	size_t len = fuzz_below(in, MAXVALUE + 1);

	fuzz_bytes(in, value, len);
	(void)fdt_setprop(tree, node, name, value, (int)len);
}

/*
 * Set the value to that of another node's property, of any name; or cut it
 * short.
 */
static void
copy_value(void *tree, int node, const char *name, bool whole,
    struct fuzz_in *in)
{
	int from = node, len;
	const char *other = name;
	char value[4096];
	const void *old;

	if (whole) {
		from = pick_node(tree, in);
		other = pick_name(tree, from, in);
	}
	old = fdt_getprop(tree, from, other, &len);
	if (old == NULL || len > (int)sizeof(value))
		return;
	memcpy(value, old, len);
	if (!whole)
		len = (int)fuzz_below(in, (uint32_t)len + 1);
	(void)fdt_setprop(tree, node, name, value, len);
}

static const char *
pick_node_name(struct fuzz_in *in)
{
	return (nodes[fuzz_below(in, sizeof(nodes) / sizeof(nodes[0]))]);
}

static bool
edit(void *tree, struct fuzz_in *in)
{
	enum edit what = fuzz_below(in, NEDITS);
	int node;

	if (what == NO_MORE)
		return (false);
	node = pick_node(tree, in);
	switch (what) {
	case CHANGE_BYTES:
		change_bytes(tree, node, pick_name(tree, node, in), in);
		break;
	case SET_VALUE:
		set_value(tree, node, pick_name(tree, node, in), in);
		break;
	case CUT_VALUE:
	case COPY_VALUE:
		copy_value(tree, node, pick_name(tree, node, in),
		    what == COPY_VALUE, in);
		break;
	case DELETE_PROPERTY:
		(void)fdt_delprop(tree, node, pick_name(tree, node, in));
		break;
	case DELETE_NODE:
		if (node != 0)
			(void)fdt_del_node(tree, node);
		break;
	case ADD_NODE:
		(void)fdt_add_subnode(tree, node, pick_node_name(in));
		break;
	default:
		if (node != 0)
			(void)fdt_set_name(tree, node, pick_node_name(in));
		break;
	}
	return (true);
}

size_t
fuzz_fdt_edit(const void *tree, void *edited, size_t room, struct fuzz_in *in)
{
	if (fdt_open_into(tree, edited, (int)room) != 0)
		fuzz_fail("no room for a tree");
	for (int n = 0; n < MAXEDITS && edit(edited, in); n++)
		continue;
	(void)fdt_pack(edited);
	return (fdt_totalsize(edited));
}
