/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Did every sample arrive?  The model keeps each stream apart; QEMU writes one
 * file, which with several streams holds their sum.  vhost-device-sound drops
 * the last bytes of each period and gives the others to its sound library: that
 * is said, and all of those must be there.
 */

#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "mix.h"
#include "run.h"

static bool
tell(const char *name, bool same, const char *why)
{

	if (same)
		printf("%s: yes\n", name);
	else
		printf("%s: no (%s)\n", name, why);
	return (same);
}

static bool
same_sound(const struct voice *v, char *why, size_t why_len)
{
	const struct compare c = {
		.sent = v->sent.data, .sent_len = v->sent.len,
		.played = v->got.data, .played_len = v->got.len,
		.frame = format_frame(&v->sent.format),
		.silence = sample_types[v->sent.format.sample].silence,
		.done = v->stream.capture ? "recorded" : "played"
	};

	return (compare(&c, why, why_len));
}

/*
 * Remove from the sent sound the bytes that the device is known to drop, unless
 * the device played them.
 */
static void
expect_drops(const struct card *card, struct voice *v)
{
	size_t drops, frame, given = v->sent.len;
	char why[128];

	drops = card_drops(card, &v->sent.format);
	if (drops == 0 || same_sound(v, why, sizeof(why)))
		return;
	frame = format_frame(&v->sent.format);
	v->sent.len = compare_thin(v->sent.data, v->sent.len,
	    v->stream.period_frames * frame, drops);
	printf("dropped by the device: the last %zu bytes of each period, %zu "
	    "of %zu; the others are compared\n", drops, given - v->sent.len,
	    given);
}

/* Each by itself; with more than one, a line for each. */
static bool
check_apart(const struct voice *voices, int n)
{
	char name[32], why[128];
	int i, good;

	if (n == 1)
		return (tell("bit-exact", same_sound(voices, why, sizeof(why)),
		    why));
	for (i = good = 0; i < n; i++) {
		snprintf(name, sizeof(name), "bit-exact, %s",
		    voices[i].stream.name);
		good += tell(name, same_sound(&voices[i], why, sizeof(why)),
		    why);
	}
	snprintf(why, sizeof(why), "%d of %d streams are", good, n);
	return (tell("bit-exact", good == n, why));
}

/* Where each stream began, counted from the first that did. */
static void
print_starts(const struct mix *m, uint32_t rate)
{
	size_t first;
	int i;

	first = m->part[0].at;
	for (i = 1; i < m->parts; i++) {
		if (m->part[i].at < first)
			first = m->part[i].at;
	}
	printf("starts:");
	for (i = 0; i < m->parts; i++)
		printf("%s %.1f", i == 0 ? "" : ",",
		    1e3 * (m->part[i].at - first) / rate);
	printf(" ms\n");
}

/* Is the first file the sum of all voices? */
static bool
check_sum(const struct voice *voices, int n)
{
	const struct sound *whole = &voices[0].got;
	struct mix m = { .parts = n, .whole = (const int16_t *)whole->data,
	    .frames = whole->len / (MIX_CHANNELS * sizeof(int16_t)) };
	char why[128];
	int i;

	for (i = 0; i < n; i++) {
		m.part[i].samples = (const int16_t *)voices[i].sent.data;
		m.part[i].frames = voices[i].sent.len /
		    (MIX_CHANNELS * sizeof(int16_t));
	}
	if (!mix_find(&m, why, sizeof(why)))
		return (tell("bit-exact", false, why));
	print_starts(&m, whole->format.rate);
	printf("saturated: %zu samples of the sum, %.1f %%\n", m.saturated,
	    100.0 * m.saturated / (m.frames * MIX_CHANNELS));
	return (tell("bit-exact", true, NULL));
}

/* What the outputs will hold; recorded sound is there already. */
static int
take(struct card *card, struct voice *voices, int noutputs)
{
	struct voice *v;

	for (v = voices; v < voices + noutputs; v++) {
		if (!v->stream.capture && card_played(card, v->stream.channel,
		    &v->stream.format, &v->got) != 0)
			return (-1);
		if (v->stream.capture)
			v->got.len = v->stream.done;
	}
	return (0);
}

int
check_all(struct card *card, struct voice *voices, int n,
    struct output *outputs, int noutputs, bool proves, bool pictures)
{
	bool same;
	int i;

	if (take(card, voices, noutputs) != 0)
		return (-1);
	for (i = 0; proves && i < noutputs; i++)
		expect_drops(card, &voices[i]);
	same = proves && (noutputs == n ? check_apart(voices, n) :
	    check_sum(voices, n));
	for (i = 0; i < noutputs; i++) {
		if (output_write(&outputs[i], &voices[i].got) != 0)
			return (-1);
	}
	pictures = pictures && proves;
	if (pictures && output_plot(outputs, noutputs) != 0)
		return (-1);
	report_files(outputs, noutputs, pictures);
	return (same ? 0 : -1);
}
