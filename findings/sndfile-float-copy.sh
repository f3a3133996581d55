#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A 16-bit file that is copied through floats has other samples in libsndfile.
#
# Expected: a float holds every 16-bit sample exactly, so sf_read_float() of one
# file and sf_write_float() to another of the same format copy it bit by bit.
# Seen: half of all samples differ by 1.  Reading divides by 32768, and writing
# multiplies by 32767.  Of -32768 comes -32767.

. "$(dirname "$0")/lib.sh"
needs libsndfile1-dev 1.2.0

cat >copy.c <<'E'
#include <sndfile.h>
#include <stdio.h>
#define	N	65536
static short in[N], out[N];
static float middle[N];
static SNDFILE *
file(const char *name, int mode)
{
	SF_INFO info = { .samplerate = 48000, .channels = 1,
	    .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16 };

	return (sf_open(name, mode, &info));
}
int
main(void)
{
	SNDFILE *f;
	int i, differ;

	for (i = 0; i < N; i++)
		in[i] = i - N / 2;
	f = file("a.wav", SFM_WRITE);
	sf_write_short(f, in, N);
	sf_close(f);
	f = file("a.wav", SFM_READ);
	sf_read_float(f, middle, N);
	sf_close(f);
	f = file("b.wav", SFM_WRITE);
	sf_write_float(f, middle, N);
	sf_close(f);
	f = file("b.wav", SFM_READ);
	sf_read_short(f, out, N);
	sf_close(f);
	for (i = differ = 0; i < N; i++)
		differ += in[i] != out[i];
	printf("%d differ, -32768 is %d, 20000 is %d\n", differ, out[0],
	    out[N / 2 + 20000]);
}
E
cc copy.c -o copy -lsndfile
compare "0 differ, -32768 is -32768, 20000 is 20000" \
    "32751 differ, -32768 is -32767, 20000 is 19999" "$(./copy)"
