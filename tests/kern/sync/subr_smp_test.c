/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* cpus_fence_seq_cst(): a fence on all CPUs. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/smp.h>

#include <machine/atomic.h>
#include <machine/cpu.h>

#include "tk_test_thread.h"

#define	ROUNDS	20000

static volatile u_int entered, closed, missed, rounds_begun, rounds_done;

/* Enters with a compiler's barrier alone, as kpi_virtio.c's gate is entered. */
static void
enter_rounds(void *arg)
{
	u_int round;

	for (round = 1; round <= ROUNDS; round++) {
		while (atomic_load_acq_int(&rounds_begun) != round)
			cpu_spinwait();
		atomic_store_int(&entered, 1);
		atomic_interrupt_fence();
		if (atomic_load_acq_int(&closed) == 0)
			atomic_store_int(&missed, 1);
		atomic_store_rel_int(&rounds_done, round);
	}
}

/* At least one of the two threads sees what the other has stored. */
TK_CASE_THREADED(fence_on_all_cpus_is_one_for_a_thread_without)
{
	struct test_thread t;
	u_int round, seen;

	rounds_begun = rounds_done = 0;
	test_thread_start(&t, enter_rounds, NULL);
	for (round = 1; round <= ROUNDS; round++) {
		entered = closed = missed = 0;
		atomic_store_rel_int(&rounds_begun, round);
		atomic_store_int(&closed, 1);
		cpus_fence_seq_cst();
		seen = atomic_load_acq_int(&entered);
		while (atomic_load_acq_int(&rounds_done) != round)
			cpu_spinwait();
		TK_CHECK(seen != 0 || atomic_load_int(&missed) == 0);
	}
	test_thread_join(&t);
}

TK_CASE_STOPS(fence_on_all_cpus_with_interrupts_off_stops,
    "tk: smp-fence: cpus_fence_seq_cst() with interrupts off")
{
	spinlock_enter();
	cpus_fence_seq_cst();
}
