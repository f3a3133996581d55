/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The start of every test of virtio_rng(4): the driver on a model of the
 * device, one device in a test.
 */
#ifndef _RNG_RIG_H_
#define	_RNG_RIG_H_

#include "model_virtio_rng.h"
#include "tk_random.h"

extern struct model_rng *rng_model;
extern struct _device *rng_bus;

/* Make the device, and attach the driver on "virtio_pci" or "virtio_mmio". */
void	rng_make(void);
int	rng_attach(const char *bus);
void	rng_up(const char *bus);

/* Detach and free.  The driver has broken no rule of the device. */
void	rng_down(void);

void	rng_sleep_ms(int ms);

/* The 64-bit counter dev.virtio_rng.0.NAME. */
uint64_t rng_counter(const char *name);

/*
 * Fail unless the newest n bytes that random(4) took are those of the device,
 * in order, that begin with its byte `from'.
 */
void	rng_check_bytes(uint64_t from, size_t n);

#endif /* !_RNG_RIG_H_ */
