/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The one instruction of a probe's call site.  While the probe is not traced it
 * does nothing.  When the probe is traced, tk_sdt_code() of it makes it a jump.
 *
 * FreeBSD stops all CPUs while it writes the jump.  Here other threads run on,
 * so the two instructions differ in one aligned store: on amd64 in the first of
 * five bytes, which are those of "cmp $offset,%eax" or of "jmp offset".
 */

#ifndef _MACHINE_SDT_MACHDEP_H_
#define	_MACHINE_SDT_MACHDEP_H_

#ifdef __aarch64__
#define	_TK_SDT_ASM_INSTR	"nop"
typedef uint32_t tk_sdt_code_t;

static inline tk_sdt_code_t
tk_sdt_code(uintptr_t site, uintptr_t target, bool traced)
{
	return (traced ? 0x14000000 | (((target - site) / 4) & 0x3ffffff) :
	    0xd503201f);
}
#else
#define	_TK_SDT_ASM_INSTR	".byte 0x3d; .long %l0 - . - 4"
typedef uint8_t tk_sdt_code_t;

static inline tk_sdt_code_t
tk_sdt_code(uintptr_t site __unused, uintptr_t target __unused, bool traced)
{
	return (traced ? 0xe9 : 0x3d);
}
#endif

#endif /* !_MACHINE_SDT_MACHDEP_H_ */
