/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio-sound model, driven over its queues without a sound driver:
 * capture.
 */
#include "model_virtio_snd_testdev.h"

TK_CASE(input_messages_that_break_a_rule_are_bad)
{

	setup();
	rx(0, 1, PERIOD);			/* not prepared */
	wait_ns(MS);
	expect_rx(0, 8, MSND_S_BAD_MSG);
	prepare(1);
	message(RX, 0, 1, 4, 64, 64, 8);	/* sound to read */
	wait_ns(MS);
	expect_rx(0, 8, MSND_S_BAD_MSG);
	message(RX, 0, 1, 4, 0, 0, 8);		/* no room for any */
	wait_ns(MS);
	expect_rx(0, 8, MSND_S_BAD_MSG);
	rx(0, 0, PERIOD);			/* an output stream */
	wait_ns(MS);
	expect_rx(0, 8, MSND_S_BAD_MSG);
	TK_EQ(illegal(), 4);
	teardown();
}

TK_CASE(input_messages_complete_when_they_are_full)
{
	int i;

	setup_capture();
	for (i = 0; i < 3; i++)
		rx(i, 1, PERIOD);
	wait_ns(100 * MS);
	TK_EQ(done(RX).slot, -1);
	start(1);
	wait_ns(9 * MS);
	TK_EQ(done(RX).slot, -1);
	for (i = 0; i < 3; i++) {
		wait_ns(i == 0 ? 2 * MS : 10 * MS);
		expect_rx(i, PERIOD + 8, MSND_S_OK);
		TK_EQ(done(RX).slot, -1);
		expect_sound(i, 1, (uint64_t)i * PERIOD, PERIOD);
	}
	TK_EQ(stats(1).periods, 3);
	TK_EQ(stats(1).captured, 3 * PERIOD);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(capture_without_a_source_is_silence)
{
	int i;

	setup();
	prepare(1);
	rx(0, 1, PERIOD);
	start(1);
	wait_ns(11 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	for (i = 0; i < PERIOD; i++)
		TK_EQ(slot(0)[SOUND + i], 0);
	teardown();
}

TK_CASE(capture_from_a_buffer_ends_or_begins_again)
{
	static const char bytes[] = { 1, 2, 3, 4, 5 };
	int again, i;

	for (again = 0; again < 2; again++) {
		setup();
		model_snd_capture_buffer(m, 1, bytes, sizeof(bytes), again);
		prepare(1);
		rx(0, 1, PERIOD);
		start(1);
		wait_ns(11 * MS);
		expect_rx(0, PERIOD + 8, MSND_S_OK);
		for (i = 0; i < PERIOD; i++)
			TK_EQ(slot(0)[SOUND + i], i < 5 || again ?
			    i % 5 + 1 : 0);
		teardown();
	}
}

static size_t
source_of_sevens(void *arg, uint32_t stream, uint64_t off, void *buf,
    size_t len)
{
	uint64_t *end = arg;

	TK_EQ(stream, 1);
	TK_EQ(off, *end);
	*end += len;
	memset(buf, 7, len / 2);
	return (len / 2);
}

TK_CASE(capture_from_a_function_is_asked_in_order)
{
	uint64_t end = 0;

	setup();
	model_snd_capture_from(m, 1, source_of_sevens, &end);
	prepare(1);
	rx(0, 1, PERIOD);
	rx(1, 1, PERIOD);
	start(1);
	wait_ns(21 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	expect_rx(1, PERIOD + 8, MSND_S_OK);
	TK_EQ(end, 2 * PERIOD);
	TK_EQ(slot(0)[SOUND], 7);
	teardown();
}

TK_CASE(capture_without_a_message_is_an_overrun)
{
	uint64_t lost;

	setup_capture();
	rx(0, 1, PERIOD);
	start(1);
	wait_ns(20 * MS);
	TK_EQ(stats(1).overruns, 1);
	rx(1, 1, PERIOD);
	wait_ns(2 * MS);
	lost = stats(1).lost;
	TK_EQ(lost % FRAME, 0);
	TK_CHECK(lost > PERIOD * 8 / 10 && lost < PERIOD * 13 / 10);
	wait_ns(9 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	expect_rx(1, PERIOD + 8, MSND_S_OK);
	expect_sound(1, 1, PERIOD + lost, PERIOD);
	wait_ns(10 * MS);
	TK_EQ(stats(1).overruns, 2);
	teardown();
}

TK_CASE(backend_bridges_a_late_message)
{
	uint64_t i;

	model_snd_config_qemu(&cfg);
	attach("virtio_pci");
	model_snd_capture_pattern(m, 1);
	prepare(1);
	rx(0, 1, PERIOD);
	start(1);
	wait_ns(15 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	for (i = 1; i < 6; i++) {
		rx(i, 1, PERIOD);
		wait_ns(10 * MS);
		expect_rx(i, PERIOD + 8, MSND_S_OK);
		expect_sound(i, 1, i * PERIOD, PERIOD);
	}
	TK_EQ(stats(1).overruns, 0);
	/* Ten ticks without a message are more than the backend holds. */
	wait_ns(100 * MS);
	TK_EQ(stats(1).overruns, 1);
	TK_EQ(stats(1).lost, 10 * PERIOD - 512 * FRAME);
	teardown();
}

TK_CASE(xrun_event_comes_once_for_an_overrun)
{
	struct msnd_pcm_set_params p;

	model_snd_config_exact(&cfg);
	cfg.stream[1].features = MSND_PCM_F_EVT_XRUNS;
	attach("virtio_pci");
	event_buffer(8, 0, 8);
	event_buffer(9, 0, 8);
	p = params(1);
	p.features = htole32(MSND_PCM_F_EVT_XRUNS);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 1), MSND_S_OK);
	start(1);
	wait_ns(MS);
	expect_event(8, MSND_EVT_PCM_XRUN, 1);
	wait_ns(100 * MS);
	TK_EQ(model_snd_stats(m).events_sent, 1);
	teardown();
}

TK_CASE(release_returns_what_was_captured)
{

	setup_capture();
	rx(0, 1, PERIOD);
	rx(1, 1, PERIOD);
	start(1);
	wait_ns(4 * MS);
	TK_EQ(command(MSND_R_PCM_STOP, 1), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_RELEASE, 1), MSND_S_OK);
	expect_rx(0, stats(1).captured + 8, MSND_S_OK);
	expect_sound(0, 1, 0, stats(1).captured);
	TK_CHECK(stats(1).captured > PERIOD / 3);
	expect_rx(1, 8, MSND_S_OK);
	TK_EQ(stats(1).flushed, 2);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(status_can_follow_what_was_captured_as_on_qemu)
{
	struct msnd_pcm_status ps;
	struct done d;

	model_snd_config_exact(&cfg);
	cfg.rx_status_follows = true;
	attach("virtio_pci");
	model_snd_capture_pattern(m, 1);
	prepare(1);
	rx(0, 1, PERIOD);
	rx(1, 1, PERIOD);
	start(1);
	wait_ns(14 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_STOP, 1), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_RELEASE, 1), MSND_S_OK);
	d = done(RX);
	TK_EQ(d.slot, 1);
	TK_EQ(d.status, 0xa5a5a5a5);
	expect_sound(1, 1, PERIOD, d.len - 8);
	memcpy(&ps, slot(1) + SOUND + d.len - 8, sizeof(ps));
	TK_EQ(le32toh(ps.status), MSND_S_OK);
	/* The status of an error is at the very beginning. */
	rx(2, 1, PERIOD);
	wait_ns(MS);
	d = done(RX);
	TK_EQ(d.len, 8);
	memcpy(&ps, slot(2) + SOUND, sizeof(ps));
	TK_EQ(le32toh(ps.status), MSND_S_BAD_MSG);
	teardown();
}

TK_CASE(stop_pauses_capture)
{
	uint64_t got;

	setup_capture();
	rx(0, 1, PERIOD);
	start(1);
	wait_ns(4 * MS);
	TK_EQ(command(MSND_R_PCM_STOP, 1), MSND_S_OK);
	got = stats(1).captured;
	wait_ns(100 * MS);
	TK_EQ(stats(1).captured, got);
	start(1);
	wait_ns(8 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	expect_sound(0, 1, 0, PERIOD);
	teardown();
}

TK_CASE(input_messages_can_be_made_to_fail)
{

	setup_capture();
	model_snd_fail_io(m, 1, 1);
	rx(0, 1, PERIOD);
	rx(1, 1, PERIOD);
	start(1);
	wait_ns(11 * MS);
	expect_rx(0, 8, MSND_S_IO_ERR);
	expect_rx(1, PERIOD + 8, MSND_S_OK);
	expect_sound(1, 1, 0, PERIOD);
	teardown();
}

TK_CASE(input_completions_can_be_held_back)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_RELEASE), htole32(1) };
	uint32_t len;

	setup_capture();
	rx(0, 1, PERIOD);
	model_snd_hold(m, MODEL_SND_VQ_RX, true);
	start(1);
	wait_ns(11 * MS);
	TK_EQ(done(RX).slot, -1);
	TK_EQ(command(MSND_R_PCM_STOP, 1), MSND_S_OK);
	post(&h, sizeof(h), 4);
	wait_ns(MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
	model_snd_hold(m, MODEL_SND_VQ_RX, false);
	wait_ns(MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == mem);
	teardown();
}

TK_CASE(playback_and_capture_run_at_once)
{
	int i;

	setup_capture();
	prepare(0);
	for (i = 0; i < 4; i++) {
		tx(i, 0, PERIOD);
		rx(4 + i, 1, PERIOD);
	}
	start(0);
	start(1);
	wait_ns(41 * MS);
	for (i = 0; i < 4; i++) {
		expect_done(i, MSND_S_OK);
		expect_rx(4 + i, PERIOD + 8, MSND_S_OK);
		expect_sound(4 + i, 1, (uint64_t)i * PERIOD, PERIOD);
	}
	expect_played(0, 0, 0, 4 * PERIOD);
	teardown();
}

TK_CASE(polled_streams_need_no_notification)
{
	struct msnd_pcm_set_params p;
	struct sglist_seg segs[3];
	struct sglist sg;
	uint32_t id;

	model_snd_config_exact(&cfg);
	cfg.stream[0].features = MSND_PCM_F_ALL;
	attach("virtio_pci");
	p = params(0);
	p.features = htole32(MSND_PCM_F_SHMEM_GUEST);
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p.features = htole32(MSND_PCM_F_MSG_POLLING | MSND_PCM_F_EVT_PERIODS);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	event_buffer(8, 0, 8);
	id = 0;
	memcpy(slot(0), &id, 4);
	sglist_init(&sg, 3, segs);
	append(&sg, slot(0), 4);
	append(&sg, slot(0) + PAYLOAD, PERIOD);
	append(&sg, slot(0) + STATUS, 8);
	TK_EQ(virtqueue_enqueue(TX, &cookies[0], &sg, 2, 1), 0);
	start(0);
	wait_ns(15 * MS);
	expect_done(0, MSND_S_OK);
	expect_event(8, MSND_EVT_PCM_PERIOD_ELAPSED, 0);
	TK_EQ(tk_virtio_stats(bus).kicks[MODEL_SND_VQ_TX], 0);
	teardown();
}
