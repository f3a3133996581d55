/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Constants of device nodes.  The test kernel has no devfs(5): programs
 * reach a driver through calls of its own (tk_dsp.h for sound), so cdevs and
 * cdevsws are left out.
 */

#ifndef _SYS_CONF_H_
#define	_SYS_CONF_H_

#include <sys/types.h>
#include <sys/module.h>

#define	UID_ROOT	0
#define	UID_BIN		3
#define	UID_UUCP	66
#define	UID_NOBODY	65534

#define	GID_WHEEL	0
#define	GID_KMEM	2
#define	GID_TTY		4
#define	GID_OPERATOR	5
#define	GID_BIN		7
#define	GID_GAMES	13
#define	GID_VIDEO	44
#define	GID_RT_PRIO	47
#define	GID_ID_PRIO	48
#define	GID_DIALER	68
#define	GID_U2F		116
#define	GID_NOGROUP	65533
#define	GID_NOBODY	65534

#ifdef _KERNEL
struct cdev;

#define	DEV_MODULE_ORDERED(name, evh, arg, ord)				\
static moduledata_t name##_mod = {					\
	.name = #name,							\
	.evhand = evh,							\
	.priv = arg							\
};									\
DECLARE_MODULE(name, name##_mod, SI_SUB_DRIVERS, ord)

#define	DEV_MODULE(name, evh, arg)					\
	DEV_MODULE_ORDERED(name, evh, arg, SI_ORDER_MIDDLE)
#endif /* _KERNEL */

#endif /* !_SYS_CONF_H_ */
