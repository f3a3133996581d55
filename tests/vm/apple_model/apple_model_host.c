/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The services that the models take from the kernel that they run in, except
 * for registers and interrupt lines: see model_host.h.
 *
 * A kick may come with spin mutexes held, when no thread may be woken.  So a
 * software interrupt wakes the thread.
 */

#include "apple_model_var.h"

#include <sys/interrupt.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/queue.h>

#include <vm/vm.h>
#include <vm/pmap.h>
#include <machine/vmparam.h>

MALLOC_DEFINE(M_APPLE_MODEL, "apple_model", "models of Apple's coprocessors");

int64_t
mh_now(void)
{
	return (sbttons(sbinuptime()));
}

void *
mh_alloc(size_t size)
{
	return (malloc(size, M_APPLE_MODEL, M_WAITOK | M_ZERO));
}

void
mh_free(void *p)
{
	free(p, M_APPLE_MODEL);
}

/*
 * Locks
 */

struct mh_lock {
	struct mtx	ml_mtx;
};

struct mh_lock *
mh_lock_new(const char *name)
{
	struct mh_lock *lock = mh_alloc(sizeof(*lock));

	mtx_init(&lock->ml_mtx, name, NULL, MTX_SPIN);
	return (lock);
}

void
mh_lock_free(struct mh_lock *lock)
{
	mtx_destroy(&lock->ml_mtx);
	mh_free(lock);
}

void
mh_lock_enter(struct mh_lock *lock)
{
	mtx_lock_spin(&lock->ml_mtx);
}

void
mh_lock_leave(struct mh_lock *lock)
{
	mtx_unlock_spin(&lock->ml_mtx);
}

/*
 * Agents
 */

struct mh_agent {
	TAILQ_ENTRY(mh_agent)	 ma_next;
	struct thread		*ma_thread;
	void			(*ma_fn)(void *);
	void			*ma_arg;
	volatile u_int		 ma_kicked;
	bool			 ma_stopping;
	bool			 ma_ended;
};

/* Guards the list, and all fields but ma_kicked. */
static struct mtx am_agent_mtx;
MTX_SYSINIT(am_agent_mtx, &am_agent_mtx, "apple_model agents", MTX_DEF);
static TAILQ_HEAD(, mh_agent) am_agents = TAILQ_HEAD_INITIALIZER(am_agents);
static void *am_swi;

static void
am_wake_kicked(void *arg __unused)
{
	struct mh_agent *agent;

	mtx_lock(&am_agent_mtx);
	TAILQ_FOREACH(agent, &am_agents, ma_next)
		if (atomic_load_int(&agent->ma_kicked) != 0)
			wakeup(agent);
	mtx_unlock(&am_agent_mtx);
}

static void
am_swi_init(void *arg __unused)
{
	if (swi_add(NULL, "apple_model", am_wake_kicked, NULL, SWI_TQ,
	    INTR_MPSAFE, &am_swi) != 0)
		panic("apple_model: no software interrupt");
}
/* Before devices are attached. */
SYSINIT(apple_model_swi, SI_SUB_SOFTINTR, SI_ORDER_ANY, am_swi_init, NULL);

static void
am_agent_main(void *arg)
{
	struct mh_agent *agent = arg;

	mtx_lock(&am_agent_mtx);
	agent->ma_thread = curthread;
	mtx_unlock(&am_agent_mtx);
	agent->ma_fn(agent->ma_arg);
	mtx_lock(&am_agent_mtx);
	agent->ma_ended = true;
	wakeup(&agent->ma_ended);
	mtx_unlock(&am_agent_mtx);
	kthread_exit();
}

struct mh_agent *
mh_agent_new(const char *name, void (*fn)(void *), void *arg)
{
	struct mh_agent *agent = mh_alloc(sizeof(*agent));

	agent->ma_fn = fn;
	agent->ma_arg = arg;
	mtx_lock(&am_agent_mtx);
	TAILQ_INSERT_TAIL(&am_agents, agent, ma_next);
	mtx_unlock(&am_agent_mtx);
	if (kthread_add(am_agent_main, agent, NULL, NULL, 0, 0, "%s",
	    name) != 0)
		panic("apple_model: no thread for %s", name);
	return (agent);
}

/* The agent that runs this. */
static struct mh_agent *
am_self(void)
{
	struct mh_agent *agent;

	mtx_assert(&am_agent_mtx, MA_OWNED);
	TAILQ_FOREACH(agent, &am_agents, ma_next)
		if (agent->ma_thread == curthread)
			return (agent);
	panic("apple_model: %s is no agent", curthread->td_name);
}

bool
mh_agent_wait(int64_t deadline)
{
	struct mh_agent *agent;
	sbintime_t until = deadline < 0 ? 0 : nstosbt(deadline);
	int error = 0;
	bool kicked;

	mtx_lock(&am_agent_mtx);
	agent = am_self();
	while (atomic_load_int(&agent->ma_kicked) == 0 &&
	    !agent->ma_stopping && error == 0) {
		if (deadline >= 0 && sbinuptime() >= until)
			break;
		error = msleep_sbt(agent, &am_agent_mtx, 0, "amagent", until,
		    0, deadline < 0 ? 0 : C_ABSOLUTE);
	}
	kicked = atomic_swap_int(&agent->ma_kicked, 0) != 0 ||
	    agent->ma_stopping;
	mtx_unlock(&am_agent_mtx);
	return (kicked);
}

bool
mh_agent_stopping(void)
{
	bool stopping;

	mtx_lock(&am_agent_mtx);
	stopping = am_self()->ma_stopping;
	mtx_unlock(&am_agent_mtx);
	return (stopping);
}

void
mh_agent_kick(struct mh_agent *agent)
{
	if (atomic_swap_int(&agent->ma_kicked, 1) == 0)
		swi_sched(am_swi, 0);
}

void
mh_agent_free(struct mh_agent *agent)
{
	mtx_lock(&am_agent_mtx);
	agent->ma_stopping = true;
	wakeup(agent);
	while (!agent->ma_ended)
		(void)msleep(&agent->ma_ended, &am_agent_mtx, 0, "amend", 0);
	TAILQ_REMOVE(&am_agents, agent, ma_next);
	mtx_unlock(&am_agent_mtx);
	mh_free(agent);
}

/*
 * Guest RAM: all that the kernel has mapped, which is contiguous.
 */

void *
mh_ram(uint64_t addr, size_t len)
{
	if (len == 0 || addr + len < addr || !PHYS_IN_DMAP(addr) ||
	    !PHYS_IN_DMAP(addr + len - 1))
		return (NULL);
	return ((void *)PHYS_TO_DMAP(addr));
}

void
mh_ram_wrote(uint64_t addr __unused, size_t len __unused)
{
}
