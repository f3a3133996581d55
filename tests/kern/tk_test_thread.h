/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A kernel thread for a test case: started, and waited for.
 */

#ifndef _TK_TEST_THREAD_H_
#define	_TK_TEST_THREAD_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/proc.h>

#include "tk_test.h"

struct test_thread {
	void		(*fn)(void *);
	void		*arg;
	struct thread	*td;
	bool		 done;
};

static void
test_thread_main(void *arg)
{
	struct test_thread *t = arg;

	t->fn(t->arg);
	tk_lock();
	t->done = true;
	(void)tk_wake(t);
	tk_unlock();
}

static inline void
test_thread_start(struct test_thread *t, void (*fn)(void *), void *arg)
{
	t->fn = fn;
	t->arg = arg;
	t->done = false;
	TK_EQ(kthread_add(test_thread_main, t, NULL, &t->td, 0, 0, "test"), 0);
}

static inline void
test_thread_join(struct test_thread *t)
{
	tk_lock();
	while (!t->done)
		(void)tk_block(t, "join", -1);
	tk_unlock();
}

#endif /* !_TK_TEST_THREAD_H_ */
