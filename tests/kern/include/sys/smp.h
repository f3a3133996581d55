/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* One CPU, although in threaded mode threads run at the same time. */

#ifndef _SYS_SMP_H_
#define	_SYS_SMP_H_

#ifdef _KERNEL
extern int mp_ncpus;
extern u_int mp_maxid;

#define	CPU_FIRST()	0
#define	CPU_NEXT(i)	0
#define	CPU_ABSENT(id)	((id) != 0)
#define	CPU_FOREACH(i)	for ((i) = 0; (i) <= 0; (i)++)

void	cpus_fence_seq_cst(void);
#endif

#endif /* !_SYS_SMP_H_ */
