/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What openfirm(9) takes from the machine.
 */

#ifndef _MACHINE_OFW_MACHDEP_H_
#define	_MACHINE_OFW_MACHDEP_H_

#include <sys/types.h>

typedef	uint32_t	cell_t;

#endif /* !_MACHINE_OFW_MACHDEP_H_ */
