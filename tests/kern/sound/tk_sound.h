/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Private to the test kernel's sound(4): the register of live channels and
 * devices, the checked way to call a driver, and what the files here share.
 */

#ifndef _TK_SOUND_H_
#define	_TK_SOUND_H_

#include <sys/conf.h>

#include <dev/sound/pcm/sound.h>

#include "tk.h"

#if TK_FREEBSD >= 16
/* Not drivers' any more: FreeBSD 16 has it in dev/sound/sndstat.h. */
int	sndstat_register(device_t dev, int type, char *str);
int	sndstat_unregister(device_t dev);
#define	SNDST_TYPE_PCM	1
#endif

/*
 * Device nodes (cdev.c): "dsp" and "mixer".  A program enters a node for the
 * duration of a call, by name or by the node through which it was opened.
 * destroy_dev() waits until no thread is inside.
 */
struct cdev *tk_cdev_make(const char *name, int unit, void *drv1);
struct cdev *tk_cdev_enter(const char *name, int unit);
bool	tk_cdev_reenter(struct cdev *dev);
void	tk_cdev_leave(struct cdev *dev);
void	tk_cdev_hold(struct cdev *dev);
void	tk_cdev_drop(struct cdev *dev);

/*
 * The register (tk_sound.c).  It knows which channels and devices exist, so
 * that a pointer to a freed one is noticed, and who made them, for the
 * ledgers "sound channels" and "sound devices".
 */
void	tk_sound_dev_add(struct snddev_info *d);
void	tk_sound_dev_registered(struct snddev_info *d);
void	tk_sound_dev_del(struct snddev_info *d);
void	tk_sound_chn_add(struct pcm_channel *c);
void	tk_sound_chn_del(struct pcm_channel *c);

/*
 * Around chn_intr(): stops unless c is a live channel of a device that was
 * registered.  A channel that is freed between the two stops as well.
 */
void	tk_sound_chn_enter(const struct pcm_channel *c, const char *what);
void	tk_sound_chn_leave(const struct pcm_channel *c);

/* Stops unless dev is between pcm_init() and pcm_unregister(). */
struct snddev_info *tk_sound_dev_check(device_t dev, const char *what);

/* Was pcm_register() done on it? */
bool	tk_sound_dev_isregistered(const struct snddev_info *d);

/*
 * A channel's methods, called as sound(4) calls them.  Each call is checked:
 * the method keeps no lock and releases none of the caller's, and sound(4) can
 * use its result.  Same locks as CHANNEL_*.
 */
void	*tk_drv_init(struct pcm_channel *c, void *devinfo);
void	tk_drv_free(struct pcm_channel *c);
int	tk_drv_reset(struct pcm_channel *c);
int	tk_drv_resetdone(struct pcm_channel *c);
int	tk_drv_setformat(struct pcm_channel *c, uint32_t format);
uint32_t tk_drv_setspeed(struct pcm_channel *c, uint32_t speed);
uint32_t tk_drv_setblocksize(struct pcm_channel *c, uint32_t blksz);
int	tk_drv_setfragments(struct pcm_channel *c, uint32_t blksz,
	    uint32_t blkcnt);
int	tk_drv_trigger(struct pcm_channel *c, int go);
uint32_t tk_drv_getptr(struct pcm_channel *c);
struct pcmchan_caps *tk_drv_getcaps(struct pcm_channel *c);
int	tk_drv_getrates(struct pcm_channel *c, int **rates);
struct pcmchan_matrix *tk_drv_getmatrix(struct pcm_channel *c,
	    uint32_t format);

/* A channel's mutex, whose lock class is type (channel_life.c). */
void	tk_chn_mtx_init(struct pcm_channel *c, const char *type);
void	tk_chn_mtx_destroy(struct pcm_channel *c);

/*
 * A level, for a channel that is locked (mixer.c).  In FreeBSD 16 the mixer's
 * mutex comes before the channel's, and how sound(4) reads levels then could
 * not be read.  Here it is without the mutex.
 */
int	tk_mixer_level(struct snd_mixer *m, u_int dev);

/* The card's mixer, or NULL (mixer.c). */
struct snd_mixer *tk_sound_mixer(const struct snddev_info *d);

/* Locks around a driver's method; see tk_drv_begin() in tk_sound.c. */
struct tk_drv_call {
	struct mtx	*lock;		/* the channel's or mixer's */
	int		 held;
	bool		 owned;
};
void	tk_drv_begin(struct tk_drv_call *call, struct mtx *lock);
void	tk_drv_end(const struct tk_drv_call *call, const char *method,
	    const char *name);

/*
 * channel_size.c: the size that a soft buffer may have, in bytes.  FreeBSD 16
 * has a function for it.
 */
#if TK_FREEBSD == 15
uint32_t chn_2ndbufmaxsize(struct pcm_channel *c);
#endif

/*
 * channel_life.c: sndbuf_create(), which takes the channel's format and speed
 * in FreeBSD 16.
 */
struct snd_dbuf *tk_chn_buffer(struct pcm_channel *c, const char *desc);

/*
 * channel_size.c: all want the channel locked and may release its lock
 * meanwhile.
 */
int	chn_resizebuf(struct pcm_channel *c, int latency, int blkcnt,
	    int blksz);
int	tk_chn_setfragments(struct pcm_channel *c, int blkcnt, int blksz);
int	tk_chn_setreserve(struct pcm_channel *c, int blkcnt);

/* sample.c: a sample as a signed number of its width; a float has 32 bits. */
int32_t	tk_sample_get(const uint8_t *p, uint32_t fmt);
void	tk_sample_put(uint8_t *p, int32_t v, uint32_t fmt);

/* Feeders; data of the volume feeder is the struct pcmchan_matrix of frames. */
extern struct feeder_class tk_feeder_format, tk_feeder_mixer, tk_feeder_volume;

/* The integer hint.DEVICE.UNIT.name of the kernel environment, if it is set. */
bool	tk_sound_hint(device_t dev, const char *name, int *value);

/*
 * Make the nodes below a node.  Nothing can be added below one that could not
 * be made.
 */
struct sysctl_oid_list *tk_sound_sysctl_children(struct sysctl_oid *node);

/* A sysctl's integer in [low, high]; EINVAL for another one. */
int	tk_sound_sysctl_range(struct sysctl_oid *oidp,
	    struct sysctl_req *req, int *value, int low, int high);

#endif /* !_TK_SOUND_H_ */
