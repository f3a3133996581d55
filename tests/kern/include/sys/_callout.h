/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* struct callout. */

#ifndef _SYS__CALLOUT_H
#define	_SYS__CALLOUT_H

#include <sys/_types.h>
#include <sys/queue.h>

struct lock_object;

LIST_HEAD(callout_list, callout);
SLIST_HEAD(callout_slist, callout);
TAILQ_HEAD(callout_tailq, callout);

typedef void callout_func_t(void *);

struct callout {
	union {
		LIST_ENTRY(callout) le;
		SLIST_ENTRY(callout) sle;
		TAILQ_ENTRY(callout) tqe;
	} c_links;
	__sbintime_t c_time;		/* when */
	__sbintime_t c_precision;
	void	*c_arg;
	callout_func_t *c_func;
	struct lock_object *c_lock;	/* held around c_func; or NULL */
	short	c_flags;		/* CALLOUT_ACTIVE: the user's */
	short	c_iflags;		/* the implementation's */
	volatile int c_cpu;
};

#endif /* !_SYS__CALLOUT_H */
