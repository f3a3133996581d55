#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# dtc does not delete a property in the braces in which it is set.
#
# Expected: /delete-property/ removes what was set above it, wherever that is, as
# #undef does in C; or dtc says that it did nothing.
# Seen: it removes only what an earlier block of the same node has set.  In its
# own block the property stays, without a message.  A file that is merged into
# one block, or text that is included into it, loses its deletions.
# /delete-node/ in the same place is an error about a duplicate name, of a node
# that occurs once.

. "$(dirname "$0")/lib.sh"
needs device-tree-compiler 1.6.1

tree()
{
	echo "/dts-v1/; $1" | dtc -I dts -O dtb -o tree.dtb - 2>errors ||
	    sed -n 's/.*(\(duplicate_node_names\)).*/\1/p' errors
}

tree '/ { old = <1>; }; / { /delete-property/ old; };'
compare "gone" "gone" "$(fdtget -d gone tree.dtb / old)"
tree '/ { old = <1>; /delete-property/ old; };'
compare "gone" 1 "$(fdtget -d gone tree.dtb / old)"
[ ! -s errors ] || die "dtc says something now: $(cat errors)"
compare "no node, no message" "duplicate_node_names" \
    "$(tree '/ { old { }; /delete-node/ old; };')"
