#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# bindgen computes macros of unsigned numbers with signed ones of 64 bits.
#
# Expected: the constant has the value that the expression has in C, or, when
# bindgen cannot tell, there is none.
# Seen: "u" is ignored.  ~0u >> 1, which is 2147483647, becomes -1; 1u - 2 and
# the largest uint64_t become -1 of type i32; and 0xffffffffu + 1, which is 0,
# becomes 4294967296.

. "$(dirname "$0")/lib.sh"
needs libclang1-19 1:19.1.7
bindgen=$(needs_crate bindgen-cli 0.72.1 bindgen)
echo "version:  $("$bindgen" --version)"
export LIBCLANG_PATH=/usr/lib/llvm-19/lib

cat >macros.h <<'E'
#define HALF	(~0u >> 1)
#define LESS	(1u - 2)
#define WRAP	(0xffffffffu + 1)
#define MOST	0xffffffffffffffff
E
"$bindgen" macros.h >macros.rs

constant()
{
	sed -n "s/^pub const $1: //p" macros.rs
}

compare "u32 = 2147483647;" "i32 = -1;" "$(constant HALF)"
compare "u32 = 4294967295;" "i32 = -1;" "$(constant LESS)"
compare "u32 = 0;" "u64 = 4294967296;" "$(constant WRAP)"
compare "u64 = 18446744073709551615;" "i32 = -1;" "$(constant MOST)"
