/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Types of bus resources, numbered as on arm64. */

#ifndef _MACHINE_RESOURCE_H_
#define	_MACHINE_RESOURCE_H_	1

#define	SYS_RES_IRQ	1	/* interrupt lines */
#define	SYS_RES_DRQ	2	/* DMA lines */
#define	SYS_RES_MEMORY	3	/* memory-mapped registers */
#define	SYS_RES_IOPORT	4	/* I/O ports */
#define	SYS_RES_GPIO	5	/* general purpose I/O pins */
#define	PCI_RES_BUS	6	/* PCI bus numbers */

#endif /* !_MACHINE_RESOURCE_H_ */
