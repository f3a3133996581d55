#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# What a recipe means depends on -j.
#
# Expected: -j changes how many targets are made at once, not what one line
# does: each has a shell of its own, as in GNU make.
# Seen: with -j one shell runs all lines of a target.  "cd" holds for the next
# line, and "exit 0" skips the rest and is a success.  Without -j a line that is
# nothing but a builtin of the shell fails: bmake looks for a program "exit".

. "$(dirname "$0")/lib.sh"
needs bmake 20200710

cat >Makefile <<'E'
where:
	@cd / && true
	@pwd
early:
	@exit 0
	@echo reached
E

run()
{
	bmake "$@" 2>&1 | grep -v -e '^---' -e '^\*\*\*' -e '^Stop' -e '^$' \
	    -e stopped || echo nothing
}

compare "the same folder" "$tmp" "$(run where)"
compare "the same folder" / "$(run -j 2 where)"
compare "reached" "bmake: exec(exit) failed (No such file or directory)" \
    "$(run early)"
compare "reached" "nothing" "$(run -j 2 early)"
