/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The mixer feeder, the root of a parent's chain.  It plays the sum of what the
 * virtual channels play.  When recording, it copies the samples to each of
 * them.
 *
 * As in FreeBSD's feed_mixer_feed(), the first child's samples go to the
 * destination; the samples of each other child pass through the parent's soft
 * buffer.  A child that has too few samples is completed with silence, since
 * feed_root() returns as much as it is asked for.
 */

#include "tk_sound.h"

#include "feeder_if.h"

static void
mixer_apply(const uint8_t *src, uint8_t *dst, uint32_t count, uint32_t fmt)
{
	int64_t sum, top = 1LL << (AFMT_BIT(fmt) - 1);
	uint32_t i;

	for (i = 0; i < count; i += AFMT_BPS(fmt)) {
		sum = (int64_t)tk_sample_get(src + i, fmt) +
		    tk_sample_get(dst + i, fmt);
		RANGE(sum, -top, top - 1);
		tk_sample_put(dst + i, (int32_t)sum, fmt);
	}
}

static bool
mixer_feeds(const struct pcm_channel *c)
{
	return (CHN_STARTED(c) && (c->flags & CHN_F_DIRTY) == 0);
}

/*
 * Add a child's samples to the `have' bytes in b.  Returns the number of bytes
 * that b then holds.  Both channels are locked.
 */
static uint32_t
mixer_add(struct pcm_channel *child, struct snd_dbuf *tmp, uint8_t *b,
    uint32_t count, uint32_t have)
{
	uint32_t fmt = tmp->fmt, got;

	if (have == 0)
		return ((uint32_t)FEEDER_FEED(child->feeder, child, b, count,
		    child->bufsoft));
	got = (uint32_t)FEEDER_FEED(child->feeder, child, tmp->buf, count,
	    child->bufsoft);
	if (got > have)
		memset(b + have, sndbuf_zerodata(fmt), got - have);
	mixer_apply(tmp->buf, b, got, fmt);
	return (MAX(got, have));
}

static int
mixer_play(struct pcm_channel *c, uint8_t *b, uint32_t count,
    struct snd_dbuf *tmp)
{
	struct pcm_channel *child;
	uint32_t have = 0;

	count = MIN(count, tmp->bufsize);
	count -= count % tmp->align;
	if (count == 0)
		return (0);
	CHN_FOREACH(child, c, children.busy) {
		CHN_LOCK(child);
		if (mixer_feeds(child))
			have = mixer_add(child, tmp, b, count, have);
		CHN_UNLOCK(child);
	}
	if (++c->feedcount == 0)
		c->feedcount = 2;
	c->flags &= ~CHN_F_DIRTY;
	return ((int)have);
}

/* Feed `to' from `from' until `to' is full or `from' is empty. */
static void
mixer_pump(struct pcm_channel *c, struct pcm_feeder *f, struct snd_dbuf *from,
    struct snd_dbuf *to)
{
	uint32_t n;

	do {
		n = sndbuf_getfree(to);
		n -= n % to->align;
		if (n != 0)
			n = (uint32_t)FEEDER_FEED(f, c, to->tmpbuf, n, from);
		if (n != 0)
			sndbuf_acquire(to, to->tmpbuf, n);
	} while (n != 0);
}

/* Copy the contents of bs to a child.  Both channels are locked. */
static void
mixer_copy(struct pcm_channel *child, struct snd_dbuf *bs)
{
	int ready = bs->rl;

	mixer_pump(child, child->feeder, bs, child->bufsoft);
	if (bs->rl != 0)
		child->xruns++;
	bs->rp = 0;
	bs->rl = ready;
}

/*
 * The parent's soft buffer takes all that was recorded, and the children copy
 * it.  Afterwards it claims to hold one byte, so that chn_rdfeed() wakes the
 * children.
 */
static int
mixer_record(struct pcm_channel *c)
{
	struct snd_dbuf *bs = c->bufsoft;
	struct pcm_channel *child;

	bs->rp = 0;
	bs->rl = 0;
	mixer_pump(c, c->feeder->source, c->bufhard, bs);
	if ((uint32_t)bs->rl < bs->align) {
		bs->rl = 0;
		return (0);
	}
	CHN_FOREACH(child, c, children.busy) {
		CHN_LOCK(child);
		if (mixer_feeds(child))
			mixer_copy(child, bs);
		CHN_UNLOCK(child);
	}
	bs->rl = 1;
	c->flags &= ~CHN_F_DIRTY;
	return (0);
}

static int
feed_mixer(struct pcm_feeder *f __unused, struct pcm_channel *c,
    u_int8_t *b, u_int32_t count, void *source)
{
	if (c->direction == PCMDIR_REC)
		return (mixer_record(c));
	return (mixer_play(c, b, count, source));
}

static kobj_method_t feeder_mixer_methods[] = {
	KOBJMETHOD(feeder_feed,	feed_mixer),
	KOBJMETHOD_END
};

struct feeder_class tk_feeder_mixer = {
	.name =		"feeder_mixer",
	.methods =	feeder_mixer_methods,
	.size =		sizeof(struct pcm_feeder),
	.type =		FEEDER_MIXER,
};
