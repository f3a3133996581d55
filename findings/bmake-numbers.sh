#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# bmake compares what looks like a number as a floating-point number.
#
# Expected: .if ${VERSION} == 1.1 is false when VERSION is 1.10: the two are
# different texts, and different versions.
# Seen: it is true, and so is 1e3 == 1000, of which one may be the start of a
# hash.  010 is ten, though 0x10 is sixteen.  Whole numbers above 2^53 are equal
# to their neighbours.  Quotes around the right side make it a text.

. "$(dirname "$0")/lib.sh"
needs bmake 20200710

equal()
{
	bmake -f - "VALUE=$1" <<E
.if \${VALUE} == $2
all:; @echo equal
.else
all:; @echo different
.endif
E
}

compare different equal "$(equal 1.10 1.1)"
compare different different "$(equal 1.10 '"1.1"')"
compare different equal "$(equal 1e3 1000)"
compare equal different "$(equal 010 8)"
compare equal equal "$(equal 0x10 16)"
compare different equal "$(equal 9007199254740993 9007199254740992)"
