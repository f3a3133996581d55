/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio-sound model, driven over its queues without a sound driver: how it
 * describes itself.
 */
#include "model_virtio_snd_testdev.h"

TK_CASE(pcm_info_describes_each_stream)
{
	struct msnd_pcm_info info[2];

	model_snd_config_qemu(&cfg);
	cfg.stream[1].hda_fn_nid = 7;
	attach("virtio_pci");
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, sizeof(info[0]),
	    4 + sizeof(info)), MSND_S_OK);
	memcpy(info, mem + RESPONSE + 4, sizeof(info));
	TK_EQ(info[0].direction, 0);
	TK_EQ(info[1].direction, 1);
	TK_EQ(info[1].hda_fn_nid, htole32(7));
	TK_EQ(info[0].formats, htole64(0xe0078));
	TK_EQ(info[0].rates, htole64(0x3fff));
	TK_EQ(info[0].channels_min, 1);
	TK_EQ(info[0].channels_max, 2);
	TK_EQ(info[0].features, 0);
	TK_EQ(info[0].padding[0] | info[0].padding[4], 0);

	/* The second record alone. */
	TK_EQ(query(MSND_R_PCM_INFO, 1, 1, sizeof(info[0]),
	    4 + sizeof(info[0])), MSND_S_OK);
	memcpy(info, mem + RESPONSE + 4, sizeof(info[0]));
	TK_EQ(info[0].hda_fn_nid, htole32(7));
	TK_EQ(query(MSND_R_PCM_INFO, 0, 0, sizeof(info[0]), 4), MSND_S_OK);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(info_records_have_the_size_that_the_driver_knows)
{
	char *r;

	setup();
	r = mem + RESPONSE + 4;
	/* Records that end before the rates. */
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, 16, 4 + 32), MSND_S_OK);
	TK_EQ(r[8], 0x78);
	TK_EQ(r[16 + 8], 0x78);
	TK_EQ((uint8_t)r[32], 0xa5);
	/* Records padded to 100 bytes. */
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, 100, 4 + 200), MSND_S_OK);
	TK_EQ(r[26], 2);
	TK_EQ(r[32], 0);
	TK_EQ(r[99], 0);
	TK_EQ(r[100 + 24], 1);
	TK_EQ(r[199], 0);
	teardown();
}

TK_CASE(queries_beyond_what_there_is_are_bad)
{
	/* PCM_INFO of no stream, records of 32 bytes: only the size is bad. */
	char q[20] = { 0x00, 0x01, [12] = 32 };
	uint32_t used;

	setup();
	TK_EQ(query(MSND_R_PCM_INFO, 0, 3, 32, 100), MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_PCM_INFO, 2, 1, 32, 100), MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_PCM_INFO, UINT32_MAX, 1, 32, 100),
	    MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_PCM_INFO, 1, UINT32_MAX, 32, 100),
	    MSND_S_BAD_MSG);
	/* No room for the records; then records that are too small. */
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, 32, 4 + 63), MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, UINT32_MAX, 100),
	    MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_PCM_INFO, 0, 1, 3, 100), MSND_S_BAD_MSG);
	/* Requests of other sizes. */
	TK_EQ(request(q, 16, 100, NULL), MSND_S_OK);
	TK_EQ(request(q, 15, 100, &used), MSND_S_BAD_MSG);
	TK_EQ(used, 4);
	TK_EQ(request(q, 17, 100, NULL), MSND_S_BAD_MSG);
	TK_EQ(request(q, 3, 100, NULL), MSND_S_BAD_MSG);
	TK_EQ(illegal(), 10);
	teardown();
}

TK_CASE(jacks_and_channel_maps_are_described)
{
	struct msnd_chmap_info ci;
	struct msnd_jack_info ji[2];

	model_snd_config_exact(&cfg);
	cfg.no_info = false;
	cfg.njacks = 2;
	cfg.jack[1].connected = true;
	cfg.jack[1].hda_reg_defconf = 0x00200000;
	cfg.nchmaps = 1;
	cfg.chmap[0].channels = 2;
	cfg.chmap[0].positions[0] = 3;
	cfg.chmap[0].positions[1] = 4;
	attach("virtio_pci");
	TK_EQ(query(MSND_R_JACK_INFO, 0, 2, sizeof(ji[0]), 4 + sizeof(ji)),
	    MSND_S_OK);
	memcpy(ji, mem + RESPONSE + 4, sizeof(ji));
	TK_EQ(ji[0].connected, 0);
	TK_EQ(ji[1].connected, 1);
	TK_EQ(ji[1].hda_reg_defconf, htole32(0x00200000));
	TK_EQ(query(MSND_R_CHMAP_INFO, 0, 1, sizeof(ci), 4 + sizeof(ci)),
	    MSND_S_OK);
	memcpy(&ci, mem + RESPONSE + 4, sizeof(ci));
	TK_EQ(ci.channels, 2);
	TK_EQ(ci.positions[1], 4);
	TK_EQ(ci.positions[2], 0);
	TK_EQ(query(MSND_R_JACK_INFO, 1, 2, 24, 100), MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_CHMAP_INFO, 1, 1, 24, 100), MSND_S_BAD_MSG);
	teardown();
}

TK_CASE(jack_info_is_not_supported_as_on_qemu)
{

	model_snd_config_qemu(&cfg);
	cfg.njacks = 2;
	attach("virtio_pci");
	TK_EQ(query(MSND_R_JACK_INFO, 0, 2, 24, 52), MSND_S_NOT_SUPP);
	TK_EQ(query(MSND_R_CHMAP_INFO, 0, 0, 24, 4), MSND_S_NOT_SUPP);
	TK_EQ(illegal(), 0);
	TK_EQ(model_snd_stats(m).unsupported, 2);
	teardown();
}

TK_CASE(requests_that_it_does_not_know_are_not_supported)
{

	setup();
	TK_EQ(command(MSND_R_JACK_REMAP, 0), MSND_S_NOT_SUPP);
	TK_EQ(command(0x0300, 0), MSND_S_NOT_SUPP);
	TK_EQ(command(0, 0), MSND_S_NOT_SUPP);
	TK_EQ(model_snd_stats(m).unsupported, 3);
	TK_EQ(model_snd_stats(m).requests, 3);
	teardown();
}

TK_CASE(request_without_room_for_an_answer_comes_back_empty)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_PREPARE), 0 };
	uint32_t used;

	setup();
	TK_EQ(request(&h, sizeof(h), 3, &used), 0);
	TK_EQ(used, 0);
	TK_EQ(illegal(), 1);
	teardown();
}
