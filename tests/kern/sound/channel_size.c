/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * How large a channel's two buffers are, and in how many blocks.
 *
 * A size comes from a program (SNDCTL_DSP_SETFRAGMENT) or from the latency
 * profile hw.snd.latency.  The hard buffer is proposed first; the driver's
 * answer then bounds the soft buffer from below: at least two hard blocks.  A
 * channel with virtual channels has a soft buffer for mixing, with the hard
 * buffer's block size.  A virtual channel has no hard buffer.  Its soft buffer
 * is at least as large as its parent's.
 */

#include "tk_sound.h"

int chn_latency = CHN_LATENCY_DEFAULT;
int chn_latency_profile = CHN_LATENCY_PROFILE_DEFAULT;

/* Off in FreeBSD too: drivers are asked only by CHANNEL_SETBLOCKSIZE. */
static int chn_usefrags = 0;
SYSCTL_INT(_hw_snd, OID_AUTO, usefrags, CTLFLAG_RWTUN, &chn_usefrags, 0,
    "prefer setfragments() over setblocksize()");

int
tk_sound_sysctl_range(struct sysctl_oid *oidp, struct sysctl_req *req,
    int *value, int low, int high)
{
	int error, val;

	val = *value;
	error = sysctl_handle_int(oidp, &val, 0, req);
	if (error != 0 || req->newptr == NULL)
		return (error);
	if (val < low || val > high)
		return (EINVAL);
	*value = val;
	return (0);
}

static int
sysctl_hw_snd_latency(SYSCTL_HANDLER_ARGS)
{
	return (tk_sound_sysctl_range(oidp, req, &chn_latency,
	    CHN_LATENCY_MIN, CHN_LATENCY_MAX));
}
SYSCTL_PROC(_hw_snd, OID_AUTO, latency,
    CTLTYPE_INT | CTLFLAG_RWTUN | CTLFLAG_MPSAFE, 0, sizeof(int),
    sysctl_hw_snd_latency, "I", "buffering latency (0=low ... 10=high)");

static int
sysctl_hw_snd_latency_profile(SYSCTL_HANDLER_ARGS)
{
	return (tk_sound_sysctl_range(oidp, req, &chn_latency_profile,
	    CHN_LATENCY_PROFILE_MIN, CHN_LATENCY_PROFILE_MAX));
}
SYSCTL_PROC(_hw_snd, OID_AUTO, latency_profile,
    CTLTYPE_INT | CTLFLAG_RWTUN | CTLFLAG_MPSAFE, 0, sizeof(int),
    sysctl_hw_snd_latency_profile, "I",
    "buffering latency profile (0=aggressive 1=safe)");

/* The byte rate that the profiles are made for: 48 kHz stereo, 16 bits. */
#define	LATENCY_RATE	192000

/* Binary logarithms by hw.snd.latency, of block count and of buffer size. */
static const uint8_t latency_play_count[CHN_LATENCY_MAX + 1] =
    { 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 1 };
static const uint8_t latency_rec_count[CHN_LATENCY_MAX + 1] =
    { 9, 8, 7, 6, 5, 5, 4, 3, 2, 1, 1 };
static const uint8_t
    latency_play_size[CHN_LATENCY_PROFILE_MAX + 1][CHN_LATENCY_MAX + 1] = {
	{ 7, 9, 12, 13, 14, 15, 15, 15, 15, 15, 16 },
	{ 11, 12, 13, 14, 15, 16, 16, 16, 16, 16, 17 },
};
static const uint8_t
    latency_rec_size[CHN_LATENCY_PROFILE_MAX + 1][CHN_LATENCY_MAX + 1] = {
	{ 14, 14, 14, 14, 14, 15, 15, 15, 15, 15, 16 },
	{ 15, 15, 15, 15, 15, 16, 16, 16, 16, 16, 17 },
};

/*
 * The largest soft buffer of c, and the largest hard buffer that is proposed to
 * any driver.  FreeBSD 16 has the samples of 200 ms in the soft one, within
 * limits, and leaves the hard one as it was.
 */
#if TK_FREEBSD == 15
#define	HARD_MOST	CHN_2NDBUFMAXSIZE

uint32_t
chn_2ndbufmaxsize(struct pcm_channel *c __unused)
{
	return (CHN_2NDBUFMAXSIZE);
}
#else
#define	HARD_MOST	CHN_2NDBUFSIZE_MIN

uint32_t
chn_2ndbufmaxsize(struct pcm_channel *c)
{
	uint64_t size;

	CHN_LOCKASSERT(c);
	size = (uint64_t)c->bufsoft->align * c->bufsoft->spd *
	    CHN_2NDBUFTIME_MS / 1000;
	return ((uint32_t)MAX(MIN(size, CHN_2NDBUFSIZE_MAX),
	    CHN_2NDBUFSIZE_MIN));
}
#endif

struct blocks {
	int	size, count;
};

/* The power of two that is v or next above it, at least 2. */
static u_int32_t
round_pow2(u_int32_t v)
{
	u_int32_t ret = 2;

	while (ret < v)
		ret <<= 1;
	return (ret);
}

/*
 * A power of two near v: below it if that is three quarters of v or more, at
 * most half of a buffer of most bytes, and large enough to hold 16 bytes of
 * whole frames.
 */
static u_int32_t
round_blksz(u_int32_t v, int frame, u_int32_t most)
{
	u_int32_t ret, whole;

	frame = MAX(frame, 1);
	ret = MIN(round_pow2(v), most >> 1);
	if (ret > v && (ret >> 1) > 0 && (ret >> 1) >= ((v * 3) >> 2))
		ret >>= 1;
	for (;;) {
		whole = ret - ret % (u_int32_t)frame;
		if (whole >= 16 && whole >= (u_int32_t)frame)
			return (ret);
		ret <<= 1;
	}
}

/*
 * The latency profile's blocks for a buffer of most bytes, for its format and
 * rate.
 */
static struct blocks
chn_calclatency(int dir, int latency, struct snd_dbuf *b, u_int32_t most)
{
	u_int32_t bufsz;
	int count, size;

	if (dir == PCMDIR_PLAY) {
		count = latency_play_count[latency];
		size = latency_play_size[chn_latency_profile][latency];
	} else {
		count = latency_rec_count[latency];
		size = latency_rec_size[chn_latency_profile][latency];
	}
	bufsz = round_pow2(snd_xbytes(1U << size, LATENCY_RATE,
	    b->align * b->spd));
	bufsz = MIN(bufsz, most);
	return ((struct blocks){
		.size = (int)round_blksz(bufsz >> count, (int)b->align, most),
		.count = 1 << count,
	});
}

/*
 * Make bl fit into max bytes: first fewer blocks, down to two or three, then
 * smaller ones.
 */
static void
blocks_limit(struct blocks *bl, int max)
{
	while (bl->size * bl->count > max) {
		if (bl->count < 4)
			bl->size >>= 1;
		else
			bl->count >>= 1;
	}
}

/* The sizes to ask the driver for, within the memory that it has. */
static struct blocks
chn_hard_blocks(struct pcm_channel *c, int latency, struct blocks soft)
{
	struct snd_dbuf *b = c->bufhard, *bs = c->bufsoft;
	struct blocks hard;

	if (c->flags & CHN_F_HAS_SIZE) {
		hard.size = (int)round_blksz(sndbuf_xbytes(
		    (unsigned int)soft.size, bs, b), (int)b->align, HARD_MOST);
		/* As in FreeBSD, the present block count of the soft buffer. */
		hard.count = (int)round_pow2(bs->blkcnt);
	} else
		hard = chn_calclatency(c->direction, latency, b, HARD_MOST);
	if ((unsigned int)hard.size << 1 > b->maxsize)
		hard.size = (int)round_blksz(b->maxsize >> 1, (int)b->align,
		    HARD_MOST);
	blocks_limit(&hard, (int)b->maxsize);
	hard.size -= hard.size % (int)b->align;
	return (hard);
}

/* Ask the driver.  Drops the channel's lock: the driver may sleep. */
static void
chn_resize_hard(struct pcm_channel *c, struct blocks hard)
{
	struct snd_dbuf *b = c->bufhard;

	CHN_UNLOCK(c);
	if (chn_usefrags == 0 || tk_drv_setfragments(c,
	    (uint32_t)hard.size, (uint32_t)hard.count) != 0)
		b->blksz = tk_drv_setblocksize(c, (uint32_t)hard.size);
	CHN_LOCK(c);
}

/* Size the parent first, unless it runs.  Releases c's lock meanwhile. */
static void
chn_resize_parent(struct pcm_channel *c)
{
	CHN_UNLOCK(c);
	CHN_LOCK(c->parentchannel);
	chn_notify(c->parentchannel, CHN_N_BLOCKSIZE);
	CHN_UNLOCK(c->parentchannel);
	CHN_LOCK(c);
}

/* The soft buffer of a channel that mixes has the hard buffer's block size. */
static struct blocks
chn_mixing_blocks(struct pcm_channel *c, struct blocks soft)
{
	struct snd_dbuf *b = c->bufhard, *bs = c->bufsoft;
	struct blocks mix;

	mix.size = (int)round_blksz(sndbuf_xbytes(b->blksz, b, bs),
	    (int)bs->align, chn_2ndbufmaxsize(c));
	mix.count = (int)b->blkcnt;
	if (c->direction == PCMDIR_PLAY) {
		do {
			mix.count--;
		} while (mix.count >= 2 &&
		    mix.size * mix.count >= soft.size * soft.count);
		mix.count++;
	}
	return (mix);
}

/* The least that a soft buffer must hold: FreeBSD's `limit'. */
static int
chn_soft_least(struct pcm_channel *c)
{
	struct snd_dbuf *b = c->bufhard, *bs = c->bufsoft, *pb;

	if (!CHN_EMPTY(c, children))
		return (0);
	if (c->parentchannel == NULL)
		return ((int)sndbuf_xbytes(b->blksz, b, bs) * 2);
	pb = c->parentchannel->bufsoft;
	if (c->direction == PCMDIR_PLAY)
		return ((int)sndbuf_xbytes(pb->bufsize, pb, bs));
	return ((int)sndbuf_xbytes(pb->blksz, pb, bs) * 2);
}

/* Size the soft buffer to suit the driver's choice, and empty both buffers. */
static int
chn_resize_soft(struct pcm_channel *c, struct blocks soft)
{
	struct snd_dbuf *bs = c->bufsoft;
	int error, least;

	least = MIN(chn_soft_least(c), (int)chn_2ndbufmaxsize(c));
	while (soft.size * soft.count < least)
		soft.count <<= 1;
	blocks_limit(&soft, (int)chn_2ndbufmaxsize(c));
	soft.size -= soft.size % (int)bs->align;

	if (bs->blkcnt != (unsigned int)soft.count ||
	    bs->blksz != (unsigned int)soft.size ||
	    bs->bufsize != (unsigned int)(soft.count * soft.size)) {
		error = sndbuf_remalloc(bs, (unsigned int)soft.count,
		    (unsigned int)soft.size);
		if (error != 0)
			return (error);
	}
	c->timeout = (unsigned int)((u_int64_t)hz * bs->bufsize /
	    ((u_int64_t)bs->spd * bs->align));
	if (c->parentchannel != NULL)
		c->timeout = MIN(c->timeout, c->parentchannel->timeout);
	c->timeout = MAX(1, c->timeout);
	c->lw = bs->blksz;
	chn_resetbuf(c);
	return (0);
}

/*
 * Set the sizes anew: by latency (-1: the system's, -2: the channel's last),
 * or by blkcnt blocks of blksz bytes (-1, 0: forget such a request; 0, 0: keep
 * what was requested).  EINVAL: out of range, or the channel is started.
 */
int
chn_resizebuf(struct pcm_channel *c, int latency, int blkcnt, int blksz)
{
	struct snd_dbuf *bs = c->bufsoft;
	struct blocks soft;

	CHN_LOCKASSERT(c);
	if (CHN_STARTED(c))
		return (EINVAL);
	if (latency == -1) {
		c->latency = -1;
		latency = chn_latency;
	} else if (latency == -2) {
		latency = c->latency;
		if (latency < CHN_LATENCY_MIN || latency > CHN_LATENCY_MAX)
			latency = chn_latency;
	} else if (latency < CHN_LATENCY_MIN || latency > CHN_LATENCY_MAX)
		return (EINVAL);
	else
		c->latency = latency;

	if (blkcnt == -1)
		c->flags &= ~CHN_F_HAS_SIZE;
	else if (blksz != 0) {
		if (blksz < 16 || blksz < (int)bs->align || blkcnt < 2 ||
		    blksz * blkcnt > (int)chn_2ndbufmaxsize(c))
			return (EINVAL);
		c->flags |= CHN_F_HAS_SIZE;
	} else if (c->flags & CHN_F_HAS_SIZE) {
		blksz = (int)bs->blksz;
		blkcnt = (int)bs->blkcnt;
	}
	if (c->flags & CHN_F_HAS_SIZE) {
		soft.size = (int)round_blksz((u_int32_t)blksz,
		    (int)bs->align, chn_2ndbufmaxsize(c));
		soft.count = (int)round_pow2((u_int32_t)blkcnt);
	} else
		soft = chn_calclatency(c->direction, latency, bs,
		    chn_2ndbufmaxsize(c));

	if (c->parentchannel != NULL)
		chn_resize_parent(c);
	else
		chn_resize_hard(c, chn_hard_blocks(c, latency, soft));
	if (!CHN_EMPTY(c, children))
		soft = chn_mixing_blocks(c, soft);
	return (chn_resize_soft(c, soft));
}

/*
 * Set both buffers to exactly blkcnt blocks of blksz bytes; FreeBSD has no
 * such call.  EINVAL, for a virtual channel too, or the driver's error.
 */
int
tk_chn_setfragments(struct pcm_channel *c, int blkcnt, int blksz)
{
	struct blocks bl = { .size = blksz, .count = blkcnt };
	int error;

	CHN_LOCKASSERT(c);
	if (c->parentchannel != NULL || CHN_STARTED(c) || blksz < 16 ||
	    blkcnt < 2 || blksz > (int)chn_2ndbufmaxsize(c) / blkcnt ||
	    blksz % (int)c->bufhard->align != 0)
		return (EINVAL);
	CHN_UNLOCK(c);
	error = tk_drv_setfragments(c, (uint32_t)blksz, (uint32_t)blkcnt);
	CHN_LOCK(c);
	if (error != 0)
		return (error);
	c->flags |= CHN_F_HAS_SIZE;
	return (chn_resize_soft(c, bl));
}

/* The same for the number of blocks of the soft buffer alone. */
int
tk_chn_setreserve(struct pcm_channel *c, int blkcnt)
{
	struct blocks bl = { .size = (int)c->bufsoft->blksz, .count = blkcnt };

	CHN_LOCKASSERT(c);
	if (CHN_STARTED(c) || blkcnt < 2 ||
	    blkcnt > (int)chn_2ndbufmaxsize(c) / bl.size)
		return (EINVAL);
	return (chn_resize_soft(c, bl));
}

int
chn_setlatency(struct pcm_channel *c, int latency)
{
	CHN_LOCKASSERT(c);
	return (chn_resizebuf(c, latency, -1, 0));
}

int
chn_setblocksize(struct pcm_channel *c, int blkcnt, int blksz)
{
	CHN_LOCKASSERT(c);
	return (chn_resizebuf(c, -1, blkcnt, blksz));
}
