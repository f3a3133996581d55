/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on QEMU's device; see edu_qtest.h.
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "edu_qtest.h"
#include "edu_rig.h"
#include "pci_qtest.h"
#include "tk_bus.h"
#include "tk_test.h"

void
edu_qtest_up(const char *enable_msi)
{
	pci_qtest_boot("edu,addr=1");
	TK_EQ(kern_setenv("hw.pci.enable_msi", enable_msi), 0);
	edu_choose();
	edu_dev = pci_qtest_attach(EDU_RIG_SLOT);
	edu_pcib = pci_qtest_pcib;
	TK_CHECK(tk_device_attached(edu_dev));
}

void
edu_qtest_down(void)
{
	pci_qtest_down();
}
