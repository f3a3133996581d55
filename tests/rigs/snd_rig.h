/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The start of every test of virtio_snd(4): the driver on a model of the
 * device, one device in a test.
 */
#ifndef _SND_RIG_H_
#define	_SND_RIG_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model_virtio_snd.h"
#include "observe.h"
#include "tk_virtio.h"

struct tk_dsp;

extern struct model_snd *snd_model;
extern struct _device *snd_bus;

/* Make the device and attach the driver, on a virtio_pci bus. */
void	snd_up(const struct model_snd_config *);
/*
 * The same in two steps, for a fault in between.  snd_attach() returns 0 or the
 * errno.
 */
void	snd_make(const struct model_snd_config *);
int	snd_attach(void);
/* The same on another bus: "virtio_mmio". */
int	snd_attach_to(const char *bus);
/* Detach and free.  Checks that the driver has broken no rule of the device. */
void	snd_down(void);
/* The same, after a device that misbehaved or that the driver refused. */
void	snd_down_anyhow(void);

/*
 * Decide whether programs that open the card from now on use virtual channels,
 * as is FreeBSD's default.  All volumes are set to full.
 */
void	snd_vchans(bool on);

/*
 * Open the card as a program does that plays or records 16 bits, stereo, 48
 * kHz, in fragcount fragments of fragsize bytes.  If fragsize is 0, sound(4)
 * chooses.
 */
void	snd_open(struct tk_dsp **, bool record, uint32_t fragsize,
	    uint32_t fragcount);

/* Let so much time pass. */
void	snd_sleep_ns(int64_t ns);
void	snd_sleep_ms(int64_t ms);

/* Wait until the stream is in a state, but for at most 10 s. */
void	snd_wait_state(uint32_t stream, enum model_snd_state);

/* Wait 10 ms, so that work already begun can finish. */
void	snd_settle(void);

/* sound(4)'s hardware channel of pcm0 with that direction and number. */
struct pcm_channel *snd_channel(int direction, int unit);

/* The 64-bit counter dev.pcm.0.NAME. */
uint64_t snd_counter(const char *name);

/*
 * Fill p with random bytes from 1 to values, the same at each call.  There is
 * no 0 among them, so a format whose silence is all zeros has no silence here.
 */
void	snd_noise(uint8_t *p, size_t len, uint32_t values);

#endif /* !_SND_RIG_H_ */
