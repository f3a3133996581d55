/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: control elements, as mixer(8) and
 * sysctl(8) see them.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/endian.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/soundcard.h>
#include <sys/sysctl.h>

#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"
#include "virtio_snd/virtio_snd_reg.h"

#define	MS		1000000LL
#define	RW		(MODEL_SND_CTL_READ | MODEL_SND_CTL_WRITE)

/* The elements of the device, by their numbers. */
enum {
	VOLUME, MUTE, CAPTURE, SOURCE, SWITCHES, TONE, SERIAL, MODE, BLOB,
	DIGITAL, SECRET, NCTLS
};

static const char *const sources[] = { "Line In", "Mic", "Stereo Mix" };
static const char *const modes[] = { "Off", "Warm", "Very Bright" };

/* Half a dB a step, from -43.5 dB on. */
static const uint32_t decibels[] = { VTSND_TLV_DB_SCALE, 8, -4350, 50 };

static const struct model_snd_ctl_config elements[NCTLS] = {
	[VOLUME] = { .role = 2, .type = MODEL_SND_CTL_INTEGER,
	    .access = RW | MODEL_SND_CTL_TLV_READ, .count = 2,
	    .name = "Master Playback Volume", .max = 87, .step = 1,
	    .tlv = decibels, .tlv_bytes = sizeof(decibels), .value = 10 },
	[MUTE] = { .role = 4, .type = MODEL_SND_CTL_BOOLEAN, .access = RW,
	    .count = 1, .name = "Master Playback Mute", .value = 1 },
	[CAPTURE] = { .role = 3, .type = MODEL_SND_CTL_INTEGER64, .access = RW,
	    .count = 1, .name = "Capture Volume", .min = -20, .max = 30,
	    .step = 10 },
	[SOURCE] = { .type = MODEL_SND_CTL_ENUMERATED, .access = RW,
	    .count = 1, .name = "Capture Source", .items = sources,
	    .nitems = nitems(sources) },
	[SWITCHES] = { .type = MODEL_SND_CTL_BOOLEAN, .access = RW,
	    .count = 2, .name = "Loudness" },
	[TONE] = { .type = MODEL_SND_CTL_INTEGER,
	    .access = RW | MODEL_SND_CTL_TLV_READ | MODEL_SND_CTL_TLV_WRITE,
	    .count = 3, .index = 1, .name = "Tone (Graphic)", .min = -20,
	    .max = 20, .step = 4, .tlv = decibels,
	    .tlv_bytes = sizeof(decibels) },
	[SERIAL] = { .type = MODEL_SND_CTL_INTEGER64,
	    .access = MODEL_SND_CTL_READ, .count = 1, .name = "Serial",
	    .min = INT64_MIN, .max = INT64_MAX, .value = -5000000000 },
	[MODE] = { .type = MODEL_SND_CTL_ENUMERATED, .access = RW,
	    .count = 2, .name = "Mode", .items = modes,
	    .nitems = nitems(modes), .value = 1 },
	[BLOB] = { .type = MODEL_SND_CTL_BYTES, .access = RW, .count = 4,
	    .name = "Blob", .value = 7 },
	[DIGITAL] = { .type = MODEL_SND_CTL_IEC958, .access = RW, .count = 1,
	    .name = "IEC958 Playback Default", .value = 4 },
	[SECRET] = { .type = MODEL_SND_CTL_INTEGER,
	    .access = MODEL_SND_CTL_WRITE | MODEL_SND_CTL_TLV_COMMAND,
	    .count = 1, .name = "Secret", .max = 9 },
};

static void
configure(struct model_snd_config *config)
{
	model_snd_config_qemu(config);
	config->features |= MODEL_SND_F_CTLS;
	config->nctls = NCTLS;
	memcpy(config->ctl, elements, sizeof(elements));
}

static void
up_with(const struct model_snd_config *config)
{
	snd_up(config);
	snd_settle();
}

static void
up(void)
{
	struct model_snd_config config;

	configure(&config);
	up_with(&config);
}

static void
level_is(unsigned control, unsigned left, unsigned right)
{
	unsigned l, r;

	TK_EQ(tk_mixer_get(0, control, &l, &r), 0);
	TK_EQ(l, left);
	TK_EQ(r, right);
}

static void
muted_is(unsigned control, bool want)
{
	bool muted;

	TK_EQ(tk_mixer_muted(0, control, &muted), 0);
	TK_EQ(muted, want);
}

static uint32_t
recsrc(void)
{
	struct tk_mixer_info info;

	TK_EQ(tk_mixer_getinfo(0, &info), 0);
	return (info.recsrc);
}

static int
get(const char *name, void *value, size_t *len)
{
	return (kernel_sysctlbyname(curthread, __DECONST(char *, name), value,
	    len, NULL, 0, NULL, 0));
}

static int
set(const char *name, const void *value, size_t len)
{
	return (kernel_sysctlbyname(curthread, __DECONST(char *, name), NULL,
	    NULL, __DECONST(void *, value), len, NULL, 0));
}

static void
bytes_are(const char *name, const void *want, size_t size)
{
	uint8_t value[256];
	size_t len = sizeof(value);

	TK_EQ(get(name, value, &len), 0);
	TK_EQ(len, size);
	TK_EQ(memcmp(value, want, size), 0);
}

static void
text_is(const char *name, const char *want)
{
	bytes_are(name, want, strlen(want) + 1);
}

static int
set_text(const char *name, const char *text)
{
	return (set(name, text, strlen(text)));
}

/*
 * Levels
 */

TK_CASE(vtsnd_mixer_has_what_the_device_can_set)
{
	struct tk_mixer_info info;

	up();
	TK_EQ(tk_mixer_getinfo(0, &info), 0);
	TK_EQ(info.controls, TK_MIXER_TONE | SOUND_MASK_VOLUME |
	    SOUND_MASK_RECLEV |
	    SOUND_MASK_LINE | SOUND_MASK_MIC | SOUND_MASK_IMIX);
	TK_EQ(info.sources, SOUND_MASK_LINE | SOUND_MASK_MIC |
	    SOUND_MASK_IMIX);
	snd_down();
}

TK_CASE(vtsnd_mixer_begins_at_sound_s_levels)
{
	TK_EQ(kern_setenv("hint.pcm.0.rec", "60"), 0);
	up();
	level_is(SOUND_MIXER_VOLUME, 75, 75);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 65);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 1), 65);
	TK_EQ(model_snd_ctl_get(snd_model, MUTE, 0), 0);
	TK_EQ(model_snd_ctl_get(snd_model, CAPTURE, 0), 10);
	TK_EQ(recsrc(), SOUND_MASK_MIC);
	TK_EQ(model_snd_ctl_get(snd_model, SOURCE, 0), 1);
	TK_EQ(kern_unsetenv("hint.pcm.0.rec"), 0);
	snd_down();
}

TK_CASE(vtsnd_mixer_sets_left_and_right)
{
	up();
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 0, 100), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 0);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 1), 87);
	/* With one value the level is between the two. */
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_RECLEV, 20, 60), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, CAPTURE, 0), 0);
	snd_down();
}

TK_CASE(vtsnd_mixer_rounds_levels_to_steps)
{
	up();
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_RECLEV, 49, 49), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, CAPTURE, 0), 0);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_RECLEV, 100, 100), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, CAPTURE, 0), 30);
	level_is(SOUND_MIXER_RECLEV, 100, 100);
	snd_down();
}

TK_CASE(vtsnd_mixer_mutes_by_the_device_s_switch)
{
	up();
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_VOLUME, true), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, MUTE, 0), 1);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 65);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 100, 100), 0);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_VOLUME, false), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, MUTE, 0), 0);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 87);
	snd_down();
}

TK_CASE(vtsnd_mixer_mutes_by_the_level_without_a_switch)
{
	up();
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_RECLEV, true), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, CAPTURE, 0), -20);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_RECLEV, false), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, CAPTURE, 0), 20);
	snd_down();
}

/* ALSA's switches are 1 when something is heard. */
TK_CASE(vtsnd_mixer_knows_a_switch_from_a_mute)
{
	struct model_snd_config config;

	configure(&config);
	config.ctl[MUTE].name = "Master Playback Switch";
	config.ctl[MUTE].value = 0;
	up_with(&config);
	TK_EQ(model_snd_ctl_get(snd_model, MUTE, 0), 1);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_VOLUME, true), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, MUTE, 0), 0);
	TK_CHECK(model_snd_ctl_set(snd_model, MUTE, 0, 1));
	snd_settle();
	muted_is(SOUND_MIXER_VOLUME, false);
	snd_down();
}

/* There are devices that leave the direction out of the role. */
TK_CASE(vtsnd_mixer_knows_roles_without_a_direction)
{
	struct model_snd_config config;

	configure(&config);
	config.ctl[VOLUME].role = 1;
	config.ctl[MUTE].role = 2;
	config.ctl[CAPTURE].role = 1;
	up_with(&config);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 65);
	TK_EQ(model_snd_ctl_get(snd_model, MUTE, 0), 0);
	TK_EQ(model_snd_ctl_get(snd_model, CAPTURE, 0), 20);
	snd_down();
}

TK_CASE(vtsnd_mixer_has_gains_beside_volumes)
{
	struct tk_mixer_info info;
	struct model_snd_config config;

	configure(&config);
	config.ctl[VOLUME].role = VTSND_CTL_ROLE_GAIN << 1;
	config.ctl[CAPTURE].role = VTSND_CTL_ROLE_GAIN << 1 | 1;
	up_with(&config);
	TK_EQ(tk_mixer_getinfo(0, &info), 0);
	TK_CHECK((info.controls & SOUND_MASK_OGAIN) != 0);
	TK_CHECK((info.controls & SOUND_MASK_IGAIN) != 0);
	TK_CHECK((info.controls & SOUND_MASK_RECLEV) == 0);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_OGAIN, 100, 0), 0);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_IGAIN, 0, 0), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 87);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 1), 0);
	TK_EQ(model_snd_ctl_get(snd_model, CAPTURE, 0), -20);
	snd_down();
}

TK_CASE(vtsnd_mixer_shows_levels_of_a_range_beyond_32_bits)
{
	struct model_snd_config config;

	configure(&config);
	config.ctl[CAPTURE].min = -(1LL << 40);
	config.ctl[CAPTURE].max = 1LL << 40;
	config.ctl[CAPTURE].step = 0;
	up_with(&config);
	TK_CHECK(model_snd_ctl_set(snd_model, CAPTURE, 0, 1LL << 39));
	snd_settle();
	level_is(SOUND_MIXER_RECLEV, 75, 75);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_RECLEV, 50, 50), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, CAPTURE, 0), 0);
	snd_down();
}

TK_CASE(vtsnd_mixer_calls_the_first_volume_the_volume)
{
	struct model_snd_config config;

	configure(&config);
	config.ctl[VOLUME].name = "Speaker Playback Volume";
	config.ctl[MUTE].name = "Speaker Playback Mute";
	up_with(&config);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 100, 100), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 87);
	snd_down();
}

/*
 * Changes by the device
 */

TK_CASE(vtsnd_mixer_shows_levels_that_the_device_changes)
{
	uint64_t writes;

	up();
	writes = model_snd_ctl_stats(snd_model, VOLUME).writes;
	TK_CHECK(model_snd_ctl_set(snd_model, VOLUME, 0, 20));
	snd_settle();
	level_is(SOUND_MIXER_VOLUME, 23, 75);
	/*
	 * 23 % is 20.01.  A value that the device itself reported is not sent
	 * back.
	 */
	TK_EQ(model_snd_ctl_stats(snd_model, VOLUME).writes, writes);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 20);
	TK_CHECK(model_snd_ctl_set(snd_model, MUTE, 0, 1));
	snd_settle();
	muted_is(SOUND_MIXER_VOLUME, true);
	level_is(SOUND_MIXER_VOLUME, 23, 75);
	TK_CHECK(model_snd_ctl_set(snd_model, MUTE, 0, 0));
	snd_settle();
	muted_is(SOUND_MIXER_VOLUME, false);
	level_is(SOUND_MIXER_VOLUME, 23, 75);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 20);
	snd_down();
}

/*
 * Several values have one level.  A value that has the wanted level is not
 * replaced by another.
 */
TK_CASE(vtsnd_mixer_leaves_values_that_have_the_level_wanted)
{
	struct model_snd_config config;

	configure(&config);
	config.ctl[VOLUME].max = 65535;
	up_with(&config);
	TK_CHECK(model_snd_ctl_set(snd_model, VOLUME, 0, 32800));
	TK_CHECK(model_snd_ctl_set(snd_model, VOLUME, 1, 100));
	snd_settle();
	level_is(SOUND_MIXER_VOLUME, 50, 0);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 50, 20), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 32800);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 1), 13107);
	snd_down();
}

TK_CASE(vtsnd_mixer_chooses_what_is_recorded)
{
	up();
	TK_EQ(tk_mixer_setrecsrc(0, SOUND_MASK_LINE), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, SOURCE, 0), 0);
	TK_CHECK(model_snd_ctl_set(snd_model, SOURCE, 0, 2));
	snd_settle();
	TK_EQ(recsrc(), SOUND_MASK_IMIX);
	TK_EQ(model_snd_ctl_get(snd_model, SOURCE, 0), 2);
	snd_down();
}

/* sound(4) has no source called "Front"; "Microphone" is the first "Mic". */
TK_CASE(vtsnd_mixer_leaves_out_sources_that_it_has_no_name_for)
{
	static const char *const items[] = { "Front", "Mic", "Microphone" };
	struct tk_mixer_info info;
	struct model_snd_config config;

	configure(&config);
	config.ctl[SOURCE].items = items;
	up_with(&config);
	TK_EQ(tk_mixer_getinfo(0, &info), 0);
	TK_EQ(info.sources, SOUND_MASK_MIC);
	TK_EQ(model_snd_ctl_get(snd_model, SOURCE, 0), 1);
	TK_CHECK(model_snd_ctl_set(snd_model, SOURCE, 0, 0));
	snd_settle();
	TK_EQ(recsrc(), SOUND_MASK_MIC);
	snd_down();
}

TK_CASE(vtsnd_mixer_does_not_ask_for_a_source_that_cannot_be_read)
{
	struct model_snd_config config;

	configure(&config);
	config.ctl[SOURCE].access = MODEL_SND_CTL_WRITE;
	up_with(&config);
	TK_EQ(set_text("dev.pcm.0.ctl.capture_source.value", "Line In"), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, SOURCE, 0), 0);
	TK_EQ(model_snd_ctl_stats(snd_model, SOURCE).reads, 0);
	TK_EQ(recsrc(), SOUND_MASK_MIC);
	snd_down();
}

TK_CASE(vtsnd_counts_events_of_controls_that_do_not_exist)
{
	uint64_t unknown = 0, seen = 0;
	size_t len = sizeof(uint64_t);

	up();
	TK_CHECK(model_snd_ctl_event(snd_model, NCTLS, 1));
	TK_CHECK(model_snd_ctl_event(snd_model, VOLUME, 2));
	TK_CHECK(model_snd_ctl_event(snd_model, TONE, 7));
	snd_settle();
	TK_EQ(get("dev.pcm.0.events.unknown", &unknown, &len), 0);
	TK_EQ(get("dev.pcm.0.events.control", &seen, &len), 0);
	TK_EQ(unknown, 1);
	TK_EQ(seen, 2);
	snd_down();
}

/*
 * Errors
 */

TK_CASE(vtsnd_mixer_goes_back_to_what_the_device_has)
{
	up();
	model_snd_fail(snd_model, VTSND_R_CTL_WRITE, VTSND_S_IO_ERR, 1);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 10, 10), 0);
	snd_settle();
	TK_CHECK(printed("pcm0: control 0: cannot be set: EIO\n"));
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 65);
	level_is(SOUND_MIXER_VOLUME, 75, 75);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 10, 10), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 9);
	snd_down();
}

TK_CASE(vtsnd_mixer_does_not_wait_for_the_device)
{
	int64_t start;

	up();
	model_snd_hold(snd_model, MODEL_SND_VQ_CTL, true);
	start = tk_now_ns();
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 10, 10), 0);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_VOLUME, true), 0);
	TK_CHECK(tk_now_ns() - start < MS);
	model_snd_hold(snd_model, MODEL_SND_VQ_CTL, false);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 9);
	TK_EQ(model_snd_ctl_get(snd_model, MUTE, 0), 1);
	snd_down();
}

/*
 * The first level takes effect late.  Nothing is sent before that.
 */
TK_CASE(vtsnd_mixer_sets_the_newest_levels_once_a_late_answer_came)
{
	up();
	model_snd_fault(snd_model, "answer-late", 1);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 10, 10), 0);
	snd_sleep_ns(2000 * MS);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 100, 0), 0);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_VOLUME, true), 0);
	TK_EQ(tk_mixer_setrecsrc(0, SOUND_MASK_LINE), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 65);
	snd_sleep_ns(MODEL_SND_LATE_NS);
	level_is(SOUND_MIXER_VOLUME, 100, 0);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 87);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 1), 0);
	TK_EQ(model_snd_ctl_get(snd_model, MUTE, 0), 1);
	TK_EQ(model_snd_ctl_get(snd_model, SOURCE, 0), 0);
	snd_down();
}

TK_CASE(vtsnd_mixer_shows_changes_of_a_device_that_answers_late)
{
	up();
	model_snd_fault(snd_model, "answer-late", 1);
	TK_CHECK(model_snd_ctl_set(snd_model, VOLUME, 0, 87));
	snd_sleep_ns(2000 * MS);
	TK_CHECK(model_snd_ctl_set(snd_model, SOURCE, 0, 0));
	snd_sleep_ns(MODEL_SND_LATE_NS);
	level_is(SOUND_MIXER_VOLUME, 100, 75);
	TK_EQ(recsrc(), SOUND_MASK_LINE);
	snd_down();
}

/* The device changes a level, and a program does before the driver knows. */
TK_CASE(vtsnd_mixer_keeps_a_level_that_is_set_while_it_asks)
{
	struct model_snd_config config;

	configure(&config);
	config.ctl_delay_ns = 5 * MS;
	up_with(&config);
	snd_sleep_ns(200 * MS);
	TK_CHECK(model_snd_ctl_set(snd_model, VOLUME, 0, 44));
	/* MUTE was read by then, and VOLUME was not. */
	snd_sleep_ns(8 * MS);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 100, 0), 0);
	snd_sleep_ns(100 * MS);
	level_is(SOUND_MIXER_VOLUME, 100, 0);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 87);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 1), 0);
	snd_down();
}

TK_CASE(vtsnd_detaches_while_a_level_is_being_set)
{
	int64_t start;

	up();
	model_snd_hold(snd_model, MODEL_SND_VQ_CTL, true);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 10, 10), 0);
	snd_settle();
	start = tk_now_ns();
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	TK_CHECK(tk_now_ns() - start < 500 * MS);
	model_snd_free(snd_model);
}

TK_CASE(vtsnd_remembers_levels_that_are_set_while_suspended)
{
	up();
	TK_EQ(tk_device_suspend(snd_bus), 0);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 100, 0), 0);
	snd_settle();
	TK_CHECK(!printed("cannot be set"));
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 65);
	TK_EQ(tk_device_resume(snd_bus), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 87);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 1), 0);
	level_is(SOUND_MIXER_VOLUME, 100, 0);
	snd_down();
}

/* The device answers nothing, then says that it needs a reset. */
TK_CASE(vtsnd_sets_everything_again_after_a_reset_that_the_device_needs)
{
	up();
	model_snd_needs_reset(snd_model);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 100, 0), 0);
	pause_sbt("test", nstosbt(3000 * MS), 0, 0);
	TK_CHECK(printed("the device needs a reset\n"));
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 87);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 1), 0);
	level_is(SOUND_MIXER_VOLUME, 100, 0);
	snd_down();
}

TK_CASE(vtsnd_detach_leaves_the_levels_of_the_device)
{
	up();
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 65);
	TK_EQ(model_snd_stats(snd_model).illegal, 0);
	model_snd_free(snd_model);
}

/*
 * After a reset
 */

/*
 * Change the values while the device is suspended, as if it had forgotten them.
 */
static void
forget(void)
{
	TK_EQ(tk_device_suspend(snd_bus), 0);
	(void)model_snd_ctl_set(snd_model, VOLUME, 0, 1);
	(void)model_snd_ctl_set(snd_model, MUTE, 0, 0);
	(void)model_snd_ctl_set(snd_model, SOURCE, 0, 2);
	(void)model_snd_ctl_set(snd_model, TONE, 1, 0);
	(void)model_snd_ctl_set(snd_model, MODE, 0, 0);
	TK_EQ(tk_device_resume(snd_bus), 0);
	snd_settle();
}

TK_CASE(vtsnd_sets_everything_again_after_resume)
{
	static const int tone[] = { 4, 8, -20 };

	up();
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 100, 50), 0);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_VOLUME, true), 0);
	TK_EQ(tk_mixer_setrecsrc(0, SOUND_MASK_LINE), 0);
	TK_EQ(set("dev.pcm.0.ctl.tone__graphic_1.value", tone, sizeof(tone)),
	    0);
	TK_EQ(set_text("dev.pcm.0.ctl.mode.value", "Warm,Off"), 0);
	snd_settle();
	forget();
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 87);
	TK_EQ(model_snd_ctl_get(snd_model, MUTE, 0), 1);
	TK_EQ(model_snd_ctl_get(snd_model, SOURCE, 0), 0);
	TK_EQ(model_snd_ctl_get(snd_model, TONE, 1), 8);
	TK_EQ(model_snd_ctl_get(snd_model, MODE, 0), 1);
	level_is(SOUND_MIXER_VOLUME, 100, 50);
	muted_is(SOUND_MIXER_VOLUME, true);
	forget();
	TK_EQ(model_snd_ctl_get(snd_model, TONE, 1), 8);
	snd_down();
}

TK_CASE(vtsnd_sets_everything_again_though_resume_gets_a_late_answer)
{
	static const int tone[] = { 4, 8, -20 };

	up();
	TK_EQ(set("dev.pcm.0.ctl.tone__graphic_1.value", tone, sizeof(tone)),
	    0);
	TK_EQ(set_text("dev.pcm.0.ctl.mode.value", "Warm,Off"), 0);
	snd_settle();
	model_snd_fault(snd_model, "answer-late", 1);
	forget();
	snd_sleep_ns(MODEL_SND_LATE_NS);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 65);
	TK_EQ(model_snd_ctl_get(snd_model, TONE, 1), 8);
	TK_EQ(model_snd_ctl_get(snd_model, MODE, 0), 1);
	snd_down();
}

TK_CASE(vtsnd_records_from_the_last_source_after_resume)
{

	up();
	TK_EQ(set_text("dev.pcm.0.ctl.capture_source.value", "Stereo Mix"), 0);
	snd_settle();
	TK_EQ(tk_mixer_setrecsrc(0, SOUND_MASK_LINE), 0);
	snd_settle();
	TK_EQ(model_snd_ctl_get(snd_model, SOURCE, 0), 0);
	forget();
	TK_EQ(model_snd_ctl_get(snd_model, SOURCE, 0), 0);
	TK_EQ(recsrc(), SOUND_MASK_LINE);
	snd_down();
}

/*
 * Sysctls
 */

TK_CASE(vtsnd_shows_elements_by_their_types)
{
	static const int volume[] = { 65, 65 };
	static const int flags[] = { 0, 0 };
	static const int64_t range[] = { -20, 20, 4 };
	static const int64_t serial = -5000000000;
	static const uint8_t blob[] = { 7, 7, 7, 7 };
	static const int db[] = { -4350, 0 };
	uint8_t status[24] = { 4 };

	up();
	bytes_are("dev.pcm.0.ctl.master_playback_volume.value", volume,
	    sizeof(volume));
	bytes_are("dev.pcm.0.ctl.master_playback_volume.decibels", db,
	    sizeof(db));
	bytes_are("dev.pcm.0.ctl.master_playback_volume.tlv", decibels,
	    sizeof(decibels));
	bytes_are("dev.pcm.0.ctl.loudness.value", flags, sizeof(flags));
	bytes_are("dev.pcm.0.ctl.tone__graphic_1.range", range,
	    sizeof(range));
	bytes_are("dev.pcm.0.ctl.serial.value", &serial, sizeof(serial));
	text_is("dev.pcm.0.ctl.capture_source.value", "Mic");
	text_is("dev.pcm.0.ctl.capture_source.items",
	    "Line In,Mic,Stereo Mix");
	text_is("dev.pcm.0.ctl.mode.value", "Warm,Warm");
	bytes_are("dev.pcm.0.ctl.blob.value", blob, sizeof(blob));
	bytes_are("dev.pcm.0.ctl.iec958_playback_default.value", status,
	    sizeof(status));
	bytes_are("dev.pcm.0.ctl.secret.value", "", 0);
	snd_down();
}

TK_CASE(vtsnd_shows_decibels_that_are_told_by_their_ends)
{
	static const uint32_t ends[] = { VTSND_TLV_DB_MINMAX, 8, -4350, 1200 };
	static const int db[] = { -4350, 1200 };
	struct model_snd_config config;

	configure(&config);
	config.ctl[VOLUME].tlv = ends;
	up_with(&config);
	bytes_are("dev.pcm.0.ctl.master_playback_volume.decibels", db,
	    sizeof(db));
	snd_down();
}

TK_CASE(vtsnd_sets_elements_by_their_types)
{
	static const int flags[] = { 0, 1 };
	static const int tone[] = { 20, -20, 0 };
	static const int64_t capture = -10;
	static const uint8_t blob[] = { 1, 0, 255, 128 };
	static const int secret = 9;

	up();
	TK_EQ(set("dev.pcm.0.ctl.loudness.value", flags, sizeof(flags)), 0);
	TK_EQ(model_snd_ctl_get(snd_model, SWITCHES, 0), 0);
	TK_EQ(model_snd_ctl_get(snd_model, SWITCHES, 1), 1);
	TK_EQ(set("dev.pcm.0.ctl.tone__graphic_1.value", tone, sizeof(tone)),
	    0);
	TK_EQ(model_snd_ctl_get(snd_model, TONE, 0), 20);
	TK_EQ(model_snd_ctl_get(snd_model, TONE, 1), -20);
	TK_EQ(set("dev.pcm.0.ctl.capture_volume.value", &capture,
	    sizeof(capture)), 0);
	TK_EQ(model_snd_ctl_get(snd_model, CAPTURE, 0), -10);
	TK_EQ(set_text("dev.pcm.0.ctl.mode.value", "Very Bright, Off"), 0);
	TK_EQ(model_snd_ctl_get(snd_model, MODE, 0), 2);
	TK_EQ(model_snd_ctl_get(snd_model, MODE, 1), 0);
	TK_EQ(set("dev.pcm.0.ctl.blob.value", blob, sizeof(blob)), 0);
	TK_EQ(model_snd_ctl_get(snd_model, BLOB, 2), 255);
	TK_EQ(set("dev.pcm.0.ctl.secret.value", &secret, sizeof(secret)), 0);
	TK_EQ(model_snd_ctl_get(snd_model, SECRET, 0), 9);
	snd_down();
}

TK_CASE(vtsnd_sets_no_element_to_what_it_cannot_be)
{
	static const int high[] = { 24, 0, 0 }, between[] = { 1, 0, 0 };
	static const int two[] = { 0, 2 };
	static const uint8_t blob[5];

	up();
	TK_EQ(set("dev.pcm.0.ctl.tone__graphic_1.value", high, sizeof(high)),
	    EINVAL);
	TK_EQ(set("dev.pcm.0.ctl.tone__graphic_1.value", between,
	    sizeof(between)), EINVAL);
	TK_EQ(set("dev.pcm.0.ctl.tone__graphic_1.value", between, 8), EINVAL);
	TK_EQ(set("dev.pcm.0.ctl.loudness.value", two, sizeof(two)), EINVAL);
	TK_EQ(set_text("dev.pcm.0.ctl.mode.value", "Warm"), EINVAL);
	TK_EQ(set_text("dev.pcm.0.ctl.mode.value", "Warm,Cold"), EINVAL);
	TK_EQ(set_text("dev.pcm.0.ctl.capture_source.value", ""), EINVAL);
	TK_EQ(set("dev.pcm.0.ctl.blob.value", blob, sizeof(blob)), EINVAL);
	TK_EQ(set("dev.pcm.0.ctl.serial.value", blob, 0), EPERM);
	TK_EQ(set("dev.pcm.0.ctl.iec958_playback_default.value", blob, 0),
	    EPERM);
	TK_EQ(model_snd_ctl_stats(snd_model, TONE).writes, 0);
	TK_EQ(model_snd_ctl_stats(snd_model, MODE).writes, 0);
	snd_down();
}

TK_CASE(vtsnd_mixer_shows_what_sysctl_sets)
{
	static const int volume[] = { 87, 0 };

	up();
	TK_EQ(set("dev.pcm.0.ctl.master_playback_volume.value", volume,
	    sizeof(volume)), 0);
	TK_EQ(set_text("dev.pcm.0.ctl.capture_source.value", "Stereo Mix"),
	    0);
	snd_settle();
	level_is(SOUND_MIXER_VOLUME, 100, 0);
	TK_EQ(recsrc(), SOUND_MASK_IMIX);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 87);
	snd_down();
}

TK_CASE(vtsnd_writes_metadata_where_the_device_takes_it)
{
	static const uint32_t tlv[] = { 77, 8, 1, 2 };
	uint32_t told[4];

	up();
	TK_EQ(set("dev.pcm.0.ctl.tone__graphic_1.tlv", tlv, sizeof(tlv)), 0);
	TK_EQ(model_snd_ctl_stats(snd_model, TONE).tlv_writes, 1);
	bytes_are("dev.pcm.0.ctl.tone__graphic_1.tlv", tlv, sizeof(tlv));
	bytes_are("dev.pcm.0.ctl.tone__graphic_1.decibels", "", 0);
	TK_EQ(set("dev.pcm.0.ctl.secret.tlv", tlv, sizeof(tlv)), 0);
	TK_EQ(model_snd_ctl_stats(snd_model, SECRET).tlv_commands, 1);
	TK_EQ(model_snd_ctl_tlv(snd_model, SECRET, told, sizeof(told)),
	    sizeof(told));
	TK_EQ(memcmp(told, tlv, sizeof(tlv)), 0);
	TK_EQ(set("dev.pcm.0.ctl.secret.tlv", tlv, 12), EINVAL);
	TK_EQ(set("dev.pcm.0.ctl.secret.tlv", tlv, 4), EINVAL);
	TK_EQ(set("dev.pcm.0.ctl.secret.tlv", tlv, 15), EINVAL);
	TK_EQ(set("dev.pcm.0.ctl.master_playback_volume.tlv", tlv, 16),
	    EPERM);
	snd_down();
}

TK_CASE(vtsnd_shows_elements_of_one_name_apart)
{
	struct model_snd_config config;
	static const int zero[3];

	configure(&config);
	config.ctl[SWITCHES].name = "Tone (Graphic)";
	config.ctl[SWITCHES].index = 1;
	config.ctl[BLOB].name = "tone_(graphic)1";
	up_with(&config);
	bytes_are("dev.pcm.0.ctl.tone__graphic_1.value", zero, 8);
	bytes_are("dev.pcm.0.ctl.tone__graphic_1__5.value", zero, 12);
	bytes_are("dev.pcm.0.ctl.tone__graphic_1__8.value", "\7\7\7\7", 4);
	snd_down();
}

/*
 * Devices
 */

TK_CASE(vtsnd_has_soft_volume_without_controls)
{
	struct tk_mixer_info info;
	struct model_snd_config config;

	configure(&config);
	config.features &= ~MODEL_SND_F_CTLS;
	up_with(&config);
	TK_EQ(tk_mixer_getinfo(0, &info), 0);
	TK_EQ(info.controls, SOUND_MASK_VOLUME | SOUND_MASK_PCM |
	    TK_MIXER_TONE);
	snd_down();
}

/* The only volume is one of capture, so sound(4) does playback's. */
TK_CASE(vtsnd_has_soft_volume_beside_controls_that_are_none_of_playback)
{
	struct tk_mixer_info info;
	struct model_snd_config config;

	configure(&config);
	config.ctl[VOLUME] = config.ctl[CAPTURE];
	config.nctls = 1;
	up_with(&config);
	TK_EQ(tk_mixer_getinfo(0, &info), 0);
	TK_EQ(info.controls, TK_MIXER_TONE | SOUND_MASK_RECLEV |
	    SOUND_MASK_VOLUME |
	    SOUND_MASK_PCM);
	snd_down();
}

/* The specification's records have no padding, Linux's have. */
TK_CASE(vtsnd_reads_records_of_elements_without_padding)
{
	static const int64_t range[] = { -20, 30, 10 };
	struct model_snd_config config;

	configure(&config);
	config.ctl_packed = true;
	up_with(&config);
	TK_CHECK(!printed("not used"));
	level_is(SOUND_MIXER_VOLUME, 75, 75);
	TK_EQ(model_snd_ctl_get(snd_model, VOLUME, 0), 65);
	bytes_are("dev.pcm.0.ctl.capture_volume.range", range, sizeof(range));
	text_is("dev.pcm.0.ctl.mode.items", "Off,Warm,Very Bright");
	snd_down();
}

static const struct {
	const char	*fault;
	const char	*says;
} faults[] = {
	{ "ctls-huge",
	    "pcm0: the device claims 4294967295 controls: not believed\n" },
	{ "ctl-not-supp", "pcm0: control 0: CTL_INFO failed: EOPNOTSUPP: "
	    "no controls\n" },
	{ "ctl-type-unknown", "pcm0: control 0: unknown type: not used\n" },
	{ "ctl-count-huge", "pcm0: control 0: impossible number of values: "
	    "not used\n" },
	{ "ctl-count-none", "pcm0: control 0: impossible number of values: "
	    "not used\n" },
	{ "ctl-name-endless", "pcm0: control 0: impossible name: not used\n" },
	{ "item-name-endless", "pcm0: control 3: impossible name of an item: "
	    "not used\n" },
	{ "ctl-items-huge", "pcm0: control 3: too many items to be believed: "
	    "not used\n" },
	{ "ctl-role-unknown", "" },
};

TK_CASE(vtsnd_does_without_elements_that_cannot_be)
{
	struct model_snd_config config;
	size_t i;

	configure(&config);
	for (i = 0; i < nitems(faults); i++) {
		snd_make(&config);
		model_snd_fault(snd_model, faults[i].fault, MODEL_SND_ALWAYS);
		(void)snd_attach();
		TK_CHECK(snd_bus != NULL);
		snd_settle();
		TK_CHECK(printed(faults[i].says));
		TK_CHECK(model_snd_faulted(snd_model, faults[i].fault) > 0);
		snd_down();
	}
}

TK_CASE(vtsnd_does_without_elements_that_it_cannot_show)
{
	struct model_snd_config config;

	configure(&config);
	config.ctl[SERIAL].name = "Ser\tial";
	snd_make(&config);
	model_snd_fail(snd_model, VTSND_R_CTL_ENUM_ITEMS, VTSND_S_IO_ERR, 1);
	TK_EQ(snd_attach(), 0);
	snd_settle();
	TK_CHECK(printed("pcm0: control 3: no names of its items: "
	    "not used\n"));
	TK_CHECK(printed("pcm0: control 6: impossible name: not used\n"));
	level_is(SOUND_MIXER_VOLUME, 75, 75);
	snd_down();
}

TK_CASE(vtsnd_believes_no_value_that_cannot_be)
{
	int value[3];
	size_t len = sizeof(value);

	up();
	model_snd_fault(snd_model, "ctl-value-garbage", MODEL_SND_ALWAYS);
	TK_EQ(get("dev.pcm.0.ctl.loudness.value", value, &len), EIO);
	TK_EQ(get("dev.pcm.0.ctl.mode.value", value, &len), EIO);
	TK_CHECK(printed("pcm0: control 4: cannot be read: EIO\n"));
	TK_CHECK(model_snd_ctl_set(snd_model, VOLUME, 0, 1));
	TK_CHECK(model_snd_ctl_set(snd_model, SOURCE, 0, 2));
	snd_settle();
	level_is(SOUND_MIXER_VOLUME, 75, 75);
	TK_EQ(recsrc(), SOUND_MASK_MIC);
	model_snd_fault(snd_model, "ctl-value-garbage", 0);
	model_snd_fault(snd_model, "tlv-length-huge", MODEL_SND_ALWAYS);
	TK_EQ(get("dev.pcm.0.ctl.tone__graphic_1.tlv", value, &len), EIO);
	len = sizeof(value);
	TK_EQ(get("dev.pcm.0.ctl.tone__graphic_1.decibels", value, &len), 0);
	TK_EQ(len, 0);
	snd_down();
}

TK_CASE(vtsnd_believes_no_value_that_is_not_all_there)
{
	static const char *const cut[] = { "answer-header-only",
	    "answer-empty", "answer-short" };
	int value[3];
	size_t i, len;

	up();
	for (i = 0; i < nitems(cut); i++) {
		model_snd_fault(snd_model, cut[i], 1);
		len = sizeof(value);
		TK_EQ(get("dev.pcm.0.ctl.tone__graphic_1.value", value, &len),
		    EIO);
	}
	len = sizeof(value);
	TK_EQ(get("dev.pcm.0.ctl.tone__graphic_1.value", value, &len), 0);
	snd_down();
}

TK_CASE(vtsnd_attach_with_controls_gives_everything_back_when_a_call_fails)
{
	static const char *const calls[] = { "mixer_init", "sysctl_add_oid",
	    "pcm_addchan", "pcm_register", "taskqueue_start_threads" };
	struct model_snd_config config;
	int nth;
	size_t i;

	configure(&config);
	for (i = 0; i < nitems(calls); i++) {
		for (nth = 1; nth < 200; nth++) {
			snd_make(&config);
			tk_fault_clear();
			tk_fault_set(calls[i], nth);
			(void)snd_attach();
			if (snd_bus != NULL)
				TK_EQ(tk_virtio_detach(snd_bus), 0);
			model_snd_free(snd_model);
			if (tk_fault_calls(calls[i]) < nth)
				break;
		}
	}
	tk_fault_clear();
}
