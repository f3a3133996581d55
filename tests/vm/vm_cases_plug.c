/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Cases: the card is pulled out of its slot, and another put in.
 * tests/vm/vmtest.py does that through QEMU's monitor, when the console asks
 * for it; what follows (the slot's interrupt, 5 seconds in which a user might
 * think twice, detach) is FreeBSD's.
 */

#include "card.h"
#include "init.h"
#include "noise.h"
#include "vm_cases.h"

#define	PATIENCE_MS	20000
#define	SHORT		(1000 * 4)	/* bytes of a short sound */
#define	LONG		(10 * 48000 * 4) /* more than is played */

static void
await_card(bool there)
{
	uint64_t end_ms = os_uptime_ms() + PATIENCE_MS;

	while ((card_find() != CARD_NONE) != there) {
		if (os_uptime_ms() >= end_ms)
			case_fail("%d ms later there is %s card", PATIENCE_MS,
			    there ? "no" : "still a");
		os_sleep_ms(50);
	}
}

static int
open_to_play(void)
{
	int fd;

	card_direct();
	fd = card_open();
	card_setup(fd, &card_s16_48000);
	return (fd);
}

static void
play_short(uint32_t seed)
{
	int fd = open_to_play();

	card_write(fd, seed, SHORT);
	card_close(fd);
	case_played(seed, SHORT, HEARD_WHOLE);
}

/* Noise until the card is gone: the program gets an error. */
static void
play_without_end(void)
{
	static uint8_t piece[8192];
	struct noise noise;
	int fd = open_to_play();

	noise_start(&noise, 239);
	do
		noise_fill(&noise, piece, sizeof(piece));
	while (os_write(fd, piece, sizeof(piece)) > 0);
	(void)os_close(fd);
}

void
is_unplugged_while_it_plays_and_replaced(void)
{
	int pid, status;

	pid = init_fork();
	CASE_CHECK(pid >= 0);
	if (pid == 0) {
		play_without_end();
		init_exit(INIT_PASSED);
	}
	os_sleep_ms(500);
	init_say("QMP unplug");
	await_card(false);
	while (!init_ended(pid, &status))
		os_sleep_ms(10);
	CASE_EQ(status, INIT_PASSED);
	case_played(239, LONG, HEARD_START);
	/* The other slot may need a little longer to be empty. */
	os_sleep_ms(2000);
	init_say("QMP plug");
	await_card(true);
	play_short(240);
}
