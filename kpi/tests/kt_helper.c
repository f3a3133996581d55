/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* A helper coprocessor for tests in Rust; see kt.h. */
#include "helper_rig.h"
#include "kt.h"

static struct helper_rig kt_helper;

void *
kt_helper_up(void)
{
	helper_up(&kt_helper, &helper_t8112, false, NULL);
	return (kt_helper.client);
}

void
kt_helper_crash(void)
{
	model_rtkit_crash(kt_helper.m);
}

void
kt_helper_down(void)
{
	helper_down(&kt_helper, false);
}
