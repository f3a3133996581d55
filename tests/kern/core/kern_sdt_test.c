/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Probes, and the functions by which Rust fires them.
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "kpi_sdt.h"
#include "tk_sdt.h"
#include "tk_test.h"

KPI_SDT_DECLARE2(two, int, uint64_t);
KPI_SDT_DECLARE3(three, int, int, int);
KPI_SDT_DECLARE4(four, int, int, int, int);

SDT_PROVIDER_DEFINE(test);
SDT_PROBE_DEFINE5(test, , , five, "int", "int", "int", "int", "void *");
KPI_SDT_DEFINE2(two, test, two, int, uint64_t)
KPI_SDT_DEFINE3(three, test, three, int, int, int)
KPI_SDT_DEFINE4(four, test, four, int, int, int, int)

static int computed;

static int
compute(int value)
{
	computed++;
	return (value);
}

TK_CASE(untraced_probes_do_not_fire_and_compute_nothing)
{
	computed = 0;
	SDT_PROBE5(test, , , five, compute(1), 2, 3, 4, NULL);
	TK_EQ(computed, 0);
	two(1, 2);
	TK_EQ(tk_sdt_fired("test", "five"), 0);
	TK_EQ(tk_sdt_fired("test", "two"), 0);
	TK_CHECK(tk_sdt_firing("test", "two", 0) == NULL);
}

TK_CASE(traced_probes_tell_their_arguments)
{
	const struct tk_sdt_firing *f;
	int i;

	tk_sdt_trace(true);
	SDT_PROBE5(test, , , five, compute(1), 2, 3, 4, &computed);
	two(-1, UINT64_MAX - 1);
	three(1, 2, 3);
	four(1, 2, 3, 4);
	two(5, 6);
	tk_sdt_trace(false);
	two(7, 8);

	f = tk_sdt_firing("test", "five", 0);
	TK_CHECK(f != NULL);
	for (i = 0; i < 4; i++)
		TK_EQ(f->arg[i], i + 1);
	TK_CHECK(f->arg[4] == (uintptr_t)&computed);
	TK_EQ(tk_sdt_fired("test", "two"), 2);
	f = tk_sdt_firing("test", "two", 0);
	TK_EQ((int)f->arg[0], -1);
	TK_EQ(f->arg[1], UINT64_MAX - 1);
	TK_EQ(tk_sdt_firing("test", "two", 1)->arg[1], 6);
	TK_EQ(tk_sdt_firing("test", "three", 0)->arg[2], 3);
	TK_EQ(tk_sdt_firing("test", "four", 0)->arg[3], 4);
}

TK_CASE(probes_tell_the_types_of_their_arguments)
{
	TK_STREQ(tk_sdt_type("test", "two", 1), "uint64_t");
	TK_STREQ(tk_sdt_type("test", "five", 4), "void *");
	TK_CHECK(tk_sdt_type("test", "two", 2) == NULL);
}

TK_CASE_STOPS(a_probe_that_is_not_there_is_caught,
    "sdt-probe: there is no probe test:::six")
{
	(void)tk_sdt_fired("test", "six");
}
