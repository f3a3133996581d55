#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# kyua does not count a TAP result that is "ok" and nothing else.
#
# Expected: "ok" is a result like "ok 1".  TAP lets a program leave out both the
# number and the description, and prove and meson count such lines.
# Seen: a program that prints "1..2", "ok" and "ok" is broken, "Reported plan
# differs from actual executed tests", though two were planned and two ran.  A
# description behind "ok" is enough to have the line counted.  A failure that is
# "not ok" alone makes the program broken, not failed.

. "$(dirname "$0")/lib.sh"
needs kyua 0.13
needs perl 5.36
needs meson 1.0.1
needs ninja-build 1.11.1

cat >Kyuafile <<'E'
syntax(2)
test_suite("tap")
tap_test_program{name="described"}
tap_test_program{name="bare"}
tap_test_program{name="fails"}
E
cat >meson.build <<'E'
project('tap')
foreach name : ['described', 'bare', 'fails']
  test(name, find_program('./' + name), protocol : 'tap')
endforeach
E
printf '#!/bin/sh\necho 1..2; echo ok - one; echo ok - two\n' >described
printf '#!/bin/sh\necho 1..2; echo ok; echo ok\n' >bare
printf '#!/bin/sh\necho 1..2; echo ok; echo not ok\n' >fails
chmod +x described bare fails
meson setup build >/dev/null

# $1: program.  What each of the three says about it.
judge()
{
	prove "./$1" >/dev/null 2>&1 && echo "prove passed," ||
	    echo "prove failed,"
	meson test -C build "$1" >/dev/null 2>&1 && echo "meson passed," ||
	    echo "meson failed,"
	kyua --logfile=/dev/null test -r "$tmp/$1.db" "$1" 2>&1 |
	    sed -n 's/^[^ ]*:main  ->  \([a-z]*\).*/kyua \1/p'
}

passed="prove passed, meson passed, kyua passed"
failed="prove failed, meson failed, kyua failed"
compare "$passed" "$passed" "$(judge described | xargs)"
compare "$passed" "prove passed, meson passed, kyua broken" \
    "$(judge bare | xargs)"
compare "$failed" "prove failed, meson failed, kyua broken" \
    "$(judge fails | xargs)"
