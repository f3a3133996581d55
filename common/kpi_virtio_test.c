/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Queues that share an interrupt vector: which handlers are called.  The test
 * acts as the device, and as other threads.  The rest of kpi_virtio.h is tested
 * through the crate, in kpi/tests, and through the drivers.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>

#include "kpi_mtx.h"
#include "kpi_virtio.h"
#include "tk.h"
#include "tk_test.h"
#include "tk_test_thread.h"
#include "virtio/virtio_testdev.h"

#define	NQUEUES	2

/* A queue of the driver's. */
struct user {
	struct kpi_mtx	 mtx;
	struct virtqueue *vq;
	int		 calls;		/* of the handler */
	int		 taken;		/* chains */
};

static struct vtest_dev	td;
static struct kpi_virtio kv;
static struct user	users[NQUEUES];
static uint64_t		wanted;		/* features */
static int		cookie;
static volatile u_int	stuck;		/* handlers do not return */

/* Take all that was used, and turn interrupts on. */
static void
take_all(struct user *u)
{
	uint32_t len;

	kpi_mtx_lock(&u->mtx);
	do {
		while (kpi_vq_dequeue(u->vq, &len) != NULL)
			u->taken++;
	} while (kpi_vq_enable_intr(u->vq));
	kpi_mtx_unlock(&u->mtx);
}

static void
user_intr(void *arg)
{
	struct user *u = arg;

	u->calls++;
	while (atomic_load_acq_int(&stuck) != 0)
		DELAY(1000);
	take_all(u);
}

static int
driver_start(device_t dev)
{
	struct kpi_vq_spec specs[NQUEUES];
	uint64_t agreed;
	int error, i;

	kpi_virtio_init(&kv, dev);
	error = kpi_virtio_negotiate(&kv, wanted, &agreed);
	for (i = 0; i < NQUEUES; i++) {
		specs[i] = (struct kpi_vq_spec){
			.kvs_name = "queue",
			.kvs_maxsegs = 4,
			.kvs_intr = user_intr,
			.kvs_arg = &users[i],
		};
	}
	if (error == 0)
		error = kpi_virtio_setup_queues(&kv, specs, NQUEUES);
	for (i = 0; i < NQUEUES && error == 0; i++)
		users[i].vq = specs[i].kvs_vq;
	if (error == 0)
		kpi_virtio_driver_ok(&kv);
	return (error);
}

static void
drain(void)
{
	int i, last;

	for (i = 0; i < NQUEUES; i++) {
		last = 0;
		while (kpi_vq_drain(users[i].vq, &last) != NULL)
			continue;
	}
}

static void
driver_stop(void)
{
	kpi_virtio_stop(&kv);
	drain();
}

/* A device with one vector for its queues, whose interrupts are on. */
static void
up_with(uint64_t features, uint16_t size)
{
	int i;

	wanted = features;
	memset(&kv, 0, sizeof(kv));
	memset(users, 0, sizeof(users));
	for (i = 0; i < NQUEUES; i++)
		kpi_mtx_init(&users[i].mtx, "queue", KPI_MTX_DEF);
	vtest_driver_init();
	vtest_drv.start = driver_start;
	vtest_drv.stop = driver_stop;
	vtest_drv.nvqs = 0;
	vtest_dev_init(&td);
	td.intr_shared = true;
	td.queue_size[0] = size;
	vtest_attach(&td, "virtio_pci");
	for (i = 0; i < NQUEUES; i++)
		take_all(&users[i]);
}

static void
up(void)
{
	up_with(KPI_VIRTIO_F_VERSION_1 | KPI_VIRTIO_F_EVENT_IDX, 8);
}

static void
down(void)
{
	int i;

	vtest_detach(&td);
	for (i = 0; i < NQUEUES; i++)
		kpi_mtx_destroy(&users[i].mtx);
}

/* The device uses a chain of a queue.  True if it has to interrupt. */
static bool
use(int queue)
{
	struct vring_dev_chain chain;

	kpi_mtx_lock(&users[queue].mtx);
	TK_EQ(vtest_enqueue(users[queue].vq, &cookie, 1, 0), 0);
	kpi_mtx_unlock(&users[queue].mtx);
	TK_EQ(vring_dev_pop(&td.ring[queue], &chain), VRING_DEV_OK);
	vring_dev_push(&td.ring[queue], chain.head, 0);
	return (vring_dev_want_intr(&td.ring[queue]));
}

static void
interrupt(void)
{
	tk_virtio_intr_shared(td.bus);
	pause("test", 2);
}

/* An interrupt of queue 1: a pass of the interrupt thread. */
static void
pass(void)
{
	int taken = users[1].taken;

	TK_CHECK(use(1));
	interrupt();
	TK_EQ(users[1].taken, taken + 1);
}

TK_CASE(kpi_virtio_idle_queue_of_a_shared_vector_is_left_alone)
{
	int i;

	up();
	for (i = 0; i < 20; i++)
		pass();
	TK_EQ(users[0].calls, 0);
	TK_EQ(users[1].calls, 20);
	TK_CHECK(use(0));
	pass();
	TK_EQ(users[0].calls, 1);
	TK_EQ(users[0].taken, 1);
	pass();
	TK_EQ(users[0].calls, 1);
	down();
}

TK_CASE(kpi_virtio_queue_without_interrupts_is_handled)
{
	up();
	kpi_vq_disable_intr(users[0].vq);
	pass();
	TK_EQ(users[0].calls, 1);
	pass();
	TK_EQ(users[0].calls, 1);
	down();
}

/*
 * The bus's filter has found a chain of queue 0.  Before it turns interrupts
 * off, a thread takes the chain and turns them on, and the interrupt thread
 * makes some passes for queue 1.
 */
static void
take_before_filter(void *arg)
{
	const int *passes = arg;
	int i;

	take_all(&users[0]);
	for (i = 0; i < *passes; i++)
		pass();
}

static void
late_filter(int before, int passes)
{
	int i, taken;

	up();
	for (i = 0; i < before; i++)
		pass();
	TK_CHECK(use(0));
	tk_virtqueue_late_filter(take_before_filter, &passes);
	TK_EQ(virtqueue_intr_filter(users[0].vq), 1);
	TK_EQ(users[0].taken, 1);
	/* The filter has the interrupt thread scheduled. */
	pass();
	taken = users[0].taken;
	TK_CHECK(use(0));
	interrupt();
	TK_EQ(users[0].taken, taken + 1);
	down();
}

TK_CASE(kpi_virtio_filter_that_was_late_loses_no_interrupt)
{
	late_filter(0, 0);
	late_filter(0, 1);
	late_filter(0, 2);
}

/* As if the interrupt had been bound to another CPU meanwhile. */
TK_CASE(kpi_virtio_filter_that_was_late_by_any_time_loses_no_interrupt)
{
	late_filter(20, 0);
	late_filter(20, 1);
	late_filter(20, 2);
	late_filter(20, 20);
}

/* A thread that takes chains of queue 0, too, until *arg. */
static void
take_always(void *arg)
{
	volatile u_int *end = arg;

	while (atomic_load_acq_int(end) == 0)
		take_all(&users[0]);
}

/* Wait until so many chains of queue 0 were taken. */
static void
await_taken(int count)
{
	int taken, tries;

	for (tries = 0; tries < 5000; tries++) {
		kpi_mtx_lock(&users[0].mtx);
		taken = users[0].taken;
		kpi_mtx_unlock(&users[0].mtx);
		if (taken == count)
			return;
		pause("test", 1);
	}
	tk_test_fail(__FILE__, __LINE__, "%d of %d chains taken", taken, count);
}

/* Use chains of a queue as its device does, one at a time. */
static void
use_until(int *used, int count)
{
	while (*used < count) {
		if (use(0))
			tk_virtio_intr_shared(td.bus);
		await_taken(++*used);
	}
}

/*
 * First another thread takes chains while the filter and the handler run, then
 * interrupts alone have them taken.
 */
TK_CASE_THREADED(kpi_virtio_interrupts_are_on_after_threads_took_chains)
{
	struct test_thread taker;
	volatile u_int end;
	int round, used = 0;

	up();
	for (round = 0; round < 10; round++) {
		end = 0;
		test_thread_start(&taker, take_always, __DEVOLATILE(void *,
		    &end));
		use_until(&used, used + 50);
		atomic_store_rel_int(&end, 1);
		test_thread_join(&taker);
		use_until(&used, used + 2);
	}
	down();
}

/* The bus turned the interrupts off when it made the queue anew. */
TK_CASE(kpi_virtio_idle_queue_is_handled_after_a_restart)
{
	up();
	pass();
	TK_EQ(users[0].calls, 0);
	driver_stop();
	TK_EQ(kpi_virtio_restart(&kv), 0);
	kpi_virtio_driver_ok(&kv);
	take_all(&users[1]);
	pass();
	TK_EQ(users[0].calls, 1);
	pass();
	TK_EQ(users[0].calls, 1);
	down();
}

TK_CASE(kpi_virtio_queue_is_handled_if_it_cannot_be_seen_to_be_idle)
{
	up_with(KPI_VIRTIO_F_VERSION_1, 8);
	pass();
	pass();
	TK_EQ(users[0].calls, 2);
	down();
	up_with(KPI_VIRTIO_F_VERSION_1 | KPI_VIRTIO_F_EVENT_IDX, 2048);
	pass();
	pass();
	TK_EQ(users[0].calls, 2);
	down();
}

/* The thread of the interrupt is in a handler, and will never run again. */
TK_CASE(kpi_virtio_stop_waits_for_no_handler_after_a_panic)
{
	up();
	atomic_store_rel_int(&stuck, 1);
	TK_CHECK(use(0));
	tk_virtio_intr_shared(td.bus);
	while (users[0].calls == 0)
		DELAY(1000);
	tk_panicked(true);
	kpi_virtio_stop(&kv);
	tk_panicked(false);
	atomic_store_rel_int(&stuck, 0);
	down();
}
