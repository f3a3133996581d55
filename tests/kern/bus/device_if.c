/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Descriptors and default methods of the device interface.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>

static int
device_no_action(device_t dev)
{
	return (0);
}

static void *
device_no_cookie(device_t dev)
{
	return (NULL);
}

TK_DEVICE_IF;
