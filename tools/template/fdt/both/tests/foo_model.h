/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A model of the device: its registers, and its interrupt line.
 */
#ifndef _FOO_MODEL_H_
#define	_FOO_MODEL_H_

#include <sys/param.h>
#include <sys/systm.h>

#include "tk.h"
#include "tk_bus.h"

/* Where tests/foo.dts has the device. */
#define	FOO_MODEL_BASE	0x20000000
#define	FOO_MODEL_IRQ	32

struct foo_model {
	struct tk_mmio	*mmio;
	struct tk_irq	*line;
	struct tk_devlock *lock;
	uint32_t	 id;		/* what the register says */
	uint32_t	 status;
	uint32_t	 enable;
};

/*
 * Plug the device in, and pull it out.
 *
 * Context: a thread.
 */
void	foo_model_up(struct foo_model *m);
void	foo_model_down(struct foo_model *m);

/*
 * The device has something to say.
 *
 * Context: a thread that holds no lock.
 */
void	foo_model_interrupt(struct foo_model *m);

#endif /* !_FOO_MODEL_H_ */
