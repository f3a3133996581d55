/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What bindgen reads: the C layer's headers and nothing else.  The script that
 * calls it names what it may take from them; kernel structs stay opaque.
 */
#include "kpi.h"
#include "kpi_bus.h"
#include "kpi_callout.h"
#include "kpi_cdev.h"
#include "kpi_dev.h"
#include "kpi_dma.h"
#include "kpi_evdev.h"
#include "kpi_fdt.h"
#include "kpi_intr.h"
#include "kpi_intrhook.h"
#include "kpi_mem.h"
#include "kpi_module.h"
#include "kpi_mtx.h"
#include "kpi_pci.h"
#include "kpi_pcm.h"
#include "kpi_shutdown.h"
#include "kpi_random.h"
#include "kpi_sx.h"
#include "kpi_sysctl.h"
#include "kpi_taskq.h"
#include "kpi_time.h"
#include "kpi_virtio.h"
