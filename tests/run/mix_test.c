/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Taking a sum apart: streams begin when they like, and each sample of each
 * counts.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include "mix.h"
#include "tk_test.h"

#define	PARTS	5
#define	FRAMES	2000
#define	WHOLE	4000

static int16_t	part[PARTS][FRAMES * MIX_CHANNELS];
static int32_t	sums[WHOLE * MIX_CHANNELS];
static int16_t	whole[WHOLE * MIX_CHANNELS];
static struct mix mix;
static char	why[128];

/* Noise of this loudness, silent for some frames. */
static void
fill(int i, int loudness, int lead)
{
	static uint32_t x = 1;
	int n;

	for (n = 0; n < FRAMES * MIX_CHANNELS; n++) {
		x = x * 1664525 + 1013904223;
		part[i][n] = n < lead * MIX_CHANNELS ? 0 :
		    (int)(x >> 16) % (2 * loudness) - loudness;
	}
	/* It begins where it is said to. */
	if (lead < FRAMES)
		part[i][lead * MIX_CHANNELS] = loudness;
}

static void
put(int i, int at)
{
	int n;

	for (n = 0; n < FRAMES * MIX_CHANNELS; n++)
		sums[at * MIX_CHANNELS + n] += part[i][n];
}

/* Is the whole, as it is now, the sum of the first n parts? */
static bool
find(int n)
{
	int i;

	for (i = 0; i < WHOLE * MIX_CHANNELS; i++)
		whole[i] = sums[i] > INT16_MAX ? INT16_MAX :
		    sums[i] < INT16_MIN ? INT16_MIN : sums[i];
	mix = (struct mix){ .parts = n, .whole = whole, .frames = WHOLE };
	for (i = 0; i < n; i++)
		mix.part[i] = (struct mix_part){ .samples = part[i],
		    .frames = FRAMES };
	strlcpy(why, "", sizeof(why));
	return (mix_find(&mix, why, sizeof(why)));
}

static void
expect(int n, const int *at)
{
	int i;

	memset(sums, 0, sizeof(sums));
	for (i = 0; i < n; i++)
		put(i, at[i]);
	TK_CHECK(find(n));
	for (i = 0; i < n; i++)
		TK_EQ(mix.part[i].at, (size_t)at[i]);
}

TK_CASE_UNBOOTED(mix_finds_where_each_part_begins)
{
	static const int at[PARTS] = { 700, 3, 1999, 704, 1200 };
	int i;

	for (i = 0; i < PARTS; i++)
		fill(i, 3000, i);
	expect(PARTS, at);
	TK_EQ(mix.saturated, 0);
}

TK_CASE_UNBOOTED(mix_counts_what_saturates)
{
	static const int at[PARTS] = { 0, 10, 500, 501, 900 };
	int i;

	for (i = 0; i < PARTS; i++)
		fill(i, 20000, 0);
	expect(PARTS, at);
	TK_CHECK(mix.saturated > 100);
}

TK_CASE_UNBOOTED(mix_takes_parts_that_begin_together)
{
	static const int at[PARTS] = { 50, 50, 50, 50, 50 };
	int i;

	for (i = 0; i < PARTS; i++)
		fill(i, 3000, 0);
	expect(PARTS, at);
}

TK_CASE_UNBOOTED(mix_takes_the_same_sound_twice)
{
	fill(0, 9000, 5);
	memcpy(part[1], part[0], sizeof(part[0]));
	memset(sums, 0, sizeof(sums));
	put(0, 100);
	put(1, 777);
	TK_CHECK(find(2));
}

TK_CASE_UNBOOTED(mix_takes_a_part_whose_begin_saturation_hides)
{
	static const int at[2] = { 0, 1000 };
	int n;

	fill(0, 9000, 0);
	fill(1, 9000, 0);
	for (n = 0; n < 20 * MIX_CHANNELS; n++) {
		part[0][1000 * MIX_CHANNELS + n] = INT16_MAX;
		part[1][n] = 5;
	}
	expect(2, at);
}

TK_CASE_UNBOOTED(mix_takes_silence_as_a_part)
{
	static const int at[2] = { 20, 0 };

	fill(0, 9000, 0);
	fill(1, 1, FRAMES);
	expect(2, at);
}

TK_CASE_UNBOOTED(mix_sees_one_wrong_sample)
{
	fill(0, 9000, 0);
	fill(1, 9000, 0);
	memset(sums, 0, sizeof(sums));
	put(0, 0);
	put(1, 500);
	sums[1500 * MIX_CHANNELS + 1] += 1;
	TK_CHECK(!find(2));
	TK_STREQ(why, "the sum differs at frame 1500");
}

TK_CASE_UNBOOTED(mix_sees_a_gap)
{
	fill(0, 9000, 0);
	fill(1, 9000, 0);
	memset(sums, 0, sizeof(sums));
	put(0, 0);
	put(1, 500);
	memmove(&sums[1010 * MIX_CHANNELS], &sums[1000 * MIX_CHANNELS],
	    1500 * MIX_CHANNELS * sizeof(sums[0]));
	TK_CHECK(!find(2));
}

TK_CASE_UNBOOTED(mix_sees_a_part_that_is_missing)
{
	fill(0, 9000, 0);
	fill(1, 9000, 0);
	memset(sums, 0, sizeof(sums));
	put(0, 0);
	TK_CHECK(!find(2));
	TK_STREQ(why, "not all streams were played");
}

TK_CASE_UNBOOTED(mix_sees_sound_that_nobody_sent)
{
	fill(0, 9000, 0);
	memset(sums, 0, sizeof(sums));
	put(0, 0);
	sums[3000 * MIX_CHANNELS] = 1;
	TK_CHECK(!find(1));
	TK_STREQ(why, "the sum differs at frame 3000");
}
