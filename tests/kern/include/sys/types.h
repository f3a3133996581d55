/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The kernel's types.  Fixed-width ones come from the compiler. */

#ifndef _SYS_TYPES_H_
#define	_SYS_TYPES_H_

#include <stddef.h>
#include <stdint.h>

#include <sys/cdefs.h>
#include <sys/_types.h>
#include <machine/endian.h>

typedef	unsigned char	u_char;
typedef	unsigned short	u_short;
typedef	unsigned int	u_int;
typedef	unsigned long	u_long;

typedef	__uint8_t	u_int8_t;
typedef	__uint16_t	u_int16_t;
typedef	__uint32_t	u_int32_t;
typedef	__uint64_t	u_int64_t;
typedef	__uint64_t	u_quad_t;
typedef	__int64_t	quad_t;
typedef	quad_t		*qaddr_t;

typedef	char		*caddr_t;
typedef	const char	*c_caddr_t;

typedef	__blksize_t	blksize_t;
typedef	__blkcnt_t	blkcnt_t;
typedef	__clock_t	clock_t;
typedef	__clockid_t	clockid_t;
typedef	__critical_t	critical_t;
typedef	__int64_t	daddr_t;
typedef	__dev_t		dev_t;
typedef	__fixpt_t	fixpt_t;
typedef	__gid_t		gid_t;
typedef	__id_t		id_t;
typedef	__ino_t		ino_t;
typedef	__key_t		key_t;
typedef	__lwpid_t	lwpid_t;
typedef	__mode_t	mode_t;
typedef	__nlink_t	nlink_t;
typedef	__off_t		off_t;
typedef	__pid_t		pid_t;
typedef	__register_t	register_t;
typedef	__u_register_t	u_register_t;
typedef	__sbintime_t	sbintime_t;
typedef	__segsz_t	segsz_t;
typedef	__ssize_t	ssize_t;
typedef	__suseconds_t	suseconds_t;
typedef	__time_t	time_t;
typedef	__uid_t		uid_t;
typedef	__useconds_t	useconds_t;

typedef	__uint64_t	kpaddr_t;
typedef	__uint64_t	kvaddr_t;
typedef	__uint64_t	ksize_t;
typedef	__int64_t	kssize_t;

typedef	__vm_offset_t	vm_offset_t;
typedef	__uint64_t	vm_ooffset_t;
typedef	__vm_paddr_t	vm_paddr_t;
typedef	__uint64_t	vm_pindex_t;
typedef	__vm_size_t	vm_size_t;
typedef	__rman_res_t	rman_res_t;

#ifdef _KERNEL
typedef	unsigned int	boolean_t;
typedef	struct _device	*device_t;
typedef	__intfptr_t	intfptr_t;
typedef	__uint32_t	intrmask_t;
typedef	__uintfptr_t	uintfptr_t;
typedef	__uint64_t	uoff_t;
typedef	char		vm_memattr_t;
typedef	struct vm_page	*vm_page_t;

#if !defined(__bool_true_false_are_defined) && !defined(__cplusplus)
#define	__bool_true_false_are_defined	1
#define	false	0
#define	true	1
typedef	_Bool	bool;
#endif
#endif /* _KERNEL */

#include <sys/bitcount.h>

#define	__enum_uint8_decl(name)	enum enum_ ## name ## _uint8 : uint8_t
#define	__enum_uint8(name)	enum enum_ ## name ## _uint8

/* Device numbers: the minor's low 8 and high 24 bits enclose the major's. */
static __inline int
__major(dev_t _d)
{
	return (((_d >> 32) & 0xffffff00) | ((_d >> 8) & 0xff));
}

static __inline int
__minor(dev_t _d)
{
	return (((_d >> 24) & 0xff00) | (_d & 0xffff00ff));
}

#define	major(d)	__major(d)
#define	minor(d)	__minor(d)

#endif /* !_SYS_TYPES_H_ */
