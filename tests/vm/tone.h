/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Tones: tones.py measures by them how sound(4) converts and attenuates. */
#ifndef _TONE_H_
#define	_TONE_H_

#include <stddef.h>
#include <stdint.h>

#define	TONE_LEVEL	6000		/* of 32767 */

struct tone {
	double	factor;
	double	now, before;
};

/* hz: a multiple of 50; rate: of the sound, in frames a second. */
void	tone_start(struct tone *tone, unsigned hz, unsigned rate);
/* n samples of 16 bits; every one of channels is the same. */
void	tone_fill(struct tone *tone, int16_t *frames, size_t n,
	    unsigned channels);
/* Say that it is to be measured: a name, and how high it is. */
void	tone_played(const char *what, unsigned hz);

#endif /* !_TONE_H_ */
