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
#include <sys/errno.h>

#include "edu_qtest.h"
#include "edu_rig.h"
#include "qtest/qtest.h"
#include "tk_bus.h"
#include "tk_test.h"

static struct tk_qtest *edu_qemu;

void
edu_qtest_up(const char *enable_msi)
{
	struct tk_boot_args boot = { .mode = TK_THREADED, .ram_fd = -1 };
	const struct tk_qtest_config config = {
		.device = TK_QTEST_PCI, .pci = "edu,addr=1",
	};
	struct tk_qtest_ram ram;
	int error;

	error = tk_qtest_open(&config, &edu_qemu);
	if (error == ENOENT || error == ENODEV)
		TK_SKIP("needs QEMU with edu");
	TK_EQ(error, 0);
	ram = tk_qtest_ram(edu_qemu);
	boot.ram_base = ram.base;
	boot.ram_size = ram.size;
	tk_ram_config(ram.paddr, 0);
	tk_boot(&boot);
	TK_EQ(kern_setenv("hw.pci.enable_msi", enable_msi), 0);
	edu_choose();
	edu_pcib = tk_pci_attach(tk_qtest_pci(edu_qemu));
	TK_CHECK(edu_pcib != NULL);
	edu_dev = tk_pci_function(edu_pcib, TK_PCI_DEVFN(EDU_RIG_SLOT, 0));
	TK_CHECK(edu_dev != NULL);
	TK_CHECK(tk_device_attached(edu_dev));
}

void
edu_qtest_down(void)
{
	TK_EQ(tk_pci_detach(edu_pcib), 0);
	TK_EQ(tk_shutdown(), 0);
	TK_EQ(tk_qtest_close(edu_qemu), 0);
}
