/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* struct mtx. */

#ifndef _SYS__MUTEX_H_
#define	_SYS__MUTEX_H_

#include <sys/_types.h>
#include <sys/_lock.h>
#include <machine/param.h>

struct mtx {
	struct lock_object	lock_object;
	volatile __uintptr_t	mtx_lock;	/* owner and flags */
};

#endif /* !_SYS__MUTEX_H_ */
