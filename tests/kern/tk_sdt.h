/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Probes of SDT(9), as a test sees them: what dtrace(1) is in FreeBSD.
 */

#ifndef _TK_SDT_H_
#define	_TK_SDT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define	TK_SDT_ARGS	5

/* A probe that fired. */
struct tk_sdt_firing {
	const char	*prov;
	const char	*name;		/* "__" stands for "-" in dtrace(1) */
	uintptr_t	 arg[TK_SDT_ARGS];
	int64_t		 ns;		/* when */
};

/* true: forget earlier firings and trace from now on.  false: stop tracing. */
void	tk_sdt_trace(bool on);

/*
 * How often a probe fired, and its nth firing, counted from 0.  Only the first
 * 4,096 firings of all probes are kept: NULL if this one did not happen or was
 * not kept.  Stops if no such probe is linked in.
 */
size_t	tk_sdt_fired(const char *prov, const char *name);
const struct tk_sdt_firing *tk_sdt_firing(const char *prov, const char *name,
	    size_t nth);

/* Type of an argument as the probe declares it to dtrace(1), or NULL. */
const char *tk_sdt_type(const char *prov, const char *name, unsigned int arg);

#endif /* !_TK_SDT_H_ */
