/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Cases: sounds that are played to their end. */

#include <sys/soundcard.h>
#include <sys/errno.h>

#include "card.h"
#include "cases.h"
#include "noise.h"

/* Play half a second of noise from seed, as it is. */
static void
play(const struct card_sound *sound, uint32_t seed)
{
	size_t len = sound->hz / 2 * sound->frame;
	int delay = -1, fd;

	card_direct();
	fd = card_open();
	card_setup(fd, sound);
	card_write(fd, seed, len);
	card_sync(fd);
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_GETODELAY, &delay), 0);
	CASE_EQ(delay, 0);
	card_close(fd);
	case_played(seed, len, HEARD_WHOLE);
}

void
plays_s16_stereo_48000(void)
{
	play(&card_s16_48000, 21);
}

void
plays_s16_stereo_44100(void)
{
	static const struct card_sound sound = {
		.format = AFMT_S16_LE, .channels = 2, .hz = 44100, .frame = 4
	};

	play(&sound, 22);
}

void
plays_u8_mono_8000(void)
{
	static const struct card_sound sound = {
		.format = AFMT_U8, .channels = 1, .hz = 8000, .frame = 1
	};

	play(&sound, 23);
}

void
plays_s32_stereo_48000(void)
{
	static const struct card_sound sound = {
		.format = AFMT_S32_LE, .channels = 2, .hz = 48000, .frame = 8
	};

	play(&sound, 24);
}

/* Play a quarter of a second in count fragments of 2^shift bytes. */
static void
play_fragments(unsigned count, unsigned shift, uint32_t seed, enum heard heard)
{
	const size_t len = 12000 * card_s16_48000.frame;
	audio_buf_info info = { 0 };
	int fd;

	card_direct();
	fd = card_open();
	card_fragments(fd, count, shift);
	card_setup(fd, &card_s16_48000);
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_GETOSPACE, &info), 0);
	CASE_EQ(info.fragsize, 1 << shift);
	CASE_EQ(info.fragstotal, count);
	card_write(fd, seed, len);
	card_sync(fd);
	card_close(fd);
	case_played(seed, len, heard);
}

void
plays_small_fragments(void)
{
	play_fragments(64, 9, 25, HEARD_WHOLE);
}

/*
 * A buffer of 21 ms.  QEMU takes as much at once, so a program cannot always
 * refill the buffer in time.
 */
void
plays_on_a_tiny_buffer(void)
{
	play_fragments(4, 10, 26, HEARD_GAPS);
}

void
plays_in_odd_pieces(void)
{
	static const size_t pieces[] = { 4, 1020, 12, 4096, 20000, 8, 2860 };
	static uint8_t piece[20000];
	struct noise noise;
	size_t i, len = 0;
	int fd;

	fd = card_open_direct();
	noise_start(&noise, 27);
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		noise_fill(&noise, piece, pieces[i]);
		CASE_EQ(os_write(fd, piece, pieces[i]), pieces[i]);
		len += pieces[i];
	}
	card_sync(fd);
	card_close(fd);
	case_played(27, len, HEARD_WHOLE);
}

void
close_plays_what_was_written(void)
{
	const size_t len = 10007 * card_s16_48000.frame;
	int fd;

	fd = card_open_direct();
	card_write(fd, 28, len);
	card_close(fd);
	case_played(28, len, HEARD_WHOLE);
}

void
unknown_format_is_refused(void)
{
	int error, fd, format = AFMT_S16_BE;

	card_direct();
	fd = card_open();
	error = os_ioctl(fd, SNDCTL_DSP_SETFMT, &format);
	CASE_CHECK(error == -EINVAL || (error == 0 && format != AFMT_S16_BE));
	card_setup(fd, &card_s16_48000);
	card_close(fd);
}
