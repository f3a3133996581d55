#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Compare the test kernel's headers with FreeBSD's: the constants, structs and
# prototypes that the sources use.
#
#	facts.sh		with the facts recorded in conf/facts
#	facts.sh --real		with the headers in SYSDIR
#	facts.sh --record	record those of SYSDIR
#
# or the recorded facts with those of another FreeBSD, its tree's sys/:
#
#	facts.sh --changes SYSDIR
#
# Status: 0 if nothing differs, 1 if something does, 2 if not called as above.
#
# SYSDIR: a FreeBSD tree's sys/.
# TEST_HEADERS: the test kernel's headers, if not tests/kern/include.
# docs/reference/freebsd-facts.md says what a fact is.

. "$(dirname "$0")/env.sh"
. "$root/tools/targets.sh"
. "$root/tools/headers.sh"

# The recorded facts, with which plain "facts.sh" compares.
recorded=freebsd-15.0

headers=${TEST_HEADERS-tests/kern/include}
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

# Prints the sources that go into a kernel.
sources()
{
	find common drivers examples kpi/src -name '*.[ch]' ! -name '*_test.[ch]' \
	    ! -name '*_if.[ch]' ! -name 'opt_*.h'
	find drivers examples kpi/src -name '*.rs' ! -path '*/kpi_rust/*'
}

# $1: target; $2: directory for generated headers.  Prints the facts.  The
# checks of INVARIANTS and WITNESS are on, as in the test kernel, because some
# names exist only then.
probe()
{
	use_headers "$1" "$2"
	# shellcheck disable=SC2046,SC2086 # lists of words
	nice /usr/bin/python3 tools/facts_probe.py \
	    --offered "$headers" "$work/interfaces" $errors \
	    $(sources) -- \
	    $(c_flags "$1") -DINVARIANTS -DINVARIANT_SUPPORT -DWITNESS \
	    -resource-dir "$("$CLANG" -print-resource-dir)" \
	    $C_INCLUDES -Icommon -Idrivers
}

# Prints the version of the tree in SYSDIR, as in freebsd-15.0.
version()
{
	sed -n 's/^REVISION="\(.*\)"/freebsd-\1/p' "$SYSDIR/conf/newvers.sh"
}

sh tools/kobj_if.sh "$work/interfaces"
errors=
[ "$how" != changes ] || errors=--errors
pairs=
for target in $kernel_targets; do
	machine=$(machine_of "$target")
	old=conf/facts/$recorded-$machine.txt
	real=$old
	if [ "$how" != recorded ]; then
		name=$(version)-$machine.txt
		real=$work/$name
		probe "$target" "$work/$machine" >"$real"
	fi
	if [ "$how" = record ]; then
		mkdir -p conf/facts
		grep -v '^used ' "$real" >"conf/facts/$name"
		echo "conf/facts/$name: $(($(wc -l <"conf/facts/$name"))) facts"
	else
		test=$work/test-$machine
		(SYSDIR='' && probe "$target" "$work/interfaces") >"$test"
		[ "$how" != changes ] || test="$test $old"
		pairs="$pairs $test $real"
	fi
done
[ "$how" != record ] || exit 0
if [ "$how" = changes ]; then
	# shellcheck disable=SC2046,SC2086
	/usr/bin/python3 -B tools/facts_changes.py $pairs --sources $(sources)
	exit
fi
since=
[ "$how" != recorded ] || since=--recorded
# shellcheck disable=SC2086
/usr/bin/python3 tools/facts_compare.py --allowed conf/facts/allowed \
    $since $pairs || die "the test kernel's headers are not FreeBSD's, see above; where" \
    "FreeBSD has nothing, it may want recording (facts.sh --record)"
