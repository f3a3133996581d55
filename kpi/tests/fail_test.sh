#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Programs that the crate's types must refuse: each file of kpi/tests/fail is a
# case.  Its line "// error: E0xxx" says with which error of rustc(1), and with no
# other, it fails to compile.
#
# KPI_ROOT is the project's folder, KPI_BUILD the build's, where the crate is and
# the flags that it was compiled with.

. "$KPI_ROOT/tests/atf.sh"

fail=$KPI_ROOT/kpi/tests/fail

# $1: a source.  Compiles it against the crate; rustc says what is wrong.
compile()
{
	# shellcheck disable=SC2046 # a list of words
	RUSTC_BOOTSTRAP=1 "${RUSTC:-/usr/bin/rustc}" \
	    $(cat "$KPI_BUILD/kpi/rustc.flags") --crate-type lib \
	    --extern "kpi=$KPI_BUILD/kpi/libkpi.rlib" --emit=metadata \
	    --out-dir "$PWD" "$1" 2>&1
}

# $1: a source.  Prints the codes of its errors, each once.
codes()
{
	compile "$1" >said
	sed -n 's/^error\[\(E[0-9]*\)\].*/\1/p' said | sort -u | paste -sd ' ' -
}

refused()
{
	source=$fail/$1.rs
	want=$(sed -n 's|^// error: ||p' "$source")
	[ -n "$want" ] || atf_fail "$source does not say what its error is"
	got=$(codes "$source")
	if [ "$got" != "$want" ]; then
		cat said >&2
		atf_fail "wanted $want, got ${got:-no error that has a code}"
	fi
}

# $1: name of a source without .rs.
add()
{
	eval "$1_head() { atf_set descr \"\$(sed -n 's|^//! ||p' \"$fail/$1.rs\" |
	    paste -sd ' ' -)\"; }"
	eval "$1_body() { refused $1; }"
	atf_add_test_case "$1"
}

# Without it, a crate that cannot be found would refuse all.
atf_test_case correct_use_compiles
correct_use_compiles_head()
{
	atf_set descr "correct use of what the others misuse compiles"
}
correct_use_compiles_body()
{
	cat >ok.rs <<'END'
#![no_std]

use kpi::mtx::Mtx;
use kpi::virtio::{Stopped, VirtQueue};

pub fn f(mtx: &Mtx<u32>, queue: &mut VirtQueue, proof: &Stopped) -> u32 {
    queue.drain(proof).for_each(drop);
    *mtx.lock()
}
END
	compile "$PWD/ok.rs" >said || {
		cat said >&2
		atf_fail "correct use does not compile"
	}
}

atf_init_test_cases()
{
	atf_add_test_case correct_use_compiles
	for source in "$fail"/*.rs; do
		name=${source##*/}
		add "${name%.rs}"
	done
}
