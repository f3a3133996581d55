/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Checked calls of a driver's channel methods.  FreeBSD trusts what a driver
 * returns, so a mistake shows later and elsewhere.  Here the call itself stops
 * the run.
 */

#include "tk_sound.h"

/* Methods that sound(4) calls and that have no default. */
static const struct {
	kobjop_desc_t	 desc;
	const char	*name;
} driver_required[] = {
	{ &channel_init_desc,		"init" },
	{ &channel_setformat_desc,	"setformat" },
	{ &channel_setspeed_desc,	"setspeed" },
	{ &channel_setblocksize_desc,	"setblocksize" },
	{ &channel_trigger_desc,	"trigger" },
	{ &channel_getcaps_desc,	"getcaps" },
};

/* Note the locks held.  lock: the object's own, whether held or not. */
void
tk_drv_begin(struct tk_drv_call *call, struct mtx *lock)
{
	tk_preempt();
	call->lock = lock;
	call->held = tk_locks_held();
	call->owned = mtx_owned(lock);
}

/* Stop if the method kept a lock, or released one that was held at the call. */
void
tk_drv_end(const struct tk_drv_call *call, const char *method,
    const char *name)
{
	int more = tk_locks_held() - call->held;

	if (call->owned && !mtx_owned(call->lock))
		tk_stop("sound", "%s of %s returned without the lock that it "
		    "was called with", method, name);
	if (more != 0)
		tk_stop("sound", "%s of %s returned with %d lock%s %s than it "
		    "was called with", method, name, abs(more),
		    abs(more) == 1 ? "" : "s", more > 0 ? "more" : "less");
}

static void
driver_check_class(struct pcm_channel *c)
{
	kobj_class_t cls = c->methods->ops->cls;
	kobjop_t func;
	size_t i;

	for (i = 0; i < nitems(driver_required); i++) {
		func = kobj_lookup_method(cls, NULL,
		    driver_required[i].desc)->func;
		if (func == (kobjop_t)kobj_error_method)
			tk_stop("sound", "channel class %s has no method "
			    "channel_%s", cls->name, driver_required[i].name);
	}
}

void *
tk_drv_init(struct pcm_channel *c, void *devinfo)
{
	struct tk_drv_call call;
	void *data;

	/*
	 * Virtual channels lack some methods, which sound(4) does not call for
	 * them.
	 */
	if (c->parentchannel == NULL)
		driver_check_class(c);
	tk_drv_begin(&call, TK_CHN_MTX(c));
	data = CHANNEL_INIT(c->methods, devinfo, c->bufhard, c, c->direction);
	tk_drv_end(&call, "CHANNEL_INIT", c->name);
	return (data);
}

void
tk_drv_free(struct pcm_channel *c)
{
	struct tk_drv_call call;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	CHANNEL_FREE(c->methods, c->devinfo);
	tk_drv_end(&call, "CHANNEL_FREE", c->name);
}

int
tk_drv_reset(struct pcm_channel *c)
{
	struct tk_drv_call call;
	int error;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	error = CHANNEL_RESET(c->methods, c->devinfo);
	tk_drv_end(&call, "CHANNEL_RESET", c->name);
	return (error);
}

int
tk_drv_resetdone(struct pcm_channel *c)
{
	struct tk_drv_call call;
	int error;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	error = CHANNEL_RESETDONE(c->methods, c->devinfo);
	tk_drv_end(&call, "CHANNEL_RESETDONE", c->name);
	return (error);
}

int
tk_drv_setformat(struct pcm_channel *c, uint32_t format)
{
	struct tk_drv_call call;
	int error;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	error = CHANNEL_SETFORMAT(c->methods, c->devinfo, format);
	tk_drv_end(&call, "CHANNEL_SETFORMAT", c->name);
	return (error);
}

static bool
driver_has_rate(struct pcm_channel *c, uint32_t speed)
{
	struct pcmchan_caps *caps = tk_drv_getcaps(c);
	int i, n, *rates;

	if (speed < caps->minspeed || speed > caps->maxspeed)
		return (false);
	n = tk_drv_getrates(c, &rates);
	for (i = 0; i < n; i++) {
		if ((uint32_t)rates[i] == speed)
			return (true);
	}
	return (n == 0);
}

uint32_t
tk_drv_setspeed(struct pcm_channel *c, uint32_t speed)
{
	struct tk_drv_call call;
	uint32_t taken;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	taken = CHANNEL_SETSPEED(c->methods, c->devinfo, speed);
	tk_drv_end(&call, "CHANNEL_SETSPEED", c->name);
	if (!driver_has_rate(c, taken))
		tk_stop("sound", "CHANNEL_SETSPEED of %s returned %u Hz, "
		    "which the channel does not offer", c->name, taken);
	return (taken);
}

/* What a driver made of its hard buffer must be whole blocks and frames. */
static void
driver_check_blocks(struct pcm_channel *c, uint32_t blksz, const char *method)
{
	struct snd_dbuf *b = c->bufhard;

	if (blksz == 0 || blksz != b->blksz)
		tk_stop("sound", "%s of %s gave blocks of %u bytes where the "
		    "buffer has %u", method, c->name, blksz, b->blksz);
	if (blksz % b->align != 0)
		tk_stop("sound", "%s of %s gave blocks of %u bytes, which is "
		    "no whole number of %u-byte frames", method, c->name,
		    blksz, b->align);
	if (b->bufsize != b->blkcnt * b->blksz)
		tk_stop("sound", "%s of %s left a buffer of %u bytes with %u "
		    "blocks of %u", method, c->name, b->bufsize, b->blkcnt,
		    b->blksz);
}

uint32_t
tk_drv_setblocksize(struct pcm_channel *c, uint32_t blksz)
{
	struct tk_drv_call call;
	uint32_t taken;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	taken = CHANNEL_SETBLOCKSIZE(c->methods, c->devinfo, blksz);
	tk_drv_end(&call, "CHANNEL_SETBLOCKSIZE", c->name);
	driver_check_blocks(c, taken, "CHANNEL_SETBLOCKSIZE");
	return (taken);
}

int
tk_drv_setfragments(struct pcm_channel *c, uint32_t blksz, uint32_t blkcnt)
{
	struct tk_drv_call call;
	int error;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	error = CHANNEL_SETFRAGMENTS(c->methods, c->devinfo, blksz, blkcnt);
	tk_drv_end(&call, "CHANNEL_SETFRAGMENTS", c->name);
	if (error == 0)
		driver_check_blocks(c, c->bufhard->blksz,
		    "CHANNEL_SETFRAGMENTS");
	return (error);
}

int
tk_drv_trigger(struct pcm_channel *c, int go)
{
	struct tk_drv_call call;
	int error;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	error = CHANNEL_TRIGGER(c->methods, c->devinfo, go);
	tk_drv_end(&call, "CHANNEL_TRIGGER", c->name);
	return (error);
}

uint32_t
tk_drv_getptr(struct pcm_channel *c)
{
	struct snd_dbuf *b = c->bufhard;
	struct tk_drv_call call;
	uint32_t ptr;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	ptr = CHANNEL_GETPTR(c->methods, c->devinfo);
	tk_drv_end(&call, "CHANNEL_GETPTR", c->name);
	if (ptr >= b->bufsize)
		tk_stop("sound", "CHANNEL_GETPTR of %s returned %u, outside "
		    "its buffer of %u bytes", c->name, ptr, b->bufsize);
	if (ptr % b->align != 0)
		tk_stop("sound", "CHANNEL_GETPTR of %s returned %u, inside "
		    "a frame of %u bytes", c->name, ptr, b->align);
	return (ptr);
}

struct pcmchan_caps *
tk_drv_getcaps(struct pcm_channel *c)
{
	struct pcmchan_caps *caps;
	struct tk_drv_call call;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	caps = CHANNEL_GETCAPS(c->methods, c->devinfo);
	tk_drv_end(&call, "CHANNEL_GETCAPS", c->name);
	if (caps == NULL || caps->fmtlist == NULL || caps->fmtlist[0] == 0)
		tk_stop("sound", "CHANNEL_GETCAPS of %s offers no format",
		    c->name);
	return (caps);
}

int
tk_drv_getrates(struct pcm_channel *c, int **rates)
{
	struct tk_drv_call call;
	int n;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	n = CHANNEL_GETRATES(c->methods, c->devinfo, rates);
	tk_drv_end(&call, "CHANNEL_GETRATES", c->name);
	return (n);
}

struct pcmchan_matrix *
tk_drv_getmatrix(struct pcm_channel *c, uint32_t format)
{
	struct pcmchan_matrix *m;
	struct tk_drv_call call;

	tk_drv_begin(&call, TK_CHN_MTX(c));
	m = CHANNEL_GETMATRIX(c->methods, c->devinfo, format);
	tk_drv_end(&call, "CHANNEL_GETMATRIX", c->name);
	/* FreeBSD's matrix feeder is set up from the standard map first. */
	if (m == NULL || m->channels != AFMT_CHANNEL(format) ||
	    feeder_matrix_format_map(SND_FORMAT(format, m->channels,
	    m->ext)) == NULL)
		tk_stop("sound", "CHANNEL_GETMATRIX of %s has no map that "
		    "sound(4) can use for format 0x%08x", c->name, format);
	return (m);
}
