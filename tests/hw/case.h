/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A case on a running FreeBSD, and all that it may call.
 *
 * The cases are compiled twice.  In tests/hw ATF runs them, and libc implements
 * the calls (hw_*.c).  In tests/vm they are part of init, which is the
 * machine's only program and has no libc (init*.c).  Besides this header they
 * see FreeBSD's <sys/soundcard.h> and <sys/errno.h>.
 */
#ifndef _CASE_H_
#define	_CASE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hw_case {
	const char	*name;
	const char	*descr;
	void		(*body)(void);
};

/* The shared cases; ends with a NULL name. */
extern const struct hw_case hw_cases[];

/*
 * Results.  A case that returns has passed.  These end it from any depth;
 * fmt knows %s, %d, %u, %x, %ld, %lu and %%.
 */
#define	case_printf	__attribute__((__format__(__printf__, 1, 2)))
void	case_fail(const char *fmt, ...) case_printf
	    __attribute__((__noreturn__));
void	case_skip(const char *fmt, ...) case_printf
	    __attribute__((__noreturn__));

#define	CASE_CHECK(cond) do {						\
	if (!(cond))							\
		case_fail("%s:%d: %s does not hold", __FILE__,		\
		    __LINE__, #cond);					\
} while (0)

/* Integers, compared and shown as long. */
#define	CASE_EQ(is, wanted) do {					\
	long case_is_ = (long)(is), case_wanted_ = (long)(wanted);	\
									\
	if (case_is_ != case_wanted_)					\
		case_fail("%s:%d: %s is %ld, not %ld", __FILE__,	\
		    __LINE__, #is, case_is_, case_wanted_);		\
} while (0)

/*
 * Report what the device was given, so that a host which records the sound can
 * check it: len bytes of noise_fill() from seed.  HEARD_WHOLE: each byte once,
 * in order, without a gap.  HEARD_GAPS: each byte once, in order, perhaps with
 * silence between.  HEARD_START: any number of bytes from the first on.
 * HEARD_CUT: as HEARD_START, perhaps with silence between.  HEARD_JUMPS: from
 * the first byte to the last, but a few times some are left out or repeated.
 */
enum heard { HEARD_WHOLE, HEARD_GAPS, HEARD_START, HEARD_CUT, HEARD_JUMPS };
void	case_played(uint32_t seed, size_t len, enum heard heard);

/*
 * FreeBSD's system calls.  A call that fails returns the negative errno; the
 * variable errno is not used.
 */
int	os_open_read(const char *path);
int	os_open_write(const char *path);
int	os_close(int fd);
long	os_read(int fd, void *buf, size_t len);
long	os_write(int fd, const void *buf, size_t len);
int	os_ioctl(int fd, unsigned long cmd, void *arg);
/* sysctlbyname(3): *oldlen is room, then length; either side may be NULL. */
int	os_sysctl(const char *name, void *old, size_t *oldlen,
	    const void *new_value, size_t newlen);
void	os_sleep_ms(unsigned ms);
uint64_t os_uptime_ms(void);

/* Format as case_fail() does; always ends with a NUL.  Returns buf. */
char	*os_format(char *buf, size_t size, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 3, 4)));
/* True if text has what in it. */
bool	os_contains(const char *text, const char *what);

#endif /* !_CASE_H_ */
