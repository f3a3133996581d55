/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the tests of virtio_snd(4) start from: the driver on a model of the
 * device, one in a test.
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
/* In two steps, for a fault in between; snd_attach(): 0, or why not. */
void	snd_make(const struct model_snd_config *);
int	snd_attach(void);
/* The same on another bus: "virtio_mmio". */
int	snd_attach_to(const char *bus);
/* Detach and free; the driver has broken no rule of the device's. */
void	snd_down(void);
/* The same of a device that misbehaved, or that the driver refused. */
void	snd_down_anyhow(void);

/*
 * Have programs that open the card from now on go through virtual channels, as
 * FreeBSD has it by default, or not.  All volumes are full.
 */
void	snd_vchans(bool on);

/*
 * Open the card as a program that plays or records 16 bits, stereo, 48 kHz, in
 * fragcount fragments of so many bytes; fragsize 0: sound(4)'s own choice.
 */
void	snd_open(struct tk_dsp **, bool record, uint32_t fragsize,
	    uint32_t fragcount);

/* Let time pass. */
void	snd_sleep_ns(int64_t ns);
void	snd_sleep_ms(int64_t ms);

/* Wait, for at most 10 s, until the stream is in a state. */
void	snd_wait_state(uint32_t stream, enum model_snd_state);

/* Let what was begun come to its end: 10 ms. */
void	snd_settle(void);

/* The 64-bit counter dev.pcm.0.NAME. */
uint64_t snd_counter(const char *name);

/*
 * Fill p with random bytes of 1 to values, the same at each call: no silence of
 * a format that is made of zeros is among them.
 */
void	snd_noise(uint8_t *p, size_t len, uint32_t values);

#endif /* !_SND_RIG_H_ */
