/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The format feeder: converts samples of one encoding to another by their most
 * significant bits.
 */

#include "tk_sound.h"

#include "feeder_if.h"

/* The number of frames that are converted at once. */
#define	FORMAT_FRAMES	64

static void
format_convert(const struct pcm_feederdesc *desc, const uint8_t *from,
    uint8_t *to, uint32_t samples)
{
	uint32_t in = desc->in, out = desc->out;
	int64_t v;

	for (; samples > 0; samples--) {
		v = tk_sample_get(from, in) * (1LL << (32 - AFMT_BIT(in)));
		tk_sample_put(to, (int32_t)(v >> (32 - AFMT_BIT(out))), out);
		from += AFMT_BPS(in);
		to += AFMT_BPS(out);
	}
}

static int
feed_format(struct pcm_feeder *f, struct pcm_channel *c, u_int8_t *buffer,
    u_int32_t count, void *source)
{
	uint8_t old[FORMAT_FRAMES * SND_CHN_MAX * sizeof(uint32_t)];
	uint32_t done, frames, in, out;

	in = AFMT_ALIGN(f->desc->in);
	out = AFMT_ALIGN(f->desc->out);
	for (done = 0; count - done >= out; done += frames * out) {
		frames = MIN((count - done) / out, FORMAT_FRAMES);
		frames = (uint32_t)FEEDER_FEED(f->source, c, old, frames * in,
		    source) / in;
		if (frames == 0)
			break;
		format_convert(f->desc, old, buffer + done,
		    frames * AFMT_CHANNEL(f->desc->in));
	}
	return ((int)done);
}

static kobj_method_t feeder_format_methods[] = {
	KOBJMETHOD(feeder_feed,	feed_format),
	KOBJMETHOD_END
};

struct feeder_class tk_feeder_format = {
	.name =		"feeder_format",
	.methods =	feeder_format_methods,
	.size =		sizeof(struct pcm_feeder),
	.type =		FEEDER_FORMAT,
};
