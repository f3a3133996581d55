/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Fuzz target: crash logs.  The input is a crash log.  The kernel is booted
 * once, since a log leaves nothing behind in it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>

#include "apple/rtkit/apple_rtkit.h"
#include "fuzz.h"
#include "tk.h"

void
fuzz_one(const uint8_t *data, size_t len)
{
	static struct fuzz_in none;

	if (!tk_booted())
		fuzz_boot(&none);
	apple_rtkit_print_crashlog(devclass_get_device(
	    devclass_find("nexus"), 0), data, len);
}
