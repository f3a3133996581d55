/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The player: everything in order.
 *
 * QEMU writes its file in one format from the start, so it must be known what
 * the device will be asked to play before there is a device to ask.  The
 * guess is that it plays the file as it is stored; if not, device and kernel
 * are started once more for the format that was chosen.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "run.h"

struct run {
	struct options	 options;
	struct source	 source;
	struct output	 output;
	struct card	*card;
	struct stream	 stream;
	struct sound	 sent;
	struct sound	 played;
	struct card_stats stats;
};

/* Device, driver and an open stream that suits the file. */
static int
start_device(struct run *r, const struct format *guess)
{

	if (card_open(&r->card, &r->options, &r->output, guess) != 0)
		return (-1);
	return (stream_open(&r->stream, &r->source, &r->options));
}

/* The card stays, for what it played. */
static int
stop_device(struct run *r)
{

	if (r->card == NULL)
		return (0);
	stream_close(&r->stream);
	return (card_close(r->card));
}

static int
start(struct run *r)
{
	struct format chosen;

	if (start_device(r, &r->source.format) != 0)
		return (-1);
	chosen = r->stream.format;
	if (card_suits(&r->options, &r->source.format, &chosen))
		return (0);
	if (stop_device(r) != 0)
		return (-1);
	card_free(r->card);
	r->card = NULL;
	return (start_device(r, &chosen));
}

static int
play(struct run *r)
{

	if (start(r) != 0)
		return (-1);
	report_device(r->card, &r->stream);
	report_source(&r->source);
	report_stream(&r->source, &r->stream);
	report_pace(card_pace(&r->options, &r->stream.format));
	if (sound_read(&r->sent, &r->source, &r->stream.format) != 0 ||
	    stream_play(&r->stream, &r->sent) != 0)
		return (-1);
	return (0);
}

static bool
check(struct run *r)
{
	const struct compare c = {
		.sent = r->sent.data, .sent_len = r->sent.len,
		.played = r->played.data, .played_len = r->played.len,
		.frame = format_frame(&r->sent.format),
		.silence = sample_types[r->sent.format.sample].silence
	};
	char why[128];
	bool same;

	same = compare(&c, why, sizeof(why));
	if (same)
		puts("bit-exact: yes");
	else
		printf("bit-exact: no (%s)\n", why);
	return (same);
}

static int
finish(struct run *r)
{
	bool same;

	report_counts(&r->stats, &r->stream);
	if (card_played(r->card, &r->stream.format, &r->played) != 0)
		return (-1);
	same = check(r);
	if (output_write(&r->output, &r->played) != 0 ||
	    output_plot(&r->output) != 0)
		return (-1);
	report_files(&r->output, true);
	return (same ? 0 : -1);
}

/* What was played until then is kept, but proves nothing. */
static int
interrupted(struct run *r)
{

	if (card_played(r->card, &r->stream.format, &r->played) == 0 &&
	    output_write(&r->output, &r->played) == 0)
		report_files(&r->output, false);
	complain("interrupted");
	return (RUN_SIGNAL + stop_signal());
}

static int
run(struct run *r)
{
	int error, stopped;

	if (source_open(&r->source, r->options.file) != 0 ||
	    output_open(&r->output, r->options.out) != 0)
		return (RUN_FAILED);
	error = play(r);
	if (r->card != NULL && r->stream.dsp != NULL)
		card_stats(r->card, &r->stats);
	stopped = stop_device(r);
	if (error != 0)
		return (RUN_FAILED);
	if (stop_signal() != 0)
		return (interrupted(r));
	return (finish(r) == 0 && stopped == 0 ? RUN_OK : RUN_FAILED);
}

int
main(int argc, char **argv)
{
	static struct run r;
	int status;

	status = options_parse(&r.options, argc, argv);
	if (status >= 0)
		return (status);
	signals_catch();
	status = run(&r);
	source_close(&r.source);
	output_close(&r.output);
	card_free(r.card);
	sound_free(&r.sent);
	sound_free(&r.played);
	return (status);
}
