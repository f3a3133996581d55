/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The test kernel's own interface: booting and stopping it, its scheduler,
 * agents (devices that live outside the kernel), fault injection, ledgers and
 * the way a broken rule ends the program.  FreeBSD's interface is in the
 * headers under include/.
 *
 * Both sides include this file: the kernel side (freestanding, FreeBSD's
 * headers) and the host side (libc).  It therefore uses nothing but the
 * compiler's own headers and opaque structs.
 *
 * Unless a comment says otherwise a function may be called from any kernel
 * thread and any agent, with or without locks, and does not sleep.
 */

#ifndef _TK_H_
#define	_TK_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lock_object;
struct thread;

#define	TK_PRINTFLIKE(fmt, args)	\
	__attribute__((__format__(__printf__, fmt, args)))

/*
 * Are both strings equal?  For the test kernel's searches: where a sanitizer
 * replaces strcmp(), one call costs more than a short search, and libFuzzer
 * takes each string that is compared for something that the input wants.
 */
static inline bool
tk_streq(const char *a, const char *b)
{
	while (a != b && *a == *b && *a != '\0') {
		a++;
		b++;
	}
	return (*a == *b);
}

/* Exit status of a program whose kernel was stopped by a rule, or panicked. */
#define	TK_EXIT_STOP	70
#define	TK_EXIT_PANIC	71

/*
 * Boot and shutdown
 */

enum tk_mode {
	/*
	 * One thread runs at a time.  A generator that starts from the boot's
	 * seed decides which, so equal seeds give equal runs.  Time is virtual:
	 * it stands still while a thread can run, and jumps to the next
	 * deadline when none can.
	 */
	TK_DETERMINISTIC,
	/* Every thread really runs; time is CLOCK_MONOTONIC's. */
	TK_THREADED
};

struct tk_boot_args {
	enum tk_mode	 mode;
	/* No pages are protected: see tk_dma_traps(). */
	bool		 no_dma_traps;
	uint64_t	 seed;		/* 0: KERN_SEED, or 1 */
	/*
	 * Deterministic mode: a thread may be switched after at most so many
	 * calls of the kernel's interface.  1: at each call.  0: KERN_PREEMPT,
	 * or 32, which is faster.
	 */
	unsigned int	 preempt;
	/* Ticks a second; 0: 1000.  FreeBSD has 100 in a virtual machine. */
	unsigned int	 hz;
	size_t		 ram_size;	/* guest RAM in bytes; 0: default */
	int		 ram_fd;	/* file to map it from; -1: anonymous */
	void		*ram_base;	/* mapped already; NULL: map it */
};

/*
 * Boot.  The calling host thread becomes thread0.  NULL stands for
 * deterministic mode, the seed of KERN_SEED (or 1) and anonymous RAM.
 */
void	tk_boot(const struct tk_boot_args *);

/*
 * Shut down: run the TK_FINI functions, stop the kernel's own threads and
 * check every ledger.  Returns the number of leaks after a line for each that
 * names who allocated it.  Only thread0 may call this, holding no lock.  The
 * kernel may be booted again afterwards.
 */
int	tk_shutdown(void);

bool	tk_booted(void);
enum tk_mode tk_boot_mode(void);
uint64_t tk_boot_seed(void);
const struct tk_boot_args *tk_boot_args(void);

/*
 * Functions that run at each boot and at each shutdown, before the ledgers are
 * read.  Boot functions run in thread0, by ascending priority, then name.
 * Those with a priority of 100 or more run when threads, locks, callouts,
 * malloc(9) and the kernel's task queues work, but before any driver's SYSINIT.
 * Shutdown functions run in the reverse order.  Priorities 0 to 99 belong to
 * the core.
 */
struct tk_hook {
	void		(*fn)(void);
	const char	*name;
	int		 priority;
	bool		 fini;
	struct tk_hook	*next;
};
void	tk_hook_register(struct tk_hook *);

#define	TK_HOOK_(func, prio, is_fini)					\
	static struct tk_hook tk_hook_##func = {			\
		.fn = func, .name = #func, .priority = (prio),		\
		.fini = (is_fini)					\
	};								\
	__attribute__((__constructor__)) static void			\
	tk_hook_add_##func(void)					\
	{								\
		tk_hook_register(&tk_hook_##func);			\
	}								\
	struct tk_hook_semicolon_
/* Devices and modules end here; what they use, at a lower priority. */
#define	TK_HOOK_MODULES			180
#define	TK_INIT(func)			TK_HOOK_(func, 500, false)
#define	TK_FINI(func)			TK_HOOK_(func, 500, true)
#define	TK_INIT_PRIO(func, prio)	TK_HOOK_(func, prio, false)
#define	TK_FINI_PRIO(func, prio)	TK_HOOK_(func, prio, true)

/*
 * Broken rules
 */

/*
 * A rule was broken: print the one line
 *	tk: RULE: MESSAGE at FILE:LINE (FUNCTION)
 * and exit with TK_EXIT_STOP.  The place is the first caller outside the test
 * kernel; tests count as outside.
 */
void	tk_stop(const char *rule, const char *fmt, ...)
	    __attribute__((__noreturn__)) TK_PRINTFLIKE(2, 3);

/*
 * A rule that FreeBSD has in kernels with INVARIANTS or WITNESS alone.  In the
 * release kernel this does nothing, and the caller goes on as FreeBSD does.
 */
#ifdef INVARIANTS
#define	TK_WITNESS	1
#define	tk_debug_stop	tk_stop
#else
#define	TK_WITNESS	0
#define	tk_debug_stop(...) do {						\
	if (false)							\
		tk_stop(__VA_ARGS__);					\
} while (0)
#endif

/*
 * Where a call came from: return addresses, innermost first.  tk_where() is
 * cheap: it follows frame pointers.  tk_where_str() is for reports only.  It
 * names the first caller outside the test kernel and, if that is a wrapper in
 * common/ or kpi/, also the wrapper's caller.
 */
#define	TK_WHERE_DEPTH	8
struct tk_where {
	void		*pc[TK_WHERE_DEPTH];
};
void	tk_where(struct tk_where *);
const char *tk_where_str(const struct tk_where *, char *buf, size_t len);

/*
 * Ledgers: what must be empty at shutdown
 */

/*
 * Register a leak check, from a constructor or a boot function.  At each
 * shutdown report(true) returns how many objects are left and prints a line
 * for each, best with tk_leak(); report(false) only counts.  Registering the
 * same name again replaces the function.
 */
void	tk_ledger(const char *name, int (*report)(bool print));

/*
 * The number of objects in the named ledger now, to be compared with an earlier
 * count: the running kernel's own objects are included.  -1 if there is no such
 * ledger.
 */
int	tk_ledger_count(const char *name);

/* Print "tk: leak: WHAT, from FILE:LINE (FUNCTION)". */
void	tk_leak(const struct tk_where *, const char *fmt, ...)
	    TK_PRINTFLIKE(2, 3);

/*
 * Fault injection
 */

/*
 * Every call that can fail asks this, with its own name.  Returns true if the
 * call must fail: the nth such call (1 is the next) after tk_fault_set(call,
 * n), or with KERN_FAULT=call:n in the environment.
 */
bool	tk_fault(const char *call);
/*
 * The same for a call that may fail by its contract but never does in FreeBSD.
 * It fails only if a test names it.
 */
bool	tk_fault_named(const char *call);
void	tk_fault_set(const char *call, int nth);
void	tk_fault_clear(void);
/*
 * How often tk_fault() was asked about the call since boot or tk_fault_clear().
 */
int	tk_fault_calls(const char *call);

/*
 * The same for calls of any name.  tk_fault_set_any(): the nth from now on
 * fails; 0: none.  tk_fault_set_from(): the nth and all after it fail.
 * tk_fault_calls_any(): how often tk_fault() was asked.  tk_fault_failed(): the
 * name of the call that failed first, NULL if none has failed yet.
 * tk_test_walk.h makes each call fail in turn.
 */
void	tk_fault_set_any(int nth);
void	tk_fault_set_from(int nth);
int	tk_fault_calls_any(void);
const char *tk_fault_failed(void);

/*
 * Between tk_fault_spare(true) and tk_fault_spare(false) no call fails or is
 * counted.  For the kernel's own calls whose failure makes FreeBSD panic, and
 * for what a test prepares before its sequence.
 */
void	tk_fault_spare(bool spare);

/*
 * The scheduler
 */

/*
 * A possible switch point.  Every call of the kernel's interface makes one.  In
 * deterministic mode the generator decides whether to switch; there is no
 * switch while interrupts are off (spin mutex, filter) or in a critical
 * section.  In threaded mode nothing happens.
 */
void	tk_preempt_slow(void);
extern int tk_preempt_left;	/* calls until the next switch, if positive */
extern bool tk_deterministic;
static inline void
tk_preempt(void)
{
	if (tk_deterministic && --tk_preempt_left <= 0)
		tk_preempt_slow();
}

/* A step of a busy wait: lets other threads run, and time pass. */
void	tk_spinwait(void);

/*
 * The lock of the kernel's internals.  Not recursive.  With it held, nothing
 * that blocks or switches may be called but tk_block().  In deterministic mode
 * it costs nothing, because only one thread runs.
 */
void	tk_lock(void);
void	tk_unlock(void);

/*
 * Sleep on a channel until tk_wake() of it (true) or the deadline in kernel
 * time (false; negative: none).  Called with tk_lock() held, which it releases
 * while it sleeps and holds again on return.  This primitive does not check the
 * context.  Kernel code sleeps with msleep(9) and its like.
 */
bool	tk_block(const void *chan, const char *wmesg, int64_t deadline_ns);
/*
 * Wake all threads that sleep on the channel, or the one that came first.  With
 * tk_lock() held.  Returns how many were woken.
 */
int	tk_wake(const void *chan);
int	tk_wake_one(const void *chan);

/*
 * Kernel uptime in nanoseconds.  It begins at one second, as FreeBSD's does.
 */
int64_t	tk_now_ns(void);

/*
 * A number from the boot's generator.  To keep runs repeatable, only code that
 * is itself repeatable may call this.
 */
uint64_t tk_random(void);

/*
 * A digest of every scheduling decision so far: which thread was chosen, at
 * what time.  Equal seeds give equal digests.  For no other use.
 */
uint64_t tk_sched_trace(void);

/* Threads and agents alive, thread0 included. */
int	tk_sched_count(void);

/* Let a PCATCH sleep of this thread return EINTR, now or when it comes. */
void	tk_thread_interrupt(struct thread *);

/*
 * Between tk_panicked(true) and tk_panicked(false) the kernel is in the state
 * in which panic(9) runs shutdown and dump.  Only the calling thread and agents
 * run.  No interrupt is delivered, and a mutex is taken even if another thread
 * holds it.  FreeBSD's sleeps then return at once, and threads that are woken
 * and tasks that are enqueued do not run: here code that sleeps, wakes or
 * enqueues breaks a rule.  Only for threads, in deterministic mode.
 */
void	tk_panicked(bool on);

/*
 * What the kernel asked init(8) for: the argument of the last shutdown_nice(9);
 * -1 if there was none.
 */
int	tk_shutdown_asked(void);

/*
 * Contexts
 */

enum tk_context {
	TK_CTX_THREAD,		/* may sleep */
	TK_CTX_TASK,		/* taskqueue(9): may sleep */
	TK_CTX_ITHREAD,		/* interrupt handler: mutexes, no sleep */
	TK_CTX_CALLOUT,		/* callout(9): mutexes, no sleep */
	TK_CTX_FILTER		/* filter: spin mutexes only */
};

/* Context of the calling thread; an agent is in TK_CTX_FILTER or none. */
enum tk_context tk_context(void);

/*
 * A handler runs between these two calls.  The second stops the kernel if the
 * handler returns in a critical section, or with a lock held that was not held
 * when it began.  `what' names the handler in the message.
 */
struct tk_ctx_mark {
	enum tk_context	 ctx;
	int		 locks;
	int		 critnest;
	bool		 no_sleeping;
	/* The handler, for messages; tk_ctx_enter() sets it to NULL. */
	const void	*handler;
};
void	tk_ctx_enter(struct tk_ctx_mark *, enum tk_context);
void	tk_ctx_leave(const struct tk_ctx_mark *, const char *what);

/*
 * Between these two calls the calling host thread, agent or kernel thread runs
 * a filter: no sleeping, no default mutex, no M_WAITOK.  A host thread that the
 * kernel does not know may use them in threaded mode only.
 */
void	tk_intr_enter(void);
void	tk_intr_exit(void);

/*
 * Raise an interrupt here: run fn(arg) in filter context.  While the calling
 * thread has interrupts off (it holds a spin mutex, or runs a filter), the
 * interrupt stays pending until they are on again.  If it is raised twice while
 * pending, it runs once.
 */
void	tk_intr_run(void (*fn)(void *), void *arg);

/*
 * Stop unless the caller may sleep.  `locked' (may be NULL) is a lock that
 * the sleep releases.  what: the call, for the message.
 */
void	tk_may_sleep(const struct lock_object *locked, const char *what);

/* Locks that the calling thread holds. */
int	tk_locks_held(void);

/*
 * Agents: devices outside the kernel
 */

struct tk_agent;

/*
 * Start an agent: a thread that the scheduler knows but that is no kernel
 * thread.  It may raise interrupts (tk_intr_run()).  It may wait only with
 * tk_agent_wait(), never on a kernel primitive, and may take locks only inside
 * an interrupt.  *agent is set before the agent runs, so that what it does may
 * kick it.
 */
void	tk_agent_create(struct tk_agent **agent, const char *name,
	    void (*fn)(void *), void *arg);
/*
 * In the agent: sleep until kicked (true) or until the deadline in kernel
 * time (false); a negative deadline never comes.  A kick is remembered; kicks
 * do not add up.  Also returns true when the agent is asked to stop.
 */
bool	tk_agent_wait(int64_t deadline_ns);
/* In the agent: was it asked to stop? */
bool	tk_agent_stopping(void);
/* From anywhere, filters included. */
void	tk_agent_kick(struct tk_agent *);
/* Ask the agent to end, wait until it has, free it.  May sleep. */
void	tk_agent_stop(struct tk_agent *);

/*
 * A device's own lock, for state that the CPU's side and an agent share.  It is
 * no kernel lock: any context may take it, with any lock held.  While it is
 * held, nothing may switch threads or raise interrupts.
 */
struct tk_devlock;
struct tk_devlock *tk_devlock_create(const char *name);
void	tk_devlock_destroy(struct tk_devlock *);
void	tk_devlock_enter(struct tk_devlock *);
void	tk_devlock_leave(struct tk_devlock *);

/*
 * Console
 */

/* What the kernel printed since boot, the last 64 kB of it. */
const char *tk_msgbuf(void);
/* Keep the kernel's output off the terminal (it still reaches tk_msgbuf()). */
void	tk_console_quiet(bool);

/*
 * The environment of kern_getenv(9) starts with the variables named in
 * KERN_ENV (name=value, separated by semicolons).
 */

/*
 * Guest memory: tk_ram.c
 */

/* The memory at a bus address; NULL unless all of it is guest RAM. */
void	*tk_ram_ptr(uint64_t paddr, size_t len);
/* A device wrote these bytes.  The CPU must not read them before POSTREAD. */
void	tk_dma_device_wrote(uint64_t paddr, size_t len);

#endif /* !_TK_H_ */
