/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * PCM devices: what a driver's attach and detach call.
 */

#include "tk_sound.h"

#include <dev/sound/pcm/vchan.h>

/* Milliseconds between two checks of channels that are still in use. */
#define	KILL_POLL	5

devclass_t pcm_devclass;
int snd_unit = -1;	/* programs read it while cards come and go */
int snd_verbose = 1;

SYSCTL_NODE(_hw, OID_AUTO, snd, CTLFLAG_RD | CTLFLAG_MPSAFE, 0,
    "Sound driver");
SYSCTL_INT(_hw_snd, OID_AUTO, default_unit, CTLFLAG_RD, &snd_unit, 0,
    "default sound device");

#if TK_FREEBSD == 15
void *
snd_mtxcreate(const char *desc, const char *type)
{
	struct mtx *m;

	m = malloc(sizeof(*m), M_DEVBUF, M_WAITOK | M_ZERO);
	mtx_init(m, desc, type, MTX_DEF);
	return (m);
}

void
snd_mtxfree(void *m)
{
	mtx_destroy((struct mtx *)m);
	free(m, M_DEVBUF);
}

void
snd_mtxassert(void *m)
{
	mtx_assert((struct mtx *)m, MA_OWNED);
}
#endif

int
snd_setup_intr(device_t dev, struct resource *res, int flags,
    driver_intr_t hand, void *param, void **cookiep)
{
	struct snddev_info *d = device_get_softc(dev);

	flags &= INTR_MPSAFE;
	if (d != NULL && (flags & INTR_MPSAFE))
		d->flags |= SD_F_MPSAFE;
	return (bus_setup_intr(dev, res, flags | INTR_TYPE_AV, NULL, hand,
	    param, cookiep));
}

u_int32_t
pcm_getflags(device_t dev)
{
	struct snddev_info *d = device_get_softc(dev);

	return (d->flags);
}

void
pcm_setflags(device_t dev, u_int32_t val)
{
	struct snddev_info *d = device_get_softc(dev);

	d->flags = val;
}

void *
pcm_getdevinfo(device_t dev)
{
	struct snddev_info *d = device_get_softc(dev);

	return (d->devinfo);
}

bool
tk_sound_hint(device_t dev, const char *name, int *value)
{
	char hint[64];

	snprintf(hint, sizeof(hint), "hint.%s.%d.%s", device_get_name(dev),
	    device_get_unit(dev), name);
	return (getenv_int(hint, value) != 0);
}

unsigned int
pcm_getbuffersize(device_t dev, unsigned int minbufsz, unsigned int deflt,
    unsigned int maxbufsz)
{
	unsigned int bufsz = deflt, sz;
	int hint;

	if (tk_sound_hint(dev, "buffersize", &hint)) {
		sz = (unsigned int)hint;
		RANGE(sz, minbufsz, maxbufsz);
		for (bufsz = minbufsz; bufsz << 1 <= sz; bufsz <<= 1)
			continue;
		if (bufsz != (unsigned int)hint)
			device_printf(dev, "'buffersize=%d' hint is not "
			    "usable (%u-%u), using %u\n", hint, minbufsz,
			    maxbufsz, bufsz);
	}
#if TK_FREEBSD == 15
	((struct snddev_info *)device_get_softc(dev))->bufsz = bufsz;
#endif
	return (bufsz);
}

void
pcm_init(device_t dev, void *devinfo)
{
	struct snddev_info *d = device_get_softc(dev);
#if TK_FREEBSD == 15
	int vpc;
#endif

	d->dev = dev;
	tk_sound_dev_add(d);
#if TK_FREEBSD == 15
	d->lock = snd_mtxcreate(device_get_nameunit(dev), "sound cdev");
	if (!tk_sound_hint(dev, "vpc", &vpc) || vpc != 0)
		d->flags |= SD_F_VPC;
#else
	mtx_init(&d->lock, device_get_nameunit(dev), "sound cdev", MTX_DEF);
#endif
	cv_init(&d->cv, device_get_nameunit(dev));
	d->flags |= SD_F_BITPERFECT;
	d->devinfo = devinfo;
	d->reccount = 0;
	d->playcount = 0;
	d->pvchancount = 0;
	d->rvchancount = 0;
	CHN_INIT(d, channels.pcm);
	CHN_INIT(d, channels.pcm.busy);
	CHN_INIT(d, channels.pcm.opened);
	CHN_INIT(d, channels.pcm.primary);
}

int
pcm_addchan(device_t dev, int dir, kobj_class_t cls, void *devinfo)
{
	struct snddev_info *d = tk_sound_dev_check(dev, "pcm_addchan()");
	struct pcm_channel *c;

	if (tk_fault("pcm_addchan"))
		return (ENODEV);
	PCM_LOCK(d);
	PCM_WAIT(d);
	PCM_ACQUIRE(d);
	c = chn_init(d, NULL, cls, dir, devinfo);
	PCM_RELEASE(d);
	PCM_UNLOCK(d);
	if (c == NULL) {
		device_printf(dev, "channel of class %s, direction %d, "
		    "failed\n", cls->name, dir);
		return (ENODEV);
	}
	return (0);
}

static int
sysctl_dev_pcm_mode(SYSCTL_HANDLER_ARGS)
{
	struct snddev_info *d = oidp->oid_arg1;
	int mode = 0;

	if (!PCM_REGISTERED(d))
		return (ENODEV);
	PCM_LOCK(d);
	if (d->playcount > 0)
		mode |= PCM_MODE_PLAY;
	if (d->reccount > 0)
		mode |= PCM_MODE_REC;
	if (tk_sound_mixer(d) != NULL)
		mode |= PCM_MODE_MIXER;
	PCM_UNLOCK(d);
	return (sysctl_handle_int(oidp, &mode, 0, req));
}

/* A channel takes the new mode when it is opened, which resets it. */
static int
sysctl_dev_pcm_bitperfect(SYSCTL_HANDLER_ARGS)
{
	struct snddev_info *d = oidp->oid_arg1;
	int error, val;

	if (!PCM_REGISTERED(d))
		return (ENODEV);
	PCM_ACQUIRE_QUICK(d);
	val = (d->flags & SD_F_BITPERFECT) != 0;
	error = tk_sound_sysctl_range(oidp, req, &val, 0, 1);
	d->flags &= ~SD_F_BITPERFECT;
	d->flags |= val != 0 ? SD_F_BITPERFECT : 0;
	PCM_RELEASE_QUICK(d);
	return (error);
}

struct sysctl_oid_list *
tk_sound_sysctl_children(struct sysctl_oid *node)
{
	return (node == NULL ? NULL : SYSCTL_CHILDREN(node));
}

/* dev.pcm.N.* */
static void
pcm_sysctls(device_t dev, struct snddev_info *d)
{
	struct sysctl_oid_list *children;
	struct sysctl_ctx_list *ctx;

	ctx = device_get_sysctl_ctx(dev);
	children = tk_sound_sysctl_children(device_get_sysctl_tree(dev));
#if TK_FREEBSD == 15
	SYSCTL_ADD_UINT(ctx, children, OID_AUTO, "buffersize", CTLFLAG_RD,
	    &d->bufsz, 0, "allocated buffer size");
#endif
	SYSCTL_ADD_PROC(ctx, children, OID_AUTO, "bitperfect",
	    CTLTYPE_INT | CTLFLAG_RWTUN | CTLFLAG_MPSAFE, d, 0,
	    sysctl_dev_pcm_bitperfect, "I",
	    "bit-perfect playback/recording (0=disable, 1=enable)");
	SYSCTL_ADD_PROC(ctx, children, OID_AUTO, "mode",
	    CTLTYPE_INT | CTLFLAG_RD | CTLFLAG_MPSAFE, d, 0,
	    sysctl_dev_pcm_mode, "I", "mode (1=mixer, 2=play, 4=rec)");

	sysctl_ctx_init(&d->play_sysctl_ctx);
	d->play_sysctl_tree = SYSCTL_ADD_NODE(&d->play_sysctl_ctx, children,
	    OID_AUTO, "play", CTLFLAG_RD | CTLFLAG_MPSAFE, 0,
	    "playback channels node");
	sysctl_ctx_init(&d->rec_sysctl_ctx);
	d->rec_sysctl_tree = SYSCTL_ADD_NODE(&d->rec_sysctl_ctx, children,
	    OID_AUTO, "rec", CTLFLAG_RD | CTLFLAG_MPSAFE, 0,
	    "recording channels node");
	vchan_initsys(dev);
}

#if TK_FREEBSD == 15
/* Show the card to programs; mixer_init() has shown the mixer. */
static int
pcm_show(device_t dev, struct snddev_info *d)
{
	sndstat_register(dev, d->status);
	return (dsp_make_dev(dev));
}
#else
/* Say to devd(8) that the default card is another one now. */
static void
pcm_hotswap(void)
{
	struct snddev_info *d;
	char buf[32];

	bus_topo_assert();
	if (snd_unit < 0) {
		devctl_notify("SND", "CONN", "NODEV", NULL);
		return;
	}
	d = devclass_get_softc(pcm_devclass, snd_unit);
	if (!PCM_REGISTERED(d))
		return;
	snprintf(buf, sizeof(buf), "cdev=dsp%d", snd_unit);
	if (d->reccount > 0)
		devctl_notify("SND", "CONN", "IN", buf);
	if (d->playcount > 0)
		devctl_notify("SND", "CONN", "OUT", buf);
}

/* Show the card and its mixer to programs. */
static int
pcm_show(device_t dev, struct snddev_info *d)
{
	int error;

	sndstat_register(dev, SNDST_TYPE_PCM, d->status);
	error = dsp_make_dev(dev);
	if (error == 0 && d->mixer != NULL)
		error = mixer_make_dev(dev);
	return (error);
}
#endif

int
pcm_register(device_t dev, char *str)
{
	struct snddev_info *d = tk_sound_dev_check(dev, "pcm_register()");
	int error;

	if (d->flags & SD_F_REGISTERED)
		return (EINVAL);
	if ((d->flags & SD_F_MPSAFE) == 0)
		tk_stop("sound", "pcm_register() of %s without SD_F_MPSAFE: "
		    "there is no Giant", device_get_nameunit(dev));
	/*
	 * Fail before anything is done, because FreeBSD cannot undo the rest.
	 * With an empty string do not fail: kpi_pcm_unregister() registers a
	 * card that never became visible in order to take it away, and FreeBSD
	 * waits for the memory.
	 */
	if (str[0] != '\0' && tk_fault("pcm_register"))
		return (ENXIO);
	if (d->playcount == 0 || d->reccount == 0)
		d->flags |= SD_F_SIMPLEX;
	strlcpy(d->status, str, sizeof(d->status));
	d->flags |= SD_F_REGISTERED;
	tk_sound_dev_registered(d);
	pcm_sysctls(dev, d);
	error = pcm_show(dev, d);
	if (error != 0)
		return (error);
#if TK_FREEBSD >= 16
	bus_topo_lock();
#endif
	if (snd_unit < 0)
		atomic_store_int(&snd_unit, device_get_unit(dev));
#if TK_FREEBSD >= 16
	if (snd_unit == device_get_unit(dev))
		pcm_hotswap();
	bus_topo_unlock();
#endif
	return (0);
}

/* Stop every channel, again and again until none is in use. */
static void
pcm_stopchans(struct snddev_info *d)
{
	struct pcm_channel *c;
	bool again;

	for (;;) {
		again = false;
		CHN_FOREACH(c, d, channels.pcm) {
			CHN_LOCK(c);
			if (c->inprog == 0 && c->sleeping == 0 &&
			    CHN_STOPPED(c)) {
				CHN_UNLOCK(c);
				continue;
			}
			chn_shutdown(c);
			if (c->direction == PCMDIR_PLAY)
				chn_flush(c);
			else
				chn_abort(c);
			CHN_UNLOCK(c);
			again = true;
		}
		if (!again)
			return;
		pause_sbt("pcmkillchans", KILL_POLL * SBT_1MS, 0, 0);
	}
}

/* The lowest registered unit; -1: none. */
static int
pcm_first_unit(void)
{
	struct snddev_info *d;
	int unit;

	for (unit = 0; unit < devclass_get_maxunit(pcm_devclass); unit++) {
		d = devclass_get_softc(pcm_devclass, unit);
		if (PCM_REGISTERED(d))
			return (unit);
	}
	return (-1);
}

int
pcm_unregister(device_t dev)
{
	struct snddev_info *d = tk_sound_dev_check(dev, "pcm_unregister()");

	/*
	 * FreeBSD 15 would destroy a device node that was never made, FreeBSD
	 * 16 would free nothing.
	 */
	if (!tk_sound_dev_isregistered(d))
		tk_stop("sound", "pcm_unregister() of %s before "
		    "pcm_register()", device_get_nameunit(dev));
	if (tk_fault_named("pcm_unregister"))
		return (EBUSY);
	PCM_LOCK(d);
	PCM_WAIT(d);
	d->flags &= ~SD_F_REGISTERED;
	PCM_ACQUIRE(d);
	PCM_UNLOCK(d);

	pcm_stopchans(d);
	while (!CHN_EMPTY(d, channels.pcm))
		chn_kill(CHN_FIRST(d, channels.pcm));
	PCM_RELEASE_QUICK(d);

	sysctl_ctx_free(&d->play_sysctl_ctx);
	sysctl_ctx_free(&d->rec_sysctl_ctx);
	d->play_sysctl_tree = NULL;
	d->rec_sysctl_tree = NULL;
	sndstat_unregister(dev);
	if (tk_sound_mixer(d) != NULL)
		mixer_uninit(dev);
	dsp_destroy_dev(dev);

	cv_destroy(&d->cv);
#if TK_FREEBSD == 15
	snd_mtxfree(d->lock);
	d->lock = NULL;
#else
	mtx_destroy(&d->lock);
	bus_topo_lock();
#endif
	tk_sound_dev_del(d);
	if (snd_unit == device_get_unit(dev)) {
		atomic_store_int(&snd_unit, pcm_first_unit());
#if TK_FREEBSD >= 16
		pcm_hotswap();
#endif
	}
#if TK_FREEBSD >= 16
	bus_topo_unlock();
#endif
	return (0);
}

static int
sound_modevent(module_t mod __unused, int type, void *data __unused)
{
	switch (type) {
	case MOD_LOAD:
		atomic_store_int(&snd_unit, -1);
		pcm_devclass = devclass_create("pcm");
		return (0);
	case MOD_UNLOAD:
	case MOD_SHUTDOWN:
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t sound_mod = {
	.name = "sound",
	.evhand = sound_modevent,
};
DECLARE_MODULE(sound, sound_mod, SI_SUB_DRIVERS, SI_ORDER_MIDDLE);
#if TK_FREEBSD == 15
MODULE_VERSION(sound, SOUND_MODVER);
#else
MODULE_VERSION(sound, 1);
#endif
