/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Memory attributes (numbered as on arm64) and protection codes. */

#ifndef VM_H
#define	VM_H

#include <sys/types.h>

#define	VM_MEMATTR_DEVICE_nGnRnE	0
#define	VM_MEMATTR_UNCACHEABLE		1
#define	VM_MEMATTR_WRITE_BACK		2
#define	VM_MEMATTR_WRITE_THROUGH	3
#define	VM_MEMATTR_DEVICE_nGnRE		4
#define	VM_MEMATTR_DEVICE		VM_MEMATTR_DEVICE_nGnRE
#define	VM_MEMATTR_DEVICE_NP		VM_MEMATTR_DEVICE_nGnRnE
#define	VM_MEMATTR_WRITE_COMBINING	VM_MEMATTR_WRITE_THROUGH
#define	VM_MEMATTR_DEFAULT		VM_MEMATTR_WRITE_BACK

typedef u_char vm_prot_t;

#define	VM_PROT_NONE	((vm_prot_t)0x00)
#define	VM_PROT_READ	((vm_prot_t)0x01)
#define	VM_PROT_WRITE	((vm_prot_t)0x02)
#define	VM_PROT_EXECUTE	((vm_prot_t)0x04)

#endif /* !VM_H */
