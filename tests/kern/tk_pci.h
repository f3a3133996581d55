/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The test kernel's PCI bus, seen from below.  A machine with one PCI bus (a
 * model's, or QEMU's behind qtest) is a table of operations.  Attaching it
 * makes a host bridge "pcib", a bus "pci" behind it, and a device for each
 * function that the bus finds.  Drivers of DRIVER_MODULE(x, pci, ...) probe
 * them.
 *
 * The bus does what FreeBSD 15's pci(4) does (sys/dev/pci/pci.c): sizes BARs
 * and gives them addresses, enables decoding when a driver activates a BAR,
 * leaves bus mastering to the driver, refuses MSI while INTx is allocated and
 * INTx while MSI is, refuses to release messages in use, saves and restores
 * the configuration around suspend, and uses power management where a function
 * has it.  hw.pci.enable_msi and hw.pci.enable_msix are FreeBSD's tunables.
 *
 * Left out: I/O ports, bridges behind the host bridge, ROMs, VPD, ARI,
 * HyperTransport, virtual functions, and the list of machines on which FreeBSD
 * does not use MSI.
 *
 * Rules that stop a program ("tk: RULE: ..."):
 *   pci-config		configuration access of a bad width, misaligned, or
 *			past the end of the space
 *   pci-message	a driver that detached, or did not attach, and kept its
 *			messages; FreeBSD says so and takes them back
 *
 * Both sides of the gate may include this header; struct _device is FreeBSD's
 * device_t.
 */

#ifndef _TK_PCI_H_
#define	_TK_PCI_H_

#include <stdbool.h>
#include <stdint.h>

struct _device;

#define	TK_PCI_LINES	4		/* that INTx pins are routed to */
#define	TK_PCI_MESSAGES	64		/* that a machine's bridge can map */
#define	TK_PCI_DEVFN(slot, func)	((unsigned int)(slot) << 3 | (func))

/*
 * A machine.  Each operation gets the pointer that was given to
 * tk_pci_attach().  All but bind are called by kernel threads in any context
 * with any locks held.  So they may not sleep on kernel primitives or call the
 * driver.  They may raise interrupts as the operations of a struct tk_mmio_ops
 * may.
 */
struct tk_pci_ops {
	const char *name;
	/*
	 * The bridge to raise interrupts on, before any other operation; NULL
	 * when the bridge is gone: on return nothing is raised any more.  May
	 * sleep.
	 */
	void	(*bind)(void *, struct _device *pcib);
	/*
	 * Configuration space: 1, 2 or 4 bytes, aligned.  A function that is
	 * not there reads all ones.
	 */
	uint32_t (*read_config)(void *, unsigned int devfn, unsigned int reg,
		    unsigned int width);
	void	(*write_config)(void *, unsigned int devfn, unsigned int reg,
		    unsigned int width, uint32_t value);
	/*
	 * Memory at an address of the window: 1, 2, 4 or 8 bytes, aligned.
	 * What nobody decodes is the machine's affair.
	 */
	uint64_t (*read)(void *, uint64_t addr, unsigned int width);
	void	(*write)(void *, uint64_t addr, unsigned int width,
		    uint64_t value);
	/* The line of pin 1 (INTA) to 4 of a function. */
	unsigned int (*route)(void *, unsigned int devfn, unsigned int pin);
};

struct tk_pci_machine {
	const struct tk_pci_ops *ops;
	void		*arg;
	uint64_t	 window;	/* where BARs are placed */
	uint64_t	 window_size;	/* bytes */
	/*
	 * The address of message number n is messages + n * stride.  A function
	 * that is given several messages gets the address of the first.
	 */
	uint64_t	 messages;
	uint64_t	 stride;
	/* Most messages of one function's MSI: 1 to 32. */
	int		 max_msi;
};

/*
 * Create the bridge and the bus, and attach drivers to all functions.  NULL
 * without memory.  For a kernel thread that may sleep and holds no lock.  *m
 * stays until the bridge is gone.
 */
struct _device *tk_pci_attach(const struct tk_pci_machine *m);

/* Detach and delete it all.  Returns 0, or a driver's refusal. */
int	tk_pci_detach(struct _device *pcib);

/*
 * The device of a function, with or without a driver; NULL: there is none.
 * Attach, detach, suspend and resume it with tk_device_attach() and its like.
 */
struct _device *tk_pci_function(struct _device *pcib, unsigned int devfn);

/*
 * Raise and lower a line, or deliver a message.  For any agent, host thread or
 * kernel thread that may raise an interrupt (tk_irq_raise()).
 */
void	tk_pci_line(struct _device *pcib, unsigned int line, bool up);
void	tk_pci_message(struct _device *pcib, uint32_t data);

/* Interrupts that reached the bridge, and those with nobody to get them. */
struct tk_pci_stats {
	uint64_t	lines;		/* times that a line went up */
	uint64_t	messages;
	uint64_t	lost_messages;	/* of numbers that are not mapped */
};
struct tk_pci_stats tk_pci_stats(struct _device *pcib);

#endif /* !_TK_PCI_H_ */
