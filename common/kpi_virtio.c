/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Virtio: see kpi_virtio.h for the contracts.
 */
#include "kpi_virtio.h"
#include "kpi_time.h"

#include <sys/smp.h>

#include <machine/atomic.h>

#include <vm/vm.h>
#include <vm/pmap.h>
#include <machine/vmparam.h>

#include <dev/virtio/virtio_ring.h>

/*
 * The greatest size of a queue that kpi_vq_intr() takes for idle.  virtqueue(9)
 * turns interrupts off by a used_event that lies the queue's size behind what
 * was taken.  In a queue of 32,768 the used index can reach that value before
 * the driver takes anything.  Then both would be equal with interrupts off.
 */
#define	KPI_VQ_MAXLOOK	1024

void
kpi_virtio_init(struct kpi_virtio *kv, device_t dev)
{
	kv->kv_dev = dev;
}

int
kpi_virtio_negotiate(struct kpi_virtio *kv, uint64_t wanted, uint64_t *agreed)
{
	KPI_SLEEPABLE();
	kv->kv_features = virtio_negotiate_features(kv->kv_dev, wanted);
	*agreed = kv->kv_features;
	return (virtio_finalize_features(kv->kv_dev));
}

uint8_t
kpi_virtio_config_1(struct kpi_virtio *kv, bus_size_t off)
{
	KPI_SLEEPABLE();
	return (virtio_read_dev_config_1(kv->kv_dev, off));
}

uint16_t
kpi_virtio_config_2(struct kpi_virtio *kv, bus_size_t off)
{
	KPI_SLEEPABLE();
	return (virtio_read_dev_config_2(kv->kv_dev, off));
}

uint32_t
kpi_virtio_config_4(struct kpi_virtio *kv, bus_size_t off)
{
	KPI_SLEEPABLE();
	return (virtio_read_dev_config_4(kv->kv_dev, off));
}

void
kpi_virtio_set_config_1(struct kpi_virtio *kv, bus_size_t off, uint8_t value)
{
	KPI_SLEEPABLE();
	virtio_write_dev_config_1(kv->kv_dev, off, value);
}

void
kpi_virtio_set_config_2(struct kpi_virtio *kv, bus_size_t off, uint16_t value)
{
	KPI_SLEEPABLE();
	virtio_write_dev_config_2(kv->kv_dev, off, value);
}

void
kpi_virtio_set_config_4(struct kpi_virtio *kv, bus_size_t off, uint32_t value)
{
	KPI_SLEEPABLE();
	virtio_write_dev_config_4(kv->kv_dev, off, value);
}

/*
 * Gates.  The thread that enters counts first and looks second; the thread that
 * closes the gate does the reverse.  With a full fence between the two on both
 * sides, one of them sees the other.
 */

static void
kpi_gate_open(struct kpi_gate *gate)
{
	atomic_store_rel_int(&gate->kg_open, 1);
}

/* For a gate that several threads enter.  False: closed. */
static bool
kpi_gate_enter(struct kpi_gate *gate)
{
	atomic_add_int(&gate->kg_running, 1);
	atomic_thread_fence_seq_cst();
	return (atomic_load_acq_int(&gate->kg_open) != 0);
}

/* Whether it was closed or not. */
static void
kpi_gate_leave(struct kpi_gate *gate)
{
	atomic_subtract_rel_int(&gate->kg_running, 1);
}

/* After a panic the threads inside never go on, and it may be this one. */
static void
kpi_gate_drain(struct kpi_gate *gate)
{
	while (atomic_load_acq_int(&gate->kg_running) != 0 && !kpi_panicked())
		pause("vqgate", 1);
}

/*
 * The bus calls this for a queue's interrupt, and for that of every other queue
 * with the same vector.  Call the handler, unless the queue is idle or its gate
 * is closed.
 *
 * With EVENT_IDX the driver's side of the ring has a word, used_event.  A
 * device that increments the used index from this value interrupts.  So a queue
 * whose used index equals its used_event is idle: the driver had taken all that
 * was used when it turned interrupts on, nothing was used since, and interrupts
 * are on.  Two plain reads show that, without a lock.
 *
 * It is not enough that nothing is used.  The bus's filter looks without a
 * lock, and may turn interrupts off after another thread has taken the last
 * chain and turned them on.  If the handler were skipped, they would stay off.
 * docs/reference/virtqueue-idle.md has the proof.  The bus frees the ring after
 * it has disconnected the interrupt, so the words may be read before the gate.
 *
 * The thread of the queue's interrupt alone enters the gate: each interrupt of
 * FreeBSD's has one thread, and a queue has one interrupt.  So the count is a
 * store.  kpi_virtio_stop() has every CPU execute the full fence that would be
 * needed here: cpus_fence_seq_cst() exists for that.  If this CPU executed it
 * before kg_open is read below, the read finds the gate closed.  Otherwise
 * the store before it has become visible, and kpi_virtio_stop() waits.  It is
 * enough to keep the compiler from reordering the two.  The release store
 * makes all that the handler did visible to the thread that waited.
 */
static void
kpi_vq_intr(void *arg)
{
	struct kpi_vq_intr *intr = arg;

	if (atomic_load_16(intr->kvi_used) == atomic_load_16(intr->kvi_event))
		return;
	atomic_store_int(&intr->kvi_gate.kg_running, 1);
	atomic_interrupt_fence();
	if (__predict_true(atomic_load_acq_int(&intr->kvi_gate.kg_open) != 0))
		intr->kvi_intr(intr->kvi_arg);
	atomic_store_rel_int(&intr->kvi_gate.kg_running, 0);
}

/* Two words that differ, for a queue that is never taken for idle. */
static const uint16_t kpi_vq_never[] = { 0, 1 };

/* The kernel's address of memory that virtqueue(9) allocated. */
static const volatile void *
kpi_vq_memory(vm_paddr_t paddr)
{
	return ((const volatile void *)PHYS_TO_DMAP(paddr));
}

/*
 * Find the words that kpi_vq_intr() compares.  Without EVENT_IDX there is no
 * used_event.
 */
static void
kpi_vq_find_words(struct kpi_virtio *kv, struct kpi_vq_intr *intr,
    struct virtqueue *vq)
{
	const volatile struct vring_avail *avail;
	const volatile struct vring_used *used;
	int size = virtqueue_size(vq);

	intr->kvi_used = &kpi_vq_never[0];
	intr->kvi_event = &kpi_vq_never[1];
	if ((kv->kv_features & KPI_VIRTIO_F_EVENT_IDX) == 0 ||
	    size > KPI_VQ_MAXLOOK)
		return;
	avail = kpi_vq_memory(virtqueue_avail_paddr(vq));
	used = kpi_vq_memory(virtqueue_used_paddr(vq));
	intr->kvi_used = &used->idx;
	intr->kvi_event = &avail->ring[size];
}

int
kpi_virtio_setup_queues(struct kpi_virtio *kv, struct kpi_vq_spec *specs, int n)
{
	struct vq_alloc_info info[KPI_VIRTIO_MAXQUEUES];
	struct kpi_vq_intr *intr;
	int error, i;

	if (n < 1 || n > KPI_VIRTIO_MAXQUEUES)
		return (EINVAL);
	for (i = 0; i < n; i++) {
		intr = &kv->kv_queues[i];
		intr->kvi_intr = specs[i].kvs_intr;
		intr->kvi_arg = specs[i].kvs_arg;
		VQ_ALLOC_INFO_INIT(&info[i], specs[i].kvs_maxsegs,
		    intr->kvi_intr != NULL ? kpi_vq_intr : NULL, intr,
		    &specs[i].kvs_vq, "%s %s", device_get_nameunit(kv->kv_dev),
		    specs[i].kvs_name);
	}
	error = virtio_alloc_virtqueues(kv->kv_dev, n, info);
	if (error != 0)
		return (error);
	for (i = 0; i < n; i++) {
		kpi_vq_find_words(kv, &kv->kv_queues[i], specs[i].kvs_vq);
		kpi_gate_open(&kv->kv_queues[i].kvi_gate);
	}
	return (virtio_setup_intr(kv->kv_dev, INTR_TYPE_AV));
}

void
kpi_virtio_driver_ok(struct kpi_virtio *kv)
{
	KPI_SLEEPABLE();
	virtio_reinit_complete(kv->kv_dev);
}

void
kpi_virtio_stop(struct kpi_virtio *kv)
{
	int i;

	KPI_SLEEPABLE();
	virtio_stop(kv->kv_dev);
	for (i = 0; i < KPI_VIRTIO_MAXQUEUES; i++)
		atomic_store_int(&kv->kv_queues[i].kvi_gate.kg_open, 0);
	/*
	 * See kpi_vq_intr().  After a panic no other CPU runs, and none would
	 * answer.
	 */
	if (!kpi_panicked())
		cpus_fence_seq_cst();
	for (i = 0; i < KPI_VIRTIO_MAXQUEUES; i++)
		kpi_gate_drain(&kv->kv_queues[i].kvi_gate);
}

/*
 * The queues were set up for the agreed features, so these must be the same
 * again.
 */
static int
kpi_virtio_renegotiate(struct kpi_virtio *kv)
{
	uint64_t bit;
	int error;

	error = virtio_reinit(kv->kv_dev, kv->kv_features);
	for (bit = 1; bit != 0 && error == 0; bit <<= 1) {
		if ((kv->kv_features & bit) != 0 &&
		    !virtio_with_feature(kv->kv_dev, bit))
			error = ENOTSUP;
	}
	return (error);
}

int
kpi_virtio_restart(struct kpi_virtio *kv)
{
	int error, i;

	KPI_SLEEPABLE();
	error = kpi_virtio_renegotiate(kv);
	if (error != 0) {
		virtio_stop(kv->kv_dev);
		return (error);
	}
	for (i = 0; i < KPI_VIRTIO_MAXQUEUES; i++)
		kpi_gate_open(&kv->kv_queues[i].kvi_gate);
	return (0);
}

/* Call kv_config_intr for a change that came before it was set. */
static void
kpi_virtio_config_intr(struct kpi_virtio *kv)
{
	if (kpi_gate_enter(&kv->kv_config) &&
	    atomic_readandclear_int(&kv->kv_changed) != 0)
		kv->kv_config_intr(kv->kv_config_arg);
	kpi_gate_leave(&kv->kv_config);
}

int
kpi_virtio_config_on(struct kpi_virtio *kv, void (*intr)(void *), void *arg)
{
	KPI_SLEEPABLE();
	if (atomic_cmpset_acq_int(&kv->kv_watched, 0, 1) == 0)
		return (EBUSY);
	kv->kv_config_intr = intr;
	kv->kv_config_arg = arg;
	kpi_gate_open(&kv->kv_config);
	/* One that came before found the gate closed. */
	kpi_virtio_config_intr(kv);
	return (0);
}

void
kpi_virtio_config_off(struct kpi_virtio *kv)
{
	KPI_SLEEPABLE();
	atomic_store_int(&kv->kv_config.kg_open, 0);
	atomic_thread_fence_seq_cst();
	kpi_gate_drain(&kv->kv_config);
	atomic_store_rel_int(&kv->kv_watched, 0);
}

void
kpi_virtio_config_change(struct kpi_virtio *kv)
{
	atomic_store_int(&kv->kv_changed, 1);
	kpi_virtio_config_intr(kv);
}

void *
kpi_vq_drain(struct virtqueue *vq, int *last)
{
	return (virtqueue_drain(vq, last));
}

int
kpi_vq_size(struct virtqueue *vq)
{
	return (virtqueue_size(vq));
}

int
kpi_vq_nfree(struct virtqueue *vq)
{
	return (virtqueue_nfree(vq));
}

struct sglist *
kpi_sglist_alloc(int maxsegs, int mflags)
{
	return (sglist_alloc(maxsegs, mflags));
}

void
kpi_sglist_free(struct sglist *sg)
{
	if (sg != NULL)
		sglist_free(sg);
}

int
kpi_sglist_append(struct sglist *sg, vm_paddr_t paddr, size_t len)
{
	return (sglist_append_phys(sg, paddr, len));
}

void
kpi_sglist_reset(struct sglist *sg)
{
	sglist_reset(sg);
}
