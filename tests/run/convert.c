/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A file's samples in the stream's format.
 *
 * On their way they are doubles between -1 and 1, which hold every integer of
 * 32 bits and every 32-bit float exactly: what is stored no wider than it is
 * played comes out unchanged.  libsamplerate changes the rate, where it must.
 */

#define	_GNU_SOURCE
#include <inttypes.h>
#include <math.h>
#include <samplerate.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

#define	CHUNK	4096			/* frames read at a time */

struct convert {
	struct source	*source;
	struct sound	*sound;
	size_t		 room;		/* bytes allocated for sound */
	struct channels_mix mix;
	SRC_STATE	*src;		/* NULL: the rate stays */
	double		*in;		/* CHUNK frames of the file */
	double		*mapped;	/* CHUNK frames of the stream */
	float		*slow;		/* the same for libsamplerate */
	float		*fast;		/* what it returns, CHUNK frames */
};

/*
 * Samples to bytes, little-endian
 */

static int64_t
to_integer(double v, int bits)
{
	double limit;

	if (isnan(v))
		return (0);
	limit = ldexp(1.0, bits - 1);
	v = nearbyint(v * limit);
	if (v > limit - 1)
		v = limit - 1;
	if (v < -limit)
		v = -limit;
	return ((int64_t)v);
}

static uint8_t *
put_sample(uint8_t *p, enum sample sample, double v)
{
	const struct sample_type *type;
	float f;
	int64_t n;
	uint32_t i;

	type = &sample_types[sample];
	if (sample == SAMPLE_F32) {
		f = (float)v;
		memcpy(p, &f, sizeof(f));
		return (p + sizeof(f));
	}
	n = to_integer(v, type->bytes * 8);
	for (i = 0; i < type->bytes; i++)
		p[i] = (uint8_t)(n >> (8 * i));
	if (sample == SAMPLE_U8)
		p[0] ^= 0x80;
	return (p + type->bytes);
}

static int
reserve(struct convert *c, size_t len)
{
	uint8_t *data;
	size_t room;

	if (c->sound->len + len <= c->room)
		return (0);
	room = 2 * c->room > c->sound->len + len ? 2 * c->room :
	    c->sound->len + len;
	data = realloc(c->sound->data, room);
	if (data == NULL)
		return (complain("%s does not fit in memory",
		    c->source->path));
	c->sound->data = data;
	c->room = room;
	return (0);
}

static int
append(struct convert *c, const double *v, size_t frames)
{
	uint8_t *p;
	size_t i, n;

	/* For a short sound the filter gives nothing at first. */
	if (frames == 0)
		return (0);
	if (reserve(c, frames * format_frame(&c->sound->format)) != 0)
		return (-1);
	p = c->sound->data + c->sound->len;
	n = frames * c->sound->format.channels;
	for (i = 0; i < n; i++)
		p = put_sample(p, c->sound->format.sample, v[i]);
	c->sound->len = p - c->sound->data;
	return (0);
}

/* Of two, one is their mean. */
static void
mix_channels(struct convert *c, size_t frames)
{
	const double *from;
	double left, right, *to;
	uint32_t i, in;

	in = c->source->format.channels;
	from = c->in;
	to = c->mapped;
	for (; frames > 0; frames--, from += in) {
		left = right = 0;
		for (i = 0; i < in && i < CHANNELS_MAX; i++) {
			left += c->mix.left[i] * from[i];
			right += c->mix.right[i] * from[i];
		}
		if (c->sound->format.channels == 1)
			*to++ = (left + right) / 2;
		else {
			*to++ = left;
			*to++ = right;
		}
	}
}

/*
 * The same number of channels stays as it is.  One channel is copied to all.
 * More channels are mixed.
 */
static void
map_channels(struct convert *c, size_t frames)
{
	uint32_t in, out;
	size_t i;

	in = c->source->format.channels;
	out = c->sound->format.channels;
	if (in > out) {
		mix_channels(c, frames);
		return;
	}
	for (i = 0; i < frames * out; i++)
		c->mapped[i] = c->in[in == 1 ? i / out : i];
}

/*
 * The rate
 */

static int
resample(struct convert *c, size_t frames, bool last)
{
	SRC_DATA d = { .data_in = c->slow, .input_frames = frames,
	    .data_out = c->fast, .output_frames = CHUNK,
	    .src_ratio = (double)c->sound->format.rate /
	    c->source->format.rate, .end_of_input = last };
	size_t i, n;
	int error;

	/* NOLINTBEGIN(clang-analyzer-unix.Malloc): the caller frees sound. */
	for (i = 0; i < frames * c->sound->format.channels; i++)
		c->slow[i] = (float)c->mapped[i];
	do {
		error = src_process(c->src, &d);
		if (error != 0)
			return (complain("cannot convert the rate of %s: %s",
			    c->source->path, src_strerror(error)));
		n = d.output_frames_gen * c->sound->format.channels;
		for (i = 0; i < n; i++)
			c->mapped[i] = c->fast[i];
		if (append(c, c->mapped, d.output_frames_gen) != 0)
			return (-1);
		d.data_in += d.input_frames_used *
		    c->sound->format.channels;
		d.input_frames -= d.input_frames_used;
		/*
		 * At the end of slow, its next samples might be the start of
		 * fast.
		 */
		if (d.input_frames == 0)
			d.data_in = c->slow;
	} while (d.output_frames_gen > 0);
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
	return (0);
}

/*
 * Reading
 */

static int
convert_chunk(struct convert *c, size_t frames)
{

	map_channels(c, frames);
	if (c->src != NULL)
		return (resample(c, frames, false));
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): sound_read() frees. */
	return (append(c, c->mapped, frames));
}

/*
 * Check that all of the file was read.  If the file tells no length, this is
 * it.
 */
static int
check_end(struct source *s, uint64_t done)
{

	if (s->endless && sf_error(s->sndfile) != SF_ERR_NO_ERROR)
		return (complain("%s is damaged after %" PRIu64 " frames: %s",
		    s->path, done, sf_strerror(s->sndfile)));
	if (s->endless && done == 0)
		return (complain("%s holds no sound: it has a header and no "
		    "samples", s->path));
	if (s->endless)
		s->frames = done;
	if (done == s->frames)
		return (0);
	return (complain("%s is truncated or damaged: %" PRIu64 " of %" PRIu64
	    " frames can be read; get a complete copy", s->path, done,
	    s->frames));
}

static int
convert_all(struct convert *c)
{
	sf_count_t n;
	uint64_t done;

	for (done = 0; done < c->source->frames; done += n) {
		n = sf_readf_double(c->source->sndfile, c->in, CHUNK);
		if (n <= 0)
			break;
		if (convert_chunk(c, n) != 0)
			return (-1);
	}
	if (check_end(c->source, done) != 0)
		return (-1);
	return (c->src != NULL ? resample(c, 0, true) : 0);
}

static int
convert_alloc(struct convert *c)
{
	uint32_t in, out;
	int error;

	in = c->source->format.channels;
	out = c->sound->format.channels;
	c->in = calloc((size_t)CHUNK * in, sizeof(*c->in));
	c->mapped = calloc((size_t)CHUNK * out, sizeof(*c->mapped));
	c->slow = calloc((size_t)CHUNK * out, sizeof(*c->slow));
	c->fast = calloc((size_t)CHUNK * out, sizeof(*c->fast));
	if (c->in == NULL || c->mapped == NULL || c->slow == NULL ||
	    c->fast == NULL)
		return (complain("out of memory"));
	if (c->source->format.rate == c->sound->format.rate)
		return (0);
	c->src = src_new(SRC_SINC_BEST_QUALITY, out, &error);
	if (c->src == NULL)
		return (complain("cannot convert the rate of %s: %s",
		    c->source->path, src_strerror(error)));
	return (0);
}

int
sound_read(struct sound *sound, struct source *source,
    const struct format *format)
{
	struct convert c = { .source = source, .sound = sound };
	int error;

	channels_mix(&c.mix, source->layout, source->format.channels);
	memset(sound, 0, sizeof(*sound));
	sound->format = *format;
	error = convert_alloc(&c);
	if (error == 0)
		error = convert_all(&c);
	if (c.src != NULL)
		src_delete(c.src);
	free(c.in);
	free(c.mapped);
	free(c.slow);
	free(c.fast);
	if (error != 0)
		sound_free(sound);
	return (error);
}

void
sound_free(struct sound *sound)
{

	free(sound->data);
	sound->data = NULL;
	sound->len = 0;
}

/*
 * What changes on the way
 */

/* Bits of precision. */
static uint32_t
precision(enum sample sample)
{

	return (sample == SAMPLE_F32 ? 24 : 8 * sample_types[sample].bytes);
}

static bool
loses(enum sample from, enum sample to)
{

	if (from == SAMPLE_F32)
		return (to != SAMPLE_F32);
	return (precision(from) > precision(to));
}

__attribute__((__format__(__printf__, 3, 4)))
static void
add_text(char *buf, size_t len, const char *fmt, ...)
{
	va_list ap;
	size_t used;

	used = strlen(buf);
	if (used > 0 && used + 2 < len) {
		memcpy(buf + used, ", ", 3);
		used += 2;
	}
	va_start(ap, fmt);
	vsnprintf(buf + used, len - used, fmt, ap);
	va_end(ap);
}

const char *
source_differences(const struct source *s, const struct format *f, char *buf,
    size_t len)
{
	char names[512];

	buf[0] = '\0';
	if (f->rate != s->format.rate)
		add_text(buf, len, "%" PRIu32 " Hz to %" PRIu32 " Hz",
		    s->format.rate, f->rate);
	if (f->sample != s->format.sample || s->rounded)
		add_text(buf, len, "%s to %s (%s)", s->coding,
		    sample_types[f->sample].name, s->rounded ||
		    loses(s->format.sample, f->sample) ? "rounded" :
		    "lossless");
	if (f->channels != s->format.channels)
		add_text(buf, len, "%" PRIu32 " channel%s to %" PRIu32,
		    s->format.channels, s->format.channels == 1 ? "" : "s",
		    f->channels);
	channels_text(s->layout, s->format.channels, names, sizeof(names));
	if (f->channels < s->format.channels && names[0] != '\0')
		add_text(buf, len, "%s", names);
	return (buf);
}
