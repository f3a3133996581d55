/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Runs a case in a process of its own.  So files that it leaves open are
 * closed, and a hang or a crash is reported.
 *
 * On the console: `RUN name words`; `PLAYED seed bytes
 * whole|gaps|start|cut|jumps`, `NUMBERED id frames ms whole|cut`, `TONE
 * same|softer hz`; and then one of `PASS name words`, `FAIL name words: why`,
 * `SKIP name words: why`.
 */

#include "init.h"

#define	LIMIT_MS	180000		/* of a case, on a busy host */
#define	GRACE_MS	5000		/* to end, once killed */
#define	POLL_MS		10
#define	WHY		400		/* characters */
#define	WORDS		8
#define	WORD		16		/* characters */
#define	NAME		128

/*
 * For the case that runs: its name and words, the words alone, how many ran
 * before.
 */
static char name[NAME];
static char words[WORDS][WORD];
static unsigned serial;

static void __attribute__((__noreturn__))
end(const char *word, int status, const char *why)
{
	init_say("%s %s: %s", word, name, why);
	init_exit(status);
}

void
case_fail(const char *fmt, ...)
{
	char why[WHY];
	va_list ap;

	va_start(ap, fmt);
	init_vformat(why, sizeof(why), fmt, ap);
	va_end(ap);
	end("FAIL", INIT_FAILED, why);
}

void
case_skip(const char *fmt, ...)
{
	char why[WHY];
	va_list ap;

	va_start(ap, fmt);
	init_vformat(why, sizeof(why), fmt, ap);
	va_end(ap);
	end("SKIP", INIT_SKIPPED, why);
}

void
case_played(uint32_t seed, size_t len, enum heard heard)
{
	static const char *const how[] = { "whole", "gaps", "start", "cut",
	    "jumps" };

	init_say("PLAYED %u %lu %s", seed, (unsigned long)len, how[heard]);
}

/* Wait for a process until so much time has passed. */
static bool
wait_ms(int pid, int *status, unsigned ms)
{
	uint64_t end_ms = os_uptime_ms() + ms;

	while (!init_ended(pid, status)) {
		if (os_uptime_ms() >= end_ms)
			return (false);
		os_sleep_ms(POLL_MS);
	}
	return (true);
}

/*
 * Report the end of a process that could not report itself.  False: it failed.
 */
static bool
judge(int status)
{
	int signal = status & 0x7f, code = status >> 8;

	if (signal != 0)
		init_say("FAIL %s: killed by signal %d", name, signal);
	else if (code == INIT_PASSED)
		init_say("PASS %s", name);
	else if (code != INIT_FAILED && code != INIT_SKIPPED)
		init_say("FAIL %s: exit status %d", name, code);
	return (signal == 0 &&
	    (code == INIT_PASSED || code == INIT_SKIPPED));
}

int
init_beside(void (*part)(void))
{
	int pid = init_fork();

	CASE_CHECK(pid >= 0);
	if (pid == 0) {
		part();
		init_exit(INIT_PASSED);
	}
	return (pid);
}

void
init_join(int pid)
{
	int status;

	while (!init_ended(pid, &status))
		os_sleep_ms(POLL_MS);
	CASE_EQ(status, INIT_PASSED);
}

const char *
init_word(unsigned n)
{
	return (n < WORDS ? words[n] : "");
}

unsigned
init_number(unsigned n)
{
	return (init_decimal(init_word(n)));
}

unsigned
init_serial(void)
{
	return (serial);
}

static void
set_case(const struct hw_case *c, const char *text)
{
	unsigned n;

	os_format(name, sizeof(name), "%s%s%s", c->name,
	    *text != '\0' ? " " : "", text);
	for (n = 0; n < WORDS; n++)
		text = init_next_word(text, words[n], sizeof(words[n]));
}

bool
init_run_case(const struct hw_case *c, const char *text)
{
	int pid, status = 0;

	set_case(c, text);
	serial++;
	init_say("RUN %s", name);
	pid = init_fork();
	if (pid < 0) {
		init_say("FAIL %s: fork: error %d", name, -pid);
		return (false);
	}
	if (pid == 0) {
		c->body();
		init_exit(INIT_PASSED);
	}
	if (wait_ms(pid, &status, LIMIT_MS))
		return (judge(status));
	init_kill(pid);
	if (wait_ms(pid, &status, GRACE_MS))
		init_say("FAIL %s: no end after %d s", name, LIMIT_MS / 1000);
	else
		init_say("FAIL %s: no end after %d s, and cannot be killed",
		    name, LIMIT_MS / 1000);
	return (false);
}
