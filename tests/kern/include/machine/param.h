/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Machine parameters.  The page size is the one of FreeBSD's amd64 and arm64
 * kernels, whatever the host's is.
 */

#ifndef _MACHINE_PARAM_H_
#define	_MACHINE_PARAM_H_

#include <machine/_align.h>

#ifdef __aarch64__
#define	MACHINE		"arm64"
#define	MACHINE_ARCH	"aarch64"
#define	CACHE_LINE_SHIFT	7
#else
#define	MACHINE		"amd64"
#define	MACHINE_ARCH	"amd64"
#define	CACHE_LINE_SHIFT	6
#endif
#define	CACHE_LINE_SIZE	(1 << CACHE_LINE_SHIFT)

#define	MAXCPU		1024
#define	MAXMEMDOM	8

#define	ALIGNBYTES	_ALIGNBYTES
#define	ALIGN(p)	_ALIGN(p)

#define	PAGE_SHIFT	12
#define	PAGE_SIZE	(1 << PAGE_SHIFT)
#define	PAGE_MASK	(PAGE_SIZE - 1)

#define	round_page(x)							\
	((((unsigned long)(x)) + PAGE_MASK) & ~(unsigned long)PAGE_MASK)
#define	trunc_page(x)	((unsigned long)(x) & ~(unsigned long)PAGE_MASK)
#define	atop(x)		((unsigned long)(x) >> PAGE_SHIFT)
#define	ptoa(x)		((unsigned long)(x) << PAGE_SHIFT)
#define	pgtok(x)	((unsigned long)(x) * (PAGE_SIZE / 1024))

#endif /* !_MACHINE_PARAM_H_ */
