/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The driver on a device that nobody of ours wrote: vhost-device-sound behind
 * QEMU's vhost-user-snd-pci, in real time.  Its ALSA backend plays to a card
 * that keeps time; its null backend keeps none.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/time.h>

#include "qtest.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"
#include "wav.h"

#define	DEVTYPE_SOUND	25
#define	FRAME		4		/* 16 bits, two channels */
#define	WAV_FILE	"virtio_snd_vhost_test.wav"
#define	HEAR_FILE	"virtio_snd_vhost_test.raw.wav"

static struct {
	struct tk_qtest	*qemu;
	struct _device	*bus;
	struct tk_dsp	*dsp;
} rig;

#define	DROPS		4		/* bytes of each message; see heard() */

static uint8_t sound[2 * 48000 * FRAME], got[2 * 48000 * FRAME];

/* Start QEMU and the device, boot on QEMU's memory, attach the driver. */
static void
rig_attach(struct tk_qtest_config config)
{
	struct tk_boot_args boot = { .mode = TK_THREADED, .ram_fd = -1 };
	struct tk_qtest_ram ram;
	int error;

	error = tk_qtest_open(&config, &rig.qemu);
	if (error == ENOENT || error == ENODEV)
		TK_SKIP("needs QEMU and vhost-device-sound: "
		    "sh tools/deps.sh --vhost");
	TK_EQ(error, 0);
	ram = tk_qtest_ram(rig.qemu);
	boot.ram_base = ram.base;
	boot.ram_size = ram.size;
	tk_ram_config(ram.paddr, 0);
	tk_boot(&boot);
	rig.bus = tk_virtio_attach("virtio_pci", &tk_qtest_ops, rig.qemu,
	    DEVTYPE_SOUND, &error);
	TK_CHECK(rig.bus != NULL);
}

static void
open_dsp(bool record)
{

	TK_EQ(tk_dsp_open(-1, record, false, &rig.dsp), 0);
	TK_EQ(tk_dsp_setup(rig.dsp, TK_AFMT_S16_LE, 2, 48000, 0, 0), 0);
}

static void
rig_down(void)
{
	TK_EQ(tk_virtio_detach(rig.bus), 0);
	TK_EQ(tk_shutdown(), 0);
	TK_EQ(tk_qtest_close(rig.qemu), 0);
}

/* No byte is zero, so that silence is told apart. */
static void
make_sound(void)
{
	uint32_t x = 1;
	size_t i;

	for (i = 0; i < sizeof(sound); i++) {
		x = x * 1664525 + 1013904223;
		sound[i] = 1 + (x >> 24) % 254;
	}
}

/*
 * The file holds silence, the first len bytes of the sound, silence.  But
 * vhost-device-sound 0.3.0 drops the last four bytes of each message: it counts
 * the header twice.  So the first four that are missing tell how long messages
 * are, and no others are.
 */
static void
heard(size_t len)
{
	struct wav wav;
	size_t at, message, n, off = 0;

	TK_EQ(wav_map(WAV_FILE, &wav), 0);
	while (off < wav.len && wav.samples[off] == 0)
		off++;
	for (n = 0; n < len && off + n < wav.len &&
	    wav.samples[off + n] == sound[n]; n++)
		;
	message = n == len ? len + DROPS : n + DROPS;
	TK_CHECK(message >= 64);
	for (at = 0; at < len; at += message, off += n) {
		n = MIN(len - at, message - DROPS);
		TK_CHECK(wav.len - off >= n);
		if (memcmp(wav.samples + off, sound + at, n) != 0)
			tk_test_fail(__FILE__, __LINE__, "byte %zu, heard "
			    "after %zu bytes, is another", at, off);
	}
	for (; off < wav.len; off++)
		TK_EQ(wav.samples[off], 0);
	wav_unmap(&wav);
}

static const struct tk_qtest_config plays = {
	.device = TK_QTEST_VHOST_ALSA, .wav = WAV_FILE
};

TK_CASE_UNBOOTED(vtsnd_vhost_plays_every_sample_once_in_order)
{
	size_t len = 48000 * FRAME;

	make_sound();
	rig_attach(plays);
	open_dsp(false);
	TK_EQ(tk_dsp_write(rig.dsp, sound, len), len);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	rig_down();
	heard(len);
}

TK_CASE_UNBOOTED(vtsnd_vhost_plays_small_periods)
{
	size_t len = 24000 * FRAME;

	make_sound();
	rig_attach(plays);
	open_dsp(false);
	TK_EQ(tk_dsp_setfragments(rig.dsp, 240 * FRAME, 4), 0);
	TK_EQ(tk_dsp_setreserve(rig.dsp, howmany(len, 240 * FRAME)), 0);
	TK_EQ(tk_dsp_write(rig.dsp, sound, len), len);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	rig_down();
	heard(len);
}

/* The file that is heard, its header first. */
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
	open_dsp(true);
	TK_EQ(tk_dsp_read(rig.dsp, got, len), len);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	rig_down();
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
	open_dsp(true);
	rec = rig.dsp;
	open_dsp(false);
	TK_EQ(tk_dsp_trigger(rec, true), 0);
	TK_EQ(tk_dsp_write(rig.dsp, sound, len), len);
	TK_EQ(tk_dsp_read(rec, got, len), len);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	TK_EQ(tk_dsp_close(rec), 0);
	rig_down();
	heard(len);
	recorded(len);
}

TK_CASE_UNBOOTED(vtsnd_vhost_plays_on_after_each_resume)
{
	int i;

	make_sound();
	rig_attach(plays);
	open_dsp(false);
	for (i = 0; i < 5; i++) {
		TK_EQ(tk_dsp_write(rig.dsp, sound, 40000), 40000);
		TK_EQ(tk_device_suspend(rig.bus), 0);
		TK_EQ(tk_device_resume(rig.bus), 0);
	}
	TK_EQ(tk_dsp_write(rig.dsp, sound, 40000), 40000);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	TK_CHECK(strstr(tk_msgbuf(), "not answered") == NULL);
	TK_CHECK(strstr(tk_msgbuf(), "needs a reset") == NULL);
	rig_down();
}

/*
 * The null backend returns each period at once.  Beyond what a device may be
 * ahead of the clock (1.5 s), taking the sound takes as long as hearing it.
 */
TK_CASE_UNBOOTED(vtsnd_vhost_without_a_clock_takes_the_sound_in_time)
{
	size_t len = sizeof(sound);
	sbintime_t began;

	make_sound();
	rig_attach((struct tk_qtest_config){ .device = TK_QTEST_VHOST_NULL });
	open_dsp(false);
	began = sbinuptime();
	TK_EQ(tk_dsp_write(rig.dsp, sound, len), len);
	TK_EQ(tk_dsp_write(rig.dsp, sound, len), len);
	TK_EQ(tk_dsp_sync(rig.dsp), 0);
	TK_CHECK((sbinuptime() - began) / SBT_1MS >= 2000);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	rig_down();
}

/* Lines of the driver; sound(4) has its own about a program that waits. */
static int
lines(void)
{
	const char *text = tk_msgbuf();
	int n = 0;

	for (; (text = strstr(text, "pcm0: stream")) != NULL; text++)
		n++;
	return (n);
}

/* The null backend never returns a period, not even at RELEASE. */
TK_CASE_UNBOOTED(vtsnd_vhost_capture_that_never_comes_ends_in_one_line)
{
	int before;

	rig_attach((struct tk_qtest_config){ .device = TK_QTEST_VHOST_NULL });
	before = lines();
	open_dsp(true);
	TK_CHECK(tk_dsp_read(rig.dsp, got, 4800 * FRAME) <= 0);
	TK_EQ(tk_dsp_close(rig.dsp), 0);
	pause_sbt("test", 3 * SBT_1S, 0, 0);
	TK_EQ(lines() - before, 1);
	rig_down();
}
