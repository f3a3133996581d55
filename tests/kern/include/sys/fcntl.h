/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Flags of open(2) and of an open file.  The kernel's FREAD and FWRITE are
 * O_ACCMODE plus one.
 */

#ifndef _SYS_FCNTL_H_
#define	_SYS_FCNTL_H_

#define	O_RDONLY	0x0000
#define	O_WRONLY	0x0001
#define	O_RDWR		0x0002
#define	O_ACCMODE	0x0003
#define	O_NONBLOCK	0x0004
#define	O_FSYNC		0x0080
#define	O_DIRECT	0x00010000
#define	O_DIRECTORY	0x00020000

#ifdef _KERNEL
#define	FREAD		0x0001
#define	FWRITE		0x0002
#define	FNONBLOCK	O_NONBLOCK
#define	FLASTCLOSE	O_DIRECTORY	/* in d_close(): the last one */
#define	FFLAGS(oflags)	((oflags) + 1)
#endif

#endif /* !_SYS_FCNTL_H_ */
