/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * config_intrhook(9): functions that run once interrupts work.  Here interrupts
 * work from the start, so each function gets its own thread as soon as it is
 * established.  It may run at once, or after the attach method that established
 * it has gone on.
 */

#include "tk_var.h"

#include <sys/kthread.h>

static STAILQ_HEAD(, intr_config_hook) config_hooks =
    STAILQ_HEAD_INITIALIZER(config_hooks);

static void
hook_thread(void *arg)
{
	struct intr_config_hook *hook = arg;

	tk_lock();
	if (hook->ich_state == ICHS_QUEUED)
		hook->ich_state = ICHS_RUNNING;
	tk_unlock();
	hook->ich_func(hook->ich_arg);
}

int
config_intrhook_establish(struct intr_config_hook *hook)
{
	struct intr_config_hook *h;

	tk_lock();
	STAILQ_FOREACH(h, &config_hooks, ich_links) {
		if (h == hook) {
			tk_unlock();
			printf("config_intrhook_establish: establishing an "
			    "already established hook.\n");
			return (1);
		}
	}
	STAILQ_INSERT_TAIL(&config_hooks, hook, ich_links);
	hook->ich_state = ICHS_QUEUED;
	tk_unlock();
	return (kthread_add(hook_thread, hook, NULL, NULL, 0, 0,
	    "intrhook"));
}

void
config_intrhook_disestablish(struct intr_config_hook *hook)
{
	struct intr_config_hook *h;

	tk_lock();
	STAILQ_FOREACH(h, &config_hooks, ich_links) {
		if (h == hook)
			break;
	}
	if (h == NULL) {
		tk_unlock();
		panic("config_intrhook_disestablish: disestablishing an "
		    "unestablished hook");
	}
	STAILQ_REMOVE(&config_hooks, hook, intr_config_hook, ich_links);
	hook->ich_state = ICHS_DONE;
	(void)tk_wake(hook);
	tk_unlock();
}

/* Wait until the hook is disestablished.  Returns the state it was in. */
int
config_intrhook_drain(struct intr_config_hook *hook)
{
	int state;

	tk_may_sleep(NULL, "config_intrhook_drain()");
	tk_lock();
	state = hook->ich_state;
	while (hook->ich_state == ICHS_RUNNING ||
	    hook->ich_state == ICHS_QUEUED)
		(void)tk_block(hook, "confhd", -1);
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
