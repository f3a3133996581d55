/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The test kernel's scheduler: threads and agents, sleeping on channels,
 * kernel time, interrupts on the calling thread.
 *
 * Every schedulable thing is a host thread.  In threaded mode all of them run
 * and tk_lock() is a real lock.  In deterministic mode one thread at a time
 * holds the baton.  It passes the baton on when it waits or when tk_preempt()
 * says so, so nothing else needs a lock.  The next thread is chosen by a
 * generator that starts from the boot's seed.  Virtual time moves only when no
 * thread can run.  A run therefore depends on the seed alone: not on the host's
 * time, its addresses or its scheduler.  In this mode threads are fibers where
 * tkh_fibers() says that they can be, and a switch to the fiber passes the
 * baton on.  The schedule is the same with both.
 *
 * Left out: priorities (any ready thread may be next) and CPUs (one).
 */

#include "tk_var.h"

#define	TK_UPTIME_START	((int64_t)1000000000)
/* On average a switch at every sixteenth call. */
#define	TK_PREEMPT_SPREAD	32	/* calls between switches, at most */
/* Busy waits: steps until the step gets longer, and until the run stops. */
#define	TK_SPIN_GROW	1000
#define	TK_SPIN_MAX	1000000
#define	TK_CLOCK_READS	10000
#define	TK_SETTLE_STEPS	1000

struct tk_lwp_list tk_lwps = TAILQ_HEAD_INITIALIZER(tk_lwps);
static TAILQ_HEAD(, tk_lwp) tk_waitq = TAILQ_HEAD_INITIALIZER(tk_waitq);

_Thread_local struct tk_lwp *tk_self;
_Thread_local struct thread *tk_curthread;
static _Thread_local u_int self_generation;

struct proc proc0 = { .p_pid = 0, .p_comm = "kernel" };

bool tk_deterministic;
static bool fibers;
int tk_preempt_left;
static unsigned int preempt_spread;

static bool booted;
static u_int boot_generation;
static struct tk_boot_args boot_args;
static int next_id;			/* (t) */
static int nready;			/* ready, without the running one */
static int lock_depth;			/* deterministic mode's tk_lock() */
static uint64_t prng_sched;		/* for choices of the scheduler */
static uint64_t prng_user;		/* for tk_random() */
static uint64_t trace_hash;
static int64_t virtual_now;
static int64_t clock_offset;		/* host's clock to kernel's, ns */
static int spin_steps;			/* since another one ran */
static int clock_reads;			/* or since time moved */
static struct tk_lwp *panicker;		/* alone, after a panic */

/*
 * Random numbers: splitmix64.
 */
static uint64_t
prng_next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31));
}

uint64_t
tk_random(void)
{
	uint64_t r;

	tk_leaf_lock();
	r = prng_next(&prng_user);
	tk_leaf_unlock();
	return (r);
}

/* One more fact about the run: FNV-1a over 64 bits at a time. */
static void
trace_add(uint64_t fact)
{
	trace_hash = (trace_hash ^ fact) * 0x100000001b3u;
}

uint64_t
tk_sched_trace(void)
{
	return (trace_hash);
}

/*
 * The lock of the internals.
 */
void
tk_lock(void)
{
	if (!tk_deterministic)
		tkh_lock();
	else if (lock_depth++ != 0)
		tk_stop("tk-lock", "tk_lock() taken twice");
}

void
tk_unlock(void)
{
	if (!tk_deterministic)
		tkh_unlock();
	else
		lock_depth--;
}

/*
 * Time.
 */
static int64_t
host_deadline(int64_t deadline)
{
	return (deadline < 0 ? -1 : deadline + clock_offset);
}

int64_t
tk_now_ns(void)
{
	int64_t now;

	if (!tk_deterministic) {
		now = tkh_clock_ns() - clock_offset;
		tk_clock_update(now);
		return (now);
	}
	/* A loop that only reads the clock would never see it move. */
	if (++clock_reads > TK_CLOCK_READS && tk_self != NULL &&
	    lock_depth == 0) {
		clock_reads = 0;
		tk_spinwait();
	}
	return (virtual_now);
}

static void
time_advance(int64_t to)
{
	virtual_now = to;
	clock_reads = 0;
	trace_add((uint64_t)to);
	tk_clock_update(to);
}

/* Choosing the next thread, in deterministic mode. */
static void
make_ready(struct tk_lwp *l, bool woken)
{
	TAILQ_REMOVE(&tk_waitq, l, wait);
	l->state = TK_LWP_READY;
	l->woken = woken;
	l->chan = NULL;
	if (tk_deterministic)
		nready++;
	else
		tkh_wake(l->waiter);
}

static void
deadlock(void)
{
	char text[1024];
	struct tk_lwp *l;
	int n = 0;

	text[0] = '\0';
	TAILQ_FOREACH(l, &tk_waitq, wait) {
		/* These threads merely have nothing to do. */
		if ((l->system && l->id != 0) || strcmp(l->wmesg, "-") == 0)
			continue;
		n += snprintf(text + n, sizeof(text) - n, "%s%s \"%s\" on %s",
		    n == 0 ? "" : "; ",
		    l->kind == TK_LWP_AGENT ? "agent" : "thread", l->name,
		    l->wmesg);
		if (n >= (int)sizeof(text))
			break;
	}
	lock_depth = 0;
	tk_stop("deadlock", "everyone waits and nothing will wake them: %s",
	    text);
}

/* No thread can run: jump to the next deadline. */
static void
time_to_next_deadline(void)
{
	struct tk_lwp *l, *tmp;
	int64_t next = -1;

	TAILQ_FOREACH(l, &tk_waitq, wait) {
		if (l->deadline >= 0 && (next < 0 || l->deadline < next))
			next = l->deadline;
	}
	if (next < 0)
		deadlock();
	if (next > virtual_now)
		time_advance(next);
	TAILQ_FOREACH_SAFE(l, &tk_waitq, wait, tmp) {
		if (l->deadline >= 0 && l->deadline <= virtual_now)
			make_ready(l, false);
	}
}

/* May it run?  After a panic only the panicking thread and agents run. */
static bool
runs(const struct tk_lwp *l)
{
	return (l->state == TK_LWP_READY && (panicker == NULL ||
	    l == panicker || l->kind == TK_LWP_AGENT));
}

/* How many may run, the running one not counted. */
static int
runnable(void)
{
	struct tk_lwp *l;
	int n = 0;

	if (panicker == NULL)
		return (nready);
	TAILQ_FOREACH(l, &tk_lwps, link)
		n += runs(l) && l != tk_self;
	return (n);
}

/*
 * The same for a thread that waits or is done.  It counts itself, too, once it
 * is ready.
 */
static int
runnable_or_self(void)
{
	return (runnable() + (panicker != NULL && runs(tk_self) ? 1 : 0));
}

void
tk_panicked(bool on)
{
	if (!tk_deterministic || curthread == NULL)
		tk_stop("boot", "tk_panicked() outside deterministic mode, or "
		    "a thread");
	panicker = on ? tk_self : NULL;
	panicstr = on ? "for a test" : NULL;
	scheduler_stopped = on;
	/* What became due meanwhile. */
	if (!on)
		tk_irq_poke_all();
}

/* Choose one of the n that may run.  The caller lets it run. */
static struct tk_lwp *
choose(int n)
{
	struct tk_lwp *l;
	uint64_t skip;

	skip = prng_next(&prng_sched) % n;
	TAILQ_FOREACH(l, &tk_lwps, link) {
		if (runs(l) && skip-- == 0)
			break;
	}
	nready--;
	trace_add((uint64_t)l->id << 48 ^ (uint64_t)virtual_now);
	return (l);
}

/* All fibers share the variables of one host thread. */
static void
switch_fiber(struct tk_lwp *self, struct tk_lwp *next, bool ends)
{
	struct thread *td = tk_curthread;

	tkh_fiber_switch(next->fiber, ends);
	tk_self = self;
	tk_curthread = td;
}

/*
 * Give the baton to `next'.  Unless this thread ends, wait to get the baton
 * back.
 */
static void
switch_to(struct tk_lwp *next)
{
	struct tk_lwp *self = tk_self;
	bool ends = self->state == TK_LWP_DONE;

	if (next == self)
		return;
	spin_steps = 0;
	clock_reads = 0;
	if (fibers) {
		switch_fiber(self, next, ends);
		return;
	}
	tkh_baton_give(next->waiter);
	if (!ends)
		tkh_baton_take(self->waiter);
}

static bool
may_switch(const struct tk_lwp *l)
{
	return (lock_depth == 0 && l->nopreempt == 0 && l->intr_depth == 0 &&
	    l->td.td_critnest == 0);
}

void
tk_preempt_slow(void)
{
	struct tk_lwp *self = tk_self;
	int n;

	tk_preempt_left = 1 + prng_next(&prng_sched) % preempt_spread;
	if (nready == 0 || self == NULL || !may_switch(self))
		return;
	n = runnable() + 1;		/* we stay ready */
	if (n == 1)
		return;
	nready++;
	switch_to(choose(n));
}

/*
 * A busy wait makes progress even with interrupts off: on a real machine the
 * other CPUs run meanwhile.  A thread that spins waits for a microsecond, and
 * for longer when it keeps spinning, so that time moves even if all threads
 * spin.
 */
void
tk_spinwait(void)
{
	static const char spin_chan;
	int steps;

	if (!tk_deterministic) {
		tkh_yield();
		return;
	}
	if (tk_self == NULL || lock_depth != 0 || tk_self->nopreempt != 0)
		return;
	steps = ++spin_steps;
	if (steps > TK_SPIN_MAX)
		tk_stop("deadlock", "a busy wait that never ends");
	tk_lock();
	(void)tk_block(&spin_chan, "spin", virtual_now +
	    ((int64_t)1000 << imin(steps / TK_SPIN_GROW, 10)));
	tk_unlock();
}

/*
 * Sleeping on a channel.
 */
void
tk_wait_enter(const void *chan, const char *wmesg, int64_t deadline)
{
	struct tk_lwp *self = tk_self;

	if (self == NULL)
		tk_stop("agent", "wait \"%s\" in a host thread that the kernel "
		    "does not know", wmesg);
	if (self->nopreempt != 0)
		tk_stop("devlock", "wait \"%s\" with a device lock held",
		    wmesg);
	self->chan = chan;
	self->wmesg = wmesg;
	self->deadline = deadline;
	self->woken = false;
	self->state = TK_LWP_WAITING;
	TAILQ_INSERT_TAIL(&tk_waitq, self, wait);
}

static void
park_deterministic(void)
{
	int n;

	lock_depth = 0;
	while ((n = runnable_or_self()) == 0)
		time_to_next_deadline();
	switch_to(choose(n));
	lock_depth = 1;
}

static void
park_threaded(struct tk_lwp *self)
{
	while (self->state == TK_LWP_WAITING) {
		if (tkh_wait(self->waiter, host_deadline(self->deadline)) ||
		    self->state != TK_LWP_WAITING)
			continue;
		TAILQ_REMOVE(&tk_waitq, self, wait);
		self->state = TK_LWP_READY;
		self->chan = NULL;
	}
}

bool
tk_wait_park(void)
{
	struct tk_lwp *self = tk_self;

	if (tk_deterministic)
		park_deterministic();
	else
		park_threaded(self);
	return (self->woken);
}

bool
tk_block(const void *chan, const char *wmesg, int64_t deadline)
{
	tk_wait_enter(chan, wmesg, deadline);
	return (tk_wait_park());
}

int
tk_waiters(const void *chan)
{
	struct tk_lwp *l;
	int n = 0;

	TAILQ_FOREACH(l, &tk_waitq, wait)
		n += l->chan == chan;
	return (n);
}

int
tk_wake(const void *chan)
{
	struct tk_lwp *l, *tmp;
	int n = 0;

	TAILQ_FOREACH_SAFE(l, &tk_waitq, wait, tmp) {
		if (l->chan == chan) {
			make_ready(l, true);
			n++;
		}
	}
	return (n);
}

int
tk_wake_one(const void *chan)
{
	struct tk_lwp *l;

	TAILQ_FOREACH(l, &tk_waitq, wait) {
		if (l->chan == chan) {
			make_ready(l, true);
			return (1);
		}
	}
	return (0);
}

void
tk_thread_interrupt(struct thread *td)
{
	struct tk_lwp *l = td->td_lwp;

	tk_lock();
	l->interrupted = true;
	if (l->state == TK_LWP_WAITING && l->catches)
		make_ready(l, false);
	tk_unlock();
}

/*
 * Threads and agents.
 */
static struct tk_lwp *
lwp_alloc(enum tk_lwp_kind kind, const char *name, bool system)
{
	struct tk_lwp *l;

	l = tkh_alloc(sizeof(*l), CACHE_LINE_SIZE);
	if (l == NULL)
		tk_stop("host", "no memory for thread \"%s\"", name);
	bzero(l, sizeof(*l));
	l->kind = kind;
	l->state = TK_LWP_READY;
	l->system = system;
	l->deadline = -1;
	if (!fibers)
		l->waiter = tkh_waiter_create();
	strlcpy(l->name, name, sizeof(l->name));
	tk_where(&l->created);
	l->td.td_lwp = l;
	l->td.td_proc = &proc0;
	l->td.td_priority = PWAIT;
	strlcpy(l->td.td_name, name, sizeof(l->td.td_name));
	return (l);
}

/* With tk_lock() held. */
static void
lwp_enlist(struct tk_lwp *l)
{
	l->id = next_id++;
	l->td.td_tid = 100000 + l->id;
	TAILQ_INSERT_TAIL(&tk_lwps, l, link);
}

/* From now on the calling host thread is this one. */
static void
lwp_become(struct tk_lwp *l)
{
	tk_self = l;
	self_generation = boot_generation;
	tk_curthread = l->kind == TK_LWP_THREAD ? &l->td : NULL;
	if (fibers)
		tkh_fiber_bounds(l->fiber, &l->stack_lo, &l->stack_hi);
	else
		tkh_stack_bounds(&l->stack_lo, &l->stack_hi);
}

static void lwp_reap(void);

static void
lwp_main(void *arg)
{
	struct tk_lwp *l = arg;

	lwp_become(l);
	if (tk_deterministic && !fibers)
		tkh_baton_take(l->waiter);
	l->fn(l->arg);
	tk_lwp_exit();
}

struct tk_lwp *
tk_lwp_create(enum tk_lwp_kind kind, const char *name, void (*fn)(void *),
    void *arg, bool system, struct thread **tdptr, bool detached)
{
	struct tk_lwp *l;

	lwp_reap();
	l = lwp_alloc(kind, name, system);
	l->fn = fn;
	l->arg = arg;
	l->detached = detached;
	if (tdptr != NULL)
		*tdptr = &l->td;
	/*
	 * With the lock held, it cannot end and be freed before `host' is set.
	 */
	tk_lock();
	lwp_enlist(l);
	if (tk_deterministic)
		nready++;
	if (fibers)
		l->fiber = tkh_fiber_create(lwp_main, l);
	else
		l->host = tkh_thread_create(lwp_main, l, name);
	tk_unlock();
	return (l);
}

void
tk_lwp_exit(void)
{
	struct tk_lwp *self = tk_self;

	tk_lock();
	self->state = TK_LWP_DONE;
	(void)tk_wake(self);
	if (tk_deterministic) {
		int n;

		lock_depth = 0;
		while ((n = runnable_or_self()) == 0)
			time_to_next_deadline();
		switch_to(choose(n));
	} else
		tk_unlock();
	tkh_thread_exit();
}

/* It is done and off the list.  Only its host thread may still be ending. */
static void
lwp_free(struct tk_lwp *l)
{
	if (fibers) {
		tkh_fiber_free(l->fiber);
	} else {
		tkh_thread_join(l->host);
		tkh_waiter_destroy(l->waiter);
	}
	tkh_free(l);
}

void
tk_lwp_join(struct tk_lwp *l)
{
	tk_lock();
	while (l->state != TK_LWP_DONE)
		(void)tk_block(l, "join", -1);
	TAILQ_REMOVE(&tk_lwps, l, link);
	tk_unlock();
	lwp_free(l);
}

int
tk_sched_count(void)
{
	struct tk_lwp *l;
	int n = 0;

	tk_lock();
	TAILQ_FOREACH(l, &tk_lwps, link)
		n += l->state != TK_LWP_DONE && l->kind != TK_LWP_VISITOR;
	tk_unlock();
	return (n);
}

/* Make sure that the calling host thread is known in this boot. */
void
tk_lwp_adopt(void)
{
	struct tk_lwp *l;

	if (tk_self != NULL && self_generation == boot_generation)
		return;
	if (tk_deterministic || !booted)
		tk_stop("agent", "a host thread that the kernel does not know "
		    "raised an interrupt%s", booted ? " in deterministic mode" :
		    " before boot");
	l = lwp_alloc(TK_LWP_VISITOR, "host", true);
	tk_lock();
	lwp_enlist(l);
	tk_unlock();
	lwp_become(l);
}

/* Free threads that ended and that no thread joins. */
static void
lwp_reap(void)
{
	struct tk_lwp *l;

	for (;;) {
		tk_lock();
		TAILQ_FOREACH(l, &tk_lwps, link) {
			if (l->state == TK_LWP_DONE && l->detached)
				break;
		}
		if (l != NULL)
			TAILQ_REMOVE(&tk_lwps, l, link);
		tk_unlock();
		if (l == NULL)
			return;
		lwp_free(l);
	}
}

/*
 * Boot and shutdown.
 */
bool
tk_booted(void)
{
	return (booted);
}

enum tk_mode
tk_boot_mode(void)
{
	return (boot_args.mode);
}

uint64_t
tk_boot_seed(void)
{
	return (boot_args.seed);
}

const struct tk_boot_args *
tk_boot_args(void)
{
	return (&boot_args);
}

void
tk_need_boot(const char *what)
{
	if (!booted)
		tk_stop("boot", "%s before tk_boot()", what);
}

/* A number from the environment.  If it is not set, or is 0, then `other'. */
static uint64_t
number_of_environment(const char *name, uint64_t other)
{
	const char *s = tkh_getenv(name);
	uint64_t n = s == NULL ? 0 : strtoul(s, NULL, 0);

	return (n == 0 ? other : n);
}

void
tk_sched_boot(const struct tk_boot_args *args)
{
	static const struct tk_boot_args defaults = { .ram_fd = -1 };
	struct tk_lwp *l;

	if (booted)
		tk_stop("boot", "tk_boot() of a running kernel");
	boot_args = args == NULL ? defaults : *args;
	if (boot_args.seed == 0)
		boot_args.seed = number_of_environment("KERN_SEED", 1);
	if (boot_args.preempt == 0)
		boot_args.preempt = number_of_environment("KERN_PREEMPT",
		    TK_PREEMPT_SPREAD);
	preempt_spread = boot_args.preempt;
	tk_deterministic = boot_args.mode == TK_DETERMINISTIC;
	fibers = tk_deterministic && tkh_fibers();
	prng_sched = boot_args.seed;
	prng_user = ~boot_args.seed;
	trace_hash = 0xcbf29ce484222325u;
	tk_preempt_left = 0;
	nready = lock_depth = next_id = 0;
	panicker = NULL;
	clock_offset = tkh_clock_ns() - TK_UPTIME_START;
	booted = true;
	tk_clock_boot();
	time_advance(TK_UPTIME_START);

	l = lwp_alloc(TK_LWP_THREAD, "thread0", true);
	if (fibers)
		l->fiber = tkh_fiber_of_host();
	tk_lock();
	lwp_enlist(l);
	tk_unlock();
	lwp_become(l);
}

/* Threads that outlive the kernel wait for ever.  Fibers do not run again. */
static void
lwp_drop(struct tk_lwp *l)
{
	TAILQ_REMOVE(&tk_lwps, l, link);
	if (l->state == TK_LWP_WAITING)
		TAILQ_REMOVE(&tk_waitq, l, wait);
	if (fibers) {
		lwp_free(l);
	} else if (l->kind == TK_LWP_VISITOR || l == tk_self) {
		tkh_waiter_destroy(l->waiter);
		tkh_free(l);
	} else
		tkh_thread_abandon(l->host);
}

void
tk_sched_shutdown(void)
{
	struct tk_lwp *l;

	lwp_reap();
	tk_lock();
	while ((l = TAILQ_FIRST(&tk_lwps)) != NULL)
		lwp_drop(l);
	tk_unlock();
	tk_self = NULL;
	tk_curthread = NULL;
	booted = false;
	tk_deterministic = false;
	boot_generation++;
}

/* Some threads may be about to end: let them run. */
static void
lwp_settle(void)
{
	struct tk_lwp *l;

	for (int i = 0; i < TK_SETTLE_STEPS; i++) {
		tk_lock();
		TAILQ_FOREACH(l, &tk_lwps, link) {
			if (l != tk_self && l->state == TK_LWP_READY &&
			    l->kind != TK_LWP_VISITOR)
				break;
		}
		tk_unlock();
		if (l == NULL)
			break;
		tk_spinwait();
		if (!tk_deterministic)
			tkh_sleep_ns(1000000);
	}
	lwp_reap();
}

int
tk_lwp_leaks(bool print)
{
	struct tk_lwp *l;
	int n = 0;

	lwp_settle();
	tk_lock();
	TAILQ_FOREACH(l, &tk_lwps, link) {
		if (l->system)
			continue;
		n++;
		if (print)
			tk_leak(&l->created, "%s \"%s\" still %s%s",
			    l->kind == TK_LWP_AGENT ? "agent" : "kernel thread",
			    l->name, l->state == TK_LWP_DONE ? "not joined" :
			    l->state == TK_LWP_WAITING ? "waits on " : "runs",
			    l->state == TK_LWP_WAITING ? l->wmesg : "");
	}
	tk_unlock();
	return (n);
}
