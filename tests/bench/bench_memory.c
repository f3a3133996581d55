/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The memory of virtio_snd(4) on the model, and of the drivers of a coprocessor
 * on the model of the SMC: at rest, which is attached, and at work.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include "bench.h"
#include "model_apple.h"
#include "model_virtio_snd.h"
#include "tk.h"
#include "tk_dsp.h"

#define	SOUND		25		/* device type */
#define	BYTES		(48000 * 4 / 10)	/* of 100 ms */

/* The first streams play, the others record. */
static void
memory_config(struct model_snd_config *config, const struct bench_load *load)
{
	struct model_snd_stream_config stream;
	uint32_t i;

	model_snd_config_qemu(config);
	stream = config->stream[0];
	config->nstreams = load->playback + load->capture;
	for (i = 0; i < config->nstreams; i++) {
		config->stream[i] = stream;
		config->stream[i].input = i >= load->playback;
	}
}

/* List what is in use while a stream plays or records. */
static void
memory_list_at_work(bool record, struct bench_holding *holding)
{
	struct tk_dsp *dsp;
	int64_t moved;
	void *data;
	int i;

	data = malloc(BYTES, M_TEMP, M_WAITOK | M_ZERO);
	bench_must(tk_dsp_open(-1, record, false, &dsp), "open");
	bench_must(tk_dsp_setup(dsp, TK_AFMT_S16_LE, 2, 48000, 0, 0), "setup");
	for (i = 0; i < 10; i++) {
		moved = record ? tk_dsp_read(dsp, data, BYTES) :
		    tk_dsp_write(dsp, data, BYTES);
		bench_must(moved != BYTES, "write or read");
	}
	bench_held_list(holding);
	tk_dsp_close(dsp);
	free(data, M_TEMP);
}

void
bench_memory_card(const struct bench_load *load, struct bench_holding *holding)
{
	struct model_snd_config config;
	struct model_snd *model;
	struct _device *bus;
	int error = 0;

	memory_config(&config, load);
	model = model_snd_new(&config);
	bench_held_forget();
	bus = tk_virtio_attach("virtio_pci", &model_snd_ops, model, SOUND,
	    &error);
	bench_must(error, "attach");
	if (load->working)
		memory_list_at_work(load->playback == 0, holding);
	else
		bench_held_list(holding);
	bench_must(tk_virtio_detach(bus), "detach");
	model_snd_free(model);
}

void
bench_memory_smc(const struct bench_load *load, struct bench_holding *holding)
{
	struct model_apple machine;
	int value;
	size_t len = sizeof(value);

	bench_held_forget();
	model_apple_up(&machine, "t8103", NULL, NULL);
	if (load->working)
		bench_must(kernel_sysctlbyname(curthread,
		    "dev.apple_smc.0.temp.battery", &value, &len, NULL, 0,
		    NULL, 0), "sensor");
	bench_held_list(holding);
	bench_must(model_apple_down(&machine), "detach");
}
