/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * devctl(4) messages, recorded for tests instead of being read from a device
 * node.  As FreeBSD's, devctl_notify() takes a mutex, and loses a message that
 * is too long.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/devctl.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/sbuf.h>

#include "tk.h"
#include "tk_bus_var.h"
#include "tk_var.h"

#define	DEVCTL_MAX	1000	/* FreeBSD's default queue length */
#define	DEVCTL_BUFFER	(1024 - sizeof(void *))	/* bytes of a message */

static struct mtx devctl_mtx;
MTX_SYSINIT(devctl, &devctl_mtx, "dev mtx", MTX_DEF);
static char	*devctl_queue[DEVCTL_MAX];
static size_t	 devctl_length;
static send_event_f *devctl_hook;

static void
devctl_start(void)
{
	devctl_length = 0;
	devctl_hook = NULL;
}
TK_INIT_PRIO(devctl_start, 110);

bool
devctl_process_running(void)
{
	return (false);
}

void
tk_devctl_record(const char *line)
{
	char *msg;

	if (devctl_length == DEVCTL_MAX)
		return;
	msg = strcpy(tk_tomb_alloc(strlen(line) + 1), line);
	tk_lock();
	if (devctl_length < DEVCTL_MAX)
		devctl_queue[devctl_length++] = msg;
	tk_unlock();
}

void
devctl_notify(const char *system, const char *subsystem, const char *type,
    const char *data)
{
	char line[DEVCTL_BUFFER];
	struct sbuf sb;

	tk_preempt();
	/* It wakes devd(8). */
	tk_not_panicked("devctl_notify()");
	if (system == NULL || subsystem == NULL || type == NULL)
		return;
	if (devctl_hook != NULL)
		devctl_hook(system, subsystem, type, data);
	sbuf_new(&sb, line, sizeof(line), SBUF_FIXEDLEN);
	sbuf_printf(&sb, "!system=%s subsystem=%s type=%s", system, subsystem,
	    type);
	if (data != NULL && data[0] != '\0')
		sbuf_printf(&sb, " %s", data);
	sbuf_putc(&sb, '\n');
	if (sbuf_finish(&sb) == 0) {
		line[sbuf_len(&sb) - 1] = '\0';
		mtx_lock(&devctl_mtx);
		tk_devctl_record(line);
		mtx_unlock(&devctl_mtx);
	}
	sbuf_delete(&sb);
}

/* Backslash before each character that ends or escapes a quoted string. */
void
devctl_safe_quote_sb(struct sbuf *sb, const char *src)
{
	for (; *src != '\0'; src++) {
		if (*src == '"' || *src == '\\')
			sbuf_putc(sb, '\\');
		sbuf_putc(sb, *src);
	}
}

void
devctl_set_notify_hook(send_event_f *hook)
{
	devctl_hook = hook;
}

void
devctl_unset_notify_hook(void)
{
	devctl_hook = NULL;
}

size_t
tk_devctl_count(void)
{
	return (devctl_length);
}

const char *
tk_devctl_message(size_t i)
{
	return (i < devctl_length ? devctl_queue[i] : NULL);
}

void
tk_devctl_clear(void)
{
	tk_lock();
	devctl_length = 0;
	tk_unlock();
}
