/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Noise from a seed: a linear congruential generator modulo 2^32. */

#include "noise.h"

void
noise_start(struct noise *noise, uint32_t seed)
{
	noise->state = seed;
}

static uint8_t
noise_byte(struct noise *noise)
{
	uint8_t byte;

	noise->state = noise->state * 1664525 + 1013904223;
	byte = noise->state >> 24;
	return ((byte & 0x7f) == 0 ? byte + 1 : byte);
}

void
noise_fill(struct noise *noise, uint8_t *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = noise_byte(noise);
}
