/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Taking a sum apart.
 *
 * When each part began is not known.  But where the first one does, it sounds
 * alone; the first frame that it does not explain is where the next one joins,
 * and so on.  Which part joins is found by trying, as deep as needed: a wrong
 * one disagrees some frames later at the latest.
 *
 * A part's first frames may be hidden, where the others saturate without it.
 * So it may have begun up to MIX_HIDDEN frames before the place where it shows.
 */

#include <stdint.h>
#include <stdio.h>

#include "mix.h"

#define	MIX_HIDDEN	64

struct search {
	struct mix	*mix;
	size_t		 lead[MIX_PARTS];	/* silent frames at first */
	bool		 placed[MIX_PARTS];
	size_t		 reached;		/* the farthest mismatch */
};

/* Index of the first frame that is not silent; all of them if none is. */
static size_t
first_sound(const int16_t *samples, size_t frames)
{
	size_t i;

	for (i = 0; i < frames * MIX_CHANNELS && samples[i] == 0;)
		i++;
	return (i / MIX_CHANNELS);
}

/* The sum of the placed parts, at a frame and channel. */
static int32_t
sum_at(const struct search *s, size_t frame, int channel)
{
	const struct mix_part *p;
	int32_t sum;
	int i;

	sum = 0;
	for (i = 0; i < s->mix->parts; i++) {
		p = &s->mix->part[i];
		if (s->placed[i] && frame >= p->at &&
		    frame - p->at < p->frames)
			sum += p->samples[(frame - p->at) * MIX_CHANNELS +
			    channel];
	}
	return (sum);
}

static int32_t
saturate(int32_t sum)
{

	if (sum > INT16_MAX)
		return (INT16_MAX);
	return (sum < INT16_MIN ? INT16_MIN : sum);
}

static bool
frame_agrees(const struct search *s, size_t frame)
{
	int channel;

	for (channel = 0; channel < MIX_CHANNELS; channel++) {
		if (saturate(sum_at(s, frame, channel)) !=
		    s->mix->whole[frame * MIX_CHANNELS + channel])
			return (false);
	}
	return (true);
}

/* The first frame from here on that is not the sum of the placed parts. */
static size_t
mismatch(const struct search *s, size_t frame)
{

	while (frame < s->mix->frames && frame_agrees(s, frame))
		frame++;
	return (frame);
}

static bool	place_rest(struct search *, size_t from);

/*
 * Place the part so that its first sound is at this frame.  Accepted only if
 * more frames are then explained.
 */
static bool
try_part(struct search *s, int i, size_t first, size_t where)
{
	struct mix_part *p;
	size_t next;

	p = &s->mix->part[i];
	if (first < s->lead[i] ||
	    first - s->lead[i] + p->frames > s->mix->frames)
		return (false);
	p->at = first - s->lead[i];
	s->placed[i] = true;
	next = mismatch(s, first);
	/* Other parts may begin in the very same frame. */
	if ((next > where || first == where) && place_rest(s, next))
		return (true);
	s->placed[i] = false;
	return (false);
}

/* Place the remaining parts.  All frames before `from' are explained. */
static bool
place_rest(struct search *s, size_t from)
{
	size_t hidden;
	int i, left;

	if (from > s->reached)
		s->reached = from;
	for (i = left = 0; i < s->mix->parts; i++)
		left += !s->placed[i];
	if (left == 0 || from == s->mix->frames)
		return (left == 0 && from == s->mix->frames);
	for (hidden = 0; hidden <= MIX_HIDDEN && hidden <= from; hidden++) {
		for (i = 0; i < s->mix->parts; i++) {
			if (!s->placed[i] &&
			    try_part(s, i, from - hidden, from))
				return (true);
		}
	}
	return (false);
}

/* Samples that do not fit. */
static size_t
count_saturated(const struct search *s)
{
	size_t frame, n;
	int channel;

	n = 0;
	for (frame = 0; frame < s->mix->frames; frame++) {
		for (channel = 0; channel < MIX_CHANNELS; channel++) {
			if (sum_at(s, frame, channel) !=
			    saturate(sum_at(s, frame, channel)))
				n++;
		}
	}
	return (n);
}

static void
explain(const struct search *s, char *why, size_t why_len)
{

	if (s->reached < s->mix->frames)
		snprintf(why, why_len, "the sum differs at frame %zu",
		    s->reached);
	else
		snprintf(why, why_len, "not all streams were played");
}

bool
mix_find(struct mix *mix, char *why, size_t why_len)
{
	struct search s = { .mix = mix };
	int i;

	mix->saturated = 0;
	for (i = 0; i < mix->parts; i++) {
		s.lead[i] = first_sound(mix->part[i].samples,
		    mix->part[i].frames);
		/* Silence may be anywhere. */
		mix->part[i].at = 0;
		s.placed[i] = s.lead[i] == mix->part[i].frames;
	}
	if (!place_rest(&s, mismatch(&s, 0))) {
		explain(&s, why, why_len);
		return (false);
	}
	mix->saturated = count_saturated(&s);
	return (true);
}
