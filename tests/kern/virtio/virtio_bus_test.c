/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio bus, by a driver and a device of its own.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/sbuf.h>

#include <machine/bus.h>

#include <vm/vm.h>
#include <vm/pmap.h>

#include <dev/virtio/virtio.h>
#include <dev/virtio/virtqueue.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_test.h"
#include "virtio_testdev.h"

#define	S_RUNNING	(VIRTIO_CONFIG_STATUS_ACK |			\
			    VIRTIO_CONFIG_STATUS_DRIVER |		\
			    VIRTIO_CONFIG_S_FEATURES_OK |		\
			    VIRTIO_CONFIG_STATUS_DRIVER_OK)

static struct vtest_dev	td;
static struct vring_dev_chain chain;
static int		cookie;

static const char *const buses[] = { "virtio_mmio", "virtio_pci" };

static void
init(int nvqs)
{

	vtest_driver_init();
	vtest_drv.nvqs = nvqs;
	vtest_dev_init(&td);
}

/* Attach without expecting success; the errno. */
static int
try_attach(const char *busname)
{
	int error;

	error = -1;
	if (tk_virtio_attach(busname, &vtest_ops, &td, VTEST_TYPE, &error) !=
	    NULL) {
		TK_EQ(error, 0);
		TK_EQ(tk_virtio_detach(td.bus), 0);
	}
	TK_CHECK(td.bus == NULL);
	TK_EQ(tk_ledger_count("virtqueue"), 0);
	return (error);
}

/* Let interrupt threads and the like run. */
static void
settle(void)
{

	pause("settle", 2);
}

/*
 * Attach and detach
 */

TK_CASE(driver_attaches_on_both_buses)
{
	u_int i;

	for (i = 0; i < nitems(buses); i++) {
		init(2);
		vtest_attach(&td, buses[i]);
		TK_CHECK(tk_virtio_child(td.bus) == vtest_drv.dev);
		TK_STREQ(device_get_name(td.bus), buses[i]);
		TK_EQ(td.status, S_RUNNING);
		TK_EQ(td.teardowns, 0);
		TK_EQ(td.ring[0].size, 8);
		TK_EQ(td.ring[1].size, 8);
		TK_EQ(td.ring[2].size, 0);
		vtest_detach(&td);
		TK_CHECK(vtest_drv.dev == NULL);
		TK_EQ(td.status, 0);
		TK_EQ(td.ring[0].size, 0);
		TK_EQ(td.teardowns, 1);
	}
}

TK_CASE(attach_completed_comes_after_driver_ok)
{

	init(1);
	vtest_attach(&td, "virtio_pci");
	TK_EQ(vtest_drv.completed, 1);
	TK_EQ(vtest_drv.completed_status, S_RUNNING);
	vtest_detach(&td);
}

TK_CASE(attach_that_fails_leaves_a_reset_device)
{
	u_int i;

	for (i = 0; i < nitems(buses); i++) {
		init(2);
		vtest_drv.attach_error = EDOM;
		TK_EQ(try_attach(buses[i]), EDOM);
		TK_EQ(vtest_drv.completed, 0);
		TK_EQ(td.status, 0);
		TK_CHECK(!td.intr_on);
	}
}

TK_CASE(every_call_of_an_attach_can_fail)
{
	static const struct {
		const char *call;
		int error;
	} faults[] = {
		{ "virtio_finalize_features", ENOTSUP },
		{ "virtio_alloc_virtqueues", ENOMEM },
		{ "virtio_setup_intr", ENXIO },
		{ "contigmalloc", ENOMEM },
		{ "bus_setup_intr", -1 },
	};
	u_int i, j;
	int error;

	for (i = 0; i < nitems(buses); i++) {
		for (j = 0; j < nitems(faults); j++) {
			init(2);
			tk_fault_set(faults[j].call, 1);
			error = try_attach(buses[i]);
			tk_fault_clear();
			TK_CHECK(error > 0);
			if (faults[j].error > 0)
				TK_EQ(error, faults[j].error);
		}
	}
}

TK_CASE(device_without_a_driver_is_enxio)
{

	init(1);
	TK_EQ(tk_module_unload("vtest"), 0);
	TK_EQ(try_attach("virtio_mmio"), ENXIO);
	TK_EQ(tk_module_load("vtest"), 0);
	TK_EQ(try_attach("virtio_mmio"), 0);
}

TK_CASE(driver_may_refuse_to_detach)
{

	init(1);
	vtest_attach(&td, "virtio_pci");
	vtest_drv.detach_error = EBUSY;
	TK_EQ(tk_virtio_detach(td.bus), EBUSY);
	TK_EQ(td.status, S_RUNNING);
	vtest_drv.detach_error = 0;
	vtest_detach(&td);
}

TK_CASE(driver_that_is_unloaded_and_loaded_finds_its_device_again)
{
	u_int i;

	for (i = 0; i < nitems(buses); i++) {
		init(1);
		vtest_attach(&td, buses[i]);
		TK_EQ(tk_module_unload("vtest"), 0);
		TK_CHECK(vtest_drv.dev == NULL);
		TK_EQ(td.ring[0].size, 0);
		/* FreeBSD's virtio_mmio leaves a plain reset behind. */
		TK_EQ(td.status, i == 0 ? 0 : VIRTIO_CONFIG_STATUS_ACK);
		TK_EQ(tk_module_load("vtest"), 0);
		TK_CHECK(vtest_drv.dev != NULL);
		TK_EQ(td.status & VIRTIO_CONFIG_STATUS_DRIVER_OK,
		    VIRTIO_CONFIG_STATUS_DRIVER_OK);
		vtest_detach(&td);
	}
}

TK_CASE(suspend_resume_and_shutdown_reach_the_driver)
{

	init(1);
	vtest_attach(&td, "virtio_pci");
	TK_EQ(tk_device_suspend(td.bus), 0);
	TK_EQ(tk_device_resume(td.bus), 0);
	TK_EQ(vtest_drv.suspends, 1);
	TK_EQ(vtest_drv.resumes, 1);
	TK_EQ(tk_device_shutdown(td.bus), 0);
	TK_EQ(vtest_drv.shutdowns, 1);
	TK_EQ(td.status, 0);
	vtest_detach(&td);
}

/*
 * Features
 */

TK_CASE(features_are_what_both_want_and_the_ring_knows)
{
	device_t dev;

	init(1);
	td.features |= VIRTIO_F_IOMMU_PLATFORM | VIRTIO_F_BAD_FEATURE | 0x5;
	vtest_drv.features = ~0ULL & ~0x4ULL;
	vtest_attach(&td, "virtio_pci");
	dev = vtest_drv.dev;
	TK_EQ(td.accepted, VIRTIO_F_VERSION_1 | VIRTIO_RING_F_EVENT_IDX |
	    VIRTIO_RING_F_INDIRECT_DESC | 0x1);
	TK_EQ(vtest_drv.negotiated, td.accepted);
	TK_CHECK(virtio_with_feature(dev, 0x1));
	TK_CHECK(!virtio_with_feature(dev, 0x4));
	TK_CHECK(virtio_bus_is_modern(dev));
	vtest_detach(&td);
}

TK_CASE(version_1_is_asked_for_by_the_bus)
{

	init(1);
	vtest_drv.features = 0;
	vtest_attach(&td, "virtio_mmio");
	TK_EQ(td.accepted, VIRTIO_F_VERSION_1);
	vtest_detach(&td);
}

TK_CASE(legacy_device_is_refused)
{

	init(1);
	td.features = VIRTIO_RING_F_EVENT_IDX;
	TK_EQ(try_attach("virtio_pci"), ENOTSUP);
}

TK_CASE(device_that_does_not_accept_the_features_is_refused)
{

	init(1);
	td.refuse = true;
	TK_EQ(try_attach("virtio_pci"), ENOTSUP);
	TK_EQ(try_attach("virtio_mmio"), ENOTSUP);
}

TK_CASE(features_and_devices_have_names)
{
	static struct virtio_feature_desc desc[] = {
		{ 0x1, "One" }, { 0, NULL }
	};
	char buf[128];
	struct sbuf sb;

	TK_STREQ(virtio_device_name(VIRTIO_ID_SOUND), "Sound");
	TK_CHECK(virtio_device_name(99) == NULL);
	sbuf_new(&sb, buf, sizeof(buf), SBUF_FIXEDLEN);
	TK_EQ(virtio_describe_sbuf(&sb, VIRTIO_F_VERSION_1 |
	    VIRTIO_F_BAD_FEATURE | 0x3, desc), 0);
	TK_STREQ(sbuf_data(&sb), "0x140000003 <Version1,0x2,One>");
	sbuf_delete(&sb);
	TK_EQ(virtio_filter_transport_features(~0ULL) &
	    (0x3full << VIRTIO_TRANSPORT_F_START), VIRTIO_F_VERSION_1 |
	    VIRTIO_RING_F_EVENT_IDX | VIRTIO_RING_F_INDIRECT_DESC);
}

TK_CASE(child_has_the_identity_of_its_bus)
{

	init(1);
	vtest_attach(&td, "virtio_pci");
	TK_EQ(virtio_get_device_type(vtest_drv.dev), VTEST_TYPE);
	TK_EQ(virtio_get_vendor(vtest_drv.dev), 0x1af4);
	TK_EQ(virtio_get_device(vtest_drv.dev), 0x1040 + VTEST_TYPE);
	vtest_detach(&td);

	init(1);
	vtest_attach(&td, "virtio_mmio");
	TK_EQ(virtio_get_device_type(vtest_drv.dev), VTEST_TYPE);
	TK_EQ(virtio_get_vendor(vtest_drv.dev), 0x554d4551);
	TK_EQ(virtio_get_device(vtest_drv.dev), 0);
	vtest_detach(&td);
}

/*
 * Queues
 */

TK_CASE(more_queues_than_the_device_has_are_refused)
{

	init(VTEST_NVQ + 1);
	TK_EQ(try_attach("virtio_pci"), E2BIG);
	init(0);
	TK_EQ(try_attach("virtio_pci"), EINVAL);
	init(2);
	td.queue_size[1] = 0;
	TK_EQ(try_attach("virtio_mmio"), ENODEV);
}

TK_CASE(queues_are_allocated_once)
{
	struct vq_alloc_info info;
	struct virtqueue *vq;

	init(1);
	vtest_attach(&td, "virtio_mmio");
	VQ_ALLOC_INFO_INIT(&info, 0, NULL, NULL, &vq, "again");
	TK_EQ(virtio_alloc_virtqueues(vtest_drv.dev, 1, &info), EALREADY);
	vtest_detach(&td);
}

TK_CASE(pci_enables_queues_when_interrupts_are_set_up)
{

	init(1);
	vtest_drv.no_setup_intr = true;
	vtest_attach(&td, "virtio_pci");
	TK_EQ(td.ring[0].size, 0);
	vtest_detach(&td);

	init(1);
	vtest_drv.no_setup_intr = true;
	vtest_attach(&td, "virtio_mmio");
	TK_EQ(td.ring[0].size, 8);
	vtest_detach(&td);
}

/*
 * Interrupts
 */

/* One used chain on a queue that wants an interrupt for it. */
static void
use_one(int q)
{

	TK_EQ(vtest_enqueue(vtest_drv.vq[q], &cookie, 1, 0), 0);
	TK_EQ(virtqueue_enable_intr(vtest_drv.vq[q]), 0);
	TK_EQ(vring_dev_pop(&td.ring[q], &chain), VRING_DEV_OK);
	vring_dev_push(&td.ring[q], chain.head, 0);
	TK_CHECK(vring_dev_want_intr(&td.ring[q]));
}

static void
take_one(int q)
{

	TK_CHECK(virtqueue_dequeue(vtest_drv.vq[q], NULL) == &cookie);
}

TK_CASE(pci_queue_has_a_vector_of_its_own)
{

	init(3);
	vtest_attach(&td, "virtio_pci");
	use_one(1);
	tk_virtio_intr_queue(td.bus, 1);
	settle();
	TK_EQ(vtest_drv.intrs[0], 0);
	TK_EQ(vtest_drv.intrs[1], 1);
	TK_EQ(vtest_drv.intrs[2], 0);

	/*
	 * The filter disabled the queue's interrupts, so a second one does not
	 * run the handler.
	 */
	take_one(1);
	tk_virtio_intr_queue(td.bus, 1);
	settle();
	TK_EQ(vtest_drv.intrs[1], 1);
	TK_EQ(tk_virtio_stats(td.bus).interrupts[1], 2);
	vtest_detach(&td);
}

TK_CASE(pci_shared_vector_asks_every_queue)
{

	init(3);
	td.intr_shared = true;
	vtest_drv.no_intr = 1 << 2;
	vtest_attach(&td, "virtio_pci");
	use_one(1);
	tk_virtio_intr_shared(td.bus);
	settle();
	/* As in FreeBSD all handlers run.  Queue 2 has none. */
	TK_EQ(vtest_drv.intrs[0], 1);
	TK_EQ(vtest_drv.intrs[1], 1);
	TK_EQ(vtest_drv.intrs[2], 0);
	take_one(1);
	tk_virtio_intr_queue(td.bus, 0);
	settle();
	TK_EQ(vtest_drv.intrs[0], 1);
	TK_EQ(tk_virtio_stats(td.bus).shared_interrupts, 1);
	vtest_detach(&td);
}

TK_CASE(mmio_line_runs_handlers_without_a_filter)
{

	init(2);
	vtest_attach(&td, "virtio_mmio");
	/*
	 * Nothing was used.  The handlers run all the same and must cope with
	 * that.
	 */
	tk_virtio_intr_queue(td.bus, 1);
	settle();
	TK_EQ(vtest_drv.intrs[0], 1);
	TK_EQ(vtest_drv.intrs[1], 1);
	TK_EQ(vtest_drv.config_changes, 0);

	/* Interrupts stay enabled, unlike on virtio_pci. */
	use_one(0);
	tk_virtio_intr_shared(td.bus);
	settle();
	TK_EQ(vtest_drv.intrs[0], 2);
	take_one(0);
	vtest_detach(&td);
}

TK_CASE(config_change_reaches_the_driver)
{
	u_int i;

	for (i = 0; i < nitems(buses); i++) {
		init(1);
		vtest_attach(&td, buses[i]);
		tk_virtio_intr_config(td.bus);
		settle();
		TK_EQ(vtest_drv.config_changes, 1);
		TK_EQ(vtest_drv.intrs[0], 0);
		TK_EQ(tk_virtio_stats(td.bus).config_interrupts, 1);
		vtest_detach(&td);
	}
}

TK_CASE(interrupt_without_a_handler_is_counted_as_missed)
{

	init(2);
	vtest_drv.no_intr = 1 << 1;
	vtest_attach(&td, "virtio_pci");
	tk_virtio_intr_queue(td.bus, 1);
	tk_virtio_intr_queue(td.bus, 3);
	settle();
	TK_EQ(vtest_drv.intrs[1], 0);
	TK_EQ(tk_virtio_stats(td.bus).missed_interrupts, 2);
	vtest_detach(&td);
}

TK_CASE(device_that_refuses_its_interrupts_fails_the_attach)
{

	init(2);
	td.intr_error = ENOSPC;
	TK_EQ(try_attach("virtio_pci"), ENOSPC);
	TK_EQ(try_attach("virtio_mmio"), ENOSPC);
}

/*
 * Stop and restart
 */

TK_CASE(stop_resets_and_reinit_brings_back)
{
	device_t dev;
	u_int i;

	for (i = 0; i < nitems(buses); i++) {
		init(2);
		vtest_attach(&td, buses[i]);
		dev = vtest_drv.dev;
		virtio_stop(dev);
		TK_EQ(td.status, 0);
		TK_EQ(virtio_reinit(dev, vtest_drv.negotiated), 0);
		TK_EQ(td.status & VIRTIO_CONFIG_STATUS_DRIVER_OK, 0);
		virtio_reinit_complete(dev);
		TK_EQ(td.status, S_RUNNING);
		TK_CHECK(td.intr_on);

		use_one(1);
		virtqueue_notify(vtest_drv.vq[1]);
		TK_EQ(td.kicks[1], 1);
		tk_virtio_intr_queue(td.bus, 1);
		settle();
		TK_EQ(vtest_drv.intrs[1], 1);
		take_one(1);
		vtest_detach(&td);
	}
}

TK_CASE(reinit_can_fail)
{

	init(1);
	vtest_attach(&td, "virtio_pci");
	tk_fault_set("virtio_reinit", 1);
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), ENXIO);
	td.refuse = true;
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), ENOTSUP);
	td.refuse = false;
	td.queue_size[0] = 16;
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), EINVAL);
	vtest_detach(&td);
}

/*
 * Configuration
 */

TK_CASE(config_is_read_and_written_in_every_width)
{
	device_t dev;
	uint64_t v8;
	int i;

	init(1);
	vtest_attach(&td, "virtio_pci");
	dev = vtest_drv.dev;
	for (i = 0; i < 16; i++)
		td.config[i] = i;
	TK_EQ(virtio_read_dev_config_1(dev, 3), 0x03);
	TK_EQ(virtio_read_dev_config_2(dev, 2), 0x0302);
	TK_EQ(virtio_read_dev_config_4(dev, 4), 0x07060504);
	TK_EQ(tk_virtio_stats(td.bus).config_reads, 3);
	virtio_read_device_config(dev, 4, &v8, 8);
	TK_EQ(v8, 0x0b0a090807060504);
	v8 = 0x1122334455667788;
	virtio_write_device_config(dev, 8, &v8, 8);
	TK_EQ(td.config[8], 0x88);
	TK_EQ(td.config[15], 0x11);
	virtio_write_dev_config_1(dev, 0, 0xaa);
	virtio_write_dev_config_2(dev, 2, 0xbbcc);
	virtio_write_dev_config_4(dev, 4, 0x01020304);
	TK_EQ(td.config[0], 0xaa);
	TK_EQ(td.config[2], 0xcc);
	TK_EQ(td.config[7], 0x01);
	vtest_detach(&td);
}

TK_CASE(config_reads_that_a_change_splits_are_repeated)
{
	uint32_t v4[2];
	uint64_t v8;

	init(1);
	vtest_attach(&td, "virtio_pci");
	td.config_changes = 3;
	virtio_read_device_config(vtest_drv.dev, 0, &v8, 8);
	TK_EQ(v8, 0x0303030303030303);
	td.config_changes = 1;
	virtio_read_device_config_array(vtest_drv.dev, 0, v4, 4, 2);
	TK_EQ(v4[0], 0x04040404);
	TK_EQ(v4[1], 0x04040404);
	vtest_detach(&td);
}

/*
 * Rules
 */

TK_CASE_STOPS(queues_before_finalize_are_caught,
    "virtio-order: virtio_pci0: queues allocated before "
    "virtio_finalize_features()")
{

	init(1);
	vtest_drv.no_finalize = true;
	(void)try_attach("virtio_pci");
}

TK_CASE_STOPS(notify_after_a_reset_is_caught,
    "virtio-notify: virtio_pci0: queue 0 notified without DRIVER_OK")
{

	init(1);
	vtest_attach(&td, "virtio_pci");
	virtio_stop(vtest_drv.dev);
	TK_EQ(vtest_enqueue(vtest_drv.vq[0], &cookie, 1, 0), 0);
	virtqueue_notify(vtest_drv.vq[0]);
}

TK_CASE_STOPS(notify_before_driver_ok_is_caught,
    "virtio-notify: virtio_mmio0: queue 0 notified without DRIVER_OK")
{

	init(1);
	vtest_attach(&td, "virtio_mmio");
	virtio_stop(vtest_drv.dev);
	TK_EQ(virtio_reinit(vtest_drv.dev, 0), 0);
	TK_EQ(vtest_enqueue(vtest_drv.vq[0], &cookie, 1, 0), 0);
	virtqueue_notify(vtest_drv.vq[0]);
}

TK_CASE_STOPS(config_access_of_an_odd_width_is_caught,
    "virtio-config: virtio_pci0: access of 3 bytes at 0")
{
	uint32_t v;

	init(1);
	vtest_attach(&td, "virtio_pci");
	virtio_read_device_config(vtest_drv.dev, 0, &v, 3);
}

TK_CASE_STOPS(config_access_that_is_misaligned_is_caught,
    "virtio-config: virtio_pci0: access of 4 bytes at 2")
{

	init(1);
	vtest_attach(&td, "virtio_pci");
	virtio_write_dev_config_4(vtest_drv.dev, 2, 0);
}

TK_CASE_STOPS(shared_vector_of_a_device_without_one_is_caught,
    "virtio-vector: virtio_pci0: the device raises a shared vector")
{

	init(1);
	vtest_attach(&td, "virtio_pci");
	tk_virtio_intr_shared(td.bus);
}

TK_CASE_STOPS(interrupt_of_an_impossible_queue_is_caught,
    "virtio-vector: virtio_pci0: the device interrupts for queue 99")
{

	init(1);
	vtest_attach(&td, "virtio_pci");
	tk_virtio_intr_queue(td.bus, 99);
}
