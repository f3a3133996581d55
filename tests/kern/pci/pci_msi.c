/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * MSI and MSI-X, and handlers on them and on INTx.  Interrupt resource 0 is
 * INTx; 1, 2, ... are messages, once they are allocated.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/malloc.h>

#include <machine/bus.h>
#include <machine/resource.h>

#include "pci_var.h"
#include "pcib_if.h"
#include "tk.h"

/* An entry of MSI-X's table: offsets, each 4 bytes. */
#define	MSIX_ADDR	0
#define	MSIX_ADDR_HIGH	4
#define	MSIX_DATA	8
#define	MSIX_CONTROL	12
#define	MSIX_SIZE	16

static struct resource_list_entry *
pci_irq_entry(struct pci_devinfo *di, int rid)
{
	return (resource_list_find(&di->resources, SYS_RES_IRQ, rid));
}

/* Without memory FreeBSD panics here. */
static void
pci_add_irq(struct pci_devinfo *di, int rid, int irq)
{
	tk_fault_spare(true);
	resource_list_add(&di->resources, SYS_RES_IRQ, rid, irq, irq, 1);
	tk_fault_spare(false);
}

/* 0 if messages may be allocated at all. */
static int
pci_may_alloc(struct pci_devinfo *di, int count)
{
	struct resource_list_entry *rle;

	if (count < 1)
		return (EINVAL);
	rle = pci_irq_entry(di, 0);
	if (rle != NULL && rle->res != NULL)
		return (ENXIO);
	return (di->msi.alloc != 0 || di->msix.alloc != 0 ? ENXIO : 0);
}

/*
 * MSI
 */

int
pci_msi_count_method(device_t dev, device_t child)
{
	struct pcicfg_msi *msi =
	    &((struct pci_devinfo *)device_get_ivars(child))->msi;

	if (!pci_do_msi || msi->location == 0)
		return (0);
	return (PCI_MSI_MSGNUM(pci_read_config(child,
	    msi->location + PCIR_MSI_CTRL, 2)));
}

static void
pci_write_msi_ctrl(device_t child, struct pcicfg_msi *msi)
{
	pci_write_config(child, msi->location + PCIR_MSI_CTRL, msi->ctrl, 2);
}

int
pci_alloc_msi_method(device_t dev, device_t child, int *count)
{
	struct pci_devinfo *di = device_get_ivars(child);
	struct pcicfg_msi *msi = &di->msi;
	int actual, error, irqs[PCI_MAX_MSI];

	error = pci_may_alloc(di, *count);
	if (error != 0)
		return (error);
	if (msi->location == 0 || !pci_do_msi)
		return (ENODEV);
	actual = MIN(MIN(*count, pci_msi_count_method(dev, child)),
	    PCI_MAX_MSI);
	if (!powerof2(actual))
		return (EINVAL);
	if (tk_fault("pci_alloc_msi"))
		return (ENXIO);
	while ((error = PCIB_ALLOC_MSI(device_get_parent(dev), child, actual,
	    actual, irqs)) != 0) {
		if (actual == 1)
			return (error);
		actual >>= 1;
	}
	for (int i = 0; i < actual; i++)
		pci_add_irq(di, i + 1, irqs[i]);
	msi->ctrl = pci_read_config(child, msi->location + PCIR_MSI_CTRL, 2);
	msi->ctrl &= ~PCIM_MSICTRL_MME_MASK;
	msi->ctrl |= (ffs(actual) - 1) << 4;
	pci_write_msi_ctrl(child, msi);
	msi->alloc = actual;
	msi->handlers = 0;
	*count = actual;
	return (0);
}

static int
pci_release_only_msi(device_t dev, device_t child, struct pci_devinfo *di)
{
	struct pcicfg_msi *msi = &di->msi;
	struct resource_list_entry *rle;
	int irqs[PCI_MAX_MSI];

	if (msi->alloc == 0)
		return (ENODEV);
	if (msi->handlers > 0)
		return (EBUSY);
	for (int i = 0; i < msi->alloc; i++) {
		rle = pci_irq_entry(di, i + 1);
		if (rle->res != NULL)
			return (EBUSY);
		irqs[i] = rle->start;
	}
	KASSERT((msi->ctrl & PCIM_MSICTRL_MSI_ENABLE) == 0,
	    ("%s: MSI still enabled", __func__));
	msi->ctrl &= ~PCIM_MSICTRL_MME_MASK;
	pci_write_msi_ctrl(child, msi);
	PCIB_RELEASE_MSI(device_get_parent(dev), child, msi->alloc, irqs);
	for (int i = 0; i < msi->alloc; i++)
		resource_list_delete(&di->resources, SYS_RES_IRQ, i + 1);
	msi->alloc = 0;
	msi->addr = 0;
	msi->data = 0;
	return (0);
}

static void
pci_write_msi_message(device_t child, struct pcicfg_msi *msi, uint64_t addr,
    uint16_t data)
{
	pci_write_config(child, msi->location + PCIR_MSI_ADDR, addr, 4);
	if ((msi->ctrl & PCIM_MSICTRL_64BIT) != 0) {
		pci_write_config(child, msi->location + PCIR_MSI_ADDR_HIGH,
		    addr >> 32, 4);
		pci_write_config(child, msi->location + PCIR_MSI_DATA_64BIT,
		    data, 2);
	} else
		pci_write_config(child, msi->location + PCIR_MSI_DATA, data,
		    2);
}

void
pci_enable_msi_method(device_t dev, device_t child, uint64_t address,
    uint16_t data)
{
	struct pcicfg_msi *msi =
	    &((struct pci_devinfo *)device_get_ivars(child))->msi;

	pci_write_msi_message(child, msi, address, data);
	msi->ctrl |= PCIM_MSICTRL_MSI_ENABLE;
	pci_write_msi_ctrl(child, msi);
}

void
pci_disable_msi_method(device_t dev, device_t child)
{
	struct pcicfg_msi *msi =
	    &((struct pci_devinfo *)device_get_ivars(child))->msi;

	msi->ctrl &= ~PCIM_MSICTRL_MSI_ENABLE;
	pci_write_msi_ctrl(child, msi);
}

void
pci_resume_msi(device_t dev)
{
	struct pcicfg_msi *msi =
	    &((struct pci_devinfo *)device_get_ivars(dev))->msi;

	if ((msi->ctrl & PCIM_MSICTRL_MSI_ENABLE) != 0)
		pci_write_msi_message(dev, msi, msi->addr, msi->data);
	pci_write_msi_ctrl(dev, msi);
}

/*
 * MSI-X
 */

int
pci_msix_count_method(device_t dev, device_t child)
{
	struct pcicfg_msix *msix =
	    &((struct pci_devinfo *)device_get_ivars(child))->msix;

	if (!pci_do_msix || msix->location == 0)
		return (0);
	return (PCI_MSIX_MSGNUM(pci_read_config(child,
	    msix->location + PCIR_MSIX_CTRL, 2)));
}

int
pci_msix_table_bar_method(device_t dev, device_t child)
{
	struct pcicfg_msix *msix =
	    &((struct pci_devinfo *)device_get_ivars(child))->msix;

	return (pci_do_msix && msix->location != 0 ? msix->table_bar : -1);
}

int
pci_msix_pba_bar_method(device_t dev, device_t child)
{
	struct pcicfg_msix *msix =
	    &((struct pci_devinfo *)device_get_ivars(child))->msix;

	return (pci_do_msix && msix->location != 0 ? msix->pba_bar : -1);
}

static uint32_t
pci_msix_offset(const struct pcicfg_msix *msix, int index, int field)
{
	return (msix->table_offset + index * MSIX_SIZE + field);
}

static uint32_t
pci_res_read(struct resource *r, uint32_t off)
{
	return (bus_space_read_4(rman_get_bustag(r), rman_get_bushandle(r),
	    off));
}

static void
pci_res_write(struct resource *r, uint32_t off, uint32_t val)
{
	bus_space_write_4(rman_get_bustag(r), rman_get_bushandle(r), off, val);
}

static void
pci_set_msix_mask(struct pcicfg_msix *msix, int index, bool masked)
{
	uint32_t off, val;

	off = pci_msix_offset(msix, index, MSIX_CONTROL);
	val = pci_res_read(msix->table_res, off);
	val = masked ? val | PCIM_MSIX_VCTRL_MASK :
	    val & ~PCIM_MSIX_VCTRL_MASK;
	pci_res_write(msix->table_res, off, val);
}

static void
pci_write_msix_entry(struct pcicfg_msix *msix, int index, uint64_t addr,
    uint32_t data)
{
	struct resource *r = msix->table_res;

	pci_res_write(r, pci_msix_offset(msix, index, MSIX_ADDR), addr);
	pci_res_write(r, pci_msix_offset(msix, index, MSIX_ADDR_HIGH),
	    addr >> 32);
	pci_res_write(r, pci_msix_offset(msix, index, MSIX_DATA), data);
}

/* The driver's mapping of a BAR; NULL unless it is active. */
static struct resource *
pci_active_bar(struct pci_devinfo *di, int rid)
{
	struct resource_list_entry *rle;

	rle = resource_list_find(&di->resources, SYS_RES_MEMORY, rid);
	if (rle == NULL || rle->res == NULL ||
	    (rman_get_flags(rle->res) & RF_ACTIVE) == 0)
		return (NULL);
	return (rle->res);
}

/* As many vectors as the bridge has, at most max. */
static int
pci_alloc_vectors(device_t dev, device_t child, struct pci_devinfo *di,
    int max, int *actual)
{
	int error, irq;

	for (*actual = 0; *actual < max; ++*actual) {
		error = PCIB_ALLOC_MSIX(device_get_parent(dev), child, &irq);
		if (error != 0)
			return (*actual == 0 ? error : 0);
		pci_add_irq(di, *actual + 1, irq);
	}
	return (0);
}

int
pci_alloc_msix_method(device_t dev, device_t child, int *count)
{
	struct pci_devinfo *di = device_get_ivars(child);
	struct pcicfg_msix *msix = &di->msix;
	int actual, error, msgnum;

	error = pci_may_alloc(di, *count);
	if (error != 0)
		return (error);
	if (msix->location == 0 || !pci_do_msix)
		return (ENODEV);
	msix->table_res = pci_active_bar(di, msix->table_bar);
	msix->pba_res = pci_active_bar(di, msix->pba_bar);
	if (msix->table_res == NULL || msix->pba_res == NULL ||
	    tk_fault("pci_alloc_msix"))
		return (ENXIO);
	msgnum = pci_msix_count_method(dev, child);
	error = pci_alloc_vectors(dev, child, di, MIN(*count, msgnum),
	    &actual);
	if (error != 0)
		return (error);
	for (int i = 0; i < msgnum; i++)
		pci_set_msix_mask(msix, i, true);
	msix->entry = malloc(actual * sizeof(*msix->entry), M_DEVBUF,
	    M_WAITOK | M_ZERO);
	for (int i = 0; i < actual; i++)
		msix->entry[i].irq = pci_irq_entry(di, i + 1)->start;
	msix->ctrl = pci_read_config(child, msix->location + PCIR_MSIX_CTRL,
	    2) | PCIM_MSIXCTRL_MSIX_ENABLE;
	pci_write_config(child, msix->location + PCIR_MSIX_CTRL, msix->ctrl,
	    2);
	msix->alloc = actual;
	*count = actual;
	return (0);
}

static int
pci_release_msix(device_t dev, device_t child, struct pci_devinfo *di)
{
	struct pcicfg_msix *msix = &di->msix;

	if (msix->alloc == 0)
		return (ENODEV);
	for (int i = 0; i < msix->alloc; i++)
		if (msix->entry[i].handlers > 0 ||
		    pci_irq_entry(di, i + 1)->res != NULL)
			return (EBUSY);
	msix->ctrl &= ~PCIM_MSIXCTRL_MSIX_ENABLE;
	pci_write_config(child, msix->location + PCIR_MSIX_CTRL, msix->ctrl,
	    2);
	for (int i = 0; i < msix->alloc; i++) {
		resource_list_delete(&di->resources, SYS_RES_IRQ, i + 1);
		PCIB_RELEASE_MSIX(device_get_parent(dev), child,
		    msix->entry[i].irq);
	}
	free(msix->entry, M_DEVBUF);
	msix->entry = NULL;
	msix->alloc = 0;
	return (0);
}

void
pci_enable_msix_method(device_t dev, device_t child, u_int index,
    uint64_t address, uint32_t data)
{
	struct pcicfg_msix *msix =
	    &((struct pci_devinfo *)device_get_ivars(child))->msix;

	KASSERT(index < (u_int)msix->alloc, ("bogus index"));
	pci_write_msix_entry(msix, index, address, data);
}

int
pci_pending_msix(device_t dev, u_int index)
{
	struct pcicfg_msix *msix =
	    &((struct pci_devinfo *)device_get_ivars(dev))->msix;

	KASSERT(index < (u_int)msix->alloc, ("bogus index"));
	return (pci_res_read(msix->pba_res, msix->pba_offset +
	    index / 32 * 4) & 1u << index % 32);
}

void
pci_resume_msix(device_t dev)
{
	struct pcicfg_msix *msix =
	    &((struct pci_devinfo *)device_get_ivars(dev))->msix;
	struct msix_entry *e;

	if (msix->alloc > 0) {
		for (int i = 0; i < PCI_MSIX_MSGNUM(msix->ctrl); i++)
			pci_set_msix_mask(msix, i, true);
		for (int i = 0; i < msix->alloc; i++) {
			e = &msix->entry[i];
			if (e->handlers == 0)
				continue;
			pci_write_msix_entry(msix, i, e->addr, e->data);
			pci_set_msix_mask(msix, i, false);
		}
	}
	pci_write_config(dev, msix->location + PCIR_MSIX_CTRL, msix->ctrl, 2);
}

int
pci_release_msi_method(device_t dev, device_t child)
{
	struct pci_devinfo *di = device_get_ivars(child);
	int error;

	error = pci_release_msix(dev, child, di);
	return (error != ENODEV ? error :
	    pci_release_only_msi(dev, child, di));
}

/*
 * Handlers
 */

static int
pci_setup_msi(device_t dev, device_t child, struct pcicfg_msi *msi,
    struct resource *irq)
{
	uint64_t addr;
	uint32_t data;
	int error;

	if (msi->addr == 0) {
		error = PCIB_MAP_MSI(device_get_parent(dev), child,
		    rman_get_start(irq), &addr, &data);
		if (error != 0)
			return (error);
		msi->addr = addr;
		msi->data = data;
	}
	if (msi->handlers == 0)
		pci_enable_msi(child, msi->addr, msi->data);
	msi->handlers++;
	return (0);
}

static int
pci_setup_msix(device_t dev, device_t child, struct pcicfg_msix *msix,
    struct resource *irq)
{
	struct msix_entry *e;
	int error, index;

	index = rman_get_rid(irq) - 1;
	KASSERT(index < msix->alloc, ("MSI-X index too high"));
	e = &msix->entry[index];
	if (e->addr == 0) {
		error = PCIB_MAP_MSI(device_get_parent(dev), child, e->irq,
		    &e->addr, &e->data);
		if (error != 0)
			return (error);
	}
	if (++e->handlers == 1) {
		pci_enable_msix(child, index, e->addr, e->data);
		pci_set_msix_mask(msix, index, false);
	}
	return (0);
}

int
pci_setup_intr(device_t dev, device_t child, struct resource *irq, int flags,
    driver_filter_t *filter, driver_intr_t *intr, void *arg, void **cookiep)
{
	struct pci_devinfo *di;
	void *cookie;
	int error;

	error = bus_generic_setup_intr(dev, child, irq, flags, filter, intr,
	    arg, &cookie);
	if (error != 0)
		return (error);
	*cookiep = cookie;
	if (device_get_parent(child) != dev)
		return (0);
	if (rman_get_rid(irq) == 0) {
		pci_clear_command_bit(child, PCIM_CMD_INTxDIS);
		return (0);
	}
	di = device_get_ivars(child);
	if (di->msi.alloc > 0)
		error = pci_setup_msi(dev, child, &di->msi, irq);
	else
		error = pci_setup_msix(dev, child, &di->msix, irq);
	pci_set_command_bit(child, PCIM_CMD_INTxDIS);
	if (error != 0)
		(void)bus_generic_teardown_intr(dev, child, irq, cookie);
	return (error);
}

static int
pci_teardown_message(device_t child, struct pci_devinfo *di, int rid)
{
	struct pcicfg_msix *msix = &di->msix;

	if (di->msi.alloc > 0) {
		KASSERT(rid <= di->msi.alloc, ("MSI index too high"));
		if (di->msi.handlers == 0)
			return (EINVAL);
		if (--di->msi.handlers == 0)
			pci_disable_msi(child);
		return (0);
	}
	KASSERT(rid <= msix->alloc, ("MSI-X index too high"));
	if (msix->entry[rid - 1].handlers == 0)
		return (EINVAL);
	if (--msix->entry[rid - 1].handlers == 0)
		pci_set_msix_mask(msix, rid - 1, true);
	return (0);
}

int
pci_teardown_intr(device_t dev, device_t child, struct resource *irq,
    void *cookie)
{
	struct pci_devinfo *di;
	int error, rid;

	if (irq == NULL || (rman_get_flags(irq) & RF_ACTIVE) == 0)
		return (EINVAL);
	if (device_get_parent(child) != dev)
		return (bus_generic_teardown_intr(dev, child, irq, cookie));
	rid = rman_get_rid(irq);
	if (rid == 0)
		pci_set_command_bit(child, PCIM_CMD_INTxDIS);
	else {
		di = device_get_ivars(child);
		if (pci_irq_entry(di, rid)->res != irq)
			return (EINVAL);
		error = pci_teardown_message(child, di, rid);
		if (error != 0)
			return (error);
	}
	return (bus_generic_teardown_intr(dev, child, irq, cookie));
}
