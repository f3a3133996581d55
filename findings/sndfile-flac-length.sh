#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# libsndfile says that a FLAC file of unknown length is the longest possible.
#
# Expected: an encoder that writes to a pipe leaves the number of samples at 0,
# which FLAC defines as unknown.  SF_INFO.frames is then 0 or -1, or counted.
# Seen: frames is 2^63 - 1.  The file reads well to its end, but a program that
# allocates frames * channels, or draws a progress bar, computes nonsense.

. "$(dirname "$0")/lib.sh"
needs libsndfile1-dev 1.2.0

cat >length.c <<'E'
#include <sndfile.h>
#include <stdio.h>
static short samples[9600];
int
main(void)
{
	SF_INFO info = { .samplerate = 48000, .channels = 1,
	    .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16 };
	SNDFILE *file;
	FILE *raw;
	sf_count_t read;

	file = sf_open("x.flac", SFM_WRITE, &info);
	sf_write_short(file, samples, 9600);
	sf_close(file);
	/* STREAMINFO: the low 32 of the 36 bits of the number. */
	raw = fopen("x.flac", "r+b");
	fseek(raw, 22, SEEK_SET);
	fwrite("\0\0\0\0", 4, 1, raw);
	fclose(raw);
	file = sf_open("x.flac", SFM_READ, &info);
	read = sf_read_short(file, samples, 9600);
	printf("frames %lld, read %lld\n", (long long)info.frames,
	    (long long)read);
	sf_close(file);
}
E
cc length.c -o length -lsndfile
compare "frames 0, read 9600" "frames 9223372036854775807, read 9600" \
    "$(./length)"
