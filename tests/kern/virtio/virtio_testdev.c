/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The test device and driver of virtio_testdev.h.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/sglist.h>

#include <machine/bus.h>

#include <vm/vm.h>
#include <vm/pmap.h>

#include <dev/virtio/virtio.h>
#include <dev/virtio/virtio_ring.h>
#include <dev/virtio/virtqueue.h>

#include "tk.h"
#include "tk_test.h"
#include "virtio_if.h"
#include "virtio_testdev.h"

struct vtest_driver vtest_drv;

static struct vtest_dev *vtest_device;	/* the one attached */
static void	*vtest_pages;

/*
 * Device
 */

static void
vtest_bind(void *arg, struct _device *bus)
{
	struct vtest_dev *td;

	td = arg;
	td->bus = bus;
}

static uint64_t
vtest_features(void *arg)
{
	struct vtest_dev *td;

	td = arg;
	return (td->features);
}

static int
vtest_set_features(void *arg, uint64_t features)
{
	struct vtest_dev *td;

	td = arg;
	td->accepted = features;
	return (0);
}

static uint8_t
vtest_status(void *arg)
{
	struct vtest_dev *td;

	td = arg;
	return (td->status);
}

static void
vtest_set_status(void *arg, uint8_t status)
{
	struct vtest_dev *td;

	td = arg;
	if (td->refuse)
		status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	td->status = status;
	if (status == VIRTIO_CONFIG_STATUS_RESET) {
		td->resets++;
		td->intr_on = false;
		memset(td->ring, 0, sizeof(td->ring));
	}
}

static uint8_t
vtest_generation(void *arg)
{
	struct vtest_dev *td;

	td = arg;
	return (td->generation);
}

static void
vtest_read_config(void *arg, size_t off, void *buf, size_t len)
{
	struct vtest_dev *td;

	td = arg;
	memcpy(buf, td->config + off, len);
	if (td->config_changes > 0) {
		td->config_changes--;
		td->generation++;
		memset(td->config, td->generation, sizeof(td->config));
	}
}

static void
vtest_write_config(void *arg, size_t off, const void *buf, size_t len)
{
	struct vtest_dev *td;

	td = arg;
	memcpy(td->config + off, buf, len);
}

static uint16_t
vtest_queue_count(void *arg __unused)
{

	return (VTEST_NVQ);
}

static uint16_t
vtest_queue_size(void *arg, uint16_t q)
{
	struct vtest_dev *td;

	td = arg;
	return (td->queue_size[q]);
}

static int
vtest_queue_enable(void *arg, uint16_t q, uint16_t size, uint64_t desc,
    uint64_t avail, uint64_t used)
{
	struct vtest_dev *td;

	td = arg;
	if (!vring_dev_enable(&td->ring[q], size, desc, avail, used,
	    (td->accepted & VIRTIO_RING_F_EVENT_IDX) != 0,
	    (td->accepted & VIRTIO_RING_F_INDIRECT_DESC) != 0))
		return (EINVAL);
	return (0);
}

static void
vtest_queue_disable(void *arg, uint16_t q)
{
	struct vtest_dev *td;

	td = arg;
	memset(&td->ring[q], 0, sizeof(td->ring[q]));
}

static int
vtest_setup_intr(void *arg)
{
	struct vtest_dev *td;

	td = arg;
	td->intr_on = td->intr_error == 0;
	return (td->intr_error);
}

static void
vtest_teardown_intr(void *arg)
{
	struct vtest_dev *td;

	td = arg;
	td->intr_on = false;
	td->teardowns++;
}

static void
vtest_notify(void *arg, uint16_t q)
{
	struct vtest_dev *td;

	td = arg;
	td->kicks[q]++;
}

static bool
vtest_intr_shared(void *arg)
{
	struct vtest_dev *td;

	td = arg;
	return (td->intr_shared);
}

const struct tk_virtio_ops vtest_ops = {
	.name = "test device",
	.bind = vtest_bind,
	.features = vtest_features,
	.set_features = vtest_set_features,
	.status = vtest_status,
	.set_status = vtest_set_status,
	.generation = vtest_generation,
	.read_config = vtest_read_config,
	.write_config = vtest_write_config,
	.queue_count = vtest_queue_count,
	.queue_size = vtest_queue_size,
	.queue_enable = vtest_queue_enable,
	.queue_disable = vtest_queue_disable,
	.setup_intr = vtest_setup_intr,
	.teardown_intr = vtest_teardown_intr,
	.notify = vtest_notify,
	.intr_shared = vtest_intr_shared,
};

void
vtest_dev_init(struct vtest_dev *td)
{
	int i;

	memset(td, 0, sizeof(*td));
	td->features = VIRTIO_F_VERSION_1 | VIRTIO_RING_F_INDIRECT_DESC |
	    VIRTIO_RING_F_EVENT_IDX;
	for (i = 0; i < VTEST_NVQ; i++)
		td->queue_size[i] = 8;
}

/*
 * Driver
 */

static int
vtest_probe(device_t dev)
{

	device_set_desc(dev, "Virtio test driver");
	return (BUS_PROBE_SPECIFIC);
}

static void
vtest_vq_intr(void *arg)
{

	__atomic_fetch_add((int *)arg, 1, __ATOMIC_RELAXED);
}

static int
vtest_alloc_virtqueues(device_t dev)
{
	struct vtest_driver *d;
	struct vq_alloc_info info[VTEST_NVQ + 1];
	struct virtqueue *spare;
	int i;

	d = &vtest_drv;
	spare = NULL;
	memset(info, 0, sizeof(info));
	for (i = 0; i < d->nvqs; i++)
		VQ_ALLOC_INFO_INIT(&info[i], d->maxindirsz,
		    (d->no_intr & (1u << i)) != 0 ? NULL : vtest_vq_intr,
		    &d->intrs[i % VTEST_NVQ],
		    i < VTEST_NVQ ? &d->vq[i] : &spare, "test %d", i);
	return (virtio_alloc_virtqueues(dev, d->nvqs, info));
}

static int
vtest_start(device_t dev)
{
	struct vtest_driver *d;
	int error;

	d = &vtest_drv;
	d->negotiated = virtio_negotiate_features(dev, d->features);
	if (!d->no_finalize) {
		error = virtio_finalize_features(dev);
		if (error != 0)
			return (error);
	}
	error = vtest_alloc_virtqueues(dev);
	if (error == 0 && !d->no_setup_intr)
		error = virtio_setup_intr(dev, INTR_TYPE_MISC);
	if (error == 0)
		error = d->attach_error;
	return (error);
}

static int
vtest_dev_attach(device_t dev)
{

	vtest_drv.error = vtest_drv.start != NULL ? vtest_drv.start(dev) :
	    vtest_start(dev);
	if (vtest_drv.error == 0)
		vtest_drv.dev = dev;
	return (vtest_drv.error);
}

static int
vtest_dev_detach(device_t dev)
{
	struct vtest_driver *d;
	int i, last;

	d = &vtest_drv;
	if (d->detach_error != 0)
		return (d->detach_error);
	if (d->stop != NULL)
		d->stop();
	virtio_stop(dev);
	for (i = 0; i < d->nvqs && !d->keep; i++) {
		last = 0;
		while (virtqueue_drain(d->vq[i], &last) != NULL)
			continue;
	}
	d->dev = NULL;
	return (0);
}

static int
vtest_dev_suspend(device_t dev __unused)
{

	vtest_drv.suspends++;
	return (0);
}

static int
vtest_dev_resume(device_t dev __unused)
{

	vtest_drv.resumes++;
	return (0);
}

static int
vtest_dev_shutdown(device_t dev __unused)
{

	vtest_drv.shutdowns++;
	return (0);
}

static int
vtest_attach_completed(device_t dev __unused)
{

	vtest_drv.completed++;
	if (vtest_device != NULL)
		vtest_drv.completed_status = vtest_device->status;
	return (0);
}

static int
vtest_config_change(device_t dev __unused)
{

	__atomic_fetch_add(&vtest_drv.config_changes, 1, __ATOMIC_RELAXED);
	return (0);
}

static device_method_t vtest_methods[] = {
	DEVMETHOD(device_probe,		vtest_probe),
	DEVMETHOD(device_attach,	vtest_dev_attach),
	DEVMETHOD(device_detach,	vtest_dev_detach),
	DEVMETHOD(device_suspend,	vtest_dev_suspend),
	DEVMETHOD(device_resume,	vtest_dev_resume),
	DEVMETHOD(device_shutdown,	vtest_dev_shutdown),

	DEVMETHOD(virtio_attach_completed, vtest_attach_completed),
	DEVMETHOD(virtio_config_change,	vtest_config_change),

	DEVMETHOD_END
};

static driver_t vtest_driver = {
	.name = "vtest",
	.methods = vtest_methods,
	.size = 1
};

VIRTIO_DRIVER_MODULE(vtest, vtest_driver, NULL, NULL);
MODULE_VERSION(vtest, 1);
MODULE_DEPEND(vtest, virtio, 1, 1, 1);

void
vtest_driver_init(void)
{

	memset(&vtest_drv, 0, sizeof(vtest_drv));
	vtest_drv.features = ~0ULL;
	vtest_drv.nvqs = 1;
	vtest_drv.maxindirsz = 4;
}

/*
 * For tests
 */

void
vtest_attach(struct vtest_dev *td, const char *busname)
{
	int error, i;

	vtest_device = td;
	if (tk_virtio_attach(busname, &vtest_ops, td, VTEST_TYPE, &error) ==
	    NULL)
		tk_test_fail(__FILE__, __LINE__, "attach: error %d", error);
	vtest_pages = contigmalloc(VTEST_NPAGES * PAGE_SIZE, M_DEVBUF,
	    M_WAITOK, 0, ~(vm_paddr_t)0, PAGE_SIZE, 0);
	for (i = 0; i < VTEST_NPAGES; i++)
		memset(vtest_page(i), i, PAGE_SIZE);
}

void
vtest_detach(struct vtest_dev *td)
{

	TK_EQ(tk_virtio_detach(td->bus), 0);
	contigfree(vtest_pages, VTEST_NPAGES * PAGE_SIZE, M_DEVBUF);
	vtest_pages = NULL;
	vtest_device = NULL;
}

void *
vtest_page(int i)
{

	return ((char *)vtest_pages + i * PAGE_SIZE);
}

int
vtest_enqueue(struct virtqueue *vq, void *cookie, int readable, int writable)
{
	struct sglist_seg segs[VTEST_NPAGES];
	struct sglist sg;
	int i;

	sglist_init(&sg, nitems(segs), segs);
	/* Apart from each other, so that no two become one segment. */
	for (i = 0; i < readable + writable; i++)
		TK_EQ(sglist_append(&sg, vtest_page(i), 16), 0);
	return (virtqueue_enqueue(vq, cookie, &sg, readable, writable));
}
