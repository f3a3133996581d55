#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# "meson test" succeeds when no test has the name asked for.
#
# Expected: a name that is misspelt, or a suite that does not exist, is an error:
# the test that was asked for did not run.
# Seen: "No suitable tests defined." and exit 0.  Of two names one may be wrong,
# and nothing is said about it.  A script that runs its tests by name goes on
# when one is renamed.

. "$(dirname "$0")/lib.sh"
needs meson 1.0.1
needs ninja-build 1.11.1

cat >meson.build <<'E'
project('names')
test('right', find_program('true'))
E
meson setup build >/dev/null

run()
{
	meson test -C build "$@" >out 2>&1 && status=0 || status=$?
	echo "exit $status, $(sed -n 's/^Ok: *\([0-9]*\).*/\1 ok/p
	    s/^No suitable.*/none/p' out | xargs)"
}

compare "exit 0, 1 ok" "exit 0, 1 ok" "$(run right)"
compare "exit 1, none" "exit 0, none" "$(run wrong)"
compare "exit 1, none" "exit 0, none" "$(run --suite wrong)"
compare "exit 1, 1 ok" "exit 0, 1 ok" "$(run right wrong)"
