/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Cases: sounds that are cut off. */

#include "card.h"
#include "cases.h"

void
halt_stops_and_the_next_write_starts(void)
{
	const size_t len = 24000 * card_s16_48000.frame;
	int fd;

	fd = card_open_direct();
	card_write(fd, 31, len);
	card_halt(fd);
	case_played(31, len, HEARD_START);
	card_write(fd, 32, len);
	card_sync(fd);
	card_close(fd);
	case_played(32, len, HEARD_WHOLE);
}

void
halt_before_the_first_fragment(void)
{
	const size_t len = 4800 * card_s16_48000.frame;
	int fd;

	fd = card_open_direct();
	card_write(fd, 33, card_s16_48000.frame);
	card_halt(fd);
	case_played(33, card_s16_48000.frame, HEARD_START);
	card_write(fd, 34, len);
	card_close(fd);
	case_played(34, len, HEARD_WHOLE);
}

void
halts_and_starts_quickly(void)
{
	const size_t len = 9600 * card_s16_48000.frame;
	uint32_t seed;
	int fd;

	fd = card_open_direct();
	for (seed = 40; seed < 50; seed++) {
		card_write(fd, seed, len);
		card_halt(fd);
		case_played(seed, len, HEARD_START);
	}
	card_write(fd, seed, len);
	card_close(fd);
	case_played(seed, len, HEARD_WHOLE);
}
