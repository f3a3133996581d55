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
#
# Some modules are linked, too, to say how large they are, of all that kpi.kmod.mk
# links: out/cross/TARGET/modules/MODULE.o, and what each consists of in
# out/size.md.

. "$(dirname "$0")/env.sh"
no_arguments "$@"
. "$root/tools/targets.sh"
. "$root/tools/headers.sh"

SYSDIR=${SYSDIR:-}

# The folders of the modules that are linked.
modules="drivers/virtio_snd drivers/apple examples/hello"

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

# $1: folder of a module; $2: variable.  Prints what its Makefile sets it to.
makefile_says()
{
	sed -e :more -e '/\\$/N; s/\\\n//; tmore' "$1/Makefile" |
	    sed -n "s/^$2=//p"
}

# $1: folder of a module.  Prints the folders of its drivers.
drivers_of()
{
	for folder in $(makefile_says "$1" KPI_DRIVERS | grep . || echo .); do
		echo "$1/$folder"
	done
}

# $1: folder of a module; $2: target; $3: directory of its objects.
link_module()
{
	module=$(basename "$1")
	linked=$3/modules/$module.o
	mkdir -p "$3/modules"
	folders=$(drivers_of "$1")
	layer=$(makefile_says "$1" KPI_SRCS)
	# shellcheck disable=SC2086 # lists of words
	parts=$(for source in $(sh tools/sources.sh c $folders) \
	    ${layer:-$(sh tools/sources.sh layer $folders)}; do
		echo "$3/$(basename "$source" .c).o"
	done)
	# shellcheck disable=SC2086
	crates=$(sh tools/sources.sh crates $folders | while read -r _ crate _; do
		echo "$3/rust/$crate.o"
	done)
	# All of C stays, and what C can call of Rust: one link in place of the
	# module's two.
	# shellcheck disable=SC2086
	roots=$("$llvm/llvm-nm" -gP $parts $crates |
	    awk '$1 !~ /^_R/ && $2 ~ /^[A-TV-Z]$/ { print "-u", $1 }')
	# shellcheck disable=SC2086
	"$llvm/ld.lld" -r --gc-sections -T tools/module_size.ld $roots \
	    --print-gc-sections -Map "$linked.map" -o "$linked" \
	    $parts $crates "$3/rust/kpi.o" "$(cat "$3/rust/core")" \
	    >"$linked.removed"
	! grep ':(set_' "$linked.removed" ||
	    die "$module: a linker set is missing in tools/module_size.ld"
	/usr/bin/python3 tools/module_size.py --llvm "$llvm" --rows "$rows" \
	    --table "$table" "$2" "$module" "$linked"
}

sources=$(sh tools/sources.sh c common && sh tools/sources.sh c &&
    sh tools/sources.sh c examples/hello)
DRIVERS=$(grep -v '^#' conf/drivers | tr '\n' ' ')examples/hello
export DRIVERS
failed=0
rows=out/cross.rows
mkdir -p out
: >"$rows"
table=out/size.md
cat >"$table" <<'END'
| module | | text | C, driver | C layer | Rust, driver | Rust, kpi | core | read-only data |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
END
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
	for module in $modules; do
		link_module "$module" "$target" "$dir"
	done
done

{
	echo '['
	sed '$!s/$/,/' "$rows"
	echo ']'
} >out/cross.json
rm -f "$rows"
/usr/bin/python3 tools/rows.py out/cross.json
cat "$table"
# Then check that the test kernel is what the sources were just compiled
# against.
if [ -n "$SYSDIR" ]; then
	SYSDIR=$SYSDIR sh tools/facts.sh --real || failed=1
fi
[ "$failed" = 0 ] || die "the checks above failed"
