/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio-sound model, driven over its queues without a sound driver:
 * control elements.
 */
#include "model_virtio_snd_testdev.h"

TK_CASE(controls_are_counted_only_if_agreed_on)
{

	setup_ctls(false);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 12), NCTLS);
	TK_EQ(illegal(), 0);
	teardown();
	setup();
	TK_EQ(query(MSND_R_CTL_INFO, 0, 1, 96, 100), MSND_S_NOT_SUPP);
	TK_EQ(ctl(MSND_R_CTL_READ, 0, NULL, 0, 516, NULL), MSND_S_NOT_SUPP);
	teardown();
}

TK_CASE(control_records_have_96_bytes_or_92)
{
	const char *r;
	int at, packed;

	for (packed = 0; packed < 2; packed++) {
		setup_ctls(packed);
		r = mem + RESPONSE + 4;
		at = packed ? 68 : 72;
		TK_EQ(query(MSND_R_CTL_INFO, 0, 3, 96, 4 + 3 * 96),
		    MSND_S_OK);
		TK_EQ(le32dec(r + 4), 2);
		TK_EQ(le32dec(r + 8), MODEL_SND_CTL_INTEGER);
		TK_EQ(le32dec(r + 12), 0x33);
		TK_EQ(le32dec(r + 16), 2);
		TK_STREQ(r + 24, "Master Playback Volume");
		TK_EQ((int32_t)le32dec(r + at), -10);
		TK_EQ(le32dec(r + at + 4), 50);
		TK_EQ(le32dec(r + at + 8), 5);
		TK_EQ(le32dec(r + 2 * 96 + 20), 1);
		TK_EQ(le32dec(r + 2 * 96 + at), 3);
		/*
		 * A driver that knows records of 92 bytes gets 92 bytes each.
		 */
		TK_EQ(query(MSND_R_CTL_INFO, 1, 2, 92, 4 + 2 * 92),
		    MSND_S_OK);
		TK_STREQ(r + 24, "Master Playback Switch");
		TK_STREQ(r + 92 + 24, "Capture Source");
		TK_EQ(query(MSND_R_CTL_INFO, WIDE, 1, 96, 100), MSND_S_OK);
		TK_EQ((int64_t)le64dec(r + at), -(1ll << 40));
		TK_EQ(query(MSND_R_CTL_INFO, 0, NCTLS + 1, 96, 2048),
		    MSND_S_BAD_MSG);
		teardown();
	}
}

TK_CASE(control_items_are_named)
{
	uint32_t used;

	setup_ctls(false);
	TK_EQ(ctl(MSND_R_CTL_ENUM_ITEMS, SOURCE, NULL, 0, 4 + 3 * 64, &used),
	    MSND_S_OK);
	TK_EQ(used, 4 + 3 * 64);
	TK_STREQ(mem + RESPONSE + 4, "Mic");
	TK_STREQ(mem + RESPONSE + 4 + 64, "Line");
	TK_STREQ(mem + RESPONSE + 4 + 128, "CD");
	TK_EQ(ctl(MSND_R_CTL_ENUM_ITEMS, SOURCE, NULL, 0, 3 * 64, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_ENUM_ITEMS, MUTE, NULL, 0, 4 + 64, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(model_snd_ctl_stats(m, SOURCE).enum_reads, 1);
	teardown();
}

TK_CASE(control_values_are_read_and_written)
{
	char value[MSND_CTL_VALUE_SIZE];
	uint32_t used;

	setup_ctls(false);
	TK_EQ(ctl(MSND_R_CTL_READ, VOLUME, NULL, 0, 516, &used), MSND_S_OK);
	TK_EQ(used, 516);
	TK_EQ(le32dec(mem + RESPONSE + 4), 20);
	TK_EQ(le32dec(mem + RESPONSE + 8), 20);
	memset(value, 0, sizeof(value));
	le32enc(value, (uint32_t)-10);
	le32enc(value + 4, 35);
	TK_EQ(ctl(MSND_R_CTL_WRITE, VOLUME, value, sizeof(value), 4, NULL),
	    MSND_S_OK);
	TK_EQ(model_snd_ctl_get(m, VOLUME, 0), -10);
	TK_EQ(model_snd_ctl_get(m, VOLUME, 1), 35);
	/*
	 * A value between two steps, one beyond the end, and one that is
	 * missing.
	 */
	le32enc(value, 36);
	TK_EQ(ctl(MSND_R_CTL_WRITE, VOLUME, value, sizeof(value), 4, NULL),
	    MSND_S_BAD_MSG);
	le32enc(value, 55);
	TK_EQ(ctl(MSND_R_CTL_WRITE, VOLUME, value, sizeof(value), 4, NULL),
	    MSND_S_BAD_MSG);
	le32enc(value, 3);
	TK_EQ(ctl(MSND_R_CTL_WRITE, SOURCE, value, sizeof(value), 4, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_WRITE, MUTE, value, sizeof(value), 4, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_READ, NCTLS, NULL, 0, 516, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(model_snd_ctl_get(m, VOLUME, 0), -10);
	TK_EQ(model_snd_ctl_get(m, SOURCE, 0), 1);
	TK_EQ(ctl(MSND_R_CTL_READ, SERIAL, NULL, 0, 516, NULL), MSND_S_OK);
	TK_EQ(mem[RESPONSE + 4 + 511], 0x5a);
	TK_EQ(model_snd_ctl_stats(m, VOLUME).reads, 1);
	TK_EQ(model_snd_ctl_stats(m, VOLUME).writes, 1);
	TK_EQ(illegal(), 5);
	teardown();
}

TK_CASE(control_requests_without_the_access_bit_are_bad)
{
	char value[MSND_CTL_VALUE_SIZE];

	setup_ctls(false);
	memset(value, 0, sizeof(value));
	TK_EQ(ctl(MSND_R_CTL_READ, WIDE, NULL, 0, 516, NULL), MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_WRITE, SERIAL, value, sizeof(value), 4, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_TLV_READ, MUTE, NULL, 0, 516, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_TLV_COMMAND, VOLUME, value, 8, 4, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(illegal(), 4);
	teardown();
}

TK_CASE(control_tlv_is_read_written_and_commanded)
{
	static const uint32_t tlv[] = { htole32(2), htole32(8), htole32(7),
	    htole32(9) };
	uint32_t got[4], used;

	setup_ctls(false);
	TK_EQ(ctl(MSND_R_CTL_TLV_READ, VOLUME, NULL, 0, 512, &used),
	    MSND_S_OK);
	TK_EQ(used, 4 + sizeof(dbscale));
	TK_EQ((int32_t)le32dec(mem + RESPONSE + 4 + 8), -6000);
	/* Only as much of the TLV as there is room for. */
	TK_EQ(ctl(MSND_R_CTL_TLV_READ, VOLUME, NULL, 0, 12, &used),
	    MSND_S_OK);
	TK_EQ(used, 12);
	TK_EQ(ctl(MSND_R_CTL_TLV_WRITE, VOLUME, tlv, 12, 4, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_TLV_WRITE, VOLUME, tlv, sizeof(tlv), 4, NULL),
	    MSND_S_OK);
	TK_EQ(ctl(MSND_R_CTL_TLV_READ, VOLUME, NULL, 0, 512, NULL),
	    MSND_S_OK);
	TK_EQ(memcmp(mem + RESPONSE + 4, tlv, sizeof(tlv)), 0);
	TK_EQ(ctl(MSND_R_CTL_TLV_COMMAND, SERIAL, tlv, sizeof(tlv), 4, NULL),
	    MSND_S_OK);
	TK_EQ(model_snd_ctl_tlv(m, SERIAL, got, sizeof(got)), sizeof(got));
	TK_EQ(memcmp(got, tlv, sizeof(tlv)), 0);
	TK_EQ(model_snd_ctl_stats(m, VOLUME).tlv_reads, 3);
	TK_EQ(model_snd_ctl_stats(m, VOLUME).tlv_writes, 1);
	TK_EQ(model_snd_ctl_stats(m, SERIAL).tlv_commands, 1);
	teardown();
}

TK_CASE(controls_change_by_themselves)
{

	setup_ctls(false);
	event_buffer(0, 0, 8);
	event_buffer(1, 0, 8);
	TK_CHECK(model_snd_ctl_set(m, SOURCE, 0, 2));
	expect_event(0, MSND_EVT_CTL_NOTIFY, SOURCE | 1 << 16);
	TK_EQ(ctl(MSND_R_CTL_READ, SOURCE, NULL, 0, 516, NULL), MSND_S_OK);
	TK_EQ(le32dec(mem + RESPONSE + 4), 2);
	TK_CHECK(model_snd_ctl_event(m, VOLUME, 6));
	expect_event(1, MSND_EVT_CTL_NOTIFY, VOLUME | 6 << 16);
	teardown();
}

TK_CASE_STOPS(impossible_control_panics, "control 0 out of range")
{

	model_snd_config_exact(&cfg);
	cfg.nctls = 1;
	cfg.ctl[0].name = "None of it";
	(void)model_snd_new(&cfg);
}
