/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The sources of random(4), and the thread that asks them.  See tk_random.h.
 */

#include "tk_var.h"

#include <sys/kthread.h>
#include <sys/random.h>
#include <dev/random/randomdev.h>

#include "tk_random.h"

#define	HARVEST_BYTES	8	/* asked for at once */
#define	POOLS		32	/* Fortuna's, which are filled in turn */
#define	POOL_SEED	64	/* bytes in the first one, for a seed */
#define	READS_SEED	(POOLS * POOL_SEED / HARVEST_BYTES)
#define	READS_SEEDED	4	/* a tenth of the pools */
#define	KEPT		4096	/* of the newest bytes; a power of two */

static MALLOC_DEFINE(M_ENTROPY, "entropy", "Entropy sources");

struct source {
	LIST_ENTRY(source) link;
	const struct random_source *src;
	struct tk_where	 where;
};

/* All under tk_lock(). */
static LIST_HEAD(, source) sources = LIST_HEAD_INITIALIZER(sources);
static struct tk_random_stats stats;
static uint32_t	mask;
static u_int	next_pool;
static u_int	first_pool;		/* bytes in it */
static uint8_t	kept[KEPT];
static bool	thread_wanted;
static bool	thread_alive;
static bool	asking;			/* the thread is among the sources */

static int
source_leaks(bool print)
{
	struct source *s;
	int n = 0;

	LIST_FOREACH(s, &sources, link) {
		n++;
		if (print)
			tk_leak(&s->where, "source of entropy \"%s\"",
			    s->src->rs_ident);
	}
	return (n);
}

static void
random_boot(void)
{
	LIST_INIT(&sources);
	memset(&stats, 0, sizeof(stats));
	mask = 0;
	next_pool = first_pool = 0;
	thread_wanted = thread_alive = asking = false;
	tk_ledger("random source", source_leaks);
}
TK_INIT_PRIO(random_boot, 110);

/* Give bytes to the generator's pools, one of which gets all of them. */
static void
harvest(const uint8_t *bytes, u_int n, enum random_entropy_source kind)
{
	tk_lock();
	if ((mask & (1u << kind)) == 0) {
		stats.dropped += n;
		tk_unlock();
		return;
	}
	for (u_int i = 0; i < n; i++)
		kept[stats.bytes++ % KEPT] = bytes[i];
	if (next_pool++ % POOLS == 0)
		first_pool += n;
	if (first_pool >= POOL_SEED)
		stats.seeded = true;
	tk_unlock();
}

static void
ask(const struct random_source *src, u_int times)
{
	uint8_t bytes[HARVEST_BYTES];
	u_int n;

	for (u_int i = 0; i < times && src->rs_read != NULL; i++) {
		/* As of FreeBSD, which passes what its stack held. */
		memset(bytes, 0xa5, sizeof(bytes));
		n = src->rs_read(bytes, sizeof(bytes));
		KASSERT(n <= sizeof(bytes), ("random_sources_feed: rs_read "
		    "returned too much data (%u > %zu)", n, sizeof(bytes)));
		tk_lock();
		stats.reads++;
		stats.empty += n == 0;
		tk_unlock();
		if (n != 0)
			harvest(bytes, MIN(n, sizeof(bytes)), src->rs_source);
	}
}

/*
 * FreeBSD does this in an epoch(9) section: a source that deregisters stays
 * valid until the end, and no function sleeps.
 */
static void
ask_all(void)
{
	struct source *s, *next;
	u_int times;

	tk_lock();
	asking = true;
	times = stats.seeded ? READS_SEEDED : READS_SEED;
	s = LIST_FIRST(&sources);
	tk_unlock();
	THREAD_NO_SLEEPING();
	while (s != NULL) {
		ask(s->src, times);
		tk_lock();
		next = LIST_NEXT(s, link);
		tk_unlock();
		s = next;
	}
	THREAD_SLEEPING_OK();
	tk_lock();
	asking = false;
	(void)tk_wake(&asking);
	tk_unlock();
}

static void
random_kthread(void *arg)
{
	tk_lock();
	while (thread_wanted) {
		tk_unlock();
		ask_all();
		tk_lock();
		if (thread_wanted)
			(void)tk_block(&thread_wanted, "-", tk_now_ns() +
			    INT64_C(100000000));
	}
	thread_alive = false;
	(void)tk_wake(&thread_alive);
	tk_unlock();
}

/* With tk_lock() held, which is released for a while. */
static void
thread_start(void)
{
	thread_wanted = true;
	if (thread_alive)
		return;
	thread_alive = true;
	tk_unlock();
	tk_fault_spare(true);
	if (kthread_add(random_kthread, NULL, NULL, NULL, 0, 0,
	    "rand_harvestq") != 0)
		panic("no thread for random(4)");
	tk_fault_spare(false);
	tk_lock();
}

static void
thread_stop(void)
{
	thread_wanted = false;
	(void)tk_wake(&thread_wanted);
	while (thread_alive && !thread_wanted)
		(void)tk_block(&thread_alive, "harvqterm", -1);
}

void
random_source_register(const struct random_source *src)
{
	struct source *s;

	KASSERT(src != NULL, ("invalid input to random_source_register"));
	s = malloc(sizeof(*s), M_ENTROPY, M_WAITOK);
	s->src = src;
	tk_where(&s->where);
	printf("random: registering fast source %s\n", src->rs_ident);
	tk_lock();
	mask |= 1u << src->rs_source;
	LIST_INSERT_HEAD(&sources, s, link);
	stats.sources++;
	thread_start();
	tk_unlock();
	tk_preempt();
}

void
random_source_deregister(const struct random_source *src)
{
	struct source *s;

	KASSERT(src != NULL, ("invalid input to random_source_deregister"));
	tk_may_sleep(NULL, "random_source_deregister()");
	tk_lock();
	/* Even if another source is of that kind. */
	mask &= ~(1u << src->rs_source);
	LIST_FOREACH(s, &sources, link) {
		if (s->src == src)
			break;
	}
	while (s != NULL && asking)
		(void)tk_block(&asking, "epoch", -1);
	if (s != NULL) {
		LIST_REMOVE(s, link);
		stats.sources--;
	}
	if (LIST_EMPTY(&sources) && thread_alive)
		thread_stop();
	tk_unlock();
	free(s, M_ENTROPY);
}

struct tk_random_stats
tk_random_stats(void)
{
	struct tk_random_stats copy;

	tk_lock();
	copy = stats;
	tk_unlock();
	return (copy);
}

size_t
tk_random_newest(void *buf, size_t len)
{
	uint8_t *to = buf;
	size_t n;

	tk_lock();
	n = MIN(MIN(len, stats.bytes), KEPT);
	for (size_t i = 0; i < n; i++)
		to[i] = kept[(stats.bytes - n + i) % KEPT];
	tk_unlock();
	return (n);
}
