# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Sourced after targets.sh: which kernel headers the sources see.
#
# In the environment:
#	SYSDIR		a FreeBSD tree's sys/; without it, the test kernel's
#	TEST_HEADERS	where the test kernel's are, tests/kern/include

# $1: machine.  Prints the definitions of the options that every kernel config
# for it has and that every source sees.
default_options()
{
	sed -n 's/^options[[:space:]]*\([A-Z0-9_]*\).*/\1/p' \
	    "$SYSDIR/$1/conf/DEFAULTS" | while read -r option; do
		if grep -q "^${option}[[:space:]]*opt_global\.h" \
		    "$SYSDIR/conf/options" "$SYSDIR/conf/options.$1"; then
			echo "#define $option 1"
		fi
	done
}

# $1: target; $2: directory.  Makes the files that config(8) and FreeBSD's
# makefiles generate before a kernel compiles: the machine's headers under their
# common names, kobj(9) interfaces, and the options of a kernel that sets none.
generate_headers()
{
	machine=$(machine_of "$1")
	mkdir -p "$2"
	ln -sfn "$SYSDIR/$machine/include" "$2/machine"
	ln -sfn "$SYSDIR/x86/include" "$2/x86"
	ln -sfn "$SYSDIR/i386/include" "$2/i386"
	for m in kern/bus_if kern/clock_if kern/device_if kern/linker_if \
	    dev/gpio/gpio_if dev/ofw/ofw_bus_if dev/pci/pci_if dev/pci/pcib_if \
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
	: >"$2/opt_kbd.h"
	: >"$2/opt_platform.h"
	{
		echo '#define SMP 1'
		# As in GENERIC.  Without this option there are no probes
		# (SDT(9)).
		echo '#define KDTRACE_HOOKS 1'
		default_options "$machine"
	} >"$2/opt_global.h"
	# Offsets into a few structs, read from an object's symbols.
	: >"$2/offset.inc"
	# shellcheck disable=SC2046,SC2086
	"$CLANG" $(c_flags "$1") $C_INCLUDES -fcommon \
	    -Wno-pointer-sign -c -o "$2/genoffset.o" \
	    "$SYSDIR/kern/genoffset.c"
	NM="$llvm/llvm-nm" NMFLAGS='' sh "$SYSDIR/kern/genoffset.sh" \
	    -o "$2/offset.inc" "$2/genoffset.o"
}

# $1: target; $2: directory for generated files.  Sets C_INCLUDES.
use_headers()
{
	if [ -z "${SYSDIR-}" ]; then
		sh tools/kobj_if.sh "$2"
		C_INCLUDES="-nostdlibinc
		    -I${TEST_HEADERS-tests/kern/include} -I$2"
		return
	fi
	SYSDIR=$(cd "$SYSDIR" && pwd)
	C_INCLUDES="-nostdinc -isystem $2 -isystem $SYSDIR
	    -isystem $SYSDIR/contrib/ck/include
	    -DHAVE_KERNEL_OPTION_HEADERS -include opt_global.h
	    -D__printf__=__freebsd_kprintf__"
	generate_headers "$1" "$2"
}
