/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: what a program records.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <dev/sound/pcm/sound.h>

#include "snd_rig.h"
#include "tk_dsp.h"
#include "tk_test.h"

#define	INPUT		1	/* the model's stream that records */
#define	MS		1000000LL

static struct tk_dsp *dsp;

/*
 * Reads are of whole ticks of the model (480 frames) and whole periods:
 * sound(4) clears a closing channel's buffer before a driver can have stopped
 * the device.  The test kernel stops if the device has just written to it.
 */
#define	LONG		384000
#define	SHORT		96000

static uint8_t data[LONG];

static void
rig_up(const struct model_snd_config *config)
{
	snd_up(config);
	model_snd_capture_pattern(snd_model, INPUT);
}

static void
rig_open(uint32_t fragsize, uint32_t fragcount)
{
	snd_open(&dsp, true, fragsize, fragcount);
	memset(data, 0xa5, sizeof(data));
}

static void
rig_down(void)
{
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_down();
}

/* Check that the recording is the source from byte off on. */
static void
recorded(const uint8_t *from, size_t len, uint64_t off)
{
	size_t i;

	for (i = 0; i < len; i++)
		TK_EQ(from[i], model_snd_pattern(INPUT, off + i));
}

static void
record(const struct model_snd_config *config, uint32_t fragsize,
    uint32_t fragcount, size_t len)
{
	rig_up(config);
	rig_open(fragsize, fragcount);
	TK_EQ(tk_dsp_read(dsp, data, len), len);
	recorded(data, len, 0);
	TK_EQ(model_snd_stream_stats(snd_model, INPUT).overruns, 0);
	rig_down();
}

TK_CASE(vtsnd_records_every_sample_once_in_order)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	record(&config, 0, 0, LONG);
}

TK_CASE(vtsnd_records_where_messages_complete_exactly_when_full)
{
	struct model_snd_config config;

	model_snd_config_exact(&config);
	record(&config, 0, 0, LONG);
}

TK_CASE(vtsnd_records_where_the_status_is_at_the_end_of_a_message)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.rx_status_follows = false;
	record(&config, 0, 0, LONG);
}

TK_CASE(vtsnd_records_to_short_periods)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	record(&config, 48 * 4, 64, SHORT);
	record(&config, 480 * 4, 4, SHORT);
}

TK_CASE(vtsnd_records_on_one_vector_for_all_queues)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.intr_shared = true;
	record(&config, 0, 0, SHORT);
}

TK_CASE(vtsnd_records_without_indirect_descriptors)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.features &= ~(1ULL << 28);
	record(&config, 192 * 4, 64, SHORT);
}

/* sound(4) counts samples by periods, so a failed one is silence. */
TK_CASE(vtsnd_failed_periods_are_silence_to_the_reader)
{
	struct model_snd_config config;
	size_t i, start;

	model_snd_config_qemu(&config);
	rig_up(&config);
	rig_open(480 * 4, 8);
	TK_EQ(tk_dsp_read(dsp, data, 480 * 4), 480 * 4);
	model_snd_fail_io(snd_model, INPUT, 2);
	TK_EQ(tk_dsp_read(dsp, data + 480 * 4, SHORT), SHORT);
	/* The pattern, two periods of silence, the pattern. */
	for (start = 0; start < SHORT; start++)
		if (data[start] != model_snd_pattern(INPUT, start))
			break;
	start -= start % (480 * 4);
	for (i = start; i < start + 2 * 480 * 4; i++)
		TK_EQ(data[i], 0);
	for (i = 0; i < 64; i++)
		if (data[start + 2 * 480 * 4 + i] != 0)
			break;
	TK_CHECK(i < 64);
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: stream 1: the device failed a "
	    "period: status ") != NULL);
	rig_down();
}

TK_CASE(vtsnd_what_the_device_did_not_record_of_a_period_is_silence)
{
	static const size_t period = 480 * 4, half = 480 * 2 - 4;
	struct model_snd_config config;
	size_t i, start;

	model_snd_config_qemu(&config);
	rig_up(&config);
	rig_open(period, 8);
	TK_EQ(tk_dsp_read(dsp, data, period), period);
	model_snd_fault(snd_model, "used-len-half", 1);
	TK_EQ(tk_dsp_read(dsp, data + period, SHORT), SHORT);
	for (start = 0; start < SHORT; start++)
		if (data[start] != model_snd_pattern(INPUT, start))
			break;
	start -= start % period;
	for (i = 0; i < period + SHORT; i++)
		TK_EQ(data[i], i >= start + half && i < start + period ? 0 :
		    model_snd_pattern(INPUT, i));
	TK_EQ(snd_counter("stream1.short"), 1);
	rig_down();
}

/* The next reader's buffer holds none of the samples of this recording. */
TK_CASE(vtsnd_a_reader_gets_nothing_that_another_recorded)
{
	struct model_snd_config config;
	int64_t end;
	size_t i;

	model_snd_config_qemu(&config);
	rig_up(&config);
	rig_open(480 * 4, 8);
	TK_EQ(tk_dsp_read(dsp, data, SHORT), SHORT);
	TK_EQ(tk_dsp_close(dsp), 0);
	end = tk_now_ns() + 500 * MS;
	while (model_snd_stream_stats(snd_model, INPUT).state !=
	    MODEL_SND_RELEASED) {
		TK_CHECK(tk_now_ns() < end);
		pause_sbt("test", nstosbt(MS), 0, 0);
	}
	rig_open(480 * 4, 8);
	model_snd_fail_io(snd_model, INPUT, 8);
	TK_EQ(tk_dsp_read(dsp, data, 480 * 4 * 8), 480 * 4 * 8);
	for (i = 0; i < 480 * 4 * 8; i++)
		TK_EQ(data[i], 0);
	rig_down();
}

/*
 * A device fails all periods at once.  So the ring is paced, and most failed
 * periods are not reported when the program stops.  The next run has smaller
 * periods, and all of its samples.
 */
TK_CASE(vtsnd_failed_periods_of_one_recording_leave_the_next_one_alone)
{
	static const uint32_t large = 1920 * 4, small = 480 * 4;
	struct model_snd_config config;
	int i;

	model_snd_config_qemu(&config);
	rig_up(&config);
	model_snd_fail_io(snd_model, INPUT, UINT32_MAX);
	rig_open(large, 8);
	for (i = 0; i < 200 && !printed("does not keep time"); i++)
		TK_EQ(tk_dsp_read(dsp, data, large), large);
	TK_CHECK(printed("does not keep time"));
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_wait_state(INPUT, MODEL_SND_RELEASED);
	model_snd_fail_io(snd_model, INPUT, 0);
	model_snd_capture_pattern(snd_model, INPUT);
	rig_open(small, 8);
	TK_EQ(tk_dsp_read(dsp, data, SHORT), SHORT);
	recorded(data, SHORT, 0);
	rig_down();
}

TK_CASE(vtsnd_plays_while_it_records)
{
	struct model_snd_config config;
	struct tk_dsp *play;
	size_t off;

	model_snd_config_qemu(&config);
	rig_up(&config);
	rig_open(0, 0);
	TK_EQ(tk_dsp_open(-1, false, false, &play), 0);
	TK_EQ(tk_dsp_setup(play, TK_AFMT_S16_LE, 2, 48000, 0, 0), 0);
	for (off = 0; off < SHORT; off += 3840) {
		TK_EQ(tk_dsp_write(play, data + off, 3840), 3840);
		TK_EQ(tk_dsp_read(dsp, data + off, 3840), 3840);
	}
	recorded(data, SHORT, 0);
	TK_EQ(tk_dsp_close(play), 0);
	rig_down();
}

TK_CASE(vtsnd_attaches_a_device_that_only_records)
{
	struct model_snd_config config;
	size_t i;

	model_snd_config_qemu(&config);
	config.nstreams = 1;
	config.stream[0] = config.stream[1];
	snd_up(&config);
	model_snd_capture_pattern(snd_model, 0);
	TK_EQ(tk_dsp_open(-1, false, false, &dsp), ENOTSUP);
	rig_open(0, 0);
	TK_EQ(tk_dsp_read(dsp, data, SHORT), SHORT);
	for (i = 0; i < SHORT; i++)
		TK_EQ(data[i], model_snd_pattern(0, i));
	rig_down();
}

TK_CASE(vtsnd_detaches_while_it_records)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	rig_up(&config);
	rig_open(0, 0);
	TK_EQ(tk_dsp_read(dsp, data, SHORT), SHORT);
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	TK_CHECK(tk_dsp_read(dsp, data, 4) < 0);
	TK_EQ(tk_dsp_close(dsp), 0);
	model_snd_free(snd_model);
}

/* sound(4)'s encodings, the device's codes, bytes of a sample. */
static const struct {
	uint32_t	afmt;
	uint8_t		code;
	uint8_t		bytes;
} formats[] = {
	{ TK_AFMT_MU_LAW, 1, 1 },
	{ TK_AFMT_A_LAW, 2, 1 },
	{ TK_AFMT_S8, 3, 1 },
	{ TK_AFMT_U8, 4, 1 },
	{ TK_AFMT_S16_LE, 5, 2 },
	{ TK_AFMT_U16_LE, 6, 2 },
	{ TK_AFMT_S24_LE, 11, 3 },
	{ TK_AFMT_U24_LE, 12, 3 },
	{ TK_AFMT_S32_LE, 17, 4 },
	{ TK_AFMT_U32_LE, 18, 4 },
	{ TK_AFMT_F32_LE, 19, 4 },
};

/* Record 100 ms, in periods of 10 ms. */
static void
record_as(uint32_t afmt, uint32_t bytes, uint32_t channels, uint32_t hz)
{
	uint32_t period = hz / 100 * bytes * channels;

	TK_EQ(tk_dsp_open(-1, true, false, &dsp), 0);
	TK_EQ(tk_dsp_setup(dsp, afmt, channels, hz, 0, 0), 0);
	TK_EQ(tk_dsp_setfragments(dsp, period, 8), 0);
	memset(data, 0xa5, sizeof(data));
	TK_EQ(tk_dsp_read(dsp, data, 10 * period), 10 * period);
	recorded(data, 10 * period, 0);
}

TK_CASE(vtsnd_records_every_format_that_both_sides_know)
{
	struct model_snd_config config;
	size_t i;

	model_snd_config_exact(&config);
	config.stream[INPUT].formats = ~1ULL;	/* later codes, too */
	for (i = 0; i < nitems(formats); i++) {
		rig_up(&config);
		record_as(formats[i].afmt, formats[i].bytes, 2, 48000);
		TK_EQ(model_snd_stream_stats(snd_model, INPUT).params.format,
		    formats[i].code);
		rig_down();
	}
}

TK_CASE(vtsnd_records_at_every_rate)
{
	/* By code; 5512 is not of whole frames in 10 ms. */
	static const uint32_t hz[] = {
		0, 8000, 0, 16000, 0, 32000, 44100, 48000, 64000, 88200, 96000,
		176400, 192000, 384000, 12000, 24000
	};
	struct model_snd_config config;
	size_t i;

	model_snd_config_exact(&config);
	config.stream[INPUT].rates = ~0ULL;	/* later codes, too */
	for (i = 0; i < nitems(hz); i++) {
		if (hz[i] == 0)
			continue;
		rig_up(&config);
		record_as(TK_AFMT_S16_LE, 2, 1, hz[i]);
		TK_EQ(model_snd_stream_stats(snd_model, INPUT).params.rate, i);
		rig_down();
	}
}

TK_CASE(vtsnd_records_one_to_eight_channels)
{
	struct model_snd_config config;
	uint32_t channels;

	model_snd_config_exact(&config);
	config.stream[INPUT].channels_max = 18;
	for (channels = 1; channels <= 8; channels++) {
		rig_up(&config);
		record_as(TK_AFMT_S16_LE, 2, channels, 48000);
		TK_EQ(model_snd_stream_stats(snd_model, INPUT).params.channels,
		    channels);
		rig_down();
	}
}

/*
 * chn_abort() clears CHN_F_TRIGGERED, and releases the channel's mutex before
 * it has stopped the channel.  A report may come then.
 */
TK_CASE(vtsnd_capture_that_is_being_stopped_gives_sound_nothing_more)
{
	struct model_snd_config config;
	struct pcm_channel *c;
	int ready;

	model_snd_config_exact(&config);
	rig_up(&config);
	rig_open(480 * 4, 4);
	TK_EQ(tk_dsp_read(dsp, data, 2 * 480 * 4), 2 * 480 * 4);
	c = snd_channel(PCMDIR_REC, 0);
	CHN_LOCK(c);
	TK_CHECK(c->bufhard->hp != 0);
	ready = sndbuf_getready(c->bufsoft);
	c->flags &= ~CHN_F_TRIGGERED;
	CHN_UNLOCK(c);
	chn_intr(c);
	CHN_LOCK(c);
	TK_EQ(sndbuf_getready(c->bufsoft), ready);
	TK_EQ(c->xruns, 0);
	c->flags |= CHN_F_TRIGGERED;
	CHN_UNLOCK(c);
	rig_down();
}
