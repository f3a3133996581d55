#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# What libfdt adds to a device tree comes before what was there.
#
# Expected: fdt_add_subnode() puts a node behind its siblings, and fdt_setprop()
# a new property behind the others, as text is appended to a file.
# Seen: each is the first.  Three nodes that are added in order are found in the
# opposite order, and a system that numbers its devices in the tree's order
# numbers them backwards.  The same nodes written by fdt_begin_node(), the
# sequential functions of the same library, keep their order.

. "$(dirname "$0")/lib.sh"
needs libfdt-dev 1.6.1

cat >order.c <<'E'
#include <libfdt.h>
#include <stdio.h>
static const char *const names[] = { "a", "b", "c" };
static char tree[4096];
static void
print(const char *how)
{
	const char *name;
	int at;

	printf("%s:", how);
	fdt_for_each_property_offset(at, tree, 0) {
		fdt_getprop_by_offset(tree, at, &name, NULL);
		printf(" %s", name);
	}
	fdt_for_each_subnode(at, tree, 0)
		printf(" /%s", fdt_get_name(tree, at, NULL));
	printf("\n");
}
int
main(void)
{
	int i;

	fdt_create_empty_tree(tree, sizeof(tree));
	for (i = 0; i < 3; i++) {
		fdt_add_subnode(tree, 0, names[i]);
		fdt_setprop_u32(tree, 0, names[i], i);
	}
	print("added");
	fdt_create(tree, sizeof(tree));
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	for (i = 0; i < 3; i++)
		fdt_property_u32(tree, names[i], i);
	for (i = 0; i < 3; i++) {
		fdt_begin_node(tree, names[i]);
		fdt_end_node(tree);
	}
	fdt_end_node(tree);
	fdt_finish(tree);
	print("written");
}
E
cc order.c -o order -lfdt
./order >out
compare "added: a b c /a /b /c" "added: c b a /c /b /a" "$(sed -n 1p out)"
compare "written: a b c /a /b /c" "written: a b c /a /b /c" "$(sed -n 2p out)"
