/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* What a case may call (case.h), by FreeBSD's libc. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/sysctl.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "case.h"

/* A system call's result, with the error in it. */
static long
result(long value)
{
	return (value == -1 ? -errno : value);
}

int
os_open_read(const char *path)
{
	return (result(open(path, O_RDONLY)));
}

int
os_open_write(const char *path)
{
	return (result(open(path, O_WRONLY)));
}

int
os_close(int fd)
{
	return (result(close(fd)));
}

long
os_read(int fd, void *buf, size_t len)
{
	return (result(read(fd, buf, len)));
}

long
os_write(int fd, const void *buf, size_t len)
{
	return (result(write(fd, buf, len)));
}

int
os_ioctl(int fd, unsigned long cmd, void *arg)
{
	return (result(ioctl(fd, cmd, arg)));
}

int
os_sysctl(const char *name, void *old, size_t *oldlen, const void *new_value,
    size_t newlen)
{
	return (result(sysctlbyname(name, old, oldlen, new_value, newlen)));
}

void
os_sleep_ms(unsigned ms)
{
	struct timespec left = {
		.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L
	};

	while (nanosleep(&left, &left) == -1 && errno == EINTR)
		continue;
}

uint64_t
os_uptime_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

char *
os_format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return (buf);
}

bool
os_contains(const char *text, const char *what)
{
	return (strstr(text, what) != NULL);
}
