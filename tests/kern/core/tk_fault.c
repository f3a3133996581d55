/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Fault injection.  Each call that can fail asks here, by its name, whether it
 * must fail this time.  The calls are counted, by name and in total.  A test
 * can so learn how many calls a sequence makes, and then make each fail in
 * turn: tk_test_walk.h.
 */

#include "tk_var.h"

#define	TK_FAULT_NAMES	128

struct fault {
	const char	*call;		/* the caller's literal */
	int		 calls;
	int		 fail_at;	/* the call that fails; 0: none */
};

static struct fault faults[TK_FAULT_NAMES];
static int nfaults;
/*
 * From KERN_FAULT or tk_fault_set().  The name may be of a call that has not
 * asked yet.
 */
static char armed_call[64];
static int armed_nth;
/* Calls of any name. */
static struct {
	int		 calls;
	int		 fail_at;	/* the call that fails; 0: none */
	bool		 on;		/* all later calls fail too */
	const char	*failed;	/* its name; NULL: not yet */
	int		 spared;	/* > 0: no call fails or counts */
} any;

static struct fault *
fault_find(const char *call)
{
	/* Mostly it is the same literal. */
	for (int i = 0; i < nfaults; i++) {
		if (faults[i].call == call)
			return (&faults[i]);
	}
	for (int i = 0; i < nfaults; i++) {
		if (tk_streq(faults[i].call, call))
			return (&faults[i]);
	}
	if (nfaults == TK_FAULT_NAMES)
		tk_stop("fault", "too many names of calls that can fail");
	faults[nfaults].call = call;
	faults[nfaults].calls = 0;
	faults[nfaults].fail_at = strcmp(armed_call, call) == 0 ? armed_nth : 0;
	return (&faults[nfaults++]);
}

/* Count one more call of any name.  Must it fail? */
static bool
any_fails(const char *call)
{
	any.calls++;
	if (any.fail_at == 0 || any.calls < any.fail_at)
		return (false);
	if (any.calls == any.fail_at)
		any.failed = call;
	return (any.on || any.calls == any.fail_at);
}

bool
tk_fault(const char *call)
{
	struct fault *f;
	bool fails;

	tk_leaf_lock();
	if (any.spared != 0) {
		tk_leaf_unlock();
		return (false);
	}
	f = fault_find(call);
	fails = ++f->calls == f->fail_at;
	fails |= any_fails(f->call);
	tk_leaf_unlock();
	return (fails);
}

bool
tk_fault_named(const char *call)
{
	struct fault *f;
	bool fails;

	tk_leaf_lock();
	f = fault_find(call);
	fails = ++f->calls == f->fail_at;
	tk_leaf_unlock();
	return (fails);
}

void
tk_fault_spare(bool spare)
{
	tk_leaf_lock();
	any.spared += spare ? 1 : -1;
	tk_leaf_unlock();
}

static void
fault_arm(const char *call, int nth)
{
	strlcpy(armed_call, call, sizeof(armed_call));
	armed_nth = nth;
	for (int i = 0; i < nfaults; i++) {
		if (strcmp(faults[i].call, call) == 0)
			faults[i].fail_at = faults[i].calls + nth;
	}
}

void
tk_fault_set(const char *call, int nth)
{
	tk_leaf_lock();
	fault_arm(call, nth);
	tk_leaf_unlock();
}

void
tk_fault_clear(void)
{
	tk_leaf_lock();
	nfaults = 0;
	armed_call[0] = '\0';
	any.calls = any.fail_at = 0;
	any.failed = NULL;
	tk_leaf_unlock();
}

static void
any_arm(int nth, bool on)
{
	tk_leaf_lock();
	any.fail_at = nth == 0 ? 0 : any.calls + nth;
	any.on = on;
	any.failed = NULL;
	tk_leaf_unlock();
}

void
tk_fault_set_any(int nth)
{
	any_arm(nth, false);
}

void
tk_fault_set_from(int nth)
{
	any_arm(nth, true);
}

int
tk_fault_calls_any(void)
{
	int calls;

	tk_leaf_lock();
	calls = any.calls;
	tk_leaf_unlock();
	return (calls);
}

const char *
tk_fault_failed(void)
{
	const char *failed;

	tk_leaf_lock();
	failed = any.failed;
	tk_leaf_unlock();
	return (failed);
}

int
tk_fault_calls(const char *call)
{
	int calls = 0;

	tk_leaf_lock();
	for (int i = 0; i < nfaults; i++) {
		if (strcmp(faults[i].call, call) == 0)
			calls = faults[i].calls;
	}
	tk_leaf_unlock();
	return (calls);
}

/* KERN_FAULT=call:n */
static void
fault_boot(void)
{
	const char *env = tkh_getenv("KERN_FAULT"), *colon;
	char call[sizeof(armed_call)];
	int nth;

	tk_fault_clear();
	if (env == NULL || env[0] == '\0')
		return;
	colon = strrchr(env, ':');
	nth = colon == NULL ? 0 : (int)strtol(colon + 1, NULL, 10);
	if (nth <= 0 || (size_t)(colon - env) >= sizeof(call))
		tk_stop("fault", "KERN_FAULT=%s is not call:number", env);
	strlcpy(call, env, colon - env + 1);
	tk_fault_set(call, nth);
}
TK_INIT_PRIO(fault_boot, 0);
