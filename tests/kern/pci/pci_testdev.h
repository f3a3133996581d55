/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A PCI function with registers of a model and all kinds of interrupt, and a
 * driver that attaches to it and does nothing: tests call for it.
 */

#ifndef _PCI_TESTDEV_H_
#define	_PCI_TESTDEV_H_

#include <sys/param.h>
#include <sys/bus.h>

#include "model_pci.h"

#define	TESTPCI_VENDOR	0x1234
#define	TESTPCI_DEVICE	0x5678
#define	TESTPCI_SLOT	3
#define	TESTPCI_BAR0	0x1000		/* bytes, registers */
#define	TESTPCI_BAR2	0x10000		/* 64 bits, prefetchable */
#define	TESTPCI_BAR4	0x1000		/* MSI-X */

struct testpci {
	struct model_pci	*pci;
	struct model_pci_func	 func;
	struct _device		*pcib;
	device_t		 dev;
	uint32_t		 reg[TESTPCI_BAR0 / 4];
	int			 suspends, resumes;
	/* What driver methods return, and what they call first. */
	int			 attach_error;
	void			(*in_suspend)(device_t);
	void			(*in_resume)(device_t);
	void			(*in_attach)(device_t);
	void			(*in_detach)(device_t);
};

extern struct testpci testpci;

/* All BARs, four MSI messages, four vectors, power management, pin A. */
extern const struct model_pci_config testpci_config;

/* A machine with the function, and its driver attached. */
void	testpci_up(const struct model_pci_config *);
/* Take it all away. */
void	testpci_down(void);

#endif /* !_PCI_TESTDEV_H_ */
