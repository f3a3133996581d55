/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio-sound model, driven over its queues without a sound driver:
 * streams' commands, and messages that break a rule.
 */
#include "model_virtio_snd_testdev.h"

/*
 * Parameters and states
 */

TK_CASE(parameters_that_cannot_be_are_bad)
{
	struct msnd_pcm_set_params p;

	setup();
	p = params(2);
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	p = params(0);
	p.buffer_bytes = htole32(4 * PERIOD + 1);
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	p = params(0);
	p.buffer_bytes = 0;
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	p = params(0);
	p.period_bytes = 0;
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	p = params(0);
	p.padding = 1;
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	p = params(0);
	TK_EQ(request(&p, sizeof(p) - 1, 4, NULL), MSND_S_BAD_MSG);
	TK_EQ(illegal(), 6);
	TK_EQ(stats(0).state, MODEL_SND_IDLE);
	teardown();
}

TK_CASE(parameters_that_were_not_offered_are_not_supported)
{
	struct msnd_pcm_set_params p;

	setup();
	p = params(0);
	p.channels = 0;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p.channels = 3;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p = params(0);
	p.format = MSND_FMT_S24_3;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p.format = 200;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p = params(0);
	p.rate = 14;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p.rate = 200;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p = params(0);
	p.features = htole32(MSND_PCM_F_EVT_XRUNS);
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	TK_EQ(model_snd_stats(m).unsupported, 7);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(parameters_are_taken)
{
	struct msnd_pcm_set_params p;
	struct model_snd_params got;

	setup();
	p = params(0);
	p.channels = 1;
	p.format = MSND_FMT_U8;
	p.rate = MSND_RATE_8000;
	TK_EQ(set_params(&p), MSND_S_OK);
	got = stats(0).params;
	TK_EQ(got.channels, 1);
	TK_EQ(got.format, MSND_FMT_U8);
	TK_EQ(got.hz, 8000);
	TK_EQ(got.frame_bytes, 1);
	TK_EQ(got.buffer_bytes, 4 * PERIOD);
	TK_EQ(got.period_bytes, PERIOD);
	teardown();
}

/* Bring stream 0 from nothing to a state. */
static void
go_to(enum model_snd_state state)
{
	struct msnd_pcm_set_params p;

	p = params(0);
	if (state == MODEL_SND_IDLE)
		return;
	TK_EQ(set_params(&p), MSND_S_OK);
	if (state == MODEL_SND_PARAMS_SET)
		return;
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	if (state == MODEL_SND_PREPARED)
		return;
	if (state == MODEL_SND_RELEASED) {
		TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
		return;
	}
	TK_EQ(command(MSND_R_PCM_START, 0), MSND_S_OK);
	if (state == MODEL_SND_STOPPED)
		TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
}

static uint32_t
any_command(uint32_t code)
{
	struct msnd_pcm_set_params p;

	p = params(0);
	return (code == MSND_R_PCM_SET_PARAMS ? set_params(&p) :
	    command(code, 0));
}

TK_CASE(commands_follow_each_other_as_the_specification_says)
{
	static const struct {
		uint32_t code;
		enum model_snd_state to;
		uint32_t from;		/* bit n: legal in state n */
	} table[] = {
		{ MSND_R_PCM_SET_PARAMS, MODEL_SND_PARAMS_SET,
		    1 << MODEL_SND_IDLE | 1 << MODEL_SND_PARAMS_SET |
		    1 << MODEL_SND_PREPARED | 1 << MODEL_SND_RELEASED },
		{ MSND_R_PCM_PREPARE, MODEL_SND_PREPARED,
		    1 << MODEL_SND_PARAMS_SET | 1 << MODEL_SND_PREPARED |
		    1 << MODEL_SND_RELEASED },
		{ MSND_R_PCM_START, MODEL_SND_RUNNING,
		    1 << MODEL_SND_PREPARED | 1 << MODEL_SND_STOPPED },
		{ MSND_R_PCM_STOP, MODEL_SND_STOPPED,
		    1 << MODEL_SND_RUNNING },
		{ MSND_R_PCM_RELEASE, MODEL_SND_RELEASED,
		    1 << MODEL_SND_PREPARED | 1 << MODEL_SND_STOPPED },
	};
	enum model_snd_state from;
	bool legal;
	u_int i;

	for (i = 0; i < nitems(table); i++) {
		for (from = MODEL_SND_IDLE; from <= MODEL_SND_RELEASED;
		    from++) {
			setup();
			go_to(from);
			TK_EQ(stats(0).state, from);
			TK_EQ(illegal(), 0);
			legal = (table[i].from & (1u << from)) != 0;
			TK_EQ(any_command(table[i].code),
			    legal ? MSND_S_OK : MSND_S_BAD_MSG);
			TK_EQ(stats(0).state, legal ? table[i].to : from);
			TK_EQ(illegal(), legal ? 0 : 1);
			teardown();
		}
	}
}

TK_CASE(commands_for_a_missing_stream_are_bad)
{
	static const uint32_t codes[] = { MSND_R_PCM_PREPARE,
	    MSND_R_PCM_RELEASE, MSND_R_PCM_START, MSND_R_PCM_STOP };
	char h[12];
	u_int i;

	setup();
	for (i = 0; i < nitems(codes); i++) {
		TK_EQ(command(codes[i], 2), MSND_S_BAD_MSG);
		TK_EQ(command(codes[i], UINT32_MAX), MSND_S_BAD_MSG);
		memset(h, 0, sizeof(h));
		memcpy(h, &codes[i], 4);
		TK_EQ(request(h, 7, 4, NULL), MSND_S_BAD_MSG);
		TK_EQ(request(h, 12, 4, NULL), MSND_S_BAD_MSG);
	}
	TK_EQ(illegal(), 4 * nitems(codes));
	teardown();
}

TK_CASE(prepare_after_release_keeps_the_parameters)
{

	setup();
	go_to(MODEL_SND_RELEASED);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_OK);
	expect_played(0, 0, 0, PERIOD);
	teardown();
}

TK_CASE(parameters_do_not_change_below_queued_messages)
{
	struct msnd_pcm_set_params p;

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	p = params(0);
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	TK_EQ(set_params(&p), MSND_S_OK);
	expect_done(0, MSND_S_OK);
	teardown();
}

/*
 * Messages that are refused
 */

static void
expect_refused(int i, uint64_t before)
{

	wait_ns(1 * MS);
	expect_done(i, MSND_S_BAD_MSG);
	TK_EQ(illegal(), before + 1);
}

TK_CASE(messages_that_break_a_rule_are_bad)
{
	struct done d;

	setup();
	/* Not prepared, no such stream, not an output. */
	message(TX, 0, 0, 4, 64, 0, 8);
	expect_refused(0, 0);
	prepare(0);
	prepare(1);
	message(TX, 0, 2, 4, 64, 0, 8);
	expect_refused(0, 1);
	message(TX, 0, 1, 4, 64, 0, 8);
	expect_refused(0, 2);
	/* A short header, no sound, sound that the device should write. */
	message(TX, 0, 0, 3, 0, 0, 8);
	expect_refused(0, 3);
	message(TX, 0, 0, 4, 0, 0, 8);
	expect_refused(0, 4);
	message(TX, 0, 0, 4, 64, 64, 8);
	expect_refused(0, 5);
	/* No room for the status. */
	message(TX, 0, 0, 4, 64, 0, 7);
	wait_ns(1 * MS);
	d = done(TX);
	TK_EQ(d.slot, 0);
	TK_EQ(d.len, 0);
	TK_EQ(illegal(), 7);
	TK_EQ(stats(0).pending, 0);
	teardown();
}

TK_CASE(messages_after_release_are_bad)
{

	setup();
	go_to(MODEL_SND_RELEASED);
	message(TX, 0, 0, 4, 64, 0, 8);
	expect_refused(0, 0);
	teardown();
}

TK_CASE(messages_of_another_size_than_a_period_are_noted)
{

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD / 2);
	start(0);
	wait_ns(16 * MS);
	expect_done(0, MSND_S_OK);
	expect_done(1, MSND_S_OK);
	TK_EQ(stats(0).odd_sized, 1);
	TK_EQ(illegal(), 0);
	expect_played(0, 0, 0, PERIOD + PERIOD / 2);
	teardown();
}

/*
 * Errors and delays on demand
 */

TK_CASE(control_answers_can_be_late)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_START), htole32(0) };
	int64_t began;

	model_snd_config_exact(&cfg);
	cfg.ctl_delay_ns = 30 * MS;
	attach("virtio_pci");
	began = tk_now_ns();
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, 32, 68), MSND_S_OK);
	TK_CHECK(tk_now_ns() - began >= 30 * MS);
	TK_CHECK(tk_now_ns() - began < 40 * MS);

	/* One after the other, and the second does not delay the first. */
	began = tk_now_ns();
	post(&h, sizeof(h), 4);
	wait_ns(10 * MS);
	post(&h, sizeof(h), 4);
	TK_CHECK(virtqueue_poll(CTL, NULL) == mem);
	TK_CHECK(virtqueue_poll(CTL, NULL) == mem);
	TK_CHECK(tk_now_ns() - began >= 60 * MS);
	TK_CHECK(tk_now_ns() - began < 65 * MS);
	teardown();
}

TK_CASE(control_answers_can_be_held_back)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_PREPARE), htole32(0) };
	struct msnd_pcm_set_params p;
	uint32_t len;

	setup();
	p = params(0);
	TK_EQ(set_params(&p), MSND_S_OK);
	model_snd_hold(m, MODEL_SND_VQ_CTL, true);
	post(&h, sizeof(h), 4);
	wait_ns(5000 * MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
	TK_EQ(stats(0).state, MODEL_SND_PARAMS_SET);
	model_snd_hold(m, MODEL_SND_VQ_CTL, false);
	TK_CHECK(virtqueue_poll(CTL, &len) == mem);
	TK_EQ(stats(0).state, MODEL_SND_PREPARED);
	teardown();
}

TK_CASE(completions_can_be_held_back_and_release_waits_for_them)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_RELEASE), htole32(0) };
	uint32_t len;

	setup();
	prepare(0);
	model_snd_hold(m, MODEL_SND_VQ_TX, true);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(15 * MS);
	expect_none();
	TK_CHECK(stats(0).played >= PERIOD);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	post(&h, sizeof(h), 4);
	wait_ns(100 * MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
	model_snd_hold(m, MODEL_SND_VQ_TX, false);
	TK_CHECK(virtqueue_poll(CTL, &len) == mem);
	expect_done(0, MSND_S_OK);
	expect_done(1, MSND_S_OK);
	TK_EQ(stats(0).periods, 1);
	TK_EQ(stats(0).flushed, 1);
	teardown();
}

TK_CASE(requests_can_be_made_to_fail)
{

	setup();
	go_to(MODEL_SND_PREPARED);
	model_snd_fail(m, MSND_R_PCM_START, MSND_S_IO_ERR, 2);
	model_snd_fail(m, MSND_R_PCM_STOP, MSND_S_NOT_SUPP, 1);
	TK_EQ(command(MSND_R_PCM_START, 0), MSND_S_IO_ERR);
	TK_EQ(stats(0).state, MODEL_SND_PREPARED);
	TK_EQ(command(MSND_R_PCM_START, 0), MSND_S_IO_ERR);
	TK_EQ(command(MSND_R_PCM_START, 0), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_NOT_SUPP);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(messages_can_be_made_to_fail)
{
	int i;

	setup();
	prepare(0);
	model_snd_fail_io(m, 0, 1);
	for (i = 0; i < 2; i++)
		tx(i, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_IO_ERR);
	expect_done(1, MSND_S_OK);
	TK_EQ(stats(0).played, PERIOD);
	expect_played(0, 0, PERIOD, PERIOD);
	TK_EQ(illegal(), 0);
	teardown();
}
