/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio-sound model, driven over its queues without a sound driver:
 * events, and the jacks that they report.
 */
#include "model_virtio_snd_testdev.h"

/*
 * Events
 */

TK_CASE(events_fill_the_buffers_in_order)
{

	setup();
	TK_CHECK(!model_snd_event(m, MSND_EVT_JACK_CONNECTED, 1));
	TK_EQ(model_snd_stats(m).events_lost, 1);
	event_buffer(0, 0, 8);
	event_buffer(1, 0, 16);
	TK_EQ(model_snd_stats(m).event_buffers, 2);
	TK_CHECK(model_snd_event(m, MSND_EVT_JACK_CONNECTED, 3));
	TK_CHECK(model_snd_event(m, MSND_EVT_PCM_PERIOD_ELAPSED, 0));
	TK_CHECK(!model_snd_event(m, MSND_EVT_JACK_DISCONNECTED, 3));
	expect_event(0, MSND_EVT_JACK_CONNECTED, 3);
	expect_event(1, MSND_EVT_PCM_PERIOD_ELAPSED, 0);
	TK_EQ(model_snd_stats(m).events_sent, 2);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(event_buffers_that_break_a_rule_come_back_empty)
{
	uint32_t len;

	setup();
	event_buffer(0, 0, 7);
	TK_CHECK(virtqueue_dequeue(EVENT, &len) == &cookies[0]);
	TK_EQ(len, 0);
	event_buffer(1, 8, 8);
	TK_CHECK(virtqueue_dequeue(EVENT, &len) == &cookies[1]);
	TK_EQ(len, 0);
	TK_EQ(illegal(), 2);
	teardown();
}

TK_CASE(xrun_event_comes_once_for_a_gap)
{
	struct msnd_pcm_set_params p;

	model_snd_config_qemu(&cfg);
	cfg.stream[0].features = MSND_PCM_F_EVT_XRUNS;
	attach("virtio_pci");
	event_buffer(8, 0, 8);
	event_buffer(9, 0, 8);
	p = params(0);
	p.features = htole32(MSND_PCM_F_EVT_XRUNS);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(100 * MS);
	expect_event(8, MSND_EVT_PCM_XRUN, 0);
	TK_EQ(model_snd_stats(m).events_sent, 1);
	TK_CHECK(stats(0).dry_ticks > 1);
	TK_EQ(stats(0).underruns, 0);
	teardown();
}

TK_CASE(events_without_a_buffer_can_be_kept)
{

	model_snd_config_exact(&cfg);
	cfg.keep_events = true;
	attach("virtio_pci");
	TK_CHECK(!model_snd_event(m, MSND_EVT_PCM_XRUN, 0));
	TK_CHECK(!model_snd_event(m, MSND_EVT_PCM_XRUN, 1));
	event_buffer(0, 0, 8);
	event_buffer(1, 0, 8);
	event_buffer(2, 0, 8);
	expect_event(0, MSND_EVT_PCM_XRUN, 0);
	expect_event(1, MSND_EVT_PCM_XRUN, 1);
	TK_EQ(model_snd_stats(m).event_buffers, 1);
	TK_EQ(model_snd_stats(m).events_lost, 0);
	teardown();
}

/*
 * Jacks
 */

static void
setup_jacks(void)
{

	model_snd_config_exact(&cfg);
	cfg.no_info = false;
	cfg.njacks = 2;
	cfg.jack[0].hda_reg_defconf = 0x01014010;
	cfg.jack[0].connected = true;
	cfg.jack[1].features = MSND_JACK_F_REMAP;
	cfg.jack[1].hda_reg_defconf = 0x02a11020;
	attach("virtio_pci");
}

static struct msnd_jack_info
jack_info(uint32_t jack)
{
	struct msnd_jack_info info;

	TK_EQ(query(MSND_R_JACK_INFO, jack, 1, sizeof(info),
	    4 + sizeof(info)), MSND_S_OK);
	memcpy(&info, mem + RESPONSE + 4, sizeof(info));
	return (info);
}

TK_CASE(jacks_are_plugged_in_and_out)
{

	setup_jacks();
	event_buffer(0, 0, 8);
	event_buffer(1, 0, 8);
	TK_EQ(jack_info(1).connected, 0);
	TK_CHECK(model_snd_jack(m, 1, true));
	TK_CHECK(model_snd_jack(m, 0, false));
	expect_event(0, MSND_EVT_JACK_CONNECTED, 1);
	expect_event(1, MSND_EVT_JACK_DISCONNECTED, 0);
	TK_EQ(jack_info(1).connected, 1);
	TK_EQ(jack_info(0).connected, 0);
	teardown();
}

TK_CASE(jack_moves_as_it_is_described)
{

	setup_jacks();
	event_buffer(0, 0, 8);
	model_snd_fault(m, "jack-moves", 1);
	TK_EQ(jack_info(1).connected, 0);
	expect_event(0, MSND_EVT_JACK_CONNECTED, 1);
	TK_EQ(jack_info(1).connected, 1);
	teardown();
}

static uint32_t
remap(uint32_t jack, uint32_t association, uint32_t sequence)
{
	struct msnd_jack_remap r;

	r.code = htole32(MSND_R_JACK_REMAP);
	r.jack_id = htole32(jack);
	r.association = htole32(association);
	r.sequence = htole32(sequence);
	return (request(&r, sizeof(r), 4, NULL));
}

TK_CASE(jacks_can_be_mapped_anew_if_they_say_so)
{

	setup_jacks();
	TK_EQ(jack_info(1).features, htole32(MSND_JACK_F_REMAP));
	TK_EQ(remap(0, 1, 2), MSND_S_NOT_SUPP);
	TK_EQ(remap(2, 1, 2), MSND_S_BAD_MSG);
	TK_EQ(remap(1, 16, 2), MSND_S_BAD_MSG);
	TK_EQ(remap(1, 3, 5), MSND_S_OK);
	TK_EQ(jack_info(1).hda_reg_defconf, htole32(0x02a11035));
	TK_EQ(model_snd_jack_state(m, 1).remaps, 1);
	TK_EQ(model_snd_jack_state(m, 1).association, 3);
	TK_EQ(model_snd_jack_state(m, 1).sequence, 5);
	teardown();
}
