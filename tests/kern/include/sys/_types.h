/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Basic types under the names that other headers build on. */

#ifndef _SYS__TYPES_H_
#define	_SYS__TYPES_H_

#include <sys/cdefs.h>
#include <machine/_types.h>

typedef	__builtin_va_list	__va_list;
typedef	__va_list		__gnuc_va_list;

typedef	__int32_t	__blksize_t;
typedef	__int64_t	__blkcnt_t;
typedef	__int32_t	__clockid_t;
typedef	__uint64_t	__dev_t;
typedef	__uint32_t	__fixpt_t;
typedef	__uint32_t	__gid_t;
typedef	__int64_t	__id_t;
typedef	__uint64_t	__ino_t;
typedef	long		__key_t;
typedef	__int32_t	__lwpid_t;
typedef	__uint16_t	__mode_t;
typedef	__uint64_t	__nlink_t;
typedef	__int64_t	__off_t;
typedef	__int32_t	__pid_t;
typedef	__uint32_t	__uid_t;
typedef	__int64_t	__sbintime_t;
typedef	long		__suseconds_t;
typedef	__uint32_t	__useconds_t;
typedef	__uint32_t	__socklen_t;
typedef	__uint64_t	__rman_res_t;
typedef	int		__cpusetid_t;

#endif /* !_SYS__TYPES_H_ */
