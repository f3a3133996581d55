/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Host side of alsa_card_test; see alsa_program.h. */

#include <stdio.h>

#include "alsa_program.h"

#ifdef KPI_ALSA_CARD
#include <alsa/asoundlib.h>

#define	RATE		48000
#define	PERIOD		(RATE / 10)

static snd_pcm_t *pcm;

static int
configure(void)
{
	FILE *file = fopen("alsa.conf", "w");

	if (file == NULL)
		return (-errno);
	fprintf(file, "pcm_type.card { lib \"%s\" }\n"
	    "pcm.!default { type card folder \".\" }\n", KPI_ALSA_CARD);
	fclose(file);
	return (setenv("ALSA_CONFIG_PATH", "alsa.conf", 1));
}

long
alsa_open(bool capture)
{
	snd_pcm_uframes_t frames = 2 * PERIOD;
	snd_pcm_hw_params_t *hw;
	int error;

	error = configure();
	if (error == 0)
		error = snd_pcm_open(&pcm, "default", capture ?
		    SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK, 0);
	if (error != 0)
		return (error);
	snd_pcm_hw_params_alloca(&hw);
	snd_pcm_hw_params_any(pcm, hw);
	snd_pcm_hw_params_set_access(pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED);
	snd_pcm_hw_params_set_format(pcm, hw, SND_PCM_FORMAT_S16_LE);
	snd_pcm_hw_params_set_channels(pcm, hw, 2);
	snd_pcm_hw_params_set_rate(pcm, hw, RATE, 0);
	snd_pcm_hw_params_set_period_size(pcm, hw, PERIOD, -1);
	snd_pcm_hw_params_set_buffer_size_near(pcm, hw, &frames);
	error = snd_pcm_hw_params(pcm, hw);
	if (error == 0)
		error = snd_pcm_hw_params_get_buffer_size(hw, &frames);
	return (error != 0 ? error : (long)frames);
}

int
alsa_close(void)
{
	int error = snd_pcm_close(pcm);

	snd_config_update_free_global();
	return (error);
}

long
alsa_room(void)
{

	return (snd_pcm_avail_update(pcm));
}

long
alsa_move(void *frames, size_t count)
{

	if (snd_pcm_stream(pcm) == SND_PCM_STREAM_CAPTURE)
		return (snd_pcm_readi(pcm, frames, count));
	return (snd_pcm_writei(pcm, frames, count));
}

int
alsa_start(void)
{

	return (snd_pcm_start(pcm));
}

int
alsa_drain(void)
{

	return (snd_pcm_drain(pcm));
}
#else
long
alsa_open(bool capture)
{

	(void)capture;
	return (0);
}

int
alsa_close(void)
{

	return (0);
}

long
alsa_room(void)
{

	return (0);
}

long
alsa_move(void *frames, size_t count)
{

	(void)frames;
	(void)count;
	return (0);
}

int
alsa_start(void)
{

	return (0);
}

int
alsa_drain(void)
{

	return (0);
}
#endif

size_t
alsa_heard(const void *bytes, size_t len)
{
	FILE *file = fopen("heard", "w");
	size_t n = 0;

	if (file != NULL) {
		n = fwrite(bytes, 1, len, file);
		fclose(file);
	}
	return (n);
}

size_t
alsa_played(void *bytes, size_t room)
{
	FILE *file = fopen("played", "r");
	size_t n = 0;

	if (file != NULL) {
		n = fread(bytes, 1, room, file);
		fclose(file);
	}
	return (n);
}
