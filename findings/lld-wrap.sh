#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# --wrap of lld also catches the calls in the object that defines the function.
#
# Expected: --wrap=work redirects the calls from other objects.  GNU ld's manual
# has it so: only undefined references are replaced.  lld has the option for its
# sake, and its manual says nothing else.
# Seen: lld redirects the calls within the object that defines work(), too.  A
# wrapper that counts calls, or makes them fail, gets more of them than with
# GNU ld.

. "$(dirname "$0")/lib.sh"
needs clang-19 1:19.1.7
needs lld-19 1:19.1.7
needs binutils 2.40

cat >work.c <<'E'
int work(void);
int inside(void);
int work(void) { return (1); }
int inside(void) { return (work()); }
E
cat >main.c <<'E'
#include <stdio.h>
int work(void);
int inside(void);
int __wrap_work(void);
int __wrap_work(void) { return (2); }
int
main(void)
{
	printf("outside %d inside %d\n", work(), inside());
}
E
clang-19 -c work.c main.c

run()
{
	clang-19 --ld-path="$1" -Wl,--wrap=work work.o main.o -o main
	./main
}

compare "outside 2 inside 1" "outside 2 inside 1" "$(run /usr/bin/ld)"
compare "outside 2 inside 1" "outside 2 inside 2" "$(run /usr/bin/ld.lld-19)"
