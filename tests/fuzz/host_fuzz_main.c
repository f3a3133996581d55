/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* A fuzz target with the entry points that libFuzzer calls. */
#include <stdlib.h>

#include "fuzz.h"
#include "host_fuzz.h"

int	LLVMFuzzerInitialize(int *argc, char ***argv);
int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/*
	 * A fault ends the program as a crash, so that libFuzzer keeps the
	 * input.
	 */
	host_fuzz_begin(abort);
	return (0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_one(data, len);
	return (0);
}
