#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# bindgen computes a macro from the values of others, where C takes their text.
#
# Expected: with SLOTS as 2 + 3, SLOTS * 2 is 8, as in C: it is 2 + 3 * 2.
# Seen: it is 10.  bindgen has worked out SLOTS first, and multiplies 5.  The
# value is what the author of the header meant, but not what the C half of the
# driver is compiled with.  Parentheses around 2 + 3 make the two agree.

. "$(dirname "$0")/lib.sh"
needs libclang1-19 1:19.1.7
needs rustc-web 1.96
bindgen=$(needs_crate bindgen-cli 0.72.1 bindgen)
echo "version:  $("$bindgen" --version)"
export LIBCLANG_PATH=/usr/lib/llvm-19/lib

cat >ring.h <<'E'
#define	SLOTS	2 + 3
#define	BYTES	SLOTS * 2
#define	SLOTS_IN_PARENTHESES	(2 + 3)
#define	RIGHT	(SLOTS_IN_PARENTHESES * 2)
E
cat >ring.c <<'E'
#include "ring.h"
int bytes_in_c(void) { return (BYTES); }
int right_in_c(void) { return (RIGHT); }
E
cat >main.rs <<'E'
include!("ring.rs");
unsafe extern "C" {
    safe fn bytes_in_c() -> i32;
    safe fn right_in_c() -> i32;
}
fn main() {
    println!("Rust {BYTES} C {}, Rust {RIGHT} C {}", bytes_in_c(), right_in_c());
}
E
"$bindgen" ring.h >ring.rs
cc -c ring.c
/usr/bin/rustc -A dead_code main.rs -C link-arg=ring.o -o main

compare "Rust 8 C 8, Rust 10 C 10" "Rust 10 C 8, Rust 10 C 10" "$(./main)"
