#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# libsndfile reads a float file as 16-bit samples that are nearly all 0.
#
# Expected: sf_read_short() gives 16-bit samples of every file.  In a file of
# floats full scale is 1.0, so 1.0 is 32767 and 0.5 is 16384, as they are when
# the same floats are stored as 24-bit integers.
# Seen: 1.0 is 1 and 0.5 is 0.  The float is cut to an integer and not scaled: a
# program that was tested with integer files plays silence.
# SFC_SET_SCALE_FLOAT_INT_READ does not help.  It measures the loudest sample of
# the file and makes that one full scale, so a quiet file becomes loud.

. "$(dirname "$0")/lib.sh"
needs libsndfile1-dev 1.2.0

cat >read.c <<'E'
#include <sndfile.h>
#include <stdio.h>
static void
try(int format, float volume, int scale)
{
	SF_INFO info = { .samplerate = 48000, .channels = 1,
	    .format = SF_FORMAT_WAV | format };
	float in[3] = { volume, -volume, volume / 2 };
	short out[3];
	SNDFILE *file;

	file = sf_open("x.wav", SFM_WRITE, &info);
	sf_write_float(file, in, 3);
	sf_close(file);
	file = sf_open("x.wav", SFM_READ, &info);
	sf_command(file, SFC_SET_SCALE_FLOAT_INT_READ, NULL, scale);
	sf_read_short(file, out, 3);
	sf_close(file);
	printf("%d %d %d\n", out[0], out[1], out[2]);
}
int
main(void)
{

	try(SF_FORMAT_PCM_24, 1, SF_FALSE);
	try(SF_FORMAT_FLOAT, 1, SF_FALSE);
	try(SF_FORMAT_FLOAT, 0.25F, SF_TRUE);
}
E
cc read.c -o read -lsndfile
./read >out
compare "32767 -32768 16384" "32767 -32768 16384" "$(sed -n 1p out)"
compare "32767 -32768 16384" "1 -1 0" "$(sed -n 2p out)"
compare "8192 -8192 4096" "32766 -32766 16383" "$(sed -n 3p out)"
