/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on a model of a device without a clock, such as vhost-device-sound
 * with its null backend.  Periods of playback come back at once, and those of a
 * recording never.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/time.h>

#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"
#include "tk_test_thread.h"

#define	PLAY		0		/* the model's streams */
#define	REC		1
#define	FRAME		4		/* 16 bits, two channels */
#define	SECOND		(48000 * FRAME)
#define	PERIOD		(480 * FRAME)	/* 10 ms */

#define	SECONDS		6
#define	AHEAD_MS	1600		/* how far ahead a device may be */

static uint8_t sound[SECONDS * SECOND], played[2 * SECONDS * SECOND];
static struct tk_dsp *dsp;
static sbintime_t began;

static void
up(void)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.no_clock = true;
	snd_up(&config);
}

static void
open_dsp(bool record, uint32_t fragsize, uint32_t fragcount)
{

	TK_EQ(tk_dsp_open(-1, record, false, &dsp), 0);
	TK_EQ(tk_dsp_setup(dsp, TK_AFMT_S16_LE, 2, 48000, fragsize,
	    fragcount), 0);
	began = sbinuptime();
}

static int64_t
elapsed_ms(void)
{

	return ((sbinuptime() - began) / SBT_1MS);
}

/* No byte is zero, so that silence is told apart. */
static void
make_sound(void)
{
	snd_noise(sound, sizeof(sound), 254);
}

/*
 * The device got the first len bytes of the sound, and silence: while it is
 * ahead of the clock it takes more than the program has written.
 */
static void
heard(size_t len)
{
	size_t got, i, off;

	got = model_snd_played(snd_model, PLAY, 0, played, sizeof(played));
	for (i = off = 0; i < got; i++)
		if (played[i] != 0)
			played[off++] = played[i];
	TK_EQ(off, len);
	TK_EQ(memcmp(played, sound, len), 0);
}

/*
 * Each sample is played once and in order, in its playing time.  Only a few
 * more periods are sent than that time has, so no loop runs without end.
 */
static void
plays_in_time(uint32_t fragsize, uint32_t fragcount)
{
	uint64_t most;
	int64_t ms;

	make_sound();
	up();
	open_dsp(false, fragsize, fragcount);
	TK_EQ(tk_dsp_write(dsp, sound, sizeof(sound)), sizeof(sound));
	TK_EQ(tk_dsp_sync(dsp), 0);
	ms = elapsed_ms();
	TK_EQ(tk_dsp_close(dsp), 0);
	TK_CHECK(ms >= 1000 * SECONDS - AHEAD_MS - 100);
	TK_CHECK(ms <= 1000 * SECONDS + 500);
	most = (SECONDS + 2) * SECOND / 256;
	TK_CHECK(snd_counter("stream0.periods") <= most);
	heard(sizeof(sound));
	snd_down();
}

TK_CASE(vtsnd_plays_in_time_on_a_device_without_a_clock)
{
	plays_in_time(0, 0);
}

TK_CASE(vtsnd_plays_small_periods_in_time_on_a_device_without_a_clock)
{
	plays_in_time(256, 4);
}

/* A program stops early, and starts again.  It is heard from there on. */
TK_CASE(vtsnd_stops_and_starts_on_a_device_without_a_clock)
{

	make_sound();
	up();
	open_dsp(false, 0, 0);
	TK_EQ(tk_dsp_write(dsp, sound, SECOND / 2), SECOND / 2);
	TK_EQ(tk_dsp_reset(dsp), 0);
	began = sbinuptime();
	TK_EQ(tk_dsp_write(dsp, sound, sizeof(sound)), sizeof(sound));
	TK_EQ(tk_dsp_sync(dsp), 0);
	TK_CHECK(elapsed_ms() >= 1000 * SECONDS - AHEAD_MS - 100);
	TK_CHECK(elapsed_ms() <= 1000 * SECONDS + 500);
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_down();
}

TK_CASE(vtsnd_detaches_from_a_device_without_a_clock_while_it_plays)
{

	make_sound();
	up();
	open_dsp(false, 0, 0);
	TK_EQ(tk_dsp_write(dsp, sound, SECOND / 2), SECOND / 2);
	snd_down();
	TK_EQ(tk_dsp_close(dsp), 0);
}

static void
write_all(void *arg)
{

	*(int64_t *)arg = tk_dsp_write(dsp, sound, sizeof(sound));
}

TK_CASE(vtsnd_stream_of_a_device_without_a_clock_goes_on_after_a_suspend)
{
	struct test_thread t;
	uint64_t periods;
	int64_t moved = 0;

	make_sound();
	up();
	open_dsp(false, 4096, 4);
	test_thread_start(&t, write_all, &moved);
	/* By then the ring is paced, and the device has no period. */
	pause("paced", 3 * hz);
	periods = snd_counter("stream0.periods");
	TK_EQ(tk_device_suspend(snd_bus), 0);
	TK_EQ(tk_device_resume(snd_bus), 0);
	test_thread_join(&t);
	TK_EQ(moved, sizeof(sound));
	TK_CHECK(snd_counter("stream0.periods") > periods);
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_down();
}

/*
 * A suspend does not wait until the samples that the device took have played.
 * The device is still told to stop, because it remembers a stream that runs.
 */
TK_CASE(vtsnd_stops_a_stream_that_is_not_heard_before_a_reset)
{
	struct model_snd_config config;
	int i;

	make_sound();
	model_snd_config_qemu(&config);
	config.tick_ns = 700 * 1000 * 1000;
	config.keeps_state = true;
	snd_up(&config);
	for (i = 0; i < 3; i++) {
		open_dsp(false, 0, 0);
		TK_EQ(tk_dsp_write(dsp, sound, PERIOD), PERIOD);
		TK_EQ(tk_dsp_close(dsp), 0);
		TK_EQ(tk_device_suspend(snd_bus), 0);
		TK_EQ(tk_device_resume(snd_bus), 0);
	}
	TK_CHECK(!printed("cannot start"));
	snd_down();
}

/* Lines of the driver; sound(4) has its own about a program that waits. */
static int
lines(void)
{
	return (times_printed("pcm0: stream"));
}

/* The program gets an error, the console a line; and the card still plays. */
TK_CASE(vtsnd_capture_that_never_comes_ends_in_one_line)
{
	int before;

	make_sound();
	up();
	before = lines();
	open_dsp(true, 0, 0);
	TK_CHECK(tk_dsp_read(dsp, played, PERIOD) <= 0);
	TK_EQ(tk_dsp_close(dsp), 0);
	TK_CHECK(elapsed_ms() < 30000);
	pause_sbt("test", 5 * SBT_1S, 0, 0);
	TK_EQ(lines() - before, 1);
	snd_down();
}
