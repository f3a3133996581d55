/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The program behind `make run APP=timer`, APP=timer_rust and APP=rng: runs an
 * example in the test kernel and shows what it does with time.
 *
 *	example_kern.c	the machine, and what happens on it (kernel side)
 *	example_main.c	options, QEMU, and the lines
 */
#ifndef _EXAMPLE_H_
#define	_EXAMPLE_H_

#include <stdbool.h>
#include <stdint.h>

#include "tk_virtio.h"

/* Print a line that begins with the time; implemented by the host side. */
void	example_say(int64_t ns, const char *what);

/*
 * Load the module, set two intervals, read its history, unload it under load.
 * False: it did not do what it must.
 */
bool	example_timer(const char *module);

/*
 * Attach virtio_rng(4) to a device, for so many seconds.  ops NULL: the model.
 */
bool	example_rng(const struct tk_virtio_ops *ops, void *dev, int seconds);

#endif /* !_EXAMPLE_H_ */
