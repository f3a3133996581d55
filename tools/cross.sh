#!/bin/sh
# Compile the C layer, core, the crate and the drivers as a FreeBSD kernel is
# compiled, link them into one object per target, and check that object.
#
# The headers are the test kernel's, which have the real ones' names; with
# SYSDIR=/usr/src/sys they are FreeBSD's own.  Leaves
# out/cross/TARGET/kpi_drivers.o and out/cross.json.  Status 0 only if every
# check holds for every target.

. "$(dirname "$0")/env.sh"
. "$root/tools/targets.sh"

SYSDIR=${SYSDIR:-}

# $1: target; $2: directory.  Makes what config(8) and FreeBSD's makefiles
# generate before a kernel compiles: the machine's headers under their common
# names, kobj(9) interfaces, and the options of a kernel without options.
generate_headers()
{
	machine=$(machine_of "$1")
	mkdir -p "$2"
	ln -sfn "$SYSDIR/$machine/include" "$2/machine"
	ln -sfn "$SYSDIR/x86/include" "$2/x86"
	ln -sfn "$SYSDIR/i386/include" "$2/i386"
	for m in kern/bus_if kern/device_if kern/linker_if dev/ofw/ofw_bus_if \
	    dev/virtio/virtio_if dev/virtio/virtio_bus_if \
	    dev/sound/pcm/channel_if dev/sound/pcm/mixer_if \
	    dev/sound/pcm/feeder_if; do
		[ -f "$SYSDIR/$m.m" ] || die "no $m.m in $SYSDIR"
		(cd "$2" && awk -f "$SYSDIR/tools/makeobjops.awk" \
		    "$SYSDIR/$m.m" -h)
	done
	grep -oh '#include "opt_[a-z0-9_]*\.h"' \
	    "$SYSDIR"/sys/*.h "$SYSDIR"/dev/sound/pcm/*.h \
	    "$SYSDIR/$machine"/include/*.h | sort -u | cut -d '"' -f 2 |
	    while read -r h; do
		: >"$2/$h"
	done
	: >"$2/opt_platform.h"
	echo '#define SMP 1' >"$2/opt_global.h"
	# Offsets into a few structs, read off an object's symbols.
	: >"$2/offset.inc"
	# shellcheck disable=SC2046,SC2086
	"$CLANG" $(c_flags "$1") $C_INCLUDES -fcommon \
	    -Wno-pointer-sign -c -o "$2/genoffset.o" \
	    "$SYSDIR/kern/genoffset.c"
	NM="$llvm/llvm-nm" NMFLAGS='' sh "$SYSDIR/kern/genoffset.sh" \
	    -o "$2/offset.inc" "$2/genoffset.o"
}

# $1: target; $2: its directory.
compile_c()
{
	for source in common/*.c drivers/*/*.c; do
		case $source in
		*_test.c) continue ;;
		esac
		object=$2/$(basename "$source" .c).o
		# shellcheck disable=SC2046,SC2086
		"$CLANG" $(c_flags "$1") $(c_warnings) $C_INCLUDES -Icommon \
		    -fdebug-prefix-map="$root=." -ffunction-sections \
		    -c -o "$object" "$source"
		objects="$objects $object"
	done
}

failed=0
rows=out/cross.rows
mkdir -p out
: >"$rows"
for target in $kernel_targets; do
	dir=$root/out/cross/$target
	rm -rf "$dir"
	mkdir -p "$dir"
	if [ -n "$SYSDIR" ]; then
		SYSDIR=$(cd "$SYSDIR" && pwd)
		C_INCLUDES="-nostdinc -isystem $dir/include -isystem $SYSDIR
		    -isystem $SYSDIR/contrib/ck/include
		    -DHAVE_KERNEL_OPTION_HEADERS -include opt_global.h
		    -D__printf__=__freebsd_kprintf__"
		generate_headers "$target" "$dir/include"
	else
		C_INCLUDES="-nostdlibinc -Itests/kern/include"
	fi
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
[ "$failed" = 0 ] || die "the checks above failed"
