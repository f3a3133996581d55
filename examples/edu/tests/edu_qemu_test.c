/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * edu(4), and the same driver in Rust, on QEMU's own device: each case is run
 * with both.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>

#include "edu_qtest.h"
#include "edu_rig.h"
#include "tk_bus.h"
#include "tk_pci.h"
#include "tk_test.h"

/* A case with the driver in C, and one with that in Rust. */
#define	TWINS(name)							\
static void name(void);							\
TK_CASE_UNBOOTED(qemu_##name)					\
{									\
	edu_twin = "edu";						\
	name();								\
}									\
TK_CASE_UNBOOTED(qemu_rust_##name)					\
{									\
	edu_twin = "edu_rust";						\
	name();								\
}									\
static void								\
name(void)

static void
works(void)
{
	uint64_t before = edu_count("interrupts");

	TK_EQ(edu_set("factorial", 12), 0);
	TK_EQ(edu_get("factorial"), 479001600);
	TK_EQ(edu_set("factorial", 34), 0);
	TK_EQ(edu_get("factorial"), 0);
	TK_EQ(edu_set("dma_test", 4096), 0);
	TK_CHECK(edu_get("dma_test") >= 199000);
	TK_EQ(edu_count("interrupts") - before, 4);
}

TWINS(computes_and_moves_bytes_by_msi)
{
	edu_qtest_up("1");
	TK_CHECK(strstr(tk_msgbuf(), ", MSI\n") != NULL);
	works();
	TK_EQ(edu_count("stray"), 0);
	TK_EQ(tk_pci_stats(edu_pcib).messages, 4);
	TK_EQ(tk_pci_stats(edu_pcib).lines, 0);
	edu_qtest_down();
}

TWINS(computes_and_moves_bytes_by_its_pin)
{
	edu_qtest_up("0");
	TK_CHECK(strstr(tk_msgbuf(), ", INTx\n") != NULL);
	works();
	TK_EQ(tk_pci_stats(edu_pcib).lines, 4);
	TK_EQ(tk_pci_stats(edu_pcib).messages, 0);
	edu_qtest_down();
}

/* QEMU takes a while for it, on a thread of its own. */
TWINS(waits_for_a_large_factorial)
{
	edu_qtest_up("1");
	TK_EQ(edu_set("factorial", 100000000), 0);
	TK_EQ(edu_get("factorial"), 0);
	edu_qtest_down();
}

TWINS(suspends_and_resumes)
{
	edu_qtest_up("1");
	TK_EQ(tk_device_suspend(edu_dev), 0);
	TK_EQ(edu_set("factorial", 5), EBUSY);
	TK_EQ(tk_device_resume(edu_dev), 0);
	works();
	edu_qtest_down();
}

TWINS(can_be_attached_again_and_again)
{
	edu_qtest_up("1");
	for (int i = 0; i < 10; i++) {
		TK_EQ(edu_set("factorial", 5), 0);
		TK_EQ(edu_get("factorial"), 120);
		TK_EQ(tk_device_detach(edu_dev), 0);
		TK_EQ(tk_device_attach(edu_dev), 0);
	}
	works();
	edu_qtest_down();
}
