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
 *
 * In a kernel that has panicked no agent's thread runs.  A coprocessor goes on,
 * though.  So agents then take their steps whenever a register is accessed.
 */

#include "apple_model_var.h"

#include <sys/eventhandler.h>
#include <sys/interrupt.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/priority.h>
#include <sys/proc.h>
#include <sys/queue.h>
#include <sys/sched.h>

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
	int64_t			(*ma_step)(void *);
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

/* Sleep until a kick or the deadline.  Called with the mutex held. */
static void
am_agent_wait(struct mh_agent *agent, int64_t deadline)
{
	sbintime_t until = deadline < 0 ? 0 : nstosbt(deadline);
	int error = 0;

	mtx_assert(&am_agent_mtx, MA_OWNED);
	while (atomic_load_int(&agent->ma_kicked) == 0 &&
	    !agent->ma_stopping && error == 0) {
		if (deadline >= 0 && sbinuptime() >= until)
			break;
		error = msleep_sbt(agent, &am_agent_mtx, 0, "amagent", until,
		    0, deadline < 0 ? 0 : C_ABSOLUTE);
	}
	(void)atomic_swap_int(&agent->ma_kicked, 0);
}

/*
 * While the machine goes down drivers poll, and do not let other threads run.
 * So from now on agents run first.
 */
static void
am_agents_first(void *arg __unused, int howto __unused)
{
	struct mh_agent *agent;

	if (SCHEDULER_STOPPED())
		return;
	mtx_lock(&am_agent_mtx);
	TAILQ_FOREACH(agent, &am_agents, ma_next) {
		thread_lock(agent->ma_thread);
		sched_prio(agent->ma_thread, PI_SOFT);
		thread_unlock(agent->ma_thread);
	}
	mtx_unlock(&am_agent_mtx);
}
EVENTHANDLER_DEFINE(shutdown_pre_sync, am_agents_first, NULL,
    EVENTHANDLER_PRI_ANY);

static void
am_agent_main(void *arg)
{
	struct mh_agent *agent = arg;
	int64_t deadline;

	mtx_lock(&am_agent_mtx);
	while (!agent->ma_stopping) {
		mtx_unlock(&am_agent_mtx);
		deadline = agent->ma_step(agent->ma_arg);
		mtx_lock(&am_agent_mtx);
		am_agent_wait(agent, deadline);
	}
	agent->ma_ended = true;
	wakeup(&agent->ma_ended);
	mtx_unlock(&am_agent_mtx);
	kthread_exit();
}

void
am_agents_step(void)
{
	static bool stepping;
	struct mh_agent *agent;

	if (!SCHEDULER_STOPPED() || stepping)
		return;
	stepping = true;
	TAILQ_FOREACH(agent, &am_agents, ma_next)
		(void)agent->ma_step(agent->ma_arg);
	stepping = false;
}

void
mh_agent_new(struct mh_agent **agentp, const char *name,
    int64_t (*step)(void *), void *arg)
{
	struct mh_agent *agent = mh_alloc(sizeof(*agent));

	agent->ma_step = step;
	agent->ma_arg = arg;
	*agentp = agent;
	mtx_lock(&am_agent_mtx);
	TAILQ_INSERT_TAIL(&am_agents, agent, ma_next);
	mtx_unlock(&am_agent_mtx);
	if (kthread_add(am_agent_main, agent, NULL, &agent->ma_thread, 0, 0,
	    "%s", name) != 0)
		panic("apple_model: no thread for %s", name);
}

void
mh_agent_kick(struct mh_agent *agent)
{
	if (!SCHEDULER_STOPPED() && atomic_swap_int(&agent->ma_kicked, 1) == 0)
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
