/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Runs another program, and takes what it prints. */

#include "init.h"

#define	STDOUT		1
#define	STDERR		2
#define	CANNOT_RUN	127		/* as sh(1) says it */

static void __attribute__((__noreturn__))
become(const char *const argv[], const int ends[2])
{
	(void)os_close(ends[0]);
	init_dup(ends[1], STDOUT);
	init_dup(ends[1], STDERR);
	(void)os_close(ends[1]);
	(void)init_exec(argv);
	init_exit(CANNOT_RUN);
}

/* All that comes out of fd; what has no room is read and dropped. */
static void
take(int fd, char *text, size_t size)
{
	char spare[256];
	size_t used = 0;
	bool room;
	long n;

	do {
		room = used < size - 1;
		n = room ? os_read(fd, text + used, size - 1 - used) :
		    os_read(fd, spare, sizeof(spare));
		if (n > 0 && room)
			used += (size_t)n;
	} while (n > 0);
	text[used] = '\0';
}

int
init_run(const char *const argv[], char *text, size_t size)
{
	int ends[2], pid, status;

	CASE_EQ(init_pipe(ends), 0);
	pid = init_fork();
	CASE_CHECK(pid >= 0);
	if (pid == 0)
		become(argv, ends);
	(void)os_close(ends[1]);
	take(ends[0], text, size);
	(void)os_close(ends[0]);
	while (!init_ended(pid, &status))
		os_sleep_ms(1);
	return (status);
}
