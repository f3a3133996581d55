/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Tones, see tone.h. */

#include "init.h"
#include "tone.h"

/*
 * The sum of powers of x from the first on, each divided by its factorial, with
 * alternating signs.
 */
static double
series(double x, double first, unsigned power)
{
	double sum = 0, term = first;

	for (; power < 24; power += 2) {
		sum += term;
		term *= -x * x / ((power + 1) * (power + 2));
	}
	return (sum);
}

void
tone_start(struct tone *tone, unsigned hz, unsigned rate)
{
	double angle = 6.283185307179586 * hz / rate;

	tone->factor = 2 * series(angle, 1, 0);
	tone->before = -TONE_LEVEL * series(angle, angle, 1);
	tone->now = 0;
}

void
tone_fill(struct tone *tone, int16_t *frames, size_t n, unsigned channels)
{
	double next;
	unsigned c;

	for (; n > 0; n--) {
		for (c = 0; c < channels; c++)
			*frames++ = (int16_t)tone->now;
		next = tone->factor * tone->now - tone->before;
		tone->before = tone->now;
		tone->now = next;
	}
}

void
tone_played(const char *what, unsigned hz)
{
	init_say("TONE %s %u", what, hz);
}
