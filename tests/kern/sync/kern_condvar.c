/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * condvar(9).  The condition variable's address is the channel that its
 * waiters sleep on.  The lock may be a default mutex, an sx or an rw lock.
 */

#include "tk_var.h"

#include <sys/condvar.h>

void
cv_init(struct cv *cvp, const char *desc)
{
	cvp->cv_description = desc;
	cvp->cv_waiters = 0;
}

void
cv_destroy(struct cv *cvp)
{
	int waiters;

	/* Waiters that were woken may not have run yet.  They do not count. */
	tk_lock();
	waiters = tk_waiters(cvp);
	tk_unlock();
	if (waiters != 0)
		tk_debug_stop("cv-destroy",
		    "cv_destroy() of \"%s\" with %d waiting",
		    cvp->cv_description, waiters);
}

static int
cv_sleep(struct cv *cvp, struct lock_object *lock, int pri, int64_t deadline,
    const char *what)
{
	if (lock == NULL)
		tk_stop("sleep-unlocked", "%s on \"%s\" without a lock", what,
		    cvp->cv_description);
	if (lock_initialized(lock) &&
	    LO_CLASSINDEX(lock) == TK_LOCK_MTX_SPIN)
		tk_stop("sleep-spin", "%s on \"%s\" with spin mutex \"%s\"",
		    what, cvp->cv_description, lock->lo_name);
	return (tk_sleep(cvp, lock, pri, cvp->cv_description, deadline, what));
}

void
_cv_wait(struct cv *cvp, struct lock_object *lock)
{
	(void)cv_sleep(cvp, lock, 0, -1, "cv_wait()");
}

void
_cv_wait_unlock(struct cv *cvp, struct lock_object *lock)
{
	(void)cv_sleep(cvp, lock, PDROP, -1, "cv_wait_unlock()");
}

int
_cv_wait_sig(struct cv *cvp, struct lock_object *lock)
{
	return (cv_sleep(cvp, lock, PCATCH, -1, "cv_wait_sig()"));
}

int
_cv_timedwait_sbt(struct cv *cvp, struct lock_object *lock, sbintime_t sbt,
    sbintime_t pr, int flags)
{
	return (cv_sleep(cvp, lock, 0, tk_sleep_deadline(sbt, pr, flags),
	    "cv_timedwait()"));
}

int
_cv_timedwait_sig_sbt(struct cv *cvp, struct lock_object *lock,
    sbintime_t sbt, sbintime_t pr, int flags)
{
	return (cv_sleep(cvp, lock, PCATCH, tk_sleep_deadline(sbt, pr, flags),
	    "cv_timedwait_sig()"));
}

void
cv_signal(struct cv *cvp)
{
	wakeup_one(cvp);
}

void
cv_broadcastpri(struct cv *cvp, int pri)
{
	wakeup(cvp);
}
