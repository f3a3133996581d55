/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Configuration space: what a function says of itself, its BARs, its command
 * register, its power, and what of all this is saved and restored.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>

#include <machine/resource.h>

#include "pci_var.h"
#include "pcib_if.h"
#include "tk.h"
#include "tk_bus_var.h"

uint32_t
pci_read_config_method(device_t dev, device_t child, int reg, int width)
{
	struct pci_devinfo *di = device_get_ivars(child);

	return (PCIB_READ_CONFIG(device_get_parent(dev), 0, di->slot, di->func,
	    reg, width));
}

void
pci_write_config_method(device_t dev, device_t child, int reg, uint32_t val,
    int width)
{
	struct pci_devinfo *di = device_get_ivars(child);

	PCIB_WRITE_CONFIG(device_get_parent(dev), 0, di->slot, di->func, reg,
	    val, width);
}

/*
 * What a function says of itself
 */

static void
pci_note_msix(device_t dev, struct pcicfg_msix *msix, int ptr)
{
	uint32_t val;

	msix->location = ptr;
	msix->ctrl = pci_read_config(dev, ptr + PCIR_MSIX_CTRL, 2);
	val = pci_read_config(dev, ptr + PCIR_MSIX_TABLE, 4);
	msix->table_bar = PCIR_BAR(val & PCIM_MSIX_BIR_MASK);
	msix->table_offset = val & ~PCIM_MSIX_BIR_MASK;
	val = pci_read_config(dev, ptr + PCIR_MSIX_PBA, 4);
	msix->pba_bar = PCIR_BAR(val & PCIM_MSIX_BIR_MASK);
	msix->pba_offset = val & ~PCIM_MSIX_BIR_MASK;
}

static void
pci_note_cap(device_t dev, struct pci_devinfo *di, int ptr)
{
	switch (pci_read_config(dev, ptr + PCICAP_ID, 1)) {
	case PCIY_PMG:
		if (di->pp_location == 0) {
			di->pp_cap = pci_read_config(dev,
			    ptr + PCIR_POWER_CAP, 2);
			di->pp_location = ptr;
		}
		break;
	case PCIY_MSI:
		di->msi.location = ptr;
		di->msi.ctrl = pci_read_config(dev, ptr + PCIR_MSI_CTRL, 2);
		break;
	case PCIY_MSIX:
		pci_note_msix(dev, &di->msix, ptr);
		break;
	case PCIY_EXPRESS:
		di->pcie_location = ptr;
		break;
	}
}

/* The list may be a loop: it has no more capabilities than fit. */
static void
pci_note_caps(device_t dev, struct pci_devinfo *di)
{
	int left, ptr;

	if ((pci_read_config(dev, PCIR_STATUS, 2) &
	    PCIM_STATUS_CAPPRESENT) == 0)
		return;
	ptr = pci_read_config(dev, PCIR_CAP_PTR, 1);
	for (left = (PCI_REGMAX + 1 - 0x40) / 4; ptr >= 0x40 && left > 0;
	    left--) {
		ptr &= ~3;
		pci_note_cap(dev, di, ptr);
		ptr = pci_read_config(dev, ptr + PCICAP_NEXTPTR, 1);
	}
}

/* The device of a function that is there; it has no resources yet. */
struct pci_devinfo *
pci_read_device(device_t bus, int slot, int func)
{
	struct pci_devinfo *di;
	device_t dev;

	tk_fault_spare(true);
	di = malloc(sizeof(*di), M_DEVBUF, M_WAITOK | M_ZERO);
	dev = device_add_child(bus, NULL, DEVICE_UNIT_ANY);
	tk_fault_spare(false);
	if (dev == NULL)
		panic("%s: no device", __func__);
	di->dev = dev;
	di->slot = slot;
	di->func = func;
	resource_list_init(&di->resources);
	device_set_ivars(dev, di);
	di->hdrtype = pci_read_config(dev, PCIR_HDRTYPE, 1) & PCIM_HDRTYPE;
	pci_note_caps(dev, di);
	return (di);
}

/*
 * Save and restore
 */

void
pci_cfg_save(device_t dev, struct pci_devinfo *di)
{
	di->vendor = pci_read_config(dev, PCIR_VENDOR, 2);
	di->device = pci_read_config(dev, PCIR_DEVICE, 2);
	di->cmdreg = pci_read_config(dev, PCIR_COMMAND, 2);
	di->intline = pci_read_config(dev, PCIR_INTLINE, 1);
	di->intpin = pci_read_config(dev, PCIR_INTPIN, 1);
	di->cachelnsz = pci_read_config(dev, PCIR_CACHELNSZ, 1);
	di->lattimer = pci_read_config(dev, PCIR_LATTIMER, 1);
	di->baseclass = pci_read_config(dev, PCIR_CLASS, 1);
	di->subclass = pci_read_config(dev, PCIR_SUBCLASS, 1);
	di->progif = pci_read_config(dev, PCIR_PROGIF, 1);
	di->revid = pci_read_config(dev, PCIR_REVID, 1);
	if (di->hdrtype != PCIM_HDRTYPE_NORMAL)
		return;
	di->subvendor = pci_read_config(dev, PCIR_SUBVEND_0, 2);
	di->subdevice = pci_read_config(dev, PCIR_SUBDEV_0, 2);
	di->mingnt = pci_read_config(dev, PCIR_MINGNT, 1);
	di->maxlat = pci_read_config(dev, PCIR_MAXLAT, 1);
}

static void
pci_restore_bars(device_t dev, struct pci_devinfo *di)
{
	const struct pci_map *pm;

	for (int i = 0; i <= PCIR_MAX_BAR_0; i++) {
		pm = &di->map[i];
		if (pm->size == 0)
			continue;
		pci_write_config(dev, PCIR_BAR(i), pm->value, 4);
		if (pci_bar_is_64(pm->value))
			pci_write_config(dev, PCIR_BAR(i + 1),
			    pm->value >> 32, 4);
	}
}

/* The power first: the way from D3 to D0 may reset the registers. */
void
pci_cfg_restore(device_t dev, struct pci_devinfo *di)
{
	if (pci_get_powerstate(dev) != PCI_POWERSTATE_D0)
		(void)pci_set_powerstate(dev, PCI_POWERSTATE_D0);
	pci_write_config(dev, PCIR_INTLINE, di->intline, 1);
	pci_write_config(dev, PCIR_INTPIN, di->intpin, 1);
	pci_write_config(dev, PCIR_CACHELNSZ, di->cachelnsz, 1);
	pci_write_config(dev, PCIR_LATTIMER, di->lattimer, 1);
	pci_write_config(dev, PCIR_PROGIF, di->progif, 1);
	pci_write_config(dev, PCIR_REVID, di->revid, 1);
	if (di->hdrtype == PCIM_HDRTYPE_NORMAL) {
		pci_write_config(dev, PCIR_MINGNT, di->mingnt, 1);
		pci_write_config(dev, PCIR_MAXLAT, di->maxlat, 1);
		pci_restore_bars(dev, di);
	}
	if (di->hdrtype != PCIM_HDRTYPE_BRIDGE)
		pci_write_config(dev, PCIR_COMMAND, di->cmdreg, 2);
	if (di->msi.location != 0)
		pci_resume_msi(dev);
	if (di->msix.location != 0)
		pci_resume_msix(dev);
}

void
pci_save_state(device_t dev)
{
	pci_cfg_save(dev, device_get_ivars(dev));
}

void
pci_restore_state(device_t dev)
{
	pci_cfg_restore(dev, device_get_ivars(dev));
}

/*
 * BARs
 */

bool
pci_bar_is_64(uint64_t map)
{
	return (PCI_BAR_MEM(map) &&
	    (map & PCIM_BAR_MEM_TYPE) == PCIM_BAR_MEM_64);
}

/*
 * The register's value, and what it reads after all ones were written.
 * Decoding is off meanwhile.
 */
void
pci_read_bar(device_t dev, int reg, uint64_t *mapp, uint64_t *testvalp)
{
	uint64_t map, testval;
	uint16_t cmd;

	map = pci_read_config(dev, reg, 4);
	if (pci_bar_is_64(map))
		map |= (uint64_t)pci_read_config(dev, reg + 4, 4) << 32;
	cmd = pci_read_config(dev, PCIR_COMMAND, 2);
	pci_write_config(dev, PCIR_COMMAND, cmd &
	    ~(PCI_BAR_MEM(map) ? PCIM_CMD_MEMEN : PCIM_CMD_PORTEN), 2);
	testval = 0;
	pci_write_config(dev, reg, 0xffffffff, 4);
	if (pci_bar_is_64(map)) {
		pci_write_config(dev, reg + 4, 0xffffffff, 4);
		testval = (uint64_t)pci_read_config(dev, reg + 4, 4) << 32;
	}
	testval |= pci_read_config(dev, reg, 4);
	pci_write_config(dev, reg, map, 4);
	if (pci_bar_is_64(map))
		pci_write_config(dev, reg + 4, map >> 32, 4);
	pci_write_config(dev, PCIR_COMMAND, cmd, 2);
	*mapp = map;
	*testvalp = testval;
}

void
pci_write_bar(device_t dev, int reg, struct pci_map *pm, uint64_t base)
{
	bool wide = pci_bar_is_64(pm->value);

	pci_write_config(dev, reg, base, 4);
	if (wide)
		pci_write_config(dev, reg + 4, base >> 32, 4);
	pm->value = pci_read_config(dev, reg, 4);
	if (wide)
		pm->value |= (uint64_t)pci_read_config(dev, reg + 4, 4) << 32;
}

/*
 * The command register
 */

void
pci_set_command_bit(device_t child, uint16_t bit)
{
	pci_write_config(child, PCIR_COMMAND,
	    pci_read_config(child, PCIR_COMMAND, 2) | bit, 2);
}

void
pci_clear_command_bit(device_t child, uint16_t bit)
{
	pci_write_config(child, PCIR_COMMAND,
	    pci_read_config(child, PCIR_COMMAND, 2) & ~bit, 2);
}

int
pci_enable_busmaster_method(device_t dev, device_t child)
{
	pci_set_command_bit(child, PCIM_CMD_BUSMASTEREN);
	return (0);
}

int
pci_disable_busmaster_method(device_t dev, device_t child)
{
	pci_clear_command_bit(child, PCIM_CMD_BUSMASTEREN);
	return (0);
}

static uint16_t
pci_io_bit(int space)
{
	switch (space) {
	case SYS_RES_IOPORT:
		return (PCIM_CMD_PORTEN);
	case SYS_RES_MEMORY:
		return (PCIM_CMD_MEMEN);
	default:
		return (0);
	}
}

int
pci_enable_io_method(device_t dev, device_t child, int space)
{
	if (pci_io_bit(space) == 0)
		return (EINVAL);
	pci_set_command_bit(child, pci_io_bit(space));
	return (0);
}

int
pci_disable_io_method(device_t dev, device_t child, int space)
{
	if (pci_io_bit(space) == 0)
		return (EINVAL);
	pci_clear_command_bit(child, pci_io_bit(space));
	return (0);
}

/*
 * Power
 */

int
pci_get_powerstate_method(device_t dev, device_t child)
{
	static const int state[] = {
		[PCIM_PSTAT_D0] = PCI_POWERSTATE_D0,
		[PCIM_PSTAT_D1] = PCI_POWERSTATE_D1,
		[PCIM_PSTAT_D2] = PCI_POWERSTATE_D2,
		[PCIM_PSTAT_D3] = PCI_POWERSTATE_D3,
	};
	struct pci_devinfo *di = device_get_ivars(child);

	if (di->pp_location == 0)
		return (PCI_POWERSTATE_D0);
	return (state[pci_read_config(child,
	    di->pp_location + PCIR_POWER_STATUS, 2) & PCIM_PSTAT_DMASK]);
}

/* The register's bits for a state; -1: no such state, -2: not this device. */
static int
pci_power_bits(const struct pci_devinfo *di, int state)
{
	switch (state) {
	case PCI_POWERSTATE_D0:
		return (PCIM_PSTAT_D0);
	case PCI_POWERSTATE_D1:
		return ((di->pp_cap & PCIM_PCAP_D1SUPP) != 0 ?
		    PCIM_PSTAT_D1 : -2);
	case PCI_POWERSTATE_D2:
		return ((di->pp_cap & PCIM_PCAP_D2SUPP) != 0 ?
		    PCIM_PSTAT_D2 : -2);
	case PCI_POWERSTATE_D3:
		return (PCIM_PSTAT_D3);
	default:
		return (-1);
	}
}

int
pci_set_powerstate_method(device_t dev, device_t child, int state)
{
	struct pci_devinfo *di = device_get_ivars(child);
	uint16_t status;
	int bits, highest, old;

	if (di->pp_location == 0)
		return (EOPNOTSUPP);
	old = pci_get_powerstate(child);
	if (old == state)
		return (0);
	highest = MAX(old, state);
	status = pci_read_config(child, di->pp_location + PCIR_POWER_STATUS,
	    2) & ~PCIM_PSTAT_DMASK;
	bits = pci_power_bits(di, state);
	if (bits < 0)
		return (bits == -1 ? EINVAL : EOPNOTSUPP);
	pci_write_config(child, di->pp_location + PCIR_POWER_STATUS,
	    status | bits, 2);
	if (highest == PCI_POWERSTATE_D3)
		DELAY(10000);
	else if (highest == PCI_POWERSTATE_D2)
		DELAY(200);
	return (0);
}

void
pci_clear_pme(device_t dev)
{
	struct pci_devinfo *di = device_get_ivars(dev);
	uint16_t status;

	if (di->pp_location == 0)
		return;
	status = pci_read_config(dev, di->pp_location + PCIR_POWER_STATUS, 2);
	status &= ~PCIM_PSTAT_PMEENABLE;
	pci_write_config(dev, di->pp_location + PCIR_POWER_STATUS,
	    status | PCIM_PSTAT_PME, 2);
}

/*
 * Capabilities
 */

/* As many as a list without a loop may have. */
#define	PCI_CAPS_MAX	((PCIE_REGMAX - 0x40) / 2)

static int
pci_look_for_cap(device_t child, int ptr, int capability, int *capreg)
{
	for (int left = PCI_CAPS_MAX; ptr != 0 && left > 0; left--) {
		if (pci_read_config(child, ptr + PCICAP_ID, 1) ==
		    (uint32_t)capability) {
			if (capreg != NULL)
				*capreg = ptr;
			return (0);
		}
		ptr = pci_read_config(child, ptr + PCICAP_NEXTPTR, 1);
	}
	return (ENOENT);
}

int
pci_find_cap_method(device_t dev, device_t child, int capability, int *capreg)
{
	if ((pci_read_config(child, PCIR_STATUS, 2) &
	    PCIM_STATUS_CAPPRESENT) == 0)
		return (ENXIO);
	return (pci_look_for_cap(child,
	    pci_read_config(child, PCIR_CAP_PTR, 1), capability, capreg));
}

int
pci_find_next_cap_method(device_t dev, device_t child, int capability,
    int start, int *capreg)
{
	KASSERT(pci_read_config(child, start + PCICAP_ID, 1) ==
	    (uint32_t)capability,
	    ("start capability is not expected capability"));
	return (pci_look_for_cap(child, pci_read_config(child,
	    start + PCICAP_NEXTPTR, 1), capability, capreg));
}

int
pci_find_extcap_method(device_t dev, device_t child, int capability,
    int *capreg)
{
	struct pci_devinfo *di = device_get_ivars(child);
	uint32_t ecap;
	int ptr;

	if (di->pcie_location == 0)
		return (ENXIO);
	for (ptr = PCIR_EXTCAP; ptr != 0; ptr = PCI_EXTCAP_NEXTPTR(ecap)) {
		ecap = pci_read_config(child, ptr, 4);
		if (ecap == 0xffffffff || ecap == 0)
			return (ENOENT);
		if (PCI_EXTCAP_ID(ecap) == (uint32_t)capability) {
			if (capreg != NULL)
				*capreg = ptr;
			return (0);
		}
	}
	return (ENOENT);
}
