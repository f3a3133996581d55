/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* struct rwlock. */

#ifndef _SYS__RWLOCK_H_
#define	_SYS__RWLOCK_H_

#include <sys/_types.h>
#include <sys/_lock.h>

struct rwlock {
	struct lock_object	lock_object;
	volatile __uintptr_t	rw_lock;
};

#endif /* !_SYS__RWLOCK_H_ */
