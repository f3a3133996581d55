#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# What kpi-example shows of the timers and of virtio_rng(4) on our model.

. "$KPI_ROOT/tests/atf.sh"

# kpi-example is built beside this program, unless KPI_EXAMPLE names it.
example()
{
	echo "${KPI_EXAMPLE:-$(atf_get_srcdir)/kpi-example}"
}

# $1: module.
check_timer()
{
	atf_check -o save:report -e ignore "$(example)" "$1"
	atf_check -o match:"  sysctl kern.$1.interval=20" \
	    -o match:'  tick 8$' -o match:'      8 at [0-9]* ms, [0-9]* us late' \
	    -o match:'  unloaded: no tick was lost' cat report
}

atf_test_case timers_tick_and_are_unloaded
timers_tick_and_are_unloaded_head()
{
	atf_set descr "both timers show each tick, a history, and their end"
}
timers_tick_and_are_unloaded_body()
{
	check_timer timer
	check_timer timer_rust
}

atf_test_case rng_seeds_random
rng_seeds_random_head()
{
	atf_set descr "requests, answers and the seed are shown"
}
rng_seeds_random_body()
{
	atf_check -o save:report -e ignore "$(example)" rng sim 8
	atf_check -o match:'driver > device  request 1, of 2048 bytes' \
	    -o match:'driver < device  answer 1' \
	    -o match:'random\(4\) has a seed' -o match:'detached: error 0' \
	    cat report
}

atf_test_case wrong_arguments_are_refused
wrong_arguments_are_refused_head()
{
	atf_set descr "the usage is printed"
}
wrong_arguments_are_refused_body()
{
	atf_check -s exit:64 -e match:'^usage: kpi-example' "$(example)"
	atf_check -s exit:64 -e match:'^usage: kpi-example' \
	    "$(example)" rng vhost 1
}

atf_init_test_cases()
{
	atf_add_test_case timers_tick_and_are_unloaded
	atf_add_test_case rng_seeds_random
	atf_add_test_case wrong_arguments_are_refused
}
