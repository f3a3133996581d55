#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A test that should fail, and crashes, has failed as meson wants it.
#
# Expected: with "should_fail: true" the test program ends with a failure that it
# reports.  A crash is another fault, and so is a command that does not exist.
# Seen: SIGABRT, SIGSEGV and the shell's status 127 are each an expected failure,
# and "meson test" exits with 0.  A test that no longer gets as far as what it is
# about stays green.  Only status 99 and a timeout are not accepted.

. "$(dirname "$0")/lib.sh"
needs meson 1.0.1
needs ninja-build 1.11.1
python3 -m venv env
env/bin/pip install --quiet meson==1.12.1
echo "version:  meson $(env/bin/meson --version)"

mkdir tests
cat >tests/meson.build <<'E'
project('crash')
sh = find_program('sh')
commands = {
  'reports' : 'exit 1', 'aborts' : 'kill -ABRT $$', 'crashes' : 'kill -SEGV $$',
  'missing' : './no-such-program', 'error' : 'exit 99' }
foreach name, command : commands
  test(name, sh, args : ['-c', command], should_fail : true)
endforeach
E

# $1: meson.  Prints the results of the tests and the exit status.
results()
{
	rm -rf build
	"$1" setup build tests >/dev/null
	status=0
	"$1" test -C build reports aborts crashes missing >out 2>&1 || status=$?
	"$1" test -C build error >>out 2>&1 || true
	sed -n 's,^ *[0-9]*/[0-9]* \([^ ]*\) *\([A-Z]*\) .*,\1 \2,p' out |
	    sed 's/.*://' | sort | xargs
	echo "exit $status"
}

expected="aborts FAIL crashes FAIL error ERROR missing FAIL reports EXPECTEDFAIL exit 1"
seen="aborts EXPECTEDFAIL crashes EXPECTEDFAIL error ERROR"
seen="$seen missing EXPECTEDFAIL reports EXPECTEDFAIL exit 0"
compare "$expected" "$seen" "$(results /usr/bin/meson | xargs)"
compare "$expected" "$seen" "$(results env/bin/meson | xargs)"
