/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The root feeder, the matrix feeder, the choice of a hardware format, and the
 * chain of feeders to it.  A bitperfect channel's chain is the root feeder
 * alone, and the program gets the hardware's format and rate, whatever it asked
 * for.  A cooked channel's samples are brought into the hardware's channel
 * order, multiplied by the volume, and converted in encoding, in FreeBSD's
 * order.  The root of a channel with virtual channels is the mixer feeder.  The
 * chains of its virtual channels end with its format.  Left out: rates, numbers
 * of channels, the equalizer, and G.711.
 */

#include "tk_sound.h"

#include "feeder_if.h"

static MALLOC_DEFINE(M_FEEDER, "feeder", "pcm feeder");

/* A rate that differs by less, in Hz, counts as the requested one. */
int feeder_rate_round = 25;
SYSCTL_INT(_hw_snd, OID_AUTO, feeder_rate_round, CTLFLAG_RWTUN,
    &feeder_rate_round, 0, "sample rate converter rounding threshold");

/*
 * Feeds the program's bytes.  If they are too few, silence comes before the
 * first and after the last of them.
 */
static u_int32_t
feed_root_play(struct pcm_channel *c, u_int8_t *buffer, u_int32_t count,
    struct snd_dbuf *src)
{
	u_int8_t zero = sndbuf_zerodata(src->fmt);
	u_int32_t have, lack;

	have = MIN(count, sndbuf_getready(src));
	lack = count - have;
	if (lack > 0 && c->feedcount == 1) {
		memset(buffer, zero, lack);
		sndbuf_dispose(src, buffer + lack, have);
		if (have == 0)
			c->feedcount--;
		return (count);
	}
	sndbuf_dispose(src, buffer, have);
	if (lack > 0) {
		memset(buffer + have, zero, lack);
		if ((c->flags & CHN_F_CLOSING) == 0)
			c->xruns++;
	}
	return (count);
}

static int
feed_root(struct pcm_feeder *feeder __unused, struct pcm_channel *c,
    u_int8_t *buffer, u_int32_t count, void *source)
{
	struct snd_dbuf *src = source;

	/*
	 * 0 and 1 mean that nothing was fed yet, so skip them when the count
	 * wraps.
	 */
	if (++c->feedcount == 0)
		c->feedcount = 2;
	if (c->direction == PCMDIR_PLAY)
		return ((int)feed_root_play(c, buffer, count, src));
	count = MIN(count, sndbuf_getready(src));
	sndbuf_dispose(src, buffer, count);
	return ((int)count);
}

static kobj_method_t feeder_root_methods[] = {
	KOBJMETHOD(feeder_feed,	feed_root),
	KOBJMETHOD_END
};

static struct feeder_class feeder_root_class = {
	.name =		"feeder_root",
	.methods =	feeder_root_methods,
	.size =		sizeof(struct pcm_feeder),
	.type =		FEEDER_ROOT,
};

/*
 * For each channel of the output, the input channel that its sample comes from.
 */
struct matrix_order {
	uint32_t	channels, bps;
	int8_t		from[SND_CHN_MAX];	/* -1: silence */
};

static void
matrix_order_set(struct matrix_order *o, const struct pcmchan_matrix *in,
    const struct pcmchan_matrix *out, uint32_t fmt)
{
	uint32_t i, who;

	o->channels = out->channels;
	o->bps = AFMT_BPS(fmt);
	for (i = 0; i < out->channels; i++) {
		who = out->map[i].members & in->mask;
		/*
		 * If several channels are to be mixed, only the first is used.
		 */
		o->from[i] = who == 0 ? -1 : in->offset[ffs((int)who) - 1];
	}
}

static void
matrix_order_apply(const struct matrix_order *o, uint8_t *frame, uint8_t zero)
{
	uint8_t old[SND_CHN_MAX * sizeof(uint32_t)];
	uint32_t i;

	memcpy(old, frame, o->channels * o->bps);
	for (i = 0; i < o->channels; i++) {
		if (o->from[i] < 0)
			memset(frame + i * o->bps, zero, o->bps);
		else
			memcpy(frame + i * o->bps,
			    old + (uint32_t)o->from[i] * o->bps, o->bps);
	}
}

static int
feed_matrix(struct pcm_feeder *f, struct pcm_channel *c, u_int8_t *buffer,
    u_int32_t count, void *source)
{
	const struct matrix_order *o = f->data;
	uint32_t align = o->channels * o->bps;
	uint32_t fed, off;

	fed = (uint32_t)FEEDER_FEED(f->source, c, buffer, count, source);
	for (off = 0; off + align <= fed; off += align)
		matrix_order_apply(o, buffer + off,
		    sndbuf_zerodata(f->desc->in));
	return ((int)fed);
}

static int
feed_matrix_free(struct pcm_feeder *f)
{
	free(f->data, M_FEEDER);
	return (0);
}

static kobj_method_t feeder_matrix_methods[] = {
	KOBJMETHOD(feeder_free,	feed_matrix_free),
	KOBJMETHOD(feeder_feed,	feed_matrix),
	KOBJMETHOD_END
};

static struct feeder_class feeder_matrix_class = {
	.name =		"feeder_matrix",
	.methods =	feeder_matrix_methods,
	.size =		sizeof(struct pcm_feeder),
	.type =		FEEDER_MATRIX,
};

void
feeder_remove(struct pcm_channel *c)
{
	struct pcm_feeder *f;

	while ((f = c->feeder) != NULL) {
		c->feeder = f->source;
		FEEDER_FREE(f);
		kobj_delete((kobj_t)f, M_FEEDER);
	}
}

/* Put a feeder on top of the chain.  It converts `in' to `out'. */
static int
feeder_add(struct pcm_channel *c, struct feeder_class *class, uint32_t in,
    uint32_t out)
{
	struct pcm_feeder *f;

	f = (struct pcm_feeder *)kobj_create((kobj_class_t)class,
	    M_FEEDER, M_NOWAIT | M_ZERO);
	if (f == NULL)
		return (ENOSPC);
	f->class = class;
	f->desc = &f->desc_static;
	f->desc->in = in;
	f->desc->out = out;
	f->source = c->feeder;
	c->feeder = f;
	c->feederflags |= 1U << class->type;
	return (0);
}

/*
 * A chain that is being built: its format so far, and the format it must end
 * with.
 */
struct feeder_state {
	uint32_t	 fmt, target;
	uint32_t	 native;	/* encoding to compute in */
	struct pcmchan_matrix *matrix, *target_matrix;
};

/* Convert to the encoding `enc', unless it is that. */
static int
feeder_build_format(struct pcm_channel *c, struct feeder_state *s,
    uint32_t enc)
{
	uint32_t out = (s->fmt & ~AFMT_ENCODING_MASK) | enc;
	int error;

	if (out == s->fmt)
		return (0);
	error = feeder_add(c, &tk_feeder_format, s->fmt, out);
	if (error == 0)
		s->fmt = out;
	return (error);
}

static int
feeder_build_matrix(struct pcm_channel *c, struct feeder_state *s)
{
	struct matrix_order *o;
	int error;

	if (feeder_matrix_compare(s->matrix, s->target_matrix) == 0)
		return (0);
	error = feeder_build_format(c, s, s->native);
	if (error != 0)
		return (error);
	o = malloc(sizeof(*o), M_FEEDER, M_NOWAIT | M_ZERO);
	if (o == NULL)
		return (ENOSPC);
	error = feeder_add(c, &feeder_matrix_class, s->fmt, s->fmt);
	if (error != 0) {
		free(o, M_FEEDER);
		return (error);
	}
	c->feeder->data = o;
	matrix_order_set(o, s->matrix, s->target_matrix, s->fmt);
	s->matrix = s->target_matrix;
	s->fmt = SND_FORMAT(s->fmt, s->matrix->channels, s->matrix->ext);
	return (0);
}

/*
 * The volume is applied once: by each program's channel, or by the hardware's.
 */
static bool
feeder_has_volume(struct pcm_channel *c)
{
#if TK_FREEBSD == 15
	unsigned flags = c->parentsnddev->flags;

	if ((flags & SD_F_VPC) == 0)
		return ((flags & SD_F_SOFTPCMVOL) != 0 &&
		    (c->flags & CHN_F_VIRTUAL) == 0);
#endif
	return ((c->flags & CHN_F_HAS_VCHAN) == 0);
}

static int
feeder_build_volume(struct pcm_channel *c, struct feeder_state *s)
{
	int error;

	if (!feeder_has_volume(c))
		return (0);
	error = feeder_build_format(c, s, s->native);
	if (error == 0)
		error = feeder_add(c, &tk_feeder_volume, s->fmt, s->fmt);
	if (error == 0)
		c->feeder->data = s->matrix;
	return (error);
}

/* The feeders of a channel that is not bitperfect. */
static int
feeder_build_cooked(struct pcm_channel *c, struct feeder_state *s)
{
	uint32_t native[] = { AFMT_S16_NE, AFMT_S32_NE, 0 };
	int error;

	if (((s->fmt | s->target) & AFMT_G711) != 0 ||
	    AFMT_CHANNEL(s->fmt) != AFMT_CHANNEL(s->target)) {
		device_printf(c->dev, "the test kernel makes no 0x%08x of "
		    "0x%08x\n", s->target, s->fmt);
		return (ENODEV);
	}
	s->native = snd_fmtbest(AFMT_ENCODING(s->target), native);
	error = feeder_build_matrix(c, s);
	if (error == 0)
		error = feeder_build_volume(c, s);
	if (error == 0)
		error = feeder_build_format(c, s, AFMT_ENCODING(s->target));
	return (error);
}

/* The format on offer that is best for the channel's; 0: there is none. */
static uint32_t
feeder_offered(struct pcm_channel *c)
{
	struct pcmchan_caps *caps;

	/* vchan_sync() gives a virtual channel this mark. */
	if ((c->flags & CHN_F_VIRTUAL) && (c->flags & CHN_F_PASSTHROUGH))
		return (c->parentchannel->format);
	caps = tk_drv_getcaps(c);
	if ((c->format & AFMT_PASSTHROUGH) != 0 &&
	    !snd_fmtvalid(c->format, caps->fmtlist))
		return (0);
	return (snd_fmtbest(c->format, caps->fmtlist));
}

/*
 * The hardware format for the channel's requested one, and the hardware's order
 * of channels.  0: there is no such format.
 */
static uint32_t
feeder_hwformat(struct pcm_channel *c, struct pcmchan_matrix *hw)
{
	struct pcmchan_matrix *m;
	uint32_t fmt;

	fmt = feeder_offered(c);
	if (fmt == 0)
		return (0);
	/* The driver's order of channels may contain low frequency ones. */
	m = tk_drv_getmatrix(c, fmt);
	*hw = *m;
	return (SND_FORMAT(fmt, m->channels, m->ext));
}

/* A program's channels have the usual order for their number. */
static void
feeder_soft_matrix(struct pcm_channel *c, uint32_t fmt)
{
	if (c->matrix.channels == AFMT_CHANNEL(fmt) &&
	    c->matrix.ext == AFMT_EXTCHANNEL(fmt))
		return;
	c->matrix = *feeder_matrix_format_map(fmt);
	c->matrix.id = SND_CHN_MATRIX_PCMCHANNEL;
}

/*
 * The chain: the source of the samples, their conversions, and the format they
 * end with.
 */
static int
feeder_build(struct pcm_channel *c, struct feeder_state *s)
{
	bool mixes = (c->flags & CHN_F_HAS_VCHAN) != 0;
	bool play = c->direction == PCMDIR_PLAY;
	int error;

	error = feeder_add(c, mixes && play ? &tk_feeder_mixer :
	    &feeder_root_class, s->fmt, s->fmt);
	if (error == 0 && !CHN_BITPERFECT(c))
		error = feeder_build_cooked(c, s);
	if (error == 0 && mixes && !play)
		error = feeder_add(c, &tk_feeder_mixer, s->fmt, s->fmt);
	return (error);
}

/*
 * Choose the hardware format and build the chain to it; a bitperfect channel's
 * own format becomes the hardware's.  Channel locked.  ENODEV: no format;
 * ENOSPC: no memory.
 */
int
feeder_chain(struct pcm_channel *c)
{
	struct pcmchan_matrix *hw = &c->matrix_scratch;
	struct feeder_state s;
	uint32_t fmt;
	int error;

	CHN_LOCKASSERT(c);
	feeder_remove(c);
	c->feederflags = 0;
	fmt = feeder_hwformat(c, hw);
	if (fmt == 0) {
		device_printf(c->dev, "no hardware format for 0x%08x\n",
		    c->format);
		return (ENODEV);
	}
	if (CHN_BITPERFECT(c))
		c->format = fmt;
	c->speed = c->bufhard->spd;
	feeder_soft_matrix(c, c->format);
	if (c->direction == PCMDIR_PLAY)
		s = (struct feeder_state){ c->format, fmt, 0, &c->matrix, hw };
	else
		s = (struct feeder_state){ fmt, c->format, 0, hw, &c->matrix };
	error = feeder_build(c, &s);
	if (error != 0)
		return (error);
	sndbuf_setfmt(c->bufsoft, c->format);
	sndbuf_setspd(c->bufsoft, c->speed);
	sndbuf_setfmt(c->bufhard, fmt);
	chn_syncstate(c);
	return (0);
}

int
snd_fmtvalid(uint32_t fmt, uint32_t *fmtlist)
{
	for (; *fmtlist != 0; fmtlist++) {
		if (*fmtlist == fmt)
			return (1);
		if ((fmt & AFMT_PASSTHROUGH) != 0 &&
		    (AFMT_ENCODING(fmt) & *fmtlist) != 0)
			return (1);
	}
	return (0);
}

/* A score by width, then channels, then byte order and sign. */
static u_int32_t
snd_fmtscore(u_int32_t fmt)
{
	u_int32_t score;

	score = (AFMT_CHANNEL(fmt) & 0x3f) << 2;
	if ((fmt & AFMT_SIGNED) != 0)
		score |= 1 << 0;
	if ((fmt & AFMT_BIGENDIAN) != 0)
		score |= 1 << 1;
	if ((fmt & AFMT_A_LAW) != 0)
		score |= 1 << 8;
	else if ((fmt & AFMT_MU_LAW) != 0)
		score |= 1 << 9;
	else
		score |= 1 << (9 + AFMT_BIT(fmt) / 8);
	return (score);
}

/* Parts of a score. */
#define	SCORE_WIDTH(score)	((score) & 0x3f00)
#define	SCORE_CHANNELS(score)	((score) & 0xfc)
#define	SCORE_ENDIAN(score)	((score) & 0x2)
#define	SCORE_SIGN(score)	((score) & 0x1)
#define	SCORE_REST(score)	((score) & 0x7f)	/* all but the width */

/*
 * Is the width of `next' as good as that of `have' or better?  `have' may be 0.
 */
static bool
fmt_width_is_better(u_int32_t want, u_int32_t have, u_int32_t next)
{
	u_int32_t h = SCORE_WIDTH(have), n = SCORE_WIDTH(next),
	    w = SCORE_WIDTH(want);

	if (have == 0 || n == w || n == h)
		return (true);
	if (h < w)
		return (n > h);
	return (w < n && n < h);
}

/* `next' and `have' are of the same width.  Is `next' more like `want'? */
static bool
fmt_rest_is_better(u_int32_t want, u_int32_t have, u_int32_t next)
{
	bool sign;

	if (SCORE_REST(want) == SCORE_REST(next))
		return (true);
	if (SCORE_REST(have) == SCORE_REST(want) ||
	    SCORE_ENDIAN(have) == SCORE_ENDIAN(want))
		return (false);
	sign = SCORE_SIGN(have) != SCORE_SIGN(want) &&
	    SCORE_SIGN(next) == SCORE_SIGN(want);
	return (sign || SCORE_ENDIAN(next) == SCORE_ENDIAN(want));
}

/* Has `next' fewer channels than `want', or more than `have'? */
static bool
fmt_channels_are_worse(u_int32_t want, u_int32_t have, u_int32_t next)
{
	u_int32_t h = SCORE_CHANNELS(have), n = SCORE_CHANNELS(next),
	    w = SCORE_CHANNELS(want);

	return (n != w && (n < w || (have != 0 && n > h)));
}

/*
 * The best format of the list by width; with `channels', by number of channels
 * first.
 */
static u_int32_t
snd_fmtbestof(u_int32_t fmt, u_int32_t *fmts, bool channels)
{
	u_int32_t best = 0, have = 0, next, want = snd_fmtscore(fmt);

	for (; *fmts != 0; fmts++) {
		next = snd_fmtscore(*fmts);
		if (channels && fmt_channels_are_worse(want, have, next))
			continue;
		if (!fmt_width_is_better(want, have, next) ||
		    (SCORE_WIDTH(next) == SCORE_WIDTH(have) &&
		    !fmt_rest_is_better(want, have, next)))
			continue;
		best = *fmts;
		have = next;
	}
	return (best);
}

/*
 * The offered format that a program's format is converted to.  If it is offered
 * itself, it is taken.  Otherwise FreeBSD's rules choose between the best by
 * number of channels and the best by width.
 */
u_int32_t
snd_fmtbest(u_int32_t fmt, u_int32_t *fmts)
{
	u_int32_t best1, best2, width, width1, width2;

	if (fmt == 0 || fmts == NULL)
		return (0);
	if (snd_fmtvalid(fmt, fmts))
		return (fmt);
	best1 = snd_fmtbestof(fmt, fmts, true);
	best2 = snd_fmtbestof(fmt, fmts, false);
	if (best1 == 0)
		return (best2);
	if (best2 == 0 || AFMT_CHANNEL(fmt) > 1)
		return (best1);
	width = SCORE_WIDTH(snd_fmtscore(fmt));
	width1 = SCORE_WIDTH(snd_fmtscore(best1));
	width2 = SCORE_WIDTH(snd_fmtscore(best2));
	return (width1 != width && width2 != width1 && (width2 == width ||
	    width2 > width1) ? best2 : best1);
}

static int
feeder_noinit(struct pcm_feeder *feeder __unused)
{
	return (0);
}

static int
feeder_noset(struct pcm_feeder *feeder __unused, int what __unused,
    int value __unused)
{
	return (-1);
}

static int
feeder_noget(struct pcm_feeder *feeder __unused, int what __unused)
{
	return (-1);
}

TK_FEEDER_IF;
