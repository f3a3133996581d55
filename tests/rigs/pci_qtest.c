/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A PCI device of QEMU's; see pci_qtest.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>

#include "pci_qtest.h"
#include "qtest/qtest.h"
#include "tk_bus.h"
#include "tk_pci.h"
#include "tk_test.h"

struct _device *pci_qtest_pcib;

static struct tk_qtest *qemu;

void
pci_qtest_boot(const char *device)
{
	const struct tk_qtest_config config = {
		.device = TK_QTEST_PCI, .pci = device,
	};
	int error;

	error = tk_qtest_open(&config, &qemu);
	if (error == ENOENT || error == ENODEV)
		TK_SKIP("needs QEMU with this device");
	TK_EQ(error, 0);
	tk_qtest_boot(qemu);
}

struct _device *
pci_qtest_attach(unsigned int slot)
{
	struct _device *dev;

	pci_qtest_pcib = tk_pci_attach(tk_qtest_pci(qemu));
	TK_CHECK(pci_qtest_pcib != NULL);
	dev = tk_pci_function(pci_qtest_pcib, TK_PCI_DEVFN(slot, 0));
	TK_CHECK(dev != NULL);
	return (dev);
}

struct _device *
pci_qtest_again(unsigned int slot)
{
	TK_EQ(tk_pci_detach(pci_qtest_pcib), 0);
	return (pci_qtest_attach(slot));
}

void
pci_qtest_down(void)
{
	TK_EQ(tk_pci_detach(pci_qtest_pcib), 0);
	TK_EQ(tk_shutdown(), 0);
	TK_EQ(tk_qtest_close(qemu), 0);
}
