/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The card under test: finding it, its sysctls, and the OSS calls of a player.
 */
#include <sys/soundcard.h>
#include <sys/errno.h>

#include "card.h"
#include "noise.h"

#define	UNITS	32			/* looked at */
#define	PIECE	8192			/* bytes of a write */
#define	SHORT	(1000 * 4)		/* bytes of a short sound */
#define	SILENCE	(12000 * 4)		/* more than a device holds */

const struct card_sound card_s16_48000 = {
	.format = AFMT_S16_LE, .channels = 2, .hz = 48000, .frame = 4
};

int
card_find(void)
{
	char desc[64], name[32];
	size_t len;
	int unit;

	for (unit = 0; unit < UNITS; unit++) {
		os_format(name, sizeof(name), "dev.pcm.%d.%%desc", unit);
		len = sizeof(desc) - 1;
		if (os_sysctl(name, desc, &len, NULL, 0) != 0)
			continue;
		desc[len] = '\0';
		if (os_contains(desc, CARD_DESC))
			return (unit);
	}
	return (CARD_NONE);
}

static int chosen = CARD_NONE;

void
card_choose(int unit)
{
	chosen = unit;
}

int
card_unit(void)
{
	int unit = chosen != CARD_NONE ? chosen : card_find();

	if (unit == CARD_NONE)
		case_skip("no device of virtio_snd(4): no dev.pcm.N.%%desc is "
		    CARD_DESC);
	return (unit);
}

static char *
card_oid(const char *name, char *oid, size_t size)
{
	return (os_format(oid, size, "dev.pcm.%d.%s", card_unit(), name));
}

uint64_t
card_number(const char *name)
{
	union {
		uint64_t	u64;
		uint32_t	u32;
	} value;
	size_t len = sizeof(value);
	char oid[64];
	int error;

	error = os_sysctl(card_oid(name, oid, sizeof(oid)), &value, &len,
	    NULL, 0);
	if (error != 0)
		case_fail("%s: error %d", oid, -error);
	return (len == sizeof(value.u32) ? value.u32 : value.u64);
}

void
card_set(const char *name, int value)
{
	char oid[64];
	int error;

	error = os_sysctl(card_oid(name, oid, sizeof(oid)), NULL, NULL,
	    &value, sizeof(value));
	if (error != 0)
		case_fail("%s=%d: error %d", oid, value, -error);
}

void
card_string(const char *name, char *buf, size_t size)
{
	size_t len = size - 1;
	char oid[64];
	int error;

	error = os_sysctl(card_oid(name, oid, sizeof(oid)), buf, &len,
	    NULL, 0);
	if (error != 0)
		case_fail("%s: error %d", oid, -error);
	buf[len] = '\0';
}

void
card_direct(void)
{
	card_set("play.vchans", 0);
	card_set("bitperfect", 1);
}

int
card_volume(unsigned long which, unsigned percent)
{
	int error, fd, value = (int)(percent << 8 | percent);
	char path[32];

	fd = os_open_read(os_format(path, sizeof(path), "/dev/mixer%d",
	    card_unit()));
	if (fd < 0)
		return (fd);
	error = os_ioctl(fd, which, &value);
	card_close(fd);
	return (error);
}

void
card_mixed(void)
{
	card_set("bitperfect", 0);
	card_set("play.vchans", 1);
	/* A card may lack either. */
	(void)card_volume(SOUND_MIXER_WRITE_VOLUME, 100);
	(void)card_volume(SOUND_MIXER_WRITE_PCM, 100);
}

int
card_try_open(void)
{
	char path[32];

	return (os_open_write(os_format(path, sizeof(path), "/dev/dsp%d",
	    card_unit())));
}

int
card_open(void)
{
	int fd = card_try_open();

	if (fd < 0)
		case_fail("open of /dev/dsp%d: error %d", card_unit(), -fd);
	return (fd);
}

void
card_close(int fd)
{
	CASE_EQ(os_close(fd), 0);
}

/* An ioctl that must answer with exactly the value that was asked for. */
static void
card_ask(int fd, unsigned long cmd, const char *what, int value)
{
	int answer = value, error;

	error = os_ioctl(fd, cmd, &answer);
	if (error != 0)
		case_fail("%s %d: error %d", what, value, -error);
	if (answer != value)
		case_fail("%s %d: the card chose %d", what, value, answer);
}

void
card_setup(int fd, const struct card_sound *sound)
{
	card_ask(fd, SNDCTL_DSP_SETFMT, "SETFMT", sound->format);
	card_ask(fd, SNDCTL_DSP_CHANNELS, "CHANNELS", sound->channels);
	card_ask(fd, SNDCTL_DSP_SPEED, "SPEED", sound->hz);
}

int
card_open_direct(void)
{
	int fd;

	card_direct();
	fd = card_open();
	card_setup(fd, &card_s16_48000);
	return (fd);
}

void
card_fragments(int fd, unsigned count, unsigned shift)
{
	unsigned arg = count << 16 | shift;

	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_SETFRAGMENT, &arg), 0);
}

void
card_write(int fd, uint32_t seed, size_t len)
{
	static uint8_t piece[PIECE];
	struct noise noise;
	size_t n, done;
	long written;

	noise_start(&noise, seed);
	for (done = 0; done < len; done += n) {
		n = len - done < PIECE ? len - done : PIECE;
		noise_fill(&noise, piece, n);
		written = os_write(fd, piece, n);
		if (written != (long)n)
			case_fail("write of %lu bytes after %lu: %ld",
			    (unsigned long)n, (unsigned long)done, written);
	}
}

void
card_sync(int fd)
{
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_SYNC, NULL), 0);
}

void
card_halt(int fd)
{
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_HALT, NULL), 0);
}

void
card_play_short(uint32_t seed)
{
	static const uint8_t silence[SILENCE];
	int fd = card_open_direct();

	card_write(fd, seed, SHORT);
	CASE_EQ(os_write(fd, silence, SILENCE), SILENCE);
	card_close(fd);
	case_played(seed, SHORT, HEARD_WHOLE);
}
