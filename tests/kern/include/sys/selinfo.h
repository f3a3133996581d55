/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The type that drivers embed for poll(2) and kqueue(2).  The test kernel has
 * neither: nothing ever waits on a selinfo, so it carries only its lock.
 */

#ifndef _SYS_SELINFO_H_
#define	_SYS_SELINFO_H_

struct mtx;

struct selinfo {
	struct mtx	*si_mtx;
};

#endif /* !_SYS_SELINFO_H_ */
