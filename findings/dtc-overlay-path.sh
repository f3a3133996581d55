#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A path to a node of an overlay is wrong once the overlay is applied.
#
# Expected: of a node that the overlay adds, &label without angle brackets is its
# path in the tree that results; or dtc refuses it, as it does not know that tree.
# An alias for the new node is written so.
# Seen: dtc writes the path within the overlay's own file, and fdtoverlay leaves
# it.  The alias names /fragment@0/__overlay__/serial, a node that no longer is.
# Neither says anything; dtc warns of the alias when it reads the result.  The same
# label in angle brackets, as a phandle, is right.

. "$(dirname "$0")/lib.sh"
needs device-tree-compiler 1.6.1

cat >base.dts <<'E'
/dts-v1/;
/ {
	soc: soc { };
	aliases { };
};
E
cat >overlay.dts <<'E'
/dts-v1/;
/plugin/;
&soc { uart: serial { }; };
&{/aliases} { serial0 = &uart; };
&{/} { console = <&uart>; };
E
dtc -@ -O dtb -o base.dtb base.dts 2>messages
dtc -@ -O dtb -o overlay.dtb overlay.dts 2>>messages
fdtoverlay -i base.dtb -o tree.dtb overlay.dtb 2>>messages

alias=$(fdtget tree.dtb /aliases serial0)
fdtget tree.dtb "$alias" phandle >/dev/null 2>&1 && found=found ||
    found="not found"
compare "said: " "said: " "said: $(cat messages)"
compare "/soc/serial found" "/fragment@0/__overlay__/serial not found" \
    "$alias $found"
dtc -I dtb -O dtb -o /dev/null tree.dtb 2>messages
compare alias_paths alias_paths "$(sed -n 's/.*Warning (\([a-z_]*\)).*/\1/p' messages)"
compare same same "$([ "$(fdtget tree.dtb / console)" = \
    "$(fdtget tree.dtb /soc/serial phandle)" ] && echo same)"
