/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A driver that has to switch the machine off, because its battery is empty or
 * it is too hot; see reboot(9).
 */
#ifndef _KPI_SHUTDOWN_H_
#define	_KPI_SHUTDOWN_H_

#include "kpi.h"

/*
 * Have init(8) end all programs and then switch the machine off.  Nothing tells
 * whether and when it does.  If there is no init yet, the machine goes off at
 * once, with its disks as they are.
 *
 * Context: sleepable.
 */
void	kpi_poweroff_nice(void);

/*
 * Switch the machine off now: write the disks' buffers back, and end no
 * program.  Returns only if another thread does so already.
 *
 * Context: sleepable.
 * Locks: hold none.
 */
void	kpi_poweroff(void);

#endif /* !_KPI_SHUTDOWN_H_ */
