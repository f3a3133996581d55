/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The PCI bus: finds functions, gives their BARs addresses, hands resources to
 * drivers and takes them back.  tk_pci.h says what is left out.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/sbuf.h>

#include <machine/bus.h>
#include <machine/resource.h>

#include "pci_var.h"
#include "pcib_if.h"
#include "tk.h"
#include "tk_bus_var.h"
#include "tk_pci.h"

#define	PCI_NONE	0xffff	/* vendor of a function that is not there */

int pci_do_msi;
int pci_do_msix;

/*
 * Resources of a function
 */

static int
pci_map_log2(uint64_t testval)
{
	testval &= PCIM_BAR_MEM_BASE;
	return (testval == 0 ? 0 : ffsll((long long)testval) - 1);
}

/*
 * Reserve addresses for a BAR and write them to it.  A BAR that has none yet
 * gets some; the parent decides.
 */
static struct resource *
pci_reserve_bar(device_t bus, struct pci_devinfo *di, int bar,
    rman_res_t start, rman_res_t end)
{
	struct pci_map *pm = &di->map[bar];
	struct resource *r;
	rman_res_t count = (rman_res_t)1 << pm->size;
	int rid = PCIR_BAR(bar);
	u_int flags;
	uint16_t cmd;

	flags = RF_ALIGNMENT_LOG2(pm->size);
	if ((pm->value & PCIM_BAR_MEM_PREFETCH) != 0)
		flags |= RF_PREFETCHABLE;
	/* Without memory FreeBSD panics here. */
	tk_fault_spare(true);
	resource_list_add(&di->resources, SYS_RES_MEMORY, rid, start, end,
	    count);
	tk_fault_spare(false);
#if TK_FREEBSD >= 16
	r = resource_list_reserve(&di->resources, bus, di->dev, SYS_RES_MEMORY,
	    rid, start, end, count, flags);
#else
	r = resource_list_reserve(&di->resources, bus, di->dev, SYS_RES_MEMORY,
	    &rid, start, end, count, flags);
#endif
	if (r == NULL) {
		resource_list_delete(&di->resources, SYS_RES_MEMORY, rid);
		return (NULL);
	}
	cmd = pci_read_config(di->dev, PCIR_COMMAND, 2);
	pci_write_config(di->dev, PCIR_COMMAND, cmd & ~PCIM_CMD_MEMEN, 2);
	pci_write_bar(di->dev, rid, pm, rman_get_start(r));
	pci_write_config(di->dev, PCIR_COMMAND, cmd, 2);
	return (r);
}

/*
 * Note a BAR; how many registers it takes.  Firmware's addresses are kept.  One
 * without an address waits until its driver asks for it.
 */
static int
pci_add_map(device_t bus, struct pci_devinfo *di, int bar)
{
	struct pci_map *pm = &di->map[bar];
	uint64_t base, map, testval;
	int size;

	pci_read_bar(di->dev, PCIR_BAR(bar), &map, &testval);
	size = pci_map_log2(testval);
	if (!PCI_BAR_MEM(map) || size < 4)
		return (pci_bar_is_64(map) ? 2 : 1);
	pm->value = map;
	pm->size = size;
	base = map & PCIM_BAR_MEM_BASE;
	if (base != 0 && map != testval) {
		pci_set_command_bit(di->dev, PCIM_CMD_MEMEN);
		if (pci_reserve_bar(bus, di, bar, base,
		    base + ((rman_res_t)1 << size) - 1) == NULL)
			pci_clear_command_bit(di->dev, PCIM_CMD_MEMEN);
	}
	return (pci_bar_is_64(map) ? 2 : 1);
}

static void
pci_assign_interrupt(device_t bus, struct pci_devinfo *di)
{
	int irq;

	if (di->intpin == 0)
		return;
	irq = PCIB_ROUTE_INTERRUPT(device_get_parent(bus), di->dev,
	    di->intpin);
	if (!PCI_INTERRUPT_VALID(irq))
		return;
	if (irq != di->intline) {
		di->intline = irq;
		pci_write_config(di->dev, PCIR_INTLINE, irq, 1);
	}
	resource_list_add(&di->resources, SYS_RES_IRQ, 0, irq, irq, 1);
}

static void
pci_add_resources(device_t bus, struct pci_devinfo *di)
{
	if (di->hdrtype != PCIM_HDRTYPE_NORMAL)
		return;
	for (int bar = 0; bar <= PCIR_MAX_BAR_0;)
		bar += pci_add_map(bus, di, bar);
	pci_assign_interrupt(bus, di);
}

/*
 * The bus as a device
 */

static void
pci_add_function(device_t dev, int slot, int func)
{
	struct pci_devinfo *di;

	di = pci_read_device(dev, slot, func);
	pci_cfg_save(di->dev, di);
	pci_cfg_restore(di->dev, di);
	pci_clear_pme(di->dev);
	tk_fault_spare(true);
	pci_add_resources(dev, di);
	tk_fault_spare(false);
}

static void
pci_add_children(device_t dev)
{
	device_t pcib = device_get_parent(dev);
	int func, funcs, slot;

	for (slot = 0; slot <= PCI_SLOTMAX; slot++) {
		if (PCIB_READ_CONFIG(pcib, 0, slot, 0, PCIR_VENDOR, 2) ==
		    PCI_NONE)
			continue;
		funcs = (PCIB_READ_CONFIG(pcib, 0, slot, 0, PCIR_HDRTYPE, 1) &
		    PCIM_MFDEV) != 0 ? PCI_FUNCMAX : 0;
		for (func = 0; func <= funcs; func++)
			if (PCIB_READ_CONFIG(pcib, 0, slot, func, PCIR_VENDOR,
			    2) != PCI_NONE)
				pci_add_function(dev, slot, func);
	}
}

static int
pci_probe(device_t dev)
{
	device_set_desc(dev, "PCI bus");
	return (BUS_PROBE_GENERIC);
}

static int
pci_attach(device_t dev)
{
	pci_do_msi = pci_do_msix = 1;
	(void)getenv_int("hw.pci.enable_msi", &pci_do_msi);
	(void)getenv_int("hw.pci.enable_msix", &pci_do_msix);
	pci_add_children(dev);
	bus_attach_children(dev);
	return (0);
}

/*
 * The driver left, or did not attach.  FreeBSD takes back what it has kept, and
 * says so; subr_bus.c has stopped the run if that is a resource or a handler.
 */
static void
pci_child_detached(device_t dev, device_t child)
{
	struct pci_devinfo *di = device_get_ivars(child);

	if (di->msi.alloc != 0 || di->msix.alloc != 0)
		tk_stop("pci-message", "%s kept %d of its messages",
		    device_get_nameunit(child), di->msi.alloc + di->msix.alloc);
	pci_cfg_save(child, di);
}

static void
pci_child_deleted(device_t dev, device_t child)
{
	struct pci_devinfo *di = device_get_ivars(child);
	struct resource_list_entry *rle;

	pci_clear_command_bit(child, PCIM_CMD_MEMEN | PCIM_CMD_PORTEN |
	    PCIM_CMD_BUSMASTEREN);
	STAILQ_FOREACH(rle, &di->resources, link)
		if (rle->res != NULL)
			resource_list_unreserve(&di->resources, dev, child,
			    rle->type, rle->rid);
	resource_list_free(&di->resources);
	free(di, M_DEVBUF);
	device_set_ivars(child, NULL);
}

static void
pci_driver_added(device_t dev, driver_t *driver)
{
	device_t child;

	DEVICE_IDENTIFY(driver, dev);
	TAILQ_FOREACH(child, &dev->children, link) {
		if (device_get_state(child) != DS_NOTPRESENT)
			continue;
		pci_cfg_restore(child, device_get_ivars(child));
		if (device_probe_and_attach(child) != 0)
			pci_child_detached(dev, child);
	}
}

static void
pci_probe_nomatch(device_t dev, device_t child)
{
	struct pci_devinfo *di = device_get_ivars(child);

	device_printf(dev, "<vendor 0x%04x, device 0x%04x> at device %d.%d "
	    "(no driver attached)\n", di->vendor, di->device, di->slot,
	    di->func);
	pci_cfg_save(child, di);
}

static int
pci_print_child(device_t dev, device_t child)
{
	struct pci_devinfo *di = device_get_ivars(child);
	int length;

	length = bus_print_child_header(dev, child);
	length += resource_list_print_type(&di->resources, "mem",
	    SYS_RES_MEMORY, "%#jx");
	length += resource_list_print_type(&di->resources, "irq", SYS_RES_IRQ,
	    "%ju");
	length += printf(" at device %d.%d", di->slot, di->func);
	return (length + bus_print_child_footer(dev, child));
}

static int
pci_child_location(device_t dev, device_t child, struct sbuf *sb)
{
	struct pci_devinfo *di = device_get_ivars(child);

	sbuf_printf(sb, "slot=%d function=%d dbsf=pci0:0:%d:%d", di->slot,
	    di->func, di->slot, di->func);
	return (0);
}

static int
pci_child_pnpinfo(device_t dev, device_t child, struct sbuf *sb)
{
	struct pci_devinfo *di = device_get_ivars(child);

	sbuf_printf(sb, "vendor=0x%04x device=0x%04x subvendor=0x%04x "
	    "subdevice=0x%04x class=0x%02x%02x%02x", di->vendor, di->device,
	    di->subvendor, di->subdevice, di->baseclass, di->subclass,
	    di->progif);
	return (0);
}

static int
pci_read_ivar(device_t dev, device_t child, int index, uintptr_t *result)
{
	struct pci_devinfo *di = device_get_ivars(child);
	const uintptr_t value[] = {
		[PCI_IVAR_SUBVENDOR] = di->subvendor,
		[PCI_IVAR_SUBDEVICE] = di->subdevice,
		[PCI_IVAR_VENDOR] = di->vendor,
		[PCI_IVAR_DEVICE] = di->device,
		[PCI_IVAR_DEVID] = (uint32_t)di->device << 16 | di->vendor,
		[PCI_IVAR_CLASS] = di->baseclass,
		[PCI_IVAR_SUBCLASS] = di->subclass,
		[PCI_IVAR_PROGIF] = di->progif,
		[PCI_IVAR_REVID] = di->revid,
		[PCI_IVAR_INTPIN] = di->intpin,
		[PCI_IVAR_IRQ] = di->intline,
		[PCI_IVAR_SLOT] = di->slot,
		[PCI_IVAR_FUNCTION] = di->func,
		[PCI_IVAR_CMDREG] = di->cmdreg,
		[PCI_IVAR_CACHELNSZ] = di->cachelnsz,
		[PCI_IVAR_MINGNT] = di->mingnt,
		[PCI_IVAR_MAXLAT] = di->maxlat,
		[PCI_IVAR_LATTIMER] = di->lattimer,
	};

	*result = 0;
	if (index == PCI_IVAR_ETHADDR)
		return (EINVAL);
	if (index < 0 || (size_t)index >= nitems(value))
		return (ENOENT);
	*result = value[index];
	return (0);
}

static int
pci_write_ivar(device_t dev, device_t child, int index, uintptr_t value)
{
	return (index >= 0 && index <= PCI_IVAR_ETHADDR ? EINVAL : ENOENT);
}

/*
 * Resources, as drivers ask for them
 */

static struct resource_list *
pci_get_resource_list(device_t dev, device_t child)
{
	struct pci_devinfo *di = device_get_ivars(child);

	return (&di->resources);
}

/* A BAR that has no address yet gets one. */
static bool
pci_place_bar(device_t dev, struct pci_devinfo *di, int rid, rman_res_t start,
    rman_res_t end)
{
	int bar = PCI_RID2BAR(rid);

	if (resource_list_find(&di->resources, SYS_RES_MEMORY, rid) != NULL)
		return (true);
	return (rid % 4 == 0 && bar >= 0 && bar <= PCIR_MAX_BAR_0 &&
	    di->map[bar].size != 0 &&
	    pci_reserve_bar(dev, di, bar, start, end) != NULL);
}

static struct resource *
pci_alloc_resource(device_t dev, device_t child, int type, tk_rid_t rid,
    rman_res_t start, rman_res_t end, rman_res_t count, u_int flags)
{
	struct pci_devinfo *di;

	if (device_get_parent(child) != dev)
		return (bus_generic_alloc_resource(dev, child, type, rid,
		    start, end, count, flags));
	di = device_get_ivars(child);
	switch (type) {
	case SYS_RES_IRQ:
		if (TK_RID(rid) == 0 &&
		    (di->msi.alloc > 0 || di->msix.alloc > 0))
			return (NULL);
		break;
	case SYS_RES_MEMORY:
		if (!pci_place_bar(dev, di, TK_RID(rid), start, end))
			return (NULL);
		break;
	default:
		return (NULL);
	}
	return (resource_list_alloc(&di->resources, dev, child, type, rid,
	    start, end, count, flags));
}

static int
pci_activate_resource(device_t dev, device_t child, struct resource *r)
{
	int error;

	error = bus_generic_activate_resource(dev, child, r);
	if (error == 0 && device_get_parent(child) == dev &&
	    rman_get_type(r) == SYS_RES_MEMORY)
		error = PCI_ENABLE_IO(dev, child, SYS_RES_MEMORY);
	return (error);
}

/*
 * Suspend and resume
 */

/* The bridge may know a better state.  Functions without a driver stay. */
static void
pci_set_power_child(device_t dev, device_t child, int state)
{
	if (device_is_attached(child) &&
	    PCIB_POWER_FOR_SLEEP(device_get_parent(dev), child, &state) == 0)
		(void)pci_set_powerstate(child, state);
}

static struct resource *
pci_intx(device_t child)
{
	struct pci_devinfo *di = device_get_ivars(child);
	struct resource_list_entry *rle;

	rle = resource_list_find(&di->resources, SYS_RES_IRQ, 0);
	return (rle != NULL ? rle->res : NULL);
}

/*
 * The configuration is saved before the driver suspends, and INTx, which
 * another function may raise, is masked after that.
 */
static int
pci_suspend_child(device_t dev, device_t child)
{
	int error;

	pci_cfg_save(child, device_get_ivars(child));
	error = bus_generic_suspend_child(dev, child);
	if (error != 0)
		return (error);
	if (pci_intx(child) != NULL)
		(void)BUS_SUSPEND_INTR(dev, child, pci_intx(child));
	pci_set_power_child(dev, child, PCI_POWERSTATE_D3);
	return (0);
}

/* INTx is masked until the driver has resumed; messages are not. */
static int
pci_resume_child(device_t dev, device_t child)
{
	struct pci_devinfo *di = device_get_ivars(child);

	pci_set_power_child(dev, child, PCI_POWERSTATE_D0);
	pci_cfg_restore(child, di);
	pci_clear_pme(child);
	if (!device_is_attached(child))
		pci_cfg_save(child, di);
	(void)bus_generic_resume_child(dev, child);
	if (pci_intx(child) != NULL)
		(void)BUS_RESUME_INTR(dev, child, pci_intx(child));
	return (0);
}

const struct pci_device_table *
pci_match_device(device_t child, const struct pci_device_table *id,
    size_t nelt)
{
	const struct pci_devinfo *di = device_get_ivars(child);

	for (; nelt > 0; id++, nelt--)
		if ((!id->match_flag_vendor || id->vendor == di->vendor) &&
		    (!id->match_flag_device || id->device == di->device) &&
		    (!id->match_flag_subvendor ||
		    id->subvendor == di->subvendor) &&
		    (!id->match_flag_subdevice ||
		    id->subdevice == di->subdevice) &&
		    (!id->match_flag_class || id->class_id == di->baseclass) &&
		    (!id->match_flag_subclass ||
		    id->subclass == di->subclass) &&
		    (!id->match_flag_revid || id->revid == di->revid))
			return (id);
	return (NULL);
}

static device_method_t pci_methods[] = {
	DEVMETHOD(device_probe,		pci_probe),
	DEVMETHOD(device_attach,	pci_attach),
	DEVMETHOD(device_detach,	bus_generic_detach),
	DEVMETHOD(device_suspend,	bus_generic_suspend),
	DEVMETHOD(device_resume,	bus_generic_resume),
	DEVMETHOD(device_shutdown,	bus_generic_shutdown),

	DEVMETHOD(bus_print_child,	pci_print_child),
	DEVMETHOD(bus_probe_nomatch,	pci_probe_nomatch),
	DEVMETHOD(bus_driver_added,	pci_driver_added),
	DEVMETHOD(bus_child_detached,	pci_child_detached),
	DEVMETHOD(bus_child_deleted,	pci_child_deleted),
	DEVMETHOD(bus_child_location,	pci_child_location),
	DEVMETHOD(bus_child_pnpinfo,	pci_child_pnpinfo),
	DEVMETHOD(bus_read_ivar,	pci_read_ivar),
	DEVMETHOD(bus_write_ivar,	pci_write_ivar),
	DEVMETHOD(bus_get_resource_list, pci_get_resource_list),
	DEVMETHOD(bus_set_resource,	bus_generic_rl_set_resource),
	DEVMETHOD(bus_get_resource,	bus_generic_rl_get_resource),
	DEVMETHOD(bus_alloc_resource,	pci_alloc_resource),
	DEVMETHOD(bus_release_resource,	bus_generic_rl_release_resource),
	DEVMETHOD(bus_adjust_resource,	bus_generic_adjust_resource),
	DEVMETHOD(bus_activate_resource, pci_activate_resource),
	DEVMETHOD(bus_deactivate_resource, bus_generic_deactivate_resource),
	DEVMETHOD(bus_setup_intr,	pci_setup_intr),
	DEVMETHOD(bus_teardown_intr,	pci_teardown_intr),
	DEVMETHOD(bus_config_intr,	bus_generic_config_intr),
	DEVMETHOD(bus_suspend_child,	pci_suspend_child),
	DEVMETHOD(bus_resume_child,	pci_resume_child),

	DEVMETHOD(pci_read_config,	pci_read_config_method),
	DEVMETHOD(pci_write_config,	pci_write_config_method),
	DEVMETHOD(pci_get_powerstate,	pci_get_powerstate_method),
	DEVMETHOD(pci_set_powerstate,	pci_set_powerstate_method),
	DEVMETHOD(pci_enable_busmaster,	pci_enable_busmaster_method),
	DEVMETHOD(pci_disable_busmaster, pci_disable_busmaster_method),
	DEVMETHOD(pci_enable_io,	pci_enable_io_method),
	DEVMETHOD(pci_disable_io,	pci_disable_io_method),
	DEVMETHOD(pci_find_cap,		pci_find_cap_method),
	DEVMETHOD(pci_find_next_cap,	pci_find_next_cap_method),
	DEVMETHOD(pci_find_extcap,	pci_find_extcap_method),
	DEVMETHOD(pci_alloc_msi,	pci_alloc_msi_method),
	DEVMETHOD(pci_alloc_msix,	pci_alloc_msix_method),
	DEVMETHOD(pci_enable_msi,	pci_enable_msi_method),
	DEVMETHOD(pci_enable_msix,	pci_enable_msix_method),
	DEVMETHOD(pci_disable_msi,	pci_disable_msi_method),
	DEVMETHOD(pci_release_msi,	pci_release_msi_method),
	DEVMETHOD(pci_msi_count,	pci_msi_count_method),
	DEVMETHOD(pci_msix_count,	pci_msix_count_method),
	DEVMETHOD(pci_msix_pba_bar,	pci_msix_pba_bar_method),
	DEVMETHOD(pci_msix_table_bar,	pci_msix_table_bar_method),
	DEVMETHOD_END
};

DEFINE_CLASS_0(pci, pci_driver, pci_methods, 0);
DRIVER_MODULE(pci, pcib, pci_driver, NULL, NULL);
MODULE_VERSION(pci, 1);

struct _device *
tk_pci_function(struct _device *pcib, unsigned int devfn)
{
	const struct pci_devinfo *di;
	device_t bus, child;

	bus = TAILQ_FIRST(&pcib->children);
	TAILQ_FOREACH(child, &bus->children, link) {
		di = device_get_ivars(child);
		if (TK_PCI_DEVFN(di->slot, di->func) == devfn)
			return (child);
	}
	return (NULL);
}
