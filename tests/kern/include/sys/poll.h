/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Events of poll(2). */

#ifndef _SYS_POLL_H_
#define	_SYS_POLL_H_

#define	POLLIN		0x0001
#define	POLLPRI		0x0002
#define	POLLOUT		0x0004
#define	POLLRDNORM	0x0040
#define	POLLWRNORM	POLLOUT
#define	POLLRDBAND	0x0080
#define	POLLWRBAND	0x0100

/* Reported whether asked for or not. */
#define	POLLERR		0x0008
#define	POLLHUP		0x0010
#define	POLLNVAL	0x0020

#define	POLLSTANDARD	(POLLIN | POLLPRI | POLLOUT | POLLRDNORM |	\
	POLLRDBAND | POLLWRBAND | POLLERR | POLLHUP | POLLNVAL)

#endif /* !_SYS_POLL_H_ */
