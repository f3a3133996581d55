/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device.  Each call that can fail is made to
 * fail once, through attach, play, capture, suspend, resume, a reset and
 * detach.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/proc.h>
#include <sys/soundcard.h>
#include <sys/sysctl.h>

#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"
#include "tk_test_walk.h"

#define	MS		1000000LL
#define	RATE		48000
#define	PERIOD		(480 * 4)

static uint8_t data[8 * PERIOD];

static const struct model_snd_ctl_config volume = {
	.role = 2, .type = MODEL_SND_CTL_INTEGER,
	.access = MODEL_SND_CTL_READ | MODEL_SND_CTL_WRITE, .count = 2,
	.name = "Master Playback Volume", .max = 87, .step = 1,
};
static const struct model_snd_ctl_config loudness = {
	.type = MODEL_SND_CTL_BOOLEAN,
	.access = MODEL_SND_CTL_READ | MODEL_SND_CTL_WRITE, .count = 1,
	.name = "Loudness",
};

/* How many lines say what failed. */
static int
told(void)
{
	static const char *const lines[] = {
		"pcm0: cannot attach: ", "pcm0: stream 0: cannot attach: ",
		"pcm0: stream 1: cannot attach: ", "PCM_INFO failed: ",
		"cannot start: ", "cannot resume: ",
		"the device does not come back: ",
		"the device refuses to work ",
	};
	size_t i;
	int n = 0;

	for (i = 0; i < nitems(lines); i++)
		n += tk_walk_count(tk_msgbuf(), lines[i]);
	return (n);
}

/*
 * A program opens the card, moves samples, and closes it.  Returns an errno.
 * sound(4) sets the blocks twice when it opens a channel, so the channel gets
 * its memory even if one call fails alone.
 */
static int
use(bool record)
{
	struct tk_dsp *dsp;
	int64_t moved;
	int error;

	error = tk_dsp_open(-1, record, false, &dsp);
	if (error != 0)
		return (error);
	error = tk_dsp_setup(dsp, TK_AFMT_S16_LE, 2, RATE, 0, 0);
	if (error == 0)
		error = tk_dsp_setfragments(dsp, PERIOD, 4);
	if (error == 0) {
		moved = record ? tk_dsp_read(dsp, data, sizeof(data)) :
		    tk_dsp_write(dsp, data, sizeof(data));
		error = moved < 0 ? -moved : moved != sizeof(data);
	}
	(void)tk_dsp_close(dsp);
	return (error);
}

/* Set one sysctl as sysctl(8) does.  Returns an errno. */
static int
turn_knob(void)
{
	int on = 1, was;
	size_t len = sizeof(was);

	return (kernel_sysctlbyname(curthread, "dev.pcm.0.ctl.loudness.value",
	    &was, &len, &on, sizeof(on), NULL, 0));
}

static int
use_all(void)
{
	int error, first;

	first = use(false);
	error = use(true);
	if (first == 0)
		first = error;
	(void)model_snd_jack(snd_model, 0, true);
	(void)tk_mixer_set(0, SOUND_MIXER_VOLUME, 20, 30);
	(void)model_snd_ctl_set(snd_model, 1, 0, 1);
	error = turn_knob();
	if (first == 0)
		first = error;
	snd_sleep_ms(10);
	(void)tk_device_suspend(snd_bus);
	(void)tk_device_resume(snd_bus);
	model_snd_needs_reset(snd_model);
	snd_sleep_ms(1500);
	error = use(false);
	return (first != 0 ? first : error);
}

static int
life(const char *bus)
{
	struct model_snd_config config;
	int error;

	model_snd_config_qemu(&config);
	config.no_info = false;
	config.njacks = 1;
	config.nchmaps = 1;
	config.chmap[0].channels = 2;
	config.chmap[0].positions[0] = 3;
	config.chmap[0].positions[1] = 4;
	config.features |= MODEL_SND_F_CTLS;
	config.nctls = 2;
	config.ctl[0] = volume;
	config.ctl[1] = loudness;
	snd_make(&config);
	error = snd_attach_to(bus);
	if (snd_bus != NULL) {
		error = use_all();
		/* If only sound(4) fails, only the program gets an error. */
		if (tk_walk_alone)
			TK_CHECK(told() <= 1);
	} else if (strstr(tk_msgbuf(), "pcm0: <") != NULL) {
		/*
		 * The driver's attach was called; otherwise the failure is
		 * newbus's.
		 */
		TK_EQ(told(), 1);
	}
	snd_down_anyhow();
	return (error);
}

static int
life_on_pci(void)
{
	return (life("virtio_pci"));
}

static int
life_on_mmio(void)
{
	return (life("virtio_mmio"));
}

TK_CASE_UNBOOTED(vtsnd_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(life_on_pci, 300, 150);
}

TK_CASE_UNBOOTED(vtsnd_gives_everything_back_on_virtio_mmio_too)
{
	tk_walk_both(life_on_mmio, 300, 150);
}
