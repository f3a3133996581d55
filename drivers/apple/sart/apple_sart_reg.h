/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Registers of SART, 32 bits each.  Entry i lets the coprocessor reach a
 * region, if its flags are not 0.  Addresses and sizes are in pages of 4 KiB.
 * Reverse engineered: there is no document of the vendor's.
 */
#ifndef _APPLE_SART_REG_H_
#define	_APPLE_SART_REG_H_

#define	ASART_ENTRIES		16
#define	ASART_PAGE_SHIFT	12
#define	ASART_CONFIG(i)		(0x00 + 4 * (i))
#define	ASART_PADDR(i)		(0x40 + 4 * (i))
#define	ASART_SIZE(i)		(0x80 + 4 * (i))	/* version 3 */
#define	ASART_BYTES		0xc0	/* of registers that are used */

/* Where CONFIG has the flags and, before version 3, the size. */
#define	ASART_V0_FLAGS_SHIFT	24
#define	ASART_V0_FLAGS		0x1f
#define	ASART_V0_SIZE_MAX	0x7ffff
#define	ASART_V2_FLAGS_SHIFT	24
#define	ASART_V2_FLAGS		0xff
#define	ASART_V2_SIZE_MAX	0xffffff
#define	ASART_V3_FLAGS		0xffffffff
#define	ASART_V3_SIZE_MAX	0x3fffffff

/* Flags that let the coprocessor read and write; what each means is unknown. */
#define	ASART_V0_ALLOW		0xf
#define	ASART_ALLOW		0xff

#endif /* !_APPLE_SART_REG_H_ */
