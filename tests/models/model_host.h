/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the models of Apple's coprocessors (model_asc, model_rtkit, model_smc)
 * take from where they run, and all that they take but <sys/param.h>,
 * <sys/systm.h>, <sys/endian.h> and <sys/queue.h>: time, a lock, an agent,
 * memory, guest RAM, registers and interrupt lines.  model_host.c provides it
 * in the test kernel; whoever runs the models elsewhere writes it anew.
 */
#ifndef _MODEL_HOST_H_
#define	_MODEL_HOST_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of a clock that never goes back. */
int64_t	mh_now(void);

/*
 * Memory, zeroed; never NULL.  May sleep, so only while a model is made.
 * NULL may be freed.
 */
void	*mh_alloc(size_t size);
void	mh_free(void *);

/*
 * A lock that any context may take, filters included, with any locks held.
 * Nothing that sleeps, and no interrupt line, is touched inside.
 */
struct mh_lock;
struct mh_lock *mh_lock_new(const char *name);
void	mh_lock_free(struct mh_lock *);
void	mh_lock_enter(struct mh_lock *);
void	mh_lock_leave(struct mh_lock *);

/*
 * A thread of the device's own.  fn ends when mh_agent_stopping() is true, and
 * sleeps in mh_agent_wait() only: until it is kicked (true) or the deadline
 * (false; negative: none).  A kick is remembered; kicks do not add up.
 */
struct mh_agent;
struct mh_agent *mh_agent_new(const char *name, void (*fn)(void *), void *arg);
bool	mh_agent_wait(int64_t deadline);	/* in the agent */
bool	mh_agent_stopping(void);		/* in the agent */
void	mh_agent_kick(struct mh_agent *);	/* any context */
void	mh_agent_free(struct mh_agent *);	/* waits for its end; sleeps */

/*
 * Guest RAM: the memory at a bus address, NULL unless all of it is RAM; and
 * what the device has written there.
 */
void	*mh_ram(uint64_t addr, size_t len);
void	mh_ram_wrote(uint64_t addr, size_t len);

/*
 * Registers at bus addresses base to base + size - 1.  The functions run in
 * any context, on the thread that accesses them; width is 1, 2, 4 or 8 bytes,
 * offset a multiple of it.  NULL: the addresses are taken.  NULL may be freed.
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
 * A level-triggered interrupt line, down.  Raising may run filters before it
 * returns.  NULL: the number is taken.  NULL may be freed.
 */
struct mh_irq;
struct mh_irq *mh_irq_new(const char *name, unsigned int number);
void	mh_irq_free(struct mh_irq *);
void	mh_irq_raise(struct mh_irq *);
void	mh_irq_lower(struct mh_irq *);
/* Times that handlers were asked. */
uint64_t mh_irq_delivered(const struct mh_irq *);

#endif /* !_MODEL_HOST_H_ */
