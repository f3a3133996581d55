/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * virtio_snd(4) on the model, each message completed exactly when played: the
 * dearest way there is, with an interrupt for every period.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include "bench.h"
#include "model_virtio_snd.h"
#include "tk.h"
#include "tk_dsp.h"

#define	FRAME	4
#define	HZ	48000
#define	SOUND	25		/* device type */

void
bench_must(int error, const char *what)
{
	if (error != 0)
		panic("bench: %s: error %d", what, error);
}

/* Write n periods of the stream. */
static void
bench_write(struct tk_dsp *dsp, const struct bench_stream *s, const void *data,
    uint32_t n)
{
	size_t bytes = (size_t)s->period_frames * FRAME;

	while (n-- != 0)
		bench_must(tk_dsp_write(dsp, data, bytes) != (int64_t)bytes,
		    "write");
}

static void
bench_play(struct model_snd *model, struct _device *bus,
    const struct bench_stream *s, struct bench_counts *counts)
{
	struct tk_virtio_stats before, after;
	struct tk_dsp *dsp;
	uint64_t periods;
	void *data;
	int mallocs;

	data = malloc(s->period_frames * FRAME, M_TEMP, M_WAITOK | M_ZERO);
	bench_must(tk_dsp_open(-1, false, false, &dsp), "open");
	bench_must(tk_dsp_setup(dsp, TK_AFMT_S16_LE, 2, HZ, 0, 0), "setup");
	bench_must(tk_dsp_setfragments(dsp, s->period_frames * FRAME,
	    s->periods), "setfragments");
	bench_write(dsp, s, data, 4 * s->periods);	/* fill, start */

	before = tk_virtio_stats(bus);
	periods = model_snd_stream_stats(model, 0).periods;
	mallocs = tk_fault_calls("malloc");
	bench_count_copies(true);
	bench_write(dsp, s, data, s->count);
	bench_count_copies(false);
	counts->allocations = tk_fault_calls("malloc") - mallocs;
	counts->periods = model_snd_stream_stats(model, 0).periods - periods;
	after = tk_virtio_stats(bus);
	counts->kicks = after.kicks[MODEL_SND_VQ_TX] -
	    before.kicks[MODEL_SND_VQ_TX];
	counts->interrupts = after.interrupts[MODEL_SND_VQ_TX] -
	    before.interrupts[MODEL_SND_VQ_TX];
	tk_dsp_close(dsp);
	free(data, M_TEMP);
}

void
bench_virtio_snd(const struct bench_stream *s, struct bench_counts *counts)
{
	struct model_snd_config config;
	struct model_snd *model;
	struct _device *bus;
	int error = 0;

	model_snd_config_exact(&config);
	config.intr_shared = false;	/* a vector for each queue */
	model = model_snd_new(&config);
	bus = tk_virtio_attach("virtio_pci", &model_snd_ops, model, SOUND,
	    &error);
	bench_must(error, "attach");
	bench_play(model, bus, s, counts);
	bench_must(tk_virtio_detach(bus), "detach");
	model_snd_free(model);
}
