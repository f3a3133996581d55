/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Machine-dependent interrupt code.  Drivers use nothing of it; the header
 * exists because some of them include it.
 */

#ifndef _MACHINE_INTR_MACHDEP_H_
#define	_MACHINE_INTR_MACHDEP_H_

#endif /* !_MACHINE_INTR_MACHDEP_H_ */
