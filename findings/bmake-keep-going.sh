#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# bmake -k exits with 0 although a target has failed.
#
# Expected: -k makes what can be made without the target that failed.  The exit
# status says that not all was made, as it does in GNU make and without -k.
# Seen: "all" needs a target that fails, bmake prints that all is not remade
# because of errors, and exits with 0.  When the target that fails is asked for
# itself, or with -j, it exits with 1.

. "$(dirname "$0")/lib.sh"
needs bmake 20200710
needs make 4.3

cat >Makefile <<'E'
all: fails works
fails:
	@false
works:
	@true
E

status()
{
	"$@" >/dev/null 2>&1 && echo "0" || echo "$?"
}

compare "GNU make 2" "GNU make 2" "GNU make $(status make -k)"
compare "without 1" "without 1" "without $(status bmake)"
compare "-k 1" "-k 0" "-k $(status bmake -k)"
compare "-k fails 1" "-k fails 1" "-k fails $(status bmake -k fails)"
compare "-k -j2 1" "-k -j2 1" "-k -j2 $(status bmake -k -j2)"
