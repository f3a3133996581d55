#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Compile QEMU's plugin, tests/vm/bench/trace.c: vmplugin.sh output
#
# A plugin names the version of QEMU's interface that it follows, and QEMU refuses
# one older than its least.  QEMU says its least when it refuses.  The plugin follows
# that version, but none older than the oldest that it knows.
#
#	QEMU=program	the QEMU that will load it (qemu-system-x86_64)

. "$(dirname "$0")/env.sh"

case $#${1-} in
1[!-]*)	;;
*)	usage output ;;
esac
output=$1
qemu=${QEMU:-qemu-system-x86_64}
oldest=4

# $1: version.
compile()
{
	"$CLANG" -std=gnu17 -O2 -Wall -Wextra -Werror -Wmissing-prototypes \
	    -fPIC -shared -fvisibility=hidden -DPLUGIN_API="$1" \
	    -o "$output" tests/vm/bench/trace.c
}

# QEMU accepts no version 0.
compile 0
least=$("$qemu" -accel tcg -machine none -display none -S -plugin "$output" \
    2>&1 </dev/null |
    sed -n 's/.*supports only a minimum version of \([0-9]*\).*/\1/p')
[ -n "$least" ] ||
    die "$qemu does not say which plugins it loads: was it configured with" \
        "--enable-plugins?"
[ "$least" -gt "$oldest" ] || least=$oldest
compile "$least"
