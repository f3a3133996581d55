/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The start and the end of a test on a PCI device of QEMU's own, in real time.
 * For cases of TK_CASE_UNBOOTED().
 *
 *	pci_qtest_boot("edu,addr=1");
 *	dev = pci_qtest_attach(1);
 *	TK_CHECK(tk_device_attached(dev));
 *	...
 *	pci_qtest_down();
 */
#ifndef _PCI_QTEST_H_
#define	_PCI_QTEST_H_

struct _device;

/* The bridge, between attach and down. */
extern struct _device *pci_qtest_pcib;

/*
 * Start QEMU with this device, which is as QEMU's -device has it, and boot on
 * QEMU's memory.  Skips the test if QEMU or the device is not installed.
 */
void	pci_qtest_boot(const char *device);

/*
 * Find the functions on the bus, and attach their drivers.
 *
 * Returns: function 0 of the slot, with a driver or without.
 */
struct _device *pci_qtest_attach(unsigned int slot);

/*
 * The machine boots again, as after a reset: detach the drivers, and attach
 * them anew.  A device that has QEMU reset its machine, as a watchdog does,
 * also takes the BARs' addresses away.
 *
 * Returns: as pci_qtest_attach().
 */
struct _device *pci_qtest_again(unsigned int slot);

/* Detach the drivers, shut the kernel down, and stop QEMU. */
void	pci_qtest_down(void);

#endif /* !_PCI_QTEST_H_ */
