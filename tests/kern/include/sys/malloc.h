/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* malloc(9). */

#ifndef _SYS_MALLOC_H_
#define	_SYS_MALLOC_H_

#include <sys/param.h>
#ifdef _KERNEL
#include <sys/systm.h>
#endif
#include <sys/queue.h>
#include <sys/_lock.h>
#include <sys/_mutex.h>
#include <machine/_limits.h>

#define	M_NOWAIT	0x0001		/* may fail, never sleeps */
#define	M_WAITOK	0x0002		/* may sleep, never fails */
#define	M_NORECLAIM	0x0080
#define	M_ZERO		0x0100
#define	M_NOVM		0x0200
#define	M_USE_RESERVE	0x0400
#define	M_NODUMP	0x0800
#define	M_FIRSTFIT	0x1000
#define	M_BESTFIT	0x2000
#define	M_EXEC		0x4000
#define	M_NEXTFIT	0x8000
#define	M_NEVERFREED	0x10000

#define	M_VERSION	2024073001

struct malloc_type {
	struct malloc_type *ks_next;
	u_long		 ks_version;
	const char	*ks_shortdesc;
	/* The test kernel's counts, for the ledger. */
	u_long		 ks_inuse;	/* allocations not freed */
	u_long		 ks_memuse;	/* bytes of these */
	u_long		 ks_calls;	/* allocations since boot */
};

#ifdef _KERNEL
#define	MALLOC_DEFINE(type, shortdesc, longdesc)			\
	struct malloc_type type[1] = {					\
		{							\
			.ks_next = NULL,				\
			.ks_version = M_VERSION,			\
			.ks_shortdesc = shortdesc,			\
		}							\
	};								\
	SYSINIT(type##_init, SI_SUB_KMEM, SI_ORDER_THIRD, malloc_init,	\
	    type);							\
	SYSUNINIT(type##_uninit, SI_SUB_KMEM, SI_ORDER_ANY,		\
	    malloc_uninit, type)

#define	MALLOC_DECLARE(type)						\
	extern struct malloc_type type[1]

MALLOC_DECLARE(M_CACHE);
MALLOC_DECLARE(M_DEVBUF);
MALLOC_DECLARE(M_PARGS);
MALLOC_DECLARE(M_SESSION);
MALLOC_DECLARE(M_SUBPROC);
MALLOC_DECLARE(M_TEMP);
MALLOC_DECLARE(M_IOV);

struct domainset;

void	contigfree(void *addr, unsigned long, struct malloc_type *type);
void	*contigmalloc(unsigned long size, struct malloc_type *type, int flags,
	    vm_paddr_t low, vm_paddr_t high, unsigned long alignment,
	    vm_paddr_t boundary) __malloc_like __result_use_check
	    __alloc_size(1) __alloc_align(6);
void	free(void *addr, struct malloc_type *type) TK_SYM(free);
void	zfree(void *addr, struct malloc_type *type) TK_SYM(zfree);
void	*malloc(size_t size, struct malloc_type *type, int flags)
	    TK_SYM(malloc) __malloc_like __result_use_check __alloc_size(1);
void	*mallocarray(size_t nmemb, size_t size, struct malloc_type *type,
	    int flags) TK_SYM(mallocarray) __malloc_like __result_use_check
	    __alloc_size2(1, 2);
void	*malloc_aligned(size_t size, size_t align, struct malloc_type *type,
	    int flags) TK_SYM(malloc_aligned) __malloc_like
	    __result_use_check __alloc_size(1);
void	*realloc(void *addr, size_t size, struct malloc_type *type, int flags)
	    TK_SYM(realloc) __result_use_check __alloc_size(2);
void	*reallocf(void *addr, size_t size, struct malloc_type *type, int flags)
	    TK_SYM(reallocf) __result_use_check __alloc_size(2);
void	malloc_init(void *);
void	malloc_uninit(void *);
size_t	malloc_size(size_t);
size_t	malloc_usable_size(const void *) TK_SYM(malloc_usable_size);
struct malloc_type *malloc_desc2type(const char *desc);

static inline bool
WOULD_OVERFLOW(size_t nmemb, size_t size)
{
	size_t product;

	return (__builtin_mul_overflow(nmemb, size, &product));
}
#endif /* _KERNEL */

#endif /* !_SYS_MALLOC_H_ */
