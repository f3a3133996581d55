/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Character devices: a node in /dev, and the memory of programs.
 *
 * A driver gives a table of functions, and one of its mutexes.  The layer does
 * what every driver would do alike: poll(2), select(2) and kqueue(2) by what
 * the driver says it is ready for, O_NONBLOCK, a close for each open, and an
 * end that leaves no thread, file or knote behind.
 */
#ifndef _KPI_CDEV_H_
#define	_KPI_CDEV_H_

#include "kpi.h"
#include "kpi_mtx.h"

#include <sys/conf.h>
#include <sys/fcntl.h>
#include <sys/ioccom.h>
#include <sys/selinfo.h>
#include <sys/uio.h>

/* How a file is open: in the flags of kco_open and kco_ioctl, ... */
enum {
	KPI_CDEV_READ = FREAD,
	KPI_CDEV_WRITE = FWRITE,
	/* ... and, in those of kco_read and kco_write as well, not to wait. */
	KPI_CDEV_NONBLOCK = O_NONBLOCK,
};

/* The parts of an ioctl(2) command; see sys/ioccom.h. */
enum {
	KPI_IOC_VOID = IOC_VOID,	/* no argument, or an int */
	KPI_IOC_OUT = IOC_OUT,		/* the program gets it */
	KPI_IOC_IN = IOC_IN,		/* the program gives it */
	KPI_IOCPARM_MASK = IOCPARM_MASK,	/* bytes of the argument */
};

/*
 * What a driver does with its device.  Any function may be NULL: open and close
 * then do nothing, read and write return ENODEV, ioctl returns ENOTTY, and the
 * device is always ready.  arg is that of kpi_cdev_create().
 *
 * kco_open and kco_close are called once for each open file, not for each
 * descriptor.  For every kco_open that succeeds there is one kco_close, at the
 * latest when the device is destroyed.
 *
 * kco_ioctl gets the argument in len bytes at data, which the kernel copies
 * from and to the program.  There are none if the command has no argument.  It
 * is not called for FIONBIO and FIOASYNC.
 *
 * kco_readable and kco_writable return how many bytes read(2) and write(2) can
 * move without waiting.  They are what kqueue(2) reports.
 *
 * Context: kco_readable, kco_writable: any but a filter, so they do not sleep.
 * The others: sleepable, in the program's thread; several may run at once.
 * Locks: kco_readable, kco_writable: the device's mutex is held, and maybe a
 * kqueue's.  The others: none.
 * Errors: the program gets the errno.  After EINTR, ERESTART and EWOULDBLOCK it
 * gets the number of bytes instead if some were moved.
 */
struct kpi_cdev_ops {
	int	(*kco_open)(void *arg, int flags);
	void	(*kco_close)(void *arg);
	int	(*kco_read)(void *arg, struct uio *uio, int flags);
	int	(*kco_write)(void *arg, struct uio *uio, int flags);
	int	(*kco_ioctl)(void *arg, u_long cmd, void *data, size_t len,
		    int flags);
	size_t	(*kco_readable)(void *arg);
	size_t	(*kco_writable)(void *arg);
};

struct kpi_cdev {
	struct cdev		*kcd_dev;	/* NULL: not created */
	const struct kpi_cdev_ops *kcd_ops;
	void			*kcd_arg;
	struct kpi_mtx		*kcd_mtx;
	struct selinfo		 kcd_sel;	/* knotes: kcd_mtx */
	const struct filterops	*kcd_fop;	/* kqueue(2)'s; kcd_mtx */
	u_int			 kcd_files;	/* opened; kcd_mtx */
	bool			 kcd_gone;	/* being destroyed; kcd_mtx */
};

/*
 * Make the node /dev/NAME, owned by root:wheel.  Programs may come before this
 * returns.  m is a default mutex, and the device's.  *c, which is zeroed, stays
 * in place; ops, arg and m live until kpi_cdev_destroy() has returned.  name is
 * copied.
 *
 * Context: sleepable.
 * Errors: EEXIST: the name is taken; EINVAL, ENAMETOOLONG: it is impossible.
 * Units: mode as chmod(2) has it.
 */
int	kpi_cdev_create(struct kpi_cdev *c, const char *name, int mode,
	    struct kpi_mtx *m, const struct kpi_cdev_ops *ops, void *arg);

/*
 * Remove the node.  Threads in kpi_cdev_wait() return ENXIO, and those in
 * poll(2) and kevent(2) are told that the device is gone.  This waits until no
 * thread is in a function of the driver, calls kco_close for every file that is
 * open, and leaves no knote behind.  Does nothing if *c was not created.
 *
 * Context: sleepable.
 * Locks: hold none.  Not in a function of the device: it would wait for itself.
 */
void	kpi_cdev_destroy(struct kpi_cdev *c);

/*
 * Wait, in kco_read and kco_write, until kpi_cdev_notify().  The mutex is
 * released meanwhile.  A caller tests its condition again, since another thread
 * may have been faster.  flags are those of the function.  wmesg, at most 8
 * characters, is what ps(1) shows.
 *
 * Context: sleepable, but for the mutex.
 * Locks: the device's mutex is held.
 * Errors: EWOULDBLOCK: flags have KPI_CDEV_NONBLOCK; EINTR, ERESTART: a signal;
 * ENXIO: the device is being destroyed.
 */
int	kpi_cdev_wait(struct kpi_cdev *c, int flags, const char *wmesg);

/*
 * Tell threads in kpi_cdev_wait(), poll(2) and kevent(2) that kco_readable or
 * kco_writable has another value.  Does nothing after kpi_cdev_destroy(), and
 * in a kernel that has panicked.
 *
 * Context: any but a filter.
 * Locks: the device's mutex is held.
 */
void	kpi_cdev_notify(struct kpi_cdev *c);

/*
 * Move at most len bytes between buf and the program: to it in kco_read, from
 * it in kco_write.  The uio is advanced by what was moved.
 *
 * Context: sleepable.
 * Errors: EFAULT: the program has no such memory.  Some bytes may have been
 * moved, and the uio tells of fewer.
 */
int	kpi_uiomove(void *buf, size_t len, struct uio *uio);

/* Bytes that the program still asks for.  Context: any. */
size_t	kpi_uio_resid(const struct uio *uio);

#ifndef KPI_BINDGEN
KPI_INLINE size_t
kpi_uio_resid(const struct uio *uio)
{
	return ((size_t)uio->uio_resid);
}
#endif /* !KPI_BINDGEN */

#endif /* !_KPI_CDEV_H_ */
