/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Time: the uptime clock, short delays, and whether the kernel can sleep yet.
 *
 * Durations and times are sbintime_t: seconds in the upper 32 bits, fractions
 * of 2^-32 s in the lower.
 */
#ifndef _KPI_TIME_H_
#define	_KPI_TIME_H_

#include "kpi.h"

#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/time.h>

/* The time since boot.  Context: any. */
sbintime_t kpi_uptime(void);

/* Spin for at least usec microseconds; keep it short.  Context: any. */
void	kpi_delay(int usec);

/*
 * Sleep for a tick, or spin for as long while the kernel is cold.  wmesg, at
 * most 8 characters, is what ps(1) shows.
 *
 * Context: sleepable.
 */
void	kpi_pause(const char *wmesg);

/*
 * Find out whether the kernel is still configuring devices at boot.  Timeouts
 * and interrupts may not run yet then, so a wait must poll with kpi_delay().
 *
 * Context: any.
 */
bool	kpi_cold(void);

/*
 * Find out whether the kernel has panicked.  After that, shutting down and
 * dumping run in one thread: no interrupt comes, a sleep returns at once, and
 * the clock may stand still.  A caller that waits counts its looks, as with
 * kpi_must_poll(), and waits for no other thread.
 *
 * Context: any.
 */
bool	kpi_panicked(void);

/*
 * True if a wait must poll: the kernel is cold, or has panicked.
 *
 * Context: any.
 */
bool	kpi_must_poll(void);

/*
 * Look until cond is true, at once and then every usec microseconds, for limit
 * microseconds.  The last look comes after the last delay, however late that
 * ends.  This counts its looks, so it ends after a panic(9), too.
 *
 * Context: any; keep limit short, since other threads do not run meanwhile.
 * Returns: 0: cond was true; ETIMEDOUT.
 */
#define	KPI_POLL(cond, usec, limit) __extension__ ({			\
	int _looks = howmany(limit, usec), _error = 0;			\
									\
	while (!(cond)) {						\
		if (_looks-- <= 0) {					\
			_error = ETIMEDOUT;				\
			break;						\
		}							\
		kpi_delay(usec);					\
	}								\
	_error;								\
})

/*
 * The same as KPI_POLL(), every tick and for msec milliseconds.  The thread
 * sleeps in between, as kpi_pause() does.
 *
 * Context: sleepable.
 * Returns: 0: cond was true; ETIMEDOUT.
 */
#define	KPI_POLL_SLEEP(cond, wmesg, msec) __extension__ ({		\
	int _looks = (int)howmany((int64_t)(msec) * hz, 1000) + 1;	\
	int _error = 0;							\
									\
	while (!(cond)) {						\
		if (_looks-- <= 0) {					\
			_error = ETIMEDOUT;				\
			break;						\
		}							\
		kpi_pause(wmesg);					\
	}								\
	_error;								\
})

#ifndef KPI_BINDGEN
KPI_INLINE sbintime_t
kpi_uptime(void)
{
	return (sbinuptime());
}

KPI_INLINE void
kpi_delay(int usec)
{
	DELAY(usec);
}

KPI_INLINE void
kpi_pause(const char *wmesg)
{
	pause(wmesg, 1);
}

KPI_INLINE bool
kpi_cold(void)
{
	return (cold != 0);
}

KPI_INLINE bool
kpi_panicked(void)
{
	return (SCHEDULER_STOPPED());
}

KPI_INLINE bool
kpi_must_poll(void)
{
	return (kpi_cold() || kpi_panicked());
}
#endif /* !KPI_BINDGEN */

#endif /* !_KPI_TIME_H_ */
