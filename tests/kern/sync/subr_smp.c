/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* What one CPU asks of all. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/smp.h>

#include "tk_host.h"
#include "tk_var.h"

/*
 * FreeBSD sends an interrupt to each CPU and waits for all of them: a CPU in a
 * filter takes it when the filter has returned.  Two CPUs that do this with
 * interrupts off would wait for each other.
 * Source: sys/kern/subr_smp.c, smp_rendezvous_cpus().
 */
void
cpus_fence_seq_cst(void)
{

	if (curthread->td_spinlock_count != 0 ||
	    curthread->td_intr_nesting_level != 0)
		tk_stop("smp-fence", "%s() with interrupts off", __func__);
	tkh_fence_all();
	tk_intr_wait_all();
	tk_preempt();
}
