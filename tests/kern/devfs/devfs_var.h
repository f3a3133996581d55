/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* What the files of devfs share. */

#ifndef _DEVFS_VAR_H_
#define	_DEVFS_VAR_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/errno.h>
#include <sys/event.h>
#include <sys/fcntl.h>
#include <sys/file.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/poll.h>
#include <sys/proc.h>
#include <sys/selinfo.h>
#include <sys/uio.h>

#include "tk.h"
#include "tk_cdev.h"

/* An open file. */
struct file {
	u_int		 f_count;	/* descriptors, calls, knotes */
	volatile u_int	 f_flag;
	struct cdev	*f_dev;		/* counted */
	struct cdev_privdata *f_cdevpriv;	/* under cdevpriv_mtx */
};

struct cdev_privdata {
	LIST_ENTRY(cdev_privdata) cdpd_list;
	struct file	*cdpd_fp;
	void		*cdpd_data;
	d_priv_dtor_t	*cdpd_dtr;
};

/* A descriptor of a program. */
struct tk_fd {
	uintptr_t	 ident;		/* for kqueue(2) */
	struct file	*fp;
};

/* A thread in a method of a node. */
struct devfs_call {
	LIST_ENTRY(devfs_call) link;	/* under devmtx */
	struct thread	*td;
	struct cdev	*dev;
	struct cdevsw	*csw;
	struct file	*fpop;		/* the thread's file before */
	struct tk_ctx_mark mark;
};

extern struct mtx devmtx;
extern struct mtx cdevpriv_mtx;

/*
 * The node of that name, counted; NULL: there is none.  dev_rel() puts it back.
 * Any context but a filter.
 */
struct cdev *devfs_find(const char *name);
void	dev_ref(struct cdev *dev);
void	dev_rel(struct cdev *dev);

/* The node's data of open files, under cdevpriv_mtx. */
struct cdev_privdata *devfs_first_cdevpriv(struct cdev *dev);
void	devfs_add_cdevpriv(struct cdev *dev, struct cdev_privdata *p);
/* With cdevpriv_mtx held, which it releases. */
void	devfs_destroy_cdevpriv(struct cdev_privdata *p);

/*
 * Enter a method, and leave it.  ENXIO: the node is being destroyed, or gone.
 */
int	devfs_enter(struct devfs_call *call, struct cdev *dev,
	    struct file *fp);
void	devfs_leave(struct devfs_call *call, const char *what);

/* fhold(), where a file cannot have too many holders. */
static inline void
devfs_hold(struct file *fp)
{
	if (!fhold(fp))
		panic("too many holders of a file");
}

/* The methods of an open file. */
int	devfs_kqfilter(struct file *fp, struct knote *kn);
int	devfs_poll(struct file *fp, int events);

/* The descriptor is closed: its knotes go. */
void	knote_fdclose(struct tk_fd *fd);

#endif /* !_DEVFS_VAR_H_ */
