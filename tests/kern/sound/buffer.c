/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Sound buffers.  A buffer is a ring of bufsize bytes.  Its ready bytes, which
 * were put in and not yet taken out, start at rp and are rl long.
 */

#include "tk_sound.h"

#include "feeder_if.h"

/* The most that one call of a feeder moves, before rounding to whole frames. */
#define	SNDBUF_FEED_MAX		65536

/*
 * Temporary memory is replaced if it is larger than needed by this factor (a
 * shift).
 */
#define	SNDBUF_CACHE_SHIFT	5

struct snd_dbuf *
#if TK_FREEBSD == 15
sndbuf_create(struct pcm_channel *channel, const char *desc)
#else
sndbuf_create(struct pcm_channel *channel, uint32_t fmt, uint32_t spd,
    const char *desc)
#endif
{
	struct snd_dbuf *b;

	b = malloc(sizeof(*b), M_DEVBUF, M_WAITOK | M_ZERO);
	snprintf(b->name, sizeof(b->name), "%s:%s", channel->name, desc);
	b->channel = channel;
#if TK_FREEBSD >= 16
	sndbuf_setfmt(b, fmt);
	sndbuf_setspd(b, spd);
#endif
	return (b);
}

void
sndbuf_destroy(struct snd_dbuf *b)
{
	sndbuf_free(b);
	free(b, M_DEVBUF);
}

static void
sndbuf_setmap(void *arg, bus_dma_segment_t *segs, int nseg __unused,
    int error)
{
	struct snd_dbuf *b = arg;

	b->buf_addr = error == 0 ? segs[0].ds_addr : 0;
}

int
sndbuf_alloc(struct snd_dbuf *b, bus_dma_tag_t dmatag, int dmaflags,
    unsigned int size)
{
	void *mem;
	int error;

	b->dmatag = dmatag;
	b->dmaflags = dmaflags | BUS_DMA_NOWAIT | BUS_DMA_COHERENT;
	b->maxsize = size;
	b->bufsize = size;
	b->buf_addr = 0;
	b->flags |= SNDBUF_F_MANAGED;
	if (bus_dmamem_alloc(dmatag, &mem, b->dmaflags, &b->dmamap) != 0) {
		sndbuf_free(b);
		return (ENOMEM);
	}
	b->buf = mem;
	if (bus_dmamap_load(dmatag, b->dmamap, mem, size, sndbuf_setmap, b,
	    BUS_DMA_NOWAIT) != 0 || b->buf_addr == 0) {
		sndbuf_free(b);
		return (ENOMEM);
	}
	error = sndbuf_resize(b, 2, size / 2);
	if (error != 0)
		sndbuf_free(b);
	return (error);
}

int
sndbuf_setup(struct snd_dbuf *b, void *buf, unsigned int size)
{
	b->flags &= ~SNDBUF_F_MANAGED;
	if (buf != NULL)
		b->flags |= SNDBUF_F_MANAGED;
	b->buf = buf;
	b->maxsize = size;
	b->bufsize = size;
	return (sndbuf_resize(b, 2, size / 2));
}

/*
 * Free memory that sndbuf_alloc() got.  Memory given to sndbuf_setup() stays.
 */
void
sndbuf_free(struct snd_dbuf *b)
{
	free(b->tmpbuf, M_DEVBUF);
	if (b->buf != NULL && (b->flags & SNDBUF_F_MANAGED) == 0)
		free(b->buf, M_DEVBUF);
	else if (b->buf != NULL) {
		if (b->buf_addr != 0)
			bus_dmamap_unload(b->dmatag, b->dmamap);
		if (b->dmatag != NULL)
			bus_dmamem_free(b->dmatag, b->buf, b->dmamap);
	}
	b->tmpbuf = NULL;
	b->buf = NULL;
	b->buf_addr = 0;
	b->dmatag = NULL;
	b->dmamap = NULL;
}

static bool
sndbuf_cache_fits(const struct snd_dbuf *b, unsigned int bufsize)
{
	return (bufsize <= b->allocsize &&
	    bufsize >= b->allocsize >> SNDBUF_CACHE_SHIFT);
}

/*
 * Give the buffer new temporary memory.  The channel's lock is released
 * meanwhile.
 */
static void
sndbuf_realloc_tmp(struct snd_dbuf *b, unsigned int bufsize)
{
	unsigned int allocsize = round_page(bufsize);
	u_int8_t *tmpbuf;

	CHN_UNLOCK(b->channel);
	tmpbuf = malloc(allocsize, M_DEVBUF, M_WAITOK);
	CHN_LOCK(b->channel);
	free(b->tmpbuf, M_DEVBUF);
	b->tmpbuf = tmpbuf;
	b->allocsize = allocsize;
}

static int
sndbuf_resize_locked(struct snd_dbuf *b, unsigned int blkcnt,
    unsigned int blksz)
{
	if (b->maxsize == 0)
		return (0);
	if (blkcnt == 0)
		blkcnt = b->blkcnt;
	if (blksz == 0)
		blksz = b->blksz;
	if (blkcnt < 2 || blksz < 16 || blkcnt * blksz > b->maxsize)
		return (EINVAL);
	if (blkcnt == b->blkcnt && blksz == b->blksz)
		return (0);
	if (!sndbuf_cache_fits(b, blkcnt * blksz))
		sndbuf_realloc_tmp(b, blkcnt * blksz);
	b->blkcnt = blkcnt;
	b->blksz = blksz;
	b->bufsize = blkcnt * blksz;
	sndbuf_reset(b);
	return (0);
}

int
sndbuf_resize(struct snd_dbuf *b, unsigned int blkcnt, unsigned int blksz)
{
	int error;

	CHN_LOCK(b->channel);
	error = sndbuf_resize_locked(b, blkcnt, blksz);
	CHN_UNLOCK(b->channel);
	return (error);
}

int
sndbuf_remalloc(struct snd_dbuf *b, unsigned int blkcnt, unsigned int blksz)
{
	unsigned int bufsize = blkcnt * blksz;
	u_int8_t *buf;

	CHN_LOCKASSERT(b->channel);
	if (blkcnt < 2 || blksz < 16)
		return (EINVAL);
	if (!sndbuf_cache_fits(b, bufsize)) {
		sndbuf_realloc_tmp(b, bufsize);
		CHN_UNLOCK(b->channel);
		buf = malloc(b->allocsize, M_DEVBUF, M_WAITOK);
		CHN_LOCK(b->channel);
		free(b->buf, M_DEVBUF);
		b->buf = buf;
	}
	b->blkcnt = blkcnt;
	b->blksz = blksz;
	b->bufsize = bufsize;
	b->maxsize = bufsize;
	sndbuf_reset(b);
	return (0);
}

/* Write silence to the next length bytes behind the ready ones. */
void
sndbuf_clear(struct snd_dbuf *b, unsigned int length)
{
	u_int8_t zero = sndbuf_zerodata(b->fmt);
	unsigned int n, ofs;

	length = MIN(length, b->bufsize);
	if (length == 0)
		return;
	ofs = sndbuf_getfreeptr(b);
	n = MIN(length, b->bufsize - ofs);
	memset(b->buf + ofs, zero, n);
	memset(b->buf, zero, length - n);
}

void
sndbuf_fillsilence_rl(struct snd_dbuf *b, u_int rl)
{
	if (b->bufsize > 0)
		memset(b->buf, sndbuf_zerodata(b->fmt), b->bufsize);
	b->rp = 0;
	b->rl = (int)MIN(b->bufsize, rl);
}

void
sndbuf_fillsilence(struct snd_dbuf *b)
{
	sndbuf_fillsilence_rl(b, b->bufsize);
}

/* Empty, keeping the counters. */
void
sndbuf_softreset(struct snd_dbuf *b)
{
	b->rl = 0;
	if (b->buf != NULL && b->bufsize > 0)
		sndbuf_clear(b, b->bufsize);
}

void
sndbuf_reset(struct snd_dbuf *b)
{
	b->hp = 0;
	b->rp = 0;
	b->dl = 0;
	b->prev_total = 0;
	b->total = 0;
	b->xrun = 0;
	sndbuf_softreset(b);
}

int
sndbuf_setfmt(struct snd_dbuf *b, u_int32_t fmt)
{
	b->fmt = fmt;
	b->bps = AFMT_BPS(fmt);
	b->align = AFMT_ALIGN(fmt);
	return (0);
}

void
sndbuf_setspd(struct snd_dbuf *b, unsigned int spd)
{
	b->spd = spd;
}

void *
sndbuf_getbufofs(struct snd_dbuf *b, unsigned int ofs)
{
	KASSERT(ofs < b->bufsize, ("%s: offset %u of %u", b->name, ofs,
	    b->bufsize));
	return (b->buf + ofs);
}

unsigned int
sndbuf_runsz(struct snd_dbuf *b)
{
	return (b->dl);
}

void
sndbuf_setrun(struct snd_dbuf *b, int go)
{
	b->dl = go ? (int)b->blksz : 0;
}

void
sndbuf_setxrun(struct snd_dbuf *b, unsigned int xrun)
{
	b->xrun = (int)xrun;
}

unsigned int
sndbuf_getready(struct snd_dbuf *b)
{
	KASSERT(b->rl >= 0 && (unsigned int)b->rl <= b->bufsize,
	    ("%s: %d bytes ready of %u", b->name, b->rl, b->bufsize));
	return (b->rl);
}

unsigned int
sndbuf_getreadyptr(struct snd_dbuf *b)
{
	KASSERT(b->rp >= 0 && (unsigned int)b->rp <= b->bufsize,
	    ("%s: ready at %d of %u", b->name, b->rp, b->bufsize));
	return (b->rp);
}

unsigned int
sndbuf_getfree(struct snd_dbuf *b)
{
	return (b->bufsize - sndbuf_getready(b));
}

unsigned int
sndbuf_getfreeptr(struct snd_dbuf *b)
{
	return ((sndbuf_getreadyptr(b) + sndbuf_getready(b)) % b->bufsize);
}

/* The number of blocks that passed through since the last reset. */
u_int64_t
sndbuf_getblocks(struct snd_dbuf *b)
{
	return (b->total / b->blksz);
}

/* Convert v bytes of one buffer to bytes of the same duration of the other. */
unsigned int
sndbuf_xbytes(unsigned int v, struct snd_dbuf *from, struct snd_dbuf *to)
{
	if (from == NULL || to == NULL || v == 0)
		return (0);
	return (snd_xbytes(v, from->align * from->spd, to->align * to->spd));
}

/* The byte that, repeated, is silence. */
u_int8_t
sndbuf_zerodata(u_int32_t fmt)
{
	if (fmt & (AFMT_SIGNED | AFMT_PASSTHROUGH))
		return (0x00);
	if (fmt & AFMT_MU_LAW)
		return (0x7f);
	if (fmt & AFMT_A_LAW)
		return (0x55);
	return (0x80);
}

/* Make count more bytes ready, copied from `from' unless that is NULL. */
int
sndbuf_acquire(struct snd_dbuf *b, u_int8_t *from, unsigned int count)
{
	unsigned int n, ofs;

	KASSERT(count <= sndbuf_getfree(b), ("%s: %u bytes into %u free",
	    b->name, count, sndbuf_getfree(b)));
	b->total += count;
	if (from == NULL) {
		b->rl += (int)count;
		return (0);
	}
	for (; count > 0; count -= n) {
		ofs = sndbuf_getfreeptr(b);
		n = MIN(count, b->bufsize - ofs);
		memcpy(sndbuf_getbufofs(b, ofs), from, n);
		from += n;
		b->rl += (int)n;
	}
	return (0);
}

/* Take count ready bytes out, copied to `to' unless that is NULL. */
int
sndbuf_dispose(struct snd_dbuf *b, u_int8_t *to, unsigned int count)
{
	unsigned int n, ofs;

	KASSERT(count <= sndbuf_getready(b), ("%s: %u bytes of %u ready",
	    b->name, count, sndbuf_getready(b)));
	for (; count > 0; count -= n) {
		ofs = sndbuf_getreadyptr(b);
		n = MIN(count, b->bufsize - ofs);
		if (to != NULL) {
			memcpy(to, sndbuf_getbufofs(b, ofs), n);
			to += n;
		}
		b->rl -= (int)n;
		b->rp = (int)((ofs + n) % b->bufsize);
	}
	return (0);
}

/* Let the feeder add count bytes, or what it has, to the buffer `to'. */
int
sndbuf_feed(struct snd_dbuf *from, struct snd_dbuf *to,
    struct pcm_channel *channel, struct pcm_feeder *feeder,
    unsigned int count)
{
	unsigned int fed, most;

	KASSERT(count > 0, ("%s: feeding nothing", to->name));
	if (sndbuf_getfree(to) < count)
		return (EINVAL);
	most = SNDBUF_FEED_MAX - SNDBUF_FEED_MAX % to->align;
	for (; count > 0; count -= fed) {
		fed = FEEDER_FEED(feeder, channel, to->tmpbuf,
		    MIN(count, most), from);
		if (fed == 0)
			break;
		sndbuf_acquire(to, to->tmpbuf, fed);
	}
	return (0);
}
