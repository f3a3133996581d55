/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: its counters and probes, and the
 * features of a stream that it chooses.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/sysctl.h>

#include "snd_rig.h"
#include "tk_dsp.h"
#include "tk_sdt.h"
#include "tk_test.h"
#include "virtio_snd/virtio_snd_reg.h"

#define	MS		1000000LL
#define	PERIOD		(480 * 4)	/* 10 ms, S16, stereo, 48 kHz */
#define	PERIODS		8

static struct tk_dsp *dsp;
static uint8_t data[100 * PERIOD];

static void
up(const struct model_snd_config *config)
{
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = 1 + i % 97;
	snd_up(config);
}

static void
up_qemu(void)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.intr_shared = false;
	up(&config);
}

static void
open_dsp(bool record)
{
	snd_open(&dsp, record, PERIOD, PERIODS);
}

static void
play(size_t periods)
{
	TK_EQ(tk_dsp_write(dsp, data, periods * PERIOD), periods * PERIOD);
}

/* The program is done, and the device too. */
static void
close_dsp(uint32_t stream)
{
	TK_EQ(tk_dsp_close(dsp), 0);
	while (model_snd_stream_stats(snd_model, stream).state !=
	    MODEL_SND_RELEASED)
		snd_sleep_ms(1);
	snd_sleep_ms(10);
}

/*
 * The task that stops a stream takes the last periods itself.  If it is faster
 * than the thread of their interrupt, that thread finds the queue idle, and
 * calls no handler.
 */
static void
counts_interrupts(const char *name, uint64_t seen)
{
	uint64_t counted = snd_counter(name);

	TK_CHECK(counted == seen || counted + 1 == seen);
}

TK_CASE(vtsnd_counts_periods_interrupts_and_kicks)
{
	struct tk_virtio_stats seen;
	struct model_snd_stream_stats stats;

	up_qemu();
	open_dsp(false);
	play(50);
	close_dsp(0);
	seen = tk_virtio_stats(snd_bus);
	stats = model_snd_stream_stats(snd_model, 0);
	/* Periods that came back after the program's end do not count. */
	TK_CHECK(snd_counter("stream0.periods") >= 50);
	TK_CHECK(snd_counter("stream0.periods") <= stats.periods);
	TK_CHECK(snd_counter("stream0.periods") + PERIODS >= stats.periods);
	counts_interrupts("tx.interrupts", seen.interrupts[VTSND_VQ_TX]);
	TK_EQ(snd_counter("tx.kicks"), seen.kicks[VTSND_VQ_TX]);
	TK_EQ(snd_counter("rx.interrupts"), 0);
	TK_EQ(snd_counter("rx.kicks"), 0);
	TK_EQ(snd_counter("tx.bogus"), 0);
	TK_EQ(snd_counter("stream0.errors"), 0);
	TK_EQ(snd_counter("stream1.periods"), 0);
	snd_down();
}

/* Each interrupt of the shared vector is one of the tx or the control queue. */
TK_CASE(vtsnd_leaves_an_idle_queue_of_a_shared_vector_alone)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.intr_shared = true;
	up(&config);
	open_dsp(false);
	play(50);
	close_dsp(0);
	TK_CHECK(snd_counter("tx.interrupts") > 0);
	TK_EQ(snd_counter("rx.interrupts"), 0);
	snd_down();
}

TK_CASE(vtsnd_counts_what_capture_does)
{
	struct tk_virtio_stats seen;

	up_qemu();
	open_dsp(true);
	TK_EQ(tk_dsp_read(dsp, data, 20 * PERIOD), 20 * PERIOD);
	close_dsp(1);
	seen = tk_virtio_stats(snd_bus);
	TK_CHECK(snd_counter("stream1.periods") >= 20);
	counts_interrupts("rx.interrupts", seen.interrupts[VTSND_VQ_RX]);
	TK_EQ(snd_counter("rx.kicks"), seen.kicks[VTSND_VQ_RX]);
	TK_EQ(snd_counter("tx.kicks"), 0);
	TK_EQ(snd_counter("stream0.periods"), 0);
	snd_down();
}

TK_CASE(vtsnd_counts_requests_and_those_that_fail)
{
	up_qemu();
	/*
	 * PCM_INFO for two streams, and two requests to see whether the device
	 * answers.
	 */
	TK_EQ(snd_counter("control.requests"), 4);
	open_dsp(false);
	play(10);
	close_dsp(0);
	TK_EQ(snd_counter("control.requests"), 4 + 5);
	TK_EQ(snd_counter("control.requests"),
	    model_snd_stats(snd_model).requests);
	TK_EQ(snd_counter("control.failures"), 0);
	model_snd_fail(snd_model, VTSND_R_PCM_SET_PARAMS, VTSND_S_IO_ERR, 1);
	open_dsp(false);
	TK_CHECK(TK_DSP_GAVE_UP(tk_dsp_write(dsp, data, 20 * PERIOD),
	    20 * PERIOD));
	close_dsp(0);
	TK_EQ(snd_counter("control.requests"), 4 + 5 + 1);
	TK_EQ(snd_counter("control.failures"), 1);
	TK_EQ(snd_counter("control.timeouts"), 0);
	snd_down();
}

TK_CASE(vtsnd_counts_requests_that_are_not_answered_in_time)
{
	up_qemu();
	model_snd_fault(snd_model, "answer-never", 1);
	open_dsp(false);
	TK_CHECK(TK_DSP_GAVE_UP(tk_dsp_write(dsp, data, 20 * PERIOD),
	    20 * PERIOD));
	TK_EQ(snd_counter("control.timeouts"), 1);
	TK_CHECK(snd_counter("control.failures") >= 1);
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_down();
}

/* The device returns nothing for a while, and then everything at once. */
TK_CASE(vtsnd_counts_underruns)
{
	up_qemu();
	open_dsp(false);
	play(40);
	TK_EQ(snd_counter("stream0.xruns"), 0);
	model_snd_hold(snd_model, MODEL_SND_VQ_TX, true);
	snd_sleep_ms(10 * (PERIODS + 4));
	model_snd_hold(snd_model, MODEL_SND_VQ_TX, false);
	snd_sleep_ms(20);
	TK_EQ(snd_counter("stream0.xruns"), 1);
	play(40);
	TK_EQ(snd_counter("stream0.xruns"), 1);
	close_dsp(0);
	TK_EQ(snd_counter("stream0.xruns"), 1);
	snd_down();
}

TK_CASE(vtsnd_counts_overruns)
{
	up_qemu();
	open_dsp(true);
	TK_EQ(tk_dsp_read(dsp, data, 20 * PERIOD), 20 * PERIOD);
	TK_EQ(snd_counter("stream1.xruns"), 0);
	model_snd_hold(snd_model, MODEL_SND_VQ_RX, true);
	snd_sleep_ms(10 * (PERIODS + 4));
	model_snd_hold(snd_model, MODEL_SND_VQ_RX, false);
	TK_EQ(tk_dsp_read(dsp, data, 20 * PERIOD), 20 * PERIOD);
	TK_EQ(snd_counter("stream1.xruns"), 1);
	TK_CHECK(model_snd_stream_stats(snd_model, 1).overruns >= 1);
	close_dsp(1);
	TK_EQ(snd_counter("stream1.xruns"), 1);
	snd_down();
}

TK_CASE(vtsnd_counts_periods_that_the_device_failed)
{
	up_qemu();
	open_dsp(false);
	play(10);
	model_snd_fail_io(snd_model, 0, 3);
	play(20);
	close_dsp(0);
	TK_EQ(snd_counter("stream0.errors"), 3);
	open_dsp(true);
	TK_EQ(tk_dsp_read(dsp, data, 10 * PERIOD), 10 * PERIOD);
	model_snd_fail_io(snd_model, 1, 2);
	TK_EQ(tk_dsp_read(dsp, data, 20 * PERIOD), 20 * PERIOD);
	TK_EQ(snd_counter("stream1.errors"), 2);
	TK_EQ(snd_counter("stream1.short"), 0);
	close_dsp(1);
	TK_EQ(snd_counter("stream0.errors"), 3);
	snd_down();
}

TK_CASE(vtsnd_counts_periods_recorded_in_part)
{
	up_qemu();
	open_dsp(true);
	TK_EQ(tk_dsp_read(dsp, data, 10 * PERIOD), 10 * PERIOD);
	TK_EQ(snd_counter("stream1.short"), 0);
	model_snd_fault(snd_model, "used-len-half", 3);
	TK_EQ(tk_dsp_read(dsp, data, 20 * PERIOD), 20 * PERIOD);
	TK_EQ(snd_counter("stream1.short"), 3);
	TK_EQ(snd_counter("stream1.errors"), 0);
	close_dsp(1);
	snd_down();
}

/* The device claims once to have used a chain that it did not have. */
static void
counts_bogus_uses(bool record, const char *counter, const char *other)
{
	up_qemu();
	open_dsp(record);
	TK_EQ(record ? tk_dsp_read(dsp, data, 10 * PERIOD) :
	    tk_dsp_write(dsp, data, 10 * PERIOD), 10 * PERIOD);
	TK_EQ(snd_counter(counter), 0);
	model_snd_fault(snd_model, "used-index-jump", 1);
	snd_sleep_ms(50);
	TK_EQ(model_snd_faulted(snd_model, "used-index-jump"), 1);
	TK_CHECK(snd_counter(counter) >= 1);
	TK_EQ(snd_counter(other), 0);
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_down_anyhow();
}

TK_CASE(vtsnd_counts_bogus_uses_of_playback)
{
	counts_bogus_uses(false, "tx.bogus", "rx.bogus");
}

TK_CASE(vtsnd_counts_bogus_uses_of_capture)
{
	counts_bogus_uses(true, "rx.bogus", "tx.bogus");
}

TK_CASE(vtsnd_shows_the_latency_that_the_device_tells)
{
	struct model_snd_config config;
	uint64_t latency;

	model_snd_config_qemu(&config);
	config.latency = true;
	up(&config);
	TK_EQ(snd_counter("stream0.latency"), 0);
	open_dsp(false);
	play(40);
	/*
	 * The device reads the end of a period before it plays, by up to the
	 * backend's buffer.
	 */
	latency = snd_counter("stream0.latency");
	TK_CHECK(latency > 0 && latency <= config.burst_frames * 4);
	close_dsp(0);
	snd_down();
}

/*
 * Features of a stream
 */

TK_CASE(vtsnd_chooses_polling_and_xrun_events_and_no_other_feature)
{
	struct model_snd_config config;
	uint32_t offered;

	for (offered = 0; offered < 1 << 5; offered++) {
		model_snd_config_qemu(&config);
		config.stream[0].features = offered;
		up(&config);
		open_dsp(false);
		play(10);
		TK_EQ(model_snd_stream_stats(snd_model, 0).params.features,
		    offered & (VTSND_PCM_F_MSG_POLLING |
		    VTSND_PCM_F_EVT_XRUNS));
		close_dsp(0);
		snd_down();
	}
}

TK_CASE(vtsnd_does_not_kick_a_device_that_polls)
{
	struct model_snd_config config;
	uint64_t kicks;
	char *heard;
	size_t i;

	model_snd_config_qemu(&config);
	config.stream[0].features = VTSND_PCM_F_MSG_POLLING;
	up(&config);
	open_dsp(false);
	play(80);
	TK_EQ(tk_virtio_stats(snd_bus).kicks[VTSND_VQ_TX], 0);
	close_dsp(0);
	/*
	 * The driver notifies the device before RELEASE, so that it returns
	 * periods that it has not seen.
	 */
	kicks = tk_virtio_stats(snd_bus).kicks[VTSND_VQ_TX];
	TK_CHECK(kicks <= 1);
	TK_EQ(snd_counter("tx.kicks"), 1);
	TK_EQ(model_snd_stream_stats(snd_model, 0).underruns, 0);

	heard = data + 80 * PERIOD / 2;		/* data is used again */
	TK_EQ(model_snd_played(snd_model, 0, 0, heard, 40 * PERIOD),
	    40 * PERIOD);
	while (*heard == 0)			/* silence at the start */
		heard++;
	for (i = 0; i < 20 * PERIOD; i++)
		TK_EQ(heard[i], 1 + i % 97);
	snd_down();
}

TK_CASE(vtsnd_kicks_for_the_stream_beside_one_that_is_polled)
{
	struct model_snd_config config;
	struct tk_dsp *first;

	model_snd_config_qemu(&config);
	config.nstreams = 2;
	config.stream[1] = config.stream[0];
	config.stream[0].features = VTSND_PCM_F_MSG_POLLING;
	up(&config);
	open_dsp(false);
	first = dsp;
	open_dsp(false);
	play(20);
	TK_CHECK(snd_counter("tx.kicks") >= 10);
	TK_EQ(tk_dsp_close(first), 0);
	close_dsp(1);
	TK_EQ(model_snd_stream_stats(snd_model, 1).underruns, 0);
	snd_down();
}

/*
 * Probes
 */

static uintptr_t
argument(const char *probe, size_t nth, int i)
{
	const struct tk_sdt_firing *f;

	f = tk_sdt_firing("virtio_snd", probe, nth);
	TK_CHECK(f != NULL);
	return (f->arg[i]);
}

TK_CASE(vtsnd_probes_tell_of_requests_and_replies)
{
	static const uint32_t codes[] = {
		VTSND_R_PCM_SET_PARAMS, VTSND_R_PCM_PREPARE, VTSND_R_PCM_START,
		VTSND_R_PCM_STOP, VTSND_R_PCM_RELEASE
	};
	size_t i;

	up_qemu();
	tk_sdt_trace(true);
	open_dsp(true);
	TK_EQ(tk_dsp_read(dsp, data, 10 * PERIOD), 10 * PERIOD);
	close_dsp(1);
	tk_sdt_trace(false);
	TK_EQ(tk_sdt_fired("virtio_snd", "request"), nitems(codes));
	TK_EQ(tk_sdt_fired("virtio_snd", "reply"), nitems(codes));
	for (i = 0; i < nitems(codes); i++) {
		TK_EQ(argument("request", i, 0), 0);	/* pcm0 */
		TK_EQ(argument("request", i, 1), codes[i]);
		TK_EQ(argument("request", i, 2), 1);
		TK_EQ(argument("reply", i, 1), codes[i]);
		TK_EQ(argument("reply", i, 2), 1);
		TK_EQ(argument("reply", i, 3), 0);
	}

	model_snd_fail(snd_model, VTSND_R_PCM_SET_PARAMS, VTSND_S_NOT_SUPP, 1);
	tk_sdt_trace(true);
	open_dsp(true);
	TK_CHECK(tk_dsp_read(dsp, data, PERIOD) < 0);
	TK_EQ(tk_dsp_close(dsp), 0);
	TK_EQ(tk_sdt_fired("virtio_snd", "reply"), 1);
	TK_EQ(argument("reply", 0, 3), EOPNOTSUPP);
	snd_down();
}

TK_CASE(vtsnd_probes_tell_of_periods)
{
	uint64_t fired;
	size_t i;

	up_qemu();
	open_dsp(false);
	model_snd_fail_io(snd_model, 0, 1);
	tk_sdt_trace(true);
	play(30);
	close_dsp(0);
	tk_sdt_trace(false);
	fired = tk_sdt_fired("virtio_snd", "enqueue");
	TK_CHECK(fired >= 30);
	/* All of them were completed. */
	TK_EQ(tk_sdt_fired("virtio_snd", "complete"), fired);
	for (i = 0; i < fired; i++) {
		TK_EQ(argument("enqueue", i, 0), 0);
		TK_EQ(argument("enqueue", i, 1), 0);
		TK_EQ(argument("enqueue", i, 2), i % PERIODS);
		TK_EQ(argument("enqueue", i, 3), PERIOD);
		TK_EQ(argument("complete", i, 2), i % PERIODS);
		TK_EQ(argument("complete", i, 3), 8);
		TK_EQ(argument("complete", i, 4),
		    i == 0 ? VTSND_S_IO_ERR : VTSND_S_OK);
	}
	snd_down();
}

TK_CASE(vtsnd_probes_tell_of_events)
{
	up_qemu();
	tk_sdt_trace(true);
	TK_CHECK(model_snd_event(snd_model, VTSND_EVT_PCM_XRUN, 1));
	TK_CHECK(model_snd_event(snd_model, 0x7777, 42));
	snd_sleep_ms(10);
	tk_sdt_trace(false);
	TK_EQ(tk_sdt_fired("virtio_snd", "event"), 2);
	TK_EQ(argument("event", 0, 1), VTSND_EVT_PCM_XRUN);
	TK_EQ(argument("event", 0, 2), 1);
	TK_EQ(argument("event", 1, 1), 0x7777);
	TK_EQ(argument("event", 1, 2), 42);
	snd_down();
}
