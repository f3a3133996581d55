/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Mixers.  They record levels and pass them to the driver, or, with soft volume
 * (SD_F_SOFTPCMVOL), to the channels that play.
 *
 * In FreeBSD 15 each mixer has a mutex of its own.  In FreeBSD 16 that of a
 * card's mixer is the card's mutex (1a31ab15e8b3), so the driver's methods are
 * called with the card locked.
 */

#define	TK_SND_MIXER
#include "tk_sound.h"

#include "mixer_if.h"
#include "tk_dsp.h"

static MALLOC_DEFINE(M_MIXER, "mixer", "mixer");

#if TK_FREEBSD == 15
_Static_assert(sizeof(struct snd_mixer) <= MIXER_SIZE, "MIXER_SIZE");
#endif

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

/* The same for the channels that play.  The card is locked. */
static void
mixer_set_channels(struct snddev_info *d, u_int left, u_int right)
{
	struct pcm_channel *c;

	PCM_LOCKASSERT(d);
	CHN_FOREACH(c, d, channels.pcm.busy) {
		CHN_LOCK(c);
		if (c->direction == PCMDIR_PLAY &&
		    (c->feederflags & (1U << FEEDER_VOLUME)) != 0)
			chn_setvolume_multi(c, SND_VOL_C_MASTER, (int)left,
			    (int)right, (int)(left + right) >> 1);
		CHN_UNLOCK(c);
	}
}

/*
 * Give the level to the channels that play.  Other channels take it when they
 * start.  FreeBSD 15 releases the mixer's lock if it is held, because a
 * channel's lock must be taken before it.
 */
static void
mixer_set_soft(struct snd_mixer *m, u_int left, u_int right)
{
	struct snddev_info *d = device_get_softc(m->dev);
#if TK_FREEBSD == 15
	bool owned = mtx_owned(m->lock), busy = PCM_LOCKOWNED(d);

	if (!PCM_REGISTERED(d))
		return;
	if (owned)
		mtx_unlock(m->lock);
	if (!busy)
		PCM_LOCK(d);
	mixer_set_channels(d, left, right);
	if (!busy)
		PCM_UNLOCK(d);
	if (owned)
		mtx_lock(m->lock);
#else
	if (PCM_REGISTERED(d))
		mixer_set_channels(d, left, right);
#endif
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

#if TK_FREEBSD == 15
static void
mixer_lock_make(struct snd_mixer *m, device_t dev __unused, int type)
{
	m->lock = snd_mtxcreate(m->name, type == MIXER_TYPE_PRIMARY ?
	    "primary pcm mixer" : "secondary pcm mixer");
}

static void
mixer_lock_free(struct snd_mixer *m)
{
	snd_mtxfree(m->lock);
}
#else
static void
mixer_lock_make(struct snd_mixer *m, device_t dev, int type)
{
	struct snddev_info *d = device_get_softc(dev);

	m->lock = type == MIXER_TYPE_PRIMARY ? &d->lock : &m->priv_lock;
	if (type == MIXER_TYPE_SECONDARY)
		mtx_init(m->lock, m->name, "secondary pcm mixer", MTX_DEF);
}

static void
mixer_lock_free(struct snd_mixer *m)
{
	if (m->type == MIXER_TYPE_SECONDARY)
		mtx_destroy(m->lock);
}
#endif

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
	mixer_lock_make(m, dev, type);
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
		mixer_lock_free(m);
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
	mixer_lock_free(m);
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

struct snd_mixer *
tk_sound_mixer(const struct snddev_info *d)
{
#if TK_FREEBSD == 15
	return (d->mixer_dev == NULL ? NULL : d->mixer_dev->si_drv1);
#else
	return (d->mixer);
#endif
}

static struct snd_mixer *
mixer_of(device_t dev)
{
	return (tk_sound_mixer(device_get_softc(dev)));
}

#if TK_FREEBSD >= 16
/* pcm_register() calls this. */
int
mixer_make_dev(device_t dev)
{
	struct snddev_info *d = device_get_softc(dev);

	d->mixer->cdev = tk_cdev_make("mixer", device_get_unit(dev),
	    d->mixer);
	return (0);
}
#endif

/* Set all controls to the defaults or hints. */
static void
mixer_init_levels(struct snd_mixer *m)
{
	u_int i, level;
	int val;

	for (i = 0; i < SOUND_MIXER_NRDEVICES; i++) {
		level = mixer_defaults[i];
		if (tk_sound_hint(m->dev, mixer_names[i], &val) &&
		    val >= 0 && val <= 100)
			level = (u_int)val;
		mixer_set(m, i, 0, level | level << 8);
	}
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

	m = mixer_obj_create(dev, cls, devinfo, MIXER_TYPE_PRIMARY, NULL);
	if (m == NULL)
		return (-1);
#if TK_FREEBSD == 15
	mixer_init_levels(m);
	mixer_setrecsrc(m, 0);
	d->mixer_dev = tk_cdev_make("mixer", device_get_unit(dev), m);
#else
	/* 47cf9dc78613 */
	mtx_lock(m->lock);
	mixer_init_levels(m);
	mtx_unlock(m->lock);
	mixer_setrecsrc(m, 0);
	d->mixer = m;
#endif
	return (0);
}

/* Take the mixer away from programs. */
static void
mixer_hide(struct snddev_info *d)
{
#if TK_FREEBSD == 15
	destroy_dev(d->mixer_dev);
	d->mixer_dev = NULL;
#else
	if (MIXER_REGISTERED(d->mixer))
		destroy_dev(d->mixer->cdev);
	d->mixer = NULL;
#endif
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
	mixer_hide(d);
	mtx_lock(m->lock);
	for (i = 0; i < SOUND_MIXER_NRDEVICES; i++)
		mixer_set(m, i, 0, 0);
	/* Not in FreeBSD 16 (03b59d2e7df2). */
	if (TK_FREEBSD == 15)
		mixer_setrecsrc(m, SOUND_MASK_MIC);
	mtx_unlock(m->lock);
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

	mtx_lock(m->lock);
	tk_drv_begin(&call, m->lock);
	error = MIXER_REINIT(m);
	tk_drv_end(&call, "MIXER_REINIT", m->name);
	for (i = 0; error == 0 && i < SOUND_MIXER_NRDEVICES; i++)
		mixer_set(m, i, 0, m->mutedevs & (1U << i) ? 0 : m->level[i]);
	if (error == 0)
		mixer_setrecsrc(m, m->recsrc);
	mtx_unlock(m->lock);
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

static void
mixer_flip_mute(struct snd_mixer *m)
{
	mix_setmutedevs(m, m->mutedevs ^ (1U << m->hwvol_mixer));
}

void
mixer_hwvol_mute(device_t dev)
{
	struct snd_mixer *m = mixer_of(dev);

	mtx_lock(m->lock);
	mixer_flip_mute(m);
	mtx_unlock(m->lock);
}

static void
mixer_step(struct snd_mixer *m, int l_step, int r_step)
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

	mtx_lock(m->lock);
	mixer_step(m, left_step, right_step);
	mtx_unlock(m->lock);
}

int
mix_set(struct snd_mixer *m, u_int dev, u_int left, u_int right)
{
	int ret;

	mtx_lock(m->lock);
	ret = mixer_set(m, dev, m->mutedevs, left | right << 8);
	mtx_unlock(m->lock);
	return (ret != 0 ? ENXIO : 0);
}

int
tk_mixer_level(struct snd_mixer *m, u_int dev)
{
	return (TK_FREEBSD == 15 ? mix_get(m, dev) : mixer_get(m, dev));
}

int
mix_get(struct snd_mixer *m, u_int dev)
{
	int ret;

	mtx_lock(m->lock);
	ret = mixer_get(m, dev);
	mtx_unlock(m->lock);
	return (ret);
}

int
mix_setrecsrc(struct snd_mixer *m, u_int32_t src)
{
	mtx_lock(m->lock);
	mixer_setrecsrc(m, src);
	mtx_unlock(m->lock);
	return (0);
}

u_int32_t
mix_getrecsrc(struct snd_mixer *m)
{
	u_int32_t ret;

	mtx_lock(m->lock);
	ret = m->recsrc;
	mtx_unlock(m->lock);
	return (ret);
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
	/* sound(4) has an equaliser for them (a0011c74f8f0). */
	if (TK_FREEBSD >= 16)
		v |= SOUND_MASK_TREBLE | SOUND_MASK_BASS;
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

#if TK_FREEBSD == 15
u_int32_t
mix_getchild(struct snd_mixer *m, u_int32_t dev)
{
	return (dev < SOUND_MIXER_NRDEVICES ? m->child[dev] : 0);
}
#endif

void *
mix_getdevinfo(struct snd_mixer *m)
{
	return (m->devinfo);
}

#if TK_FREEBSD == 15
struct mtx *
mixer_get_lock(struct snd_mixer *m)
{
	return (m->lock);
}
#endif

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
	mtx_lock(m->lock);
	if (mixer_get(m, dev) >= 0) {
		mix_setmutedevs(m, muted ? m->mutedevs | 1U << dev :
		    m->mutedevs & ~(1U << dev));
		error = 0;
	}
	mtx_unlock(m->lock);
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
	mtx_lock(m->lock);
	level = mixer_get(m, dev);
	*muted = level >= 0 && (m->mutedevs & (1U << dev)) != 0;
	mtx_unlock(m->lock);
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
	mtx_lock(m->lock);
	info->controls = m->devs;
	info->sources = m->recdevs;
	info->recsrc = m->recsrc;
	mtx_unlock(m->lock);
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
