/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Marks by which a program in the guest tells the plugin (trace.c) when a trace
 * begins and ends: nopl 0x4d41470N(%rax), which no compiler emits.  amd64 only.
 */
#ifndef _MARK_H_
#define	_MARK_H_

#define	MARK_BYTES	0x0f, 0x1f, 0x80	/* then N, then the tail */
#define	MARK_TAIL	0x47, 0x41, 0x4d

#ifdef __x86_64__
#define	MARK_BEGIN()							\
	__asm__ volatile (".byte 0x0f,0x1f,0x80,0,0x47,0x41,0x4d" ::: "memory")
#define	MARK_END()							\
	__asm__ volatile (".byte 0x0f,0x1f,0x80,1,0x47,0x41,0x4d" ::: "memory")
#endif

#endif /* !_MARK_H_ */
