/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * unr(9): unit numbers.  A bitmap, the lowest free number first.
 */

#include "tk_var.h"

struct unrhdr {
	int		 low, high;
	struct mtx	*mtx;		/* the user's; NULL: ours */
	struct mtx	 own;
	int		 busy;		/* numbers in use */
	uint64_t	*map;		/* a bit set: in use */
};

static MALLOC_DEFINE(M_UNIT, "Unitno", "Unit number allocation");

static size_t
map_words(const struct unrhdr *uh)
{
	return (howmany((size_t)(uh->high - uh->low) + 1, 64));
}

struct unrhdr *
new_unrhdr(int low, int high, struct mtx *mutex)
{
	struct unrhdr *uh;

	KASSERT(low >= 0 && low <= high,
	    ("unit numbers from %d to %d", low, high));
	uh = malloc(sizeof(*uh), M_UNIT, M_WAITOK | M_ZERO);
	uh->low = low;
	uh->high = high;
	uh->map = mallocarray(map_words(uh), sizeof(*uh->map), M_UNIT,
	    M_WAITOK | M_ZERO);
	uh->mtx = mutex;
	if (mutex == NULL)
		mtx_init(&uh->own, "unitid", NULL, MTX_DEF | MTX_DUPOK);
	return (uh);
}

void
delete_unrhdr(struct unrhdr *uh)
{
	KASSERT(uh->busy == 0, ("unrhdr has %d allocations", uh->busy));
	if (uh->mtx == NULL)
		mtx_destroy(&uh->own);
	free(uh->map, M_UNIT);
	free(uh, M_UNIT);
}

static struct mtx *
unr_mtx(struct unrhdr *uh)
{
	return (uh->mtx == NULL ? &uh->own : uh->mtx);
}

static bool
in_use(const struct unrhdr *uh, u_int i)
{
	return ((uh->map[i / 64] >> (i % 64) & 1) != 0);
}

/* -1 if all are in use.  The mutex is held. */
int
alloc_unrl(struct unrhdr *uh)
{
	mtx_assert(unr_mtx(uh), MA_OWNED);
	if (tk_fault("alloc_unr"))
		return (-1);
	for (int i = 0; i <= uh->high - uh->low; i++) {
		if (!in_use(uh, i)) {
			uh->map[i / 64] |= (uint64_t)1 << (i % 64);
			uh->busy++;
			return (uh->low + i);
		}
	}
	return (-1);
}

int
alloc_unr(struct unrhdr *uh)
{
	int unit;

	mtx_lock(unr_mtx(uh));
	unit = alloc_unrl(uh);
	mtx_unlock(unr_mtx(uh));
	return (unit);
}

int
alloc_unr_specific(struct unrhdr *uh, u_int item)
{
	u_int i = item - uh->low;
	int unit = -1;

	mtx_lock(unr_mtx(uh));
	if (item >= (u_int)uh->low && item <= (u_int)uh->high &&
	    !in_use(uh, i)) {
		uh->map[i / 64] |= (uint64_t)1 << (i % 64);
		uh->busy++;
		unit = item;
	}
	mtx_unlock(unr_mtx(uh));
	return (unit);
}

void
free_unr(struct unrhdr *uh, u_int item)
{
	u_int i = item - uh->low;

	KASSERT(item >= (u_int)uh->low && item <= (u_int)uh->high,
	    ("UNR: free_unr(%u) out of range [%u...%u]", item, uh->low,
	    uh->high));
	mtx_lock(unr_mtx(uh));
	KASSERT(in_use(uh, i), ("UNR: free_unr(%u) of a free one", item));
	uh->map[i / 64] &= ~((uint64_t)1 << (i % 64));
	uh->busy--;
	mtx_unlock(unr_mtx(uh));
}
