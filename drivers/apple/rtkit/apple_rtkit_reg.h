/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What RTKit's firmware leaves in shared memory: its crash log, and lines of
 * its syslog.  Reverse engineered: there is no document of the vendor's.
 *
 * All fields are little-endian.  A tag is four characters, of which the first
 * is the highest byte of the number.
 */
#ifndef _APPLE_RTKIT_REG_H_
#define	_APPLE_RTKIT_REG_H_

/* The crash log begins with this; sections follow, until one is tagged CLHE. */
struct apple_rtkit_crash_hdr {
	uint32_t	tag;		/* CLHE */
	uint32_t	version;
	uint32_t	size;		/* bytes of the log, with this */
	uint32_t	flags;
	uint8_t		unknown[16];
};
_Static_assert(sizeof(struct apple_rtkit_crash_hdr) == 32, "crash_hdr");

/* A section begins with this; its payload follows. */
struct apple_rtkit_crash_section {
	uint32_t	tag;
	uint32_t	unknown[2];
	uint32_t	size;		/* bytes of the section, with this */
};
_Static_assert(sizeof(struct apple_rtkit_crash_section) == 16,
    "crash_section");

/* Cver: which firmware it was; a text follows. */
struct apple_rtkit_crash_version {
	uint8_t		uuid[16];
};
_Static_assert(sizeof(struct apple_rtkit_crash_version) == 16,
    "crash_version");

/* Cstr: lines of text follow, up to a NUL. */
struct apple_rtkit_crash_text {
	uint32_t	id;
};
_Static_assert(sizeof(struct apple_rtkit_crash_text) == 4, "crash_text");

/* Ctim. */
struct apple_rtkit_crash_time {
	uint64_t	time;
};
_Static_assert(sizeof(struct apple_rtkit_crash_time) == 8, "crash_time");

/* Cmbx: what went through the mailbox last; messages follow. */
struct apple_rtkit_crash_mailbox {
	uint32_t	unknown[7];
};
_Static_assert(sizeof(struct apple_rtkit_crash_mailbox) == 28,
    "crash_mailbox");

struct apple_rtkit_crash_message {
	uint64_t	endpoint;
	uint64_t	message;
	uint32_t	time;
	uint32_t	unknown;
};
_Static_assert(sizeof(struct apple_rtkit_crash_message) == 24,
    "crash_message");

/* Crg8: registers of an arm64 CPU.  The FPU's follow, then the fault. */
struct apple_rtkit_crash_regs {
	uint64_t	unknown0;
	uint64_t	x[31];
	uint64_t	sp;
	uint64_t	pc;
	uint64_t	psr;
	uint64_t	cpacr;
	uint64_t	fpsr;
	uint64_t	fpcr;
};
_Static_assert(sizeof(struct apple_rtkit_crash_regs) == 0x130, "crash_regs");

#define	APPLE_RTKIT_CRASH_FPU	512	/* bytes of 32 registers */

struct apple_rtkit_crash_fault {
	uint64_t	far;
	uint64_t	unknown;
	uint64_t	esr;
};
_Static_assert(sizeof(struct apple_rtkit_crash_fault) == 24, "crash_fault");

/* Ccst: call stack of a task; return addresses follow, until one is 0. */
struct apple_rtkit_crash_stack {
	uint32_t	task;
	uint32_t	unknown;
};
_Static_assert(sizeof(struct apple_rtkit_crash_stack) == 8, "crash_stack");

/* CasC: error status of the CPU's caches and units. */
struct apple_rtkit_crash_errors {
	uint64_t	l2c_status;
	uint64_t	l2c_address;
	uint64_t	l2c_info;
	uint64_t	lsu;
	uint64_t	fed;
	uint64_t	mmu;
};
_Static_assert(sizeof(struct apple_rtkit_crash_errors) == 48,
    "crash_errors");

/* An entry of the syslog begins with this; its text follows, up to a NUL. */
struct apple_rtkit_syslog_hdr {
	uint32_t	unknown[2];
	uint8_t		context[24];	/* name of a task, up to a NUL */
};
_Static_assert(sizeof(struct apple_rtkit_syslog_hdr) == 32, "syslog_hdr");

#endif /* !_APPLE_RTKIT_REG_H_ */
