#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A public function of a Rust library may not be in the library's object.
#
# Expected: a function that is "pub", not generic and not #[inline] is compiled
# into the object, as a C function without "static" is; optimization may inline
# calls, but keeps the symbol for other crates and for a debugger.
# Seen: with -O a small one is not there: rustc treats it as #[inline], and each
# crate that calls it has its own.  A breakpoint, a probe or a count of symbols
# finds nothing.  Without -O it is there.

. "$(dirname "$0")/lib.sh"
needs rustc-web 1.96

cat >lib.rs <<'E'
#![no_std]
pub extern "C" fn add(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}
pub fn sum(numbers: &[u32], each: fn(u32) -> u32) -> u32 {
    let mut total = 0;
    for n in numbers {
        total += each(*n);
    }
    each(total)
}
E

symbols()
{
	/usr/bin/rustc --edition 2024 --crate-type lib --emit obj \
	    -C panic=abort "$@" lib.rs -o lib.o
	nm -C lib.o | sed -n 's/.* T lib:://p' | sort | xargs
}

compare "add sum" "sum" "$(symbols -C opt-level=2)"
compare "add sum" "add sum" "$(symbols -C opt-level=0)"
