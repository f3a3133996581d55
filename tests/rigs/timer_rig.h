/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What timer(4) and timer_rust(4) must do: they are the same in two languages.
 * A program defines timer_module, and has a case for each function.
 */
#ifndef _TIMER_RIG_H_
#define	_TIMER_RIG_H_

#include "tk_test.h"

extern const char *const timer_module;	/* "timer" or "timer_rust" */

void	timer_counts(void);
void	timer_keeps_time(void);
void	timer_refuses_intervals(void);
void	timer_records(void);
void	timer_history_is_limited(void);
void	timer_history_is_longest(void);
void	timer_begins_by_tunable(void);
void	timer_reports_a_bad_tunable(void);
void	timer_unloads_under_load(void);
void	timer_unloads_in_real_threads(void);
void	timer_unloads_whichever_call_fails(void);

#endif /* !_TIMER_RIG_H_ */
