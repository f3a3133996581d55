/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the two sides of the benchmark program say to each other.
 */
#ifndef _BENCH_H_
#define	_BENCH_H_

#include <stdbool.h>
#include <stdint.h>

/* A stream to play: 48 kHz, 16 bits, two channels. */
struct bench_stream {
	uint32_t	period_frames;
	uint32_t	periods;	/* of the buffer */
	uint32_t	count;		/* periods to play and count */
};

struct bench_counts {
	uint64_t	periods;	/* played while counting */
	uint64_t	kicks;
	uint64_t	interrupts;
	uint64_t	allocations;
};

/* Play the stream on the model; count what the steady state costs. */
void	bench_virtio_snd(const struct bench_stream *, struct bench_counts *);

/* Count the bytes that memcpy() and its like copy, from now on or no more. */
void	bench_count_copies(bool on);

#endif /* !_BENCH_H_ */
