#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A check that fails in a child process writes "failed" into the result file, and
# the parent writes "passed" over it.
#
# Expected: a result file that says "failed" stays so, or the parent notices: the
# child ends the test case like any failed check, with its message and status.
# Seen: the case passes, with exit 0.  In C the child is a fork(); in shell each
# part of a pipeline is a child, and each $(...).

. "$(dirname "$0")/lib.sh"
needs libatf-dev 0.21
needs atf-sh 0.21

cat >cases.c <<'E'
#include <sys/wait.h>
#include <atf-c.h>
#include <unistd.h>
ATF_TC_WITHOUT_HEAD(child);
ATF_TC_BODY(child, tc)
{
	if (fork() == 0)
		ATF_REQUIRE(1 == 2);
	wait(NULL);
}
ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, child);
	return (atf_no_error());
}
E
cc cases.c -o cases -latf-c
cat >cases_sh <<'E'
#! /usr/bin/env atf-sh
atf_test_case child
child_body()
{
	echo input | atf_check false
	text=$(atf_fail "in a substitution")
	echo "goes on"
}
atf_init_test_cases()
{
	atf_add_test_case child
}
E
chmod +x cases_sh

run()
{
	"$1" -r "$tmp/result" child >/dev/null 2>&1 && echo "exit 0," ||
	    echo "exit 1,"
	cat result
}

compare "exit 1, failed" "exit 0, passed" "$(run ./cases | xargs)"
compare "exit 1, failed" "exit 0, passed" "$(run ./cases_sh | xargs)"
