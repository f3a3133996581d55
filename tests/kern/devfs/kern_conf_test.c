/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* make_dev(9), the methods of a node, and each rule broken once. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/fcntl.h>
#include <sys/filio.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/uio.h>

#include "tk_bus.h"
#include "tk_cdev.h"
#include "tk_test_thread.h"

#define	FILLS	_IOR('t', 1, uint64_t)
#define	TAKES	_IOW('t', 2, uint64_t)
#define	TAKES_INT	_IOWINT('t', 3)
#define	UNKNOWN	_IO('t', 99)

static struct cdev *node;
static int opens, closes, last_closes, dtors;
static bool sleeps, gone, lock_kept, destroys;
static int open_error;
static struct mtx m;
static uint64_t taken;

static void
dtor(void *data)
{
	TK_STREQ(data, "data");
	dtors++;
}

static int
node_open(struct cdev *dev, int oflags, int devtype, struct thread *td)
{
	TK_CHECK(dev->si_drv1 == &opens);
	TK_CHECK(td == curthread);
	TK_EQ(devfs_set_cdevpriv(__DECONST(char *, "data"), dtor), 0);
	TK_EQ(devfs_set_cdevpriv(NULL, dtor), EBUSY);
	if (open_error == 0)
		opens++;
	return (open_error);
}

static int
node_close(struct cdev *dev, int fflag, int devtype, struct thread *td)
{
	void *data;

	TK_EQ(devfs_get_cdevpriv(&data), 0);
	closes++;
	if ((fflag & FLASTCLOSE) != 0)
		last_closes++;
	return (0);
}

static int
node_read(struct cdev *dev, struct uio *uio, int ioflag)
{
	char text[] = "text";

	if (destroys)
		destroy_dev(dev);
	mtx_lock(&m);
	if (lock_kept)
		return (0);
	while (sleeps && !gone)
		msleep(&m, &m, 0, "node", 0);
	mtx_unlock(&m);
	return (gone ? ENXIO : uiomove(text, sizeof(text), uio));
}

static int
node_ioctl(struct cdev *dev, u_long cmd, caddr_t data, int fflag,
    struct thread *td)
{
	switch (cmd) {
	case FILLS:
		*(uint64_t *)(void *)data += 7;
		return (0);
	case TAKES:
		taken = *(uint64_t *)(void *)data;
		return (0);
	case TAKES_INT:
		taken = (uint64_t)*(int *)(void *)data;
		return (0);
	default:
		return (ENOIOCTL);
	}
}

static struct cdevsw node_cdevsw = {
	.d_version =	D_VERSION,
	.d_name =	"node",
	.d_open =	node_open,
	.d_close =	node_close,
	.d_read =	node_read,
	.d_ioctl =	node_ioctl,
};

static int
make(const char *name, int flags, struct cdev **devp)
{
	struct make_dev_args args;

	make_dev_args_init(&args);
	args.mda_flags = flags;
	args.mda_devsw = &node_cdevsw;
	args.mda_mode = 0600;
	args.mda_unit = 3;
	args.mda_si_drv1 = &opens;
	return (make_dev_s(&args, devp, "%s", name));
}

static void
setup(u_int flags)
{
	opens = closes = last_closes = dtors = open_error = 0;
	sleeps = gone = lock_kept = destroys = false;
	taken = 0;
	mtx_init(&m, "node", NULL, MTX_DEF);
	node_cdevsw.d_flags = flags;
	TK_EQ(make("node", MAKEDEV_WAITOK | MAKEDEV_CHECKNAME, &node), 0);
}

static void
teardown(void)
{
	destroy_dev(node);
	mtx_destroy(&m);
}

TK_CASE(node_has_what_it_was_made_with)
{
	setup(0);
	TK_EQ(dev2unit(node), 3);
	TK_STREQ(devtoname(node), "node");
	TK_STREQ(tk_devctl_message(tk_devctl_count() - 1),
	    "!system=DEVFS subsystem=CDEV type=CREATE cdev=node");
	teardown();
	TK_STREQ(tk_devctl_message(tk_devctl_count() - 1),
	    "!system=DEVFS subsystem=CDEV type=DESTROY cdev=node");
}

TK_CASE(name_that_is_taken_or_impossible_is_an_error)
{
	static const struct {
		const char	*name;
		int		 error;
	} bad[] = {
		{ "node", EEXIST }, { "/node", EEXIST }, { "", EINVAL },
		{ "/", EINVAL }, { "a/", EINVAL }, { "a b", EINVAL },
		{ "a\"b", EINVAL }, { ".", EINVAL }, { "a/../b", EINVAL },
	};
	char longest[SPECNAMELEN + 2];
	struct cdev *dev;

	setup(0);
	for (size_t i = 0; i < nitems(bad); i++)
		TK_EQ(make(bad[i].name, MAKEDEV_CHECKNAME, &dev),
		    bad[i].error);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	TK_EQ(make(longest, MAKEDEV_CHECKNAME, &dev), ENAMETOOLONG);
	TK_EQ(make("//a//b", MAKEDEV_CHECKNAME, &dev), 0);
	TK_STREQ(devtoname(dev), "a/b");
	destroy_dev(dev);
	teardown();
}

TK_CASE_STOPS(name_that_is_taken_without_checkname_panics,
    "panic: make_dev_sv: bad si_name (error=17, si_name=node)")
{
	struct cdev *dev;

	setup(0);
	(void)make("node", MAKEDEV_WAITOK, &dev);
}

TK_CASE(only_the_last_close_reaches_the_driver)
{
	struct tk_fd *a, *b, *c;

	setup(0);
	TK_EQ(tk_open("nothing", O_RDWR, &a), ENOENT);
	TK_EQ(tk_open("node", O_RDWR, &a), 0);
	TK_EQ(tk_open("node", O_RDWR, &b), 0);
	TK_EQ(tk_dup(b, &c), 0);
	TK_EQ(opens, 2);
	TK_EQ(tk_close(a), 0);
	TK_EQ(closes, 0);
	TK_EQ(dtors, 1);
	TK_EQ(tk_close(b), 0);
	TK_EQ(dtors, 1);
	TK_EQ(tk_close(c), 0);
	TK_EQ(closes, 1);
	TK_EQ(last_closes, 1);
	TK_EQ(dtors, 2);
	teardown();
}

TK_CASE(trackclose_hears_of_each_close)
{
	struct tk_fd *a, *b;

	setup(D_TRACKCLOSE);
	TK_EQ(tk_open("node", O_RDWR, &a), 0);
	TK_EQ(tk_open("node", O_RDWR, &b), 0);
	TK_EQ(tk_close(a), 0);
	TK_EQ(closes, 1);
	TK_EQ(last_closes, 0);
	TK_EQ(tk_close(b), 0);
	TK_EQ(closes, 2);
	TK_EQ(last_closes, 1);
	teardown();
}

TK_CASE(open_that_fails_leaves_no_data)
{
	struct tk_fd *fd;

	setup(0);
	open_error = EBUSY;
	TK_EQ(tk_open("node", O_RDWR, &fd), EBUSY);
	TK_EQ(dtors, 1);
	TK_EQ(closes, 0);
	teardown();
}

TK_CASE(files_of_a_destroyed_node_are_dead)
{
	struct tk_fd *a, *b;
	char c;

	setup(D_TRACKCLOSE);
	TK_EQ(tk_open("node", O_RDWR, &a), 0);
	TK_EQ(tk_open("node", O_RDWR, &b), 0);
	TK_EQ(tk_read(a, &c, 1), 1);
	destroy_dev(node);
	/* The files' data goes with the node; d_close() is not called. */
	TK_EQ(dtors, 2);
	TK_EQ(tk_open("node", O_RDWR, &a), ENOENT);
	TK_EQ(tk_read(a, &c, 1), -ENXIO);
	TK_EQ(tk_write(a, &c, 1), -ENXIO);
	TK_EQ(tk_ioctl(a, FILLS, &taken), ENXIO);
	TK_EQ(tk_close(a), ENXIO);
	TK_EQ(tk_close(b), ENXIO);
	TK_EQ(closes, 0);
	/* The name was free at once. */
	TK_EQ(make("node", MAKEDEV_CHECKNAME, &node), 0);
	teardown();
}

static void
reader(void *arg)
{
	struct tk_fd *fd = arg;
	char c;

	TK_EQ(tk_read(fd, &c, 1), -ENXIO);
}

static void
waker(void *arg)
{
	pause("waker", hz);
	mtx_lock(&m);
	gone = true;
	wakeup(&m);
	mtx_unlock(&m);
}

TK_CASE(destroy_waits_for_threads_in_methods)
{
	struct test_thread r, w;
	struct tk_fd *fd;
	int64_t start;

	setup(0);
	sleeps = true;
	TK_EQ(tk_open("node", O_RDWR, &fd), 0);
	test_thread_start(&r, reader, fd);
	pause("reader", hz / 10);
	test_thread_start(&w, waker, NULL);
	start = tk_now_ns();
	destroy_dev(node);
	TK_CHECK(gone);
	TK_CHECK(tk_now_ns() - start >= 1000000000);
	test_thread_join(&r);
	test_thread_join(&w);
	TK_EQ(tk_close(fd), ENXIO);
	mtx_destroy(&m);
}

static void
purge(struct cdev *dev)
{
	gone = true;
	wakeup(&m);
}

TK_CASE(purge_wakes_threads_in_methods)
{
	struct test_thread r;
	struct tk_fd *fd;

	node_cdevsw.d_purge = purge;
	setup(0);
	sleeps = true;
	TK_EQ(tk_open("node", O_RDWR, &fd), 0);
	test_thread_start(&r, reader, fd);
	pause("reader", hz / 10);
	destroy_dev(node);
	node_cdevsw.d_purge = NULL;
	test_thread_join(&r);
	TK_EQ(tk_close(fd), ENXIO);
	mtx_destroy(&m);
}

TK_CASE(close_waits_for_the_read_that_uses_the_file)
{
	struct test_thread r;
	struct tk_fd *fd;

	setup(0);
	sleeps = true;
	TK_EQ(tk_open("node", O_RDWR, &fd), 0);
	test_thread_start(&r, reader, fd);
	pause("reader", hz / 10);
	TK_EQ(tk_close(fd), 0);
	TK_EQ(closes, 0);
	waker(NULL);
	test_thread_join(&r);
	TK_EQ(closes, 1);
	teardown();
}

TK_CASE(ioctl_copies_its_argument)
{
	uint64_t value = 1;
	struct tk_fd *fd;

	setup(0);
	TK_EQ(tk_open("node", O_RDWR, &fd), 0);
	/* What a program does not give, the driver finds as zeros. */
	TK_EQ(tk_ioctl(fd, FILLS, &value), 0);
	TK_EQ(value, 7);
	TK_EQ(tk_ioctl(fd, TAKES, &value), 0);
	TK_EQ(taken, 7);
	TK_EQ(tk_ioctl(fd, TAKES_INT, (void *)9), 0);
	TK_EQ(taken, 9);
	TK_EQ(tk_ioctl(fd, UNKNOWN, NULL), ENOTTY);
	TK_EQ(tk_ioctl(fd, TAKES, NULL), EFAULT);
	TK_EQ(tk_ioctl(fd, 0, NULL), ENOTTY);
	TK_EQ(tk_ioctl(fd, _IOC(IOC_IN, 't', 2, 0), &value), ENOTTY);
	TK_EQ(tk_ioctl(fd, _IOC(IOC_VOID, 't', 2, 8), &value), ENOTTY);
	TK_EQ(tk_close(fd), 0);
	teardown();
}

TK_CASE(file_is_read_and_written_as_it_is_open)
{
	struct tk_fd *fd;
	char c;

	setup(0);
	TK_EQ(tk_open("node", O_WRONLY, &fd), 0);
	TK_EQ(tk_read(fd, &c, 1), -EBADF);
	/* It has no d_write(). */
	TK_EQ(tk_write(fd, &c, 1), -ENODEV);
	TK_EQ(tk_close(fd), 0);
	TK_EQ(tk_open("node", O_RDONLY, &fd), 0);
	TK_EQ(tk_write(fd, &c, 1), -EBADF);
	TK_EQ(tk_close(fd), 0);
	teardown();
}

TK_CASE_STOPS(destroy_of_a_destroyed_node_stops, "cdev-destroy: destroy_dev() "
    "of \"node\", which is destroyed already")
{
	struct tk_fd *fd;

	setup(0);
	TK_EQ(tk_open("node", O_RDWR, &fd), 0);
	destroy_dev(node);
	destroy_dev(node);
}

TK_CASE_STOPS(destroy_in_a_method_stops, "cdev-self: destroy_dev() of "
    "\"node\" in one of its methods")
{
	struct tk_fd *fd;
	char c;

	setup(0);
	destroys = true;
	TK_EQ(tk_open("node", O_RDWR, &fd), 0);
	(void)tk_read(fd, &c, 1);
}

TK_CASE_DEBUG_STOPS(destroy_with_a_mutex_held_stops,
    "sleep-lock: destroy_dev()")
{
	setup(0);
	mtx_lock(&m);
	destroy_dev(node);
}

TK_CASE_DEBUG_STOPS(method_that_keeps_a_mutex_stops, "d_read()")
{
	struct tk_fd *fd;
	char c;

	setup(0);
	lock_kept = true;
	TK_EQ(tk_open("node", O_RDWR, &fd), 0);
	(void)tk_read(fd, &c, 1);
}

TK_CASE_STOPS(cdevsw_of_another_version_stops, "cdev-version: device driver "
    "\"old\" has wrong version 0x28042009")
{
	static struct cdevsw old = {
		.d_version = 0x28042009,
		.d_name = "old",
	};
	struct make_dev_args args;

	make_dev_args_init(&args);
	args.mda_devsw = &old;
	(void)make_dev_s(&args, &node, "old");
}

TK_CASE_STOPS(cdevsw_that_wants_giant_stops, "cdev-flags: device driver "
    "\"node\"")
{
	setup(D_NEEDGIANT);
}

TK_CASE_UNBOOTED(node_that_is_left_is_a_leak)
{
	tk_boot(NULL);
	setup(0);
	mtx_destroy(&m);
	TK_EQ(tk_ledger_count("device node"), 1);
	/* The node and its memory. */
	TK_EQ(tk_shutdown(), 2);
}
