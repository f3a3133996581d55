/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * sound(4) for hardware drivers: the one header that they include.  FreeBSD's
 * names, constants and prototypes.  In the test kernel a device is
 * bitperfect and has no virtual channels until dev.pcm.N.bitperfect and
 * dev.pcm.N.play.vchans are set.  FreeBSD's defaults are the opposite.  There
 * is no Giant.
 */

#ifndef _OS_H_
#define	_OS_H_

#ifdef _KERNEL
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/errno.h>
#include <sys/limits.h>
#include <sys/queue.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/module.h>
#include <sys/conf.h>
#include <sys/ioccom.h>
#include <sys/selinfo.h>
#include <sys/uio.h>
#include <sys/bus.h>
#include <machine/resource.h>
#include <machine/bus.h>
#include <sys/rman.h>
#include <sys/sbuf.h>
#include <sys/soundcard.h>
#include <sys/sysctl.h>
#include <sys/kobj.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/condvar.h>
#include <vm/vm.h>
#include <vm/pmap.h>

struct pcm_channel;
struct pcm_feeder;
struct snd_dbuf;
struct snd_mixer;
struct snddev_info;

#include <dev/sound/pcm/buffer.h>
#include <dev/sound/pcm/matrix.h>
#include <dev/sound/pcm/channel.h>
#include <dev/sound/pcm/feeder.h>
#include <dev/sound/pcm/mixer.h>
#include <dev/sound/pcm/dsp.h>

/* The softc of a driver named "pcm" begins with a struct snddev_info. */
#define	PCM_SOFTC_SIZE	(sizeof(struct snddev_info))

#define	SND_STATUSLEN	64

#if TK_FREEBSD == 15
#define	SOUND_MODVER	5
#define	SOUND_MINVER	SOUND_MODVER
#define	SOUND_PREFVER	SOUND_MODVER
#define	SOUND_MAXVER	SOUND_MODVER
#endif

#define	SD_F_SIMPLEX		0x00000001
#define	SD_F_SOFTPCMVOL		0x00000004	/* volume is software's */
#define	SD_F_BUSY		0x00000008	/* PCM_ACQUIRE() */
#define	SD_F_MPSAFE		0x00000010	/* required here */
#define	SD_F_REGISTERED		0x00000020
#define	SD_F_BITPERFECT		0x00000040
#if TK_FREEBSD == 15
#define	SD_F_VPC		0x00000080
#define	SD_F_EQ			0x00000100
#define	SD_F_EQ_ENABLED		0x00000200
#define	SD_F_EQ_BYPASSED	0x00000400
#define	SD_F_EQ_PC		0x00000800
#else
#define	SD_F_EQ			0x00000200
#endif
#define	SD_F_PVCHANS		0x00001000
#define	SD_F_RVCHANS		0x00002000

#if TK_FREEBSD == 15
#define	PCM_ALIVE(x)		((x) != NULL && (x)->lock != NULL)
#define	PCM_REGISTERED(x)						\
	(PCM_ALIVE(x) && ((x)->flags & SD_F_REGISTERED))
#else
#define	PCM_REGISTERED(x)						\
	((x) != NULL && ((x)->flags & SD_F_REGISTERED))
#endif

#define	PCM_MAXCHANS		10000
#define	PCM_CHANCOUNT(d)						\
	(d->playcount + d->pvchancount + d->reccount + d->rvchancount)

#define	RANGE(var, low, high)						\
	(var) = (((var) < (low)) ? (low) : ((var) > (high)) ? (high) : (var))

extern int snd_unit;
extern int snd_verbose;
extern devclass_t pcm_devclass;

SYSCTL_DECL(_hw_snd);

/*
 * Attach, in this order: pcm_init(), mixer_init() where there is a mixer,
 * pcm_addchan() for each channel, pcm_register().  In FreeBSD 16 a mixer that
 * is made after pcm_register() has no device node.  All may sleep, and no lock
 * may be held.
 *
 * pcm_addchan() returns 0 or ENODEV.  pcm_register() returns 0, EINVAL when
 * done twice, or ENXIO.  pcm_unregister() returns 0: programs that have the
 * device open lose it, sleepers wake with EINVAL, and the device's channels are
 * freed (CHANNEL_FREE) before it returns.  In FreeBSD 16 it does nothing for a
 * device that is not registered; the test kernel stops the run, since all of
 * the device would leak.  If a test says so (tk_fault_named()) it returns EBUSY
 * and changes nothing.
 */
void	pcm_init(device_t dev, void *devinfo);
int	pcm_addchan(device_t dev, int dir, kobj_class_t cls, void *devinfo);
int	pcm_register(device_t dev, char *str);
int	pcm_unregister(device_t dev);

/*
 * The hint hint.pcm.N.buffersize within [minbufsz, maxbufsz], rounded down to
 * minbufsz times a power of two.  Without a hint, deflt.  All in bytes.
 */
unsigned int pcm_getbuffersize(device_t dev, unsigned int minbufsz,
	    unsigned int deflt, unsigned int maxbufsz);
u_int32_t pcm_getflags(device_t dev);
void	pcm_setflags(device_t dev, u_int32_t val);
void	*pcm_getdevinfo(device_t dev);

/* An ithread handler of type AV; flags may hold INTR_MPSAFE only. */
int	snd_setup_intr(device_t dev, struct resource *res, int flags,
	    driver_intr_t hand, void *param, void **cookiep);

#if TK_FREEBSD == 15
/*
 * A default mutex of its own, named desc, of lock class type.  May sleep.
 * snd_mtxfree() wants it unlocked.
 */
void	*snd_mtxcreate(const char *desc, const char *type);
void	snd_mtxfree(void *m);
void	snd_mtxassert(void *m);
#define	snd_mtxlock(m)		mtx_lock(m)
#define	snd_mtxunlock(m)	mtx_unlock(m)

int	sndstat_register(device_t dev, char *str);
int	sndstat_unregister(device_t dev);

/* What a bridge device gives to its children. */
enum {
	SCF_PCM,
	SCF_MIDI,
};

struct sndcard_func {
	int	 func;
	void	*varinfo;
};
#endif

/* Locks: (c) constant after pcm_register(); all other fields: lock. */
struct snddev_info {
	struct {
		struct {
			SLIST_HEAD(, pcm_channel) head;
			struct {
				SLIST_HEAD(, pcm_channel) head;
			} busy;
			struct {
				SLIST_HEAD(, pcm_channel) head;
			} opened;
			struct {
				SLIST_HEAD(, pcm_channel) head;
			} primary;
		} pcm;
	} channels;
	unsigned	 playcount, reccount, pvchancount, rvchancount;
	unsigned	 flags;			/* SD_F_* */
#if TK_FREEBSD == 15
	unsigned int	 bufsz;
#endif
	void		*devinfo;		/* (c) */
	device_t	 dev;			/* (c) */
	char		 status[SND_STATUSLEN];	/* (c) */
#if TK_FREEBSD == 15
	struct mtx	*lock;			/* (c) */
	struct cdev	*mixer_dev;
	struct cdev	*dsp_dev;
#else
	struct mtx	 lock;
	struct cdev	*dsp_dev;
	struct snd_mixer *mixer;
#endif
	uint32_t	 pvchanrate, pvchanformat, pvchanmode;
	uint32_t	 rvchanrate, rvchanformat, rvchanmode;
	int32_t		 eqpreamp;
	struct sysctl_ctx_list play_sysctl_ctx, rec_sysctl_ctx;
	struct sysctl_oid *play_sysctl_tree, *rec_sysctl_tree;
	struct cv	 cv;			/* SD_F_BUSY cleared */
};

#define	PCM_MODE_MIXER	0x01
#define	PCM_MODE_PLAY	0x02
#define	PCM_MODE_REC	0x04

#if TK_FREEBSD == 15
#define	TK_PCM_MTX(d)		((d)->lock)
#else
#define	TK_PCM_MTX(d)		(&(d)->lock)
#endif
#define	PCM_LOCKOWNED(d)	mtx_owned(TK_PCM_MTX(d))
#define	PCM_LOCK(d)		mtx_lock(TK_PCM_MTX(d))
#define	PCM_UNLOCK(d)		mtx_unlock(TK_PCM_MTX(d))
#define	PCM_TRYLOCK(d)		mtx_trylock(TK_PCM_MTX(d))
#define	PCM_LOCKASSERT(d)	mtx_assert(TK_PCM_MTX(d), MA_OWNED)
#define	PCM_UNLOCKASSERT(d)	mtx_assert(TK_PCM_MTX(d), MA_NOTOWNED)

/*
 * SD_F_BUSY keeps other threads out of a device across calls that sleep.  The
 * first three macros want the device locked, the _QUICK ones unlocked.  Waiting
 * may sleep.
 */
#define	PCM_WAIT(x) do {						\
	PCM_LOCKASSERT(x);						\
	while ((x)->flags & SD_F_BUSY)					\
		cv_wait(&(x)->cv, TK_PCM_MTX(x));			\
} while (0)

#define	PCM_ACQUIRE(x) do {						\
	PCM_LOCKASSERT(x);						\
	KASSERT(!((x)->flags & SD_F_BUSY),				\
	    ("%s: the device is busy already", __func__));		\
	(x)->flags |= SD_F_BUSY;					\
} while (0)

#define	PCM_RELEASE(x) do {						\
	PCM_LOCKASSERT(x);						\
	KASSERT((x)->flags & SD_F_BUSY,					\
	    ("%s: the device is not busy", __func__));			\
	(x)->flags &= ~SD_F_BUSY;					\
	cv_broadcast(&(x)->cv);						\
} while (0)

#define	PCM_ACQUIRE_QUICK(x) do {					\
	PCM_UNLOCKASSERT(x);						\
	PCM_LOCK(x);							\
	PCM_WAIT(x);							\
	PCM_ACQUIRE(x);							\
	PCM_UNLOCK(x);							\
} while (0)

#define	PCM_RELEASE_QUICK(x) do {					\
	PCM_UNLOCKASSERT(x);						\
	PCM_LOCK(x);							\
	PCM_RELEASE(x);							\
	PCM_UNLOCK(x);							\
} while (0)

#define	PCM_BUSYASSERT(x)						\
	KASSERT((x) != NULL && ((x)->flags & SD_F_BUSY),		\
	    ("%s: the device is not busy", __func__))

#endif /* _KERNEL */

/* Families of formats. */
#define	AFMT_32BIT							\
	(AFMT_S32_LE | AFMT_S32_BE | AFMT_U32_LE | AFMT_U32_BE |	\
	AFMT_F32_LE | AFMT_F32_BE)
#define	AFMT_24BIT							\
	(AFMT_S24_LE | AFMT_S24_BE | AFMT_U24_LE | AFMT_U24_BE)
#define	AFMT_16BIT							\
	(AFMT_S16_LE | AFMT_S16_BE | AFMT_U16_LE | AFMT_U16_BE)
#define	AFMT_G711	(AFMT_MU_LAW | AFMT_A_LAW)
#define	AFMT_8BIT	(AFMT_G711 | AFMT_U8 | AFMT_S8)
#define	AFMT_SIGNED							\
	(AFMT_S32_LE | AFMT_S32_BE | AFMT_F32_LE | AFMT_F32_BE |	\
	AFMT_S24_LE | AFMT_S24_BE | AFMT_S16_LE | AFMT_S16_BE | AFMT_S8)
#define	AFMT_BIGENDIAN							\
	(AFMT_S32_BE | AFMT_U32_BE | AFMT_F32_BE | AFMT_S24_BE |	\
	AFMT_U24_BE | AFMT_S16_BE | AFMT_U16_BE)
#define	AFMT_CONVERTIBLE						\
	(AFMT_8BIT | AFMT_16BIT | AFMT_24BIT | AFMT_32BIT)
#define	AFMT_VCHAN	(AFMT_CONVERTIBLE & ~AFMT_G711)

#define	AFMT_PASSTHROUGH		AFMT_AC3
#define	AFMT_PASSTHROUGH_RATE		48000
#define	AFMT_PASSTHROUGH_CHANNEL	2
#define	AFMT_PASSTHROUGH_EXTCHANNEL	0

/* The number of channels lives in bits that no format uses. */
#define	AFMT_ENCODING_MASK	0xf00fffff
#define	AFMT_CHANNEL_MASK	0x07f00000
#define	AFMT_CHANNEL_SHIFT	20
#define	AFMT_CHANNEL_MAX	0x7f
#define	AFMT_EXTCHANNEL_MASK	0x08000000
#define	AFMT_EXTCHANNEL_SHIFT	27
#define	AFMT_EXTCHANNEL_MAX	1

#define	AFMT_ENCODING(v)	((v) & AFMT_ENCODING_MASK)
#define	AFMT_EXTCHANNEL(v)						\
	(((v) & AFMT_EXTCHANNEL_MASK) >> AFMT_EXTCHANNEL_SHIFT)
#define	AFMT_CHANNEL(v)							\
	(((v) & AFMT_CHANNEL_MASK) >> AFMT_CHANNEL_SHIFT)
#define	AFMT_BIT(v)							\
	(((v) & AFMT_32BIT) ? 32 : (((v) & AFMT_24BIT) ? 24 :		\
	((((v) & AFMT_16BIT) || ((v) & AFMT_PASSTHROUGH)) ? 16 : 8)))
#define	AFMT_BPS(v)		(AFMT_BIT(v) >> 3)
#define	AFMT_ALIGN(v)		(AFMT_BPS(v) * AFMT_CHANNEL(v))

/* Format f with c channels, of which e are low frequency ones. */
#define	SND_FORMAT(f, c, e)						\
	(AFMT_ENCODING(f) |						\
	(((c) << AFMT_CHANNEL_SHIFT) & AFMT_CHANNEL_MASK) |		\
	(((e) << AFMT_EXTCHANNEL_SHIFT) & AFMT_EXTCHANNEL_MASK))

#define	AFMT_U8_NE	AFMT_U8
#define	AFMT_S8_NE	AFMT_S8
#define	AFMT_SIGNED_NE							\
	(AFMT_S8_NE | AFMT_S16_NE | AFMT_S24_NE | AFMT_S32_NE |		\
	AFMT_F32_NE)
#define	AFMT_NE								\
	(AFMT_SIGNED_NE | AFMT_U8_NE | AFMT_U16_NE | AFMT_U24_NE |	\
	AFMT_U32_NE)

#endif /* !_OS_H_ */
