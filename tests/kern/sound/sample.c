/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Samples as numbers.  As in FreeBSD, a float is 32 bits wide.  Its full scale
 * is the largest number, larger values are clipped, and a value of less than
 * one bit is 0.  G.711 is left out.
 */

#include "tk_sound.h"

#define	FLOAT_SCALE	2147483648.0f
#define	FLOAT_DIGITS	24
#define	IS_FLOAT(fmt)	(((fmt) & (AFMT_F32_LE | AFMT_F32_BE)) != 0)

/* Where byte i of a sample lies, the highest one being byte 0. */
static uint32_t
sample_byte(uint32_t fmt, uint32_t i)
{
	return ((fmt & AFMT_BIGENDIAN) != 0 ? i : AFMT_BPS(fmt) - 1 - i);
}

static int32_t
sample_from_float(uint32_t raw)
{
	float f;

	/* Infinite, or not a number. */
	if ((raw >> 23 & 0xff) == 0xff)
		return (0);
	memcpy(&f, &raw, sizeof(f));
	if (f >= 1.0f)
		return (INT32_MAX);
	if (f <= -1.0f)
		return (INT32_MIN);
	return ((int32_t)(f * FLOAT_SCALE));
}

/* Bits that a float does not have are cut off. */
static uint32_t
sample_to_float(int32_t v)
{
	uint32_t m = v < 0 ? -(uint32_t)v : (uint32_t)v, raw;
	int excess = fls((int)m) - FLOAT_DIGITS;
	float f;

	if (excess > 0)
		m = m >> excess << excess;
	f = v == INT32_MAX ? 1.0f : (float)m / FLOAT_SCALE;
	if (v < 0)
		f = -f;
	memcpy(&raw, &f, sizeof(raw));
	return (raw);
}

int32_t
tk_sample_get(const uint8_t *p, uint32_t fmt)
{
	uint32_t i, raw = 0, spare = 32 - AFMT_BIT(fmt);

	for (i = 0; i < AFMT_BPS(fmt); i++)
		raw = raw << 8 | p[sample_byte(fmt, i)];
	if (IS_FLOAT(fmt))
		return (sample_from_float(raw));
	raw <<= spare;
	if ((fmt & AFMT_SIGNED) == 0)
		raw ^= 1U << 31;
	return ((int32_t)raw >> spare);
}

void
tk_sample_put(uint8_t *p, int32_t v, uint32_t fmt)
{
	uint32_t i, raw = (uint32_t)v;

	if (IS_FLOAT(fmt))
		raw = sample_to_float(v);
	else if ((fmt & AFMT_SIGNED) == 0)
		raw ^= 1U << (AFMT_BIT(fmt) - 1);
	for (i = AFMT_BPS(fmt); i-- > 0; raw >>= 8)
		p[sample_byte(fmt, i)] = (uint8_t)raw;
}
