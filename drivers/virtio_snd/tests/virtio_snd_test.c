/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: the samples that a program plays.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>
#include <dev/virtio/virtio_config.h>

#include "snd_rig.h"
#include "tk_dsp.h"
#include "tk_test.h"
#include "virtio_snd/virtio_snd_reg.h"

#define	SECOND		1000000000LL

/* A program that plays. */
struct rig {
	struct tk_dsp	*dsp;
	uint8_t		*data;
	size_t		 len;
};

struct sound {
	uint32_t	afmt;
	uint32_t	channels;
	uint32_t	speed;
	uint32_t	fragsize;	/* 0: sound(4)'s own choice */
	uint32_t	fragcount;
};

static const struct sound cd = { TK_AFMT_S16_LE, 2, 44100, 0, 0 };

static void
rig_up(struct rig *r, const struct model_snd_config *config)
{
	memset(r, 0, sizeof(*r));
	snd_up(config);
}

static void
rig_down(struct rig *r)
{
	snd_down_anyhow();
	free(r->data, M_TEMP);
}

static void
rig_qemu(struct rig *r)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	rig_up(r, &config);
}

/* Bytes that occur in no format's silence, and that differ at each place. */
static void
rig_data(struct rig *r, size_t len)
{
	free(r->data, M_TEMP);
	r->data = malloc(len, M_TEMP, M_WAITOK);
	r->len = len;
	snd_noise(r->data, len, 80);
}

static void
rig_open(struct rig *r, const struct sound *s)
{
	TK_EQ(tk_dsp_open(-1, false, false, &r->dsp), 0);
	TK_EQ(tk_dsp_setup(r->dsp, s->afmt, s->channels, s->speed, 0, 0), 0);
	if (s->fragsize != 0)
		TK_EQ(tk_dsp_setfragments(r->dsp, s->fragsize, s->fragcount),
		    0);
}

static void
rig_write(struct rig *r)
{
	TK_EQ(tk_dsp_write(r->dsp, r->data, r->len), r->len);
}

/* A stream played only silence from byte off on. */
static uint64_t
silence(const uint8_t *played, uint64_t off, uint64_t end, uint8_t byte)
{
	while (off < end && played[off] == byte)
		off++;
	return (off);
}

/* The stream played silence, the data, silence: nothing lost, nothing else. */
static void
rig_heard_as(struct rig *r, uint32_t stream, uint8_t zero)
{
	uint64_t end, off;
	uint8_t *played;

	end = model_snd_stream_stats(snd_model, stream).played;
	played = malloc(end + 1, M_TEMP, M_WAITOK);
	TK_EQ(model_snd_played(snd_model, stream, 0, played, end), end);
	off = silence(played, 0, end, zero);
	TK_CHECK(end - off >= r->len);
	TK_EQ(memcmp(played + off, r->data, r->len), 0);
	TK_EQ(silence(played, off + r->len, end, zero), end);
	free(played, M_TEMP);
}

static void
rig_heard(struct rig *r)
{
	rig_heard_as(r, 0, 0);
	TK_EQ(model_snd_stats(snd_model).illegal, 0);
	TK_EQ(model_snd_stream_stats(snd_model, 0).underruns, 0);
}

static void
rig_play(struct rig *r, const struct sound *s, size_t frames, size_t frame)
{
	rig_data(r, frames * frame);
	rig_open(r, s);
	rig_write(r);
	TK_EQ(tk_dsp_close(r->dsp), 0);
}

TK_CASE(vtsnd_attaches_as_a_sound_card_and_leaves_nothing)
{
	struct rig r;
	char text[512];

	rig_qemu(&r);
	tk_sndstat(text, sizeof(text));
	TK_CHECK(strstr(text, "VirtIO Sound Adapter") != NULL);
	TK_EQ(model_snd_stats(snd_model).illegal, 0);
	rig_down(&r);
}

TK_CASE(vtsnd_attaches_on_virtio_mmio_too)
{
	struct model_snd_config config;
	struct rig r = { .dsp = NULL };

	model_snd_config_qemu(&config);
	snd_make(&config);
	TK_EQ(snd_attach_to("virtio_mmio"), 0);
	rig_play(&r, &cd, 20000, 4);
	snd_wait_state(0, MODEL_SND_RELEASED);
	rig_heard(&r);
	rig_down(&r);
}

TK_CASE(vtsnd_plays_on_one_vector_for_all_queues)
{
	struct model_snd_config config;
	struct rig r;

	model_snd_config_qemu(&config);
	config.intr_shared = true;
	rig_up(&r, &config);
	rig_play(&r, &cd, 20000, 4);
	snd_wait_state(0, MODEL_SND_RELEASED);
	rig_heard(&r);
	rig_down(&r);
}

TK_CASE(vtsnd_plays_every_sample_once_in_order)
{
	struct rig r;

	rig_qemu(&r);
	rig_play(&r, &cd, 100003, 4);
	snd_wait_state(0, MODEL_SND_RELEASED);
	rig_heard(&r);
	rig_down(&r);
}

TK_CASE(vtsnd_plays_where_messages_complete_exactly_when_played)
{
	struct model_snd_config config;
	struct rig r;

	model_snd_config_exact(&config);
	rig_up(&r, &config);
	rig_play(&r, &cd, 50001, 4);
	snd_wait_state(0, MODEL_SND_RELEASED);
	rig_heard(&r);
	rig_down(&r);
}

/*
 * The device takes 1,024 frames at once, so a whole small buffer comes back in
 * one interrupt.  Modulo the buffer that is no progress.
 */
TK_CASE(vtsnd_plays_buffers_that_come_back_whole)
{
	static const struct sound sizes[] = {
		{ TK_AFMT_S16_LE, 2, 48000, 240 * 4, 4 },
		{ TK_AFMT_S16_LE, 2, 48000, 96 * 4, 4 },
		{ TK_AFMT_S16_LE, 2, 48000, 512 * 4, 2 },
	};
	struct rig r;
	size_t i;

	for (i = 0; i < nitems(sizes); i++) {
		rig_qemu(&r);
		rig_play(&r, &sizes[i], 48000, 4);
		snd_wait_state(0, MODEL_SND_RELEASED);
		rig_heard_as(&r, 0, 0);
		rig_down(&r);
	}
}

TK_CASE(vtsnd_keeps_sixty_four_short_periods_in_flight)
{
	static const struct sound ms1 = {
		TK_AFMT_S16_LE, 2, 48000, 48 * 4, 64
	};
	struct rig r;

	rig_qemu(&r);
	rig_data(&r, 48000 * 4);
	rig_open(&r, &ms1);
	rig_write(&r);
	TK_EQ(model_snd_stream_stats(snd_model, 0).params.period_bytes, 192);
	TK_EQ(model_snd_stream_stats(snd_model, 0).params.buffer_bytes,
	    64 * 192);
	TK_EQ(tk_dsp_close(r.dsp), 0);
	snd_wait_state(0, MODEL_SND_RELEASED);
	rig_heard(&r);
	rig_down(&r);
}

/* STOP drops what the device took and has not played. */
TK_CASE(vtsnd_lets_the_last_sample_be_heard_before_stop)
{
	struct model_snd_config config;
	struct rig r;

	model_snd_config_qemu(&config);
	config.burst_frames = 2048;
	config.backend_frames = 2048;
	rig_up(&r, &config);
	rig_play(&r, &cd, 30001, 4);
	snd_wait_state(0, MODEL_SND_RELEASED);
	rig_heard(&r);
	rig_down(&r);
}

static const struct {
	uint32_t	afmt;
	uint8_t		code;
	uint8_t		bytes;
	uint8_t		zero;
} formats[] = {
	{ TK_AFMT_MU_LAW, 1, 1, 0x7f },
	{ TK_AFMT_A_LAW, 2, 1, 0x55 },
	{ TK_AFMT_S8, 3, 1, 0 },
	{ TK_AFMT_U8, 4, 1, 0x80 },
	{ TK_AFMT_S16_LE, 5, 2, 0 },
	{ TK_AFMT_U16_LE, 6, 2, 0x80 },
	{ TK_AFMT_S24_LE, 11, 3, 0 },
	{ TK_AFMT_U24_LE, 12, 3, 0x80 },
	{ TK_AFMT_S32_LE, 17, 4, 0 },
	{ TK_AFMT_U32_LE, 18, 4, 0x80 },
	{ TK_AFMT_F32_LE, 19, 4, 0 },
};

TK_CASE(vtsnd_plays_every_format_that_both_sides_know)
{
	struct model_snd_config config;
	struct sound s = { 0, 2, 48000, 0, 0 };
	struct rig r;
	size_t i;

	model_snd_config_qemu(&config);
	config.stream[0].formats = ~1ULL;	/* later codes, too */
	for (i = 0; i < nitems(formats); i++) {
		s.afmt = formats[i].afmt;
		rig_up(&r, &config);
		rig_play(&r, &s, 9001, 2 * formats[i].bytes);
		TK_EQ(model_snd_stream_stats(snd_model, 0).params.format,
		    formats[i].code);
		snd_wait_state(0, MODEL_SND_RELEASED);
		rig_heard_as(&r, 0, formats[i].zero);
		rig_down(&r);
	}
}

/* Code 15 keeps 24 bits in 32: sound(4)'s AFMT_S24_LE has three bytes. */
TK_CASE(vtsnd_does_not_take_s24_in_32_bits_for_packed_s24)
{
	struct model_snd_config config;
	struct rig r;

	model_snd_config_qemu(&config);
	config.stream[0].formats = 1ULL << 15 | 1ULL << 5;
	rig_up(&r, &config);
	TK_EQ(tk_dsp_open(-1, false, false, &r.dsp), 0);
	TK_EQ(tk_dsp_setup(r.dsp, TK_AFMT_S24_LE, 2, 48000, 0, 0), EINVAL);
	TK_EQ(tk_dsp_setup(r.dsp, TK_AFMT_S16_LE, 2, 48000, 0, 0), 0);
	TK_EQ(tk_dsp_close(r.dsp), 0);
	rig_down(&r);
}

TK_CASE(vtsnd_plays_at_every_rate)
{
	static const uint32_t hz[] = {
		5512, 8000, 11025, 16000, 22050, 32000, 44100, 48000, 64000,
		88200, 96000, 176400, 192000, 384000, 12000, 24000
	};
	struct model_snd_config config;
	struct sound s = cd;
	struct rig r;
	size_t i;

	model_snd_config_qemu(&config);
	config.stream[0].rates = ~0ULL;		/* later codes, too */
	rig_up(&r, &config);
	for (i = 0; i < nitems(hz); i++) {
		s.speed = hz[i];
		rig_play(&r, &s, 2000, 4);
		TK_EQ(model_snd_stream_stats(snd_model, 0).params.rate, i);
		TK_EQ(model_snd_stream_stats(snd_model, 0).params.hz, hz[i]);
	}
	TK_EQ(model_snd_stats(snd_model).illegal, 0);
	TK_EQ(model_snd_stats(snd_model).unsupported, 0);
	rig_down(&r);
}

TK_CASE(vtsnd_plays_one_to_eight_channels)
{
	struct model_snd_config config;
	struct sound s = { TK_AFMT_S16_LE, 0, 48000, 0, 0 };
	struct rig r;

	model_snd_config_qemu(&config);
	config.stream[0].channels_max = 18;
	for (s.channels = 1; s.channels <= 8; s.channels++) {
		rig_up(&r, &config);
		rig_play(&r, &s, 5000, 2 * s.channels);
		TK_EQ(model_snd_stream_stats(snd_model, 0).params.channels,
		    s.channels);
		snd_wait_state(0, MODEL_SND_RELEASED);
		rig_heard(&r);
		rig_down(&r);
	}
}

TK_CASE(vtsnd_goes_on_with_new_data_after_a_pause_of_the_program)
{
	struct rig r;
	uint64_t played;

	rig_qemu(&r);
	rig_data(&r, 8192);
	rig_open(&r, &cd);
	rig_write(&r);
	snd_sleep_ns(2 * SECOND);
	played = model_snd_stream_stats(snd_model, 0).played;
	TK_CHECK(played > r.len);	/* silence went on */
	rig_write(&r);
	TK_EQ(tk_dsp_close(r.dsp), 0);
	snd_wait_state(0, MODEL_SND_RELEASED);
	TK_CHECK(model_snd_stream_stats(snd_model, 0).played > played + r.len);
	TK_EQ(model_snd_stats(snd_model).illegal, 0);
	TK_EQ(model_snd_stream_stats(snd_model, 0).underruns, 0);
	rig_down(&r);
}

TK_CASE(vtsnd_stops_at_once_when_the_program_resets)
{
	struct rig r;
	uint64_t played;

	rig_qemu(&r);
	rig_data(&r, 60000);
	rig_open(&r, &cd);
	rig_write(&r);
	TK_EQ(tk_dsp_reset(r.dsp), 0);
	snd_wait_state(0, MODEL_SND_RELEASED);
	played = model_snd_stream_stats(snd_model, 0).played;
	snd_sleep_ns(SECOND);
	TK_EQ(model_snd_stream_stats(snd_model, 0).played, played);
	TK_EQ(model_snd_stream_stats(snd_model, 0).pending, 0);
	TK_EQ(tk_dsp_close(r.dsp), 0);
	TK_EQ(model_snd_stats(snd_model).illegal, 0);
	rig_down(&r);
}

TK_CASE(vtsnd_restarts_with_other_parameters_while_it_still_stops)
{
	static const struct sound mono = {
		TK_AFMT_U8, 1, 8000, 256, 8
	};
	struct model_snd_config config;
	struct model_snd_stream_stats stats;
	struct rig r;
	int i;

	model_snd_config_qemu(&config);
	config.ctl_delay_ns = 30000000;
	rig_up(&r, &config);
	rig_data(&r, 70000);
	for (i = 0; i < 10; i++) {
		rig_open(&r, &cd);
		rig_write(&r);
		TK_EQ(tk_dsp_reset(r.dsp), 0);
		TK_EQ(tk_dsp_setup(r.dsp, mono.afmt, mono.channels, mono.speed,
		    0, 0), 0);
		TK_EQ(tk_dsp_setfragments(r.dsp, mono.fragsize,
		    mono.fragcount), 0);
		TK_EQ(tk_dsp_write(r.dsp, r.data, 4000), 4000);
		TK_EQ(tk_dsp_close(r.dsp), 0);
	}
	snd_wait_state(0, MODEL_SND_RELEASED);
	stats = model_snd_stream_stats(snd_model, 0);
	TK_EQ(stats.params.format, 4);
	TK_EQ(stats.params.channels, 1);
	TK_EQ(stats.params.period_bytes, 256);
	TK_EQ(stats.pending, 0);
	TK_EQ(model_snd_stats(snd_model).illegal, 0);
	rig_down(&r);
}

/*
 * The thread may see the answer to a request before its interrupt comes.  That
 * must not suppress the interrupt of the next request.  Otherwise the next
 * request would wait until its timeout, and sound(4), which does not wait so
 * long, would drop the sound.
 */
TK_CASE(vtsnd_starts_short_sounds_without_delay)
{
	struct rig r;
	int64_t began;
	int i;

	rig_qemu(&r);
	rig_data(&r, 4000);
	for (i = 0; i < 300; i++) {
		began = tk_now_ns();
		rig_open(&r, &cd);
		rig_write(&r);
		TK_EQ(tk_dsp_close(r.dsp), 0);
		TK_CHECK(tk_now_ns() - began < SECOND / 2);
	}
	rig_down(&r);
}

TK_CASE(vtsnd_plays_two_streams_at_once)
{
	struct model_snd_config config;
	struct tk_dsp *second;
	struct rig r;
	size_t off;

	model_snd_config_qemu(&config);
	config.nstreams = 3;
	config.stream[2] = config.stream[1];
	config.stream[1] = config.stream[0];
	rig_up(&r, &config);
	rig_data(&r, 100000);
	rig_open(&r, &cd);
	TK_EQ(tk_dsp_open(-1, false, false, &second), 0);
	TK_EQ(tk_dsp_setup(second, cd.afmt, cd.channels, cd.speed, 0, 0), 0);
	for (off = 0; off < r.len; off += 4000) {
		TK_EQ(tk_dsp_write(r.dsp, r.data + off, 4000), 4000);
		TK_EQ(tk_dsp_write(second, r.data + off, 4000), 4000);
	}
	TK_EQ(tk_dsp_close(r.dsp), 0);
	TK_EQ(tk_dsp_close(second), 0);
	snd_wait_state(0, MODEL_SND_RELEASED);
	snd_wait_state(1, MODEL_SND_RELEASED);
	rig_heard(&r);
	rig_heard_as(&r, 1, 0);
	rig_down(&r);
}

/* Without indirect descriptors a queue of 64 has room for 21 messages. */
TK_CASE(vtsnd_shares_a_short_queue_without_indirect_descriptors)
{
	static const struct sound many = {
		TK_AFMT_S16_LE, 2, 48000, 192 * 4, 32
	};
	struct model_snd_config config;
	struct tk_dsp *second;
	struct rig r;
	size_t off;

	model_snd_config_qemu(&config);
	config.features &= ~(1ULL << 28);
	config.nstreams = 2;
	config.stream[1] = config.stream[0];
	rig_up(&r, &config);
	rig_data(&r, 100000);
	rig_open(&r, &many);
	TK_EQ(tk_dsp_open(-1, false, false, &second), 0);
	TK_EQ(tk_dsp_setup(second, many.afmt, many.channels, many.speed, 0,
	    0), 0);
	TK_EQ(tk_dsp_setfragments(second, many.fragsize, many.fragcount), 0);
	for (off = 0; off < r.len; off += 4000) {
		TK_EQ(tk_dsp_write(r.dsp, r.data + off, 4000), 4000);
		TK_EQ(tk_dsp_write(second, r.data + off, 4000), 4000);
	}
	TK_EQ(tk_dsp_close(r.dsp), 0);
	TK_EQ(tk_dsp_close(second), 0);
	snd_wait_state(0, MODEL_SND_RELEASED);
	snd_wait_state(1, MODEL_SND_RELEASED);
	rig_heard_as(&r, 0, 0);
	rig_heard_as(&r, 1, 0);
	TK_EQ(model_snd_stats(snd_model).illegal, 0);
	rig_down(&r);
}

TK_CASE(vtsnd_plays_without_event_idx)
{
	struct model_snd_config config;
	struct rig r;

	model_snd_config_qemu(&config);
	config.features &= ~(1ULL << 29);
	rig_up(&r, &config);
	rig_play(&r, &cd, 40000, 4);
	snd_wait_state(0, MODEL_SND_RELEASED);
	rig_heard(&r);
	rig_down(&r);
}

TK_CASE(vtsnd_detaches_while_it_plays)
{
	struct rig r;

	rig_qemu(&r);
	rig_data(&r, 60000);
	rig_open(&r, &cd);
	rig_write(&r);
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	TK_CHECK(tk_dsp_write(r.dsp, r.data, r.len) < 0);
	TK_EQ(tk_dsp_close(r.dsp), 0);
	model_snd_free(snd_model);
	free(r.data, M_TEMP);
}

TK_CASE(vtsnd_costs_a_kick_and_an_interrupt_a_period_and_no_memory)
{
	static const struct sound ms10 = {
		TK_AFMT_S16_LE, 2, 48000, 480 * 4, 4
	};
	struct tk_virtio_stats before, after;
	struct model_snd_config config;
	uint64_t interrupts, periods;
	struct rig r;
	int mallocs;

	model_snd_config_qemu(&config);
	config.intr_shared = false;
	rig_up(&r, &config);
	rig_data(&r, 480 * 4 * 50);
	rig_open(&r, &ms10);
	rig_write(&r);		/* reach the steady state */
	before = tk_virtio_stats(snd_bus);
	periods = model_snd_stream_stats(snd_model, 0).periods;
	mallocs = tk_fault_calls("malloc");
	rig_write(&r);
	TK_EQ(tk_fault_calls("malloc"), mallocs);
	after = tk_virtio_stats(snd_bus);
	periods = model_snd_stream_stats(snd_model, 0).periods - periods;
	TK_CHECK(periods >= 48);
	TK_CHECK(after.kicks[VTSND_VQ_TX] - before.kicks[VTSND_VQ_TX] <=
	    periods + 1);
	interrupts = after.interrupts[VTSND_VQ_TX] -
	    before.interrupts[VTSND_VQ_TX];
	TK_CHECK(interrupts > 0 && interrupts <= periods + 1);
	TK_EQ(tk_dsp_close(r.dsp), 0);
	rig_down(&r);
}

/* A device that the driver cannot use is refused with one line. */
static void
refused(const struct model_snd_config *config, const char *line)
{
	snd_make(config);
	TK_CHECK(snd_attach() != 0);
	snd_down_anyhow();
	TK_CHECK(printed(line));
}

TK_CASE(vtsnd_refuses_a_device_without_streams)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.nstreams = 0;
	refused(&config, "pcm0: the device has no streams\n");
}

/* FreeBSD's virtio(4) has no addresses but physical ones. */
TK_CASE(vtsnd_says_that_access_platform_must_be_turned_off)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.features |= VIRTIO_F_IOMMU_PLATFORM;
	snd_make(&config);
	TK_EQ(snd_attach(), ENXIO);
	snd_down_anyhow();
	TK_CHECK(printed("pcm0: the device refuses to work without a feature "
	    "that virtio(4) lacks, most likely VIRTIO_F_ACCESS_PLATFORM: turn "
	    "it off (QEMU: iommu_platform=off)\n"));
	TK_CHECK(!printed("cannot attach"));
}

TK_CASE(vtsnd_refuses_a_stream_of_unknown_formats)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.stream[0].formats = 1ULL << 15 | 1ULL << 20;
	refused(&config, "pcm0: stream 0: no known sample format\n");
}

TK_CASE(vtsnd_refuses_a_stream_of_unknown_rates)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.stream[0].rates = 1ULL << 16 | 1ULL << 63;
	refused(&config, "pcm0: stream 0: no known rate\n");
}

TK_CASE(vtsnd_refuses_a_stream_of_more_channels_than_sound_has)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.stream[0].channels_min = 20;
	config.stream[0].channels_max = 24;
	refused(&config, "pcm0: stream 0: more channels than sound(4) has\n");
}

TK_CASE(vtsnd_gives_up_on_a_device_that_answers_nothing)
{
	struct model_snd_config config;
	int64_t start = tk_now_ns();

	model_snd_config_qemu(&config);
	config.ctl_delay_ns = 60 * SECOND;
	refused(&config, "pcm0: stream 0: PCM_INFO failed: ");
	TK_CHECK(tk_now_ns() - start < 10 * SECOND);
}

TK_CASE(vtsnd_says_why_it_cannot_start_and_starts_later)
{
	static const uint32_t codes[] = {
		VTSND_R_PCM_SET_PARAMS, VTSND_R_PCM_PREPARE, VTSND_R_PCM_START
	};
	struct tk_dsp_info info;
	struct rig r;
	size_t i;

	rig_qemu(&r);
	rig_data(&r, 20000);
	for (i = 0; i < nitems(codes); i++) {
		model_snd_fail(snd_model, codes[i], VTSND_S_IO_ERR, 1);
		rig_open(&r, &cd);
		TK_EQ(tk_dsp_getinfo(r.dsp, &info), 0);
		/* sound(4) gives up when nothing moves. */
		TK_EQ(tk_dsp_write(r.dsp, r.data, r.len),
		    TK_DSP_STALLED(info.fragsize * info.fragcount));
		TK_EQ(tk_dsp_close(r.dsp), 0);
		TK_CHECK(printed("pcm0: stream 0: cannot start: EIO\n"));
	}
	rig_play(&r, &cd, 20000, 4);
	snd_wait_state(0, MODEL_SND_RELEASED);
	rig_heard(&r);
	rig_down(&r);
}

TK_CASE(vtsnd_counts_failed_periods_and_plays_on)
{
	struct rig r;

	rig_qemu(&r);
	rig_data(&r, 100000);
	rig_open(&r, &cd);
	rig_write(&r);
	model_snd_fail_io(snd_model, 0, 2);
	rig_write(&r);
	TK_EQ(tk_dsp_close(r.dsp), 0);
	TK_CHECK(printed("pcm0: stream 0: the device failed a "
	    "period: status 0x8003 in 8 bytes\n"));
	rig_down(&r);
}

/* Even then no memory is freed that the device may still write to. */
TK_CASE(vtsnd_detaches_from_a_device_that_stopped_answering)
{
	struct rig r;

	rig_qemu(&r);
	rig_data(&r, 60000);
	rig_open(&r, &cd);
	rig_write(&r);
	model_snd_hold(snd_model, MODEL_SND_VQ_CTL, true);
	model_snd_hold(snd_model, MODEL_SND_VQ_TX, true);
	TK_EQ(tk_dsp_reset(r.dsp), 0);
	snd_sleep_ns(10 * SECOND);
	TK_CHECK(printed("pcm0: stream 0: lost: the device keeps "
	    "its periods\n"));
	TK_EQ(tk_dsp_close(r.dsp), 0);
	rig_down(&r);
}

TK_CASE(vtsnd_a_thousand_cycles_of_attach_play_detach_leave_nothing)
{
	struct rig r;
	int i;

	for (i = 0; i < 1000; i++) {
		rig_qemu(&r);
		rig_play(&r, &cd, 500, 4);
		rig_down(&r);
	}
}
