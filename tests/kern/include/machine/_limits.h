/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Ranges of the machine's types. */

#ifndef _MACHINE__LIMITS_H_
#define	_MACHINE__LIMITS_H_

#define	__CHAR_BIT	8
#define	__SCHAR_MAX	0x7f
#define	__SCHAR_MIN	(-0x7f - 1)
#define	__UCHAR_MAX	0xff
#define	__USHRT_MAX	0xffff
#define	__SHRT_MAX	0x7fff
#define	__SHRT_MIN	(-0x7fff - 1)
#define	__UINT_MAX	0xffffffff
#define	__INT_MAX	0x7fffffff
#define	__INT_MIN	(-0x7fffffff - 1)
#define	__ULONG_MAX	0xffffffffffffffff
#define	__LONG_MAX	0x7fffffffffffffff
#define	__LONG_MIN	(-0x7fffffffffffffff - 1)
#define	__ULLONG_MAX	0xffffffffffffffffULL
#define	__LLONG_MAX	0x7fffffffffffffffLL
#define	__LLONG_MIN	(-0x7fffffffffffffffLL - 1)
#define	__SSIZE_MAX	__LONG_MAX
#define	__SIZE_T_MAX	__ULONG_MAX
#define	__OFF_MAX	__LONG_MAX
#define	__OFF_MIN	__LONG_MIN
#define	__UQUAD_MAX	__ULONG_MAX
#define	__QUAD_MAX	__LONG_MAX
#define	__QUAD_MIN	__LONG_MIN
#define	__LONG_BIT	64
#define	__WORD_BIT	32

#endif /* !_MACHINE__LIMITS_H_ */
