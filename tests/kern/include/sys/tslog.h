/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Boot time tracing: none. */

#ifndef _SYS_TSLOG_H_
#define	_SYS_TSLOG_H_

#define	TSENTER()
#define	TSEXIT()

#endif /* !_SYS_TSLOG_H_ */
