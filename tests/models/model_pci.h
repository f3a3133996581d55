/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A machine with a PCI bus of models: each function has a configuration space
 * of 256 bytes, memory BARs, an INTx pin, and if it says so MSI, MSI-X and
 * power management (PCI Local Bus 3.0; PCI Bus Power Management 1.2).  What a
 * BAR holds, and what the function does with memory, is the model's.
 *
 * As on hardware: a BAR decodes only while memory decoding is on and the
 * function is in D0; without bus mastering the function reads zeros, and its
 * writes and messages are lost; while MSI or MSI-X is enabled the pin is not
 * driven.  What nobody decodes reads all ones.
 */

#ifndef _MODEL_PCI_H_
#define	_MODEL_PCI_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tk_pci.h"

#define	MODEL_PCI_BARS		6
#define	MODEL_PCI_FUNCS		8	/* of a machine */
#define	MODEL_PCI_VECTORS	8	/* of a function's MSI-X */
#define	MODEL_PCI_CONFIG	256	/* bytes */

struct tk_devlock;

/* What a function says of itself. */
struct model_pci_config {
	uint16_t	 vendor, device, subvendor, subdevice;
	uint32_t	 class;		/* base class, subclass, interface */
	uint8_t		 revid;
	uint8_t		 pin;		/* 1 to 4; 0: no INTx */
	struct {
		uint64_t size;		/* a power of two; 0: no BAR */
		bool	 wide;		/* 64 bits: takes the next one, too */
		bool	 prefetch;
	}		 bar[MODEL_PCI_BARS];
	int		 msi;	/* messages, a power of two; 0: none */
	int		 msix;		/* vectors; 0: none */
	int		 msix_bar;
	uint32_t	 msix_offset;	/* the table, then pending bits */
	bool		 pm;	/* D3hot, and a reset on the way to D0 */
};

/*
 * The function's registers, as struct tk_mmio_ops has them.  reset is called
 * when the function comes back from D3hot; it may be NULL.
 */
struct model_pci_ops {
	uint64_t (*read)(void *, int bar, uint64_t off, unsigned int width);
	void	(*write)(void *, int bar, uint64_t off, unsigned int width,
		    uint64_t value);
	void	(*reset)(void *);
};

struct model_pci;

/*
 * After model_pci_add(), a model may set values in config and, for registers of
 * its own, the bits in writable that the driver can change.  It is not called
 * when these registers are accessed.
 */
struct model_pci_func {
	struct model_pci *pci;
	unsigned int	 devfn;
	struct model_pci_config c;
	const struct model_pci_ops *ops;
	void		*arg;
	uint8_t		 config[MODEL_PCI_CONFIG];
	uint8_t		 writable[MODEL_PCI_CONFIG];	/* bits */
	uint32_t	 table[MODEL_PCI_VECTORS][4];	/* of MSI-X */
	uint32_t	 pending;	/* of MSI-X */
	int		 msi_cap, msix_cap, pm_cap;	/* 0: none */
	bool		 asserted;	/* what the model wants of its pin */
	bool		 driven;	/* what the line sees of it */
	uint64_t	 resets;	/* on the way from D3hot */
	uint64_t	 lost_dma;	/* accesses with bus mastering off */
	uint64_t	 lost_messages;	/* likewise, or not enabled */
};

/* A machine without functions; add them before tk_pci_attach(). */
struct model_pci *model_pci_create(void);
/* When the bridge is gone. */
void	model_pci_destroy(struct model_pci *);
const struct tk_pci_machine *model_pci_machine(struct model_pci *);

/* Add a function, which stays as long as the machine. */
void	model_pci_add(struct model_pci *, unsigned int devfn,
	    const struct model_pci_config *, const struct model_pci_ops *,
	    void *arg, struct model_pci_func *);

/*
 * For the model, with no lock held: assert or negate the pin; send message n,
 * by MSI-X or MSI.  A message of a masked vector is pending until the unmask.
 */
void	model_pci_pin(struct model_pci_func *, bool up);
void	model_pci_message(struct model_pci_func *, int n);
/* Are messages enabled, so that the pin is not driven? */
bool	model_pci_has_messages(struct model_pci_func *);

/* Guest memory, as the function reaches it.  False: nobody answers there. */
bool	model_pci_dma_read(struct model_pci_func *, uint64_t paddr, void *buf,
	    size_t len);
bool	model_pci_dma_write(struct model_pci_func *, uint64_t paddr,
	    const void *buf, size_t len);

#endif /* !_MODEL_PCI_H_ */
