#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# bindgen has the wrong layout for a struct that is packed and aligned.
#
# Expected: __attribute__((packed, aligned(4))) leaves no gaps between the members
# and aligns the whole, as the headers of network protocols want it.  Rust has no
# type with both, so bindgen puts bytes in its place.
# Seen: it writes repr(C, packed(4)), which lets members have gaps.  Its own test
# of the layout does not compile.  With --no-layout-tests it does, and the second
# member is at offset 4 in Rust and at 1 in C.

. "$(dirname "$0")/lib.sh"
needs libclang1-19 1:19.1.7
needs rustc-web 1.96
bindgen=$(needs_crate bindgen-cli 0.72.1 bindgen)
echo "version:  $("$bindgen" --version)"
export LIBCLANG_PATH=/usr/lib/llvm-19/lib

cat >header.h <<'E'
struct header {
	unsigned char kind;
	unsigned int length;
} __attribute__((packed, aligned(4)));
enum { OFFSET = __builtin_offsetof(struct header, length) };
E
cat >main.rs <<'E'
#![allow(warnings)]
include!("header.rs");
fn main() {
    let rust = core::mem::offset_of!(header, length);
    println!("Rust {rust} C {OFFSET}");
}
E

offset()
{
	"$bindgen" "$@" header.h >header.rs
	if /usr/bin/rustc main.rs -o main 2>errors; then
		./main
	else
		sed -n 's/^error\[\(.*\)\].*/\1/p' errors
	fi
}

compare "Rust 1 C 1" E0080 "$(offset)"
compare "Rust 1 C 1" "Rust 4 C 1" "$(offset --no-layout-tests)"
