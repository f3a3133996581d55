/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the files of the PCI bus share: what it knows of a function (FreeBSD's
 * struct pci_devinfo), and the parts of pci.c, pci_cfg.c and pci_msi.c.
 */

#ifndef _PCI_VAR_H_
#define	_PCI_VAR_H_

#include <sys/param.h>
#include <sys/bus.h>
#include <sys/rman.h>

#include <dev/pci/pcireg.h>
#include <dev/pci/pcivar.h>

#define	PCI_MAX_MSI	32	/* messages of one function's MSI */

/* A BAR. */
struct pci_map {
	uint64_t	 value;		/* of the register, or both of them */
	int		 size;		/* log2 of bytes; 0: no BAR */
};

struct pcicfg_msi {
	int		 location;	/* 0: no capability */
	uint16_t	 ctrl;
	int		 alloc;		/* messages allocated */
	int		 handlers;	/* set up on them */
	uint64_t	 addr;		/* 0: not mapped */
	uint16_t	 data;
};

/* An entry of the table of MSI-X, as far as it was allocated. */
struct msix_entry {
	int		 irq;
	int		 handlers;
	uint64_t	 addr;		/* 0: not mapped */
	uint32_t	 data;
};

struct pcicfg_msix {
	int		 location;	/* 0: no capability */
	uint16_t	 ctrl;
	int		 table_bar;	/* rid */
	int		 pba_bar;
	uint32_t	 table_offset;
	uint32_t	 pba_offset;
	struct resource	*table_res;	/* the driver's, while allocated */
	struct resource	*pba_res;
	int		 alloc;
	struct msix_entry *entry;	/* alloc of them */
};

struct pci_devinfo {
	struct resource_list resources;
	device_t	 dev;
	uint8_t		 slot;
	uint8_t		 func;
	uint16_t	 vendor, device, subvendor, subdevice;
	uint8_t		 baseclass, subclass, progif, revid;
	uint8_t		 hdrtype;	/* without PCIM_MFDEV */
	uint16_t	 cmdreg;	/* saved */
	uint8_t		 intline, intpin, cachelnsz, lattimer;
	uint8_t		 mingnt, maxlat;
	struct pci_map	 map[PCIR_MAX_BAR_0 + 1];
	int		 pp_location;	/* power management; 0: none */
	int		 pcie_location;	/* 0: conventional */
	uint16_t	 pp_cap;
	struct pcicfg_msi msi;
	struct pcicfg_msix msix;
};

extern int pci_do_msi;			/* tunables */
extern int pci_do_msix;

/* Registers and state: pci_cfg.c */
struct pci_devinfo *pci_read_device(device_t bus, int slot, int func);
void	pci_cfg_save(device_t, struct pci_devinfo *);
void	pci_cfg_restore(device_t, struct pci_devinfo *);
void	pci_read_bar(device_t, int reg, uint64_t *map, uint64_t *testval);
void	pci_write_bar(device_t, int reg, struct pci_map *, uint64_t base);
bool	pci_bar_is_64(uint64_t map);
void	pci_clear_pme(device_t);
void	pci_set_command_bit(device_t child, uint16_t bit);
void	pci_clear_command_bit(device_t child, uint16_t bit);
pci_read_config_t pci_read_config_method;
pci_write_config_t pci_write_config_method;
pci_get_powerstate_t pci_get_powerstate_method;
pci_set_powerstate_t pci_set_powerstate_method;
pci_enable_busmaster_t pci_enable_busmaster_method;
pci_disable_busmaster_t pci_disable_busmaster_method;
pci_enable_io_t pci_enable_io_method;
pci_disable_io_t pci_disable_io_method;
pci_find_cap_t pci_find_cap_method;
pci_find_next_cap_t pci_find_next_cap_method;
pci_find_extcap_t pci_find_extcap_method;

/* Messages and handlers: pci_msi.c */
void	pci_resume_msi(device_t);
void	pci_resume_msix(device_t);
pci_alloc_msi_t	pci_alloc_msi_method;
pci_alloc_msix_t pci_alloc_msix_method;
pci_enable_msi_t pci_enable_msi_method;
pci_enable_msix_t pci_enable_msix_method;
pci_disable_msi_t pci_disable_msi_method;
pci_release_msi_t pci_release_msi_method;
pci_msi_count_t	pci_msi_count_method;
pci_msix_count_t pci_msix_count_method;
pci_msix_pba_bar_t pci_msix_pba_bar_method;
pci_msix_table_bar_t pci_msix_table_bar_method;
bus_setup_intr_t pci_setup_intr;
bus_teardown_intr_t pci_teardown_intr;

#endif /* !_PCI_VAR_H_ */
