/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the models of Apple's coprocessors (model_asc, model_rtkit, model_smc)
 * need from the environment: time, a lock, an agent, memory, guest RAM,
 * registers and interrupt lines.  Besides this they use only <sys/param.h>,
 * <sys/systm.h>, <sys/endian.h> and <sys/queue.h>.  model_host.c provides it in
 * the test kernel.  Another environment needs another model_host.c.
 */
#ifndef _MODEL_HOST_H_
#define	_MODEL_HOST_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of a clock that never goes back. */
int64_t	mh_now(void);

/*
 * Memory, zeroed; never NULL.  May sleep, so it is called only while a model is
 * made.  NULL may be freed.
 */
void	*mh_alloc(size_t size);
void	mh_free(void *);

/*
 * A lock that any context may take, filters included, with any locks held.  Its
 * holder must not sleep and must not raise or lower an interrupt line.
 */
struct mh_lock;
struct mh_lock *mh_lock_new(const char *name);
void	mh_lock_free(struct mh_lock *);
void	mh_lock_enter(struct mh_lock *);
void	mh_lock_leave(struct mh_lock *);

/*
 * A thread of the device's own.  It calls step again and again.  In between it
 * sleeps until a kick, or until the deadline that step returned; a negative
 * deadline is none.  A kick is remembered.  Several kicks count as one.  step
 * itself does not sleep.
 */
struct mh_agent;
/* *agent is set before step is called, which may make the kernel kick it. */
void	mh_agent_new(struct mh_agent **agent, const char *name,
	    int64_t (*step)(void *), void *arg);
void	mh_agent_kick(struct mh_agent *);	/* any context */
void	mh_agent_free(struct mh_agent *);	/* waits for its end; sleeps */

/*
 * Guest RAM.  mh_ram() returns the memory at a bus address, NULL unless all of
 * it is RAM.  The device calls mh_ram_wrote() after it has written there.
 */
void	*mh_ram(uint64_t addr, size_t len);
void	mh_ram_wrote(uint64_t addr, size_t len);

/*
 * Registers at bus addresses base to base + size - 1.  The functions run in any
 * context, on the thread that accesses the registers.  The width is 1, 2, 4 or
 * 8 bytes, and the offset a multiple of it.  Returns NULL if the addresses are
 * taken.  NULL may be freed.
 */
struct mh_regs;
struct mh_regs_ops {
	uint64_t (*read)(void *arg, uint64_t offset, unsigned int width);
	void	(*write)(void *arg, uint64_t offset, unsigned int width,
		    uint64_t value);
};
struct mh_regs *mh_regs_new(const char *name, uint64_t base, uint64_t size,
	    const struct mh_regs_ops *, void *arg);
void	mh_regs_free(struct mh_regs *);

/*
 * A level-triggered interrupt line, low at first.  Raising it may run filters
 * before the call returns.  Returns NULL if the number is taken.  NULL may be
 * freed.
 */
struct mh_irq;
struct mh_irq *mh_irq_new(const char *name, unsigned int number);
void	mh_irq_free(struct mh_irq *);
void	mh_irq_raise(struct mh_irq *);
void	mh_irq_lower(struct mh_irq *);
/* How often the line's handlers were called. */
uint64_t mh_irq_delivered(const struct mh_irq *);

#endif /* !_MODEL_HOST_H_ */
