/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Event handler entries. */

#ifndef _SYS__EVENTHANDLER_H_
#define	_SYS__EVENTHANDLER_H_

#include <sys/queue.h>

struct eventhandler_entry {
	TAILQ_ENTRY(eventhandler_entry) ee_link;
	int		 ee_priority;
#define	EHE_DEAD_PRIORITY	(-1)
	void		*ee_arg;
};

typedef struct eventhandler_entry *eventhandler_tag;

struct eventhandler_list;

#define	EVENTHANDLER_LIST_DECLARE(name)					\
extern struct eventhandler_list *_eventhandler_list_ ## name

#define	EVENTHANDLER_DECLARE(name, type)				\
struct eventhandler_entry_ ## name					\
{									\
	struct eventhandler_entry	ee;				\
	type				eh_func;			\
};									\
struct __hack

#endif /* !_SYS__EVENTHANDLER_H_ */
