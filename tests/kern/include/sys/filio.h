/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* ioctl(2) commands that every file has. */

#ifndef _SYS_FILIO_H_
#define	_SYS_FILIO_H_

#include <sys/types.h>
#include <sys/ioccom.h>

#define	FIONREAD	_IOR('f', 127, int)	/* bytes that can be read */
#define	FIONBIO		_IOW('f', 126, int)	/* O_NONBLOCK on or off */
#define	FIOASYNC	_IOW('f', 125, int)	/* SIGIO on or off */
#define	FIODTYPE	_IOR('f', 122, int)	/* D_TYPEMASK of d_flags */

#endif /* !_SYS_FILIO_H_ */
