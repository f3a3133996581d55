#!/bin/sh
# callgrind counts a string instruction once for each byte that it moves.
#
# Expected: "rep movsb" is one instruction executed, whatever its count, as the
# processor's own counter of retired instructions has it.
# Seen: 50000 bytes more are 50000 instructions more.  So a copy by rep movsb
# looks many times as dear as one by vector registers, though it may be the faster.

. "$(dirname "$0")/lib.sh"
needs valgrind 1:3.19.0

cat >copy.c <<'E'
#include <stdlib.h>
static char from[60000], to[60000];
int
main(int argc, char **argv)
{
	void *s = from, *d = to;
	unsigned long n = argc == 2 ? atoi(argv[1]) : 0;

	__asm__ volatile("rep movsb" : "+S"(s), "+D"(d), "+c"(n) : : "memory");
	return (0);
}
E
cc -O1 copy.c -o copy

count()
{
	valgrind --tool=callgrind --callgrind-out-file=/dev/null \
	    ./copy "$1" 2>&1 | sed -n 's/.*Collected : //p'
}

few=$(count 10000)
many=$(count 60000)
# Without the few that atoi() takes more or less.
compare "0 more" "50000 more" "$(((many - few) / 100 * 100)) more"
