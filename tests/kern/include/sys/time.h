/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Kernel time: sbintime_t (seconds in the high, a binary fraction in the low
 * 32 bits), struct bintime, and the clocks.  In deterministic mode they are
 * all virtual; the wall clock then begins at 2026-01-01.
 */

#ifndef _SYS_TIME_H_
#define	_SYS_TIME_H_

#include <sys/_timeval.h>
#include <sys/types.h>
#include <sys/timespec.h>

struct bintime {
	time_t	sec;
	uint64_t frac;
};

static __inline void
bintime_addx(struct bintime *bt, uint64_t x)
{
	if (__builtin_add_overflow(bt->frac, x, &bt->frac))
		bt->sec++;
}

static __inline void
bintime_add(struct bintime *bt, const struct bintime *bt2)
{
	bintime_addx(bt, bt2->frac);
	bt->sec += bt2->sec;
}

static __inline void
bintime_sub(struct bintime *bt, const struct bintime *bt2)
{
	if (__builtin_sub_overflow(bt->frac, bt2->frac, &bt->frac))
		bt->sec--;
	bt->sec -= bt2->sec;
}

#define	bintime_clear(a)	((a)->sec = (a)->frac = 0)
#define	bintime_isset(a)	((a)->sec || (a)->frac)
#define	bintime_cmp(a, b, cmp)						\
	(((a)->sec == (b)->sec) ?					\
	    ((a)->frac cmp (b)->frac) : ((a)->sec cmp (b)->sec))

#define	SBT_1S	((sbintime_t)1 << 32)
#define	SBT_1M	(SBT_1S * 60)
#define	SBT_1MS	(SBT_1S / 1000)
#define	SBT_1US	(SBT_1S / 1000000)
#define	SBT_1NS	(SBT_1S / 1000000000)	/* 4, not 4.29: see nstosbt() */
#define	SBT_MAX	0x7fffffffffffffffLL

static __inline int
sbintime_getsec(sbintime_t sbt)
{
	return (sbt >> 32);
}

static __inline sbintime_t
bttosbt(const struct bintime bt)
{
	return (((sbintime_t)bt.sec << 32) + (bt.frac >> 32));
}

static __inline struct bintime
sbttobt(sbintime_t sbt)
{
	struct bintime bt = { sbt >> 32, (uint64_t)sbt << 32 };

	return (bt);
}

/*
 * x * mul / div without overflow of the product; the conversions to sbintime_t
 * round up and those from it round down, so that a value that is converted and
 * converted back is unchanged.
 */
static __inline int64_t
tk_scale(int64_t x, int64_t mul, int64_t div, bool up)
{
	__int128 p = (__int128)x * mul;

	return (up ? (p + div - 1) / div : p / div);
}

#define	SBT_DECLARE_CONVERSION_PAIR(name, units_per_second)		\
static __inline int64_t							\
sbtto##name(sbintime_t sbt)						\
{									\
	return (tk_scale(sbt, units_per_second, SBT_1S, false));	\
}									\
static __inline sbintime_t						\
name##tosbt(int64_t name)						\
{									\
	return (tk_scale(name, SBT_1S, units_per_second, true));	\
}
SBT_DECLARE_CONVERSION_PAIR(ns, 1000000000)
SBT_DECLARE_CONVERSION_PAIR(us, 1000000)
SBT_DECLARE_CONVERSION_PAIR(ms, 1000)

static __inline void
bintime2timespec(const struct bintime *bt, struct timespec *ts)
{
	ts->tv_sec = bt->sec;
	ts->tv_nsec = ((bt->frac >> 32) * 1000000000) >> 32;
}

static __inline uint64_t
bintime2ns(const struct bintime *bt)
{
	return ((uint64_t)bt->sec * 1000000000 +
	    (((bt->frac >> 32) * 1000000000) >> 32));
}

static __inline void
timespec2bintime(const struct timespec *ts, struct bintime *bt)
{
	bt->sec = ts->tv_sec;
	bt->frac = ((__uint128_t)ts->tv_nsec << 64) / 1000000000;
}

static __inline void
bintime2timeval(const struct bintime *bt, struct timeval *tv)
{
	tv->tv_sec = bt->sec;
	tv->tv_usec = ((bt->frac >> 32) * 1000000) >> 32;
}

static __inline void
timeval2bintime(const struct timeval *tv, struct bintime *bt)
{
	bt->sec = tv->tv_sec;
	bt->frac = ((__uint128_t)tv->tv_usec << 64) / 1000000;
}

static __inline struct timespec
sbttots(sbintime_t sbt)
{
	struct timespec ts = { sbt >> 32, sbttons((uint32_t)sbt) };

	return (ts);
}

static __inline sbintime_t
tstosbt(struct timespec ts)
{
	return (((sbintime_t)ts.tv_sec << 32) + nstosbt(ts.tv_nsec));
}

static __inline struct timeval
sbttotv(sbintime_t sbt)
{
	struct timeval tv = { sbt >> 32, sbttous((uint32_t)sbt) };

	return (tv);
}

static __inline sbintime_t
tvtosbt(struct timeval tv)
{
	return (((sbintime_t)tv.tv_sec << 32) + ustosbt(tv.tv_usec));
}

#define	TICKS_2_MSEC(t) max(1, (uint32_t)(hz == 1000) ?			\
	(t) : (((uint64_t)(t) * (uint64_t)1000) / (uint64_t)hz))
#define	TICKS_2_USEC(t) max(1, (uint32_t)(hz == 1000) ?			\
	((t) * 1000) : (((uint64_t)(t) * (uint64_t)1000000) / (uint64_t)hz))
#define	MSEC_2_TICKS(m) max(1, (uint32_t)((hz == 1000) ?		\
	(m) : ((uint64_t)(m) * (uint64_t)hz) / (uint64_t)1000))
#define	USEC_2_TICKS(u) max(1, (uint32_t)((hz == 1000) ?		\
	((u) / 1000) : ((uint64_t)(u) * (uint64_t)hz) / (uint64_t)1000000))

#define	timespecclear(tvp)	((tvp)->tv_sec = (tvp)->tv_nsec = 0)
#define	timespecisset(tvp)	((tvp)->tv_sec || (tvp)->tv_nsec)
#define	timespeccmp(tvp, uvp, cmp)					\
	(((tvp)->tv_sec == (uvp)->tv_sec) ?				\
	    ((tvp)->tv_nsec cmp (uvp)->tv_nsec) :			\
	    ((tvp)->tv_sec cmp (uvp)->tv_sec))
#define	timespecadd(tsp, usp, vsp) do {					\
	(vsp)->tv_sec = (tsp)->tv_sec + (usp)->tv_sec;			\
	(vsp)->tv_nsec = (tsp)->tv_nsec + (usp)->tv_nsec;		\
	if ((vsp)->tv_nsec >= 1000000000L) {				\
		(vsp)->tv_sec++;					\
		(vsp)->tv_nsec -= 1000000000L;				\
	}								\
} while (0)
#define	timespecsub(tsp, usp, vsp) do {					\
	(vsp)->tv_sec = (tsp)->tv_sec - (usp)->tv_sec;			\
	(vsp)->tv_nsec = (tsp)->tv_nsec - (usp)->tv_nsec;		\
	if ((vsp)->tv_nsec < 0) {					\
		(vsp)->tv_sec--;					\
		(vsp)->tv_nsec += 1000000000L;				\
	}								\
} while (0)
#define	timevalclear(tvp)	((tvp)->tv_sec = (tvp)->tv_usec = 0)
#define	timevalisset(tvp)	((tvp)->tv_sec || (tvp)->tv_usec)
#define	timevalcmp(tvp, uvp, cmp)					\
	(((tvp)->tv_sec == (uvp)->tv_sec) ?				\
	    ((tvp)->tv_usec cmp (uvp)->tv_usec) :			\
	    ((tvp)->tv_sec cmp (uvp)->tv_sec))

/*
 * Plain variables in FreeBSD.  Under ThreadSanitizer they are atomic, because
 * any thread may read them while the clock changes them.
 */
#if __has_feature(thread_sanitizer)
#define	TK_CLOCK_VAR(type)	volatile _Atomic type
#else
#define	TK_CLOCK_VAR(type)	volatile type
#endif
extern TK_CLOCK_VAR(time_t) time_second;
extern TK_CLOCK_VAR(time_t) time_uptime;
extern struct bintime tick_bt;
extern sbintime_t tick_sbt;
extern sbintime_t tc_tick_sbt;

/* Since boot, exact. */
void	binuptime(struct bintime *);
void	nanouptime(struct timespec *);
void	microuptime(struct timeval *);
/* Since 1970, exact. */
void	bintime(struct bintime *);
void	nanotime(struct timespec *);
void	microtime(struct timeval *);
/* As of the last tick. */
void	getbinuptime(struct bintime *);
void	getnanouptime(struct timespec *);
void	getmicrouptime(struct timeval *);
void	getbintime(struct bintime *);
void	getnanotime(struct timespec *);
void	getmicrotime(struct timeval *);
void	getboottime(struct timeval *);
void	getboottimebin(struct bintime *);

static __inline sbintime_t
sbinuptime(void)
{
	struct bintime bt;

	binuptime(&bt);
	return (bttosbt(bt));
}

static __inline sbintime_t
getsbinuptime(void)
{
	struct bintime bt;

	getbinuptime(&bt);
	return (bttosbt(bt));
}

int	eventratecheck(struct timeval *, int *, int);
#define	ppsratecheck(t, c, m)	eventratecheck(t, c, m)
int	ratecheck(struct timeval *, const struct timeval *);
void	timevaladd(struct timeval *, const struct timeval *);
void	timevalsub(struct timeval *, const struct timeval *);
int	tvtohz(struct timeval *);

#endif /* !_SYS_TIME_H_ */
