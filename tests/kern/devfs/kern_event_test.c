/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* poll(2) and kqueue(2) of a device node, and each rule broken once. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/event.h>
#include <sys/fcntl.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/poll.h>
#include <sys/selinfo.h>

#include "tk_cdev.h"
#include "tk_test_thread.h"

static struct cdev *node;
static struct selinfo sel;
static struct mtx m;
static int ready, asked, records;
static struct tk_fd *fd;
static struct tk_kq *kq;

static int
node_poll(struct cdev *dev, int events, struct thread *td)
{
	int revents = 0;

	mtx_lock(&m);
	asked++;
	if (ready != 0)
		revents = events & POLLIN;
	else
		for (int i = 0; i < records; i++)
			selrecord(td, &sel);
	mtx_unlock(&m);
	return (revents);
}

/* kqueue(2)'s own, of a file. */
static const struct filterops *file_filterops;

static void
node_detach(struct knote *kn)
{
	kn->kn_fop = file_filterops;
	knlist_remove(&sel.si_note, kn, 0);
}

static int
node_event(struct knote *kn, long hint)
{
	if (kn->kn_knlist != NULL)
		mtx_assert(&m, MA_OWNED);
	asked++;
	kn->kn_data = ready;
	return (ready != 0);
}

static const struct filterops node_filterops = {
	.f_isfd = 1,
	.f_detach = node_detach,
	.f_event = node_event,
};

static int
node_kqfilter(struct cdev *dev, struct knote *kn)
{
	if (kn->kn_filter != EVFILT_READ)
		return (EINVAL);
	file_filterops = kn->kn_fop;
	kn->kn_fop = &node_filterops;
	knlist_add(&sel.si_note, kn, 0);
	return (0);
}

static struct cdevsw node_cdevsw = {
	.d_version =	D_VERSION,
	.d_name =	"node",
	.d_poll =	node_poll,
	.d_kqfilter =	node_kqfilter,
};

static void
setup(void)
{
	struct make_dev_args args;

	ready = asked = 0;
	records = 1;
	bzero(&sel, sizeof(sel));
	mtx_init(&m, "node", NULL, MTX_DEF);
	knlist_init_mtx(&sel.si_note, &m);
	make_dev_args_init(&args);
	args.mda_devsw = &node_cdevsw;
	TK_EQ(make_dev_s(&args, &node, "node"), 0);
	TK_EQ(tk_open("node", O_RDWR, &fd), 0);
	kq = tk_kqueue();
}

static void
teardown(void)
{
	tk_kq_close(kq);
	TK_EQ(tk_close(fd), 0);
	destroy_dev(node);
	knlist_destroy(&sel.si_note);
	seldrain(&sel);
	mtx_destroy(&m);
}

static void
set_ready(int value)
{
	mtx_lock(&m);
	ready = value;
	selwakeup(&sel);
	KNOTE_LOCKED(&sel.si_note, 0);
	mtx_unlock(&m);
}

static void
set_ready_later(void *arg)
{
	pause("later", hz);
	set_ready(5);
}

TK_CASE(poll_waits_for_selwakeup)
{
	struct tk_pollfd pfd = { fd, POLLIN, 0 };
	struct test_thread t;
	int64_t start;

	setup();
	pfd.fd = fd;
	TK_EQ(tk_poll(&pfd, 1, 0), 0);
	start = tk_now_ns();
	TK_EQ(tk_poll(&pfd, 1, 500), 0);
	TK_CHECK(tk_now_ns() - start >= 500000000);
	test_thread_start(&t, set_ready_later, NULL);
	asked = 0;
	TK_EQ(tk_poll(&pfd, 1, -1), 1);
	TK_EQ(pfd.revents, POLLIN);
	/* Asked before and after: no busy wait. */
	TK_EQ(asked, 2);
	test_thread_join(&t);
	teardown();
}

TK_CASE(poll_of_a_node_that_is_gone_hangs_up)
{
	struct tk_pollfd pfd = { .events = POLLIN | POLLOUT };

	setup();
	pfd.fd = fd;
	destroy_dev(node);
	TK_EQ(tk_poll(&pfd, 1, -1), 1);
	TK_EQ(pfd.revents, POLLIN | POLLHUP);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), ENXIO);
	tk_kq_close(kq);
	TK_EQ(tk_close(fd), ENXIO);
	mtx_destroy(&m);
}

static void
poller(void *arg)
{
	struct tk_pollfd pfd = { fd, POLLIN, 0 };

	TK_EQ(tk_poll(&pfd, 1, -1), -EINTR);
}

TK_CASE(poll_ends_by_a_signal)
{
	struct test_thread t;

	setup();
	test_thread_start(&t, poller, NULL);
	pause("poller", hz / 10);
	tk_thread_interrupt(t.td);
	test_thread_join(&t);
	teardown();
}

TK_CASE(kqueue_waits_for_a_knote)
{
	struct test_thread t;
	struct kevent ev;

	setup();
	TK_EQ(tk_kq_change(kq, fd, EVFILT_WRITE, EV_ADD), EINVAL);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_DELETE), ENOENT);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), 0);
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 0);
	test_thread_start(&t, set_ready_later, NULL);
	TK_EQ(tk_kq_wait(kq, &ev, 1, -1), 1);
	TK_EQ(ev.ident, tk_ident(fd));
	TK_EQ(ev.filter, EVFILT_READ);
	TK_EQ(ev.data, 5);
	/* Level triggered. */
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 1);
	ready = 0;
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 0);
	test_thread_join(&t);
	teardown();
}

TK_CASE(kqueue_flags_are_obeyed)
{
	struct kevent ev;

	setup();
	ready = 1;
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD | EV_CLEAR), 0);
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 1);
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 0);
	set_ready(2);
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 1);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_DISABLE), 0);
	set_ready(3);
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 0);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ENABLE), 0);
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 1);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_DELETE), 0);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD | EV_ONESHOT), 0);
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 1);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_DELETE), ENOENT);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD | EV_DISPATCH), 0);
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 1);
	set_ready(4);
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 0);
	teardown();
}

TK_CASE(closing_a_descriptor_drops_its_knotes)
{
	struct tk_fd *other;

	setup();
	TK_EQ(tk_dup(fd, &other), 0);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), 0);
	TK_EQ(tk_kq_change(kq, other, EVFILT_READ, EV_ADD), 0);
	TK_EQ(tk_close(other), 0);
	mtx_lock(&m);
	TK_CHECK(!knlist_empty(&sel.si_note));
	mtx_unlock(&m);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_DELETE), 0);
	mtx_lock(&m);
	TK_CHECK(knlist_empty(&sel.si_note));
	mtx_unlock(&m);
	teardown();
}

/* So a module that uses it is called where its code was, once unloaded. */
TK_CASE(knlist_clear_leaves_knotes_that_call_the_driver)
{
	setup();
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), 0);
	knlist_clear(&sel.si_note, 0);
	asked = 0;
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), 0);
	TK_EQ(asked, 1);
	teardown();
}

TK_CASE(knlist_delete_leaves_none)
{
	struct kevent ev;

	setup();
	ready = 1;
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), 0);
	knlist_delete(&sel.si_note, curthread, 0);
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 0);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_DELETE), ENOENT);
	teardown();
}

/*
 * A program that exits closes its descriptors before its kqueues.  In between
 * the knote has the last reference of the file.
 */
TK_CASE_DEBUG_STOPS(knlist_delete_of_a_file_s_last_reference_stops,
    "sleep-lock: the last close of a file with mutex")
{
	setup();
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), 0);
	TK_EQ(tk_close_at_exit(fd), 0);
	knlist_delete(&sel.si_note, curthread, 0);
}

TK_CASE_STOPS(knlist_destroyed_with_knotes_stops,
    "knlist-destroy: destroying a knlist with knotes on it")
{
	setup();
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), 0);
	knlist_destroy(&sel.si_note);
}

/* FreeBSD takes a mutex of its own then; a driver has one. */
TK_CASE_STOPS(knlist_without_a_mutex_stops,
    "knlist-init: knlist_init_mtx() without a mutex")
{
	knlist_init_mtx(&sel.si_note, NULL);
}

static int
kqfilter_adds_twice(struct cdev *dev, struct knote *kn)
{
	(void)node_kqfilter(dev, kn);
	knlist_add(&sel.si_note, kn, 0);
	return (0);
}

TK_CASE_STOPS(knote_added_twice_stops,
    "knlist-add: knlist_add() of a knote that is on a list")
{
	node_cdevsw.d_kqfilter = kqfilter_adds_twice;
	setup();
	(void)tk_kq_change(kq, fd, EVFILT_READ, EV_ADD);
}

static void
detach_removes_twice(struct knote *kn)
{
	node_detach(kn);
	knlist_remove(&sel.si_note, kn, 0);
}

static const struct filterops twice_filterops = {
	.f_isfd = 1,
	.f_detach = detach_removes_twice,
	.f_event = node_event,
};

static int
kqfilter_that_is_removed_twice(struct cdev *dev, struct knote *kn)
{
	(void)node_kqfilter(dev, kn);
	kn->kn_fop = &twice_filterops;
	return (0);
}

TK_CASE_STOPS(knote_removed_twice_stops,
    "knlist-remove: knlist_remove() of a knote that is on no list")
{
	node_cdevsw.d_kqfilter = kqfilter_that_is_removed_twice;
	setup();
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), 0);
	(void)tk_kq_change(kq, fd, EVFILT_READ, EV_DELETE);
}

static void
detach_only_removes(struct knote *kn)
{
	knlist_remove(&sel.si_note, kn, 0);
}

static const struct filterops left_filterops = {
	.f_isfd = 1,
	.f_detach = detach_only_removes,
	.f_event = node_event,
};

static int
kqfilter_whose_functions_stay(struct cdev *dev, struct knote *kn)
{
	(void)node_kqfilter(dev, kn);
	kn->kn_fop = &left_filterops;
	return (0);
}

TK_CASE_STOPS(knote_that_keeps_its_drivers_functions_stops,
    "f-detach: f_detach() has left a knote its driver's functions")
{
	node_cdevsw.d_kqfilter = kqfilter_whose_functions_stay;
	setup();
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), 0);
	(void)tk_kq_change(kq, fd, EVFILT_READ, EV_DELETE);
}

static int
kqfilter_forgets_the_functions(struct cdev *dev, struct knote *kn)
{
	return (0);
}

TK_CASE_STOPS(kqfilter_without_functions_stops,
    "kqfilter: d_kqfilter() has set no kn_fop")
{
	node_cdevsw.d_kqfilter = kqfilter_forgets_the_functions;
	setup();
	(void)tk_kq_change(kq, fd, EVFILT_READ, EV_ADD);
}

TK_CASE_STOPS(knote_without_the_kqueues_lock_stops,
    "knote: KNF_NOKQLOCK is not supported")
{
	setup();
	knote(&sel.si_note, 0, KNF_NOKQLOCK);
}

TK_CASE_DEBUG_STOPS(knote_without_its_lock_stops, "mtx-assert:")
{
	setup();
	KNOTE_LOCKED(&sel.si_note, 0);
}

TK_CASE_DEBUG_STOPS(knote_with_its_lock_stops, "mtx-assert:")
{
	setup();
	mtx_lock(&m);
	KNOTE_UNLOCKED(&sel.si_note, 0);
}

TK_CASE_STOPS(selrecord_outside_of_poll_stops, "selrecord:")
{
	setup();
	selrecord(curthread, &sel);
}

TK_CASE_STOPS(poll_that_records_three_times_panics,
    "panic: selrecord: No free selfd on selq")
{
	struct tk_pollfd pfd = { .events = POLLIN };

	setup();
	pfd.fd = fd;
	records = 3;
	(void)tk_poll(&pfd, 1, 0);
}
