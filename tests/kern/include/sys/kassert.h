/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Assertions and panic(9). */

#ifndef _SYS_KASSERT_H_
#define	_SYS_KASSERT_H_

#include <sys/cdefs.h>
#include <sys/_types.h>

extern const char *panicstr;
#define	KERNEL_PANICKED()	__predict_false(panicstr != NULL)

#ifndef CTASSERT
#define	CTASSERT(x)	_Static_assert(x, "compile-time assertion failed")
#endif

/* Prints "panic: " and the message, a backtrace, and ends the program. */
void	panic(const char *, ...) __dead2 __printflike(1, 2);
void	vpanic(const char *, __va_list) __dead2 __printflike(1, 0);
#define	kassert_panic	panic

#ifdef INVARIANTS
#define	KASSERT(exp, msg) do {						\
	if (__predict_false(!(exp)))					\
		kassert_panic msg;					\
} while (0)
#define	__assert_unreachable()						\
	panic("executing segment marked as unreachable at %s:%d (%s)\n",\
	    __FILE__, __LINE__, __func__)
#else
#define	KASSERT(exp, msg)	do { } while (0)
#define	__assert_unreachable()	__unreachable()
#endif

#define	MPASS(ex)		MPASS4(ex, #ex, __FILE__, __LINE__)
#define	MPASS2(ex, what)	MPASS4(ex, what, __FILE__, __LINE__)
#define	MPASS3(ex, file, line)	MPASS4(ex, #ex, file, line)
#define	MPASS4(ex, what, file, line)					\
	KASSERT((ex), ("Assertion %s failed at %s:%d", what, file, line))

#define	ASSERT_ATOMIC_LOAD_PTR(var, msg)				\
	KASSERT(sizeof(var) == sizeof(void *) &&			\
	    ((uintptr_t)&(var) & (sizeof(void *) - 1)) == 0, msg)

#define	CRITICAL_ASSERT(td)						\
	KASSERT((td)->td_critnest >= 1, ("Not in critical section"))

#endif /* !_SYS_KASSERT_H_ */
