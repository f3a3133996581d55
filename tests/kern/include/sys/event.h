/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * kqueue(2): events, and the knotes by which a driver gives them.  The test
 * kernel has the filters of files, EVFILT_READ and EVFILT_WRITE.
 */

#ifndef _SYS_EVENT_H_
#define	_SYS_EVENT_H_

#include <sys/types.h>
#include <sys/queue.h>

#define	EVFILT_READ	(-1)
#define	EVFILT_WRITE	(-2)

struct kevent {
	__uintptr_t	 ident;
	short		 filter;
	unsigned short	 flags;
	unsigned int	 fflags;
	__int64_t	 data;
	void		*udata;
	__uint64_t	 ext[4];
};

#define	EV_ADD		0x0001
#define	EV_DELETE	0x0002
#define	EV_ENABLE	0x0004
#define	EV_DISABLE	0x0008
#define	EV_ONESHOT	0x0010
#define	EV_CLEAR	0x0020
#define	EV_DISPATCH	0x0080
#define	EV_EOF		0x8000
#define	EV_ERROR	0x4000

struct knote;
SLIST_HEAD(klist, knote);
struct kqueue;
TAILQ_HEAD(kqlist, kqueue);

/* The knotes of an object, under the object's own lock. */
struct knlist {
	struct klist	 kl_list;
	void		(*kl_lock)(void *);
	void		(*kl_unlock)(void *);
	void		(*kl_assert_lock)(void *, int);
	void		*kl_lockarg;
	int		 kl_autodestroy;
};

#ifdef _KERNEL
#define	KNF_LISTLOCKED	0x0001
#define	KNF_NOKQLOCK	0x0002

#define	KNOTE(list, hint, flags)	knote((list), (hint), (flags))
#define	KNOTE_LOCKED(list, hint)	knote((list), (hint), KNF_LISTLOCKED)
#define	KNOTE_UNLOCKED(list, hint)	knote((list), (hint), 0)
#define	KNLIST_EMPTY(list)		SLIST_EMPTY(&(list)->kl_list)

struct file;
struct kinfo_knote;
struct proc;
struct thread;

/* What a driver does for a knote.  f_event: with the knlist's lock held. */
struct filterops {
	int	f_isfd;
	int	(*f_attach)(struct knote *kn);
	void	(*f_detach)(struct knote *kn);
	int	(*f_event)(struct knote *kn, long hint);
	void	(*f_touch)(struct knote *kn, struct kevent *kev, u_long type);
	int	(*f_userdump)(struct proc *p, struct knote *kn,
		    struct kinfo_knote *kin);
	int	(*f_copy)(struct knote *kn, struct proc *p1);
};

struct knote {
	SLIST_ENTRY(knote) kn_link;
	SLIST_ENTRY(knote) kn_selnext;
	struct knlist	*kn_knlist;
	TAILQ_ENTRY(knote) kn_tqe;
	struct kqueue	*kn_kq;
	struct kevent	 kn_kevent;
	void		*kn_hook;
	int		 kn_hookid;
	int		 kn_status;
#define	KN_ACTIVE	0x01
#define	KN_QUEUED	0x02
#define	KN_DISABLED	0x04
#define	KN_DETACHED	0x08
#define	KN_SCAN		0x100
	int		 kn_influx;
	int		 kn_sfflags;
	int64_t		 kn_sdata;
	union {
		struct file	*p_fp;
		void		*p_v;
	} kn_ptr;
	const struct filterops *kn_fop;

#define	kn_id		kn_kevent.ident
#define	kn_filter	kn_kevent.filter
#define	kn_flags	kn_kevent.flags
#define	kn_fflags	kn_kevent.fflags
#define	kn_data		kn_kevent.data
#define	kn_fp		kn_ptr.p_fp
};

struct mtx;

void	knote(struct knlist *list, long hint, int lockflags);
void	knlist_add(struct knlist *knl, struct knote *kn, int islocked);
void	knlist_remove(struct knlist *knl, struct knote *kn, int islocked);
int	knlist_empty(struct knlist *knl);
void	knlist_init_mtx(struct knlist *knl, struct mtx *lock);
void	knlist_destroy(struct knlist *knl);
void	knlist_cleardel(struct knlist *knl, struct thread *td, int islocked,
	    int killkn);
#define	knlist_clear(knl, islocked)					\
	knlist_cleardel((knl), NULL, (islocked), 0)
#define	knlist_delete(knl, td, islocked)				\
	knlist_cleardel((knl), (td), (islocked), 1)
#endif /* _KERNEL */

#endif /* !_SYS_EVENT_H_ */
