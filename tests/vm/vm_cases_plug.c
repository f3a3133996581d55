/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases: the card is pulled out of its slot, and another put in.
 *
 * tests/vm/vmtest.py does that through QEMU's monitor, when the console asks
 * for it.  FreeBSD does the rest: the slot's interrupt, 5 seconds in which the
 * user can cancel, and detach.  SLOTS in vmtest.py says what the two slots can
 * do.
 */

#include "card.h"
#include "init.h"
#include "noise.h"
#include "vm_cases.h"

#define	PATIENCE_MS	20000
#define	LONG		(10 * 48000 * 4) /* more than is played */
#define	SLOT0		"pcib1"
#define	SLOT1		"pcib2"

/*
 * The card's name appears at attach, the device that programs open last of all.
 */
static bool
card_is_ready(void)
{
	int fd;

	if (card_find() == CARD_NONE)
		return (false);
	fd = card_try_open();
	if (fd < 0)
		return (false);
	card_close(fd);
	return (true);
}

static bool
card_is_gone(void)
{
	return (card_find() == CARD_NONE);
}

static void
await_card(bool there)
{
	uint64_t end_ms = os_uptime_ms() + PATIENCE_MS;

	while (!(there ? card_is_ready() : card_is_gone())) {
		if (os_uptime_ms() >= end_ms)
			case_fail("%d ms later there is %s card", PATIENCE_MS,
			    there ? "no" : "still a");
		os_sleep_ms(50);
	}
}

/* Play noise until the card is gone and the program gets an error. */
static void
play_without_end(void)
{
	static uint8_t piece[8192];
	struct noise noise;
	int fd = card_open_direct();

	noise_start(&noise, 239);
	do
		noise_fill(&noise, piece, sizeof(piece));
	while (os_write(fd, piece, sizeof(piece)) > 0);
	(void)os_close(fd);
}

/* Press the button of the card's slot. */
static void
press_button(void)
{
	init_ask("unplug");
}

/* Cut the slot's power: its drivers go first, and then QEMU's card. */
static void
cut_power(void)
{
	CASE_EQ(init_devctl(INIT_DISABLE, SLOT1), 0);
}

static void
lose_card_while_it_plays(void (*lose)(void))
{
	int pid = init_beside(play_without_end);

	os_sleep_ms(500);
	lose();
	await_card(false);
	init_join(pid);
	case_played(239, LONG, HEARD_CUT);
}

void
is_unplugged_while_it_plays_and_replaced(void)
{
	/* The other slot is emptied in the same way. */
	init_ask("release");
	lose_card_while_it_plays(press_button);
	/* The card may need a little longer. */
	os_sleep_ms(2000);
	init_ask("plug");
	await_card(true);
	card_play_short(240);
}

/*
 * The first slot gets its card back when its port is attached again.  That also
 * restores the port's interrupt, whose first message after boot may be lost.
 */
static void
attach_port_anew(void)
{
	CASE_EQ(init_devctl(INIT_DISABLE, SLOT0), 0);
	CASE_EQ(init_devctl(INIT_ENABLE, SLOT0), 0);
	await_card(true);
}

/* Everything that can be done to slots repeatedly. */
void
cards_come_and_go(void)
{
	attach_port_anew();
	lose_card_while_it_plays(press_button);
	cut_power();
	init_ask("plug");
	CASE_EQ(init_devctl(INIT_ENABLE, SLOT1), 0);
	await_card(true);
	card_play_short(241);
	lose_card_while_it_plays(cut_power);
	CASE_EQ(init_devctl(INIT_ENABLE, SLOT1), 0);
	CASE_EQ(card_find(), CARD_NONE);
	attach_port_anew();
	card_play_short(242);
}
