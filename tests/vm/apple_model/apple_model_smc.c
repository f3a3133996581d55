/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * An SMC as t8103 has one, with which programs deal by apple_smc(4)'s sysctls;
 * here is what happens to it from outside.
 */

#include "apple_model_var.h"

#include "model_rtkit.h"
#include "model_smc.h"

static struct model_rtkit *am_iop;
static struct model_smc *am_smc;

void
am_smc_attach(void)
{
	struct model_asc_config asc;
	struct model_rtkit_config config;

	model_asc_config_t8103_smc(&asc);
	model_rtkit_config_t8103_smc(&config);
	am_iop = model_rtkit_new(&asc, &config);
	if (am_iop == NULL)
		panic("apple_model: addresses used twice");
	am_smc = model_smc_new(am_iop, NULL);
}

/* The battery has so many tenths of a degree. */
static const char *
am_run_battery(u_int tenths)
{
	AM_CHECK(model_smc_set_micro(am_smc, "TB0T", tenths * 100000ll));
	return (NULL);
}

/* The lid is closed (1) or opened (0), and the SMC says so. */
static const char *
am_run_lid(u_int closed)
{
	AM_CHECK(model_smc_lid(am_smc, closed != 0));
	return (NULL);
}

static const char *
am_run_smc_crash(u_int arg __unused)
{
	model_rtkit_crash(am_iop);
	return (NULL);
}

/* Nothing was done that the SMC does not allow. */
static const char *
am_run_smc_rules(u_int arg __unused)
{
	const char *rule = model_rtkit_first_violation(am_iop);

	return (rule[0] == '\0' ? NULL : rule);
}

const struct am_command am_smc_commands[] = {
	{ "smc_battery", am_run_battery },
	{ "smc_lid",	am_run_lid },
	{ "smc_crash",	am_run_smc_crash },
	{ "smc_rules",	am_run_smc_rules },
	{ NULL,		NULL }
};
