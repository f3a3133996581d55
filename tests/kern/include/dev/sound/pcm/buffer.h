/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Sound buffers of sound(4).  Each channel has two: the hard one, which the
 * driver gives to its device, and the soft one, which programs fill or empty.
 * FreeBSD 15's field names: drivers read buf, bufsize, blksz, blkcnt and
 * buf_addr directly.  Only dev/sound/pcm/sound.h may include this file.
 */

#define	SNDBUF_F_MANAGED	0x00000001	/* memory is not malloc(9)'s */

#define	SNDBUF_NAMELEN		48

/*
 * Everything is guarded by the channel's lock, except that the driver may
 * set up its hard buffer in CHANNEL_INIT without it.  Sizes and offsets are
 * bytes.
 */
struct snd_dbuf {
	u_int8_t	*buf, *tmpbuf;
	u_int8_t	*shadbuf;	/* unused: for SNDCTL_DSP_SKIP */
	volatile int	 sl;		/* unused */
	unsigned int	 bufsize;	/* blkcnt * blksz */
	unsigned int	 maxsize;	/* what buf has room for */
	unsigned int	 allocsize;	/* what tmpbuf has room for */
	volatile int	 dl;		/* bytes in transfer, 0 when stopped */
	volatile int	 rp;		/* where the ready bytes start */
	volatile int	 rl;		/* how many are ready */
	volatile int	 hp;		/* the device's position last seen */
	volatile u_int64_t total, prev_total;
	int		 dmachan;
	u_int32_t	 fmt, spd, bps, align;
	unsigned int	 blksz, blkcnt;
	int		 xrun;
	u_int32_t	 flags;
	bus_dmamap_t	 dmamap;
	bus_dma_tag_t	 dmatag;
	bus_addr_t	 buf_addr;
	int		 dmaflags;
	struct selinfo	 sel;
	struct pcm_channel *channel;
	char		 name[SNDBUF_NAMELEN];
};

#if TK_FREEBSD == 15
struct snd_dbuf *sndbuf_create(struct pcm_channel *channel, const char *desc);
#else
struct snd_dbuf *sndbuf_create(struct pcm_channel *channel, uint32_t fmt,
	    uint32_t spd, const char *desc);
#endif
void	sndbuf_destroy(struct snd_dbuf *b);

/*
 * For drivers, in CHANNEL_INIT and CHANNEL_SETBLOCKSIZE or _SETFRAGMENTS, with
 * the channel unlocked: these functions take its lock and may sleep.  Return 0,
 * ENOMEM (sndbuf_alloc) or EINVAL (sizes that do not fit).
 */
int	sndbuf_alloc(struct snd_dbuf *b, bus_dma_tag_t dmatag, int dmaflags,
	    unsigned int size);
int	sndbuf_setup(struct snd_dbuf *b, void *buf, unsigned int size);
int	sndbuf_resize(struct snd_dbuf *b, unsigned int blkcnt,
	    unsigned int blksz);
void	sndbuf_free(struct snd_dbuf *b);

/*
 * For soft buffers.  The channel is locked, and its lock is released while
 * memory is allocated.  Returns 0 or EINVAL.
 */
int	sndbuf_remalloc(struct snd_dbuf *b, unsigned int blkcnt,
	    unsigned int blksz);

void	sndbuf_reset(struct snd_dbuf *b);
void	sndbuf_clear(struct snd_dbuf *b, unsigned int length);
void	sndbuf_fillsilence(struct snd_dbuf *b);
void	sndbuf_fillsilence_rl(struct snd_dbuf *b, u_int rl);
void	sndbuf_softreset(struct snd_dbuf *b);

int	sndbuf_setfmt(struct snd_dbuf *b, u_int32_t fmt);
void	sndbuf_setspd(struct snd_dbuf *b, unsigned int spd);

void	*sndbuf_getbufofs(struct snd_dbuf *b, unsigned int ofs);
unsigned int sndbuf_runsz(struct snd_dbuf *b);
void	sndbuf_setrun(struct snd_dbuf *b, int go);
void	sndbuf_setxrun(struct snd_dbuf *b, unsigned int xrun);
unsigned int sndbuf_getfree(struct snd_dbuf *b);
unsigned int sndbuf_getfreeptr(struct snd_dbuf *b);
unsigned int sndbuf_getready(struct snd_dbuf *b);
unsigned int sndbuf_getreadyptr(struct snd_dbuf *b);
u_int64_t sndbuf_getblocks(struct snd_dbuf *b);
unsigned int sndbuf_xbytes(unsigned int v, struct snd_dbuf *from,
	    struct snd_dbuf *to);
u_int8_t sndbuf_zerodata(u_int32_t fmt);

int	sndbuf_acquire(struct snd_dbuf *b, u_int8_t *from, unsigned int count);
int	sndbuf_dispose(struct snd_dbuf *b, u_int8_t *to, unsigned int count);
int	sndbuf_feed(struct snd_dbuf *from, struct snd_dbuf *to,
	    struct pcm_channel *channel, struct pcm_feeder *feeder,
	    unsigned int count);

/*
 * Convert v bytes at byte rate
 * `from' to bytes of the same duration at byte rate `to'.
 */
static inline u_int32_t
snd_xbytes(u_int32_t v, u_int32_t from, u_int32_t to)
{
	if (from == to)
		return (v);
	if (from == 0)
		return (0);
	return ((u_int32_t)((u_int64_t)v * to / from));
}
