/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The gate's threads, the kernel's internal lock and its waiting places, on
 * POSIX threads.
 */

#define	_GNU_SOURCE

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/membarrier.h>
#include <sys/syscall.h>

#include "tk_host.h"

/*
 * A kernel's threads need no more than 16 kB, but sanitizers and printf(3) need
 * more.  The default of 8 MB would be slow: whenever a thread starts,
 * AddressSanitizer clears its shadow of the whole stack.
 */
#define	STACK_SIZE	(512 * 1024)

struct tkh_thread {
	pthread_t	 thread;
	void		(*fn)(void *);
	void		*arg;
};

struct tkh_waiter {
	pthread_cond_t	 cond;
	sem_t		 baton;
	bool		 woken;		/* under tkh_mtx */
};

struct tkh_mutex {
	pthread_mutex_t	 mutex;
};

static pthread_mutex_t tkh_mtx = PTHREAD_MUTEX_INITIALIZER;

/* Calls here can fail only for lack of memory, and then nothing can go on. */
static void
must(int error, const char *what)
{
	if (error == 0)
		return;
	fprintf(stderr, "tk: host: %s: %s\n", what, strerror(error));
	abort();
}

static void *
zalloc(size_t size)
{
	void *p = calloc(1, size);

	must(p == NULL ? ENOMEM : 0, "calloc");
	return (p);
}

static void *
thread_main(void *arg)
{
	struct tkh_thread *t = arg;

	t->fn(t->arg);
	return (NULL);
}

struct tkh_thread *
tkh_thread_create(void (*fn)(void *), void *arg, const char *name)
{
	struct tkh_thread *t = zalloc(sizeof(*t));
	pthread_attr_t attr;
	char host_name[16];

	t->fn = fn;
	t->arg = arg;
	must(pthread_attr_init(&attr), "pthread_attr_init");
	must(pthread_attr_setstacksize(&attr, STACK_SIZE),
	    "pthread_attr_setstacksize");
	must(pthread_create(&t->thread, &attr, thread_main, t),
	    "pthread_create");
	(void)pthread_attr_destroy(&attr);
	snprintf(host_name, sizeof(host_name), "%.15s", name);
	(void)pthread_setname_np(t->thread, host_name);
	return (t);
}

void
tkh_thread_exit(void)
{
	pthread_exit(NULL);
}

void
tkh_thread_join(struct tkh_thread *t)
{
	must(pthread_join(t->thread, NULL), "pthread_join");
	free(t);
}

void
tkh_thread_abandon(struct tkh_thread *t)
{
	must(pthread_detach(t->thread), "pthread_detach");
}

/*
 * Looked up once for each thread: for the first, it is read from a file of
 * /proc.
 */
void
tkh_stack_bounds(uintptr_t *lo, uintptr_t *hi)
{
	static _Thread_local uintptr_t start, end;
	pthread_attr_t attr;
	void *addr;
	size_t size;

	if (end == 0 && pthread_getattr_np(pthread_self(), &attr) == 0) {
		if (pthread_attr_getstack(&attr, &addr, &size) == 0) {
			start = (uintptr_t)addr;
			end = start + size;
		}
		(void)pthread_attr_destroy(&attr);
	}
	*lo = start;
	*hi = end;
}

static void
fence_register(void)
{
	(void)syscall(SYS_membarrier,
	    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

void
tkh_yield(void)
{
	(void)sched_yield();
}

/* The slow command is for a host that does not know the fast one. */
void
tkh_fence_all(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fence_register);
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0,
	    0) != 0 &&
	    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0)
		must(errno, "membarrier");
}

struct tkh_waiter *
tkh_waiter_create(void)
{
	struct tkh_waiter *w = zalloc(sizeof(*w));
	pthread_condattr_t attr;

	must(pthread_condattr_init(&attr), "pthread_condattr_init");
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC),
	    "pthread_condattr_setclock");
	must(pthread_cond_init(&w->cond, &attr), "pthread_cond_init");
	(void)pthread_condattr_destroy(&attr);
	must(sem_init(&w->baton, 0, 0) == 0 ? 0 : errno, "sem_init");
	return (w);
}

void
tkh_waiter_destroy(struct tkh_waiter *w)
{
	(void)pthread_cond_destroy(&w->cond);
	(void)sem_destroy(&w->baton);
	free(w);
}

void
tkh_lock(void)
{
	must(pthread_mutex_lock(&tkh_mtx), "pthread_mutex_lock");
}

void
tkh_unlock(void)
{
	must(pthread_mutex_unlock(&tkh_mtx), "pthread_mutex_unlock");
}

bool
tkh_wait(struct tkh_waiter *w, int64_t deadline_ns)
{
	struct timespec ts;
	int error = 0;

	if (deadline_ns >= 0) {
		ts.tv_sec = deadline_ns / 1000000000;
		ts.tv_nsec = deadline_ns % 1000000000;
	}
	while (!w->woken && error != ETIMEDOUT) {
		if (deadline_ns < 0)
			error = pthread_cond_wait(&w->cond, &tkh_mtx);
		else
			error = pthread_cond_timedwait(&w->cond, &tkh_mtx,
			    &ts);
		if (error != ETIMEDOUT)
			must(error, "pthread_cond_wait");
	}
	if (!w->woken)
		return (false);
	w->woken = false;
	return (true);
}

void
tkh_wake(struct tkh_waiter *w)
{
	w->woken = true;
	must(pthread_cond_signal(&w->cond), "pthread_cond_signal");
}

void
tkh_baton_give(struct tkh_waiter *w)
{
	must(sem_post(&w->baton) == 0 ? 0 : errno, "sem_post");
}

void
tkh_baton_take(struct tkh_waiter *w)
{
	while (sem_wait(&w->baton) != 0)
		must(errno == EINTR ? 0 : errno, "sem_wait");
}

struct tkh_mutex *
tkh_mutex_create(void)
{
	struct tkh_mutex *m = zalloc(sizeof(*m));

	must(pthread_mutex_init(&m->mutex, NULL), "pthread_mutex_init");
	return (m);
}

void
tkh_mutex_destroy(struct tkh_mutex *m)
{
	must(pthread_mutex_destroy(&m->mutex), "pthread_mutex_destroy");
	free(m);
}

void
tkh_mutex_lock(struct tkh_mutex *m)
{
	must(pthread_mutex_lock(&m->mutex), "pthread_mutex_lock");
}

void
tkh_mutex_unlock(struct tkh_mutex *m)
{
	must(pthread_mutex_unlock(&m->mutex), "pthread_mutex_unlock");
}
