/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The C layer: what every header of common/ starts from.  See kpi(9).
 *
 * Code above the C layer need not know the kernel's structs and macros.  Each
 * header states contracts as plain prototypes, which bindgen reads for Rust.
 * Short functions have a body there as well, which C callers inline.  One
 * definition serves both: kpi_inline.c compiles the same bodies once more as
 * ordinary functions, for Rust to call.
 *
 * A function's comment says what the function does, and has tags:
 *   Context:	where the function may be called:
 *	any		  filter, interrupt thread, callout, task or thread
 *	any but a filter  any of these but an interrupt filter
 *	sleepable	  a thread or task that holds no mutex
 *   Locks:	what the caller holds, or must not hold; what the function takes
 *   Returns:	what the value means
 *   Errors:	errno values, which are returned; 0 is success
 *   Units:	of arguments and of the value
 *   Source:	the specification and its section
 * Nothing allocates unless it takes malloc(9) flags or says so.
 */
#ifndef _KPI_H_
#define	_KPI_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/lock.h>

#ifdef KPI_OUT_OF_LINE
#define	KPI_INLINE
#else
/* gnu_inline: used for inlining only, never emitted, whatever came before. */
#define	KPI_INLINE	extern inline __attribute__((__gnu_inline__))
#endif

/*
 * In a sleepable function that seldom sleeps, or not on every machine: WITNESS
 * and the test kernel see a mutex that its caller holds, each time.
 */
#define	KPI_SLEEPABLE()							\
	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL, "%s", __func__)

#endif /* !_KPI_H_ */
