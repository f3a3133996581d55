/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Limits of the system. */

#ifndef _SYS_SYSLIMITS_H_
#define	_SYS_SYSLIMITS_H_

#define	ARG_MAX		524288
#define	NAME_MAX	255
#define	PATH_MAX	1024
#define	IOV_MAX		1024

#endif /* !_SYS_SYSLIMITS_H_ */
