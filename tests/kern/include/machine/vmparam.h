/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The direct map: a kernel address for each byte of memory. */

#ifndef _MACHINE_VMPARAM_H_
#define	_MACHINE_VMPARAM_H_

#include <sys/types.h>

#ifdef _KERNEL
/*
 * The kernel's address of a byte in guest RAM that is allocated.  Stops the run
 * for any other address.  Any context.
 */
vm_offset_t tk_dmap(vm_paddr_t paddr);

#define	PHYS_TO_DMAP(pa)	tk_dmap(pa)
#endif /* _KERNEL */

#endif /* !_MACHINE_VMPARAM_H_ */
