/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The program behind make soak: one long run and its result.  The status is 0
 * if everything arrived once and in order.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "soak.h"
#include "tk.h"

#define	FRAMES		480	/* in a period */

static bool watched;

/* Show the progress in per cent, on a line that is overwritten. */
void
soak_progress(uint64_t done, uint64_t of)
{
	uint64_t hundredth = of / 100;

	if (!watched || hundredth == 0 || done % hundredth != 0)
		return;
	fprintf(stderr, "\r%3" PRIu64 " %%", done / hundredth);
	if (done + hundredth >= of)
		fprintf(stderr, "\r     \r");
}

/*
 * Print an account under this name.  Returns false if something was lost or
 * repeated.
 */
static bool
tell(const char *what, const struct soak_account *a, uint64_t expected)
{
	uint64_t missing = expected > a->next ? expected - a->next : 0;

	printf("%s: %" PRIu64 " arrived, %" PRIu64 " lost, %" PRIu64
	    " repeated\n", what, a->arrived, a->lost + missing, a->repeated);
	return (a->arrived == expected && a->next == expected && a->lost == 0 &&
	    a->repeated == 0);
}

static bool
stream(const char *what, struct soak_account (*run)(uint64_t, uint64_t *),
    uint64_t periods)
{
	struct soak_account account;
	uint64_t xruns;
	bool good;

	account = run(periods, &xruns);
	printf("%s: %" PRIu64 " periods, %" PRIu64 " xruns\n", what, periods,
	    xruns);
	good = tell("  frames", &account, periods * FRAMES);
	return (good && xruns == 0);
}

static bool
messages(uint64_t count)
{
	struct soak_mbox accounts;
	bool good;

	accounts = soak_mbox(count);
	printf("mailbox: %" PRIu64 " messages each way\n", count);
	good = tell("  sent", &accounts.sent, count);
	good &= tell("  received", &accounts.received, count);
	return (good);
}

static uint64_t
number(const char *text)
{
	char *end;
	unsigned long long n;

	n = strtoull(text, &end, 10);
	if (*text == '\0' || *end != '\0' || n == 0)
		errx(2, "not a count: %s", text);
	return (n);
}

int
main(int argc, char **argv)
{
	uint64_t count;
	bool good;

	if (argc != 3)
		errx(2, "usage: %s play|record|mbox count", argv[0]);
	count = number(argv[2]);
	watched = isatty(STDERR_FILENO) != 0;
	tk_boot(NULL);
	tk_console_quiet(true);
	if (strcmp(argv[1], "play") == 0)
		good = stream("play", soak_play, count);
	else if (strcmp(argv[1], "record") == 0)
		good = stream("record", soak_record, count);
	else if (strcmp(argv[1], "mbox") == 0)
		good = messages(count);
	else
		errx(2, "no such run: %s", argv[1]);
	return (tk_shutdown() != 0 || !good);
}
