/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What a program does with /dev/dspN and /dev/mixerN, as calls.
 *
 * Each call runs in the calling kernel thread, like a system call: it may
 * sleep, so no mutex may be held.  Errors are returned as positive errno
 * values, except where said.  After the device has gone, calls return ENXIO;
 * EBADF while it is going.  One handle may be used from several threads, but
 * not once tk_dsp_close() was called.
 *
 * Nothing is converted, except where said.  Programs get a hardware channel
 * each, bitperfect, or share one through virtual channels where
 * dev.pcm.N.play.vchans (rec.vchans) is 1 and dev.pcm.N.bitperfect 0.  Leaves
 * out mmap(2) and poll(2).
 *
 * Both the kernel side and the host side may include this header.
 */

#ifndef _TK_DSP_H_
#define	_TK_DSP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tk_dsp;

/*
 * What differs between FreeBSD 15 and 16 in reads and writes.  Results: no
 * interrupt comes for hw.snd.timeout, after n bytes were moved.  Errors: the
 * channel was dead before; the program did not open the device for that
 * direction.
 */
#if TK_FREEBSD == 15
#define	TK_DSP_STALLED(n)	(-EINVAL)
#define	TK_DSP_DEAD		EINVAL
#define	TK_DSP_NOT_OPEN		EBADF
#else
#define	TK_DSP_STALLED(n)	((n) > 0 ? (int64_t)(n) : -EAGAIN)
#define	TK_DSP_DEAD		ENXIO
#define	TK_DSP_NOT_OPEN		ENXIO
#endif

/* A call for len bytes that moved `moved' was ended in that way. */
#define	TK_DSP_GAVE_UP(moved, len)					\
	(TK_FREEBSD == 15 ? (moved) < 0 : (moved) < (int64_t)(len))

/* The controls of sound(4)'s equaliser, which each mixer of FreeBSD 16 has. */
#if TK_FREEBSD == 15
#define	TK_MIXER_TONE		0
#else
#define	TK_MIXER_TONE		(SOUND_MASK_TREBLE | SOUND_MASK_BASS)
#endif

/* The sound(4) format words' encodings (AFMT_*), for hosts. */
enum tk_dsp_format {
	TK_AFMT_MU_LAW	= 0x00000001,
	TK_AFMT_A_LAW	= 0x00000002,
	TK_AFMT_U8	= 0x00000008,
	TK_AFMT_S16_LE	= 0x00000010,
	TK_AFMT_S8	= 0x00000040,
	TK_AFMT_U16_LE	= 0x00000080,
	TK_AFMT_S32_LE	= 0x00001000,
	TK_AFMT_U32_LE	= 0x00004000,
	TK_AFMT_S24_LE	= 0x00010000,	/* three bytes a sample */
	TK_AFMT_U24_LE	= 0x00040000,
	TK_AFMT_F32_LE	= 0x10000000,
};

/* What a channel is set to; sizes in bytes. */
struct tk_dsp_info {
	char	 name[32];	/* "dsp0.play.0" */
	uint32_t afmt;		/* encoding, one AFMT_* bit */
	uint32_t hw_afmt;	/* what sound(4) makes of it */
	uint32_t channels;
	uint32_t speed;		/* frames per second */
	uint32_t frame;		/* one sample of every channel */
	uint32_t fragsize;	/* soft buffer, what a program sees */
	uint32_t fragcount;
	uint32_t hw_fragsize;	/* hard buffer, what the driver sees */
	uint32_t hw_fragcount;
	uint32_t formats;	/* all encodings the hardware offers */
	uint32_t minspeed;
	uint32_t maxspeed;
	bool	 running;	/* started and not yet stopped */
};

struct tk_dsp_space {
	uint32_t fragments;	/* whole fragments free (play) or ready */
	uint32_t fragstotal;
	uint32_t fragsize;
	uint32_t bytes;
};

struct tk_dsp_errors {
	uint32_t play_underruns;
	uint32_t rec_overruns;
};

/*
 * Open a free channel of unit (-1: the default unit).  ENXIO: no such unit;
 * ENOTSUP: no channel of that direction; EBUSY: all are open.
 */
int	tk_dsp_open(int unit, bool record, bool nonblock, struct tk_dsp **dp);

/*
 * Play to the end what was written, unless a signal came or the device went;
 * stop, and free the handle.  Returns 0.
 */
int	tk_dsp_close(struct tk_dsp *d);

/* Stop at once and forget what was not played or read. */
int	tk_dsp_reset(struct tk_dsp *d);

/*
 * Set encoding (one AFMT_* bit), channels and speed of a stopped channel, and
 * ask for fragcount fragments of fragsize bytes (0: leave it to hw.snd.latency)
 * as SNDCTL_DSP_SETFRAGMENT does: the size is rounded up to a power of two of
 * at least 16, and the driver has the last word.  tk_dsp_getinfo() tells.
 * EINVAL: the hardware does not offer exactly that, or the channel runs;
 * ENODEV: what tk_dsp_cooked() would have to convert, it cannot.
 */
int	tk_dsp_setup(struct tk_dsp *d, uint32_t afmt, uint32_t channels,
	    uint32_t speed, uint32_t fragsize, uint32_t fragcount);

/*
 * Have sound(4) convert, as when dev.pcm.N.bitperfect is 0
 * (SNDCTL_DSP_COOKEDMODE), until the channel is closed: any encoding but G.711
 * to and from the hardware's, the usual order of channels to the hardware's,
 * and samples by the levels of the mixer.  Rates and numbers of channels are
 * not converted.  EINVAL: it runs.
 */
int	tk_dsp_cooked(struct tk_dsp *d);

/*
 * Set both buffers to fragcount fragments of exactly fragsize bytes.  No
 * program can ask FreeBSD for that, but a driver may be called so when the
 * hardware asks for such periods: CHANNEL_SETFRAGMENTS gets the numbers
 * unrounded.  EINVAL: not whole frames or out of range; the driver's error.
 */
int	tk_dsp_setfragments(struct tk_dsp *d, uint32_t fragsize,
	    uint32_t fragcount);

/*
 * Set the soft buffer alone to fragcount fragments of the size that they have:
 * what a program that writes late has as a reserve.  EINVAL: more than sound(4)
 * gives (128 kB), fewer than two, or the channel runs.
 */
int	tk_dsp_setreserve(struct tk_dsp *d, uint32_t fragcount);

int	tk_dsp_getinfo(struct tk_dsp *d, struct tk_dsp_info *info);

/*
 * Write or read len bytes.  Returns the number moved, or a negative errno:
 * -EAGAIN (non-blocking), -EINTR, -EINVAL (channel dead).  A blocking call
 * moves everything unless interrupted.
 */
int64_t	tk_dsp_write(struct tk_dsp *d, const void *buf, size_t len);
int64_t	tk_dsp_read(struct tk_dsp *d, void *buf, size_t len);

/* Wait until all that was written has been played (SNDCTL_DSP_SYNC). */
int	tk_dsp_sync(struct tk_dsp *d);

/* Start now with what is there (SNDCTL_DSP_POST). */
int	tk_dsp_post(struct tk_dsp *d);

/*
 * SNDCTL_DSP_SETTRIGGER: true starts now, false stops, forgets what is
 * buffered, and holds the channel until the next true.
 */
int	tk_dsp_trigger(struct tk_dsp *d, bool on);

/* Bytes written that the hard buffer has not taken yet. */
int	tk_dsp_getodelay(struct tk_dsp *d, uint32_t *bytes);
int	tk_dsp_getospace(struct tk_dsp *d, struct tk_dsp_space *space);
int	tk_dsp_getispace(struct tk_dsp *d, struct tk_dsp_space *space);

/* Underruns and overruns since the last call, which clears them. */
int	tk_dsp_geterror(struct tk_dsp *d, struct tk_dsp_errors *errors);

/*
 * A signal for the program: who sleeps on the channel, or would next, returns
 * -EINTR, and closing no longer waits for the rest to be played.  From another
 * kernel thread; does not sleep.
 */
int	tk_dsp_interrupt(struct tk_dsp *d);

/*
 * Mixer of a unit: level of control dev (SOUND_MIXER_*), 0 to 100.  ENXIO: no
 * such unit, mixer or control.
 */
int	tk_mixer_set(int unit, unsigned dev, unsigned left, unsigned right);
int	tk_mixer_get(int unit, unsigned dev, unsigned *left,
	    unsigned *right);

/* Mute or unmute a control; is it muted?  Errors as tk_mixer_set(). */
int	tk_mixer_mute(int unit, unsigned dev, bool muted);
int	tk_mixer_muted(int unit, unsigned dev, bool *muted);

/*
 * Masks of 1 << SOUND_MIXER_*: all controls, all sources to record from, those
 * in use.  Choose sources; ENXIO: no such unit or mixer.
 */
struct tk_mixer_info {
	uint32_t controls;
	uint32_t sources;
	uint32_t recsrc;
};
int	tk_mixer_getinfo(int unit, struct tk_mixer_info *info);
int	tk_mixer_setrecsrc(int unit, uint32_t sources);

/*
 * The text of /dev/sndstat: devices, their channels and buffers.  Always ends
 * with NUL; returns the length that the whole text needs, like snprintf.
 */
size_t	tk_sndstat(char *buf, size_t size);

#endif /* !_TK_DSP_H_ */
