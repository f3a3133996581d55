/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * counter(9), on one atomic number each.
 */

#include "tk_var.h"

#include <sys/counter.h>

static MALLOC_DEFINE(M_COUNTER, "counter", "counters");

counter_u64_t
counter_u64_alloc(int flags)
{
	return (malloc(sizeof(uint64_t), M_COUNTER, flags | M_ZERO));
}

void
counter_u64_free(counter_u64_t c)
{
	free(c, M_COUNTER);
}

void
counter_u64_zero(counter_u64_t c)
{
	atomic_store_64(c, 0);
}

uint64_t
counter_u64_fetch(counter_u64_t c)
{
	return (atomic_load_64(c));
}
