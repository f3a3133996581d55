/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * /dev/dspN: what programs do with a channel.
 *
 * A call enters the unit's node, which keeps the device's struct alive.  It
 * then increments the channel's inprog, which keeps pcm_unregister() from
 * freeing the channel.  Calls that change a channel's settings make the device
 * busy instead, as FreeBSD's do.
 */

#include "tk_dsp.h"
#include "tk_sound.h"

#include <dev/sound/pcm/vchan.h>

/* Who programs are, for sndstat. */
#define	DSP_PID		1
#define	DSP_COMM	"tk_dsp"

/* Channel flags that belong to the program that has the channel open. */
#define	DSP_OPEN_FLAGS							\
	(CHN_F_RUNNING | CHN_F_MMAP | CHN_F_DEAD | CHN_F_EXCLUSIVE |	\
	CHN_F_NBIO)

_Static_assert((int)TK_AFMT_F32_LE == AFMT_F32_LE &&
    (int)TK_AFMT_S24_LE == AFMT_S24_LE && (int)TK_AFMT_A_LAW == AFMT_A_LAW,
    "tk_dsp.h repeats sys/soundcard.h");

/* An open channel; constant while open. */
struct tk_dsp {
	struct cdev	*node;		/* it came through, counted */
	struct pcm_channel *chan;
};

/* A call under way. */
struct dsp_call {
	struct cdev	*node;
	struct snddev_info *d;
	struct pcm_channel *c;
};

int
dsp_make_dev(device_t dev)
{
	struct snddev_info *d = device_get_softc(dev);

	/* FreeBSD does as much for an error of make_dev_s(9). */
	if (tk_fault_named("dsp_make_dev")) {
		device_printf(dev, "failed to create dsp%d\n",
		    device_get_unit(dev));
		return (ENXIO);
	}
	d->dsp_dev = tk_cdev_make("dsp", device_get_unit(dev), d);
	return (0);
}

void
dsp_destroy_dev(device_t dev)
{
	struct snddev_info *d = device_get_softc(dev);

	if (d->dsp_dev != NULL)
		destroy_dev(d->dsp_dev);
	d->dsp_dev = NULL;
}

/* How a call enters. */
enum dsp_how {
	DSP_CHANNEL,			/* the channel locked and counted */
	DSP_BUSY			/* the device busy, nothing locked */
};

/* Enter.  ENXIO: the device is gone; EBADF: it is being unregistered. */
static int
dsp_begin(struct tk_dsp *t, struct dsp_call *call, enum dsp_how how)
{
	tk_preempt();
	tk_may_sleep(NULL, "a call on /dev/dsp");
	if (!tk_cdev_reenter(t->node))
		return (ENXIO);
	call->node = t->node;
	call->d = call->node->si_drv1;
	call->c = t->chan;
	PCM_LOCK(call->d);
	if (how == DSP_BUSY)
		PCM_WAIT(call->d);
	if (!PCM_REGISTERED(call->d)) {
		PCM_UNLOCK(call->d);
		tk_cdev_leave(call->node);
		return (EBADF);
	}
	if (how == DSP_BUSY) {
		PCM_ACQUIRE(call->d);
	} else {
		CHN_LOCK(call->c);
		call->c->inprog++;
	}
	PCM_UNLOCK(call->d);
	return (0);
}

static void
dsp_end(struct dsp_call *call)
{
	call->c->inprog--;
	CHN_BROADCAST(&call->c->cv);
	CHN_UNLOCK(call->c);
	tk_cdev_leave(call->node);
}

/* As dsp_begin() with DSP_CHANNEL, but EINVAL if the channel is dead. */
static int
dsp_begin_alive(struct tk_dsp *t, struct dsp_call *call)
{
	int error;

	error = dsp_begin(t, call, DSP_CHANNEL);
	if (error == 0 && (call->c->flags & CHN_F_DEAD)) {
		dsp_end(call);
		error = EINVAL;
	}
	return (error);
}

static void
dsp_end_busy(struct dsp_call *call)
{
	PCM_RELEASE_QUICK(call->d);
	tk_cdev_leave(call->node);
}

/*
 * Find the first hardware channel that is free, or that has virtual channels,
 * and lock it.  NULL: there is none.
 */
static struct pcm_channel *
dsp_chn_first(struct snddev_info *d, int direction, bool idle, bool shared)
{
	struct pcm_channel *c;

	CHN_FOREACH(c, d, channels.pcm.primary) {
		CHN_LOCK(c);
		if (c->direction == direction &&
		    ((idle && (c->flags & CHN_F_BUSY) == 0) ||
		    (shared && (c->flags & CHN_F_HAS_VCHAN))))
			break;
		CHN_UNLOCK(c);
	}
	return (c);
}

/*
 * Find a hardware channel and lock it: a free one or, for a virtual channel,
 * one that has virtual channels already.  FreeBSD 16 prefers a free one, so
 * that all channels of a card are used (5e02679f03cd).  NULL: there is none.
 */
static struct pcm_channel *
dsp_chn_find(struct snddev_info *d, int direction, bool virtual)
{
	struct pcm_channel *c;

	if (TK_FREEBSD == 15)
		return (dsp_chn_first(d, direction, true, virtual));
	c = dsp_chn_first(d, direction, true, false);
	if (c == NULL && virtual)
		c = dsp_chn_first(d, direction, false, true);
	return (c);
}

/* Take a virtual channel away from its parent; both are unlocked. */
static void
dsp_chn_destroy(struct pcm_channel *c)
{
	struct pcm_channel *parent = c->parentchannel;

	if (parent == NULL)
		return;
	CHN_LOCK(parent);
	CHN_LOCK(c);
	vchan_destroy(c);
	CHN_UNLOCK(parent);
}

/* Find or make a free channel and mark it open.  The device is busy. */
static int
dsp_chn_alloc(struct snddev_info *d, int direction, bool nonblock,
    struct pcm_channel **cp)
{
	struct pcm_channel *c, *parent;
	bool virtual;
	int error;

	virtual = (d->flags & (direction == PCMDIR_PLAY ? SD_F_PVCHANS :
	    SD_F_RVCHANS)) != 0;
	c = dsp_chn_find(d, direction, virtual);
	if (c == NULL)
		return (EBUSY);
	if (virtual) {
		parent = c;
		error = vchan_create(parent, &c);
		CHN_UNLOCK(parent);
		if (error != 0)
			return (error);
		CHN_LOCK(c);
	}
	c->flags |= CHN_F_BUSY;
	if (nonblock)
		c->flags |= CHN_F_NBIO;
	c->pid = DSP_PID;
	strlcpy(c->comm, DSP_COMM, sizeof(c->comm));
	c->tk_signal = false;
	error = chn_reset(c, c->format, c->speed);
	chn_vpc_reset(c, SND_VOL_C_PCM, 0);
	if (error != 0) {
		c->flags &= ~DSP_OPEN_FLAGS;
		chn_release(c);
		dsp_chn_destroy(c);
		return (error);
	}
	CHN_UNLOCK(c);
	*cp = c;
	return (0);
}

/* May a channel of that direction be opened?  Device locked. */
static int
dsp_direction_ok(struct snddev_info *d, int direction)
{
	struct pcm_channel *other;

	if ((direction == PCMDIR_PLAY ? d->playcount : d->reccount) == 0)
		return (ENOTSUP);
	other = CHN_FIRST(d, channels.pcm.opened);
	if ((d->flags & SD_F_SIMPLEX) && other != NULL &&
	    other->direction != direction)
		return (ENOTSUP);
	return (0);
}

/* Open a channel of a device whose node was entered. */
static int
dsp_open_device(struct snddev_info *d, int direction, bool nonblock,
    struct pcm_channel **cp)
{
	int error;

	PCM_LOCK(d);
	PCM_WAIT(d);
	error = PCM_REGISTERED(d) ? dsp_direction_ok(d, direction) : EBADF;
	if (error != 0) {
		PCM_UNLOCK(d);
		return (error);
	}
	PCM_ACQUIRE(d);
	PCM_UNLOCK(d);
	error = dsp_chn_alloc(d, direction, nonblock, cp);
	PCM_LOCK(d);
	if (error == 0)
		CHN_INSERT_HEAD(d, *cp, channels.pcm.opened);
	PCM_RELEASE(d);
	PCM_UNLOCK(d);
	return (error);
}

int
tk_dsp_open(int unit, bool record, bool nonblock, struct tk_dsp **dp)
{
	struct pcm_channel *c;
	struct cdev *node;
	int error;

	tk_may_sleep(NULL, "tk_dsp_open");
	node = tk_cdev_enter("dsp",
	    unit < 0 ? atomic_load_int(&snd_unit) : unit);
	if (node == NULL)
		return (ENXIO);
	error = dsp_open_device(node->si_drv1,
	    record ? PCMDIR_REC : PCMDIR_PLAY, nonblock, &c);
	if (error == 0) {
		*dp = malloc(sizeof(**dp), M_DEVBUF, M_WAITOK | M_ZERO);
		tk_cdev_hold(node);
		(*dp)->node = node;
		(*dp)->chan = c;
	}
	tk_cdev_leave(node);
	return (error);
}

int
tk_dsp_close(struct tk_dsp *t)
{
	struct dsp_call call;

	if (dsp_begin(t, &call, DSP_BUSY) == 0) {
		PCM_LOCK(call.d);
		CHN_REMOVE(call.d, call.c, channels.pcm.opened);
		PCM_UNLOCK(call.d);
		CHN_LOCK(call.c);
		if (call.c->direction == PCMDIR_PLAY)
			chn_flush(call.c);
		else
			chn_abort(call.c);
		call.c->flags &= ~DSP_OPEN_FLAGS;
		chn_reset(call.c, 0, 0);
		chn_release(call.c);
		dsp_chn_destroy(call.c);
		dsp_end_busy(&call);
	}
	tk_cdev_drop(t->node);
	free(t, M_DEVBUF);
	return (0);
}

int
tk_dsp_reset(struct tk_dsp *t)
{
	struct dsp_call call;
	int error;

	error = dsp_begin_alive(t, &call);
	if (error != 0)
		return (error);
	chn_abort(call.c);
	chn_resetbuf(call.c);
	dsp_end(&call);
	return (0);
}

/* Wait until no call copies samples.  Refused if the channel is started. */
static int
dsp_wait_idle(struct pcm_channel *c)
{
	while (c->inprog > 0 && CHN_STOPPED(c))
		cv_wait(&c->cv, TK_CHN_MTX(c));
	if (c->flags & CHN_F_DEAD)
		return (EINVAL);
	return (CHN_STARTED(c) ? EINVAL : 0);
}

/* The fragment size that SNDCTL_DSP_SETFRAGMENT's logarithm can express. */
static int
dsp_fragment(uint32_t fragsize)
{
	int size = 1 << 4;

	while (size < 1 << 16 && (uint32_t)size < fragsize)
		size <<= 1;
	return (size);
}

static int
dsp_setfragment(struct pcm_channel *c, uint32_t fragsize, uint32_t fragcount)
{
	int count, size;

	size = dsp_fragment(fragsize);
	count = (int)chn_2ndbufmaxsize(c) / size;
	if (fragcount != 0 && fragcount < (uint32_t)count)
		count = imax((int)fragcount, 2);
	return (chn_setblocksize(c, count, size));
}

/*
 * As SNDCTL_DSP_CHANNELS does: channels in the usual order, unless the channel
 * is bitperfect.
 */
static uint32_t
dsp_format(struct pcm_channel *c, uint32_t afmt, uint32_t channels)
{
	uint32_t format = SND_FORMAT(afmt, channels, 0), usual;

	usual = CHN_BITPERFECT(c) ? 0 : feeder_matrix_default_format(format);
	return (usual != 0 ? usual : format);
}

int
tk_dsp_setup(struct tk_dsp *t, uint32_t afmt, uint32_t channels,
    uint32_t speed, uint32_t fragsize, uint32_t fragcount)
{
	struct pcm_channel *c;
	struct dsp_call call;
	int error;

	error = dsp_begin(t, &call, DSP_BUSY);
	if (error != 0)
		return (error);
	c = call.c;
	CHN_LOCK(c);
	error = dsp_wait_idle(c);
	if (error == 0 && (channels < 1 || channels > AFMT_CHANNEL_MAX))
		error = EINVAL;
	if (error == 0)
		error = chn_setformat(c, dsp_format(c, afmt, channels));
	if (error == 0)
		error = chn_setspeed(c, speed);
	if (error == 0 && (AFMT_ENCODING(c->format) != afmt ||
	    AFMT_CHANNEL(c->format) != channels || c->speed != speed))
		error = EINVAL;
	if (error == 0 && fragsize != 0)
		error = dsp_setfragment(c, fragsize, fragcount);
	CHN_UNLOCK(c);
	dsp_end_busy(&call);
	return (error);
}

int
tk_dsp_cooked(struct tk_dsp *t)
{
	struct pcm_channel *c;
	struct dsp_call call;
	int error;

	error = dsp_begin(t, &call, DSP_BUSY);
	if (error != 0)
		return (error);
	c = call.c;
	CHN_LOCK(c);
	error = dsp_wait_idle(c);
	c->flags &= ~CHN_F_BITPERFECT;
	if (error == 0)
		error = chn_setparam(c, c->format, c->speed);
	CHN_UNLOCK(c);
	dsp_end_busy(&call);
	return (error);
}

int
tk_dsp_setfragments(struct tk_dsp *t, uint32_t fragsize, uint32_t fragcount)
{
	struct dsp_call call;
	int error;

	if (fragsize > INT_MAX || fragcount > INT_MAX)
		return (EINVAL);
	error = dsp_begin(t, &call, DSP_BUSY);
	if (error != 0)
		return (error);
	CHN_LOCK(call.c);
	error = dsp_wait_idle(call.c);
	if (error == 0)
		error = tk_chn_setfragments(call.c, (int)fragcount,
		    (int)fragsize);
	CHN_UNLOCK(call.c);
	dsp_end_busy(&call);
	return (error);
}

int
tk_dsp_setreserve(struct tk_dsp *t, uint32_t fragcount)
{
	struct dsp_call call;
	int error;

	if (fragcount > INT_MAX)
		return (EINVAL);
	error = dsp_begin(t, &call, DSP_BUSY);
	if (error != 0)
		return (error);
	CHN_LOCK(call.c);
	error = dsp_wait_idle(call.c);
	if (error == 0)
		error = tk_chn_setreserve(call.c, (int)fragcount);
	CHN_UNLOCK(call.c);
	dsp_end_busy(&call);
	return (error);
}

int
tk_dsp_getinfo(struct tk_dsp *t, struct tk_dsp_info *info)
{
	struct pcmchan_caps *caps;
	struct pcm_channel *c;
	struct dsp_call call;
	int error;

	error = dsp_begin(t, &call, DSP_CHANNEL);
	if (error != 0)
		return (error);
	c = call.c;
	memset(info, 0, sizeof(*info));
	strlcpy(info->name, c->name, sizeof(info->name));
	info->afmt = AFMT_ENCODING(c->format);
	info->hw_afmt = AFMT_ENCODING(c->bufhard->fmt);
	info->channels = AFMT_CHANNEL(c->format);
	info->speed = c->speed;
	info->frame = c->bufsoft->align;
	info->fragsize = c->bufsoft->blksz;
	info->fragcount = c->bufsoft->blkcnt;
	info->hw_fragsize = c->bufhard->blksz;
	info->hw_fragcount = c->bufhard->blkcnt;
	caps = chn_getcaps(c);
	info->formats = chn_getformats(c);
	info->minspeed = caps->minspeed;
	info->maxspeed = caps->maxspeed;
	info->running = CHN_STARTED(c) != 0;
	dsp_end(&call);
	return (0);
}

static int
dsp_io(struct tk_dsp *t, struct uio *uio)
{
	struct dsp_call call;
	int error;

	error = dsp_begin(t, &call, DSP_CHANNEL);
	if (error != 0)
		return (error);
	if ((call.c->flags & CHN_F_DEAD) != 0) {
		dsp_end(&call);
		return (TK_DSP_DEAD);
	}
	call.c->flags |= CHN_F_RUNNING;
	if ((uio->uio_rw == UIO_WRITE) != (call.c->direction == PCMDIR_PLAY))
		error = TK_DSP_NOT_OPEN;
	else if (uio->uio_rw == UIO_WRITE)
		error = chn_write(call.c, uio);
	else
		error = chn_read(call.c, uio);
	dsp_end(&call);
	return (error);
}

/*
 * As in write(2): if bytes were moved, their number is returned rather than a
 * signal's error or EAGAIN.
 */
static int64_t
dsp_rdwr(struct tk_dsp *t, void *buf, size_t len, enum uio_rw rw)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct uio uio = {
		.uio_iov = &iov,
		.uio_iovcnt = 1,
		.uio_resid = (ssize_t)len,
		.uio_segflg = UIO_USERSPACE,
		.uio_rw = rw,
		.uio_td = curthread,
	};
	int error;

	error = dsp_io(t, &uio);
	if ((size_t)uio.uio_resid != len && (error == ERESTART ||
	    error == EINTR || error == EWOULDBLOCK))
		error = 0;
	return (error != 0 ? -error : (int64_t)len - uio.uio_resid);
}

int64_t
tk_dsp_write(struct tk_dsp *t, const void *buf, size_t len)
{
	return (dsp_rdwr(t, __DECONST(void *, buf), len, UIO_WRITE));
}

int64_t
tk_dsp_read(struct tk_dsp *t, void *buf, size_t len)
{
	return (dsp_rdwr(t, buf, len, UIO_READ));
}

int
tk_dsp_sync(struct tk_dsp *t)
{
	struct dsp_call call;
	int error;

	error = dsp_begin_alive(t, &call);
	if (error != 0)
		return (error);
	error = chn_sync(call.c, 0);
	if (error == 0 && (call.c->flags & CHN_F_ABORTING))
		error = EINTR;
	if (error == 0 && (call.c->flags & CHN_F_DEAD))
		error = EINVAL;
	dsp_end(&call);
	return (error);
}

int
tk_dsp_post(struct tk_dsp *t)
{
	struct dsp_call call;
	int error;

	error = dsp_begin_alive(t, &call);
	if (error != 0)
		return (error);
	call.c->flags &= ~CHN_F_NOTRIGGER;
	if (CHN_STOPPED(call.c))
		error = (int)chn_start(call.c, 1);
	dsp_end(&call);
	return (error);
}

int
tk_dsp_trigger(struct tk_dsp *t, bool on)
{
	struct dsp_call call;
	int error;

	error = dsp_begin_alive(t, &call);
	if (error != 0)
		return (error);
	call.c->flags &= ~CHN_F_NOTRIGGER;
	if (!on) {
		chn_abort(call.c);
		chn_resetbuf(call.c);
		call.c->flags |= CHN_F_NOTRIGGER;
	} else if (CHN_STOPPED(call.c))
		error = (int)chn_start(call.c, 1);
	dsp_end(&call);
	return (error);
}

int
tk_dsp_getodelay(struct tk_dsp *t, uint32_t *bytes)
{
	struct dsp_call call;
	int error;

	error = dsp_begin_alive(t, &call);
	if (error != 0)
		return (error);
	*bytes = sndbuf_getready(call.c->bufsoft);
	dsp_end(&call);
	return (0);
}

static int
dsp_getspace(struct tk_dsp *t, int direction, struct tk_dsp_space *space)
{
	struct dsp_call call;
	struct snd_dbuf *bs;
	int error;

	error = dsp_begin_alive(t, &call);
	if (error != 0)
		return (error);
	bs = call.c->bufsoft;
	if (call.c->direction != direction)
		error = EINVAL;
	space->bytes = direction == PCMDIR_PLAY ? sndbuf_getfree(bs) :
	    sndbuf_getready(bs);
	space->fragments = space->bytes / bs->blksz;
	space->fragstotal = bs->blkcnt;
	space->fragsize = bs->blksz;
	dsp_end(&call);
	return (error);
}

int
tk_dsp_getospace(struct tk_dsp *t, struct tk_dsp_space *space)
{
	return (dsp_getspace(t, PCMDIR_PLAY, space));
}

int
tk_dsp_getispace(struct tk_dsp *t, struct tk_dsp_space *space)
{
	return (dsp_getspace(t, PCMDIR_REC, space));
}

int
tk_dsp_geterror(struct tk_dsp *t, struct tk_dsp_errors *errors)
{
	struct dsp_call call;
	int error;

	error = dsp_begin_alive(t, &call);
	if (error != 0)
		return (error);
	memset(errors, 0, sizeof(*errors));
	if (call.c->direction == PCMDIR_PLAY)
		errors->play_underruns = call.c->xruns;
	else
		errors->rec_overruns = call.c->xruns;
	call.c->xruns = 0;
	dsp_end(&call);
	return (0);
}

int
tk_dsp_interrupt(struct tk_dsp *t)
{
	struct dsp_call call;
	int error;

	error = dsp_begin(t, &call, DSP_CHANNEL);
	if (error != 0)
		return (error);
	call.c->tk_signal = true;
	CHN_BROADCAST(&call.c->intr_cv);
	dsp_end(&call);
	return (0);
}
