/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on a device that this project did not write: vhost-device-sound
 * behind QEMU's vhost-user-snd-pci, in real time.  Its ALSA backend plays to a
 * card that keeps time; its null backend keeps none.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>
#include <sys/time.h>

#include "qtest/wav.h"
#include "snd_qtest.h"
#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"

#define	FRAME		SND_QTEST_FRAME
#define	WAV_FILE	"virtio_snd_vhost_test.wav"
#define	HEAR_FILE	"virtio_snd_vhost_test.raw.wav"

#define	DROPS		4		/* bytes of each message; see heard() */

static uint8_t sound[2 * 48000 * FRAME], got[2 * 48000 * FRAME];

static void
rig_attach(struct tk_qtest_config config)
{
	snd_qtest_up(&config, "needs QEMU and vhost-device-sound: "
	    "sh tools/deps.sh --vhost");
}

/* No byte is zero, so none can be taken for silence. */
static void
make_sound(void)
{
	snd_noise(sound, sizeof(sound), 254);
}

/*
 * Check that the file holds silence and the len bytes from off on; return where
 * they end.  vhost-device-sound 0.3.0 counts the header twice, and so drops the
 * last four bytes of each message.  The place of the first four missing bytes
 * shows the length of the messages.  No other bytes may be missing.
 */
static size_t
heard_from(const struct wav *wav, size_t off, const uint8_t *bytes, size_t len)
{
	size_t at, message, n;

	while (off < wav->len && wav->samples[off] == 0)
		off++;
	for (n = 0; n < len && off + n < wav->len &&
	    wav->samples[off + n] == bytes[n]; n++)
		;
	message = n == len ? len + DROPS : n + DROPS;
	TK_CHECK(message >= 64);
	for (at = 0; at < len; at += message, off += n) {
		n = MIN(len - at, message - DROPS);
		TK_CHECK(wav->len - off >= n);
		if (memcmp(wav->samples + off, bytes + at, n) != 0)
			tk_test_fail(__FILE__, __LINE__, "byte %zu, heard "
			    "after %zu bytes, is another", at, off);
	}
	return (off);
}

/*
 * Check that the file holds so many sounds, with silence around them, and
 * nothing else.
 */
static void
heard_times(size_t len, size_t times)
{
	struct wav wav;
	size_t i, off = 0;

	TK_EQ(wav_map(WAV_FILE, &wav), 0);
	for (i = 0; i < times; i++)
		off = heard_from(&wav, off, sound + i * len, len);
	for (; off < wav.len; off++)
		TK_EQ(wav.samples[off], 0);
	wav_unmap(&wav);
}

static void
heard(size_t len)
{

	heard_times(len, 1);
}

static const struct tk_qtest_config plays = {
	.device = TK_QTEST_VHOST_ALSA, .wav = WAV_FILE
};

TK_CASE_UNBOOTED(vtsnd_vhost_plays_every_sample_once_in_order)
{
	size_t len = 48000 * FRAME;

	make_sound();
	rig_attach(plays);
	snd_qtest_open(false);
	TK_EQ(tk_dsp_write(snd_qdsp, sound, len), len);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	snd_qtest_down();
	heard(len);
}

TK_CASE_UNBOOTED(vtsnd_vhost_plays_small_periods)
{
	size_t len = 24000 * FRAME;

	make_sound();
	rig_attach(plays);
	snd_qtest_open(false);
	TK_EQ(tk_dsp_setfragments(snd_qdsp, 240 * FRAME, 4), 0);
	TK_EQ(tk_dsp_setreserve(snd_qdsp, howmany(len, 240 * FRAME)), 0);
	TK_EQ(tk_dsp_write(snd_qdsp, sound, len), len);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	snd_qtest_down();
	heard(len);
}

/* Make the file that is to be heard, its header first. */
static void
make_heard(void)
{
	const struct wav_format format = { .rate = 48000, .channels = 2,
	    .bits = 16 };

	make_sound();
	TK_EQ(wav_write(HEAR_FILE, &format, sound, sizeof(sound)), 0);
}

static void
recorded(size_t len)
{

	TK_EQ(memcmp(got + WAV_HEADER, sound, len - WAV_HEADER), 0);
}

TK_CASE_UNBOOTED(vtsnd_vhost_records_what_is_heard)
{
	size_t len = 24000 * FRAME;

	make_heard();
	rig_attach((struct tk_qtest_config){
		.device = TK_QTEST_VHOST_ALSA, .hear = HEAR_FILE
	});
	snd_qtest_open(true);
	TK_EQ(tk_dsp_read(snd_qdsp, got, len), len);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	snd_qtest_down();
	recorded(len);
}

TK_CASE_UNBOOTED(vtsnd_vhost_plays_and_records_at_once)
{
	struct tk_qtest_config config = plays;
	struct tk_dsp *rec;
	size_t len = 24000 * FRAME;

	make_heard();
	config.hear = HEAR_FILE;
	rig_attach(config);
	snd_qtest_open(true);
	rec = snd_qdsp;
	/* Room for all of it: it is read only after the sound was written. */
	TK_EQ(tk_dsp_setfragments(rec, 240 * FRAME, 4), 0);
	TK_EQ(tk_dsp_setreserve(rec, howmany(len, 240 * FRAME)), 0);
	snd_qtest_open(false);
	TK_EQ(tk_dsp_trigger(rec, true), 0);
	TK_EQ(tk_dsp_write(snd_qdsp, sound, len), len);
	TK_EQ(tk_dsp_read(rec, got, len), len);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	TK_EQ(tk_dsp_close(rec), 0);
	snd_qtest_down();
	heard(len);
	recorded(len);
}

TK_CASE_UNBOOTED(vtsnd_vhost_plays_after_each_attach)
{
	static const uint8_t silence[12000 * FRAME];
	size_t i, len = 1000 * FRAME, times = 10;

	make_sound();
	rig_attach(plays);
	for (i = 0; i < times; i++) {
		if (i > 0) {
			TK_EQ(tk_virtio_detach(snd_qbus), 0);
			TK_EQ(snd_qtest_attach(), 0);
		}
		snd_qtest_open(false);
		TK_EQ(tk_dsp_write(snd_qdsp, sound + i * len, len), len);
		TK_EQ(tk_dsp_write(snd_qdsp, silence, sizeof(silence)),
		    sizeof(silence));
		TK_EQ(tk_dsp_close(snd_qdsp), 0);
	}
	snd_qtest_down();
	heard_times(len, times);
}

TK_CASE_UNBOOTED(vtsnd_vhost_plays_on_after_each_resume)
{
	int i;

	make_sound();
	rig_attach(plays);
	snd_qtest_open(false);
	for (i = 0; i < 5; i++) {
		TK_EQ(tk_dsp_write(snd_qdsp, sound, 40000), 40000);
		TK_EQ(tk_device_suspend(snd_qbus), 0);
		TK_EQ(tk_device_resume(snd_qbus), 0);
	}
	TK_EQ(tk_dsp_write(snd_qdsp, sound, 40000), 40000);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	TK_CHECK(strstr(tk_msgbuf(), "not answered") == NULL);
	TK_CHECK(strstr(tk_msgbuf(), "needs a reset") == NULL);
	snd_qtest_down();
}

/*
 * The null backend returns each period at once.  Once it is as far ahead of the
 * clock as a device may be (1.6 s), it gets samples only as fast as they play.
 */
TK_CASE_UNBOOTED(vtsnd_vhost_without_a_clock_takes_the_sound_in_time)
{
	size_t len = sizeof(sound);
	sbintime_t began;

	make_sound();
	rig_attach((struct tk_qtest_config){ .device = TK_QTEST_VHOST_NULL });
	snd_qtest_open(false);
	began = sbinuptime();
	TK_EQ(tk_dsp_write(snd_qdsp, sound, len), len);
	TK_EQ(tk_dsp_write(snd_qdsp, sound, len), len);
	TK_EQ(tk_dsp_sync(snd_qdsp), 0);
	TK_CHECK((sbinuptime() - began) / SBT_1MS >= 2000);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	snd_qtest_down();
}

/* Lines of the driver; sound(4) has its own about a program that waits. */
static int
lines(void)
{
	return (times_printed("pcm0: stream"));
}

/* The null backend never returns a period, not even at RELEASE. */
TK_CASE_UNBOOTED(vtsnd_vhost_capture_that_never_comes_ends_in_one_line)
{
	int before;

	rig_attach((struct tk_qtest_config){ .device = TK_QTEST_VHOST_NULL });
	before = lines();
	snd_qtest_open(true);
	TK_CHECK(tk_dsp_read(snd_qdsp, got, 4800 * FRAME) <= 0);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	pause_sbt("test", 3 * SBT_1S, 0, 0);
	TK_EQ(lines() - before, 1);
	snd_qtest_down();
}
