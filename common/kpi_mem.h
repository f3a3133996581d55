/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Kernel memory, by type; see malloc(9).
 */
#ifndef _KPI_MEM_H_
#define	_KPI_MEM_H_

#include "kpi.h"

#include <sys/malloc.h>

/* Flags; one of the first two is given, the third may be or-ed. */
enum {
	KPI_NOWAIT = M_NOWAIT,		/* fail rather than wait */
	KPI_WAITOK = M_WAITOK,		/* sleepable only; never fails */
	KPI_ZERO = M_ZERO,
};

/*
 * Allocate size bytes, aligned to align, a power of two of at most PAGE_SIZE.
 *
 * Context: sleepable with KPI_WAITOK; any but a filter with KPI_NOWAIT.
 * Returns: the memory; NULL: there is none now (KPI_NOWAIT only).
 */
void	*kpi_malloc(size_t size, size_t align, struct malloc_type *type,
	    int flags);

/*
 * Free what kpi_malloc() of the same type returned, or NULL.
 *
 * Context: any but a filter.
 */
void	kpi_free(void *addr, struct malloc_type *type);

/* The type for drivers that have none of their own.  Context: any. */
struct malloc_type *kpi_m_devbuf(void);

#ifndef KPI_BINDGEN
#define	KPI_MALLOC_ALIGN	16

KPI_INLINE void *
kpi_malloc(size_t size, size_t align, struct malloc_type *type, int flags)
{
	/*
	 * malloc(9) aligns what is no smaller than this to it, without the
	 * rounding to a power of two that malloc_aligned(9) does.
	 */
	if (align <= KPI_MALLOC_ALIGN)
		return (malloc(MAX(size, align), type, flags));
	return (malloc_aligned(size, align, type, flags));
}

KPI_INLINE void
kpi_free(void *addr, struct malloc_type *type)
{
	free(addr, type);
}

KPI_INLINE struct malloc_type *
kpi_m_devbuf(void)
{
	return (M_DEVBUF);
}
#endif /* !KPI_BINDGEN */

#endif /* !_KPI_MEM_H_ */
