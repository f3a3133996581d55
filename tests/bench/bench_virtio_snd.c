/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * virtio_snd(4) on the model, with each message completed exactly when played.
 * That costs the most, because every period has its interrupt.
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

/* Write or read n periods of the stream. */
static void
bench_move(struct tk_dsp *dsp, bool record, const struct bench_stream *s,
    void *data, uint32_t n)
{
	size_t bytes = (size_t)s->period_frames * FRAME;
	int64_t moved;

	while (n-- != 0) {
		moved = record ? tk_dsp_read(dsp, data, bytes) :
		    tk_dsp_write(dsp, data, bytes);
		bench_must(moved != (int64_t)bytes, "write or read");
	}
}

static void
take_counts(struct model_snd *model, struct _device *bus, bool record,
    struct bench_counts *counts)
{
	struct tk_virtio_stats stats = tk_virtio_stats(bus);
	int queue = record ? MODEL_SND_VQ_RX : MODEL_SND_VQ_TX;

	counts->periods = model_snd_stream_stats(model, record).periods;
	counts->kicks = stats.kicks[queue];
	counts->interrupts = stats.interrupts[queue] + stats.shared_interrupts;
	counts->allocations = tk_fault_calls("malloc");
}

static void
bench_run(struct model_snd *model, struct _device *bus, bool record,
    const struct bench_stream *s, struct bench_counts *counts)
{
	struct bench_counts before;
	struct tk_dsp *dsp;
	void *data;

	data = malloc(s->period_frames * FRAME, M_TEMP, M_WAITOK | M_ZERO);
	bench_must(tk_dsp_open(-1, record, false, &dsp), "open");
	bench_must(tk_dsp_setup(dsp, TK_AFMT_S16_LE, 2, HZ, 0, 0), "setup");
	bench_must(tk_dsp_setfragments(dsp, s->period_frames * FRAME,
	    s->periods), "setfragments");
	/* Start the stream, and let it reach its steady state. */
	bench_move(dsp, record, s, data, 4 * s->periods);

	take_counts(model, bus, record, &before);
	bench_count_copies(true);
	bench_move(dsp, record, s, data, s->count);
	bench_count_copies(false);
	take_counts(model, bus, record, counts);
	counts->periods -= before.periods;
	counts->kicks -= before.kicks;
	counts->interrupts -= before.interrupts;
	counts->allocations -= before.allocations;
	tk_dsp_close(dsp);
	free(data, M_TEMP);
}

static void
bench_on_model(bool record, bool shared, const struct bench_stream *s,
    struct bench_counts *counts)
{
	struct model_snd_config config;
	struct model_snd *model;
	struct _device *bus;
	int error = 0;

	model_snd_config_exact(&config);
	config.intr_shared = shared;
	model = model_snd_new(&config);
	bus = tk_virtio_attach("virtio_pci", &model_snd_ops, model, SOUND,
	    &error);
	bench_must(error, "attach");
	bench_run(model, bus, record, s, counts);
	bench_must(tk_virtio_detach(bus), "detach");
	model_snd_free(model);
}

void
bench_virtio_snd(const struct bench_stream *s, struct bench_counts *counts)
{
	bench_on_model(false, false, s, counts);
}

/* One vector for all queues, as is QEMU's default. */
void
bench_virtio_snd_shared(const struct bench_stream *s,
    struct bench_counts *counts)
{
	bench_on_model(false, true, s, counts);
}

void
bench_virtio_snd_capture(const struct bench_stream *s,
    struct bench_counts *counts)
{
	bench_on_model(true, false, s, counts);
}
