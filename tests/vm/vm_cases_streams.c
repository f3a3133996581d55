/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases: a card with ten streams, five to play and five to record, all at
 * once; and what is recorded.
 *
 * Sounds that are played together are heard as their sum.  Each has 3 bits of
 * the 16 to itself, so that it can be told from the others.
 */

#include <sys/soundcard.h>
#include <sys/errno.h>

#include "card.h"
#include "init.h"
#include "noise.h"
#include "vm_cases.h"

#define	VOICES	5			/* of each direction */
#define	BITS	3			/* of a voice */
#define	PIECE_SHIFT 12
#define	PIECE	(1 << PIECE_SHIFT)	/* bytes */
#define	FRAGMENTS 32			/* of a piece; sound(4) has no more */
#define	SECOND	(48000 * 4)		/* bytes */

static int
open_to_play(void)
{
	int fd = card_open();

	card_setup(fd, &card_s16_48000);
	return (fd);
}

static int
open_to_record(void)
{
	char path[32];
	int fd;

	card_set("rec.vchans", 0);
	fd = os_open_read(os_format(path, sizeof(path), "/dev/dsp%d",
	    card_unit()));
	if (fd < 0)
		case_fail("open of %s: error %d", path, -fd);
	card_setup(fd, &card_s16_48000);
	return (fd);
}

/* Samples from 1 to 7, shifted to the bits of a voice. */
static void
fill_voice(struct noise *noise, unsigned voice, uint16_t *piece)
{
	uint8_t bytes[PIECE / 2];
	size_t i;

	noise_fill(noise, bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		piece[i] = (uint16_t)((1 + bytes[i] % 7) << voice * BITS);
}

/* Read a whole piece. */
static void
record_piece(int fd, uint8_t *piece)
{
	size_t done;
	long n;

	for (done = 0; done < PIECE; done += n) {
		n = os_read(fd, piece + done, PIECE - done);
		if (n <= 0)
			case_fail("read: %ld", n);
	}
}

/*
 * Check that a recording of silence has neither old bytes of the buffer nor
 * bytes that the device did not write.
 */
static void
check_silence(const uint8_t *piece)
{
	size_t i;

	for (i = 0; i < PIECE; i++)
		if (piece[i] != 0)
			case_fail("byte %lu of a silent period is %u",
			    (unsigned long)i, piece[i]);
}

void
five_streams_are_added_up(void)
{
	static uint16_t piece[PIECE / 2];
	const size_t pieces = SECOND / PIECE;
	struct noise noise[VOICES];
	int fds[VOICES];
	size_t n;
	unsigned v;

	card_direct();
	for (v = 0; v < VOICES; v++) {
		fds[v] = open_to_play();
		noise_start(&noise[v], 250 + v);
	}
	for (n = 0; n < pieces; n++)
		for (v = 0; v < VOICES; v++) {
			fill_voice(&noise[v], v, piece);
			CASE_EQ(os_write(fds[v], piece, PIECE), PIECE);
		}
	for (v = 0; v < VOICES; v++)
		card_close(fds[v]);
	for (v = 0; v < VOICES; v++)
		init_say("PLAYED %u %lu voice%u", 250 + v,
		    (unsigned long)(pieces * PIECE), v);
}

/*
 * Check that it took as long as it should, except for the delays of a busy
 * host.
 */
static void
check_duration(uint64_t began_ms, unsigned least_ms)
{
	uint64_t ms = os_uptime_ms() - began_ms;

	if (ms < least_ms || ms > 10 * least_ms)
		case_fail("it took %lu ms", (unsigned long)ms);
}

void
records_silence_in_time(void)
{
	static uint8_t piece[PIECE];
	uint64_t began_ms;
	size_t n;
	int fd;

	card_direct();
	fd = open_to_record();
	record_piece(fd, piece);
	began_ms = os_uptime_ms();
	for (n = 0; n < SECOND / PIECE; n++) {
		record_piece(fd, piece);
		check_silence(piece);
	}
	check_duration(began_ms, 800);
	card_close(fd);
}

void
ten_streams_run_at_once(void)
{
	static uint8_t piece[PIECE];
	static uint8_t noise[PIECE];
	int players[VOICES], recorders[VOICES];
	uint64_t began_ms;
	size_t n;
	unsigned v;

	card_direct();
	memset(noise, 1, sizeof(noise));
	for (v = 0; v < VOICES; v++) {
		players[v] = open_to_play();
		recorders[v] = open_to_record();
	}
	/* The card has no more streams. */
	CASE_EQ(card_try_open(), -EBUSY);
	began_ms = os_uptime_ms();
	for (n = 0; n < 2 * SECOND / PIECE; n++)
		for (v = 0; v < VOICES; v++) {
			CASE_EQ(os_write(players[v], noise, PIECE), PIECE);
			memset(piece, 0xa5, sizeof(piece));
			record_piece(recorders[v], piece);
			check_silence(piece);
		}
	check_duration(began_ms, 1600);
	for (v = 0; v < VOICES; v++) {
		card_close(players[v]);
		card_close(recorders[v]);
	}
}

/*
 * Check the frames of a piece: each is one more than the one before.  `before'
 * is the frame before the piece, 0 at the start of a recording.  Returns the
 * piece's last frame.
 */
static uint32_t
check_numbers(const uint8_t *piece, uint32_t before)
{
	uint32_t frame;
	size_t i;

	for (i = 0; i < PIECE; i += sizeof(frame)) {
		memcpy(&frame, piece + i, sizeof(frame));
		if (before == 0 && frame == 0)
			continue;
		if (before != 0 && frame != before + 1)
			case_fail("frame %u comes after %u", frame, before);
		before = frame;
	}
	return (before);
}

/*
 * Record as much as sound(4)'s buffer holds, so that nothing is lost even if
 * this program reads late.  Returns the last frame.
 */
static uint32_t
record_numbers(void)
{
	static uint8_t piece[PIECE];
	audio_buf_info info = { 0 };
	uint32_t last = 0;
	int fd, n;

	fd = open_to_record();
	card_fragments(fd, FRAGMENTS, PIECE_SHIFT);
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_GETISPACE, &info), 0);
	CASE_EQ(info.fragstotal * info.fragsize, FRAGMENTS * PIECE);
	for (n = 0; n < FRAGMENTS; n++) {
		record_piece(fd, piece);
		last = check_numbers(piece, last);
	}
	card_close(fd);
	return (last);
}

/*
 * The device hears 32-bit numbers, counted up from 65536.  A recording misses
 * what comes before it; from then on each frame is there once, in order.
 */
void
records_what_is_heard(void)
{
	uint32_t first, second;

	card_direct();
	first = record_numbers();
	CASE_CHECK(first > 65536);
	second = record_numbers();
	CASE_CHECK(second > first);
}

/*
 * Move only as much in both directions as sound(4)'s buffers hold, so that
 * nothing is lost even if this program is late.
 */
void
plays_and_records_at_once(void)
{
	static uint8_t piece[PIECE];
	struct noise noise;
	uint32_t last = 0;
	int n, player, recorder;

	card_direct();
	player = open_to_play();
	card_fragments(player, FRAGMENTS, PIECE_SHIFT);
	recorder = open_to_record();
	card_fragments(recorder, FRAGMENTS, PIECE_SHIFT);
	noise_start(&noise, 260);
	for (n = 0; n < FRAGMENTS; n++) {
		noise_fill(&noise, piece, PIECE);
		CASE_EQ(os_write(player, piece, PIECE), PIECE);
		record_piece(recorder, piece);
		last = check_numbers(piece, last);
	}
	CASE_CHECK(last > 65536);
	card_close(player);
	card_close(recorder);
	init_say("PLAYED 260 %d gaps", FRAGMENTS * PIECE);
}
