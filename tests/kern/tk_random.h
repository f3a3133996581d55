/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * random(4), seen from outside: what its sources gave it.  There is no
 * generator behind it.
 *
 * A thread asks the sources ten times a second.  Unlike FreeBSD's it exists
 * only while there is a source, so that kernels without one are not woken.
 *
 * Rules that stop a program: random(4) has none of its own.  Its thread may not
 * sleep in a source's function (sleep-context); a function that returns more
 * than there is room for, and one that deregisters its own source, panic a
 * kernel with INVARIANTS.  A source that is left at shutdown is a leak.
 */

#ifndef _TK_RANDOM_H_
#define	_TK_RANDOM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tk_random_stats {
	int		sources;	/* registered now */
	uint64_t	reads;		/* calls of their functions */
	uint64_t	empty;		/* ... that gave nothing */
	uint64_t	bytes;		/* that were taken */
	uint64_t	dropped;	/* given, and not taken; see below */
	bool		seeded;		/* enough for a generator */
};

/*
 * Since boot.  Bytes of a source are dropped if the mask of its kind is off, as
 * it is once another source of the kind has deregistered.
 */
struct tk_random_stats tk_random_stats(void);

/*
 * Copy the newest bytes that were taken, at most len, in the order in which
 * they came.  Returns how many; 4096 are kept.
 */
size_t	tk_random_newest(void *buf, size_t len);

#endif /* !_TK_RANDOM_H_ */
