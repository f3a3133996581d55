#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Render the manual pages and the crates' documentation into out/docs.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

mkdir -p out/docs
for page in $(find common/man drivers docs -name '*.[49]' | sort); do
	name=${page##*/}
	mandoc -T html -O style=mandoc.css,man=%N.%S.html "$page" \
	    >"out/docs/$name.html"
	mandoc -T utf8 "$page" >"out/docs/$name.txt"
	echo "out/docs/$name.html"
done
RUST_TOOL=doc sh tools/rust.sh host out/docs/rust
echo "out/docs/rust/doc/kpi/index.html"
