#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Compare the test kernel's headers with FreeBSD's: the constants, structs and
# prototypes that the sources use.
#
#	facts.sh		with the facts recorded in conf/facts
#	facts.sh --real		with the headers in SYSDIR
#	facts.sh --record	record those of SYSDIR; with ORIGINS=file only
#				what differs from FreeBSD 15.0, see
#				facts_delta.py
#
# or the recorded facts with those of another FreeBSD, its tree's sys/:
#
#	facts.sh --changes SYSDIR
#
# Status: 0 if nothing differs, 1 if something does, 2 if not called as above.
#
# SYSDIR: a FreeBSD tree's sys/.
# TEST_HEADERS: the test kernel's headers, if not tests/kern/include.
# FACTS: the folder of the records, if not conf/facts.
# FACTS_KEPT: the folder where the facts of the test kernel's headers are kept, if
# not out/facts: they are made again only when something changes that they depend
# on.
# docs/reference/freebsd-facts.md says what a fact is.

. "$(dirname "$0")/env.sh"
. "$root/tools/targets.sh"
. "$root/tools/headers.sh"

# What is recorded, and what plain "facts.sh" compares with.  The first is the
# base of the others.
recorded="freebsd-15.0 freebsd-16.0"
base=${recorded%% *}

headers=${TEST_HEADERS-tests/kern/include}
facts=${FACTS-conf/facts}
kept=${FACTS_KEPT-$root/out/facts}
how=recorded
case $* in
'')	;;
--real|--record)
	how=${1#--}
	[ -n "${SYSDIR-}" ] || die "needs SYSDIR=/path/to/sys"
	;;
--changes\ *)
	how=changes
	SYSDIR=$2
	if [ $# != 2 ] || ! [ -f "$SYSDIR/conf/newvers.sh" ]; then
		usage "--changes /path/to/sys"
	fi
	;;
*)	usage "[--real | --record | --changes SYSDIR]" ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Prints the sources that go into a kernel.  A model in a driver's folder tests is
# none of them.
sources()
{
	find common drivers examples kpi/src -name '*.[ch]' ! -name '*_test.[ch]' \
	    ! -name '*_if.[ch]' ! -name 'opt_*.h' ! -path '*/tests/*'
	find drivers examples kpi/src -name '*.rs' ! -path '*/kpi_rust/*'
}

# $1: directory for generated headers; the rest: what facts_probe.py gets behind
# the folders and the sources.  Prints a name for the facts of the test kernel's
# headers that changes with all that they are made of.
key_of()
{
	generated=$1
	shift
	{
		echo "$*"
		"$CLANG" --version
		(cd "$headers" && find . -type f -exec sha256sum {} +) | sort
		(cd "$generated" && find . -type f -exec sha256sum {} +) | sort
		# shellcheck disable=SC2046 # a list of files
		sha256sum tools/facts_probe.py $(sources | sort)
	} | sed "s|$work|WORK|g; s|$headers|HEADERS|g" | sha256sum |
	    cut -d ' ' -f 1
}

# Prints the file $1, or else makes it, of what the rest prints, and all that have
# not been used for a month are deleted.
kept()
{
	file=$kept/$1
	shift
	if [ -f "$file" ]; then
		touch "$file"
	else
		mkdir -p "$kept"
		"$@" >"$work/kept" || return
		mv "$work/kept" "$file.$$"
		mv "$file.$$" "$file"
		find "$kept" -type f -mtime +30 -exec rm -f {} +
	fi
	cat "$file"
}

# $1: target; $2: directory for generated headers; $3: version, as which the
# test kernel's are read.  Prints the facts.  The checks of INVARIANTS and
# WITNESS are on, as in the test kernel: some names exist only then.
probe()
{
	use_headers "$1" "$2"
	release=${3#freebsd-}
	# shellcheck disable=SC2046,SC2086 # lists of words
	set -- "$2" $(c_flags "$1") -DINVARIANTS -DINVARIANT_SUPPORT -DWITNESS \
	    -DTK_FREEBSD="${release%%.*}" \
	    -resource-dir "$("$CLANG" -print-resource-dir)" \
	    $C_INCLUDES -Icommon -Idrivers
	run=
	[ -n "${SYSDIR-}" ] || run="kept $(key_of "$@")"
	shift
	# shellcheck disable=SC2046,SC2086 # lists of words
	$run nice /usr/bin/python3 tools/facts_probe.py \
	    --offered "$headers" "$work/interfaces" $errors \
	    $(sources) -- "$@"
}

# Prints the version of the tree in SYSDIR, as in freebsd-15.0.
version()
{
	sed -n 's/^REVISION="\(.*\)"/freebsd-\1/p' "$SYSDIR/conf/newvers.sh"
}

# $1: facts; $2: name.  Writes the record.
record()
{
	mkdir -p "$facts"
	if [ -z "${ORIGINS-}" ]; then
		grep -v '^used ' "$1" >"$facts/$2"
	else
		/usr/bin/python3 -B tools/facts_delta.py \
		    "$facts/$base-${2##*-}" "$1" "$ORIGINS" "$SYSDIR" \
		    "$headers" >"$facts/$2"
	fi
	echo "$facts/$2: $(($(grep -vc '^#' "$facts/$2"))) facts"
}

not_compiled="a source does not compile, see above; where the test kernel lacks a \
header or a name of FreeBSD's, add it to tests/kern/include"

# $1: version; $2: how.  Compares the test kernel's headers, read as that
# version, with FreeBSD's.
compare()
{
	pairs=
	for target in $kernel_targets; do
		machine=$(machine_of "$target")
		real=$facts/$1-$machine.txt
		if [ "$2" = real ]; then
			real=$work/$1-$machine.txt
			probe "$target" "$work/$machine" "$1" >"$real" ||
			    die "$not_compiled"
		fi
		test=$work/test-$1-$machine
		(SYSDIR='' && probe "$target" "$work/interfaces" "$1") \
		    >"$test" || die "$not_compiled"
		pairs="$pairs $test $real"
	done
	since=
	[ "$2" != recorded ] || since=--recorded
	# shellcheck disable=SC2086
	/usr/bin/python3 -B tools/facts_compare.py \
	    --allowed $facts/allowed $since $pairs
}

# Prints what SYSDIR changes for the project.
changes()
{
	pairs=
	for target in $kernel_targets; do
		machine=$(machine_of "$target")
		test=$work/test-$machine
		real=$work/$(version)-$machine.txt
		(SYSDIR='' && probe "$target" "$work/interfaces" "$base") >"$test"
		errors=--errors
		probe "$target" "$work/$machine" "$base" >"$real"
		errors=
		pairs="$pairs $test $facts/$base-$machine.txt $real"
	done
	# shellcheck disable=SC2046,SC2086
	/usr/bin/python3 -B tools/facts_changes.py $pairs --sources $(sources)
}

sh tools/kobj_if.sh "$work/interfaces"
errors=
case $how in
record)
	for target in $kernel_targets; do
		machine=$(machine_of "$target")
		probe "$target" "$work/$machine" "$(version)" >"$work/facts"
		record "$work/facts" "$(version)-$machine.txt"
	done
	exit ;;
changes)
	changes
	exit ;;
real)
	versions=$(version) ;;
*)
	versions=$recorded ;;
esac
failed=0
for version in $versions; do
	compare "$version" "$how" || failed=1
done
[ "$failed" = 0 ] || die "the test kernel's headers are not FreeBSD's, see above; where" \
    "FreeBSD has nothing, it may want recording (facts.sh --record)"
