#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Find which lines of the C layer, the crates and the drivers the tests run.
#
# C and Rust are both compiled by the LLVM that rustc has, so its tools agree on
# the counts.  TESTS as for make test.  Writes out/coverage.json, a row per
# file; out/coverage/html, the sources with their counts; and
# out/coverage/missing, the lines that never ran.  Status 0 only if the tests
# passed, MIN percent (default 90) of all lines ran, and
# docs/evidence/coverage.md lists the lines that did not run.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

MIN=${MIN:-90}
version=$("$RUSTC" -Vv | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
llvm=/usr/lib/llvm-$version/bin
if [ ! -x "$llvm/clang" ] || [ ! -x "$llvm/llvm-cov" ]; then
	die "no clang and llvm-cov $version, rustc's version: install" \
	    "clang-$version, llvm-$version, lld-$version," \
	    "libclang-rt-$version-dev"
fi

dir=out/build-profile
work=out/coverage
mkdir -p "$dir" "$work"
rm -rf "$work/raw"
[ -f "$dir/build.ninja" ] || {
	echo "setting up $dir"
	printf "[constants]\nllvm = '%s'\n" "$llvm" >"$work/llvm.ini"
	meson setup --native-file conf/clang.ini \
	    --native-file "$work/llvm.ini" -Dprofile=true -Dwerror=false \
	    "$dir" >"$dir/setup.log" 2>&1 || {
		cat "$dir/setup.log" >&2
		die "setup failed"
	}
}

# Four processes of a program at a time share one file, in which their counts
# add up.
export LLVM_PROFILE_FILE="$root/$work/raw/%4m.profraw"
tests=0
SAN=profile sh tools/test.sh || tests=1

find "$work/raw" -name '*.profraw' >"$work/raw.list"
[ -s "$work/raw.list" ] || die "the tests left no counts"
"$llvm/llvm-profdata" merge -sparse -f "$work/raw.list" -o "$work/profile"

# If a function has two records, llvm-cov takes the first one.  This program has
# all callers of the crate.
set -- -object "$dir/tests/kpi_rust_test"
for program in "$dir"/tests/*_test "$dir"/tests/kpi-play; do
	# Some programs are scripts.
	[ "$(head -c 4 "$program" | tail -c 3)" != ELF ] ||
	    set -- "$@" -object "$program"
done
"$llvm/llvm-cov" export -format=lcov -instr-profile="$work/profile" "$@" \
    >"$work/lcov"
"$llvm/llvm-cov" show -format=html -instr-profile="$work/profile" \
    -output-dir="$work/html" -show-branches=count "$@" \
    -ignore-filename-regex='(_test\.|/tests/|/library/core/|out/)' >/dev/null

/usr/bin/python3 tools/coverage.py --min "$MIN" --root "$root" \
    --json out/coverage.json --missing "$work/missing" "$work/lcov" || tests=1
# If TESTS chooses some tests, they run less than the list says.
[ -n "${TESTS:-}" ] ||
    /usr/bin/python3 tools/coverage_list.py "$work/missing" || tests=1
echo "sources with counts: $work/html/index.html"
exit "$tests"
