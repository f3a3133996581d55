/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The host bridge over a struct tk_pci_machine: configuration space, the
 * window of memory, and the interrupt lines and messages that come from the
 * functions.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/rman.h>

#include <dev/pci/pcireg.h>
#include <dev/pci/pcivar.h>
#include <machine/bus.h>
#include <machine/resource.h>

#include "pcib_if.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_bus_var.h"
#include "tk_pci.h"

/* Interrupt numbers of lines fit into a register of 8 bits. */
#define	PCIB_FIRST_LINE		32
#define	PCIB_LAST_LINE		254
#define	PCIB_FIRST_MESSAGE	1024
#define	PCIB_LAST_MESSAGE	2047

/* A message carries its number here; FreeBSD's numbers are not 0 either. */
#define	PCIB_DATA		0x4000

struct pcib_irq {
	struct tk_irq	*irq;		/* NULL: free */
	u_int		 number;
};

struct pcib_softc {
	const struct tk_pci_machine *m;
	struct tk_mmio	*window;
	struct pcib_irq	 line[TK_PCI_LINES];
	struct pcib_irq	 message[TK_PCI_MESSAGES];	/* (tk_lock()) */
	struct tk_pci_stats stats;			/* atomic */
};

/*
 * Interrupts
 */

static int
pcib_new_irq(struct pcib_irq *p, const char *name, u_int first, u_int last,
    enum tk_irq_trigger trigger)
{
	u_int n;

	for (n = first; n <= last && tk_irq_lookup(n) != NULL; n++)
		;
	if (n > last)
		return (ENXIO);
	p->number = n;
	p->irq = tk_irq_add(name, n, trigger);
	return (p->irq != NULL ? 0 : ENXIO);
}

static void
pcib_drop_irq(struct pcib_irq *p)
{
	struct tk_irq *irq = p->irq;

	if (irq == NULL)
		return;
	tk_lock();
	p->irq = NULL;
	tk_unlock();
	tk_irq_remove(irq);
}

static int
pcib_route_interrupt(device_t pcib, device_t dev, int pin)
{
	struct pcib_softc *sc = device_get_softc(pcib);
	unsigned int line;

	line = sc->m->ops->route(sc->m->arg, TK_PCI_DEVFN(pci_get_slot(dev),
	    pci_get_function(dev)), pin);
	return (line < TK_PCI_LINES ? (int)sc->line[line].number :
	    PCI_INVALID_IRQ);
}

/* A free block of count numbers, aligned, or -1. */
static int
pcib_find_messages(const struct pcib_softc *sc, int count)
{
	int free, i, n;

	for (n = 0; n + count <= TK_PCI_MESSAGES; n += count) {
		for (free = i = 0; i < count; i++)
			free += sc->message[n + i].irq == NULL;
		if (free == count)
			return (n);
	}
	return (-1);
}

static int
pcib_alloc(struct pcib_softc *sc, int count, int *irqs)
{
	char name[16];
	int error, i, n;

	n = pcib_find_messages(sc, count);
	if (n < 0)
		return (ENXIO);
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "pci:msg%d", n + i);
		error = pcib_new_irq(&sc->message[n + i], name,
		    PCIB_FIRST_MESSAGE, PCIB_LAST_MESSAGE, TK_IRQ_EDGE);
		if (error != 0) {
			while (i-- > 0)
				pcib_drop_irq(&sc->message[n + i]);
			return (error);
		}
		irqs[i] = sc->message[n + i].number;
	}
	return (0);
}

static int
pcib_alloc_msi(device_t pcib, device_t dev, int count, int maxcount,
    int *irqs)
{
	struct pcib_softc *sc = device_get_softc(pcib);

	if (count > sc->m->max_msi)
		return (ENXIO);
	return (pcib_alloc(sc, count, irqs));
}

static int
pcib_alloc_msix(device_t pcib, device_t dev, int *irq)
{
	return (pcib_alloc(device_get_softc(pcib), 1, irq));
}

static int
pcib_message_of(const struct pcib_softc *sc, int irq)
{
	for (int n = 0; n < TK_PCI_MESSAGES; n++)
		if (sc->message[n].irq != NULL &&
		    sc->message[n].number == (u_int)irq)
			return (n);
	panic("%s: irq%d is no message", __func__, irq);
}

static int
pcib_release_msi(device_t pcib, device_t dev, int count, int *irqs)
{
	struct pcib_softc *sc = device_get_softc(pcib);

	for (int i = 0; i < count; i++)
		pcib_drop_irq(&sc->message[pcib_message_of(sc, irqs[i])]);
	return (0);
}

static int
pcib_release_msix(device_t pcib, device_t dev, int irq)
{
	return (pcib_release_msi(pcib, dev, 1, &irq));
}

static int
pcib_map_msi(device_t pcib, device_t dev, int irq, uint64_t *addr,
    uint32_t *data)
{
	struct pcib_softc *sc = device_get_softc(pcib);
	int n = pcib_message_of(sc, irq);

	if (tk_fault("pcib_map_msi"))
		return (ENXIO);
	*addr = sc->m->messages + n * sc->m->stride;
	*data = PCIB_DATA | n;
	return (0);
}

static int
pcib_power_for_sleep(device_t pcib, device_t dev, int *pstate)
{
	return (0);
}

void
tk_pci_line(struct _device *pcib, unsigned int line, bool up)
{
	struct pcib_softc *sc = device_get_softc(pcib);

	if (up) {
		__atomic_fetch_add(&sc->stats.lines, 1, __ATOMIC_RELAXED);
		tk_irq_raise(sc->line[line].irq);
	} else
		tk_irq_lower(sc->line[line].irq);
}

void
tk_pci_message(struct _device *pcib, uint32_t data)
{
	struct pcib_softc *sc = device_get_softc(pcib);
	struct tk_irq *irq = NULL;
	uint32_t n = data & ~PCIB_DATA;

	__atomic_fetch_add(&sc->stats.messages, 1, __ATOMIC_RELAXED);
	if ((data & PCIB_DATA) != 0 && n < TK_PCI_MESSAGES) {
		tk_lock();
		irq = sc->message[n].irq;
		tk_unlock();
	}
	if (irq != NULL)
		tk_irq_raise(irq);
	else
		__atomic_fetch_add(&sc->stats.lost_messages, 1,
		    __ATOMIC_RELAXED);
}

struct tk_pci_stats
tk_pci_stats(struct _device *pcib)
{
	struct pcib_softc *sc = device_get_softc(pcib);

	return ((struct tk_pci_stats){
		.lines = __atomic_load_n(&sc->stats.lines, __ATOMIC_RELAXED),
		.messages = __atomic_load_n(&sc->stats.messages,
		    __ATOMIC_RELAXED),
		.lost_messages = __atomic_load_n(&sc->stats.lost_messages,
		    __ATOMIC_RELAXED),
	});
}

/*
 * Configuration space and memory
 */

static void
pcib_check_config(device_t pcib, u_int reg, int width)
{
	if ((width != 1 && width != 2 && width != 4) || reg % width != 0 ||
	    reg > PCIE_REGMAX)
		tk_stop("pci-config", "%d bytes at %#x", width, reg);
}

static uint32_t
pcib_read_config(device_t pcib, u_int bus, u_int slot, u_int func, u_int reg,
    int width)
{
	struct pcib_softc *sc = device_get_softc(pcib);
	uint32_t val;

	pcib_check_config(pcib, reg, width);
	tk_preempt();
	val = sc->m->ops->read_config(sc->m->arg, TK_PCI_DEVFN(slot, func),
	    reg, width);
	return (width == 4 ? val : val & ((1u << 8 * width) - 1));
}

static void
pcib_write_config(device_t pcib, u_int bus, u_int slot, u_int func, u_int reg,
    uint32_t value, int width)
{
	struct pcib_softc *sc = device_get_softc(pcib);

	pcib_check_config(pcib, reg, width);
	tk_preempt();
	sc->m->ops->write_config(sc->m->arg, TK_PCI_DEVFN(slot, func), reg,
	    width, value);
}

static uint64_t
pcib_window_read(void *arg, uint64_t offset, unsigned int width)
{
	const struct tk_pci_machine *m = arg;

	return (m->ops->read(m->arg, m->window + offset, width));
}

static void
pcib_window_write(void *arg, uint64_t offset, unsigned int width,
    uint64_t value)
{
	const struct tk_pci_machine *m = arg;

	m->ops->write(m->arg, m->window + offset, width, value);
}

static const struct tk_mmio_ops pcib_window_ops = {
	.read = pcib_window_read,
	.write = pcib_window_write,
};

/* BARs go into the window, wherever a driver may say. */
static struct resource *
pcib_alloc_resource(device_t dev, device_t child, int type, tk_rid_t rid,
    rman_res_t start, rman_res_t end, rman_res_t count, u_int flags)
{
	struct pcib_softc *sc = device_get_softc(dev);

	if (type == SYS_RES_MEMORY) {
		start = MAX(start, sc->m->window);
		end = MIN(end, sc->m->window + sc->m->window_size - 1);
		if (start > end)
			return (NULL);
	}
	return (bus_generic_alloc_resource(dev, child, type, rid, start, end,
	    count, flags));
}

/*
 * The bridge as a device
 */

static int
pcib_probe(device_t dev)
{
	if (device_get_ivars(dev) == NULL)
		return (ENXIO);
	device_set_desc(dev, "PCI host bridge of the test kernel");
	return (BUS_PROBE_DEFAULT);
}

static void
pcib_undo(device_t dev)
{
	struct pcib_softc *sc = device_get_softc(dev);

	sc->m->ops->bind(sc->m->arg, NULL);
	for (int i = 0; i < TK_PCI_LINES; i++)
		pcib_drop_irq(&sc->line[i]);
	if (sc->window != NULL)
		tk_mmio_remove(sc->window);
}

static int
pcib_attach(device_t dev)
{
	struct pcib_softc *sc = device_get_softc(dev);
	char name[16];
	int error, i;

	sc->m = device_get_ivars(dev);
	for (i = 0, error = 0; i < TK_PCI_LINES && error == 0; i++) {
		snprintf(name, sizeof(name), "pci:int%c", 'a' + i);
		error = pcib_new_irq(&sc->line[i], name, PCIB_FIRST_LINE,
		    PCIB_LAST_LINE, TK_IRQ_LEVEL);
	}
	sc->m->ops->bind(sc->m->arg, dev);
	sc->window = tk_mmio_add("PCI memory", sc->m->window,
	    sc->m->window_size, &pcib_window_ops, (void *)(uintptr_t)sc->m);
	if (error == 0 && (sc->window == NULL ||
	    device_add_child(dev, "pci", DEVICE_UNIT_ANY) == NULL))
		error = ENOMEM;
	if (error != 0) {
		pcib_undo(dev);
		return (error);
	}
	bus_attach_children(dev);
	return (0);
}

static int
pcib_detach(device_t dev)
{
	int error;

	error = bus_generic_detach(dev);
	if (error == 0)
		pcib_undo(dev);
	return (error);
}

static device_method_t pcib_methods[] = {
	DEVMETHOD(device_probe,		pcib_probe),
	DEVMETHOD(device_attach,	pcib_attach),
	DEVMETHOD(device_detach,	pcib_detach),
	DEVMETHOD(device_suspend,	bus_generic_suspend),
	DEVMETHOD(device_resume,	bus_generic_resume),
	DEVMETHOD(device_shutdown,	bus_generic_shutdown),

	DEVMETHOD(bus_alloc_resource,	pcib_alloc_resource),
	DEVMETHOD(bus_release_resource,	bus_generic_release_resource),
	DEVMETHOD(bus_adjust_resource,	bus_generic_adjust_resource),
	DEVMETHOD(bus_activate_resource, bus_generic_activate_resource),
	DEVMETHOD(bus_deactivate_resource, bus_generic_deactivate_resource),
	DEVMETHOD(bus_setup_intr,	bus_generic_setup_intr),
	DEVMETHOD(bus_teardown_intr,	bus_generic_teardown_intr),
	DEVMETHOD(bus_config_intr,	bus_generic_config_intr),

	DEVMETHOD(pcib_read_config,	pcib_read_config),
	DEVMETHOD(pcib_write_config,	pcib_write_config),
	DEVMETHOD(pcib_route_interrupt,	pcib_route_interrupt),
	DEVMETHOD(pcib_alloc_msi,	pcib_alloc_msi),
	DEVMETHOD(pcib_release_msi,	pcib_release_msi),
	DEVMETHOD(pcib_alloc_msix,	pcib_alloc_msix),
	DEVMETHOD(pcib_release_msix,	pcib_release_msix),
	DEVMETHOD(pcib_map_msi,		pcib_map_msi),
	DEVMETHOD(pcib_power_for_sleep,	pcib_power_for_sleep),
	DEVMETHOD_END
};

DEFINE_CLASS_0(pcib, pcib_driver, pcib_methods, sizeof(struct pcib_softc));
DRIVER_MODULE(pcib, nexus, pcib_driver, NULL, NULL);
MODULE_VERSION(pcib, 1);

struct _device *
tk_pci_attach(const struct tk_pci_machine *m)
{
	device_t pcib;

	bus_topo_lock();
	pcib = device_add_child(tk_nexus(), "pcib", DEVICE_UNIT_ANY);
	if (pcib != NULL) {
		device_set_ivars(pcib, (void *)(uintptr_t)m);
		if (device_probe_and_attach(pcib) != 0) {
			device_delete_child(tk_nexus(), pcib);
			pcib = NULL;
		}
	}
	bus_topo_unlock();
	return (pcib);
}

int
tk_pci_detach(struct _device *pcib)
{
	int error;

	bus_topo_lock();
	error = device_detach(pcib);
	if (error == 0)
		error = device_delete_child(tk_nexus(), pcib);
	bus_topo_unlock();
	return (error);
}
