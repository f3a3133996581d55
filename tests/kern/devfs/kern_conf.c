/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * make_dev(9): nodes, and the threads in their methods.
 *
 * As FreeBSD's, destroy_dev() looks every tenth of a second whether the threads
 * have left.
 */

#include <sys/bus.h>
#include <sys/ctype.h>
#include <sys/devctl.h>
#include <sys/stdarg.h>

#include "devfs_var.h"

struct cdev_priv {
	struct cdev	 cdp_c;
	LIST_ENTRY(cdev_priv) cdp_link;	/* (d) all nodes */
	bool		 cdp_destroyed;	/* (d) */
	LIST_HEAD(, cdev_privdata) cdp_fdpriv;	/* (p) */
	struct tk_where	 cdp_made;
};
/* Locks: (d) devmtx; (p) cdevpriv_mtx. */

struct mtx devmtx;
MTX_SYSINIT(devmtx, &devmtx, "cdev", MTX_DEF);
struct mtx cdevpriv_mtx;
MTX_SYSINIT(cdevpriv, &cdevpriv_mtx, "cdevpriv lock", MTX_DEF);

static LIST_HEAD(, cdev_priv) nodes;		/* (d) */
static LIST_HEAD(, devfs_call) calls;		/* (d) */

static struct cdev_priv *
cdev2priv(struct cdev *dev)
{
	return (__containerof(dev, struct cdev_priv, cdp_c));
}

/* Default methods. */
static int
null_open(struct cdev *dev, int oflags, int devtype, struct thread *td)
{
	return (0);
}

static int
no_io(struct cdev *dev, struct uio *uio, int ioflag)
{
	return (ENODEV);
}

static int
no_ioctl(struct cdev *dev, u_long cmd, caddr_t data, int fflag,
    struct thread *td)
{
	return (ENODEV);
}

static int
no_poll(struct cdev *dev, int events, struct thread *td)
{
	if ((events & ~POLLSTANDARD) != 0)
		return (POLLNVAL);
	return (events & (POLLIN | POLLOUT | POLLRDNORM));
}

static int
no_kqfilter(struct cdev *dev, struct knote *kn)
{
	return (ENODEV);
}

/* With devmtx held.  A switch of another version has no methods. */
static void
prep_cdevsw(struct cdevsw *csw)
{
	if ((csw->d_flags & D_INIT) != 0)
		return;
	if (csw->d_version != D_VERSION)
		tk_stop("cdev-version", "device driver \"%s\" has wrong "
		    "version %#x, and is disabled", csw->d_name,
		    csw->d_version);
	if ((csw->d_flags & (D_NEEDGIANT | D_NEEDMINOR)) != 0)
		tk_stop("cdev-flags", "device driver \"%s\" wants Giant or "
		    "minor numbers", csw->d_name);
	if (csw->d_open == NULL)
		csw->d_open = null_open;
	if (csw->d_close == NULL)
		csw->d_close = null_open;
	if (csw->d_read == NULL)
		csw->d_read = no_io;
	if (csw->d_write == NULL)
		csw->d_write = no_io;
	if (csw->d_ioctl == NULL)
		csw->d_ioctl = no_ioctl;
	if (csw->d_poll == NULL)
		csw->d_poll = no_poll;
	if (csw->d_kqfilter == NULL)
		csw->d_kqfilter = no_kqfilter;
	LIST_INIT(&csw->d_devs);
	csw->d_flags |= D_INIT;
}

/* With devmtx held. */
static struct cdev_priv *
named(const char *name)
{
	struct cdev_priv *cdp;

	LIST_FOREACH(cdp, &nodes, cdp_link) {
		if ((cdp->cdp_c.si_flags & SI_NAMED) != 0 &&
		    strcmp(cdp->cdp_c.si_name, name) == 0)
			break;
	}
	return (cdp);
}

/* One component of a path. */
static bool
component_is_bad(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (isspace(s[i]) || s[i] == '"')
			return (true);
	}
	return ((len == 1 && s[0] == '.') ||
	    (len == 2 && s[0] == '.' && s[1] == '.'));
}

/* Set the name, without slashes that say nothing.  With devmtx held. */
static int
prep_devname(struct cdev *dev, const char *from)
{
	char *to = dev->si_name;
	size_t len;

	from += strspn(from, "/");
	if (*from == '\0')
		return (EINVAL);
	for (;;) {
		len = strcspn(from, "/");
		if (component_is_bad(from, len))
			return (EINVAL);
		memcpy(to, from, len);
		to += len;
		from += len;
		if (*from == '\0')
			break;
		from += strspn(from, "/");
		if (*from == '\0')
			return (EINVAL);
		*to++ = '/';
	}
	*to = '\0';
	return (named(dev->si_name) != NULL ? EEXIST : 0);
}

static void
notify(const struct cdev *dev, const char *event)
{
	char data[SPECNAMELEN + sizeof("cdev=")];

	if (cold)
		return;
	snprintf(data, sizeof(data), "cdev=%s", dev->si_name);
	devctl_notify("DEVFS", "CDEV", event, data);
}

void
make_dev_args_init_impl(struct make_dev_args *args, size_t size)
{
	bzero(args, size);
	args->mda_size = size;
}

/* With devmtx held: fill in the node, and give it its name. */
static int
newdev(struct cdev *dev, const struct make_dev_args *args, const char *name)
{
	int error;

	prep_cdevsw(args->mda_devsw);
	error = prep_devname(dev, name);
	if (error != 0)
		return (error);
	dev->si_drv0 = args->mda_unit;
	dev->si_drv1 = args->mda_si_drv1;
	dev->si_drv2 = args->mda_si_drv2;
	dev->si_uid = args->mda_uid;
	dev->si_gid = args->mda_gid;
	dev->si_mode = (mode_t)args->mda_mode;
	dev->si_devsw = args->mda_devsw;
	LIST_INSERT_HEAD(&args->mda_devsw->d_devs, dev, si_list);
	dev->si_flags |= SI_NAMED;
	/* destroy_dev() drops it. */
	dev->si_refcount = 1;
	LIST_INSERT_HEAD(&nodes, cdev2priv(dev), cdp_link);
	return (0);
}

int
make_dev_s(struct make_dev_args *args, struct cdev **devp, const char *fmt,
    ...)
{
	bool checks = (args->mda_flags & MAKEDEV_CHECKNAME) != 0;
	bool waits = (args->mda_flags & MAKEDEV_NOWAIT) == 0;
	char name[SPECNAMELEN + 1];
	struct cdev_priv *cdp;
	__va_list ap;
	int error, len;

	tk_preempt();
	if (args->mda_size != sizeof(*args))
		return (EINVAL);
	cdp = malloc(sizeof(*cdp), M_DEVBUF, M_ZERO |
	    (waits ? M_WAITOK : M_NOWAIT));
	if (cdp == NULL)
		return (ENOMEM);
	tk_where(&cdp->cdp_made);
	va_start(ap, fmt);
	len = vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	mtx_lock(&devmtx);
	if (len >= (int)sizeof(name))
		error = ENAMETOOLONG;
	else if (checks && tk_fault("make_dev_s"))
		error = EEXIST;
	else
		error = newdev(&cdp->cdp_c, args, name);
	mtx_unlock(&devmtx);
	if (error != 0) {
		if (!checks)
			panic("make_dev_sv: bad si_name (error=%d, "
			    "si_name=%s)", error, name);
		free(cdp, M_DEVBUF);
		return (error);
	}
	notify(&cdp->cdp_c, "CREATE");
	*devp = &cdp->cdp_c;
	return (0);
}

struct cdev *
devfs_find(const char *name)
{
	struct cdev_priv *cdp;

	mtx_lock(&devmtx);
	cdp = named(name);
	if (cdp != NULL)
		cdp->cdp_c.si_refcount++;
	mtx_unlock(&devmtx);
	return (cdp == NULL ? NULL : &cdp->cdp_c);
}

void
dev_ref(struct cdev *dev)
{
	mtx_lock(&devmtx);
	dev->si_refcount++;
	mtx_unlock(&devmtx);
}

/* With devmtx held.  True if the caller is to free it. */
static bool
release(struct cdev *dev)
{
	if (--dev->si_refcount > 0)
		return (false);
	LIST_REMOVE(cdev2priv(dev), cdp_link);
	return (true);
}

void
dev_rel(struct cdev *dev)
{
	bool last;

	mtx_lock(&devmtx);
	last = release(dev);
	mtx_unlock(&devmtx);
	if (last)
		free(cdev2priv(dev), M_DEVBUF);
}

/* With devmtx held. */
static struct cdevsw *
refthread(struct cdev *dev)
{
	struct cdevsw *csw = dev->si_devsw;

	if (csw != NULL)
		dev->si_threadcount++;
	return (csw);
}

struct cdevsw *
dev_refthread(struct cdev *dev, int *ref)
{
	struct cdevsw *csw;

	mtx_lock(&devmtx);
	csw = refthread(dev);
	mtx_unlock(&devmtx);
	*ref = csw != NULL;
	return (csw);
}

void
dev_relthread(struct cdev *dev, int ref)
{
	if (ref == 0)
		return;
	mtx_lock(&devmtx);
	dev->si_threadcount--;
	mtx_unlock(&devmtx);
}

int
devfs_enter(struct devfs_call *call, struct cdev *dev, struct file *fp)
{
	tk_preempt();
	mtx_lock(&devmtx);
	call->csw = refthread(dev);
	if (call->csw != NULL) {
		call->td = curthread;
		call->dev = dev;
		LIST_INSERT_HEAD(&calls, call, link);
	}
	mtx_unlock(&devmtx);
	if (call->csw == NULL)
		return (ENXIO);
	call->fpop = curthread->td_fpop;
	curthread->td_fpop = fp;
	tk_ctx_enter(&call->mark, TK_CTX_THREAD);
	return (0);
}

void
devfs_leave(struct devfs_call *call, const char *what)
{
	tk_ctx_leave(&call->mark, what);
	curthread->td_fpop = call->fpop;
	mtx_lock(&devmtx);
	LIST_REMOVE(call, link);
	call->dev->si_threadcount--;
	mtx_unlock(&devmtx);
}

/* FreeBSD would wait for the thread that waits. */
static void
check_not_inside(const struct cdev *dev)
{
	const struct devfs_call *call;

	LIST_FOREACH(call, &calls, link) {
		if (call->td == curthread && call->dev == dev)
			tk_stop("cdev-self", "destroy_dev() of \"%s\" in one "
			    "of its methods, for which it waits",
			    dev->si_name);
	}
}

struct cdev_privdata *
devfs_first_cdevpriv(struct cdev *dev)
{
	return (LIST_FIRST(&cdev2priv(dev)->cdp_fdpriv));
}

void
devfs_add_cdevpriv(struct cdev *dev, struct cdev_privdata *p)
{
	LIST_INSERT_HEAD(&cdev2priv(dev)->cdp_fdpriv, p, cdpd_list);
}

/* With devmtx held: wait until no thread is in a method. */
static void
drain(struct cdev *dev, struct cdevsw *csw)
{
	while (csw->d_purge != NULL && dev->si_threadcount != 0) {
		csw->d_purge(dev);
		msleep(csw, &devmtx, PRIBIO, "devprg", hz / 10);
		if (dev->si_threadcount != 0)
			printf("Still %lu threads in %s\n",
			    dev->si_threadcount, dev->si_name);
	}
	/* Nobody knows this address. */
	while (dev->si_threadcount != 0)
		msleep(&csw, &devmtx, PRIBIO, "devdrn", hz / 10);
}

void
destroy_dev(struct cdev *dev)
{
	struct cdev_privdata *p;
	struct cdevsw *csw;
	bool last;

	tk_preempt();
	tk_may_sleep(NULL, "destroy_dev()");
	mtx_lock(&devmtx);
	if ((dev->si_flags & SI_NAMED) == 0)
		tk_stop("cdev-destroy", "destroy_dev() of \"%s\", which is "
		    "destroyed already", dev->si_name);
	check_not_inside(dev);
	dev->si_flags &= ~SI_NAMED;
	csw = dev->si_devsw;
	dev->si_devsw = NULL;
	drain(dev, csw);
	mtx_unlock(&devmtx);
	notify(dev, "DESTROY");
	mtx_lock(&cdevpriv_mtx);
	while ((p = devfs_first_cdevpriv(dev)) != NULL) {
		devfs_destroy_cdevpriv(p);
		mtx_lock(&cdevpriv_mtx);
	}
	mtx_unlock(&cdevpriv_mtx);
	mtx_lock(&devmtx);
	dev->si_drv1 = dev->si_drv2 = NULL;
	LIST_REMOVE(dev, si_list);
	if (LIST_EMPTY(&csw->d_devs))
		csw->d_flags &= ~D_INIT;
	cdev2priv(dev)->cdp_destroyed = true;
	last = release(dev);
	mtx_unlock(&devmtx);
	if (last)
		free(cdev2priv(dev), M_DEVBUF);
}

const char *
devtoname(struct cdev *dev)
{
	return (dev->si_name);
}

static int
report(bool print)
{
	struct cdev_priv *cdp;
	int n = 0;

	LIST_FOREACH(cdp, &nodes, cdp_link) {
		n++;
		if (print)
			tk_leak(&cdp->cdp_made, cdp->cdp_destroyed ?
			    "open file of the device node \"%s\", made" :
			    "device node \"%s\" not destroyed, made",
			    cdp->cdp_c.si_name);
	}
	return (n);
}

/* A newly booted kernel has none of the previous kernel's nodes. */
static void
nodes_boot(void)
{
	LIST_INIT(&nodes);
	LIST_INIT(&calls);
	tk_ledger("device node", report);
}
TK_INIT_PRIO(nodes_boot, 110);
