/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A virtio entropy device; see model_virtio_rng.h.  An agent answers requests.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/malloc.h>

#include <dev/virtio/virtio_config.h>
#include <dev/virtio/virtio_ring.h>

#include "model_virtio_rng.h"
#include "tk.h"
#include "vring_dev.h"

#define	RNG_QUEUE_SIZE	8		/* as QEMU's on PCI */

struct model_rng {
	struct _device	*bus;
	struct tk_agent	*agent;
	struct tk_devlock *lock;
	uint64_t	 accepted;
	uint8_t		 status;

	/* Under lock. */
	struct vring_dev ring;
	struct vring_dev_chain chain;	/* taken last */
	bool		 held;		/* ... and not answered */
	int64_t		 due;		/* ... before this time */
	bool		 owed;		/* an answer from before a reset */
	enum model_rng_fault fault;
	uint32_t	 chunk;
	int64_t		 delay;
	struct model_rng_stats stats;
};

uint8_t
model_rng_byte(uint64_t n)
{
	uint64_t x = n + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return ((x ^ (x >> 31)) >> 24);
}

/*
 * Requests.  All with the lock held.
 */

static uint32_t
fill(struct model_rng *m)
{
	size_t len = m->chain.wlen;
	uint8_t byte;

	if (m->chunk != 0)
		len = MIN(len, m->chunk);
	for (size_t i = 0; i < len; i++) {
		byte = model_rng_byte(m->stats.bytes + i);
		(void)vring_dev_write(&m->chain, i, &byte, 1);
	}
	m->stats.bytes += len;
	return (len);
}

static void
answer(struct model_rng *m)
{
	uint32_t len = 0;

	if (m->fault != MODEL_RNG_EMPTY)
		len = fill(m);
	if (m->fault == MODEL_RNG_LONG)
		len = m->chain.wlen + 1;
	vring_dev_push(&m->ring, m->chain.head, len);
	m->stats.answers++;
	if (m->fault == MODEL_RNG_STORM)
		vring_dev_push(&m->ring, m->chain.head, len);
	m->held = false;
}

static bool
take(struct model_rng *m)
{
	enum vring_dev_status status;

	if (m->held || m->ring.size == 0)
		return (false);
	status = vring_dev_pop(&m->ring, &m->chain);
	if (status == VRING_DEV_EMPTY)
		return (false);
	m->stats.requests++;
	/* 5.4.6.1: nothing that the device reads. */
	if (status != VRING_DEV_OK || m->chain.nread != 0 ||
	    m->chain.nwrite == 0)
		m->stats.violations++;
	if (status != VRING_DEV_OK)
		return (false);
	m->stats.posted = m->chain.wlen;
	m->held = true;
	m->due = tk_now_ns() + m->delay;
	return (true);
}

/* Answer what is due.  Returns the time at which to come again, -1: none. */
static int64_t
serve(struct model_rng *m, bool *intr)
{
	if (m->owed && m->ring.size != 0 &&
	    (m->status & VIRTIO_CONFIG_STATUS_DRIVER_OK) != 0) {
		m->owed = false;
		/* It is taken for the answer to a request that is there. */
		(void)take(m);
		m->held = false;
		vring_dev_push(&m->ring, 0, m->stats.posted);
		*intr = vring_dev_want_intr(&m->ring);
	}
	do {
		while (take(m) || m->held) {
			if (m->fault == MODEL_RNG_SILENT ||
			    m->fault == MODEL_RNG_LATE)
				return (-1);
			if (tk_now_ns() < m->due)
				return (m->due);
			answer(m);
			*intr |= vring_dev_want_intr(&m->ring);
		}
	} while (m->ring.size != 0 && vring_dev_want_kick(&m->ring));
	return (-1);
}

static void
agent(void *arg)
{
	struct model_rng *m = arg;
	int64_t next = -1;
	bool intr;

	for (;;) {
		(void)tk_agent_wait(next);
		if (tk_agent_stopping())
			return;
		intr = false;
		tk_devlock_enter(m->lock);
		next = serve(m, &intr);
		tk_devlock_leave(m->lock);
		if (intr)
			tk_virtio_intr_queue(m->bus, 0);
	}
}

/*
 * Operations
 */

static void
rng_bind(void *arg, struct _device *bus)
{
	struct model_rng *m = arg;

	m->bus = bus;
}

static uint64_t
rng_features(void *arg)
{
	return (VIRTIO_F_VERSION_1 | VIRTIO_RING_F_EVENT_IDX |
	    VIRTIO_RING_F_INDIRECT_DESC);
}

static int
rng_set_features(void *arg, uint64_t features)
{
	struct model_rng *m = arg;

	m->accepted = features;
	return (0);
}

static uint8_t
rng_status(void *arg)
{
	struct model_rng *m = arg;

	return (m->status);
}

static void
rng_set_status(void *arg, uint8_t status)
{
	struct model_rng *m = arg;

	tk_devlock_enter(m->lock);
	m->status = status;
	if (status == 0) {
		m->stats.resets++;
		m->owed = m->held && m->fault == MODEL_RNG_LATE;
		m->held = false;
		memset(&m->ring, 0, sizeof(m->ring));
	}
	tk_devlock_leave(m->lock);
	tk_agent_kick(m->agent);
}

static uint8_t
rng_generation(void *arg)
{
	return (0);
}

/* There is no configuration. */
static void
rng_read_config(void *arg, size_t off, void *to, size_t len)
{
	memset(to, 0xff, len);
}

static void
rng_write_config(void *arg, size_t off, const void *from, size_t len)
{
}

static uint16_t
rng_queue_count(void *arg)
{
	return (1);
}

static uint16_t
rng_queue_size(void *arg, uint16_t q)
{
	return (q == 0 ? RNG_QUEUE_SIZE : 0);
}

static int
rng_queue_enable(void *arg, uint16_t q, uint16_t size, uint64_t desc,
    uint64_t avail, uint64_t used)
{
	struct model_rng *m = arg;
	bool ok;

	tk_devlock_enter(m->lock);
	ok = vring_dev_enable(&m->ring, size, desc, avail, used,
	    (m->accepted & VIRTIO_RING_F_EVENT_IDX) != 0,
	    (m->accepted & VIRTIO_RING_F_INDIRECT_DESC) != 0);
	tk_devlock_leave(m->lock);
	return (ok ? 0 : EINVAL);
}

static void
rng_queue_disable(void *arg, uint16_t q)
{
	struct model_rng *m = arg;

	tk_devlock_enter(m->lock);
	memset(&m->ring, 0, sizeof(m->ring));
	m->held = false;
	tk_devlock_leave(m->lock);
}

static int
rng_setup_intr(void *arg)
{
	return (0);
}

static void
rng_teardown_intr(void *arg)
{
}

static void
rng_notify(void *arg, uint16_t q)
{
	struct model_rng *m = arg;

	tk_agent_kick(m->agent);
}

const struct tk_virtio_ops model_rng_ops = {
	.name = "model of an entropy device",
	.bind = rng_bind,
	.features = rng_features,
	.set_features = rng_set_features,
	.status = rng_status,
	.set_status = rng_set_status,
	.generation = rng_generation,
	.read_config = rng_read_config,
	.write_config = rng_write_config,
	.queue_count = rng_queue_count,
	.queue_size = rng_queue_size,
	.queue_enable = rng_queue_enable,
	.queue_disable = rng_queue_disable,
	.setup_intr = rng_setup_intr,
	.teardown_intr = rng_teardown_intr,
	.notify = rng_notify,
};

/*
 * The test's side
 */

struct model_rng *
model_rng_create(void)
{
	struct model_rng *m;

	m = malloc(sizeof(*m), M_TEMP, M_WAITOK | M_ZERO);
	m->lock = tk_devlock_create("entropy device");
	tk_agent_create(&m->agent, "entropy device", agent, m);
	return (m);
}

void
model_rng_destroy(struct model_rng *m)
{
	tk_agent_stop(m->agent);
	tk_devlock_destroy(m->lock);
	free(m, M_TEMP);
}

void
model_rng_set_fault(struct model_rng *m, enum model_rng_fault fault)
{
	tk_devlock_enter(m->lock);
	m->fault = fault;
	tk_devlock_leave(m->lock);
	/* What it did not answer is answered now. */
	tk_agent_kick(m->agent);
}

void
model_rng_set_chunk(struct model_rng *m, uint32_t bytes)
{
	tk_devlock_enter(m->lock);
	m->chunk = bytes;
	tk_devlock_leave(m->lock);
}

void
model_rng_set_delay(struct model_rng *m, int64_t ns)
{
	tk_devlock_enter(m->lock);
	m->delay = ns;
	tk_devlock_leave(m->lock);
}

struct model_rng_stats
model_rng_stats(struct model_rng *m)
{
	struct model_rng_stats stats;

	tk_devlock_enter(m->lock);
	stats = m->stats;
	tk_devlock_leave(m->lock);
	return (stats);
}
