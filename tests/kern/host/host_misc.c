/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The gate's clocks, terminal, environment and exit.
 */

#define	_GNU_SOURCE

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tk_host.h"

/* For make coverage: writes the counters to where the build wanted them. */
int __llvm_profile_write_file(void) __attribute__((__weak__));

static void (*exit_hook)(int, const char *);

static int64_t
clock_ns(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return ((int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec);
}

int64_t
tkh_clock_ns(void)
{
	return (clock_ns(CLOCK_MONOTONIC));
}

int64_t
tkh_wall_ns(void)
{
	return (clock_ns(CLOCK_REALTIME));
}

void
tkh_sleep_ns(int64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
		;
}

void
tkh_write(bool err, const char *p, size_t len)
{
	FILE *f = err ? stderr : stdout;

	(void)fwrite(p, 1, len, f);
	(void)fflush(f);
}

const char *
tkh_getenv(const char *name)
{
	return (getenv(name));
}

void
tkh_exit_hook(void (*fn)(int, const char *))
{
	exit_hook = fn;
}

void
tkh_exit(int status, const char *line)
{
	void (*hook)(int, const char *) = exit_hook;

	(void)fflush(stdout);
	(void)fflush(stderr);
	exit_hook = NULL;
	if (hook != NULL)
		hook(status, line);
	/*
	 * _exit() skips exit handlers, and cases that must be stopped end here.
	 * So write the coverage counters now.
	 */
	if (__llvm_profile_write_file != NULL)
		(void)__llvm_profile_write_file();
	_exit(status);
}
