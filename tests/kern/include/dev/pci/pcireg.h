/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Registers of PCI configuration space, by FreeBSD's names: the header of a
 * device, power management, MSI and MSI-X.  Bridges are left out.
 */

#ifndef _DEV_PCI_PCIREG_H_
#define	_DEV_PCI_PCIREG_H_

#define	PCI_DOMAINMAX	65535
#define	PCI_BUSMAX	255
#define	PCI_SLOTMAX	31
#define	PCI_FUNCMAX	7
#define	PCI_REGMAX	255	/* conventional configuration space */
#define	PCIE_REGMAX	4095

#define	PCIR_DEVVENDOR	0x00
#define	PCIR_VENDOR	0x00
#define	PCIR_DEVICE	0x02
#define	PCIR_COMMAND	0x04
#define	PCIM_CMD_PORTEN		0x0001
#define	PCIM_CMD_MEMEN		0x0002
#define	PCIM_CMD_BUSMASTEREN	0x0004
#define	PCIM_CMD_INTxDIS	0x0400
#define	PCIR_STATUS	0x06
#define	PCIM_STATUS_INTxSTATE	0x0008
#define	PCIM_STATUS_CAPPRESENT	0x0010
#define	PCIR_REVID	0x08
#define	PCIR_PROGIF	0x09
#define	PCIR_SUBCLASS	0x0a
#define	PCIR_CLASS	0x0b
#define	PCIR_CACHELNSZ	0x0c
#define	PCIR_LATTIMER	0x0d
#define	PCIR_HDRTYPE	0x0e
#define	PCIM_HDRTYPE		0x7f
#define	PCIM_HDRTYPE_NORMAL	0x00
#define	PCIM_HDRTYPE_BRIDGE	0x01
#define	PCIM_MFDEV		0x80

#define	PCIR_BARS	0x10
#define	PCIR_BAR(x)	(PCIR_BARS + (x) * 4)
#define	PCIR_MAX_BAR_0	5
#define	PCI_RID2BAR(rid) (((rid) - PCIR_BARS) / 4)
#define	PCI_BAR_IO(x)	(((x) & PCIM_BAR_SPACE) == PCIM_BAR_IO_SPACE)
#define	PCI_BAR_MEM(x)	(((x) & PCIM_BAR_SPACE) == PCIM_BAR_MEM_SPACE)
#define	PCIM_BAR_SPACE		0x00000001
#define	PCIM_BAR_MEM_SPACE	0
#define	PCIM_BAR_IO_SPACE	1
#define	PCIM_BAR_MEM_TYPE	0x00000006
#define	PCIM_BAR_MEM_32		0
#define	PCIM_BAR_MEM_64		4
#define	PCIM_BAR_MEM_PREFETCH	0x00000008
#define	PCIM_BAR_MEM_BASE	0xfffffffffffffff0ULL

#define	PCIR_SUBVEND_0	0x2c
#define	PCIR_SUBDEV_0	0x2e
#define	PCIR_CAP_PTR	0x34
#define	PCIR_INTLINE	0x3c
#define	PCIR_INTPIN	0x3d
#define	PCIR_MINGNT	0x3e
#define	PCIR_MAXLAT	0x3f

/* Capabilities. */
#define	PCICAP_ID	0x0
#define	PCICAP_NEXTPTR	0x1
#define	PCIY_PMG	0x01
#define	PCIY_MSI	0x05
#define	PCIY_VENDOR	0x09
#define	PCIY_EXPRESS	0x10
#define	PCIY_MSIX	0x11

/* Capabilities in the extended space of PCI Express. */
#define	PCIR_EXTCAP	0x100
#define	PCIM_EXTCAP_ID		0x0000ffff
#define	PCIM_EXTCAP_VER		0x000f0000
#define	PCIM_EXTCAP_NEXTPTR	0xfff00000
#define	PCI_EXTCAP_ID(ecap)	((ecap) & PCIM_EXTCAP_ID)
#define	PCI_EXTCAP_NEXTPTR(ecap) (((ecap) & PCIM_EXTCAP_NEXTPTR) >> 20)

/* Power management. */
#define	PCIR_POWER_CAP		0x2
#define	PCIM_PCAP_D1SUPP	0x0200
#define	PCIM_PCAP_D2SUPP	0x0400
#define	PCIR_POWER_STATUS	0x4
#define	PCIM_PSTAT_D0		0x0000
#define	PCIM_PSTAT_D1		0x0001
#define	PCIM_PSTAT_D2		0x0002
#define	PCIM_PSTAT_D3		0x0003
#define	PCIM_PSTAT_DMASK	0x0003
#define	PCIM_PSTAT_NOSOFTRESET	0x0008
#define	PCIM_PSTAT_PMEENABLE	0x0100
#define	PCIM_PSTAT_PME		0x8000

/* MSI. */
#define	PCIR_MSI_CTRL		0x2
#define	PCIM_MSICTRL_VECTOR	0x0100
#define	PCIM_MSICTRL_64BIT	0x0080
#define	PCIM_MSICTRL_MME_MASK	0x0070
#define	PCIM_MSICTRL_MMC_MASK	0x000E
#define	PCIM_MSICTRL_MSI_ENABLE	0x0001
#define	PCI_MSI_MSGNUM(ctrl)						\
	(1 << (((ctrl) & PCIM_MSICTRL_MMC_MASK) >> 1))
#define	PCIR_MSI_ADDR		0x4
#define	PCIR_MSI_ADDR_HIGH	0x8
#define	PCIR_MSI_DATA		0x8
#define	PCIR_MSI_DATA_64BIT	0xc

/* MSI-X. */
#define	PCIR_MSIX_CTRL		0x2
#define	PCIM_MSIXCTRL_MSIX_ENABLE	0x8000
#define	PCIM_MSIXCTRL_FUNCTION_MASK	0x4000
#define	PCIM_MSIXCTRL_TABLE_SIZE	0x07FF
#define	PCI_MSIX_MSGNUM(ctrl)	(((ctrl) & PCIM_MSIXCTRL_TABLE_SIZE) + 1)
#define	PCIR_MSIX_TABLE		0x4
#define	PCIR_MSIX_PBA		0x8
#define	PCIM_MSIX_BIR_MASK	0x7
#define	PCIM_MSIX_VCTRL_MASK	0x1

#endif /* !_DEV_PCI_PCIREG_H_ */
