/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Boot and shutdown: the scheduler first, then SYSINITs and the test kernel's
 * own boot functions; at the end the reverse, and the ledgers.
 */

#include "tk_var.h"

SET_DECLARE(sysinit_set, struct sysinit);
SET_DECLARE(sysuninit_set, struct sysinit);

/*
 * The stages, in order: basics; the core's threads (boot functions of a
 * priority below TK_HOOK_CORE); task queues and the like; all other boot
 * functions; at last everything that needs a running kernel, above all drivers.
 */
#define	TK_STAGE_CORE		SI_SUB_KLD
#define	TK_STAGE_DRIVERS	SI_SUB_SMP
#define	TK_HOOK_CORE		100

int cold = 1;
int rebooting;
int bootverbose;
int boothowto;
int mp_ncpus = 1;
u_int mp_maxid;
int vm_guest = VM_GUEST_NO;
long physmem = 16384;
u_long maxphys = 1024 * 1024;
const int osreldate = __FreeBSD_version;
const char version[] = "test kernel\n";

static struct tk_hook *hooks;
static struct tkh_mutex *leaf_mutex;

/* A program without a SYSUNINIT, say, has an empty set. */
static struct sysinit **
set_begin(bool fini)
{
	return (fini ? SET_BEGIN(sysuninit_set) : SET_BEGIN(sysinit_set));
}

static struct sysinit **
set_limit(bool fini)
{
	return (fini ? SET_LIMIT(sysuninit_set) : SET_LIMIT(sysinit_set));
}

void
tk_leaf_lock(void)
{
	if (!tk_deterministic && leaf_mutex != NULL)
		tkh_mutex_lock(leaf_mutex);
}

void
tk_leaf_unlock(void)
{
	if (!tk_deterministic && leaf_mutex != NULL)
		tkh_mutex_unlock(leaf_mutex);
}

/* Sorted by priority, then name: not by the order of constructors. */
void
tk_hook_register(struct tk_hook *h)
{
	struct tk_hook **pp = &hooks;

	while (*pp != NULL && ((*pp)->priority < h->priority ||
	    ((*pp)->priority == h->priority &&
	    strcmp((*pp)->name, h->name) < 0)))
		pp = &(*pp)->next;
	h->next = *pp;
	*pp = h;
}

static void
hooks_boot(int from, int to)
{
	for (struct tk_hook *h = hooks; h != NULL; h = h->next) {
		if (!h->fini && h->priority >= from && h->priority < to)
			h->fn();
	}
}

static void
hooks_shutdown(struct tk_hook *h, int from, int to)
{
	if (h == NULL)
		return;
	hooks_shutdown(h->next, from, to);
	if (h->fini && h->priority >= from && h->priority < to)
		h->fn();
}

/* Subsystem and order.  Equal ones keep the order of the set. */
static bool
sysinit_before(const struct sysinit *a, const struct sysinit *b)
{
	if (a->subsystem != b->subsystem)
		return (a->subsystem < b->subsystem);
	return (a->order < b->order);
}

TK_ANY_FN static void
sysinit_call(const struct sysinit *s)
{
	((sysinit_nfunc_t)s->func)(__DECONST(void *, s->udata));
}

/* The set in ascending order, made once.  The set itself may be read-only. */
static struct sysinit **
set_sorted(bool fini)
{
	static struct sysinit **sorted[2];
	struct sysinit **begin = set_begin(fini), **set = sorted[fini];
	ptrdiff_t n = set_limit(fini) - begin, at;

	if (set != NULL)
		return (set);
	set = tkh_alloc((n + 1) * sizeof(*set), 0);
	if (set == NULL)
		tk_stop("host", "no memory for the boot");
	for (ptrdiff_t i = 0; i < n; i++) {
		for (at = i; at > 0 && sysinit_before(begin[i], set[at - 1]);
		    at--)
			set[at] = set[at - 1];
		set[at] = begin[i];
	}
	return (sorted[fini] = set);
}

/*
 * Call the functions of the set with a subsystem in [from, to), in ascending
 * order, for SYSUNINITs in descending order.
 */
static void
sysinit_run(bool fini, u_int from, u_int to)
{
	struct sysinit **set = set_sorted(fini), *s;
	ptrdiff_t n = set_limit(fini) - set_begin(fini);

	for (ptrdiff_t i = 0; i < n; i++) {
		s = set[fini ? n - 1 - i : i];
		if (s->subsystem >= from && s->subsystem < to &&
		    s->subsystem != SI_SUB_DUMMY)
			sysinit_call(s);
	}
}

void
tk_boot(const struct tk_boot_args *args)
{
	if (leaf_mutex == NULL)
		leaf_mutex = tkh_mutex_create();
	cold = 1;
	tk_prf_boot();
	tk_sched_boot(args);
	tk_witness_boot();
	tk_ledger("thread", tk_lwp_leaks);
	tk_ledger("lock", tk_lock_leaks);
	sysinit_run(false, 0, TK_STAGE_CORE);
	hooks_boot(0, TK_HOOK_CORE);
	sysinit_run(false, TK_STAGE_CORE, TK_STAGE_DRIVERS);
	hooks_boot(TK_HOOK_CORE, INT_MAX);
	sysinit_run(false, TK_STAGE_DRIVERS, UINT_MAX);
}

/* The end of autoconfiguration. */
static void
configure_final(void *unused)
{
	cold = 0;
}
SYSINIT(configure_final, SI_SUB_CONFIGURE, SI_ORDER_ANY, configure_final, NULL);

int
tk_shutdown(void)
{
	int leaks;

	tk_need_boot("tk_shutdown()");
	if (tk_self == NULL || tk_self->id != 0)
		tk_stop("boot", "tk_shutdown() outside thread0");
	tk_lock_check_none(0, "tk_shutdown()'s caller", NULL);
	rebooting = 1;
	/* As in a module: first MOD_UNLOAD, then its SYSUNINITs. */
	hooks_shutdown(hooks, TK_HOOK_MODULES, INT_MAX);
	sysinit_run(true, TK_STAGE_DRIVERS, UINT_MAX);
	hooks_shutdown(hooks, TK_HOOK_CORE, TK_HOOK_MODULES);
	sysinit_run(true, TK_STAGE_CORE, TK_STAGE_DRIVERS);
	hooks_shutdown(hooks, 0, TK_HOOK_CORE);
	sysinit_run(true, 0, TK_STAGE_CORE);
	leaks = tk_ledger_check();
	if (leaks > 0)
		tkh_leaks_are_told();
	tk_witness_shutdown();
	tk_sched_shutdown();
	tk_tombs_free();
	rebooting = 0;
	return (leaks);
}
