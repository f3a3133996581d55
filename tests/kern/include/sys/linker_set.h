/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Linker sets: arrays of pointers gathered by the linker from all objects.
 * The linker defines __start_set_NAME and __stop_set_NAME; they are weak so
 * that a set without members is empty rather than a link error.
 */

#ifndef _SYS_LINKER_SET_H_
#define	_SYS_LINKER_SET_H_

#include <sys/cdefs.h>

#define	__MAKE_SET_CONST	const

#define	__MAKE_SET_QV(set, sym, qv)					\
	static void const * qv __set_##set##_sym_##sym			\
	    __attribute__((__section__("set_" #set), __used__,		\
	    __no_sanitize__("address"))) = &(sym)
#define	__MAKE_SET(set, sym)	__MAKE_SET_QV(set, sym, __MAKE_SET_CONST)

#define	TEXT_SET(set, sym)	__MAKE_SET(set, sym)
#define	DATA_SET(set, sym)	__MAKE_SET(set, sym)
#define	DATA_WSET(set, sym)	__MAKE_SET_QV(set, sym, )
#define	BSS_SET(set, sym)	__MAKE_SET(set, sym)
#define	ABS_SET(set, sym)	__MAKE_SET(set, sym)
#define	SET_ENTRY(set, sym)	__MAKE_SET(set, sym)

#define	SET_DECLARE(set, ptype)						\
	extern ptype *__start_set_##set __attribute__((__weak__));	\
	extern ptype *__stop_set_##set __attribute__((__weak__))

#define	SET_BEGIN(set)	(&__start_set_##set)
#define	SET_LIMIT(set)	(&__stop_set_##set)

#define	SET_FOREACH(pvar, set)						\
	for (pvar = SET_BEGIN(set); pvar < SET_LIMIT(set); pvar++)

#define	SET_ITEM(set, i)	((SET_BEGIN(set))[i])
#define	SET_COUNT(set)		(SET_LIMIT(set) - SET_BEGIN(set))

#endif /* !_SYS_LINKER_SET_H_ */
