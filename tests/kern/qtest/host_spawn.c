/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Child processes: QEMU, and the device behind it if that is a program of its
 * own.  Each has a process group of its own, so an interrupt from the terminal
 * reaches the parent alone.  The host kills it when its parent dies.
 */

#define	_GNU_SOURCE
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#ifdef __FreeBSD__
#include <sys/procctl.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "qtest_var.h"

#define	ANSWER_MS	10000		/* for -version and the like */

int64_t
qtest_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

void
qtest_close_fd(int *fd)
{

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * Starting a program
 */

static void
die_with_parent(pid_t parent)
{
#if defined(__linux__)
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#elif defined(__FreeBSD__)
	int sig = SIGKILL;

	procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &sig);
#endif
	/* The parent may have died before prctl() was called. */
	if (getppid() != parent)
		_exit(127);
}

/* In the child; only calls that are safe between fork(2) and exec. */
static void
spawn_child(const struct spawn *s, pid_t parent, int status_fd)
{
	sigset_t none;
	int error, i, null;

	setpgid(0, 0);
	die_with_parent(parent);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(s->out >= 0 ? s->out : null, STDOUT_FILENO);
		dup2(s->err >= 0 ? s->err : null, STDERR_FILENO);
		for (i = 0; i < s->nkeep; i++)
			fcntl(s->keep[i], F_SETFD, 0);
		execvpe(s->argv[0], s->argv,
		    s->env != NULL ? s->env : environ);
	}
	error = errno;
	if (write(status_fd, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

int
qtest_spawn(const struct spawn *s, pid_t *pidp)
{
	pid_t parent, pid;
	ssize_t n;
	int error, fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return (errno);
	parent = getpid();
	pid = fork();
	if (pid == 0)
		spawn_child(s, parent, fds[1]);
	error = pid < 0 ? errno : 0;
	close(fds[1]);
	if (error == 0) {
		/* If exec worked, the pipe closes and nothing is read. */
		do
			n = read(fds[0], &error, sizeof(error));
		while (n < 0 && errno == EINTR);
		if (n != (ssize_t)sizeof(error))
			error = 0;
		if (error != 0)
			waitpid(pid, NULL, 0);
	}
	close(fds[0]);
	if (error == 0)
		*pidp = pid;
	return (error);
}

bool
qtest_reap(pid_t pid, int64_t ms, int *status)
{
	const struct timespec step = { .tv_nsec = 2000000 };
	int64_t end;
	pid_t got;

	end = qtest_now_ms() + ms;
	for (;;) {
		got = waitpid(pid, status, WNOHANG);
		if (got == pid || (got < 0 && errno == ECHILD))
			return (true);
		if (qtest_now_ms() >= end)
			return (false);
		nanosleep(&step, NULL);
	}
}

/* Read fd to its end; false if that takes too long. */
static bool
read_all(int fd, char *buf, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char rest[512];
	int64_t end, left;
	size_t used;
	ssize_t n;

	used = 0;
	end = qtest_now_ms() + ANSWER_MS;
	for (;;) {
		left = end - qtest_now_ms();
		if (left <= 0)
			return (false);
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		if (used < len - 1)
			n = read(fd, buf + used, len - 1 - used);
		else
			n = read(fd, rest, sizeof(rest));
		if (n <= 0)
			break;
		if (used < len - 1)
			used += n;
	}
	buf[used] = '\0';
	return (true);
}

int
qtest_query(const char *program, const char *arg1, const char *arg2, char *buf,
    size_t len)
{
	char *argv[] = { (char *)program, (char *)arg1, (char *)arg2, NULL };
	struct spawn s = { .argv = argv, .err = -1 };
	pid_t pid;
	int error, fds[2], status;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return (errno);
	s.out = fds[1];
	error = qtest_spawn(&s, &pid);
	close(fds[1]);
	/* NOLINTBEGIN(clang-analyzer-core.CallAndMessage): errno is not 0. */
	if (error == 0) {
		if (!read_all(fds[0], buf, len)) {
			kill(pid, SIGKILL);
			error = ETIMEDOUT;
		}
		waitpid(pid, &status, 0);
	}
	/* NOLINTEND(clang-analyzer-core.CallAndMessage) */
	close(fds[0]);
	return (error);
}

void
qtest_last_words(int fd, char *buf, size_t len)
{
	char text[1024], *line;
	ssize_t n;
	off_t size;

	buf[0] = '\0';
	size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
	if (size <= 0)
		return;
	n = pread(fd, text, sizeof(text) - 1,
	    size > (off_t)sizeof(text) - 1 ? size - (off_t)sizeof(text) + 1 :
	    0);
	if (n <= 0)
		return;
	text[n] = '\0';
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	line = strrchr(text, '\n');
	line = line != NULL ? line + 1 : text;
	if (strstr(line, ": ") != NULL && strncmp(line, "qemu", 4) == 0)
		line = strstr(line, ": ") + 2;
	snprintf(buf, len, "%s", line);
}

/* SIGTERM asks for an orderly end, SIGKILL forces it. */
void
qtest_end(pid_t *pid, int64_t ms)
{
	int status;

	if (*pid <= 0)
		return;
	kill(*pid, SIGTERM);
	if (!qtest_reap(*pid, ms, &status)) {
		kill(*pid, SIGKILL);
		waitpid(*pid, &status, 0);
	}
	*pid = 0;
}
