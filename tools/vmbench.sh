#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Count the instructions of a period of sound inside FreeBSD, beside Linux, in
# QEMU.  tools/vmtest.sh runs it if BENCH=1.
#
#	KERNEL=kernel LOADER=loader.efi	for amd64, with the drivers inside
#	LINUX=package	a kernel of Debian's (the newest that apt knows)
#	TIME=seconds	limit of each guest (900)
#
# The table, consoles and lists of functions stay in out/vm/bench.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

out=out/vm/bench
source=tests/vm/bench
kernel=${KERNEL:-}
mkdir -p "$out"
if [ -f "$kernel" ]; then
	flags="-std=gnu17 -O2 -Wall -Wextra -Werror -Wmissing-prototypes"
	sh tools/vminit.sh amd64 "$out/init"
	sh tools/vmplugin.sh "$out/trace.so"
	# shellcheck disable=SC2086
	"$CLANG" $flags -static -o "$out/linux_init" $source/linux_init.c
fi
exec nice /usr/bin/python3 -B $source/bench.py --kernel "$kernel" \
    --loader "${LOADER:-}" --time "${TIME:-900}" \
    --init "$out/init" --linux "${LINUX:-}" --linux-init "$out/linux_init" \
    --plugin "$out/trace.so" --nm "$llvm/llvm-nm" --out "$out"
