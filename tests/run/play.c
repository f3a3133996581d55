/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The player: everything in order.
 *
 * QEMU writes its file in one format from the start.  So the format must be
 * known before there is a device that could be asked.  The player assumes that
 * the device plays the file as it is stored.  If it does not, device and kernel
 * are started once more for the format that was chosen.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "tk.h"

struct run {
	struct options	 options;
	struct card	*card;
	struct voice	 voices[RUN_STREAMS];
	int		 nvoices;
	struct output	 outputs[RUN_STREAMS];
	int		 noutputs;
	struct card_stats stats;
	double		 seconds;	/* from first byte to the end */
};

/*
 * What to play a file as.  QEMU's mixer adds streams of one format up, and
 * writes 16 bits.
 */
static struct format
wanted_format(const struct run *r, const struct voice *v)
{
	struct format f;

	if (r->nvoices == 1 || r->options.model == MODEL_SIM)
		return (v->source.format);
	f.sample = SAMPLE_S16;
	f.channels = 2;
	f.rate = v == r->voices ? v->source.format.rate :
	    r->voices[0].stream.format.rate;
	return (f);
}

/* Device, driver and open streams that suit the files. */
static int
start_device(struct run *r, const struct format *guess)
{
	struct format want;
	struct voice *v;

	if (card_open(&r->card, &r->options, &r->outputs[0], guess) != 0)
		return (-1);
	for (v = r->voices; v < r->voices + r->nvoices; v++) {
		want = wanted_format(r, v);
		if (stream_open(&v->stream, &want, &r->options) != 0)
			return (-1);
	}
	return (0);
}

/* Keep the card, since it holds what it played. */
static int
stop_device(struct run *r)
{
	int i;

	if (r->card == NULL)
		return (0);
	for (i = 0; i < r->nvoices; i++)
		stream_close(&r->voices[i].stream);
	return (card_close(r->card));
}

static int
start(struct run *r)
{
	struct format chosen, guess;

	guess = wanted_format(r, &r->voices[0]);
	if (start_device(r, &guess) != 0)
		return (-1);
	chosen = r->voices[0].stream.format;
	if (card_suits(&r->options, &guess, &chosen))
		return (0);
	if (stop_device(r) != 0)
		return (-1);
	card_free(r->card);
	r->card = NULL;
	return (start_device(r, &chosen));
}

/* Read the file; to record it, let the device hear it. */
static int
prepare(struct run *r, struct voice *v)
{

	if (sound_read(&v->sent, &v->source, &v->stream.format) != 0)
		return (-1);
	if (!r->options.capture)
		return (0);
	v->got.format = v->sent.format;
	v->got.len = v->sent.len;
	v->got.data = calloc(1, v->got.len + 1);
	if (v->got.data == NULL)
		return (complain("out of memory"));
	card_feed(r->card, v->stream.channel, &v->sent);
	return (0);
}

static int
move(struct run *r)
{
	int64_t began;
	int error, i;

	if (start(r) != 0)
		return (-1);
	report_device(r->card);
	/* The length of some files is known only once they have been read. */
	for (i = 0; i < r->nvoices; i++) {
		if (prepare(r, &r->voices[i]) != 0)
			return (-1);
		report_voice(&r->voices[i]);
	}
	report_pace(card_pace(&r->options, &r->voices[0].stream.format));
	began = tk_now_ns();
	error = voices_move(r->voices, r->nvoices, r->card);
	if (error == 0 && !r->options.capture)
		voices_wait(card_latency(&r->options,
		    &r->voices[0].stream.format));
	r->seconds = (tk_now_ns() - began) / 1e9;
	return (error);
}

/* What arrived before a signal is kept, but not compared. */
static int
finish(struct run *r)
{
	bool whole;
	int error;

	whole = stop_signal() == 0;
	if (whole)
		report_counts(&r->stats, r->voices, r->nvoices, r->seconds);
	error = check_all(r->card, r->voices, r->nvoices, r->outputs,
	    r->noutputs, whole, !r->options.no_picture);
	if (whole)
		return (error == 0 ? RUN_OK : RUN_FAILED);
	complain("interrupted");
	return (RUN_SIGNAL + stop_signal());
}

/* One file for each stream that the device keeps apart. */
static int
open_outputs(struct run *r)
{
	const struct options *o = &r->options;
	const char *name = o->capture ? "recorded" : "played";
	int i, n;

	n = o->model == MODEL_SIM ? r->nvoices : 1;
	for (i = 0; i < n; i++) {
		if (output_open(&r->outputs[i], o->out, name,
		    n == 1 ? -1 : i) != 0)
			return (-1);
		r->noutputs++;
	}
	return (0);
}

static int
run(struct run *r)
{
	const struct options *o = &r->options;
	int error, i, status, stopped;

	r->nvoices = o->streams;
	for (i = 0; i < o->streams; i++) {
		if (source_open(&r->voices[i].source,
		    o->files[i % o->nfiles]) != 0)
			return (RUN_FAILED);
	}
	if (open_outputs(r) != 0)
		return (RUN_FAILED);
	error = move(r);
	if (r->card != NULL)
		card_stats(r->card, &r->stats);
	stopped = stop_device(r);
	if (error != 0)
		return (RUN_FAILED);
	status = finish(r);
	return (status == RUN_OK && stopped != 0 ? RUN_FAILED : status);
}

int
main(int argc, char **argv)
{
	static struct run r;
	int i, status;

	status = options_parse(&r.options, argc, argv);
	if (status >= 0)
		return (status);
	signals_catch();
	status = run(&r);
	for (i = 0; i < RUN_STREAMS; i++) {
		source_close(&r.voices[i].source);
		sound_free(&r.voices[i].sent);
		sound_free(&r.voices[i].got);
		output_close(&r.outputs[i]);
	}
	card_free(r.card);
	return (status);
}
