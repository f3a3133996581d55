/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The driver and the function of pci_testdev.h. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/module.h>

#include <dev/pci/pcivar.h>

#include "pci_testdev.h"
#include "tk_bus.h"
#include "tk_test.h"

struct testpci testpci;

const struct model_pci_config testpci_config = {
	.vendor = TESTPCI_VENDOR, .device = TESTPCI_DEVICE,
	.subvendor = 0x1af4, .subdevice = 0x1100,
	.class = 0x00ff00, .revid = 0x10, .pin = 1,
	.bar[0].size = TESTPCI_BAR0,
	.bar[2] = { .size = TESTPCI_BAR2, .wide = true, .prefetch = true },
	.bar[4].size = TESTPCI_BAR4,
	.msi = 4, .msix = 4, .msix_bar = 4, .pm = true,
};

static const struct pci_device_table testpci_ids[] = {
	{ PCI_DEV(TESTPCI_VENDOR, TESTPCI_DEVICE),
	    PCI_DESCR("Test function") },
};

static int
testpci_probe(device_t dev)
{
	const struct pci_device_table *id;

	id = PCI_MATCH(dev, testpci_ids);
	if (id == NULL)
		return (ENXIO);
	device_set_desc(dev, id->descr);
	return (BUS_PROBE_DEFAULT);
}

static int
testpci_attach(device_t dev)
{
	if (testpci.in_attach != NULL)
		testpci.in_attach(dev);
	return (testpci.attach_error);
}

static int
testpci_detach(device_t dev)
{
	if (testpci.in_detach != NULL)
		testpci.in_detach(dev);
	return (0);
}

static int
testpci_suspend(device_t dev)
{
	testpci.suspends++;
	if (testpci.in_suspend != NULL)
		testpci.in_suspend(dev);
	return (0);
}

static int
testpci_resume(device_t dev)
{
	testpci.resumes++;
	if (testpci.in_resume != NULL)
		testpci.in_resume(dev);
	return (0);
}

static device_method_t testpci_methods[] = {
	DEVMETHOD(device_probe,		testpci_probe),
	DEVMETHOD(device_attach,	testpci_attach),
	DEVMETHOD(device_detach,	testpci_detach),
	DEVMETHOD(device_suspend,	testpci_suspend),
	DEVMETHOD(device_resume,	testpci_resume),
	DEVMETHOD_END
};

DEFINE_CLASS_0(testpci, testpci_driver, testpci_methods, 0);
DRIVER_MODULE(testpci, pci, testpci_driver, NULL, NULL);
MODULE_VERSION(testpci, 1);

static uint64_t
testpci_read(void *arg, int bar, uint64_t off, unsigned int width)
{
	return (bar == 0 && width == 4 ? testpci.reg[off / 4] : 0);
}

static void
testpci_write(void *arg, int bar, uint64_t off, unsigned int width,
    uint64_t value)
{
	if (bar == 0 && width == 4)
		testpci.reg[off / 4] = value;
}

static void
testpci_reset(void *arg)
{
	memset(testpci.reg, 0, sizeof(testpci.reg));
}

static const struct model_pci_ops testpci_ops = {
	.read = testpci_read,
	.write = testpci_write,
	.reset = testpci_reset,
};

void
testpci_up(const struct model_pci_config *config)
{
	testpci = (struct testpci){ 0 };
	testpci.pci = model_pci_create();
	model_pci_add(testpci.pci, TK_PCI_DEVFN(TESTPCI_SLOT, 0), config,
	    &testpci_ops, NULL, &testpci.func);
	testpci.pcib = tk_pci_attach(model_pci_machine(testpci.pci));
	TK_CHECK(testpci.pcib != NULL);
	testpci.dev = tk_pci_function(testpci.pcib,
	    TK_PCI_DEVFN(TESTPCI_SLOT, 0));
	TK_CHECK(testpci.dev != NULL);
	TK_CHECK(tk_device_attached(testpci.dev));
}

void
testpci_down(void)
{
	TK_EQ(tk_pci_detach(testpci.pcib), 0);
	model_pci_destroy(testpci.pci);
}
