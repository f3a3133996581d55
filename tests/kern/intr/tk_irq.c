/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Interrupt lines, as an interrupt controller sees them.
 *
 * An interrupt is due while a level line is up, or once after an edge, if the
 * line has a handler and is not masked.  It is masked from the moment its
 * thread is scheduled until the thread has run its handlers.  Filters run on
 * the thread that raised the line.  If a level line is still up afterwards, an
 * agent delivers the next interrupt, as if on another CPU, so that the rest of
 * the kernel goes on meanwhile.  A line that never goes down is a storm.
 *
 * Everything is guarded by tk_lock().
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/interrupt.h>
#include <sys/kernel.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_bus_var.h"
#include "tk_var.h"

struct tk_irq {
	struct tk_irq	*next;
	char		*name;
	unsigned int	 number;
	enum tk_irq_trigger trigger;
	struct intr_event *event;
	bool		 up;		/* level */
	bool		 pending;	/* edge not yet delivered */
	bool		 masked;	/* the thread is at work */
	bool		 delivering;	/* filters are running */
	int		 masked_at;	/* ticks */
	int		 repeats;	/* see TK_IRQ_STORM */
	struct tk_irq_stats stats;
};

static struct tk_irq *irq_lines;
static struct tk_agent *irq_agent;	/* delivers what is due again */

static void
irq_start(void)
{
	irq_lines = NULL;
	irq_agent = NULL;
}
TK_INIT_PRIO(irq_start, 110);

/* A line that still has handlers is kept and reported as a leak. */
static void
irq_stop(void)
{
	struct tk_irq *irq;

	if (irq_agent != NULL)
		tk_agent_stop(irq_agent);
	irq_agent = NULL;
	for (irq = irq_lines; irq != NULL; irq = irq->next)
		(void)intr_event_destroy(irq->event);
}
TK_FINI_PRIO(irq_stop, 110);

/* Due now?  With tk_lock() held. */
static bool
irq_due(const struct tk_irq *irq)
{
	return ((irq->trigger == TK_IRQ_LEVEL ? irq->up : irq->pending) &&
	    !SCHEDULER_STOPPED() && !irq->masked && !irq->delivering &&
	    tk_intr_handlers(irq->event) != 0);
}

static void
irq_check_storm(struct tk_irq *irq)
{
	if (irq->trigger == TK_IRQ_LEVEL && ++irq->repeats > TK_IRQ_STORM)
		tk_stop("interrupt storm", "line %s stays up after %d "
		    "interrupts", irq->name, TK_IRQ_STORM);
}

/* Runs in filter context: handles one interrupt, if the line is still due. */
static void
irq_deliver(void *arg)
{
	struct tk_irq *irq = arg;
	bool again;
	int result;

	tk_lock();
	if (!irq_due(irq)) {
		tk_unlock();
		return;
	}
	irq->pending = false;
	irq->delivering = true;
	irq->stats.delivered++;
	tk_unlock();
	irq_check_storm(irq);
	result = tk_intr_filters(irq->event);
	tk_lock();
	irq->delivering = false;
	if ((result & FILTER_SCHEDULE_THREAD) != 0)
		irq->stats.threaded++;
	else if ((result & FILTER_HANDLED) == 0)
		irq->stats.stray++;
	again = irq_due(irq);
	tk_unlock();
	if (again)
		tk_agent_kick(irq_agent);
}

/* Delivers an interrupt that has become due. */
void
tk_irq_poke(struct tk_irq *irq)
{
	bool due;

	tk_lock();
	due = irq_due(irq);
	tk_unlock();
	if (due)
		tk_intr_run(irq_deliver, irq);
}

void
tk_irq_poke_all(void)
{
	if (irq_agent != NULL)
		tk_agent_kick(irq_agent);
}

static void
irq_agent_main(void *arg)
{
	struct tk_irq *irq;

	while (!tk_agent_stopping()) {
		tk_agent_wait(-1);
		for (irq = irq_lines; irq != NULL; irq = irq->next)
			tk_irq_poke(irq);
	}
}

/* Hooks of the event */
static void
irq_mask(void *arg)
{
	struct tk_irq *irq = arg;

	tk_lock();
	irq->masked = true;
	irq->masked_at = ticks;
	tk_unlock();
}

static void
irq_unmask(void *arg)
{
	struct tk_irq *irq = arg;

	tk_lock();
	irq->masked = false;
	if (irq->masked_at != ticks)
		irq->repeats = 0;
	tk_unlock();
	tk_irq_poke(irq);
}

struct tk_irq *
tk_irq_add(const char *name, unsigned int number, enum tk_irq_trigger trigger)
{
	struct tk_irq *irq;

	if (tk_irq_lookup(number) != NULL)
		return (NULL);
	if (irq_agent == NULL)
		tk_agent_create(&irq_agent, "interrupts", irq_agent_main,
		    NULL);
	irq = tk_tomb_alloc(sizeof(*irq) + strlen(name) + 1);
	irq->name = strcpy((char *)(irq + 1), name);
	irq->number = number;
	irq->trigger = trigger;
	if (intr_event_create(&irq->event, irq, 0, number, irq_mask,
	    irq_unmask, NULL, NULL, "irq%u: %s", number, name) != 0)
		return (NULL);
	tk_lock();
	irq->next = irq_lines;
	irq_lines = irq;
	tk_unlock();
	return (irq);
}

void
tk_irq_remove(struct tk_irq *irq)
{
	struct tk_irq **prev;

	if (intr_event_destroy(irq->event) != 0)
		tk_stop("resource", "line %s goes while a handler is set up",
		    irq->name);
	tk_lock();
	for (prev = &irq_lines; *prev != irq; prev = &(*prev)->next)
		KASSERT(*prev != NULL, ("line %s is not there", irq->name));
	*prev = irq->next;
	tk_unlock();
}

struct tk_irq *
tk_irq_lookup(unsigned int number)
{
	struct tk_irq *irq;

	for (irq = irq_lines; irq != NULL; irq = irq->next)
		if (irq->number == number)
			break;
	return (irq);
}

struct intr_event *
tk_irq_event(struct tk_irq *irq)
{
	return (irq->event);
}

void
tk_irq_raise(struct tk_irq *irq)
{
	tk_lock();
	irq->stats.raised++;
	irq->repeats = 0;
	if (irq->trigger == TK_IRQ_LEVEL)
		irq->up = true;
	else
		irq->pending = true;
	tk_unlock();
	tk_irq_poke(irq);
}

void
tk_irq_lower(struct tk_irq *irq)
{
	tk_lock();
	irq->repeats = 0;
	irq->up = false;
	tk_unlock();
}

bool
tk_irq_is_up(const struct tk_irq *irq)
{
	bool up;

	tk_lock();
	up = irq->up;
	tk_unlock();
	return (up);
}

void
tk_irq_stats(const struct tk_irq *irq, struct tk_irq_stats *stats)
{
	tk_lock();
	*stats = irq->stats;
	tk_unlock();
}
