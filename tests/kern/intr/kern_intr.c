/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Interrupt events: filters on the interrupting thread, threaded handlers in
 * the event's own thread, and software interrupts.
 *
 * An event and its handlers are guarded by tk_lock().  As in FreeBSD, the
 * event's thread unlinks handlers that are being removed, and runs all others
 * when it does.  A removal waits for that, and not for filters: these may still
 * run on another CPU, even the removed handler's own.  An event without a
 * thread waits for its filters.  The record of a removed handler stays, so that
 * a second removal is recognised, and so that a filter's walk gets past it.
 * Source: sys/kern/kern_intr.c, intr_event_remove_handler(),
 * intr_event_execute_handlers(), intr_handler_barrier().
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/interrupt.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/pcpu.h>
#include <sys/priority.h>
#include <sys/proc.h>
#include <sys/queue.h>

#include "tk.h"
#include "tk_bus_var.h"

#define	INTR_NAMELEN	40

struct intr_handler {
	TAILQ_ENTRY(intr_handler) ih_next;
	struct intr_event *ih_event;	/* NULL: removed */
	struct intr_handler *ih_after;	/* the next one, when it was removed */
	driver_filter_t	*ih_filter;
	driver_intr_t	*ih_handler;
	void		*ih_argument;
	char		 ih_name[INTR_NAMELEN];
	char		 ih_what[INTR_NAMELEN + 20]; /* for messages */
	enum intr_type	 ih_flags;
	u_char		 ih_pri;
	bool		 ih_dead;	/* being removed */
	bool		 ih_suspended;
	bool		 ih_changed;	/* the thread is to notice that */
	bool		 ih_need;	/* software: scheduled */
	struct tk_where	 ih_where;	/* who added it */
};

struct intr_event {
	TAILQ_ENTRY(intr_event) ie_link;
	TAILQ_HEAD(, intr_handler) ie_handlers;	/* by priority */
	char		 ie_name[INTR_NAMELEN];
	void		*ie_source;
	void		(*ie_pre_ithread)(void *);
	void		(*ie_post_ithread)(void *);
	void		(*ie_post_filter)(void *);
	int		 ie_flags;	/* IE_* */
	int		 ie_active;	/* threads inside filters */
	struct thread	*ie_thread;	/* NULL: none yet */
	bool		 ie_need;	/* the thread has work */
	bool		 ie_exit;	/* the thread shall end */
	bool		 ie_swi_owned;	/* made by swi_add() for itself */
	struct intr_handler *ie_running; /* threaded handler at work */
	struct tk_where	 ie_where;
};

static TAILQ_HEAD(, intr_event) intr_events;

static int
intr_ledger(bool print)
{
	struct intr_handler *ih;
	struct intr_event *ie;
	int count;

	count = 0;
	TAILQ_FOREACH(ie, &intr_events, ie_link) {
		count++;
		if (print)
			tk_leak(&ie->ie_where, "interrupt event %s",
			    ie->ie_name);
		TAILQ_FOREACH(ih, &ie->ie_handlers, ih_next) {
			count++;
			if (print)
				tk_leak(&ih->ih_where, "interrupt handler %s",
				    ih->ih_name);
		}
	}
	return (count);
}

static void
intr_start(void)
{
	TAILQ_INIT(&intr_events);
	tk_ledger("interrupt", intr_ledger);
}
TK_INIT_PRIO(intr_start, 110);

u_char
intr_priority(enum intr_type flags)
{
	return ((flags & INTR_TYPE_CLK) != 0 ? PI_REALTIME : PI_INTR);
}

/*
 * Events
 */

int
intr_event_create(struct intr_event **event, void *source, int flags,
    u_int irq, void (*pre_ithread)(void *), void (*post_ithread)(void *),
    void (*post_filter)(void *), int (*assign_cpu)(void *, int),
    const char *fmt, ...)
{
	struct intr_event *ie;
	__va_list ap;

	tk_may_sleep(NULL, __func__);
	tk_preempt();
	if ((flags & ~IE_SOFT) != 0)
		return (EINVAL);
	if (tk_fault("intr_event_create"))
		return (ENOMEM);
	ie = tk_tomb_alloc(sizeof(*ie));
	ie->ie_source = source;
	ie->ie_pre_ithread = pre_ithread;
	ie->ie_post_ithread = post_ithread;
	ie->ie_post_filter = post_filter;
	ie->ie_flags = flags;
	TAILQ_INIT(&ie->ie_handlers);
	va_start(ap, fmt);
	vsnprintf(ie->ie_name, sizeof(ie->ie_name), fmt, ap);
	va_end(ap);
	tk_where(&ie->ie_where);
	tk_lock();
	TAILQ_INSERT_TAIL(&intr_events, ie, ie_link);
	tk_unlock();
	*event = ie;
	return (0);
}

int
intr_event_destroy(struct intr_event *ie)
{
	if (ie == NULL)
		return (EINVAL);
	tk_may_sleep(NULL, __func__);
	tk_preempt();
	tk_lock();
	if (!TAILQ_EMPTY(&ie->ie_handlers)) {
		tk_unlock();
		return (EBUSY);
	}
	ie->ie_exit = true;
	tk_wake(ie);
	while (ie->ie_thread != NULL)
		tk_block(&ie->ie_thread, "iedest", -1);
	TAILQ_REMOVE(&intr_events, ie, ie_link);
	tk_unlock();
	return (0);
}

/*
 * The thread of an event
 */

static void
intr_run_handler(struct intr_event *ie, struct intr_handler *ih)
{
	struct tk_ctx_mark mark;

	ie->ie_running = ih;
	tk_ctx_enter(&mark, (ih->ih_flags & INTR_SLEEPABLE) != 0 ?
	    TK_CTX_TASK : TK_CTX_ITHREAD);
	ih->ih_handler(ih->ih_argument);
	tk_ctx_leave(&mark, ih->ih_what);
	ie->ie_running = NULL;
}

/* The handler after ih, or the first. */
static struct intr_handler *
intr_next(struct intr_event *ie, struct intr_handler *ih)
{
	tk_lock();
	if (ih == NULL)
		ih = TAILQ_FIRST(&ie->ie_handlers);
	else if (ih->ih_event == NULL)
		ih = ih->ih_after;
	else
		ih = TAILQ_NEXT(ih, ih_next);
	tk_unlock();
	return (ih);
}

/* With tk_lock() held. */
static void
intr_unlink(struct intr_handler *ih)
{
	ih->ih_after = TAILQ_NEXT(ih, ih_next);
	TAILQ_REMOVE(&ih->ih_event->ie_handlers, ih, ih_next);
	ih->ih_event = NULL;
}

/*
 * Unlinks a handler that is being removed, and wakes the threads that wait for
 * the removal or for a suspension.  Returns whether the handler is to be run.
 */
static bool
intr_settle(struct intr_handler *ih)
{
	bool run;

	tk_lock();
	if (ih->ih_dead)
		intr_unlink(ih);
	if (ih->ih_dead || ih->ih_changed)
		tk_wake(ih);
	ih->ih_changed = false;
	run = ih->ih_handler != NULL && !ih->ih_dead && !ih->ih_suspended;
	tk_unlock();
	return (run);
}

/*
 * A software interrupt runs the handlers that were scheduled, a hardware
 * interrupt all.
 */
static void
intr_run_handlers(struct intr_event *ie)
{
	struct intr_handler *ih;

	for (ih = intr_next(ie, NULL); ih != NULL; ih = intr_next(ie, ih)) {
		if (!intr_settle(ih))
			continue;
		if ((ie->ie_flags & IE_SOFT) != 0) {
			if (!__atomic_exchange_n(&ih->ih_need, false,
			    __ATOMIC_ACQ_REL))
				continue;
		}
		intr_run_handler(ie, ih);
	}
	if (ie->ie_post_ithread != NULL)
		ie->ie_post_ithread(ie->ie_source);
}

static void
intr_thread(void *arg)
{
	struct intr_event *ie = arg;

	tk_lock();
	for (;;) {
		while (!ie->ie_need && !ie->ie_exit)
			tk_block(ie, "-", -1);
		if (ie->ie_exit)
			break;
		ie->ie_need = false;
		tk_unlock();
		intr_run_handlers(ie);
		tk_lock();
	}
	ie->ie_thread = NULL;
	tk_wake(&ie->ie_thread);
	tk_unlock();
	kthread_exit();
}

/* Makes the event's thread unless it exists. */
static int
intr_thread_create(struct intr_event *ie)
{
	if (ie->ie_thread != NULL)
		return (0);
	return (kthread_add(intr_thread, ie, NULL, &ie->ie_thread, 0, 0,
	    "%s", ie->ie_name));
}

/* With tk_lock() held. */
static void
intr_schedule_locked(struct intr_event *ie)
{
	ie->ie_need = true;
	tk_wake(ie);
}

static void
intr_schedule(struct intr_event *ie)
{
	tk_lock();
	intr_schedule_locked(ie);
	tk_unlock();
}

/*
 * Handlers
 */

static int
intr_insert(struct intr_event *ie, struct intr_handler *new)
{
	struct intr_handler *ih;

	ih = TAILQ_FIRST(&ie->ie_handlers);
	if (ih != NULL && ((new->ih_flags | ih->ih_flags) &
	    (INTR_EXCL | INTR_SLEEPABLE)) != 0)
		return (EINVAL);
	TAILQ_FOREACH(ih, &ie->ie_handlers, ih_next)
		if (ih->ih_pri > new->ih_pri)
			break;
	if (ih != NULL)
		TAILQ_INSERT_BEFORE(ih, new, ih_next);
	else
		TAILQ_INSERT_TAIL(&ie->ie_handlers, new, ih_next);
	return (0);
}

int
intr_event_add_handler(struct intr_event *ie, const char *name,
    driver_filter_t filter, driver_intr_t handler, void *arg, u_char pri,
    enum intr_type flags, void **cookiep)
{
	struct intr_handler *ih;
	int error;

	if (ie == NULL || name == NULL || (filter == NULL && handler == NULL))
		return (EINVAL);
	if ((flags & INTR_SLEEPABLE) != 0 && (flags & INTR_EXCL) == 0)
		return (EINVAL);
	tk_may_sleep(NULL, __func__);
	tk_preempt();
	if (tk_fault("intr_event_add_handler"))
		return (ENOMEM);
	if (handler != NULL) {
		error = intr_thread_create(ie);
		if (error != 0)
			return (error);
	}
	ih = tk_tomb_alloc(sizeof(*ih));
	ih->ih_event = ie;
	ih->ih_filter = filter;
	ih->ih_handler = handler;
	ih->ih_argument = arg;
	ih->ih_flags = flags;
	ih->ih_pri = pri;
	snprintf(ih->ih_name, sizeof(ih->ih_name), "%s", name);
	snprintf(ih->ih_what, sizeof(ih->ih_what), "interrupt handler %s",
	    name);
	tk_where(&ih->ih_where);
	tk_lock();
	error = intr_insert(ie, ih);
	tk_unlock();
	if (error == 0 && cookiep != NULL)
		*cookiep = ih;
	return (error);
}

static struct intr_handler *
intr_cookie(void *cookie, const char *call)
{
	struct intr_handler *ih = cookie;

	if (ih == NULL)
		tk_stop("intr-teardown", "%s: no handler", call);
	if (ih->ih_event == NULL || ih->ih_dead)
		tk_stop("intr-teardown", "%s: handler %s was removed before",
		    call, ih->ih_name);
	return (ih);
}

/*
 * Waits until no filter of an event without a thread runs.  Called and returns
 * with tk_lock() held.
 */
static void
intr_drain_filters(struct intr_event *ie)
{
	while (ie->ie_active != 0)
		tk_block(&ie->ie_active, "iev_rmh", -1);
}

/* A handler that removed itself would wait for ever. */
static void
intr_check_waiter(struct intr_handler *ih, const char *call)
{
	if (tk_context() == TK_CTX_FILTER ||
	    (ih->ih_event->ie_thread == curthread &&
	    ih->ih_event->ie_running != NULL))
		tk_stop("intr-teardown", "%s: called from the handler itself "
		    "(%s)", call, ih->ih_name);
	tk_may_sleep(NULL, call);
	tk_preempt();
}

int
intr_event_remove_handler(void *cookie)
{
	struct intr_handler *ih;
	struct intr_event *ie;

	ih = intr_cookie(cookie, __func__);
	ie = ih->ih_event;
	intr_check_waiter(ih, __func__);
	tk_lock();
	ih->ih_dead = true;
	if (ie->ie_thread == NULL) {
		intr_unlink(ih);
		intr_drain_filters(ie);
	} else
		intr_schedule_locked(ie);
	while (ih->ih_event != NULL)
		tk_block(ih, "iev_rmh", -1);
	tk_unlock();
	return (0);
}

int
intr_event_suspend_handler(void *cookie)
{
	struct intr_handler *ih;
	struct intr_event *ie;

	ih = intr_cookie(cookie, __func__);
	ie = ih->ih_event;
	intr_check_waiter(ih, __func__);
	tk_lock();
	ih->ih_suspended = true;
	if (ie->ie_thread == NULL)
		intr_drain_filters(ie);
	else {
		ih->ih_changed = true;
		intr_schedule_locked(ie);
	}
	while (ih->ih_changed)
		tk_block(ih, "ih_barr", -1);
	tk_unlock();
	return (0);
}

int
intr_event_resume_handler(void *cookie)
{
	struct intr_handler *ih;

	ih = intr_cookie(cookie, __func__);
	tk_preempt();
	tk_lock();
	ih->ih_suspended = false;
	tk_unlock();
	return (0);
}

int
intr_event_describe_handler(struct intr_event *ie, void *cookie,
    const char *descr)
{
	struct intr_handler *ih;
	char name[INTR_NAMELEN];
	int device;

	/* The new description replaces the old one. */
	ih = intr_cookie(cookie, __func__);
	device = strcspn(ih->ih_name, ":");
	snprintf(name, sizeof(name), "%.*s:%s", device, ih->ih_name, descr);
	tk_preempt();
	tk_lock();
	memcpy(ih->ih_name, name, sizeof(name));
	tk_unlock();
	return (0);
}

void *
intr_handler_source(void *cookie)
{
	return (intr_cookie(cookie, __func__)->ih_event->ie_source);
}

const char *
tk_intr_handler_name(void *cookie)
{
	return (intr_cookie(cookie, __func__)->ih_name);
}

int
tk_intr_handlers(struct intr_event *ie)
{
	struct intr_handler *ih;
	int count;

	count = 0;
	TAILQ_FOREACH(ih, &ie->ie_handlers, ih_next)
		if (!ih->ih_suspended)
			count++;
	return (count);
}

/*
 * Interrupts
 */

static int
intr_run_filter(struct intr_handler *ih)
{
	struct tk_ctx_mark mark;
	int ret;

	tk_ctx_enter(&mark, TK_CTX_FILTER);
	ret = ih->ih_filter(ih->ih_argument);
	tk_ctx_leave(&mark, ih->ih_what);
	if (ret != FILTER_STRAY && ret != FILTER_HANDLED &&
	    ret != FILTER_SCHEDULE_THREAD)
		tk_stop("intr-flags", "filter of %s returned %#x", ih->ih_name,
		    ret);
	if (ret == FILTER_SCHEDULE_THREAD && ih->ih_handler == NULL)
		tk_stop("intr-flags", "filter of %s asks for a thread but has "
		    "no threaded handler", ih->ih_name);
	return (ret);
}

/* FreeBSD has freed what this tells from a handler that is there. */
static bool
intr_listens(const struct intr_handler *ih)
{
	bool listens;

	tk_lock();
	listens = ih->ih_event != NULL && !ih->ih_suspended;
	tk_unlock();
	return (listens);
}

int
tk_intr_filters(struct intr_event *ie)
{
	struct intr_handler *ih;
	int result;

	result = 0;
	tk_lock();
	ie->ie_active++;
	tk_unlock();
	for (ih = intr_next(ie, NULL); ih != NULL; ih = intr_next(ie, ih)) {
		if (!intr_listens(ih))
			continue;
		if (ih->ih_filter == NULL)
			result |= FILTER_SCHEDULE_THREAD;
		else
			result |= intr_run_filter(ih);
	}
	if ((result & FILTER_SCHEDULE_THREAD) != 0) {
		if (ie->ie_pre_ithread != NULL)
			ie->ie_pre_ithread(ie->ie_source);
		intr_schedule(ie);
	} else if (ie->ie_post_filter != NULL)
		ie->ie_post_filter(ie->ie_source);
	tk_lock();
	if (--ie->ie_active == 0)
		tk_wake(&ie->ie_active);
	tk_unlock();
	return (result);
}

int
intr_event_handle(struct intr_event *ie, struct trapframe *frame)
{
	bool nested;
	int result;

	if (ie == NULL || TAILQ_EMPTY(&ie->ie_handlers))
		return (EINVAL);
	nested = tk_context() == TK_CTX_FILTER;
	if (!nested)
		tk_intr_enter();
	result = tk_intr_filters(ie);
	if (!nested)
		tk_intr_exit();
	return ((result & ~FILTER_STRAY) != 0 ? 0 : EINVAL);
}

/*
 * Software interrupts
 */

int
swi_add(struct intr_event **eventp, const char *name, driver_intr_t handler,
    void *arg, int pri, enum intr_type flags, void **cookiep)
{
	struct intr_event *ie;
	int error;

	if ((flags & INTR_ENTROPY) != 0)
		return (EINVAL);
	ie = eventp != NULL ? *eventp : NULL;
	if (ie != NULL && (ie->ie_flags & IE_SOFT) == 0)
		return (EINVAL);
	if (ie == NULL) {
		error = intr_event_create(&ie, NULL, IE_SOFT, 0, NULL, NULL,
		    NULL, NULL, "swi%d: %s", pri, name);
		if (error != 0)
			return (error);
		ie->ie_swi_owned = eventp == NULL;
	}
	error = intr_event_add_handler(ie, name, NULL, handler, arg,
	    PI_SWI(pri), flags, cookiep);
	if (error != 0 && (eventp == NULL || *eventp == NULL)) {
		intr_event_destroy(ie);
		return (error);
	}
	if (eventp != NULL)
		*eventp = ie;
	return (error);
}

void
swi_sched(void *cookie, int flags)
{
	struct intr_handler *ih;

	ih = intr_cookie(cookie, __func__);
	__atomic_store_n(&ih->ih_need, true, __ATOMIC_RELEASE);
	intr_schedule(ih->ih_event);
	tk_preempt();
}

int
swi_remove(void *cookie)
{
	struct intr_event *ie;
	int error;

	ie = intr_cookie(cookie, __func__)->ih_event;
	error = intr_event_remove_handler(cookie);
	if (error == 0 && ie->ie_swi_owned)
		error = intr_event_destroy(ie);
	return (error);
}
