/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* How a fuzz target ends when it found a fault. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "host_fuzz.h"
#include "tk_host.h"

static void (*end_program)(void) = abort;

void
fuzz_fail(const char *what)
{
	fprintf(stderr, "fuzz: %s\n", what);
	fflush(NULL);
	end_program();
	abort();
}

static void
on_exit_of_kernel(int status, const char *line)
{
	(void)status;
	fuzz_fail(line);
}

void
host_fuzz_begin(void (*end)(void))
{
	end_program = end;
	tkh_exit_hook(on_exit_of_kernel);
}
