/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * uiomove(9).  Programs share the kernel's address space here, so a copy
 * never faults by itself; faults are injected.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/uio.h>

#include "tk.h"

int
uiomove(void *cp, int n, struct uio *uio)
{
	char *kernel = cp;
	size_t count;

	tk_preempt();
	if (uio->uio_segflg == UIO_USERSPACE)
		tk_may_sleep(NULL, "uiomove");
	if (tk_fault("uiomove"))
		return (EFAULT);
	while (n > 0 && uio->uio_resid > 0) {
		struct iovec *iov = uio->uio_iov;

		count = MIN(iov->iov_len, (size_t)n);
		if (count == 0) {
			uio->uio_iov++;
			uio->uio_iovcnt--;
			continue;
		}
		if (uio->uio_segflg != UIO_NOCOPY) {
			if (uio->uio_rw == UIO_READ)
				memcpy(iov->iov_base, kernel, count);
			else
				memcpy(kernel, iov->iov_base, count);
		}
		iov->iov_base = (char *)iov->iov_base + count;
		iov->iov_len -= count;
		uio->uio_resid -= (ssize_t)count;
		uio->uio_offset += (off_t)count;
		kernel += count;
		n -= (int)count;
	}
	return (0);
}
