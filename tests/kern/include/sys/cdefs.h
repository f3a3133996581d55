/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Compiler attributes and macros under FreeBSD's names.  For clang only.
 */

#ifndef _SYS_CDEFS_H_
#define	_SYS_CDEFS_H_

#ifdef __cplusplus
#define	__BEGIN_DECLS	extern "C" {
#define	__END_DECLS	}
#else
#define	__BEGIN_DECLS
#define	__END_DECLS
#endif

#define	__BSD_VISIBLE	1
#define	__POSIX_VISIBLE	202405
#define	__XSI_VISIBLE	800
#define	__ISO_C_VISIBLE	2023

#define	__CONCAT1(x, y)	x ## y
#define	__CONCAT(x, y)	__CONCAT1(x, y)
#define	__STRING(x)	#x
#define	__XSTRING(x)	__STRING(x)

#define	__weak_symbol	__attribute__((__weak__))
#define	__dead2		__attribute__((__noreturn__))
#define	__pure2		__attribute__((__const__))
#define	__pure		__attribute__((__pure__))
#ifndef __unused
#define	__unused	__attribute__((__unused__))
#endif
#ifndef __used
#define	__used		__attribute__((__used__))
#endif
#define	__packed	__attribute__((__packed__))
#define	__aligned(x)	__attribute__((__aligned__(x)))
#define	__section(x)	__attribute__((__section__(x)))
#define	__alloc_size(x)	__attribute__((__alloc_size__(x)))
#define	__alloc_size2(n, x)	__attribute__((__alloc_size__(n, x)))
#define	__alloc_align(x)	__attribute__((__alloc_align__(x)))
#define	__malloc_like	__attribute__((__malloc__))
#define	__result_use_check	__attribute__((__warn_unused_result__))
#define	__nodiscard	__attribute__((__warn_unused_result__))
#define	__returns_twice	__attribute__((__returns_twice__))
#define	__noinline	__attribute__((__noinline__))
#define	__always_inline	__attribute__((__always_inline__))
#define	__hidden	__attribute__((__visibility__("hidden")))
#define	__exported	__attribute__((__visibility__("default")))
#define	__min_size(x)	static (x)
#define	__nosanitizeaddress	__attribute__((__no_sanitize__("address")))
#define	__nosanitizethread	__attribute__((__no_sanitize__("thread")))

#define	__predict_true(exp)	__builtin_expect((exp), 1)
#define	__predict_false(exp)	__builtin_expect((exp), 0)
#define	__unreachable()		__builtin_unreachable()

#define	__offsetof(type, field)	__builtin_offsetof(type, field)
#define	__rangeof(type, start, end)	\
	(__offsetof(type, end) - __offsetof(type, start))
#define	__containerof(x, s, m)	__extension__ ({			\
	const volatile __typeof(((s *)0)->m) *__x = (x);		\
	__DEQUALIFY(s *, (const volatile char *)__x - __offsetof(s, m));\
})

/* The kernel's printf(9) has conversions of its own: %b, %D, %y. */
#ifdef _KERNEL
#define	__printflike(fmtarg, firstvararg)	\
	__attribute__((__format__(__freebsd_kprintf__, fmtarg, firstvararg)))
#else
#define	__printflike(fmtarg, firstvararg)	\
	__attribute__((__format__(__printf__, fmtarg, firstvararg)))
#endif
#define	__scanflike(fmtarg, firstvararg)	\
	__attribute__((__format__(__scanf__, fmtarg, firstvararg)))
#define	__format_arg(fmtarg)	__attribute__((__format_arg__(fmtarg)))

#define	__DECONST(type, var)	((type)(__uintptr_t)(const void *)(var))
#define	__DEVOLATILE(type, var)	((type)(__uintptr_t)(volatile void *)(var))
#define	__DEQUALIFY(type, var)						\
	((type)(__uintptr_t)(const volatile void *)(var))

#define	__FBSDID(s)	struct __hack
#define	__RCSID(s)	struct __hack
#define	__strong_reference(sym, aliassym)				\
	extern __typeof (sym) aliassym __attribute__((__alias__(#sym)))
#define	__weak_reference(sym, alias)					\
	extern __typeof (sym) alias					\
	    __attribute__((__weak__, __alias__(#sym)))

#define	__NULLABILITY_PRAGMA_PUSH					\
	_Pragma("clang diagnostic push")				\
	_Pragma("clang diagnostic ignored \"-Wnullability-completeness\"")
#define	__NULLABILITY_PRAGMA_POP	_Pragma("clang diagnostic pop")

/* Lock annotations of clang's thread safety analysis; not used here. */
#define	__requires_exclusive(...)
#define	__requires_shared(...)
#define	__requires_unlocked(...)
#define	__no_lock_analysis
#define	__guarded_by(x)
#define	__pt_guarded_by(x)

/*
 * Not FreeBSD's: a function whose name the host's C library uses as well gets
 * another name for the linker.
 */
#define	TK_SYM(name)	__asm__("tk_" #name)

#endif /* !_SYS_CDEFS_H_ */
