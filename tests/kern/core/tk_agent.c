/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Agents, devices outside the kernel, and the locks that devices have.
 */

#include "tk_var.h"

struct tk_agent {
	struct tk_lwp	*lwp;
	void		(*fn)(void *);
	void		*arg;
	bool		 kicked;	/* (t) */
	bool		 stopping;	/* (t) */
};

struct tk_devlock {
	struct tkh_mutex *mutex;
	struct tk_lwp	*owner;
	char		 name[32];
};

static void
agent_main(void *arg)
{
	struct tk_agent *a = arg;

	a->fn(a->arg);
}

void
tk_agent_create(struct tk_agent **agent, const char *name, void (*fn)(void *),
    void *arg)
{
	struct tk_agent *a;

	tk_need_boot("tk_agent_create()");
	if ((a = tkh_alloc(sizeof(*a), 0)) == NULL)
		tk_stop("host", "no memory for agent \"%s\"", name);
	a->fn = fn;
	a->arg = arg;
	a->kicked = a->stopping = false;
	*agent = a;
	a->lwp = tk_lwp_create(TK_LWP_AGENT, name, agent_main, a, false,
	    NULL, false);
}

static struct tk_agent *
agent_self(const char *what)
{
	if (tk_self == NULL || tk_self->kind != TK_LWP_AGENT)
		tk_stop("agent", "%s outside an agent", what);
	if (tk_self->intr_depth != 0)
		tk_stop("agent", "%s in a filter", what);
	return (tk_self->arg);
}

bool
tk_agent_wait(int64_t deadline_ns)
{
	struct tk_agent *a = agent_self("tk_agent_wait()");
	bool kicked;

	tk_lock();
	while (!a->kicked && !a->stopping &&
	    (deadline_ns < 0 || tk_now_ns() < deadline_ns))
		(void)tk_block(a, "kick", deadline_ns);
	kicked = a->kicked || a->stopping;
	a->kicked = false;
	tk_unlock();
	return (kicked);
}

bool
tk_agent_stopping(void)
{
	struct tk_agent *a = agent_self("tk_agent_stopping()");
	bool stopping;

	tk_lock();
	stopping = a->stopping;
	tk_unlock();
	return (stopping);
}

void
tk_agent_kick(struct tk_agent *a)
{
	tk_lock();
	a->kicked = true;
	(void)tk_wake(a);
	tk_unlock();
	tk_preempt();
}

void
tk_agent_stop(struct tk_agent *a)
{
	tk_may_sleep(NULL, "tk_agent_stop()");
	tk_lock();
	a->stopping = true;
	(void)tk_wake(a);
	tk_unlock();
	tk_lwp_join(a->lwp);
	tkh_free(a);
}

/*
 * Device locks.
 */
struct tk_devlock *
tk_devlock_create(const char *name)
{
	struct tk_devlock *d;

	if ((d = tkh_alloc(sizeof(*d), 0)) == NULL)
		tk_stop("host", "no memory for device lock \"%s\"", name);
	d->mutex = tkh_mutex_create();
	d->owner = NULL;
	strlcpy(d->name, name, sizeof(d->name));
	return (d);
}

void
tk_devlock_destroy(struct tk_devlock *d)
{
	tkh_mutex_destroy(d->mutex);
	tkh_free(d);
}

void
tk_devlock_enter(struct tk_devlock *d)
{
	struct tk_lwp *self;

	tk_lwp_adopt();
	self = tk_self;
	if (__atomic_load_n(&d->owner, __ATOMIC_RELAXED) == self)
		tk_stop("devlock", "device lock \"%s\" taken twice", d->name);
	/* In deterministic mode no other thread runs until this one leaves. */
	if (!tk_deterministic)
		tkh_mutex_lock(d->mutex);
	__atomic_store_n(&d->owner, self, __ATOMIC_RELAXED);
	self->nopreempt++;
}

void
tk_devlock_leave(struct tk_devlock *d)
{
	struct tk_lwp *self = tk_self;

	if (__atomic_load_n(&d->owner, __ATOMIC_RELAXED) != self)
		tk_stop("devlock", "device lock \"%s\" left by another",
		    d->name);
	self->nopreempt--;
	__atomic_store_n(&d->owner, NULL, __ATOMIC_RELAXED);
	if (!tk_deterministic)
		tkh_mutex_unlock(d->mutex);
}
