/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A stream: what a program does with /dev/dsp to play or to record.  The
 * channel converts nothing, so the best format that it offers is found by
 * trying.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "tk.h"
#include "tk_dsp.h"

#define	KERNEL_EAGAIN	35		/* FreeBSD's */
#define	SOUND_RESERVE	131072		/* bytes of a channel, at most */

/*
 * For a sample format as it is stored, the formats to play it as, best first:
 * the same, then wider, then narrower ones.
 */
static const enum sample preferences[SAMPLES][SAMPLES] = {
	[SAMPLE_U8]  = { SAMPLE_U8, SAMPLE_S8, SAMPLE_S16, SAMPLE_S24,
			 SAMPLE_S32, SAMPLE_F32 },
	[SAMPLE_S8]  = { SAMPLE_S8, SAMPLE_U8, SAMPLE_S16, SAMPLE_S24,
			 SAMPLE_S32, SAMPLE_F32 },
	[SAMPLE_S16] = { SAMPLE_S16, SAMPLE_S24, SAMPLE_S32, SAMPLE_F32,
			 SAMPLE_S8, SAMPLE_U8 },
	[SAMPLE_S24] = { SAMPLE_S24, SAMPLE_S32, SAMPLE_F32, SAMPLE_S16,
			 SAMPLE_S8, SAMPLE_U8 },
	[SAMPLE_S32] = { SAMPLE_S32, SAMPLE_S24, SAMPLE_F32, SAMPLE_S16,
			 SAMPLE_S8, SAMPLE_U8 },
	[SAMPLE_F32] = { SAMPLE_F32, SAMPLE_S32, SAMPLE_S24, SAMPLE_S16,
			 SAMPLE_S8, SAMPLE_U8 },
};

/* Rates to convert to, rising. */
static const uint32_t rates[] = {
	5512, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000,
	64000, 88200, 96000, 176400, 192000, 384000
};
#define	NRATES	((int)(sizeof(rates) / sizeof(rates[0])))

static bool
try_format(struct stream *s, enum sample sample, uint32_t channels,
    uint32_t rate)
{

	if (tk_dsp_setup(s->dsp, sample_types[sample].afmt, channels, rate, 0,
	    0) != 0)
		return (false);
	s->format = (struct format){ .sample = sample, .channels = channels,
	    .rate = rate };
	return (true);
}

/* The source's rate; else the next higher one; else the next lower one. */
static bool
try_rates(struct stream *s, enum sample sample, uint32_t channels,
    uint32_t rate)
{
	int i;

	if (try_format(s, sample, channels, rate))
		return (true);
	for (i = 0; i < NRATES; i++) {
		if (rates[i] > rate &&
		    try_format(s, sample, channels, rates[i]))
			return (true);
	}
	for (i = NRATES - 1; i >= 0; i--) {
		if (rates[i] < rate &&
		    try_format(s, sample, channels, rates[i]))
			return (true);
	}
	return (false);
}

static bool
try_channels(struct stream *s, enum sample sample, const struct format *want)
{
	static const uint32_t fewer[] = { 2, 1 };
	size_t i;

	if (try_rates(s, sample, want->channels, want->rate))
		return (true);
	for (i = 0; i < sizeof(fewer) / sizeof(fewer[0]); i++) {
		if (fewer[i] != want->channels &&
		    try_rates(s, sample, fewer[i], want->rate))
			return (true);
	}
	return (false);
}

static int
choose_format(struct stream *s, const struct format *want)
{
	enum sample sample;
	int i;

	for (i = 0; i < SAMPLES; i++) {
		sample = preferences[want->sample][i];
		if ((s->offered & sample_types[sample].afmt) != 0 &&
		    try_channels(s, sample, want))
			return (0);
	}
	return (complain("the device %s none of the formats that the file "
	    "can be converted to", s->capture ? "records" : "plays"));
}

/*
 * Behind the sound half a second of silence, or as much as sound(4) has room
 * for, in case a busy host lets this program write too late.
 */
static int
choose_reserve(struct stream *s, uint32_t size)
{
	uint32_t bytes;
	int error;

	bytes = s->format.rate / 2 * format_frame(&s->format);
	if (bytes > SOUND_RESERVE)
		bytes = SOUND_RESERVE;
	error = bytes / size < 2 ? 0 : tk_dsp_setreserve(s->dsp, bytes / size);
	if (error == 0)
		return (0);
	return (complain("no reserve of %" PRIu32 " bytes: %s", bytes,
	    kernel_strerror(error)));
}

/*
 * The buffer, unless the user sets it: periods of 10 ms, as many as there is
 * room for.
 */
static int
choose_buffer(struct stream *s, const struct options *o)
{
	static const uint32_t counts[] = { 16, 8, 4, 2 };
	uint32_t frames, size;
	size_t i;
	int error;

	frames = o->period_frames != 0 ? o->period_frames :
	    s->format.rate / 100;
	size = frames * format_frame(&s->format);
	if (o->periods != 0)
		error = tk_dsp_setfragments(s->dsp, size, o->periods);
	else for (i = 0, error = EINVAL; error != 0 && i <
	    sizeof(counts) / sizeof(counts[0]); i++)
		error = tk_dsp_setfragments(s->dsp, size, counts[i]);
	if (error == 0)
		return (choose_reserve(s, size));
	return (complain("the driver takes no buffer of %" PRIu32 " periods "
	    "of %" PRIu32 " frames: %s", o->periods != 0 ? o->periods : 2,
	    frames, kernel_strerror(error)));
}

static int
take_info(struct stream *s)
{
	struct tk_dsp_info info;
	int error;

	error = tk_dsp_getinfo(s->dsp, &info);
	if (error != 0)
		return (complain("cannot ask the channel: %s",
		    kernel_strerror(error)));
	snprintf(s->name, sizeof(s->name), "%s", info.name);
	/* "dsp0.play.3" */
	s->channel = strrchr(s->name, '.') == NULL ? 0 :
	    (uint32_t)strtoul(strrchr(s->name, '.') + 1, NULL, 10);
	s->offered = info.formats;
	s->minspeed = info.minspeed;
	s->maxspeed = info.maxspeed;
	if (info.frame != 0)
		s->period_frames = info.hw_fragsize / info.frame;
	s->periods = info.hw_fragcount;
	return (0);
}

int
stream_open(struct stream *s, const struct format *want,
    const struct options *o)
{
	int error;

	memset(s, 0, sizeof(*s));
	s->capture = o->capture;
	error = tk_dsp_open(-1, o->capture, true, &s->dsp);
	if (error != 0)
		return (complain("the device has no %s stream: %s",
		    o->capture ? "capture" : "playback",
		    kernel_strerror(error)));
	if (take_info(s) == 0 && choose_format(s, want) == 0 &&
	    choose_buffer(s, o) == 0 && take_info(s) == 0)
		return (0);
	stream_close(s);
	return (-1);
}

double
stream_seconds(const struct stream *s, size_t bytes)
{

	return (bytes / ((double)format_frame(&s->format) * s->format.rate));
}

double
stream_position(const struct stream *s)
{
	uint32_t waiting;

	if (s->capture || tk_dsp_getodelay(s->dsp, &waiting) != 0 ||
	    waiting > s->done)
		waiting = 0;
	return (stream_seconds(s, s->done - waiting));
}

static void
count_xruns(struct stream *s)
{
	struct tk_dsp_errors errors;

	if (tk_dsp_geterror(s->dsp, &errors) == 0)
		s->xruns += s->capture ? errors.rec_overruns :
		    errors.play_underruns;
}

void
stream_pad(struct stream *s)
{

	s->silence = (s->periods + 1) * s->period_frames *
	    format_frame(&s->format);
}

bool
stream_moved_all(const struct stream *s, const struct sound *sound)
{

	return (s->done == sound->len && s->silence == 0);
}

/* The same for all streams: what stream_move() returns. */
static int64_t
moved(struct stream *s, int64_t n)
{

	if (n == -KERNEL_EAGAIN)
		return (0);
	if (n > 0)
		return (n);
	return (complain("the device stopped after %.2f s: %s",
	    stream_seconds(s, s->done), kernel_strerror((int)-n)));
}

static int64_t
write_silence(struct stream *s)
{
	uint8_t silence[1024];
	size_t chunk;
	int64_t n;

	memset(silence, sample_types[s->format.sample].silence,
	    sizeof(silence));
	chunk = sizeof(silence) - sizeof(silence) % format_frame(&s->format);
	if (chunk > s->silence)
		chunk = s->silence;
	n = moved(s, tk_dsp_write(s->dsp, silence, chunk));
	if (n > 0)
		s->silence -= n;
	return (n);
}

int64_t
stream_move(struct stream *s, struct sound *sound)
{
	size_t chunk;
	int64_t n;

	if (stream_moved_all(s, sound))
		return (0);
	if (s->done == sound->len)
		return (write_silence(s));
	chunk = s->period_frames * format_frame(&s->format);
	if (chunk > sound->len - s->done)
		chunk = sound->len - s->done;
	n = moved(s, s->capture ?
	    tk_dsp_read(s->dsp, sound->data + s->done, chunk) :
	    tk_dsp_write(s->dsp, sound->data + s->done, chunk));
	if (n > 0)
		s->done += n;
	/* From here on an empty buffer means that the sound has ended. */
	if (s->done == sound->len)
		count_xruns(s);
	return (n);
}

int
stream_finish(struct stream *s)
{
	int error;

	error = s->capture ? tk_dsp_reset(s->dsp) : tk_dsp_sync(s->dsp);
	if (error == 0)
		return (0);
	return (complain("the device did not %s the end: %s",
	    s->capture ? "record" : "play", kernel_strerror(error)));
}

void
stream_stop(struct stream *s)
{

	tk_dsp_reset(s->dsp);
}

void
stream_close(struct stream *s)
{

	if (s->dsp != NULL)
		tk_dsp_close(s->dsp);
	s->dsp = NULL;
}
