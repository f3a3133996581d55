/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: suspend and resume, shutdown, resets
 * that the device asks for, requests that it never answers, and unplugging.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/soundcard.h>
#include <sys/sysctl.h>

#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"
#include "tk_test_thread.h"
#include "virtio_snd/virtio_snd_reg.h"

#define	PLAY		0	/* the model's streams */
#define	REC		1
#define	MS		1000000LL
#define	SECOND		(1000 * MS)

#define	FRAME		4
#define	PERIOD		(480 * FRAME)	/* 10 ms */
#define	PERIODS		4
#define	LENGTH		(100 * PERIOD)	/* a second */

static struct {
	struct tk_dsp		*dsp;
	struct test_thread	 program;
	int64_t			 moved;	/* what write or read has returned */
	uint8_t			 data[LENGTH];
} rig;

static void
rig_up(const struct model_snd_config *config)
{
	memset(&rig, 0, sizeof(rig));
	snd_make(config);
	if (config->nstreams > REC)
		model_snd_capture_pattern(snd_model, REC);
	TK_EQ(snd_attach(), 0);
}

static void
rig_qemu(void)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	rig_up(&config);
}

static void
rig_exact(void)
{
	struct model_snd_config config;

	model_snd_config_exact(&config);
	rig_up(&config);
}

static void
rig_open(bool record)
{
	snd_open(&rig.dsp, record, PERIOD, PERIODS);
}

static void
play(void *arg __unused)
{
	rig.moved = tk_dsp_write(rig.dsp, rig.data, LENGTH);
}

static void
record(void *arg __unused)
{
	rig.moved = tk_dsp_read(rig.dsp, rig.data, LENGTH);
}

/* A program begins to play random bytes, none of them silence. */
static void
play_start(void)
{
	snd_noise(rig.data, LENGTH, 80);
	rig_open(false);
	test_thread_start(&rig.program, play, NULL);
}

static void
record_start(void)
{
	rig_open(true);
	test_thread_start(&rig.program, record, NULL);
}

/* The program has moved all its data. */
static void
program_end(void)
{
	test_thread_join(&rig.program);
	TK_EQ(rig.moved, LENGTH);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
}

static void
suspend(void)
{
	TK_EQ(tk_device_suspend(snd_bus), 0);
}

static void
resume(void)
{
	TK_EQ(tk_device_resume(snd_bus), 0);
}

/*
 * Check that all data was played in order.  At a few places up to `again' bytes
 * may have been played twice, or up to `lost' bytes not at all.  Returns the
 * number of such places.
 */
static int
heard_but(size_t again, size_t lost)
{
	size_t at, end, len, pos;
	uint8_t *played;
	int breaks = 0;

	len = model_snd_stream_stats(snd_model, PLAY).played;
	played = malloc(len, M_TEMP, M_WAITOK);
	TK_EQ(model_snd_played(snd_model, PLAY, 0, played, len), len);
	for (at = pos = 0; at < len && pos < LENGTH; at++) {
		if (played[at] == rig.data[pos]) {
			pos++;
			continue;
		}
		if (played[at] == 0 && (pos == 0 || at + 64 > len))
			continue;	/* silence before and behind */
		breaks++;
		end = MIN(pos + lost, LENGTH - 16);
		for (pos -= MIN(pos, again); pos <= end; pos++)
			if (memcmp(played + at, rig.data + pos, 16) == 0)
				break;
		TK_CHECK(pos <= end);
		at--;
	}
	free(played, M_TEMP);
	TK_EQ(pos, LENGTH);
	return (breaks);
}

/*
 * Check that the recording is the source in order, except for gaps.  Returns
 * the number of gaps.
 */
static int
recorded_but_gaps(void)
{
	uint64_t off = 0;
	size_t i, n;
	int gaps = 0;

	for (i = 0; i < LENGTH; i++, off++) {
		if (rig.data[i] == model_snd_pattern(REC, off))
			continue;
		gaps++;
		for (n = 0; n < MIN(16, LENGTH - i); off += n < 16)
			for (n = 0; n < MIN(16, LENGTH - i); n++)
				if (rig.data[i + n] !=
				    model_snd_pattern(REC, off + n))
					break;
		TK_CHECK(off < 100 * LENGTH);
	}
	return (gaps);
}

/*
 * Suspend and resume
 */

TK_CASE(vtsnd_a_suspended_device_has_no_memory_of_the_driver)
{
	struct model_snd_stats stats;

	rig_qemu();
	play_start();
	snd_sleep_ns(200 * MS);
	TK_CHECK(model_snd_stats(snd_model).event_buffers > 0);
	suspend();
	stats = model_snd_stats(snd_model);
	TK_EQ(stats.event_buffers, 0);
	TK_EQ(model_snd_stream_stats(snd_model, PLAY).pending, 0);
	TK_EQ(model_snd_stream_stats(snd_model, PLAY).state, MODEL_SND_IDLE);
	snd_sleep_ns(SECOND);
	TK_EQ(model_snd_stats(snd_model).requests, stats.requests);
	resume();
	snd_sleep_ns(MS);
	TK_CHECK(model_snd_stats(snd_model).event_buffers > 0);
	program_end();
	snd_down();
}

/* Otherwise QEMU's device returns periods of before the reset after it. */
TK_CASE(vtsnd_streams_are_stopped_and_released_before_a_suspend)
{
	uint64_t requests;

	rig_qemu();
	play_start();
	snd_sleep_ns(200 * MS);
	requests = model_snd_stats(snd_model).requests;
	suspend();
	TK_EQ(model_snd_stats(snd_model).requests, requests + 2);
	TK_EQ(times_printed("pcm0: stream"), 0);
	resume();
	program_end();
	snd_down();
}

/*
 * If messages are completed when played, a period that had begun is played
 * again.
 */
TK_CASE(vtsnd_plays_on_after_resume_and_loses_nothing)
{
	rig_exact();
	play_start();
	snd_sleep_ns(305 * MS);
	suspend();
	snd_sleep_ns(SECOND);
	resume();
	snd_sleep_ns(203 * MS);
	suspend();
	resume();
	program_end();
	TK_CHECK(heard_but(PERIOD, 0) <= 2);
	snd_down();
}

/* If the device reads ahead, samples that it had read are not played. */
TK_CASE(vtsnd_plays_on_after_resume_behind_what_the_device_had_taken)
{
	rig_qemu();
	play_start();
	snd_sleep_ns(300 * MS);
	suspend();
	snd_sleep_ns(SECOND);
	resume();
	program_end();
	TK_CHECK(heard_but(0, 1024 * FRAME) <= 1);
	snd_down();
}

TK_CASE(vtsnd_records_on_after_resume)
{
	rig_qemu();
	record_start();
	snd_sleep_ns(303 * MS);
	suspend();
	snd_sleep_ns(SECOND);
	resume();
	program_end();
	TK_CHECK(recorded_but_gaps() <= 1);
	TK_EQ(snd_counter("stream1.errors"), 0);
	snd_down();
}

TK_CASE(vtsnd_what_is_begun_while_suspended_is_heard_after_resume)
{
	rig_qemu();
	suspend();
	play_start();
	snd_sleep_ns(500 * MS);
	TK_EQ(model_snd_stream_stats(snd_model, PLAY).played, 0);
	resume();
	program_end();
	snd_wait_state(PLAY, MODEL_SND_RELEASED);
	TK_EQ(heard_but(0, 0), 0);
	snd_down();
}

TK_CASE(vtsnd_what_is_stopped_while_suspended_stays_stopped)
{
	uint64_t played;

	rig_qemu();
	play_start();
	snd_sleep_ns(200 * MS);
	suspend();
	TK_EQ(tk_dsp_interrupt(rig.dsp), 0);
	test_thread_join(&rig.program);
	TK_EQ(tk_dsp_reset(rig.dsp), 0);
	played = model_snd_stream_stats(snd_model, PLAY).played;
	resume();
	snd_sleep_ns(SECOND);
	TK_EQ(model_snd_stream_stats(snd_model, PLAY).played, played);
	TK_EQ(model_snd_stream_stats(snd_model, PLAY).state, MODEL_SND_IDLE);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	snd_down();
}

/* At any stage: while it starts, plays, plays out, or stops. */
TK_CASE(vtsnd_can_be_suspended_at_any_moment)
{
	struct model_snd_config config;
	int ms;

	model_snd_config_qemu(&config);
	config.ctl_delay_ns = 5 * MS;
	for (ms = 0; ms < 60; ms += 3) {
		rig_up(&config);
		memset(rig.data, 1, LENGTH);
		rig_open(false);
		TK_EQ(tk_dsp_write(rig.dsp, rig.data, 2 * PERIOD),
		    2 * PERIOD);
		TK_EQ(tk_dsp_post(rig.dsp), 0);
		snd_sleep_ns(ms * MS);
		suspend();
		snd_sleep_ns(20 * MS);
		resume();
		TK_EQ(tk_dsp_close(rig.dsp), 0);
		snd_down();
	}
	TK_EQ(times_printed("failed"), 0);
	TK_EQ(times_printed("cannot"), 0);
}

/*
 * A device that remembers over a reset what a stream does, and takes 300 ms for
 * each request: its third is START.
 */
TK_CASE(vtsnd_stops_a_stream_before_a_suspend_however_late_the_answer)
{
	struct model_snd_config config;
	int64_t ms;

	model_snd_config_qemu(&config);
	config.keeps_state = true;
	config.ctl_delay_ns = 300 * MS;
	for (ms = 50; ms < 1500; ms += 100) {
		rig_up(&config);
		play_start();
		snd_sleep_ns(ms * MS);
		suspend();
		TK_CHECK(model_snd_stream_stats(snd_model, PLAY).state !=
		    MODEL_SND_RUNNING);
		resume();
		program_end();
		snd_down();
	}
	TK_EQ(times_printed("pcm0: stream"), 0);
}

TK_CASE(vtsnd_asks_about_jacks_anew_on_resume)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.no_info = false;
	config.njacks = 2;
	rig_up(&config);
	suspend();
	(void)model_snd_jack(snd_model, 1, true);
	resume();
	TK_EQ(snd_counter("jack0.connected"), 0);
	TK_EQ(snd_counter("jack1.connected"), 1);
	TK_CHECK(strstr(tk_devctl_message(tk_devctl_count() - 1),
	    "subsystem=CONN type=OUT cdev=dsp0 jack=1") != NULL);
	snd_down();
}

TK_CASE(vtsnd_resume_may_fail_and_be_tried_again)
{
	rig_qemu();
	play_start();
	snd_sleep_ns(200 * MS);
	suspend();
	model_snd_fault(snd_model, "features-refused", 1);
	resume();
	TK_EQ(times_printed("pcm0: cannot resume: EOPNOTSUPP\n"), 1);
	resume();
	program_end();
	snd_wait_state(PLAY, MODEL_SND_RELEASED);
	TK_CHECK(heard_but(0, 1024 * FRAME) <= 1);
	snd_down();
}

TK_CASE(vtsnd_resume_of_a_device_that_runs_changes_nothing)
{
	rig_qemu();
	play_start();
	snd_sleep_ns(200 * MS);
	resume();
	program_end();
	snd_wait_state(PLAY, MODEL_SND_RELEASED);
	TK_EQ(heard_but(0, 0), 0);
	snd_down();
}

TK_CASE(vtsnd_can_be_detached_while_suspended)
{
	rig_qemu();
	play_start();
	snd_sleep_ns(200 * MS);
	suspend();
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	test_thread_join(&rig.program);
	TK_CHECK(rig.moved < LENGTH);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	model_snd_free(snd_model);
}

TK_CASE(vtsnd_shutdown_resets_the_device)
{
	rig_qemu();
	play_start();
	snd_sleep_ns(200 * MS);
	TK_EQ(tk_device_shutdown(tk_virtio_child(snd_bus)), 0);
	TK_EQ(model_snd_stats(snd_model).event_buffers, 0);
	TK_EQ(model_snd_stream_stats(snd_model, PLAY).state, MODEL_SND_IDLE);
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	test_thread_join(&rig.program);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	model_snd_free(snd_model);
}

/* No thread runs any more, so the driver must not wait for one. */
TK_CASE(vtsnd_shutdown_after_a_panic_waits_for_nobody)
{
	int64_t start;

	rig_qemu();
	play_start();
	snd_sleep_ns(200 * MS);
	tk_panicked(true);
	start = tk_now_ns();
	TK_EQ(tk_device_shutdown(tk_virtio_child(snd_bus)), 0);
	TK_CHECK(tk_now_ns() - start < MS);
	tk_panicked(false);
	program_end();
	snd_down();
}

/*
 * Resets that the device asks for
 */

TK_CASE(vtsnd_plays_on_after_a_reset_that_the_device_needed)
{
	rig_exact();
	play_start();
	snd_sleep_ns(303 * MS);
	model_snd_needs_reset(snd_model);
	program_end();
	snd_wait_state(PLAY, MODEL_SND_RELEASED);
	TK_CHECK(heard_but(PERIOD, 0) <= 1);
	TK_EQ(times_printed("pcm0: the device needs a reset\n"), 1);
	snd_down();
}

/* The device refuses parameters, because it remembers that the stream ran. */
TK_CASE(vtsnd_plays_on_though_the_device_takes_the_stream_for_running)
{
	struct model_snd_config config;

	model_snd_config_exact(&config);
	config.keeps_state = true;
	rig_up(&config);
	play_start();
	snd_sleep_ns(303 * MS);
	model_snd_needs_reset(snd_model);
	program_end();
	snd_wait_state(PLAY, MODEL_SND_RELEASED);
	TK_CHECK(heard_but(PERIOD, 0) <= 1);
	TK_EQ(times_printed("cannot start"), 0);
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	TK_EQ(model_snd_stats(snd_model).illegal, 1);
	model_snd_free(snd_model);
}

TK_CASE(vtsnd_records_on_after_a_reset_that_the_device_needed)
{
	rig_qemu();
	record_start();
	snd_sleep_ns(303 * MS);
	model_snd_needs_reset(snd_model);
	program_end();
	TK_CHECK(recorded_but_gaps() <= 1);
	TK_EQ(times_printed("pcm0: the device needs a reset\n"), 1);
	snd_down();
}

/* A stream that the reset kept from starting is started afterwards. */
TK_CASE(vtsnd_starts_what_a_needed_reset_kept_from_starting)
{
	rig_qemu();
	model_snd_fault(snd_model, "needs-reset-request", 1);
	play_start();
	program_end();
	snd_wait_state(PLAY, MODEL_SND_RELEASED);
	TK_EQ(heard_but(0, 0), 0);
	snd_down();
}

TK_CASE(vtsnd_gives_up_a_device_that_needs_resets_without_end)
{
	rig_qemu();
	model_snd_fault(snd_model, "needs-reset-request", MODEL_SND_ALWAYS);
	play_start();
	snd_sleep_ns(30 * SECOND);
	TK_EQ(times_printed("pcm0: the device needs a reset\n"), 4);
	TK_EQ(times_printed("pcm0: the device needed more than 3 resets: "
	    "given up\n"), 1);
	test_thread_join(&rig.program);
	TK_CHECK(TK_DSP_GAVE_UP(rig.moved, LENGTH));
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	/*
	 * The driver prints nothing more, and plays nothing, until it is
	 * resumed.
	 */
	model_snd_fault(snd_model, "needs-reset-request", 0);
	rig_open(false);
	TK_CHECK(tk_dsp_write(rig.dsp, rig.data, LENGTH) < 0);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	suspend();
	resume();
	play_start();
	program_end();
	snd_down();
}

/* A configuration change alone is no reason for a reset. */
TK_CASE(vtsnd_does_not_reset_a_device_that_answers)
{
	rig_qemu();
	play_start();
	snd_sleep_ns(200 * MS);
	tk_virtio_intr_config(snd_bus);
	program_end();
	snd_wait_state(PLAY, MODEL_SND_RELEASED);
	TK_EQ(heard_but(0, 0), 0);
	TK_EQ(times_printed("reset"), 0);
	snd_down();
}

/*
 * Requests that are never answered
 */

TK_CASE(vtsnd_waits_once_for_a_device_that_does_not_answer)
{
	int64_t start;
	int i;

	rig_qemu();
	model_snd_fault(snd_model, "answer-never", 1);
	play_start();
	snd_sleep_ns(2 * SECOND);
	TK_EQ(tk_dsp_interrupt(rig.dsp), 0);
	test_thread_join(&rig.program);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	start = tk_now_ns();
	for (i = 0; i < 10; i++) {
		rig_open(false);
		(void)tk_dsp_interrupt(rig.dsp);
		TK_CHECK(tk_dsp_write(rig.dsp, rig.data, LENGTH) < LENGTH);
		TK_EQ(tk_dsp_close(rig.dsp), 0);
	}
	TK_CHECK(tk_now_ns() - start < SECOND);
	TK_EQ(times_printed("pcm0: request 0x101 not answered: no more are "
	    "made until it is\n"), 1);
	snd_down();
}

TK_CASE(vtsnd_makes_requests_again_once_a_late_answer_came)
{
	rig_qemu();
	model_snd_fault(snd_model, "answer-late", 1);
	play_start();
	snd_sleep_ns(MODEL_SND_LATE_NS + SECOND);
	TK_EQ(tk_dsp_interrupt(rig.dsp), 0);
	test_thread_join(&rig.program);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	play_start();
	program_end();
	snd_down();
}

TK_CASE(vtsnd_stream_that_started_late_is_stopped_and_starts_again)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.ctl_delay_ns = 300 * MS;
	rig_up(&config);
	play_start();
	/* SET_PARAMS and PREPARE are answered by then, and START is not. */
	snd_sleep_ns(650 * MS);
	model_snd_fault(snd_model, "answer-late", 1);
	snd_sleep_ns(MODEL_SND_LATE_NS + 2 * SECOND);
	TK_EQ(times_printed("pcm0: stream 0: cannot start: ETIMEDOUT"), 1);
	TK_EQ(tk_dsp_interrupt(rig.dsp), 0);
	test_thread_join(&rig.program);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	/* The device has started the stream meanwhile. */
	snd_wait_state(0, MODEL_SND_RELEASED);
	play_start();
	program_end();
	snd_down();
}

/* Play 8 s, of a byte a frame, and stop in the middle of the first period. */
static void
stop_in_long_periods(int64_t request_ns, const char *fault)
{
	struct model_snd_config config;

	model_snd_config_exact(&config);
	config.ctl_delay_ns = request_ns;
	rig_up(&config);
	TK_EQ(tk_dsp_open(-1, false, false, &rig.dsp), 0);
	TK_EQ(tk_dsp_setup(rig.dsp, TK_AFMT_U8, 1, 8000, 0, 0), 0);
	TK_EQ(tk_dsp_setfragments(rig.dsp, 16384, 4), 0);
	TK_EQ(tk_dsp_write(rig.dsp, rig.data, 65536), 65536);
	snd_sleep_ns(500 * MS);
	if (fault != NULL)
		model_snd_fault(snd_model, fault, 1);
	TK_EQ(tk_dsp_reset(rig.dsp), 0);
}

TK_CASE(vtsnd_stream_whose_stop_is_answered_late_comes_back)
{
	stop_in_long_periods(0, "answer-late");
	snd_sleep_ns(2500 * MS);
	TK_EQ(times_printed("pcm0: stream 0: lost: the device keeps its "
	    "periods\n"), 1);
	snd_sleep_ns(MODEL_SND_LATE_NS);
	TK_EQ(model_snd_stream_stats(snd_model, PLAY).state,
	    MODEL_SND_RELEASED);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	play_start();
	program_end();
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	/* The STOP that is made again. */
	TK_EQ(model_snd_stats(snd_model).illegal, 1);
	model_snd_free(snd_model);
}

/* STOP is answered, and RELEASE is not. */
TK_CASE(vtsnd_stream_whose_release_is_answered_late_comes_back)
{
	stop_in_long_periods(50 * MS, NULL);
	snd_wait_state(PLAY, MODEL_SND_STOPPED);
	model_snd_fault(snd_model, "answer-late", 1);
	snd_sleep_ns(2500 * MS);
	TK_EQ(times_printed("pcm0: stream 0: lost: the device keeps its "
	    "periods\n"), 1);
	/* A program may start before that, and plays then. */
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	play_start();
	program_end();
	snd_wait_state(PLAY, MODEL_SND_RELEASED);
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	model_snd_free(snd_model);
}

TK_CASE(vtsnd_detach_does_not_wait_for_an_answer)
{
	int64_t start;

	rig_qemu();
	model_snd_hold(snd_model, MODEL_SND_VQ_CTL, true);
	play_start();
	snd_sleep_ns(10 * MS);
	start = tk_now_ns();
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	TK_CHECK(tk_now_ns() - start < 250 * MS);
	test_thread_join(&rig.program);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	model_snd_free(snd_model);
	TK_EQ(times_printed("pcm0: stream"), 0);
}

TK_CASE(vtsnd_suspend_does_not_wait_for_an_answer)
{
	int64_t start;

	rig_qemu();
	model_snd_hold(snd_model, MODEL_SND_VQ_CTL, true);
	play_start();
	snd_sleep_ns(10 * MS);
	start = tk_now_ns();
	suspend();
	TK_CHECK(tk_now_ns() - start < 250 * MS);
	model_snd_hold(snd_model, MODEL_SND_VQ_CTL, false);
	resume();
	program_end();
	snd_wait_state(PLAY, MODEL_SND_RELEASED);
	TK_EQ(heard_but(0, 0), 0);
	TK_EQ(times_printed("pcm0: stream"), 0);
	snd_down();
}

/*
 * Unplugging
 */

/* The device is pulled out, and detached a moment later. */
static void
unplug(int64_t moment)
{
	model_snd_unplug(snd_model);
	snd_sleep_ns(moment);
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	test_thread_join(&rig.program);
	TK_CHECK(rig.moved < LENGTH);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	model_snd_free(snd_model);
}

TK_CASE(vtsnd_is_unplugged_while_it_plays)
{
	int64_t ms;

	for (ms = 1; ms < 10000; ms *= 10) {
		rig_qemu();
		play_start();
		snd_sleep_ns(100 * MS);
		unplug(ms * MS);
	}
}

TK_CASE(vtsnd_is_unplugged_while_it_records)
{
	int64_t ms;

	for (ms = 1; ms < 10000; ms *= 10) {
		rig_qemu();
		record_start();
		snd_sleep_ns(100 * MS);
		unplug(ms * MS);
	}
}

TK_CASE(vtsnd_is_unplugged_while_a_request_waits)
{
	int64_t ms;

	for (ms = 1; ms < 10000; ms *= 10) {
		rig_qemu();
		model_snd_hold(snd_model, MODEL_SND_VQ_CTL, true);
		play_start();
		snd_sleep_ns(10 * MS);
		unplug(ms * MS);
	}
}

TK_CASE(vtsnd_is_unplugged_while_suspended)
{
	rig_qemu();
	play_start();
	snd_sleep_ns(100 * MS);
	suspend();
	model_snd_unplug(snd_model);
	resume();
	TK_EQ(times_printed("pcm0: cannot resume: "), 1);
	unplug(100 * MS);
}

/* A program opens the card, plays, and gives up. */
static void
play_in_vain(void)
{
	static const uint8_t sound[4096];
	struct tk_dsp *dsp;

	TK_EQ(tk_dsp_open(-1, false, false, &dsp), 0);
	TK_EQ(tk_dsp_setup(dsp, TK_AFMT_S16_LE, 2, 48000, 0, 0), 0);
	(void)tk_dsp_write(dsp, sound, sizeof(sound));
	(void)tk_dsp_reset(dsp);
	TK_EQ(tk_dsp_close(dsp), 0);
}

TK_CASE_STOPS(vtsnd_stays_where_sound_does_not_let_the_card_go,
    "that was all of this test")
{
	rig_qemu();
	tk_fault_set("pcm_unregister", 1);
	TK_EQ(tk_virtio_detach(snd_bus), EBUSY);
	TK_EQ(times_printed("pcm0: cannot take the card away: "), 1);
	TK_CHECK(device_is_attached(tk_device_find("pcm0")));
	/*
	 * The channels and the mixer belong to sound(4), and the driver does
	 * nothing.
	 */
	play_in_vain();
	(void)tk_mixer_set(0, SOUND_MIXER_VOLUME, 20, 30);
	snd_sleep_ns(1000 * MS);
	TK_EQ(tk_virtio_detach(snd_bus), EBUSY);
	panic("that was all of this test");
}

TK_CASE(vtsnd_gives_all_back_when_there_is_no_device_node)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	snd_make(&config);
	tk_fault_set("dsp_make_dev", 1);
	TK_EQ(snd_attach(), ENXIO);
	TK_EQ(times_printed("pcm0: cannot attach: sound(4): ENXIO\n"), 1);
	TK_EQ(times_printed("pcm0: cannot take the card away: "), 0);
	snd_down_anyhow();
}

/* Nor does it take away the card of an attach that fails. */
TK_CASE_STOPS(vtsnd_stays_where_sound_keeps_the_card_of_a_failed_attach,
    "that was all of this test")
{
	/* So that the calls are known by their names. */
	rig_qemu();
	snd_down();
	tk_fault_set("pcm_register", 1);
	tk_fault_set("pcm_unregister", 1);
	rig_qemu();
	TK_EQ(times_printed("pcm0: cannot attach: sound(4): ENXIO\n"), 1);
	TK_EQ(times_printed("pcm0: cannot take the card away: "), 1);
	play_in_vain();
	suspend();
	resume();
	TK_EQ(tk_virtio_detach(snd_bus), EBUSY);
	TK_EQ(tk_virtio_detach(snd_bus), EBUSY);
	panic("that was all of this test");
}

static void
unplug_later(void *arg)
{
	snd_sleep_ns(*(int64_t *)arg);
	model_snd_unplug(snd_model);
}

/* Each request takes 5 ms. */
TK_CASE(vtsnd_is_unplugged_while_it_attaches)
{
	struct model_snd_config config;
	struct test_thread puller;
	int64_t moment;

	model_snd_config_qemu(&config);
	config.no_info = false;
	config.njacks = 2;
	config.ctl_delay_ns = 5 * MS;
	for (moment = 0; moment < 25 * MS; moment += MS) {
		snd_make(&config);
		test_thread_start(&puller, unplug_later, &moment);
		(void)snd_attach_to("virtio_mmio");
		test_thread_join(&puller);
		snd_down_anyhow();
	}
}
