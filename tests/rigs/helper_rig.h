/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The start of every test of a helper: a coprocessor of the model at the place
 * of a node of tests/models/dts/helper.dts.
 */
#ifndef _HELPER_RIG_H_
#define	_HELPER_RIG_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>

#include "model_rtkit.h"
#include "observe.h"
#include "tk_bus.h"
#include "tk_ofw.h"
#include "tk_test.h"

/* Where a helper and its client stand. */
struct helper_machine {
	const char	*client;
	const char	*helper;
	uint64_t	 asc_base;
	uint64_t	 sram_base;
	unsigned int	 irq;
};
extern const struct helper_machine helper_t6020, helper_t8112, helper_t8122;

struct helper_rig {
	struct model_rtkit *m;
	struct model_asc *asc;
	device_t	 client;
	device_t	 helper;
};

/*
 * The model's configuration: its logs are in its SRAM, and it has no
 * application.
 */
void	helper_config(const struct helper_machine *,
	    struct model_rtkit_config *);
/*
 * Make the model and boot the tree.  running: the boot loader has left it
 * running.  A cfg of NULL stands for helper_config().
 */
void	helper_up(struct helper_rig *, const struct helper_machine *,
	    bool running, const struct model_rtkit_config *cfg);
/* Detach and free.  Checks that no rule was broken, unless broken is true. */
void	helper_down(struct helper_rig *, bool broken);

#endif /* !_HELPER_RIG_H_ */
