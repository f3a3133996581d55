/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The out-of-line twin of every inline function of the C layer.
 *
 * Rust cannot call an inline function, and an unoptimised C build does not
 * inline one.  Both link against these functions.  There is no other code here.
 */
#define	KPI_OUT_OF_LINE

#include "kpi_bus.h"
#include "kpi_callout.h"
#include "kpi_cdev.h"
#include "kpi_dev.h"
#include "kpi_dma.h"
#include "kpi_intr.h"
#include "kpi_mem.h"
#include "kpi_mtx.h"
#include "kpi_pcm.h"
#include "kpi_sx.h"
#include "kpi_taskq.h"
#include "kpi_time.h"
#include "kpi_virtio.h"
