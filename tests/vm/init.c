/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The main program: follow /etc/vmtest, a line at a time, then power off.
 *
 *	case NAME [WORD...]	run the case; the words are its own
 *	loop SECONDS NAME...	run the cases, in turn, for so long
 *	load FILE	load the module, for all that follows
 */

#include <sys/errno.h>

#include "init.h"

#define	PLAN	"/etc/vmtest"
#define	NAME	80			/* characters */

void	init_main(void) __attribute__((__noreturn__, __used__));

static void
open_console(void)
{
	int fd, i;

	fd = init_open_rw("/dev/console");
	for (i = 0; i < 3; i++)
		init_dup(fd, i);
	if (fd > 2)
		(void)os_close(fd);
}

static void
load(const char *file)
{
	int id = init_kldload(file);

	if (id == -EEXIST)
		init_say("vmtest: the kernel has %s inside", file);
	else if (id < 0)
		init_say("vmtest: cannot load %s: error %d", file, -id);
	else
		init_say("vmtest: loaded %s", file);
}

static void
run(const char *line)
{
	const struct hw_case *c;
	const char *words;
	char name[NAME];

	words = init_next_word(line, name, sizeof(name));
	c = vm_case(name);
	if (c == NULL)
		init_say("FAIL %s: there is no such case", line);
	else
		(void)init_run_case(c, words);
}

/* The text after word if line begins with word, otherwise NULL. */
static const char *
after(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strlen(line) <= len || memcmp(line, word, len) != 0)
		return (NULL);
	return (line + len);
}

static void
follow(const char *line)
{
	const char *rest;

	if ((rest = after(line, "case ")) != NULL)
		run(rest);
	else if ((rest = after(line, "loop ")) != NULL)
		init_loop(rest);
	else if ((rest = after(line, "load ")) != NULL)
		load(rest);
	else
		init_say("vmtest: what is \"%s\" in " PLAN "?", line);
}

static void
follow_plan(void)
{
	static char plan[16384];
	char *line, *p;
	long len;
	int fd;

	fd = os_open_read(PLAN);
	len = fd < 0 ? fd : os_read(fd, plan, sizeof(plan) - 1);
	if (len < 0) {
		init_say("vmtest: cannot read " PLAN ": error %ld", -len);
		return;
	}
	(void)os_close(fd);
	for (line = p = plan; *p != '\0'; p++) {
		if (*p != '\n')
			continue;
		*p = '\0';
		follow(line);
		line = p + 1;
	}
}

void
init_main(void)
{
	open_console();
	init_say("vmtest: begin");
	follow_plan();
	init_say("vmtest: end");
	/* Time for what the kernel still prints. */
	os_sleep_ms(300);
	for (;;) {
		init_power_off();
		os_sleep_ms(1000);
	}
}
