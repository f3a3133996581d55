/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The first instructions of init, and the note by which FreeBSD's kernel
 * recognises its own programs.
 */

__asm__(
"	.section .note.tag, \"a\", %note\n"
"	.p2align 2\n"
"	.long	8, 4, 1\n"		/* name and value, bytes; ABI tag */
"	.asciz	\"FreeBSD\"\n"
"	.long	1500000\n"		/* 15.0 */
"	.text\n"
"	.globl	_start\n"
"_start:\n"
#if defined(__aarch64__)
"	mov	x9, sp\n"
"	and	sp, x9, #~15\n"
"	bl	init_main\n"
#else /* amd64 */
"	and	$-16, %rsp\n"
"	call	init_main\n"
#endif
);
