/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The registers of the device, 32 bits each.
 */
#ifndef _FOO_REG_H_
#define	_FOO_REG_H_

#define	FOO_ID		0x00	/* read: FOO_ID_VALUE */
#define	  FOO_ID_VALUE	0x00c0ffee
#define	FOO_STATUS	0x04	/* interrupt causes; write 1 to clear */
#define	FOO_ENABLE	0x08	/* 1: the device interrupts */

#define	FOO_SIZE	0x10	/* bytes */

#endif /* !_FOO_REG_H_ */
