/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The model of a coprocessor with RTKit as an AP sees it: messages, shared
 * memory and CPU control.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>
#include <sys/time.h>

#include "model_ap.h"
#include "tk.h"
#include "tk_test.h"

#define	ON	MODEL_RTKIT_POWER_ON
#define	QUIESCED MODEL_RTKIT_POWER_QUIESCED
#define	SLEEP	MODEL_RTKIT_POWER_SLEEP
#define	IDLE	MODEL_RTKIT_POWER_IDLE
#define	ECHO_EP	MODEL_RTKIT_EP_APP

static enum model_rtkit_phase
phase(struct ap *ap)
{

	return (model_rtkit_state(ap->m).phase);
}

static void
wait_ms(int ms)
{

	pause_sbt("test", ms * SBT_1MS, 0, 0);
}

static void
up_and_on(struct ap *ap)
{

	ap_up_default(ap);
	model_rtkit_app(ap->m, ECHO_EP, &model_rtkit_app_echo);
	TK_CHECK(ap_boot(ap));
	TK_EQ(phase(ap), MODEL_RTKIT_ON);
	TK_STREQ(model_rtkit_first_violation(ap->m), "");
}

/*
 * Boot
 */

static void
boots(enum model_asc_variant variant)
{
	struct model_rtkit_config cfg;
	struct ap ap;
	uint64_t addr;
	size_t size;

	model_rtkit_config_default(&cfg);
	ap_up(&ap, variant, &cfg, false);
	TK_EQ(phase(&ap), MODEL_RTKIT_STOPPED);
	ap_silence(&ap, 10);
	TK_CHECK(ap_boot(&ap));
	TK_EQ(phase(&ap), MODEL_RTKIT_ON);
	TK_EQ(model_rtkit_state(ap.m).version, 12);
	TK_EQ(model_rtkit_state(ap.m).iop_power, ON);
	TK_EQ(model_rtkit_state(ap.m).ap_power, ON);
	TK_EQ(ap.map[0], 0x11f);
	TK_EQ(ap.map[1], 1);
	TK_EQ(ap.pages, 2);
	TK_EQ(ap.logs, 2);
	TK_CHECK(model_rtkit_started(ap.m, MODEL_RTKIT_EP_SYSLOG));
	TK_CHECK(!model_rtkit_started(ap.m, ECHO_EP));
	TK_CHECK(model_rtkit_buffer(ap.m, MODEL_RTKIT_CRASHLOG, &addr, &size));
	TK_EQ(addr, ap.buffer[MODEL_RTKIT_EP_CRASHLOG]);
	TK_EQ(size, 4 * 4096);
	TK_CHECK(model_rtkit_quiet(ap.m));
	TK_EQ(model_rtkit_stats(ap.m).echoes, 2);
	TK_EQ(model_rtkit_stats(ap.m).log_acks, 2);
	TK_STREQ(model_rtkit_first_violation(ap.m), "");
	ap_down(&ap);
}

TK_CASE(rtkit_boots_behind_v4)
{
	boots(MODEL_ASC_V4);
}

TK_CASE(rtkit_boots_behind_t8015)
{
	boots(MODEL_ASC_T8015);
}

TK_CASE(rtkit_boots_behind_m3)
{
	boots(MODEL_ASC_M3);
}

TK_CASE_THREADED(rtkit_boots_with_all_threads_at_once)
{
	boots(MODEL_ASC_V4);
}

TK_CASE(rtkit_that_runs_waits_to_be_woken)
{
	struct model_rtkit_config cfg;
	struct ap ap;

	model_rtkit_config_t8103_smc(&cfg);
	ap_up(&ap, MODEL_ASC_V4, &cfg, true);
	TK_EQ(phase(&ap), MODEL_RTKIT_ASLEEP);
	ap_silence(&ap, 10);
	TK_CHECK(ap_boot(&ap));
	TK_EQ(ap_wrong(&ap), 0);
	ap_down(&ap);
}

TK_CASE(rtkit_refuses_a_version_it_did_not_offer)
{
	struct ap ap;

	ap_up_default(&ap);
	ap_go(&ap);
	ap_expect(&ap, 0, AP_TYPE(1) | 12 << 16 | 11);
	ap_send(&ap, 0, AP_TYPE(2) | 13 << 16 | 13);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "hello-reply"), 1);
	ap_send(&ap, 0, AP_TYPE(2) | 11 << 16 | 12);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "hello-reply"), 2);
	TK_CHECK(strstr(model_rtkit_first_violation(ap.m), "hello-reply") !=
	    NULL);
	model_rtkit_violations_clear(ap.m);
	TK_EQ(ap_wrong(&ap), 0);
	ap_send(&ap, 0, AP_TYPE(2) | 11 << 16 | 11);
	ap_expect(&ap, 0, AP_TYPE(8) | 0x11f);
	TK_EQ(model_rtkit_state(ap.m).version, 11);
	TK_EQ(ap_wrong(&ap), 0);
	ap_down(&ap);
}

TK_CASE(rtkit_wants_hello_answered_in_time)
{
	struct ap ap;

	ap_up_default(&ap);
	ap_go(&ap);
	wait_ms(900);
	TK_EQ(ap_broke(&ap, "reply-missing"), 0);
	wait_ms(200);
	TK_EQ(ap_broke(&ap, "reply-missing"), 1);
	/* It stays counted once. */
	ap_send(&ap, 0, AP_TYPE(3));
	wait_ms(2000);
	TK_EQ(ap_broke(&ap, "reply-missing"), 1);
	ap_down(&ap);
}

TK_CASE(rtkit_sends_the_map_in_the_pages_that_were_asked_for)
{
	struct model_rtkit_config cfg;
	struct ap ap;
	int i;

	model_rtkit_config_default(&cfg);
	for (i = 0; i < 8; i++)
		cfg.map[i] = 0x80000001 + (i << 4);
	cfg.wants = 0;
	ap_up(&ap, MODEL_ASC_V4, &cfg, false);
	ap_go(&ap);
	TK_CHECK(ap_hello(&ap));
	TK_EQ(ap.pages, 8);
	TK_EQ(memcmp(ap.map, cfg.map, sizeof(cfg.map)), 0);
	ap_down(&ap);

	cfg.npages = 2;
	cfg.pages[0] = 7;
	ap_up(&ap, MODEL_ASC_V4, &cfg, false);
	ap_go(&ap);
	(void)ap_recv(&ap, 100, &(uint32_t){ 0 }, &(uint64_t){ 0 });
	ap_send(&ap, 0, AP_TYPE(2) | 12 << 16 | 12);
	ap_expect(&ap, 0, AP_TYPE(8) | 7ull << 32 | cfg.map[7]);
	ap_send(&ap, 0, AP_TYPE(8) | 7ull << 32 | 1ull << 51);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "epmap-reply"), 1);
	ap_send(&ap, 0, AP_TYPE(8) | 7ull << 32 | 1);
	ap_expect(&ap, 0, AP_TYPE(8) | 1ull << 51 | cfg.map[0]);
	ap_send(&ap, 0, AP_TYPE(8) | 1ull << 51);
	ap_expect(&ap, 0, AP_IOP_ACK(ON));
	TK_EQ(ap_wrong(&ap), 1);
	ap_down(&ap);
}

TK_CASE(rtkit_is_not_on_before_it_has_all_that_it_wants)
{
	struct ap ap;
	uint64_t msg = 0, mark = 0;
	uint32_t ep = 0;
	int marks = 0;

	ap_up_default(&ap);
	ap_go(&ap);
	TK_CHECK(ap_hello(&ap));
	ap_silence(&ap, 10);
	ap_start_system(&ap);
	while (ap_recv(&ap, 10, &ep, &msg)) {
		TK_CHECK(!ap.on);
		if (ep == MODEL_RTKIT_EP_IOREPORT && (msg >> 52) != 1) {
			mark = msg;
			if (marks++ == 1)
				continue;
		}
		ap_serve(&ap, ep, msg);
	}
	TK_EQ(marks, 2);
	TK_EQ(phase(&ap), MODEL_RTKIT_STARTING);
	ap_send(&ap, MODEL_RTKIT_EP_IOREPORT, mark ^ 1);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "echo"), 1);
	ap_send(&ap, MODEL_RTKIT_EP_IOREPORT, mark);
	ap_expect(&ap, 0, AP_IOP_ACK(ON));
	TK_EQ(ap_wrong(&ap), 1);
	ap_down(&ap);
}

TK_CASE(rtkit_misses_endpoints_that_are_not_started)
{
	struct ap ap;

	ap_up_default(&ap);
	ap_go(&ap);
	TK_CHECK(ap_hello(&ap));
	wait_ms(1100);
	TK_EQ(ap_broke(&ap, "start-missing"), 1);
	TK_EQ(ap_wrong(&ap), 1);
	ap_down(&ap);
}

/*
 * Endpoints
 */

TK_CASE(rtkit_starts_only_what_it_has_and_once)
{
	struct ap ap;

	up_and_on(&ap);
	ap_send(&ap, 0, AP_START(0x21));
	ap_send(&ap, 0, AP_START(0));
	ap_send(&ap, 0, AP_START(1));
	ap_send(&ap, 0, AP_START(ECHO_EP) | 4);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "start"), 4);
	TK_CHECK(!model_rtkit_started(ap.m, ECHO_EP));
	ap_send(&ap, 0, AP_START(ECHO_EP));
	ap_silence(&ap, 10);
	TK_CHECK(model_rtkit_started(ap.m, ECHO_EP));
	TK_EQ(ap_wrong(&ap), 4);
	ap_down(&ap);
}

TK_CASE(rtkit_hands_messages_to_applications_that_were_started)
{
	struct ap ap;

	up_and_on(&ap);
	ap_send(&ap, ECHO_EP, 7);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "not-started"), 1);
	ap_send(&ap, 0, AP_START(ECHO_EP));
	ap_send(&ap, ECHO_EP, 0xfedcba9876543210);
	ap_expect(&ap, ECHO_EP, 0xfedcba9876543210);
	TK_EQ(model_rtkit_received(ap.m, ECHO_EP), 1);
	model_rtkit_send(ap.m, ECHO_EP, 99);
	ap_expect(&ap, ECHO_EP, 99);
	ap_send(&ap, ECHO_EP | 0x100, 1);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "word1"), 1);
	TK_EQ(ap_wrong(&ap), 2);
	ap_down(&ap);
}

TK_CASE(rtkit_hears_of_applications_when_it_is_on)
{
	struct ap ap;

	ap_up_default(&ap);
	ap_go(&ap);
	TK_CHECK(ap_hello(&ap));
	ap_send(&ap, 0, AP_START(ECHO_EP));
	ap_send(&ap, ECHO_EP, 1);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "early"), 1);
	TK_EQ(ap_wrong(&ap), 1);
	ap_down(&ap);
}

TK_CASE(rtkit_hears_of_the_aps_power_once_it_waits_for_starts)
{
	struct ap ap;

	ap_up_default(&ap);
	ap_run(&ap, true);
	pause_sbt("hello", SBT_1MS, 0, 0);
	ap_send(&ap, 0, AP_AP_POWER(ON));
	pause_sbt("early", SBT_1MS, 0, 0);
	TK_EQ(ap_broke(&ap, "early"), 1);
	ap_down(&ap);

	ap_up_default(&ap);
	ap_go(&ap);
	TK_CHECK(ap_hello(&ap));
	ap_send(&ap, 0, AP_AP_POWER(ON));
	ap_expect(&ap, 0, AP_AP_POWER(ON));
	ap_start_system(&ap);
	ap_serve_all(&ap, 10);
	TK_CHECK(ap.on);
	TK_EQ(ap_wrong(&ap), 0);
	ap_down(&ap);
}

/* Some firmware turns on only after the AP is on. */
TK_CASE(rtkit_may_want_the_ap_on_first)
{
	struct model_rtkit_config cfg;
	struct ap ap;

	model_rtkit_config_default(&cfg);
	cfg.ap_first = true;
	ap_up(&ap, MODEL_ASC_V4, &cfg, false);
	ap_go(&ap);
	TK_CHECK(ap_hello(&ap));
	ap_start_system(&ap);
	ap_serve_all(&ap, 10);
	TK_CHECK(!ap.on);
	ap_send(&ap, 0, AP_AP_POWER(ON));
	ap_expect(&ap, 0, AP_AP_POWER(ON));
	ap_expect(&ap, 0, AP_IOP_ACK(ON));
	TK_EQ(ap_wrong(&ap), 0);
	ap_down(&ap);
}

/* HELLO is sent before the AP comes.  To wake the IOP then changes nothing. */
TK_CASE(rtkit_may_have_greeted_already)
{
	struct model_rtkit_config cfg;
	struct ap ap;

	model_rtkit_config_default(&cfg);
	cfg.hello_first = true;
	ap_up(&ap, MODEL_ASC_V4, &cfg, true);
	pause_sbt("greet", 5 * SBT_1MS, 0, 0);
	TK_EQ(model_asc_waiting(model_rtkit_asc(ap.m)), 1);
	TK_CHECK(ap_boot(&ap));
	TK_EQ(model_rtkit_state(ap.m).boots, 1);
	TK_EQ(ap_wrong(&ap), 0);
	ap_down(&ap);
}

/* The IOP turns on only after 0 pages at address 0 came back. */
TK_CASE(rtkit_may_ask_for_nothing)
{
	struct model_rtkit_config cfg;
	struct ap ap;

	model_rtkit_config_default(&cfg);
	cfg.ioreport_none = true;
	ap_up(&ap, MODEL_ASC_V4, &cfg, false);
	ap_go(&ap);
	TK_CHECK(ap_hello(&ap));
	ap_send(&ap, 0, AP_START(MODEL_RTKIT_EP_IOREPORT));
	ap_expect(&ap, MODEL_RTKIT_EP_IOREPORT, AP_TYPE(1));
	TK_CHECK(!model_rtkit_quiet(ap.m));
	ap_send(&ap, MODEL_RTKIT_EP_IOREPORT, AP_TYPE(1));
	pause_sbt("echo", SBT_1MS, 0, 0);
	TK_EQ(model_rtkit_stats(ap.m).echoes, 1);
	TK_EQ(ap_wrong(&ap), 0);
	ap_down(&ap);
}

TK_CASE(rtkit_answers_ping_with_what_it_carried)
{
	struct ap ap;

	up_and_on(&ap);
	ap_send(&ap, 0, AP_TYPE(3) | 0x123456789abcd);
	ap_expect(&ap, 0, AP_TYPE(4) | 0x123456789abcd);
	TK_EQ(model_rtkit_stats(ap.m).pings, 1);
	ap_send(&ap, 0, AP_TYPE(0x1f));
	ap_send(&ap, 0, AP_TYPE(0x103));
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "mgmt-type"), 2);
	ap_down(&ap);
}

TK_CASE(rtkit_answers_a_latency_after_the_question)
{
	struct model_rtkit_config cfg;
	struct ap ap;
	int64_t before;

	model_rtkit_config_default(&cfg);
	cfg.latency_ns = 7000000;
	ap_up(&ap, MODEL_ASC_V4, &cfg, false);
	before = tk_now_ns();
	ap_go(&ap);
	ap_expect(&ap, 0, AP_TYPE(1) | 12 << 16 | 11);
	TK_CHECK(tk_now_ns() - before >= 7000000);
	TK_CHECK(tk_now_ns() - before < 8000000);
	ap_down(&ap);
}

TK_CASE(rtkit_stalled_takes_nothing_and_hung_does_nothing)
{
	struct ap ap;

	up_and_on(&ap);
	model_rtkit_stall(ap.m, true);
	ap_send(&ap, 0, AP_TYPE(3) | 1);
	ap_silence(&ap, 10);
	TK_EQ(model_asc_sent(model_rtkit_asc(ap.m)), 1);
	model_rtkit_stall(ap.m, false);
	ap_expect(&ap, 0, AP_TYPE(4) | 1);

	TK_CHECK(model_rtkit_log(ap.m, "T", "text"));
	ap_expect(&ap, 2, AP_TYPE(5) | 2);
	model_rtkit_hang(ap.m, true);
	ap_send(&ap, 2, AP_TYPE(5) | 2);
	ap_send(&ap, 0, AP_TYPE(3) | 2);
	ap_silence(&ap, 2000);
	TK_EQ(model_asc_sent(model_rtkit_asc(ap.m)), 0);
	model_rtkit_hang(ap.m, false);
	ap_expect(&ap, 0, AP_TYPE(4) | 2);
	TK_EQ(ap_wrong(&ap), 0);
	ap_down(&ap);
}

TK_CASE(rtkit_keeps_what_finds_no_room_in_the_mailbox)
{
	struct ap ap;
	int i;

	up_and_on(&ap);
	for (i = 0; i < 100; i++)
		model_rtkit_send(ap.m, ECHO_EP, i);
	wait_ms(10);
	TK_EQ(model_asc_waiting(model_rtkit_asc(ap.m)), 16);
	for (i = 0; i < 100; i++)
		ap_expect(&ap, ECHO_EP, i);
	TK_EQ(model_rtkit_stats(ap.m).dropped, 0);
	ap_down(&ap);
}

/*
 * Memory
 */

TK_CASE(rtkit_checks_the_buffers_it_gets)
{
	struct model_rtkit_config cfg;
	struct ap ap;
	const uint64_t ask = AP_TYPE(1) | 4ull << 44;

	model_rtkit_config_default(&cfg);
	cfg.wants = 1u << MODEL_RTKIT_EP_CRASHLOG;
	ap_up(&ap, MODEL_ASC_V4, &cfg, false);
	ap_go(&ap);
	TK_CHECK(ap_hello(&ap));
	ap_send(&ap, 0, AP_START(1));
	ap_expect(&ap, 1, ask);
	ap_send(&ap, 1, (ask + (1ull << 44)) | 0x80000000);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "crashlog-message"), 1);
	ap_send(&ap, 1, ask | 0x80001000);
	ap_expect(&ap, 0, AP_IOP_ACK(ON));
	TK_EQ(ap_broke(&ap, "buffer-address"), 1);
	ap_send(&ap, 1, ask | 0x80004000);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "crashlog-message"), 2);
	TK_EQ(ap_wrong(&ap), 3);
	ap_down(&ap);
}

/* The test kernel stops, so it saw what the IOP wrote. */
TK_CASE_STOPS(rtkit_writes_where_it_was_told_to, "tk: dma-device")
{
	struct model_rtkit_config cfg;
	struct ap ap;
	const uint64_t ask = AP_TYPE(1) | 4ull << 44;

	model_rtkit_config_default(&cfg);
	ap_up(&ap, MODEL_ASC_V4, &cfg, false);
	ap_go(&ap);
	TK_CHECK(ap_hello(&ap));
	ap_send(&ap, 0, AP_START(1));
	ap_expect(&ap, 1, ask);
	ap_send(&ap, 1, ask | 0x80100000);
	wait_ms(1);
	model_rtkit_crash(ap.m);
}

TK_CASE(rtkit_refuses_a_buffer_out_of_ram)
{
	struct model_rtkit_config cfg;
	struct ap ap;
	const uint64_t ask = AP_TYPE(1) | 1ull << 44;

	model_rtkit_config_default(&cfg);
	ap_up(&ap, MODEL_ASC_V4, &cfg, false);
	ap_go(&ap);
	TK_CHECK(ap_hello(&ap));
	ap_send(&ap, 0, AP_START(4));
	ap_expect(&ap, 4, ask);
	ap_send(&ap, 4, ask | 0x4000);
	wait_ms(10);
	TK_EQ(ap_broke(&ap, "buffer-address"), 1);
	ap_send(&ap, 4, ask | 0x8000);
	wait_ms(10);
	TK_EQ(ap_broke(&ap, "buffer-reply"), 1);
	ap_down(&ap);
}

TK_CASE(rtkit_with_sram_has_its_own_buffers_there)
{
	struct model_rtkit_config cfg;
	struct ap ap;
	char text[32] = "";
	int i;
	static const uint8_t eps[] = { 1, 2, 4 };

	model_rtkit_config_t8103_smc(&cfg);
	ap_up(&ap, MODEL_ASC_V4, &cfg, true);
	TK_CHECK(ap_boot(&ap));
	TK_EQ(ap.nram, 0);
	for (i = 0; i < 3; i++)
		TK_CHECK(ap.buffer[eps[i]] >= AP_SRAM &&
		    ap.buffer[eps[i]] < AP_SRAM + AP_SRAM_SIZE);
	ap_copy(&ap, 2, 0x20, text, 15);
	TK_STREQ(text, "boot message 0");
	TK_EQ(ap_wrong(&ap), 0);

	(void)bus_space_read_4(&memmap_bus, ap.sram, 0xff000);
	TK_EQ(ap_broke(&ap, "sram"), 1);
	/* The AP may read this memory but not write to it. */
	bus_space_write_4(&memmap_bus, ap.sram,
	    ap.buffer[MODEL_RTKIT_EP_CRASHLOG] - AP_SRAM, 1);
	TK_EQ(ap_broke(&ap, "sram"), 2);
	ap_rest(&ap, QUIESCED, QUIESCED);
	(void)bus_space_read_4(&memmap_bus, ap.sram, 0x8000);
	TK_EQ(ap_broke(&ap, "sram"), 3);
	ap_down(&ap);
}

/*
 * Logs
 */

TK_CASE(rtkit_logs_into_entries_that_the_ap_gives_back)
{
	struct ap ap;
	uint8_t entry[0xa0];
	int i;

	up_and_on(&ap);
	TK_EQ(ap.init, AP_TYPE(8) | 0x80ull << 24 | 16);
	TK_CHECK(model_rtkit_log(ap.m, "SmcTask", "hello"));
	ap_expect(&ap, 2, AP_TYPE(5) | 2);
	ap_copy(&ap, 2, 2 * 0xa0, entry, sizeof(entry));
	TK_STREQ((char *)entry + 8, "SmcTask");
	TK_STREQ((char *)entry + 0x20, "hello");
	for (i = 3; i < 18; i++) {
		TK_CHECK(model_rtkit_log(ap.m, "T", "more"));
		ap_expect(&ap, 2, AP_TYPE(5) | i % 16);
	}
	TK_CHECK(!model_rtkit_log(ap.m, "T", "entry 2 is the AP's"));
	ap_send(&ap, 2, AP_TYPE(5) | 2);
	wait_ms(1);
	TK_CHECK(model_rtkit_log(ap.m, "T", "it is free"));
	TK_EQ(ap_wrong(&ap), 0);

	ap_send(&ap, 2, AP_TYPE(5) | 0x77);
	wait_ms(1);
	TK_EQ(ap_broke(&ap, "echo"), 1);
	wait_ms(1100);
	TK_EQ(ap_broke(&ap, "reply-missing"), 16);
	ap_down(&ap);
}

TK_CASE(rtkit_logs_only_while_the_ap_is_on)
{
	struct ap ap;

	up_and_on(&ap);
	ap_send(&ap, 0, AP_AP_POWER(QUIESCED));
	ap_expect(&ap, 0, AP_AP_POWER(QUIESCED));
	TK_CHECK(!model_rtkit_log(ap.m, "T", "nobody listens"));
	ap_send(&ap, 0, AP_AP_POWER(0x1234));
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "power"), 1);
	ap_down(&ap);
}

static void
oslog(enum model_rtkit_oslog dialect, uint64_t question, uint64_t wrong,
    uint64_t right)
{
	struct model_rtkit_config cfg;
	struct ap ap;

	model_rtkit_config_default(&cfg);
	cfg.oslog = dialect;
	cfg.wants = 1u << MODEL_RTKIT_EP_OSLOG;
	ap_up(&ap, MODEL_ASC_V4, &cfg, false);
	ap_go(&ap);
	TK_CHECK(ap_hello(&ap));
	ap_send(&ap, 0, AP_START(8));
	ap_expect(&ap, 8, question);
	ap_send(&ap, 8, wrong);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "oslog-reply"), 1);
	ap_send(&ap, 8, right);
	ap_expect(&ap, 0, AP_IOP_ACK(ON));
	TK_EQ(ap_wrong(&ap), 1);
	ap_down(&ap);
}

TK_CASE(rtkit_speaks_both_dialects_of_oslog)
{
	const uint64_t ask = 1ull << 56 | 0x4000ull << 36;

	oslog(MODEL_RTKIT_OSLOG_INIT, 1ull << 56, 1ull << 56 | 1, 3ull << 56);
	oslog(MODEL_RTKIT_OSLOG_BUFFER, ask, 3ull << 56, ask | 0x80000);
}

/*
 * Power
 */

static void
rests_and_wakes(uint16_t state)
{
	struct ap ap;

	up_and_on(&ap);
	ap_rest(&ap, QUIESCED, state);
	TK_EQ(phase(&ap), MODEL_RTKIT_ASLEEP);
	TK_CHECK(!model_rtkit_started(ap.m, 1));
	TK_EQ(ap_wrong(&ap), 0);
	ap_send(&ap, 2, AP_TYPE(5));
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "asleep"), 1);
	ap.running = true;
	TK_CHECK(ap_boot(&ap));
	TK_EQ(model_rtkit_state(ap.m).boots, 2);
	TK_EQ(ap_wrong(&ap), 1);
	ap_down(&ap);
}

TK_CASE(rtkit_quiesced_starts_over_when_woken)
{
	rests_and_wakes(QUIESCED);
}

TK_CASE(rtkit_asleep_starts_over_when_woken)
{
	rests_and_wakes(SLEEP);
}

TK_CASE(rtkit_idle_forgets_nothing)
{
	struct ap ap;

	up_and_on(&ap);
	ap_send(&ap, 0, AP_START(ECHO_EP));
	ap_rest(&ap, IDLE, IDLE);
	TK_EQ(phase(&ap), MODEL_RTKIT_IDLE);
	ap_send(&ap, ECHO_EP, 1);
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "asleep"), 1);
	ap_send(&ap, 0, AP_IOP_POWER(MODEL_RTKIT_POWER_INIT));
	ap_expect(&ap, 0, AP_IOP_ACK(ON));
	ap_send(&ap, ECHO_EP, 2);
	ap_expect(&ap, ECHO_EP, 2);
	TK_EQ(model_rtkit_state(ap.m).boots, 1);
	ap_down(&ap);
}

TK_CASE(rtkit_expects_the_ap_to_turn_off_first)
{
	struct ap ap;

	up_and_on(&ap);
	ap_send(&ap, 0, AP_IOP_POWER(SLEEP));
	ap_expect(&ap, 0, AP_IOP_ACK(SLEEP));
	TK_EQ(ap_broke(&ap, "power-order"), 1);
	ap_down(&ap);
}

static uint32_t
cpu_status(struct ap *ap)
{

	return (bus_space_read_4(&memmap_bus, ap->cpu, 0x48));
}

TK_CASE(rtkit_shows_in_cpu_status_what_it_does)
{
	struct ap ap;

	ap_up_default(&ap);
	TK_EQ(cpu_status(&ap), 0x2);
	TK_CHECK(ap_boot(&ap));
	TK_EQ(cpu_status(&ap), 0x1);
	ap_rest(&ap, QUIESCED, SLEEP);
	TK_EQ(cpu_status(&ap), 0x21);
	ap_run(&ap, false);
	TK_EQ(cpu_status(&ap), 0x2);
	ap_down(&ap);
}

TK_CASE(rtkit_off_is_started_by_its_cpu_alone)
{
	struct ap ap;

	up_and_on(&ap);
	ap_rest(&ap, QUIESCED, MODEL_RTKIT_POWER_OFF);
	TK_EQ(phase(&ap), MODEL_RTKIT_STOPPED);
	ap_send(&ap, 0, AP_IOP_POWER(MODEL_RTKIT_POWER_INIT));
	ap_silence(&ap, 100);
	ap_run(&ap, false);
	TK_CHECK(ap_boot(&ap));
	TK_EQ(ap_wrong(&ap), 0);
	ap_down(&ap);
}

TK_CASE(rtkit_stopped_forgets_what_found_no_room)
{
	struct ap ap;
	int i;

	up_and_on(&ap);
	for (i = 0; i < 40; i++)
		model_rtkit_send(ap.m, ECHO_EP, i);
	wait_ms(1);
	ap_run(&ap, false);
	for (i = 0; i < 16; i++)
		ap_expect(&ap, ECHO_EP, i);
	ap_silence(&ap, 10);
	memset(ap.buffer, 0, sizeof(ap.buffer));
	ap.on = false;
	TK_CHECK(ap_boot(&ap));
	ap_down(&ap);
}

TK_CASE(rtkit_stopped_sends_and_writes_nothing_more)
{
	struct ap ap;

	up_and_on(&ap);
	ap_send(&ap, 0, AP_TYPE(3));
	ap_run(&ap, false);
	ap_silence(&ap, 100);
	TK_CHECK(!model_rtkit_log(ap.m, "T", "text"));
	memset(ap.buffer, 0, sizeof(ap.buffer));
	ap.on = false;
	TK_CHECK(ap_boot(&ap));
	TK_EQ(ap_wrong(&ap), 0);
	ap_down(&ap);
}

/*
 * Crashes
 */

/*
 * Finds the section with this tag.  Returns its body, and its length without
 * the header in *len.
 */
static const uint8_t *
section(const uint8_t *log, const char *tag, uint32_t *len)
{
	uint32_t off, size = le32dec(log + 8), all;

	for (off = 0x20; off + 16 <= size; off += all) {
		all = le32dec(log + off + 12);
		TK_CHECK(all >= 16 && all <= size - off);
		*len = all - 16;
		if (le32dec(log + off) == be32dec(tag))
			return (log + off + 16);
	}
	return (NULL);
}

static uint8_t log_bytes[4096];

static void
check_log_words(const uint8_t *log)
{
	const uint8_t *p;
	uint32_t len;

	TK_EQ(le32dec(log), be32dec("CLHE"));
	p = section(log, "Cver", &len);
	TK_CHECK(p != NULL);
	TK_STREQ((const char *)p + 16, MODEL_RTKIT_CRASH_VERSION);
	p = section(log, "Cstr", &len);
	TK_CHECK(p != NULL);
	TK_STREQ((const char *)p + 4, MODEL_RTKIT_CRASH_TEXT);
	p = section(log, "Ctim", &len);
	TK_CHECK(p != NULL && len == 8);
	TK_EQ(le64dec(p), MODEL_RTKIT_CRASH_TIME);
	TK_CHECK(section(log, "CLHE", &len) != NULL);
}

static void
check_log(const uint8_t *log)
{
	const uint8_t *p;
	uint32_t len;

	check_log_words(log);
	p = section(log, "Cmbx", &len);
	TK_CHECK(p != NULL);
	TK_EQ((len - 28) / 24, MODEL_RTKIT_CRASH_MBOX);
	TK_EQ(le64dec(p + 28 + 24), ECHO_EP + 1);
	p = section(log, "Crg8", &len);
	TK_CHECK(p != NULL && len == 0x350);
	TK_EQ(le64dec(p + 0x108), MODEL_RTKIT_CRASH_PC);
	TK_EQ(le64dec(p + 8 + 8 * 30), MODEL_RTKIT_CRASH_X(30));
	TK_EQ(le64dec(p + 0x340), MODEL_RTKIT_CRASH_ESR);
	p = section(log, "Ccst", &len);
	TK_CHECK(p != NULL);
	TK_EQ(le64dec(p + 8 + 8 * 4), MODEL_RTKIT_CRASH_FRAME(4));
	TK_EQ(le64dec(p + 8 + 8 * 5), 0);
	p = section(log, "CasC", &len);
	TK_CHECK(p != NULL && len == 48);
	TK_EQ(le64dec(p + 40), MODEL_RTKIT_CRASH_L2C + 5);
}

static void
crashes(const struct model_rtkit_config *cfg, bool running)
{
	struct ap ap;
	uint64_t msg;

	ap_up(&ap, MODEL_ASC_V4, cfg, running);
	TK_CHECK(ap_boot(&ap));
	msg = AP_TYPE(1) | 4ull << 44 | ap.buffer[1];
	model_rtkit_crash(ap.m);
	ap_expect(&ap, 1, msg);
	ap_copy(&ap, 1, 0, log_bytes, sizeof(log_bytes));
	check_log(log_bytes);
	TK_EQ(phase(&ap), MODEL_RTKIT_CRASHED);
	ap_send(&ap, 0, AP_TYPE(3));
	ap_silence(&ap, 10);
	TK_EQ(ap_wrong(&ap), 0);
	wait_ms(200);
	ap_send(&ap, 0, AP_TYPE(3));
	ap_silence(&ap, 10);
	TK_EQ(ap_broke(&ap, "crashed"), 1);

	ap_run(&ap, false);
	memset(ap.buffer, 0, sizeof(ap.buffer));
	ap.on = ap.running = false;
	TK_EQ(ap_boot(&ap), cfg->restartable);
	TK_EQ(ap_wrong(&ap), 1);
	TK_EQ(model_rtkit_state(ap.m).crashes, 1);
	ap_down(&ap);
}

TK_CASE(rtkit_crashes_with_a_complete_log_and_is_restarted)
{
	struct model_rtkit_config cfg;

	model_rtkit_config_default(&cfg);
	crashes(&cfg, false);
}

TK_CASE(rtkit_of_the_smc_crashes_in_sram_and_is_not_restarted)
{
	struct model_rtkit_config cfg;

	model_rtkit_config_t8103_smc(&cfg);
	crashes(&cfg, true);
}

TK_CASE(rtkit_crashes_when_it_is_asked_to)
{
	struct ap ap;

	up_and_on(&ap);
	TK_CHECK(model_rtkit_log(ap.m, "T", "never acknowledged"));
	ap_expect(&ap, 2, AP_TYPE(5) | 2);
	ap_send(&ap, 1, 0x22);
	ap_serve_all(&ap, 10);
	TK_CHECK(ap.crashed);
	/* After a crash the AP owes no answers any more. */
	wait_ms(1100);
	TK_EQ(ap_wrong(&ap), 0);
	ap_down(&ap);
}

/*
 * Faults
 */

TK_CASE(rtkit_faults_happen_as_often_as_they_were_asked_for)
{
	struct ap ap;

	ap_up_default(&ap);
	model_rtkit_fault(ap.m, "version-low", 1);
	model_rtkit_fault(ap.m, "twice-hello", MODEL_RTKIT_ALWAYS);
	ap_go(&ap);
	ap_expect(&ap, 0, AP_TYPE(1) | 10 << 16 | 10);
	ap_expect(&ap, 0, AP_TYPE(1) | 10 << 16 | 10);
	ap_run(&ap, false);
	ap_run(&ap, true);
	ap_expect(&ap, 0, AP_TYPE(1) | 12 << 16 | 11);
	ap_expect(&ap, 0, AP_TYPE(1) | 12 << 16 | 11);
	model_rtkit_fault(ap.m, "twice-hello", 0);
	ap_run(&ap, false);
	ap_run(&ap, true);
	ap_expect(&ap, 0, AP_TYPE(1) | 12 << 16 | 11);
	ap_silence(&ap, 10);
	TK_EQ(model_rtkit_faulted(ap.m, "version-low"), 1);
	TK_EQ(model_rtkit_faulted(ap.m, "twice-hello"), 2);
	TK_EQ(model_rtkit_faulted(ap.m, "late-hello"), 0);
	ap_down(&ap);
}

TK_CASE(rtkit_late_is_late_and_silent_is_silent)
{
	struct ap ap;

	up_and_on(&ap);
	model_rtkit_fault(ap.m, "late-pong", 1);
	ap_send(&ap, 0, AP_TYPE(3) | 1);
	wait_ms(1);
	ap_send(&ap, 0, AP_TYPE(3) | 2);
	ap_expect(&ap, 0, AP_TYPE(4) | 2);
	ap_silence(&ap, 2900);
	ap_expect(&ap, 0, AP_TYPE(4) | 1);
	model_rtkit_fault(ap.m, "silent-pong", 1);
	ap_send(&ap, 0, AP_TYPE(3) | 3);
	ap_silence(&ap, 5000);
	ap_down(&ap);
}

TK_CASE(rtkit_crash_logs_lie_within_their_buffer)
{
	const struct model_rtkit_fault *f;
	struct ap ap;

	for (f = model_rtkit_faults; f->name != NULL; f++) {
		if (f->kind != MODEL_RTKIT_FAULT_CRASH)
			continue;
		up_and_on(&ap);
		model_rtkit_fault(ap.m, f->name, 1);
		model_rtkit_crash(ap.m);
		ap_serve_all(&ap, 10);
		TK_EQ(ap.crashed, strcmp(f->name, "crashlog-mute") != 0);
		TK_EQ(model_rtkit_faulted(ap.m, f->name), 1);
		ap_down(&ap);
	}
}

TK_CASE(rtkit_faults_have_names_of_their_own)
{
	const struct model_rtkit_fault *f, *g;

	for (f = model_rtkit_faults; f->name != NULL; f++) {
		TK_CHECK(f->text != NULL);
		for (g = model_rtkit_faults; g != f; g++)
			TK_CHECK(strcmp(f->name, g->name) != 0);
	}
}

/* A digest of all messages that pass. */
static void
digest(void *arg, const struct model_rtkit_event *e)
{
	uint64_t *sum = arg;

	*sum = (*sum ^ e->msg0 ^ (uint64_t)e->msg1 << 32 ^ e->from_ap ^
	    (uint64_t)e->time_ns) * 0x100000001b3;
}

static uint64_t
misbehaves(uint64_t seed)
{
	uint64_t sum = 1;
	struct ap ap;

	ap_up_default(&ap);
	model_rtkit_app(ap.m, ECHO_EP, &model_rtkit_app_echo);
	model_rtkit_trace(ap.m, digest, &sum);
	model_rtkit_misbehave(ap.m, seed);
	if (ap_boot(&ap)) {
		ap_send(&ap, 0, AP_START(ECHO_EP));
		ap_send(&ap, ECHO_EP, 1);
		ap_send(&ap, 0, AP_AP_POWER(QUIESCED));
		ap_send(&ap, 0, AP_IOP_POWER(QUIESCED));
		ap_serve_all(&ap, 1);
	}
	ap_down(&ap);
	return (sum);
}

TK_CASE(rtkit_misbehaves_as_its_seed_says)
{
	uint64_t first, differ = 0;
	int seed;

	first = misbehaves(1);
	for (seed = 2; seed < 200; seed++)
		differ += misbehaves(seed) != first;
	TK_CHECK(differ > 100);
}
