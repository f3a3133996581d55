#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A property that a shell test sets twice takes all tests of its program away.
#
# Expected: the later value holds, as in atf-c and as "set" means: a head can
# change what a function shared by several heads has set.
# Seen: with atf-c it is so.  atf-sh lists the property twice, and kyua cannot read
# the list.  Of the program's tests none runs, and the report counts one broken
# test, __test_cases_list__.

. "$(dirname "$0")/lib.sh"
needs kyua 0.13
needs libatf-dev 0.21
needs atf-sh 0.21

cat >cases.c <<'E'
#include <atf-c.h>
ATF_TC(one);
ATF_TC_HEAD(one, tc)
{
	atf_tc_set_md_var(tc, "timeout", "5");
	atf_tc_set_md_var(tc, "timeout", "6");
}
ATF_TC_BODY(one, tc)
{
}
ATF_TC_WITHOUT_HEAD(two);
ATF_TC_BODY(two, tc)
{
}
ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, one);
	ATF_TP_ADD_TC(tp, two);
	return (atf_no_error());
}
E
cc cases.c -o cases -latf-c
cat >cases_sh <<'E'
#! /usr/bin/env atf-sh
atf_test_case one
one_head()
{
	atf_set timeout 5
	atf_set timeout 6
}
one_body()
{
	:
}
atf_test_case two
two_body()
{
	:
}
atf_init_test_cases()
{
	atf_add_test_case one
	atf_add_test_case two
}
E
chmod +x cases_sh

run()
{
	printf 'syntax(2)\ntest_suite("twice")\natf_test_program{name="%s"}\n' \
	    "$1" >Kyuafile
	rm -f result.db
	HOME=$tmp kyua test -r result.db >output 2>&1 || true
	tail -n 1 output
}

compare "2/2 passed (0 failed)" "2/2 passed (0 failed)" "$(run cases)"
compare "2/2 passed (0 failed)" "0/1 passed (1 failed)" "$(run cases_sh)"
grep -q "__test_cases_list__.*Duplicate value" output ||
    die "the message is another one now: $(cat output)"
