/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The type that drivers embed for select(2), poll(2) and kqueue(2).
 */

#ifndef _SYS_SELINFO_H_
#define	_SYS_SELINFO_H_

#include <sys/event.h>

struct selfd;
TAILQ_HEAD(selfdlist, selfd);

struct selinfo {
	struct selfdlist si_tdlist;	/* threads in poll(2) */
	struct knlist	 si_note;
	struct mtx	*si_mtx;	/* NULL: nobody has polled yet */
};

#define	SEL_WAITING(si)		(!TAILQ_EMPTY(&(si)->si_tdlist))

#ifdef _KERNEL
struct thread;

void	seldrain(struct selinfo *sip);
void	selrecord(struct thread *selector, struct selinfo *sip);
void	selwakeup(struct selinfo *sip);
#endif

#endif /* !_SYS_SELINFO_H_ */
