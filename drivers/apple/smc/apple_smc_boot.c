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

static void
apple_smc_boot_write(const struct apple_smc_boot *boot,
    const struct apple_spmi_cell *cell, const char *name, uint8_t value)
{
	int error;

	if (cell->asc_spmi == NULL)
		return;
	error = apple_spmi_cell_write(cell, &value, sizeof(value));
	if (error != 0)
		device_printf(boot->asb_dev, "cannot write %s: error %d\n",
		    name, error);
}

/* 0 if it is not known. */
static uint8_t
apple_smc_boot_read(const struct apple_smc_boot *boot,
    const struct apple_spmi_cell *cell, const char *name)
{
	uint8_t value;
	int error;

	if (cell->asc_spmi == NULL)
		return (0);
	error = apple_spmi_cell_read(cell, &value, sizeof(value));
	if (error == 0)
		return (value);
	device_printf(boot->asb_dev, "cannot read %s: error %d\n", name,
	    error);
	return (0);
}

void
apple_smc_boot_attach(struct apple_smc_boot *boot, device_t dev,
    kpi_fdt_node node)
{
	uint8_t errors, panics;

	boot->asb_dev = dev;
	/* Each has its line if it is missing. */
	(void)apple_spmi_cell_get(dev, node, "shutdown_flag", &boot->asb_off);
	(void)apple_spmi_cell_get(dev, node, "boot_stage", &boot->asb_stage);
	(void)apple_spmi_cell_get(dev, node, "boot_error_count",
	    &boot->asb_errors);
	(void)apple_spmi_cell_get(dev, node, "panic_count",
	    &boot->asb_panics);
	errors = apple_smc_boot_read(boot, &boot->asb_errors,
	    "boot_error_count");
	panics = apple_smc_boot_read(boot, &boot->asb_panics, "panic_count");
	if (errors != 0 || panics != 0)
		device_printf(dev, "the boot loader has counted %u failed "
		    "boots and %u panics\n", errors, panics);
	apple_smc_boot_write(boot, &boot->asb_errors, "boot_error_count", 0);
	apple_smc_boot_write(boot, &boot->asb_panics, "panic_count", 0);
	apple_smc_boot_write(boot, &boot->asb_stage, "boot_stage",
	    APPLE_SMC_STAGE_KERNEL);
}

void
apple_smc_boot_detach(struct apple_smc_boot *boot)
{
	apple_spmi_cell_put(&boot->asb_panics);
	apple_spmi_cell_put(&boot->asb_errors);
	apple_spmi_cell_put(&boot->asb_stage);
	apple_spmi_cell_put(&boot->asb_off);
}

void
apple_smc_boot_announce(const struct apple_smc_boot *boot,
    enum apple_smc_power what)
{
	/* The boot loader takes a stage that stays for a panic. */
	if (!kpi_panicked())
		apple_smc_boot_write(boot, &boot->asb_stage, "boot_stage",
		    APPLE_SMC_STAGE_NONE);
	apple_smc_boot_write(boot, &boot->asb_off, "shutdown_flag",
	    what == APPLE_SMC_POWER_OFF);
}
