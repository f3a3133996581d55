#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Compile the Rust of a FreeBSD kernel or module into one relocatable object.
#
#	kernel-rust.sh machine object "drivers" cc cflags...
#
# FreeBSD's makefiles call it in the directory of their objects, with the command
# that compiles their C; bindgen reads the headers through it, and Rust follows
# its flags.  machine: arm64 or amd64.  drivers: their folders, as sources.sh wants
# them.
#
# Leaves object, .depend.object for make(1), and beside it kpi_rust/, which holds
# what the next run need not compile again: core, and a crate each.  CORE_DIR in
# the environment: a place for core that several kernels share.  LD, NM, OBJCOPY,
# RUSTC, BINDGEN: the tools.

# FreeBSD's build puts its own tools first in PATH, and on other systems nothing
# else.
PATH=${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin
export PATH

objdir=$(pwd)
work=$objdir/kpi_rust

. "$(dirname "$0")/env.sh"
. "$root/tools/targets.sh"

[ $# -ge 4 ] || usage 'machine object "drivers" cc cflags...'
machine=$1
object=$2
export DRIVERS="$3"
shift 3

# $1: program; $2: how it is called; $3: package; $4: variable.
need()
{
	command -v "$1" >/dev/null ||
	    die "$2 is missing: install $3, or set $4"
}

# Prints the C flags $@ so that they work in any directory, without those that
# only a compiler needs.
cflags()
{
	skip=
	for flag; do
		if [ -n "$skip" ]; then
			skip=
			continue
		fi
		case $flag in
		-MD|-MP|-MF*|-MT*|-Werror)
			continue ;;
		-I/*|-I=*)
			;;
		-I)	die "-I and its folder are two words" ;;
		-I.)	flag=-I$objdir ;;
		-I*)	flag=-I$objdir/${flag#-I} ;;
		esac
		printf '%s ' "$flag"
	done
}

# True if the kernel that is being compiled has option $1.
option()
{
	for flag in $KERNEL_CFLAGS; do
		case $flag in
		*opt_global.h)
			file=$flag
			[ -f "$file" ] || file=$objdir/$flag
			grep -q "^#define[[:space:]]*$1[[:space:]]*1" "$file"
			return
			;;
		esac
	done
	return 1
}

need "$RUSTC" rustc "Debian's rustc-web and rust-web-src, FreeBSD's rust" RUSTC
need "$BINDGEN" bindgen "FreeBSD's rust-bindgen-cli, elsewhere by cargo" BINDGEN
check_rust
target=$(target_of_machine "$machine")
[ -n "$target" ] || die "no Rust for $machine kernels here: arm64, amd64"

cc=$1
triple=$("$@" -dumpmachine)
shift
KERNEL_CFLAGS="--target=$triple $(cflags "$@")"
export KERNEL_CFLAGS
! option INVARIANTS || export KERNEL_INVARIANTS=yes
export C_INCLUDES='' KEEP_FRESH=yes CORE_DIR="${CORE_DIR:-$work}"

lists="$root/conf/drivers"
for folder in $DRIVERS; do
	lists="$lists $(cd "$folder" && pwd)/sources"
done

# Other flags, another compiler or other lists: all is old.
# shellcheck disable=SC2086 # a list of files
now="$("$RUSTC" -Vv) $("$BINDGEN" -V) $cc $KERNEL_CFLAGS
$(rust_flags "$target") $(rust_crate_flags "$target") $DRIVERS ${RUSTFLAGS-}
$(cat $lists)"
mkdir -p "$work"
if [ "$(cat "$work/flags" 2>/dev/null)" != "$now" ]; then
	rm -rf "$work/crates"
	printf '%s\n' "$now" >"$work/flags"
fi

sh tools/rust.sh -d "$objdir/.depend.$object" -n "$object" "$target" \
    "$work/crates"
mv "$work/crates/drivers.o" "$objdir/$object"
for script in kernel-rust.sh rust.sh sources.sh targets.sh env.sh; do
	printf '%s ' "$root/tools/$script" >>"$objdir/.depend.$object"
done
printf '%s ' "$lists" >>"$objdir/.depend.$object"
