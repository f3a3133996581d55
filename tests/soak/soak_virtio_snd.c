/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * virtio_snd(4) for a day.  A frame of two 16 bit channels can hold its own
 * number, counted from 1.  24 hours at 48 kHz are 4,147,200,000 frames, which
 * is less than 2^32.  Silence is 0.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include "model_virtio_snd.h"
#include "soak.h"
#include "tk.h"
#include "tk_dsp.h"

#define	HZ		48000
#define	PERIOD		480			/* frames */
#define	PERIODS		8			/* in the buffer */
#define	FRAME		sizeof(uint32_t)
#define	DEVTYPE_SOUND	25
#define	OUTPUT		0			/* streams of the model */
#define	INPUT		1

struct soak {
	struct model_snd *model;
	struct _device	*bus;
	struct tk_dsp	*dsp;
	struct soak_account account;
	uint64_t	total;		/* frames */
	uint32_t	frames[PERIOD];
};

static void
must(bool good, const char *what)
{
	if (!good)
		panic("soak: %s failed", what);
}

/*
 * The device's side: the frames that it plays, and the frames that it records.
 */
static void
take_frames(void *arg, uint32_t stream, const void *buf, size_t len)
{
	struct soak *s = arg;
	const uint32_t *frames = buf;

	for (size_t i = 0; i < len / FRAME; i++) {
		/* sound(4) starts and ends with a buffer of silence. */
		if (frames[i] == 0 && (s->account.next == 0 ||
		    s->account.next == s->total))
			continue;
		soak_take(&s->account, (uint64_t)frames[i] - 1);
	}
}

static size_t
make_frames(void *arg, uint32_t stream, uint64_t off, void *buf, size_t len)
{
	uint32_t *frames = buf;

	must(off % FRAME == 0 && len % FRAME == 0, "whole frames");
	for (size_t i = 0; i < len / FRAME; i++)
		frames[i] = (uint32_t)(off / FRAME + i + 1);
	return (len);
}

static void
up(struct soak *s, bool record)
{
	struct model_snd_config config;

	model_snd_config_exact(&config);
	/* The model keeps as much for a late reader as the buffer holds. */
	config.backend_frames = PERIOD * PERIODS;
	s->model = model_snd_new(&config);
	model_snd_play_to(s->model, OUTPUT, take_frames, s);
	model_snd_capture_from(s->model, INPUT, make_frames, s);
	s->bus = tk_virtio_attach("virtio_pci", &model_snd_ops, s->model,
	    DEVTYPE_SOUND, NULL);
	must(s->bus != NULL, "attach");
	must(tk_dsp_open(-1, record, false, &s->dsp) == 0, "open");
	must(tk_dsp_setup(s->dsp, TK_AFMT_S16_LE, 2, HZ, 0, 0) == 0, "setup");
	must(tk_dsp_setfragments(s->dsp, PERIOD * FRAME, PERIODS) == 0,
	    "setfragments");
}

static uint64_t
down(struct soak *s)
{
	struct model_snd_stream_stats out, in;
	struct tk_dsp_errors errors;

	must(tk_dsp_geterror(s->dsp, &errors) == 0, "geterror");
	must(tk_dsp_close(s->dsp) == 0, "close");
	model_snd_play_to(s->model, OUTPUT, NULL, NULL);
	out = model_snd_stream_stats(s->model, OUTPUT);
	in = model_snd_stream_stats(s->model, INPUT);
	must(tk_virtio_detach(s->bus) == 0, "detach");
	must(model_snd_stats(s->model).illegal == 0, "obedience");
	model_snd_free(s->model);
	return (out.underruns + in.overruns + errors.play_underruns +
	    errors.rec_overruns);
}

struct soak_account
soak_play(uint64_t periods, uint64_t *xruns)
{
	struct soak *s;
	struct soak_account account;

	s = malloc(sizeof(*s), M_TEMP, M_WAITOK | M_ZERO);
	s->total = periods * PERIOD;
	up(s, false);
	for (uint64_t n = 0; n < periods; n++) {
		soak_progress(n, periods);
		for (uint32_t i = 0; i < PERIOD; i++)
			s->frames[i] = (uint32_t)(n * PERIOD + i + 1);
		must(tk_dsp_write(s->dsp, s->frames, sizeof(s->frames)) ==
		    sizeof(s->frames), "write");
	}
	*xruns = down(s);
	account = s->account;
	free(s, M_TEMP);
	return (account);
}

struct soak_account
soak_record(uint64_t periods, uint64_t *xruns)
{
	struct soak *s;
	struct soak_account account;

	s = malloc(sizeof(*s), M_TEMP, M_WAITOK | M_ZERO);
	up(s, true);
	for (uint64_t n = 0; n < periods; n++) {
		soak_progress(n, periods);
		must(tk_dsp_read(s->dsp, s->frames, sizeof(s->frames)) ==
		    sizeof(s->frames), "read");
		for (uint32_t i = 0; i < PERIOD; i++)
			soak_take(&s->account, (uint64_t)s->frames[i] - 1);
	}
	*xruns = down(s);
	account = s->account;
	free(s, M_TEMP);
	return (account);
}
