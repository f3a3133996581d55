/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: the position at which each channel is
 * played.
 *
 * A program that lets sound(4) reorder writes frames in sound(4)'s usual order:
 * front left, front right, back left, back right, centre, low frequency.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>
#include <sys/malloc.h>
#include <sys/soundcard.h>

#include "snd_rig.h"
#include "tk_dsp.h"
#include "tk_test.h"
#include "virtio_snd/virtio_snd_reg.h"

#define	FRAMES		4800
#define	MAXCHANNELS	8
#define	PLAY		0
#define	RECORD		1

/* The sample that a program writes to each channel of a frame. */
enum {
	FL = 101, FR, BL, BR, FC, LF
};

static uint8_t samples[FRAMES * MAXCHANNELS * 2];

/* A device of up to 8 channels each way, without maps. */
static void
many_channels(struct model_snd_config *config)
{
	model_snd_config_qemu(config);
	config->no_info = false;
	config->stream[PLAY].channels_max = MAXCHANNELS;
	config->stream[RECORD].channels_max = MAXCHANNELS;
}

static void
add_map(struct model_snd_config *config, uint32_t nid, bool input,
    const uint8_t *positions, uint8_t channels)
{
	struct model_snd_chmap_config *map = &config->chmap[config->nchmaps++];

	map->hda_fn_nid = nid;
	map->input = input;
	map->channels = channels;
	memcpy(map->positions, positions, channels);
}

static void
fill(uint32_t channels)
{
	uint32_t i;

	for (i = 0; i < FRAMES * channels; i++)
		le16enc(samples + 2 * i, (uint16_t)(FL + i % channels));
}

static struct tk_dsp *
open_dsp(bool record, bool reorder, uint32_t channels)
{
	struct tk_dsp *dsp;

	/* At full volume nothing but the order is changed. */
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 100, 100), 0);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_PCM, 100, 100), 0);
	TK_EQ(tk_dsp_open(-1, record, false, &dsp), 0);
	if (reorder)
		TK_EQ(tk_dsp_cooked(dsp), 0);
	TK_EQ(tk_dsp_setup(dsp, TK_AFMT_S16_LE, channels, 48000, 0, 0), 0);
	return (dsp);
}

/* Play frames of FL, FR, ... */
static void
play(bool reorder, uint32_t channels)
{
	struct tk_dsp *dsp = open_dsp(false, reorder, channels);
	size_t len = FRAMES * channels * 2;

	fill(channels);
	TK_EQ(tk_dsp_write(dsp, samples, len), len);
	TK_EQ(tk_dsp_close(dsp), 0);
}

/* Play frames of which only FL and FR sound: the test kernel mixes nothing. */
static void
play_front(uint32_t channels)
{
	struct tk_dsp *dsp = open_dsp(false, true, channels);
	size_t len = FRAMES * channels * 2;
	uint32_t i;

	memset(samples, 0, sizeof(samples));
	for (i = 0; i < FRAMES * channels; i += channels) {
		le16enc(samples + 2 * i, FL);
		le16enc(samples + 2 * i + 2, FR);
	}
	TK_EQ(tk_dsp_write(dsp, samples, len), len);
	TK_EQ(tk_dsp_close(dsp), 0);
}

static bool
is_frame(const uint8_t *frame, const int *want, uint32_t channels)
{
	uint32_t i;

	for (i = 0; i < channels; i++)
		if (le16dec(frame + 2 * i) != want[i])
			return (false);
	return (true);
}

/*
 * Check that all that the device played, except silence, are frames like want.
 */
static void
heard(const int *want, uint32_t channels)
{
	static const int silence[MAXCHANNELS];
	uint64_t end, off, found = 0;
	uint8_t *played;

	end = model_snd_stream_stats(snd_model, PLAY).played;
	played = malloc(end + 1, M_TEMP, M_WAITOK);
	TK_EQ(model_snd_played(snd_model, PLAY, 0, played, end), end);
	for (off = 0; off + 2 * channels <= end; off += 2 * channels) {
		if (is_frame(played + off, silence, channels))
			continue;
		TK_CHECK(is_frame(played + off, want, channels));
		found++;
	}
	TK_EQ(found, FRAMES);
	free(played, M_TEMP);
}

static const uint8_t wave_order[] = {
	VTSND_CHMAP_FL, VTSND_CHMAP_FR, VTSND_CHMAP_FC, VTSND_CHMAP_LFE,
	VTSND_CHMAP_RL, VTSND_CHMAP_RR
};

TK_CASE(vtsnd_plays_six_channels_in_the_order_of_the_device)
{
	static const int want[] = { FL, FR, FC, LF, BL, BR };
	struct model_snd_config config;

	many_channels(&config);
	add_map(&config, 0, false, wave_order, 6);
	snd_up(&config);
	play(true, 6);
	heard(want, 6);
	snd_down();
}

TK_CASE(vtsnd_plays_the_channels_of_a_program_in_bitperfect_mode_as_they_are)
{
	static const int want[] = { FL, FR, BL, BR, FC, LF };
	struct model_snd_config config;

	many_channels(&config);
	add_map(&config, 0, false, wave_order, 6);
	snd_up(&config);
	play(false, 6);
	heard(want, 6);
	snd_down();
}

TK_CASE(vtsnd_plays_in_the_usual_order_without_a_map)
{
	static const int want[] = { FL, FR, BL, BR, FC, LF };
	struct model_snd_config config;

	many_channels(&config);
	snd_up(&config);
	play(true, 6);
	heard(want, 6);
	snd_down();
}

TK_CASE(vtsnd_uses_the_first_map_of_the_stream_s_direction_and_group)
{
	static const uint8_t straight[] = { VTSND_CHMAP_FL, VTSND_CHMAP_FR };
	static const uint8_t crossed[] = { VTSND_CHMAP_FR, VTSND_CHMAP_FL };
	static const int want[] = { FR, FL };
	struct model_snd_config config;

	many_channels(&config);
	config.stream[PLAY].hda_fn_nid = 5;
	add_map(&config, 4, false, straight, 2);
	add_map(&config, 5, true, straight, 2);
	add_map(&config, 5, false, wave_order, 6);
	add_map(&config, 5, false, crossed, 2);
	add_map(&config, 5, false, straight, 2);
	snd_up(&config);
	play(true, 2);
	heard(want, 2);
	snd_down();
}

TK_CASE(vtsnd_ignores_maps_of_other_groups)
{
	static const uint8_t crossed[] = { VTSND_CHMAP_FR, VTSND_CHMAP_FL };
	static const int want[] = { FL, FR };
	struct model_snd_config config;

	many_channels(&config);
	add_map(&config, 1, false, crossed, 2);
	add_map(&config, 0, true, crossed, 2);
	snd_up(&config);
	play(true, 2);
	heard(want, 2);
	snd_down();
}

TK_CASE(vtsnd_leaves_positions_that_sound_does_not_know_silent)
{
	static const uint8_t odd[] = { VTSND_CHMAP_FL, 30, VTSND_CHMAP_FR,
	    VTSND_CHMAP_NA };
	static const int want[] = { FL, 0, FR, 0 };
	struct model_snd_config config;

	many_channels(&config);
	add_map(&config, 0, false, odd, 4);
	snd_up(&config);
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: channel map 0: sound(4) has no "
	    "position 30: silent\n") != NULL);
	play_front(4);
	heard(want, 4);
	snd_down();
}

/*
 * A silent channel uses the last type that sound(4) has.  In this case that
 * type is in use.
 */
TK_CASE(vtsnd_leaves_positions_that_a_program_does_not_play_silent)
{
	static const uint8_t odd[] = { VTSND_CHMAP_TRR, VTSND_CHMAP_FL,
	    VTSND_CHMAP_NA, VTSND_CHMAP_FR };
	static const int want[] = { 0, FL, 0, FR };
	struct model_snd_config config;

	many_channels(&config);
	add_map(&config, 0, false, odd, 4);
	snd_up(&config);
	play_front(4);
	heard(want, 4);
	snd_down();
}

TK_CASE(vtsnd_plays_one_channel_wherever_it_is)
{
	static const uint8_t mono[] = { VTSND_CHMAP_MONO };
	static const uint8_t low[] = { VTSND_CHMAP_LFE };
	static const int want[] = { FL };
	struct model_snd_config config;

	many_channels(&config);
	add_map(&config, 0, false, mono, 1);
	add_map(&config, 0, true, low, 1);
	snd_up(&config);
	play(true, 1);
	heard(want, 1);
	snd_down();
}

/* Frames with the samples that the device has at each position. */
static size_t
wave_source(void *arg __unused, uint32_t stream __unused, uint64_t off,
    void *buf, size_t len)
{
	static const uint8_t frame[] = { FL, FR, FC, LF, BL, BR };
	uint8_t *to = buf;
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = (off + i) % 2 == 0 ? frame[(off + i) / 2 % 6] : 0;
	return (len);
}

TK_CASE(vtsnd_records_six_channels_in_the_usual_order)
{
	static const int want[] = { FL, FR, BL, BR, FC, LF };
	struct model_snd_config config;
	struct tk_dsp *dsp;
	size_t i, len = FRAMES * 6 * 2;

	many_channels(&config);
	add_map(&config, 0, true, wave_order, 6);
	snd_up(&config);
	model_snd_capture_from(snd_model, RECORD, wave_source, NULL);
	dsp = open_dsp(true, true, 6);
	TK_EQ(tk_dsp_read(dsp, samples, len), len);
	for (i = 0; i < FRAMES; i++)
		TK_CHECK(is_frame(samples + i * 12, want, 6));
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_down();
}

/* QEMU counts maps, and answers NOT_SUPP. */
TK_CASE(vtsnd_does_without_maps_that_the_device_does_not_describe)
{
	static const int want[] = { FL, FR };
	struct model_snd_config config;

	many_channels(&config);
	config.no_info = true;
	add_map(&config, 0, false, wave_order, 6);
	add_map(&config, 0, true, wave_order, 6);
	snd_up(&config);
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: channel map 0: CHMAP_INFO failed: "
	    "EOPNOTSUPP: no channel maps\n") != NULL);
	TK_CHECK(strstr(tk_msgbuf(), "channel map 1") == NULL);
	play(true, 2);
	heard(want, 2);
	snd_down();
}

static const struct {
	const char	*fault;
	const char	*says;
} faults[] = {
	{ "chmaps-huge",
	    "pcm0: the device claims 4294967295 channel maps: not believed\n" },
	{ "chmap-channels-huge",
	    "pcm0: channel map 0: impossible number of channels: not used\n" },
	{ "chmap-position-unknown",
	    "pcm0: channel map 0: an order that sound(4) has no map for: "
	    "not used\n" },
	{ "chmap-direction-unknown",
	    "pcm0: channel map 0: unknown direction: not used\n" },
	{ "chmap-not-supp", "no channel maps\n" },
};

TK_CASE(vtsnd_does_without_maps_that_cannot_be)
{
	static const int want[] = { FL, FR, BL, BR, FC, LF };
	struct model_snd_config config;
	size_t i;

	many_channels(&config);
	add_map(&config, 0, false, wave_order, 6);
	for (i = 0; i < nitems(faults); i++) {
		snd_make(&config);
		model_snd_fault(snd_model, faults[i].fault, MODEL_SND_ALWAYS);
		(void)snd_attach();
		TK_CHECK(snd_bus != NULL);
		TK_CHECK(strstr(tk_msgbuf(), faults[i].says) != NULL);
		play(true, 6);
		heard(want, 6);
		snd_down();
	}
}

/*
 * sound(4) has no format for nine channels, or for one of two that is low
 * frequency.
 */
TK_CASE(vtsnd_does_without_maps_that_sound_cannot_use)
{
	static const uint8_t nine[] = { VTSND_CHMAP_FL, VTSND_CHMAP_FR,
	    VTSND_CHMAP_FC, VTSND_CHMAP_LFE, VTSND_CHMAP_RL, VTSND_CHMAP_RR,
	    VTSND_CHMAP_SL, VTSND_CHMAP_SR, VTSND_CHMAP_RC };
	static const uint8_t low[] = { VTSND_CHMAP_FC, VTSND_CHMAP_LFE };
	struct model_snd_config config;

	many_channels(&config);
	add_map(&config, 0, false, nine, 9);
	add_map(&config, 0, false, low, 2);
	snd_up(&config);
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: channel map 0: more channels than "
	    "sound(4) has: not used\n") != NULL);
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: channel map 1: an order that "
	    "sound(4) has no map for: not used\n") != NULL);
	play(true, 2);
	snd_down();
}
