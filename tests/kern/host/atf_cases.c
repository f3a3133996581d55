/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases that must fail, because a check fails in a process that they forked.
 * Only tests/atf_test.sh runs them.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include "tk_test.h"

/* The host's. */
int	fork(void);
int	wait(int *status);

static void
fail_in_child(void)
{

	if (fork() == 0)
		TK_CHECK(false);
	(void)wait(NULL);
}

TK_CASE_UNBOOTED(child_of_a_case_that_passes)
{
	fail_in_child();
}

TK_CASE_UNBOOTED(child_of_a_case_that_skips)
{
	fail_in_child();
	TK_SKIP("after a check that failed");
}
