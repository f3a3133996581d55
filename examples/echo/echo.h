/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* ioctl(2) commands of echo(4), for programs and for the driver. */
#ifndef _ECHO_H_
#define	_ECHO_H_

#include <sys/ioccom.h>
#include <sys/types.h>

/* The size of the buffer, in bytes. */
#define	ECHO_GETSIZE	_IOR('e', 1, uint32_t)
/* Forget what is in the buffer. */
#define	ECHO_CLEAR	_IO('e', 2)
/* Another size: EOPNOTSUPP, always. */
#define	ECHO_SETSIZE	_IOW('e', 3, uint32_t)

#define	ECHO_SIZE	1024

#endif /* !_ECHO_H_ */
