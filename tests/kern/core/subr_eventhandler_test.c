/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* EVENTHANDLER(9). */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/eventhandler.h>

#include "tk_test_thread.h"

typedef void (*test_fn)(void *, int);
EVENTHANDLER_DECLARE(test_event, test_fn);

static char order[8];
static eventhandler_tag tag;

static void
append(void *arg, int n)
{
	TK_EQ(n, 5);
	strlcat(order, arg, sizeof(order));
}

TK_CASE(eventhandlers_run_by_priority)
{
	static char names[3][2] = { "b", "a", "c" };
	static const int priority[] = { 10, 1, 20 };
	eventhandler_tag tags[3];

	order[0] = '\0';
	EVENTHANDLER_INVOKE(test_event, 5);
	for (int i = 0; i < 3; i++)
		tags[i] = EVENTHANDLER_REGISTER(test_event, append, names[i],
		    priority[i]);
	EVENTHANDLER_INVOKE(test_event, 5);
	TK_STREQ(order, "abc");
	EVENTHANDLER_DEREGISTER(test_event, tags[0]);
	EVENTHANDLER_INVOKE(test_event, 5);
	TK_STREQ(order, "abcac");
	EVENTHANDLER_DEREGISTER(test_event, tags[1]);
	EVENTHANDLER_DEREGISTER(test_event, tags[2]);
}

static bool running;

static void
slow(void *arg, int n)
{
	running = true;
	pause("slow", 10);
	running = false;
}

static void
invoke(void *arg)
{
	EVENTHANDLER_INVOKE(test_event, 5);
}

TK_CASE(eventhandler_deregister_waits_for_the_handler)
{
	struct test_thread t;

	tag = EVENTHANDLER_REGISTER(test_event, slow, NULL, 0);
	test_thread_start(&t, invoke, NULL);
	pause("let it", 3);
	TK_CHECK(running);
	EVENTHANDLER_DEREGISTER(test_event, tag);
	TK_CHECK(!running);
	test_thread_join(&t);
}

TK_CASE_UNBOOTED(eventhandler_not_deregistered_is_a_leak)
{
	tk_boot(NULL);
	(void)EVENTHANDLER_REGISTER(test_event, slow, NULL, 0);
	TK_EQ(tk_ledger_count("eventhandler"), 1);
	TK_CHECK(tk_shutdown() > 0);
}
