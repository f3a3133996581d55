/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A driver that does what a test tells it, on a bus "testbus", with 64
 * registers of a model and one interrupt line behind it.
 */

#ifndef _BUS_TESTDEV_H_
#define	_BUS_TESTDEV_H_

#include <sys/param.h>
#include <sys/bus.h>
#include <sys/rman.h>

#include "tk_bus.h"

#define	TESTDEV_BASE	0x10000000	/* bus address */
#define	TESTDEV_SIZE	0x100		/* bytes */
#define	TESTDEV_IRQ	5

/* How the driver's methods deviate.  All zero: they do the right thing. */
struct testdev_plan {
	int	probe;		/* what it returns */
	int	attach_error;
	int	detach_error;
	int	suspend_error;
	int	quiesce_error;
	bool	keep_mem;	/* kept by detach or a failed attach */
	bool	no_resources;	/* attach takes none */
	void	(*in_attach)(device_t);
};

/* What they did. */
struct testdev_seen {
	int	probes;
	int	attaches;
	int	detaches;
	int	suspends;
	int	resumes;
	int	shutdowns;
	int	loads;		/* module events */
	int	unloads;
};

struct testdev_softc {
	device_t	 dev;
	struct resource	*mem;
	struct resource	*irq;
	void		*cookie;	/* set up by tests */
	char		 zero[64];	/* expected to be, at attach */
};

/* The registers. */
struct testdev_model {
	struct tk_mmio	*mmio;
	struct tk_irq	*line;
	uint8_t		 bytes[TESTDEV_SIZE];
	int		 accesses;
	unsigned int	 width;		/* of the last access */
	/* A write to register 0 calls this, if set. */
	void		(*doorbell)(struct testdev_model *, uint64_t value);
};

extern struct testdev_plan testdev_plan;
extern struct testdev_seen testdev_seen;
extern struct testdev_model testdev_model;
extern driver_t testdev_driver;

/* Resets the above.  The model and its line exist from then on. */
void	testdev_setup(enum tk_irq_trigger);
/* A device with both resources, not attached. */
device_t testdev_add(void);
/* testdev_setup() for a level line, an attached device, its softc. */
struct testdev_softc *testdev_attached(void);

#endif /* !_BUS_TESTDEV_H_ */
