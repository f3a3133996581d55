#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A float beyond full scale changes its sign in a file that libsndfile writes.
#
# Expected: sf_write_float() of 1.25 to a file of integers is clipped, to 32767 in
# 16 bits: there is nothing louder.
# Seen: it is -24577, and the write is a success.  The number is scaled, and its
# lower 16 bits are kept, in WAV and AIFF alike; 24 bits and bytes wrap in the
# same way.  A filter that overshoots a little makes a loud click.
# SFC_SET_CLIPPING, which is off, makes it clip.

. "$(dirname "$0")/lib.sh"
needs libsndfile1-dev 1.2.0

cat >loud.c <<'E'
#include <sndfile.h>
#include <stdio.h>
static void
try(const char *name, int format, int clip)
{
	SF_INFO info = { .samplerate = 48000, .channels = 1, .format = format };
	float in[3] = { 0.5F, 1.25F, -1.25F };
	sf_count_t written;
	short out[3];
	SNDFILE *file;

	file = sf_open("x", SFM_WRITE, &info);
	sf_command(file, SFC_SET_CLIPPING, NULL, clip);
	written = sf_write_float(file, in, 3);
	sf_close(file);
	file = sf_open("x", SFM_READ, &info);
	sf_read_short(file, out, 3);
	sf_close(file);
	printf("%s: %lld written, %d %d %d\n", name, (long long)written,
	    out[0], out[1], out[2]);
}
int
main(void)
{

	try("set to clip", SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_TRUE);
	try("WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FALSE);
	try("AIFF", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, SF_FALSE);
	try("24 bits", SF_FORMAT_WAV | SF_FORMAT_PCM_24, SF_FALSE);
	try("8 bits", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, SF_FALSE);
}
E
cc loud.c -o loud -lsndfile
./loud >out
clipped="3 written, 16384 32767 -32768"
compare "set to clip: $clipped" "set to clip: $clipped" "$(sed -n 1p out)"
compare "WAV: $clipped" "WAV: 3 written, 16384 -24577 24577" \
    "$(sed -n 2p out)"
compare "AIFF: $clipped" "AIFF: 3 written, 16384 -24577 24577" \
    "$(sed -n 3p out)"
compare "24 bits: $clipped" "24 bits: 3 written, 16384 -24577 24576" \
    "$(sed -n 4p out)"
compare "8 bits: 3 written, 16384 32512 -32768" \
    "8 bits: 3 written, 16384 -24832 24832" "$(sed -n 5p out)"
