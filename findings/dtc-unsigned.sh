#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# dtc computes like C, but without signed numbers, and does not say so.
#
# Expected: <(-1 < 1)> is 1, as in C, whose operators these are, and <(-8 / 2)>
# is 0xfffffffc, since <(-4)> is.
# Seen: the comparison gives 0 without a warning.  The quotient is that of
# 2^64 - 8, and refused as too large for a cell.

. "$(dirname "$0")/lib.sh"
needs device-tree-compiler 1.6.1

tree()
{
	echo "/dts-v1/; / { value = <$1>; };" |
	    dtc -I dts -O dtb -o tree.dtb - 2>errors &&
	    fdtget -t x tree.dtb / value && return
	sed -n 's/.*\(Value out of range\).*/\1/p' errors
}

compare "-1 < 1 is 1" 0 "$(tree '(-1 < 1)')"
[ ! -s errors ] || die "dtc says something now: $(cat errors)"
compare "-4 is fffffffc" fffffffc "$(tree '(-4)')"
compare "-8 / 2 is fffffffc" "Value out of range" "$(tree '(-8 / 2)')"
