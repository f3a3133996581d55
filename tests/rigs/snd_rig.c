/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on a model of the device; see snd_rig.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/soundcard.h>
#include <sys/sysctl.h>
#include <dev/sound/pcm/sound.h>

#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"

#define	DEVTYPE_SOUND	25

struct model_snd *snd_model;
struct _device *snd_bus;

void
snd_make(const struct model_snd_config *config)
{
	snd_model = model_snd_new(config);
}

int
snd_attach_to(const char *bus)
{
	int error = 0;

	snd_bus = tk_virtio_attach(bus, &model_snd_ops, snd_model,
	    DEVTYPE_SOUND, &error);
	return (error);
}

int
snd_attach(void)
{
	return (snd_attach_to("virtio_pci"));
}

void
snd_up(const struct model_snd_config *config)
{
	snd_make(config);
	(void)snd_attach();
	TK_CHECK(snd_bus != NULL);
}

void
snd_down(void)
{
	TK_EQ(tk_virtio_detach(snd_bus), 0);
	TK_EQ(model_snd_stats(snd_model).illegal, 0);
	model_snd_free(snd_model);
}

void
snd_down_anyhow(void)
{
	if (snd_bus != NULL)
		TK_EQ(tk_virtio_detach(snd_bus), 0);
	model_snd_free(snd_model);
}

static void
snd_set(char *name, int value)
{
	TK_EQ(kernel_sysctlbyname(curthread, name, NULL, NULL, &value,
	    sizeof(value), NULL, 0), 0);
}

void
snd_vchans(bool on)
{
	char play[] = "dev.pcm.0.play.vchans";
	char bitperfect[] = "dev.pcm.0.bitperfect";

	snd_set(play, on);
	snd_set(bitperfect, !on);
	/* If the card has one volume only, there is no other to turn up. */
	(void)tk_mixer_set(0, SOUND_MIXER_VOLUME, 100, 100);
	(void)tk_mixer_set(0, SOUND_MIXER_PCM, 100, 100);
}

void
snd_open(struct tk_dsp **dspp, bool record, uint32_t fragsize,
    uint32_t fragcount)
{
	TK_EQ(tk_dsp_open(-1, record, false, dspp), 0);
	TK_EQ(tk_dsp_setup(*dspp, TK_AFMT_S16_LE, 2, 48000, 0, 0), 0);
	if (fragsize != 0)
		TK_EQ(tk_dsp_setfragments(*dspp, fragsize, fragcount), 0);
}

void
snd_sleep_ns(int64_t ns)
{
	pause_sbt("test", nstosbt(ns), 0, 0);
}

void
snd_sleep_ms(int64_t ms)
{
	snd_sleep_ns(ms * 1000000);
}

void
snd_settle(void)
{
	snd_sleep_ms(10);
}

void
snd_wait_state(uint32_t stream, enum model_snd_state state)
{
	int64_t end = tk_now_ns() + 10 * 1000000000LL;

	while (model_snd_stream_stats(snd_model, stream).state != state) {
		TK_CHECK(tk_now_ns() < end);
		snd_sleep_ms(1);
	}
}

struct pcm_channel *
snd_channel(int direction, int unit)
{
	struct snddev_info *d = device_get_softc(tk_device_find("pcm0"));
	struct pcm_channel *c;

	CHN_FOREACH(c, d, channels.pcm) {
		if (c->direction == direction && c->unit == unit)
			break;
	}
	TK_CHECK(c != NULL);
	return (c);
}

uint64_t
snd_counter(const char *name)
{
	return (counter_of("dev.pcm.0.%s", name));
}

void
snd_noise(uint8_t *p, size_t len, uint32_t values)
{
	uint32_t x = 1;
	size_t i;

	for (i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = 1 + (x >> 24) % values;
	}
}
