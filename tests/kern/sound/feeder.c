/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The root feeder, the matrix feeder, and the choice of a hardware format.  A
 * channel is bitperfect: its chain is the root feeder alone, and a program gets
 * the hardware's format and rate, whatever it asked for.  One that is not, by
 * tk_dsp_reorder(), has its channels brought into the hardware's order, as
 * sound(4) does it; nothing else is converted.
 */

#include "tk_sound.h"

#include "feeder_if.h"

static MALLOC_DEFINE(M_FEEDER, "feeder", "pcm feeder");

/* Rates this close, in Hz, count as the one asked for. */
int feeder_rate_round = 25;
SYSCTL_INT(_hw_snd, OID_AUTO, feeder_rate_round, CTLFLAG_RWTUN,
    &feeder_rate_round, 0, "sample rate converter rounding threshold");

/* The program's bytes, or less: silence before the first, after the last. */
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

	/* Zero and one mean that nothing was fed yet; do not wrap to them. */
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

/* The channel that one of the hardware's or program's has its sample from. */
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
		/* Where several are to be mixed, the first has to do. */
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

static int
feeder_add(struct pcm_channel *c, struct feeder_class *class, uint32_t fmt)
{
	struct pcm_feeder *f;

	f = (struct pcm_feeder *)kobj_create((kobj_class_t)class,
	    M_FEEDER, M_NOWAIT | M_ZERO);
	if (f == NULL)
		return (ENOSPC);
	f->class = class;
	f->desc = &f->desc_static;
	f->desc->in = fmt;
	f->desc->out = fmt;
	f->source = c->feeder;
	c->feeder = f;
	c->feederflags |= 1U << class->type;
	return (0);
}

/*
 * Bring the channels from the program's order to the hardware's, or back, if
 * these differ.
 */
static int
feeder_add_matrix(struct pcm_channel *c, struct pcmchan_matrix *hw,
    uint32_t fmt)
{
	struct pcmchan_matrix *soft = &c->matrix;
	struct matrix_order *o;
	int error;

	if (feeder_matrix_compare(soft, hw) == 0)
		return (0);
	o = malloc(sizeof(*o), M_FEEDER, M_NOWAIT | M_ZERO);
	if (o == NULL)
		return (ENOSPC);
	error = feeder_add(c, &feeder_matrix_class, fmt);
	if (error != 0) {
		free(o, M_FEEDER);
		return (error);
	}
	c->feeder->data = o;
	if (c->direction == PCMDIR_PLAY)
		matrix_order_set(o, soft, hw, fmt);
	else
		matrix_order_set(o, hw, soft, fmt);
	return (0);
}

/*
 * The hardware format for what the channel was asked, and the hardware's order
 * of channels; 0: there is no such format.
 */
static uint32_t
feeder_hwformat(struct pcm_channel *c, struct pcmchan_matrix *hw)
{
	struct pcmchan_caps *caps;
	struct pcmchan_matrix *m;
	uint32_t fmt;

	caps = tk_drv_getcaps(c);
	if ((c->format & AFMT_PASSTHROUGH) != 0 &&
	    !snd_fmtvalid(c->format, caps->fmtlist))
		return (0);
	fmt = snd_fmtbest(c->format, caps->fmtlist);
	if (fmt == 0)
		return (0);
	/* The driver's order of channels may have low frequency ones. */
	m = tk_drv_getmatrix(c, fmt);
	*hw = *m;
	return (SND_FORMAT(fmt, m->channels, m->ext));
}

/* A program's channels are in the usual order for their number. */
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
 * Choose the hardware format, make it the channel's and both buffers', and
 * build the chain.  Channel locked.  ENODEV: no format; ENOSPC: no memory.
 */
int
feeder_chain(struct pcm_channel *c)
{
	struct pcmchan_matrix hw;
	uint32_t fmt;
	int error;

	CHN_LOCKASSERT(c);
	feeder_remove(c);
	fmt = feeder_hwformat(c, &hw);
	if (fmt == 0) {
		device_printf(c->dev, "no hardware format for 0x%08x\n",
		    c->format);
		return (ENODEV);
	}
	c->format = fmt;
	c->speed = c->bufhard->spd;
	feeder_soft_matrix(c, fmt);
	c->feederflags = 0;
	error = feeder_add(c, &feeder_root_class, fmt);
	if (error == 0 && !CHN_BITPERFECT(c))
		error = feeder_add_matrix(c, &hw, fmt);
	if (error != 0)
		return (error);
	sndbuf_setfmt(c->bufsoft, c->format);
	sndbuf_setspd(c->bufsoft, c->speed);
	sndbuf_setfmt(c->bufhard, fmt);
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

/* Width, then channels, then byte order and sign: larger is more. */
u_int32_t
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

/* How unlike two formats are: channels weigh most, then width. */
static u_int32_t
snd_fmtdistance(u_int32_t a, u_int32_t b)
{
	u_int32_t channels, width, rest;

	channels = (u_int32_t)abs((int)AFMT_CHANNEL(a) - (int)AFMT_CHANNEL(b));
	width = (u_int32_t)abs((int)AFMT_BIT(a) - (int)AFMT_BIT(b));
	rest = snd_fmtscore(a) ^ snd_fmtscore(b);
	return (channels << 16 | width << 8 |
	    (rest >> 8 != 0) << 2 | (rest & 3));
}

/*
 * The offered format most like fmt.  FreeBSD weighs the same properties by
 * longer rules; the two agree where fmt is offered, the only case that
 * tk_dsp_setup() lets pass.
 */
u_int32_t
snd_fmtbest(u_int32_t fmt, u_int32_t *fmts)
{
	u_int32_t best = 0;

	if (fmt == 0 || fmts == NULL)
		return (0);
	if (snd_fmtvalid(fmt, fmts))
		return (fmt);
	for (; *fmts != 0; fmts++) {
		if (best == 0 || snd_fmtdistance(fmt, *fmts) <
		    snd_fmtdistance(fmt, best))
			best = *fmts;
	}
	return (best);
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

TK_KOBJ_DESC(feeder_init, feeder_noinit);
TK_KOBJ_DESC(feeder_free, feeder_noinit);
TK_KOBJ_DESC(feeder_set, feeder_noset);
TK_KOBJ_DESC(feeder_get, feeder_noget);
TK_KOBJ_DESC(feeder_feed, kobj_error_method);
