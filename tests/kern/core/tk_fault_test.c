/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Fault injection by name and number. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include "tk_test.h"
#include "tk_test_walk.h"

TK_CASE(fault_fails_the_nth_call_and_no_other)
{
	tk_fault_set("some call", 3);
	for (int i = 1; i <= 6; i++)
		TK_EQ(tk_fault("some call"), i == 3);
	TK_EQ(tk_fault_calls("some call"), 6);
	/* Counted from now on, for a call that is known already. */
	tk_fault_set("some call", 2);
	TK_EQ(tk_fault("some call"), false);
	TK_EQ(tk_fault("another call"), false);
	TK_EQ(tk_fault("some call"), true);
	TK_EQ(tk_fault("some call"), false);
}

TK_CASE(fault_of_a_call_that_must_be_named_is_no_other)
{
	tk_fault_clear();
	tk_fault_set_any(1);
	TK_EQ(tk_fault_named("some call"), false);
	TK_EQ(tk_fault_calls_any(), 0);
	TK_EQ(tk_fault("another call"), true);
	tk_fault_set("some call", 2);
	TK_EQ(tk_fault_named("some call"), false);
	TK_EQ(tk_fault_named("some call"), true);
	TK_EQ(tk_fault_named("some call"), false);
	TK_EQ(tk_fault_calls("some call"), 4);
}

TK_CASE(fault_clear_forgets_calls_and_faults)
{
	tk_fault_set("some call", 1);
	tk_fault_clear();
	TK_EQ(tk_fault_calls("some call"), 0);
	TK_EQ(tk_fault("some call"), false);
}

/* How a test walks through every failure of a sequence. */
static int
sequence(void)
{
	void *p, *q;

	if ((p = malloc(1, M_TEMP, M_NOWAIT)) == NULL)
		return (ENOMEM);
	if ((q = malloc(1, M_TEMP, M_NOWAIT)) == NULL) {
		free(p, M_TEMP);
		return (ENOMEM);
	}
	free(q, M_TEMP);
	free(p, M_TEMP);
	return (0);
}

TK_CASE(fault_walks_through_each_failure_of_a_sequence)
{
	int calls;

	tk_fault_clear();
	TK_EQ(sequence(), 0);
	calls = tk_fault_calls("malloc");
	TK_EQ(calls, 2);
	for (int n = 1; n <= calls; n++) {
		tk_fault_set("malloc", n);
		TK_EQ(sequence(), ENOMEM);
	}
	TK_EQ(sequence(), 0);
}

TK_CASE(fault_fails_the_nth_call_of_any_name)
{
	tk_fault_clear();
	tk_fault_set_any(2);
	TK_EQ(tk_fault("some call"), false);
	TK_CHECK(tk_fault_failed() == NULL);
	tk_fault_spare(true);
	TK_EQ(tk_fault("spared call"), false);
	tk_fault_spare(false);
	TK_EQ(tk_fault("another call"), true);
	TK_STREQ(tk_fault_failed(), "another call");
	TK_EQ(tk_fault("some call"), false);
	TK_EQ(tk_fault_calls_any(), 3);
	TK_EQ(tk_fault_calls("spared call"), 0);
}

TK_CASE(fault_fails_all_calls_from_the_nth_on)
{
	tk_fault_clear();
	tk_fault_set_from(2);
	TK_EQ(tk_fault("some call"), false);
	TK_EQ(tk_fault("another call"), true);
	tk_fault_spare(true);
	TK_EQ(tk_fault("spared call"), false);
	tk_fault_spare(false);
	TK_EQ(tk_fault("some call"), true);
	TK_STREQ(tk_fault_failed(), "another call");
	tk_fault_set_from(0);
	TK_EQ(tk_fault("some call"), false);
}

TK_CASE_UNBOOTED(a_walk_fails_each_call_of_a_sequence)
{
	struct tk_walk walk = tk_walk(sequence);

	TK_EQ(walk.calls, 2);
	TK_EQ(walk.refused, 2);
}

/*
 * One failure does not end this sequence: it makes the second call all the
 * same.
 */
static int
insists(void)
{
	return (sequence() == 0 ? 0 : sequence());
}

TK_CASE_UNBOOTED(a_walk_fails_each_call_and_all_after_it)
{
	TK_EQ(tk_walk(insists).refused, 0);
	TK_EQ(tk_walk_on(insists).calls, 2);
	TK_EQ(tk_walk_on(insists).refused, 2);
}

static int
leaks_on_failure(void)
{
	static int *kept;

	kept = malloc(1, M_TEMP, M_WAITOK);
	if (sequence() != 0)
		return (ENOMEM);
	free(kept, M_TEMP);
	return (0);
}

TK_CASE_UNBOOTED(a_walk_finds_what_a_failure_leaves_behind)
{
	int calls;

	TK_EQ(tk_walk_step(leaks_on_failure, tk_fault_set_any, 0, &calls), 0);
	TK_EQ(calls, 2);
	tk_boot(NULL);
	tk_fault_clear();
	tk_fault_set_any(1);
	TK_EQ(leaks_on_failure(), ENOMEM);
	TK_EQ(tk_shutdown(), 1);
}
