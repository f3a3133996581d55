/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Rounds of cases, for a given time.
 *
 * What each round leaves behind adds up.  Memory is counted after the first
 * round, when everything that is allocated only once exists, and after the
 * last.
 */

#include "init.h"

#define	CASES	8			/* of a round, at most */
#define	NAME	80			/* characters */

struct loop {
	unsigned		 seconds;
	size_t			 n;
	const struct hw_case	*cases[CASES];
};

/*
 * Returns false if there are too many cases, or one is unknown, which is
 * printed.
 */
static bool
parse(struct loop *loop, const char *line)
{
	char word[NAME];

	line = init_next_word(line, word, sizeof(word));
	loop->seconds = init_decimal(word);
	for (loop->n = 0; *line != '\0' && loop->n < CASES; loop->n++) {
		line = init_next_word(line, word, sizeof(word));
		loop->cases[loop->n] = vm_case(word);
		if (loop->cases[loop->n] == NULL) {
			init_say("FAIL %s: there is no such case", word);
			return (false);
		}
	}
	return (*line == '\0');
}

static bool
round_passes(const struct loop *loop)
{
	size_t i;

	for (i = 0; i < loop->n; i++)
		if (!init_run_case(loop->cases[i], ""))
			return (false);
	return (true);
}

void
init_loop(const char *line)
{
	uint64_t end_ms;
	unsigned rounds = 0;
	struct loop loop;

	if (!parse(&loop, line))
		return;
	end_ms = os_uptime_ms() + (uint64_t)loop.seconds * 1000;
	/* In one boot, so that what a round leaves shows in the next. */
	while (rounds < 2 || os_uptime_ms() < end_ms) {
		if (!round_passes(&loop))
			return;
		if (rounds++ == 0)
			init_memory_note();
	}
	init_memory_judge(rounds);
}
