/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Devices on a PCI bus: which they are, their configuration space and BARs,
 * their right to access memory, and their interrupts.
 *
 * See pci(9).  The bus enables the decoding of a BAR when the BAR is mapped,
 * and saves and restores the configuration around a suspend.  A driver enables
 * bus mastering itself, and before its device accesses memory: until then the
 * device's writes are lost, and its messages too.
 */
#ifndef _KPI_PCI_H_
#define	_KPI_PCI_H_

#include "kpi.h"
#include "kpi_bus.h"

#include <sys/bus.h>
#include <dev/pci/pcireg.h>
#include <dev/pci/pcivar.h>

/* A line of a table of devices. */
struct kpi_pci_id {
	uint16_t	 kpi_vendor;
	uint16_t	 kpi_device;
	const char	*kpi_descr;	/* the device's description */
};

/*
 * Let devmatch(8) load the module if one of the n devices in the table is
 * there.
 */
#define	KPI_PCI_PNP_INFO(driver, table, n)				\
	MODULE_PNP_INFO("U16:vendor;U16:device;D:#", pci, driver,	\
	    table, n)

/* Kinds of interrupt; may be or-ed. */
enum {
	KPI_PCI_INTX = 1,	/* a line that other devices may share */
	KPI_PCI_MSI = 2,	/* messages, all to one address */
	KPI_PCI_MSIX = 4,	/* messages, each with its own address */
};

/* What KPI_PCI_* of interrupts a device has.  Constant while allocated. */
struct kpi_pci_intr {
	device_t	kpi_dev;
	int		kpi_kind;	/* one of KPI_PCI_*; 0: not allocated */
	int		kpi_count;
};

/*
 * Find the device in a table of n lines.
 *
 * Context: any.
 * Returns: the line; NULL: the device is not in the table.
 */
const struct kpi_pci_id *kpi_pci_match(device_t dev,
	    const struct kpi_pci_id *table, size_t n);

/*
 * Read or write a register of 1, 2 or 4 bytes in configuration space.  An
 * offset that is not aligned to the width, or that the space does not have,
 * reads all ones, and a write there does nothing.
 *
 * Context: any.
 */
uint8_t	kpi_pci_read_1(device_t dev, int reg);
uint16_t kpi_pci_read_2(device_t dev, int reg);
uint32_t kpi_pci_read_4(device_t dev, int reg);
void	kpi_pci_write_1(device_t dev, int reg, uint8_t val);
void	kpi_pci_write_2(device_t dev, int reg, uint16_t val);
void	kpi_pci_write_4(device_t dev, int reg, uint32_t val);

/*
 * Find a capability (PCIY_*) in configuration space, and set *reg to its
 * offset.  *reg stays as it is if there is none.
 *
 * Context: any.
 * Errors: ENOENT: there is no such capability; ENXIO: there is no list.
 * Source: PCI Local Bus 3.0, section 6.7.
 */
int	kpi_pci_find_cap(device_t dev, int cap, int *reg);

/*
 * Allocate and map a BAR, 0 to 5.  This also enables the decoding of memory.
 * kpi_res_free() unmaps it.
 *
 * Context: sleepable.
 * Errors: EINVAL: there is no BAR of this number; ENXIO: the device does not
 * have it, it is no memory, or it is taken.
 */
int	kpi_pci_bar_alloc(device_t dev, int bar, struct kpi_res *res);

/*
 * Let the device access memory, or no longer.  Disable it before memory is
 * freed that the device may still use.
 *
 * Context: any.
 */
void	kpi_pci_busmaster_enable(device_t dev);
void	kpi_pci_busmaster_disable(device_t dev);

/*
 * Allocate interrupts of the best kind of those in kinds: MSI-X, then MSI, then
 * INTx.  The next kind is tried if the device, the machine or the administrator
 * (hw.pci.enable_msi, hw.pci.enable_msix) does not have one.  At most count are
 * allocated, a power of two; intr->kpi_count says how many, 1 for INTx.
 *
 * For MSI-X, the BARs that hold the device's table and its pending bits are
 * mapped, and stay so until kpi_pci_intr_free().
 *
 * Context: sleepable.
 * Errors: EINVAL: count is no power of two, or kinds names no kind; ENXIO: the
 * device has none of these kinds, or has messages already and kinds lacks INTx.
 * If it has messages and kinds has INTx, kpi_intr_setup() fails.
 * Source: PCI Local Bus 3.0, section 6.8.
 */
int	kpi_pci_intr_alloc(device_t dev, int kinds, int count,
	    struct kpi_pci_intr *intr);

/*
 * The number of interrupt index, for kpi_intr_setup().
 *
 * Context: any.
 * Returns: the number; it is one that the device does not have if index is not
 * below intr->kpi_count.
 */
int	kpi_pci_intr_rid(const struct kpi_pci_intr *intr, int index);

/*
 * Release the interrupts.  Does nothing if they are not allocated.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: EBUSY: one is still connected; nothing was released.
 */
int	kpi_pci_intr_free(struct kpi_pci_intr *intr);

#endif /* !_KPI_PCI_H_ */
