#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Compile tests/vm's init(8): vminit.sh arm64|amd64 output
#
# A static program for FreeBSD, without libc and without FreeBSD's headers.  The
# few constants come from the test kernel's headers.  Each program is kept in
# out/vminit, by what it was made of.

. "$(dirname "$0")/env.sh"

[ $# = 2 ] || usage "arm64|amd64 output"
case $1 in
arm64)	target=aarch64 flags="-mno-outline-atomics" ;;
amd64)	target=x86_64 flags= ;;
*)	die "ARCH is arm64 or amd64, not $1" ;;
esac
output=$2

# Prints a name for the program that changes with all that it is made of.
key()
{
	{
		echo "$target"
		"$CLANG" --version
		"$llvm/ld.lld" --version
		find tests/vm tests/hw tests/kern/include examples \
		    -name '*.[ch]' -exec sha256sum {} + | sort
		cat tools/vminit.sh
	} | sha256sum | cut -d ' ' -f 1
}

kept=$root/out/vminit/$(key)
if [ -f "$kept" ]; then
	touch "$kept"
	cp "$kept" "$output"
	exit
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

objects=
for source in tests/vm/*.c tests/hw/noise.c tests/hw/card.c \
    tests/hw/cases*.c; do
	object=$dir/$(basename "$source" .c).o
	# shellcheck disable=SC2086
	"$CLANG" --target=$target-unknown-freebsd15.0 -std=gnu17 -O2 $flags \
	    -Wall -Wextra -Werror -Wmissing-prototypes -Wno-unused-parameter \
	    -ffreestanding -fno-builtin -fno-pic -fno-stack-protector \
	    -fno-unwind-tables -fno-asynchronous-unwind-tables \
	    -nostdlibinc -isystem tests/kern/include -Itests/hw -Itests/vm -Iexamples \
	    -c -o "$object" "$source"
	objects="$objects $object"
done
# shellcheck disable=SC2086
"$llvm/ld.lld" -static -z norelro --gc-sections -e _start -o "$output" $objects
mkdir -p "${kept%/*}"
cp "$output" "$kept.$$"
mv "$kept.$$" "$kept"
find "${kept%/*}" -type f -mtime +30 -exec rm -f {} +
