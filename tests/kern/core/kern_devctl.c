/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * devctl(4) messages, recorded for tests instead of being read from a device
 * node.  Any context.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/devctl.h>
#include <sys/sbuf.h>

#include "tk.h"
#include "tk_bus_var.h"
#include "tk_var.h"

#define	DEVCTL_MAX	1000	/* FreeBSD's default queue length */

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
	char line[512];
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
	sbuf_finish(&sb);
	tk_devctl_record(sbuf_data(&sb));
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
