/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Virtqueues.  The test acts as the device. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/endian.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/sglist.h>

#include <machine/bus.h>

#include <vm/vm.h>
#include <vm/pmap.h>

#include <dev/virtio/virtio.h>
#include <dev/virtio/virtio_ring.h>
#include <dev/virtio/virtqueue.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_test.h"
#include "virtio_testdev.h"

static struct vtest_dev	td;
static struct vring_dev_chain chain;
static int		cookies[64];

#define	VQ	(vtest_drv.vq[0])
#define	RING	(&td.ring[0])

/* One queue of 8 with these features, on a per-queue vector. */
static void
setup(uint64_t features)
{

	vtest_driver_init();
	vtest_drv.features = features;
	vtest_dev_init(&td);
	vtest_attach(&td, "virtio_pci");
}

static void
teardown(void)
{

	vtest_detach(&td);
	TK_EQ(tk_ledger_count("virtqueue"), 0);
}

static uint16_t
pop(void)
{

	TK_EQ(vring_dev_pop(RING, &chain), VRING_DEV_OK);
	return (chain.head);
}

/* The device returns the chain at head and the driver takes it. */
static void *
push_and_take(uint16_t head, uint32_t len)
{
	void *cookie;
	uint32_t got;

	vring_dev_push(RING, head, len);
	cookie = virtqueue_dequeue(VQ, &got);
	TK_EQ(got, len);
	return (cookie);
}

static void
expect_seg(int i, int page)
{

	TK_EQ(chain.seg[i].paddr, vtophys(vtest_page(page)));
	TK_EQ(chain.seg[i].len, 16);
}

/*
 * Chains
 */

TK_CASE(direct_chain_reaches_the_device_and_comes_back)
{
	char buf[40];

	setup(0);
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 2, 1), 0);
	TK_EQ(virtqueue_nfree(VQ), 5);
	TK_CHECK(!virtqueue_empty(VQ));
	TK_EQ(pop(), 0);
	TK_EQ(chain.nread, 2);
	TK_EQ(chain.nwrite, 1);
	TK_EQ(chain.rlen, 32);
	expect_seg(0, 0);
	expect_seg(1, 1);
	expect_seg(2, 2);
	TK_EQ(vring_dev_pop(RING, &chain), VRING_DEV_EMPTY);

	/* Across two segments, and up to the end of the writable part. */
	TK_EQ(vring_dev_read(&chain, 12, buf, sizeof(buf)), 20);
	TK_EQ(buf[3], 0);
	TK_EQ(buf[4], 1);
	memset(buf, 0x5a, sizeof(buf));
	TK_EQ(vring_dev_write(&chain, 10, buf, 4), 4);
	TK_EQ(vring_dev_write(&chain, 14, buf, 4), 2);
	TK_EQ(((char *)vtest_page(2))[9], 2);
	TK_EQ(((char *)vtest_page(2))[10], 0x5a);
	TK_EQ(((char *)vtest_page(2))[16], 2);

	TK_CHECK(virtqueue_dequeue(VQ, NULL) == NULL);
	TK_CHECK(push_and_take(chain.head, 16) == &cookies[0]);
	TK_CHECK(virtqueue_empty(VQ));
	TK_EQ(tk_virtqueue_bad_used(), 0);
	teardown();
}

TK_CASE(indirect_chain_takes_one_descriptor)
{
	int i;

	setup(VIRTIO_RING_F_INDIRECT_DESC);
	for (i = 0; i < 8; i++)
		TK_EQ(vtest_enqueue(VQ, &cookies[i], 2, 2), 0);
	TK_CHECK(virtqueue_full(VQ));
	TK_EQ(vtest_enqueue(VQ, &cookies[8], 1, 0), ENOSPC);
	for (i = 0; i < 8; i++) {
		TK_EQ(pop(), i);
		TK_EQ(chain.nread, 2);
		TK_EQ(chain.nwrite, 2);
		TK_EQ(RING->desc[i].flags, htole16(VRING_DESC_F_INDIRECT));
		expect_seg(3, 3);
		TK_CHECK(push_and_take(i, 32) == &cookies[i]);
	}
	teardown();
}

TK_CASE(single_segment_needs_no_indirect_table)
{

	setup(VIRTIO_RING_F_INDIRECT_DESC);
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 1, 0), 0);
	TK_EQ(RING->desc[pop()].flags, 0);
	TK_CHECK(push_and_take(chain.head, 0) == &cookies[0]);
	teardown();
}

TK_CASE(chain_longer_than_the_table_is_direct)
{

	setup(VIRTIO_RING_F_INDIRECT_DESC);
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 4, 1), 0);
	TK_EQ(virtqueue_nfree(VQ), 3);
	pop();
	TK_CHECK(push_and_take(chain.head, 0) == &cookies[0]);
	teardown();
}

TK_CASE(indirect_tables_need_the_feature)
{

	setup(0);
	TK_CHECK(!virtio_with_feature(vtest_drv.dev,
	    VIRTIO_RING_F_INDIRECT_DESC));
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 2, 2), 0);
	TK_EQ(virtqueue_nfree(VQ), 4);
	teardown();
}

TK_CASE(direct_chain_needs_a_descriptor_for_each_segment)
{

	setup(0);
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 4, 2), 0);
	TK_EQ(vtest_enqueue(VQ, &cookies[1], 2, 1), EMSGSIZE);
	TK_EQ(vtest_enqueue(VQ, &cookies[1], 1, 1), 0);
	TK_CHECK(virtqueue_full(VQ));
	TK_EQ(vtest_enqueue(VQ, &cookies[2], 1, 1), ENOSPC);
	TK_EQ(virtqueue_nfree(VQ), 0);
	TK_EQ(virtqueue_size(VQ), 8);
	teardown();
}

TK_CASE(device_may_return_chains_out_of_order)
{
	uint16_t heads[3];
	int i;

	setup(0);
	for (i = 0; i < 3; i++) {
		TK_EQ(vtest_enqueue(VQ, &cookies[i], 1, 1), 0);
		heads[i] = pop();
	}
	TK_CHECK(push_and_take(heads[1], 0) == &cookies[1]);
	TK_CHECK(push_and_take(heads[2], 0) == &cookies[2]);
	/*
	 * The free descriptors are scattered now, so the chain uses scattered
	 * ones.
	 */
	TK_EQ(vtest_enqueue(VQ, &cookies[3], 3, 3), 0);
	pop();
	TK_EQ(chain.nread + chain.nwrite, 6);
	expect_seg(5, 5);
	TK_CHECK(push_and_take(heads[0], 0) == &cookies[0]);
	TK_CHECK(push_and_take(chain.head, 0) == &cookies[3]);
	TK_CHECK(virtqueue_empty(VQ));
	TK_EQ(tk_virtqueue_bad_used(), 0);
	teardown();
}

/* Indices are 16 bits wide and run freely. */
static void
wrap(uint64_t features)
{
	uint16_t heads[4];
	int i, j;

	setup(features);
	for (i = 0; i < 0x10000 + 64; i += 4) {
		for (j = 0; j < 4; j++) {
			TK_EQ(vtest_enqueue(VQ, &cookies[j], 1, 1), 0);
			heads[j] = pop();
		}
		for (j = 3; j >= 0; j--)
			TK_CHECK(push_and_take(heads[j], j) == &cookies[j]);
	}
	TK_EQ(RING->used_next, 64);
	TK_CHECK(virtqueue_empty(VQ));
	TK_EQ(tk_virtqueue_bad_used(), 0);
	teardown();
}

TK_CASE(indices_wrap_direct)
{

	wrap(0);
}

TK_CASE(indices_wrap_indirect_with_event_idx)
{

	wrap(VIRTIO_RING_F_INDIRECT_DESC | VIRTIO_RING_F_EVENT_IDX);
}

/*
 * Notifications
 */

TK_CASE(device_is_notified_unless_it_says_not)
{

	setup(0);
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 1, 0), 0);
	TK_EQ(td.kicks[0], 0);
	virtqueue_notify(VQ);
	TK_EQ(td.kicks[0], 1);
	vring_dev_no_kick(RING);
	TK_EQ(vtest_enqueue(VQ, &cookies[1], 1, 0), 0);
	virtqueue_notify(VQ);
	TK_EQ(td.kicks[0], 1);
	pop();
	/*
	 * A chain came while no kick was requested.  The device sees it when it
	 * requests kicks again.
	 */
	TK_CHECK(vring_dev_want_kick(RING));
	pop();
	TK_CHECK(!vring_dev_want_kick(RING));
	TK_EQ(vtest_enqueue(VQ, &cookies[2], 1, 0), 0);
	virtqueue_notify(VQ);
	TK_EQ(td.kicks[0], 2);
	TK_EQ(tk_virtio_stats(td.bus).kicks[0], 2);
	teardown();
}

TK_CASE(event_idx_kicks_once_per_request)
{
	int i;

	setup(VIRTIO_RING_F_EVENT_IDX);
	for (i = 0; i < 3; i++) {
		TK_EQ(vtest_enqueue(VQ, &cookies[i], 1, 0), 0);
		virtqueue_notify(VQ);
	}
	/* The kick request of an empty ring is for its first entry. */
	TK_EQ(td.kicks[0], 1);
	for (i = 0; i < 3; i++)
		pop();
	TK_CHECK(!vring_dev_want_kick(RING));
	virtqueue_notify(VQ);
	TK_EQ(td.kicks[0], 1);

	/* Several chains and one notify is one kick. */
	for (i = 3; i < 6; i++)
		TK_EQ(vtest_enqueue(VQ, &cookies[i], 1, 0), 0);
	virtqueue_notify(VQ);
	TK_EQ(td.kicks[0], 2);
	teardown();
}

/*
 * Interrupts
 */

/* Enqueue n chains.  The device takes all and returns none yet. */
static void
outstanding(int n)
{
	int i;

	for (i = 0; i < n; i++) {
		TK_EQ(vtest_enqueue(VQ, &cookies[i], 1, 0), 0);
		TK_EQ(pop(), i);
	}
}

TK_CASE(interrupts_are_off_until_enabled)
{
	static const uint64_t features[] = { 0, VIRTIO_RING_F_EVENT_IDX };
	u_int i;

	for (i = 0; i < nitems(features); i++) {
		setup(features[i]);
		outstanding(3);
		vring_dev_push(RING, 0, 0);
		TK_CHECK(!vring_dev_want_intr(RING));
		TK_CHECK(virtqueue_dequeue(VQ, NULL) == &cookies[0]);

		TK_EQ(virtqueue_enable_intr(VQ), 0);
		vring_dev_push(RING, 1, 0);
		TK_CHECK(vring_dev_want_intr(RING));
		TK_CHECK(!vring_dev_want_intr(RING));
		TK_CHECK(virtqueue_dequeue(VQ, NULL) == &cookies[1]);

		virtqueue_disable_intr(VQ);
		vring_dev_push(RING, 2, 0);
		TK_CHECK(!vring_dev_want_intr(RING));
		teardown();
	}
}

TK_CASE(enable_intr_tells_of_what_came_before)
{
	static const uint64_t features[] = { 0, VIRTIO_RING_F_EVENT_IDX };
	u_int i;

	for (i = 0; i < nitems(features); i++) {
		setup(features[i]);
		outstanding(1);
		vring_dev_push(RING, 0, 0);
		TK_EQ(virtqueue_nused(VQ), 1);
		TK_EQ(virtqueue_enable_intr(VQ), 1);
		teardown();
	}
}

/* How many chains the device returns until it interrupts. */
static int
until_interrupt(vq_postpone_t hint)
{
	int i;

	setup(VIRTIO_RING_F_EVENT_IDX);
	outstanding(8);
	TK_EQ(virtqueue_postpone_intr(VQ, hint), 0);
	for (i = 0; i < 8; i++) {
		vring_dev_push(RING, i, 0);
		if (vring_dev_want_intr(RING))
			break;
	}
	teardown();
	return (i + 1);
}

TK_CASE(postponed_interrupt_comes_after_a_part)
{

	TK_EQ(until_interrupt(VQ_POSTPONE_SHORT), 8 / 4 + 1);
	TK_EQ(until_interrupt(VQ_POSTPONE_LONG), 8 * 3 / 4 + 1);
	/*
	 * All of it: an interrupt would need one chain more than there is, so
	 * none comes.
	 */
	TK_EQ(until_interrupt(VQ_POSTPONE_EMPTIED), 9);
}

TK_CASE(postponed_interrupt_that_is_due_already_is_told)
{
	int i;

	setup(VIRTIO_RING_F_EVENT_IDX);
	outstanding(8);
	for (i = 0; i < 3; i++)
		vring_dev_push(RING, i, 0);
	TK_EQ(virtqueue_postpone_intr(VQ, VQ_POSTPONE_SHORT), 1);
	TK_EQ(virtqueue_postpone_intr(VQ, VQ_POSTPONE_LONG), 0);
	teardown();
}

TK_CASE(filter_asks_for_the_thread_once)
{

	setup(VIRTIO_RING_F_EVENT_IDX);
	outstanding(2);
	TK_EQ(virtqueue_enable_intr(VQ), 0);
	TK_EQ(virtqueue_intr_filter(VQ), 0);
	vring_dev_push(RING, 0, 0);
	TK_CHECK(vring_dev_want_intr(RING));
	TK_EQ(virtqueue_intr_filter(VQ), 1);
	vring_dev_push(RING, 1, 0);
	TK_CHECK(!vring_dev_want_intr(RING));
	virtqueue_intr(VQ);
	TK_EQ(vtest_drv.intrs[0], 1);
	teardown();
}

/*
 * Drain, reinit, allocation
 */

TK_CASE(drain_returns_every_cookie_once)
{
	int i, last, n, seen;

	setup(0);
	outstanding(6);
	vring_dev_push(RING, 2, 0);
	TK_CHECK(virtqueue_dequeue(VQ, NULL) == &cookies[2]);
	virtio_stop(vtest_drv.dev);
	seen = 0;
	last = 0;
	for (n = 0; n < 5; n++) {
		i = (int *)virtqueue_drain(VQ, &last) - cookies;
		TK_CHECK(i >= 0 && i < 6);
		seen |= 1 << i;
	}
	TK_EQ(seen, 0x3b);
	TK_CHECK(virtqueue_drain(VQ, &last) == NULL);
	TK_EQ(last, 8);
	TK_CHECK(virtqueue_empty(VQ));
	teardown();
}

TK_CASE(drained_queue_starts_again_after_reinit)
{
	int last;

	setup(VIRTIO_RING_F_EVENT_IDX);
	outstanding(3);
	virtio_stop(vtest_drv.dev);
	last = 0;
	while (virtqueue_drain(VQ, &last) != NULL)
		continue;
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), 0);
	virtio_reinit_complete(vtest_drv.dev);
	outstanding(3);
	TK_CHECK(push_and_take(1, 0) == &cookies[1]);
	teardown();
}

TK_CASE(reinit_refuses_another_size)
{

	setup(0);
	TK_EQ(virtqueue_reinit(VQ, 16), EINVAL);
	TK_EQ(virtqueue_reinit(VQ, 8), 0);
	teardown();
}

static int
alloc_error(uint16_t size, int maxindirsz)
{
	struct vq_alloc_info info;
	struct virtqueue *vq, *unused;
	int error;

	VQ_ALLOC_INFO_INIT(&info, maxindirsz, NULL, NULL, &unused, "x");
	vq = NULL;
	error = virtqueue_alloc(td.bus, 1, size, 0, PAGE_SIZE,
	    ~(vm_paddr_t)0, &info, &vq);
	TK_EQ(vq == NULL, error != 0);
	if (vq != NULL)
		virtqueue_free(vq);
	return (error);
}

TK_CASE(alloc_refuses_what_cannot_be)
{

	setup(~0ULL);
	TK_EQ(alloc_error(0, 0), ENODEV);
	TK_EQ(alloc_error(12, 0), ENXIO);
	TK_EQ(alloc_error(8, VIRTIO_MAX_INDIRECT + 1), EINVAL);
	TK_EQ(alloc_error(8, VIRTIO_MAX_INDIRECT), 0);
	teardown();
}

TK_CASE(alloc_without_memory_leaves_nothing)
{
	int i;

	setup(~0ULL);
	for (i = 1; i <= 2; i++) {
		tk_fault_set("malloc", i);
		TK_EQ(alloc_error(8, 4), ENOMEM);
		tk_fault_set("contigmalloc", i);
		TK_EQ(alloc_error(8, 4), ENOMEM);
	}
	tk_fault_clear();
	TK_EQ(alloc_error(8, 4), 0);
	teardown();
}

TK_CASE(ring_parts_are_where_the_device_was_told)
{

	setup(0);
	TK_EQ(virtqueue_paddr(VQ), virtqueue_desc_paddr(VQ));
	TK_CHECK(tk_ram_ptr(virtqueue_desc_paddr(VQ), 128) ==
	    (void *)RING->desc);
	TK_CHECK(tk_ram_ptr(virtqueue_avail_paddr(VQ), 22) ==
	    (void *)RING->avail);
	TK_CHECK(tk_ram_ptr(virtqueue_used_paddr(VQ), 70) ==
	    (void *)RING->used);
	TK_EQ(virtqueue_used_paddr(VQ) % PAGE_SIZE, 0);
	TK_EQ(virtqueue_index(VQ), 0);
	virtqueue_dump(VQ);
	virtqueue_dump(NULL);
	TK_CHECK(strstr(tk_msgbuf(), "VQ: test 0 - size=8") != NULL);
	teardown();
}

TK_CASE(enqueue_can_be_made_to_fail)
{

	setup(0);
	tk_fault_set("virtqueue_enqueue", 1);
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 1, 0), ENOSPC);
	TK_CHECK(virtqueue_empty(VQ));
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 1, 0), 0);
	teardown();
}

/*
 * Poll
 */

static void
answer_after_5_ms(void *arg __unused)
{

	(void)tk_agent_wait(tk_now_ns() + 5000000);
	pop();
	vring_dev_push(RING, chain.head, 7);
}

TK_CASE(poll_waits_for_the_device)
{
	struct tk_agent *agent;
	int64_t began;
	uint32_t len;

	setup(0);
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 0, 1), 0);
	began = tk_now_ns();
	tk_agent_create(&agent, "answerer", answer_after_5_ms, NULL);
	TK_CHECK(virtqueue_poll(VQ, &len) == &cookies[0]);
	TK_EQ(len, 7);
	TK_CHECK(tk_now_ns() - began >= 5000000);
	tk_agent_stop(agent);
	teardown();
}

/*
 * Devices that write wrong used rings
 */

/* As FreeBSD's release kernel: see virtqueue.c. */

TK_CASE_STOPS(lying_device_names_an_id_beyond_the_ring,
    "virtqueue-memory: queue test 0: the device had virtqueue(9) go to "
    "descriptor 8 of 8")
{

	setup(0);
	outstanding(1);
	vring_dev_push(RING, 8, 0);
	TK_CHECK(virtqueue_dequeue(VQ, NULL) == NULL);
}

TK_CASE(lying_device_names_an_id_that_is_cut_to_16_bits)
{

	setup(0);
	outstanding(1);
	RING->used->ring[0].id = htole32(0x10000);
	RING->used->idx = htole16(1);
	TK_CHECK(virtqueue_dequeue(VQ, NULL) == &cookies[0]);
	TK_CHECK(virtqueue_empty(VQ));
	teardown();
}

TK_CASE(lying_device_returns_a_chain_twice)
{
	uint32_t len;

	setup(0);
	outstanding(2);
	vring_dev_push(RING, 1, 0);
	vring_dev_push(RING, 1, 5);
	vring_dev_push(RING, 0, 0);
	TK_CHECK(virtqueue_dequeue(VQ, NULL) == &cookies[1]);
	/* NULL although there is another entry; but the length was stored. */
	TK_CHECK(virtqueue_dequeue(VQ, &len) == NULL);
	TK_EQ(len, 5);
	TK_EQ(tk_virtqueue_bad_used(), 1);
	TK_EQ(virtqueue_nused(VQ), 1);
	TK_CHECK(virtqueue_enable_intr(VQ) != 0);
	TK_CHECK(virtqueue_dequeue(VQ, NULL) == &cookies[0]);
	TK_CHECK(virtqueue_dequeue(VQ, NULL) == NULL);
	TK_CHECK(virtqueue_empty(VQ));
	teardown();
}

/*
 * A descriptor that is freed twice is handed out twice.  The first chain is
 * lost.
 */
TK_CASE(chain_returned_twice_costs_another_one)
{

	setup(0);
	outstanding(1);
	TK_CHECK(push_and_take(0, 0) == &cookies[0]);
	TK_CHECK(push_and_take(0, 0) == NULL);
	TK_EQ(vtest_enqueue(VQ, &cookies[2], 1, 0), 0);
	TK_EQ(vtest_enqueue(VQ, &cookies[3], 1, 0), 0);
	TK_EQ(pop(), 0);
	TK_EQ(pop(), 0);
	TK_CHECK(push_and_take(0, 0) == &cookies[3]);
	TK_CHECK(push_and_take(0, 0) == NULL);
	TK_CHECK(!virtqueue_empty(VQ));
	teardown();
	TK_CHECK(strstr(tk_msgbuf(), "leaking 1 entries") != NULL);
}

TK_CASE(lying_device_claims_more_bytes_than_it_could_write)
{
	uint32_t len;

	setup(VIRTIO_RING_F_INDIRECT_DESC);
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 1, 2), 0);
	pop();
	vring_dev_push(RING, chain.head, 33);
	/* As in FreeBSD: the driver must bound the length. */
	TK_CHECK(virtqueue_dequeue(VQ, &len) == &cookies[0]);
	TK_EQ(len, 33);
	TK_EQ(tk_virtqueue_bad_used(), 1);
	teardown();
}

TK_CASE(lying_device_jumps_ahead)
{

	setup(0);
	outstanding(2);
	RING->used->ring[0].id = htole32(1);
	RING->used->idx = htole16(0x4000);
	TK_EQ(virtqueue_nused(VQ), 0x4000);
	TK_CHECK(virtqueue_dequeue(VQ, NULL) == &cookies[1]);
	TK_CHECK(virtqueue_dequeue(VQ, NULL) == &cookies[0]);
	TK_CHECK(virtqueue_dequeue(VQ, NULL) == NULL);
	TK_CHECK(tk_virtqueue_bad_used() > 0);
	teardown();
}

TK_CASE_STOPS(scribbling_device_disturbs_the_free_list,
    "virtqueue-memory: queue test 0: the device had virtqueue(9) go to "
    "descriptor 65535 of 8")
{

	setup(0);
	outstanding(2);
	memset(RING->desc, 0xff, 8 * sizeof(*RING->desc));
	RING->desc[0].flags = htole16(VRING_DESC_F_NEXT);
	(void)push_and_take(0, 0);
}

TK_CASE_STOPS(scribbling_device_writes_a_chain_without_end,
    "virtqueue-memory: queue test 0: a device wrote a chain without end")
{

	setup(0);
	outstanding(1);
	RING->desc[0].flags = htole16(VRING_DESC_F_NEXT);
	RING->desc[0].next = 0;
	(void)push_and_take(0, 0);
}

/*
 * The device's library: drivers that break the ring
 */

static void
poke(int i, vm_paddr_t addr, uint32_t len, uint16_t flags, uint16_t next)
{

	RING->desc[i].addr = htole64(addr);
	RING->desc[i].len = htole32(len);
	RING->desc[i].flags = htole16(flags);
	RING->desc[i].next = htole16(next);
}

/* Make descriptor 0 available behind the driver's back. */
static enum vring_dev_status
pop_poked(void)
{

	RING->avail->ring[RING->avail_next & 7] = 0;
	RING->avail->idx = htole16(RING->avail_next + 1);
	return (vring_dev_pop(RING, &chain));
}

TK_CASE(device_refuses_broken_chains)
{
	vm_paddr_t pa;
	int i;

	setup(0);
	pa = vtophys(vtest_page(0));
	poke(0, pa, 0, 0, 0);
	TK_EQ(pop_poked(), VRING_DEV_BAD_LEN);
	poke(0, 0x10, 16, 0, 0);
	TK_EQ(pop_poked(), VRING_DEV_BAD_ADDR);
	poke(0, pa, UINT32_MAX, 0, 0);
	TK_EQ(pop_poked(), VRING_DEV_BAD_ADDR);
	poke(0, pa, 16, VRING_DESC_F_NEXT, 8);
	TK_EQ(pop_poked(), VRING_DEV_BAD_NEXT);
	poke(0, pa, 16, VRING_DESC_F_NEXT, 0);
	TK_EQ(pop_poked(), VRING_DEV_TOO_LONG);
	for (i = 0; i < 2; i++)
		poke(i, pa, 16, i == 0 ? VRING_DESC_F_NEXT |
		    VRING_DESC_F_WRITE : 0, 1);
	TK_EQ(pop_poked(), VRING_DEV_BAD_ORDER);
	poke(0, pa, 16, VRING_DESC_F_INDIRECT, 0);
	TK_EQ(pop_poked(), VRING_DEV_BAD_INDIRECT);

	RING->avail->ring[RING->avail_next & 7] = htole16(8);
	RING->avail->idx = htole16(RING->avail_next + 1);
	TK_EQ(vring_dev_pop(RING, &chain), VRING_DEV_BAD_HEAD);
	RING->avail->idx = htole16(RING->avail_next + 9);
	TK_EQ(vring_dev_pop(RING, &chain), VRING_DEV_BAD_INDEX);
	teardown();
}

TK_CASE(device_refuses_broken_indirect_tables)
{
	struct vring_desc *table;
	vm_paddr_t pa;

	setup(VIRTIO_RING_F_INDIRECT_DESC);
	table = vtest_page(0);
	pa = vtophys(table);
	memset(table, 0, 2 * sizeof(*table));
	table[0].addr = htole64(pa);
	table[0].len = htole32(16);
	poke(0, pa, 16, VRING_DESC_F_INDIRECT, 0);
	TK_EQ(pop_poked(), VRING_DEV_OK);
	TK_EQ(chain.nread, 1);
	poke(0, pa, 24, VRING_DESC_F_INDIRECT, 0);
	TK_EQ(pop_poked(), VRING_DEV_BAD_INDIRECT);
	poke(0, pa, 0, VRING_DESC_F_INDIRECT, 0);
	TK_EQ(pop_poked(), VRING_DEV_BAD_INDIRECT);
	poke(0, pa, 16, VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT, 1);
	TK_EQ(pop_poked(), VRING_DEV_BAD_INDIRECT);
	poke(0, 0x10, 16, VRING_DESC_F_INDIRECT, 0);
	TK_EQ(pop_poked(), VRING_DEV_BAD_ADDR);
	poke(0, pa, 32, VRING_DESC_F_INDIRECT, 0);
	table[0].flags = htole16(VRING_DESC_F_NEXT);
	table[0].next = htole16(2);
	TK_EQ(pop_poked(), VRING_DEV_BAD_NEXT);
	table[0].next = 0;
	TK_EQ(pop_poked(), VRING_DEV_TOO_LONG);
	table[0].flags = htole16(VRING_DESC_F_INDIRECT);
	TK_EQ(pop_poked(), VRING_DEV_BAD_INDIRECT);
	teardown();
}

TK_CASE(device_refuses_rings_outside_guest_ram)
{
	struct vring_dev vr;
	uint64_t d, a, u;

	setup(0);
	d = virtqueue_desc_paddr(VQ);
	a = virtqueue_avail_paddr(VQ);
	u = virtqueue_used_paddr(VQ);
	TK_CHECK(vring_dev_enable(&vr, 8, d, a, u, false, false));
	TK_CHECK(!vring_dev_enable(&vr, 8, 0, a, u, false, false));
	TK_CHECK(!vring_dev_enable(&vr, 8, d, 0, u, false, false));
	TK_CHECK(!vring_dev_enable(&vr, 8, d, a, 0, false, false));
	TK_CHECK(!vring_dev_enable(&vr, 8, d + 8, a, u, false, false));
	TK_CHECK(!vring_dev_enable(&vr, 0, d, a, u, false, false));
	TK_CHECK(!vring_dev_enable(&vr, 7, d, a, u, false, false));
	teardown();
}

/*
 * DMA memory: the used length says which bytes a device wrote.  This works even
 * for a device outside the test kernel, which reports nothing to busdma.
 */

static bus_dma_tag_t	dma_tag;
static bus_dmamap_t	dma_map;
static void		*dma_cpu;
static vm_paddr_t	dma_paddr;

static void
dma_loaded(void *arg __unused, bus_dma_segment_t *segs, int nsegs, int error)
{

	TK_EQ(error, 0);
	TK_EQ(nsegs, 1);
	dma_paddr = segs[0].ds_addr;
}

/*
 * Two writable segments, at byte 0 and 64 of DMA memory, of which the device
 * writes 20 bytes.  Returns the CPU's view, which was not synced since.
 */
static volatile char *
dma_received(uint64_t features)
{
	struct sglist_seg segs[2];
	struct sglist sg;

	setup(features);
	TK_EQ(bus_dma_tag_create(NULL, 1, 0, BUS_SPACE_MAXADDR,
	    BUS_SPACE_MAXADDR, NULL, NULL, 128, 1, 128, 0, NULL, NULL,
	    &dma_tag), 0);
	TK_EQ(bus_dmamem_alloc(dma_tag, &dma_cpu, BUS_DMA_ZERO, &dma_map), 0);
	TK_EQ(bus_dmamap_load(dma_tag, dma_map, dma_cpu, 128, dma_loaded, NULL,
	    BUS_DMA_NOWAIT), 0);
	bus_dmamap_sync(dma_tag, dma_map, BUS_DMASYNC_PREREAD);
	sglist_init(&sg, 2, segs);
	TK_EQ(sglist_append_phys(&sg, dma_paddr, 16), 0);
	TK_EQ(sglist_append_phys(&sg, dma_paddr + 64, 16), 0);
	TK_EQ(virtqueue_enqueue(VQ, &cookies[0], &sg, 0, 2), 0);
	TK_CHECK(push_and_take(pop(), 20) == &cookies[0]);
	return (dma_cpu);
}

TK_CASE_STOPS(used_bytes_read_before_postread_are_caught,
    "dma-read: read of byte 67")
{
	volatile char *cpu;

	cpu = dma_received(0);
	if (!tk_dma_traps())
		tk_stop("dma-read", "read of byte 67: not watched here");
	TK_EQ(cpu[67], 0);
}

TK_CASE(bytes_behind_the_used_length_may_be_read)
{
	volatile char *cpu;

	cpu = dma_received(0);
	TK_EQ(cpu[16], 0);
	TK_EQ(cpu[68], 0);
	bus_dmamap_sync(dma_tag, dma_map, BUS_DMASYNC_POSTREAD);
	TK_EQ(cpu[67], 0);
	bus_dmamap_unload(dma_tag, dma_map);
	bus_dmamem_free(dma_tag, dma_cpu, dma_map);
	TK_EQ(bus_dma_tag_destroy(dma_tag), 0);
	teardown();
}

TK_CASE_STOPS(used_bytes_of_an_indirect_chain_are_caught_too,
    "dma-read: read of byte 15")
{
	volatile char *cpu;

	cpu = dma_received(VIRTIO_RING_F_INDIRECT_DESC);
	if (!tk_dma_traps())
		tk_stop("dma-read", "read of byte 15: not watched here");
	TK_EQ(cpu[15], 0);
}

/*
 * Rules
 */

static void
enqueue_forever(void *arg __unused)
{

	for (;;) {
		(void)vtest_enqueue(VQ, &cookies[0], 1, 0);
		pause("tkvq", 1);
	}
}

TK_CASE_STOPS(queue_without_a_lock_is_caught, "virtqueue-race")
{

	setup(0);
	TK_EQ(kthread_add(enqueue_forever, NULL, NULL, NULL, 0, 0, "other"),
	    0);
	enqueue_forever(NULL);
}

TK_CASE_STOPS(count_of_used_chains_without_a_lock_is_caught, "virtqueue-race")
{

	setup(0);
	TK_EQ(kthread_add(enqueue_forever, NULL, NULL, NULL, 0, 0, "other"),
	    0);
	for (;;)
		(void)virtqueue_nused(VQ);
}

TK_CASE_STOPS(call_on_a_freed_queue_is_caught,
    "virtqueue-free: virtqueue_nfree of a queue that does not exist at "
    "tests/kern/virtio/virtqueue_test.c:")
{
	struct virtqueue *vq;

	setup(0);
	vq = VQ;
	vtest_detach(&td);
	TK_EQ(virtqueue_nfree(vq), 8);
}

TK_CASE_STOPS(enqueue_without_a_cookie_is_caught,
    "virtqueue-args: queue test 0: no cookie")
{

	setup(0);
	TK_EQ(vtest_enqueue(VQ, NULL, 1, 0), 0);
}

TK_CASE_STOPS(enqueue_of_an_empty_list_is_caught,
    "virtqueue-args: queue test 0: no segments")
{

	setup(0);
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 0, 0), 0);
}

TK_CASE_STOPS(enqueue_of_a_list_longer_than_the_queue_is_caught,
    "virtqueue-args: queue test 0: 8 segments in a queue of 4")
{

	vtest_driver_init();
	vtest_drv.maxindirsz = 16;
	vtest_dev_init(&td);
	td.queue_size[0] = 4;
	vtest_attach(&td, "virtio_pci");
	TK_EQ(vtest_enqueue(VQ, &cookies[0], 4, 4), 0);
}

/* Enqueue one readable segment as it is given. */
static void
enqueue_seg(vm_paddr_t paddr, size_t len, int readable)
{
	struct sglist_seg seg;
	struct sglist sg;

	sglist_init(&sg, 1, &seg);
	seg.ss_paddr = paddr;
	seg.ss_len = len;
	sg.sg_nseg = 1;
	TK_EQ(virtqueue_enqueue(VQ, &cookies[0], &sg, readable, 0), 0);
}

TK_CASE_STOPS(enqueue_with_wrong_counts_is_caught,
    "virtqueue-args: queue test 0: 2 readable and 0 writable of 1 segments")
{

	setup(0);
	enqueue_seg(vtophys(vtest_page(0)), 16, 2);
}

TK_CASE_STOPS(enqueue_of_an_empty_segment_is_caught,
    "virtqueue-args: queue test 0: segment 0 has 0 bytes")
{

	setup(0);
	enqueue_seg(vtophys(vtest_page(0)), 0, 1);
}

TK_CASE_STOPS(enqueue_of_what_is_not_guest_ram_is_caught,
    "virtqueue-args: queue test 0: segment 0 at 0x10 is not in guest RAM")
{

	setup(0);
	enqueue_seg(0x10, 16, 1);
}

TK_CASE_STOPS(queue_freed_with_chains_in_it_is_caught,
    "virtqueue-lost: virtqueue_free of queue test 0 loses 2 chains")
{

	setup(0);
	vtest_drv.keep = true;
	outstanding(2);
	vtest_detach(&td);
}

TK_CASE_STOPS(queue_restarted_with_chains_in_it_is_caught,
    "virtqueue-lost: virtqueue_reinit of queue test 0 loses 2 chains")
{

	setup(0);
	outstanding(2);
	virtio_stop(vtest_drv.dev);
	TK_EQ(virtio_reinit(vtest_drv.dev, 0), 0);
}

TK_CASE_STOPS(drain_of_a_running_device_is_caught,
    "virtqueue-drain: queue test 0 of a device that was not stopped")
{
	int last;

	setup(0);
	outstanding(1);
	last = 0;
	TK_CHECK(virtqueue_drain(VQ, &last) == NULL);
}

TK_CASE_STOPS(poll_of_a_silent_device_is_caught,
    "virtqueue-poll: queue test 0: no answer for 10 s")
{

	setup(0);
	outstanding(1);
	TK_CHECK(virtqueue_poll(VQ, NULL) == NULL);
}

TK_CASE_UNBOOTED(queue_left_behind_is_a_leak)
{
	struct vq_alloc_info info;
	struct virtqueue *vq, *unused;

	tk_boot(NULL);
	setup(0);
	TK_EQ(tk_ledger_count("virtqueue"), 1);
	VQ_ALLOC_INFO_INIT(&info, 0, NULL, NULL, &unused, "left");
	TK_EQ(virtqueue_alloc(td.bus, 1, 8, 0, PAGE_SIZE, ~(vm_paddr_t)0,
	    &info, &vq), 0);
	vtest_detach(&td);
	TK_EQ(tk_ledger_count("virtqueue"), 1);
	/* The queue, its memory, its ring. */
	TK_EQ(tk_shutdown(), 3);
}
