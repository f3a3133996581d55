/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What a program does with a device node, as calls.
 *
 * Each call runs in the calling kernel thread, like a system call: it may
 * sleep, so no mutex may be held.  Errors are returned as positive errno
 * values, except where said.  A descriptor may be used from several threads;
 * one that is closed while another thread is in a call with it stays open until
 * that call has returned.
 *
 * A sleep with PCATCH ends by tk_thread_interrupt() of the thread.
 */

#ifndef _TK_CDEV_H_
#define	_TK_CDEV_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iovec;
struct kevent;
struct tk_fd;
struct tk_kq;

/*
 * open(2), with O_RDONLY, O_WRONLY or O_RDWR and O_NONBLOCK.  There are no
 * permissions.  ENOENT: there is no such node; ENXIO: it is being destroyed;
 * the driver's errors.
 */
int	tk_open(const char *name, int oflags, struct tk_fd **fdp);
int	tk_dup(struct tk_fd *fd, struct tk_fd **fdp);
/* The driver's error, or ENXIO if the node is gone.  It is closed then, too. */
int	tk_close(struct tk_fd *fd);
/*
 * The same in a program that exits.  The kernel then closes one descriptor
 * after the other, and leaves the knotes of each to the close of their kqueues.
 */
int	tk_close_at_exit(struct tk_fd *fd);

/* Return the number of bytes, or a negative errno. */
int64_t	tk_read(struct tk_fd *fd, void *buf, size_t len);
int64_t	tk_readv(struct tk_fd *fd, const struct iovec *iov, int iovcnt);
int64_t	tk_write(struct tk_fd *fd, const void *buf, size_t len);
int64_t	tk_writev(struct tk_fd *fd, const struct iovec *iov, int iovcnt);

/* data: the address of the argument, or, for _IOWINT(), the argument. */
int	tk_ioctl(struct tk_fd *fd, unsigned long cmd, void *data);
/* fcntl(2), F_SETFL of O_NONBLOCK and no other flag. */
int	tk_nonblock(struct tk_fd *fd, bool on);

/*
 * poll(2).  Returns how many have events, or a negative errno: -EINTR.  A
 * negative timeout waits for ever.
 */
struct tk_pollfd {
	struct tk_fd	*fd;
	short		 events;
	short		 revents;
};
int	tk_poll(struct tk_pollfd *fds, unsigned int n, int timeout_ms);

/*
 * kqueue(2).  tk_kq_change() is a kevent(2) of one change: a filter of a
 * descriptor, and EV_ADD, EV_DELETE, EV_ENABLE or EV_DISABLE with other flags.
 * tk_kq_wait() is one that waits: it returns how many events there are, or a
 * negative errno.  The ident of an event is tk_ident() of its descriptor.
 */
struct tk_kq *tk_kqueue(void);
void	tk_kq_close(struct tk_kq *kq);
int	tk_kq_change(struct tk_kq *kq, struct tk_fd *fd, short filter,
	    unsigned short flags);
int	tk_kq_wait(struct tk_kq *kq, struct kevent *events, int n,
	    int timeout_ms);
uintptr_t tk_ident(const struct tk_fd *fd);

/*
 * A program's memory is the kernel's here.  An access of a program's address
 * fails, as at a page that is not mapped, if it is in the first page or in this
 * range; the bytes before it are copied.  There is one such range; a length of
 * 0 takes it away.
 */
void	tk_user_hole(const void *addr, size_t len);

/* The bytes from a program's address on that can be accessed, at most len. */
size_t	tk_user_len(const void *addr, size_t len);

#endif /* !_TK_CDEV_H_ */
