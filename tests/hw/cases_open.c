/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Cases: opens and closes, one after the other and at the same time. */

#include <sys/errno.h>

#include "card.h"
#include "cases.h"

#define	SHORT	(1000 * 4)		/* bytes of a short sound */

void
opens_and_closes_without_sound(void)
{
	int fd, i;

	card_direct();
	for (i = 0; i < 20; i++) {
		fd = card_open();
		if (i % 2 != 0)
			card_setup(fd, &card_s16_48000);
		card_close(fd);
	}
}

void
opens_plays_and_closes_again_and_again(void)
{
	uint32_t seed;
	int fd;

	for (seed = 60; seed < 70; seed++) {
		fd = card_open_direct();
		card_write(fd, seed, SHORT);
		card_close(fd);
		case_played(seed, SHORT, HEARD_WHOLE);
	}
}

void
second_open_is_refused_or_has_its_own_channel(void)
{
	int fd, second;

	card_direct();
	fd = card_open();
	second = card_try_open();
	if (second >= 0)
		card_close(second);
	else
		CASE_EQ(second, -EBUSY);
	/* The second open has not disturbed the first descriptor. */
	card_setup(fd, &card_s16_48000);
	card_write(fd, 71, SHORT);
	card_close(fd);
	case_played(71, SHORT, HEARD_WHOLE);
	card_close(card_open());
}

/* Silence mixes to silence, so it does not disturb what others play. */
static void
write_silence(int fd)
{
	static const char silence[16384];

	CASE_EQ(os_write(fd, silence, sizeof(silence)), sizeof(silence));
}

void
two_programs_are_mixed(void)
{
	uint64_t periods;
	int fd[2], i;

	card_mixed();
	periods = card_number("stream0.periods");
	fd[0] = card_open();
	fd[1] = card_open();
	for (i = 0; i < 2; i++)
		card_setup(fd[i], &card_s16_48000);
	for (i = 0; i < 4; i++)
		write_silence(fd[i % 2]);
	card_sync(fd[0]);
	card_close(fd[0]);
	write_silence(fd[1]);
	card_close(fd[1]);
	CASE_CHECK(card_number("stream0.periods") > periods);
}
