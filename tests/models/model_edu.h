/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * QEMU's educational device as a model, with the faults that QEMU's own does
 * not have.  It behaves as QEMU 10.0's does where a driver can tell: registers
 * and their widths, one MSI message for each raise, INTx as long as a bit is
 * set, factorials on a thread of its own, DMA after 100 ms and all at once.
 */

#ifndef _MODEL_EDU_H_
#define	_MODEL_EDU_H_

#include <stdbool.h>
#include <stdint.h>

#include "model_pci.h"

#define	MODEL_EDU_BUFFER	4096	/* bytes of the device's buffer */

/* What goes wrong, until it is turned off again. */
enum model_edu_fault {
	MODEL_EDU_WRONG_ID = 1 << 0,
	MODEL_EDU_NOT_ALIVE = 1 << 1,	/* liveness reads what was written */
	MODEL_EDU_NEVER_COMPUTES = 1 << 2,
	MODEL_EDU_WRONG_FACTORIAL = 1 << 3,
	MODEL_EDU_NEVER_MOVES = 1 << 4,	/* DMA does not end */
	MODEL_EDU_WRONG_BYTES = 1 << 5,	/* DMA to memory, the last one */
	MODEL_EDU_WRONG_INTERRUPT = 1 << 6,	/* sets another bit */
	MODEL_EDU_NO_INTERRUPT = 1 << 7,
	MODEL_EDU_EARLY_INTERRUPT = 1 << 8,	/* one more, at the start */
	MODEL_EDU_SPURIOUS = 1 << 9,	/* one more, without a bit */
	MODEL_EDU_OFF = 1 << 10,	/* reads all ones, ignores writes */
	MODEL_EDU_LATE_INTERRUPT = 1 << 11	/* sets its bit, no more */
};

struct model_edu_config {
	bool		 no_msi;
	uint64_t	 dma_mask;	/* 0: 28 bits */
};

/* What a driver must not do; 0 for a driver that does none of it. */
struct model_edu_violations {
	uint64_t	 width;		/* accesses of a width that is none */
	uint64_t	 offset;	/* where there is no register */
	uint64_t	 busy;		/* writes that were ignored */
	uint64_t	 dma;		/* DMA outside of the device's buffer */
	uint64_t	 memory;	/* DMA where there is no memory */
};

struct model_edu_stats {
	uint64_t	 factorials;
	uint64_t	 moves;		/* DMA that ended */
	uint64_t	 raised;	/* interrupts */
};

struct model_edu;

/* A device at this place; it stays as long as the machine. */
struct model_edu *model_edu_create(struct model_pci *, unsigned int devfn,
	    const struct model_edu_config *);
/* When the bridge is gone, and before the machine. */
void	model_edu_destroy(struct model_edu *);

void	model_edu_fault(struct model_edu *, unsigned int faults);
struct model_edu_violations model_edu_violations(struct model_edu *);
struct model_edu_stats model_edu_stats(struct model_edu *);
/* A byte of the device's buffer. */
uint8_t	model_edu_byte(struct model_edu *, unsigned int);
/* Is anything pending, computing, or moving? */
bool	model_edu_idle(struct model_edu *);

#endif /* !_MODEL_EDU_H_ */
