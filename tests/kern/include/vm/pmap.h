/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Physical addresses of kernel memory. */

#ifndef _PMAP_VM_
#define	_PMAP_VM_

#include <sys/types.h>

#ifdef _KERNEL
/*
 * The physical address of a byte in guest RAM (contigmalloc() and what is built
 * on it).  Stops the run for any other address, because other memory has no
 * address that a device could use.  Any context.
 */
vm_paddr_t pmap_kextract(vm_offset_t va);

#define	vtophys(va)	pmap_kextract((vm_offset_t)(va))
#endif /* _KERNEL */

#endif /* !_PMAP_VM_ */
