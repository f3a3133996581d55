/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio-sound model, driven over its queues without a sound driver:
 * playback.
 */
#include "model_virtio_snd_testdev.h"

/*
 * Playing, exactly
 */

TK_CASE(exact_periods_complete_when_they_were_played)
{
	struct done d;
	int64_t began;
	int i;

	setup();
	prepare(0);
	for (i = 0; i < 3; i++)
		tx(i, 0, PERIOD);
	wait_ns(50 * MS);
	expect_none();
	start(0);
	began = tk_now_ns();
	for (i = 0; i < 3; i++) {
		wait_until(began + (i + 1) * 10 * MS - MS);
		expect_none();
		wait_until(began + (i + 1) * 10 * MS + MS);
		d = done(TX);
		TK_EQ(d.slot, i);
		TK_EQ(d.status, MSND_S_OK);
		TK_EQ(d.latency, 0);
	}
	TK_EQ(stats(0).periods, 3);
	TK_EQ(stats(0).played, 3 * PERIOD);
	TK_EQ(stats(0).discarded, 0);
	expect_played(0, 0, 0, 3 * PERIOD);
	teardown();
}

TK_CASE(odd_rates_do_not_drift)
{
	struct msnd_pcm_set_params p;
	int64_t began;
	int i;

	/* 441 frames of mono S8 are 10 ms. */
	setup();
	p = params(0);
	p.channels = 1;
	p.format = MSND_FMT_S8;
	p.rate = MSND_RATE_44100;
	p.period_bytes = htole32(441);
	p.buffer_bytes = htole32(882);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	tx(0, 0, 441);
	tx(1, 0, 441);
	start(0);
	began = tk_now_ns();
	for (i = 0; i < 200; i++) {
		wait_until(began + (i + 1) * 10 * MS + MS / 2);
		expect_done(i % 2, MSND_S_OK);
		tx(i % 2, 0, 441);
	}
	TK_EQ(stats(0).underruns, 0);
	TK_EQ(stats(0).dry_ticks, 0);
	expect_played(0, 0, 0, 200 * 441);
	teardown();
}

TK_CASE(sample_clock_can_run_faster)
{

	model_snd_config_exact(&cfg);
	cfg.speed = 10;
	attach("virtio_pci");
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(MS - MS / 10);
	expect_none();
	wait_ns(MS / 5);
	expect_done(0, MSND_S_OK);
	teardown();
}

TK_CASE(sound_is_read_when_it_is_played)
{
	char c;

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(5 * MS);
	/*
	 * If a driver writes to a buffer that the device owns, the change is
	 * heard.
	 */
	memset(slot(1) + PAYLOAD, 0x55, PERIOD);
	wait_ns(16 * MS);
	TK_EQ(model_snd_played(m, 0, PERIOD, &c, 1), 1);
	TK_EQ(c, 0x55);
	expect_played(0, 0, 0, PERIOD);
	teardown();
}

TK_CASE(gap_in_a_stream_is_an_underrun)
{

	setup();
	prepare(0);
	start(0);
	/* Nothing was played yet, so this is no underrun. */
	wait_ns(5 * MS);
	tx(0, 0, PERIOD);
	wait_ns(15 * MS);
	expect_done(0, MSND_S_OK);
	TK_EQ(stats(0).underruns, 0);
	tx(0, 0, PERIOD);
	wait_ns(15 * MS);
	expect_done(0, MSND_S_OK);
	TK_EQ(stats(0).underruns, 1);
	TK_CHECK(stats(0).dry_ticks >= 2);

	/* Running dry before STOP is no underrun. */
	wait_ns(15 * MS);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	start(0);
	wait_ns(5 * MS);
	tx(0, 0, PERIOD);
	wait_ns(11 * MS);
	TK_EQ(stats(0).underruns, 1);
	expect_played(0, 0, 0, 3 * PERIOD);
	teardown();
}

TK_CASE(stop_pauses_and_keeps_messages)
{
	uint64_t played;

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(15 * MS);
	expect_done(0, MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	played = stats(0).played;
	wait_ns(50 * MS);
	expect_none();
	TK_EQ(stats(0).played, played);
	TK_EQ(stats(0).discarded, 0);
	TK_EQ(stats(0).pending, 1);
	start(0);
	wait_ns(6 * MS);
	expect_done(1, MSND_S_OK);
	expect_played(0, 0, 0, 2 * PERIOD);
	TK_EQ(stats(0).underruns, 0);
	teardown();
}

TK_CASE(release_returns_messages_before_its_answer)
{
	struct done d;
	int i;

	setup();
	prepare(0);
	for (i = 0; i < 3; i++)
		tx(i, 0, PERIOD);
	start(0);
	wait_ns(5 * MS + MS / 2);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	for (i = 0; i < 3; i++) {
		d = done(TX);
		TK_EQ(d.slot, i);
		TK_EQ(d.len, 8);
		TK_EQ(d.status, MSND_S_OK);
		/* The bytes that are not played. */
		TK_EQ(d.latency, i == 0 ? PERIOD - stats(0).played : PERIOD);
	}
	TK_EQ(stats(0).flushed, 3);
	TK_EQ(stats(0).periods, 0);
	TK_CHECK(stats(0).played >= 5 * 48 * FRAME);
	teardown();
}

TK_CASE(two_streams_play_side_by_side)
{
	struct msnd_pcm_set_params p;
	struct done d;
	int fast, slow;

	model_snd_config_exact(&cfg);
	cfg.nstreams = 3;
	cfg.stream[2] = cfg.stream[0];
	attach("virtio_pci");
	prepare(0);
	p = params(2);
	p.channels = 1;
	p.period_bytes = htole32(480);	/* 5 ms */
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 2), MSND_S_OK);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	tx(2, 2, 480);
	tx(3, 2, 480);
	tx(4, 2, 480);
	start(0);
	start(2);
	wait_ns(21 * MS);
	for (fast = slow = 0; (d = done(TX)).slot != -1; ) {
		TK_EQ(d.status, MSND_S_OK);
		if (d.slot < 2)
			TK_EQ(d.slot, slow++);
		else
			TK_EQ(d.slot, 2 + fast++);
	}
	TK_EQ(slow, 2);
	TK_EQ(fast, 3);
	expect_played(0, 0, 0, 2 * PERIOD);
	expect_played(2, 0, 2 * PERIOD, 3 * 480);
	TK_EQ(stats(1).played, 0);
	TK_EQ(illegal(), 0);
	teardown();
}

/*
 * Playing as QEMU does
 */

TK_CASE(first_tick_takes_a_burst)
{
	struct msnd_pcm_set_params p;
	int i;

	/* Four periods of 5 ms: all of them come back at once. */
	setup_qemu(1024, 512);
	p = params(0);
	p.period_bytes = htole32(PERIOD / 2);
	p.buffer_bytes = htole32(2 * PERIOD);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	for (i = 0; i < 4; i++)
		tx(i, 0, PERIOD / 2);
	start(0);
	wait_ns(9 * MS);
	expect_none();
	wait_ns(2 * MS);
	for (i = 0; i < 4; i++)
		expect_done(i, MSND_S_OK);
	TK_EQ(stats(0).periods, 4);
	TK_EQ(stats(0).played, 0);
	teardown();
}

TK_CASE(ticks_keep_the_backend_filled)
{
	int i, n;

	setup_qemu(1024, 512);
	prepare(0);
	for (i = 0; i < 16; i++)
		tx(i, 0, PERIOD);
	start(0);
	/* Ticks come every 10 ms, and the clock starts with the first one. */
	wait_ns(101 * MS);
	for (n = 0; done(TX).slot != -1; n++)
		continue;
	/* 90 ms are played, 512 frames are ahead: ten periods and a bit. */
	TK_EQ(n, 10);
	TK_EQ(stats(0).played, 9 * PERIOD);
	TK_EQ(stats(0).underruns, 0);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(stats(0).discarded, 512 * FRAME);
	teardown();
}

TK_CASE(stop_discards_what_the_backend_holds)
{
	uint64_t played;
	int i;

	setup_qemu(1024, 512);
	prepare(0);
	for (i = 0; i < 3; i++)
		tx(i, 0, PERIOD);
	start(0);
	for (i = 0; i < 3; )
		if (done(TX).slot == -1)
			wait_ns(MS);
		else
			i++;
	/*
	 * If a driver stops at the last completion, the end of the sound is
	 * lost.
	 */
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	played = stats(0).played;
	TK_CHECK(played < 3 * PERIOD);
	TK_EQ(stats(0).discarded, 3 * PERIOD - played);
	TK_CHECK(stats(0).discarded <= 512 * FRAME);
	expect_played(0, 0, 0, played);
	TK_EQ(model_snd_played(m, 0, played, &i, 1), 0);
	teardown();
}

TK_CASE(stop_after_the_backend_ran_out_loses_nothing)
{
	int i;

	setup_qemu(1024, 512);
	prepare(0);
	for (i = 0; i < 3; i++)
		tx(i, 0, PERIOD);
	start(0);
	wait_ns(60 * MS);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(stats(0).discarded, 0);
	TK_EQ(stats(0).played, 3 * PERIOD);
	TK_EQ(stats(0).underruns, 0);
	expect_played(0, 0, 0, 3 * PERIOD);
	teardown();
}

TK_CASE(ticks_without_a_backend_play_what_is_due)
{

	setup_qemu(0, 0);
	prepare(0);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_OK);
	expect_none();
	TK_EQ(stats(0).played, PERIOD);
	teardown();
}

TK_CASE(latency_is_what_was_read_and_not_played)
{
	struct done d;

	model_snd_config_qemu(&cfg);
	cfg.latency = true;
	attach("virtio_pci");
	prepare(0);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	d = done(TX);
	TK_EQ(d.latency, PERIOD);
	d = done(TX);
	TK_EQ(d.latency, 2 * PERIOD);
	teardown();

	/* QEMU reports no latency. */
	setup_qemu(1024, 512);
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	TK_EQ(done(TX).latency, 0);
	teardown();
}
