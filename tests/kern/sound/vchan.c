/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Virtual channels.  A program uses one like a hardware channel; its parent
 * uses it as a buffer to mix from (feeder_mixer.c).  It has no hard buffer, and
 * its "driver" is the class below.  The parent runs while any of its children
 * does.
 *
 * The latency profile determines a parent's sizes, whatever its children's
 * programs ask for.  They are set anew each time that a child sizes its own
 * buffer while the parent is stopped (chn_resizebuf() and chn_notify() of
 * FreeBSD's pcm/channel.c).  Another child may start the parent meanwhile.
 * Then the driver is asked for a block size while the channel runs, and
 * sound(4) empties both of the parent's buffers.  The contents of the hard
 * buffer are lost, and no driver can prevent it.
 */

#include "tk_sound.h"

#include <dev/sound/pcm/vchan.h>

struct vchan_info {
	struct pcm_channel *channel;
	struct pcmchan_caps caps;
	uint32_t	 fmtlist[2];
	int		 trigger;
};

static void *
vchan_init(kobj_t obj __unused, void *devinfo __unused,
    struct snd_dbuf *b __unused, struct pcm_channel *c, int dir __unused)
{
	struct vchan_info *info;
	struct pcm_channel *p = c->parentchannel;

	info = malloc(sizeof(*info), M_DEVBUF, M_WAITOK | M_ZERO);
	info->channel = c;
	info->trigger = PCMTRIG_STOP;
	info->caps.fmtlist = info->fmtlist;
	CHN_LOCK(p);
	info->fmtlist[0] = (p->format & AFMT_VCHAN) != 0 ? p->format :
	    VCHAN_DEFAULT_FORMAT;
	CHN_UNLOCK(p);
	c->flags |= CHN_F_VIRTUAL;
	return (info);
}

static int
vchan_free(kobj_t obj __unused, void *data)
{
	free(data, M_DEVBUF);
	return (0);
}

static int
vchan_setformat(kobj_t obj __unused, void *data, uint32_t format)
{
	struct vchan_info *info = data;

	CHN_LOCKASSERT(info->channel);
	return (snd_fmtvalid(format, info->caps.fmtlist) ? 0 : -1);
}

static uint32_t
vchan_setspeed(kobj_t obj __unused, void *data, uint32_t speed __unused)
{
	struct vchan_info *info = data;

	CHN_LOCKASSERT(info->channel);
	return (info->caps.maxspeed);
}

/* Is c one of its parent's busy children?  The parent is locked. */
static void
vchan_set_busy(struct pcm_channel *c, int was, int go)
{
	struct pcm_channel *p = c->parentchannel;

	if (go == PCMTRIG_START && was != PCMTRIG_START)
		CHN_INSERT_HEAD(p, c, children.busy);
	else if (go != PCMTRIG_START && was == PCMTRIG_START)
		CHN_REMOVE(p, c, children.busy);
}

/* Called with c locked.  Unlocks c to lock its parent first. */
static int
vchan_trigger(kobj_t obj __unused, void *data, int go)
{
	struct vchan_info *info = data;
	struct pcm_channel *c = info->channel, *p = c->parentchannel;
	int error, was;

	CHN_LOCKASSERT(c);
	if (!PCMTRIG_COMMON(go) || go == info->trigger)
		return (0);
	CHN_UNLOCK(c);
	CHN_LOCK(p);
	was = info->trigger;
	info->trigger = go;
	vchan_set_busy(c, was, go);
	error = chn_notify(p, CHN_N_TRIGGER);
	CHN_LOCK(c);
	if (error == 0 && go == PCMTRIG_START && VCHAN_SYNC_REQUIRED(c))
		error = vchan_sync(c);
	CHN_UNLOCK(c);
	CHN_UNLOCK(p);
	CHN_LOCK(c);
	return (error);
}

/* Copy the parent's present settings. */
static struct pcmchan_caps *
vchan_getcaps(kobj_t obj __unused, void *data)
{
	struct vchan_info *info = data;
	struct pcm_channel *p = info->channel->parentchannel;

	CHN_LOCKASSERT(info->channel);
	if ((p->format & AFMT_VCHAN) != 0)
		info->caps.fmtlist[0] = p->format;
	info->caps.minspeed = p->speed;
	info->caps.maxspeed = p->speed;
	return (&info->caps);
}

static struct pcmchan_matrix *
vchan_getmatrix(kobj_t obj __unused, void *data __unused, uint32_t format)
{
	return (feeder_matrix_format_map(format));
}

static kobj_method_t vchan_methods[] = {
	KOBJMETHOD(channel_init,	vchan_init),
	KOBJMETHOD(channel_free,	vchan_free),
	KOBJMETHOD(channel_setformat,	vchan_setformat),
	KOBJMETHOD(channel_setspeed,	vchan_setspeed),
	KOBJMETHOD(channel_trigger,	vchan_trigger),
	KOBJMETHOD(channel_getcaps,	vchan_getcaps),
	KOBJMETHOD(channel_getmatrix,	vchan_getmatrix),
	KOBJMETHOD_END
};
CHANNEL_DECLARE(vchan);

/* The parent gets its first child: from now on it mixes.  Parent locked. */
static int
vchan_begin(struct pcm_channel *parent, uint32_t fmt, uint32_t spd)
{
	parent->flags |= CHN_F_HAS_VCHAN | CHN_F_BUSY;
	return (chn_reset(parent, fmt, spd));
}

int
vchan_create(struct pcm_channel *parent, struct pcm_channel **child)
{
	struct snddev_info *d = parent->parentsnddev;
	bool play = parent->direction == PCMDIR_PLAY;
	struct pcm_channel *c;
	uint32_t fmt, spd;
	int error;

	PCM_BUSYASSERT(d);
	CHN_LOCKASSERT(parent);
	CHN_UNLOCK(parent);
	PCM_LOCK(d);
	fmt = play ? d->pvchanformat : d->rvchanformat;
	spd = play ? d->pvchanrate : d->rvchanrate;
	c = chn_init(d, parent, &vchan_class,
	    play ? PCMDIR_PLAY_VIRTUAL : PCMDIR_REC_VIRTUAL, parent);
	PCM_UNLOCK(d);
	CHN_LOCK(parent);
	if (c == NULL)
		return (ENODEV);
	CHN_INSERT_SORT_ASCEND(parent, c, children);
	*child = c;
	error = (parent->flags & CHN_F_HAS_VCHAN) != 0 ? 0 :
	    vchan_begin(parent, fmt, spd);
	if (error != 0) {
		CHN_LOCK(c);
		vchan_destroy(c);
		*child = NULL;
	}
	return (error);
}

int
vchan_destroy(struct pcm_channel *c)
{
	struct pcm_channel *parent = c->parentchannel;

	CHN_LOCKASSERT(c);
	CHN_LOCKASSERT(parent);
	PCM_BUSYASSERT(c->parentsnddev);
	CHN_UNLOCK(c);
	CHN_REMOVE(parent, c, children);
	if (CHN_EMPTY(parent, children)) {
		parent->flags &= ~(CHN_F_BUSY | CHN_F_HAS_VCHAN);
		chn_reset(parent, parent->format, parent->speed);
	}
	CHN_UNLOCK(parent);
	chn_kill(c);
	CHN_LOCK(parent);
	return (0);
}

int
vchan_sync(struct pcm_channel *c)
{
	int error;

	CHN_LOCKASSERT(c);
	CHN_LOCKASSERT(c->parentchannel);
	sndbuf_setspd(c->bufhard, c->parentchannel->speed);
	c->flags |= CHN_F_PASSTHROUGH;
	error = feeder_chain(c);
	c->flags &= ~(CHN_F_DIRTY | CHN_F_PASSTHROUGH);
	if (error != 0)
		c->flags |= CHN_F_DIRTY;
	return (error);
}

/*
 * Programs that open the device from now on get a channel of the other kind,
 * virtual or hardware.
 */
static int
vchan_sysctl(struct snddev_info *d, unsigned channels, unsigned flag,
    struct sysctl_oid *oidp, struct sysctl_req *req)
{
	int enabled, error;

	if (!PCM_REGISTERED(d))
		return (EINVAL);
	if (channels < 1)
		return (ENODEV);
	PCM_ACQUIRE_QUICK(d);
	enabled = (d->flags & flag) != 0;
	error = sysctl_handle_int(oidp, &enabled, 0, req);
	if (error == 0 && req->newptr != NULL)
		d->flags = enabled > 0 ? d->flags | flag : d->flags & ~flag;
	PCM_RELEASE_QUICK(d);
	return (error);
}

static int
sysctl_dev_pcm_play_vchans(SYSCTL_HANDLER_ARGS)
{
	struct snddev_info *d = oidp->oid_arg1;

	return (vchan_sysctl(d, d->playcount, SD_F_PVCHANS, oidp, req));
}

static int
sysctl_dev_pcm_rec_vchans(SYSCTL_HANDLER_ARGS)
{
	struct snddev_info *d = oidp->oid_arg1;

	return (vchan_sysctl(d, d->reccount, SD_F_RVCHANS, oidp, req));
}

void
vchan_initsys(device_t dev)
{
	struct snddev_info *d = device_get_softc(dev);

	SYSCTL_ADD_PROC(&d->play_sysctl_ctx,
	    tk_sound_sysctl_children(d->play_sysctl_tree), OID_AUTO, "vchans",
	    CTLTYPE_INT | CTLFLAG_RWTUN | CTLFLAG_MPSAFE, d, 0,
	    sysctl_dev_pcm_play_vchans, "I", "virtual channels enabled");
	SYSCTL_ADD_PROC(&d->rec_sysctl_ctx,
	    tk_sound_sysctl_children(d->rec_sysctl_tree), OID_AUTO, "vchans",
	    CTLTYPE_INT | CTLFLAG_RWTUN | CTLFLAG_MPSAFE, d, 0,
	    sysctl_dev_pcm_rec_vchans, "I", "virtual channels enabled");
}
