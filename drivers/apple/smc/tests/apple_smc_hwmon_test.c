/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC driver on the model: sensors and fans as the device tree names them.
 */
#include "apple_smc_test.h"

#define	WRONG	"apple_smc0: the device tree's "

/* The description of a node below dev.apple_smc.0; "": there is none. */
static const char *
descr(const char *name)
{
	struct sysctl_oid_list *list = &sysctl__children;
	struct sysctl_oid *oid = NULL;
	char path[128], *end, *part = path;

	snprintf(path, sizeof(path), "dev.apple_smc.0.%s", name);
	for (; part != NULL; part = end) {
		end = strchr(part, '.');
		if (end != NULL)
			*end++ = '\0';
		SYSCTL_FOREACH(oid, list)
			if (strcmp(oid->oid_name, part) == 0)
				break;
		if (oid == NULL)
			return ("");
		list = SYSCTL_CHILDREN(oid);
	}
	return (oid->oid_descr);
}

TK_CASE(apple_smc_names_sensors_as_the_tree_of_a_laptop_does)
{
	struct model_apple m;

	smc_up(&m);
	TK_STREQ(descr("temp.battery"), "Battery Hotspot");
	TK_STREQ(descr("power.system"), "Total System Power, mW");
	TK_STREQ(descr("voltage.dc_in"), "Charger Input Voltage, mV");
	TK_STREQ(descr("voltage.battery"), "Battery Voltage, mV");
	TK_EQ(smc_int("voltage.battery"), 12345);
	TK_STREQ(descr("fan.0"), "Fan");
	TK_STREQ(descr("fan.0.speed"), "revolutions per minute");
	/* The tree does not name this one. */
	TK_STREQ(descr("temp.palm_rest"), "palm rest");
	TK_CHECK(!printed(WRONG));
	smc_down(&m);
}

TK_CASE(apple_smc_names_sensors_as_the_tree_of_a_desktop_does)
{
	static const struct model_smc_config desktop = { .desktop = true };
	struct model_apple m;

	model_apple_up(&m, "t6020", NULL, &desktop);
	TK_CHECK(smc_attached());
	TK_STREQ(descr("temp.wifi"), "WiFi/BT Module");
	TK_STREQ(descr("voltage.dc_in"), "AC Input Voltage, mV");
	TK_STREQ(descr("temp.battery"), "");
	TK_STREQ(descr("fan.0"), "Fan");
	TK_CHECK(!printed(WRONG));
	smc_down(&m);
}

TK_CASE(apple_smc_without_names_in_the_tree_has_its_own)
{
	struct model_apple m;

	model_apple_up(&m, "t6000", NULL, NULL);
	TK_CHECK(smc_attached());
	TK_STREQ(descr("temp.battery"), "battery");
	TK_STREQ(descr("fan.0"), "one of them");
	TK_CHECK(!printed(WRONG));
	smc_down(&m);
}

/* A key that is a temperature comes once. */
TK_CASE(apple_smc_shows_sensors_that_only_the_tree_knows)
{
	static const uint32_t watts = 0x41480000;	/* 12.5 */
	static const uint32_t degrees = 0x42280000;	/* 42 */
	struct model_apple m;

	model_apple_make(&m, "broken-hwmon", NULL, NULL);
	TK_CHECK(model_smc_add(m.smc, "PPBR", "flt ", 4,
	    MODEL_SMC_READ | MODEL_SMC_LE, &watts));
	TK_CHECK(model_smc_add(m.smc, "TPMP", "flt ", 4,
	    MODEL_SMC_READ | MODEL_SMC_LE, &degrees));
	model_apple_boot(&m, "broken-hwmon");
	TK_CHECK(smc_attached());
	TK_STREQ(descr("power.PPBR"), "Battery Output, mW");
	TK_EQ(smc_int("power.PPBR"), 12500);
	/* Without a label. */
	TK_STREQ(descr("temp.TPMP"), "TPMP");
	TK_EQ(smc_int("temp.TPMP"), 3152);
	TK_EQ(times_printed("re-use a leaf"), 0);
	smc_down(&m);
}

/*
 * Reading such a key calls a function of the firmware.  What it does is not
 * known of a key that only looks like a temperature.
 */
TK_CASE(apple_smc_calls_functions_for_temperatures_with_a_name_alone)
{
	static const char *const keys[] = { "TPMP", "Ts0P", "Tx0x" };
	static const uint32_t degrees = 0x42280000;	/* 42 */
	struct model_apple m;

	model_apple_make(&m, "broken-hwmon", NULL, NULL);
	for (u_int i = 0; i < nitems(keys); i++) {
		(void)model_smc_remove(m.smc, keys[i]);
		TK_CHECK(model_smc_add(m.smc, keys[i], "flt ", 4,
		    MODEL_SMC_READ | MODEL_SMC_LE | MODEL_SMC_FUNCTION,
		    &degrees));
	}
	model_apple_boot(&m, "broken-hwmon");
	TK_STREQ(descr("temp.Tx0x"), "");
	TK_STREQ(descr("temp.TPMP"), "TPMP");
	TK_EQ(smc_int("temp.TPMP"), 3152);
	TK_STREQ(descr("temp.palm_rest"), "palm rest");
	TK_EQ(smc_int("temp.palm_rest"), 3152);
	smc_down(&m);
}

/* The tree of this machine gives the fan another minimum and target. */
TK_CASE(apple_smc_uses_the_keys_that_the_tree_gives_a_fan)
{
	static const uint32_t rpm = 0x44bb8000;		/* 1500 */
	static const uint32_t zero;
	char set[] = "dev.apple_smc.0.fan.0.set";
	struct model_apple m;
	int speed = 1;

	TK_EQ(kern_setenv("hw.apple_smc.fan_control", "1"), 0);
	model_apple_make(&m, "broken-hwmon", NULL, NULL);
	TK_CHECK(model_smc_add(m.smc, "F9Mn", "flt ", 4,
	    MODEL_SMC_READ | MODEL_SMC_LE, &rpm));
	TK_CHECK(model_smc_add(m.smc, "F9Tg", "flt ", 4,
	    MODEL_SMC_READ | MODEL_SMC_WRITE | MODEL_SMC_LE, &zero));
	model_apple_boot(&m, "broken-hwmon");
	TK_CHECK(smc_attached());
	TK_EQ(smc_int("fan.0.minimum"), 1500);
	TK_EQ(smc_int("fan.0.maximum"), 5400);
	TK_STREQ(descr("fan.0"), "Left Fan");
	TK_EQ(kernel_sysctlbyname(curthread, set, NULL, NULL, &speed,
	    sizeof(speed), NULL, 0), 0);
	TK_EQ(model_smc_get_int(m.smc, "F9Tg"), rpm);
	TK_EQ(smc_int("fan.0.target"), 1500);
	smc_down(&m);
}

TK_CASE(apple_smc_ignores_what_is_wrong_in_the_tree_and_says_so)
{
	static const char *const lines[] = {
		"temperature-without: apple,key-id: ENOENT",
		"temperature-short: apple,key-id is not four characters",
		"temperature-long: apple,key-id is not four characters",
		"temperature-raw: apple,key-id: EINVAL",
		"temperature-again: TB0T is named twice",
		"power-label: label: EINVAL",
		"power-text: label is no text",
		"humidity-HXYZ: of no known kind",
		"fan-other: X0Ac is no key of a fan",
		"fan-second: fan 0 is named twice",
		"fan-F0Ac: apple,fan-mode is not four characters",
		"PPBR: the SMC has no such sensor",
		"TPMP: the SMC has no such sensor",
		"CHNC: the SMC has no such sensor",
		"VX-Y: no name for a variable",
		"F9Mn: the SMC has no such sensor",
		"F9Tg: the SMC has no such sensor",
	};
	struct model_apple m;
	char line[128];

	model_apple_up(&m, "broken-hwmon", NULL, NULL);
	TK_CHECK(smc_attached());
	for (size_t i = 0; i < nitems(lines); i++) {
		snprintf(line, sizeof(line), WRONG "%s: ignored\n", lines[i]);
		if (times_printed(line) != 1)
			printf("not there: %s", line);
		TK_EQ(times_printed(line), 1);
	}
	TK_EQ(times_printed(WRONG), (int)nitems(lines));
	TK_STREQ(descr("temp.battery"), "Battery");
	TK_STREQ(descr("power.system"), "whole system, mW");
	TK_EQ(smc_int("fan.0.minimum"), 1200);
	TK_EQ(smc_int("fan.0.target"), 1330);
	smc_down(&m);
}
