# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Sourced by every script here: a temporary folder to work in, and versions.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'chmod -R u+rwX "$tmp"; rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"
export PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# $1: package of Debian; $2: how its version starts.
needs()
{
	have=$(dpkg-query -W -f '${Version}' "$1" 2>/dev/null) || have=none
	case $have in
	"$2"*)	echo "version:  $1 $have" ;;
	*)	die "about Debian's $1 $2; the one installed here: $have" ;;
	esac
}

# $1: crate; $2: version; $3: its program, which is built unless that version is
# in PATH; others: cargo's options for that.  Prints the program.
needs_crate()
{
	crate=$1 version=$2 program=$3
	shift 3
	if [ "$("$program" --version 2>/dev/null)" = "$program $version" ]; then
		echo "$program"
		return
	fi
	cargo install --quiet --locked --root "$tmp/cargo" \
	    --version "=$version" "$@" "$crate" >&2 ||
	    die "cargo cannot install $crate $version"
	echo "$tmp/cargo/bin/$program"
}

# $1: what one would expect; $2: what was seen when this was written; $3: what is
# seen now.
compare()
{
	echo "expected: $1"
	echo "seen:     $3"
	[ "$2" = "$3" ] || die "no longer so; it was: $2"
}
