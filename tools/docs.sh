#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Make the documentation, a site of plain files in out/docs: the documents with
# their pictures, the manual pages, and the crates' reference.  Begin with
# index.html.
#
#	docs.sh [folder]
#
# RUST_PAGES=no leaves the crates out.  Ends with a look for dead links, and for
# code or tables that may be wider than a page.

. "$(dirname "$0")/env.sh"
case $# in
0)	;;
1)	case $1 in
	-*)	usage "[folder]" ;;
	esac ;;
*)	usage "[folder]" ;;
esac
site=${1:-out/docs}
command -v "$DOT" >/dev/null ||
    die "there is no $DOT for the pictures; type: sh tools/deps.sh --docs"

rm -rf "$site"
mkdir -p "$site/man"
[ "${RUST_PAGES-}" = no ] || RUST_TOOL=doc sh tools/rust.sh host "$site/rust"
for page in $(find common/man drivers examples -name '*.[49]' | sort); do
	mandoc -T html -O style=../site.css,man=%N.%S.html "$page" \
	    >"$site/man/${page##*/}.html"
done
/usr/bin/python3 tools/site.py "$site" "$RUSTDOC" "$DOT"
/usr/bin/python3 tools/site.py --check "$site" || die "complaints above"
echo "$site/index.html"
