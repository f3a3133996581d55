/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Statically defined tracing; see tk_sdt.h for how tests see probes fire.
 *
 * As in FreeBSD 15, a call site is one instruction that does nothing, and a
 * record of where it is.  Tracing makes it a jump to code that computes the
 * arguments and calls sdt_probe().
 */

#ifndef _SYS_SDT_H
#define	_SYS_SDT_H

#include <sys/types.h>
#include <sys/linker_set.h>
#include <machine/sdt_machdep.h>

struct sdt_provider {
	const char	*name;
};

struct sdt_probe {
	struct sdt_provider *prov;
	const char	*mod;
	const char	*func;
	const char	*name;
	const char	*types[6];	/* of its arguments */
	uint32_t	 id;
};

void	sdt_probe(uint32_t id, uintptr_t arg0, uintptr_t arg1, uintptr_t arg2,
	    uintptr_t arg3, uintptr_t arg4);

#define	_SDT_PROVIDER_NAME(prov)					\
	sdt_provider_##prov
#define	_SDT_PROBE_NAME(prov, mod, func, name)				\
	sdt_##prov##_##mod##_##func##_##name

#define	SDT_PROVIDER_DEFINE(prov)					\
	struct sdt_provider _SDT_PROVIDER_NAME(prov) = {		\
		.name = #prov						\
	}
#define	SDT_PROVIDER_DECLARE(prov)					\
	extern struct sdt_provider _SDT_PROVIDER_NAME(prov)

#define	_TK_SDT_PROBE_DEFINE(_prov, _mod, _func, _name, ...)		\
	struct sdt_probe _SDT_PROBE_NAME(_prov, _mod, _func, _name) = {	\
		.prov = &_SDT_PROVIDER_NAME(_prov),			\
		.mod = #_mod,						\
		.func = #_func,						\
		.name = #_name,						\
		.types = { __VA_ARGS__ },				\
	};								\
	DATA_SET(sdt_probes_set,					\
	    _SDT_PROBE_NAME(_prov, _mod, _func, _name))
#define	SDT_PROBE_DECLARE(prov, mod, func, name)			\
	extern struct sdt_probe _SDT_PROBE_NAME(prov, mod, func, name)

#define	SDT_PROBE_DEFINE(prov, mod, func, name)				\
	_TK_SDT_PROBE_DEFINE(prov, mod, func, name, NULL)
#define	SDT_PROBE_DEFINE0(prov, mod, func, name)			\
	_TK_SDT_PROBE_DEFINE(prov, mod, func, name, NULL)
#define	SDT_PROBE_DEFINE1(prov, mod, func, name, t0)			\
	_TK_SDT_PROBE_DEFINE(prov, mod, func, name, t0)
#define	SDT_PROBE_DEFINE2(prov, mod, func, name, t0, t1)		\
	_TK_SDT_PROBE_DEFINE(prov, mod, func, name, t0, t1)
#define	SDT_PROBE_DEFINE3(prov, mod, func, name, t0, t1, t2)		\
	_TK_SDT_PROBE_DEFINE(prov, mod, func, name, t0, t1, t2)
#define	SDT_PROBE_DEFINE4(prov, mod, func, name, t0, t1, t2, t3)	\
	_TK_SDT_PROBE_DEFINE(prov, mod, func, name, t0, t1, t2, t3)
#define	SDT_PROBE_DEFINE5(prov, mod, func, name, t0, t1, t2, t3, t4)	\
	_TK_SDT_PROBE_DEFINE(prov, mod, func, name, t0, t1, t2, t3, t4)

/* A call site's record.  The assembly below lays it out. */
struct sdt_tracepoint {
	uintptr_t	 patchpoint;
	uintptr_t	 target;
};

#define	_TK_SDT_PROBE(probe, uniq, ...) do {				\
	__asm goto(							\
	    "0:\n"							\
	    _TK_SDT_ASM_INSTR "\n"					\
	    ".pushsection set_sdt_tracepoint_set, \"aw\"\n"		\
	    ".quad 0b\n"						\
	    ".quad %l0\n"						\
	    ".popsection\n"						\
	    : : : : _tk_sdt_##uniq);					\
	if (0) {							\
_tk_sdt_##uniq:;							\
		sdt_probe((probe).id, __VA_ARGS__);			\
	}								\
} while (0)
#define	_TK_SDT_PROBE_AT(probe, uniq, ...)				\
	_TK_SDT_PROBE(probe, uniq, __VA_ARGS__)
#define	SDT_PROBE(prov, mod, func, name, arg0, arg1, arg2, arg3, arg4)	\
	_TK_SDT_PROBE_AT(_SDT_PROBE_NAME(prov, mod, func, name),	\
	    __COUNTER__, (uintptr_t)arg0, (uintptr_t)arg1,		\
	    (uintptr_t)arg2, (uintptr_t)arg3, (uintptr_t)arg4)

#define	SDT_PROBE0(prov, mod, func, name)				\
	SDT_PROBE(prov, mod, func, name, 0, 0, 0, 0, 0)
#define	SDT_PROBE1(prov, mod, func, name, arg0)				\
	SDT_PROBE(prov, mod, func, name, arg0, 0, 0, 0, 0)
#define	SDT_PROBE2(prov, mod, func, name, arg0, arg1)			\
	SDT_PROBE(prov, mod, func, name, arg0, arg1, 0, 0, 0)
#define	SDT_PROBE3(prov, mod, func, name, arg0, arg1, arg2)		\
	SDT_PROBE(prov, mod, func, name, arg0, arg1, arg2, 0, 0)
#define	SDT_PROBE4(prov, mod, func, name, arg0, arg1, arg2, arg3)	\
	SDT_PROBE(prov, mod, func, name, arg0, arg1, arg2, arg3, 0)
#define	SDT_PROBE5(prov, mod, func, name, arg0, arg1, arg2, arg3, arg4)	\
	SDT_PROBE(prov, mod, func, name, arg0, arg1, arg2, arg3, arg4)

#endif /* !_SYS_SDT_H */
