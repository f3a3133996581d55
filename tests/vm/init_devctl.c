/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* devctl(8)'s requests to the kernel. */

#include <sys/ioccom.h>

#include "init.h"

/* The argument of devctl(4). */
struct devreq {
	char		 dr_name[128];
	int		 dr_flags;
	void		*dr_buffer;
	size_t		 dr_length;
};

#define	DEV_ENABLE	_IOW('D', 3, struct devreq)
#define	DEV_DISABLE	_IOW('D', 4, struct devreq)
#define	DEV_SUSPEND	_IOW('D', 5, struct devreq)
#define	DEV_RESUME	_IOW('D', 6, struct devreq)

int
init_devctl(enum init_devctl what, const char *device)
{
	static const unsigned long requests[] = {
		[INIT_ENABLE] = DEV_ENABLE,
		[INIT_DISABLE] = DEV_DISABLE,
		[INIT_SUSPEND] = DEV_SUSPEND,
		[INIT_RESUME] = DEV_RESUME,
	};
	struct devreq req = { .dr_name = "" };
	int error, fd;

	os_format(req.dr_name, sizeof(req.dr_name), "%s", device);
	fd = init_open_rw("/dev/devctl2");
	if (fd < 0)
		return (fd);
	error = os_ioctl(fd, requests[what], &req);
	(void)os_close(fd);
	return (error);
}
