/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * poll(2): threads that wait until a driver calls selwakeup(9).
 *
 * One mutex guards all selinfos; FreeBSD has a pool of them.
 */

#include <sys/condvar.h>

#include "devfs_var.h"

/* Of a thread that polls a file: in the list of a selinfo until that fires. */
struct selfd {
	TAILQ_ENTRY(selfd) sf_threads;
	STAILQ_ENTRY(selfd) sf_link;
	struct selinfo	*sf_si;		/* NULL: it has fired */
	struct seltd	*sf_td;
	struct tk_pollfd *sf_pfd;
};

/* A driver may record a thread in two selinfos for each file. */
#define	SELFDS	2

struct seltd {
	STAILQ_HEAD(, selfd) st_selq;
	struct selfd	*st_free[SELFDS];
	struct tk_pollfd *st_pfd;
	bool		 st_pending;
	bool		 st_rescan;
};

static struct mtx sel_mtx;
MTX_SYSINIT(select, &sel_mtx, "select mtxpool", MTX_DEF);

void
selrecord(struct thread *selector, struct selinfo *sip)
{
	struct seltd *stp = selector->td_sel;
	struct selfd *sfp = NULL;

	tk_preempt();
	if (selector != curthread || stp == NULL)
		tk_stop("selrecord", "selrecord() not in d_poll()");
	if (stp->st_rescan)
		return;
	for (size_t i = 0; i < SELFDS && sfp == NULL; i++) {
		sfp = stp->st_free[i];
		stp->st_free[i] = NULL;
	}
	if (sfp == NULL)
		panic("selrecord: No free selfd on selq");
	sfp->sf_si = sip;
	sfp->sf_pfd = stp->st_pfd;
	STAILQ_INSERT_TAIL(&stp->st_selq, sfp, sf_link);
	mtx_lock(&sel_mtx);
	if (sip->si_mtx == NULL) {
		sip->si_mtx = &sel_mtx;
		TAILQ_INIT(&sip->si_tdlist);
	}
	TAILQ_INSERT_TAIL(&sip->si_tdlist, sfp, sf_threads);
	mtx_unlock(&sel_mtx);
}

void
selwakeup(struct selinfo *sip)
{
	struct selfd *sfp;

	tk_preempt();
	/* Nobody has polled it. */
	if (sip->si_mtx == NULL)
		return;
	mtx_lock(&sel_mtx);
	while ((sfp = TAILQ_FIRST(&sip->si_tdlist)) != NULL) {
		TAILQ_REMOVE(&sip->si_tdlist, sfp, sf_threads);
		sfp->sf_si = NULL;
		sfp->sf_td->st_pending = true;
		wakeup(sfp->sf_td);
	}
	mtx_unlock(&sel_mtx);
}

void
seldrain(struct selinfo *sip)
{
	selwakeup(sip);
}

/* Take it off its selinfo, if that has not fired, and free it. */
static bool
selfd_free(struct seltd *stp, struct selfd *sfp)
{
	bool fired;

	STAILQ_REMOVE(&stp->st_selq, sfp, selfd, sf_link);
	mtx_lock(&sel_mtx);
	fired = sfp->sf_si == NULL;
	if (!fired)
		TAILQ_REMOVE(&sfp->sf_si->si_tdlist, sfp, sf_threads);
	mtx_unlock(&sel_mtx);
	free(sfp, M_TEMP);
	return (fired);
}

static void
selfd_alloc(struct seltd *stp)
{
	for (size_t i = 0; i < SELFDS; i++) {
		if (stp->st_free[i] == NULL)
			stp->st_free[i] = malloc(sizeof(struct selfd), M_TEMP,
			    M_WAITOK | M_ZERO);
		stp->st_free[i]->sf_td = stp;
	}
}

static int
poll_one(struct tk_pollfd *pfd)
{
	devfs_hold(pfd->fd->fp);
	pfd->revents = (short)devfs_poll(pfd->fd->fp, pfd->events);
	(void)fdrop(pfd->fd->fp, curthread);
	if ((pfd->revents & POLLHUP) != 0)
		pfd->revents &= ~POLLOUT;
	return (pfd->revents != 0);
}

static int
pollscan(struct seltd *stp, struct tk_pollfd *fds, unsigned int n)
{
	int found = 0;

	for (unsigned int i = 0; i < n; i++) {
		selfd_alloc(stp);
		stp->st_pfd = &fds[i];
		found += poll_one(&fds[i]);
	}
	return (found);
}

/* Ask those again whose selinfo has fired. */
static int
pollrescan(struct seltd *stp)
{
	struct selfd *next, *sfp;
	struct tk_pollfd *pfd;
	int found = 0;

	stp->st_rescan = true;
	STAILQ_FOREACH_SAFE(sfp, &stp->st_selq, sf_link, next) {
		pfd = sfp->sf_pfd;
		if (selfd_free(stp, sfp))
			found += poll_one(pfd);
	}
	stp->st_rescan = false;
	return (found);
}

/* Until a selinfo fires. */
static int
seltdwait(struct seltd *stp, int64_t deadline)
{
	int error = 0;
	int64_t left = 0;

	mtx_lock(&sel_mtx);
	while (!stp->st_pending && error == 0) {
		if (deadline >= 0)
			left = deadline - tk_now_ns();
		if (deadline >= 0 && left <= 0)
			error = EWOULDBLOCK;
		else
			error = msleep_sbt(stp, &sel_mtx, PSOCK | PCATCH,
			    "select", nstosbt(left), 0, 0);
	}
	stp->st_pending = false;
	mtx_unlock(&sel_mtx);
	return (error);
}

static void
seltdclear(struct seltd *stp)
{
	struct selfd *sfp;

	while ((sfp = STAILQ_FIRST(&stp->st_selq)) != NULL)
		(void)selfd_free(stp, sfp);
	for (size_t i = 0; i < SELFDS; i++)
		free(stp->st_free[i], M_TEMP);
}

int
tk_poll(struct tk_pollfd *fds, unsigned int n, int timeout_ms)
{
	int64_t deadline = timeout_ms < 0 ? -1 : tk_now_ns() +
	    (int64_t)timeout_ms * 1000000;
	struct seltd seltd = { .st_pending = false };
	int error = 0, found = 0;

	tk_may_sleep(NULL, "tk_poll");
	STAILQ_INIT(&seltd.st_selq);
	curthread->td_sel = &seltd;
	for (;;) {
		found = pollscan(&seltd, fds, n);
		if (found != 0)
			break;
		error = seltdwait(&seltd, deadline);
		if (error != 0)
			break;
		found = pollrescan(&seltd);
		if (found != 0)
			break;
	}
	seltdclear(&seltd);
	curthread->td_sel = NULL;
	if (error == ERESTART)
		error = EINTR;
	return (error == EWOULDBLOCK ? 0 : error != 0 ? -error : found);
}
