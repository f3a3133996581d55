/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio-sound model, driven over its queues without a sound driver:
 * faults, by name.
 */
#include "model_virtio_snd_testdev.h"

TK_CASE(faults_have_names_of_their_own)
{
	const struct model_snd_fault *f, *g;

	setup();
	for (f = model_snd_faults; f->name != NULL; f++) {
		TK_CHECK(f->text != NULL);
		TK_EQ(model_snd_faulted(m, f->name), 0);
		for (g = model_snd_faults; g != f; g++)
			TK_CHECK(strcmp(f->name, g->name) != 0);
	}
	teardown();
}

TK_CASE_STOPS(unknown_fault_panics, "no fault is called nonsense")
{

	setup();
	model_snd_fault(m, "nonsense", 1);
}

/* A fault that is cleared does not happen any more. */
TK_CASE(faults_can_be_taken_back)
{
	const struct model_snd_fault *f;
	uint64_t hits[128];

	setup_ctls(false);
	for (f = model_snd_faults; f->name != NULL; f++) {
		model_snd_fault(m, f->name, MODEL_SND_ALWAYS);
		model_snd_fault(m, f->name, 0);
		hits[f - model_snd_faults] = model_snd_faulted(m, f->name);
	}
	event_buffer(8, 0, 8);
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_OK);
	for (f = model_snd_faults; f->name != NULL; f++)
		TK_EQ(model_snd_faulted(m, f->name),
		    hits[f - model_snd_faults]);
	TK_EQ(tk_virtqueue_bad_used(), 0);
	teardown();
}

static void
expect_faulted(const char *name, uint64_t hits)
{

	TK_EQ(model_snd_faulted(m, name), hits);
}

TK_CASE(fault_counts_of_the_configuration)
{
	static const struct {
		const char *name;
		int off;
		uint32_t wrong;
	} table[] = {
		{ "jacks-huge", 0, UINT32_MAX },
		{ "streams-huge", 4, UINT32_MAX },
		{ "streams-none", 4, 0 },
		{ "chmaps-huge", 8, UINT32_MAX },
		{ "ctls-huge", 12, UINT32_MAX },
	};
	uint32_t truth;
	u_int i;

	setup_ctls(false);
	for (i = 0; i < nitems(table); i++) {
		truth = virtio_read_dev_config_4(vtest_drv.dev, table[i].off);
		model_snd_fault(m, table[i].name, 1);
		/* Reading another field does not use the fault up. */
		(void)virtio_read_dev_config_4(vtest_drv.dev,
		    (table[i].off + 4) % 16);
		TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, table[i].off),
		    table[i].wrong);
		TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, table[i].off),
		    truth);
		expect_faulted(table[i].name, 1);
	}
	/* The model describes as many streams as it claims to have. */
	TK_EQ(query(MSND_R_PCM_INFO, 100000, 100, 32, 3204), MSND_S_OK);
	TK_EQ(mem[RESPONSE + 4 + 24], 0);
	TK_EQ(mem[RESPONSE + 36 + 24], 1);
	TK_EQ(query(MSND_R_CTL_INFO, 5000, 30, 96, 2884), MSND_S_OK);
	TK_EQ(illegal(), 0);
	teardown();
}

/* A byte, le32 or le64 of the first record that a fault makes wrong. */
TK_CASE(fault_records)
{
	static const struct {
		const char *name;
		uint32_t code;
		uint32_t size;
		int off;
		int width;
		uint64_t wrong;
	} table[] = {
		{ "pcm-channels-none", MSND_R_PCM_INFO, 32, 25, 1, 0 },
		{ "pcm-channels-none", MSND_R_PCM_INFO, 32, 26, 1, 0 },
		{ "pcm-channels-crossed", MSND_R_PCM_INFO, 32, 25, 1, 2 },
		{ "pcm-channels-crossed", MSND_R_PCM_INFO, 32, 26, 1, 1 },
		{ "pcm-channels-huge", MSND_R_PCM_INFO, 32, 26, 1, 255 },
		{ "pcm-direction-unknown", MSND_R_PCM_INFO, 32, 24, 1, 2 },
		{ "pcm-formats-unknown", MSND_R_PCM_INFO, 32, 8, 8,
		    ~0ull << 25 },
		{ "pcm-formats-none", MSND_R_PCM_INFO, 32, 8, 8, 0 },
		{ "pcm-rates-unknown", MSND_R_PCM_INFO, 32, 16, 8,
		    ~0ull << 16 },
		{ "pcm-rates-none", MSND_R_PCM_INFO, 32, 16, 8, 0 },
		{ "pcm-features-unknown", MSND_R_PCM_INFO, 32, 4, 4,
		    UINT32_MAX },
		{ "chmap-channels-huge", MSND_R_CHMAP_INFO, 24, 5, 1, 255 },
		{ "chmap-position-unknown", MSND_R_CHMAP_INFO, 24, 6, 1, 200 },
		{ "chmap-direction-unknown", MSND_R_CHMAP_INFO, 24, 4, 1, 7 },
		{ "ctl-role-unknown", MSND_R_CTL_INFO, 96, 4, 4, UINT32_MAX },
		{ "ctl-type-unknown", MSND_R_CTL_INFO, 96, 8, 4, 77 },
		{ "ctl-count-huge", MSND_R_CTL_INFO, 96, 16, 4, UINT32_MAX },
		{ "ctl-count-none", MSND_R_CTL_INFO, 96, 16, 4, 0 },
		{ "ctl-name-endless", MSND_R_CTL_INFO, 96, 67, 1, 'x' },
		{ "ctl-items-huge", MSND_R_CTL_INFO, 96, 72, 4, UINT32_MAX },
	};
	const char *p;
	uint64_t got, hits;
	u_int i;

	setup_everything();
	for (i = 0; i < nitems(table); i++) {
		hits = model_snd_faulted(m, table[i].name);
		model_snd_fault(m, table[i].name, 1);
		TK_EQ(query(table[i].code, 0, 1, table[i].size,
		    4 + table[i].size), MSND_S_OK);
		p = mem + RESPONSE + 4 + table[i].off;
		got = table[i].width == 1 ? (uint8_t)*p :
		    table[i].width == 4 ? le32dec(p) : le64dec(p);
		TK_EQ(got, table[i].wrong);
		expect_faulted(table[i].name, hits + 1);
		TK_EQ(query(table[i].code, 0, 1, table[i].size,
		    4 + table[i].size), MSND_S_OK);
		got = table[i].width == 1 ? (uint8_t)*p :
		    table[i].width == 4 ? le32dec(p) : le64dec(p);
		TK_CHECK(got != table[i].wrong);
	}
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(fault_information_not_supported)
{

	setup_everything();
	model_snd_fault(m, "jack-not-supp", 1);
	model_snd_fault(m, "chmap-not-supp", 1);
	model_snd_fault(m, "ctl-not-supp", 1);
	TK_EQ(query(MSND_R_JACK_INFO, 0, 1, 24, 28), MSND_S_NOT_SUPP);
	TK_EQ(query(MSND_R_CHMAP_INFO, 0, 1, 24, 28), MSND_S_NOT_SUPP);
	TK_EQ(query(MSND_R_CTL_INFO, 0, 1, 96, 100), MSND_S_NOT_SUPP);
	TK_EQ(query(MSND_R_JACK_INFO, 0, 1, 24, 28), MSND_S_OK);
	TK_EQ(query(MSND_R_CHMAP_INFO, 0, 1, 24, 28), MSND_S_OK);
	TK_EQ(query(MSND_R_CTL_INFO, 0, 1, 96, 100), MSND_S_OK);
	teardown();
}

TK_CASE(fault_channels_shrink_with_mono_as_on_qemu)
{
	struct msnd_pcm_set_params p;

	setup();
	model_snd_fault(m, "pcm-channels-shrink", 1);
	p = params(0);
	p.channels = 1;
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	TK_EQ(query(MSND_R_PCM_INFO, 0, 1, 32, 36), MSND_S_OK);
	TK_EQ(mem[RESPONSE + 4 + 26], 1);
	/*
	 * Two channels are still accepted, and a reset does not undo the fault.
	 */
	p.channels = 2;
	TK_EQ(set_params(&p), MSND_S_OK);
	virtio_stop(vtest_drv.dev);
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), 0);
	virtio_reinit_complete(vtest_drv.dev);
	TK_EQ(query(MSND_R_PCM_INFO, 0, 1, 32, 36), MSND_S_OK);
	TK_EQ(mem[RESPONSE + 4 + 26], 1);
	teardown();
}

TK_CASE(fault_control_values)
{

	setup_ctls(false);
	model_snd_fault(m, "item-name-endless", 1);
	TK_EQ(ctl(MSND_R_CTL_ENUM_ITEMS, SOURCE, NULL, 0, 4 + 3 * 64, NULL),
	    MSND_S_OK);
	TK_EQ(mem[RESPONSE + 4 + 63], 'x');
	model_snd_fault(m, "ctl-value-garbage", 1);
	TK_EQ(ctl(MSND_R_CTL_READ, SOURCE, NULL, 0, 516, NULL), MSND_S_OK);
	TK_EQ(le32dec(mem + RESPONSE + 4), UINT32_MAX);
	TK_EQ(model_snd_ctl_get(m, SOURCE, 0), 1);
	model_snd_fault(m, "tlv-length-huge", 1);
	TK_EQ(ctl(MSND_R_CTL_TLV_READ, VOLUME, NULL, 0, 512, NULL),
	    MSND_S_OK);
	TK_EQ(le32dec(mem + RESPONSE + 8), UINT32_MAX - 3);
	teardown();
}

/* SET_PARAMS under a fault: the answer, and whether the device did it. */
TK_CASE(fault_answers)
{
	static const struct {
		const char *name;
		uint32_t status;	/* 0: none was written */
		uint32_t used;
		bool done;
	} table[] = {
		{ "answer-empty", 0, 0, true },
		{ "answer-short", 0, 2, true },
		{ "answer-garbage", UINT32_MAX, 4, false },
		{ "answer-used-huge", MSND_S_OK, UINT32_MAX, true },
		{ "answer-twice", MSND_S_OK, 4, true },
		{ "status-unknown", 0x1234, 4, true },
		{ "status-ok-undone", MSND_S_OK, 4, false },
		{ "status-error-done", MSND_S_IO_ERR, 4, true },
	};
	struct msnd_pcm_set_params p;
	uint32_t used;
	u_int i;

	p = params(0);
	for (i = 0; i < nitems(table); i++) {
		setup();
		model_snd_fault(m, table[i].name, 1);
		TK_EQ(request(&p, sizeof(p), 4, &used), table[i].status);
		TK_EQ(used, table[i].used);
		TK_EQ(stats(0).state, table[i].done ? MODEL_SND_PARAMS_SET :
		    MODEL_SND_IDLE);
		expect_faulted(table[i].name, 1);
		/*
		 * The second completion must not count as that of the next
		 * request.
		 */
		TK_CHECK(virtqueue_dequeue(CTL, NULL) == NULL);
		TK_EQ(set_params(&p), MSND_S_OK);
		teardown();
	}
}

TK_CASE(fault_answer_without_its_records)
{
	struct msnd_query_info q = { htole32(MSND_R_PCM_INFO), 0, htole32(2),
	    htole32(32) };
	uint32_t used;

	setup();
	model_snd_fault(m, "answer-header-only", 1);
	/* An answer without records is not changed. */
	prepare(0);
	TK_EQ(request(&q, sizeof(q), 68, &used), MSND_S_OK);
	TK_EQ(used, 4);
	TK_EQ((uint8_t)mem[RESPONSE + 4], 0xa5);
	teardown();
}

TK_CASE(fault_answer_late_or_never)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_PREPARE), 0 };
	struct msnd_pcm_set_params p;
	uint32_t len;

	setup();
	p = params(0);
	TK_EQ(set_params(&p), MSND_S_OK);
	model_snd_fault(m, "answer-late", 1);
	post(&h, sizeof(h), 4);
	wait_ns(MODEL_SND_LATE_NS - 10 * MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
	wait_ns(20 * MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == mem);
	model_snd_fault(m, "answer-never", 1);
	h.code = htole32(MSND_R_PCM_START);
	post(&h, sizeof(h), 4);
	wait_ns(1000 * MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
	TK_EQ(stats(0).state, MODEL_SND_PREPARED);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	teardown();
}

TK_CASE(fault_answer_twice_is_counted)
{
	struct msnd_pcm_set_params p;
	uint64_t bad;

	setup();
	bad = tk_virtqueue_bad_used();
	model_snd_fault(m, "answer-twice", 1);
	p = params(0);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_CHECK(virtqueue_dequeue(CTL, NULL) == NULL);
	TK_EQ(tk_virtqueue_bad_used() - bad, 1);
	teardown();
}

TK_CASE_STOPS(fault_answer_comes_behind_an_id_beyond_the_ring,
    "virtqueue-memory: ")
{
	struct msnd_pcm_set_params p;

	setup();
	model_snd_fault(m, "answer-id-range", 1);
	p = params(0);
	(void)set_params(&p);
}

TK_CASE(fault_release_keeps_messages)
{

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	model_snd_fault(m, "release-keeps", 1);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	expect_none();
	TK_EQ(stats(0).pending, 1);
	teardown();
}

/* A message of stream 0 or 1, by number. */
static void
any_message(int i, uint32_t stream)
{

	if (stream == 0)
		tx(i, 0, PERIOD);
	else
		rx(i, 1, PERIOD);
}

/* Two messages under a fault that changes how the first one is completed. */
TK_CASE(fault_completions)
{
	static const struct {
		const char *name;
		uint32_t len;		/* 0: the usual one, or that of rx */
		uint32_t status;
		uint32_t latency;
		uint64_t bad;
	} table[] = {
		{ "used-len-huge", UINT32_MAX, MSND_S_OK, 0, 1 },
		{ "used-len-beyond", PERIOD + 9, MSND_S_OK, 0, 1 },
		{ "used-len-short", 7, MSND_S_OK, 0, 0 },
		{ "used-len-none", 0, MSND_S_OK, 0, 0 },
		{ "used-len-half", (PERIOD + 8) / 2, MSND_S_OK, 0, 0 },
		{ "used-twice", PERIOD + 8, MSND_S_OK, 0, 1 },
		{ "data-status-error", PERIOD + 8, MSND_S_IO_ERR, 0, 0 },
		{ "data-status-unknown", PERIOD + 8, 0xdeadbeef, 0, 0 },
		{ "data-latency-huge", PERIOD + 8, MSND_S_OK, UINT32_MAX, 0 },
	};
	struct virtqueue *vq;
	struct done d;
	uint32_t len, stream;
	uint64_t bad;
	u_int i;

	for (i = 0; i < 2 * nitems(table); i++) {
		stream = i & 1;
		setup();
		bad = tk_virtqueue_bad_used();
		vq = stream == 0 ? TX : RX;
		model_snd_fault(m, table[i / 2].name, 1);
		prepare(stream);
		any_message(0, stream);
		any_message(1, stream);
		start(stream);
		wait_ns(21 * MS);
		d = done(vq);
		len = table[i / 2].len;
		if (stream == 0 && len > PERIOD && len != UINT32_MAX)
			len -= PERIOD;
		else if (stream == 0 && len == (PERIOD + 8) / 2)
			len = 8 / 2;
		TK_EQ(d.slot, 0);
		TK_EQ(d.len, len);
		TK_EQ(d.status, table[i / 2].status);
		TK_EQ(d.latency, table[i / 2].latency);
		d = done(vq);
		TK_EQ(d.slot, 1);
		TK_EQ(d.len, stream == 0 ? 8 : PERIOD + 8);
		TK_EQ(d.status, MSND_S_OK);
		TK_EQ(tk_virtqueue_bad_used() - bad, table[i / 2].bad);
		expect_faulted(table[i / 2].name, 1);
		teardown();
	}
}

TK_CASE_STOPS(fault_completion_comes_behind_an_id_beyond_the_ring,
    "virtqueue-memory: ")
{

	setup();
	model_snd_fault(m, "used-id-range", 1);
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	(void)done(TX);
}

TK_CASE(fault_completions_out_of_order)
{
	int i;

	setup();
	model_snd_fault(m, "used-order", 1);
	prepare(0);
	for (i = 0; i < 3; i++)
		tx(i, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_none();
	wait_ns(10 * MS);
	expect_done(1, MSND_S_OK);
	expect_done(0, MSND_S_OK);
	/* No message follows, so RELEASE completes the delayed one. */
	model_snd_fault(m, "used-order", 1);
	wait_ns(10 * MS);
	expect_none();
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	expect_done(2, MSND_S_OK);
	teardown();
}

TK_CASE(fault_used_index_jumps)
{
	uint64_t bad;

	setup();
	bad = tk_virtqueue_bad_used();
	model_snd_fault(m, "used-index-jump", 1);
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	while (done(TX).slot != -1)
		continue;
	TK_CHECK(tk_virtqueue_bad_used() > bad);
	expect_faulted("used-index-jump", 1);
	teardown();
}

TK_CASE(fault_completion_never_or_at_once)
{
	int i;

	setup();
	model_snd_fault(m, "data-instant", 2);
	prepare(1);
	rx(0, 1, PERIOD);
	prepare(0);
	tx(1, 0, PERIOD);
	wait_ns(MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	expect_done(1, MSND_S_OK);
	for (i = 0; i < PERIOD; i++)
		TK_EQ((uint8_t)slot(0)[SOUND + i], 0xa5);
	TK_EQ(stats(0).played, 0);
	model_snd_fault(m, "data-never", 1);
	tx(2, 0, PERIOD);
	tx(3, 0, PERIOD);
	start(0);
	wait_ns(21 * MS);
	expect_done(3, MSND_S_OK);
	TK_EQ(stats(0).played, 2 * PERIOD);
	expect_none();
	teardown();
}

TK_CASE(fault_events_come_by_themselves)
{
	static const struct {
		const char *name;
		uint32_t code;
		uint32_t data;
		uint32_t len;
	} table[] = {
		{ "event-code-unknown", 0xbeef, 0, 8 },
		{ "event-jack-range", MSND_EVT_JACK_CONNECTED, UINT32_MAX, 8 },
		{ "event-stream-range", MSND_EVT_PCM_XRUN, UINT32_MAX, 8 },
		{ "event-ctl-range", MSND_EVT_CTL_NOTIFY, UINT32_MAX, 8 },
		{ "event-short", MSND_EVT_JACK_CONNECTED, 0, 4 },
		{ "event-used-huge", MSND_EVT_JACK_CONNECTED, 0, UINT32_MAX },
		{ "event-storm", MSND_EVT_PCM_XRUN, 0, 8 },
	};
	uint32_t len;
	u_int i;

	setup();
	for (i = 0; i < nitems(table); i++) {
		model_snd_fault(m, table[i].name, 1);
		event_buffer(0, 0, 8);
		event_buffer(1, 0, 8);
		TK_CHECK(virtqueue_dequeue(EVENT, &len) == &cookies[0]);
		TK_EQ(len, table[i].len);
		TK_EQ(le32dec(slot(0) + PAYLOAD), table[i].code);
		TK_EQ(le32dec(slot(0) + PAYLOAD + 4), table[i].data);
		TK_CHECK(virtqueue_dequeue(EVENT, &len) == NULL);
		expect_faulted(table[i].name, 1);
		/* The other buffer gets the regular event. */
		TK_CHECK(model_snd_event(m, MSND_EVT_PCM_XRUN, 0));
		TK_CHECK(virtqueue_dequeue(EVENT, &len) == &cookies[1]);
	}
	teardown();
}

TK_CASE(fault_storm_takes_every_buffer_and_time_goes_on)
{
	uint32_t len;
	int i;

	setup();
	model_snd_fault(m, "event-storm", MODEL_SND_ALWAYS);
	for (i = 0; i < 10; i++) {
		event_buffer(0, 0, 8);
		TK_CHECK(virtqueue_dequeue(EVENT, &len) == &cookies[0]);
	}
	expect_faulted("event-storm", 10);
	teardown();
}

TK_CASE(fault_features_refused)
{

	model_snd_config_exact(&cfg);
	m = model_snd_new(&cfg);
	model_snd_fault(m, "features-refused", MODEL_SND_ALWAYS);
	vtest_driver_init();
	vtest_drv.nvqs = MODEL_SND_NVQ;
	TK_CHECK(tk_virtio_attach("virtio_pci", &model_snd_ops, m,
	    VIRTIO_ID_SOUND, NULL) == NULL);
	TK_CHECK(model_snd_faulted(m, "features-refused") > 0);
	model_snd_free(m);
}

TK_CASE(fault_ends_at_a_request)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_PREPARE), 0 };
	uint32_t len;
	int unplug;

	for (unplug = 0; unplug < 2; unplug++) {
		setup();
		model_snd_fault(m, unplug ? "unplug-request" :
		    "needs-reset-request", 1);
		post(&h, sizeof(h), 4);
		wait_ns(10 * MS);
		TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
		TK_EQ(vtest_drv.config_changes, unplug ? 0 : 1);
		TK_CHECK((model_snd_ops.status(m) &
		    VIRTIO_CONFIG_S_NEEDS_RESET) != 0);
		TK_EQ(model_snd_ops.status(m) == 0xff, unplug);
		teardown();
	}
}

TK_CASE(fault_ends_at_a_completion)
{
	int i, unplug;

	for (unplug = 0; unplug < 2; unplug++) {
		setup_capture();
		model_snd_fault(m, unplug ? "unplug-data" :
		    "needs-reset-data", 1);
		prepare(0);
		for (i = 0; i < 4; i++) {
			tx(i, 0, PERIOD);
			rx(4 + i, 1, PERIOD);
		}
		start(0);
		start(1);
		wait_ns(50 * MS);
		expect_none();
		TK_EQ(done(RX).slot, -1);
		TK_EQ(vtest_drv.config_changes, unplug ? 0 : 1);
		TK_EQ(model_snd_ops.status(m) == 0xff, unplug);
		teardown();
	}
}

TK_CASE(fault_interrupts_lost_and_spurious)
{

	setup();
	prepare(0);
	TK_EQ(virtqueue_enable_intr(TX), 0);
	model_snd_fault(m, "intr-lost", 1);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_OK);
	TK_EQ(vtest_drv.intrs[MODEL_SND_VQ_TX], 0);
	expect_faulted("intr-lost", 1);
	model_snd_fault(m, "intr-spurious", 1);
	wait_ns(MS);
	TK_EQ(tk_virtio_stats(bus).shared_interrupts, 1);
	expect_faulted("intr-spurious", 1);
	teardown();
}
