/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Exchange messages in bursts with the model of the mailbox, and count what it
 * costs.  A burst arrives while interrupts are off, as if at once.
 *
 * Before that the driver sends a FIFO full of messages, as RTKit does when it
 * starts its endpoints.  What the driver learns from that is part of the steady
 * state.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>

#include "bench_mbox.h"
#include "mbox_rig.h"
#include "tk.h"

#define	DEPTH		16

static void
bench_push(struct model_asc *asc, uint32_t n)
{
	struct mtx off;

	mtx_init(&off, "interrupts off", NULL, MTX_SPIN);
	mtx_lock_spin(&off);
	while (n-- > 0)
		bench_must(!model_asc_push(asc, n, 0x20), "push");
	mtx_unlock_spin(&off);
	mtx_destroy(&off);
}

static void
bench_pop(struct model_asc *asc, uint32_t n)
{
	uint64_t msg0;
	uint32_t msg1;

	while (n-- > 0)
		bench_must(!model_asc_pop(asc, &msg0, &msg1), "pop");
}

static void
bench_send(const struct bench_mbox_driver *d, uint32_t n)
{
	while (n-- > 0)
		d->send(n);
}

static void
bench_round(const struct bench_mbox_driver *d, struct model_asc *asc,
    uint32_t n, struct bench_exchange *x)
{
	struct model_asc_stats st;
	uint64_t want = d->received() + n;

	model_asc_stats_clear(asc);
	bench_push(asc, n);
	while (d->received() != want)
		pause("bench", 1);
	st = model_asc_stats(asc);
	x->receive_reads += st.reads;
	x->clock_ns += st.clock_ns;

	model_asc_stats_clear(asc);
	bench_send(d, n);
	st = model_asc_stats(asc);
	x->send_reads += st.reads;
	x->send_writes += st.writes;
	x->clock_ns += st.clock_ns;
	bench_must(st.illegal != 0, "illegal access");
	bench_pop(asc, n);
	x->messages += n;
}

void
bench_mbox(const struct bench_mbox_driver *d, const struct bench_burst *b,
    struct bench_exchange *x)
{
	const struct model_asc_config config = {
		.name = "asc", .base = mbox_v4.base, .irq = mbox_v4.irq,
		.depth = DEPTH,
		.access_ns = b->access_ns,
	};
	struct model_asc *asc;
	uint32_t i;
	int mallocs;

	asc = model_asc_new(&config, NULL, NULL);
	d->up();
	bench_send(d, DEPTH);
	bench_pop(asc, DEPTH);
	mallocs = tk_fault_calls("malloc");
	for (i = 0; i < b->rounds; i++)
		bench_round(d, asc, b->messages, x);
	x->allocations = tk_fault_calls("malloc") - mallocs;
	d->down();
	model_asc_free(asc);
}
