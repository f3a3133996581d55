/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio-sound model, driven over its queues without a sound driver: its
 * identity, its rings and interrupts, reset and unplugging.
 */
#include "model_virtio_snd_testdev.h"

/*
 * Identity
 */

TK_CASE(device_is_a_virtio_sound_with_four_queues)
{
	int i;

	model_snd_config_qemu(&cfg);
	cfg.njacks = 3;
	cfg.nchmaps = 1;
	attach("virtio_pci");
	TK_EQ(virtio_get_device_type(vtest_drv.dev), 25);
	TK_EQ(virtio_get_device(vtest_drv.dev), 0x1059);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 0), 3);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 4), 2);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 8), 1);
	for (i = 0; i < MODEL_SND_NVQ; i++)
		TK_EQ(virtqueue_size(vtest_drv.vq[i]), 64);
	TK_EQ(model_snd_ops.queue_count(m), 4);
	TK_EQ(model_snd_ops.queue_size(m, 4), 0);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(device_attaches_on_mmio_too)
{

	model_snd_config_exact(&cfg);
	attach("virtio_mmio");
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_OK);
	teardown();
}

TK_CASE(config_space_ends_before_the_controls)
{

	setup();
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 12), 0);
	TK_EQ(illegal(), 1);
	virtio_write_dev_config_4(vtest_drv.dev, 0, 1);
	TK_EQ(illegal(), 2);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 0), 0);
	teardown();
}

TK_CASE(features_that_were_not_offered_are_not_accepted)
{

	setup();
	TK_EQ(model_snd_ops.set_features(m, VIRTIO_F_VERSION_1 | 1), EINVAL);
	TK_EQ(model_snd_ops.set_features(m, 0), EINVAL);
	TK_EQ(model_snd_ops.set_features(m, VIRTIO_F_VERSION_1), 0);
	teardown();
}

TK_CASE_STOPS(configuration_out_of_range_panics,
    "configuration out of range")
{

	model_snd_config_qemu(&cfg);
	cfg.nstreams = MODEL_SND_MAX_STREAMS + 1;
	(void)model_snd_new(&cfg);
}

TK_CASE_STOPS(free_of_an_attached_device_panics, "freed while attached")
{

	setup();
	model_snd_free(m);
}

/*
 * Interrupts, rings, reset
 */

TK_CASE(completions_interrupt_the_queue_that_wants_it)
{

	model_snd_config_exact(&cfg);
	cfg.intr_shared = false;
	attach("virtio_pci");
	prepare(0);
	TK_EQ(virtqueue_enable_intr(TX), 0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	TK_EQ(vtest_drv.intrs[MODEL_SND_VQ_TX], 1);
	TK_EQ(vtest_drv.intrs[MODEL_SND_VQ_CTL], 0);
	TK_EQ(tk_virtio_stats(bus).interrupts[MODEL_SND_VQ_TX], 1);
	expect_done(0, MSND_S_OK);
	teardown();
}

TK_CASE(shared_vector_interrupts_once_for_all_queues)
{

	setup();
	prepare(0);
	TK_EQ(virtqueue_enable_intr(TX), 0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	TK_EQ(tk_virtio_stats(bus).shared_interrupts, 1);
	TK_EQ(vtest_drv.intrs[MODEL_SND_VQ_TX], 1);
	expect_done(0, MSND_S_OK);
	teardown();
}

TK_CASE(message_without_a_notification_is_not_taken)
{
	struct sglist_seg segs[3];
	struct sglist sg;
	uint32_t id;

	setup();
	prepare(0);
	id = 0;
	memcpy(slot(0), &id, 4);
	sglist_init(&sg, 3, segs);
	append(&sg, slot(0), 4);
	append(&sg, slot(0) + PAYLOAD, 64);
	append(&sg, slot(0) + STATUS, 8);
	TK_EQ(virtqueue_enqueue(TX, &cookies[0], &sg, 2, 1), 0);
	/* The message is not taken even if another queue wakes the device. */
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, 32, 68), MSND_S_OK);
	wait_ns(MS);
	TK_EQ(stats(0).pending, 0);
	virtqueue_notify(TX);
	wait_ns(MS);
	TK_EQ(stats(0).pending, 1);
	teardown();
}

TK_CASE(broken_ring_needs_a_reset)
{
	struct vring_avail *avail;

	setup();
	prepare(0);
	avail = tk_ram_ptr(virtqueue_avail_paddr(TX), sizeof(*avail));
	avail->idx = htole16(100);
	model_snd_ops.notify(m, MODEL_SND_VQ_TX);
	wait_ns(MS);
	TK_EQ(illegal(), 1);
	TK_CHECK((model_snd_ops.status(m) & VIRTIO_CONFIG_S_NEEDS_RESET) !=
	    0);
	virtio_stop(vtest_drv.dev);
	TK_EQ(model_snd_ops.status(m), 0);
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), 0);
	virtio_reinit_complete(vtest_drv.dev);
	prepare(0);
	teardown();
}

TK_CASE(needs_reset_is_told_and_recovered_from)
{
	int last = 0;

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	model_snd_needs_reset(m);
	wait_ns(20 * MS);
	TK_EQ(vtest_drv.config_changes, 1);
	TK_EQ(tk_virtio_stats(bus).config_interrupts, 1);
	TK_CHECK((model_snd_ops.status(m) & VIRTIO_CONFIG_S_NEEDS_RESET) !=
	    0);
	expect_none();
	TK_CHECK(!model_snd_event(m, MSND_EVT_PCM_XRUN, 0));
	virtio_stop(vtest_drv.dev);
	TK_EQ(model_snd_ops.status(m), 0);
	TK_CHECK(virtqueue_drain(TX, &last) == &cookies[0]);
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), 0);
	virtio_reinit_complete(vtest_drv.dev);
	prepare(0);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(1, MSND_S_OK);
	teardown();
}

TK_CASE(unplugged_device_reads_as_ones_and_is_silent)
{
	int i;

	setup_capture();
	prepare(0);
	TK_EQ(virtqueue_enable_intr(TX), 0);
	for (i = 0; i < 4; i++) {
		tx(i, 0, PERIOD);
		rx(4 + i, 1, PERIOD);
	}
	start(0);
	start(1);
	wait_ns(5 * MS);
	model_snd_unplug(m);
	i = vtest_drv.intrs[MODEL_SND_VQ_TX];
	/* Nothing more is written to the message that was being filled. */
	memset(slot(4) + SOUND, 0, PERIOD);
	TK_EQ(model_snd_ops.status(m), 0xff);
	TK_EQ(model_snd_ops.features(m), UINT64_MAX);
	TK_EQ(model_snd_ops.generation(m), 0xff);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 4), UINT32_MAX);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 12), UINT32_MAX);
	model_snd_ops.notify(m, MODEL_SND_VQ_TX);
	TK_CHECK(!model_snd_event(m, MSND_EVT_PCM_XRUN, 0));
	model_snd_needs_reset(m);
	wait_ns(100 * MS);
	TK_EQ(done(TX).slot, -1);
	TK_EQ(done(RX).slot, -1);
	TK_EQ(vtest_drv.intrs[MODEL_SND_VQ_TX], i);
	TK_EQ(vtest_drv.config_changes, 0);
	for (i = 0; i < PERIOD; i++)
		TK_EQ(slot(4)[SOUND + i], 0);
	/* A reset does not bring the device back. */
	model_snd_ops.set_status(m, 0);
	TK_EQ(model_snd_ops.status(m), 0xff);
	TK_EQ(model_snd_ops.queue_enable(m, 0, 64, 0, 0, 0), ENXIO);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(reset_forgets_everything_but_what_was_played)
{
	int i, last;

	setup_qemu(1024, 512);
	prepare(0);
	for (i = 0; i < 4; i++)
		tx(i, 0, PERIOD);
	start(0);
	wait_ns(31 * MS);
	virtio_stop(vtest_drv.dev);
	TK_EQ(stats(0).state, MODEL_SND_IDLE);
	TK_EQ(stats(0).pending, 0);
	TK_EQ(stats(0).played, 2 * PERIOD);
	last = 0;
	while (virtqueue_drain(TX, &last) != NULL)
		continue;
	wait_ns(50 * MS);
	TK_EQ(stats(0).played, 2 * PERIOD);

	/* The device starts anew and can record again. */
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), 0);
	virtio_reinit_complete(vtest_drv.dev);
	sent = 2 * PERIOD;
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(31 * MS);
	expect_done(0, MSND_S_OK);
	expect_played(0, 0, 0, 3 * PERIOD);
	TK_EQ(illegal(), 0);
	teardown();
}

/*
 * In real time, and many times
 */

TK_CASE_THREADED(periods_play_in_real_time)
{
	int i, next;

	setup();
	prepare(0);
	for (i = 0; i < 4; i++)
		tx(i, 0, PERIOD);
	start(0);
	for (next = 0; next < 20; ) {
		if (done(TX).slot == -1) {
			wait_ns(MS);
			continue;
		}
		tx(next++ % 4, 0, PERIOD);
	}
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	TK_CHECK(stats(0).played >= 20 * PERIOD);
	expect_played(0, 0, 0, 20 * PERIOD);
	TK_EQ(illegal(), 0);
	TK_EQ(tk_virtqueue_bad_used(), 0);
	teardown();
}

TK_CASE_THREADED(device_is_pulled_out_in_real_time)
{
	int i, n;

	for (n = 0; n < 10; n++) {
		setup_capture();
		prepare(0);
		for (i = 0; i < 4; i++) {
			tx(i, 0, 64 * FRAME);
			rx(4 + i, 1, 64 * FRAME);
		}
		start(0);
		start(1);
		wait_ns(n * MS / 2);
		model_snd_unplug(m);
		for (i = 0; i < 8; i++)
			memset(slot(i), 0, PAGE_SIZE);
		wait_ns(2 * MS);
		for (i = 0; i < 8 * PAGE_SIZE; i++)
			TK_EQ(slot(0)[i], 0);
		teardown();
	}
}

TK_CASE(device_comes_and_goes_a_hundred_times)
{
	int i;

	for (i = 0; i < 100; i++) {
		model_snd_config_qemu(&cfg);
		attach(i % 2 == 0 ? "virtio_pci" : "virtio_mmio");
		prepare(0);
		tx(0, 0, PERIOD);
		start(0);
		if (i % 3 == 0)
			wait_ns(21 * MS);
		teardown();
	}
}
