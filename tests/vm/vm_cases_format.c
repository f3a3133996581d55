/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases: samples that sound(4) converts, directly and through virtual channels:
 * at full scale, and from a muted program.
 */

#include <sys/soundcard.h>

#include "card.h"
#include "init.h"
#include "noise.h"
#include "vm_cases.h"

#define	FRAMES	12000
#define	QUIET	12000			/* frames of silence behind them */
#define	PART	500			/* frames of a write */

/* Set the mixer's control `which' (SOUND_MIXER_WRITE_*). */
static void
mixer_write(unsigned long which, int value)
{
	char path[32];
	int fd;

	fd = os_open_read(os_format(path, sizeof(path), "/dev/mixer%d",
	    card_unit()));
	CASE_CHECK(fd >= 0);
	CASE_EQ(os_ioctl(fd, which, &value), 0);
	card_close(fd);
}

/* Let sound(4) convert, with virtual channels or without, at full volume. */
static void
convert(bool vchans)
{
	card_set("bitperfect", 0);
	card_set("play.vchans", vchans);
	mixer_write(SOUND_MIXER_WRITE_VOLUME, 100 | 100 << 8);
	mixer_write(SOUND_MIXER_WRITE_PCM, 100 | 100 << 8);
}

/* Write one frame over and over. */
static void
write_frames(int fd, const void *frame, size_t len, unsigned count)
{
	static uint8_t part[PART * 8];
	unsigned i;

	for (i = 0; i < PART; i++)
		memcpy(part + i * len, frame, len);
	for (i = 0; i < count; i += PART)
		CASE_EQ(os_write(fd, part, PART * len), (long)(PART * len));
}

/* Play one frame over and over.  wav.py knows what is heard of `how'. */
static void
play_full_scale(const struct card_sound *sound, const void *frame,
    const void *silence, const char *how)
{
	int fd, vchans;

	for (vchans = 0; vchans < 2; vchans++) {
		convert(vchans);
		fd = card_open();
		card_setup(fd, sound);
		write_frames(fd, frame, sound->frame, FRAMES);
		write_frames(fd, silence, sound->frame, QUIET);
		card_close(fd);
		init_say("PLAYED 0 %u %s", FRAMES * card_s16_48000.frame, how);
	}
}

/* QEMU's device turns 1.0 into -32768, so it must never get 1.0. */
void
floats_of_full_scale_do_not_wrap(void)
{
	static const struct card_sound sound = { AFMT_F32_LE, 2, 48000, 8 };
	static const float full[] = { 1.0f, -1.0f }, silence[2];

	play_full_scale(&sound, full, silence, "floats");
}

/* The same for 0xff. */
void
bytes_of_full_scale_do_not_wrap(void)
{
	static const struct card_sound sound = { AFMT_U8, 2, 48000, 2 };
	static const uint8_t full[] = { 0xff, 0x80 }, silence[] = { 0x80,
	    0x80 };

	play_full_scale(&sound, full, silence, "bytes");
}

/* Noise is heard, then nothing for as long, then noise again. */
static void
play_muted(unsigned long control)
{
	static const uint32_t silence;
	const size_t len = FRAMES * card_s16_48000.frame;
	int fd;

	fd = card_open();
	card_setup(fd, &card_s16_48000);
	card_write(fd, 271, len);
	card_sync(fd);
	mixer_write(SOUND_MIXER_WRITE_MUTE, 1 << control);
	card_write(fd, 272, len);
	card_sync(fd);
	mixer_write(SOUND_MIXER_WRITE_MUTE, 0);
	card_write(fd, 273, len);
	write_frames(fd, &silence, sizeof(silence), QUIET);
	card_close(fd);
	init_say("PLAYED 271 %lu gaps", (unsigned long)len);
	init_say("PLAYED 273 %lu gaps", (unsigned long)len);
}

void
mute_silences_what_plays(void)
{
	int vchans;

	for (vchans = 0; vchans < 2; vchans++) {
		convert(vchans);
		play_muted(SOUND_MIXER_VOLUME);
		play_muted(SOUND_MIXER_PCM);
	}
}

/* Left and right by themselves; a quarter is 64 of 256. */
void
volume_has_a_balance(void)
{
	static const uint32_t silence;
	const size_t len = FRAMES * card_s16_48000.frame;
	int fd;

	convert(true);
	mixer_write(SOUND_MIXER_WRITE_VOLUME, 50 | 100 << 8);
	mixer_write(SOUND_MIXER_WRITE_PCM, 50 | 50 << 8);
	fd = card_open();
	card_setup(fd, &card_s16_48000);
	card_write(fd, 274, len);
	write_frames(fd, &silence, sizeof(silence), QUIET);
	card_close(fd);
	init_say("PLAYED 274 %lu at64,128", (unsigned long)len);
}
