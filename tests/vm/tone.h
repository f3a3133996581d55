/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Tones, by which tones.py measures how sound(4) converts and attenuates. */
#ifndef _TONE_H_
#define	_TONE_H_

#include <stddef.h>
#include <stdint.h>

#define	TONE_LEVEL	6000		/* of 32767 */

struct tone {
	double	factor;
	double	now, before;
};

/* hz is a multiple of 50.  rate is the sound's, in frames per second. */
void	tone_start(struct tone *tone, unsigned hz, unsigned rate);
/* Fill n frames of 16-bit samples.  All channels are the same. */
void	tone_fill(struct tone *tone, int16_t *frames, size_t n,
	    unsigned channels);
/* Say that the tone is to be measured: its purpose and its frequency. */
void	tone_played(const char *what, unsigned hz);

#endif /* !_TONE_H_ */
