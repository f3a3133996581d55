/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* unr(9): unit numbers. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>

#include "tk_test.h"

TK_CASE(unr_gives_the_lowest_free_number)
{
	struct unrhdr *uh = new_unrhdr(10, 12, NULL);

	TK_EQ(alloc_unr(uh), 10);
	TK_EQ(alloc_unr(uh), 11);
	TK_EQ(alloc_unr(uh), 12);
	TK_EQ(alloc_unr(uh), -1);
	free_unr(uh, 11);
	TK_EQ(alloc_unr_specific(uh, 10), -1);
	TK_EQ(alloc_unr_specific(uh, 13), -1);
	TK_EQ(alloc_unr_specific(uh, 11), 11);
	for (u_int i = 10; i <= 12; i++)
		free_unr(uh, i);
	delete_unrhdr(uh);
}

TK_CASE(unr_with_the_users_mutex)
{
	struct unrhdr *uh;
	struct mtx m;

	mtx_init(&m, "units", NULL, MTX_DEF);
	uh = new_unrhdr(0, 200, &m);
	mtx_lock(&m);
	for (int i = 0; i < 100; i++)
		TK_EQ(alloc_unrl(uh), i);
	mtx_unlock(&m);
	for (int i = 0; i < 100; i++)
		free_unr(uh, i);
	delete_unrhdr(uh);
	mtx_destroy(&m);
}

TK_CASE_DEBUG_STOPS(unr_free_of_a_free_number_panics, "panic: UNR: free_unr(3)")
{
	free_unr(new_unrhdr(0, 10, NULL), 3);
}
