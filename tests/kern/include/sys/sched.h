/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The scheduler, as far as a driver calls it. */

#ifndef _SYS_SCHED_H_
#define	_SYS_SCHED_H_

#ifdef _KERNEL
#include <sys/proc.h>

void	sched_prio(struct thread *td, u_char prio);

static __inline void
sched_pin(void)
{
	curthread->td_pinned++;
}

static __inline void
sched_unpin(void)
{
	curthread->td_pinned--;
}

static __inline void
sched_bind(struct thread *td __unused, int cpu __unused)
{
}

static __inline void
sched_unbind(struct thread *td __unused)
{
}
#endif

#endif /* !_SYS_SCHED_H_ */
