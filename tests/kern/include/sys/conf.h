/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Device nodes: make_dev(9), and the methods of a character device.  Leaves out
 * disks, cloning, aliases and children, and mmap(2) is never called.  Programs
 * come through tk_cdev.h.
 */

#ifndef _SYS_CONF_H_
#define	_SYS_CONF_H_

#include <sys/types.h>
#include <sys/param.h>
#include <sys/module.h>
#include <sys/queue.h>
#include <sys/timespec.h>

struct cdevsw;
struct file;
struct snapdata;

struct cdev {
	void		*si_spare0;
	u_int		 si_flags;
#define	SI_ETERNAL	0x0001
#define	SI_ALIAS	0x0002
#define	SI_NAMED	0x0004
#define	SI_CHILD	0x0010
#define	SI_DUMPDEV	0x0080
#define	SI_CLONELIST	0x0200
#define	SI_UNMAPPED	0x0400
#define	SI_NOSPLIT	0x0800
	struct timespec	 si_atime;
	struct timespec	 si_ctime;
	struct timespec	 si_mtime;
	uid_t		 si_uid;
	gid_t		 si_gid;
	mode_t		 si_mode;
	struct ucred	*si_cred;
	int		 si_drv0;
	int		 si_refcount;
	LIST_ENTRY(cdev) si_list;
	LIST_ENTRY(cdev) si_clone;
	LIST_HEAD(, cdev) si_children;
	LIST_ENTRY(cdev) si_siblings;
	struct cdev	*si_parent;
	struct mount	*si_mountpt;
	void		*si_drv1, *si_drv2;
	struct cdevsw	*si_devsw;	/* NULL: it is being destroyed */
	int		 si_iosize_max;
	u_long		 si_usecount;	/* open descriptors */
	u_long		 si_threadcount;	/* threads in its methods */
	union {
		struct snapdata *__sid_snapdata;
	} __si_u;
	char		 si_name[SPECNAMELEN + 1];
};

#define	UID_ROOT	0
#define	UID_BIN		3
#define	UID_UUCP	66
#define	UID_NOBODY	65534

#define	GID_WHEEL	0
#define	GID_KMEM	2
#define	GID_TTY		4
#define	GID_OPERATOR	5
#define	GID_BIN		7
#define	GID_GAMES	13
#define	GID_VIDEO	44
#define	GID_RT_PRIO	47
#define	GID_ID_PRIO	48
#define	GID_DIALER	68
#define	GID_U2F		116
#define	GID_NOGROUP	65533
#define	GID_NOBODY	65534

#ifdef _KERNEL
struct bio;
struct knote;
struct thread;
struct ucred;
struct uio;
struct vm_object;

typedef int d_open_t(struct cdev *dev, int oflags, int devtype,
    struct thread *td);
typedef int d_fdopen_t(struct cdev *dev, int oflags, struct thread *td,
    struct file *fp);
typedef int d_close_t(struct cdev *dev, int fflag, int devtype,
    struct thread *td);
typedef void d_strategy_t(struct bio *bp);
typedef int d_ioctl_t(struct cdev *dev, u_long cmd, caddr_t data, int fflag,
    struct thread *td);
typedef int d_read_t(struct cdev *dev, struct uio *uio, int ioflag);
typedef int d_write_t(struct cdev *dev, struct uio *uio, int ioflag);
typedef int d_poll_t(struct cdev *dev, int events, struct thread *td);
typedef int d_kqfilter_t(struct cdev *dev, struct knote *kn);
typedef int d_mmap_t(struct cdev *dev, vm_ooffset_t offset, vm_paddr_t *paddr,
    int nprot, vm_memattr_t *memattr);
typedef int d_mmap_single_t(struct cdev *cdev, vm_ooffset_t *offset,
    vm_size_t size, struct vm_object **object, int nprot);
typedef void d_purge_t(struct cdev *dev);

#define	D_TYPEMASK	0xffff

#define	D_TRACKCLOSE	0x00080000	/* d_close() at every close */
#define	D_MMAP_ANON	0x00100000
#define	D_NEEDGIANT	0x00400000	/* not here */
#define	D_NEEDMINOR	0x00800000	/* not here */

#define	D_VERSION_04	0x5c48c353
#define	D_VERSION	D_VERSION_04

#define	D_INIT		0x80000000	/* the kernel's own */

struct cdevsw {
	int		 d_version;
	u_int		 d_flags;
	const char	*d_name;
	d_open_t	*d_open;
	d_fdopen_t	*d_fdopen;
	d_close_t	*d_close;
	d_read_t	*d_read;
	d_write_t	*d_write;
	d_ioctl_t	*d_ioctl;
	d_poll_t	*d_poll;
	d_mmap_t	*d_mmap;
	d_strategy_t	*d_strategy;
	void		*d_spare0;
	d_kqfilter_t	*d_kqfilter;
	d_purge_t	*d_purge;
	d_mmap_single_t	*d_mmap_single;

	int32_t		 d_spare1[3];
	void		*d_spare2[3];

	/* The kernel's own. */
	LIST_HEAD(, cdev) d_devs;
	int		 d_spare3;
	union {
		struct cdevsw	*gianttrick;
		SLIST_ENTRY(cdevsw) postfree_list;
	} __d_giant;
};

#define	MAKEDEV_REF		0x01
#define	MAKEDEV_NOWAIT		0x04
#define	MAKEDEV_WAITOK		0x08
#define	MAKEDEV_ETERNAL		0x10
#define	MAKEDEV_CHECKNAME	0x20

struct make_dev_args {
	size_t		 mda_size;
	int		 mda_flags;
	struct cdevsw	*mda_devsw;
	struct ucred	*mda_cr;
	uid_t		 mda_uid;
	gid_t		 mda_gid;
	int		 mda_mode;
	int		 mda_unit;
	void		*mda_si_drv1;
	void		*mda_si_drv2;
};
void	make_dev_args_init_impl(struct make_dev_args *_args, size_t _sz);
#define	make_dev_args_init(a)						\
	make_dev_args_init_impl((a), sizeof(struct make_dev_args))

/*
 * Make a node.  Without MAKEDEV_CHECKNAME, a name that is taken or impossible
 * is a panic.  With it, fault injection ("make_dev_s") finds the name taken.
 */
int	make_dev_s(struct make_dev_args *_args, struct cdev **_cdev,
	    const char *_fmt, ...) __printflike(3, 4);

/* Wait until no thread is in a method, and let none in any more. */
void	destroy_dev(struct cdev *_dev);

struct cdevsw *dev_refthread(struct cdev *_dev, int *_ref);
void	dev_relthread(struct cdev *_dev, int _ref);

#define	dev2unit(d)	((d)->si_drv0)

/* Data of an open file; dtor runs when it is closed, or the node destroyed. */
typedef void d_priv_dtor_t(void *data);
int	devfs_get_cdevpriv(void **datap);
int	devfs_set_cdevpriv(void *priv, d_priv_dtor_t *dtr);
void	devfs_clear_cdevpriv(void);

#define	DEV_MODULE_ORDERED(name, evh, arg, ord)				\
static moduledata_t name##_mod = {					\
	.name = #name,							\
	.evhand = evh,							\
	.priv = arg							\
};									\
DECLARE_MODULE(name, name##_mod, SI_SUB_DRIVERS, ord)

#define	DEV_MODULE(name, evh, arg)					\
	DEV_MODULE_ORDERED(name, evh, arg, SI_ORDER_MIDDLE)
#endif /* _KERNEL */

#endif /* !_SYS_CONF_H_ */
