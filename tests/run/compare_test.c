/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The player's comparison: it must see every frame that is missing, inserted
 * or changed, and forgive silence around the sound.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include "compare.h"
#include "tk_test.h"

#define	FRAME	4			/* bytes: two channels of 16 bits */
#define	FRAMES	1000
#define	MARGIN	300			/* frames of room around it */

static uint8_t	sent[FRAMES * FRAME];
static uint8_t	played[(FRAMES + 2 * MARGIN) * FRAME];
static char	why[128];

/* Frames that all differ; the first and the last are not silent. */
static void
fill(uint8_t silence)
{
	int i;

	for (i = 0; i < FRAMES; i++) {
		sent[i * FRAME] = i + 1;
		sent[i * FRAME + 1] = (i + 1) >> 8;
		sent[i * FRAME + 2] = 0x55;
		sent[i * FRAME + 3] = i * 7;
	}
	memset(played, silence, sizeof(played));
}

/* Copy frames [from, to) of sent to frame `at' of what was played. */
static void
put(int at, int from, int to)
{

	memcpy(played + at * FRAME, sent + from * FRAME,
	    (size_t)(to - from) * FRAME);
}

static bool
check(int frames, uint8_t silence)
{
	const struct compare c = {
		.sent = sent, .sent_len = sizeof(sent), .played = played,
		.played_len = (size_t)frames * FRAME, .frame = FRAME,
		.silence = silence, .done = "played"
	};

	strlcpy(why, "", sizeof(why));
	return (compare(&c, why, sizeof(why)));
}

TK_CASE(compare_accepts_the_same)
{

	fill(0);
	put(0, 0, FRAMES);
	TK_CHECK(check(FRAMES, 0));
}

TK_CASE(compare_accepts_silence_around_it)
{

	fill(0);
	put(17, 0, FRAMES);
	TK_CHECK(check(FRAMES + MARGIN, 0));
	fill(0x80);
	put(17, 0, FRAMES);
	TK_CHECK(check(FRAMES + MARGIN, 0x80));
}

TK_CASE(compare_accepts_a_sound_that_begins_and_ends_with_silence)
{

	fill(0);
	memset(sent, 0, 10 * FRAME);
	memset(sent + (FRAMES - 10) * FRAME, 0, 10 * FRAME);
	put(0, 0, FRAMES);
	TK_CHECK(check(FRAMES, 0));
	fill(0);
	memset(sent, 0, 10 * FRAME);
	put(5, 0, FRAMES);
	TK_CHECK(check(FRAMES + 5, 0));
}

TK_CASE(compare_accepts_silence_played_as_silence)
{

	fill(0);
	memset(sent, 0, sizeof(sent));
	TK_CHECK(check(FRAMES, 0));
	TK_CHECK(check(FRAMES + 1, 0));
	TK_CHECK(!check(FRAMES - 1, 0));
	TK_STREQ(why, "missing from frame 999 on, 1 frame");
}

TK_CASE(compare_sees_nothing_played)
{

	fill(0);
	TK_CHECK(!check(FRAMES, 0));
	TK_STREQ(why, "nothing was played");
	TK_CHECK(!check(0, 0));
	TK_STREQ(why, "nothing was played");
}

TK_CASE(compare_sees_a_missing_first_frame)
{

	fill(0);
	put(3, 1, FRAMES);
	TK_CHECK(!check(FRAMES + 2, 0));
	TK_STREQ(why, "1 frame missing at frame 0");
}

TK_CASE(compare_sees_a_missing_last_frame)
{

	fill(0);
	put(0, 0, FRAMES - 1);
	TK_CHECK(!check(FRAMES - 1, 0));
	TK_STREQ(why, "missing from frame 999 on, 1 frame");
	/* Silence in its place is no better. */
	TK_CHECK(!check(FRAMES + MARGIN, 0));
	TK_STREQ(why, "missing from frame 999 on, 1 frame");
}

TK_CASE(compare_sees_missing_leading_silence_of_the_sound)
{

	fill(0);
	memset(sent, 0, 10 * FRAME);
	put(0, 4, FRAMES);
	TK_CHECK(!check(FRAMES - 4, 0));
	TK_STREQ(why, "sound begins 4 frames too early");
}

TK_CASE(compare_sees_a_hole)
{

	fill(0);
	put(0, 0, 400);
	put(400, 500, FRAMES);
	TK_CHECK(!check(FRAMES - 100, 0));
	TK_STREQ(why, "100 frames missing at frame 400");
}

TK_CASE(compare_sees_silence_in_the_middle)
{

	fill(0);
	put(0, 0, 400);
	put(450, 400, FRAMES);
	TK_CHECK(!check(FRAMES + 50, 0));
	TK_STREQ(why, "50 frames inserted at frame 400");
}

TK_CASE(compare_sees_a_repeated_period)
{

	fill(0);
	put(0, 0, 400);
	put(400, 300, FRAMES);
	TK_CHECK(!check(FRAMES + 100, 0));
	TK_STREQ(why, "100 frames inserted at frame 400");
}

TK_CASE(compare_sees_one_changed_bit)
{

	fill(0);
	put(0, 0, FRAMES);
	played[FRAME * 123 + 3] ^= 1;
	TK_CHECK(!check(FRAMES, 0));
	TK_STREQ(why, "frame 123 differs");
}

TK_CASE(compare_sees_sound_after_the_end)
{

	fill(0);
	put(0, 0, FRAMES);
	put(FRAMES + 9, 0, 1);
	TK_CHECK(!check(FRAMES + MARGIN, 0));
	TK_STREQ(why, "there is sound 9 frames after the end");
}

TK_CASE(compare_sees_half_a_frame)
{
	const struct compare c = {
		.sent = sent, .sent_len = sizeof(sent), .played = sent,
		.played_len = sizeof(sent) - 1, .frame = FRAME,
		.done = "played"
	};

	fill(0);
	TK_CHECK(!compare(&c, why, sizeof(why)));
	TK_STREQ(why, "the last frame was not played whole");
}

TK_CASE(fold_makes_one_channel_of_two_equal_ones)
{
	uint8_t s[] = { 1, 2, 1, 2, 3, 4, 3, 4, 5, 6, 5, 6 };
	const uint8_t one[] = { 1, 2, 3, 4, 5, 6 };
	size_t differs;

	TK_EQ(compare_fold(s, sizeof(s), 2, &differs), sizeof(one));
	TK_EQ(differs, 3);
	TK_EQ(memcmp(s, one, sizeof(one)), 0);
}

TK_CASE(fold_sees_channels_that_differ)
{
	uint8_t s[] = { 1, 1, 2, 2, 3, 4, 5, 5 };
	size_t differs;

	TK_EQ(compare_fold(s, sizeof(s), 1, &differs), 4);
	TK_EQ(differs, 2);
}

TK_CASE_UNBOOTED(thin_leaves_out_the_end_of_each_period)
{
	uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };
	const uint8_t thin[] = { 1, 2, 3, 6, 7, 8, 11, 12, 13 };

	TK_EQ(compare_thin(data, sizeof(data), 5, 2), sizeof(thin));
	TK_EQ(memcmp(data, thin, sizeof(thin)), 0);
	/* Of the last there may be more, or less, than is left. */
	TK_EQ(compare_thin(data, 4, 4, 1), 3);
	TK_EQ(compare_thin(data, 1, 4, 1), 1);
	TK_EQ(compare_thin(data, 0, 4, 1), 0);
}
