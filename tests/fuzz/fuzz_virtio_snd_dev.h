/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A virtio-sound device whose every answer is decided by the input of a fuzz
 * target.  A byte of zero always means what a correct device does.  The input's
 * end reads as zero, so a short input gives a device with few faults.
 */
#ifndef _FUZZ_VIRTIO_SND_DEV_H_
#define	_FUZZ_VIRTIO_SND_DEV_H_

#include "fuzz.h"

struct _device;
struct fuzz_snd;

/*
 * Read from the input what the device is now.  Keep the rest for what it does
 * later.
 */
struct fuzz_snd *fuzz_snd_new(struct fuzz_in in);
/*
 * Attach it to the bus that the input chose.  Returns NULL if the driver
 * refused it.
 */
struct _device *fuzz_snd_attach(struct fuzz_snd *);
void	fuzz_snd_free(struct fuzz_snd *);

#endif /* !_FUZZ_VIRTIO_SND_DEV_H_ */
