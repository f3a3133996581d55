/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* struct task. */

#ifndef _SYS__TASK_H_
#define	_SYS__TASK_H_

#include <sys/_callout.h>
#include <sys/queue.h>
#include <sys/types.h>

typedef void task_fn_t(void *context, int pending);

struct task {
	STAILQ_ENTRY(task) ta_link;
	uint16_t ta_pending;		/* times enqueued since it last ran */
	uint8_t	ta_priority;		/* the highest runs first */
	uint8_t	ta_flags;
	task_fn_t *ta_func;
	void	*ta_context;
};

#define	TASK_ENQUEUED		0x1
#define	TASK_NOENQUEUE		0x2
#define	TASK_NETWORK		0x4
#define	TASK_IS_NET(ta)		((ta)->ta_flags & TASK_NETWORK)

struct taskqueue;

struct timeout_task {
	struct taskqueue *q;
	struct task t;
	struct callout c;
	int	f;
};

#endif /* !_SYS__TASK_H_ */
