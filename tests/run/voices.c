/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * All streams at once.  None may wait for another, because QEMU's mixer goes on
 * only when each stream has something to mix.
 */

#include "run.h"
#include "tk.h"

#define	NAP_NS		INT64_C(1000000)
/*
 * If no byte moves for this long, the device has stopped.  sound(4) uses the
 * same time.
 */
#define	STALL_NS	INT64_C(5000000000)

/* What the stream writes, or reads into. */
static struct sound *
sound_of(struct voice *v)
{

	return (v->stream.capture ? &v->got : &v->sent);
}

/* Move what can be moved now.  Returns the bytes, or -1. */
static int64_t
move_some(struct voice *voices, int n)
{
	struct voice *v;
	int64_t moved, total;

	total = 0;
	for (v = voices; v < voices + n; v++) {
		moved = stream_move(&v->stream, sound_of(v));
		if (moved < 0)
			return (-1);
		total += moved;
	}
	return (total);
}

static bool
all_moved(struct voice *voices, int n)
{
	struct voice *v;

	for (v = voices; v < voices + n; v++) {
		if (!stream_moved_all(&v->stream, sound_of(v)))
			return (false);
	}
	return (true);
}

/* The longest one. */
static double
total_seconds(struct voice *voices, int n)
{
	struct voice *v;
	double most, seconds;

	most = 0;
	for (v = voices; v < voices + n; v++) {
		seconds = stream_seconds(&v->stream, sound_of(v)->len);
		most = seconds > most ? seconds : most;
	}
	return (most);
}

static void
show(struct progress *p, const struct voice *voices, int n, double total)
{
	const struct voice *v;
	double most, seconds;

	most = 0;
	for (v = voices; v < voices + n; v++) {
		seconds = stream_position(&v->stream);
		most = seconds > most ? seconds : most;
	}
	progress_show(p, most, total);
}

/* Let the device work for a moment. */
static void
nap(void)
{
	static const char channel;

	tk_lock();
	(void)tk_block(&channel, "play", tk_now_ns() + NAP_NS);
	tk_unlock();
}

void
voices_wait(double seconds)
{
	int64_t end;

	end = tk_now_ns() + (int64_t)(seconds * 1e9);
	while (tk_now_ns() < end && stop_signal() == 0)
		nap();
}

/* Until all is moved or a signal comes. */
static int
move_all(struct voice *voices, int n, const struct card *card,
    struct progress *p, double total)
{
	int64_t last, moved;

	last = tk_now_ns();
	while (!all_moved(voices, n) && stop_signal() == 0) {
		moved = move_some(voices, n);
		if (moved < 0 || card_failed(card))
			return (-1);
		if (moved > 0) {
			last = tk_now_ns();
			show(p, voices, n, total);
		} else if (tk_now_ns() - last > STALL_NS)
			return (complain("the device stopped after %.2f s",
			    stream_position(&voices[0].stream)));
		else
			nap();
	}
	return (0);
}

int
voices_move(struct voice *voices, int n, const struct card *card)
{
	struct progress progress;
	double total;
	int error, i;

	/* Wait for the end of each stream only after all others have ended. */
	for (i = 0; i < n && n > 1 && !voices[i].stream.capture; i++)
		stream_pad(&voices[i].stream);
	total = total_seconds(voices, n);
	progress_start(&progress);
	error = move_all(voices, n, card, &progress, total);
	for (i = 0; i < n && error == 0 && stop_signal() == 0; i++)
		error = stream_finish(&voices[i].stream);
	if (error != 0 || stop_signal() != 0) {
		for (i = 0; i < n; i++)
			stream_stop(&voices[i].stream);
		total = 0;
	}
	progress_end(&progress, total, total_seconds(voices, n));
	return (error);
}
