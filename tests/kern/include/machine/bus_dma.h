/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

#ifndef _MACHINE_BUS_DMA_H_
#define	_MACHINE_BUS_DMA_H_

#include <sys/bus_dma.h>

#endif /* !_MACHINE_BUS_DMA_H_ */
