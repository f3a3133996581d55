/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Sources of entropy: see kpi_random.h for the contracts.
 *
 * random(4) passes its functions no argument.  So each of a few slots has a
 * function of its own, which finds the slot's.
 */
#include "kpi_module.h"
#include "kpi_random.h"

#include <sys/kernel.h>
#include <sys/mutex.h>
#include <dev/random/randomdev.h>

static struct kpi_random_slot {
	struct random_source	 krs_source;
	kpi_random_read_fn	*krs_fn;	/* NULL: free */
	void			*krs_arg;
} kpi_random_slots[KPI_RANDOM_MAX];	/* what is free: under the mutex */

static struct mtx kpi_random_mtx;
MTX_SYSINIT(kpi_random, &kpi_random_mtx, "kpi random", MTX_DEF);

/* A slot that is registered does not change. */
static u_int
kpi_random_read(const struct kpi_random_slot *slot, void *buf, u_int len)
{
	u_int n;

	/* The caller's buffer holds what its stack held. */
	memset(buf, 0, len);
	n = slot->krs_fn(slot->krs_arg, buf, len);
	KASSERT(n <= len, ("%s: %u bytes of %u", __func__, n, len));
	return (MIN(n, len));
}

#define	KPI_RANDOM_READ(n)						\
static u_int								\
kpi_random_read_##n(void *buf, u_int len)				\
{									\
	return (kpi_random_read(&kpi_random_slots[n], buf, len));	\
}
KPI_RANDOM_READ(0)
KPI_RANDOM_READ(1)
KPI_RANDOM_READ(2)
KPI_RANDOM_READ(3)

static random_source_read_t *const kpi_random_reads[] = {
	kpi_random_read_0, kpi_random_read_1, kpi_random_read_2,
	kpi_random_read_3,
};
_Static_assert(nitems(kpi_random_reads) == KPI_RANDOM_MAX,
    "a function for each slot");

/* Find a free slot.  With the mutex held. */
static int
kpi_random_find(enum kpi_random_kind kind, struct kpi_random_slot **found)
{
	struct kpi_random_slot *slot;
	int error = ENOSPC;

	for (u_int i = 0; i < KPI_RANDOM_MAX; i++) {
		slot = &kpi_random_slots[i];
		if (slot->krs_fn == NULL) {
			*found = slot;
			error = 0;
		} else if ((int)slot->krs_source.rs_source == (int)kind)
			return (EBUSY);
	}
	return (error);
}

int
kpi_random_register(struct kpi_random *kr, const char *ident,
    enum kpi_random_kind kind, kpi_random_read_fn *fn, void *arg)
{
	struct kpi_random_slot *slot;
	int error;

	KPI_SLEEPABLE();
	mtx_lock(&kpi_random_mtx);
	error = kpi_random_find(kind, &slot);
	if (error == 0) {
		memset(slot, 0, sizeof(*slot));
		slot->krs_fn = fn;
		slot->krs_source.rs_source = (enum random_entropy_source)kind;
	}
	mtx_unlock(&kpi_random_mtx);
	if (error != 0)
		return (error);
	slot->krs_arg = arg;
	slot->krs_source.rs_ident = ident;
	slot->krs_source.rs_read = kpi_random_reads[slot - kpi_random_slots];
	kr->kr_source = slot - kpi_random_slots + 1;
	kpi_module_hold();
	random_source_register(&slot->krs_source);
	return (0);
}

void
kpi_random_deregister(struct kpi_random *kr)
{
	struct kpi_random_slot *slot;

	KPI_SLEEPABLE();
	if (kr->kr_source == 0)
		return;
	slot = &kpi_random_slots[kr->kr_source - 1];
	random_source_deregister(&slot->krs_source);
	mtx_lock(&kpi_random_mtx);
	slot->krs_fn = NULL;
	mtx_unlock(&kpi_random_mtx);
	kr->kr_source = 0;
	kpi_module_release();
}
