/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Shared/exclusive locks: see kpi_sx.h for the contracts.
 */
#include "kpi_sx.h"

void
kpi_sx_init(struct kpi_sx *sx, const char *name)
{
	/* The memory may have held a lock before: SX_NEW says so. */
	sx_init_flags(&sx->ks_sx, name, SX_NEW);
}

void
kpi_sx_destroy(struct kpi_sx *sx)
{
	sx_destroy(&sx->ks_sx);
}
