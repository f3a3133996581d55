/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Character devices: what the example in examples/echo does not need, and what
 * only a driver in C can do wrong.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/event.h>
#include <sys/filio.h>
#include <sys/kernel.h>
#include <sys/poll.h>

#include "kpi_cdev.h"
#include "tk_cdev.h"
#include "tk_test_thread.h"

static struct kpi_mtx m;
static struct kpi_cdev cdev;
static int opens, closes, open_error;
static bool slow_close;

static int
foo_open(void *arg, int flags)
{
	TK_CHECK(arg == &cdev);
	TK_CHECK((flags & KPI_CDEV_READ) != 0);
	if (open_error == 0)
		opens++;
	return (open_error);
}

static void
foo_close(void *arg)
{
	TK_CHECK(arg == &cdev);
	if (slow_close)
		pause("close", 3 * hz);
	closes++;
}

static const struct kpi_cdev_ops foo_ops = {
	.kco_open = foo_open,
	.kco_close = foo_close,
};

static const struct kpi_cdev_ops no_ops;

static void
setup(const struct kpi_cdev_ops *ops)
{
	opens = closes = open_error = 0;
	slow_close = false;
	bzero(&cdev, sizeof(cdev));
	kpi_mtx_init(&m, "foo", KPI_MTX_DEF);
	TK_EQ(kpi_cdev_create(&cdev, "foo", 0600, &m, ops, &cdev), 0);
}

static void
teardown(void)
{
	kpi_cdev_destroy(&cdev);
	kpi_mtx_destroy(&m);
}

TK_CASE(each_open_has_one_close)
{
	struct tk_fd *a, *b, *c;

	setup(&foo_ops);
	TK_EQ(tk_open("foo", O_RDWR, &a), 0);
	TK_EQ(tk_open("foo", O_RDONLY, &b), 0);
	TK_EQ(tk_dup(b, &c), 0);
	TK_EQ(opens, 2);
	TK_EQ(tk_close(a), 0);
	TK_EQ(closes, 1);
	TK_EQ(tk_close(b), 0);
	TK_EQ(closes, 1);
	open_error = EBUSY;
	TK_EQ(tk_open("foo", O_RDWR, &a), EBUSY);
	TK_EQ(closes, 1);
	/* The one that is open when the device goes. */
	kpi_cdev_destroy(&cdev);
	TK_EQ(closes, 2);
	TK_EQ(tk_close(c), ENXIO);
	TK_EQ(closes, 2);
	kpi_mtx_destroy(&m);
}

TK_CASE(open_that_cannot_be_counted_is_closed)
{
	struct tk_fd *fd;

	setup(&foo_ops);
	tk_fault_set("devfs_set_cdevpriv", 1);
	TK_EQ(tk_open("foo", O_RDWR, &fd), ENOENT);
	TK_EQ(opens, 1);
	TK_EQ(closes, 1);
	teardown();
}

static void
closer(void *arg)
{
	TK_EQ(tk_close(arg), 0);
}

/* destroy_dev(9) alone would not wait for it. */
TK_CASE(destroy_waits_for_a_close_under_way)
{
	struct test_thread t;
	struct tk_fd *fd;

	setup(&foo_ops);
	slow_close = true;
	TK_EQ(tk_open("foo", O_RDWR, &fd), 0);
	test_thread_start(&t, closer, fd);
	pause("closer", hz);
	TK_EQ(closes, 0);
	teardown();
	TK_EQ(closes, 1);
	test_thread_join(&t);
}

/* What is left of a program that exits and has not closed its kqueue yet. */
TK_CASE(destroy_closes_files_that_only_knotes_hold)
{
	struct tk_fd *a, *b;
	struct tk_kq *kq;

	setup(&foo_ops);
	kq = tk_kqueue();
	TK_EQ(tk_open("foo", O_RDWR, &a), 0);
	TK_EQ(tk_open("foo", O_RDWR, &b), 0);
	TK_EQ(tk_kq_change(kq, a, EVFILT_READ, EV_ADD), 0);
	TK_EQ(tk_kq_change(kq, a, EVFILT_WRITE, EV_ADD), 0);
	TK_EQ(tk_kq_change(kq, b, EVFILT_READ, EV_ADD), 0);
	TK_EQ(tk_close_at_exit(a), 0);
	TK_EQ(tk_close_at_exit(b), 0);
	TK_EQ(closes, 0);
	teardown();
	TK_EQ(closes, 2);
	tk_kq_close(kq);
}

TK_CASE(device_without_functions_is_always_ready_and_does_nothing)
{
	struct tk_pollfd pfd = { .events = POLLIN | POLLOUT };
	int on = 1, bytes;
	struct tk_fd *fd;

	setup(&no_ops);
	TK_EQ(tk_open("foo", O_RDWR, &fd), 0);
	TK_EQ(tk_read(fd, &bytes, 1), -ENODEV);
	TK_EQ(tk_write(fd, &bytes, 1), -ENODEV);
	TK_EQ(tk_ioctl(fd, FIONREAD, &bytes), ENOTTY);
	TK_EQ(tk_ioctl(fd, FIOASYNC, &on), EOPNOTSUPP);
	TK_EQ(tk_nonblock(fd, true), 0);
	pfd.fd = fd;
	TK_EQ(tk_poll(&pfd, 1, -1), 1);
	TK_EQ(pfd.revents, POLLIN | POLLOUT);
	pfd.events = 0x4000;
	TK_EQ(tk_poll(&pfd, 1, -1), 1);
	TK_EQ(pfd.revents, POLLNVAL);
	TK_EQ(tk_close(fd), 0);
	teardown();
}

TK_CASE(name_that_is_taken_is_an_error)
{
	struct kpi_cdev other = { 0 };

	setup(&no_ops);
	TK_EQ(kpi_cdev_create(&other, "foo", 0600, &m, &no_ops, NULL), EEXIST);
	/* It was not created: nothing. */
	kpi_cdev_destroy(&other);
	TK_EQ(kpi_cdev_create(&other, "a b", 0600, &m, &no_ops, NULL), EINVAL);
	/* A format is none. */
	TK_EQ(kpi_cdev_create(&other, "%s%n", 0600, &m, &no_ops, NULL), 0);
	kpi_cdev_destroy(&other);
	kpi_cdev_destroy(&other);
	teardown();
}

TK_CASE(notify_after_the_end_does_nothing)
{
	setup(&no_ops);
	kpi_cdev_destroy(&cdev);
	kpi_mtx_lock(&m);
	kpi_cdev_notify(&cdev);
	TK_EQ(kpi_cdev_wait(&cdev, 0, "foo"), ENXIO);
	kpi_mtx_unlock(&m);
	kpi_mtx_destroy(&m);
}

static void
poller(void *arg)
{
	struct tk_pollfd pfd = { .fd = arg, .events = POLLIN };

	TK_EQ(tk_poll(&pfd, 1, -1), 1);
}

static size_t
nothing(void *arg __unused)
{
	return (0);
}

TK_CASE(notify_wakes_nobody_in_a_kernel_that_has_panicked)
{
	static const struct kpi_cdev_ops ops = { .kco_readable = nothing };
	struct test_thread t;
	struct tk_fd *fd;

	setup(&ops);
	TK_EQ(tk_open("foo", O_RDONLY, &fd), 0);
	test_thread_start(&t, poller, fd);
	pause("poller", hz);
	tk_panicked(true);
	kpi_mtx_lock(&m);
	kpi_cdev_notify(&cdev);
	kpi_mtx_unlock(&m);
	tk_panicked(false);
	kpi_cdev_destroy(&cdev);
	test_thread_join(&t);
	TK_EQ(tk_close(fd), ENXIO);
	kpi_mtx_destroy(&m);
}

TK_CASE_DEBUG_STOPS(notify_without_the_mutex_stops, "mtx-assert:")
{
	setup(&no_ops);
	kpi_cdev_notify(&cdev);
}

TK_CASE_DEBUG_STOPS(wait_without_the_mutex_stops, "mtx-assert:")
{
	setup(&no_ops);
	(void)kpi_cdev_wait(&cdev, 0, "foo");
}

TK_CASE_DEBUG_STOPS(destroy_with_the_mutex_held_stops, "mtx-recurse:")
{
	setup(&no_ops);
	kpi_mtx_lock(&m);
	kpi_cdev_destroy(&cdev);
}

static int
suicidal_read(void *arg, struct uio *uio, int flags)
{
	kpi_cdev_destroy(&cdev);
	return (0);
}

TK_CASE_STOPS(destroy_in_a_function_of_the_device_stops, "cdev-self:")
{
	static const struct kpi_cdev_ops ops = { .kco_read = suicidal_read };
	struct tk_fd *fd;
	char c;

	setup(&ops);
	TK_EQ(tk_open("foo", O_RDWR, &fd), 0);
	(void)tk_read(fd, &c, 1);
}
