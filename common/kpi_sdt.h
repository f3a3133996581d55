/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Probes of dtrace(1); see SDT(9).
 *
 * A driver defines its provider once, in C, by SDT_PROVIDER_DEFINE().  C fires
 * a probe where it stands, by SDT_PROBEn(): while nobody traces that is one
 * instruction that does nothing, and its arguments are not even computed.
 *
 * A probe cannot be fired from Rust, being a macro around assembly.  So here a
 * probe comes with a function that fires it: KPI_SDT_DECLAREn() in the header
 * that bindgen reads, KPI_SDT_DEFINEn() in one C file.  It costs a call when
 * nobody traces; it may be called in any context.
 *
 *	KPI_SDT_DECLARE2(foo_sdt_reply, int, int);
 *
 *	SDT_PROVIDER_DEFINE(foo);
 *	KPI_SDT_DEFINE2(foo_sdt_reply, foo, reply, int, int)
 *
 * is the probe foo:::reply, and foo_sdt_reply(unit, error), which fires it.
 */
#ifndef _KPI_SDT_H_
#define	_KPI_SDT_H_

#include "kpi.h"

#include <sys/sdt.h>

/*
 * Declare the function fn that fires a probe of 2, 3 or 4 arguments.
 *
 * Context: any, for fn.
 */
#define	KPI_SDT_DECLARE2(fn, t0, t1)					\
	void fn(t0 arg0, t1 arg1)
#define	KPI_SDT_DECLARE3(fn, t0, t1, t2)				\
	void fn(t0 arg0, t1 arg1, t2 arg2)
#define	KPI_SDT_DECLARE4(fn, t0, t1, t2, t3)				\
	void fn(t0 arg0, t1 arg1, t2 arg2, t3 arg3)

/* Define the probe prov:::name, and the function fn that fires it. */
#define	KPI_SDT_DEFINE2(fn, prov, name, t0, t1)				\
SDT_PROBE_DEFINE2(prov, , , name, #t0, #t1);				\
void									\
fn(t0 arg0, t1 arg1)							\
{									\
	SDT_PROBE2(prov, , , name, arg0, arg1);				\
}

#define	KPI_SDT_DEFINE3(fn, prov, name, t0, t1, t2)			\
SDT_PROBE_DEFINE3(prov, , , name, #t0, #t1, #t2);			\
void									\
fn(t0 arg0, t1 arg1, t2 arg2)						\
{									\
	SDT_PROBE3(prov, , , name, arg0, arg1, arg2);			\
}

#define	KPI_SDT_DEFINE4(fn, prov, name, t0, t1, t2, t3)			\
SDT_PROBE_DEFINE4(prov, , , name, #t0, #t1, #t2, #t3);			\
void									\
fn(t0 arg0, t1 arg1, t2 arg2, t3 arg3)					\
{									\
	SDT_PROBE4(prov, , , name, arg0, arg1, arg2, arg3);		\
}

#endif /* !_KPI_SDT_H_ */
