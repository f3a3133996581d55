/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Playing many channels with two: what carries speech and the sides is heard,
 * nothing clips, and what is left out is named.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include "channels.h"
#include "tk_test.h"

static enum position layout[64];
static struct channels_mix mix;
static char	text[512];

static double
total(const double *gains, int n)
{
	double sum;
	int i;

	for (i = 0, sum = 0; i < n; i++)
		sum += gains[i];
	return (sum);
}

static void
usual(int n)
{

	channels_usual(layout, n);
	channels_mix(&mix, layout, n);
	channels_text(layout, n, text, sizeof(text));
}

TK_CASE_UNBOOTED(two_channels_stay_as_they_are)
{
	usual(2);
	TK_CHECK(mix.left[0] == 1 && mix.left[1] == 0);
	TK_CHECK(mix.right[0] == 0 && mix.right[1] == 1);
	TK_STREQ(text, "");
}

TK_CASE_UNBOOTED(the_centre_is_heard_on_both_sides)
{
	usual(3);
	TK_CHECK(mix.left[2] > 0.4 && mix.left[2] == mix.right[2]);
	TK_CHECK(mix.left[0] > mix.left[2]);
	TK_STREQ(text, "front centre mixed in");
}

TK_CASE_UNBOOTED(sides_and_back_stay_on_their_side)
{
	usual(8);
	TK_CHECK(mix.left[4] > 0 && mix.right[4] == 0);
	TK_CHECK(mix.left[5] == 0 && mix.right[5] > 0);
	TK_CHECK(mix.left[6] > 0 && mix.right[6] == 0);
	TK_CHECK(mix.left[7] == 0 && mix.right[7] > 0);
}

TK_CASE_UNBOOTED(what_is_left_out_is_named)
{
	usual(6);
	TK_CHECK(mix.left[3] == 0 && mix.right[3] == 0);
	TK_STREQ(text, "front centre, back left, back right mixed in, "
	    "low frequency effects dropped");
	usual(10);
	TK_STREQ(text, "channel 3, channel 4, channel 5, channel 6, channel 7, "
	    "channel 8, channel 9, channel 10 dropped");
	usual(64);
	TK_CHECK(strstr(text, "channel 33, ") != NULL);
}

TK_CASE_UNBOOTED(no_mix_is_louder_than_its_loudest)
{
	int n;

	for (n = 2; n <= 32; n++) {
		usual(n);
		TK_CHECK(total(mix.left, n) < 1.000001);
		TK_CHECK(total(mix.right, n) < 1.000001);
		TK_CHECK(total(mix.left, n) > 0.999);
	}
}

TK_CASE_UNBOOTED(a_layout_without_a_place_in_the_mix_is_not_known)
{
	usual(4);
	TK_CHECK(channels_known(layout, 4));
	memset(layout, 0, sizeof(layout));
	TK_CHECK(!channels_known(layout, 4));
	layout[1] = POSITION_LOW;
	TK_CHECK(!channels_known(layout, 4));
}
