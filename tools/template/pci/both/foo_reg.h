/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Which PCI device it is, and its registers, 32 bits each.
 */
#ifndef _FOO_REG_H_
#define	_FOO_REG_H_

#define	FOO_VENDOR	0x1b36	/* yours; this one is QEMU's */
#define	FOO_DEVICE	@ID@

#define	FOO_BAR		0	/* the registers */
#define	FOO_ID		0x00	/* read: FOO_ID_VALUE */
#define	  FOO_ID_VALUE	0x00c0ffee
#define	FOO_STATUS	0x04	/* interrupt causes; write 1 to clear */
#define	FOO_ENABLE	0x08	/* 1: the device interrupts */

#define	FOO_SIZE	0x1000	/* bytes */

#endif /* !_FOO_REG_H_ */
