/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A model of the device: its registers, and its interrupt.
 */
#ifndef _FOO_MODEL_H_
#define	_FOO_MODEL_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>

#include "tk.h"
#include "model_pci.h"

struct foo_model {
	struct model_pci *pci;
	struct model_pci_func func;
	struct _device	*pcib;
	struct tk_devlock *lock;
	uint32_t	 id;		/* what the register says */
	uint32_t	 status;
	uint32_t	 enable;
};

/*
 * Plug the device in, and attach its driver.
 *
 * Context: a thread.
 * Returns: the device.
 */
device_t foo_model_up(struct foo_model *m, uint32_t id);

/*
 * Detach the driver and pull the device out.
 *
 * Context: a thread.
 */
void	foo_model_down(struct foo_model *m);

/*
 * The device has something to say.
 *
 * Context: a thread that holds no lock.
 */
void	foo_model_interrupt(struct foo_model *m);

#endif /* !_FOO_MODEL_H_ */
