/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Per-CPU data: the current thread.  The test kernel looks like one CPU.
 */

#ifndef _SYS_PCPU_H_
#define	_SYS_PCPU_H_

#include <sys/cdefs.h>
#include <sys/_types.h>

struct thread;

extern _Thread_local struct thread *tk_curthread;

/* NULL in an agent, and in a host thread that the kernel does not know. */
#define	curthread	(tk_curthread)
#define	curcpu		0
#define	curproc		(curthread->td_proc)

#define	PCPU_GET(member)	TK_PCPU_##member
#define	TK_PCPU_cpuid		0
#define	TK_PCPU_curthread	curthread
#define	TK_PCPU_domain		0

#endif /* !_SYS_PCPU_H_ */
