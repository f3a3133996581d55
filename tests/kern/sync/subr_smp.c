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

#include "tk.h"
#include "tk_host.h"

/*
 * FreeBSD sends an interrupt to each CPU and waits for all of them.  Two CPUs
 * that do this with interrupts off would wait for each other.
 */
void
cpus_fence_seq_cst(void)
{

	if (curthread->td_spinlock_count != 0)
		tk_stop("smp-fence", "%s() with interrupts off", __func__);
	tkh_fence_all();
	tk_preempt();
}
