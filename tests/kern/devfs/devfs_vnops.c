/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Open files of device nodes, and their data (devfs_set_cdevpriv(9)).
 *
 * As in FreeBSD, a node that is destroyed takes no calls of the files that are
 * open: read(2), write(2) and ioctl(2) return ENXIO, and d_close() is not
 * called.  The destructor of a file's data is called by the close, after
 * d_close() and without a count of the thread, or by destroy_dev().
 */

#include <sys/filio.h>

#include "devfs_var.h"

#define	IOSIZE_MAX	INT_MAX
#define	S_IFCHR		0020000

static uintptr_t idents;

bool
fhold(struct file *fp)
{
	bool held;

	mtx_lock(&devmtx);
	held = fp->f_count < INT_MAX;
	fp->f_count += held;
	mtx_unlock(&devmtx);
	return (held);
}

/* Returns whether the driver is to hear of a close. */
static bool
usecount_sub(struct cdev *dev, int tracks, int *dflags)
{
	bool last;

	mtx_lock(&devmtx);
	last = --dev->si_usecount == 0;
	mtx_unlock(&devmtx);
	if (last)
		*dflags |= FLASTCLOSE;
	return (last || tracks);
}

static int
devfs_close(struct file *fp)
{
	struct devfs_call call;
	int dflags = 0, error;

	error = devfs_enter(&call, fp->f_dev, fp);
	if (error != 0)
		return (error);
	if (usecount_sub(fp->f_dev, (call.csw->d_flags & D_TRACKCLOSE) != 0,
	    &dflags))
		error = call.csw->d_close(fp->f_dev, (int)fp->f_flag | dflags,
		    S_IFCHR, curthread);
	devfs_leave(&call, "d_close()");
	return (error);
}

void
devfs_destroy_cdevpriv(struct cdev_privdata *p)
{
	mtx_assert(&cdevpriv_mtx, MA_OWNED);
	p->cdpd_fp->f_cdevpriv = NULL;
	LIST_REMOVE(p, cdpd_list);
	mtx_unlock(&cdevpriv_mtx);
	tk_preempt();
	p->cdpd_dtr(p->cdpd_data);
	free(p, M_DEVBUF);
}

static void
devfs_fpdrop(struct file *fp)
{
	struct cdev_privdata *p;

	mtx_lock(&cdevpriv_mtx);
	p = fp->f_cdevpriv;
	if (p != NULL)
		devfs_destroy_cdevpriv(p);
	else
		mtx_unlock(&cdevpriv_mtx);
}

int
fdrop(struct file *fp, struct thread *td __unused)
{
	bool last;
	int error;

	mtx_lock(&devmtx);
	last = --fp->f_count == 0;
	mtx_unlock(&devmtx);
	if (!last)
		return (0);
	tk_may_sleep(NULL, "the last close of a file");
	error = devfs_close(fp);
	devfs_fpdrop(fp);
	dev_rel(fp->f_dev);
	free(fp, M_TEMP);
	return (error);
}

int
devfs_get_cdevpriv(void **datap)
{
	struct file *fp = curthread->td_fpop;
	int error = ENOENT;

	if (fp == NULL)
		return (EBADF);
	mtx_lock(&cdevpriv_mtx);
	if (fp->f_cdevpriv != NULL) {
		*datap = fp->f_cdevpriv->cdpd_data;
		error = 0;
	}
	mtx_unlock(&cdevpriv_mtx);
	return (error);
}

int
devfs_set_cdevpriv(void *priv, d_priv_dtor_t *dtr)
{
	struct file *fp = curthread->td_fpop;
	struct cdev_privdata *p;
	int error = EBUSY;

	tk_preempt();
	if (fp == NULL || tk_fault("devfs_set_cdevpriv"))
		return (ENOENT);
	p = malloc(sizeof(*p), M_DEVBUF, M_WAITOK | M_ZERO);
	p->cdpd_data = priv;
	p->cdpd_dtr = dtr;
	p->cdpd_fp = fp;
	mtx_lock(&cdevpriv_mtx);
	if (fp->f_cdevpriv == NULL) {
		devfs_add_cdevpriv(fp->f_dev, p);
		fp->f_cdevpriv = p;
		error = 0;
	}
	mtx_unlock(&cdevpriv_mtx);
	if (error != 0)
		free(p, M_DEVBUF);
	return (error);
}

void
devfs_clear_cdevpriv(void)
{
	if (curthread->td_fpop != NULL)
		devfs_fpdrop(curthread->td_fpop);
}

/* A descriptor for a file that the caller has counted. */
static struct tk_fd *
fd_alloc(struct file *fp)
{
	struct tk_fd *fd;

	fd = malloc(sizeof(*fd), M_TEMP, M_WAITOK | M_ZERO);
	fd->fp = fp;
	mtx_lock(&devmtx);
	fd->ident = ++idents;
	mtx_unlock(&devmtx);
	return (fd);
}

static int
devfs_open(struct file *fp)
{
	struct devfs_call call;
	int error;

	error = devfs_enter(&call, fp->f_dev, fp);
	if (error != 0)
		return (error);
	mtx_lock(&devmtx);
	fp->f_dev->si_usecount++;
	mtx_unlock(&devmtx);
	error = call.csw->d_open(fp->f_dev, (int)fp->f_flag, S_IFCHR,
	    curthread);
	if (error != 0) {
		devfs_clear_cdevpriv();
		mtx_lock(&devmtx);
		fp->f_dev->si_usecount--;
		mtx_unlock(&devmtx);
	}
	devfs_leave(&call, "d_open()");
	return (error == ERESTART ? EINTR : error);
}

int
tk_open(const char *name, int oflags, struct tk_fd **fdp)
{
	struct cdev *dev;
	struct file *fp;
	int error;

	tk_may_sleep(NULL, "tk_open");
	dev = devfs_find(name);
	if (dev == NULL)
		return (ENOENT);
	fp = malloc(sizeof(*fp), M_TEMP, M_WAITOK | M_ZERO);
	fp->f_dev = dev;
	fp->f_flag = (u_int)FFLAGS(oflags);
	fp->f_count = 1;
	error = devfs_open(fp);
	if (error != 0) {
		dev_rel(dev);
		free(fp, M_TEMP);
		return (error);
	}
	*fdp = fd_alloc(fp);
	return (0);
}

int
tk_dup(struct tk_fd *fd, struct tk_fd **fdp)
{
	devfs_hold(fd->fp);
	*fdp = fd_alloc(fd->fp);
	return (0);
}

int
tk_close(struct tk_fd *fd)
{
	tk_may_sleep(NULL, "tk_close");
	knote_fdclose(fd);
	return (tk_close_at_exit(fd));
}

int
tk_close_at_exit(struct tk_fd *fd)
{
	struct file *fp = fd->fp;

	tk_may_sleep(NULL, "tk_close_at_exit");
	free(fd, M_TEMP);
	return (fdrop(fp, curthread));
}

uintptr_t
tk_ident(const struct tk_fd *fd)
{
	return (fd->ident);
}

/* With the file counted. */
static int
devfs_io(struct file *fp, struct uio *uio)
{
	struct devfs_call call;
	int error, ioflag;

	error = devfs_enter(&call, fp->f_dev, fp);
	if (error != 0)
		return (error);
	ioflag = (int)fp->f_flag & (O_NONBLOCK | O_DIRECT);
	error = uio->uio_rw == UIO_READ ?
	    call.csw->d_read(fp->f_dev, uio, ioflag) :
	    call.csw->d_write(fp->f_dev, uio, ioflag);
	devfs_leave(&call, uio->uio_rw == UIO_READ ? "d_read()" : "d_write()");
	return (error);
}

static int64_t
tk_rdwr(struct tk_fd *fd, const struct iovec *iov, int iovcnt, enum uio_rw rw)
{
	struct iovec copy[16];
	struct uio uio = {
		.uio_iov = copy,
		.uio_iovcnt = iovcnt,
		.uio_segflg = UIO_USERSPACE,
		.uio_rw = rw,
		.uio_td = curthread,
	};
	struct file *fp = fd->fp;
	ssize_t count;
	int error;

	tk_may_sleep(NULL, "tk_read or tk_write");
	if ((fp->f_flag & (rw == UIO_READ ? FREAD : FWRITE)) == 0)
		return (-EBADF);
	if (iovcnt < 0 || iovcnt > (int)nitems(copy))
		return (-EINVAL);
	memcpy(copy, iov, sizeof(*iov) * (size_t)iovcnt);
	for (int i = 0; i < iovcnt; i++)
		uio.uio_resid += (ssize_t)iov[i].iov_len;
	count = uio.uio_resid;
	if (count > IOSIZE_MAX)
		return (-EINVAL);
	if (rw == UIO_READ && count == 0)
		return (0);
	devfs_hold(fp);
	error = devfs_io(fp, &uio);
	(void)fdrop(fp, curthread);
	if (uio.uio_resid != count && (error == ERESTART || error == EINTR ||
	    error == EWOULDBLOCK))
		error = 0;
	if (error == ERESTART)
		error = EINTR;
	return (error != 0 ? -error : count - uio.uio_resid);
}

int64_t
tk_readv(struct tk_fd *fd, const struct iovec *iov, int iovcnt)
{
	return (tk_rdwr(fd, iov, iovcnt, UIO_READ));
}

int64_t
tk_writev(struct tk_fd *fd, const struct iovec *iov, int iovcnt)
{
	return (tk_rdwr(fd, iov, iovcnt, UIO_WRITE));
}

int64_t
tk_read(struct tk_fd *fd, void *buf, size_t len)
{
	struct iovec iov = { buf, len };

	return (tk_rdwr(fd, &iov, 1, UIO_READ));
}

int64_t
tk_write(struct tk_fd *fd, const void *buf, size_t len)
{
	struct iovec iov = { __DECONST(void *, buf), len };

	return (tk_rdwr(fd, &iov, 1, UIO_WRITE));
}

static int
devfs_ioctl(struct file *fp, u_long cmd, caddr_t data)
{
	struct devfs_call call;
	int error;

	error = devfs_enter(&call, fp->f_dev, fp);
	if (error != 0)
		return (error);
	if (cmd == FIODTYPE)
		*(int *)(void *)data = (int)(call.csw->d_flags & D_TYPEMASK);
	else
		error = call.csw->d_ioctl(fp->f_dev, cmd, data,
		    (int)fp->f_flag, curthread);
	devfs_leave(&call, "d_ioctl()");
	return (error == ENOIOCTL ? ENOTTY : error);
}

/* The kernel's part of a command that every file has. */
static int
kern_ioctl(struct file *fp, u_long cmd, caddr_t data)
{
	if (cmd == FIONBIO) {
		if (*(int *)(void *)data != 0)
			fp->f_flag |= FNONBLOCK;
		else
			fp->f_flag &= ~(u_int)FNONBLOCK;
	}
	return (devfs_ioctl(fp, cmd, data));
}

/* Is it a command that ioctl(2) takes? */
static bool
command_is_possible(u_long cmd, size_t size)
{
	if ((cmd & IOC_DIRMASK) == 0)
		return (false);
	if ((cmd & IOC_VOID) != 0)
		return (size == 0 || size == sizeof(int));
	return (size != 0);
}

int
tk_ioctl(struct tk_fd *fd, unsigned long cmd, void *data)
{
	size_t size = IOCPARM_LEN(cmd);
	int arg = (int)(intptr_t)data, error = 0;
	char *copy;

	tk_may_sleep(NULL, "tk_ioctl");
	if (!command_is_possible(cmd, size))
		return (ENOTTY);
	/* FreeBSD has a buffer of 128 bytes on the stack for most. */
	copy = malloc(IOCPARM_MAX, M_TEMP, M_WAITOK | M_ZERO);
	if ((cmd & IOC_VOID) != 0)
		memcpy(copy, size == 0 ? (void *)&data : (void *)&arg,
		    size == 0 ? sizeof(data) : sizeof(arg));
	else if ((cmd & IOC_IN) != 0)
		error = copyin(data, copy, size);
	devfs_hold(fd->fp);
	if (error == 0)
		error = kern_ioctl(fd->fp, cmd, copy);
	(void)fdrop(fd->fp, curthread);
	if (error == 0 && (cmd & IOC_OUT) != 0)
		error = copyout(copy, data, size);
	free(copy, M_TEMP);
	return (error);
}

int
tk_nonblock(struct tk_fd *fd, bool on)
{
	int off = 0, value = on, error;

	error = tk_ioctl(fd, FIONBIO, &value);
	return (error != 0 ? error : tk_ioctl(fd, FIOASYNC, &off));
}

int
devfs_poll(struct file *fp, int events)
{
	struct devfs_call call;
	int revents;

	if (devfs_enter(&call, fp->f_dev, fp) != 0) {
		/* The node is gone. */
		if ((events & ~POLLSTANDARD) != 0)
			return (POLLNVAL);
		return (POLLHUP | (events & (POLLIN | POLLRDNORM)));
	}
	revents = call.csw->d_poll(fp->f_dev, events, curthread);
	devfs_leave(&call, "d_poll()");
	return (revents);
}

int
devfs_kqfilter(struct file *fp, struct knote *kn)
{
	struct devfs_call call;
	int error;

	error = devfs_enter(&call, fp->f_dev, fp);
	if (error != 0)
		return (error);
	error = call.csw->d_kqfilter(fp->f_dev, kn);
	devfs_leave(&call, "d_kqfilter()");
	return (error);
}
