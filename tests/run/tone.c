/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Makes audio files for the player's tests: noise that uses every bit of the
 * coding and never is silent.
 *
 * usage: kpi-tone FILE CODING RATE CHANNELS FRAMES [SEED [ONLY]]
 * FILE ends in .wav, .aiff or .flac;
 * CODING is u8, s8, s16, s24, s32, f32 or gsm; another SEED makes other noise;
 * ONLY is the one channel that is not silent, from 1 on.
 */

#include <err.h>
#include <sndfile.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct name {
	const char	*name;
	int		 value;
};

static const struct name containers[] = {
	{ ".wav", SF_FORMAT_WAV }, { ".aiff", SF_FORMAT_AIFF },
	{ ".flac", SF_FORMAT_FLAC }, { NULL, 0 }
};

static const struct name codings[] = {
	{ "u8", SF_FORMAT_PCM_U8 }, { "s8", SF_FORMAT_PCM_S8 },
	{ "s16", SF_FORMAT_PCM_16 }, { "s24", SF_FORMAT_PCM_24 },
	{ "s32", SF_FORMAT_PCM_32 }, { "f32", SF_FORMAT_FLOAT },
	{ "gsm", SF_FORMAT_GSM610 }, { NULL, 0 }
};

static int
lookup(const struct name *n, const char *text)
{

	for (; n->name != NULL; n++) {
		if (text != NULL && strcmp(n->name, text) == 0)
			return (n->value);
	}
	errx(64, "unknown: %s", text != NULL ? text : "(no suffix)");
}

static uint32_t	x = 1;
static int	only;

/* One frame: 31 random bits a sample, the top one a square wave. */
static void
make_frame(int32_t *frame, int channels, int at)
{
	int i;

	for (i = 0; i < channels; i++) {
		x = x * 1664525 + 1013904223;
		frame[i] = (int32_t)((x >> 2 | UINT32_C(0x10000000)) ^
		    ((at / 50 & 1) != 0 ? UINT32_C(0x80000000) : 0));
		if (only != 0 && only != i + 1)
			frame[i] = 0;
	}
}

static void
write_frames(SNDFILE *file, int channels, int frames, int is_float)
{
	int32_t frame[64];
	float value[64];
	int at, i;

	for (at = 0; at < frames; at++) {
		make_frame(frame, channels, at);
		for (i = 0; i < channels; i++)
			value[i] = (float)frame[i] / 2147483648.0f;
		if ((is_float ? sf_writef_float(file, value, 1) :
		    sf_writef_int(file, frame, 1)) != 1)
			errx(1, "%s", sf_strerror(file));
	}
}

int
main(int argc, char **argv)
{
	SF_INFO info = { .format = 0 };
	SNDFILE *file;
	int coding;

	if (argc < 6 || argc > 8)
		errx(64, "usage: kpi-tone file coding rate channels frames "
		    "[seed [only]]");
	if (argc > 6)
		x = (uint32_t)atoi(argv[6]);
	if (argc > 7)
		only = atoi(argv[7]);
	coding = lookup(codings, argv[2]);
	info.format = lookup(containers, strrchr(argv[1], '.')) | coding;
	info.samplerate = atoi(argv[3]);
	info.channels = atoi(argv[4]);
	if (info.channels < 1 || info.channels > 64)
		errx(64, "channels: 1 to 64");
	file = sf_open(argv[1], SFM_WRITE, &info);
	if (file == NULL)
		errx(1, "%s: %s", argv[1], sf_strerror(NULL));
	write_frames(file, info.channels, atoi(argv[5]),
	    coding == SF_FORMAT_FLOAT);
	if (sf_close(file) != 0)
		errx(1, "%s: cannot close", argv[1]);
	return (0);
}
