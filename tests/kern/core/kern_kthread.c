/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * kthread(9) and kproc(9).  The flags and the number of stack pages have no
 * meaning here.  A thread that still exists at shutdown is a leak.
 */

#include "tk_var.h"

#include <sys/kthread.h>
#include <machine/stdarg.h>

struct start {
	void	(*func)(void *);
	void	*arg;
	struct proc *proc;
};

static pid_t last_pid;
static SLIST_HEAD(, proc) procs = SLIST_HEAD_INITIALIZER(procs);

/* A thread must not end with a lock held. */
static void
check_end(const void *func)
{
	struct thread *td = curthread;

	tk_lock_check_none(0, "thread", func);
	if (td->td_critnest != 0)
		tk_stop("critical", "thread \"%s\" ends in a critical section",
		    td->td_name);
}

static void
thread_main(void *arg)
{
	struct start start = *(struct start *)arg;

	tkh_free(arg);
	curthread->td_proc = start.proc;
	curthread->td_pflags = TDP_KTHREAD;
	start.func(start.arg);
	check_end((const void *)start.func);
	kthread_exit();
}

static void
thread_start(void (*func)(void *), void *arg, struct proc *p,
    struct thread **tdptr, const char *name)
{
	struct start *start;

	if ((start = tkh_alloc(sizeof(*start), 0)) == NULL)
		tk_stop("host", "no memory for thread \"%s\"", name);
	start->func = func;
	start->arg = arg;
	start->proc = p == NULL ? &proc0 : p;
	(void)tk_lwp_create(TK_LWP_THREAD, name, thread_main, start, false,
	    tdptr, true);
}

int
kthread_add(void (*func)(void *), void *arg, struct proc *p,
    struct thread **tdptr, int flags, int pages, const char *fmt, ...)
{
	char name[MAXCOMLEN + 1];
	__va_list ap;

	tk_may_sleep(NULL, "kthread_add()");
	if (tk_fault("kthread_add"))
		return (ENOMEM);
	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	thread_start(func, arg, p, tdptr, name);
	tk_preempt();
	return (0);
}

void
kthread_exit(void)
{
	struct thread *td = curthread;

	if (td == NULL || td->td_lwp->kind != TK_LWP_THREAD)
		tk_stop("agent", "kthread_exit() outside a kernel thread");
	check_end(NULL);
	/* FreeBSD's kthread_exit() wakes threads that sleep on this thread. */
	wakeup(td);
	tk_lwp_exit();
}

static struct proc *
proc_alloc(const char *name)
{
	struct proc *p;

	if ((p = tkh_alloc(sizeof(*p), 0)) == NULL)
		tk_stop("host", "no memory for process \"%s\"", name);
	memset(p, 0, sizeof(*p));
	p->p_pid = ++last_pid;
	strlcpy(p->p_comm, name, sizeof(p->p_comm));
	tk_leaf_lock();
	SLIST_INSERT_HEAD(&procs, p, p_list);
	tk_leaf_unlock();
	return (p);
}

int
kproc_create(void (*func)(void *), void *arg, struct proc **newpp, int flags,
    int pages, const char *fmt, ...)
{
	char name[MAXCOMLEN + 1];
	struct proc *p;
	__va_list ap;

	tk_may_sleep(NULL, "kproc_create()");
	if (tk_fault("kproc_create"))
		return (ENOMEM);
	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	p = proc_alloc(name);
	if (newpp != NULL)
		*newpp = p;
	thread_start(func, arg, p, NULL, name);
	tk_preempt();
	return (0);
}

/* FreeBSD wakes threads that sleep on the process. */
void
kproc_exit(int ecode __unused)
{
	wakeup(curthread->td_proc);
	kthread_exit();
}

int
kproc_kthread_add(void (*func)(void *), void *arg, struct proc **procptr,
    struct thread **tdptr, int flags, int pages, const char *procname,
    const char *fmt, ...)
{
	char name[MAXCOMLEN + 1];
	__va_list ap;

	tk_may_sleep(NULL, "kproc_kthread_add()");
	if (tk_fault("kproc_kthread_add"))
		return (ENOMEM);
	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (*procptr == NULL)
		*procptr = proc_alloc(procname);
	thread_start(func, arg, *procptr, tdptr, name);
	tk_preempt();
	return (0);
}

/* Processes are freed at the kernel's end, when no thread can use them. */
static void
proc_shutdown(void)
{
	struct proc *p;

	while ((p = SLIST_FIRST(&procs)) != NULL) {
		SLIST_REMOVE_HEAD(&procs, p_list);
		tkh_free(p);
	}
}
TK_FINI_PRIO(proc_shutdown, 0);
