/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases of tones: sound(4) converts, mixes and attenuates; and two cards play
 * at once.
 */

#include <sys/soundcard.h>
#include <sys/errno.h>

#include "card.h"
#include "init.h"
#include "numbers.h"
#include "tone.h"
#include "vm_cases.h"

#define	PROGRAMS 4
#define	PIECE_MS 20
#define	MOST	(48000 / 1000 * PIECE_MS * 2)	/* samples of a piece */

struct program {
	unsigned	hz;
	unsigned	rate;
	int		fd;
	struct tone	tone;
};

static void
start_program(struct program *p)
{
	const struct card_sound sound = {
		.format = AFMT_S16_LE, .channels = 2, .hz = (int)p->rate,
		.frame = 4
	};

	p->fd = card_open();
	card_setup(p->fd, &sound);
	tone_start(&p->tone, p->hz, p->rate);
}

static void
write_piece(struct program *p)
{
	static int16_t frames[MOST];
	size_t n = p->rate * PIECE_MS / 1000;

	tone_fill(&p->tone, frames, n, 2);
	CASE_EQ(os_write(p->fd, frames, n * 4), n * 4);
}

void
four_rates_at_once_are_all_heard(void)
{
	struct program programs[PROGRAMS] = {
		{ .hz = 400, .rate = 8000 }, { .hz = 750, .rate = 11025 },
		{ .hz = 1100, .rate = 22050 }, { .hz = 1700, .rate = 44100 },
	};
	const unsigned pieces = 1500 / PIECE_MS;
	unsigned i, n;

	card_mixed();
	for (i = 0; i < PROGRAMS; i++)
		start_program(&programs[i]);
	for (n = 0; n < pieces; n++)
		for (i = 0; i < PROGRAMS; i++)
			write_piece(&programs[i]);
	for (i = 0; i < PROGRAMS; i++) {
		card_close(programs[i].fd);
		tone_played("same", programs[i].hz);
	}
}

/* Five tones, each softer than the one before. */
void
volume_makes_it_softer(void)
{
	static const unsigned volumes[] = { 100, 75, 50, 25, 0 };
	struct program program = { .rate = 48000 };
	unsigned i, n;

	card_mixed();
	for (i = 0; i < sizeof(volumes) / sizeof(volumes[0]); i++) {
		CASE_EQ(card_volume(SOUND_MIXER_WRITE_VOLUME, volumes[i]), 0);
		program.hz = 550 + 300 * i;
		start_program(&program);
		for (n = 0; n < 400 / PIECE_MS; n++)
			write_piece(&program);
		card_sync(program.fd);
		card_close(program.fd);
		tone_played("softer", program.hz);
	}
	CASE_EQ(card_volume(SOUND_MIXER_WRITE_VOLUME, 100), 0);
}

/* Both cards play, one fragment each in turn. */
void
two_cards_play_at_once(void)
{
	const unsigned cards = 2, fragment = 1024, frames = 24064;
	struct numbers numbers[2];
	unsigned i, n;
	int fds[2];

	for (i = 0; i < cards; i++) {
		card_choose((int)i);
		card_direct();
		fds[i] = card_open();
		card_fragments(fds[i], 8, 12);
		card_setup(fds[i], &card_s16_48000);
		numbers_start(&numbers[i], i);
	}
	for (n = 0; n < frames; n += fragment)
		for (i = 0; i < cards; i++)
			numbers_write(&numbers[i], fds[i],
			    n + fragment <= frames ? fragment : frames - n,
			    fragment * 4);
	for (i = 0; i < cards; i++) {
		card_close(fds[i]);
		numbers_played(&numbers[i], 0);
	}
}

void
no_card_is_there(void)
{
	CASE_EQ(card_find(), CARD_NONE);
}
