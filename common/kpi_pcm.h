/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A sound card: sound(4)'s pcm device, its hardware channels and its mixer.
 *
 * A driver's device class is "pcm".  The first KPI_PCM_SOFTC_SIZE bytes of its
 * softc belong to sound(4); its own state follows.  It gives each hardware
 * channel a table of functions, and calls kpi_pcm_intr() when a block has been
 * played or recorded.  sound(4) copies nothing twice: the channel's buffer is
 * the driver's memory, and in bit-perfect mode it holds what the program
 * wrote.
 */
#ifndef _KPI_PCM_H_
#define	_KPI_PCM_H_

#include "kpi.h"

#include <sys/bus.h>
#include <dev/sound/pcm/sound.h>

#define	KPI_PCM_SOFTC_SIZE	PCM_SOFTC_SIZE

/*
 * MODULE_DEPEND(9) on sound(4), for a driver named name.  The module has
 * version 5 in FreeBSD 15 and 1 since (32137c41065c, 2026-09).
 */
#ifdef SOUND_MODVER
#define	KPI_PCM_MODULE_DEPEND(name)					\
	MODULE_DEPEND(name, sound, SOUND_MINVER, SOUND_PREFVER, SOUND_MAXVER)
#else
#define	KPI_PCM_MODULE_DEPEND(name)					\
	MODULE_DEPEND(name, sound, 1, 1, 1)
#endif

/*
 * Blocks of a buffer, if sound(4) names none.  Recorded samples wait for the
 * end of one block, however many blocks there are.  More blocks only allow for
 * a late reader.
 */
#define	KPI_PCM_BLOCKS		4
#define	KPI_PCM_RECBLOCKS	32

/* The highest rate, in Hz, that sound(4)'s arithmetic is made for. */
#define	KPI_PCM_MAXSPEED	2016000

/* The controls that there can be. */
#define	KPI_PCM_CONTROLS	((1U << SOUND_MIXER_NRDEVICES) - 1)

/* Directions of a channel. */
enum {
	KPI_PCM_PLAY = PCMDIR_PLAY,
	KPI_PCM_REC = PCMDIR_REC,
};

/* What kpo_trigger is told. */
enum kpi_pcm_trigger {
	KPI_PCM_START,
	KPI_PCM_STOP,		/* now: the rest is not wanted */
	KPI_PCM_DRAINED,	/* nothing follows: stop once all was heard */
};

/*
 * The functions of a hardware channel; arg is kpi_pcm_addchan()'s.  None may
 * call kpi_pcm_intr().  "Context: locked" means that the channel's mutex is
 * held, so the function does not sleep.
 */
struct kpi_pcm_ops {
	/*
	 * Give the channel its buffer by kpi_pcm_setbuf().  Called once, from
	 * kpi_pcm_addchan().
	 *
	 * Context: sleepable.
	 * Returns: 0 or an errno.
	 */
	int	(*kpo_init)(void *arg);
	/*
	 * Free what kpo_init made.  The channel is stopped.
	 *
	 * Context: sleepable.
	 */
	void	(*kpo_free)(void *arg);
	/*
	 * Take a format of the list (AFMT_* with channels).
	 *
	 * Context: locked.
	 * Returns: 0 or an errno.
	 */
	int	(*kpo_setformat)(void *arg, uint32_t format);
	/*
	 * Take a rate near hz.  sound(4) is told the rate that was taken, or
	 * the nearest between kpa_minspeed and kpa_maxspeed.
	 *
	 * Context: locked.
	 * Returns: the rate that was taken.
	 * Units: Hz.
	 */
	uint32_t (*kpo_setspeed)(void *arg, uint32_t hz);
	/*
	 * Choose block size and count near these, and report them by
	 * kpi_pcm_resize().  The channel was stopped when sound(4) looked.
	 * But sound(4) gives up the channel's mutex before the call, so
	 * another thread may have started the channel since, or start it
	 * before kpi_pcm_resize() has changed the blocks.
	 *
	 * Context: sleepable.
	 * Returns: 0 or an errno.
	 * Units: blksz counts bytes.
	 */
	int	(*kpo_setfragments)(void *arg, uint32_t blksz, uint32_t blkcnt);
	/*
	 * Start or stop.  A channel that runs is started anew when sound(4) has
	 * changed its blocks meanwhile: the position is 0 again.
	 *
	 * Context: locked.
	 * Returns: 0 or an errno.
	 */
	int	(*kpo_trigger)(void *arg, enum kpi_pcm_trigger go);
	/*
	 * Tell the position of the device in the buffer.  If it is not less
	 * than the buffer's size, sound(4) is told the last one again.  May be
	 * NULL: the position is then that of kpi_pcm_setptr().
	 *
	 * Context: locked.
	 * Returns: the position, less than the size, a whole number of frames.
	 * Units: bytes.
	 */
	uint32_t (*kpo_getptr)(void *arg);
	/*
	 * Playback: sound(4) has written samples.  bytes of the buffer, from
	 * position from on, hold samples that the device was not reported to
	 * have consumed.  Called within kpi_pcm_intr().  May be NULL.
	 *
	 * Context: locked.
	 */
	void	(*kpo_filled)(void *arg, uint32_t from, uint32_t bytes);
};

/*
 * The order of the channels in a frame of the device's.  The driver provides
 * the memory, for kpi_pcm_map_init().
 *
 * sound(4) brings the channels from a program's order into this one in its
 * matrix feeder, which runs where samples are converted or mixed.  In
 * bit-perfect mode a program's frames reach the device as they are.  Then the
 * program must know the device's order.
 */
struct kpi_pcm_map {
	struct pcmchan_matrix	 kpm_matrix;
};

/* A channel of a map that is at no position (SND_CHN_T_*) sound(4) has. */
#define	KPI_PCM_NOWHERE		0xff

/* What a channel can do; constant while it lives. */
struct kpi_pcm_caps {
	uint32_t	 kpa_minspeed;	/* Hz */
	uint32_t	 kpa_maxspeed;	/* Hz */
	uint32_t	*kpa_formats;	/* ends with 0 */
	/*
	 * Those of them that sound(4) may convert to; ends with 0.  NULL: all.
	 * A bitperfect channel, which converts nothing, has all of them
	 * always.
	 */
	uint32_t	*kpa_cooked;
	int		*kpa_rates;	/* Hz, rising */
	int		 kpa_nrates;
	/* One at most for a number of channels; else sound(4)'s usual order. */
	struct kpi_pcm_map *kpa_maps;
	int		 kpa_nmaps;
};

/* A hardware channel.  The driver provides the memory, zeroed. */
struct kpi_pcm_chan {
	const struct kpi_pcm_ops *kpc_ops;
	void			 *kpc_arg;
	const struct kpi_pcm_caps *kpc_caps;
	struct pcmchan_caps	  kpc_pcmcaps;
	struct pcmchan_caps	  kpc_cookedcaps;
	struct pcm_channel	 *kpc_chan;
	struct snd_dbuf		 *kpc_buf;
	uint32_t		  kpc_size;	/* of all blocks, at START */
	void			(*kpc_filled)(void *arg, uint32_t from,
				    uint32_t bytes);
	volatile uint32_t	  kpc_ptr;	/* UINT32_MAX: kpo_getptr's */
};

/*
 * The functions of a mixer; arg is kpi_pcm_addmixer()'s.  sound(4) calls the
 * first two with the mixer's mutex held, or while the mixer is being made, so
 * they do not sleep.  A driver that has to wait for its device does so later.
 * In FreeBSD 16 the mixer's mutex is the card's own: these functions call
 * nothing of this file but kpi_pcm_locked().
 */
struct kpi_pcm_mixer_ops {
	/*
	 * Set control (SOUND_MIXER_*) to levels of 0 to 100.  If muted, both
	 * levels are 0.  At the end, sound(4) sets all controls to 0.
	 *
	 * Context: does not sleep.
	 * Returns: 0 or an errno.
	 */
	int	(*kxo_set)(void *arg, uint32_t control, uint32_t left,
		    uint32_t right, bool muted);
	/*
	 * Record from some of sources (a mask).
	 *
	 * Context: does not sleep.
	 * Returns: the mask of those in use.
	 */
	uint32_t (*kxo_setrecsrc)(void *arg, uint32_t sources);
	/* The mixer is gone.  Context: sleepable. */
	void	(*kxo_uninit)(void *arg);
};

/* A mixer.  The driver provides the memory, zeroed. */
struct kpi_pcm_mixer {
	const struct kpi_pcm_mixer_ops *kpx_ops;
	void			 *kpx_arg;
	uint32_t		  kpx_controls;
	uint32_t		  kpx_sources;
	struct snd_mixer	 *kpx_mixer;
};

/*
 * Make dev a sound card that is not yet visible.
 *
 * Context: sleepable; in attach.
 */
void	kpi_pcm_init(device_t dev);

/*
 * Add a channel of direction dir (KPI_PCM_PLAY, KPI_PCM_REC).  ops, caps and
 * *ch stay in place until kpo_free was called.
 *
 * Context: sleepable; after kpi_pcm_init().
 * Errors: ENODEV: sound(4) or kpo_init refused the channel; kpo_free was
 * called if kpo_init had succeeded.  EINVAL: sound(4) cannot calculate with
 * caps: a format is not of one encoding and 1 to SND_CHN_MAX channels, or a
 * rate is not from kpa_minspeed to kpa_maxspeed, which are 1 to
 * KPI_PCM_MAXSPEED.
 */
int	kpi_pcm_addchan(device_t dev, int dir, const struct kpi_pcm_ops *ops,
	    void *arg, const struct kpi_pcm_caps *caps,
	    struct kpi_pcm_chan *ch);

/*
 * Give the card a mixer.  controls are those that have levels, and sources
 * those to record from; both are masks of 1 << SOUND_MIXER_*.  With softvol
 * there are SOUND_MIXER_VOLUME and SOUND_MIXER_PCM besides.  sound(4) then
 * applies the levels of both, multiplied, to what is played.  VOLUME is set as
 * well if it is among controls; PCM must not be among them.  Each control is
 * set to the administrator's hint.pcm.N.NAME, or to sound(4)'s usual level.
 * ops and *mx stay in place until kxo_uninit was called.
 *
 * Context: sleepable; between kpi_pcm_init() and kpi_pcm_register().
 * Errors: EINVAL: softvol with PCM among controls; ENXIO: sound(4) failed;
 * with either, kxo_uninit was not called.
 */
int	kpi_pcm_addmixer(device_t dev, const struct kpi_pcm_mixer_ops *ops,
	    void *arg, uint32_t controls, uint32_t sources, bool softvol,
	    struct kpi_pcm_mixer *mx);

/*
 * Tell sound(4) that something else than sound(4) has changed a level, has
 * muted or unmuted a control, or has chosen sources.  mixer(8) then shows it.
 * The mixer's functions are called as if a program had done so.
 *
 * Context: any but a filter; until kxo_uninit has returned.
 * Locks: takes the mixer's mutex; hold none that the mixer's functions take.
 */
void	kpi_pcm_mixer_level(struct kpi_pcm_mixer *mx, uint32_t control,
	    uint32_t left, uint32_t right);
void	kpi_pcm_mixer_mute(struct kpi_pcm_mixer *mx, uint32_t control,
	    bool muted);
void	kpi_pcm_mixer_recsrc(struct kpi_pcm_mixer *mx, uint32_t sources);

/*
 * Show the card to programs.  A card that has no mixer gets one, since
 * sound(4) relies on it.  With softvol, and if the card plays, that mixer has
 * the two controls that kpi_pcm_addmixer() tells of; else it has none.
 *
 * Context: sleepable.
 * Errors: those of sound(4).
 */
int	kpi_pcm_register(device_t dev, bool softvol);

/*
 * Take the card away, whether it is registered or only initialised.  Programs
 * get ENXIO, and each channel is stopped and freed.
 *
 * Context: sleepable; in detach or a failing attach.
 * Errors: those of sound(4).
 */
int	kpi_pcm_unregister(device_t dev);

/*
 * The size for a buffer: the administrator's hint.pcm.N.buffersize, or else
 * deflt, between min and max.
 *
 * Context: sleepable.
 * Units: bytes.
 */
uint32_t kpi_pcm_buffersize(device_t dev, uint32_t min, uint32_t deflt,
	    uint32_t max);

/*
 * Give the channel its buffer of size bytes.
 *
 * Context: kpo_init.
 * Errors: ENOMEM.
 */
int	kpi_pcm_setbuf(struct kpi_pcm_chan *ch, void *vaddr, uint32_t size);

/*
 * Divide the buffer into blkcnt blocks (2 or more) of blksz bytes (16 or
 * more).
 *
 * Context: kpo_setfragments.
 * Errors: EINVAL: the blocks are too small, are no whole number of frames, or
 * are more than the buffer holds.  EBUSY, since 15.1: a program has mapped the
 * buffer, which would have to be allocated anew.  The blocks stay as they
 * were.
 */
int	kpi_pcm_resize(struct kpi_pcm_chan *ch, uint32_t blksz,
	    uint32_t blkcnt);

/* What sound(4) has in a channel's buffer, and how it divides it. */
struct kpi_pcm_fill {
	uint32_t	kpf_size;	/* bytes of all blocks */
	uint32_t	kpf_blksz;	/* bytes of a block */
	uint32_t	kpf_align;	/* bytes of a frame */
	uint32_t	kpf_byterate;	/* bytes a second */
	/* Playback: bytes that hold samples, from the position on. */
	uint32_t	kpf_filled;
};

/*
 * Read a channel's buffer state.  At KPI_PCM_START the position is 0, and what
 * is filled is silence: sound(4) adds samples at the first kpi_pcm_intr().
 * sound(4) never fills more than its own buffer holds, which may be less than
 * all blocks.
 *
 * Context: kpo_trigger, kpo_filled and kpo_setfragments.  In the last, the
 * fill and the sizes are those of before.
 * Locks: the channel's mutex, which the caller takes in kpo_setfragments.
 */
void	kpi_pcm_getfill(struct kpi_pcm_chan *ch, struct kpi_pcm_fill *fill);

/*
 * Give the channel other memory, of the size of kpi_pcm_setbuf().  What
 * sound(4) writes from now on goes there.  sound(4) clears the buffer soon
 * after a stop, so this keeps samples that the device has still to read.
 *
 * Context: kpo_trigger, at KPI_PCM_DRAINED.
 */
void	kpi_pcm_swapbuf(struct kpi_pcm_chan *ch, void *vaddr);

/*
 * Have sound(4) take the position for 0, after sound(4) has emptied the buffer
 * of a running channel.
 *
 * Context: kpo_filled.
 */
void	kpi_pcm_rewind(struct kpi_pcm_chan *ch);

/*
 * True if the caller is in a function of the channel's whose context is
 * "locked", or was called by kpi_pcm_intr().  Then it may not call
 * kpi_pcm_intr().
 *
 * Context: any.
 */
bool	kpi_pcm_locked(const struct kpi_pcm_chan *ch);

/*
 * Report that blocks were played or recorded.  sound(4) asks kpo_getptr, moves
 * samples, and wakes programs.  Progress is measured modulo the buffer, so the
 * position must have moved by less than the whole buffer since the call
 * before.
 *
 * Context: any but a filter; before kpi_pcm_unregister(), which frees what this
 * needs and only then calls kpo_free.
 * Locks: takes the channel's mutex; hold none that a function of the channel
 * takes.
 * Source: sys/dev/sound/pcm/channel.c, chn_kill().
 */
void	kpi_pcm_intr(struct kpi_pcm_chan *ch);

/*
 * Note the position of the device in the buffer, for a channel without
 * kpo_getptr, and read it.  A driver that learns the position from its device
 * notes it before kpi_pcm_intr().  The threads that note a channel's position
 * are serialised by the driver.
 *
 * Context: any.
 * Units: bytes; ptr is as kpo_getptr()'s.
 */
void	kpi_pcm_setptr(struct kpi_pcm_chan *ch, uint32_t ptr);
uint32_t kpi_pcm_ptr(const struct kpi_pcm_chan *ch);

/*
 * Make a format word of an encoding (AFMT_*) and a number of channels, in
 * sound(4)'s usual layout for that number.
 *
 * Context: any.
 * Returns: the word; 0: sound(4) has no layout for that number.
 */
uint32_t kpi_pcm_format(uint32_t encoding, uint32_t channels);

/*
 * Make a map of the positions of a frame's channels, SND_CHN_T_* or
 * KPI_PCM_NOWHERE.  A channel that is nowhere is silent, or not recorded.
 *
 * Context: any.
 * Errors: EINVAL: a position is there twice, or sound(4) does not have it; no
 * channel has a position; sound(4) does not have so many channels, or has no
 * format word for so many with, or without, a low frequency one.
 */
int	kpi_pcm_map_init(struct kpi_pcm_map *map, const uint8_t *positions,
	    uint32_t channels);

/*
 * The same as kpi_pcm_format(), for frames that are ordered as map says.
 *
 * Context: any.
 */
uint32_t kpi_pcm_map_format(const struct kpi_pcm_map *map, uint32_t encoding);

/*
 * Parts of a format word: the encoding, the channels, and the bytes of one
 * sample of one channel.
 *
 * Context: any.
 */
uint32_t kpi_pcm_encoding(uint32_t format);
uint32_t kpi_pcm_channels(uint32_t format);
uint32_t kpi_pcm_bps(uint32_t format);

/* The byte that silence of a format word is made of.  Context: any. */
uint8_t	kpi_pcm_silence(uint32_t format);

#ifndef KPI_BINDGEN
/* For drivers in C alone: a driver in Rust gives its buffer in kpo_init. */

/*
 * Hold the channel's mutex, as the functions whose context is "locked" do.
 *
 * Context: any but a filter.
 * Locks: takes, or releases, the channel's mutex.
 */
void	kpi_pcm_lock(struct kpi_pcm_chan *ch);
void	kpi_pcm_unlock(struct kpi_pcm_chan *ch);

/*
 * Find out whether the channel is open, for a program or for virtual channels.
 * sound(4) calls kpo_setfragments each time that it opens a channel.
 *
 * Context: any but a filter.
 * Locks: the channel's mutex.
 */
bool	kpi_pcm_opened(const struct kpi_pcm_chan *ch);

/*
 * Give the channel other memory, of no fewer bytes than it has.  So a driver
 * can give it a small buffer in kpo_init, and the usual one when it is opened.
 * The driver calls kpi_pcm_resize() afterwards.  sound(4) has no more use for
 * the old memory when this returns.
 *
 * Context: kpo_setfragments, while the channel is stopped.
 * Locks: the channel's mutex.
 */
void	kpi_pcm_growbuf(struct kpi_pcm_chan *ch, void *vaddr, uint32_t size);

KPI_INLINE void
kpi_pcm_lock(struct kpi_pcm_chan *ch)
{
	CHN_LOCK(ch->kpc_chan);
}

KPI_INLINE void
kpi_pcm_unlock(struct kpi_pcm_chan *ch)
{
	CHN_UNLOCK(ch->kpc_chan);
}

KPI_INLINE void
kpi_pcm_intr(struct kpi_pcm_chan *ch)
{
	chn_intr(ch->kpc_chan);
}

KPI_INLINE void
kpi_pcm_setptr(struct kpi_pcm_chan *ch, uint32_t ptr)
{
	ch->kpc_ptr = ptr;
}

KPI_INLINE uint32_t
kpi_pcm_ptr(const struct kpi_pcm_chan *ch)
{
	return (ch->kpc_ptr);
}

KPI_INLINE bool
kpi_pcm_locked(const struct kpi_pcm_chan *ch)
{
	return (CHN_LOCKOWNED(ch->kpc_chan));
}

KPI_INLINE uint32_t
kpi_pcm_encoding(uint32_t format)
{
	return (AFMT_ENCODING(format));
}

KPI_INLINE uint32_t
kpi_pcm_channels(uint32_t format)
{
	return (AFMT_CHANNEL(format));
}

KPI_INLINE uint32_t
kpi_pcm_bps(uint32_t format)
{
	return (AFMT_BPS(format));
}

KPI_INLINE uint8_t
kpi_pcm_silence(uint32_t format)
{
	return (sndbuf_zerodata(format));
}
#endif /* !KPI_BINDGEN */

#endif /* !_KPI_PCM_H_ */
