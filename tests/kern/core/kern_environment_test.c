/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The kernel environment. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>

#include "tk_test.h"

TK_CASE(kenv_is_set_read_and_removed)
{
	char buf[4], *s;

	TK_CHECK(kern_getenv("test.name") == NULL);
	TK_EQ(kern_setenv("test.name", "value"), 0);
	s = kern_getenv("test.name");
	TK_STREQ(s, "value");
	freeenv(s);
	TK_EQ(getenv_string("test.name", buf, sizeof(buf)), 1);
	TK_STREQ(buf, "val");
	TK_EQ(testenv("test.name"), 1);
	TK_EQ(kern_unsetenv("test.name"), 0);
	TK_EQ(kern_unsetenv("test.name"), -1);
	TK_EQ(testenv("test.name"), 0);
}

TK_CASE(kenv_numbers_have_bases_and_suffixes)
{
	quad_t q;
	int i = 1;

	kern_setenv("n", "0x20");
	TK_EQ(getenv_int("n", &i), 1);
	TK_EQ(i, 32);
	kern_setenv("n", "3G");
	TK_EQ(getenv_quad("n", &q), 1);
	TK_EQ(q, 3221225472);
	kern_setenv("n", "12x");
	TK_EQ(TUNABLE_INT_FETCH("n", &i), 0);
	TK_EQ(i, 32);
}

TK_CASE(kenv_truth)
{
	bool b;

	kern_setenv("b", "YES");
	TK_CHECK(getenv_is_true("b"));
	TK_CHECK(!getenv_is_false("b"));
	kern_setenv("b", "off");
	TK_EQ(getenv_bool("b", &b), 1);
	TK_EQ(b, false);
	kern_setenv("b", "perhaps");
	TK_EQ(getenv_bool("b", &b), 0);
}
