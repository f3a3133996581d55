/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Modern virtio over PCI (VIRTIO 1.2, section 4.1) for QEMU's devices, as
 * a struct tk_virtio_ops.  Leaves out the legacy registers, the PCI
 * configuration access capability, INTx and notification data.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "qtest_var.h"

#define	VPCI_VENDOR		0x1af4
#define	VPCI_DEVICE		0x1040	/* and the type of the device */
#define	VPCI_TYPE_SOUND		25

/* The vendor capability: offsets, width in bytes. */
#define	PCI_CAP_VENDOR		0x09
#define	VPCI_CAP_TYPE		3	/* 1 */
#define	  VPCI_CAP_COMMON	1
#define	  VPCI_CAP_NOTIFY	2
#define	  VPCI_CAP_ISR		3
#define	  VPCI_CAP_DEVICE	4
#define	VPCI_CAP_BAR		4	/* 1 */
#define	VPCI_CAP_OFFSET		8	/* 4 */
#define	VPCI_CAP_LENGTH		12	/* 4 */
#define	VPCI_CAP_MULTIPLIER	16	/* 4, notify only */

/* The common configuration: offsets, width in bytes. */
#define	VPCI_DEVICE_SELECT	0x00	/* 4 */
#define	VPCI_DEVICE_FEATURE	0x04	/* 4 */
#define	VPCI_DRIVER_SELECT	0x08	/* 4 */
#define	VPCI_DRIVER_FEATURE	0x0c	/* 4 */
#define	VPCI_CONFIG_VECTOR	0x10	/* 2 */
#define	VPCI_NUM_QUEUES		0x12	/* 2 */
#define	VPCI_STATUS		0x14	/* 1 */
#define	  VPCI_DRIVER_OK	0x04
#define	VPCI_GENERATION		0x15	/* 1 */
#define	VPCI_QUEUE_SELECT	0x16	/* 2 */
#define	VPCI_QUEUE_SIZE		0x18	/* 2 */
#define	VPCI_QUEUE_VECTOR	0x1a	/* 2 */
#define	VPCI_QUEUE_ENABLE	0x1c	/* 2 */
#define	VPCI_QUEUE_NOTIFY_OFF	0x1e	/* 2 */
#define	VPCI_QUEUE_DESC		0x20	/* 8, as two of 4 */
#define	VPCI_QUEUE_DRIVER	0x28	/* 8 */
#define	VPCI_QUEUE_DEVICE	0x30	/* 8 */
#define	VPCI_COMMON_LEN		0x38

#define	VPCI_NO_VECTOR		0xffff
#define	VPCI_VECTOR_CONFIG	0
#define	VPCI_VECTOR_QUEUES	1	/* the first, or the only one */
#define	VPCI_VECTOR_ALONE	0	/* of the queues, if the only */
#define	VPCI_RESET_TRIES	1000	/* a millisecond each */

/*
 * Registers
 */

static uint32_t
common_read(struct tk_qtest *q, int off, int width)
{

	return (qtest_read(q, q->vpci.common.addr + off, width));
}

static void
common_write(struct tk_qtest *q, int off, int width, uint32_t value)
{

	qtest_write(q, q->vpci.common.addr + off, width, value);
}

static void
common_write_addr(struct tk_qtest *q, int off, uint64_t addr)
{

	common_write(q, off, 4, addr);
	common_write(q, off + 4, 4, addr >> 32);
}

/*
 * A register behind VPCI_QUEUE_SELECT.  vpci.lock keeps the selection
 * unchanged.
 */
static uint32_t
queue_read(struct tk_qtest *q, uint16_t queue, int off)
{
	uint32_t value;

	pthread_mutex_lock(&q->vpci.lock);
	common_write(q, VPCI_QUEUE_SELECT, 2, queue);
	value = common_read(q, off, 2);
	pthread_mutex_unlock(&q->vpci.lock);
	return (value);
}

/*
 * Finding the windows
 */

static int
read_window(struct tk_qtest *q, int cap, struct vpci_window *w)
{
	struct qpci_dev *d;
	struct qpci_bar *bar;
	uint32_t len, n, off;

	d = &q->vpci.pci;
	n = qpci_config_read(q, d, cap + VPCI_CAP_BAR, 1);
	off = qpci_config_read(q, d, cap + VPCI_CAP_OFFSET, 4);
	len = qpci_config_read(q, d, cap + VPCI_CAP_LENGTH, 4);
	if (n >= QPCI_BARS || d->bar[n].addr == 0)
		return (qtest_fail(q, ENXIO, "a virtio capability names BAR "
		    "%" PRIu32 ", which has no address", n));
	bar = &d->bar[n];
	if (len == 0 || (uint64_t)off + len > bar->size)
		return (qtest_fail(q, ENXIO, "a virtio capability reaches "
		    "beyond BAR %" PRIu32, n));
	w->addr = bar->addr + off;
	w->len = len;
	return (0);
}

static struct vpci_window *
window_of(struct vpci *v, uint32_t type)
{

	switch (type) {
	case VPCI_CAP_COMMON:
		return (&v->common);
	case VPCI_CAP_NOTIFY:
		return (&v->notify);
	case VPCI_CAP_ISR:
		return (&v->isr);
	case VPCI_CAP_DEVICE:
		return (&v->device);
	default:
		return (NULL);
	}
}

/*
 * The first capability of a kind is the valid one; 4.1.4.  If there is none,
 * the fields stay zero.
 */
static int
find_windows(struct tk_qtest *q)
{
	struct vpci *v;
	struct vpci_window *w;
	uint32_t type;
	int cap, error, i;

	v = &q->vpci;
	for (i = qpci_cap(&v->pci, PCI_CAP_VENDOR, 0); i >= 0;
	    i = qpci_cap(&v->pci, PCI_CAP_VENDOR, i + 1)) {
		cap = v->pci.cap_off[i];
		type = qpci_config_read(q, &v->pci, cap + VPCI_CAP_TYPE, 1);
		w = window_of(v, type);
		if (w == NULL || w->len != 0)
			continue;
		error = read_window(q, cap, w);
		if (error != 0)
			return (error);
		if (type == VPCI_CAP_NOTIFY)
			v->notify_multiplier = qpci_config_read(q, &v->pci,
			    cap + VPCI_CAP_MULTIPLIER, 4);
	}
	return (tk_qtest_error(q));
}

static int
check_windows(struct tk_qtest *q)
{
	const struct {
		const struct vpci_window *w;
		uint32_t least;
		const char *name;
	} need[] = {
		{ &q->vpci.common, VPCI_COMMON_LEN, "common configuration" },
		{ &q->vpci.notify, 2, "notification" },
		{ &q->vpci.isr, 1, "ISR status" },
		{ &q->vpci.device, 12, "device configuration" }
	};
	size_t i;

	for (i = 0; i < sizeof(need) / sizeof(need[0]); i++) {
		if (need[i].w->len == 0)
			return (qtest_fail(q, ENXIO, "the device has no virtio "
			    "capability for its %s", need[i].name));
		if (need[i].w->len < need[i].least)
			return (qtest_fail(q, ENXIO, "the device's %s has only "
			    "%" PRIu32 " bytes", need[i].name,
			    need[i].w->len));
	}
	return (0);
}

int
vpci_init(struct tk_qtest *q, uint16_t type)
{
	struct vpci *v;
	int error;

	v = &q->vpci;
	pthread_mutex_init(&v->lock, NULL);
	v->lock_ready = true;
	error = qpci_find(q, VPCI_VENDOR, VPCI_DEVICE +
	    (type != 0 ? type : VPCI_TYPE_SOUND), &v->pci);
	if (error == 0)
		error = qpci_enable(q, &v->pci);
	if (error == 0)
		error = find_windows(q);
	if (error == 0)
		error = check_windows(q);
	if (error == 0)
		error = msix_init(q, &v->msix, &v->pci);
	if (error == 0) {
		v->nqueues = common_read(q, VPCI_NUM_QUEUES, 2);
		error = tk_qtest_error(q);
	}
	return (error);
}

void
vpci_fini(struct tk_qtest *q)
{

	if (!q->vpci.lock_ready)
		return;
	msix_stop(q, &q->vpci.msix, &q->vpci.pci);
	msix_fini(&q->vpci.msix);
	pthread_mutex_destroy(&q->vpci.lock);
	q->vpci.lock_ready = false;
}

/*
 * Operations: status and features
 */

static void
vpci_bind(void *arg, struct _device *bus)
{
	struct tk_qtest *q = arg;

	q->vpci.bus = bus;
}

static uint64_t
vpci_features(void *arg)
{
	struct tk_qtest *q = arg;
	uint64_t features;

	pthread_mutex_lock(&q->vpci.lock);
	common_write(q, VPCI_DEVICE_SELECT, 4, 0);
	features = common_read(q, VPCI_DEVICE_FEATURE, 4);
	common_write(q, VPCI_DEVICE_SELECT, 4, 1);
	features |= (uint64_t)common_read(q, VPCI_DEVICE_FEATURE, 4) << 32;
	pthread_mutex_unlock(&q->vpci.lock);
	return (tk_qtest_error(q) == 0 ? features : 0);
}

static int
vpci_set_features(void *arg, uint64_t features)
{
	struct tk_qtest *q = arg;
	uint64_t extra;

	extra = features & ~vpci_features(q);
	if (tk_qtest_error(q) != 0)
		return (tk_qtest_error(q));
	if (extra != 0)
		return (qtest_report(q, EINVAL, "features 0x%" PRIx64 " are "
		    "refused: the device does not offer them", extra));
	pthread_mutex_lock(&q->vpci.lock);
	common_write(q, VPCI_DRIVER_SELECT, 4, 0);
	common_write(q, VPCI_DRIVER_FEATURE, 4, features);
	common_write(q, VPCI_DRIVER_SELECT, 4, 1);
	common_write(q, VPCI_DRIVER_FEATURE, 4, features >> 32);
	pthread_mutex_unlock(&q->vpci.lock);
	return (tk_qtest_error(q));
}

static uint8_t
vpci_status(void *arg)
{

	return (common_read(arg, VPCI_STATUS, 1));
}

/* 4.1.4.3.2: the reset is done once the status reads 0. */
static void
vpci_reset(struct tk_qtest *q)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int i;

	common_write(q, VPCI_STATUS, 1, 0);
	for (i = 0; common_read(q, VPCI_STATUS, 1) != 0; i++) {
		if (tk_qtest_error(q) != 0)
			return;
		if (i == VPCI_RESET_TRIES) {
			qtest_fail(q, EIO, "the device does not finish "
			    "its reset");
			return;
		}
		nanosleep(&pause, NULL);
	}
	memset(q->vpci.notify_addr, 0, sizeof(q->vpci.notify_addr));
}

static void
vpci_set_status(void *arg, uint8_t status)
{
	struct tk_qtest *q = arg;

	if (status == 0) {
		vpci_reset(arg);
		return;
	}
	common_write(arg, VPCI_STATUS, 1, status);
	/*
	 * QEMU tells a device in another process that its queues are enabled.
	 * A notification that arrives before that is dropped.  The device
	 * answers requests in order, so read a register and wait for the
	 * answer.
	 */
	if ((status & VPCI_DRIVER_OK) != 0 && q->vhost.pid != 0)
		qtest_read(q, q->vpci.device.addr, 1);
}

/*
 * Operations: device configuration
 */

static uint8_t
vpci_generation(void *arg)
{

	return (common_read(arg, VPCI_GENERATION, 1));
}

static bool
in_config(struct tk_qtest *q, size_t off, size_t len)
{

	return (off <= q->vpci.device.len &&
	    len <= q->vpci.device.len - off);
}

/* Bytes that the device does not have read as all ones. */
static void
vpci_read_config(void *arg, size_t off, void *buf, size_t len)
{
	struct tk_qtest *q = arg;
	uint64_t value;

	value = UINT64_MAX;
	if (in_config(q, off, len))
		value = qtest_read(q, q->vpci.device.addr + off, (int)len);
	memcpy(buf, &value, len);
}

static void
vpci_write_config(void *arg, size_t off, const void *buf, size_t len)
{
	struct tk_qtest *q = arg;
	uint64_t value;

	value = 0;
	memcpy(&value, buf, len);
	if (in_config(q, off, len))
		qtest_write(q, q->vpci.device.addr + off, (int)len, value);
}

/*
 * Operations: queues
 */

static uint16_t
vpci_queue_count(void *arg)
{
	struct tk_qtest *q = arg;

	return (q->vpci.nqueues);
}

static uint16_t
vpci_queue_size(void *arg, uint16_t queue)
{
	struct tk_qtest *q = arg;
	uint16_t size;

	if (queue >= q->vpci.nqueues)
		return (0);
	size = queue_read(q, queue, VPCI_QUEUE_SIZE);
	return (tk_qtest_error(q) == 0 ? size : 0);
}

static bool
vpci_intr_shared(void *arg)
{
	struct tk_qtest *q = arg;

	return (q->vpci.msix.nvectors < VPCI_VECTOR_QUEUES + q->vpci.nqueues);
}

static uint16_t
queue_vector(struct tk_qtest *q, uint16_t queue)
{

	if (!q->vpci.intr)
		return (VPCI_NO_VECTOR);
	if (q->vpci.msix.nvectors == 1)
		return (VPCI_VECTOR_ALONE);
	if (vpci_intr_shared(q))
		return (VPCI_VECTOR_QUEUES);
	return (VPCI_VECTOR_QUEUES + queue);
}

/*
 * If the device has no such vector, the register reads VPCI_NO_VECTOR;
 * 4.1.5.1.2.
 */
static int
set_vector(struct tk_qtest *q, int off, uint16_t vector)
{

	common_write(q, off, 2, vector);
	if (common_read(q, off, 2) == vector || tk_qtest_error(q) != 0)
		return (tk_qtest_error(q));
	return (qtest_report(q, ENOSPC, "the device has no room for MSI-X "
	    "vector %u", vector));
}

static int
write_queue(struct tk_qtest *q, uint16_t queue, uint16_t size, uint64_t desc,
    uint64_t avail, uint64_t used)
{
	uint64_t off;
	int error;

	common_write(q, VPCI_QUEUE_SELECT, 2, queue);
	common_write(q, VPCI_QUEUE_SIZE, 2, size);
	error = set_vector(q, VPCI_QUEUE_VECTOR, queue_vector(q, queue));
	if (error != 0)
		return (error);
	common_write_addr(q, VPCI_QUEUE_DESC, desc);
	common_write_addr(q, VPCI_QUEUE_DRIVER, avail);
	common_write_addr(q, VPCI_QUEUE_DEVICE, used);
	off = (uint64_t)common_read(q, VPCI_QUEUE_NOTIFY_OFF, 2) *
	    q->vpci.notify_multiplier;
	if (tk_qtest_error(q) != 0)
		return (tk_qtest_error(q));
	if (off + sizeof(uint16_t) > q->vpci.notify.len)
		return (qtest_fail(q, ENXIO, "queue %u is notified beyond its "
		    "window", queue));
	common_write(q, VPCI_QUEUE_ENABLE, 2, 1);
	q->vpci.notify_addr[queue] = q->vpci.notify.addr + off;
	return (tk_qtest_error(q));
}

static int
vpci_queue_enable(void *arg, uint16_t queue, uint16_t size, uint64_t desc,
    uint64_t avail, uint64_t used)
{
	struct tk_qtest *q = arg;
	int error;

	if (queue >= q->vpci.nqueues || queue >= TK_VIRTIO_MAXQ)
		return (EINVAL);
	pthread_mutex_lock(&q->vpci.lock);
	error = write_queue(q, queue, size, desc, avail, used);
	pthread_mutex_unlock(&q->vpci.lock);
	return (error);
}

/* Only a reset really disables a queue.  Until then it is not notified. */
static void
vpci_queue_disable(void *arg, uint16_t queue)
{
	struct tk_qtest *q = arg;

	if (queue < TK_VIRTIO_MAXQ)
		q->vpci.notify_addr[queue] = 0;
}

static void
vpci_notify(void *arg, uint16_t queue)
{
	struct tk_qtest *q = arg;

	if (queue >= TK_VIRTIO_MAXQ || q->vpci.notify_addr[queue] == 0)
		return;
	__atomic_fetch_add(&q->kicks, 1, __ATOMIC_RELAXED);
	qtest_write(q, q->vpci.notify_addr[queue], 2, queue);
	msix_nudge(&q->vpci.msix);
}

/*
 * Operations: interrupts
 */

/* In the watcher. */
static void
raise_vector(void *arg, int vector)
{
	struct tk_qtest *q = arg;

	if (q->vpci.bus == NULL)
		return;
	if (q->vpci.msix.nvectors == 1)
		tk_virtio_intr_shared(q->vpci.bus);
	else if (vector == VPCI_VECTOR_CONFIG)
		tk_virtio_intr_config(q->vpci.bus);
	else if (vpci_intr_shared(q))
		tk_virtio_intr_shared(q->vpci.bus);
	else
		tk_virtio_intr_queue(q->vpci.bus,
		    vector - VPCI_VECTOR_QUEUES);
}

/*
 * A queue's own vector is set when the queue is enabled.  If the device has one
 * vector, its queues get it, and changes of the configuration raise no
 * interrupt.
 */
static int
vpci_setup_intr(void *arg)
{
	struct tk_qtest *q = arg;
	int error;

	q->vpci.intr = true;
	error = msix_start(q, &q->vpci.msix, &q->vpci.pci, raise_vector, q);
	if (error == 0 && q->vpci.msix.nvectors > 1)
		error = set_vector(q, VPCI_CONFIG_VECTOR, VPCI_VECTOR_CONFIG);
	return (error);
}

static void
vpci_teardown_intr(void *arg)
{
	struct tk_qtest *q = arg;

	q->vpci.intr = false;
	msix_stop(q, &q->vpci.msix, &q->vpci.pci);
}

const struct tk_virtio_ops tk_qtest_ops = {
	.name = "QEMU virtio-pci",
	.bind = vpci_bind,
	.features = vpci_features,
	.set_features = vpci_set_features,
	.status = vpci_status,
	.set_status = vpci_set_status,
	.generation = vpci_generation,
	.read_config = vpci_read_config,
	.write_config = vpci_write_config,
	.queue_count = vpci_queue_count,
	.queue_size = vpci_queue_size,
	.queue_enable = vpci_queue_enable,
	.queue_disable = vpci_queue_disable,
	.setup_intr = vpci_setup_intr,
	.teardown_intr = vpci_teardown_intr,
	.notify = vpci_notify,
	.intr_shared = vpci_intr_shared
};
