/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver is loaded when the test kernel boots.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include "foo/foo_reg.h"
#include "observe.h"
#include "tk_bus.h"
#include "tk_test.h"

static char path[] = "kern.foo.value";

static int
foo_write(u_int value)
{
	return (kernel_sysctlbyname(curthread, path, NULL, NULL, &value,
	    sizeof(value), NULL, 0));
}

static u_int
foo_read(void)
{
	u_int value = UINT_MAX;
	size_t len = sizeof(value);

	TK_EQ(kernel_sysctlbyname(curthread, path, &value, &len, NULL, 0, NULL,
	    0), 0);
	return (value);
}

TK_CASE(foo_keeps_a_number)
{
	TK_EQ(foo_write(FOO_MAX), 0);
	TK_EQ(foo_read(), FOO_MAX);
	TK_EQ(foo_write(FOO_MAX + 1), EINVAL);
	TK_EQ(foo_read(), FOO_MAX);
}

TK_CASE(foo_is_unloaded_and_loaded)
{
	TK_EQ(times_printed("foo: loaded"), 1);
	TK_EQ(tk_module_unload("foo"), 0);
	TK_EQ(tk_module_load("foo"), 0);
	TK_EQ(times_printed("foo: loaded"), 2);
}
