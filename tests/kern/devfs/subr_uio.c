/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * uiomove(9), and which of a program's addresses there are.  Programs share the
 * kernel's address space here, so that a copy faults only where tk_user_hole()
 * says so, or by injection.
 */

#include "devfs_var.h"

static uintptr_t hole;
static size_t hole_len;

static void
hole_boot(void)
{
	hole_len = 0;
}
TK_INIT(hole_boot);

void
tk_user_hole(const void *addr, size_t len)
{
	hole = (uintptr_t)addr;
	hole_len = len;
}

size_t
tk_user_len(const void *addr, size_t len)
{
	uintptr_t start = (uintptr_t)addr;

	if (start < PAGE_SIZE)
		return (0);
	if (hole_len == 0 || start >= hole + hole_len)
		return (len);
	return (start >= hole ? 0 : MIN(len, hole - start));
}

/* A piece of one iovec.  What comes before the fault is copied. */
static int
move(char *kernel, const struct iovec *iov, size_t count, struct uio *uio)
{
	size_t there = count;

	if (uio->uio_segflg == UIO_NOCOPY)
		return (0);
	if (uio->uio_segflg == UIO_USERSPACE)
		there = tk_user_len(iov->iov_base, count);
	if (uio->uio_rw == UIO_READ)
		memcpy(iov->iov_base, kernel, there);
	else
		memcpy(kernel, iov->iov_base, there);
	return (there < count ? EFAULT : 0);
}

int
uiomove(void *cp, int n, struct uio *uio)
{
	char *kernel = cp;
	size_t count;
	int error;

	tk_preempt();
	if (uio->uio_segflg == UIO_USERSPACE) {
		tk_may_sleep(NULL, "uiomove");
		if (uio->uio_td != curthread)
			tk_debug_stop("uiomove-thread", "uiomove() of another "
			    "thread's uio");
	}
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
		error = move(kernel, iov, count, uio);
		if (error != 0)
			return (error);
		iov->iov_base = (char *)iov->iov_base + count;
		iov->iov_len -= count;
		uio->uio_resid -= (ssize_t)count;
		uio->uio_offset += (off_t)count;
		kernel += count;
		n -= (int)count;
	}
	return (0);
}
