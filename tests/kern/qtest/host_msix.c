/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * MSI-X (PCI Local Bus 3.0, section 6.8.2): every vector's message is a store
 * into a word of its own, in a page of guest RAM that a thread watches.
 *
 * Nothing signals such a store, so the thread polls the page: every 100 us
 * while sound moves, more and more seldom while nothing happens.  A
 * notification wakes the thread at once, because the device answers many
 * requests before the notification returns.  Several messages of one vector
 * between two polls count as one, as edges of a masked interrupt do.
 */

#define	_GNU_SOURCE
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "qtest_var.h"

#define	PCI_CAP_MSIX		0x11
/* Offsets in the capability, width in bytes. */
#define	MSIX_CONTROL		2	/* 2 */
#define	  MSIX_CONTROL_SIZE	0x07ff	/* entries - 1 */
#define	  MSIX_CONTROL_MASK	0x4000
#define	  MSIX_CONTROL_ENABLE	0x8000
#define	MSIX_TABLE		4	/* 4 */
#define	  MSIX_TABLE_BIR	0x7u

/* An entry of the table: offsets, each 4 bytes. */
#define	MSIX_ENTRY_ADDR		0
#define	MSIX_ENTRY_ADDR_HIGH	4
#define	MSIX_ENTRY_DATA		8
#define	MSIX_ENTRY_CONTROL	12
#define	  MSIX_ENTRY_MASKED	0x1u
#define	MSIX_ENTRY_SIZE		16

/* The page: a cache line for each vector, its first word takes the message. */
#define	MSIX_SLOT_SIZE		64
#define	MSIX_MESSAGE(vector)	(UINT32_C(0x4d530000) | ((vector) + 1))

_Static_assert(MSIX_VECTORS * MSIX_SLOT_SIZE <= QTEST_PAGE, "message page");

/*
 * How long to sleep between polls if the last message or notification is less
 * than since_ns ago.
 */
static const struct {
	int64_t	since_ns;
	int64_t	sleep_ns;
} msix_pace[] = {
	{ 200000000,	100000 },
	{ 2000000000,	1000000 },
	{ INT64_MAX,	10000000 }
};

#define	MSIX_ALIVE_NS	100000000	/* between looks whether QEMU lives */

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec);
}

/*
 * Set-up
 */

int
msix_init(struct tk_qtest *q, struct msix *m, struct qpci_dev *d)
{
	pthread_condattr_t attr;
	struct qpci_bar *bar;
	uint32_t table;
	int i, n;

	i = qpci_cap(d, PCI_CAP_MSIX, 0);
	if (i < 0)
		return (qtest_fail(q, ENODEV, "the device has no MSI-X: "
		    "vectors is 0"));
	m->cap = d->cap_off[i];
	n = (qpci_config_read(q, d, m->cap + MSIX_CONTROL, 2) &
	    MSIX_CONTROL_SIZE) + 1;
	table = qpci_config_read(q, d, m->cap + MSIX_TABLE, 4);
	if ((table & MSIX_TABLE_BIR) >= QPCI_BARS)
		return (qtest_fail(q, ENXIO, "the device's MSI-X table is in "
		    "no BAR"));
	bar = &d->bar[table & MSIX_TABLE_BIR];
	table &= ~MSIX_TABLE_BIR;
	if (bar->addr == 0 || table + (uint64_t)n * MSIX_ENTRY_SIZE >
	    bar->size)
		return (qtest_fail(q, ENXIO, "the device's MSI-X table is "
		    "outside of its BAR"));
	m->table = bar->addr + table;
	m->nvectors = n < MSIX_VECTORS ? n : MSIX_VECTORS;
	m->page = q->ram + QTEST_MSIX_PADDR;

	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&m->wake, &attr);
	pthread_condattr_destroy(&attr);
	return (0);
}

void
msix_fini(struct msix *m)
{

	if (m->page == NULL)
		return;
	pthread_cond_destroy(&m->wake);
	pthread_mutex_destroy(&m->lock);
	m->page = NULL;
}

static void
write_entry(struct tk_qtest *q, struct msix *m, int vector)
{
	uint64_t entry;

	entry = m->table + (uint64_t)vector * MSIX_ENTRY_SIZE;
	qtest_write(q, entry + MSIX_ENTRY_ADDR, 4,
	    QTEST_MSIX_PADDR + (uint64_t)vector * MSIX_SLOT_SIZE);
	qtest_write(q, entry + MSIX_ENTRY_ADDR_HIGH, 4, 0);
	qtest_write(q, entry + MSIX_ENTRY_DATA, 4, MSIX_MESSAGE(vector));
	qtest_write(q, entry + MSIX_ENTRY_CONTROL, 4, 0);
}

static void
set_control(struct tk_qtest *q, struct msix *m, struct qpci_dev *d,
    uint16_t value)
{

	qpci_config_write(q, d, m->cap + MSIX_CONTROL, 2, value);
}

/*
 * The watcher
 */

/* Take the messages that have arrived and report each. */
static bool
look(struct tk_qtest *q, struct msix *m)
{
	uint32_t *slot, message;
	bool some;
	int i;

	some = false;
	__atomic_fetch_add(&m->watches, 1, __ATOMIC_RELAXED);
	for (i = 0; i < m->nvectors; i++) {
		slot = (uint32_t *)(void *)(m->page + i * MSIX_SLOT_SIZE);
		if (__atomic_load_n(slot, __ATOMIC_RELAXED) == 0)
			continue;
		/*
		 * Clear the word before reporting the message, so that a new
		 * message is seen by the next poll.
		 */
		message = __atomic_exchange_n(slot, 0, __ATOMIC_ACQ_REL);
		if (message != MSIX_MESSAGE(i)) {
			qtest_fail(q, EIO, "vector %d brought message 0x%"
			    PRIx32 " instead of 0x%" PRIx32, i, message,
			    MSIX_MESSAGE(i));
			continue;
		}
		some = true;
		__atomic_fetch_add(&m->messages, 1, __ATOMIC_RELAXED);
		m->raise(m->arg, i);
	}
	return (some);
}

static int64_t
pace(int64_t quiet_ns)
{
	size_t i;

	for (i = 0; quiet_ns >= msix_pace[i].since_ns; i++)
		;
	return (msix_pace[i].sleep_ns);
}

/* Sleep until that time, or until msix_nudge(); true if it was nudged. */
static bool
doze(struct msix *m, int64_t until, uint32_t *seen)
{
	struct timespec ts = { .tv_sec = until / 1000000000,
	    .tv_nsec = until % 1000000000 };
	bool nudged;

	pthread_mutex_lock(&m->lock);
	while (!m->stop && m->nudges == *seen &&
	    pthread_cond_timedwait(&m->wake, &m->lock, &ts) != ETIMEDOUT)
		;
	nudged = m->nudges != *seen;
	*seen = m->nudges;
	pthread_mutex_unlock(&m->lock);
	return (nudged);
}

static bool
stopping(struct msix *m)
{
	bool stop;

	pthread_mutex_lock(&m->lock);
	stop = m->stop;
	pthread_mutex_unlock(&m->lock);
	return (stop);
}

static void *
watch(void *arg)
{
	struct tk_qtest *q;
	struct msix *m;
	int64_t alive, busy, now;
	uint32_t seen;

	q = arg;
	m = &q->vpci.msix;
#ifdef __linux__
	/* Without this a timer may be 50 us late. */
	prctl(PR_SET_TIMERSLACK, 1000);
#endif
	seen = 0;
	alive = busy = now_ns();
	while (!stopping(m)) {
		now = now_ns();
		if (look(q, m))
			busy = now;
		if (now - alive >= MSIX_ALIVE_NS) {
			alive = now;
			qtest_alive(q);
		}
		if (doze(m, now + pace(now - busy), &seen))
			busy = now;
	}
	return (NULL);
}

static int
start_watcher(struct tk_qtest *q, struct msix *m)
{
	int error;

	m->stop = false;
	error = pthread_create(&m->watcher, NULL, watch, q);
	if (error != 0)
		return (qtest_fail(q, error, "cannot start a thread: %s",
		    strerror(error)));
	m->running = true;
	return (0);
}

int
msix_start(struct tk_qtest *q, struct msix *m, struct qpci_dev *d,
    void (*raise)(void *, int), void *arg)
{
	int i;

	if (m->running)
		return (tk_qtest_error(q));
	m->raise = raise;
	m->arg = arg;
	memset(m->page, 0, QTEST_PAGE);
	/* Masked as a whole while entries are written. */
	set_control(q, m, d, MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK);
	for (i = 0; i < m->nvectors; i++)
		write_entry(q, m, i);
	set_control(q, m, d, MSIX_CONTROL_ENABLE);
	if (tk_qtest_error(q) != 0)
		return (tk_qtest_error(q));
	return (start_watcher(q, m));
}

void
msix_stop(struct tk_qtest *q, struct msix *m, struct qpci_dev *d)
{

	if (!m->running)
		return;
	set_control(q, m, d, 0);
	pthread_mutex_lock(&m->lock);
	m->stop = true;
	pthread_cond_signal(&m->wake);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->watcher, NULL);
	m->running = false;
}

void
msix_nudge(struct msix *m)
{

	if (!m->running)
		return;
	pthread_mutex_lock(&m->lock);
	m->nudges++;
	pthread_cond_signal(&m->wake);
	pthread_mutex_unlock(&m->lock);
}
