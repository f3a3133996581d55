#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A check that failed is forgotten by what atf-c is told afterwards.
#
# Expected: after a failed ATF_CHECK the test case fails, whatever follows: the
# macro differs from ATF_REQUIRE only in going on.
# Seen: atf_tc_pass() makes it passed, atf_tc_skip() skipped, and when a failure
# is expected only from a later line on, the earlier one counts as expected.
# Each exits with 0.

. "$(dirname "$0")/lib.sh"
needs libatf-dev 0.21

cat >cases.c <<'E'
#include <atf-c.h>
ATF_TC_WITHOUT_HEAD(pass);
ATF_TC_BODY(pass, tc)
{
	ATF_CHECK(1 == 2);
	atf_tc_pass();
}
ATF_TC_WITHOUT_HEAD(skip);
ATF_TC_BODY(skip, tc)
{
	ATF_CHECK(1 == 2);
	atf_tc_skip("no more");
}
ATF_TC_WITHOUT_HEAD(expect);
ATF_TC_BODY(expect, tc)
{
	ATF_CHECK(1 == 2);
	atf_tc_expect_fail("known");
	ATF_CHECK(3 == 4);
}
ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pass);
	ATF_TP_ADD_TC(tp, skip);
	ATF_TP_ADD_TC(tp, expect);
	return (atf_no_error());
}
E
cc cases.c -o cases -latf-c

run()
{
	./cases -r result "$1" >/dev/null 2>&1 && echo "exit 0," || echo "exit 1,"
	sed 's/:.*//' result
}

compare "exit 1, failed" "exit 0, passed" "$(run pass | xargs)"
compare "exit 1, failed" "exit 0, skipped" "$(run skip | xargs)"
compare "exit 1, failed" "exit 0, expected_failure" "$(run expect | xargs)"
