#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Make an overlay of FreeBSD's ports tree: the ports in ports/, each with its
# distinfo, and in distfiles the file that they are built from.
#
#	ports.sh folder
#
# The distfile is made from the commit that is checked out, and is the same for
# the same commit.  It does not contain the ports, whose distinfo has the
# distfile's checksum.

. "$(dirname "$0")/env.sh"
case $# in
1)	;;
*)	usage "folder" ;;
esac
case $1 in
-*|"")	usage "folder" ;;
esac

# Prints variable $2 of the port $1.
of_port()
{
	sed -n "s/^$2=[	 ]*//p" "$1/Makefile"
}

mkdir -p "$1/distfiles" || die "cannot make $1"
out=$(cd "$1" && pwd)
version=$(sed -n "s/^ *version: '\(.*\)',/\1/p" meson.build)
name=kpi-drivers-$version
file=$out/distfiles/$name.tar.gz
git archive --prefix="$name/" HEAD | gzip -n >"$file" ||
    die "cannot make $file: is this a clone?"
for port in ports/*/*/; do
	port=${port%/}
	[ "$(of_port "$port" DISTVERSION)" = "$version" ] ||
	    die "$port/Makefile: DISTVERSION is not $version, as meson.build has"
	target=$out/${port#ports/}
	mkdir -p "$target"
	cp "$port"/* "$target"
	cat >"$target/distinfo" <<-END
	TIMESTAMP = $(git log -1 --format=%ct)
	SHA256 ($name.tar.gz) = $(sha256sum <"$file" | cut -d ' ' -f 1)
	SIZE ($name.tar.gz) = $(wc -c <"$file" | tr -d ' ')
	END
	echo "$target"
done
