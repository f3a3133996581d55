/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * struct thread and struct proc: the fields that a driver may look at, and
 * the ones that the test kernel's checks need.
 */

#ifndef _SYS_PROC_H_
#define	_SYS_PROC_H_

#include <sys/callout.h>
#include <sys/param.h>
#include <sys/lock.h>
#include <sys/_mutex.h>
#include <sys/pcpu.h>
#include <sys/queue.h>
#include <sys/types.h>

#ifdef _KERNEL

struct proc {
	pid_t		 p_pid;
	char		 p_comm[MAXCOMLEN + 1];
	SLIST_ENTRY(proc) p_list;	/* of the test kernel */
};

/* A lock that a thread holds, and where it got it. */
#define	TK_HELD_DEPTH	4
struct tk_held {
	struct lock_object *lo;
	u_int		 depth;		/* of recursion, 0 for the first */
	bool		 shared;
	void		*pc[TK_HELD_DEPTH];	/* callers, innermost first */
};
#define	TK_HELD_MAX	32

struct file;
struct seltd;
struct tk_lwp;

/*
 * All fields belong to the thread itself.  Its address has room for the flags
 * that locks keep beside their owner.
 */
struct thread {
	lwpid_t		 td_tid;
	struct proc	*td_proc;
	char		 td_name[MAXCOMLEN + 1];
	volatile u_int	 td_critnest;		/* critical sections */
	u_int		 td_spinlock_count;	/* interrupts off */
	u_int		 td_intr_nesting_level;	/* filters */
	int		 td_no_sleeping;
	u_int		 td_pflags;
	int		 td_pinned;
	u_char		 td_priority;
	struct file	*td_fpop;		/* whose method it is in */
	struct seltd	*td_sel;		/* while it polls */

	struct tk_lwp	*td_lwp;
	int		 td_context;		/* enum tk_context */
	u_int		 td_nheld;
	u_int		 td_nspin;		/* spin mutexes of these */
	u_int		 td_hbase;	/* those below: interrupted code's */
	struct tk_held	 td_held[TK_HELD_MAX];
} __aligned(CACHE_LINE_SIZE);

#define	TDP_KTHREAD	0x00200000
#define	TDP_ITHREAD	0x00000400

/* A section in which sleeping is a mistake; they nest. */
#define	THREAD_NO_SLEEPING()	do {					\
	curthread->td_no_sleeping++;					\
	MPASS(curthread->td_no_sleeping > 0);				\
} while (0)
#define	THREAD_SLEEPING_OK()	do {					\
	MPASS(curthread->td_no_sleeping > 0);				\
	curthread->td_no_sleeping--;					\
} while (0)
#define	THREAD_CAN_SLEEP()	((curthread)->td_no_sleeping == 0)

extern struct proc proc0;

/* Give the processor to others, by choice. */
#define	SWT_RELINQUISH	4
void	kern_yield(int);
void	maybe_yield(void);
bool	should_yield(void);

#endif /* _KERNEL */

#endif /* !_SYS_PROC_H_ */
