/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* What the core's files share with each other and with no other file. */

#ifndef _TK_VAR_H_
#define	_TK_VAR_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/queue.h>

#include "tk.h"
#include "tk_host.h"

/*
 * What the scheduler switches between: kernel threads, agents and, in threaded
 * mode, host threads that raise an interrupt.
 *
 * Locks: (t) tk_lock(); (o) the thread itself; (c) constant.
 */
enum tk_lwp_kind { TK_LWP_THREAD, TK_LWP_AGENT, TK_LWP_VISITOR };
enum tk_lwp_state { TK_LWP_READY, TK_LWP_WAITING, TK_LWP_DONE };

#define	TK_INTR_DEPTH	4
#define	TK_INTR_PENDING	32

struct tk_intr_frame {
	const void	*handler;	/* for messages; or NULL */
	struct thread	*td;		/* curthread before */
	int		 context;
	u_int		 hbase;
};

struct tk_lwp {
	TAILQ_ENTRY(tk_lwp) link;	/* (t) all, in order of creation */
	TAILQ_ENTRY(tk_lwp) wait;	/* (t) waiting, in order of arrival */
	int		 id;		/* (c) */
	enum tk_lwp_kind kind;		/* (c) */
	enum tk_lwp_state state;	/* (t) */
	char		 name[32];	/* (c) */
	struct tk_where	 created;	/* (c) */
	bool		 system;	/* (c) the kernel's own: no leak */
	bool		 detached;	/* (c) nobody joins it */
	struct tkh_thread *host;	/* (c) or the fiber */
	struct tkh_fiber *fiber;	/* (c) */
	struct tkh_waiter *waiter;	/* (c) of a host thread */
	void		(*fn)(void *);	/* (c) */
	void		*arg;		/* (c) */
	uintptr_t	 stack_lo;	/* (o) */
	uintptr_t	 stack_hi;	/* (o) */

	const void	*chan;		/* (t) */
	const char	*wmesg;		/* (t) */
	int64_t		 deadline;	/* (t) */
	bool		 woken;		/* (t) rather than timed out */
	bool		 catches;	/* (t) the sleep is PCATCH */
	bool		 interrupted;	/* (t) a "signal" is pending */

	int		 nopreempt;	/* (o) */
	int		 intr_depth;	/* (o) */
	uint64_t	 intr_seq;	/* of the interrupt it is in, 0: none */
	struct tk_intr_frame intr[TK_INTR_DEPTH];	/* (o) */
	int		 npending;	/* (o) */
	struct {
		void	(*fn)(void *);
		void	*arg;
	} pending[TK_INTR_PENDING];	/* (o) */

	struct thread	 td;
};

TAILQ_HEAD(tk_lwp_list, tk_lwp);
extern struct tk_lwp_list tk_lwps;

extern _Thread_local struct tk_lwp *tk_self;

/* tk_sched.c */
void	tk_sched_boot(const struct tk_boot_args *);
void	tk_sched_shutdown(void);
struct tk_lwp *tk_lwp_create(enum tk_lwp_kind, const char *name,
	    void (*fn)(void *), void *arg, bool system, struct thread **tdptr,
	    bool detached);
void	tk_lwp_adopt(void);
void	tk_lwp_exit(void) __dead2;
/* Wait until the thread has ended, and free it.  May block. */
void	tk_lwp_join(struct tk_lwp *);
int	tk_lwp_leaks(bool print);
/* The two halves of tk_block(): join the queue, then wait.  (t) held. */
void	tk_wait_enter(const void *chan, const char *wmesg, int64_t deadline);
bool	tk_wait_park(void);
/* Threads asleep on the channel.  (t) held. */
int	tk_waiters(const void *chan);

/* tk_intr.c */
void	tk_intr_run_pending(void);
/* Wait until all filters that run now on other threads have returned. */
void	tk_intr_wait_all(void);

/* kern_tc.c */
void	tk_clock_boot(void);
void	tk_clock_update(int64_t now_ns);
int64_t	tk_sbt_to_ns(sbintime_t);
sbintime_t tk_tick_sbt(int64_t n);

/* tk_stop.c */
void	tk_where_from(void *frame, void **pc, int depth);
/* As tk_stop(), but the place is this function; with NULL, as tk_stop(). */
void	tk_stop_at(const void *fn, const char *rule, const char *fmt, ...)
	    __dead2 TK_PRINTFLIKE(3, 4);
const char *tk_pcs_str(void *const *pcs, int n, char *buf, size_t len);

/* subr_witness.c */
void	tk_witness_boot(void);
void	tk_witness_shutdown(void);
enum tk_lock_index {
	TK_LOCK_MTX_SLEEP, TK_LOCK_MTX_SPIN, TK_LOCK_SX, TK_LOCK_RW
};
void	tk_lock_init(struct lock_object *, enum tk_lock_index,
	    const char *name, const char *type, u_int lo_flags);
void	tk_lock_destroy(struct lock_object *);
/* Stop unless this is a live lock of this class. */
void	tk_lock_live(const struct lock_object *, enum tk_lock_index,
	    const char *what);
/* Called before waiting for the lock: checks lock order and context. */
void	tk_lock_check(struct lock_object *, int flags, bool shared);
/* This thread has acquired the lock, or releases it. */
void	tk_lock_got(struct lock_object *, bool shared, void *frame);
void	tk_lock_put(struct lock_object *, bool shared, const char *what);
struct tk_held *tk_lock_held(const struct lock_object *, bool shared);
const char *tk_held_str(const struct tk_held *, char *buf, size_t len);
/* Memory is being freed: stop if it contains live locks. */
void	tk_lock_check_free(const void *, size_t);
int	tk_lock_leaks(bool print);
/* A handler returned: stop if it holds locks beyond the first `base'. */
void	tk_lock_check_none(u_int base, const char *what, const void *handler);

/*
 * A lock that may be taken with tk_lock() held.  It guards the registries of
 * memory and locks.
 */
void	tk_leaf_lock(void);
void	tk_leaf_unlock(void);

/* kern_mutex.c: release a mutex before a sleep, and take it again. */
void	tk_mtx_release_locked(struct mtx *);		/* (t) held */
void	tk_mtx_reacquire(struct mtx *, const struct tk_held *);

/*
 * tk_shlock.c: what sx and rw locks share.  The word holds the owner or, above
 * the flag for shared locking, the number of sharers.
 */
struct tk_shlock {
	struct lock_object	 lo;
	volatile uintptr_t	 word;
};
void	tk_sh_init(struct tk_shlock *, enum tk_lock_index, const char *name,
	    u_int lo_flags);
void	tk_sh_destroy(struct tk_shlock *, enum tk_lock_index);
int	tk_sh_lock(struct tk_shlock *, enum tk_lock_index, bool shared,
	    bool catches, const char *what, void *frame);
bool	tk_sh_try(struct tk_shlock *, enum tk_lock_index, bool shared,
	    const char *what, void *frame);
void	tk_sh_unlock(struct tk_shlock *, enum tk_lock_index, bool shared,
	    const char *what);
bool	tk_sh_upgrade(struct tk_shlock *, enum tk_lock_index,
	    const char *what);
void	tk_sh_downgrade(struct tk_shlock *, enum tk_lock_index,
	    const char *what);
void	tk_sh_assert(const struct tk_shlock *, enum tk_lock_index, int what);
bool	tk_sh_xowned(const struct tk_shlock *);
/* Around a sleep; the first is called with (t) held. */
void	tk_sh_release_locked(struct tk_shlock *, bool shared);
void	tk_sh_reacquire(struct tk_shlock *, enum tk_lock_index,
	    const struct tk_held *);

/* kern_synch.c: every sleep of msleep(9) and condvar(9). */
int	tk_sleep(const void *chan, struct lock_object *, int pri,
	    const char *wmesg, int64_t deadline, const char *what);
/*
 * Stop if the kernel has panicked: then no thread may sleep, wake or enqueue.
 */
void	tk_not_panicked(const char *what);
/* Deliver the interrupts that are due. */
void	tk_irq_poke_all(void);
int64_t	tk_sleep_deadline(sbintime_t sbt, sbintime_t pr, int flags);

/* kern_timeout.c */
void	tk_callout_check_free(const void *, size_t);

/* subr_taskqueue.c */
void	tk_task_check_free(const void *, size_t);

/* tk_tomb.c */
void	tk_tombs_free(void);

/* tk_ledger.c */
int	tk_ledger_check(void);

/* subr_prf.c */
void	tk_prf_boot(void);
void	tk_cons_write(const char *, size_t);

/* Stop the kernel unless it is booted. */
void	tk_need_boot(const char *what);

/*
 * Calls through function pointers of several types, which the sanitizer would
 * report.
 */
#define	TK_ANY_FN	__attribute__((__no_sanitize__("function")))

#endif /* !_TK_VAR_H_ */
