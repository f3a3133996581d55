#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# With --gc-sections lld makes linker sets empty, and says nothing.
#
# Expected: what lies between __start_set_x and __stop_set_x is kept when these
# are used, as GNU ld keeps it: the elements carry __attribute__((used)).
# Seen: lld keeps none, for the symbols do not hold the section.  When they are
# weak, as FreeBSD's are, they become 0 and the set is empty at run time; there
# is no warning.  "retain", or -z nostart-stop-gc, is needed.

. "$(dirname "$0")/lib.sh"
needs clang-19 1:19.1.7
needs lld-19 1:19.1.7
needs binutils 2.40

cat >set.c <<'E'
static int one, two;
#define ELEMENT(x) static void *const set_##x \
    __attribute__((used, section("set_x"))) = &x
ELEMENT(one);
ELEMENT(two);
E
cat >main.c <<'E'
extern void *__start_set_x[] __attribute__((weak));
extern void *__stop_set_x[] __attribute__((weak));
int
main(void)
{
	return (__stop_set_x - __start_set_x);
}
E

elements()
{
	clang-19 -O1 --ld-path="$1" "$2" main.c set.c -o main >errors 2>&1 ||
	    die "does not link: $(cat errors)"
	[ ! -s errors ] || die "there is a message now: $(cat errors)"
	status=0
	./main || status=$?
	echo "$status elements"
}

lld=/usr/bin/ld.lld-19
compare "2 elements" "2 elements" "$(elements /usr/bin/ld -Wl,--gc-sections)"
compare "2 elements" "0 elements" "$(elements $lld -Wl,--gc-sections)"
compare "2 elements" "2 elements" \
    "$(elements $lld -Wl,--gc-sections,-z,nostart-stop-gc)"
