/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The C layer's calls for PCI devices, on a function that has everything; and
 * waits that poll.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>

#include "kpi_intr.h"
#include "kpi_pci.h"
#include "kpi_time.h"
#include "pci/pci_testdev.h"
#include "tk_bus.h"
#include "tk_test.h"

#define	ALL_KINDS	(KPI_PCI_INTX | KPI_PCI_MSI | KPI_PCI_MSIX)

static int handled;

static void
handler(void *arg)
{
	handled++;
	model_pci_pin(&testpci.func, false);
}

/* Connect interrupt index, have the function raise it, disconnect. */
static void
interrupts(const struct kpi_pci_intr *pi, int index)
{
	struct kpi_intr irq;

	handled = 0;
	TK_EQ(kpi_intr_setup(testpci.dev, kpi_pci_intr_rid(pi, index), NULL,
	    handler, NULL, &irq), 0);
	if (pi->kpi_kind == KPI_PCI_INTX)
		model_pci_pin(&testpci.func, true);
	else
		model_pci_message(&testpci.func, index);
	TK_EQ(KPI_POLL_SLEEP(handled != 0, "handled", 100), 0);
	kpi_intr_teardown(&irq);
	TK_EQ(handled, 1);
}

TK_CASE(kpi_pci_match_finds_the_line_of_the_device)
{
	static const struct kpi_pci_id table[] = {
		{ TESTPCI_VENDOR, TESTPCI_DEVICE + 1, "another" },
		{ TESTPCI_VENDOR, TESTPCI_DEVICE, "this" },
	};

	testpci_up(&testpci_config);
	TK_CHECK(kpi_pci_match(testpci.dev, table, 2) == &table[1]);
	TK_CHECK(kpi_pci_match(testpci.dev, table, 1) == NULL);
	testpci_down();
}

TK_CASE(kpi_pci_configuration_out_of_range_reads_all_ones)
{
	testpci_up(&testpci_config);
	TK_EQ(kpi_pci_read_2(testpci.dev, PCIR_VENDOR), TESTPCI_VENDOR);
	TK_EQ(kpi_pci_read_1(testpci.dev, PCIR_VENDOR), TESTPCI_VENDOR & 0xff);
	TK_EQ(kpi_pci_read_4(testpci.dev, 2), UINT32_MAX);
	TK_EQ(kpi_pci_read_1(testpci.dev, -1), UINT8_MAX);
	TK_EQ(kpi_pci_read_2(testpci.dev, PCIE_REGMAX + 1), UINT16_MAX);
	kpi_pci_write_4(testpci.dev, 2, 0);
	kpi_pci_write_1(testpci.dev, PCIR_INTLINE, 77);
	TK_EQ(kpi_pci_read_1(testpci.dev, PCIR_INTLINE), 77);
	testpci_down();
}

TK_CASE(kpi_pci_bar_is_given_by_its_number)
{
	struct kpi_res res;

	testpci_up(&testpci_config);
	TK_EQ(kpi_pci_bar_alloc(testpci.dev, 6, &res), EINVAL);
	TK_EQ(kpi_pci_bar_alloc(testpci.dev, -1, &res), EINVAL);
	TK_EQ(kpi_pci_bar_alloc(testpci.dev, 1, &res), ENXIO);
	TK_EQ(kpi_pci_bar_alloc(testpci.dev, 2, &res), 0);
	TK_EQ(res.kr_size, TESTPCI_BAR2);
	kpi_res_free(&res);
	testpci_down();
}

TK_CASE(kpi_pci_intr_takes_the_best_kind)
{
	struct kpi_pci_intr pi = { 0 };
	struct kpi_res table;

	testpci_up(&testpci_config);
	kpi_pci_busmaster_enable(testpci.dev);
	/* Without its table MSI-X is none. */
	TK_EQ(kpi_pci_intr_alloc(testpci.dev, ALL_KINDS, 2, &pi), 0);
	TK_EQ(pi.kpi_kind, KPI_PCI_MSI);
	TK_EQ(pi.kpi_count, 2);
	interrupts(&pi, 1);
	TK_EQ(kpi_pci_intr_free(&pi), 0);

	TK_EQ(kpi_pci_bar_alloc(testpci.dev, 4, &table), 0);
	TK_EQ(kpi_pci_intr_alloc(testpci.dev, ALL_KINDS, 8, &pi), 0);
	TK_EQ(pi.kpi_kind, KPI_PCI_MSIX);
	TK_EQ(pi.kpi_count, 4);
	interrupts(&pi, 3);
	TK_EQ(kpi_pci_intr_free(&pi), 0);
	kpi_res_free(&table);

	TK_EQ(kpi_pci_intr_alloc(testpci.dev, KPI_PCI_INTX, 4, &pi), 0);
	TK_EQ(pi.kpi_count, 1);
	interrupts(&pi, 0);
	TK_EQ(kpi_pci_intr_free(&pi), 0);
	TK_EQ(kpi_pci_intr_free(&pi), 0);
	testpci_down();
}

TK_CASE(kpi_pci_intr_falls_back_to_the_line)
{
	struct kpi_pci_intr pi = { 0 };

	TK_EQ(kern_setenv("hw.pci.enable_msi", "0"), 0);
	testpci_up(&testpci_config);
	TK_EQ(kpi_pci_intr_alloc(testpci.dev, KPI_PCI_MSI, 1, &pi), ENXIO);
	TK_EQ(kpi_pci_intr_alloc(testpci.dev, ALL_KINDS, 1, &pi), 0);
	TK_EQ(pi.kpi_kind, KPI_PCI_INTX);
	interrupts(&pi, 0);
	TK_EQ(kpi_pci_intr_free(&pi), 0);
	testpci_down();
}

TK_CASE(kpi_pci_intr_needs_a_pin_for_the_line)
{
	struct model_pci_config c = testpci_config;
	struct kpi_pci_intr pi = { 0 };

	c.pin = c.msi = 0;
	testpci_up(&c);
	TK_EQ(kpi_pci_intr_alloc(testpci.dev, ALL_KINDS, 1, &pi), ENXIO);
	TK_EQ(kpi_pci_intr_rid(&pi, 0), -1);
	TK_EQ(kpi_pci_intr_free(&pi), 0);
	testpci_down();
}

TK_CASE(kpi_pci_intr_refuses_what_makes_no_sense)
{
	struct kpi_pci_intr pi = { 0 };

	testpci_up(&testpci_config);
	TK_EQ(kpi_pci_intr_alloc(testpci.dev, 0, 1, &pi), EINVAL);
	TK_EQ(kpi_pci_intr_alloc(testpci.dev, ALL_KINDS, 0, &pi), EINVAL);
	TK_EQ(kpi_pci_intr_alloc(testpci.dev, ALL_KINDS, 3, &pi), EINVAL);
	TK_EQ(kpi_pci_intr_alloc(testpci.dev, KPI_PCI_MSI, 2, &pi), 0);
	TK_EQ(kpi_pci_intr_rid(&pi, 0), 1);
	TK_EQ(kpi_pci_intr_rid(&pi, 2), -1);
	TK_EQ(kpi_pci_intr_rid(&pi, -1), -1);
	TK_EQ(kpi_pci_intr_free(&pi), 0);
	testpci_down();
}

TK_CASE(kpi_pci_intr_in_use_is_not_freed)
{
	struct kpi_pci_intr pi = { 0 };
	struct kpi_intr irq;

	testpci_up(&testpci_config);
	TK_EQ(kpi_pci_intr_alloc(testpci.dev, KPI_PCI_MSI, 1, &pi), 0);
	TK_EQ(kpi_intr_setup(testpci.dev, kpi_pci_intr_rid(&pi, 0), NULL,
	    handler, NULL, &irq), 0);
	TK_EQ(kpi_pci_intr_free(&pi), EBUSY);
	kpi_intr_teardown(&irq);
	TK_EQ(kpi_pci_intr_free(&pi), 0);
	testpci_down();
}

/*
 * Waits
 */

TK_CASE(kpi_poll_looks_once_more_after_its_last_delay)
{
	sbintime_t start = kpi_uptime();
	int looks = 0;

	TK_EQ(KPI_POLL(++looks == 11, 10, 100), 0);
	TK_CHECK(kpi_uptime() - start >= 100 * SBT_1US);
	looks = 0;
	TK_EQ(KPI_POLL(++looks == 12, 10, 100), ETIMEDOUT);
	TK_EQ(looks, 11);
}

TK_CASE(kpi_poll_does_not_wait_for_what_is_true)
{
	sbintime_t start = kpi_uptime();

	TK_EQ(KPI_POLL(true, 10, 100), 0);
	TK_EQ(KPI_POLL_SLEEP(true, "true", 100), 0);
	TK_CHECK(kpi_uptime() - start < SBT_1US);
}

TK_CASE(kpi_poll_sleep_waits_as_long_as_it_says)
{
	sbintime_t start = kpi_uptime();

	TK_EQ(KPI_POLL_SLEEP(false, "false", 50), ETIMEDOUT);
	TK_CHECK(kpi_uptime() - start >= 50 * SBT_1MS);
	TK_CHECK(kpi_uptime() - start < 60 * SBT_1MS);
}

TK_CASE(kpi_poll_ends_after_a_panic)
{
	int looks = 0;

	tk_panicked(true);
	TK_EQ(KPI_POLL(++looks == 100, 10, 100), ETIMEDOUT);
	TK_EQ(looks, 11);
	tk_panicked(false);
}
