/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* A fuzz target with the entry points that libFuzzer calls. */
#include <stdlib.h>

#include "fuzz.h"
#include "host_fuzz.h"
#include "tk_host.h"

int	LLVMFuzzerInitialize(int *argc, char ***argv);
int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/*
 * The linker puts these in place of libFuzzer's.  Of compared bytes and words
 * of 16 bits libFuzzer only keeps how much they differ, for
 * -use_value_profile=1, and the drivers in Rust compare many.  Of others it
 * keeps the two values, to put one in the other's place in an input.  Equal
 * ones would change nothing there.
 */
void	__wrap___sanitizer_cov_trace_cmp1(uint8_t, uint8_t);
void	__wrap___sanitizer_cov_trace_cmp2(uint16_t, uint16_t);
void	__wrap___sanitizer_cov_trace_const_cmp1(uint8_t, uint8_t);
void	__wrap___sanitizer_cov_trace_const_cmp2(uint16_t, uint16_t);
void	__wrap___sanitizer_cov_trace_cmp4(uint32_t, uint32_t);
void	__wrap___sanitizer_cov_trace_cmp8(uint64_t, uint64_t);
void	__wrap___sanitizer_cov_trace_const_cmp4(uint32_t, uint32_t);
void	__wrap___sanitizer_cov_trace_const_cmp8(uint64_t, uint64_t);
void	__real___sanitizer_cov_trace_cmp4(uint32_t, uint32_t);
void	__real___sanitizer_cov_trace_cmp8(uint64_t, uint64_t);
void	__real___sanitizer_cov_trace_const_cmp4(uint32_t, uint32_t);
void	__real___sanitizer_cov_trace_const_cmp8(uint64_t, uint64_t);

void
__wrap___sanitizer_cov_trace_cmp1(uint8_t a, uint8_t b)
{
}

void
__wrap___sanitizer_cov_trace_cmp2(uint16_t a, uint16_t b)
{
}

void
__wrap___sanitizer_cov_trace_const_cmp1(uint8_t a, uint8_t b)
{
}

void
__wrap___sanitizer_cov_trace_const_cmp2(uint16_t a, uint16_t b)
{
}

void
__wrap___sanitizer_cov_trace_cmp4(uint32_t a, uint32_t b)
{
	if (a != b)
		__real___sanitizer_cov_trace_cmp4(a, b);
}

void
__wrap___sanitizer_cov_trace_cmp8(uint64_t a, uint64_t b)
{
	if (a != b)
		__real___sanitizer_cov_trace_cmp8(a, b);
}

void
__wrap___sanitizer_cov_trace_const_cmp4(uint32_t a, uint32_t b)
{
	if (a != b)
		__real___sanitizer_cov_trace_const_cmp4(a, b);
}

void
__wrap___sanitizer_cov_trace_const_cmp8(uint64_t a, uint64_t b)
{
	if (a != b)
		__real___sanitizer_cov_trace_const_cmp8(a, b);
}

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
	tkh_heap_want(true);
	return (0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_one(data, len);
	return (0);
}
