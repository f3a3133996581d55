#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A compressed WAV file has more frames when libsndfile reads it than when it
# was written.
#
# Expected: of 1000 frames that were written, 1000 are read.  The codecs pad the
# last block, and for that WAV has the chunk "fact", which holds the length.
# Seen: SF_INFO.frames and sf_read_short() count whole blocks.  With MS ADPCM and
# GSM, libsndfile itself has written 1000 into "fact", and ignores it.  With IMA
# ADPCM it writes the wrong length.  AIFF's IMA ADPCM, too, is padded.

. "$(dirname "$0")/lib.sh"
needs libsndfile1-dev 1.2.0

cat >length.c <<'E'
#include <sndfile.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
static short samples[9600];
static char bytes[9600];
static void
try(const char *name, int format)
{
	SF_INFO info = { .samplerate = 48000, .channels = 1,
	    .format = format };
	sf_count_t read;
	SNDFILE *file;
	uint32_t fact = 0;
	size_t i, len;
	FILE *raw;

	file = sf_open("x", SFM_WRITE, &info);
	sf_write_short(file, samples, 1000);
	sf_close(file);
	raw = fopen("x", "rb");
	len = fread(bytes, 1, sizeof(bytes), raw);
	fclose(raw);
	for (i = 0; i + 12 <= len && fact == 0; i++)
		if (memcmp(bytes + i, "fact", 4) == 0)
			memcpy(&fact, bytes + i + 8, 4);
	file = sf_open("x", SFM_READ, &info);
	read = sf_read_short(file, samples, 9600);
	printf("%s: fact %u, frames %lld, read %lld\n", name, fact,
	    (long long)info.frames, (long long)read);
	sf_close(file);
}
int
main(void)
{

	try("mu-law", SF_FORMAT_WAV | SF_FORMAT_ULAW);
	try("MS", SF_FORMAT_WAV | SF_FORMAT_MS_ADPCM);
	try("GSM", SF_FORMAT_WAV | SF_FORMAT_GSM610);
	try("IMA", SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM);
	try("AIFF", SF_FORMAT_AIFF | SF_FORMAT_IMA_ADPCM);
}
E
cc length.c -o length -lsndfile
./length >out
right="fact 1000, frames 1000, read 1000"
compare "mu-law: $right" "mu-law: $right" "$(sed -n 1p out)"
compare "MS: $right" "MS: fact 1000, frames 4084, read 4084" "$(sed -n 2p out)"
compare "GSM: $right" "GSM: fact 1000, frames 1280, read 1280" \
    "$(sed -n 3p out)"
compare "IMA: $right" "IMA: fact 4089, frames 4089, read 4089" \
    "$(sed -n 4p out)"
compare "AIFF: fact 0, frames 1000, read 1000" \
    "AIFF: fact 0, frames 1024, read 1024" "$(sed -n 5p out)"
