/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The environment of the models of Apple's coprocessors in the test kernel.
 * See model_host.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include "model_host.h"
#include "tk.h"
#include "tk_bus.h"

struct mh_regs {
	struct tk_mmio		*mmio;
	struct tk_mmio_ops	 ops;
};

int64_t
mh_now(void)
{
	return (tk_now_ns());
}

void *
mh_alloc(size_t size)
{
	return (malloc(size, M_DEVBUF, M_WAITOK | M_ZERO));
}

void
mh_free(void *p)
{
	free(p, M_DEVBUF);
}

struct mh_lock *
mh_lock_new(const char *name)
{
	return ((struct mh_lock *)tk_devlock_create(name));
}

void
mh_lock_free(struct mh_lock *lock)
{
	tk_devlock_destroy((struct tk_devlock *)lock);
}

void
mh_lock_enter(struct mh_lock *lock)
{
	tk_devlock_enter((struct tk_devlock *)lock);
}

void
mh_lock_leave(struct mh_lock *lock)
{
	tk_devlock_leave((struct tk_devlock *)lock);
}

struct mh_agent {
	struct tk_agent	*thread;
	int64_t		(*step)(void *);
	void		*arg;
};

static void
agent_main(void *arg)
{
	struct mh_agent *agent = arg;

	while (!tk_agent_stopping())
		(void)tk_agent_wait(agent->step(agent->arg));
}

void
mh_agent_new(struct mh_agent **agentp, const char *name,
    int64_t (*step)(void *), void *arg)
{
	struct mh_agent *agent = mh_alloc(sizeof(*agent));

	agent->step = step;
	agent->arg = arg;
	*agentp = agent;
	tk_agent_create(&agent->thread, name, agent_main, agent);
}

void
mh_agent_kick(struct mh_agent *agent)
{
	tk_agent_kick(agent->thread);
}

void
mh_agent_free(struct mh_agent *agent)
{
	tk_agent_stop(agent->thread);
	mh_free(agent);
}

void *
mh_ram(uint64_t addr, size_t len)
{
	return (tk_ram_ptr(addr, len));
}

void
mh_ram_wrote(uint64_t addr, size_t len)
{
	tk_dma_device_wrote(addr, len);
}

struct mh_regs *
mh_regs_new(const char *name, uint64_t base, uint64_t size,
    const struct mh_regs_ops *ops, void *arg)
{
	struct mh_regs *regs;

	regs = mh_alloc(sizeof(*regs));
	regs->ops.read = ops->read;
	regs->ops.write = ops->write;
	regs->mmio = tk_mmio_add(name, base, size, &regs->ops, arg);
	if (regs->mmio == NULL) {
		mh_free(regs);
		return (NULL);
	}
	return (regs);
}

void
mh_regs_free(struct mh_regs *regs)
{
	if (regs == NULL)
		return;
	tk_mmio_remove(regs->mmio);
	mh_free(regs);
}

struct mh_irq *
mh_irq_new(const char *name, unsigned int number)
{
	return ((struct mh_irq *)tk_irq_add(name, number, TK_IRQ_LEVEL));
}

void
mh_irq_free(struct mh_irq *irq)
{
	if (irq != NULL)
		tk_irq_remove((struct tk_irq *)irq);
}

void
mh_irq_raise(struct mh_irq *irq)
{
	tk_irq_raise((struct tk_irq *)irq);
}

void
mh_irq_lower(struct mh_irq *irq)
{
	tk_irq_lower((struct tk_irq *)irq);
}

uint64_t
mh_irq_delivered(const struct mh_irq *irq)
{
	struct tk_irq_stats stats;

	tk_irq_stats((const struct tk_irq *)irq, &stats);
	return (stats.delivered);
}
