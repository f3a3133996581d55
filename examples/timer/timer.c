/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * timer(4): ticks without hardware.  examples/timer_rust is the same in Rust.
 *
 * A tick passes through three contexts.  A callout counts it: that must not
 * sleep, so its state is under a mutex.  It enqueues a task, which records the
 * tick in a history: a task may sleep, so the history is under an sx lock,
 * which readers share for as long as they need.  A program reads the history
 * through sysctl(9), in a thread of its own.
 */
#include "kpi_callout.h"
#include "kpi_intrhook.h"
#include "kpi_mem.h"
#include "kpi_mtx.h"
#include "kpi_sx.h"
#include "kpi_sysctl.h"
#include "kpi_taskq.h"
#include "kpi_time.h"

#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/sysctl.h>

#define	TIMER_LONGEST	60000		/* milliseconds */
#define	TIMER_HISTORY	16		/* ticks that are kept ... */
#define	TIMER_MOST	256		/* ... and at most */
#define	TIMER_LINE	48		/* bytes of a line of the history */

struct tick {
	uint64_t	number;
	sbintime_t	time;
	sbintime_t	late;		/* after it was due */
};

/*
 * Locks: (m) mtx; (x) sx; (c) constant while loaded.
 */
static struct timer {
	struct kpi_mtx		 mtx;
	struct kpi_callout	 callout;	/* (m) */
	bool			 enabled;	/* (m) interrupts are */
	uint32_t		 interval;	/* (m) ms; 0: no ticks */
	sbintime_t		 due;		/* (m) the next tick */
	struct tick		 last;		/* (m) */

	struct kpi_taskq	 taskq;
	struct kpi_task		 task;
	struct kpi_sx		 sx;
	struct tick		*history;	/* (x) a ring */
	uint64_t		 recorded;	/* (x) since it was loaded */
	uint32_t		 size;		/* (c) of the ring */

	struct kpi_intrhook	 hook;
	struct kpi_sysctl	 sysctl;
} timer;

static SYSCTL_NODE(_kern, OID_AUTO, timer, CTLFLAG_RD | CTLFLAG_MPSAFE, NULL,
    "Ticks without hardware");

/* In a callout, with the mutex held. */
static void
timer_tick(void *arg)
{
	struct timer *t = arg;
	sbintime_t now = kpi_uptime();

	t->last.number++;
	t->last.time = now;
	t->last.late = now - t->due;
	kpi_task_enqueue(&t->task);
	/* From when it was due, so that lateness does not add up. */
	t->due = MAX(t->due + t->interval * SBT_1MS, now);
	kpi_callout_reset(&t->callout, t->due - now, 0, timer_tick, t);
}

/* Start, stop, or go on with another interval.  With the mutex held. */
static void
timer_arm(struct timer *t)
{
	sbintime_t delay = t->interval * SBT_1MS;

	if (!t->enabled || t->interval == 0) {
		kpi_callout_stop(&t->callout);
		return;
	}
	t->due = kpi_uptime() + delay;
	kpi_callout_reset(&t->callout, delay, 0, timer_tick, t);
}

/* In the task.  If it was late, it finds only the last of several ticks. */
static void
timer_record(void *arg, int pending __unused)
{
	struct timer *t = arg;
	struct tick last;

	kpi_mtx_lock(&t->mtx);
	last = t->last;
	kpi_mtx_unlock(&t->mtx);
	kpi_sx_xlock(&t->sx);
	t->history[t->recorded++ % t->size] = last;
	kpi_sx_xunlock(&t->sx);
}

/* Interrupts are enabled, and with them callouts. */
static void
timer_enable(void *arg)
{
	struct timer *t = arg;

	kpi_mtx_lock(&t->mtx);
	t->enabled = true;
	timer_arm(t);
	kpi_mtx_unlock(&t->mtx);
}

/*
 * sysctl(9)
 */

static int
timer_get_ticks(void *arg, uint32_t which __unused, void *buf, size_t *len)
{
	struct timer *t = arg;

	kpi_mtx_lock(&t->mtx);
	memcpy(buf, &t->last.number, sizeof(t->last.number));
	kpi_mtx_unlock(&t->mtx);
	*len = sizeof(t->last.number);
	return (0);
}

static int
timer_get_interval(void *arg, uint32_t which __unused, void *buf, size_t *len)
{
	struct timer *t = arg;

	kpi_mtx_lock(&t->mtx);
	memcpy(buf, &t->interval, sizeof(t->interval));
	kpi_mtx_unlock(&t->mtx);
	*len = sizeof(t->interval);
	return (0);
}

static int
timer_set_interval(void *arg, uint32_t which __unused, const void *buf,
    size_t len)
{
	struct timer *t = arg;
	uint32_t interval;

	if (len != sizeof(interval))
		return (EINVAL);
	memcpy(&interval, buf, sizeof(interval));
	if (interval > TIMER_LONGEST)
		return (EINVAL);
	kpi_mtx_lock(&t->mtx);
	t->interval = interval;
	timer_arm(t);
	kpi_mtx_unlock(&t->mtx);
	return (0);
}

/* Oldest first. */
static int
timer_get_history(void *arg, uint32_t which __unused, void *buf, size_t *len)
{
	struct timer *t = arg;
	const struct tick *tick;
	size_t used = 0;

	kpi_sx_slock(&t->sx);
	for (uint64_t n = t->recorded - MIN(t->recorded, t->size);
	    n < t->recorded && used < *len; n++) {
		tick = &t->history[n % t->size];
		used += snprintf((char *)buf + used, *len - used,
		    "%ju at %jd ms, %jd us late\n", (uintmax_t)tick->number,
		    (intmax_t)(tick->time / SBT_1MS),
		    (intmax_t)(tick->late / SBT_1US));
	}
	kpi_sx_sunlock(&t->sx);
	*len = MIN(used, *len);
	return (0);
}

static const struct kpi_sysctl_ops timer_ticks = {
	.kso_get = timer_get_ticks,
};
static const struct kpi_sysctl_ops timer_interval = {
	.kso_get = timer_get_interval,
	.kso_set = timer_set_interval,
};
static const struct kpi_sysctl_ops timer_history = {
	.kso_get = timer_get_history,
};

/* The size comes first: the history is allocated with it. */
static int
timer_add_size(struct timer *t)
{
	int error;

	t->size = TIMER_HISTORY;
	kpi_sysctl_init_root(&t->sysctl, &sysctl___kern_timer);
	error = kpi_sysctl_u32_tun(&t->sysctl, NULL, "history_size",
	    "Ticks that the history keeps", &t->size);
	t->size = MAX(MIN(t->size, TIMER_MOST), 1);
	return (error);
}

static int
timer_add_nodes(struct timer *t)
{
	const struct kpi_sysctl_type ticks = {
		KPI_SYSCTL_S64, sizeof(uint64_t), "QU", false
	};
	const struct kpi_sysctl_type interval = {
		KPI_SYSCTL_U32, sizeof(uint32_t), NULL, true
	};
	const struct kpi_sysctl_type history = {
		KPI_SYSCTL_CHAR, t->size * TIMER_LINE, NULL, false
	};
	int error;

	error = kpi_sysctl_value(&t->sysctl, NULL, "ticks", "Ticks so far",
	    &ticks, &timer_ticks, t, 0);
	if (error == 0)
		error = kpi_sysctl_value(&t->sysctl, NULL, "interval",
		    "Milliseconds between ticks, 0: none", &interval,
		    &timer_interval, t, 0);
	if (error == 0)
		error = kpi_sysctl_value(&t->sysctl, NULL, "history",
		    "The last ticks", &history, &timer_history, t, 0);
	return (error);
}

/*
 * The module
 */

/*
 * The reverse of timer_load().  The kernel also unloads a module whose load has
 * failed, wherever that was.
 */
static void
timer_unload(struct timer *t)
{
	kpi_sysctl_fini(&t->sysctl);		/* nobody reads or sets */
	kpi_intrhook_drain(&t->hook);		/* nobody starts it */
	kpi_callout_drain(&t->callout);		/* nobody enqueues the task */
	if (t->taskq.kq_queue != NULL)
		kpi_task_drain(&t->task);	/* nobody records */
	kpi_taskq_destroy(&t->taskq);
	kpi_free(t->history, M_DEVBUF);
	kpi_sx_destroy(&t->sx);
	kpi_mtx_destroy(&t->mtx);
}

static int
timer_load(struct timer *t)
{
	int error;

	memset(t, 0, sizeof(*t));
	kpi_mtx_init(&t->mtx, "timer tick", KPI_MTX_DEF);
	kpi_callout_init(&t->callout, &t->mtx);
	kpi_sx_init(&t->sx, "timer history");
	error = timer_add_size(t);
	if (error == 0)
		error = kpi_taskq_create(&t->taskq, "timer", 1);
	if (error == 0) {
		kpi_task_init(&t->task, &t->taskq, timer_record, t);
		t->history = kpi_malloc(t->size * sizeof(*t->history),
		    sizeof(uint64_t), M_DEVBUF, M_WAITOK | M_ZERO);
		error = timer_add_nodes(t);
	}
	if (error == 0)
		kpi_intrhook_establish(&t->hook, timer_enable, t);
	return (error);
}

static int
timer_modevent(module_t mod __unused, int what, void *arg __unused)
{
	switch (what) {
	case MOD_LOAD:
		return (timer_load(&timer));
	case MOD_UNLOAD:
		timer_unload(&timer);
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t timer_module = {
	"timer",
	timer_modevent,
	NULL,
};

DECLARE_MODULE(timer, timer_module, SI_SUB_DRIVERS, SI_ORDER_ANY);
MODULE_VERSION(timer, 1);
