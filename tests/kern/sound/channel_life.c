/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A channel from chn_init() to chn_kill(), and its format and rate.
 */

#include "tk_sound.h"

/* A channel's settings until a program changes them. */
#define	CHN_DEFAULT_FORMAT	SND_FORMAT(AFMT_S16_LE, 2, 0)
#define	CHN_DEFAULT_SPEED	48000

/* What differs by a channel's type. */
static const struct {
	const char	*name;
	const char	*lock;
	const char	*wmesg;
} chn_types[] = {
	[PCMDIR_PLAY] = { "play", "pcm play channel", "pcmwr" },
	[PCMDIR_PLAY_VIRTUAL] = {
		"virtual_play", "pcm virtual play channel", "pcmwrv"
	},
	[PCMDIR_REC] = { "record", "pcm record channel", "pcmrd" },
	[PCMDIR_REC_VIRTUAL] = {
		"virtual_record", "pcm virtual record channel", "pcmrdv"
	},
};

void
tk_chn_mtx_init(struct pcm_channel *c, const char *type)
{
#if TK_FREEBSD == 15
	c->lock = snd_mtxcreate(c->name, type);
#else
	mtx_init(&c->lock, c->name, type, MTX_DEF);
#endif
}

void
tk_chn_mtx_destroy(struct pcm_channel *c)
{
#if TK_FREEBSD == 15
	snd_mtxfree(c->lock);
#else
	mtx_destroy(&c->lock);
#endif
}

static void
chn_lockinit(struct pcm_channel *c)
{
	tk_chn_mtx_init(c, chn_types[c->type].lock);
	cv_init(&c->intr_cv, chn_types[c->type].wmesg);
	cv_init(&c->cv, "pcmchn");
}

static void
chn_lockdestroy(struct pcm_channel *c)
{
	CHN_LOCK(c);
	c->flags |= CHN_F_DEAD;
	CHN_BROADCAST(&c->cv);
	CHN_BROADCAST(&c->intr_cv);
	CHN_UNLOCK(c);
	cv_destroy(&c->cv);
	cv_destroy(&c->intr_cv);
	tk_chn_mtx_destroy(c);
}

/* The lowest unit number that no channel of this type uses. */
static int
chn_newunit(struct snddev_info *d, int type)
{
	struct pcm_channel *c;
	int unit = 0;

	/* The list is sorted. */
	CHN_FOREACH(c, d, channels.pcm) {
		if (c->type == type && c->unit == unit)
			unit++;
	}
	return (unit);
}

char *
chn_mkname(char *buf, size_t len, struct pcm_channel *c)
{
	snprintf(buf, len, "dsp%d.%s.%d", device_get_unit(c->dev),
	    chn_types[c->type].name, c->unit);
	return (buf);
}

static void
chn_defaults(struct pcm_channel *c)
{
	c->format = CHN_DEFAULT_FORMAT;
	c->speed = CHN_DEFAULT_SPEED;
	c->pid = -1;
	c->latency = -1;
	c->timeout = 1;
	c->trigger = PCMTRIG_STOP;
	strlcpy(c->comm, CHN_COMM_UNUSED, sizeof(c->comm));
	c->matrix = *feeder_matrix_id_map(SND_CHN_MATRIX_1_0);
	c->matrix.id = SND_CHN_MATRIX_PCMCHANNEL;
	c->volume[SND_VOL_C_MASTER][SND_CHN_T_VOL_0DB] = SND_VOL_0DB_MASTER;
	c->volume[SND_VOL_C_PCM][SND_CHN_T_VOL_0DB] = SND_VOL_0DB_PCM;
	CHN_LOCK(c);
	chn_vpc_reset(c, SND_VOL_C_MASTER, 1);
	chn_vpc_reset(c, SND_VOL_C_PCM, 1);
	CHN_UNLOCK(c);
}

struct snd_dbuf *
tk_chn_buffer(struct pcm_channel *c, const char *desc)
{
#if TK_FREEBSD == 15
	return (sndbuf_create(c, desc));
#else
	return (sndbuf_create(c, c->format, c->speed, desc));
#endif
}

/* Make the buffers and call the driver.  Errors are printed on the console. */
static int
chn_init_hardware(struct pcm_channel *c, void *devinfo)
{
	struct snd_dbuf *b, *bs;
	int error;

	c->bufhard = b = tk_chn_buffer(c, "primary");
	c->bufsoft = bs = tk_chn_buffer(c, "secondary");
	c->devinfo = tk_drv_init(c, devinfo);
	if (c->devinfo == NULL) {
		device_printf(c->dev, "%s: CHANNEL_INIT() failed\n", c->name);
		return (ENODEV);
	}
	if (b->bufsize == 0 && (c->flags & CHN_F_VIRTUAL) == 0) {
		device_printf(c->dev, "%s: the hard buffer's size is 0\n",
		    c->name);
		return (ENODEV);
	}
	sndbuf_setfmt(b, c->format);
	sndbuf_setspd(b, c->speed);
	sndbuf_setfmt(bs, c->format);
	sndbuf_setspd(bs, c->speed);
	sndbuf_setup(bs, NULL, 0);

	/*
	 * A virtual channel is reset when it is opened, once it has its parent.
	 */
	if (c->flags & CHN_F_VIRTUAL)
		return (0);
	CHN_LOCK(c);
	error = chn_reset(c, c->format, c->speed);
	CHN_UNLOCK(c);
	return (error);
}

/* The device's count of channels of that type. */
static unsigned *
chn_count(struct snddev_info *d, int type)
{
	switch (type) {
	case PCMDIR_PLAY:
		return (&d->playcount);
	case PCMDIR_PLAY_VIRTUAL:
		return (&d->pvchancount);
	case PCMDIR_REC:
		return (&d->reccount);
	default:
		return (&d->rvchancount);
	}
}

/*
 * Enter the channel in the device.  A hardware channel's settings become the
 * defaults of virtual ones.
 */
static void
chn_enlist(struct snddev_info *d, struct pcm_channel *c)
{
	CHN_INSERT_SORT_ASCEND(d, c, channels.pcm);
	if (c->flags & CHN_F_VIRTUAL)
		return;
	CHN_INSERT_SORT_ASCEND(d, c, channels.pcm.primary);
	if (c->direction == PCMDIR_PLAY) {
		d->pvchanrate = c->bufsoft->spd;
		d->pvchanformat = c->bufsoft->fmt;
	} else {
		d->rvchanrate = c->bufsoft->spd;
		d->rvchanformat = c->bufsoft->fmt;
	}
}

/*
 * Make a channel of type dir, below a parent if it is virtual.  The device is
 * locked and busy; its lock is released meanwhile.  NULL: the driver refused.
 */
struct pcm_channel *
chn_init(struct snddev_info *d, struct pcm_channel *parent, kobj_class_t cls,
    int dir, void *devinfo)
{
	struct pcm_channel *c;

	PCM_BUSYASSERT(d);
	PCM_LOCKASSERT(d);
	if (dir < PCMDIR_PLAY || dir > PCMDIR_REC_VIRTUAL) {
		device_printf(d->dev, "invalid channel direction: %d\n", dir);
		return (NULL);
	}
	++*chn_count(d, dir);
	PCM_UNLOCK(d);

	c = malloc(sizeof(*c), M_DEVBUF, M_WAITOK | M_ZERO);
	c->methods = kobj_create(cls, M_DEVBUF, M_WAITOK | M_ZERO);
	CHN_INIT(c, children);
	CHN_INIT(c, children.busy);
	c->direction = dir <= PCMDIR_PLAY_VIRTUAL ? PCMDIR_PLAY : PCMDIR_REC;
	c->type = dir;
	c->parentsnddev = d;
	c->parentchannel = parent;
	c->dev = d->dev;
	c->unit = chn_newunit(d, dir);
	chn_mkname(c->name, sizeof(c->name), c);
	chn_lockinit(c);
	chn_defaults(c);
	tk_sound_chn_add(c);
	if (chn_init_hardware(c, devinfo) != 0) {
		chn_kill(c);
		PCM_LOCK(d);
		return (NULL);
	}

	PCM_LOCK(d);
	chn_enlist(d, c);
	return (c);
}

/*
 * Free a channel that is not in use.  The device is busy, nothing is locked.
 * From here on an interrupt finds no channel.  A driver that waits for its
 * interrupts only in CHANNEL_FREE is therefore too late.
 */
void
chn_kill(struct pcm_channel *c)
{
	struct snddev_info *d = c->parentsnddev;

	PCM_BUSYASSERT(d);
	PCM_LOCK(d);
	CHN_REMOVE(d, c, channels.pcm);
	CHN_REMOVE(d, c, channels.pcm.primary);
	CHN_REMOVE(d, c, channels.pcm.opened);
	--*chn_count(d, c->type);
	PCM_UNLOCK(d);

	if (CHN_STARTED(c)) {
		CHN_LOCK(c);
		chn_trigger(c, PCMTRIG_ABORT);
		CHN_UNLOCK(c);
	}
	tk_sound_chn_del(c);
	feeder_remove(c);
	if (c->devinfo != NULL)
		tk_drv_free(c);
	sndbuf_destroy(c->bufsoft);
	sndbuf_destroy(c->bufhard);
	chn_lockdestroy(c);
	kobj_delete(c->methods, M_DEVBUF);
	free(c, M_DEVBUF);
}

/* Wake sleepers, which then find the channel dead.  Channel locked. */
void
chn_shutdown(struct pcm_channel *c)
{
	CHN_LOCKASSERT(c);
	CHN_BROADCAST(&c->intr_cv);
	c->flags |= CHN_F_DEAD;
}

/* The program has closed the channel.  Channel locked, on return unlocked. */
int
chn_release(struct pcm_channel *c)
{
	PCM_BUSYASSERT(c->parentsnddev);
	CHN_LOCKASSERT(c);
	c->flags &= ~CHN_F_BUSY;
	c->pid = -1;
	strlcpy(c->comm, CHN_COMM_UNUSED, sizeof(c->comm));
	CHN_UNLOCK(c);
	return (0);
}

/*
 * Restore the state after opening.  fmt or spd 0: unchanged.  Channel locked;
 * the lock is released meanwhile.  Returns the driver's error, or
 * chn_setparam()'s.
 */
int
chn_reset(struct pcm_channel *c, uint32_t fmt, uint32_t spd)
{
	int error;

	CHN_LOCKASSERT(c);
	c->feedcount = 0;
	c->flags &= CHN_F_RESET;
	c->interrupts = 0;
	c->timeout = 1;
	c->xruns = 0;
	c->flags |= (pcm_getflags(c->dev) & SD_F_BITPERFECT) != 0 ?
	    CHN_F_BITPERFECT : 0;

	error = tk_drv_reset(c);
	if (error == 0 && fmt != 0 && spd != 0)
		error = chn_setparam(c, fmt, spd);
	else if (error == 0 && fmt != 0)
		error = chn_setformat(c, fmt);
	else if (error == 0 && spd != 0)
		error = chn_setspeed(c, spd);
	if (error == 0)
		error = chn_setlatency(c, chn_latency);
	if (error == 0) {
		chn_resetbuf(c);
		error = tk_drv_resetdone(c);
	}
	return (error);
}

/*
 * Set format and rate, to the nearest that the hardware has: rate first, then
 * format, then the sizes of the buffers.  Channel locked, dropped meanwhile.
 * EINVAL: started; ENODEV: no such format; the driver's error.
 */
int
chn_setparam(struct pcm_channel *c, uint32_t format, uint32_t speed)
{
	struct pcmchan_caps *caps;
	uint32_t hwspeed;
	int error;

	CHN_LOCKASSERT(c);
	if (speed < 1 || format == 0 || CHN_STARTED(c))
		return (EINVAL);
	c->format = format;
	c->speed = speed;

	caps = chn_getcaps(c);
	hwspeed = speed;
	RANGE(hwspeed, caps->minspeed, caps->maxspeed);
	sndbuf_setspd(c->bufhard, tk_drv_setspeed(c, hwspeed));

	error = feeder_chain(c);
	if (error == 0)
		error = tk_drv_setformat(c, c->bufhard->fmt);
	if (error == 0)
		error = chn_resizebuf(c, -2, 0, 0);
	return (error);
}

int
chn_setspeed(struct pcm_channel *c, uint32_t speed)
{
	uint32_t oldformat = c->format, oldspeed = c->speed;
	int error;

	if (speed == oldspeed)
		return (0);
	error = chn_setparam(c, oldformat, speed);
	if (error != 0)
		chn_setparam(c, oldformat, oldspeed);
	return (error);
}

int
chn_setformat(struct pcm_channel *c, uint32_t format)
{
	uint32_t oldformat = c->format, oldspeed = c->speed;
	int error;

	if ((format & AFMT_PASSTHROUGH) && AFMT_CHANNEL(format) < 2)
		format = SND_FORMAT(format, AFMT_PASSTHROUGH_CHANNEL,
		    AFMT_PASSTHROUGH_EXTCHANNEL);
	if (format == oldformat)
		return (0);
	error = chn_setparam(c, format, oldspeed);
	if (error != 0)
		chn_setparam(c, oldformat, oldspeed);
	return (error);
}
