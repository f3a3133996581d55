#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Print what the lists of sources say.
#
# conf/drivers names the folders of the drivers.  Each of them, and common/, has
# a file "sources".  All builds read these lists: meson.build for the test
# kernel, conf/kpi.kmod.mk for modules, tools/cross.sh, and tools/rust.sh in all
# of these.  conf/files.kpi, which config(8) reads, is generated from them (make
# files).  Lines that begin with "#" are comments.  The others begin with one of
# these words:
#
#	device NAME OPTION...	the device in a kernel config that asks for the
#				driver, and what else the kernel must have
#	c FILE OPTION...	a C file, and what it needs besides
#	crate NAME CRATE...	rust/lib.rs, and the drivers' crates that it uses
#	names PREFIX...		names that Rust sees of the crate's NAME_var.h:
#				these, and what begins with one of them and "_";
#				NAME in both cases unless given
#	test PROGRAM RIG...	tests/PROGRAM.c; each RIG.c is in the driver's
#				folder tests, or in tests/rigs
#	tree NAME		tests/NAME.dts, a device tree for tests
#
# Folders are given as paths; without any, all drivers are meant.
#
#	sources.sh c [FOLDER ...]	paths of C files
#	sources.sh layer FOLDER ...	the C layer's, for a module of these drivers
#	sources.sh crates [FOLDER ...]	a line each: folder, crate, crates it uses
#	sources.sh names FOLDER		prefixes
#	sources.sh kernel		conf/files.kpi

. "$(dirname "$0")/env.sh"

# Prints the folders of all drivers, in the order of their crates.
listed()
{
	grep -v '^#' conf/drivers
}

# $1: word; $2: folder.  Prints what follows the word, a line each.
lines()
{
	awk -v word="$1" '$1 == word { $1 = ""; print substr($0, 2) }' \
	    "$2/sources"
}

# $@: folders.  Prints them in the order of conf/drivers, then the folders that
# are not in it.
in_order()
{
	given=$(for folder; do (cd "$folder" && pwd -P); done)
	for folder in $(listed); do
		(cd "$folder" && pwd -P)
	done | given="$given" awk '
	BEGIN {
		n = split(ENVIRON["given"], list, "\n")
		for (i = 1; i <= n; i++)
			wanted[list[i]] = 1
	}
	wanted[$0] { print; delete wanted[$0] }
	END {
		for (i = 1; i <= n; i++)
			if (wanted[list[i]])
				print list[i]
	}'
}

# $@: folders.
c_files()
{
	for folder; do
		lines c "$folder" | awk -v folder="$folder" \
		    '{ print folder "/" $1 }'
	done
}

# $@: folders.  A file of the layer is omitted unless a driver asks for every
# option that the file needs.
layer()
{
	have=$(for folder; do lines device "$folder"; done)
	lines c common | have="$have" awk '
	BEGIN {
		n = split(ENVIRON["have"], list)
		for (i = 1; i <= n; i++)
			has[list[i]] = 1
	}
	{
		for (i = 2; i <= NF; i++)
			if (!has[$i])
				next
		print "common/" $1
	}'
}

# $@: folders.
crates()
{
	for folder; do
		lines crate "$folder" | sed "s|^|${folder#"$(pwd -P)/"} |"
	done
}

# $1: folder; $2: options that each of its files needs.
kernel_files()
{
	echo
	lines c "$1" | awk -v folder="$1" -v options="$2" '
	{
		file = $1
		$1 = ""
		printf "${KPI}/%s/%s optional %s%s local \\\n", folder, file,
		    options, $0
		print "\tcompile-with \"${NORMAL_C} -I${KPI}/common" \
		    " -I${KPI}/drivers\""
	}'
}

# $@: folders.
kernel()
{
	cat <<'TEXT'
# What config(8) adds to a kernel: the C layer, the drivers' C, and all Rust in
# one object.  ${KPI} is this project, and comes from std.kpi.
#
# Made of the lists of sources by make files: see tools/sources.sh.  "local"
# keeps config(8) from looking in FreeBSD's tree.
TEXT
	kernel_files common "$(lines device common)"
	for folder; do
		kernel_files "$folder" \
		    "$(lines device common) $(lines device "$folder")"
	done
	cat <<'TEXT'

# The crate, and the Rust of the drivers whose C is compiled.  ctfconvert(1) knows
# C alone.
kpi_rust.o	optional kpi local no-ctfconvert \
	compile-with "LD='${LD}' NM='${NM}' OBJCOPY='${OBJCOPY}' sh ${KPI}/tools/kernel-rust.sh ${MACHINE} ${.TARGET} '${CFILES:M${KPI}/*:N${KPI}/common/*:H:O:u}' ${CC} ${CFLAGS}" \
	no-implicit-rule
TEXT
}

takes="c|crates|layer|names|kernel [FOLDER ...]"
[ $# -gt 0 ] || usage "$takes"
what=$1
shift
# shellcheck disable=SC2046 # a list of folders
[ $# -gt 0 ] || set -- $(listed)
for folder; do
	[ -f "$folder/sources" ] || die "$folder has no list of its sources"
done
case $what in
c)	c_files "$@" ;;
crates)	# shellcheck disable=SC2046 # a list of folders
	crates $(in_order "$@") ;;
layer)	layer "$@" ;;
names)	lines names "$1" ;;
kernel)	kernel "$@" ;;
*)	usage "$takes" ;;
esac
