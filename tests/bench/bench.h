/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The interface between the two sides of the benchmark program. */
#ifndef _BENCH_H_
#define	_BENCH_H_

#include <stdbool.h>
#include <stdint.h>

/* A stream: 48 kHz, 16 bits, two channels. */
struct bench_stream {
	uint32_t	period_frames;
	uint32_t	periods;	/* of the buffer */
	uint32_t	count;		/* periods to move and count */
};

struct bench_counts {
	uint64_t	periods;	/* moved while counting */
	uint64_t	kicks;
	uint64_t	interrupts;
	uint64_t	allocations;
};

/*
 * Play or record a stream on the model, and count what the steady state costs.
 */
typedef void bench_stream_t(const struct bench_stream *,
	    struct bench_counts *);
bench_stream_t	bench_virtio_snd;
bench_stream_t	bench_virtio_snd_shared;
bench_stream_t	bench_virtio_snd_capture;

/* Messages to exchange with a coprocessor. */
struct bench_burst {
	uint32_t	messages;	/* of a burst, each way; at most 16 */
	uint32_t	rounds;
	uint32_t	access_ns;	/* how long a register access takes */
};

struct bench_exchange {
	uint64_t	messages;	/* received, and as many sent */
	uint64_t	receive_reads;	/* of registers */
	uint64_t	send_reads;
	uint64_t	send_writes;
	uint64_t	allocations;
	uint64_t	clock_ns;	/* for all accesses */
};

/* Exchange messages through apple_mbox(4), or through the plain driver. */
typedef void bench_burst_t(const struct bench_burst *,
	    struct bench_exchange *);
bench_burst_t	bench_apple_mbox;
bench_burst_t	bench_plain_mbox;

/* A card to attach: its streams, and whether one of them is at work. */
struct bench_load {
	uint32_t	playback;	/* streams */
	uint32_t	capture;
	bool		working;	/* a stream is at work */
};

/* What is in use: an allocation, or the threads of a task queue. */
struct bench_held {
	const void	*key;		/* its address; NULL: none */
	const char	*kind;
	uint64_t	 bytes;		/* objects, if they have no size here */
	void		*pc[8];		/* who allocated it, innermost first */
};

struct bench_holding {
	const struct bench_held *held;
	uint32_t	count;
};

/*
 * Attach a card or a coprocessor, and list what is in use then, or while a
 * stream plays or the coprocessor answers.
 */
typedef void bench_hold_t(const struct bench_load *, struct bench_holding *);
bench_hold_t	bench_memory_card;
bench_hold_t	bench_memory_smc;

/*
 * What a program can measure: one of the three functions.  The list ends with
 * no name.
 */
struct bench_suite {
	const char	*name;
	bench_stream_t	*play;
	bench_burst_t	*exchange;
	bench_hold_t	*hold;
};
extern const struct bench_suite bench_suites[];

/* For the kernel side: panic if there is an error. */
void	bench_must(int error, const char *what);

/*
 * For the kernel side: forget what was allocated before, and list what is in
 * use now (bench_held.c).
 */
void	bench_held_forget(void);
void	bench_held_list(struct bench_holding *);

/* Start or stop counting the bytes that memcpy() and similar functions copy. */
void	bench_count_copies(bool on);

#endif /* !_BENCH_H_ */
