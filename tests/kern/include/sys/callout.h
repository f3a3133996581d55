/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* callout(9). */

#ifndef _SYS_CALLOUT_H_
#define	_SYS_CALLOUT_H_

#include <sys/_callout.h>
#include <sys/types.h>

#define	CALLOUT_TRYLOCK		0x0001
#define	CALLOUT_ACTIVE		0x0002
#define	CALLOUT_PENDING		0x0004
#define	CALLOUT_MPSAFE		0x0008
#define	CALLOUT_RETURNUNLOCKED	0x0010	/* the handler releases the lock */
#define	CALLOUT_SHAREDLOCK	0x0020	/* the lock is taken shared */
#define	CALLOUT_DFRMIGRATION	0x0040
#define	CALLOUT_PROCESSED	0x0080
#define	CALLOUT_DIRECT		0x0100

/* Flags of the _sbt calls. */
#define	C_DIRECT_EXEC		0x0001	/* run in interrupt context */
#define	C_PRELBITS		7
#define	C_PRELRANGE		((1 << C_PRELBITS) - 1)
#define	C_PREL(x)		(((x) + 1) << 1)
#define	C_PRELGET(x)		(int)((((x) >> 1) & C_PRELRANGE) - 1)
#define	C_HARDCLOCK		0x0100	/* on a tick */
#define	C_ABSOLUTE		0x0200	/* the time is since boot */
#define	C_PRECALC		0x0400
#define	C_CATCH			0x0800	/* pause_sbt(9): signals end it */

#define	CS_DRAIN		0x0001

#ifdef _KERNEL
#define	callout_active(c)	((c)->c_flags & CALLOUT_ACTIVE)
#define	callout_deactivate(c)	((c)->c_flags &= ~CALLOUT_ACTIVE)
#define	callout_drain(c)	_callout_stop_safe(c, CS_DRAIN)
#define	callout_stop(c)		_callout_stop_safe(c, 0)
void	callout_init(struct callout *, int);
void	_callout_init_lock(struct callout *, struct lock_object *, int);
#define	callout_init_mtx(c, mtx, flags)					\
	_callout_init_lock((c), &(mtx)->lock_object, (flags))
#define	callout_init_rw(c, rw, flags)					\
	_callout_init_lock((c), &(rw)->lock_object, (flags))
#define	callout_pending(c)						\
	(__atomic_load_n(&(c)->c_iflags, __ATOMIC_RELAXED) & CALLOUT_PENDING)
int	callout_reset_sbt_on(struct callout *, sbintime_t, sbintime_t,
	    void (*)(void *), void *, int, int);
#define	callout_reset_sbt(c, sbt, pr, fn, arg, flags)			\
	callout_reset_sbt_on((c), (sbt), (pr), (fn), (arg), -1, (flags))
#define	callout_reset_sbt_curcpu(c, sbt, pr, fn, arg, flags)		\
	callout_reset_sbt_on((c), (sbt), (pr), (fn), (arg), PCPU_GET(cpuid),\
	    (flags))
#define	callout_reset_on(c, to_ticks, fn, arg, cpu)			\
	callout_reset_sbt_on((c), tick_sbt * (to_ticks), 0, (fn), (arg),\
	    (cpu), C_HARDCLOCK)
#define	callout_reset(c, on_tick, fn, arg)				\
	callout_reset_on((c), (on_tick), (fn), (arg), -1)
#define	callout_reset_curcpu(c, on_tick, fn, arg)			\
	callout_reset_on((c), (on_tick), (fn), (arg), PCPU_GET(cpuid))
#define	callout_schedule_sbt_on(c, sbt, pr, cpu, flags)			\
	callout_reset_sbt_on((c), (sbt), (pr), (c)->c_func, (c)->c_arg,	\
	    (cpu), (flags))
#define	callout_schedule_sbt(c, sbt, pr, flags)				\
	callout_schedule_sbt_on((c), (sbt), (pr), -1, (flags))
#define	callout_schedule_sbt_curcpu(c, sbt, pr, flags)			\
	callout_schedule_sbt_on((c), (sbt), (pr), PCPU_GET(cpuid), (flags))
int	callout_schedule(struct callout *, int);
int	callout_schedule_on(struct callout *, int, int);
#define	callout_schedule_curcpu(c, on_tick)				\
	callout_schedule_on((c), (on_tick), PCPU_GET(cpuid))
int	_callout_stop_safe(struct callout *, int);
void	callout_when(sbintime_t sbt, sbintime_t precision, int flags,
	    sbintime_t *sbt_res, sbintime_t *prec_res);
#endif /* _KERNEL */

#endif /* !_SYS_CALLOUT_H_ */
