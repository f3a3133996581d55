/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC driver on the model: battery and external power under the names that
 * acpi(4) has for them on other machines.
 */
#include "apple_smc_test.h"

#define	DISCHARGING	1
#define	CHARGING	2
#define	CRITICAL	4
#define	ABSENT		7

static int
acpi_error(const char *name, int *value)
{
	char full[64];
	size_t len = sizeof(*value);

	snprintf(full, sizeof(full), "hw.acpi.%s", name);
	return (kernel_sysctlbyname(curthread, full, value, &len, NULL, 0,
	    NULL, 0));
}

static int
acpi(const char *name)
{
	int value = -2;

	TK_EQ(acpi_error(name, &value), 0);
	return (value);
}

static void
check_battery(int life, int time, int rate, int state)
{
	TK_EQ(acpi("battery.life"), life);
	TK_EQ(acpi("battery.time"), time);
	TK_EQ(acpi("battery.rate"), rate);
	TK_EQ(acpi("battery.state"), state);
	TK_EQ(acpi("battery.units"), 1);
}

TK_CASE(apple_smc_shows_its_battery_as_acpi_does)
{
	struct model_apple m;

	smc_up(&m);
	/* 3100 of 4200; 74 is what the machine displays. */
	check_battery(73, -1, 0, CHARGING);
	TK_EQ(acpi("acline"), 1);
	(void)model_smc_charger(m.smc, false);
	TK_EQ(acpi("acline"), 0);
	/* The time is not known yet. */
	check_battery(73, -1, 15400, DISCHARGING);
	TK_CHECK(model_smc_set_int(m.smc, "B0TE", 95));
	check_battery(73, 95, 15400, DISCHARGING);
	/* Power goes into it, as just after the plug was pulled. */
	TK_CHECK(model_smc_set_int(m.smc, "B0AP", 20000));
	check_battery(73, -1, 0, DISCHARGING);
	smc_down(&m);
}

TK_CASE(apple_smc_has_no_acpi_state_for_a_battery_at_rest)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_set_int(m.smc, "CHNC", 1 << 14));
	check_battery(73, -1, 0, 0);
	TK_CHECK(model_smc_set_int(m.smc, "CHNC", 0));
	TK_CHECK(model_smc_set_int(m.smc, "BSFC", 1));
	/* More than full is full. */
	TK_CHECK(model_smc_set_int(m.smc, "B0RM", 4300));
	check_battery(100, -1, 0, 0);
	smc_down(&m);
}

TK_CASE(apple_smc_tells_acpi_names_of_a_battery_that_is_nearly_empty)
{
	struct model_apple m;

	TK_EQ(kern_setenv("hw.apple_smc.poweroff", "0"), 0);
	smc_up(&m);
	TK_CHECK(model_smc_set_int(m.smc, "BCF0", 1));
	TK_EQ(acpi("battery.state"), CHARGING | CRITICAL);
	TK_CHECK(model_smc_set_int(m.smc, "CHCE", 0));
	TK_EQ(acpi("battery.state"), DISCHARGING | CRITICAL);
	smc_down(&m);
}

TK_CASE(apple_smc_of_newer_firmware_has_acpi_names_too)
{
	static const struct model_smc_config newer = { .newer = true };
	struct model_apple m;

	model_apple_up(&m, "t8103", NULL, &newer);
	TK_CHECK(smc_attached());
	check_battery(73, -1, 0, CHARGING);
	TK_CHECK(model_smc_set_int(m.smc, "BCF0", 1));
	TK_EQ(acpi("battery.state"), CHARGING | CRITICAL);
	smc_down(&m);
}

/* It has no state, or no capacity. */
TK_CASE(apple_smc_takes_a_battery_that_cannot_be_asked_for_absent)
{
	struct model_apple m;
	int value;

	smc_up(&m);
	TK_CHECK(model_smc_set_int(m.smc, "B0FC", 0));
	check_battery(-1, -1, -1, ABSENT);
	TK_CHECK(model_smc_set_int(m.smc, "B0FC", 4200));
	check_battery(73, -1, 0, CHARGING);
	TK_CHECK(model_smc_remove(m.smc, "CHCE"));
	check_battery(-1, -1, -1, ABSENT);
	TK_CHECK(model_smc_remove(m.smc, "CHIS"));
	TK_EQ(acpi("acline"), -1);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_EQ(acpi_error("battery.life", &value), ENXIO);
	TK_EQ(tk_device_resume(smc_device()), 0);
	smc_down(&m);
}

/* Keys of eight bytes, as no firmware is known to have them. */
TK_CASE(apple_smc_does_not_believe_in_a_battery_of_any_capacity)
{
	static const struct model_smc_config newer = { .newer = true };
	static const uint64_t most = UINT64_MAX;
	struct model_apple m;

	model_apple_make(&m, "t8103", NULL, &newer);
	TK_CHECK(model_smc_remove(m.smc, "B0RM"));
	TK_CHECK(model_smc_remove(m.smc, "B0FC"));
	TK_CHECK(model_smc_add(m.smc, "B0RM", "ui64", 8, MODEL_SMC_READ,
	    &most));
	TK_CHECK(model_smc_add(m.smc, "B0FC", "ui64", 8, MODEL_SMC_READ,
	    &most));
	model_apple_boot(&m, "t8103");
	TK_CHECK(smc_attached());
	check_battery(-1, -1, -1, ABSENT);
	smc_down(&m);
}

TK_CASE(apple_smc_takes_its_acpi_names_away)
{
	struct model_apple m;
	int value;

	smc_up(&m);
	TK_EQ(acpi("battery.units"), 1);
	TK_EQ(tk_device_detach(smc_device()), 0);
	TK_EQ(acpi_error("battery.units", &value), ENOENT);
	TK_EQ(acpi_error("acline", &value), ENOENT);
	TK_EQ(kernel_sysctlbyname(curthread, "hw.acpi", NULL, NULL, NULL, 0,
	    NULL, 0), ENOENT);
	TK_EQ(model_apple_down(&m), 0);
}

/* A mini has neither a battery nor a key that tells of its power. */
TK_CASE(apple_smc_of_a_desktop_has_no_acpi_names)
{
	static const struct model_smc_config desktop = { .desktop = true };
	struct model_apple m;

	model_apple_up(&m, "t6020", NULL, &desktop);
	TK_CHECK(smc_attached());
	TK_EQ(kernel_sysctlbyname(curthread, "hw.acpi", NULL, NULL, NULL, 0,
	    NULL, 0), ENOENT);
	TK_EQ(smc_sysctl("battery", NULL, NULL), ENOENT);
	smc_down(&m);
}

/* What acpi(4) would have: a line, and a battery if there is one. */
static int acpi_life = 42, acpi_line = 1;

static void
acpi_attach(struct sysctl_ctx_list *ctx, bool battery)
{
	struct sysctl_oid *node;

	TK_EQ(sysctl_ctx_init(ctx), 0);
	node = SYSCTL_ADD_NODE(ctx, SYSCTL_STATIC_CHILDREN(_hw), OID_AUTO,
	    "acpi", CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, "");
	(void)SYSCTL_ADD_INT(ctx, SYSCTL_CHILDREN(node), OID_AUTO, "acline",
	    CTLFLAG_RD, &acpi_line, 0, "");
	if (!battery)
		return;
	node = SYSCTL_ADD_NODE(ctx, SYSCTL_CHILDREN(node), OID_AUTO, "battery",
	    CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, "");
	(void)SYSCTL_ADD_INT(ctx, SYSCTL_CHILDREN(node), OID_AUTO, "life",
	    CTLFLAG_RD, &acpi_life, 0, "");
}

TK_CASE(apple_smc_leaves_acpi_its_names)
{
	struct sysctl_ctx_list ctx;
	struct model_apple m;
	int value;

	acpi_attach(&ctx, true);
	smc_up(&m);
	TK_EQ(acpi("battery.life"), 42);
	TK_EQ(acpi_error("battery.units", &value), ENOENT);
	(void)model_smc_charger(m.smc, false);
	TK_EQ(acpi("acline"), 1);
	TK_EQ(smc_int("acline"), 0);
	smc_down(&m);
	TK_EQ(acpi("battery.life"), 42);
	TK_EQ(sysctl_ctx_free(&ctx), 0);
}

TK_CASE(apple_smc_adds_the_battery_that_acpi_lacks)
{
	struct sysctl_ctx_list ctx;
	struct model_apple m;
	int value;

	acpi_attach(&ctx, false);
	smc_up(&m);
	check_battery(73, -1, 0, CHARGING);
	(void)model_smc_charger(m.smc, false);
	TK_EQ(acpi("acline"), 1);
	smc_down(&m);
	TK_EQ(acpi("acline"), 1);
	TK_EQ(acpi_error("battery.life", &value), ENOENT);
	TK_EQ(sysctl_ctx_free(&ctx), 0);
}
