/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A PCI function of the tests.  See kt.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>

#include "kt.h"
#include "pci/pci_testdev.h"

void *
kt_pci_up(void)
{
	testpci_up(&testpci_config);
	return (testpci.dev);
}

void
kt_pci_message(void)
{
	model_pci_message(&testpci.func, 0);
}

void
kt_pci_pin(bool up)
{
	model_pci_pin(&testpci.func, up);
}

void
kt_pci_down(void)
{
	testpci_down();
}
