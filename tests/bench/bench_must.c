/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* How a benchmark ends when it cannot measure. */
#include <sys/param.h>
#include <sys/systm.h>

#include "bench.h"

void
bench_must(int error, const char *what)
{
	if (error != 0)
		panic("bench: %s: error %d", what, error);
}
