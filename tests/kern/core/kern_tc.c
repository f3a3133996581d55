/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Clocks: everything is derived from tk_now_ns().  The "get" functions tell
 * the time of the last tick, as in FreeBSD.  The wall clock starts at a fixed
 * date in deterministic mode and is the host's in threaded mode.
 */

#include "tk_var.h"

#include <sys/time.h>
#include <machine/cpu.h>

#define	NSEC		((int64_t)1000000000)
#define	HZ		1000
#define	WALL_START	((int64_t)1767225600)	/* 2026-01-01 00:00 UTC */

int hz = HZ;
int tick = 1000000 / HZ;
sbintime_t tick_sbt = SBT_1S / HZ;
sbintime_t tc_tick_sbt = SBT_1S / HZ;
struct bintime tick_bt = { 0, UINT64_MAX / HZ };
static int64_t tick_ns = NSEC / HZ;

/*
 * FreeBSD starts the count of ticks ten minutes before it wraps, to bring out
 * code that compares tick counts without subtracting them.
 */
#define	TICKS_START	(INT_MAX - hz * 10 * 60)
TK_CLOCK_VAR(int) ticks;
TK_CLOCK_VAR(long) ticksl;
TK_CLOCK_VAR(time_t) time_second = WALL_START;
TK_CLOCK_VAR(time_t) time_uptime = 1;

/* From kernel uptime to time since 1970 in threaded mode, ns; 0: not known. */
static int64_t host_wall_offset;

/* Nanoseconds that cover this much time: rounded up, never early. */
int64_t
tk_sbt_to_ns(sbintime_t sbt)
{
	__int128 ns = ((__int128)sbt * NSEC + SBT_1S - 1) >> 32;

	return (ns > INT64_MAX ? INT64_MAX : (int64_t)ns);
}

static struct bintime
ns_to_bintime(int64_t ns)
{
	struct bintime bt;

	bt.sec = ns / NSEC;
	bt.frac = ((__uint128_t)(ns % NSEC) << 64) / NSEC;
	return (bt);
}

static int64_t
wall_offset(void)
{
	int64_t offset;

	if (tk_deterministic)
		return ((WALL_START - 1) * NSEC);
	if ((offset = atomic_load_64(&host_wall_offset)) == 0) {
		offset = tkh_wall_ns() - tk_now_ns();
		atomic_store_64(&host_wall_offset, offset);
	}
	return (offset);
}

void
tk_clock_boot(void)
{
	hz = tk_boot_args()->hz != 0 ? (int)tk_boot_args()->hz : HZ;
	tick = 1000000 / hz;
	tick_ns = NSEC / hz;
	tick_sbt = SBT_1S / hz;
	tc_tick_sbt = tick_sbt;
	tick_bt.frac = UINT64_MAX / (uint64_t)hz;
	ticksl = TICKS_START;
	ticks = TICKS_START;
	host_wall_offset = 0;
}

/* Store unless another thread has stored a later time already. */
void
tk_clock_update(int64_t now)
{
	long new = now / tick_ns + TICKS_START;
	long old = __atomic_load_n((volatile long *)&ticksl, __ATOMIC_RELAXED);

	do {
		if (new <= old)
			return;
	} while (!__atomic_compare_exchange_n((volatile long *)&ticksl, &old,
	    new, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	__atomic_store_n((volatile int *)&ticks, (int)new, __ATOMIC_RELAXED);
	__atomic_store_n((volatile time_t *)&time_uptime, now / NSEC,
	    __ATOMIC_RELAXED);
	if (tk_deterministic)
		__atomic_store_n((volatile time_t *)&time_second,
		    now / NSEC + WALL_START - 1, __ATOMIC_RELAXED);
	else
		__atomic_store_n((volatile time_t *)&time_second,
		    tkh_wall_ns() / NSEC, __ATOMIC_RELAXED);
}

static int64_t
last_tick_ns(void)
{
	int64_t now = tk_now_ns();

	return (now - now % tick_ns);
}

/* The time of the nth tick from the last one. */
sbintime_t
tk_tick_sbt(int64_t n)
{
	return (bttosbt(ns_to_bintime(last_tick_ns() + n * tick_ns)));
}

void
binuptime(struct bintime *bt)
{
	*bt = ns_to_bintime(tk_now_ns());
}

void
getbinuptime(struct bintime *bt)
{
	*bt = ns_to_bintime(last_tick_ns());
}

void
bintime(struct bintime *bt)
{
	*bt = ns_to_bintime(tk_now_ns() + wall_offset());
}

void
getbintime(struct bintime *bt)
{
	*bt = ns_to_bintime(last_tick_ns() + wall_offset());
}

void
getboottimebin(struct bintime *bt)
{
	*bt = ns_to_bintime(wall_offset());
}

#define	TK_CLOCK_FORMS(timespec_fn, timeval_fn, bintime_fn)		\
void									\
timespec_fn(struct timespec *ts)					\
{									\
	struct bintime bt;						\
									\
	bintime_fn(&bt);						\
	bintime2timespec(&bt, ts);					\
}									\
void									\
timeval_fn(struct timeval *tv)						\
{									\
	struct bintime bt;						\
									\
	bintime_fn(&bt);						\
	bintime2timeval(&bt, tv);					\
}
TK_CLOCK_FORMS(nanouptime, microuptime, binuptime)
TK_CLOCK_FORMS(getnanouptime, getmicrouptime, getbinuptime)
TK_CLOCK_FORMS(nanotime, microtime, bintime)
TK_CLOCK_FORMS(getnanotime, getmicrotime, getbintime)

void
getboottime(struct timeval *tv)
{
	struct bintime bt;

	getboottimebin(&bt);
	bintime2timeval(&bt, tv);
}

uint64_t
get_cyclecount(void)
{
	return ((uint64_t)tk_now_ns());
}

/* Any context, any lock: a busy wait. */
void
DELAY(int usec)
{
	static const char delay_chan;
	int64_t end = tk_now_ns() + (int64_t)usec * 1000;

	if (tk_self == NULL) {
		tkh_sleep_ns((int64_t)usec * 1000);
		return;
	}
	tk_lock();
	while (tk_now_ns() < end)
		(void)tk_block(&delay_chan, "DELAY", end);
	tk_unlock();
}

void
timevaladd(struct timeval *t1, const struct timeval *t2)
{
	t1->tv_sec += t2->tv_sec;
	t1->tv_usec += t2->tv_usec;
	if (t1->tv_usec >= 1000000) {
		t1->tv_sec++;
		t1->tv_usec -= 1000000;
	}
}

void
timevalsub(struct timeval *t1, const struct timeval *t2)
{
	t1->tv_sec -= t2->tv_sec;
	t1->tv_usec -= t2->tv_usec;
	if (t1->tv_usec < 0) {
		t1->tv_sec--;
		t1->tv_usec += 1000000;
	}
}

/* Ticks that cover tv, and one more for the tick that has begun. */
int
tvtohz(struct timeval *tv)
{
	int64_t usec = (int64_t)tv->tv_sec * 1000000 + tv->tv_usec;

	if (usec <= 0)
		return (1);
	return ((int)qmin(howmany(usec, tick) + 1, INT_MAX));
}

/* Has `mininterval' passed since *lasttime?  If so, set *lasttime. */
int
ratecheck(struct timeval *lasttime, const struct timeval *mininterval)
{
	struct timeval now, delta;

	getmicrouptime(&now);
	delta = now;
	timevalsub(&delta, lasttime);
	if (!timevalcmp(&delta, mininterval, >=) && timevalisset(lasttime))
		return (0);
	*lasttime = now;
	return (1);
}

/* At most maxeps times in each second. */
int
eventratecheck(struct timeval *lasttime, int *cureps, int maxeps)
{
	struct timeval now;

	getmicrouptime(&now);
	if (!timevalisset(lasttime) || now.tv_sec != lasttime->tv_sec) {
		*lasttime = now;
		*cureps = 1;
		return (maxeps != 0);
	}
	(*cureps)++;
	return (maxeps < 0 || *cureps <= maxeps);
}
