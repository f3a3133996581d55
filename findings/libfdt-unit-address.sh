#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A path without unit address finds a node with one, even when another node has
# exactly the name asked for.
#
# Expected: of uart@1000 and uart, /uart is the second: its name is equal.  The
# first would be a substitute, if the second did not exist.
# Seen: fdt_path_offset() takes the first in the tree's order.  The node called
# uart has no path that leads to it, as fdt_get_path() shows: it tells a path
# that finds the other node.

. "$(dirname "$0")/lib.sh"
needs libfdt-dev 1.6.1

cat >tree.dts <<'E'
/dts-v1/;
/ { uart@1000 { reg = <0x1000>; }; uart { compatible = "x"; }; };
E
cat >probe.c <<'E'
#include <libfdt.h>
#include <stdio.h>
static char tree[4096], path[64];
int
main(void)
{
	int node;

	if (fread(tree, 1, sizeof(tree), stdin) == 0)
		return (1);
	node = fdt_node_offset_by_compatible(tree, -1, "x");
	fdt_get_path(tree, node, path, sizeof(path));
	printf("%s is %s\n", path,
	    fdt_get_name(tree, fdt_path_offset(tree, path), NULL));
}
E
dtc -q -O dtb -o tree.dtb tree.dts
cc probe.c -o probe -lfdt

compare "/uart is uart" "/uart is uart@1000" "$(./probe <tree.dtb)"
