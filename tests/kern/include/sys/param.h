/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Parameters of the system, and small macros that everything uses. */

#ifndef _SYS_PARAM_H_
#define	_SYS_PARAM_H_

#include <sys/_null.h>

#define	BSD	199506

/*
 * The release whose interface and behaviour this is: 15 or 16.  The build
 * defines it (FREEBSD=16 make test).
 */
#ifndef TK_FREEBSD
#define	TK_FREEBSD	15
#endif
#if TK_FREEBSD == 15
#define	__FreeBSD_version	1500501
#else
#define	__FreeBSD_version	1600020
#endif
#define	P_OSREL_MAJOR(x)	((x) / 100000)

#include <sys/types.h>
#include <sys/syslimits.h>
#include <sys/errno.h>
#include <sys/time.h>
#include <sys/priority.h>
#include <machine/param.h>
#include <sys/limits.h>

#define	MAXCOMLEN	19
#define	MAXHOSTNAMELEN	256
#define	MAXPATHLEN	PATH_MAX
#define	SPECNAMELEN	255
#define	DEV_BSHIFT	9
#define	DEV_BSIZE	(1 << DEV_BSHIFT)

/* msleep(9): the priority's range and the flags beside it. */
#define	PRIMASK	0x0ff
#define	PCATCH	0x100		/* signals end the sleep */
#define	PDROP	0x200		/* do not take the lock again */
#define	PNOLOCK	0x400		/* no lock and no timeout, on purpose */

#define	NBBY	8
#define	NBPW	sizeof(int)

#define	setbit(a, i)	\
	(((unsigned char *)(a))[(i) / NBBY] |= 1 << ((i) % NBBY))
#define	clrbit(a, i)	\
	(((unsigned char *)(a))[(i) / NBBY] &= ~(1 << ((i) % NBBY)))
#define	isset(a, i)	\
	(((const unsigned char *)(a))[(i) / NBBY] & (1 << ((i) % NBBY)))
#define	isclr(a, i)	\
	((((const unsigned char *)(a))[(i) / NBBY] & (1 << ((i) % NBBY))) == 0)

#define	nitems(x)	(sizeof((x)) / sizeof((x)[0]))
#define	howmany(x, y)	(((x) + ((y) - 1)) / (y))
#define	rounddown(x, y)	(((x) / (y)) * (y))
#define	rounddown2(x, y)	((x) & ~((y) - 1))
#define	roundup(x, y)	((((x) + ((y) - 1)) / (y)) * (y))
#define	roundup2(x, y)	(((x) + ((y) - 1)) & (~((y) - 1)))
#define	powerof2(x)	((((x) - 1) & (x)) == 0)

#define	MIN(a, b)	(((a) < (b)) ? (a) : (b))
#define	MAX(a, b)	(((a) > (b)) ? (a) : (b))

#define	FSHIFT	11
#define	FSCALE	(1 << FSHIFT)

#define	ctodb(db)	((db) << (PAGE_SHIFT - DEV_BSHIFT))
#define	btodb(bytes)	(((bytes)) >> DEV_BSHIFT)
#define	dbtob(db)	((off_t)(db) << DEV_BSHIFT)

#define	member2struct(s, m, x)	\
	((struct s *)(void *)((char *)(x) - offsetof(struct s, m)))

#endif /* !_SYS_PARAM_H_ */
