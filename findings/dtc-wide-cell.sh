#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# dtc cuts a number of 64 bits to a cell, if its upper half is all ones.
#
# Expected: a number that does not fit into 32 bits is refused, as 0x100000000
# is.  It has to be written as two cells.
# Seen: 0xffffffff80000000, as a kernel's addresses are, is accepted without a
# warning, and is 0x80000000.  dtc takes it for a negative number, and does not
# look at the sign of what it keeps.  With /bits/ 8 the same holds for the upper
# 56 bits.

. "$(dirname "$0")/lib.sh"
needs device-tree-compiler 1.6.1

tree()
{
	echo "/dts-v1/; / { value = $1; };" |
	    dtc -I dts -O dtb -o tree.dtb - 2>errors || {
		sed -n 's/.*\(Value out of range\).*/\1/p' errors
		return
	}
	[ ! -s errors ] || die "dtc says something now: $(cat errors)"
	fdtget -t x tree.dtb / value
}

compare "Value out of range" "Value out of range" "$(tree '<0x100000000>')"
compare "Value out of range" 80000000 "$(tree '<0xffffffff80000000>')"
compare "Value out of range" 1 "$(tree '<0xffffffff00000001>')"
compare "Value out of range" 1 \
    "$(tree '/bits/ 8 <0xffffffffffffff01>' | sed 's/^0*//')"
