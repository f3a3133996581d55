/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * An SMC as t8103 has one, with a PMU.  Programs deal with it by apple_smc(4)'s
 * sysctls; here is what happens to it from outside.
 *
 * Its firmware holds two fans, and has the keys of macOS 13 for the charge.
 *
 * With the tunable debug.apple_model.mac=1 the machine goes down as a Mac does.
 * PSCI neither switches it off nor restarts it.  Only the SMC does, and says on
 * the console what it was told before.
 */

#include "apple_model_var.h"

#include <sys/eventhandler.h>
#include <sys/kernel.h>
#include <sys/reboot.h>
#include <sys/time.h>

#include <dev/psci/psci.h>

#include "model_rtkit.h"
#include "model_smc.h"
#include "model_spmi.h"

/* Registers of the PMU, as in apple_model.dtso. */
#define	AM_PMU_STAGE	0x9f01
#define	AM_PMU_COUNTS	0x9f02
#define	AM_PMU_FLAG	0x9f0f
#define	AM_PMU_FLAG_OFF	(1 << 3)
#define	AM_PMU_RTC	0xd100
#define	AM_PMU_RTC_BYTES 6

#define	AM_CLOCK_SHIFT	15		/* of 1/32768 seconds */
#define	AM_CLOCK_OFF	5		/* seconds, on a busy host */

/* Where FreeBSD restarts or halts the machine itself: between these two. */
#define	AM_PRI_END	(SHUTDOWN_PRI_LAST + 175)

static struct model_rtkit *am_iop;
static struct model_smc *am_smc;
static struct model_spmi *am_pmu;
static psci_callfn_t am_psci;		/* QEMU's */

/* Keys that can be set: their values in the firmware's hands, and set. */
static const struct am_setting {
	const char	*name;
	uint64_t	 found;
	uint64_t	 set;
} am_fans[] = {
	{ "F0Md", 3, 1 },
	{ "F1Md", 3, 1 },
	{ "Ftst", 0, 1 },
	{ NULL, 0, 0 }
}, am_charge[] = {
	{ "CHWA", 0, 1 },
	{ "CH0C", 0, 1 },
	{ "CH0I", 0, 1 },
	{ NULL, 0, 0 }
};

static bool
am_stays_off(void *arg __unused)
{
	return ((model_spmi_get(am_pmu, AM_PMU_FLAG, 1) & AM_PMU_FLAG_OFF) !=
	    0);
}

static void
am_show_settings(const struct am_setting *setting)
{
	for (; setting->name != NULL; setting++)
		printf(" %s %ju", setting->name,
		    (uintmax_t)model_smc_get_int(am_smc, setting->name));
}

/* Print what the SMC and the PMU were told. */
static void
am_show_end(void)
{
	uint32_t word;
	u_int i;

	printf("apple_model: the SMC was told");
	for (i = 0; (word = model_smc_mbse(am_smc, i)) != 0; i++)
		printf(" %c%c%c%c", word >> 24, word >> 16 & 0xff,
		    word >> 8 & 0xff, word & 0xff);
	printf("\napple_model: it has");
	am_show_settings(am_fans);
	am_show_settings(am_charge);
	printf("\napple_model: the boot loader finds stage %#jx, flag %#jx\n",
	    (uintmax_t)model_spmi_get(am_pmu, AM_PMU_STAGE, 1),
	    (uintmax_t)model_spmi_get(am_pmu, AM_PMU_FLAG, 1));
}

/* PSCI of a machine that only the SMC switches off and restarts. */
static int
am_psci_call(register_t function, register_t a, register_t b, register_t c,
    register_t d, register_t e, register_t f, register_t g,
    struct arm_smccc_res *res)
{
	if (function == PSCI_FNID_SYSTEM_OFF ||
	    function == PSCI_FNID_SYSTEM_RESET)
		return (PSCI_RETVAL_DISABLED);
	return (am_psci(function, a, b, c, d, e, f, g, res));
}

/* The end of the machine, if the SMC has brought it about. */
static void
am_end(void *arg __unused, int howto __unused)
{
	am_show_end();
	switch (model_smc_power(am_smc)) {
	case MODEL_SMC_POWERED_OFF:
		printf("apple_model: the SMC switches the machine off\n");
		(void)am_psci(PSCI_FNID_SYSTEM_OFF, 0, 0, 0, 0, 0, 0, 0, NULL);
		break;
	case MODEL_SMC_RESTARTED:
		printf("apple_model: the SMC restarts the machine\n");
		(void)am_psci(PSCI_FNID_SYSTEM_RESET, 0, 0, 0, 0, 0, 0, 0,
		    NULL);
		break;
	default:
		break;
	}
}

static void
am_be_mac(void)
{
	int mac = 0;

	TUNABLE_INT_FETCH("debug.apple_model.mac", &mac);
	if (mac == 0)
		return;
	am_psci = psci_callfn;
	psci_callfn = am_psci_call;
	EVENTHANDLER_REGISTER(shutdown_final, am_end, NULL, AM_PRI_END);
}

static void
am_pmu_attach(void)
{
	static const struct model_spmi_range ranges[] = {
		{ AM_PMU_STAGE, 2 }, { AM_PMU_FLAG, 1 },
		{ AM_PMU_RTC, AM_PMU_RTC_BYTES },
	};
	const struct model_spmi_config config = {
		.base = 0x23d0d9300, .sid = 0xf, .ranges = ranges,
		.nranges = nitems(ranges), .latency_ns = 5000,
	};

	am_pmu = model_spmi_new(&config);
	if (am_pmu == NULL)
		panic("apple_model: addresses used twice");
	/* The boot loader is done, and nothing went wrong before. */
	model_spmi_set(am_pmu, AM_PMU_STAGE, 1, 0x2f);
	model_spmi_set(am_pmu, AM_PMU_COUNTS, 1, 0);
}

void
am_smc_attach(void)
{
	const struct model_smc_config smc = {
		.fans = MODEL_SMC_FANS_HELD, .charge = MODEL_SMC_CHARGE_13,
	};
	struct model_asc_config asc;
	struct model_rtkit_config config;

	model_asc_config_t8103_smc(&asc);
	model_rtkit_config_t8103_smc(&config);
	am_iop = model_rtkit_new(&asc, &config);
	if (am_iop == NULL)
		panic("apple_model: addresses used twice");
	am_smc = model_smc_new(am_iop, &smc);
	am_pmu_attach();
	model_smc_boot_loader(am_smc, am_stays_off, NULL);
	am_be_mac();
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

/* Are these keys as they are set (1), or as the firmware has them (0)? */
static const char *
am_check(const struct am_setting *setting, bool set)
{
	static char why[64];
	uint64_t value, wanted;

	for (; setting->name != NULL; setting++) {
		value = model_smc_get_int(am_smc, setting->name);
		wanted = set ? setting->set : setting->found;
		if (value == wanted)
			continue;
		snprintf(why, sizeof(why), "%s is %ju, not %ju", setting->name,
		    (uintmax_t)value, (uintmax_t)wanted);
		return (why);
	}
	return (NULL);
}

static const char *
am_run_fans(u_int set)
{
	return (am_check(am_fans, set != 0));
}

static const char *
am_run_charge(u_int set)
{
	return (am_check(am_charge, set != 0));
}

/* The SMC sends the alarm of the battery. */
static const char *
am_run_alarm(u_int arg __unused)
{
	AM_CHECK(model_smc_battery_alarm(am_smc));
	return (NULL);
}

/* The flag says that the battery is nearly empty (1), or not (0). */
static const char *
am_run_flag(u_int flag)
{
	AM_CHECK(model_smc_set_int(am_smc, "BCF0", flag));
	return (NULL);
}

/* The battery has so many millivolts. */
static const char *
am_run_voltage(u_int mv)
{
	AM_CHECK(model_smc_set_int(am_smc, "B0AV", mv));
	return (NULL);
}

/* Was the clock set to the time that the kernel has? */
static const char *
am_run_clock(u_int arg __unused)
{
	int64_t count, off;

	count = model_smc_get_int(am_smc, "CLKM") +
	    model_spmi_get(am_pmu, AM_PMU_RTC, AM_PMU_RTC_BYTES);
	off = (count >> AM_CLOCK_SHIFT) - time_second;
	AM_CHECK(off >= -AM_CLOCK_OFF && off <= AM_CLOCK_OFF);
	return (NULL);
}

static const char *
am_run_panic(u_int arg __unused)
{
	panic("apple_model: a program asked for it");
}

static const char *
am_run_smc_crash(u_int arg __unused)
{
	model_rtkit_crash(am_iop);
	return (NULL);
}

/* Nothing was done that the SMC or the PMU does not allow. */
static const char *
am_run_smc_rules(u_int arg __unused)
{
	const char *rule = model_rtkit_first_violation(am_iop);

	if (rule[0] == '\0')
		rule = model_spmi_first_violation(am_pmu);
	return (rule[0] == '\0' ? NULL : rule);
}

const struct am_command am_smc_commands[] = {
	{ "smc_battery", am_run_battery },
	{ "smc_lid",	am_run_lid },
	{ "smc_fans",	am_run_fans },
	{ "smc_charge",	am_run_charge },
	{ "smc_alarm",	am_run_alarm },
	{ "smc_flag",	am_run_flag },
	{ "smc_voltage", am_run_voltage },
	{ "smc_clock",	am_run_clock },
	{ "panic",	am_run_panic },
	{ "smc_crash",	am_run_smc_crash },
	{ "smc_rules",	am_run_smc_rules },
	{ NULL,		NULL }
};
