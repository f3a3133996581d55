/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* counter(9). */

#ifndef __SYS_COUNTER_H__
#define	__SYS_COUNTER_H__

#include <sys/types.h>

typedef uint64_t *counter_u64_t;

#ifdef _KERNEL
#include <machine/atomic.h>

counter_u64_t counter_u64_alloc(int);
void	counter_u64_free(counter_u64_t);
void	counter_u64_zero(counter_u64_t);
uint64_t counter_u64_fetch(counter_u64_t);

static __inline void
counter_u64_add(counter_u64_t c, int64_t inc)
{
	atomic_add_64(c, inc);
}
#define	counter_enter()			do { } while (0)
#define	counter_exit()			do { } while (0)
#define	counter_u64_add_protected(c, i)	counter_u64_add(c, i)

#define	COUNTER_ARRAY_ALLOC(a, n, wait)	do {				\
	for (int _i = 0; _i < (n); _i++)				\
		(a)[_i] = counter_u64_alloc(wait);			\
} while (0)
#define	COUNTER_ARRAY_FREE(a, n)	do {				\
	for (int _i = 0; _i < (n); _i++)				\
		counter_u64_free((a)[_i]);				\
} while (0)
#endif /* _KERNEL */

#endif /* !__SYS_COUNTER_H__ */
