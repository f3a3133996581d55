/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on QEMU's own device, in real time: the contents of the file that
 * QEMU writes.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/soundcard.h>

#include "qtest/wav.h"
#include "snd_qtest.h"
#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"

#define	FRAME		SND_QTEST_FRAME
#define	WAV_FILE	"virtio_snd_qemu_test.wav"

static uint8_t sound[2 * 48000 * FRAME];

#define	MISSING		"needs QEMU with virtio-sound"

static void
rig_attach(struct tk_qtest_config config)
{
	snd_qtest_up(&config, MISSING);
}

/* The same with a file to play to, and open the card. */
static void
rig_up(uint32_t vectors)
{
	rig_attach((struct tk_qtest_config){
		.wav = WAV_FILE, .wav_format = TK_QTEST_WAV_S16,
		.wav_rate = 48000, .vectors = vectors
	});
	snd_qtest_open(false);
}

/* No byte is zero, so none can be taken for silence. */
static void
make_sound(void)
{
	snd_noise(sound, sizeof(sound), 254);
}

/* The file holds silence, the first len bytes of the sound, silence. */
static void
heard(size_t len)
{
	struct wav wav;
	size_t off = 0;

	TK_EQ(wav_map(WAV_FILE, &wav), 0);
	while (off < wav.len && wav.samples[off] == 0)
		off++;
	TK_CHECK(wav.len - off >= len);
	TK_EQ(memcmp(wav.samples + off, sound, len), 0);
	for (off += len; off < wav.len; off++)
		TK_EQ(wav.samples[off], 0);
	wav_unmap(&wav);
}

/* Play a second in periods of sound(4)'s choice. */
static void
play(uint32_t vectors)
{
	size_t len = 48000 * FRAME;

	make_sound();
	rig_up(vectors);
	TK_EQ(tk_dsp_write(snd_qdsp, sound, len), len);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	snd_qtest_down();
	heard(len);
}

/*
 * Play from a buffer of a few milliseconds.  QEMU waits for periods that come
 * late, however busy the host is.  sound(4) plays silence when the program
 * writes late, so all is written before the first period.  The silence at the
 * end is there because QEMU drops at STOP what it has taken and not played.  A
 * busy host may delay playing by more than the driver waits.
 */
static void
play_small(uint32_t frames, uint32_t periods)
{
	struct tk_dsp_info info;
	size_t len = 24000 * FRAME, all = 30000 * FRAME;

	make_sound();
	memset(sound + len, 0, all - len);
	rig_up(0);
	TK_EQ(tk_dsp_setfragments(snd_qdsp, frames * FRAME, periods), 0);
	TK_EQ(tk_dsp_setreserve(snd_qdsp, howmany(all, frames * FRAME)), 0);
	TK_EQ(tk_dsp_write(snd_qdsp, sound, all), all);
	TK_EQ(tk_dsp_getinfo(snd_qdsp, &info), 0);
	/* The samples that the device can take last four of its ticks. */
	TK_EQ(info.hw_fragsize % (frames * FRAME), 0);
	TK_CHECK(info.hw_fragsize * info.hw_fragcount >= 4 * 480 * FRAME);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	snd_qtest_down();
	heard(len);
}

TK_CASE_UNBOOTED(vtsnd_qemu_plays_every_sample_once_in_order)
{
	play(0);
}

TK_CASE_UNBOOTED(vtsnd_qemu_plays_on_one_vector_for_all_queues)
{
	play(2);
}

TK_CASE_UNBOOTED(vtsnd_qemu_plays_4_fragments_of_240_frames)
{
	play_small(240, 4);
}

TK_CASE_UNBOOTED(vtsnd_qemu_plays_4_fragments_of_96_frames)
{
	play_small(96, 4);
}

TK_CASE_UNBOOTED(vtsnd_qemu_plays_64_fragments_of_1_ms)
{
	play_small(48, 64);
}

TK_CASE_UNBOOTED(vtsnd_qemu_resets_and_plays_again)
{
	make_sound();
	rig_up(0);
	TK_EQ(tk_dsp_write(snd_qdsp, sound, 20000), 20000);
	TK_EQ(tk_dsp_reset(snd_qdsp), 0);
	TK_EQ(tk_dsp_write(snd_qdsp, sound, 20000), 20000);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	snd_qtest_down();
}

TK_CASE_UNBOOTED(vtsnd_qemu_detaches_while_it_plays)
{
	make_sound();
	rig_up(0);
	TK_EQ(tk_dsp_write(snd_qdsp, sound, 60000), 60000);
	TK_EQ(tk_virtio_detach(snd_qbus), 0);
	TK_CHECK(tk_dsp_write(snd_qdsp, sound, 4) < 0);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	TK_EQ(tk_shutdown(), 0);
	TK_EQ(tk_qtest_close(snd_qemu), 0);
}

/* QEMU's stream keeps its periods over a reset unless it is released before. */
TK_CASE_UNBOOTED(vtsnd_qemu_plays_on_after_each_resume)
{
	int i;

	make_sound();
	rig_up(0);
	for (i = 0; i < 5; i++) {
		TK_EQ(tk_dsp_write(snd_qdsp, sound, 40000), 40000);
		TK_EQ(tk_device_suspend(snd_qbus), 0);
		TK_EQ(tk_device_resume(snd_qbus), 0);
	}
	TK_EQ(tk_dsp_write(snd_qdsp, sound, 40000), 40000);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	TK_CHECK(strstr(tk_msgbuf(), "needs a reset") == NULL);
	snd_qtest_down();
}

/* QEMU's silent source: every byte is recorded, and zero. */
static void
record(uint32_t frames, uint32_t periods)
{
	size_t i, len = 24000 * FRAME;

	rig_attach((struct tk_qtest_config){ .vectors = 0 });
	snd_qtest_open(true);
	if (frames != 0)
		TK_EQ(tk_dsp_setfragments(snd_qdsp, frames * FRAME, periods),
		    0);
	make_sound();
	TK_EQ(tk_dsp_read(snd_qdsp, sound, len), len);
	for (i = 0; i < len; i++)
		TK_EQ(sound[i], 0);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	snd_qtest_down();
}

TK_CASE_UNBOOTED(vtsnd_qemu_records)
{
	record(0, 0);
}

TK_CASE_UNBOOTED(vtsnd_qemu_records_64_periods_of_1_ms)
{
	record(48, 64);
}

TK_CASE_UNBOOTED(vtsnd_qemu_plays_and_records_at_once_on_five_streams_each)
{
	struct tk_dsp *play[5], *rec[5];
	size_t i, len = 12000 * FRAME;

	rig_attach((struct tk_qtest_config){ .streams = 10 });
	make_sound();
	for (i = 0; i < 5; i++) {
		TK_EQ(tk_dsp_open(-1, false, false, &play[i]), 0);
		TK_EQ(tk_dsp_setup(play[i], TK_AFMT_S16_LE, 2, 48000, 0, 0),
		    0);
		TK_EQ(tk_dsp_open(-1, true, false, &rec[i]), 0);
		TK_EQ(tk_dsp_setup(rec[i], TK_AFMT_S16_LE, 2, 48000, 0, 0), 0);
		TK_EQ(tk_dsp_trigger(rec[i], true), 0);
	}
	for (i = 0; i < 5; i++)
		TK_EQ(tk_dsp_write(play[i], sound, len), len);
	for (i = 0; i < 5; i++)
		TK_EQ(tk_dsp_read(rec[i], sound, len), len);
	for (i = 0; i < 5; i++) {
		TK_EQ(tk_dsp_close(play[i]), 0);
		TK_EQ(tk_dsp_close(rec[i]), 0);
	}
	snd_qtest_down();
}

TK_CASE_UNBOOTED(vtsnd_qemu_detaches_while_it_records)
{
	rig_attach((struct tk_qtest_config){ .vectors = 0 });
	snd_qtest_open(true);
	TK_EQ(tk_dsp_read(snd_qdsp, sound, 20000), 20000);
	TK_EQ(tk_virtio_detach(snd_qbus), 0);
	TK_CHECK(tk_dsp_read(snd_qdsp, sound, 4) < 0);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	TK_EQ(tk_shutdown(), 0);
	TK_EQ(tk_qtest_close(snd_qemu), 0);
}

TK_CASE_UNBOOTED(vtsnd_qemu_does_without_jacks_and_maps_not_described)
{
	size_t len = 9600 * FRAME;

	make_sound();
	rig_attach((struct tk_qtest_config){
		.wav = WAV_FILE, .wav_format = TK_QTEST_WAV_S16,
		.wav_rate = 48000, .jacks = 8, .chmaps = 18
	});
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: channel map 0: CHMAP_INFO failed: "
	    "EOPNOTSUPP: no channel maps\n") != NULL);
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: jack 0: JACK_INFO failed: "
	    "EOPNOTSUPP: no jacks\n") != NULL);
	snd_qtest_open(false);
	TK_EQ(tk_dsp_write(snd_qdsp, sound, len), len);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	snd_qtest_down();
	heard(len);
}

TK_CASE_UNBOOTED(vtsnd_qemu_says_that_iommu_platform_must_be_turned_off)
{
	TK_EQ(snd_qtest_try(&(struct tk_qtest_config){
	    .iommu_platform = true }, MISSING), ENXIO);
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: the device refuses to work "
	    "without a feature that virtio(4) lacks, most likely "
	    "VIRTIO_F_ACCESS_PLATFORM: turn it off (QEMU: "
	    "iommu_platform=off)\n") != NULL);
	TK_EQ(tk_shutdown(), 0);
	TK_EQ(tk_qtest_close(snd_qemu), 0);
}

/*
 * Play one frame repeatedly, and some silence as play_small() does, at these
 * levels of vol and pcm; sound(4) converts it.  Except for silence the file
 * must hold only the wanted frame.
 */
static void
cooked(uint32_t afmt, const void *frame, size_t len, unsigned vol,
    unsigned pcm, int left, int right)
{
	size_t i, frames = 9600, all = 15600, found = 0;
	struct wav wav;
	const int16_t *p;

	memset(sound, afmt == TK_AFMT_U8 ? 0x80 : 0, all * len);
	for (i = 0; i < frames; i++)
		memcpy(sound + i * len, frame, len);
	rig_attach((struct tk_qtest_config){
		.wav = WAV_FILE, .wav_format = TK_QTEST_WAV_S16,
		.wav_rate = 48000
	});
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, vol, vol), 0);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_PCM, pcm, pcm), 0);
	TK_EQ(tk_dsp_open(-1, false, false, &snd_qdsp), 0);
	TK_EQ(tk_dsp_cooked(snd_qdsp), 0);
	TK_EQ(tk_dsp_setup(snd_qdsp, afmt, 2, 48000, 0, 0), 0);
	TK_EQ(tk_dsp_write(snd_qdsp, sound, all * len), all * len);
	TK_EQ(tk_dsp_close(snd_qdsp), 0);
	snd_qtest_down();
	TK_EQ(wav_map(WAV_FILE, &wav), 0);
	TK_CHECK(wav.len > 0);
	p = (const void *)wav.samples;
	for (i = 0; i < wav.len / FRAME; i++, p += 2) {
		if (p[0] == 0 && p[1] == 0)
			continue;
		TK_EQ(p[0], left);
		TK_EQ(p[1], right);
		found++;
	}
	TK_EQ(found, left == 0 && right == 0 ? 0 : frames);
	wav_unmap(&wav);
}

TK_CASE_UNBOOTED(vtsnd_qemu_plays_floats_of_full_scale_without_wrapping)
{
	static const float full[] = { 1.0f, -1.0f };

	cooked(TK_AFMT_F32_LE, full, sizeof(full), 100, 100, 0x7fff, -0x8000);
}

TK_CASE_UNBOOTED(vtsnd_qemu_plays_bytes_of_full_scale_without_wrapping)
{
	static const uint8_t full[] = { 0xff, 0x80 };

	cooked(TK_AFMT_U8, full, sizeof(full), 100, 100, 0x7f00, 0);
}

TK_CASE_UNBOOTED(vtsnd_qemu_plays_at_vol_times_pcm)
{
	static const int16_t frame[] = { 20000, -10000 };

	cooked(TK_AFMT_S16_LE, frame, sizeof(frame), 50, 50, 5000, -2500);
}

TK_CASE_UNBOOTED(vtsnd_qemu_plays_nothing_at_a_volume_of_0)
{
	static const int16_t frame[] = { 20000, -10000 };

	cooked(TK_AFMT_S16_LE, frame, sizeof(frame), 0, 100, 0, 0);
}
