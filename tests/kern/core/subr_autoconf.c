/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * config_intrhook(9): functions that run once interrupts work.  While the
 * kernel is cold they are queued, and thread0 runs them at the end of the boot.
 * Later, the thread that establishes a hook runs it, and then any that others
 * establish meanwhile.  The boot waits for all hooks.  FreeBSD panics, if it
 * has INVARIANTS, after six minutes of that; here a boot that waits for ever is
 * a deadlock.
 */

#include "tk_var.h"

static STAILQ_HEAD(, intr_config_hook) config_hooks;
static struct intr_config_hook *next_hook;	/* the first one not run */
static bool	running;			/* some thread runs hooks */
#define	hook_chan	(&config_hooks)

static void
hooks_boot(void)
{
	STAILQ_INIT(&config_hooks);
	next_hook = NULL;
	running = false;
}
TK_INIT_PRIO(hooks_boot, 50);

static void
run_hooks(void)
{
	struct intr_config_hook *hook;

	tk_lock();
	if (running) {
		tk_unlock();
		return;
	}
	running = true;
	while ((hook = next_hook) != NULL) {
		next_hook = STAILQ_NEXT(hook, ich_links);
		hook->ich_state = ICHS_RUNNING;
		tk_unlock();
		hook->ich_func(hook->ich_arg);
		tk_lock();
	}
	running = false;
	tk_unlock();
}

static void
boot_hooks(void *unused)
{
	run_hooks();
	tk_lock();
	while (!STAILQ_EMPTY(&config_hooks))
		(void)tk_block(hook_chan, "conifhk", -1);
	tk_unlock();
}
SYSINIT(intr_config_hooks, SI_SUB_INT_CONFIG_HOOKS, SI_ORDER_FIRST, boot_hooks,
    NULL);

/* With tk_lock() held. */
static bool
established(const struct intr_config_hook *hook)
{
	struct intr_config_hook *h;

	STAILQ_FOREACH(h, &config_hooks, ich_links) {
		if (h == hook)
			return (true);
	}
	return (false);
}

int
config_intrhook_establish(struct intr_config_hook *hook)
{
	tk_preempt();
	tk_lock();
	if (established(hook)) {
		tk_unlock();
		printf("config_intrhook_establish: establishing an "
		    "already established hook.\n");
		return (1);
	}
	STAILQ_INSERT_TAIL(&config_hooks, hook, ich_links);
	if (next_hook == NULL)
		next_hook = hook;
	hook->ich_state = ICHS_QUEUED;
	tk_unlock();
	if (!cold)
		run_hooks();
	return (0);
}

/* With tk_lock() held. */
static void
disestablish_locked(struct intr_config_hook *hook)
{
	if (next_hook == hook)
		next_hook = STAILQ_NEXT(hook, ich_links);
	STAILQ_REMOVE(&config_hooks, hook, intr_config_hook, ich_links);
	hook->ich_state = ICHS_DONE;
	(void)tk_wake(hook_chan);
}

void
config_intrhook_disestablish(struct intr_config_hook *hook)
{
	tk_lock();
	if (!established(hook)) {
		tk_unlock();
		panic("config_intrhook_disestablish: disestablishing an "
		    "unestablished hook");
	}
	disestablish_locked(hook);
	tk_unlock();
	tk_preempt();
}

/*
 * Cancel a hook that has not run, or wait until it is disestablished.  Returns
 * the state it was in.
 */
int
config_intrhook_drain(struct intr_config_hook *hook)
{
	int state;

	tk_may_sleep(NULL, "config_intrhook_drain()");
	tk_lock();
	state = hook->ich_state;
	if (state == ICHS_QUEUED)
		disestablish_locked(hook);
	while (hook->ich_state != ICHS_DONE)
		(void)tk_block(hook_chan, "confhd", -1);
	tk_unlock();
	return (state);
}

struct oneshot {
	struct intr_config_hook	 hook;
	ich_func_t		 func;
	void			*arg;
};

static void
oneshot_func(void *arg)
{
	struct oneshot *o = arg;

	o->func(o->arg);
	config_intrhook_disestablish(&o->hook);
	free(o, M_TEMP);
}

void
config_intrhook_oneshot(ich_func_t func, void *arg)
{
	struct oneshot *o;

	o = malloc(sizeof(*o), M_TEMP, M_WAITOK | M_ZERO);
	o->func = func;
	o->arg = arg;
	o->hook.ich_func = oneshot_func;
	o->hook.ich_arg = o;
	(void)config_intrhook_establish(&o->hook);
}

/* A hook that is left when the kernel ends. */
static int
hook_leaks(bool print)
{
	struct intr_config_hook *hook;
	int n = 0;

	STAILQ_FOREACH(hook, &config_hooks, ich_links) {
		n++;
		if (print)
			printf("tk: leak: a config_intrhook(9) that is "
			    "established\n");
	}
	return (n);
}

static void
hooks_ledger(void)
{
	tk_ledger("intrhook", hook_leaks);
}
TK_INIT_PRIO(hooks_ledger, 51);
