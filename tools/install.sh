#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Install what a FreeBSD user needs, or remove it again.
#
#	install.sh install | uninstall
#
# DESTDIR	a folder to install into, in place of the root
# PREFIX	/usr/local: of manual pages, examples and tests
# KMODDIR	/boot/modules
# SYSDIR, KERNBUILDDIR	the kernel that modules are built for: see
#		docs/guide/freebsd.md
#
# On FreeBSD the modules and tests are built first.  Elsewhere those are
# installed that were built for FreeBSD in their own folders.  A line names
# those that were not built.

. "$(dirname "$0")/env.sh"

prefix=${PREFIX:-/usr/local}
kmoddir=${KMODDIR:-/boot/modules}
destdir=${DESTDIR:-}
name=kpi-drivers

# Prints "mode source target" of everything that can be installed.  A source
# that has to be built may be missing.
all_files()
{
	for file in drivers/virtio_snd/virtio_snd.ko drivers/apple/apple.ko; do
		echo "555 $file $kmoddir/${file##*/}"
	done
	for file in $(find common/man drivers -name '*.[49]' | sort); do
		section=${file##*.}
		echo "444 $file $prefix/share/man/man$section/${file##*/}"
	done
	for file in $(find examples/devd examples/dtrace -type f | sort); do
		echo "444 $file $prefix/share/examples/$name/${file#examples/}"
	done
	echo "444 tests/hw/Kyuafile $prefix/tests/virtio_snd/Kyuafile"
	echo "555 tests/hw/virtio_snd_hw_test" \
	    "$prefix/tests/virtio_snd/virtio_snd_hw_test"
	echo "444 tests/hw/apple/Kyuafile $prefix/tests/apple/Kyuafile"
	echo "555 tests/hw/apple/apple_hw_test" \
	    "$prefix/tests/apple/apple_hw_test"
}

# Builds modules and tests with FreeBSD's own make files.
build_all()
{
	folders="drivers/virtio_snd tests/hw tests/hw/apple"
	[ "$(uname -p)" != aarch64 ] || folders="$folders drivers/apple"
	for folder in $folders; do
		echo "building $folder"
		# In its own folder, where all_files looks, not below /usr/obj.
		MAKEOBJDIR=. make -C "$folder" \
		    ${SYSDIR:+SYSDIR="$SYSDIR"} \
		    ${KERNBUILDDIR:+KERNBUILDDIR="$KERNBUILDDIR"} ||
		    die "cannot build $folder"
	done
}

install_all()
{
	[ "$(uname -s)" != FreeBSD ] || build_all
	all_files | while read -r mode source target; do
		if ! [ -f "$source" ]; then
			echo "not built, so not installed: $source"
			continue
		fi
		mkdir -p "$destdir${target%/*}" ||
		    die "cannot make $destdir${target%/*}"
		install -m "$mode" "$source" "$destdir$target" ||
		    die "cannot install $destdir$target"
		echo "$destdir$target"
	done
}

# Removes folder $1 and the folders above it that are empty.  In the running
# system only folders below this project's own are removed.
remove_folders()
{
	folder=$1
	while [ -n "$folder" ] && [ "$folder" != / ]; do
		case $destdir$folder in
		*/$name|*/$name/*|*/tests/virtio_snd|*/tests/apple)	;;
		*)	[ -n "$destdir" ] || return 0 ;;
		esac
		rmdir "$destdir$folder" 2>/dev/null || return 0
		folder=${folder%/*}
	done
}

uninstall_all()
{
	all_files | while read -r _ _ target; do
		rm -f "$destdir$target" || die "cannot remove $destdir$target"
		remove_folders "${target%/*}"
	done
}

# devmatch(8) and kldload(8) find a module by this file.
renew_hints()
{
	[ -z "$destdir" ] && command -v kldxref >/dev/null || return 0
	kldxref "$kmoddir"
}

case $* in
install|uninstall)	;;
*)	usage "install | uninstall" ;;
esac
case $destdir in
""|/*)	;;
*)	die "DESTDIR is $destdir: it must begin with /" ;;
esac
"${1}_all"
renew_hints
