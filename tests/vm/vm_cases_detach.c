/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases: the card is taken away and comes back, as devctl(8) disable and
 * enable do it.
 */

#include "card.h"
#include "init.h"
#include "vm_cases.h"

#define	TIMES	10

void
detaches_and_attaches_again(void)
{
	uint32_t i;

	for (i = 0; i < TIMES; i++) {
		CASE_EQ(init_devctl(INIT_DISABLE, "pcm0"), 0);
		CASE_EQ(card_find(), CARD_NONE);
		CASE_EQ(init_devctl(INIT_ENABLE, "pcm0"), 0);
		CASE_EQ(card_find(), 0);
		card_play_short(100 + i);
	}
}

void
detaches_while_it_plays(void)
{
	const size_t len = 24000 * card_s16_48000.frame;
	int fd = card_open_direct();
	long n;

	card_write(fd, 110, len);
	CASE_EQ(init_devctl(INIT_DISABLE, "pcm0"), 0);
	case_played(110, len, HEARD_CUT);
	n = os_write(fd, "four", 4);
	CASE_CHECK(n < 0);
	/* ENXIO: the descriptor's device is gone. */
	(void)os_close(fd);
	CASE_EQ(card_find(), CARD_NONE);
	CASE_EQ(init_devctl(INIT_ENABLE, "pcm0"), 0);
	card_play_short(111);
}
