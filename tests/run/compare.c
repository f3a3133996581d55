/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Comparing what was sent with what was played, frame by frame.
 *
 * A device may be silent before a stream starts and after it ends.  A sound may
 * begin and end with silence, too, so the two are laid over each other at
 * their first frames that are not silent.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"

/* How many frames must agree so that two places count as the same. */
#define	COMPARE_MATCH	32
/* How many frames may be missing or inserted and still be found. */
#define	COMPARE_REACH	(1 << 16)

static bool
is_silent(const uint8_t *p, size_t len, uint8_t silence)
{

	for (; len > 0; len--) {
		if (*p++ != silence)
			return (false);
	}
	return (true);
}

/* Index of the first frame that is not silent; all of them if none is. */
static size_t
first_sound(const uint8_t *p, size_t frames, const struct compare *c)
{
	size_t i;

	for (i = 0; i < frames; i++) {
		if (!is_silent(p + i * c->frame, c->frame, c->silence))
			break;
	}
	return (i);
}

/* Frames, of at most n, that agree from the start. */
static size_t
common(const uint8_t *a, const uint8_t *b, size_t n, size_t frame)
{
	size_t i;

	for (i = 0; i < n && memcmp(a + i * frame, b + i * frame, frame) == 0;)
		i++;
	return (i);
}

static const char *
plural(size_t n)
{

	return (n == 1 ? "" : "s");
}

static size_t
least(size_t a, size_t b)
{

	return (a < b ? a : b);
}

/*
 * The smallest shift of `a' after which it continues as `b' does; 0 if there is
 * none.  A match of silence alone proves nothing.
 */
static size_t
find_shift(const uint8_t *a, size_t a_frames, const uint8_t *b,
    size_t b_frames, const struct compare *c)
{
	size_t n, shift;

	for (shift = 1; shift < a_frames && shift <= COMPARE_REACH; shift++) {
		n = least(least(a_frames - shift, b_frames), COMPARE_MATCH);
		if (common(a + shift * c->frame, b, n, c->frame) == n &&
		    !is_silent(b, n * c->frame, c->silence))
			return (shift);
	}
	return (0);
}

/* Say how the two differ from frame `at' of the sent sound on. */
static void
explain(const struct compare *c, const uint8_t *played, size_t played_frames,
    size_t at, char *why, size_t why_len)
{
	const uint8_t *p, *s;
	size_t pn, shift, sn;

	s = c->sent + at * c->frame;
	sn = c->sent_len / c->frame - at;
	p = played + at * c->frame;
	pn = played_frames - at;
	if ((shift = find_shift(s, sn, p, pn, c)) != 0)
		snprintf(why, why_len, "%zu frame%s missing at frame %zu",
		    shift, plural(shift), at);
	else if ((shift = find_shift(p, pn, s, sn, c)) != 0)
		snprintf(why, why_len, "%zu frame%s inserted at frame %zu",
		    shift, plural(shift), at);
	else if (is_silent(p, pn * c->frame, c->silence))
		snprintf(why, why_len, "missing from frame %zu on, %zu frame%s",
		    at, sn, plural(sn));
	else
		snprintf(why, why_len, "frame %zu differs", at);
}

static bool
compare_rest(const struct compare *c, const uint8_t *played, size_t frames,
    char *why, size_t why_len)
{
	size_t at, n, sent;

	sent = c->sent_len / c->frame;
	n = least(sent, frames);
	at = common(c->sent, played, n, c->frame);
	if (at < n) {
		explain(c, played, frames, at, why, why_len);
		return (false);
	}
	if (frames < sent) {
		snprintf(why, why_len, "missing from frame %zu on, %zu frame%s",
		    frames, sent - frames, plural(sent - frames));
		return (false);
	}
	at = first_sound(played + sent * c->frame, frames - sent, c);
	if (at < frames - sent) {
		snprintf(why, why_len, "there is sound %zu frame%s after the "
		    "end", at, plural(at));
		return (false);
	}
	return (true);
}

bool
compare(const struct compare *c, char *why, size_t why_len)
{
	size_t lead, played, sent, start;

	if (c->played_len % c->frame != 0) {
		snprintf(why, why_len, "the last frame was not %s whole",
		    c->done);
		return (false);
	}
	played = c->played_len / c->frame;
	sent = c->sent_len / c->frame;
	lead = first_sound(c->sent, sent, c);
	start = first_sound(c->played, played, c);
	if (start == played && lead < sent) {
		snprintf(why, why_len, "nothing was %s", c->done);
		return (false);
	}
	if (start == played)		/* all silent, as was sent */
		start = lead = 0;
	if (start < lead) {
		/* Missing silence, or sound that was not sent. */
		snprintf(why, why_len, "sound begins %zu frame%s too early",
		    lead - start, plural(lead - start));
		return (false);
	}
	start -= lead;
	return (compare_rest(c, c->played + start * c->frame, played - start,
	    why, why_len));
}

size_t
compare_fold(uint8_t *stereo, size_t len, size_t width, size_t *differs)
{
	size_t i, n;

	n = len / (2 * width);
	*differs = n;
	for (i = 0; i < n; i++) {
		if (*differs == n && memcmp(stereo + 2 * i * width,
		    stereo + (2 * i + 1) * width, width) != 0)
			*differs = i;
		memmove(stereo + i * width, stereo + 2 * i * width, width);
	}
	return (n * width);
}

size_t
compare_thin(uint8_t *data, size_t len, size_t period, size_t drop)
{
	size_t from, n, to;

	for (from = to = 0; from < len; from += period) {
		n = len - from < period - drop ? len - from : period - drop;
		memmove(data + to, data + from, n);
		to += n;
	}
	return (to);
}
