#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# ld.lld -r --gc-sections throws everything away and succeeds.
#
# Expected: a relocatable object is for a later link, so its global symbols are
# roots and stay; or, as with GNU ld, the option is refused without -e or -u.
# Seen: the object has no symbol and no code left, without a message.

. "$(dirname "$0")/lib.sh"
needs lld-19 1:19.1.7
needs binutils 2.40

echo 'int first(void) { return (1); } int second(void) { return (2); }' >two.c
cc -c -ffunction-sections two.c

link()
{
	"$@" -r --gc-sections two.o -o out.o 2>errors || echo refused
	[ ! -s errors ] || return 0
	echo "$(nm out.o 2>/dev/null | grep -c ' T ') functions"
}

compare "refused" "refused" "$(link ld)"
compare "2 functions, or refused" "0 functions" "$(link ld.lld-19)"
compare "1 functions" "1 functions" "$(link ld.lld-19 -u first)"
