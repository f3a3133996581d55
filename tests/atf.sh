# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Sourced by every test program for atf-sh(1), before its cases.
#
# ATF's atf_fail ends the shell that calls it.  In a subshell, a pipeline or the
# substitution of a command that is not the case's own shell, which goes on, and
# whose result replaces the one that failed.  Here the case's shell ends as well.

trap 'exit 1' TERM

atf_fail()
{
	_atf_create_resfile "failed: $*"
	# The same number in every subshell.
	kill -TERM $$
	exit 1
}
