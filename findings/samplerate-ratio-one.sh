#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# libsamplerate changes the samples when input and output have the same rate.
#
# Expected: with a ratio of 1, src_simple() copies: there is nothing to do.
# Seen: only the number of frames is right, and not with each converter.  The
# best one filters as for any other rate: of 1000 samples none comes out as it
# went in.  SRC_LINEAR is late by a sample, has the first one twice and never
# the last.  SRC_ZERO_ORDER_HOLD, too, is late by one, and makes 1001 of 1000,
# if there is room for them.

. "$(dirname "$0")/lib.sh"
needs libsamplerate0-dev 0.2.2

cat >one.c <<'E'
#include <samplerate.h>
#include <stdio.h>
static float in[1000], out[2000];
static int
equal(const float *from, long n)
{
	int count;
	long i;

	for (i = count = 0; i < n; i++)
		count += from[i] == in[i];
	return (count);
}
static void
try(const char *name, int converter)
{
	SRC_DATA d = { .data_in = in, .input_frames = 1000, .data_out = out,
	    .output_frames = 2000, .src_ratio = 1 };

	src_simple(&d, converter, 1);
	printf("%s: %ld frames, %d equal, %d late by one\n", name,
	    d.output_frames_gen, equal(out, 1000), equal(out + 1, 999));
}
int
main(void)
{
	int i;

	/* No two neighbours are equal. */
	for (i = 0; i < 1000; i++)
		in[i] = (i * 37 % 100 - 50) / 128.0F;
	try("best", SRC_SINC_BEST_QUALITY);
	try("linear", SRC_LINEAR);
	try("hold", SRC_ZERO_ORDER_HOLD);
}
E
cc one.c -o one -lsamplerate
./one >out
copy="1000 frames, 1000 equal, 0 late by one"
compare "best: $copy" "best: 1000 frames, 0 equal, 0 late by one" \
    "$(sed -n 1p out)"
compare "linear: $copy" "linear: 1000 frames, 1 equal, 999 late by one" \
    "$(sed -n 2p out)"
compare "hold: $copy" "hold: 1001 frames, 1 equal, 999 late by one" \
    "$(sed -n 3p out)"
