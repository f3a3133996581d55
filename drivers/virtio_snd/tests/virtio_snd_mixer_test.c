/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: the level and the format in which
 * samples of a program arrive when sound(4) converts.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/soundcard.h>

#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"
#include "virtio_snd/virtio_snd_reg.h"

#define	FRAMES		9600
#define	LEFT		20000
#define	RIGHT		(-10000)
#define	FULL		256		/* of feeder_volume */
#define	RW		(MODEL_SND_CTL_READ | MODEL_SND_CTL_WRITE)

/* Codes of formats on the wire. */
enum { S8 = 3, U8, S16, S24 = 11, S32 = 17, FLOAT = 19 };

static uint8_t sound[FRAMES * 8];
static struct tk_dsp *dsp;

static const struct model_snd_ctl_config volume = {
	.role = 2, .type = MODEL_SND_CTL_INTEGER, .access = RW, .count = 2,
	.name = "Master Playback Volume", .max = 100, .value = 10
};
static const struct model_snd_ctl_config master_switch = {
	.role = 4, .type = MODEL_SND_CTL_BOOLEAN, .access = RW, .count = 1,
	.name = "Master Playback Switch", .value = 0
};
static const struct model_snd_ctl_config pcm_switch = {
	.role = 4, .type = MODEL_SND_CTL_BOOLEAN, .access = RW, .count = 1,
	.name = "PCM Playback Switch", .value = 0
};

static void
up_with(const struct model_snd_ctl_config *ctls, uint32_t nctls)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	if (nctls != 0)
		config.features |= MODEL_SND_F_CTLS;
	config.nctls = nctls;
	memcpy(config.ctl, ctls, nctls * sizeof(*ctls));
	snd_up(&config);
	snd_settle();
}

static void
up(void)
{
	up_with(NULL, 0);
}

static void
set(unsigned control, unsigned left, unsigned right)
{
	TK_EQ(tk_mixer_set(0, control, left, right), 0);
	snd_settle();
}

static void
open_cooked(uint32_t afmt)
{
	TK_EQ(tk_dsp_open(-1, false, false, &dsp), 0);
	TK_EQ(tk_dsp_cooked(dsp), 0);
	TK_EQ(tk_dsp_setup(dsp, afmt, 2, 48000, 0, 0), 0);
}

/* Write frames of LEFT and RIGHT. */
static void
write_frames(size_t frames)
{
	size_t i;

	for (i = 0; i < frames; i++) {
		le16enc(sound + 4 * i, (uint16_t)LEFT);
		le16enc(sound + 4 * i + 2, (uint16_t)RIGHT);
	}
	TK_EQ(tk_dsp_write(dsp, sound, 4 * frames), 4 * frames);
}

static void
play(void)
{
	open_cooked(TK_AFMT_S16_LE);
	write_frames(FRAMES);
	TK_EQ(tk_dsp_close(dsp), 0);
}

/*
 * The number of frames, without silent ones, that the device played from byte
 * off on.  Each must be LEFT and RIGHT, scaled by these of FULL.
 */
static uint64_t
heard_from(uint64_t off, int left, int right)
{
	uint64_t end, found = 0;
	uint8_t *played, *p;

	end = model_snd_stream_stats(snd_model, 0).played;
	played = malloc(end + 1, M_TEMP, M_WAITOK);
	TK_EQ(model_snd_played(snd_model, 0, 0, played, end), end);
	for (p = played + off; p + 4 <= played + end; p += 4) {
		if (le32dec(p) == 0)
			continue;
		TK_EQ((int16_t)le16dec(p), LEFT * left >> 8);
		TK_EQ((int16_t)le16dec(p + 2), RIGHT * right >> 8);
		found++;
	}
	free(played, M_TEMP);
	return (found);
}

static void
heard(int left, int right)
{
	TK_EQ(heard_from(0, left, right), FRAMES);
}

static uint64_t
played(void)
{
	return (model_snd_stream_stats(snd_model, 0).played);
}

/*
 * Soft volume
 */

TK_CASE(vtsnd_soft_volume_is_vol_times_pcm)
{
	up();
	set(SOUND_MIXER_VOLUME, 50, 100);
	set(SOUND_MIXER_PCM, 50, 25);
	play();
	heard(FULL * 25 / 100, FULL * 25 / 100);
	snd_down();
}

TK_CASE(vtsnd_soft_volume_is_full_at_100)
{
	up();
	set(SOUND_MIXER_VOLUME, 100, 100);
	set(SOUND_MIXER_PCM, 100, 100);
	play();
	heard(FULL, FULL);
	snd_down();
}

TK_CASE(vtsnd_volume_of_0_is_silence)
{
	up();
	set(SOUND_MIXER_VOLUME, 0, 0);
	play();
	TK_CHECK(played() > 0);
	TK_EQ(heard_from(0, 0, 0), 0);
	snd_down();
}

TK_CASE(vtsnd_soft_volume_has_a_balance)
{
	up();
	set(SOUND_MIXER_PCM, 100, 100);
	set(SOUND_MIXER_VOLUME, 0, 100);
	play();
	heard(0, FULL);
	snd_down();
}

TK_CASE(vtsnd_soft_volume_begins_at_the_usual_levels)
{
	up();
	play();
	heard(FULL * (75 * 75 / 100) / 100, FULL * (75 * 75 / 100) / 100);
	snd_down();
}

TK_CASE(vtsnd_soft_volume_begins_at_the_levels_of_the_hints)
{
	TK_EQ(kern_setenv("hint.pcm.0.vol", "20"), 0);
	TK_EQ(kern_setenv("hint.pcm.0.pcm", "50"), 0);
	up();
	play();
	heard(FULL * 10 / 100, FULL * 10 / 100);
	TK_EQ(kern_unsetenv("hint.pcm.0.vol"), 0);
	TK_EQ(kern_unsetenv("hint.pcm.0.pcm"), 0);
	snd_down();
}

TK_CASE(vtsnd_soft_volume_changes_what_is_playing)
{
	uint64_t half;

	up();
	set(SOUND_MIXER_PCM, 100, 100);
	set(SOUND_MIXER_VOLUME, 100, 100);
	open_cooked(TK_AFMT_S16_LE);
	write_frames(FRAMES);
	TK_EQ(tk_dsp_sync(dsp), 0);
	half = played();
	TK_EQ(heard_from(0, FULL, FULL), FRAMES);
	set(SOUND_MIXER_VOLUME, 10, 20);
	write_frames(FRAMES);
	TK_EQ(tk_dsp_close(dsp), 0);
	TK_EQ(heard_from(half, FULL * 10 / 100, FULL * 20 / 100), FRAMES);
	snd_down();
}

TK_CASE(vtsnd_soft_volume_is_muted_and_unmuted_while_it_plays)
{
	static const unsigned controls[] = {
		SOUND_MIXER_VOLUME, SOUND_MIXER_PCM
	};
	uint64_t from;
	size_t i;

	up();
	set(SOUND_MIXER_PCM, 100, 100);
	set(SOUND_MIXER_VOLUME, 50, 50);
	open_cooked(TK_AFMT_S16_LE);
	write_frames(FRAMES);
	TK_EQ(tk_dsp_sync(dsp), 0);
	for (i = 0; i < nitems(controls); i++) {
		from = played();
		TK_EQ(tk_mixer_mute(0, controls[i], true), 0);
		write_frames(FRAMES);
		TK_EQ(tk_dsp_sync(dsp), 0);
		TK_EQ(heard_from(from, 0, 0), 0);
		from = played();
		TK_EQ(tk_mixer_mute(0, controls[i], false), 0);
		write_frames(FRAMES);
		TK_EQ(tk_dsp_sync(dsp), 0);
		TK_EQ(heard_from(from, FULL / 2, FULL / 2), FRAMES);
	}
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_down();
}

TK_CASE(vtsnd_soft_volume_is_the_same_after_a_suspend)
{
	up();
	set(SOUND_MIXER_VOLUME, 100, 50);
	set(SOUND_MIXER_PCM, 50, 50);
	TK_EQ(tk_device_suspend(snd_bus), 0);
	TK_EQ(tk_device_resume(snd_bus), 0);
	play();
	heard(FULL / 2, FULL / 4);
	TK_EQ(tk_device_suspend(snd_bus), 0);
	set(SOUND_MIXER_PCM, 100, 100);
	TK_EQ(tk_device_resume(snd_bus), 0);
	open_cooked(TK_AFMT_S16_LE);
	write_frames(FRAMES);
	TK_EQ(tk_device_suspend(snd_bus), 0);
	TK_EQ(tk_device_resume(snd_bus), 0);
	TK_EQ(tk_dsp_close(dsp), 0);
	TK_CHECK(heard_from(FRAMES * 8, FULL, FULL / 2) > 0);
	snd_down();
}

TK_CASE(vtsnd_bitperfect_programs_are_as_loud_as_they_play)
{
	up();
	set(SOUND_MIXER_VOLUME, 0, 0);
	TK_EQ(tk_dsp_open(-1, false, false, &dsp), 0);
	TK_EQ(tk_dsp_setup(dsp, TK_AFMT_S16_LE, 2, 48000, 0, 0), 0);
	write_frames(FRAMES);
	TK_EQ(tk_dsp_close(dsp), 0);
	heard(FULL, FULL);
	snd_down();
}

/* There is nothing that a volume of playback could be applied to. */
TK_CASE(vtsnd_card_that_only_records_has_no_volume_of_playback)
{
	struct model_snd_config config;
	struct tk_mixer_info info;

	model_snd_config_qemu(&config);
	config.stream[0] = config.stream[1];
	config.nstreams = 1;
	snd_up(&config);
	TK_EQ(tk_mixer_getinfo(0, &info), 0);
	TK_EQ(info.controls, TK_MIXER_TONE);
	snd_down();
}

/*
 * Controls of the device
 */

TK_CASE(vtsnd_volume_of_the_device_is_asked_for_and_samples_stay)
{
	struct tk_mixer_info info;

	up_with(&volume, 1);
	TK_EQ(tk_mixer_getinfo(0, &info), 0);
	TK_EQ(info.controls, SOUND_MASK_VOLUME | TK_MIXER_TONE);
	set(SOUND_MIXER_VOLUME, 30, 60);
	TK_EQ(model_snd_ctl_get(snd_model, 0, 0), 30);
	TK_EQ(model_snd_ctl_get(snd_model, 0, 1), 60);
	play();
	heard(FULL, FULL);
	set(SOUND_MIXER_VOLUME, 0, 0);
	TK_EQ(model_snd_ctl_get(snd_model, 0, 0), 0);
	play();
	TK_EQ(heard_from(0, FULL, FULL), 2 * FRAMES);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_VOLUME, true), 0);
	snd_settle();
	play();
	TK_EQ(heard_from(0, FULL, FULL), 3 * FRAMES);
	snd_down();
}

/* The switch is the device's, the level is sound(4)'s. */
TK_CASE(vtsnd_switch_of_the_device_stands_beside_soft_volume)
{
	struct tk_mixer_info info;

	up_with(&master_switch, 1);
	TK_EQ(tk_mixer_getinfo(0, &info), 0);
	TK_EQ(info.controls, SOUND_MASK_VOLUME | SOUND_MASK_PCM |
	    TK_MIXER_TONE);
	TK_EQ(model_snd_ctl_get(snd_model, 0, 0), 1);
	set(SOUND_MIXER_PCM, 100, 100);
	set(SOUND_MIXER_VOLUME, 25, 50);
	TK_EQ(model_snd_ctl_get(snd_model, 0, 0), 1);
	play();
	heard(FULL / 4, FULL / 2);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_VOLUME, true), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, 0, 0), 0);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_VOLUME, false), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, 0, 0), 1);
	snd_down();
}

/* sound(4) would never turn a switch of pcm on, where it applies pcm itself. */
TK_CASE(vtsnd_switch_of_pcm_is_the_volume_s_without_a_volume)
{
	up_with(&pcm_switch, 1);
	TK_EQ(model_snd_ctl_get(snd_model, 0, 0), 1);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_VOLUME, true), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, 0, 0), 0);
	snd_down();
}

TK_CASE(vtsnd_second_switch_of_playback_is_sysctl_s_alone)
{
	struct model_snd_ctl_config both[] = { pcm_switch, master_switch };

	both[0].value = 1;
	up_with(both, 2);
	TK_EQ(model_snd_ctl_get(snd_model, 1, 0), 1);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_VOLUME, true), 0);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_PCM, true), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, 1, 0), 0);
	TK_EQ(model_snd_ctl_get(snd_model, 0, 0), 1);
	TK_EQ(tk_device_suspend(snd_bus), 0);
	TK_EQ(tk_device_resume(snd_bus), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, 0, 0), 1);
	snd_down();
}

/*
 * Formats
 */

static const float full[] = { 1.0f, -1.0f };

static void
formats_are(uint64_t formats)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.stream[0].formats = formats;
	snd_up(&config);
	set(SOUND_MIXER_VOLUME, 100, 100);
	set(SOUND_MIXER_PCM, 100, 100);
}

/*
 * Play one frame repeatedly.  The device must get it in the format of that
 * code, as these bytes.
 */
static void
arrives(uint32_t afmt, const void *frame, size_t len, uint32_t code,
    const void *want, size_t wantlen)
{
	uint64_t end, off, found = 0;
	uint8_t *got;
	size_t i;

	for (i = 0; i < FRAMES; i++)
		memcpy(sound + i * len, frame, len);
	TK_EQ(tk_dsp_write(dsp, sound, FRAMES * len), FRAMES * len);
	TK_EQ(tk_dsp_close(dsp), 0);
	TK_EQ(model_snd_stream_stats(snd_model, 0).params.format, code);
	end = played();
	got = malloc(end + 1, M_TEMP, M_WAITOK);
	TK_EQ(model_snd_played(snd_model, 0, 0, got, end), end);
	for (off = 0; off + wantlen <= end; off += wantlen)
		found += memcmp(got + off, want, wantlen) == 0;
	TK_EQ(found, FRAMES);
	free(got, M_TEMP);
	snd_down();
}

static void
arrives_cooked(uint32_t afmt, const void *frame, size_t len, uint32_t code,
    const void *want, size_t wantlen)
{
	open_cooked(afmt);
	arrives(afmt, frame, len, code, want, wantlen);
}

#define	ALL_OF_QEMU							\
	(1ull << S8 | 1ull << U8 | 1ull << S16 | 1ull << 6 | 1ull << S32 | \
	1ull << 18 | 1ull << FLOAT)

/* QEMU makes -32768 of 1.0. */
TK_CASE(vtsnd_floats_of_full_scale_arrive_as_the_largest_integers)
{
	static const int32_t want[] = { INT32_MAX, INT32_MIN };

	formats_are(ALL_OF_QEMU);
	arrives_cooked(TK_AFMT_F32_LE, full, sizeof(full), S32, want,
	    sizeof(want));
}

/* QEMU makes -32768 of 0xff, and 256 of 0x80. */
TK_CASE(vtsnd_bytes_arrive_as_words)
{
	static const uint8_t bytes[] = { 0xff, 0x80 };
	static const int16_t want[] = { 0x7f00, 0 };

	formats_are(ALL_OF_QEMU);
	arrives_cooked(TK_AFMT_U8, bytes, sizeof(bytes), S16, want,
	    sizeof(want));
}

TK_CASE(vtsnd_floats_arrive_as_words_where_there_is_nothing_wider)
{
	static const int16_t want[] = { 0x7fff, -0x8000 };

	formats_are(1ull << S16 | 1ull << U8 | 1ull << FLOAT);
	arrives_cooked(TK_AFMT_F32_LE, full, sizeof(full), S16, want,
	    sizeof(want));
}

TK_CASE(vtsnd_floats_arrive_in_24_bits_where_there_are_not_32)
{
	static const uint8_t want[] = { 0xff, 0xff, 0x7f, 0, 0, 0x80 };

	formats_are(1ull << S16 | 1ull << S24 | 1ull << FLOAT);
	arrives_cooked(TK_AFMT_F32_LE, full, sizeof(full), S24, want,
	    sizeof(want));
}

TK_CASE(vtsnd_words_of_24_bits_arrive_in_32)
{
	static const uint8_t from[] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x86 };
	static const uint8_t want[] = { 0, 0x11, 0x22, 0x33, 0, 0x44, 0x55,
	    0x86 };

	formats_are(1ull << S16 | 1ull << S24 | 1ull << S32);
	arrives_cooked(TK_AFMT_S24_LE, from, sizeof(from), S32, want,
	    sizeof(want));
}

TK_CASE(vtsnd_device_without_integers_gets_what_it_has)
{
	formats_are(1ull << FLOAT);
	arrives_cooked(TK_AFMT_F32_LE, full, sizeof(full), FLOAT, full,
	    sizeof(full));
}

TK_CASE(vtsnd_bitperfect_programs_have_every_format_of_the_device)
{
	struct tk_dsp_info info;

	formats_are(ALL_OF_QEMU);
	TK_EQ(tk_dsp_open(-1, false, false, &dsp), 0);
	TK_EQ(tk_dsp_getinfo(dsp, &info), 0);
	TK_EQ(info.formats, TK_AFMT_S8 | TK_AFMT_U8 | TK_AFMT_S16_LE |
	    TK_AFMT_U16_LE | TK_AFMT_S32_LE | TK_AFMT_U32_LE |
	    TK_AFMT_F32_LE);
	TK_EQ(tk_dsp_setup(dsp, TK_AFMT_F32_LE, 2, 48000, 0, 0), 0);
	arrives(TK_AFMT_F32_LE, full, sizeof(full), FLOAT, full,
	    sizeof(full));
}
