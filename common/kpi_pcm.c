/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * sound(4): see kpi_pcm.h for the contracts.
 *
 * One kobj class for all drivers' channels; its methods call the functions of
 * the channel at hand.
 */
#include "kpi_pcm.h"

#include "mixer_if.h"

/*
 * The differences between FreeBSD's branches.  sound(4) changes without a new
 * __FreeBSD_version, so each test is for a name that the change added or
 * removed: MIXER_SIZE went when struct snd_mixer became public (64ebbb1d7441,
 * 2026-05), mixer_get_lock() with it (6a3a42c57cf4); MIXER_REGISTERED came when
 * a card's mixer was found by the card (a614c07ad452, 2026-09), after which its
 * lock is a pointer, to the card's own for the card's mixer (1a31ab15e8b3).
 */
static struct mtx *
kpi_pcm_mixer_lock(struct snd_mixer *m)
{
#if defined(MIXER_SIZE)
	return (mixer_get_lock(m));
#elif defined(MIXER_REGISTERED)
	return (m->lock);
#else
	return (&m->lock);
#endif
}

static bool
kpi_pcm_has_mixer(const struct snddev_info *d)
{
#ifdef MIXER_REGISTERED
	return (d->mixer != NULL);
#else
	return (d->mixer_dev != NULL);
#endif
}

static void *
kpi_pcm_chan_init(kobj_t obj __unused, void *devinfo, struct snd_dbuf *b,
    struct pcm_channel *c, int dir __unused)
{
	struct kpi_pcm_chan *ch = devinfo;

	ch->kpc_buf = b;
	ch->kpc_chan = c;
	return (ch->kpc_ops->kpo_init(ch->kpc_arg) == 0 ? ch : NULL);
}

static int
kpi_pcm_chan_free(kobj_t obj __unused, void *data)
{
	struct kpi_pcm_chan *ch = data;

	ch->kpc_ops->kpo_free(ch->kpc_arg);
	return (0);
}

static int
kpi_pcm_chan_setformat(kobj_t obj __unused, void *data, uint32_t format)
{
	struct kpi_pcm_chan *ch = data;

	return (ch->kpc_ops->kpo_setformat(ch->kpc_arg, format));
}

static uint32_t
kpi_pcm_chan_setspeed(kobj_t obj __unused, void *data, uint32_t speed)
{
	struct kpi_pcm_chan *ch = data;

	speed = ch->kpc_ops->kpo_setspeed(ch->kpc_arg, speed);
	/* sound(4) multiplies by this, and divides by it. */
	speed = MAX(speed, ch->kpc_caps->kpa_minspeed);
	return (MIN(speed, ch->kpc_caps->kpa_maxspeed));
}

static int
kpi_pcm_chan_setfragments(kobj_t obj __unused, void *data, uint32_t blksz,
    uint32_t blkcnt)
{
	struct kpi_pcm_chan *ch = data;

	return (ch->kpc_ops->kpo_setfragments(ch->kpc_arg, blksz, blkcnt));
}

/*
 * What sound(4) asks, unless hw.snd.usefrags is set: the number of blocks is
 * the driver's choice, and so the latency.
 */
static uint32_t
kpi_pcm_chan_setblocksize(kobj_t obj __unused, void *data, uint32_t blksz)
{
	struct kpi_pcm_chan *ch = data;
	uint32_t blkcnt;

	blkcnt = ch->kpc_chan->direction == PCMDIR_REC ?
	    KPI_PCM_RECBLOCKS : KPI_PCM_BLOCKS;
	blkcnt = MIN(blkcnt, ch->kpc_buf->maxsize / MAX(blksz, 1));
	/* On an error the blocks stay as they were, and sound(4) is told. */
	(void)ch->kpc_ops->kpo_setfragments(ch->kpc_arg, blksz, blkcnt);
	return (ch->kpc_buf->blksz);
}

/*
 * chn_flush() aborts a stream that has come to its end, but also one that a
 * signal or a detach cut short.  A channel that virtual channels are mixed into
 * is aborted when the last of them stops.  The samples that were mixed before
 * must still be played, as they are when another virtual channel goes on.
 */
static bool
kpi_pcm_chan_drained(const struct pcm_channel *c)
{
	if ((c->flags & CHN_F_DEAD) != 0)
		return (false);
	return ((c->flags & CHN_F_HAS_VCHAN) != 0 || (c->flags &
	    (CHN_F_CLOSING | CHN_F_ABORTING)) == CHN_F_CLOSING);
}

/* For a driver without kpo_filled. */
static void
kpi_pcm_ignore_filled(void *arg __unused, uint32_t from __unused,
    uint32_t bytes __unused)
{
}

static __noinline int
kpi_pcm_chan_start_stop(struct kpi_pcm_chan *ch, int go)
{
	enum kpi_pcm_trigger what;

	switch (go) {
	case PCMTRIG_START:
		ch->kpc_size = ch->kpc_buf->bufsize;
		what = KPI_PCM_START;
		break;
	case PCMTRIG_STOP:
		what = KPI_PCM_STOP;
		break;
	case PCMTRIG_ABORT:
		what = kpi_pcm_chan_drained(ch->kpc_chan) ? KPI_PCM_DRAINED :
		    KPI_PCM_STOP;
		break;
	default:
		return (0);
	}
	return (ch->kpc_ops->kpo_trigger(ch->kpc_arg, what));
}

/*
 * A report found the channel stopped, or its buffer of another size than when
 * the channel started.  In both cases the position is 0.
 *
 * chn_trigger() releases the mutex while it stops a channel, so a report may
 * come then.  sound(4) takes such a channel to be at position 0.  With another
 * position here, chn_rdintr() would take the rest of the buffer, which the
 * device has.
 *
 * chn_resizebuf() sees that a channel is stopped, and releases its mutex.
 * sndbuf_resize() takes the mutex again, perhaps after a wait for memory, and
 * does not look again.  It has emptied the buffer.
 */
static __noinline int
kpi_pcm_chan_reported_rarely(struct kpi_pcm_chan *ch)
{
	kpi_pcm_rewind(ch);
	if (CHN_STOPPED(ch->kpc_chan))
		return (0);
	return (kpi_pcm_chan_start_stop(ch, PCMTRIG_START));
}

static int
kpi_pcm_chan_trigger(kobj_t obj __unused, void *data, int go)
{
	struct kpi_pcm_chan *ch = data;
	struct snd_dbuf *b = ch->kpc_buf;

	if (go != PCMTRIG_EMLDMAWR && go != PCMTRIG_EMLDMARD)
		return (kpi_pcm_chan_start_stop(ch, go));
	if (__predict_false(b->bufsize != ch->kpc_size ||
	    CHN_STOPPED(ch->kpc_chan)))
		return (kpi_pcm_chan_reported_rarely(ch));
	/* chn_wrintr() has fed the buffer. */
	if (go == PCMTRIG_EMLDMAWR)
		ch->kpc_filled(ch->kpc_arg, b->rp, b->rl);
	return (0);
}

/*
 * The position is not in the buffer, as that of a channel with kpo_getptr never
 * is.  sound(4) takes the answer for a place in the buffer, unchecked.
 */
static __noinline uint32_t
kpi_pcm_chan_ask(const struct kpi_pcm_chan *ch)
{
	const struct snd_dbuf *b = ch->kpc_buf;
	uint32_t ptr = b->bufsize;

	if (ch->kpc_ops->kpo_getptr != NULL)
		ptr = ch->kpc_ops->kpo_getptr(ch->kpc_arg);
	return (ptr < b->bufsize ? ptr : b->hp);
}

static uint32_t
kpi_pcm_chan_getptr(kobj_t obj __unused, void *data)
{
	const struct kpi_pcm_chan *ch = data;
	uint32_t ptr = kpi_pcm_ptr(ch);

	return (__predict_true(ptr < ch->kpc_buf->bufsize) ? ptr :
	    kpi_pcm_chan_ask(ch));
}

static struct pcmchan_caps *
kpi_pcm_chan_getcaps(kobj_t obj __unused, void *data)
{
	struct kpi_pcm_chan *ch = data;

	return (CHN_BITPERFECT(ch->kpc_chan) ? &ch->kpc_pcmcaps :
	    &ch->kpc_cookedcaps);
}

static int
kpi_pcm_chan_getrates(kobj_t obj __unused, void *data, int **rates)
{
	struct kpi_pcm_chan *ch = data;

	*rates = ch->kpc_caps->kpa_rates;
	return (ch->kpc_caps->kpa_nrates);
}

/*
 * There is no setmatrix: programs cannot choose the order of a device's
 * channels, and sound(4) never asks for that.
 */
static struct pcmchan_matrix *
kpi_pcm_chan_getmatrix(kobj_t obj __unused, void *data, uint32_t format)
{
	const struct kpi_pcm_caps *caps =
	    ((struct kpi_pcm_chan *)data)->kpc_caps;
	struct pcmchan_matrix *m;
	int i;

	for (i = 0; i < caps->kpa_nmaps; i++) {
		m = &caps->kpa_maps[i].kpm_matrix;
		if (m->channels == AFMT_CHANNEL(format))
			return (m);
	}
	return (feeder_matrix_format_map(
	    feeder_matrix_default_format(format)));
}

static kobj_method_t kpi_pcm_chan_methods[] = {
	KOBJMETHOD(channel_init,	kpi_pcm_chan_init),
	KOBJMETHOD(channel_free,	kpi_pcm_chan_free),
	KOBJMETHOD(channel_setformat,	kpi_pcm_chan_setformat),
	KOBJMETHOD(channel_setspeed,	kpi_pcm_chan_setspeed),
	KOBJMETHOD(channel_setfragments, kpi_pcm_chan_setfragments),
	KOBJMETHOD(channel_setblocksize, kpi_pcm_chan_setblocksize),
	KOBJMETHOD(channel_trigger,	kpi_pcm_chan_trigger),
	KOBJMETHOD(channel_getptr,	kpi_pcm_chan_getptr),
	KOBJMETHOD(channel_getcaps,	kpi_pcm_chan_getcaps),
	KOBJMETHOD(channel_getrates,	kpi_pcm_chan_getrates),
	KOBJMETHOD(channel_getmatrix,	kpi_pcm_chan_getmatrix),
	KOBJMETHOD_END
};
CHANNEL_DECLARE(kpi_pcm_chan);

/*
 * Declare the controls of a mixer.  With soft volume, vol scales pcm, as in
 * snd_hda(4).  sound(4) applies only pcm, so vol alone would do nothing.
 */
static void
kpi_pcm_mixer_setdevs(struct snd_mixer *m, uint32_t controls)
{
	if ((pcm_getflags(mix_get_dev(m)) & SD_F_SOFTPCMVOL) != 0) {
		mix_setparentchild(m, SOUND_MIXER_VOLUME, SOUND_MASK_PCM);
		if ((controls & SOUND_MASK_VOLUME) == 0)
			mix_setrealdev(m, SOUND_MIXER_VOLUME,
			    SOUND_MIXER_NONE);
	}
	/* It adds parents and children. */
	mix_setdevs(m, controls);
}

static int
kpi_pcm_mixer_init(struct snd_mixer *m)
{
	struct kpi_pcm_mixer *mx = mix_getdevinfo(m);

	mx->kpx_mixer = m;
	/* mixer(8) shows no source that is not a control as well. */
	kpi_pcm_mixer_setdevs(m, mx->kpx_controls | mx->kpx_sources);
	mix_setrecdevs(m, mx->kpx_sources);
	return (0);
}

static int
kpi_pcm_mixer_uninit(struct snd_mixer *m)
{
	struct kpi_pcm_mixer *mx = mix_getdevinfo(m);

	mx->kpx_ops->kxo_uninit(mx->kpx_arg);
	return (0);
}

static int
kpi_pcm_mixer_set(struct snd_mixer *m, unsigned dev, unsigned left,
    unsigned right)
{
	struct kpi_pcm_mixer *mx = mix_getdevinfo(m);
	bool muted = (mix_getmutedevs(m) & (1U << dev)) != 0;

	if ((mx->kpx_controls & (1U << dev)) == 0)
		return (0);
	return (mx->kpx_ops->kxo_set(mx->kpx_arg, dev, left, right, muted) ==
	    0 ? 0 : -1);
}

static uint32_t
kpi_pcm_mixer_setrecsrc(struct snd_mixer *m, uint32_t src)
{
	struct kpi_pcm_mixer *mx = mix_getdevinfo(m);

	if (mx->kpx_sources == 0)
		return (0);
	return (mx->kpx_ops->kxo_setrecsrc(mx->kpx_arg, src) &
	    mx->kpx_sources);
}

static kobj_method_t kpi_pcm_mixer_methods[] = {
	KOBJMETHOD(mixer_init,		kpi_pcm_mixer_init),
	KOBJMETHOD(mixer_uninit,	kpi_pcm_mixer_uninit),
	KOBJMETHOD(mixer_set,		kpi_pcm_mixer_set),
	KOBJMETHOD(mixer_setrecsrc,	kpi_pcm_mixer_setrecsrc),
	KOBJMETHOD_END
};
MIXER_DECLARE(kpi_pcm_mixer);

static int
kpi_pcm_softvol_init(struct snd_mixer *m)
{
	kpi_pcm_mixer_setdevs(m, 0);
	return (0);
}

static int
kpi_pcm_softvol_uninit(struct snd_mixer *m __unused)
{
	return (0);
}

/* sound(4) applies the levels itself: nothing reaches the device. */
static int
kpi_pcm_softvol_set(struct snd_mixer *m __unused, unsigned dev __unused,
    unsigned left __unused, unsigned right __unused)
{
	return (0);
}

static uint32_t
kpi_pcm_softvol_setrecsrc(struct snd_mixer *m __unused, uint32_t src __unused)
{
	return (0);
}

static kobj_method_t kpi_pcm_softvol_methods[] = {
	KOBJMETHOD(mixer_init,		kpi_pcm_softvol_init),
	KOBJMETHOD(mixer_uninit,	kpi_pcm_softvol_uninit),
	KOBJMETHOD(mixer_set,		kpi_pcm_softvol_set),
	KOBJMETHOD(mixer_setrecsrc,	kpi_pcm_softvol_setrecsrc),
	KOBJMETHOD_END
};
MIXER_DECLARE(kpi_pcm_softvol);

void
kpi_pcm_init(device_t dev)
{
	pcm_setflags(dev, pcm_getflags(dev) | SD_F_MPSAFE);
	pcm_init(dev, NULL);
}

/* A word as sound(4) can divide by its parts. */
static bool
kpi_pcm_is_format(uint32_t format)
{
	return (powerof2(AFMT_ENCODING(format)) &&
	    (AFMT_ENCODING(format) & AFMT_CONVERTIBLE) != 0 &&
	    AFMT_CHANNEL(format) >= SND_CHN_MIN &&
	    AFMT_CHANNEL(format) <= SND_CHN_MAX);
}

/* Can sound(4), which checks none of this, calculate with them? */
static bool
kpi_pcm_caps_ok(const struct kpi_pcm_caps *caps)
{
	int i;

	if (caps->kpa_formats[0] == 0 || caps->kpa_minspeed == 0 ||
	    caps->kpa_minspeed > caps->kpa_maxspeed ||
	    caps->kpa_maxspeed > KPI_PCM_MAXSPEED)
		return (false);
	for (i = 0; caps->kpa_formats[i] != 0; i++) {
		if (!kpi_pcm_is_format(caps->kpa_formats[i]))
			return (false);
	}
	for (i = 0; i < caps->kpa_nrates; i++) {
		if (caps->kpa_rates[i] < (int)caps->kpa_minspeed ||
		    caps->kpa_rates[i] > (int)caps->kpa_maxspeed)
			return (false);
	}
	return (true);
}

int
kpi_pcm_addchan(device_t dev, int dir, const struct kpi_pcm_ops *ops,
    void *arg, const struct kpi_pcm_caps *caps, struct kpi_pcm_chan *ch)
{
	if (!kpi_pcm_caps_ok(caps))
		return (EINVAL);
	ch->kpc_ops = ops;
	ch->kpc_arg = arg;
	ch->kpc_caps = caps;
	ch->kpc_ptr = ops->kpo_getptr != NULL ? UINT32_MAX : 0;
	ch->kpc_filled = ops->kpo_filled != NULL ? ops->kpo_filled :
	    kpi_pcm_ignore_filled;
	ch->kpc_pcmcaps.minspeed = caps->kpa_minspeed;
	ch->kpc_pcmcaps.maxspeed = caps->kpa_maxspeed;
	ch->kpc_pcmcaps.fmtlist = caps->kpa_formats;
	ch->kpc_cookedcaps = ch->kpc_pcmcaps;
	if (caps->kpa_cooked != NULL)
		ch->kpc_cookedcaps.fmtlist = caps->kpa_cooked;
	return (pcm_addchan(dev, dir, &kpi_pcm_chan_class, ch));
}

/* sound(4) reads the flag when it makes the mixer. */
static int
kpi_pcm_mixer_make(device_t dev, kobj_class_t class, void *devinfo,
    bool softvol)
{
	if (softvol)
		pcm_setflags(dev, pcm_getflags(dev) | SD_F_SOFTPCMVOL);
	return (mixer_init(dev, class, devinfo) == 0 ? 0 : ENXIO);
}

int
kpi_pcm_addmixer(device_t dev, const struct kpi_pcm_mixer_ops *ops, void *arg,
    uint32_t controls, uint32_t sources, bool softvol,
    struct kpi_pcm_mixer *mx)
{
	if (softvol && (controls & SOUND_MASK_PCM) != 0)
		return (EINVAL);
	mx->kpx_ops = ops;
	mx->kpx_arg = arg;
	mx->kpx_controls = controls & KPI_PCM_CONTROLS;
	mx->kpx_sources = sources & KPI_PCM_CONTROLS;
	return (kpi_pcm_mixer_make(dev, &kpi_pcm_mixer_class, mx, softvol));
}

void
kpi_pcm_mixer_level(struct kpi_pcm_mixer *mx, uint32_t control, uint32_t left,
    uint32_t right)
{
	/* sound(4) takes no other control, and has 8 bits for a level. */
	(void)mix_set(mx->kpx_mixer, control, MIN(left, 100), MIN(right, 100));
}

void
kpi_pcm_mixer_mute(struct kpi_pcm_mixer *mx, uint32_t control, bool muted)
{
	struct mtx *lock = kpi_pcm_mixer_lock(mx->kpx_mixer);
	uint32_t mask;

	if (control >= SOUND_MIXER_NRDEVICES)
		return;
	mtx_lock(lock);
	mask = mix_getmutedevs(mx->kpx_mixer) & ~(1U << control);
	mix_setmutedevs(mx->kpx_mixer, muted ? mask | 1U << control : mask);
	mtx_unlock(lock);
}

void
kpi_pcm_mixer_recsrc(struct kpi_pcm_mixer *mx, uint32_t sources)
{
	(void)mix_setrecsrc(mx->kpx_mixer, sources);
}

int
kpi_pcm_register(device_t dev, bool softvol)
{
	const struct snddev_info *d = device_get_softc(dev);
	char status[SND_STATUSLEN];
	int error;

	/* This mixer has no state of its own, but sound(4) wants a devinfo. */
	if (!kpi_pcm_has_mixer(d)) {
		error = kpi_pcm_mixer_make(dev, &kpi_pcm_softvol_class, dev,
		    softvol && d->playcount > 0);
		if (error != 0)
			return (error);
	}
	snprintf(status, sizeof(status), "on %s",
	    device_get_nameunit(device_get_parent(dev)));
	return (pcm_register(dev, status));
}

int
kpi_pcm_unregister(device_t dev)
{
	struct snddev_info *d = device_get_softc(dev);
	int error;

	/*
	 * sound(4) can remove registered cards only, because it destroys the
	 * dsp device without checking that there is one.  So create one.  A
	 * card whose registration failed at that device counts as registered,
	 * and pcm_register() refuses it.
	 */
	if (d->dsp_dev == NULL) {
		/* A program that opens the device may ask for the mixer. */
		if (!kpi_pcm_has_mixer(d))
			(void)kpi_pcm_mixer_make(dev, &kpi_pcm_softvol_class,
			    dev, false);
		error = (d->flags & SD_F_REGISTERED) != 0 ? dsp_make_dev(dev) :
		    pcm_register(dev, __DECONST(char *, ""));
		if (error != 0)
			return (error);
	}
	return (pcm_unregister(dev));
}

uint32_t
kpi_pcm_buffersize(device_t dev, uint32_t min, uint32_t deflt, uint32_t max)
{
	KPI_SLEEPABLE();
	return (pcm_getbuffersize(dev, min, deflt, max));
}

int
kpi_pcm_setbuf(struct kpi_pcm_chan *ch, void *vaddr, uint32_t size)
{
	return (sndbuf_setup(ch->kpc_buf, vaddr, size));
}

bool
kpi_pcm_opened(const struct kpi_pcm_chan *ch)
{
	CHN_LOCKASSERT(ch->kpc_chan);
	return ((ch->kpc_chan->flags & CHN_F_BUSY) != 0);
}

void
kpi_pcm_growbuf(struct kpi_pcm_chan *ch, void *vaddr, uint32_t size)
{
	CHN_LOCKASSERT(ch->kpc_chan);
	KASSERT(size >= ch->kpc_buf->maxsize, ("%u bytes for %u", size,
	    ch->kpc_buf->maxsize));
	ch->kpc_buf->buf = vaddr;
	ch->kpc_buf->maxsize = size;
}

int
kpi_pcm_resize(struct kpi_pcm_chan *ch, uint32_t blksz, uint32_t blkcnt)
{
	const struct snd_dbuf *b = ch->kpc_buf;

	/*
	 * sound(4) multiplies in 32 bits, takes 0 for no change, and does not
	 * look for whole frames.
	 */
	if (blksz == 0 || blkcnt == 0 || blkcnt > b->maxsize / blksz ||
	    (b->align != 0 && blksz % b->align != 0))
		return (EINVAL);
	return (sndbuf_resize(ch->kpc_buf, blkcnt, blksz));
}

void
kpi_pcm_getfill(struct kpi_pcm_chan *ch, struct kpi_pcm_fill *fill)
{
	struct snd_dbuf *b = ch->kpc_buf;

	fill->kpf_size = b->bufsize;
	/*
	 * chn_resizebuf() stores the size of a block with no mutex held, after
	 * another thread has perhaps changed the blocks.  The count changes
	 * with the size of the buffer only.
	 */
	fill->kpf_blksz = b->bufsize / b->blkcnt;
	fill->kpf_align = b->align;
	fill->kpf_byterate = b->align * b->spd;
	fill->kpf_filled = sndbuf_getready(b);
}

void
kpi_pcm_swapbuf(struct kpi_pcm_chan *ch, void *vaddr)
{
	CHN_LOCKASSERT(ch->kpc_chan);
	ch->kpc_buf->buf = vaddr;
}

void
kpi_pcm_rewind(struct kpi_pcm_chan *ch)
{
	CHN_LOCKASSERT(ch->kpc_chan);
	ch->kpc_buf->hp = 0;
}

uint32_t
kpi_pcm_format(uint32_t encoding, uint32_t channels)
{
	if (channels < SND_CHN_MIN || channels > SND_CHN_MAX)
		return (0);
	return (feeder_matrix_default_format(
	    SND_FORMAT(encoding, channels, 0)));
}

/*
 * Which of a program's channels are played at position type, as in sound(4)'s
 * own map of the same positions.  If it has no such map, the front plays the
 * channels for which the device has no position.
 */
static uint32_t
kpi_pcm_map_members(const struct pcmchan_matrix *m, int type)
{
	const struct pcmchan_matrix *usual;
	uint32_t absent = ~m->mask, centre;

	usual = feeder_matrix_format_map(SND_FORMAT(0, m->channels, m->ext));
	if (usual->mask == m->mask)
		return (usual->map[usual->offset[type]].members);
	centre = SND_CHN_CENTER_MASK & ~SND_CHN_T_MASK_LF;
	switch (type) {
	case SND_CHN_T_FL:
		return (SND_CHN_T_MASK_FL |
		    ((SND_CHN_LEFT_MASK | centre) & absent));
	case SND_CHN_T_FR:
		return (SND_CHN_T_MASK_FR |
		    ((SND_CHN_RIGHT_MASK | centre) & absent));
	default:
		return (1U << type);
	}
}

/* Enter the positions; EINVAL: unknown, or twice. */
static int
kpi_pcm_map_fill(struct pcmchan_matrix *m, const uint8_t *positions)
{
	uint32_t i, type;

	memset(m->offset, -1, sizeof(m->offset));
	for (i = 0; i < m->channels; i++) {
		type = positions[i];
		if (type == KPI_PCM_NOWHERE)
			continue;
		if (type >= SND_CHN_T_MAX || (m->mask & (1U << type)) != 0)
			return (EINVAL);
		m->map[i].type = (int)type;
		m->mask |= 1U << type;
		m->offset[type] = (int8_t)i;
	}
	m->map[i].type = SND_CHN_T_MAX;
	if ((m->mask & SND_CHN_T_MASK_LF) != 0)
		m->ext = 1;
	return (m->mask == 0 ? EINVAL : 0);
}

int
kpi_pcm_map_init(struct kpi_pcm_map *map, const uint8_t *positions,
    uint32_t channels)
{
	struct pcmchan_matrix *m = &map->kpm_matrix;
	int spare = SND_CHN_T_END;
	uint32_t i;

	if (channels < SND_CHN_MIN || channels > SND_CHN_MAX)
		return (EINVAL);
	memset(m, 0, sizeof(*m));
	m->id = SND_CHN_MATRIX_DRV;
	m->channels = (uint8_t)channels;
	if (kpi_pcm_map_fill(m, positions) != 0 ||
	    feeder_matrix_format_map(kpi_pcm_map_format(map, 0)) == NULL)
		return (EINVAL);
	/* sound(4) knows one channel by this map alone, wherever it is. */
	if (channels == 1) {
		*m = *feeder_matrix_id_map(SND_CHN_MATRIX_1_0);
		return (0);
	}
	for (i = 0; i < channels; i++) {
		if (positions[i] != KPI_PCM_NOWHERE) {
			m->map[i].members = kpi_pcm_map_members(m,
			    m->map[i].type);
			continue;
		}
		/*
		 * The field needs a type in any case: use one that is not in
		 * the map.
		 */
		while ((m->mask & (1U << spare)) != 0)
			spare--;
		m->map[i].type = spare--;
	}
	return (0);
}

uint32_t
kpi_pcm_map_format(const struct kpi_pcm_map *map, uint32_t encoding)
{
	return (SND_FORMAT(encoding, map->kpm_matrix.channels,
	    map->kpm_matrix.ext));
}
