/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Character devices: see kpi_cdev.h for the contracts.
 *
 * All devices of a module share one cdevsw, and the struct kpi_cdev is the
 * node's si_drv1.  Closes are counted by the data of an open file
 * (devfs_set_cdevpriv(9)) and not by d_close, which is not called once the node
 * is being destroyed.
 */

/* See kpi_cdev_closed(). */
#define	MUTEX_NOINLINE	1

#include "kpi_cdev.h"
#include "kpi_module.h"

#include <sys/event.h>
#include <sys/file.h>
#include <sys/filio.h>
#include <sys/limits.h>
#include <sys/malloc.h>
#include <sys/poll.h>

/* How long programs have to see the last event of their kqueues. */
#define	KPI_CDEV_LOOKS	10
#define	KPI_CDEV_LOOK	(10 * SBT_1MS)

/*
 * The file's last descriptor is closed, or the node destroyed.
 *
 * devfs(5) counts no thread here, so the thread that destroys the node knows of
 * this one by kcd_files alone.  Once the mutex is released that thread may go
 * on, and the module may be unloaded before this thread runs again.  So the
 * last instruction here is a jump to the kernel's function that releases the
 * mutex.  Modules that are built with their kernel would release it here
 * otherwise, and then return.  tools/cross_check.py looks at the instructions.
 * Source: sys/fs/devfs/devfs_vnops.c, devfs_close_f(), devfs_fpdrop();
 * sys/conf/kern.post.mk, MODULE_TIED; sys/sys/mutex.h, MUTEX_NOINLINE.
 */
static void
kpi_cdev_closed(void *arg)
{
	struct kpi_cdev *c = arg;

	if (c->kcd_ops->kco_close != NULL)
		c->kcd_ops->kco_close(c->kcd_arg);
	kpi_mtx_lock(c->kcd_mtx);
	if (--c->kcd_files == 0)
		kpi_wakeup(&c->kcd_files);
	kpi_mtx_unlock(c->kcd_mtx);
}

static int
kpi_cdev_open(struct cdev *dev, int oflags, int devtype __unused,
    struct thread *td __unused)
{
	struct kpi_cdev *c = dev->si_drv1;
	int error = 0;

	if (c->kcd_ops->kco_open != NULL)
		error = c->kcd_ops->kco_open(c->kcd_arg, oflags);
	if (error != 0)
		return (error);
	kpi_mtx_lock(c->kcd_mtx);
	c->kcd_files++;
	kpi_mtx_unlock(c->kcd_mtx);
	error = devfs_set_cdevpriv(c, kpi_cdev_closed);
	if (error != 0)
		kpi_cdev_closed(c);
	return (error);
}

static int
kpi_cdev_read(struct cdev *dev, struct uio *uio, int ioflag)
{
	struct kpi_cdev *c = dev->si_drv1;

	if (c->kcd_ops->kco_read == NULL)
		return (ENODEV);
	return (c->kcd_ops->kco_read(c->kcd_arg, uio, ioflag));
}

static int
kpi_cdev_write(struct cdev *dev, struct uio *uio, int ioflag)
{
	struct kpi_cdev *c = dev->si_drv1;

	if (c->kcd_ops->kco_write == NULL)
		return (ENODEV);
	return (c->kcd_ops->kco_write(c->kcd_arg, uio, ioflag));
}

static int
kpi_cdev_ioctl(struct cdev *dev, u_long cmd, caddr_t data, int fflag,
    struct thread *td __unused)
{
	struct kpi_cdev *c = dev->si_drv1;

	switch (cmd) {
	case FIONBIO:
		/* The kernel has noted it; fcntl(2) wants to hear that. */
		return (0);
	case FIOASYNC:
		/* fcntl(2) turns it off, whatever flag is set. */
		return (*(int *)(void *)data == 0 ? 0 : EOPNOTSUPP);
	}
	if (c->kcd_ops->kco_ioctl == NULL)
		return (ENOTTY);
	return (c->kcd_ops->kco_ioctl(c->kcd_arg, cmd, data, IOCPARM_LEN(cmd),
	    fflag));
}

/* With the mutex held. */
static size_t
kpi_cdev_ready(const struct kpi_cdev *c, bool write)
{
	size_t (*ready)(void *) = write ? c->kcd_ops->kco_writable :
	    c->kcd_ops->kco_readable;

	return (ready == NULL ? 1 : ready(c->kcd_arg));
}

static int
kpi_cdev_poll(struct cdev *dev, int events, struct thread *td)
{
	struct kpi_cdev *c = dev->si_drv1;
	int revents = 0;

	if ((events & ~POLLSTANDARD) != 0)
		return (POLLNVAL);
	kpi_mtx_lock(c->kcd_mtx);
	if (c->kcd_gone) {
		revents = POLLHUP | (events & (POLLIN | POLLRDNORM));
	} else {
		if (kpi_cdev_ready(c, false) != 0)
			revents |= events & (POLLIN | POLLRDNORM);
		if (kpi_cdev_ready(c, true) != 0)
			revents |= events & POLLOUT;
		if (revents == 0)
			selrecord(td, &c->kcd_sel);
	}
	kpi_mtx_unlock(c->kcd_mtx);
	return (revents);
}

/*
 * A program drops the knote.  As with kpi_cdev_closed(), the module may be
 * unloaded once the mutex is released.  kqueue(2) then still looks whether the
 * knote's functions are for a file.  So the knote gets those back that
 * kqueue(2) had given it.
 * Source: sys/kern/kern_event.c, kqueue_register(), knote_drop_detached().
 */
static void
kpi_cdev_knote_detach(struct knote *kn)
{
	struct kpi_cdev *c = kn->kn_hook;

	kpi_mtx_lock(c->kcd_mtx);
	kn->kn_fop = c->kcd_fop;
	knlist_remove(&c->kcd_sel.si_note, kn, 1);
	kpi_mtx_unlock(c->kcd_mtx);
}

/* With the mutex held. */
static int
kpi_cdev_knote_event(struct knote *kn, long hint __unused)
{
	const struct kpi_cdev *c = kn->kn_hook;

	if (c->kcd_gone) {
		/* The last event: the kqueue drops the knote with it. */
		kn->kn_flags |= EV_EOF | EV_ONESHOT;
		return (1);
	}
	kn->kn_data = (int64_t)kpi_cdev_ready(c,
	    kn->kn_filter == EVFILT_WRITE);
	return (kn->kn_data != 0);
}

static const struct filterops kpi_cdev_filterops = {
	.f_isfd = 1,
	.f_detach = kpi_cdev_knote_detach,
	.f_event = kpi_cdev_knote_event,
};

static int
kpi_cdev_kqfilter(struct cdev *dev, struct knote *kn)
{
	struct kpi_cdev *c = dev->si_drv1;

	if (kn->kn_filter != EVFILT_READ && kn->kn_filter != EVFILT_WRITE)
		return (EINVAL);
	kpi_mtx_lock(c->kcd_mtx);
	c->kcd_fop = kn->kn_fop;
	kn->kn_fop = &kpi_cdev_filterops;
	kn->kn_hook = c;
	knlist_add(&c->kcd_sel.si_note, kn, 1);
	kpi_mtx_unlock(c->kcd_mtx);
	return (0);
}

static struct cdevsw kpi_cdevsw = {
	.d_version =	D_VERSION,
	.d_name =	"kpi",
	.d_open =	kpi_cdev_open,
	.d_read =	kpi_cdev_read,
	.d_write =	kpi_cdev_write,
	.d_ioctl =	kpi_cdev_ioctl,
	.d_poll =	kpi_cdev_poll,
	.d_kqfilter =	kpi_cdev_kqfilter,
};

int
kpi_cdev_create(struct kpi_cdev *c, const char *name, int mode,
    struct kpi_mtx *m, const struct kpi_cdev_ops *ops, void *arg)
{
	struct make_dev_args args;
	int error;

	KPI_SLEEPABLE();
	c->kcd_ops = ops;
	c->kcd_arg = arg;
	c->kcd_mtx = m;
	c->kcd_files = 0;
	c->kcd_gone = false;
	knlist_init_mtx(&c->kcd_sel.si_note, &m->km_mtx);
	make_dev_args_init(&args);
	/* A name that is taken is an error, not a panic. */
	args.mda_flags = MAKEDEV_WAITOK | MAKEDEV_CHECKNAME;
	args.mda_devsw = &kpi_cdevsw;
	args.mda_uid = UID_ROOT;
	args.mda_gid = GID_WHEEL;
	args.mda_mode = mode;
	args.mda_si_drv1 = c;
	error = make_dev_s(&args, &c->kcd_dev, "%s", name);
	if (error != 0) {
		c->kcd_dev = NULL;
		knlist_destroy(&c->kcd_sel.si_note);
	} else
		kpi_module_hold();
	return (error);
}

/*
 * The knotes that are left.  There will be no new ones: the node is destroyed.
 * With the mutex held.
 */
static size_t
kpi_cdev_count_knotes(struct kpi_cdev *c)
{
	struct knote *kn;
	size_t n = 0;

	SLIST_FOREACH(kn, &c->kcd_sel.si_note.kl_list, kn_selnext)
		n++;
	return (n);
}

/* Give each knote's file one holder more; how many.  With the mutex held. */
static size_t
kpi_cdev_hold_files(struct kpi_cdev *c, struct file **files)
{
	struct knote *kn;
	size_t n = 0;

	SLIST_FOREACH(kn, &c->kcd_sel.si_note.kl_list, kn_selnext) {
		/* Too many holders: then the knote is not the last. */
		if (fhold(kn->kn_fp))
			files[n++] = kn->kn_fp;
	}
	return (n);
}

/*
 * Delete the knotes.  knlist_clear(9) would leave them to their programs, with
 * pointers to functions of this module, which kqueue(2) may still call.
 *
 * A process that exits closes its descriptors and leaves their knotes to the
 * close of its kqueues.  In between a knote has the last reference of a file,
 * and knlist_delete(9) would close the file with the mutex held.  So the files
 * are held until the mutex is released.
 * Source: sys/kern/kern_event.c, kqueue_register(), knlist_cleardel(),
 * knote_drop_detached(); sys/kern/kern_descrip.c, fdescfree_fds().
 */
static void
kpi_cdev_delete_knotes(struct kpi_cdev *c)
{
	struct file **files;
	size_t n;

	kpi_mtx_lock(c->kcd_mtx);
	n = kpi_cdev_count_knotes(c);
	kpi_mtx_unlock(c->kcd_mtx);
	if (n == 0)
		return;
	files = mallocarray(n, sizeof(*files), M_TEMP, M_WAITOK);
	kpi_mtx_lock(c->kcd_mtx);
	n = kpi_cdev_hold_files(c, files);
	kpi_mtx_unlock(c->kcd_mtx);
	knlist_delete(&c->kcd_sel.si_note, curthread, 0);
	while (n-- > 0)
		(void)fdrop(files[n], curthread);
	free(files, M_TEMP);
}

/*
 * Drop the knotes.  Each has its last event by now.  A program that waits for
 * the event drops its knote when it gets it; this gives it some time.  Then the
 * others go.
 */
static void
kpi_cdev_drop_knotes(struct kpi_cdev *c)
{
	struct knlist *knl = &c->kcd_sel.si_note;
	int looks;

	kpi_mtx_lock(c->kcd_mtx);
	for (looks = 0; looks < KPI_CDEV_LOOKS && !knlist_empty(knl); looks++)
		(void)kpi_msleep(knl, c->kcd_mtx, "kpiknl", KPI_CDEV_LOOK);
	kpi_mtx_unlock(c->kcd_mtx);
	kpi_cdev_delete_knotes(c);
	knlist_destroy(knl);
}

void
kpi_cdev_destroy(struct kpi_cdev *c)
{
	if (c->kcd_dev == NULL)
		return;
	kpi_mtx_lock(c->kcd_mtx);
	c->kcd_gone = true;
	kpi_cdev_notify(c);
	kpi_mtx_unlock(c->kcd_mtx);
	destroy_dev(c->kcd_dev);
	c->kcd_dev = NULL;
	/*
	 * A thread that closes a file may be in kpi_cdev_closed(), for which
	 * destroy_dev(9) does not wait.
	 * Source: sys/fs/devfs/devfs_vnops.c, devfs_destroy_cdevpriv().
	 */
	kpi_mtx_lock(c->kcd_mtx);
	while (c->kcd_files != 0)
		(void)kpi_msleep(&c->kcd_files, c->kcd_mtx, "kpicls", 0);
	kpi_mtx_unlock(c->kcd_mtx);
	kpi_cdev_drop_knotes(c);
	seldrain(&c->kcd_sel);
	kpi_module_release();
}

int
kpi_cdev_wait(struct kpi_cdev *c, int flags, const char *wmesg)
{
	int error;

	kpi_mtx_assert(c->kcd_mtx, KPI_MTX_OWNED);
	if (c->kcd_gone)
		return (ENXIO);
	if ((flags & KPI_CDEV_NONBLOCK) != 0)
		return (EWOULDBLOCK);
	error = msleep(c, &c->kcd_mtx->km_mtx, PCATCH, wmesg, 0);
	return (c->kcd_gone ? ENXIO : error);
}

void
kpi_cdev_notify(struct kpi_cdev *c)
{
	kpi_mtx_assert(c->kcd_mtx, KPI_MTX_OWNED);
	/* The other CPUs stopped as they were, maybe amid the run queues. */
	if (SCHEDULER_STOPPED())
		return;
	kpi_wakeup(c);
	selwakeup(&c->kcd_sel);
	KNOTE_LOCKED(&c->kcd_sel.si_note, 0);
}

int
kpi_uiomove(void *buf, size_t len, struct uio *uio)
{
	/* uiomove(9) counts in an int. */
	return (uiomove(buf, (int)MIN(len, (size_t)INT_MAX), uio));
}
