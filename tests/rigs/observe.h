/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What test cases see of a driver from outside: lines on the console, and
 * counters in the tree of sysctl(9).
 */
#ifndef _OBSERVE_H_
#define	_OBSERVE_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/sysctl.h>
#include <machine/stdarg.h>

#include "tk_test.h"
#include "tk_test_walk.h"

/* Has the kernel printed this text since it was booted? */
static inline bool
printed(const char *text)
{
	return (strstr(tk_msgbuf(), text) != NULL);
}

/* How often the kernel has printed this text since it was booted. */
static inline int
times_printed(const char *text)
{
	return (tk_walk_count(tk_msgbuf(), text));
}

/* The 64-bit counter at the node with that name.  The node must exist. */
static inline uint64_t TK_PRINTFLIKE(1, 2)
counter_of(const char *fmt, ...)
{
	char path[128];
	uint64_t value = 0;
	size_t len = sizeof(value);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	TK_EQ(kernel_sysctlbyname(curthread, path, &value, &len, NULL, 0, NULL,
	    0), 0);
	return (value);
}

#endif /* !_OBSERVE_H_ */
