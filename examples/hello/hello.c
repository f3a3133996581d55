/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The smallest module in Rust: its glue to the kernel.  What it says and counts
 * is in rust/lib.rs.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/sysctl.h>

/* Written in Rust. */
int	hello_load(void);
void	hello_unload(void);
extern uint32_t hello_greetings;

static SYSCTL_NODE(_kern, OID_AUTO, hello, CTLFLAG_RD | CTLFLAG_MPSAFE, NULL,
    "A module in Rust");
SYSCTL_U32(_kern_hello, OID_AUTO, greetings, CTLFLAG_RD, &hello_greetings, 0,
    "How often it said hello");

static int
hello_modevent(module_t mod __unused, int what, void *arg __unused)
{
	switch (what) {
	case MOD_LOAD:
		return (hello_load());
	case MOD_UNLOAD:
		hello_unload();
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t hello_module = {
	"hello",
	hello_modevent,
	NULL,
};

DECLARE_MODULE(hello, hello_module, SI_SUB_DRIVERS, SI_ORDER_ANY);
MODULE_VERSION(hello, 1);
