/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Cases: the card is taken away and comes back, as devctl(8) disable and
 * enable do it.
 */

#include "card.h"
#include "init.h"
#include "vm_cases.h"

#define	TIMES	10
#define	SHORT	(1000 * 4)		/* bytes of a short sound */

static void
play_short(uint32_t seed)
{
	int fd;

	card_direct();
	fd = card_open();
	card_setup(fd, &card_s16_48000);
	card_write(fd, seed, SHORT);
	card_close(fd);
	case_played(seed, SHORT, HEARD_WHOLE);
}

void
detaches_and_attaches_again(void)
{
	uint32_t i;

	for (i = 0; i < TIMES; i++) {
		CASE_EQ(init_devctl(INIT_DISABLE, "pcm0"), 0);
		CASE_EQ(card_find(), CARD_NONE);
		CASE_EQ(init_devctl(INIT_ENABLE, "pcm0"), 0);
		CASE_EQ(card_find(), 0);
		play_short(100 + i);
	}
}

void
detaches_while_it_plays(void)
{
	const size_t len = 24000 * card_s16_48000.frame;
	int fd;
	long n;

	card_direct();
	fd = card_open();
	card_setup(fd, &card_s16_48000);
	card_write(fd, 110, len);
	CASE_EQ(init_devctl(INIT_DISABLE, "pcm0"), 0);
	case_played(110, len, HEARD_START);
	n = os_write(fd, "four", 4);
	CASE_CHECK(n < 0);
	/* ENXIO: the descriptor's device is gone. */
	(void)os_close(fd);
	CASE_EQ(card_find(), CARD_NONE);
	CASE_EQ(init_devctl(INIT_ENABLE, "pcm0"), 0);
	play_short(111);
}
