/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A virtio entropy device (VIRTIO 1.2, section 5.4), which can misbehave.  Its
 * bytes are the same in each run, so a test knows what it must find.
 */

#ifndef _MODEL_VIRTIO_RNG_H_
#define	_MODEL_VIRTIO_RNG_H_

#include <stddef.h>
#include <stdint.h>

#include "tk_virtio.h"

#define	MODEL_RNG_TYPE		4	/* VIRTIO_ID_ENTROPY */

struct model_rng;

/* How the device misbehaves, from the next request on. */
enum model_rng_fault {
	MODEL_RNG_NONE,
	MODEL_RNG_EMPTY,	/* length 0, which is not allowed */
	MODEL_RNG_LONG,		/* a length that is more than was posted */
	MODEL_RNG_SILENT,	/* never an answer */
	MODEL_RNG_LATE,		/* none before a reset, and one after it */
	MODEL_RNG_STORM		/* an answer, and the same once more */
};

struct model_rng_stats {
	uint64_t	requests;	/* taken from the queue */
	uint64_t	answers;
	uint64_t	bytes;		/* written */
	uint64_t	resets;
	uint64_t	violations;	/* requests that break section 5.4 */
	uint32_t	posted;		/* bytes of the last request */
};

/* A device that answers at once, with all that was asked for. */
struct model_rng *model_rng_create(void);
/* After it was detached. */
void	model_rng_destroy(struct model_rng *);

/* For tk_virtio_attach(); the argument is the device. */
extern const struct tk_virtio_ops model_rng_ops;

void	model_rng_set_fault(struct model_rng *, enum model_rng_fault);
/* Bytes of an answer at most; 0: all. */
void	model_rng_set_chunk(struct model_rng *, uint32_t);
/* Time from a request to its answer. */
void	model_rng_set_delay(struct model_rng *, int64_t ns);

struct model_rng_stats model_rng_stats(struct model_rng *);

/* Byte n of all that any device writes, from 0. */
uint8_t	model_rng_byte(uint64_t n);

#endif /* !_MODEL_VIRTIO_RNG_H_ */
