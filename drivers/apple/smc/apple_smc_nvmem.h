/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the SMC driver's C keeps in cells of the PMU: flags for the boot loader,
 * and the offset of the clock.  Both are parts of the driver's softc.
 */
#ifndef _APPLE_SMC_NVMEM_H_
#define	_APPLE_SMC_NVMEM_H_

#include "apple_smc_var.h"

#include "apple/spmi/apple_spmi.h"

/* What the boot loader reads. */
enum apple_smc_boot_cell {
	APPLE_SMC_BOOT_OFF,		/* switch it off */
	APPLE_SMC_BOOT_STAGE,		/* how far the boot got */
	APPLE_SMC_BOOT_ERRORS,		/* boots that failed */
	APPLE_SMC_BOOT_PANICS,
	APPLE_SMC_BOOT_CELLS
};

/* (c) constant after attach.  Cells that are not there are left out. */
struct apple_smc_boot {
	device_t		 asb_dev;	/* (c) */
	struct apple_spmi_cell	 asb_cells[APPLE_SMC_BOOT_CELLS]; /* (c) */
};

struct apple_smc_rtc {
	struct apple_spmi_cell	 asr_offset;	/* (c) of the clock */
	bool			 asr_registered; /* (c) */
};

/*
 * Tell the boot loader that a kernel runs, after a line with what it counted.
 * Cells that are missing, and those that cannot be accessed, are no error: each
 * has a line on the console.
 *
 * Context: sleepable; in the attach method.
 * Locks: newbus's topology lock is held.
 */
void	apple_smc_boot_attach(struct apple_smc_boot *boot, device_t dev,
	    kpi_fdt_node node);
void	apple_smc_boot_detach(struct apple_smc_boot *boot);

/*
 * Tell the boot loader that the machine restarts or is switched off, and which.
 * After a panic(9) the boot loader is left to count that.
 *
 * Context: any but a filter.
 */
void	apple_smc_boot_announce(const struct apple_smc_boot *boot,
	    enum apple_smc_power what);

/*
 * Make the SMC's clock one of the kernel's.  A clock that cannot be used is no
 * error: it has a line on the console.
 *
 * Context: sleepable; in the attach method, when the driver's state is there.
 * Locks: newbus's topology lock is held.
 */
void	apple_smc_rtc_attach(struct apple_smc_rtc *rtc, device_t dev,
	    kpi_fdt_node node);
void	apple_smc_rtc_detach(struct apple_smc_rtc *rtc, device_t dev);

/*
 * Methods of clock_if.m.
 *
 * Context: sleepable.
 * Errors: EINVAL: the time cannot be stored; EIO: the clock has another size;
 * those of apple_smc.h and apple_spmi.h.
 */
int	apple_smc_rtc_gettime(const struct apple_smc_rtc *rtc, device_t dev,
	    struct timespec *ts);
int	apple_smc_rtc_settime(const struct apple_smc_rtc *rtc, device_t dev,
	    const struct timespec *ts);

#endif /* !_APPLE_SMC_NVMEM_H_ */
