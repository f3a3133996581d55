/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Mixers.  They record levels and pass them to the driver, or, with soft volume
 * (SD_F_SOFTPCMVOL), to the channels that play.
 */

#include "tk_sound.h"

#include "mixer_if.h"
#include "tk_dsp.h"

static MALLOC_DEFINE(M_MIXER, "mixer", "mixer");

/* Locks: (c) constant once made; (i) set while it is made; all others: lock. */
struct snd_mixer {
	KOBJ_FIELDS;
	void		*devinfo;		/* (c) */
	int		 hwvol_mixer;
	int		 hwvol_step;
	int		 type;			/* (c) */
	device_t	 dev;			/* (c) */
	u_int32_t	 devs;			/* (i) */
	u_int32_t	 mutedevs;
	u_int32_t	 recdevs;		/* (i) */
	u_int32_t	 recsrc;
	u_int16_t	 level[32];		/* left | right << 8 */
	u_int16_t	 level_muted[32];
	u_int8_t	 parent[32];		/* (i) */
	u_int32_t	 child[32];		/* (i) */
	u_int8_t	 realdev[32];		/* (i) */
	char		 name[32];		/* (c) */
	struct mtx	*lock;			/* (c) */
};
_Static_assert(sizeof(struct snd_mixer) <= MIXER_SIZE, "MIXER_SIZE");

static const u_int16_t mixer_defaults[SOUND_MIXER_NRDEVICES] = {
	[SOUND_MIXER_VOLUME]	= 75,
	[SOUND_MIXER_BASS]	= 50,
	[SOUND_MIXER_TREBLE]	= 50,
	[SOUND_MIXER_SYNTH]	= 75,
	[SOUND_MIXER_PCM]	= 75,
	[SOUND_MIXER_SPEAKER]	= 75,
	[SOUND_MIXER_LINE]	= 75,
	[SOUND_MIXER_MIC]	= 25,
	[SOUND_MIXER_CD]	= 75,
	[SOUND_MIXER_LINE1]	= 75,
	[SOUND_MIXER_VIDEO]	= 75,
	[SOUND_MIXER_RECLEV]	= 75,
	[SOUND_MIXER_OGAIN]	= 50,
	[SOUND_MIXER_MONITOR]	= 75,
};

static const char *const mixer_names[SOUND_MIXER_NRDEVICES] =
    SOUND_DEVICE_NAMES;

/* The driver's answers: levels, mixer locked or being made. */
static int
mixer_drv_set(struct snd_mixer *m, unsigned dev, unsigned left,
    unsigned right)
{
	struct tk_drv_call call;
	int ret;

	tk_drv_begin(&call, m->lock);
	ret = MIXER_SET(m, dev, left, right);
	tk_drv_end(&call, "MIXER_SET", m->name);
	return (ret);
}

static bool
mixer_is_soft(struct snd_mixer *m, u_int dev)
{
	return (dev == SOUND_MIXER_PCM &&
	    (pcm_getflags(m->dev) & SD_F_SOFTPCMVOL) != 0);
}

/*
 * Give the level to the channels that play.  Other channels take it when they
 * start.  Releases the mixer's lock if it is held, because a channel's lock
 * must be taken before it.
 */
static void
mixer_set_soft(struct snd_mixer *m, u_int left, u_int right)
{
	struct snddev_info *d = device_get_softc(m->dev);
	bool owned = mtx_owned(m->lock), busy = PCM_LOCKOWNED(d);
	struct pcm_channel *c;

	if (!PCM_REGISTERED(d))
		return;
	if (owned)
		snd_mtxunlock(m->lock);
	if (!busy)
		PCM_LOCK(d);
	CHN_FOREACH(c, d, channels.pcm.busy) {
		CHN_LOCK(c);
		if (c->direction == PCMDIR_PLAY &&
		    (c->feederflags & (1U << FEEDER_VOLUME)) != 0)
			chn_setvolume_multi(c, SND_VOL_C_MASTER, (int)left,
			    (int)right, (int)(left + right) >> 1);
		CHN_UNLOCK(c);
	}
	if (!busy)
		PCM_UNLOCK(d);
	if (owned)
		snd_mtxlock(m->lock);
}

/* Set the level behind control dev: the channels' or the hardware's. */
static int
mixer_set_real(struct snd_mixer *m, u_int dev, u_int left, u_int right)
{
	if (mixer_is_soft(m, dev)) {
		mixer_set_soft(m, left, right);
		return (0);
	}
	if (m->realdev[dev] == SOUND_MIXER_NONE)
		return (0);
	return (mixer_drv_set(m, m->realdev[dev], left, right));
}

static u_int
mixer_left(u_int level)
{
	return (MIN(level & 0xff, 100));
}

static u_int
mixer_right(u_int level)
{
	return (MIN(level >> 8 & 0xff, 100));
}

/* A child's level is its own times its parent's. */
static int
mixer_set_scaled(struct snd_mixer *m, u_int dev, u_int level, u_int by)
{
	return (mixer_set_real(m, dev,
	    mixer_left(level) * mixer_left(by) / 100,
	    mixer_right(level) * mixer_right(by) / 100));
}

/*
 * Set control dev to level.  A muted control only stores the level.  -1: no
 * such control, or the driver refused.
 */
static int
mixer_set(struct snd_mixer *m, u_int dev, u_int32_t muted, u_int level)
{
	u_int i;

	if (dev >= SOUND_MIXER_NRDEVICES || (m->devs & (1U << dev)) == 0)
		return (-1);
	level = mixer_left(level) | mixer_right(level) << 8;
	if (muted & (1U << dev)) {
		m->level_muted[dev] = (u_int16_t)level;
		return (0);
	}
	if (m->parent[dev] < SOUND_MIXER_NRDEVICES) {
		if (mixer_set_scaled(m, dev, level,
		    m->level[m->parent[dev]]) < 0)
			return (-1);
	} else {
		for (i = 0; i < SOUND_MIXER_NRDEVICES; i++) {
			if ((m->child[dev] & (1U << i)) != 0 &&
			    m->parent[i] == dev)
				mixer_set_scaled(m, i, level, m->level[i]);
		}
		if (mixer_set_real(m, dev, mixer_left(level),
		    mixer_right(level)) < 0)
			return (-1);
	}
	m->level[dev] = (u_int16_t)level;
	return (0);
}

static int
mixer_get(struct snd_mixer *m, u_int dev)
{
	if (dev >= SOUND_MIXER_NRDEVICES || (m->devs & (1U << dev)) == 0)
		return (-1);
	if (m->mutedevs & (1U << dev))
		return (m->level_muted[dev]);
	return (m->level[dev]);
}

/* Record from src.  If src names no source, use the most common source. */
static void
mixer_setrecsrc(struct snd_mixer *m, u_int32_t src)
{
	static const u_int32_t usual[] =
	    { SOUND_MASK_MIC, SOUND_MASK_MONITOR, SOUND_MASK_LINE };
	struct tk_drv_call call;
	size_t i;

	src &= m->recdevs;
	for (i = 0; src == 0 && i < nitems(usual); i++)
		src = m->recdevs & usual[i];
	if (src == 0 && m->recdevs != 0)
		src = 1U << (ffs((int)m->recdevs) - 1);
	tk_drv_begin(&call, m->lock);
	m->recsrc = MIXER_SETRECSRC(m, src);
	tk_drv_end(&call, "MIXER_SETRECSRC", m->name);
}

static struct snd_mixer *
mixer_obj_create(device_t dev, kobj_class_t cls, void *devinfo, int type,
    const char *desc)
{
	struct tk_drv_call call;
	struct snd_mixer *m;
	size_t i;
	int error;

	KASSERT(dev != NULL && cls != NULL && devinfo != NULL,
	    ("mixer without device, class or devinfo"));
	m = (struct snd_mixer *)kobj_create(cls, M_MIXER, M_WAITOK | M_ZERO);
	snprintf(m->name, sizeof(m->name), "%s:mixer%s%s",
	    device_get_nameunit(dev), desc != NULL ? ":" : "",
	    desc != NULL ? desc : "");
	m->lock = snd_mtxcreate(m->name, type == MIXER_TYPE_PRIMARY ?
	    "primary pcm mixer" : "secondary pcm mixer");
	m->type = type;
	m->devinfo = devinfo;
	m->dev = dev;
	for (i = 0; i < nitems(m->parent); i++) {
		m->parent[i] = SOUND_MIXER_NONE;
		m->realdev[i] = (u_int8_t)i;
	}
	tk_drv_begin(&call, m->lock);
	error = tk_fault("mixer_init") ? ENXIO : MIXER_INIT(m);
	tk_drv_end(&call, "MIXER_INIT", m->name);
	if (error != 0) {
		snd_mtxfree(m->lock);
		kobj_delete((kobj_t)m, M_MIXER);
		return (NULL);
	}
	return (m);
}

static void
mixer_obj_destroy(struct snd_mixer *m)
{
	struct tk_drv_call call;

	tk_drv_begin(&call, m->lock);
	MIXER_UNINIT(m);
	tk_drv_end(&call, "MIXER_UNINIT", m->name);
	snd_mtxfree(m->lock);
	kobj_delete((kobj_t)m, M_MIXER);
}

/* A mixer that programs do not see.  May sleep.  NULL: the driver refused. */
struct snd_mixer *
mixer_create(device_t dev, kobj_class_t cls, void *devinfo, const char *desc)
{
	return (mixer_obj_create(dev, cls, devinfo, MIXER_TYPE_SECONDARY,
	    desc));
}

int
mixer_delete(struct snd_mixer *m)
{
	KASSERT(m->type == MIXER_TYPE_SECONDARY, ("%s: not secondary",
	    m->name));
	mixer_obj_destroy(m);
	return (0);
}

static struct snd_mixer *
mixer_of(device_t dev)
{
	struct snddev_info *d = device_get_softc(dev);

	return (d->mixer_dev == NULL ? NULL : d->mixer_dev->si_drv1);
}

/*
 * Give the device its mixer, at the default levels or those of the hints
 * hint.pcm.N.CONTROL.  May sleep.  0, or -1: the driver refused.
 */
int
mixer_init(device_t dev, kobj_class_t cls, void *devinfo)
{
	struct snddev_info *d = tk_sound_dev_check(dev, "mixer_init()");
	struct snd_mixer *m;
	u_int i, level;
	int val;

	m = mixer_obj_create(dev, cls, devinfo, MIXER_TYPE_PRIMARY, NULL);
	if (m == NULL)
		return (-1);
	for (i = 0; i < SOUND_MIXER_NRDEVICES; i++) {
		level = mixer_defaults[i];
		if (tk_sound_hint(dev, mixer_names[i], &val) &&
		    val >= 0 && val <= 100)
			level = (u_int)val;
		mixer_set(m, i, 0, level | level << 8);
	}
	mixer_setrecsrc(m, 0);
	d->mixer_dev = tk_cdev_make("mixer", device_get_unit(dev), m);
	return (0);
}

/* Silence the mixer and take it away.  May sleep.  EBADF: there is none. */
int
mixer_uninit(device_t dev)
{
	struct snddev_info *d = device_get_softc(dev);
	struct snd_mixer *m = mixer_of(dev);
	u_int i;

	if (m == NULL)
		return (EBADF);
	tk_cdev_destroy(d->mixer_dev);
	d->mixer_dev = NULL;
	snd_mtxlock(m->lock);
	for (i = 0; i < SOUND_MIXER_NRDEVICES; i++)
		mixer_set(m, i, 0, 0);
	mixer_setrecsrc(m, SOUND_MASK_MIC);
	snd_mtxunlock(m->lock);
	mixer_obj_destroy(m);
	return (0);
}

/* Set the hardware's levels again after it lost them. */
int
mixer_reinit(device_t dev)
{
	struct snd_mixer *m = mixer_of(dev);
	struct tk_drv_call call;
	int error;
	u_int i;

	snd_mtxlock(m->lock);
	tk_drv_begin(&call, m->lock);
	error = MIXER_REINIT(m);
	tk_drv_end(&call, "MIXER_REINIT", m->name);
	for (i = 0; error == 0 && i < SOUND_MIXER_NRDEVICES; i++)
		mixer_set(m, i, 0, m->mutedevs & (1U << i) ? 0 : m->level[i]);
	if (error == 0)
		mixer_setrecsrc(m, m->recsrc);
	snd_mtxunlock(m->lock);
	return (error);
}

/* Let keys on the hardware change the volume; see mixer_hwvol_step(). */
int
mixer_hwvol_init(device_t dev)
{
	struct sysctl_oid *tree = device_get_sysctl_tree(dev);
	struct snd_mixer *m = mixer_of(dev);

	m->hwvol_mixer = SOUND_MIXER_VOLUME;
	m->hwvol_step = 5;
	/* Nothing can be added below a node that could not be made. */
	SYSCTL_ADD_INT(device_get_sysctl_ctx(dev),
	    tree == NULL ? NULL : SYSCTL_CHILDREN(tree), OID_AUTO,
	    "hwvol_step", CTLFLAG_RWTUN, &m->hwvol_step, 0, "");
	return (0);
}

void
mixer_hwvol_mute_locked(struct snd_mixer *m)
{
	mix_setmutedevs(m, m->mutedevs ^ (1U << m->hwvol_mixer));
}

void
mixer_hwvol_mute(device_t dev)
{
	struct snd_mixer *m = mixer_of(dev);

	snd_mtxlock(m->lock);
	mixer_hwvol_mute_locked(m);
	snd_mtxunlock(m->lock);
}

void
mixer_hwvol_step_locked(struct snd_mixer *m, int l_step, int r_step)
{
	int left, level, right;

	level = mixer_get(m, (u_int)m->hwvol_mixer);
	if (level < 0)
		return;
	left = (level & 0xff) + l_step * m->hwvol_step;
	right = (level >> 8 & 0xff) + r_step * m->hwvol_step;
	RANGE(left, 0, 100);
	RANGE(right, 0, 100);
	mixer_set(m, (u_int)m->hwvol_mixer, m->mutedevs,
	    (u_int)(left | right << 8));
}

void
mixer_hwvol_step(device_t dev, int left_step, int right_step)
{
	struct snd_mixer *m = mixer_of(dev);

	snd_mtxlock(m->lock);
	mixer_hwvol_step_locked(m, left_step, right_step);
	snd_mtxunlock(m->lock);
}

int
mix_get_locked(struct snd_mixer *m, u_int dev, int *pleft, int *pright)
{
	int level = mixer_get(m, dev);

	*pleft = level < 0 ? -1 : level & 0xff;
	*pright = level < 0 ? -1 : level >> 8 & 0xff;
	return (level < 0 ? -1 : 0);
}

int
mix_set_locked(struct snd_mixer *m, u_int dev, int left, int right)
{
	return (mixer_set(m, dev, m->mutedevs,
	    (u_int)((left & 0xff) | (right & 0xff) << 8)));
}

int
mix_set(struct snd_mixer *m, u_int dev, u_int left, u_int right)
{
	int ret;

	snd_mtxlock(m->lock);
	ret = mixer_set(m, dev, m->mutedevs, left | right << 8);
	snd_mtxunlock(m->lock);
	return (ret != 0 ? ENXIO : 0);
}

int
mix_get(struct snd_mixer *m, u_int dev)
{
	int ret;

	snd_mtxlock(m->lock);
	ret = mixer_get(m, dev);
	snd_mtxunlock(m->lock);
	return (ret);
}

int
mix_setrecsrc(struct snd_mixer *m, u_int32_t src)
{
	snd_mtxlock(m->lock);
	mixer_setrecsrc(m, src);
	snd_mtxunlock(m->lock);
	return (0);
}

u_int32_t
mix_getrecsrc(struct snd_mixer *m)
{
	u_int32_t ret;

	snd_mtxlock(m->lock);
	ret = m->recsrc;
	snd_mtxunlock(m->lock);
	return (ret);
}

int
mix_get_type(struct snd_mixer *m)
{
	return (m->type);
}

device_t
mix_get_dev(struct snd_mixer *m)
{
	return (m->dev);
}

void
mix_setdevs(struct snd_mixer *m, u_int32_t v)
{
	u_int i;

	if (pcm_getflags(m->dev) & SD_F_SOFTPCMVOL)
		v |= SOUND_MASK_PCM;
	for (i = 0; i < SOUND_MIXER_NRDEVICES; i++) {
		if (m->parent[i] < SOUND_MIXER_NRDEVICES)
			v |= 1U << m->parent[i];
		v |= m->child[i];
	}
	m->devs = v;
}

void
mix_setrecdevs(struct snd_mixer *m, u_int32_t v)
{
	m->recdevs = v;
}

/* Mute the controls of the mask, unmute the others.  Mixer locked. */
void
mix_setmutedevs(struct snd_mixer *m, u_int32_t v)
{
	u_int32_t delta;
	u_int i;

	v &= m->devs;
	delta = m->mutedevs ^ v;
	m->mutedevs = v;
	for (i = 0; i < SOUND_MIXER_NRDEVICES; i++) {
		if ((delta & (1U << i)) == 0)
			continue;
		if (v & (1U << i)) {
			m->level_muted[i] = m->level[i];
			mixer_set(m, i, 0, 0);
		} else
			mixer_set(m, i, 0, m->level_muted[i]);
	}
}

u_int32_t
mix_getdevs(struct snd_mixer *m)
{
	return (m->devs);
}

u_int32_t
mix_getrecdevs(struct snd_mixer *m)
{
	return (m->recdevs);
}

u_int32_t
mix_getmutedevs(struct snd_mixer *m)
{
	return (m->mutedevs);
}

/* Make the controls of the mask children of `parent': it scales them. */
void
mix_setparentchild(struct snd_mixer *m, u_int32_t parent, u_int32_t childs)
{
	u_int32_t i;

	if (parent >= SOUND_MIXER_NRDEVICES)
		return;
	childs &= ~(1U << parent);
	m->child[parent] = 0;
	for (i = 0; i < SOUND_MIXER_NRDEVICES; i++) {
		if ((childs & (1U << i)) == 0)
			continue;
		if (m->parent[i] < SOUND_MIXER_NRDEVICES)
			m->child[m->parent[i]] &= ~(1U << i);
		m->parent[i] = (u_int8_t)parent;
		m->child[i] = 0;
		m->child[parent] |= 1U << i;
	}
}

void
mix_setrealdev(struct snd_mixer *m, u_int32_t dev, u_int32_t realdev)
{
	if (dev < SOUND_MIXER_NRDEVICES && (realdev == SOUND_MIXER_NONE ||
	    realdev < SOUND_MIXER_NRDEVICES))
		m->realdev[dev] = (u_int8_t)realdev;
}

u_int32_t
mix_getparent(struct snd_mixer *m, u_int32_t dev)
{
	return (dev < SOUND_MIXER_NRDEVICES ? m->parent[dev] :
	    SOUND_MIXER_NONE);
}

u_int32_t
mix_getchild(struct snd_mixer *m, u_int32_t dev)
{
	return (dev < SOUND_MIXER_NRDEVICES ? m->child[dev] : 0);
}

void *
mix_getdevinfo(struct snd_mixer *m)
{
	return (m->devinfo);
}

struct mtx *
mixer_get_lock(struct snd_mixer *m)
{
	return (m->lock);
}

int
tk_mixer_set(int unit, unsigned dev, unsigned left, unsigned right)
{
	struct cdev *node;
	int error;

	node = tk_cdev_enter("mixer", unit);
	if (node == NULL)
		return (ENXIO);
	error = mix_set(node->si_drv1, dev, left, right);
	tk_cdev_leave(node);
	return (error);
}

int
tk_mixer_get(int unit, unsigned dev, unsigned *left, unsigned *right)
{
	struct cdev *node;
	int level;

	node = tk_cdev_enter("mixer", unit);
	if (node == NULL)
		return (ENXIO);
	level = mix_get(node->si_drv1, dev);
	tk_cdev_leave(node);
	if (level < 0)
		return (ENXIO);
	*left = mixer_left((u_int)level);
	*right = mixer_right((u_int)level);
	return (0);
}

int
tk_mixer_mute(int unit, unsigned dev, bool muted)
{
	struct snd_mixer *m;
	struct cdev *node;
	int error = ENXIO;

	node = tk_cdev_enter("mixer", unit);
	if (node == NULL)
		return (ENXIO);
	m = node->si_drv1;
	snd_mtxlock(m->lock);
	if (mixer_get(m, dev) >= 0) {
		mix_setmutedevs(m, muted ? m->mutedevs | 1U << dev :
		    m->mutedevs & ~(1U << dev));
		error = 0;
	}
	snd_mtxunlock(m->lock);
	tk_cdev_leave(node);
	return (error);
}

int
tk_mixer_muted(int unit, unsigned dev, bool *muted)
{
	struct snd_mixer *m;
	struct cdev *node;
	int level;

	node = tk_cdev_enter("mixer", unit);
	if (node == NULL)
		return (ENXIO);
	m = node->si_drv1;
	snd_mtxlock(m->lock);
	level = mixer_get(m, dev);
	*muted = level >= 0 && (m->mutedevs & (1U << dev)) != 0;
	snd_mtxunlock(m->lock);
	tk_cdev_leave(node);
	return (level < 0 ? ENXIO : 0);
}

int
tk_mixer_getinfo(int unit, struct tk_mixer_info *info)
{
	struct snd_mixer *m;
	struct cdev *node;

	node = tk_cdev_enter("mixer", unit);
	if (node == NULL)
		return (ENXIO);
	m = node->si_drv1;
	snd_mtxlock(m->lock);
	info->controls = m->devs;
	info->sources = m->recdevs;
	info->recsrc = m->recsrc;
	snd_mtxunlock(m->lock);
	tk_cdev_leave(node);
	return (0);
}

int
tk_mixer_setrecsrc(int unit, uint32_t sources)
{
	struct cdev *node;
	int error;

	node = tk_cdev_enter("mixer", unit);
	if (node == NULL)
		return (ENXIO);
	error = mix_setrecsrc(node->si_drv1, sources);
	tk_cdev_leave(node);
	return (error);
}

static int
mixer_noreinit(struct snd_mixer *m __unused)
{
	return (0);
}

TK_MIXER_IF;
