/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Channels: where they are, and how a stream with fewer plays them. */

#include <stdio.h>
#include <string.h>

#include "channels.h"

#define	FULL	1.0
#define	LESS	0.70710678118654752440	/* 3 dB */
#define	BOTH	0.5			/* 3 dB, in each of two */

/*
 * How loud a channel is on the left and on the right.  Channels in the middle
 * of the back or above count as a pair.
 */
static const struct place {
	const char	*name;
	double		 left;
	double		 right;
} places[POSITIONS] = {
	[POSITION_FRONT_LEFT] = { "front left", FULL, 0 },
	[POSITION_FRONT_RIGHT] = { "front right", 0, FULL },
	[POSITION_FRONT_CENTRE] = { "front centre", LESS, LESS },
	[POSITION_LOW] = { "low frequency effects", 0, 0 },
	[POSITION_BACK_LEFT] = { "back left", LESS, 0 },
	[POSITION_BACK_RIGHT] = { "back right", 0, LESS },
	[POSITION_LEFT_OF_CENTRE] = { "left of centre", LESS, BOTH },
	[POSITION_RIGHT_OF_CENTRE] = { "right of centre", BOTH, LESS },
	[POSITION_BACK_CENTRE] = { "back centre", BOTH, BOTH },
	[POSITION_SIDE_LEFT] = { "side left", LESS, 0 },
	[POSITION_SIDE_RIGHT] = { "side right", 0, LESS },
	[POSITION_TOP_CENTRE] = { "top centre", BOTH, BOTH },
	[POSITION_TOP_FRONT_LEFT] = { "top front left", LESS, 0 },
	[POSITION_TOP_FRONT_CENTRE] = { "top front centre", BOTH, BOTH },
	[POSITION_TOP_FRONT_RIGHT] = { "top front right", 0, LESS },
	[POSITION_TOP_BACK_LEFT] = { "top back left", LESS, 0 },
	[POSITION_TOP_BACK_CENTRE] = { "top back centre", BOTH, BOTH },
	[POSITION_TOP_BACK_RIGHT] = { "top back right", 0, LESS },
};

void
channels_usual(enum position *layout, int channels)
{
	static const enum position usual[8][8] = {
		{ POSITION_FRONT_CENTRE },
		{ POSITION_FRONT_LEFT, POSITION_FRONT_RIGHT },
		{ POSITION_FRONT_LEFT, POSITION_FRONT_RIGHT,
		  POSITION_FRONT_CENTRE },
		{ POSITION_FRONT_LEFT, POSITION_FRONT_RIGHT,
		  POSITION_BACK_LEFT, POSITION_BACK_RIGHT },
		{ POSITION_FRONT_LEFT, POSITION_FRONT_RIGHT,
		  POSITION_FRONT_CENTRE, POSITION_BACK_LEFT,
		  POSITION_BACK_RIGHT },
		{ POSITION_FRONT_LEFT, POSITION_FRONT_RIGHT,
		  POSITION_FRONT_CENTRE, POSITION_LOW, POSITION_BACK_LEFT,
		  POSITION_BACK_RIGHT },
		{ POSITION_FRONT_LEFT, POSITION_FRONT_RIGHT,
		  POSITION_FRONT_CENTRE, POSITION_LOW, POSITION_BACK_CENTRE,
		  POSITION_SIDE_LEFT, POSITION_SIDE_RIGHT },
		{ POSITION_FRONT_LEFT, POSITION_FRONT_RIGHT,
		  POSITION_FRONT_CENTRE, POSITION_LOW, POSITION_BACK_LEFT,
		  POSITION_BACK_RIGHT, POSITION_SIDE_LEFT,
		  POSITION_SIDE_RIGHT },
	};
	int i;

	for (i = 0; i < channels && i < CHANNELS_MAX; i++)
		layout[i] = POSITION_UNKNOWN;
	if (channels > 8)
		channels = 2;		/* the rest may be anywhere */
	for (i = 0; i < channels; i++)
		layout[i] = usual[channels - 1][i];
}

/* The place of a channel of that number. */
static const struct place *
place_of(const enum position *layout, int channel)
{

	return (&places[channel < CHANNELS_MAX ? layout[channel] :
	    POSITION_UNKNOWN]);
}

static bool
is_heard(const struct place *p)
{

	return (p->left + p->right > 0);
}

bool
channels_known(const enum position *layout, int channels)
{
	int i;

	for (i = 0; i < channels; i++) {
		if (is_heard(place_of(layout, i)))
			return (true);
	}
	return (false);
}

void
channels_mix(struct channels_mix *m, const enum position *layout, int channels)
{
	double left, most, right;
	int i;

	memset(m, 0, sizeof(*m));
	left = right = 0;
	for (i = 0; i < channels && i < CHANNELS_MAX; i++) {
		left += places[layout[i]].left;
		right += places[layout[i]].right;
	}
	most = left > right ? left : right;
	if (most < FULL)
		most = FULL;
	for (i = 0; i < channels && i < CHANNELS_MAX; i++) {
		m->left[i] = places[layout[i]].left / most;
		m->right[i] = places[layout[i]].right / most;
	}
}

static void
add(char *buf, size_t len, const char *text)
{
	size_t used;

	used = strlen(buf);
	snprintf(buf + used, len - used, "%s", text);
}

static void
add_name(char *buf, size_t len, const struct place *p, int channel)
{
	char number[24];

	if (*buf != '\0')
		add(buf, len, ", ");
	snprintf(number, sizeof(number), "channel %d", channel + 1);
	add(buf, len, p->name != NULL ? p->name : number);
}

/*
 * Name the channels that are heard, or those that are not, and what happens to
 * them.
 */
static void
add_names(const enum position *layout, int channels, bool heard,
    const char *fate, char *buf, size_t len)
{
	const struct place *p;
	int i, n;

	for (i = n = 0; i < channels; i++) {
		p = place_of(layout, i);
		if (is_heard(p) != heard || p->left == FULL ||
		    p->right == FULL)
			continue;
		add_name(buf, len, p, i);
		n++;
	}
	if (n > 0)
		add(buf, len, fate);
}

const char *
channels_text(const enum position *layout, int channels, char *buf, size_t len)
{

	buf[0] = '\0';
	add_names(layout, channels, true, " mixed in", buf, len);
	add_names(layout, channels, false, " dropped", buf, len);
	return (buf);
}
