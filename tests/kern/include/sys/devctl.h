/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * devctl(4) messages.  They are recorded in order and read back by tests
 * with tk_devctl_count() and tk_devctl_message() (tk_bus.h).
 */

#ifndef _SYS_DEVCTL_H_
#define	_SYS_DEVCTL_H_

#include <sys/types.h>

#ifdef _KERNEL
struct sbuf;

typedef void send_event_f(const char *system, const char *subsystem,
	    const char *type, const char *data);

bool	devctl_process_running(void);

/* Queues "!system=S subsystem=SS type=T data".  Never sleeps. */
void	devctl_notify(const char *system, const char *subsystem,
	    const char *type, const char *data);
void	devctl_safe_quote_sb(struct sbuf *sb, const char *src);
void	devctl_set_notify_hook(send_event_f *hook);
void	devctl_unset_notify_hook(void);
#endif /* _KERNEL */

#endif /* !_SYS_DEVCTL_H_ */
