/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * SYSINIT and SYSUNINIT, tunables, the clock's rate.  SYSINITs run at each
 * tk_boot(), SYSUNINITs at each tk_shutdown(), in FreeBSD's order.
 */

#ifndef _SYS_KERNEL_H_
#define	_SYS_KERNEL_H_

#include <sys/param.h>
#include <sys/linker_set.h>
#include <sys/queue.h>
#include <sys/tslog.h>

#ifdef _KERNEL
extern int tick;		/* microseconds of a tick */
extern int hz;
extern TK_CLOCK_VAR(int) ticks;
extern TK_CLOCK_VAR(long) ticksl;
#endif

enum sysinit_sub_id {
	SI_SUB_DUMMY		= 0x0000000,	/* not run */
	SI_SUB_TUNABLES		= 0x0700000,
	SI_SUB_COPYRIGHT	= 0x0800001,
	SI_SUB_VM		= 0x1000000,
	SI_SUB_COUNTER		= 0x1100000,
	SI_SUB_KMEM		= 0x1800000,
	SI_SUB_HYPERVISOR	= 0x1A40000,
	SI_SUB_WITNESS		= 0x1A80000,
	SI_SUB_MTX_POOL_DYNAMIC	= 0x1AC0000,
	SI_SUB_LOCK		= 0x1B00000,
	SI_SUB_EVENTHANDLER	= 0x1C00000,
	SI_SUB_VNET_PRELINK	= 0x1E00000,
	SI_SUB_KLD		= 0x2000000,
	SI_SUB_KHELP		= 0x2080000,
	SI_SUB_CPU		= 0x2100000,
	SI_SUB_RACCT		= 0x2110000,
	SI_SUB_KDTRACE		= 0x2140000,
	SI_SUB_RANDOM		= 0x2160000,
	SI_SUB_MAC		= 0x2180000,
	SI_SUB_MAC_POLICY	= 0x21C0000,
	SI_SUB_MAC_LATE		= 0x21D0000,
	SI_SUB_VNET		= 0x21E0000,
	SI_SUB_INTRINSIC	= 0x2200000,
	SI_SUB_VM_CONF		= 0x2300000,
	SI_SUB_DDB_SERVICES	= 0x2380000,
	SI_SUB_RUN_QUEUE	= 0x2400000,
	SI_SUB_KTRACE		= 0x2480000,
	SI_SUB_OPENSOLARIS	= 0x2490000,
	SI_SUB_AUDIT		= 0x24C0000,
	SI_SUB_CREATE_INIT	= 0x2500000,
	SI_SUB_SCHED_IDLE	= 0x2600000,
	SI_SUB_MBUF		= 0x2700000,
	SI_SUB_INTR		= 0x2800000,
	SI_SUB_TASKQ		= 0x2880000,
	SI_SUB_EPOCH		= 0x2888000,
	SI_SUB_SMP		= 0x2900000,
	SI_SUB_SOFTINTR		= 0x2A00000,
	SI_SUB_DEVFS		= 0x2F00000,
	SI_SUB_INIT_IF		= 0x3000000,
	SI_SUB_NETGRAPH		= 0x3010000,
	SI_SUB_DTRACE		= 0x3020000,
	SI_SUB_DTRACE_PROVIDER	= 0x3048000,
	SI_SUB_DTRACE_ANON	= 0x308C000,
	SI_SUB_DRIVERS		= 0x3100000,
	SI_SUB_CONFIGURE	= 0x3800000,
	SI_SUB_VFS		= 0x4000000,
	SI_SUB_CLOCKS		= 0x4800000,
	SI_SUB_SYSV_SHM		= 0x6400000,
	SI_SUB_SYSV_SEM		= 0x6800000,
	SI_SUB_SYSV_MSG		= 0x6C00000,
	SI_SUB_P1003_1B		= 0x6E00000,
	SI_SUB_PSEUDO		= 0x7000000,
	SI_SUB_EXEC		= 0x7400000,
	SI_SUB_PROTO_BEGIN	= 0x8000000,
	SI_SUB_PROTO_PFIL	= 0x8100000,
	SI_SUB_PROTO_IF		= 0x8400000,
	SI_SUB_PROTO_DOMAININIT	= 0x8600000,
	SI_SUB_PROTO_MC		= 0x8700000,
	SI_SUB_PROTO_DOMAIN	= 0x8800000,
	SI_SUB_PROTO_FIREWALL	= 0x8806000,
	SI_SUB_PROTO_IFATTACHDOMAIN = 0x8808000,
	SI_SUB_PROTO_END	= 0x8ffffff,
	SI_SUB_KPROF		= 0x9000000,
	SI_SUB_KICK_SCHEDULER	= 0xa000000,
	SI_SUB_INT_CONFIG_HOOKS	= 0xa800000,
	SI_SUB_ROOT_CONF	= 0xb000000,
	SI_SUB_INTRINSIC_POST	= 0xd000000,
	SI_SUB_SYSCALLS		= 0xd800000,
	SI_SUB_VNET_DONE	= 0xdc00000,
	SI_SUB_KTHREAD_INIT	= 0xe000000,
	SI_SUB_KTHREAD_PAGE	= 0xe400000,
	SI_SUB_KTHREAD_VM	= 0xe800000,
	SI_SUB_KTHREAD_BUF	= 0xea00000,
	SI_SUB_KTHREAD_UPDATE	= 0xec00000,
	SI_SUB_KTHREAD_IDLE	= 0xee00000,
	SI_SUB_RACCTD		= 0xf100000,
	SI_SUB_LAST		= 0xfffffff
};

enum sysinit_elem_order {
	SI_ORDER_FIRST		= 0x0000000,
	SI_ORDER_SECOND		= 0x0000001,
	SI_ORDER_THIRD		= 0x0000002,
	SI_ORDER_FOURTH		= 0x0000003,
	SI_ORDER_FIFTH		= 0x0000004,
	SI_ORDER_SIXTH		= 0x0000005,
	SI_ORDER_SEVENTH	= 0x0000006,
	SI_ORDER_EIGHTH		= 0x0000007,
	SI_ORDER_MIDDLE		= 0x1000000,
	SI_ORDER_ANY		= 0xfffffff
};

typedef void (*sysinit_nfunc_t)(void *);
typedef void (*sysinit_cfunc_t)(const void *);

struct sysinit {
	enum sysinit_sub_id	subsystem;
	enum sysinit_elem_order	order;
	STAILQ_ENTRY(sysinit)	next;
	sysinit_cfunc_t		func;
	const void		*udata;
};

#define	C_SYSINIT(uniquifier, subsystem, order, func, ident)		\
	static struct sysinit uniquifier ## _sys_init = {		\
		subsystem, order, { NULL }, func, (ident)		\
	};								\
	DATA_WSET(sysinit_set, uniquifier ## _sys_init)
#define	SYSINIT(uniquifier, subsystem, order, func, ident)		\
	C_SYSINIT(uniquifier, subsystem, order,				\
	(sysinit_cfunc_t)(sysinit_nfunc_t)func, (void *)(ident))
#define	C_SYSUNINIT(uniquifier, subsystem, order, func, ident)		\
	static struct sysinit uniquifier ## _sys_uninit = {		\
		subsystem, order, { NULL }, func, (ident)		\
	};								\
	DATA_WSET(sysuninit_set, uniquifier ## _sys_uninit)
#define	SYSUNINIT(uniquifier, subsystem, order, func, ident)		\
	C_SYSUNINIT(uniquifier, subsystem, order,			\
	(sysinit_cfunc_t)(sysinit_nfunc_t)func, (void *)(ident))

#ifdef _KERNEL
/* A tunable: set from the kernel environment at boot. */
#define	TK_TUNABLE(ctype, kind, tunable_path, tunable_var)		\
	static struct tunable_##kind					\
	    __CONCAT(__tunable_##kind##_, __LINE__) = {			\
		.path = (tunable_path), .var = (tunable_var)		\
	};								\
	SYSINIT(__CONCAT(__Tunable_init_, __LINE__), SI_SUB_TUNABLES,	\
	    SI_ORDER_MIDDLE, tunable_##kind##_init,			\
	    &__CONCAT(__tunable_##kind##_, __LINE__))
#define	TK_TUNABLE_DECL(ctype, kind)					\
	extern void tunable_##kind##_init(const void *);		\
	struct tunable_##kind {						\
		const char *path;					\
		ctype *var;						\
	}
TK_TUNABLE_DECL(int, int);
TK_TUNABLE_DECL(long, long);
TK_TUNABLE_DECL(unsigned long, ulong);
TK_TUNABLE_DECL(int64_t, int64);
TK_TUNABLE_DECL(uint64_t, uint64);
TK_TUNABLE_DECL(quad_t, quad);
TK_TUNABLE_DECL(bool, bool);
#undef TK_TUNABLE_DECL

#define	TUNABLE_INT(path, var)		TK_TUNABLE(int, int, path, var)
#define	TUNABLE_LONG(path, var)		TK_TUNABLE(long, long, path, var)
#define	TUNABLE_ULONG(path, var)					\
	TK_TUNABLE(unsigned long, ulong, path, var)
#define	TUNABLE_INT64(path, var)	TK_TUNABLE(int64_t, int64, path, var)
#define	TUNABLE_UINT64(path, var)	TK_TUNABLE(uint64_t, uint64, path, var)
#define	TUNABLE_QUAD(path, var)		TK_TUNABLE(quad_t, quad, path, var)
#define	TUNABLE_BOOL(path, var)		TK_TUNABLE(bool, bool, path, var)
#define	TUNABLE_INT_FETCH(path, var)	getenv_int((path), (var))
#define	TUNABLE_LONG_FETCH(path, var)	getenv_long((path), (var))
#define	TUNABLE_ULONG_FETCH(path, var)	getenv_ulong((path), (var))
#define	TUNABLE_INT64_FETCH(path, var)	getenv_int64((path), (var))
#define	TUNABLE_UINT64_FETCH(path, var)	getenv_uint64((path), (var))
#define	TUNABLE_QUAD_FETCH(path, var)	getenv_quad((path), (var))
#define	TUNABLE_BOOL_FETCH(path, var)	getenv_bool((path), (var))

extern void tunable_str_init(const void *);
struct tunable_str {
	const char *path;
	char *var;
	int size;
};
#define	TUNABLE_STR(path, var, size)					\
	static struct tunable_str __CONCAT(__tunable_str_, __LINE__) = {\
		(path), (var), (size),					\
	};								\
	SYSINIT(__CONCAT(__Tunable_init_, __LINE__), SI_SUB_TUNABLES,	\
	    SI_ORDER_MIDDLE, tunable_str_init,				\
	    &__CONCAT(__tunable_str_, __LINE__))
#define	TUNABLE_STR_FETCH(path, var, size)				\
	getenv_string((path), (var), (size))
#endif /* _KERNEL */

typedef void (*ich_func_t)(void *_arg);

struct intr_config_hook {
	STAILQ_ENTRY(intr_config_hook) ich_links;
	uintptr_t	ich_state;
#define	ICHS_QUEUED	0x1
#define	ICHS_RUNNING	0x2
#define	ICHS_DONE	0x3
	ich_func_t	ich_func;
	void		*ich_arg;
};

int	config_intrhook_establish(struct intr_config_hook *hook);
void	config_intrhook_disestablish(struct intr_config_hook *hook);
int	config_intrhook_drain(struct intr_config_hook *hook);
void	config_intrhook_oneshot(ich_func_t _func, void *_arg);

#endif /* !_SYS_KERNEL_H_ */
