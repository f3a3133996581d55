/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Clocks that tell the time of day.  See tk_rtc.h.
 */

#include "tk_var.h"

#include <sys/bus.h>
#include <sys/clock.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/queue.h>
#include <sys/time.h>

#include "clock_if.h"
#include "tk_rtc.h"

TK_CLOCK_IF;

struct rtc {
	LIST_ENTRY(rtc)	 link;
	device_t	 dev;
	long		 resolution;	/* microseconds */
	int		 busy;		/* threads in its methods */
	u_int		 round;		/* in which it was asked last */
	struct tk_where	 where;
};

/* All under tk_lock(); the best resolution first. */
static LIST_HEAD(, rtc) rtcs = LIST_HEAD_INITIALIZER(rtcs);
static u_int rounds;

static int
rtc_leaks(bool print)
{
	struct rtc *r;
	int n = 0;

	LIST_FOREACH(r, &rtcs, link) {
		n++;
		if (print)
			tk_leak(&r->where, "clock");
	}
	return (n);
}

static void
rtc_boot(void)
{
	LIST_INIT(&rtcs);
	rounds = 0;
	tk_ledger("clock", rtc_leaks);
}
TK_INIT_PRIO(rtc_boot, 110);

static void
rtc_adjust(const struct rtc *r, struct timespec *ts)
{
	ts->tv_sec += r->resolution / 2 / 1000000;
	ts->tv_nsec += r->resolution / 2 % 1000000 * 1000;
	if (ts->tv_nsec >= 1000000000) {
		ts->tv_sec++;
		ts->tv_nsec -= 1000000000;
	}
}

static void
rtc_insert(struct rtc *r)
{
	struct rtc *at, *last = NULL;

	tk_lock();
	LIST_FOREACH(at, &rtcs, link) {
		if (at->resolution > r->resolution)
			break;
		last = at;
	}
	if (last == NULL)
		LIST_INSERT_HEAD(&rtcs, r, link);
	else
		LIST_INSERT_AFTER(last, r, link);
	tk_unlock();
}

void
clock_register(device_t dev, long resolution)
{
	struct rtc *r;

	r = malloc(sizeof(*r), M_DEVBUF, M_WAITOK | M_ZERO);
	r->dev = dev;
	r->resolution = resolution;
	tk_where(&r->where);
	rtc_insert(r);
	device_printf(dev, "registered as a time-of-day clock, resolution "
	    "%ld.%06lds\n", resolution / 1000000, resolution % 1000000);
}

/* As FreeBSD, wait until no thread is in a method of the clock. */
void
clock_unregister(device_t dev)
{
	struct rtc *r;

	tk_may_sleep(NULL, "clock_unregister()");
	tk_lock();
	LIST_FOREACH(r, &rtcs, link)
		if (r->dev == dev)
			break;
	if (r != NULL)
		LIST_REMOVE(r, link);
	while (r != NULL && r->busy != 0)
		(void)tk_block(r, "clock", -1);
	tk_unlock();
	free(r, M_DEVBUF);
}

/* The next clock of this round, with a thread in its methods; NULL: none. */
static struct rtc *
rtc_next(u_int round)
{
	struct rtc *r;

	tk_lock();
	LIST_FOREACH(r, &rtcs, link)
		if (r->round != round)
			break;
	if (r != NULL) {
		r->round = round;
		r->busy++;
	}
	tk_unlock();
	return (r);
}

static void
rtc_done(struct rtc *r)
{
	tk_lock();
	r->busy--;
	(void)tk_wake(r);
	tk_unlock();
}

static u_int
rtc_round(void)
{
	u_int round;

	tk_lock();
	round = ++rounds;
	tk_unlock();
	return (round);
}

int
tk_rtc_read(struct timespec *ts)
{
	u_int round = rtc_round();
	struct rtc *r;
	int error = ENXIO;

	while (error != 0 && (r = rtc_next(round)) != NULL) {
		error = CLOCK_GETTIME(r->dev, ts);
		if (error == 0 && (ts->tv_sec < 0 || ts->tv_nsec < 0))
			error = EINVAL;
		if (error == 0)
			rtc_adjust(r, ts);
		rtc_done(r);
	}
	return (error);
}

int
tk_rtc_write(const struct timespec *now)
{
	u_int round = rtc_round();
	struct timespec ts;
	struct rtc *r;
	int error = 0, one;

	while ((r = rtc_next(round)) != NULL) {
		ts = *now;
		rtc_adjust(r, &ts);
		one = CLOCK_SETTIME(r->dev, &ts);
		if (one != 0)
			error = one;
		rtc_done(r);
	}
	return (error);
}
