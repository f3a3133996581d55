/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A device that gives entropy to random(4).
 *
 * random(4) asks its sources by itself.  A thread of the kernel,
 * "rand_harvestq", does so ten times a second, for a few bytes, several times
 * in a row.  Until the kernel has a seed, one round asks for 2048 bytes.
 */
#ifndef _KPI_RANDOM_H_
#define	_KPI_RANDOM_H_

#include "kpi.h"

#include <sys/random.h>

#define	KPI_RANDOM_MAX		4	/* sources of a module, all kinds */

/* What a source is; random(4) counts by it. */
enum kpi_random_kind {
	KPI_RANDOM_VIRTIO = RANDOM_PURE_VIRTIO,
};

/*
 * Write at most len random bytes to buf, which is zeroed.
 *
 * Context: a thread that does not sleep, and that no other call of the same
 * source is in.  It may take default mutexes.
 * Returns: the number of bytes; 0: there are none now.
 */
typedef u_int	kpi_random_read_fn(void *arg, void *buf, u_int len);

/* A registration.  Zeroed: none. */
struct kpi_random {
	u_int	kr_source;	/* 0: not registered */
};

/*
 * Register a source.  fn(arg) may be called before this returns.  ident is its
 * name in kern.random.random_sources, and outlives the registration.
 *
 * Context: sleepable.
 * Errors: EBUSY: the module has a source of that kind: random(4) would stop
 * listening to both when one goes.  ENOSPC: it has KPI_RANDOM_MAX sources.
 */
int	kpi_random_register(struct kpi_random *kr, const char *ident,
	    enum kpi_random_kind kind, kpi_random_read_fn *fn, void *arg);

/*
 * End the registration.  When this returns no call of fn runs, and none will.
 * Does nothing if nothing is registered.
 *
 * Context: sleepable; not in fn.
 * Locks: hold none that fn takes.
 */
void	kpi_random_deregister(struct kpi_random *kr);

#endif /* !_KPI_RANDOM_H_ */
