/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Alignment that suits every type. */

#ifndef _MACHINE__ALIGN_H_
#define	_MACHINE__ALIGN_H_

#define	_ALIGNBYTES	(sizeof(long) - 1)
#define	_ALIGN(p)	(((__uintptr_t)(p) + _ALIGNBYTES) & ~_ALIGNBYTES)

#endif /* !_MACHINE__ALIGN_H_ */
