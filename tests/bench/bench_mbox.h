/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The mailbox benchmarks share this: a coprocessor that sends a burst of
 * messages, and a driver that receives them and sends as many back.  The
 * mailbox is mbox_v4 (mbox_rig.h).
 */
#ifndef _BENCH_MBOX_H_
#define	_BENCH_MBOX_H_

#include <stdint.h>

#include "bench.h"
#include "model_asc.h"

/* The driver that is measured. */
struct bench_mbox_driver {
	void	(*up)(void);		/* called once the model exists */
	void	(*down)(void);		/* called before the model is freed */
	void	(*send)(uint64_t msg0);
	uint64_t (*received)(void);	/* messages that the client got */
};

void	bench_mbox(const struct bench_mbox_driver *,
	    const struct bench_burst *, struct bench_exchange *);

#endif /* !_BENCH_MBOX_H_ */
