/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the kernel and the boot loader leave each other in the PMU.
 *
 * The boot loader counts boots that do not reach the end, and panics.  Without
 * its flag, a machine that is switched off starts again.
 */
#include "apple_smc_nvmem.h"
#include "apple_smc_reg.h"

#include "kpi_time.h"

/* Their names in the device tree. */
static const char *const apple_smc_boot_names[APPLE_SMC_BOOT_CELLS] = {
	[APPLE_SMC_BOOT_OFF] = "shutdown_flag",
	[APPLE_SMC_BOOT_STAGE] = "boot_stage",
	[APPLE_SMC_BOOT_ERRORS] = "boot_error_count",
	[APPLE_SMC_BOOT_PANICS] = "panic_count",
};

static void
apple_smc_boot_write(const struct apple_smc_boot *boot,
    enum apple_smc_boot_cell which, uint8_t value)
{
	const struct apple_spmi_cell *cell = &boot->asb_cells[which];
	int error;

	if (cell->asc_spmi == NULL)
		return;
	error = apple_spmi_cell_write(cell, &value, sizeof(value));
	if (error != 0)
		device_printf(boot->asb_dev, "cannot write %s: error %d\n",
		    apple_smc_boot_names[which], error);
}

/* 0 if it is not known. */
static uint8_t
apple_smc_boot_read(const struct apple_smc_boot *boot,
    enum apple_smc_boot_cell which)
{
	const struct apple_spmi_cell *cell = &boot->asb_cells[which];
	uint8_t value;
	int error;

	if (cell->asc_spmi == NULL)
		return (0);
	error = apple_spmi_cell_read(cell, &value, sizeof(value));
	if (error == 0)
		return (value);
	device_printf(boot->asb_dev, "cannot read %s: error %d\n",
	    apple_smc_boot_names[which], error);
	return (0);
}

void
apple_smc_boot_attach(struct apple_smc_boot *boot, device_t dev,
    kpi_fdt_node node)
{
	uint8_t errors, panics;

	boot->asb_dev = dev;
	/* Each has its line if it is missing. */
	for (int i = 0; i < APPLE_SMC_BOOT_CELLS; i++)
		(void)apple_spmi_cell_get(dev, node, apple_smc_boot_names[i],
		    &boot->asb_cells[i]);
	errors = apple_smc_boot_read(boot, APPLE_SMC_BOOT_ERRORS);
	panics = apple_smc_boot_read(boot, APPLE_SMC_BOOT_PANICS);
	if (errors != 0 || panics != 0)
		device_printf(dev, "the boot loader has counted %u failed "
		    "boots and %u panics\n", errors, panics);
	apple_smc_boot_write(boot, APPLE_SMC_BOOT_ERRORS, 0);
	apple_smc_boot_write(boot, APPLE_SMC_BOOT_PANICS, 0);
	apple_smc_boot_write(boot, APPLE_SMC_BOOT_STAGE,
	    APPLE_SMC_STAGE_KERNEL);
}

void
apple_smc_boot_detach(struct apple_smc_boot *boot)
{
	for (int i = APPLE_SMC_BOOT_CELLS - 1; i >= 0; i--)
		apple_spmi_cell_put(&boot->asb_cells[i]);
}

void
apple_smc_boot_announce(const struct apple_smc_boot *boot,
    enum apple_smc_power what)
{
	/* The boot loader takes a stage that stays for a panic. */
	if (!kpi_panicked())
		apple_smc_boot_write(boot, APPLE_SMC_BOOT_STAGE,
		    APPLE_SMC_STAGE_NONE);
	apple_smc_boot_write(boot, APPLE_SMC_BOOT_OFF,
	    what == APPLE_SMC_POWER_OFF);
}
