/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Machine-dependent basic types of FreeBSD's LP64 platforms. */

#ifndef _MACHINE__TYPES_H_
#define	_MACHINE__TYPES_H_

#ifndef __LP64__
#error "the test kernel needs a 64-bit host"
#endif

typedef	signed char		__int8_t;
typedef	unsigned char		__uint8_t;
typedef	short			__int16_t;
typedef	unsigned short		__uint16_t;
typedef	int			__int32_t;
typedef	unsigned int		__uint32_t;
typedef	long			__int64_t;
typedef	unsigned long		__uint64_t;

typedef	__int64_t		__intmax_t;
typedef	__uint64_t		__uintmax_t;
typedef	__int64_t		__intptr_t;
typedef	__uint64_t		__uintptr_t;
typedef	__int64_t		__intfptr_t;
typedef	__uint64_t		__uintfptr_t;
typedef	__int64_t		__ptrdiff_t;
typedef	__uint64_t		__size_t;
typedef	__int64_t		__ssize_t;
typedef	__int64_t		__time_t;
typedef	__int64_t		__register_t;
typedef	__uint64_t		__u_register_t;
typedef	__int64_t		__segsz_t;
typedef	__int32_t		__clock_t;
typedef	__int64_t		__critical_t;
typedef	__uint64_t		__vm_offset_t;
typedef	__uint64_t		__vm_paddr_t;
typedef	__uint64_t		__vm_size_t;

#endif /* !_MACHINE__TYPES_H_ */
