/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * foo(4): a driver without a device.  It keeps a number.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/sysctl.h>

#include <machine/atomic.h>

#include "foo_reg.h"

static u_int	foo_value;	/* atomic(9) */

static int
foo_set(u_int value)
{
	if (value > FOO_MAX)
		return (EINVAL);
	atomic_store_rel_int(&foo_value, value);
	return (0);
}

static u_int
foo_get(void)
{
	return (atomic_load_acq_int(&foo_value));
}

static int
foo_sysctl(SYSCTL_HANDLER_ARGS)
{
	u_int value = foo_get();
	int error;

	error = sysctl_handle_int(oidp, &value, 0, req);
	if (error != 0 || req->newptr == NULL)
		return (error);
	return (foo_set(value));
}

static SYSCTL_NODE(_kern, OID_AUTO, foo, CTLFLAG_RD | CTLFLAG_MPSAFE,
    NULL, "foo");
SYSCTL_PROC(_kern_foo, OID_AUTO, value,
    CTLTYPE_UINT | CTLFLAG_RW | CTLFLAG_MPSAFE, NULL, 0, foo_sysctl,
    "IU", "The number");

static int
foo_modevent(module_t mod __unused, int what, void *arg __unused)
{
	switch (what) {
	case MOD_LOAD:
		printf("foo: loaded\n");
		return (0);
	case MOD_UNLOAD:
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t foo_module = {
	"foo",
	foo_modevent,
	NULL,
};

DECLARE_MODULE(foo, foo_module, SI_SUB_DRIVERS, SI_ORDER_ANY);
MODULE_VERSION(foo, 1);
