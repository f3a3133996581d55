#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A signed bit-field read through bindgen's getter has no sign.
#
# Expected: of "int offset:6", set to -5, the getter gives -5: it returns c_int,
# and C gives -5.
# Seen: it gives 59.  The bits are cut out and never extended by the sign.  What
# C reads of the same memory is -5.

. "$(dirname "$0")/lib.sh"
needs libclang1-19 1:19.1.7
needs rustc-web 1.96
bindgen=$(needs_crate bindgen-cli 0.72.1 bindgen)
echo "version:  $("$bindgen" --version)"
export LIBCLANG_PATH=/usr/lib/llvm-19/lib

cat >field.h <<'E'
struct reading { int offset:6; unsigned int id:10; };
int offset_in_c(const struct reading *);
E
cat >field.c <<'E'
#include "field.h"
int
offset_in_c(const struct reading *r)
{
	return (r->offset);
}
E
cat >main.rs <<'E'
#![allow(warnings)]
include!("field.rs");
fn main() {
    let mut r: reading = unsafe { core::mem::zeroed() };
    r.set_offset(-5);
    println!("Rust {} C {}", r.offset(), unsafe { offset_in_c(&r) });
}
E
"$bindgen" field.h >field.rs
cc -c field.c
/usr/bin/rustc main.rs -C link-arg=field.o -o main

compare "Rust -5 C -5" "Rust 59 C -5" "$(./main)"
