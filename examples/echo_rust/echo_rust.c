/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The glue of echo_rust(4) to the kernel.  The device is in rust/lib.rs.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/sysctl.h>

/* Written in Rust. */
int	echo_rust_load(void);
void	echo_rust_unload(void);
extern uint64_t echo_rust_bytes;

static SYSCTL_NODE(_kern, OID_AUTO, echo_rust, CTLFLAG_RD | CTLFLAG_MPSAFE,
    NULL, "The device that echoes");
SYSCTL_U64(_kern_echo_rust, OID_AUTO, bytes, CTLFLAG_RD, &echo_rust_bytes, 0,
    "Bytes that were written");

static int
echo_rust_modevent(module_t mod __unused, int what, void *arg __unused)
{
	switch (what) {
	case MOD_LOAD:
		return (echo_rust_load());
	case MOD_UNLOAD:
		echo_rust_unload();
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t echo_rust_module = {
	"echo_rust",
	echo_rust_modevent,
	NULL,
};

DECLARE_MODULE(echo_rust, echo_rust_module, SI_SUB_DRIVERS, SI_ORDER_ANY);
MODULE_VERSION(echo_rust, 1);
