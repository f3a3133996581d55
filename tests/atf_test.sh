#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# No check that fails is lost: not where ATF's own would be, in a process that is
# not the case's.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# check_failed NAME PROGRAM ...: case NAME of the program fails, and says so.
check_failed()
{
	name=$1
	shift
	atf_check -s exit:1 -o ignore -e ignore "$@" -r "$PWD/result" "$name"
	atf_check -o match:"^failed: " cat result
}

# $1: body of a case.
check_body()
{
	cat >program <<-END
	#!/usr/bin/env atf-sh
	. "$KPI_ROOT/tests/atf.sh"
	atf_test_case lost
	lost_body()
	{
		$1
	}
	atf_init_test_cases()
	{
		atf_add_test_case lost
	}
	END
	check_failed lost atf-sh ./program
}

atf_test_case shells
shells_head()
{
	atf_set descr "a check in a subshell fails the case, whatever follows"
}
shells_body()
{
	check_body '(atf_check false); true'
	check_body 'echo one | while read -r x; do atf_check false; done'
	# shellcheck disable=SC2016 # for the other shell
	check_body 'x=$(atf_check -o ignore false); echo $x'
	check_body '(atf_fail no); atf_skip "cannot be run here"'
	check_body '(atf_check_equal 1 2) & wait; atf_pass'
	check_body 'if (atf_check false); then :; fi; atf_pass'
}

atf_test_case processes
processes_head()
{
	atf_set descr "a check in a forked process fails the case"
}
processes_body()
{
	for name in child_of_a_case_that_passes child_of_a_case_that_skips; do
		check_failed $name "$(atf_get_srcdir)/atf_cases" \
		    -s "$(atf_get_srcdir)"
	done
}

atf_init_test_cases()
{
	atf_add_test_case shells
	atf_add_test_case processes
}
