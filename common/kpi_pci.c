/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * PCI: see kpi_pci.h for the contracts.
 */
#include "kpi_pci.h"

const struct kpi_pci_id *
kpi_pci_match(device_t dev, const struct kpi_pci_id *table, size_t n)
{
	for (; n > 0; table++, n--)
		if (table->kpi_vendor == pci_get_vendor(dev) &&
		    table->kpi_device == pci_get_device(dev))
			return (table);
	return (NULL);
}

/* What a machine's own code does with other accesses differs. */
static bool
kpi_pci_has_reg(int reg, int width)
{
	return (reg >= 0 && reg <= PCIE_REGMAX && reg % width == 0);
}

#define	KPI_PCI_ACCESSORS(width, type)					\
type									\
kpi_pci_read_##width(device_t dev, int reg)				\
{									\
	return (kpi_pci_has_reg(reg, width) ?				\
	    (type)pci_read_config(dev, reg, width) : (type)~(type)0);	\
}									\
void									\
kpi_pci_write_##width(device_t dev, int reg, type val)			\
{									\
	if (kpi_pci_has_reg(reg, width))				\
		pci_write_config(dev, reg, val, width);			\
}

KPI_PCI_ACCESSORS(1, uint8_t)
KPI_PCI_ACCESSORS(2, uint16_t)
KPI_PCI_ACCESSORS(4, uint32_t)
#undef KPI_PCI_ACCESSORS

int
kpi_pci_find_cap(device_t dev, int cap, int *reg)
{
	return (pci_find_cap(dev, cap, reg));
}

void
kpi_pci_busmaster_enable(device_t dev)
{
	pci_enable_busmaster(dev);
}

void
kpi_pci_busmaster_disable(device_t dev)
{
	pci_disable_busmaster(dev);
}

int
kpi_pci_bar_alloc(device_t dev, int bar, struct kpi_res *res)
{
	if (bar < 0 || bar > PCIR_MAX_BAR_0)
		return (EINVAL);
	return (kpi_res_alloc(dev, PCIR_BAR(bar), res));
}

int
kpi_pci_intr_alloc(device_t dev, int kinds, int count,
    struct kpi_pci_intr *intr)
{
	int n;

	KPI_SLEEPABLE();
	intr->kpi_dev = dev;
	intr->kpi_kind = 0;
	if (count < 1 || !powerof2(count) ||
	    (kinds & (KPI_PCI_INTX | KPI_PCI_MSI | KPI_PCI_MSIX)) == 0)
		return (EINVAL);
	n = count;
	if ((kinds & KPI_PCI_MSIX) != 0 && pci_alloc_msix(dev, &n) == 0) {
		intr->kpi_kind = KPI_PCI_MSIX;
		intr->kpi_count = n;
		return (0);
	}
	n = count;
	if ((kinds & KPI_PCI_MSI) != 0 && pci_alloc_msi(dev, &n) == 0) {
		intr->kpi_kind = KPI_PCI_MSI;
		intr->kpi_count = n;
		return (0);
	}
	if ((kinds & KPI_PCI_INTX) == 0 || pci_get_intpin(dev) == 0)
		return (ENXIO);
	intr->kpi_kind = KPI_PCI_INTX;
	intr->kpi_count = 1;
	return (0);
}

/* Resource 0 is INTx, messages begin at 1. */
int
kpi_pci_intr_rid(const struct kpi_pci_intr *intr, int index)
{
	if (intr->kpi_kind == 0 || index < 0 || index >= intr->kpi_count)
		return (-1);
	return (intr->kpi_kind == KPI_PCI_INTX ? 0 : index + 1);
}

int
kpi_pci_intr_free(struct kpi_pci_intr *intr)
{
	int error = 0;

	KPI_SLEEPABLE();
	if (intr->kpi_kind == KPI_PCI_MSI || intr->kpi_kind == KPI_PCI_MSIX)
		error = pci_release_msi(intr->kpi_dev);
	if (error == 0)
		intr->kpi_kind = 0;
	return (error);
}
