/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Input devices: keys and switches.  A value that does not change is not
 * reported, as in FreeBSD's evdev_sparse_event().
 */

#include "tk_var.h"

#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/mutex.h>

#include <dev/evdev/evdev.h>

#include "tk_bus_var.h"
#include "tk_evdev.h"

#define	EVENTS	1024

MODULE_VERSION(evdev, 1);
static MALLOC_DEFINE(M_EVDEV, "evdev", "evdev memory");

struct evdev_dev {
	LIST_ENTRY(evdev_dev) link;	/* of those that are registered */
	char		 name[NAMELEN];
	char		 phys[NAMELEN];
	bool		 registered;
	struct mtx	 mtx;
	bool		 has_type[EV_CNT];
	bool		 has_key[KEY_CNT];
	bool		 has_sw[SW_CNT];
	bool		 key[KEY_CNT];
	bool		 sw[SW_CNT];
	struct tk_where	 where;
};

static LIST_HEAD(, evdev_dev) devs = LIST_HEAD_INITIALIZER(devs);
static struct tk_evdev_event events[EVENTS];
static size_t nevents;

static int
evdev_report(bool print)
{
	struct evdev_dev *e;
	int n = 0;

	LIST_FOREACH(e, &devs, link) {
		n++;
		if (print)
			tk_leak(&e->where, "input device \"%s\"", e->name);
	}
	return (n);
}

static void
evdev_boot(void)
{
	LIST_INIT(&devs);
	nevents = 0;
	tk_ledger("evdev", evdev_report);
}
TK_INIT_PRIO(evdev_boot, 110);

struct evdev_dev *
evdev_alloc(void)
{
	return (malloc(sizeof(struct evdev_dev), M_EVDEV, M_WAITOK | M_ZERO));
}

void
evdev_free(struct evdev_dev *e)
{
	if (e != NULL && e->registered)
		(void)evdev_unregister(e);
	free(e, M_EVDEV);
}

void
evdev_set_name(struct evdev_dev *e, const char *name)
{
	strlcpy(e->name, name, sizeof(e->name));
}

void
evdev_set_phys(struct evdev_dev *e, const char *name)
{
	strlcpy(e->phys, name, sizeof(e->phys));
}

void
evdev_set_id(struct evdev_dev *e, uint16_t bustype, uint16_t vendor,
    uint16_t product, uint16_t version)
{
}

void
evdev_support_event(struct evdev_dev *e, uint16_t type)
{
	KASSERT(type < EV_CNT, ("invalid evdev event property"));
	e->has_type[type] = true;
}

void
evdev_support_key(struct evdev_dev *e, uint16_t code)
{
	KASSERT(code < KEY_CNT, ("invalid evdev key property"));
	e->has_key[code] = true;
}

void
evdev_support_sw(struct evdev_dev *e, uint16_t code)
{
	KASSERT(code < SW_CNT, ("invalid evdev sw property"));
	e->has_sw[code] = true;
}

int
evdev_register(struct evdev_dev *e)
{
	tk_may_sleep(NULL, "evdev_register()");
	if (e->registered)
		tk_stop("evdev", "\"%s\" registered twice", e->name);
	/* make_dev_s(9) may fail. */
	if (tk_fault("evdev_register"))
		return (ENOMEM);
	mtx_init(&e->mtx, "evmtx", NULL, MTX_DEF);
	tk_where(&e->where);
	tk_lock();
	e->registered = true;
	LIST_INSERT_HEAD(&devs, e, link);
	tk_unlock();
	return (0);
}

int
evdev_unregister(struct evdev_dev *e)
{
	tk_may_sleep(NULL, "evdev_unregister()");
	if (!e->registered)
		tk_stop("evdev", "\"%s\" is not registered", e->name);
	tk_lock();
	e->registered = false;
	LIST_REMOVE(e, link);
	tk_unlock();
	mtx_destroy(&e->mtx);
	return (0);
}

/* Where the value of a key or switch is kept; NULL: the device lacks it. */
static bool *
evdev_value(struct evdev_dev *e, uint16_t type, uint16_t code)
{
	if (type >= EV_CNT || !e->has_type[type])
		return (NULL);
	if (type == EV_KEY && code < KEY_CNT && e->has_key[code])
		return (&e->key[code]);
	if (type == EV_SW && code < SW_CNT && e->has_sw[code])
		return (&e->sw[code]);
	return (NULL);
}

static void
evdev_record(struct evdev_dev *e, uint16_t type, uint16_t code, bool value)
{
	struct tk_evdev_event *event;

	tk_lock();
	if (nevents < EVENTS) {
		event = &events[nevents++];
		event->name = strcpy(tk_tomb_alloc(strlen(e->name) + 1),
		    e->name);
		event->type = type;
		event->code = code;
		event->value = value;
	}
	tk_unlock();
}

int
evdev_push_event(struct evdev_dev *e, uint16_t type, uint16_t code,
    int32_t value)
{
	bool *kept = NULL;

	tk_preempt();
	if (!e->registered)
		tk_stop("evdev", "\"%s\" is not registered", e->name);
	if (type != EV_SYN && (kept = evdev_value(e, type, code)) == NULL)
		return (EINVAL);
	if (SCHEDULER_STOPPED())
		return (0);
	mtx_lock(&e->mtx);
	if (kept != NULL && *kept != (value != 0)) {
		*kept = value != 0;
		evdev_record(e, type, code, *kept);
	}
	mtx_unlock(&e->mtx);
	return (0);
}

/*
 * For tests
 */

const struct tk_evdev_event *
tk_evdev_event(size_t nth)
{
	return (nth < nevents ? &events[nth] : NULL);
}

int
tk_evdev_state(const char *name, uint16_t type, uint16_t code)
{
	struct evdev_dev *e;
	const bool *kept = NULL;

	LIST_FOREACH(e, &devs, link) {
		if (strcmp(e->name, name) == 0)
			kept = evdev_value(e, type, code);
	}
	return (kept == NULL ? -1 : *kept);
}
