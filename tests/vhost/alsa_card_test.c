/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The sound card behind vhost-device-sound, when a program is late by more than
 * a buffer, as happens on a busy machine.
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "alsa_program.h"
#include "tk_host.h"
#include "tk_test.h"

#define	LATE_NS		300000000	/* the buffer lasts 200 ms */
#define	LOOKS		60		/* on a busy machine */
#define	FRAME		ALSA_FRAME
#define	ROOM		(4 * 9600 * FRAME)

static uint8_t sound[ROOM], got[ROOM];
static size_t size;			/* frames of the buffer */

static void
start(bool capture)
{
	long frames;
	size_t i;

	for (i = 0; i < sizeof(sound); i++)
		sound[i] = 1 + i % 251;
	frames = alsa_open(capture);
	if (frames == 0)
		TK_SKIP("needs ALSA's headers: sh tools/deps.sh --vhost");
	TK_CHECK(frames > 0);
	size = frames;
	TK_CHECK(2 * size * FRAME < ROOM);
}

static void
play_buffer(size_t from)
{

	TK_EQ(alsa_move(sound + from * FRAME, size), size);
}

/* The program was late, so all of the buffer has room or was recorded. */
static void
come_late(void)
{
	int looks = 0;

	do {
		TK_CHECK(looks++ < LOOKS);
		tkh_sleep_ns(LATE_NS);
	} while (alsa_room() != (long)size);
}

static void
played(size_t frames)
{

	TK_EQ(alsa_played(got, sizeof(got)), frames * FRAME);
	TK_EQ(memcmp(got, sound, frames * FRAME), 0);
}

TK_CASE_UNBOOTED(alsa_card_has_room_for_a_program_that_comes_late)
{

	start(false);
	play_buffer(0);
	come_late();
	play_buffer(size);
	come_late();
	TK_EQ(alsa_close(), 0);
	played(2 * size);
}

TK_CASE_UNBOOTED(alsa_card_ends_for_a_program_that_comes_late)
{

	start(false);
	play_buffer(0);
	tkh_sleep_ns(LATE_NS);
	TK_EQ(alsa_drain(), 0);
	TK_EQ(alsa_close(), 0);
	played(size);
}

TK_CASE_UNBOOTED(alsa_card_is_heard_by_a_program_that_comes_late)
{
	size_t i;

	start(true);
	TK_EQ(alsa_heard(sound, sizeof(sound)), sizeof(sound));
	TK_EQ(alsa_start(), 0);
	for (i = 0; i < 2; i++) {
		come_late();
		TK_EQ(alsa_move(got + i * size * FRAME, size), size);
	}
	TK_EQ(alsa_close(), 0);
	TK_EQ(memcmp(got, sound, 2 * size * FRAME), 0);
}
