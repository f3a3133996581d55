/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Kernel tracing: none. */

#ifndef _SYS_KTR_H_
#define	_SYS_KTR_H_

#define	KTR_DEV		0x00000004
#define	KTR_CALLOUT	0x00000200
#define	KTR_SPARE2	0x00010000

#define	CTR0(m, d)			(void)0
#define	CTR1(m, d, p1)			(void)0
#define	CTR2(m, d, p1, p2)		(void)0
#define	CTR3(m, d, p1, p2, p3)		(void)0
#define	CTR4(m, d, p1, p2, p3, p4)	(void)0
#define	CTR5(m, d, p1, p2, p3, p4, p5)	(void)0
#define	CTR6(m, d, p1, p2, p3, p4, p5, p6)	(void)0

#endif /* !_SYS_KTR_H_ */
