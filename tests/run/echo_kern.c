/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Two programs, A and B, and the device echo.  Both print each of their calls
 * when it returns.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/event.h>
#include <sys/fcntl.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/poll.h>

#include "echo.h"
#include "echo/echo.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_cdev.h"

struct show {
	const char	*name;
	void		(*print)(const char *line);
	int64_t		 start_ns;
	struct tk_fd	*fd;
	bool		 done;		/* program B has ended */
};

static const char *
error_name(int error)
{
	static const struct {
		int		 error;
		const char	*name;
	} names[] = {
		{ ENOENT, "ENOENT" }, { ENXIO, "ENXIO" }, { EFAULT, "EFAULT" },
		{ EWOULDBLOCK, "EWOULDBLOCK" }, { EOPNOTSUPP, "EOPNOTSUPP" },
	};

	for (size_t i = 0; i < nitems(names); i++) {
		if (names[i].error == error)
			return (names[i].name);
	}
	return ("an error");
}

/* A call has returned: a number, or a negative errno. */
static void
tell(struct show *s, char program, const char *call, int64_t result,
    const char *unit)
{
	int64_t ms = (tk_now_ns() - s->start_ns) / 1000000;
	char line[128], text[32];

	if (result < 0)
		snprintf(text, sizeof(text), "%s", error_name((int)-result));
	else
		snprintf(text, sizeof(text), "%jd%s", (intmax_t)result, unit);
	snprintf(line, sizeof(line), "%6jd.%03jd  %c  %-36s %s",
	    (intmax_t)(ms / 1000), (intmax_t)(ms % 1000), program, call, text);
	s->print(line);
}

static void
show_write(struct show *s, char program, const char *text)
{
	char call[64];

	snprintf(call, sizeof(call), "write(\"%s\")", text);
	tell(s, program, call, tk_write(s->fd, text, strlen(text)), " bytes");
}

static void
show_read(struct show *s, char program)
{
	char bytes[ECHO_SIZE + 1], call[64];
	int64_t n;

	n = tk_read(s->fd, bytes, ECHO_SIZE);
	bytes[n < 0 ? 0 : n] = '\0';
	snprintf(call, sizeof(call), n > 0 && n < 40 ? "read() \"%s\"" :
	    "read()", bytes);
	tell(s, program, call, n, " bytes");
}

/* Program B: reads until the device is gone. */
static void
program_b(void *arg)
{
	struct show *s = arg;

	show_read(s, 'B');
	show_read(s, 'B');
	tk_lock();
	s->done = true;
	(void)tk_wake(s);
	tk_unlock();
}

static void
show_ioctls(struct show *s)
{
	uint32_t size = 0;
	int error;

	error = tk_ioctl(s->fd, ECHO_GETSIZE, &size);
	tell(s, 'A', "ioctl(ECHO_GETSIZE)", error != 0 ? -error : (int)size,
	    "");
	tell(s, 'A', "ioctl(ECHO_SETSIZE)", -tk_ioctl(s->fd, ECHO_SETSIZE,
	    &size), "");
}

static void
show_readiness(struct show *s)
{
	struct tk_pollfd pfd = { s->fd, POLLIN | POLLOUT, 0 };
	struct tk_kq *kq = tk_kqueue();
	struct kevent ev = { 0 };

	(void)tk_poll(&pfd, 1, 0);
	tell(s, 'A', pfd.revents == (POLLIN | POLLOUT) ?
	    "poll() POLLIN POLLOUT" : "poll()", 1, "");
	(void)tk_kq_change(kq, s->fd, EVFILT_READ, EV_ADD);
	(void)tk_kq_wait(kq, &ev, 1, 0);
	tell(s, 'A', "kevent(EVFILT_READ)", ev.data, " bytes are there");
	tk_kq_close(kq);
}

static void
show_nonblocking(struct show *s)
{
	static char many[ECHO_SIZE + 100];

	(void)tk_nonblock(s->fd, true);
	tell(s, 'A', "read() with O_NONBLOCK", tk_read(s->fd, many, 1),
	    " bytes");
	tell(s, 'A', "write(1124 bytes) with O_NONBLOCK", tk_write(s->fd, many,
	    sizeof(many)), " bytes");
	tell(s, 'A', "read(), and no memory there", tk_read(s->fd, NULL, 10),
	    " bytes");
	tell(s, 'A', "ioctl(ECHO_CLEAR)", -tk_ioctl(s->fd, ECHO_CLEAR, NULL),
	    "");
	(void)tk_nonblock(s->fd, false);
}

static void
wait_for_b(struct show *s)
{
	tk_lock();
	while (!s->done)
		(void)tk_block(s, "b", -1);
	tk_unlock();
}

int
echo_show(const char *name, void (*print)(const char *line))
{
	struct show s = { .name = name, .print = print };
	struct thread *td;
	int error;

	s.start_ns = tk_now_ns();
	error = tk_open(name, O_RDWR, &s.fd);
	if (error != 0)
		return (error);
	tell(&s, 'A', "open(O_RDWR)", 0, "");
	show_ioctls(&s);
	show_write(&s, 'A', "hello");
	show_readiness(&s);
	show_read(&s, 'A');
	show_nonblocking(&s);
	/* B sleeps in a read until A writes, ... */
	error = kthread_add(program_b, &s, NULL, &td, 0, 0, "B");
	if (error != 0)
		return (error);
	pause("a", hz / 4);
	show_write(&s, 'A', "wake up");
	/* ... and again until the module goes. */
	pause("a", hz / 4);
	tell(&s, 'A', "kldunload", -tk_module_unload(name), "");
	wait_for_b(&s);
	show_write(&s, 'A', "anybody there?");
	tell(&s, 'A', "close", -tk_close(s.fd), "");
	return (0);
}
