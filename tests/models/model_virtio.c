/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* See model_virtio.h.  An agent is the device; it has the queues. */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/malloc.h>

#include <dev/virtio/virtio_config.h>
#include <dev/virtio/virtio_ring.h>

#include "model_virtio.h"
#include "tk.h"
#include "tk_virtio.h"

struct model_virtio_queue {
	struct vring_dev	ring;
	struct vring_dev_chain	chain;	/* kept */
	bool			kept;
};

struct model_virtio {
	const struct model_virtio_config *config;
	void			*arg;
	struct _device		*bus;
	struct tk_agent		*agent;
	struct tk_devlock	*lock;
	uint64_t		 accepted;
	uint8_t			 status;
	struct model_virtio_queue queue[MODEL_VIRTIO_QUEUES];
};

/* The chain that was kept, or else the next one; false: there is none. */
static bool
model_virtio_take(struct model_virtio_queue *queue)
{
	if (queue->kept)
		return (true);
	do {
		if (vring_dev_pop(&queue->ring, &queue->chain) ==
		    VRING_DEV_OK)
			return (true);
	} while (vring_dev_want_kick(&queue->ring));
	return (false);
}

/* Serve what is there.  True if the driver is to be interrupted. */
static bool
model_virtio_serve(struct model_virtio *m, uint16_t q)
{
	struct model_virtio_queue *queue = &m->queue[q];
	uint32_t written;

	if (queue->ring.size == 0)
		return (false);
	while (model_virtio_take(queue)) {
		written = 0;
		queue->kept = !m->config->serve(m->arg, q, &queue->chain,
		    &written);
		if (queue->kept)
			break;
		vring_dev_push(&queue->ring, queue->chain.head, written);
	}
	return (vring_dev_want_intr(&queue->ring));
}

static void
model_virtio_agent(void *arg)
{
	struct model_virtio *m = arg;
	bool intr;

	while (tk_agent_wait(-1) && !tk_agent_stopping())
		for (uint16_t q = 0; q < m->config->queues; q++) {
			tk_devlock_enter(m->lock);
			intr = model_virtio_serve(m, q);
			tk_devlock_leave(m->lock);
			if (intr)
				tk_virtio_intr_queue(m->bus, q);
		}
}

static void
model_virtio_bind(void *arg, struct _device *bus)
{
	struct model_virtio *m = arg;

	m->bus = bus;
}

static uint64_t
model_virtio_features(void *arg)
{
	struct model_virtio *m = arg;

	return (m->config->features | VIRTIO_F_VERSION_1 |
	    VIRTIO_RING_F_INDIRECT_DESC | VIRTIO_RING_F_EVENT_IDX);
}

static int
model_virtio_set_features(void *arg, uint64_t features)
{
	struct model_virtio *m = arg;

	m->accepted = features;
	return (0);
}

static uint8_t
model_virtio_status(void *arg)
{
	struct model_virtio *m = arg;

	return (m->status);
}

static void
model_virtio_set_status(void *arg, uint8_t status)
{
	struct model_virtio *m = arg;

	m->status = status;
	if (status != 0)
		return;
	tk_devlock_enter(m->lock);
	memset(m->queue, 0, sizeof(m->queue));
	tk_devlock_leave(m->lock);
}

static uint8_t
model_virtio_generation(void *arg)
{
	return (0);
}

static void
model_virtio_read_config(void *arg, size_t off, void *to, size_t len)
{
	struct model_virtio *m = arg;
	const uint8_t *space = m->config->space;

	memset(to, 0, len);
	tk_devlock_enter(m->lock);
	if (space != NULL && off < m->config->space_size)
		memcpy(to, space + off, MIN(len, m->config->space_size - off));
	tk_devlock_leave(m->lock);
}

static void
model_virtio_write_config(void *arg, size_t off, const void *from, size_t len)
{
	struct model_virtio *m = arg;

	if (m->config->write == NULL)
		return;
	tk_devlock_enter(m->lock);
	m->config->write(m->arg, off, from, len);
	tk_devlock_leave(m->lock);
}

static uint16_t
model_virtio_queue_count(void *arg)
{
	struct model_virtio *m = arg;

	return (m->config->queues);
}

static uint16_t
model_virtio_queue_size(void *arg, uint16_t q)
{
	struct model_virtio *m = arg;

	return (q < m->config->queues ? MODEL_VIRTIO_SIZE : 0);
}

static int
model_virtio_queue_enable(void *arg, uint16_t q, uint16_t size, uint64_t desc,
    uint64_t avail, uint64_t used)
{
	struct model_virtio *m = arg;
	bool ok;

	tk_devlock_enter(m->lock);
	ok = vring_dev_enable(&m->queue[q].ring, size, desc, avail, used,
	    (m->accepted & VIRTIO_RING_F_EVENT_IDX) != 0,
	    (m->accepted & VIRTIO_RING_F_INDIRECT_DESC) != 0);
	tk_devlock_leave(m->lock);
	return (ok ? 0 : EINVAL);
}

static void
model_virtio_queue_disable(void *arg, uint16_t q)
{
	struct model_virtio *m = arg;

	tk_devlock_enter(m->lock);
	memset(&m->queue[q], 0, sizeof(m->queue[q]));
	tk_devlock_leave(m->lock);
}

static int
model_virtio_setup_intr(void *arg)
{
	return (0);
}

static void
model_virtio_teardown_intr(void *arg)
{
}

static void
model_virtio_notify(void *arg, uint16_t q)
{
	model_virtio_kick(arg);
}

static const struct tk_virtio_ops model_virtio_ops = {
	.name = "model",
	.bind = model_virtio_bind,
	.features = model_virtio_features,
	.set_features = model_virtio_set_features,
	.status = model_virtio_status,
	.set_status = model_virtio_set_status,
	.generation = model_virtio_generation,
	.read_config = model_virtio_read_config,
	.write_config = model_virtio_write_config,
	.queue_count = model_virtio_queue_count,
	.queue_size = model_virtio_queue_size,
	.queue_enable = model_virtio_queue_enable,
	.queue_disable = model_virtio_queue_disable,
	.setup_intr = model_virtio_setup_intr,
	.teardown_intr = model_virtio_teardown_intr,
	.notify = model_virtio_notify,
};

static void
model_virtio_free(struct model_virtio *m)
{
	tk_agent_stop(m->agent);
	tk_devlock_destroy(m->lock);
	free(m, M_TEMP);
}

struct model_virtio *
model_virtio_attach(const char *busname,
    const struct model_virtio_config *config, void *arg, int *error)
{
	struct model_virtio *m;

	KASSERT(config->queues <= MODEL_VIRTIO_QUEUES, ("too many queues"));
	tk_fault_spare(true);
	m = malloc(sizeof(*m), M_TEMP, M_WAITOK | M_ZERO);
	m->config = config;
	m->arg = arg;
	m->lock = tk_devlock_create(config->name);
	tk_agent_create(&m->agent, config->name, model_virtio_agent, m);
	tk_fault_spare(false);
	if (tk_virtio_attach(busname, &model_virtio_ops, m, config->type,
	    error) != NULL)
		return (m);
	model_virtio_free(m);
	return (NULL);
}

int
model_virtio_detach(struct model_virtio *m)
{
	int error;

	error = tk_virtio_detach(m->bus);
	if (error == 0)
		model_virtio_free(m);
	return (error);
}

void
model_virtio_kick(struct model_virtio *m)
{
	tk_agent_kick(m->agent);
}

void
model_virtio_changed(struct model_virtio *m)
{
	tk_virtio_intr_config(m->bus);
}

void
model_virtio_lock(struct model_virtio *m)
{
	tk_devlock_enter(m->lock);
}

void
model_virtio_unlock(struct model_virtio *m)
{
	tk_devlock_leave(m->lock);
}

int
model_virtio_waiting(struct model_virtio *m)
{
	const struct model_virtio_queue *queue;
	int waiting = 0;

	tk_devlock_enter(m->lock);
	for (queue = m->queue; queue < m->queue + m->config->queues; queue++)
		if (queue->ring.size != 0)
			waiting += queue->kept + (uint16_t)(
			    queue->ring.avail->idx - queue->ring.avail_next);
	tk_devlock_leave(m->lock);
	return (waiting);
}

struct _device *
model_virtio_child(struct model_virtio *m)
{
	return (tk_virtio_child(m->bus));
}
