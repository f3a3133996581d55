/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * PCM channels: the data path between a program's read(2) or write(2) and the
 * driver's interrupt.
 *
 * A program fills the soft buffer.  Each interrupt asks the driver for the
 * device's position in the hard buffer.  The position counts modulo the
 * buffer's size, so progress by a whole buffer looks like none.  The interrupt
 * then refills the hard buffer from the soft one, with silence if the program
 * was late, and wakes the program.  Recording moves data in the other
 * direction.
 */

#include "tk_sound.h"

int chn_timeout = CHN_TIMEOUT;

static int
sysctl_hw_snd_timeout(SYSCTL_HANDLER_ARGS)
{
	return (tk_sound_sysctl_range(oidp, req, &chn_timeout,
	    CHN_TIMEOUT_MIN, CHN_TIMEOUT_MAX));
}
SYSCTL_PROC(_hw_snd, OID_AUTO, timeout,
    CTLTYPE_INT | CTLFLAG_RWTUN | CTLFLAG_MPSAFE, 0, sizeof(int),
    sysctl_hw_snd_timeout, "I", "interrupt timeout (1 - 10) seconds");

static int chn_syncdelay = -1;
SYSCTL_INT(_hw_snd, OID_AUTO, syncdelay, CTLFLAG_RWTUN, &chn_syncdelay, 0,
    "append (0-1000) millisecond trailing buffer delay on each sync");

/*
 * Wake the channel's sleepers or, for a parent, those of its running children.
 */
static void
chn_wakeup(struct pcm_channel *c)
{
	struct pcm_channel *child;

	CHN_LOCKASSERT(c);
	if (CHN_EMPTY(c, children.busy))
		CHN_BROADCAST(&c->intr_cv);
	CHN_FOREACH(child, c, children.busy) {
		CHN_LOCK(child);
		chn_wakeup(child);
		CHN_UNLOCK(child);
	}
}

/*
 * Sleep until an interrupt, `timeout' ticks (EAGAIN), a signal (EINTR) or the
 * channel's end (EINVAL).
 */
static int
chn_sleep(struct pcm_channel *c, int timeout)
{
	int ret = 0;

	CHN_LOCKASSERT(c);
	if (c->flags & CHN_F_DEAD)
		return (EINVAL);
	if (!c->tk_signal) {
		c->sleeping++;
		ret = cv_timedwait_sig(&c->intr_cv, TK_CHN_MTX(c), timeout);
		c->sleeping--;
	}
	if (c->tk_signal) {
		c->tk_signal = false;
		ret = EINTR;
	}
	return ((c->flags & CHN_F_DEAD) ? EINVAL : ret);
}

/*
 * Sleep in a read or write.  If the hardware raises no interrupt, FreeBSD 15
 * declares the channel dead.  FreeBSD 16 returns EAGAIN, and says nothing.
 */
static int
chn_sleep_io(struct pcm_channel *c)
{
	int ret;

	ret = chn_sleep(c, chn_timeout * hz);
	if (TK_FREEBSD == 15 && ret == EAGAIN) {
		c->flags |= CHN_F_DEAD;
		device_printf(c->dev,
		    "%s: %s interrupt timeout, channel dead\n", c->name,
		    c->direction == PCMDIR_PLAY ? "play" : "record");
		return (EINVAL);
	}
	if (ret == ERESTART || ret == EINTR)
		c->flags |= CHN_F_ABORTING;
	return (ret);
}

/* Move the hard buffer's pointers to the device's position. */
static void
chn_dmaupdate(struct pcm_channel *c)
{
	struct snd_dbuf *b = c->bufhard;
	unsigned int amt, delta, hwptr;

	KASSERT(b->bufsize > 0, ("%s: no hard buffer", c->name));
	CHN_LOCKASSERT(c);
	hwptr = (unsigned int)chn_getptr(c);
	delta = (b->bufsize + hwptr - (unsigned int)b->hp) % b->bufsize;
	b->hp = (int)hwptr;
	if (c->direction == PCMDIR_PLAY) {
		amt = MIN(delta, sndbuf_getready(b));
		sndbuf_dispose(b, NULL, amt - amt % b->align);
	} else {
		amt = MIN(delta, sndbuf_getfree(b));
		sndbuf_acquire(b, NULL, amt - amt % b->align);
	}
}

/* Refill the hard buffer with at most as much as the soft buffer can hold. */
static void
chn_wrfeed(struct pcm_channel *c)
{
	struct snd_dbuf *b = c->bufhard, *bs = c->bufsoft;
	unsigned int amt, want, wasfree;

	CHN_LOCKASSERT(c);
	wasfree = sndbuf_getfree(b);
	want = MIN(b->bufsize, (unsigned int)imax(0,
	    (int)sndbuf_xbytes(bs->bufsize, bs, b) -
	    (int)sndbuf_getready(b)));
	amt = MIN(wasfree, want);
	if (amt > 0)
		sndbuf_feed(bs, b, c, c->feeder, amt);
	if (sndbuf_getready(b) < want)
		c->xruns++;
	if (sndbuf_getfree(b) < wasfree)
		chn_wakeup(c);
}

/*
 * Empty the hard buffer into the soft one.  Bytes without room there are lost.
 */
static void
chn_rdfeed(struct pcm_channel *c)
{
	struct snd_dbuf *b = c->bufhard, *bs = c->bufsoft;
	unsigned int amt;

	CHN_LOCKASSERT(c);
	amt = sndbuf_getfree(bs);
	if (amt > 0)
		sndbuf_feed(b, bs, c, c->feeder, amt);
	amt = sndbuf_getready(b);
	if (amt > 0) {
		c->xruns++;
		sndbuf_dispose(b, NULL, amt);
	}
	if (sndbuf_getready(bs) > 0)
		chn_wakeup(c);
}

static void
chn_handle_intr(struct pcm_channel *c)
{
	c->interrupts++;
	if (c->direction == PCMDIR_PLAY) {
		chn_dmaupdate(c);
		chn_wrfeed(c);
		chn_trigger(c, PCMTRIG_EMLDMAWR);
	} else {
		chn_trigger(c, PCMTRIG_EMLDMARD);
		chn_dmaupdate(c);
		chn_rdfeed(c);
	}
}

#if TK_FREEBSD == 15
void
chn_intr_locked(struct pcm_channel *c)
{
	tk_sound_chn_enter(c, "chn_intr_locked()");
	CHN_LOCKASSERT(c);
	chn_handle_intr(c);
	tk_sound_chn_leave(c);
}
#endif

/*
 * FreeBSD's also accepts a locked channel.  That hides mistakes, since the
 * caller may have changed half of its state.  So here it stops the run.
 */
void
chn_intr(struct pcm_channel *c)
{
	tk_preempt();
	tk_sound_chn_enter(c, "chn_intr()");
	if (CHN_LOCKOWNED(c))
		tk_stop("sound", "chn_intr() of %s with the channel locked",
		    c->name);
	CHN_LOCK(c);
	chn_handle_intr(c);
	CHN_UNLOCK(c);
	tk_sound_chn_leave(c);
}

/*
 * Move up to `want' bytes between the program and the soft buffer.  Drops the
 * channel's lock while it copies.  FreeBSD 16 counts bytes before it copies
 * them, so a report that comes meanwhile plays or records what is not in the
 * buffer yet.  No driver can change that, so it is not so here.
 */
static int
chn_uiomove(struct pcm_channel *c, struct uio *uio, unsigned int want)
{
	struct snd_dbuf *bs = c->bufsoft;
	unsigned int n, ofs;
	u_int8_t *p;
	int error;

	for (; want > 0; want -= n) {
		ofs = c->direction == PCMDIR_PLAY ? sndbuf_getfreeptr(bs) :
		    sndbuf_getreadyptr(bs);
		n = MIN(want, bs->bufsize - ofs);
		p = sndbuf_getbufofs(bs, ofs);
		CHN_UNLOCK(c);
		error = uiomove(p, (int)n, uio);
		CHN_LOCK(c);
		if (error != 0)
			return (error);
		/*
		 * The channel may have been reset while its lock was released.
		 */
		if (c->direction == PCMDIR_PLAY)
			sndbuf_acquire(bs, NULL, MIN(n, sndbuf_getfree(bs)));
		else
			sndbuf_dispose(bs, NULL, MIN(n, sndbuf_getready(bs)));
	}
	return (0);
}

/*
 * Start if there is enough data.  If the device refuses, the channel is dead.
 */
static int
chn_start_io(struct pcm_channel *c)
{
	int error;

	if (CHN_STARTED(c) || (c->flags & CHN_F_NOTRIGGER))
		return (0);
	error = (int)chn_start(c, 0);
	if (error != 0)
		c->flags |= CHN_F_DEAD;
	return (error);
}

/*
 * Write the uio's bytes.  Bytes that were not written are left in it.  Channel
 * locked; may sleep.  EAGAIN: would block, or in FreeBSD 16 no interrupt came;
 * EINTR; EINVAL: dead; or the driver's error.
 */
int
chn_write(struct pcm_channel *c, struct uio *uio)
{
	unsigned int n;
	int ret = 0;

	CHN_LOCKASSERT(c);
	while (ret == 0 && uio->uio_resid > 0) {
		n = (unsigned int)MIN((size_t)uio->uio_resid,
		    sndbuf_getfree(c->bufsoft));
		if (n > 0) {
			ret = chn_uiomove(c, uio, n);
			if (ret == 0)
				ret = chn_start_io(c);
		} else if (c->flags & (CHN_F_NBIO | CHN_F_NOTRIGGER))
			ret = EAGAIN;
		else
			ret = chn_sleep_io(c);
	}
	return (ret);
}

/* As chn_write(), the other way. */
int
chn_read(struct pcm_channel *c, struct uio *uio)
{
	unsigned int n;
	int ret;

	CHN_LOCKASSERT(c);
	ret = chn_start_io(c);
	while (ret == 0 && uio->uio_resid > 0) {
		n = (unsigned int)MIN((size_t)uio->uio_resid,
		    sndbuf_getready(c->bufsoft));
		if (n > 0)
			ret = chn_uiomove(c, uio, n);
		else if (c->flags & (CHN_F_NBIO | CHN_F_NOTRIGGER))
			ret = EAGAIN;
		else
			ret = chn_sleep_io(c);
	}
	return (ret);
}

/* Is there enough to start?  For playing one frame is. */
static bool
chn_ready(struct pcm_channel *c)
{
	struct snd_dbuf *b = c->bufhard, *bs = c->bufsoft;

	if (c->direction == PCMDIR_REC)
		return (sndbuf_getfree(bs) > 0 || sndbuf_getready(b) == 0);
	b = CHN_BUF_PARENT(c, b);
	return (sndbuf_getfree(bs) == 0 ||
	    sndbuf_xbytes(sndbuf_getready(bs), bs, b) >= b->align);
}

/*
 * Start if there is enough data, or if `force' is set.  The device begins with
 * a hard buffer of silence.  Channel locked.  EINVAL: started already, or held
 * by SNDCTL_DSP_SETTRIGGER; the driver's error.
 */
u_int32_t
chn_start(struct pcm_channel *c, int force)
{
	struct snd_dbuf *b = c->bufhard, *bs = c->bufsoft;

	CHN_LOCKASSERT(c);
	if (CHN_STARTED(c) || ((c->flags & CHN_F_NOTRIGGER) && !force))
		return (EINVAL);
	if (!force && !chn_ready(c))
		return (0);

	c->flags |= CHN_F_TRIGGERED;
	sndbuf_setrun(b, 1);
	if (c->flags & CHN_F_CLOSING)
		c->feedcount = 2;
	else {
		c->feedcount = 0;
		c->interrupts = 0;
		c->xruns = 0;
	}
	if (c->direction == PCMDIR_PLAY && c->parentchannel == NULL)
		sndbuf_fillsilence_rl(b, sndbuf_xbytes(bs->bufsize, bs, b));
	return ((u_int32_t)chn_trigger(c, PCMTRIG_START));
}

void
chn_resetbuf(struct pcm_channel *c)
{
	c->blocks = 0;
	sndbuf_reset(c->bufhard);
	sndbuf_reset(c->bufsoft);
}

/*
 * Append silence while there is room.  Returns how much is still to be
 * appended.
 */
static unsigned int
chn_sync_pad(struct pcm_channel *c, unsigned int pad)
{
	struct snd_dbuf *bs = c->bufsoft;
	unsigned int n;

	n = MIN(pad, sndbuf_getfree(bs));
	sndbuf_clear(bs, n);
	sndbuf_acquire(bs, NULL, n);
	return (pad - n);
}

/* Silence that must follow the data so that the last sample is played. */
static unsigned int
chn_sync_padding(struct pcm_channel *c, unsigned int threshold)
{
	struct snd_dbuf *b = CHN_BUF_PARENT(c, c->bufhard), *bs = c->bufsoft;
	unsigned int pad;

	pad = threshold + sndbuf_xbytes(sndbuf_getready(b), b, bs);
	if (chn_syncdelay < 0)
		pad += sndbuf_xbytes(b->bufsize, b, bs);
	else
		pad += bs->align * bs->spd *
		    (unsigned int)MIN(chn_syncdelay, 1000) / 1000;
	return (pad - pad % bs->align);
}

/*
 * Wait until the buffers' contents and `threshold' bytes of silence have been
 * played.  Gives up if the device stalls for as long as these blocks take.
 * Channel locked; sleeps.  0, or EINVAL when it is no playing channel, or the
 * driver's error at start.
 */
int
chn_sync(struct pcm_channel *c, int threshold)
{
	struct snd_dbuf *b = CHN_BUF_PARENT(c, c->bufhard), *bs = c->bufsoft;
	unsigned int before, count, most, pad, resid;
	u_int32_t closing;
	int ret;

	CHN_LOCKASSERT(c);
	if (c->direction != PCMDIR_PLAY)
		return (EINVAL);
	if ((c->flags & (CHN_F_DEAD | CHN_F_ABORTING)) ||
	    (threshold < 1 && sndbuf_getready(bs) < 1))
		return (0);
	if (CHN_STOPPED(c)) {
		ret = (int)chn_start(c, 1);
		if (ret != 0)
			return (ret);
	}

	pad = chn_sync_pad(c, chn_sync_padding(c,
	    (unsigned int)imax(threshold, 0)));
	resid = before = sndbuf_getready(bs);
	count = most = sndbuf_xbytes(pad + resid, bs, b) / b->blksz;

	closing = c->flags & CHN_F_CLOSING;
	c->flags |= CHN_F_CLOSING;
	while (count > 0 && (resid > 0 || pad > 0)) {
		ret = chn_sleep(c, (int)c->timeout);
		if (ret == ERESTART || ret == EINTR)
			c->flags |= CHN_F_ABORTING;
		if (ret != 0 && ret != EAGAIN)
			break;
		resid = sndbuf_getready(bs);
		if (resid == before)
			count--;
		else if (resid < before && count < most)
			count++;
		pad = chn_sync_pad(c, pad);
		resid = before = sndbuf_getready(bs);
	}
	c->flags &= ~CHN_F_CLOSING;
	c->flags |= closing;
	return (0);
}

/* Stop now.  Channel locked.  Returns the bytes that were not played. */
int
chn_abort(struct pcm_channel *c)
{
	int missing;

	CHN_LOCKASSERT(c);
	if (CHN_STOPPED(c))
		return (0);
	c->flags |= CHN_F_ABORTING;
	c->flags &= ~CHN_F_TRIGGERED;
	chn_trigger(c, PCMTRIG_ABORT);
	sndbuf_setrun(c->bufhard, 0);
	if ((c->flags & CHN_F_VIRTUAL) == 0)
		chn_dmaupdate(c);
	missing = (int)sndbuf_getready(c->bufsoft);
	c->flags &= ~CHN_F_ABORTING;
	return (missing);
}

/*
 * Play out, then stop: the driver's abort comes with CHN_F_CLOSING set.
 * Channel locked; sleeps.  Returns 0.
 */
int
chn_flush(struct pcm_channel *c)
{
	CHN_LOCKASSERT(c);
	KASSERT(c->direction == PCMDIR_PLAY, ("%s: flushed", c->name));
	c->flags |= CHN_F_CLOSING;
	chn_sync(c, 0);
	c->flags &= ~CHN_F_TRIGGERED;
	chn_trigger(c, PCMTRIG_ABORT);
	sndbuf_setrun(c->bufhard, 0);
	c->flags &= ~CHN_F_CLOSING;
	return (0);
}

/*
 * Trigger the driver.  Channel locked.  Unless `go' is a hint, the lock is then
 * released and taken again, to record that the device is busy.  This is skipped
 * if another trigger came meanwhile.  Returns the driver's error.
 */
int
chn_trigger(struct pcm_channel *c, int go)
{
	struct snddev_info *d = c->parentsnddev;
	bool started = false;
	int error;

	CHN_LOCKASSERT(c);
	if (!PCMTRIG_COMMON(go))
		return (tk_drv_trigger(c, go));
	if (go == c->trigger)
		return (0);
	c->trigger = go;
	error = tk_drv_trigger(c, go);
	if (error != 0)
		return (error);

	CHN_UNLOCK(c);
	PCM_LOCK(d);
	CHN_LOCK(c);
	if (go == c->trigger) {
		if (go == PCMTRIG_START)
			CHN_INSERT_HEAD_SAFE(d, c, channels.pcm.busy);
		else
			CHN_REMOVE(d, c, channels.pcm.busy);
		started = go == PCMTRIG_START;
	}
	PCM_UNLOCK(d);
	if (started)
		chn_syncstate(c);
	return (0);
}

/*
 * Update a parent for its children.  It gets new sizes, unless it runs.  It
 * starts with the first child that runs, and stops with the last.  Parent
 * locked; its lock is released meanwhile.  Returns the driver's error at start.
 */
int
chn_notify(struct pcm_channel *c, u_int32_t flags)
{
	bool run = CHN_STARTED(c) != 0, wanted;

	CHN_LOCKASSERT(c);
	if (CHN_EMPTY(c, children))
		return (0);
	if ((flags & CHN_N_BLOCKSIZE) && !run)
		(void)chn_setlatency(c, chn_latency);
	if ((flags & CHN_N_TRIGGER) == 0)
		return (0);
	wanted = !CHN_EMPTY(c, children.busy);
	if (wanted && !run)
		return ((int)chn_start(c, 1));
	if (!wanted && run)
		(void)chn_abort(c);
	return (0);
}

/* The device's position, bytes; 0 when stopped.  Channel locked. */
int
chn_getptr(struct pcm_channel *c)
{
	CHN_LOCKASSERT(c);
	return (CHN_STARTED(c) ? (int)tk_drv_getptr(c) : 0);
}

struct pcmchan_caps *
chn_getcaps(struct pcm_channel *c)
{
	CHN_LOCKASSERT(c);
	return (tk_drv_getcaps(c));
}

int
chn_getrates(struct pcm_channel *c, int **rates)
{
	CHN_LOCKASSERT(c);
	return (tk_drv_getrates(c, rates));
}

/* Every encoding that the hardware offers.  Channel locked. */
u_int32_t
chn_getformats(struct pcm_channel *c)
{
	u_int32_t *fmt, fmts = 0;

	for (fmt = chn_getcaps(c)->fmtlist; *fmt != 0; fmt++)
		fmts |= *fmt;
	return (AFMT_ENCODING(fmts));
}
