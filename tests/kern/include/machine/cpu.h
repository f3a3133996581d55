/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The processor, as far as a driver sees it. */

#ifndef _MACHINE_CPU_H_
#define	_MACHINE_CPU_H_

#include <sys/types.h>
#include <machine/cpufunc.h>

/* A step of a busy wait; lets other threads run and virtual time pass. */
void	tk_spinwait(void);
#define	cpu_spinwait()		tk_spinwait()
#define	cpu_lock_delay()	tk_spinwait()

uint64_t get_cyclecount(void);

#endif /* !_MACHINE_CPU_H_ */
