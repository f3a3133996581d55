#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Compile the C layer, core, the crate and the drivers as a FreeBSD kernel is
# compiled, link them into one object per target, and check that object.
#
# The headers are the test kernel's, which have the real ones' names; with
# SYSDIR=/usr/src/sys they are FreeBSD's own, and the test kernel's are then
# compared with them (facts.sh).  Leaves out/cross/TARGET/kpi_drivers.o and
# out/cross.json.  Status 0 only if every check holds for every target.

. "$(dirname "$0")/env.sh"
no_arguments "$@"
. "$root/tools/targets.sh"
. "$root/tools/headers.sh"

SYSDIR=${SYSDIR:-}

# $1: target; $2: its directory.
compile_c()
{
	for source in $sources; do
		object=$2/$(basename "$source" .c).o
		# shellcheck disable=SC2046,SC2086
		"$CLANG" $(c_flags "$1") $(c_warnings) $C_INCLUDES -Icommon \
		    -Idrivers -fdebug-prefix-map="$root=." -ffunction-sections \
		    -c -o "$object" "$source"
		objects="$objects $object"
	done
}

sources=$(sh tools/sources.sh c common && sh tools/sources.sh c)
failed=0
rows=out/cross.rows
mkdir -p out
: >"$rows"
for target in $kernel_targets; do
	dir=$root/out/cross/$target
	rm -rf "$dir"
	mkdir -p "$dir"
	use_headers "$target" "$dir/include"
	export C_INCLUDES
	echo "compiling for $target"
	objects=
	nice sh tools/rust.sh "$target" "$dir/rust"
	compile_c "$target" "$dir"
	# A relocatable object: what is defined twice is an error here, where
	# an archive would lose one of the two.
	# shellcheck disable=SC2086
	"$llvm/ld.lld" -r -o "$dir/kpi_drivers.o" $objects \
	    "$dir/rust/drivers.o"
	/usr/bin/python3 tools/cross_check.py --llvm "$llvm" \
	    --symbols conf/kernel-symbols \
	    --bindings "$dir"/rust/*_bindings.rs --rows "$rows" \
	    ${SYSDIR:+--real-headers} "$target" "$dir/kpi_drivers.o" ||
	    failed=1
done

{
	echo '['
	sed '$!s/$/,/' "$rows"
	echo ']'
} >out/cross.json
rm -f "$rows"
/usr/bin/python3 tools/rows.py out/cross.json
# Then check that the test kernel is what the sources were just compiled
# against.
if [ -n "$SYSDIR" ]; then
	SYSDIR=$SYSDIR sh tools/facts.sh --real || failed=1
fi
[ "$failed" = 0 ] || die "the checks above failed"
