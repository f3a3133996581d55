/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * atomic(9), on the compiler's atomic operations.  As on amd64 and arm64 all
 * widths from 8 to 64 bits exist, as does the pointer.
 */

#ifndef _MACHINE_ATOMIC_H_
#define	_MACHINE_ATOMIC_H_

#include <sys/types.h>

#define	__compiler_membar()	__asm __volatile("" : : : "memory")

#define	mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define	wmb()	__atomic_thread_fence(__ATOMIC_RELEASE)
#define	rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)

#define	TK_ATOMIC_RMW(name, type, op, expr, sfx, order)			\
static __inline void							\
atomic_##op##sfx##_##name(volatile type *p, type v)			\
{									\
	(void)__atomic_##expr(p, v, order);				\
}
#define	TK_ATOMIC_CLEAR(name, type, sfx, order)				\
static __inline void							\
atomic_clear##sfx##_##name(volatile type *p, type v)			\
{									\
	(void)__atomic_fetch_and(p, (type)~v, order);			\
}
#define	TK_ATOMIC_CMPSET(name, type, sfx, order)			\
static __inline int							\
atomic_cmpset##sfx##_##name(volatile type *p, type old, type new)	\
{									\
	return (__atomic_compare_exchange_n(p, &old, new, false, order,	\
	    __ATOMIC_RELAXED));						\
}									\
static __inline int							\
atomic_fcmpset##sfx##_##name(volatile type *p, type *old, type new)	\
{									\
	return (__atomic_compare_exchange_n(p, old, new, false, order,	\
	    __ATOMIC_RELAXED));						\
}
#define	TK_ATOMIC_ORDERED(name, type, sfx, order)			\
	TK_ATOMIC_RMW(name, type, set, fetch_or, sfx, order)		\
	TK_ATOMIC_CLEAR(name, type, sfx, order)				\
	TK_ATOMIC_RMW(name, type, add, fetch_add, sfx, order)		\
	TK_ATOMIC_RMW(name, type, subtract, fetch_sub, sfx, order)	\
	TK_ATOMIC_CMPSET(name, type, sfx, order)
#define	TK_ATOMIC(name, type)						\
	TK_ATOMIC_ORDERED(name, type, , __ATOMIC_RELAXED)		\
	TK_ATOMIC_ORDERED(name, type, _acq, __ATOMIC_ACQUIRE)		\
	TK_ATOMIC_ORDERED(name, type, _rel, __ATOMIC_RELEASE)		\
static __inline type							\
atomic_load_acq_##name(const volatile type *p)				\
{									\
	return (__atomic_load_n(p, __ATOMIC_ACQUIRE));			\
}									\
static __inline void							\
atomic_store_rel_##name(volatile type *p, type v)			\
{									\
	__atomic_store_n(p, v, __ATOMIC_RELEASE);			\
}									\
static __inline type							\
atomic_fetchadd_##name(volatile type *p, type v)			\
{									\
	return (__atomic_fetch_add(p, v, __ATOMIC_RELAXED));		\
}									\
static __inline type							\
atomic_readandclear_##name(volatile type *p)				\
{									\
	return (__atomic_exchange_n(p, (type)0, __ATOMIC_RELAXED));	\
}									\
static __inline type							\
atomic_swap_##name(volatile type *p, type v)				\
{									\
	return (__atomic_exchange_n(p, v, __ATOMIC_RELAXED));		\
}									\
static __inline int							\
atomic_testandset_##name(volatile type *p, u_int v)			\
{									\
	type bit = (type)1 << (v & (sizeof(type) * 8 - 1));		\
									\
	return ((__atomic_fetch_or(p, bit, __ATOMIC_RELAXED) & bit) != 0);\
}									\
static __inline int							\
atomic_testandclear_##name(volatile type *p, u_int v)			\
{									\
	type bit = (type)1 << (v & (sizeof(type) * 8 - 1));		\
									\
	return ((__atomic_fetch_and(p, (type)~bit, __ATOMIC_RELAXED) &	\
	    bit) != 0);							\
}
TK_ATOMIC(char, u_char)
TK_ATOMIC(short, u_short)
TK_ATOMIC(int, u_int)
TK_ATOMIC(long, u_long)
TK_ATOMIC(8, uint8_t)
TK_ATOMIC(16, uint16_t)
TK_ATOMIC(32, uint32_t)
TK_ATOMIC(64, uint64_t)
TK_ATOMIC(ptr, uintptr_t)
#undef TK_ATOMIC
#undef TK_ATOMIC_ORDERED
#undef TK_ATOMIC_CMPSET
#undef TK_ATOMIC_CLEAR
#undef TK_ATOMIC_RMW

/* Relaxed loads and stores of any type of the width that the name says. */
#define	TK_ATOMIC_LOAD(p)	__atomic_load_n((p), __ATOMIC_RELAXED)
#define	TK_ATOMIC_STORE(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define	atomic_load_bool(p)	TK_ATOMIC_LOAD(p)
#define	atomic_load_char(p)	TK_ATOMIC_LOAD(p)
#define	atomic_load_short(p)	TK_ATOMIC_LOAD(p)
#define	atomic_load_int(p)	TK_ATOMIC_LOAD(p)
#define	atomic_load_long(p)	TK_ATOMIC_LOAD(p)
#define	atomic_load_8(p)	TK_ATOMIC_LOAD(p)
#define	atomic_load_16(p)	TK_ATOMIC_LOAD(p)
#define	atomic_load_32(p)	TK_ATOMIC_LOAD(p)
#define	atomic_load_64(p)	TK_ATOMIC_LOAD(p)
#define	atomic_load_ptr(p)	TK_ATOMIC_LOAD(p)
#define	atomic_load_consume_ptr(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define	atomic_store_bool(p, v)	TK_ATOMIC_STORE(p, v)
#define	atomic_store_char(p, v)	TK_ATOMIC_STORE(p, v)
#define	atomic_store_short(p, v)	TK_ATOMIC_STORE(p, v)
#define	atomic_store_int(p, v)	TK_ATOMIC_STORE(p, v)
#define	atomic_store_long(p, v)	TK_ATOMIC_STORE(p, v)
#define	atomic_store_8(p, v)	TK_ATOMIC_STORE(p, v)
#define	atomic_store_16(p, v)	TK_ATOMIC_STORE(p, v)
#define	atomic_store_32(p, v)	TK_ATOMIC_STORE(p, v)
#define	atomic_store_64(p, v)	TK_ATOMIC_STORE(p, v)
#define	atomic_store_ptr(p, v)	TK_ATOMIC_STORE(p, v)

static __inline void
atomic_thread_fence_acq(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static __inline void
atomic_thread_fence_rel(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static __inline void
atomic_thread_fence_acq_rel(void)
{
	__atomic_thread_fence(__ATOMIC_ACQ_REL);
}

static __inline void
atomic_thread_fence_seq_cst(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#define	atomic_interrupt_fence()	__compiler_membar()

#endif /* !_MACHINE_ATOMIC_H_ */
