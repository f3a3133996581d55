/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The PCI bus: each rule of FreeBSD's that a driver can run into.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/rman.h>

#include <dev/pci/pcireg.h>
#include <dev/pci/pcivar.h>
#include <machine/bus.h>
#include <machine/resource.h>

#include "pci_testdev.h"
#include "tk_bus.h"
#include "tk_test.h"

static void
up(void)
{
	testpci_up(&testpci_config);
}

static struct resource *
alloc(int type, int rid)
{
	return (bus_alloc_resource_any(testpci.dev, type, &rid,
	    RF_ACTIVE | (type == SYS_RES_IRQ ? RF_SHAREABLE : 0)));
}

static void
release(struct resource *r)
{
	TK_EQ(bus_release_resource(testpci.dev, r), 0);
}

static uint16_t
command(void)
{
	return (pci_read_config(testpci.dev, PCIR_COMMAND, 2));
}

static int handled;

static void
handler(void *arg)
{
	handled++;
	model_pci_pin(&testpci.func, false);
}

static void *
setup(struct resource *irq)
{
	void *cookie;

	handled = 0;
	TK_EQ(bus_setup_intr(testpci.dev, irq, INTR_TYPE_MISC | INTR_MPSAFE,
	    NULL, handler, NULL, &cookie), 0);
	return (cookie);
}

static void
teardown(struct resource *irq, void *cookie)
{
	TK_EQ(bus_teardown_intr(testpci.dev, irq, cookie), 0);
}

static void
wait_handled(int n)
{
	for (int i = 0; handled < n && i < 100; i++)
		pause("handled", 1);
	TK_EQ(handled, n);
}

/*
 * Functions and BARs
 */

TK_CASE(pci_driver_finds_its_function_by_table)
{
	up();
	TK_STREQ(device_get_nameunit(testpci.dev), "testpci0");
	TK_STREQ(device_get_desc(testpci.dev), "Test function");
	TK_EQ(pci_get_slot(testpci.dev), TESTPCI_SLOT);
	TK_EQ(pci_get_subdevice(testpci.dev), 0x1100);
	TK_EQ(pci_get_revid(testpci.dev), 0x10);
	TK_EQ(pci_get_subclass(testpci.dev), 0xff);
	testpci_down();
}

TK_CASE(pci_bar_has_its_size_and_decodes_when_activated)
{
	struct resource *bar0, *bar2;

	up();
	TK_EQ(command() & PCIM_CMD_MEMEN, 0);
	bar0 = alloc(SYS_RES_MEMORY, PCIR_BAR(0));
	bar2 = alloc(SYS_RES_MEMORY, PCIR_BAR(2));
	TK_CHECK(bar0 != NULL && bar2 != NULL);
	TK_CHECK((command() & PCIM_CMD_MEMEN) != 0);
	TK_EQ(rman_get_size(bar0), TESTPCI_BAR0);
	TK_EQ(rman_get_size(bar2), TESTPCI_BAR2);
	TK_EQ(rman_get_start(bar2) % TESTPCI_BAR2, 0);
	bus_space_write_4(rman_get_bustag(bar0), rman_get_bushandle(bar0), 8,
	    0x12345678);
	TK_EQ(testpci.reg[2], 0x12345678);
	TK_EQ(bus_space_read_4(rman_get_bustag(bar0),
	    rman_get_bushandle(bar0), 8), 0x12345678);
	release(bar2);
	release(bar0);
	testpci_down();
}

TK_CASE(pci_registers_read_all_ones_while_decoding_is_off)
{
	struct resource *bar0;

	up();
	bar0 = alloc(SYS_RES_MEMORY, PCIR_BAR(0));
	TK_EQ(pci_disable_io(testpci.dev, SYS_RES_MEMORY), 0);
	TK_EQ(bus_space_read_4(rman_get_bustag(bar0),
	    rman_get_bushandle(bar0), 0), UINT32_MAX);
	TK_EQ(pci_enable_io(testpci.dev, SYS_RES_MEMORY), 0);
	TK_EQ(bus_space_read_4(rman_get_bustag(bar0),
	    rman_get_bushandle(bar0), 0), 0);
	release(bar0);
	testpci_down();
}

TK_CASE(pci_has_no_bar_that_the_function_lacks)
{
	up();
	TK_CHECK(alloc(SYS_RES_MEMORY, PCIR_BAR(1)) == NULL);
	/* The upper half of BAR 2. */
	TK_CHECK(alloc(SYS_RES_MEMORY, PCIR_BAR(3)) == NULL);
	/* Not a number, but an offset. */
	TK_CHECK(alloc(SYS_RES_MEMORY, 0) == NULL);
	TK_CHECK(alloc(SYS_RES_IOPORT, PCIR_BAR(0)) == NULL);
	testpci_down();
}

TK_CASE(pci_finds_capabilities)
{
	int reg = 0, msi;

	up();
	TK_EQ(pci_find_cap(testpci.dev, PCIY_MSI, &msi), 0);
	TK_EQ(msi, testpci.func.msi_cap);
	TK_EQ(pci_find_next_cap(testpci.dev, PCIY_MSI, msi, &reg), ENOENT);
	TK_EQ(pci_find_cap(testpci.dev, PCIY_VENDOR, &reg), ENOENT);
	TK_EQ(pci_find_extcap(testpci.dev, 1, &reg), ENXIO);
	TK_EQ(reg, 0);
	testpci_down();
}

TK_CASE_STOPS(pci_configuration_is_accessed_aligned, "tk: pci-config: 4 bytes "
    "at 0x2")
{
	up();
	(void)pci_read_config(testpci.dev, 2, 4);
}

TK_CASE(pci_bus_master_is_off_until_the_driver_enables_it)
{
	uint8_t byte = 1;

	up();
	TK_EQ(command() & PCIM_CMD_BUSMASTEREN, 0);
	TK_CHECK(model_pci_dma_read(&testpci.func, tk_ram_base(), &byte, 1));
	TK_EQ(byte, 0);
	TK_CHECK(model_pci_dma_write(&testpci.func, tk_ram_base(), &byte, 1));
	TK_EQ(testpci.func.lost_dma, 2);
	TK_EQ(pci_enable_busmaster(testpci.dev), 0);
	TK_CHECK(!model_pci_dma_read(&testpci.func, 0x1000, &byte, 1));
	TK_EQ(testpci.func.lost_dma, 2);
	TK_EQ(pci_disable_busmaster(testpci.dev), 0);
	TK_EQ(command() & PCIM_CMD_BUSMASTEREN, 0);
	testpci_down();
}

/*
 * INTx
 */

TK_CASE(pci_intx_interrupts_and_is_masked_without_a_handler)
{
	struct resource *irq;
	void *cookie;

	up();
	irq = alloc(SYS_RES_IRQ, 0);
	TK_CHECK(irq != NULL);
	TK_EQ(pci_get_irq(testpci.dev), rman_get_start(irq));
	cookie = setup(irq);
	TK_EQ(command() & PCIM_CMD_INTxDIS, 0);
	model_pci_pin(&testpci.func, true);
	wait_handled(1);
	teardown(irq, cookie);
	TK_CHECK((command() & PCIM_CMD_INTxDIS) != 0);
	release(irq);
	testpci_down();
}

TK_CASE(pci_function_without_a_pin_has_no_intx)
{
	struct model_pci_config c = testpci_config;

	c.pin = 0;
	testpci_up(&c);
	TK_CHECK(alloc(SYS_RES_IRQ, 0) == NULL);
	testpci_down();
}

TK_CASE(pci_messages_and_intx_exclude_each_other)
{
	struct resource *irq;
	int count = 1;

	up();
	irq = alloc(SYS_RES_IRQ, 0);
	TK_EQ(pci_alloc_msi(testpci.dev, &count), ENXIO);
	TK_EQ(pci_alloc_msix(testpci.dev, &count), ENXIO);
	release(irq);
	TK_EQ(pci_alloc_msi(testpci.dev, &count), 0);
	TK_CHECK(alloc(SYS_RES_IRQ, 0) == NULL);
	TK_EQ(pci_alloc_msi(testpci.dev, &count), ENXIO);
	TK_EQ(pci_release_msi(testpci.dev), 0);
	TK_EQ(pci_release_msi(testpci.dev), ENODEV);
	testpci_down();
}

/*
 * MSI
 */

TK_CASE(pci_msi_interrupts_by_message)
{
	struct resource *irq;
	void *cookie;
	int count = 1;

	up();
	TK_EQ(pci_msi_count(testpci.dev), 4);
	/* There is no such interrupt before the allocation. */
	TK_CHECK(alloc(SYS_RES_IRQ, 1) == NULL);
	TK_EQ(pci_alloc_msi(testpci.dev, &count), 0);
	TK_EQ(count, 1);
	irq = alloc(SYS_RES_IRQ, 1);
	TK_CHECK(irq != NULL);
	TK_CHECK(alloc(SYS_RES_IRQ, 2) == NULL);
	cookie = setup(irq);
	TK_CHECK((command() & PCIM_CMD_INTxDIS) != 0);
	/* Messages are writes to memory. */
	model_pci_message(&testpci.func, 0);
	TK_EQ(testpci.func.lost_messages, 1);
	TK_EQ(pci_enable_busmaster(testpci.dev), 0);
	model_pci_message(&testpci.func, 0);
	wait_handled(1);
	TK_EQ(pci_release_msi(testpci.dev), EBUSY);
	teardown(irq, cookie);
	TK_EQ(pci_release_msi(testpci.dev), EBUSY);
	release(irq);
	TK_EQ(pci_release_msi(testpci.dev), 0);
	model_pci_message(&testpci.func, 0);
	TK_EQ(testpci.func.lost_messages, 2);
	testpci_down();
}

TK_CASE(pci_msi_comes_in_powers_of_two)
{
	struct resource *irq;
	void *cookie;
	int count = 3;

	up();
	TK_EQ(pci_alloc_msi(testpci.dev, &count), EINVAL);
	count = 0;
	TK_EQ(pci_alloc_msi(testpci.dev, &count), EINVAL);
	count = 16;
	TK_EQ(pci_alloc_msi(testpci.dev, &count), 0);
	TK_EQ(count, 4);
	irq = alloc(SYS_RES_IRQ, 3);
	cookie = setup(irq);
	pci_enable_busmaster(testpci.dev);
	model_pci_message(&testpci.func, 1);
	model_pci_message(&testpci.func, 2);
	wait_handled(1);
	teardown(irq, cookie);
	release(irq);
	TK_EQ(pci_release_msi(testpci.dev), 0);
	testpci_down();
}

TK_CASE(pci_msi_can_be_turned_off_by_the_administrator)
{
	int count = 1;

	TK_EQ(kern_setenv("hw.pci.enable_msi", "0"), 0);
	up();
	TK_EQ(pci_msi_count(testpci.dev), 0);
	TK_EQ(pci_alloc_msi(testpci.dev, &count), ENODEV);
	testpci_down();
}

TK_CASE(pci_failed_map_of_a_message_fails_the_setup)
{
	struct resource *irq;
	void *cookie;
	int count = 1;

	up();
	TK_EQ(pci_alloc_msi(testpci.dev, &count), 0);
	irq = alloc(SYS_RES_IRQ, 1);
	tk_fault_set("pcib_map_msi", 1);
	TK_EQ(bus_setup_intr(testpci.dev, irq, INTR_TYPE_MISC | INTR_MPSAFE,
	    NULL, handler, NULL, &cookie), ENXIO);
	tk_fault_clear();
	release(irq);
	TK_EQ(pci_release_msi(testpci.dev), 0);
	testpci_down();
}

static void
keep_messages(device_t dev)
{
	int count = 1;

	TK_EQ(pci_alloc_msi(dev, &count), 0);
}

TK_CASE_STOPS(pci_driver_gives_its_messages_back,
    "tk: pci-message: testpci0 kept 1 of its messages")
{
	up();
	testpci.in_detach = keep_messages;
	(void)tk_device_detach(testpci.dev);
}

/*
 * MSI-X
 */

TK_CASE(pci_msix_wants_its_bar_mapped)
{
	struct resource *bar;
	int count = 2;

	up();
	TK_EQ(pci_msix_count(testpci.dev), 4);
	TK_EQ(pci_msix_table_bar(testpci.dev), PCIR_BAR(4));
	TK_EQ(pci_alloc_msix(testpci.dev, &count), ENXIO);
	bar = alloc(SYS_RES_MEMORY, PCIR_BAR(4));
	TK_EQ(pci_alloc_msix(testpci.dev, &count), 0);
	TK_EQ(count, 2);
	TK_EQ(pci_release_msi(testpci.dev), 0);
	release(bar);
	testpci_down();
}

TK_CASE(pci_msix_vectors_are_masked_until_they_have_a_handler)
{
	struct resource *bar, *irq;
	void *cookie;
	int count = 4;

	up();
	bar = alloc(SYS_RES_MEMORY, PCIR_BAR(4));
	TK_EQ(pci_alloc_msix(testpci.dev, &count), 0);
	TK_EQ(count, 4);
	pci_enable_busmaster(testpci.dev);
	model_pci_message(&testpci.func, 2);
	TK_CHECK(pci_pending_msix(testpci.dev, 2) != 0);
	irq = alloc(SYS_RES_IRQ, 3);
	cookie = setup(irq);
	wait_handled(1);
	TK_EQ(pci_pending_msix(testpci.dev, 2), 0);
	model_pci_message(&testpci.func, 2);
	wait_handled(2);
	TK_EQ(pci_release_msi(testpci.dev), EBUSY);
	teardown(irq, cookie);
	release(irq);
	TK_EQ(pci_release_msi(testpci.dev), 0);
	release(bar);
	testpci_down();
}

/*
 * Suspend and resume
 */

static uint16_t seen_command;
static int seen_power;

static void
note_power(device_t dev)
{
	seen_power = pci_get_powerstate(dev);
	seen_command = pci_read_config(dev, PCIR_COMMAND, 2);
}

TK_CASE(pci_configuration_survives_d3)
{
	struct resource *bar;

	up();
	bar = alloc(SYS_RES_MEMORY, PCIR_BAR(0));
	pci_enable_busmaster(testpci.dev);
	testpci.in_suspend = testpci.in_resume = note_power;
	TK_EQ(tk_device_suspend(testpci.dev), 0);
	TK_EQ(seen_power, PCI_POWERSTATE_D0);
	TK_EQ(pci_get_powerstate(testpci.dev), PCI_POWERSTATE_D3);
	TK_EQ(bus_space_read_4(rman_get_bustag(bar), rman_get_bushandle(bar),
	    0), UINT32_MAX);
	TK_EQ(tk_device_resume(testpci.dev), 0);
	TK_EQ(testpci.func.resets, 1);
	/* The driver's resume has its registers, and bus mastering. */
	TK_EQ(seen_power, PCI_POWERSTATE_D0);
	TK_EQ(seen_command & (PCIM_CMD_MEMEN | PCIM_CMD_BUSMASTEREN),
	    PCIM_CMD_MEMEN | PCIM_CMD_BUSMASTEREN);
	TK_EQ(bus_space_read_4(rman_get_bustag(bar), rman_get_bushandle(bar),
	    0), 0);
	release(bar);
	testpci_down();
}

TK_CASE(pci_messages_survive_d3)
{
	struct resource *irq;
	void *cookie;
	int count = 1;

	up();
	TK_EQ(pci_alloc_msi(testpci.dev, &count), 0);
	irq = alloc(SYS_RES_IRQ, 1);
	cookie = setup(irq);
	pci_enable_busmaster(testpci.dev);
	TK_EQ(tk_device_suspend(testpci.dev), 0);
	TK_EQ(tk_device_resume(testpci.dev), 0);
	model_pci_message(&testpci.func, 0);
	wait_handled(1);
	teardown(irq, cookie);
	release(irq);
	TK_EQ(pci_release_msi(testpci.dev), 0);
	testpci_down();
}

static void
assert_pin(device_t dev)
{
	model_pci_pin(&testpci.func, true);
	pause("intx", 5);
	seen_power = handled;
}

/* So a driver cannot wait for INTx in its resume. */
TK_CASE(pci_intx_is_masked_until_the_driver_has_resumed)
{
	struct resource *irq;
	void *cookie;

	up();
	irq = alloc(SYS_RES_IRQ, 0);
	cookie = setup(irq);
	testpci.in_resume = assert_pin;
	TK_EQ(tk_device_suspend(testpci.dev), 0);
	TK_EQ(tk_device_resume(testpci.dev), 0);
	TK_EQ(seen_power, 0);
	wait_handled(1);
	teardown(irq, cookie);
	release(irq);
	testpci_down();
}

/*
 * What is left when a driver goes
 */

TK_CASE(pci_function_can_be_attached_again)
{
	struct resource *bar;
	rman_res_t start;

	up();
	bar = alloc(SYS_RES_MEMORY, PCIR_BAR(0));
	start = rman_get_start(bar);
	release(bar);
	TK_EQ(tk_device_detach(testpci.dev), 0);
	TK_EQ(tk_device_attach(testpci.dev), 0);
	bar = alloc(SYS_RES_MEMORY, PCIR_BAR(0));
	TK_EQ(rman_get_start(bar), start);
	release(bar);
	testpci_down();
}

TK_CASE(pci_driver_that_is_loaded_later_finds_its_function)
{
	up();
	TK_EQ(tk_module_unload("testpci"), 0);
	TK_CHECK(!tk_device_attached(testpci.dev));
	TK_EQ(tk_module_load("testpci"), 0);
	TK_CHECK(tk_device_attached(testpci.dev));
	testpci_down();
}

static struct resource *kept;

static void
keep_bar(device_t dev)
{
	int rid = PCIR_BAR(0);

	kept = bus_alloc_resource_any(dev, SYS_RES_MEMORY, &rid, RF_ACTIVE);
}

TK_CASE_STOPS(pci_driver_gives_its_bar_back, "tk: resource-leak: ")
{
	up();
	testpci.in_detach = keep_bar;
	(void)tk_device_detach(testpci.dev);
}
