/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Clocks that tell the time of day, as the kernel uses them: it reads one when
 * it mounts the root, and sets all when the time is set.  The test kernel does
 * neither by itself.
 *
 * A clock that is left at shutdown is a leak.
 */

#ifndef _TK_RTC_H_
#define	_TK_RTC_H_

struct timespec;

/*
 * Do what inittodr() does: ask the clocks, the best resolution first, until one
 * gives a time.  Half of the resolution is added, as FreeBSD adds it.
 *
 * 0, or the errno of the last clock.  EINVAL also if its time is before 1970.
 * ENXIO: there is no clock.  Sleeps.
 */
int	tk_rtc_read(struct timespec *);

/*
 * Do what resettodr() has a thread do: set each clock to this time, to which
 * half of its resolution is added.  No lock is held meanwhile, as in FreeBSD.
 *
 * 0, or the errno of the last clock that failed.  Sleeps.
 */
int	tk_rtc_write(const struct timespec *);

#endif /* !_TK_RTC_H_ */
