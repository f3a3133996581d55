#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# bindgen does not know #undef.
#
# Expected: a macro has the value that it has at the end of the header, as for
# the C file that includes it.  One that was undefined there is no constant.
# Seen: a macro that is defined again keeps the first of its values, and one that
# is undefined has its constant.  Neither is told.  #ifdef in the same header
# sees them as C does.

. "$(dirname "$0")/lib.sh"
needs libclang1-19 1:19.1.7
bindgen=$(needs_crate bindgen-cli 0.72.1 bindgen)
echo "version:  $("$bindgen" --version)"
export LIBCLANG_PATH=/usr/lib/llvm-19/lib

cat >macros.h <<'E'
#define LIMIT	16
#undef LIMIT
#define LIMIT	32
#define GONE	1
#undef GONE
#ifdef GONE
#define SEEN	1
#endif
enum { LIMIT_IN_C = LIMIT };
E
"$bindgen" macros.h >macros.rs 2>errors
[ ! -s errors ] || die "bindgen says something now: $(cat errors)"

constant()
{
	grep -q "^pub const $1\>" macros.rs || echo none
	sed -n "s/^pub const $1: .* = \(.*\);/\1/p" macros.rs
}

compare 32 32 "$(constant LIMIT_IN_C)"
compare 32 16 "$(constant LIMIT)"
compare none 1 "$(constant GONE)"
compare none none "$(constant SEEN)"
