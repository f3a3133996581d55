/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Interrupt events: the handlers of one source and the thread that runs them.
 * bus_setup_intr() is built on these.  A bus that multiplexes interrupts of its
 * own may use them too.
 *
 * Left out: CPU binding, suspended handlers of single events, statistics.
 */

#ifndef _SYS_INTERRUPT_H_
#define	_SYS_INTERRUPT_H_

#include <sys/types.h>
#include <sys/bus.h>

#ifdef _KERNEL

struct intr_event;
struct trapframe;

/* Flags of an event. */
#define	IE_SOFT		0x000001	/* run by swi_sched() */
#define	IE_SLEEPABLE	0x000002	/* its handlers may sleep */

/* Flags of swi_sched(). */
#define	SWI_FROMNMI	0x1
#define	SWI_DELAY	0x2		/* at the next tick is soon enough */

#define	SWI_TTY		0
#define	SWI_NET		1
#define	SWI_CAMBIO	2
#define	SWI_BUSDMA	3
#define	SWI_CLOCK	4
#define	SWI_TQ_FAST	5
#define	SWI_TQ		6
#define	SWI_TQ_GIANT	6

u_char	intr_priority(enum intr_type flags);

/*
 * Creates an event without handlers.  pre_ithread runs in the interrupt when
 * the thread is scheduled; post_ithread in the thread after its handlers;
 * post_filter in the interrupt when no thread has to run.  Each gets source and
 * may be NULL.  May sleep.
 */
int	intr_event_create(struct intr_event **event, void *source,
	    int flags, u_int irq, void (*pre_ithread)(void *),
	    void (*post_ithread)(void *), void (*post_filter)(void *),
	    int (*assign_cpu)(void *, int), const char *fmt, ...)
	    __printflike(9, 10);

/* EBUSY while it has handlers.  May sleep. */
int	intr_event_destroy(struct intr_event *ie);

/*
 * Adds a handler: a filter, a threaded handler or both.  EINVAL when an
 * exclusive handler would share the event, ENOMEM.  May sleep.
 */
int	intr_event_add_handler(struct intr_event *ie, const char *name,
	    driver_filter_t filter, driver_intr_t handler, void *arg,
	    u_char pri, enum intr_type flags, void **cookiep);
int	intr_event_describe_handler(struct intr_event *ie, void *cookie,
	    const char *descr);

/*
 * Removes a handler once neither its filter nor its threaded part runs.
 * Sleeps; stops the run when called from the handler itself.
 */
int	intr_event_remove_handler(void *cookie);
int	intr_event_suspend_handler(void *cookie);
int	intr_event_resume_handler(void *cookie);
void	*intr_handler_source(void *cookie);

/*
 * One interrupt: runs the filters on the calling thread in interrupt context
 * and schedules the event's thread if one of them, or a handler without one,
 * asks for it.  EINVAL when no handler wanted it.
 */
int	intr_event_handle(struct intr_event *ie, struct trapframe *frame);

/*
 * A software interrupt: handler runs in a thread each time after
 * swi_sched(cookie).  swi_remove() waits for it.
 */
int	swi_add(struct intr_event **eventp, const char *name,
	    driver_intr_t handler, void *arg, int pri, enum intr_type flags,
	    void **cookiep);
void	swi_sched(void *cookie, int flags);
int	swi_remove(void *cookie);

#endif /* _KERNEL */

#endif /* !_SYS_INTERRUPT_H_ */
