/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * timer_rust(4): the module's glue to the kernel.  The ticks are in
 * rust/lib.rs; examples/timer is the same in C.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/sysctl.h>

/* Written in Rust. */
int	timer_rust_load(struct sysctl_oid *root, void **timer);
void	timer_rust_unload(void *timer);

static SYSCTL_NODE(_kern, OID_AUTO, timer_rust, CTLFLAG_RD | CTLFLAG_MPSAFE,
    NULL, "Ticks without hardware, in Rust");

static void *timer_rust;	/* NULL: not loaded */

static int
timer_rust_modevent(module_t mod __unused, int what, void *arg __unused)
{
	switch (what) {
	case MOD_LOAD:
		return (timer_rust_load(&sysctl___kern_timer_rust,
		    &timer_rust));
	case MOD_UNLOAD:
		/* Also after a load that failed. */
		if (timer_rust != NULL)
			timer_rust_unload(timer_rust);
		timer_rust = NULL;
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t timer_rust_module = {
	"timer_rust",
	timer_rust_modevent,
	NULL,
};

DECLARE_MODULE(timer_rust, timer_rust_module, SI_SUB_DRIVERS, SI_ORDER_ANY);
MODULE_VERSION(timer_rust, 1);
