/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * echo(4), in C and in Rust: each case runs for both, as NAME_in_c and
 * NAME_in_rust.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/event.h>
#include <sys/fcntl.h>
#include <sys/kernel.h>
#include <sys/poll.h>
#include <sys/sysctl.h>
#include <sys/uio.h>

#include "echo/echo.h"
#include "tk_bus.h"
#include "tk_cdev.h"
#include "tk_test_thread.h"

struct twin {
	const char	*name;		/* of the node and of the module */
	const char	*bytes;		/* the counter's sysctl */
};

static const struct twin in_c = { "echo", "kern.echo.bytes" };
static const struct twin in_rust = { "echo_rust", "kern.echo_rust.bytes" };

#define	TWIN_CASES(kind, case)						\
	static void case(const struct twin *t);				\
	kind(case##_in_c)						\
	{								\
		case(&in_c);						\
	}								\
	kind(case##_in_rust)						\
	{								\
		case(&in_rust);						\
	}								\
	static void							\
	case(const struct twin *t)
#define	TWIN_CASE(case)			TWIN_CASES(TK_CASE, case)
#define	TWIN_CASE_THREADED(case)	TWIN_CASES(TK_CASE_THREADED, case)

static char buf[3 * ECHO_SIZE];

static struct tk_fd *
echo_open(const struct twin *t, int oflags)
{
	struct tk_fd *fd;

	TK_EQ(tk_open(t->name, oflags, &fd), 0);
	return (fd);
}

/* Bytes of a pattern, from its position `from' on. */
static void
fill(char *p, size_t from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (char)((from + i) % 251);
}

static void
check(const char *p, size_t from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		TK_EQ((u_char)p[i], (from + i) % 251);
}

static void
put(struct tk_fd *fd, size_t from, size_t len)
{
	fill(buf, from, len);
	TK_EQ(tk_write(fd, buf, len), len);
}

static void
get(struct tk_fd *fd, size_t from, size_t len)
{
	bzero(buf, len);
	TK_EQ(tk_read(fd, buf, len), len);
	check(buf, from, len);
}

static uint64_t
counted(const struct twin *t)
{
	uint64_t bytes;
	size_t size = sizeof(bytes);

	TK_EQ(kernel_sysctlbyname(curthread, __DECONST(char *, t->bytes),
	    &bytes, &size, NULL, 0, NULL, 0), 0);
	return (bytes);
}

TWIN_CASE(bytes_come_back_in_order)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	size_t in = 0, out = 0;

	/* Round the ring several times, in pieces of odd sizes. */
	for (int i = 0; i < 40; i++) {
		put(fd, in, 301);
		in += 301;
		put(fd, in, 7);
		in += 7;
		get(fd, out, 150);
		out += 150;
		get(fd, out, in - out);
		out = in;
	}
	TK_EQ(counted(t), in);
	TK_EQ(tk_close(fd), 0);
}

TWIN_CASE(files_share_the_buffer)
{
	struct tk_fd *a = echo_open(t, O_WRONLY), *b = echo_open(t, O_RDONLY);

	put(a, 0, 10);
	TK_EQ(tk_close(a), 0);
	get(b, 0, 10);
	TK_EQ(tk_close(b), 0);
}

TWIN_CASE(vectors_are_moved_piece_by_piece)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	struct iovec iov[3] = {
		{ buf, 100 }, { buf + 100, 0 }, { buf + 1000, 300 },
	};

	fill(buf, 0, 100);
	fill(buf + 1000, 100, 300);
	TK_EQ(tk_writev(fd, iov, 3), 400);
	bzero(buf, sizeof(buf));
	TK_EQ(tk_readv(fd, iov, 3), 400);
	check(buf, 0, 100);
	check(buf + 1000, 100, 300);
	TK_EQ(tk_close(fd), 0);
}

struct sleeper {
	struct test_thread thread;
	struct tk_fd	*fd;
	int64_t		 result;
	char		 bytes[2 * ECHO_SIZE];
	size_t		 len;
	bool		 writes;
};

static void
sleeper_main(void *arg)
{
	struct sleeper *s = arg;

	s->result = s->writes ? tk_write(s->fd, s->bytes, s->len) :
	    tk_read(s->fd, s->bytes, s->len);
}

static struct sleeper sleepers[4];

static struct sleeper *
start(struct tk_fd *fd, bool writes, size_t len)
{
	static int next;
	struct sleeper *s = &sleepers[next++ % nitems(sleepers)];

	s->fd = fd;
	s->writes = writes;
	s->len = len;
	s->result = 0x7777;
	fill(s->bytes, 0, len);
	test_thread_start(&s->thread, sleeper_main, s);
	pause("sleeper", hz / 10);
	return (s);
}

TWIN_CASE(read_waits_for_bytes)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	struct sleeper *s = start(fd, false, 100);

	TK_CHECK(!s->thread.done);
	put(fd, 0, 30);
	test_thread_join(&s->thread);
	TK_EQ(s->result, 30);
	check(s->bytes, 0, 30);
	TK_EQ(tk_close(fd), 0);
}

TWIN_CASE(write_waits_for_room_until_all_is_written)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	struct sleeper *s = start(fd, true, 2 * ECHO_SIZE);

	TK_CHECK(!s->thread.done);
	for (size_t out = 0, n; out < 2 * ECHO_SIZE; out += n) {
		n = (size_t)tk_read(fd, buf, 100);
		check(buf, out, n);
	}
	test_thread_join(&s->thread);
	TK_EQ(s->result, 2 * ECHO_SIZE);
	TK_EQ(tk_close(fd), 0);
}

TWIN_CASE(nonblocking_calls_do_what_they_can)
{
	struct tk_fd *fd = echo_open(t, O_RDWR | O_NONBLOCK);

	TK_EQ(tk_read(fd, buf, 1), -EWOULDBLOCK);
	fill(buf, 0, ECHO_SIZE + 100);
	TK_EQ(tk_write(fd, buf, ECHO_SIZE + 100), ECHO_SIZE);
	TK_EQ(tk_write(fd, buf, 1), -EWOULDBLOCK);
	TK_EQ(tk_read(fd, buf, sizeof(buf)), ECHO_SIZE);
	check(buf, 0, ECHO_SIZE);
	TK_EQ(tk_write(fd, buf, 0), 0);
	TK_EQ(tk_read(fd, buf, 0), 0);
	TK_EQ(tk_close(fd), 0);
}

TWIN_CASE(fcntl_makes_a_file_nonblocking)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);

	TK_EQ(tk_nonblock(fd, true), 0);
	TK_EQ(tk_read(fd, buf, 1), -EWOULDBLOCK);
	TK_EQ(tk_nonblock(fd, false), 0);
	struct sleeper *s = start(fd, false, 1);
	TK_CHECK(!s->thread.done);
	put(fd, 0, 1);
	test_thread_join(&s->thread);
	TK_EQ(tk_close(fd), 0);
}

TWIN_CASE(poll_tells_what_can_be_done)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	struct tk_pollfd pfd = { fd, POLLIN | POLLOUT, 0 };

	TK_EQ(tk_poll(&pfd, 1, 0), 1);
	TK_EQ(pfd.revents, POLLOUT);
	put(fd, 0, 10);
	TK_EQ(tk_poll(&pfd, 1, 0), 1);
	TK_EQ(pfd.revents, POLLIN | POLLOUT);
	put(fd, 10, ECHO_SIZE - 10);
	TK_EQ(tk_poll(&pfd, 1, 0), 1);
	TK_EQ(pfd.revents, POLLIN);
	get(fd, 0, ECHO_SIZE);
	pfd.events = POLLIN;
	TK_EQ(tk_poll(&pfd, 1, 100), 0);
	TK_EQ(tk_close(fd), 0);
}

static void
put_later(void *arg)
{
	pause("later", hz);
	TK_EQ(tk_write(arg, "later", 5), 5);
}

TWIN_CASE(poll_waits_for_a_write)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	struct tk_pollfd pfd = { fd, POLLIN, 0 };
	struct test_thread later;

	test_thread_start(&later, put_later, fd);
	TK_EQ(tk_poll(&pfd, 1, -1), 1);
	TK_EQ(pfd.revents, POLLIN);
	test_thread_join(&later);
	TK_EQ(tk_close(fd), 0);
}

TWIN_CASE(kqueue_counts_bytes_and_room)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	struct tk_kq *kq = tk_kqueue();
	struct test_thread later;
	struct kevent ev[2];

	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), 0);
	TK_EQ(tk_kq_change(kq, fd, -6, EV_ADD), EINVAL);
	TK_EQ(tk_kq_wait(kq, ev, 2, 100), 0);
	test_thread_start(&later, put_later, fd);
	TK_EQ(tk_kq_wait(kq, ev, 2, -1), 1);
	TK_EQ(ev[0].filter, EVFILT_READ);
	TK_EQ(ev[0].data, 5);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_DELETE), 0);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_WRITE, EV_ADD), 0);
	TK_EQ(tk_kq_wait(kq, ev, 2, 0), 1);
	TK_EQ(ev[0].filter, EVFILT_WRITE);
	TK_EQ(ev[0].data, ECHO_SIZE - 5);
	test_thread_join(&later);
	tk_kq_close(kq);
	TK_EQ(tk_close(fd), 0);
}

TWIN_CASE(ioctls_work_or_say_why_not)
{
	struct tk_fd *fd = echo_open(t, O_RDWR | O_NONBLOCK);
	uint32_t size = 0;

	TK_EQ(tk_ioctl(fd, ECHO_GETSIZE, &size), 0);
	TK_EQ(size, ECHO_SIZE);
	put(fd, 0, 10);
	TK_EQ(tk_ioctl(fd, ECHO_CLEAR, NULL), 0);
	TK_EQ(tk_read(fd, buf, 1), -EWOULDBLOCK);
	TK_EQ(tk_ioctl(fd, ECHO_SETSIZE, &size), EOPNOTSUPP);
	TK_EQ(tk_ioctl(fd, ECHO_SETSIZE, NULL), EFAULT);
	TK_EQ(tk_ioctl(fd, _IO('e', 99), NULL), ENOTTY);
	TK_EQ(tk_close(fd), 0);
}

TWIN_CASE(clear_makes_room_for_a_writer)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	struct sleeper *s;

	put(fd, 0, ECHO_SIZE);
	s = start(fd, true, 10);
	TK_EQ(tk_ioctl(fd, ECHO_CLEAR, NULL), 0);
	test_thread_join(&s->thread);
	TK_EQ(s->result, 10);
	get(fd, 0, 10);
	TK_EQ(tk_close(fd), 0);
}

TWIN_CASE(bad_address_loses_nothing)
{
	struct tk_fd *fd = echo_open(t, O_RDWR | O_NONBLOCK);

	tk_user_hole(buf + 2000, 10);
	TK_EQ(tk_write(fd, buf + 2000, 10), -EFAULT);
	TK_EQ(tk_write(fd, NULL, 10), -EFAULT);
	TK_EQ(tk_read(fd, buf, 1), -EWOULDBLOCK);
	put(fd, 0, 600);
	TK_EQ(tk_read(fd, buf + 2000 - 300, 600), -EFAULT);
	TK_EQ(tk_read(fd, NULL, 600), -EFAULT);
	tk_user_hole(NULL, 0);
	get(fd, 0, 600);
	TK_EQ(tk_close(fd), 0);
}

TWIN_CASE(signal_ends_a_wait)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	struct sleeper *s = start(fd, false, 10);

	tk_thread_interrupt(s->thread.td);
	test_thread_join(&s->thread);
	TK_EQ(s->result, -EINTR);
	/* What was written before counts. */
	s = start(fd, true, ECHO_SIZE + 10);
	tk_thread_interrupt(s->thread.td);
	test_thread_join(&s->thread);
	TK_EQ(s->result, ECHO_SIZE);
	TK_EQ(tk_close(fd), 0);
}

static void
poller(void *arg)
{
	struct tk_pollfd pfd = { arg, POLLIN, 0 };

	TK_EQ(tk_poll(&pfd, 1, -1), 1);
	TK_EQ(pfd.revents, POLLIN | POLLHUP);
}

static void
kevent_waiter(void *arg)
{
	struct tk_kq *kq = tk_kqueue();
	struct kevent ev;

	TK_EQ(tk_kq_change(kq, arg, EVFILT_READ, EV_ADD), 0);
	TK_EQ(tk_kq_wait(kq, &ev, 1, -1), 1);
	TK_CHECK((ev.flags & EV_EOF) != 0);
	/* It was the last one. */
	TK_EQ(tk_kq_wait(kq, &ev, 1, 100), 0);
	tk_kq_close(kq);
}

TWIN_CASE(unload_wakes_those_who_wait)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	struct sleeper *a = start(fd, false, 10), *b = start(fd, false, 10);
	struct test_thread p, k;

	test_thread_start(&p, poller, fd);
	test_thread_start(&k, kevent_waiter, fd);
	pause("waiters", hz / 10);
	TK_EQ(tk_module_unload(t->name), 0);
	test_thread_join(&a->thread);
	test_thread_join(&b->thread);
	test_thread_join(&p);
	test_thread_join(&k);
	TK_EQ(a->result, -ENXIO);
	TK_EQ(b->result, -ENXIO);
	TK_EQ(tk_read(fd, buf, 1), -ENXIO);
	TK_EQ(tk_close(fd), ENXIO);
	TK_EQ(tk_open(t->name, O_RDWR, &fd), ENOENT);
}

TWIN_CASE(unload_wakes_a_writer)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	struct sleeper *s;

	put(fd, 0, ECHO_SIZE);
	s = start(fd, true, 10);
	TK_EQ(tk_module_unload(t->name), 0);
	test_thread_join(&s->thread);
	TK_EQ(s->result, -ENXIO);
	TK_EQ(tk_close(fd), ENXIO);
}

/* A knote that no program waits for goes as well. */
TWIN_CASE(unload_leaves_no_knote)
{
	struct tk_fd *fd = echo_open(t, O_RDWR);
	struct tk_kq *kq = tk_kqueue();
	struct kevent ev;

	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), 0);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_WRITE, EV_ADD | EV_CLEAR), 0);
	TK_EQ(tk_module_unload(t->name), 0);
	TK_EQ(tk_kq_wait(kq, &ev, 1, 0), 0);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_READ, EV_ADD), ENXIO);
	TK_EQ(tk_kq_change(kq, fd, EVFILT_WRITE, EV_DELETE), ENOENT);
	tk_kq_close(kq);
	TK_EQ(tk_close(fd), ENXIO);
}

TWIN_CASE(module_loads_and_unloads_ten_times)
{
	struct tk_fd *fd;

	for (int i = 0; i < 10; i++) {
		fd = echo_open(t, O_RDWR | O_NONBLOCK);
		/* Nothing of the module before is left. */
		TK_EQ(tk_read(fd, buf, 1), -EWOULDBLOCK);
		put(fd, 0, 100);
		TK_EQ(tk_module_unload(t->name), 0);
		TK_EQ(tk_close(fd), ENXIO);
		TK_EQ(tk_module_load(t->name), 0);
	}
}

TWIN_CASE(load_that_fails_leaves_nothing)
{
	struct tk_fd *fd;

	TK_EQ(tk_module_unload(t->name), 0);
	tk_fault_set("make_dev_s", 1);
	TK_EQ(tk_module_load(t->name), EEXIST);
	TK_EQ(tk_open(t->name, O_RDWR, &fd), ENOENT);
	TK_EQ(tk_module_load(t->name), 0);
	fd = echo_open(t, O_RDWR);
	TK_EQ(tk_close(fd), 0);
}

TWIN_CASE(open_that_fails_leaves_nothing)
{
	struct tk_fd *fd;

	tk_fault_set("devfs_set_cdevpriv", 1);
	TK_EQ(tk_open(t->name, O_RDWR, &fd), ENOENT);
	fd = echo_open(t, O_RDWR);
	TK_EQ(tk_close(fd), 0);
}

/*
 * Under load: threads that open, use and close the device, while its module
 * comes and goes.
 */
#define	WORKERS	6
#define	ROUNDS	12

struct load {
	const struct twin *t;
	volatile bool	 stop;
	volatile u_int	 uses;
};

static bool
is_gone(int64_t n)
{
	return (n == -ENXIO || n == -EINTR);
}

static void
use_kqueue(struct tk_fd *fd)
{
	struct tk_kq *kq = tk_kqueue();
	struct kevent ev;

	(void)tk_kq_change(kq, fd, EVFILT_READ, EV_ADD);
	(void)tk_kq_wait(kq, &ev, 1, 5);
	tk_kq_close(kq);
}

static void
use(struct tk_fd *fd, u_int how)
{
	struct tk_pollfd pfd = { fd, POLLIN, 0 };
	char bytes[50];
	int64_t n = 0;
	int error = 0;

	switch (how % 6) {
	case 0:
	case 1:
		n = tk_write(fd, bytes, sizeof(bytes));
		break;
	case 2:
	case 3:
		n = tk_read(fd, bytes, sizeof(bytes));
		break;
	case 4:
		(void)tk_poll(&pfd, 1, 5);
		error = tk_ioctl(fd, ECHO_CLEAR, NULL);
		break;
	default:
		use_kqueue(fd);
		break;
	}
	TK_CHECK(n >= 0 || is_gone(n));
	TK_CHECK(error == 0 || error == ENXIO);
}

static void
worker(void *arg)
{
	struct load *l = arg;
	struct tk_fd *fd;
	u_int i;
	int error;

	for (i = (u_int)curthread->td_tid; !l->stop; i++) {
		error = tk_open(l->t->name, O_RDWR, &fd);
		if (error != 0) {
			TK_CHECK(error == ENOENT || error == ENXIO);
			pause("worker", 1);
			continue;
		}
		use(fd, i);
		error = tk_close(fd);
		TK_CHECK(error == 0 || error == ENXIO);
		atomic_add_int(&l->uses, 1);
	}
}

static void
under_load(const struct twin *t)
{
	struct test_thread threads[WORKERS];
	struct load load = { .t = t };

	for (int i = 0; i < WORKERS; i++)
		test_thread_start(&threads[i], worker, &load);
	for (int i = 0; i < ROUNDS; i++) {
		pause("load", 1 + i % 4);
		TK_EQ(tk_module_unload(t->name), 0);
		TK_EQ(tk_open(t->name, O_RDWR, &(struct tk_fd *){ NULL }),
		    ENOENT);
		if (i < ROUNDS - 1)
			TK_EQ(tk_module_load(t->name), 0);
	}
	load.stop = true;
	for (int i = 0; i < WORKERS; i++)
		test_thread_join(&threads[i]);
	TK_CHECK(load.uses > WORKERS);
}

TWIN_CASE(destroyed_under_load)
{
	under_load(t);
}

TWIN_CASE_THREADED(destroyed_under_load_in_real_threads)
{
	under_load(t);
}
