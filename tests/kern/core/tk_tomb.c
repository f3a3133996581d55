/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Memory of records that outlive the objects that they describe, so that a
 * later use of such an object is recognised.  All of it is freed at once at the
 * very end of the kernel.
 */

#include "tk_bus_var.h"
#include "tk_var.h"

struct tomb {
	struct tomb	*next;
	char		 data[] __aligned(16);
};

static struct tomb *tombs;

void *
tk_tomb_alloc(size_t size)
{
	struct tomb *t;

	t = tkh_alloc(sizeof(*t) + size, 0);
	if (t == NULL)
		panic("%s: the host has no memory left", __func__);
	memset(t, 0, sizeof(*t) + size);
	t->next = __atomic_load_n(&tombs, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&tombs, &t->next, t, true,
	    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
	return (t->data);
}

void
tk_tombs_free(void)
{
	struct tomb *t;

	while ((t = tombs) != NULL) {
		tombs = t->next;
		tkh_free(t);
	}
}
