#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# An overlay that refers to a node it extends breaks the references of the base.
#
# Expected: of a node that is in the base, and that an overlay extends and refers
# to by a label of its own, both references find the node afterwards; or the
# overlay is refused.
# Seen: it is applied, and the node has the overlay's phandle in place of its
# own.  What the base referred to it with is the phandle of no node.

. "$(dirname "$0")/lib.sh"
needs device-tree-compiler 1.6.1
needs libfdt1 1.6.1

cat >base.dts <<'E'
/dts-v1/; / { clock: clock { }; old { clocks = <&clock>; }; };
E
cat >overlay.dts <<'E'
/dts-v1/; /plugin/; / { fragment@0 { target-path = "/"; __overlay__ {
	mine: clock { frequency = <1>; };
	new { clocks = <&mine>; };
}; }; };
E
dtc -q -@ -O dtb -o base.dtb base.dts
dtc -q -@ -O dtb -o overlay.dtb overlay.dts

show()
{
	echo "clock $(fdtget "$1" /clock phandle)" \
	    "old $(fdtget "$1" /old clocks)" \
	    "new $(fdtget -d none "$1" /new clocks)"
}

compare "clock 1 old 1 new none" "clock 1 old 1 new none" "$(show base.dtb)"
fdtoverlay -i base.dtb -o both.dtb overlay.dtb
compare "clock 1 old 1 new 1" "clock 2 old 1 new 2" "$(show both.dtb)"
