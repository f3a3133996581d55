/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The volume feeder: each sample is multiplied by its channel's volume, where
 * 256 is full volume.  As FreeBSD's, it takes signed samples of 16 or 32 bits
 * only.
 */

#include "tk_sound.h"

#include "feeder_if.h"

/* The volume of the channel at position `type' of a frame. */
static int
volume_of(struct pcm_channel *c, int type)
{
	int class = SND_VOL_C_VAL(SND_VOL_C_PCM);

	return (c->muted[class][type] ? 0 : c->volume[class][type]);
}

static bool
volume_is_flat(struct pcm_channel *c, const struct pcmchan_matrix *m)
{
	int i;

	for (i = 0; i < m->channels; i++) {
		if (volume_of(c, m->map[i].type) != SND_VOL_FLAT)
			return (false);
	}
	return (true);
}

static void
volume_apply(struct pcm_channel *c, const struct pcmchan_matrix *m,
    uint8_t *frame, uint32_t fmt)
{
	int64_t v, most = (1LL << (AFMT_BIT(fmt) - 1)) - 1;
	int i;

	for (i = 0; i < m->channels; i++, frame += AFMT_BPS(fmt)) {
		v = (int64_t)tk_sample_get(frame, fmt) *
		    volume_of(c, m->map[i].type) >> SND_VOL_RESOLUTION;
		RANGE(v, -most - 1, most);
		tk_sample_put(frame, (int32_t)v, fmt);
	}
}

static int
feed_volume(struct pcm_feeder *f, struct pcm_channel *c, u_int8_t *buffer,
    u_int32_t count, void *source)
{
	const struct pcmchan_matrix *m = f->data;
	uint32_t align = AFMT_ALIGN(f->desc->in), fed, off;

	fed = (uint32_t)FEEDER_FEED(f->source, c, buffer, count, source);
	if (volume_is_flat(c, m))
		return ((int)fed);
	for (off = 0; off + align <= fed; off += align)
		volume_apply(c, m, buffer + off, f->desc->in);
	return ((int)fed);
}

static kobj_method_t feeder_volume_methods[] = {
	KOBJMETHOD(feeder_feed,	feed_volume),
	KOBJMETHOD_END
};

struct feeder_class tk_feeder_volume = {
	.name =		"feeder_volume",
	.methods =	feeder_volume_methods,
	.size =		sizeof(struct pcm_feeder),
	.type =		FEEDER_VOLUME,
};
