/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio-drivers crate's sound driver on the model, with the same stream
 * that bench_virtio_snd.c plays by our driver.  Each message is completed
 * exactly when played.
 *
 * The crate brings its own virtqueues.  So it calls the device's operations
 * directly, and this file takes the device's interrupts (the linker sends them
 * here).  The crate plays by pcm_xfer_nb(), with as many periods in flight as
 * the buffer has.  When one comes back, the next one is sent.  (Its pcm_xfer()
 * polls for the answers, and leaves a gap after each buffer.)
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include <vm/vm.h>
#include <vm/pmap.h>

#include "bench.h"
#include "bench_crate.h"
#include "model_virtio_snd.h"
#include "tk.h"

#define	FRAME		4		/* bytes */
#define	MAXPERIODS	32		/* the crate's queues have no more */
#define	STATUS_OK	4		/* DRIVER_OK */

/* The bus by which the interrupts of this device are recognised. */
#define	BENCH_BUS	((struct _device *)&bench)

/* Free memory, in blocks whose size is a power of 2. */
#define	MINSHIFT	4
#define	MAXSHIFT	16
#define	HEAP_BYTES	(4ul << 20)

struct free_block {
	struct free_block *next;
};

static struct {
	struct model_snd *model;
	uint64_t	 kicks[MODEL_SND_NVQ];
	uint64_t	 interrupts[MODEL_SND_NVQ];	/* tk_lock() */
	uint64_t	 allocations;
	uint64_t	 taken;		/* periods that came back */
	char		*heap;
	size_t		 heap_used;
	struct free_block *free[MAXSHIFT + 1];
} bench;

void	__wrap_tk_virtio_intr_queue(struct _device *bus, uint16_t queue);

/*
 * Memory
 */

static int
size_shift(size_t size)
{
	int shift = MINSHIFT;

	while (((size_t)1 << shift) < size)
		shift++;
	if (shift > MAXSHIFT)
		panic("bench: %zu bytes at once", size);
	return (shift);
}

/* Take memory of a size that is a power of 2, aligned to that size. */
static void *
heap_take(int shift)
{
	struct free_block *block = bench.free[shift];
	size_t size = (size_t)1 << shift;

	if (block != NULL) {
		bench.free[shift] = block->next;
		return (block);
	}
	bench.heap_used = roundup2(bench.heap_used, size) + size;
	if (bench.heap_used > HEAP_BYTES)
		panic("bench: the heap is full");
	return (bench.heap + bench.heap_used - size);
}

void *
bench_crate_alloc(size_t size)
{
	bench.allocations++;
	return (heap_take(size_shift(size)));
}

void
bench_crate_free(void *p, size_t size)
{
	struct free_block *block = p;
	int shift = size_shift(size);

	block->next = bench.free[shift];
	bench.free[shift] = block;
}

void *
bench_crate_dma_alloc(size_t pages, uint64_t *paddr)
{
	void *p;

	p = contigmalloc(pages * PAGE_SIZE, M_DEVBUF, M_WAITOK | M_ZERO, 0,
	    ~(vm_paddr_t)0, PAGE_SIZE, 0);
	*paddr = vtophys(p);
	return (p);
}

void
bench_crate_dma_free(void *p, size_t pages)
{
	contigfree(p, pages * PAGE_SIZE, M_DEVBUF);
}

static bool
in_heap(const void *p)
{
	return ((const char *)p >= bench.heap &&
	    (const char *)p < bench.heap + HEAP_BYTES);
}

uint64_t
bench_crate_share(void *p, size_t size)
{
	void *copy;

	if (in_heap(p))
		return (vtophys(p));
	copy = heap_take(size_shift(size));
	memcpy(copy, p, size);
	return (vtophys(copy));
}

void
bench_crate_unshare(uint64_t paddr, void *p, size_t size)
{
	void *copy = tk_ram_ptr(paddr, size);

	if (copy == p)
		return;
	memcpy(p, copy, size);
	bench_crate_free(copy, size);
}

/*
 * The device
 */

void
__wrap_tk_virtio_intr_queue(struct _device *bus, uint16_t queue)
{
	tk_lock();
	bench.interrupts[queue]++;
	(void)tk_wake(&bench);
	tk_unlock();
}

/* Sleep until a queue has had more interrupts than this. */
static void
wait_interrupt(uint16_t queue, uint64_t seen)
{
	tk_lock();
	while (bench.interrupts[queue] == seen)
		(void)tk_block(&bench, "bench", -1);
	tk_unlock();
}

uint64_t
bench_crate_features(void)
{
	return (model_snd_ops.features(bench.model));
}

void
bench_crate_set_features(uint64_t features)
{
	bench_must(model_snd_ops.set_features(bench.model, features),
	    "features");
}

uint8_t
bench_crate_status(void)
{
	return (model_snd_ops.status(bench.model));
}

void
bench_crate_set_status(uint8_t status)
{
	if ((status & STATUS_OK) != 0)
		bench_must(model_snd_ops.setup_intr(bench.model),
		    "interrupts");
	model_snd_ops.set_status(bench.model, status);
}

void
bench_crate_read_config(size_t off, void *to, size_t size)
{
	model_snd_ops.read_config(bench.model, off, to, size);
}

uint16_t
bench_crate_queue_size(uint16_t queue)
{
	return (model_snd_ops.queue_size(bench.model, queue));
}

void
bench_crate_queue_enable(uint16_t queue, uint16_t size, uint64_t desc,
    uint64_t avail, uint64_t used)
{
	bench_must(model_snd_ops.queue_enable(bench.model, queue, size, desc,
	    avail, used), "queue");
}

void
bench_crate_queue_disable(uint16_t queue)
{
	model_snd_ops.queue_disable(bench.model, queue);
}

void
bench_crate_notify(uint16_t queue)
{
	uint64_t seen = bench.interrupts[queue];

	bench.kicks[queue]++;
	model_snd_ops.notify(bench.model, queue);
	if (queue == MODEL_SND_VQ_CTL)
		wait_interrupt(queue, seen);
}

/* Rust's alloc, as distributed, refers to this for panics that unwind. */
void	rust_eh_personality(void);
void
rust_eh_personality(void)
{
	bench_crate_panic();
}

void
bench_crate_panic(void)
{
	panic("bench: the crate panics");
}

/*
 * Playing
 */

static uint64_t
played(void)
{
	return (model_snd_stream_stats(bench.model, 0).periods);
}

static uint32_t
in_flight(const struct bench_stream *s)
{
	return (MIN(s->periods, MAXPERIODS));
}

static void
take_counts(struct bench_counts *counts)
{
	counts->periods = played();
	counts->kicks = bench.kicks[MODEL_SND_VQ_TX];
	counts->interrupts = bench.interrupts[MODEL_SND_VQ_TX];
	counts->allocations = bench.allocations;
}

static uint16_t
send(void *card, const void *period, const struct bench_stream *s)
{
	int token;

	token = crate_send(card, period, s->period_frames * FRAME);
	bench_must(token < 0, "send");
	return (token);
}

/* Send count periods, each after the oldest one came back. */
static void
play_on(void *card, const void *period, const struct bench_stream *s,
    uint16_t *tokens, uint32_t count)
{
	uint32_t i, n = in_flight(s);

	for (i = 0; i < count; i++) {
		/*
		 * To ask before a period was played would cost the crate the
		 * same work again.
		 */
		while (played() == bench.taken)
			wait_interrupt(MODEL_SND_VQ_TX,
			    bench.interrupts[MODEL_SND_VQ_TX]);
		bench_must(crate_done(card, tokens[i % n]) == 0, "done");
		bench.taken++;
		tokens[i % n] = send(card, period, s);
	}
	/* The next call must begin with the oldest period. */
	bench_must(count % n != 0, "whole buffers");
}

static void
play(void *card, const void *data, const struct bench_stream *s,
    struct bench_counts *before, struct bench_counts *after)
{
	uint16_t tokens[MAXPERIODS];
	uint32_t i, n = in_flight(s);

	for (i = 0; i < n; i++)
		tokens[i] = send(card, data, s);
	bench_must(crate_start(card), "start");
	play_on(card, data, s, tokens, 4 * n);
	take_counts(before);
	bench_count_copies(true);
	play_on(card, data, s, tokens, roundup(s->count, n));
	bench_count_copies(false);
	take_counts(after);
}

static void
bench_crate(const struct bench_stream *s, struct bench_counts *counts)
{
	struct bench_counts before;
	uint32_t bytes = s->period_frames * FRAME, n = in_flight(s);
	void *card, *data;

	card = crate_open();
	bench_must(card == NULL, "open");
	data = heap_take(size_shift(n * bytes));
	memset(data, 0, n * bytes);
	bench_must(crate_prepare(card, n * bytes, bytes), "prepare");
	play(card, data, s, &before, counts);
	counts->periods -= before.periods;
	counts->kicks -= before.kicks;
	counts->interrupts -= before.interrupts;
	counts->allocations -= before.allocations;
	bench_must(crate_stop(card), "stop");
	bench_must(crate_release(card), "release");
	crate_close(card);
}

static void
bench_virtio_drivers(const struct bench_stream *s, struct bench_counts *counts)
{
	struct model_snd_config config;

	bench.heap = contigmalloc(HEAP_BYTES, M_DEVBUF, M_WAITOK, 0,
	    ~(vm_paddr_t)0, PAGE_SIZE, 0);
	model_snd_config_exact(&config);
	config.intr_shared = false;	/* one vector for each queue */
	bench.model = model_snd_new(&config);
	model_snd_ops.bind(bench.model, BENCH_BUS);
	bench_crate(s, counts);
	model_snd_ops.teardown_intr(bench.model);
	model_snd_ops.bind(bench.model, NULL);
	model_snd_free(bench.model);
	contigfree(bench.heap, HEAP_BYTES, M_DEVBUF);
}

const struct bench_suite bench_suites[] = {
	{ .name = "virtio-drivers", .play = bench_virtio_drivers },
	{ .name = NULL }
};
