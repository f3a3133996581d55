/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The register of live channels and devices.
 *
 * An entry is made before the object can be used and removed just before its
 * memory is freed.  So a driver's interrupt that comes too early or too late is
 * recognised.  Entries left at shutdown are leaks.
 */

#include "tk_sound.h"

struct sound_entry {
	SLIST_ENTRY(sound_entry) link;
	const void	*object;
	const struct snddev_info *dev;	/* a channel's device; a device */
	char		 name[CHN_NAMELEN];
	bool		 registered;	/* pcm_register() was done */
	int		 inside;	/* drivers inside chn_intr() */
	struct tk_where	 where;
};

SLIST_HEAD(sound_list, sound_entry);

/* Guarded by tk_lock(). */
static struct sound_list sound_channels =
    SLIST_HEAD_INITIALIZER(sound_channels);
static struct sound_list sound_devices =
    SLIST_HEAD_INITIALIZER(sound_devices);

static struct sound_entry *
sound_find(struct sound_list *list, const void *object)
{
	struct sound_entry *e;

	SLIST_FOREACH(e, list, link) {
		if (e->object == object)
			return (e);
	}
	return (NULL);
}

static void
sound_add(struct sound_list *list, const void *object,
    const struct snddev_info *dev, const char *name)
{
	struct sound_entry *e;

	e = malloc(sizeof(*e), M_DEVBUF, M_WAITOK | M_ZERO);
	e->object = object;
	e->dev = dev;
	strlcpy(e->name, name, sizeof(e->name));
	tk_where(&e->where);
	tk_lock();
	SLIST_INSERT_HEAD(list, e, link);
	tk_unlock();
}

static void
sound_del(struct sound_list *list, const void *object)
{
	struct sound_entry *e;

	tk_lock();
	e = sound_find(list, object);
	if (e != NULL)
		SLIST_REMOVE(list, e, sound_entry, link);
	tk_unlock();
	free(e, M_DEVBUF);
}

void
tk_sound_dev_add(struct snddev_info *d)
{
	if (tk_sound_dev_check(d->dev, NULL) != NULL)
		tk_stop("sound", "pcm_init() of %s twice",
		    device_get_nameunit(d->dev));
	sound_add(&sound_devices, d, d, device_get_nameunit(d->dev));
}

void
tk_sound_dev_registered(struct snddev_info *d)
{
	struct sound_entry *e;

	tk_lock();
	e = sound_find(&sound_devices, d);
	if (e != NULL)
		e->registered = true;
	tk_unlock();
}

bool
tk_sound_dev_isregistered(const struct snddev_info *d)
{
	struct sound_entry *e;
	bool registered;

	tk_lock();
	e = sound_find(&sound_devices, d);
	registered = e != NULL && e->registered;
	tk_unlock();
	return (registered);
}

void
tk_sound_dev_del(struct snddev_info *d)
{
	sound_del(&sound_devices, d);
}

/* If `what' is NULL this only asks, and does not stop the run. */
struct snddev_info *
tk_sound_dev_check(device_t dev, const char *what)
{
	struct snddev_info *d = device_get_softc(dev);
	struct sound_entry *e;

	tk_lock();
	e = sound_find(&sound_devices, d);
	tk_unlock();
	if (e != NULL)
		return (d);
	if (what != NULL)
		tk_stop("sound", "%s of %s, which is not between pcm_init() "
		    "and pcm_unregister()", what, device_get_nameunit(dev));
	return (NULL);
}

void
tk_sound_chn_add(struct pcm_channel *c)
{
	sound_add(&sound_channels, c, c->parentsnddev, c->name);
}

void
tk_sound_chn_del(struct pcm_channel *c)
{
	struct sound_entry *e;
	int inside;

	tk_lock();
	e = sound_find(&sound_channels, c);
	inside = e == NULL ? 0 : e->inside;
	tk_unlock();
	if (inside > 0)
		tk_stop("sound", "%s is freed while its driver is inside "
		    "chn_intr()", c->name);
	sound_del(&sound_channels, c);
}

void
tk_sound_chn_enter(const struct pcm_channel *c, const char *what)
{
	struct sound_entry *chan, *dev;
	bool registered = false;

	tk_lock();
	chan = sound_find(&sound_channels, c);
	if (chan != NULL) {
		dev = sound_find(&sound_devices, chan->dev);
		registered = dev != NULL && dev->registered;
		chan->inside++;
	}
	tk_unlock();
	if (chan == NULL)
		tk_stop("sound", "%s of a channel that was freed", what);
	if (!registered)
		tk_stop("sound", "%s of %s before pcm_register()", what,
		    chan->name);
}

void
tk_sound_chn_leave(const struct pcm_channel *c)
{
	struct sound_entry *e;

	tk_lock();
	e = sound_find(&sound_channels, c);
	if (e != NULL)
		e->inside--;
	tk_unlock();
}

static int
sound_report(struct sound_list *list, const char *what, bool print)
{
	struct sound_entry *e;
	int n = 0;

	SLIST_FOREACH(e, list, link) {
		n++;
		if (print)
			tk_leak(&e->where, "%s %s", what, e->name);
	}
	return (n);
}

static int
sound_report_channels(bool print)
{
	return (sound_report(&sound_channels, "sound channel", print));
}

static int
sound_report_devices(bool print)
{
	return (sound_report(&sound_devices, "sound device", print));
}

/* A newly booted kernel has none of the previous kernel's objects. */
static void
sound_register_init(void)
{
	SLIST_INIT(&sound_channels);
	SLIST_INIT(&sound_devices);
	tk_ledger("sound channels", sound_report_channels);
	tk_ledger("sound devices", sound_report_devices);
}
TK_INIT(sound_register_init);
