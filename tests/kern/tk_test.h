/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Test cases of the test kernel, for the kernel side.  A case is a function
 * that runs in a freshly booted kernel and is followed by tk_shutdown(); it
 * fails when a check fails, a rule is broken, the kernel panics or a ledger
 * is not empty.
 *
 *	TK_CASE(callout_drain_waits_for_the_handler)
 *	{
 *		...
 *		TK_EQ(ran, 1);
 *	}
 *
 * Cases register themselves before main(); host_atf_main.c makes them an ATF
 * program.  Other languages fill a struct tk_case and call
 * tk_case_register().
 */

#ifndef _TK_TEST_H_
#define	_TK_TEST_H_

#include "tk.h"

enum tk_case_kind {
	TK_CASE_KIND_DETERMINISTIC = 0,
	TK_CASE_KIND_THREADED = 1
};

struct tk_case {
	const char	*name;
	/* What the case shows.  NULL: its name, with spaces for underscores. */
	const char	*descr;
	void		(*body)(void);
	enum tk_case_kind kind;
	/*
	 * Not NULL: the kernel must stop the body, with a line that contains
	 * this.
	 */
	const char	*stops;
	unsigned int	 timeout;	/* seconds; 0: default */
	/* Not zero: the body boots and shuts down the kernel by itself. */
	unsigned int	 unbooted;
};

/* The cases must stay where they are for as long as the program runs. */
void	tk_case_register(const struct tk_case *, size_t);

/*
 * Put once in a file of the program.  Each case whose name begins with the
 * prefix is then run as two cases: NAME, on the interrupt controller that the
 * device tree names, which is Apple's; and NAME_on_gic, with KERN_PIC=gic
 * (tk_ofw.h).
 */
void	tk_case_on_each_pic(const char *prefix);
#define	TK_CASES_ON_EACH_PIC(prefix)					\
	__attribute__((__constructor__)) static void			\
	tk_add_pics(void)						\
	{								\
		tk_case_on_each_pic(prefix);				\
	}								\
	struct tk_case

#define	TK_CASE_(case_name, ...)					\
	static void tk_body_##case_name(void);				\
	static const struct tk_case tk_case_##case_name = {		\
		.name = #case_name, .body = tk_body_##case_name,	\
		__VA_ARGS__						\
	};								\
	__attribute__((__constructor__)) static void			\
	tk_add_##case_name(void)					\
	{								\
		tk_case_register(&tk_case_##case_name, 1);		\
	}								\
	static void							\
	tk_body_##case_name(void)

/*
 * Deterministic: the seed repeats it.  Use this one unless real time matters.
 */
#define	TK_CASE(name)							\
	TK_CASE_(name, .kind = TK_CASE_KIND_DETERMINISTIC)
/* All threads run at once, in real time. */
#define	TK_CASE_THREADED(name)						\
	TK_CASE_(name, .kind = TK_CASE_KIND_THREADED)
/*
 * Deterministic, in a child process; passes only if the kernel stopped it
 * (tk_stop() or panic(9)) with a line that contains `line'.
 */
#define	TK_CASE_STOPS(name, line)					\
	TK_CASE_(name, .kind = TK_CASE_KIND_DETERMINISTIC, .stops = (line))
#define	TK_CASE_THREADED_STOPS(name, line)				\
	TK_CASE_(name, .kind = TK_CASE_KIND_THREADED, .stops = (line))
/*
 * Cases for one kernel alone: FreeBSD's with INVARIANTS and WITNESS, or
 * without.  Programs of the other kernel do not contain them.
 */
#define	TK_CASE_NONE_(name)						\
	static void __attribute__((__unused__)) tk_body_##name(void)
#ifdef INVARIANTS
#define	TK_CASE_DEBUG(name)			TK_CASE(name)
#define	TK_CASE_DEBUG_STOPS(name, line)		TK_CASE_STOPS(name, line)
#define	TK_CASE_RELEASE(name)			TK_CASE_NONE_(name)
#define	TK_CASE_RELEASE_STOPS(name, line)	TK_CASE_NONE_(name)
#else
#define	TK_CASE_DEBUG(name)			TK_CASE_NONE_(name)
#define	TK_CASE_DEBUG_STOPS(name, line)		TK_CASE_NONE_(name)
#define	TK_CASE_RELEASE(name)			TK_CASE(name)
#define	TK_CASE_RELEASE_STOPS(name, line)	TK_CASE_STOPS(name, line)
#endif
/* The body calls tk_boot() and tk_shutdown() as it likes. */
#define	TK_CASE_UNBOOTED(name)						\
	TK_CASE_(name, .unbooted = 1)

/* End the running case: it failed, or it cannot be run here. */
void	tk_test_fail(const char *file, int line, const char *fmt, ...)
	    __attribute__((__noreturn__)) TK_PRINTFLIKE(3, 4);
void	tk_test_skip(const char *reason) __attribute__((__noreturn__));

void	tk_test_eq(const char *file, int line, const char *a_text,
	    const char *b_text, int64_t a, int64_t b);
void	tk_test_streq(const char *file, int line, const char *a_text,
	    const char *b_text, const char *a, const char *b);

#define	TK_CHECK(cond) do {						\
	if (!(cond))							\
		tk_test_fail(__FILE__, __LINE__, "not true: %s", #cond);\
} while (0)
/* Integers, compared as 64 bits; both are shown when they differ. */
#define	TK_EQ(a, b)							\
	tk_test_eq(__FILE__, __LINE__, #a, #b, (int64_t)(a), (int64_t)(b))
#define	TK_STREQ(a, b)							\
	tk_test_streq(__FILE__, __LINE__, #a, #b, (a), (b))
#define	TK_SKIP(reason)	tk_test_skip(reason)

#endif /* !_TK_TEST_H_ */
