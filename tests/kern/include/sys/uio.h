/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * struct uio: where the bytes of a read(2) or write(2) come from or go to.
 * Leaves out scatter lists built by the kernel, physical and VM object I/O.
 */

#ifndef _SYS_UIO_H_
#define	_SYS_UIO_H_

#include <sys/types.h>

struct thread;

enum uio_rw {
	UIO_READ,
	UIO_WRITE
};

enum uio_seg {
	UIO_USERSPACE,		/* the calling program's memory */
	UIO_SYSSPACE,		/* kernel memory */
	UIO_NOCOPY		/* count only */
};

struct iovec {
	void	*iov_base;
	size_t	 iov_len;
};

struct uio {
	struct iovec	*uio_iov;
	int		 uio_iovcnt;
	off_t		 uio_offset;
	ssize_t		 uio_resid;	/* bytes still to move */
	enum uio_seg	 uio_segflg;
	enum uio_rw	 uio_rw;
	struct thread	*uio_td;
};

#ifdef _KERNEL
/*
 * Move at most n bytes between cp and the program, and advance the uio.
 * Returns 0 or EFAULT (fault injection: "uiomove", and tk_user_hole() of
 * tk_cdev.h).  After EFAULT the uio tells what was moved in whole pieces; of
 * the piece that failed, some bytes may have been moved as well.  A page fault
 * may sleep, so holding a default mutex stops the run.
 */
int	uiomove(void *cp, int n, struct uio *uio);
#endif

#endif /* !_SYS_UIO_H_ */
