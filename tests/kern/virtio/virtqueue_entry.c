/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The calls that use a virtqueue: each looks for misuse (virtqueue_check.c) and
 * then calls virtqueue.c.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/sglist.h>

#include <dev/virtio/virtqueue.h>

#include "tk.h"
#include "tk_virtio_var.h"
#include "virtqueue_var.h"

/* A poll that takes this long will never end. */
#define	VQ_POLL_NS	(10 * 1000000000LL)

int
virtqueue_reinit(struct virtqueue *vq, uint16_t size)
{
	int error = 0;

	vq_enter(vq, __func__);
	if (size != vq->vq_size) {
		device_printf(vq->vq_dev, "%s: '%s' changed size; old=%hu, "
		    "new=%hu\n", __func__, vq->vq_name, vq->vq_size, size);
		error = EINVAL;
	} else {
		vq_check_empty(vq, __func__);
		vq_ring_init(vq);
	}
	vq_leave(vq);
	return (error);
}

void
virtqueue_free(struct virtqueue *vq)
{

	vq_enter(vq, __func__);
	vq_check_empty(vq, __func__);
	vq_unregister(vq);
	vq_release(vq);
}

void
virtqueue_disable_intr(struct virtqueue *vq)
{

	vq_check(vq, __func__);
	vq_disable_intr(vq);
}

int
virtqueue_enable_intr(struct virtqueue *vq)
{
	int more;

	vq_enter(vq, __func__);
	more = vq_enable_intr(vq, 0);
	vq_leave(vq);
	return (more);
}

int
virtqueue_postpone_intr(struct virtqueue *vq, vq_postpone_t hint)
{
	int more;

	vq_enter(vq, __func__);
	more = vq_postpone_intr(vq, hint);
	vq_leave(vq);
	return (more);
}

int
virtqueue_enqueue(struct virtqueue *vq, void *cookie, struct sglist *sg,
    int readable, int writable)
{
	int error;

	vq_enter(vq, __func__);
	error = vq_admit(vq, cookie, sg, readable, writable) ?
	    vq_enqueue(vq, cookie, sg, readable) : ENOSPC;
	vq_leave(vq);
	return (error);
}

void
virtqueue_notify(struct virtqueue *vq)
{

	vq_enter(vq, __func__);
	vq_notify(vq);
	vq_leave(vq);
}

void *
virtqueue_dequeue(struct virtqueue *vq, uint32_t *len)
{
	void *cookie;

	vq_enter(vq, __func__);
	cookie = vq_dequeue(vq, len);
	vq_leave(vq);
	return (cookie);
}

void *
virtqueue_poll(struct virtqueue *vq, uint32_t *len)
{
	void *cookie;
	int64_t end;

	vq_enter(vq, __func__);
	end = tk_now_ns() + VQ_POLL_NS;
	while ((cookie = vq_dequeue(vq, len)) == NULL) {
		if (tk_now_ns() >= end)
			tk_stop("virtqueue-poll", "queue %s: no answer for "
			    "%d s", vq->vq_name,
			    (int)(VQ_POLL_NS / 1000000000));
		tk_spinwait();
	}
	vq_leave(vq);
	return (cookie);
}

void *
virtqueue_drain(struct virtqueue *vq, int *last)
{
	void *cookie;

	vq_enter(vq, __func__);
	if (tk_virtio_running(vq->vq_dev))
		tk_stop("virtqueue-drain", "queue %s of a device that was "
		    "not stopped", vq->vq_name);
	cookie = vq_drain(vq, last);
	vq_leave(vq);
	return (cookie);
}
