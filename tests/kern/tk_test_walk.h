/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * For test cases: every failure of a sequence in turn.
 *
 * A sequence, say attach, use, detach, is run once to count the calls in it
 * that can fail (tk_fault()).  Then it is run once for each of these calls, and
 * that call fails, alone or with all calls after it.  Each run has a kernel of
 * its own, so the ledgers at shutdown show what was left behind.  In
 * deterministic mode each run makes the same calls up to the failure.  A
 * sequence makes its preparations within tk_fault_spare().
 *
 *	static int
 *	sequence(void)
 *	{
 *		... returns 0, or the errno of a refusal that gave all back
 *	}
 *
 *	TK_CASE_UNBOOTED(each_failure_gives_everything_back)
 *	{
 *		tk_walk_both(sequence, 100, 50);
 *	}
 */

#ifndef _TK_TEST_WALK_H_
#define	_TK_TEST_WALK_H_

#include <sys/param.h>
#include <sys/systm.h>

#include "tk_test.h"

struct tk_walk {
	int	calls;		/* that can fail, in a run without failures */
	int	refused;	/* ... and whose failure made a run fail */
};

/*
 * One run, in which the nth call fails (0: none); all calls after it fail too
 * if arm is tk_fault_set_from().  Returns the sequence's error.
 */
static inline int
tk_walk_step(int (*sequence)(void), void (*arm)(int), int nth, int *calls)
{
	const char *failed;
	int error;

	tk_boot(NULL);
	tk_fault_clear();
	arm(nth);
	error = sequence();
	*calls = tk_fault_calls_any();
	failed = tk_fault_failed();
	printf("walk: call %d, %s: %d\n", nth, failed != NULL ? failed :
	    "none", error);
	TK_CHECK(nth == 0 || failed != NULL);
	arm(0);
	TK_EQ(tk_shutdown(), 0);
	return (error);
}

static inline struct tk_walk
tk_walk_by(int (*sequence)(void), void (*arm)(int), const char *how)
{
	struct tk_walk walk = { 0 };
	int calls, n;

	TK_EQ(tk_walk_step(sequence, arm, 0, &walk.calls), 0);
	for (n = 1; n <= walk.calls; n++)
		if (tk_walk_step(sequence, arm, n, &calls) != 0)
			walk.refused++;
	printf("walk: %d calls that can fail, %s, %d refused\n", walk.calls,
	    how, walk.refused);
	return (walk);
}

/*
 * Run a sequence once for each call in it that can fail.  Without a failure it
 * must succeed.  The case fails if a run leaves anything behind.
 */
static inline struct tk_walk
tk_walk(int (*sequence)(void))
{
	return (tk_walk_by(sequence, tk_fault_set_any, "each failed once"));
}

/* The same, but with all calls after the failed one failing too. */
static inline struct tk_walk
tk_walk_on(int (*sequence)(void))
{
	return (tk_walk_by(sequence, tk_fault_set_from,
	    "each failed with all after it"));
}

/* For a sequence to read: in this run one call fails, and no other. */
static bool tk_walk_alone __unused;

/*
 * Both.  More than `calls' calls must be able to fail, and more than `refused'
 * of them must make a run fail when they alone fail.  There would be fewer if
 * calls no longer asked tk_fault().
 */
static inline void
tk_walk_both(int (*sequence)(void), int calls, int refused)
{
	struct tk_walk walk;

	tk_walk_alone = true;
	walk = tk_walk(sequence);
	TK_CHECK(walk.calls > calls);
	TK_CHECK(walk.refused > refused);
	tk_walk_alone = false;
	TK_CHECK(tk_walk_on(sequence).refused > walk.refused);
}

/* How often the words occur in the text. */
static inline int
tk_walk_count(const char *text, const char *words)
{
	int n = 0;

	for (; (text = strstr(text, words)) != NULL; text++)
		n++;
	return (n);
}

/*
 * The number of lines in the text that a driver's devices printed.  Lines by
 * newbus, that a device was found or detached, do not count.
 */
static inline int
tk_walk_told(const char *text, const char *driver)
{
	size_t len = strlen(driver);
	const char *at;
	int n = 0;

	while (*text != '\0') {
		if (strncmp(text, driver, len) == 0) {
			at = text + len + strspn(text + len, "0123456789");
			n += strncmp(at, ": ", 2) == 0 && at[2] != '<' &&
			    strncmp(at, ": detached\n", 11) != 0;
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return (n);
}

/* Whether a driver's attach failed, rather than newbus before it. */
static inline bool
tk_walk_refused_attach(const char *text)
{
	return (strstr(text, " attach returned ") != NULL);
}

#endif /* !_TK_TEST_WALK_H_ */
