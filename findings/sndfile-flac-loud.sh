#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# One float beyond full scale, and libsndfile writes nothing to a FLAC file.
#
# Expected: sf_write_float() clips the sample; or it fails, and sf_error() and
# sf_close() say so.
# Seen: of 96000 frames, whose sixth is 1.0001, it writes none and returns 0.
# Neither function tells an error.  The file is there, and reads as one without
# samples.  Only a program that compares the returned number notices.
# With SFC_SET_CLIPPING all frames are written.

. "$(dirname "$0")/lib.sh"
needs libsndfile1-dev 1.2.0
needs libflac12 1.4.2

cat >loud.c <<'E'
#include <sndfile.h>
#include <stdio.h>
#define	N	96000
static float in[N];
static short out[N];
static void
try(int clip)
{
	SF_INFO info = { .samplerate = 48000, .channels = 1,
	    .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16 };
	SNDFILE *file;
	long long written;
	int closed, error;

	file = sf_open("x.flac", SFM_WRITE, &info);
	sf_command(file, SFC_SET_CLIPPING, NULL, clip);
	written = sf_write_float(file, in, N);
	error = sf_error(file);
	closed = sf_close(file);
	info = (SF_INFO){ 0 };
	file = sf_open("x.flac", SFM_READ, &info);
	printf("written %lld, errors %d %d, read %lld\n", written, error,
	    closed, (long long)sf_read_short(file, out, N));
	sf_close(file);
}
int
main(void)
{
	int i;

	for (i = 0; i < N; i++)
		in[i] = 0.5F;
	try(SF_FALSE);
	in[5] = 1.0001F;
	try(SF_FALSE);
	try(SF_TRUE);
}
E
cc loud.c -o loud -lsndfile
./loud >out
all="written 96000, errors 0 0, read 96000"
compare "$all" "$all" "$(sed -n 1p out)"
compare "$all" "written 0, errors 0 0, read 0" "$(sed -n 2p out)"
compare "$all" "$all" "$(sed -n 3p out)"
