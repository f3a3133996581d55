/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * timer(4), as tests/rigs/timer_rig.h says.
 */
#include "timer_rig.h"

const char *const timer_module = "timer";

TK_CASE(timer_is_still_until_it_gets_an_interval)
{
	timer_counts();
}

TK_CASE(timer_does_not_lose_time_when_it_is_late)
{
	timer_keeps_time();
}

TK_CASE(timer_refuses_intervals_that_are_none)
{
	timer_refuses_intervals();
}

TK_CASE(timer_records_ticks_oldest_first)
{
	timer_records();
}

TK_CASE(timer_history_has_the_size_of_its_tunable)
{
	timer_history_is_limited();
}

TK_CASE(timer_history_size_is_limited)
{
	timer_history_is_longest();
}

TK_CASE(timer_begins_with_the_interval_of_its_tunable)
{
	timer_begins_by_tunable();
}

TK_CASE(timer_reports_a_tunable_that_is_no_interval)
{
	timer_reports_a_bad_tunable();
}

TK_CASE(timer_is_unloaded_under_load)
{
	timer_unloads_under_load();
}

TK_CASE_THREADED(timer_is_unloaded_under_load_in_real_threads)
{
	timer_unloads_in_real_threads();
}

TK_CASE(timer_gives_everything_back_whichever_call_fails)
{
	timer_unloads_whichever_call_fails();
}
