/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * kqueue(2): knotes of device nodes.  Leaves out all filters but those of a
 * file, kqueues that watch kqueues, and fork(2).
 *
 * As in FreeBSD, a knote has its driver's functions until it is dropped:
 * knlist_clear() takes it off the driver's list, and a program that registers
 * the event again calls f_event all the same.
 */

#include <sys/sx.h>

#include "devfs_var.h"

/* Locks: (k) kq_lock, after that of a knlist. */
struct kqueue {
	struct mtx	 kq_lock;
	SLIST_HEAD(, knote) kq_knlist;	/* (k) all */
	TAILQ_HEAD(, knote) kq_head;	/* (k) queued */
	int		 kq_count;	/* (k) of these */
	bool		 kq_fluxwait;	/* (k) */
	LIST_ENTRY(kqueue) kq_link;	/* all kqueues, under kqs_sx */
};

struct tk_kq {
	struct kqueue	 kq;
};

/* As FreeBSD's lock of a process's descriptors. */
static struct sx kqs_sx;
SX_SYSINIT(kqs, &kqs_sx, "filedesc structure");
static LIST_HEAD(, kqueue) kqs;

static void
kqs_boot(void)
{
	LIST_INIT(&kqs);
}
TK_INIT_PRIO(kqs_boot, 110);

/* What a knote has before d_kqfilter() was called. */
static const struct filterops file_filtops = {
	.f_isfd = 1,
};

static bool
in_flux(const struct knote *kn)
{
	return (kn->kn_influx > 0);
}

/* With (k) held. */
static void
flux_wait(struct kqueue *kq)
{
	kq->kq_fluxwait = true;
	msleep(kq, &kq->kq_lock, PSOCK, "kqflxwt", 0);
}

/* With (k) held. */
static void
flux_leave(struct knote *kn)
{
	struct kqueue *kq = kn->kn_kq;

	if (--kn->kn_influx == 0 && kq->kq_fluxwait) {
		kq->kq_fluxwait = false;
		wakeup(kq);
	}
}

/* With (k) held. */
static void
enqueue(struct knote *kn)
{
	struct kqueue *kq = kn->kn_kq;

	if ((kn->kn_status & (KN_ACTIVE | KN_DISABLED | KN_QUEUED)) !=
	    KN_ACTIVE)
		return;
	TAILQ_INSERT_TAIL(&kq->kq_head, kn, kn_tqe);
	kn->kn_status |= KN_QUEUED;
	kq->kq_count++;
	wakeup(&kq->kq_count);
}

/* With (k) held. */
static void
dequeue(struct knote *kn)
{
	if ((kn->kn_status & KN_QUEUED) == 0)
		return;
	TAILQ_REMOVE(&kn->kn_kq->kq_head, kn, kn_tqe);
	kn->kn_status &= ~KN_QUEUED;
	kn->kn_kq->kq_count--;
}

static struct knlist *
list_lock(struct knote *kn)
{
	struct knlist *knl = kn->kn_knlist;

	if (knl != NULL)
		knl->kl_lock(knl->kl_lockarg);
	return (knl);
}

static void
list_unlock(struct knlist *knl)
{
	if (knl != NULL)
		knl->kl_unlock(knl->kl_lockarg);
}

static void
assert_lock(const struct knlist *knl, bool locked)
{
	knl->kl_assert_lock(knl->kl_lockarg, locked ? LA_LOCKED : LA_UNLOCKED);
}

/*
 * Knlists
 */
static void
knlist_mtx_lock(void *arg)
{
	mtx_lock((struct mtx *)arg);
}

static void
knlist_mtx_unlock(void *arg)
{
	mtx_unlock((struct mtx *)arg);
}

static void
knlist_mtx_assert(void *arg, int what)
{
	mtx_assert((struct mtx *)arg, what == LA_LOCKED ? MA_OWNED :
	    MA_NOTOWNED);
}

void
knlist_init_mtx(struct knlist *knl, struct mtx *lock)
{
	if (lock == NULL)
		tk_stop("knlist-init", "knlist_init_mtx() without a mutex");
	knl->kl_lockarg = lock;
	knl->kl_lock = knlist_mtx_lock;
	knl->kl_unlock = knlist_mtx_unlock;
	knl->kl_assert_lock = knlist_mtx_assert;
	knl->kl_autodestroy = 0;
	SLIST_INIT(&knl->kl_list);
}

void
knlist_destroy(struct knlist *knl)
{
	tk_preempt();
	if (!KNLIST_EMPTY(knl))
		tk_stop("knlist-destroy", "destroying a knlist with knotes on "
		    "it");
}

int
knlist_empty(struct knlist *knl)
{
	assert_lock(knl, true);
	return (SLIST_EMPTY(&knl->kl_list));
}

void
knlist_add(struct knlist *knl, struct knote *kn, int islocked)
{
	tk_preempt();
	assert_lock(knl, islocked != 0);
	if ((kn->kn_status & KN_DETACHED) == 0)
		tk_stop("knlist-add", "knlist_add() of a knote that is on a "
		    "list");
	if (islocked == 0)
		knl->kl_lock(knl->kl_lockarg);
	SLIST_INSERT_HEAD(&knl->kl_list, kn, kn_selnext);
	if (islocked == 0)
		knl->kl_unlock(knl->kl_lockarg);
	mtx_lock(&kn->kn_kq->kq_lock);
	kn->kn_knlist = knl;
	kn->kn_status &= ~KN_DETACHED;
	mtx_unlock(&kn->kn_kq->kq_lock);
}

static void
knlist_remove_kq(struct knlist *knl, struct knote *kn, bool islocked,
    bool kqlocked)
{
	assert_lock(knl, islocked);
	if ((kn->kn_status & KN_DETACHED) != 0)
		tk_stop("knlist-remove", "knlist_remove() of a knote that is "
		    "on no list");
	if (!islocked)
		knl->kl_lock(knl->kl_lockarg);
	SLIST_REMOVE(&knl->kl_list, kn, knote, kn_selnext);
	kn->kn_knlist = NULL;
	if (!islocked)
		knl->kl_unlock(knl->kl_lockarg);
	if (!kqlocked)
		mtx_lock(&kn->kn_kq->kq_lock);
	kn->kn_status |= KN_DETACHED;
	if (!kqlocked)
		mtx_unlock(&kn->kn_kq->kq_lock);
}

void
knlist_remove(struct knlist *knl, struct knote *kn, int islocked)
{
	tk_preempt();
	knlist_remove_kq(knl, kn, islocked != 0, false);
}

static void
knote_drop_detached(struct knote *kn)
{
	struct kqueue *kq = kn->kn_kq;

	mtx_lock(&kq->kq_lock);
	while (kn->kn_influx > 1)
		flux_wait(kq);
	SLIST_REMOVE(&kq->kq_knlist, kn, knote, kn_link);
	dequeue(kn);
	flux_leave(kn);
	mtx_unlock(&kq->kq_lock);
	(void)fdrop(kn->kn_fp, curthread);
	free(kn, M_TEMP);
}

/*
 * In flux.  FreeBSD goes on to read kn_fop.  But once f_detach has taken the
 * knote off its list, a driver that waits for its list to be empty may be
 * unloaded.  So f_detach has to give the knote the kernel's functions back.
 * Source: sys/kern/kern_event.c, knote_drop_detached().
 */
static void
knote_drop(struct knote *kn)
{
	if ((kn->kn_status & KN_DETACHED) == 0) {
		kn->kn_fop->f_detach(kn);
		if (kn->kn_fop != &file_filtops)
			tk_stop("f-detach", "f_detach() has left a knote its "
			    "driver's functions");
	}
	knote_drop_detached(kn);
}

/* With the list's lock held: those that are not in flux. */
static void
cleardel_settled(struct knlist *knl, bool kill)
{
	struct knote *kn, *next;
	struct kqueue *kq;

	SLIST_FOREACH_SAFE(kn, &knl->kl_list, kn_selnext, next) {
		kq = kn->kn_kq;
		mtx_lock(&kq->kq_lock);
		if (in_flux(kn)) {
			mtx_unlock(&kq->kq_lock);
			continue;
		}
		knlist_remove_kq(knl, kn, true, true);
		if (!kill) {
			kn->kn_flags |= EV_EOF | EV_ONESHOT;
			mtx_unlock(&kq->kq_lock);
			continue;
		}
		kn->kn_influx++;
		mtx_unlock(&kq->kq_lock);
		knote_drop_detached(kn);
	}
}

void
knlist_cleardel(struct knlist *knl, struct thread *td, int islocked,
    int killkn)
{
	struct kqueue *kq;

	tk_preempt();
	assert_lock(knl, islocked != 0);
	for (;;) {
		if (islocked == 0)
			knl->kl_lock(knl->kl_lockarg);
		cleardel_settled(knl, killkn != 0);
		if (SLIST_EMPTY(&knl->kl_list))
			break;
		/* Those in flux. */
		kq = SLIST_FIRST(&knl->kl_list)->kn_kq;
		mtx_lock(&kq->kq_lock);
		knl->kl_unlock(knl->kl_lockarg);
		kq->kq_fluxwait = true;
		msleep(kq, &kq->kq_lock, PSOCK | PDROP, "kqkclr", 0);
		if (islocked != 0)
			knl->kl_lock(knl->kl_lockarg);
	}
	if (islocked == 0)
		knl->kl_unlock(knl->kl_lockarg);
}

void
knote(struct knlist *list, long hint, int lockflags)
{
	bool locked = (lockflags & KNF_LISTLOCKED) != 0;
	struct knote *kn, *next;
	struct kqueue *kq;

	tk_preempt();
	if (list == NULL)
		return;
	if ((lockflags & KNF_NOKQLOCK) != 0)
		tk_stop("knote", "KNF_NOKQLOCK is not supported");
	assert_lock(list, locked);
	if (!locked)
		list->kl_lock(list->kl_lockarg);
	SLIST_FOREACH_SAFE(kn, &list->kl_list, kn_selnext, next) {
		kq = kn->kn_kq;
		mtx_lock(&kq->kq_lock);
		if ((!in_flux(kn) || (kn->kn_status & KN_SCAN) != 0) &&
		    kn->kn_fop->f_event(kn, hint) != 0) {
			kn->kn_status |= KN_ACTIVE;
			enqueue(kn);
		}
		mtx_unlock(&kq->kq_lock);
	}
	if (!locked)
		list->kl_unlock(list->kl_lockarg);
}

/*
 * Kqueues
 */
struct tk_kq *
tk_kqueue(void)
{
	struct tk_kq *t;

	t = malloc(sizeof(*t), M_TEMP, M_WAITOK | M_ZERO);
	mtx_init(&t->kq.kq_lock, "kqueue", NULL, MTX_DEF | MTX_DUPOK);
	SLIST_INIT(&t->kq.kq_knlist);
	TAILQ_INIT(&t->kq.kq_head);
	sx_xlock(&kqs_sx);
	LIST_INSERT_HEAD(&kqs, &t->kq, kq_link);
	sx_xunlock(&kqs_sx);
	return (t);
}

/* With (k) held: drop one that matches the descriptor; false: there is none. */
static bool
drop_one(struct kqueue *kq, const struct tk_fd *fd)
{
	struct knote *kn;

	SLIST_FOREACH(kn, &kq->kq_knlist, kn_link) {
		if (fd == NULL || kn->kn_id == fd->ident)
			break;
	}
	if (kn == NULL)
		return (false);
	if (in_flux(kn)) {
		flux_wait(kq);
		return (true);
	}
	kn->kn_influx++;
	mtx_unlock(&kq->kq_lock);
	knote_drop(kn);
	mtx_lock(&kq->kq_lock);
	return (true);
}

void
tk_kq_close(struct tk_kq *t)
{
	struct kqueue *kq = &t->kq;

	tk_may_sleep(NULL, "tk_kq_close");
	mtx_lock(&kq->kq_lock);
	while (drop_one(kq, NULL))
		continue;
	mtx_unlock(&kq->kq_lock);
	sx_xlock(&kqs_sx);
	LIST_REMOVE(kq, kq_link);
	sx_xunlock(&kqs_sx);
	mtx_destroy(&kq->kq_lock);
	free(t, M_TEMP);
}

void
knote_fdclose(struct tk_fd *fd)
{
	struct kqueue *kq;

	sx_xlock(&kqs_sx);
	LIST_FOREACH(kq, &kqs, kq_link) {
		mtx_lock(&kq->kq_lock);
		while (drop_one(kq, fd))
			continue;
		mtx_unlock(&kq->kq_lock);
	}
	sx_xunlock(&kqs_sx);
}

/* With (k) held, which it releases for the driver. */
static int
add(struct kqueue *kq, struct knote *kn)
{
	int error;

	kn->kn_status = KN_DETACHED;
	kn->kn_influx = 1;
	SLIST_INSERT_HEAD(&kq->kq_knlist, kn, kn_link);
	mtx_unlock(&kq->kq_lock);
	kn->kn_fop = &file_filtops;
	error = devfs_kqfilter(kn->kn_fp, kn);
	if (error == 0 && kn->kn_fop == &file_filtops)
		tk_stop("kqfilter", "d_kqfilter() has set no kn_fop");
	if (error != 0)
		knote_drop_detached(kn);
	return (error);
}

/* In flux: ask the driver, and leave. */
static void
evaluate(struct knote *kn, struct knlist *knl)
{
	struct kqueue *kq = kn->kn_kq;
	int event = 0;

	if ((kn->kn_status & KN_DISABLED) == 0)
		event = kn->kn_fop->f_event(kn, 0);
	mtx_lock(&kq->kq_lock);
	if (event != 0)
		kn->kn_status |= KN_ACTIVE;
	enqueue(kn);
	kn->kn_status &= ~KN_SCAN;
	flux_leave(kn);
	list_unlock(knl);
	mtx_unlock(&kq->kq_lock);
}

/* With (k) held: the descriptor's knote of that filter, settled. */
static struct knote *
find(struct kqueue *kq, uintptr_t ident, short filter)
{
	struct knote *kn;

	for (;;) {
		SLIST_FOREACH(kn, &kq->kq_knlist, kn_link) {
			if (kn->kn_id == ident && kn->kn_filter == filter)
				break;
		}
		if (kn == NULL || !in_flux(kn))
			return (kn);
		flux_wait(kq);
	}
}

/* With (k) held, which it releases: EV_ADD of what is there, and the rest. */
static void
change(struct knote *kn, unsigned short flags)
{
	if ((flags & EV_ENABLE) != 0)
		kn->kn_status &= ~KN_DISABLED;
	if ((flags & EV_DISABLE) != 0)
		kn->kn_status |= KN_DISABLED;
	kn->kn_status |= KN_SCAN;
	kn->kn_influx++;
	mtx_unlock(&kn->kn_kq->kq_lock);
	evaluate(kn, list_lock(kn));
}

int
tk_kq_change(struct tk_kq *t, struct tk_fd *fd, short filter,
    unsigned short flags)
{
	struct kqueue *kq = &t->kq;
	struct knote *kn, *new;
	int error = 0;

	tk_may_sleep(NULL, "tk_kq_change");
	new = malloc(sizeof(*new), M_TEMP, M_WAITOK | M_ZERO);
	mtx_lock(&kq->kq_lock);
	kn = find(kq, fd->ident, filter);
	if (kn == NULL && (flags & EV_ADD) != 0) {
		devfs_hold(fd->fp);
		new->kn_fp = fd->fp;
		new->kn_kq = kq;
		new->kn_id = fd->ident;
		new->kn_filter = filter;
		new->kn_flags = flags & ~(EV_ADD | EV_DELETE | EV_ENABLE |
		    EV_DISABLE);
		error = add(kq, new);
		if (error == 0) {
			if ((flags & EV_DISABLE) != 0)
				new->kn_status |= KN_DISABLED;
			evaluate(new, list_lock(new));
		}
		return (error);
	}
	if (kn == NULL) {
		mtx_unlock(&kq->kq_lock);
		error = ENOENT;
	} else if ((flags & EV_DELETE) != 0) {
		kn->kn_influx++;
		mtx_unlock(&kq->kq_lock);
		knote_drop(kn);
	} else {
		change(kn, flags);
	}
	free(new, M_TEMP);
	return (error);
}

/*
 * With (k) held: report a knote that was taken off the queue.  False: its event
 * is no more.
 */
static bool
scan_one(struct kqueue *kq, struct knote *kn, struct kevent *event)
{
	struct knlist *knl;
	bool fired;

	kn->kn_influx++;
	if ((kn->kn_flags & EV_ONESHOT) != 0) {
		mtx_unlock(&kq->kq_lock);
		*event = kn->kn_kevent;
		knote_drop(kn);
		mtx_lock(&kq->kq_lock);
		return (true);
	}
	kn->kn_status |= KN_SCAN;
	mtx_unlock(&kq->kq_lock);
	knl = list_lock(kn);
	fired = kn->kn_fop->f_event(kn, 0) != 0;
	*event = kn->kn_kevent;
	mtx_lock(&kq->kq_lock);
	if (!fired || (kn->kn_flags & (EV_CLEAR | EV_DISPATCH)) != 0)
		kn->kn_status &= ~KN_ACTIVE;
	if (fired && (kn->kn_flags & EV_CLEAR) != 0)
		kn->kn_data = 0;
	if (fired && (kn->kn_flags & EV_DISPATCH) != 0)
		kn->kn_status |= KN_DISABLED;
	enqueue(kn);
	kn->kn_status &= ~KN_SCAN;
	flux_leave(kn);
	list_unlock(knl);
	return (fired);
}

/* With (k) held: each that is queued now, once. */
static int
scan(struct kqueue *kq, struct kevent *events, int n)
{
	int found = 0, looks = kq->kq_count;
	struct knote *kn;

	while (found < n && looks-- > 0 &&
	    (kn = TAILQ_FIRST(&kq->kq_head)) != NULL) {
		if (in_flux(kn)) {
			flux_wait(kq);
			looks++;
			continue;
		}
		dequeue(kn);
		if ((kn->kn_status & KN_DISABLED) != 0)
			continue;
		if (scan_one(kq, kn, &events[found]))
			found++;
	}
	return (found);
}

int
tk_kq_wait(struct tk_kq *t, struct kevent *events, int n, int timeout_ms)
{
	int64_t deadline = timeout_ms < 0 ? -1 : tk_now_ns() +
	    (int64_t)timeout_ms * 1000000;
	struct kqueue *kq = &t->kq;
	int error = 0, found;
	int64_t left = 0;

	tk_may_sleep(NULL, "tk_kq_wait");
	mtx_lock(&kq->kq_lock);
	while ((found = scan(kq, events, n)) == 0 && error == 0) {
		if (deadline >= 0)
			left = deadline - tk_now_ns();
		if (deadline >= 0 && left <= 0)
			break;
		if (kq->kq_count == 0)
			error = msleep_sbt(&kq->kq_count, &kq->kq_lock,
			    PSOCK | PCATCH, "kqread", nstosbt(left), 0, 0);
		if (error == EWOULDBLOCK)
			error = 0;
	}
	mtx_unlock(&kq->kq_lock);
	return (found != 0 ? found : -error);
}
