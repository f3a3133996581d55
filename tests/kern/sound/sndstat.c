/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The text of /dev/sndstat: each device, its channels and their buffers.
 */

#include <sys/sx.h>

#include "tk_dsp.h"
#include "tk_sound.h"

struct sndstat_entry {
	SLIST_ENTRY(sndstat_entry) link;
	device_t	 dev;
	char		*str;
};

static struct sx sndstat_lock;
SX_SYSINIT(sndstat, &sndstat_lock, "sndstat lock");

/* Guarded by sndstat_lock; sorted by unit. */
static SLIST_HEAD(, sndstat_entry) sndstat_devices =
    SLIST_HEAD_INITIALIZER(sndstat_devices);

/* A newly booted kernel shows none of the previous kernel's devices. */
static void
sndstat_init(void)
{
	SLIST_INIT(&sndstat_devices);
}
TK_INIT(sndstat_init);

/* Show the device; str, its status, lives as long as it is shown. */
#if TK_FREEBSD == 15
int
sndstat_register(device_t dev, char *str)
{
#else
int
sndstat_register(device_t dev, int type __unused, char *str)
{
#endif
	struct sndstat_entry *e, *other, *before = NULL;

	e = malloc(sizeof(*e), M_DEVBUF, M_WAITOK | M_ZERO);
	e->dev = dev;
	e->str = str;
	sx_xlock(&sndstat_lock);
	SLIST_FOREACH(other, &sndstat_devices, link) {
		if (device_get_unit(other->dev) < device_get_unit(dev))
			before = other;
	}
	if (before != NULL)
		SLIST_INSERT_AFTER(before, e, link);
	else
		SLIST_INSERT_HEAD(&sndstat_devices, e, link);
	sx_xunlock(&sndstat_lock);
	return (0);
}

/* ENXIO: it is not shown. */
int
sndstat_unregister(device_t dev)
{
	struct sndstat_entry *e;

	sx_xlock(&sndstat_lock);
	SLIST_FOREACH(e, &sndstat_devices, link) {
		if (e->dev == dev)
			break;
	}
	if (e != NULL)
		SLIST_REMOVE(&sndstat_devices, e, sndstat_entry, link);
	sx_xunlock(&sndstat_lock);
	if (e == NULL)
		return (ENXIO);
	free(e, M_DEVBUF);
	return (0);
}

/*
 * Print to a buffer of its own: an sbuf may sleep for memory, which a locked
 * channel forbids.
 */
static void
sndstat_print_channel(struct sbuf *s, struct pcm_channel *c)
{
	struct snd_dbuf *b = c->bufhard, *bs = c->bufsoft;
	bool play = c->direction == PCMDIR_PLAY;
	char text[512];

	CHN_LOCK(c);
	snprintf(text, sizeof(text),
	    "\t[%s]: spd %u, fmt 0x%08x, flags 0x%08x, pid %d (%s)\n"
	    "\t\tinterrupts %u, %s %u, feed %u, %s %u\n"
	    "\t\t[b:%u/%u/%u|bs:%u/%u/%u]\n",
	    c->name, c->speed, c->format, c->flags, (int)c->pid, c->comm,
	    c->interrupts, play ? "underruns" : "overruns", c->xruns,
	    c->feedcount, play ? "ready" : "sfree",
	    play ? sndbuf_getready(bs) : sndbuf_getfree(bs),
	    b->bufsize, b->blksz, b->blkcnt, bs->bufsize, bs->blksz,
	    bs->blkcnt);
	CHN_UNLOCK(c);
	sbuf_cat(s, text);
}

static void
sndstat_print_device(struct sbuf *s, struct sndstat_entry *e)
{
	struct snddev_info *d = device_get_softc(e->dev);
	struct pcm_channel *c;

	PCM_ACQUIRE_QUICK(d);
	sbuf_printf(s, "%s: <%s> %s (%s%s%s)%s\n",
	    device_get_nameunit(e->dev), device_get_desc(e->dev), e->str,
	    d->playcount > 0 ? "play" : "",
	    d->playcount > 0 && d->reccount > 0 ? "/" : "",
	    d->reccount > 0 ? "rec" : "",
	    device_get_unit(e->dev) == snd_unit ? " default" : "");
	CHN_FOREACH(c, d, channels.pcm)
		sndstat_print_channel(s, c);
	PCM_RELEASE_QUICK(d);
}

size_t
tk_sndstat(char *buf, size_t size)
{
	struct sndstat_entry *e;
	struct sbuf *s;
	size_t len;

	s = sbuf_new_auto();
	sx_xlock(&sndstat_lock);
	if (SLIST_EMPTY(&sndstat_devices))
		sbuf_cat(s, "No devices installed.\n");
	else
		sbuf_cat(s, "Installed devices:\n");
	SLIST_FOREACH(e, &sndstat_devices, link)
		sndstat_print_device(s, e);
	sx_xunlock(&sndstat_lock);
	sbuf_finish(s);
	len = (size_t)sbuf_len(s);
	if (size > 0)
		strlcpy(buf, sbuf_data(s), size);
	sbuf_delete(s);
	return (len);
}
