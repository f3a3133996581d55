/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Device trees of the tests.  See kt.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>

#include "kt.h"
#include "tk_ofw.h"
#include "tk_test.h"

void *
kt_tree(const char *name, const char *path)
{
	device_t dev;

	tk_ofw_boot(name);
	dev = tk_ofw_device(path);
	TK_CHECK(dev != NULL);
	return (dev);
}

void
kt_tree_end(void)
{
	TK_EQ(tk_ofw_detach(), 0);
}
