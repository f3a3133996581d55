#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Make the headers of the test kernel's kobj(9) interfaces from the lists of their
# methods, tests/kern/*/NAME_if.methods.
#
#	kobj_if.sh directory
#
# Writes NAME_if.h there.  A header that would not change is not written, so
# that nothing is compiled again because of it.  kobj_if.awk says what a list
# is.

. "$(dirname "$0")/env.sh"
case $#${1-} in
1[!-]*)	directory=$1 ;;
*)	usage directory ;;
esac

mkdir -p "$directory"
for list in tests/kern/*/*_if.methods; do
	header=$directory/$(basename "$list" .methods).h
	awk -f tools/kobj_if.awk "$list" >"$header.new$$" || {
		rm -f "$header.new$$"
		die "no $header"
	}
	if cmp -s "$header.new$$" "$header"; then
		rm -f "$header.new$$"
	else
		mv "$header.new$$" "$header"
	fi
done
