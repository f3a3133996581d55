/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Population counts. */

#ifndef _SYS_BITCOUNT_H_
#define	_SYS_BITCOUNT_H_

#define	__bitcount16(x)	__builtin_popcount((__uint16_t)(x))
#define	__bitcount32(x)	__builtin_popcount((__uint32_t)(x))
#define	__bitcount64(x)	__builtin_popcountl((__uint64_t)(x))
#define	__bitcountl(x)	__builtin_popcountl((unsigned long)(x))
#define	__bitcount(x)	__builtin_popcount((unsigned int)(x))

#endif /* !_SYS_BITCOUNT_H_ */
