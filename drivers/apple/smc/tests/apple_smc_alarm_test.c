/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC driver on the model: alarms of a nearly empty battery, true and
 * false.
 */
#include "apple_smc_test.h"

#include <sys/eventhandler.h>
#include <sys/reboot.h>

#define	ALARM	"apple_smc0: the battery is nearly empty\n"
#define	ASKED	"apple_smc0: the battery is nearly empty: the machine goes off"
#define	CMBAT	"!system=ACPI subsystem=CMBAT type=apple_smc0 notify=0x80"

/* Nothing was done, and the driver watches no more. */
static void
check_nothing(int false_alarms)
{
	TK_STREQ(acpi_event(0), "");
	TK_EQ(tk_shutdown_asked(), -1);
	TK_CHECK(!printed("battery"));
	TK_EQ(smc_count("false_alarms"), false_alarms);
}

/* An M2 that charges sends so many a day. */
TK_CASE(apple_smc_does_nothing_for_149_alarms_of_a_battery_that_charges)
{
	struct model_apple m;

	smc_up(&m);
	for (int i = 0; i < 149; i++) {
		TK_CHECK(model_smc_battery_alarm(m.smc));
		pause("alarm", 2 * hz);
	}
	check_nothing(149);
	smc_down(&m);
}

TK_CASE(apple_smc_does_nothing_for_a_storm_of_false_alarms)
{
	struct model_apple m;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "smc-alarm-false", 100);
	for (int i = 0; i < 100; i++)
		TK_EQ(smc_int("battery.charge"), 74);
	pause("alarm", 2 * hz);
	TK_STREQ(acpi_event(0), "");
	TK_EQ(tk_shutdown_asked(), -1);
	TK_CHECK(smc_count("false_alarms") >= 1);
	smc_down(&m);
}

TK_CASE(apple_smc_does_nothing_for_a_flag_that_bounces)
{
	struct model_apple m;

	smc_up(&m);
	for (int i = 0; i < 20; i++) {
		TK_CHECK(model_smc_battery_critical(m.smc));
		pause("flag", 3 * hz / 2);
		TK_CHECK(model_smc_set_int(m.smc, "BCF0", 0));
		pause("no flag", 3 * hz);
	}
	check_nothing(20);
	smc_down(&m);
}

/* 0x87: the key has another size. */
TK_CASE(apple_smc_takes_a_flag_that_it_cannot_read_for_no_alarm)
{
	struct model_apple m;

	smc_up(&m);
	model_smc_fail(m.smc, "BCF0", 0x87);
	for (int i = 0; i < 20; i++) {
		TK_CHECK(model_smc_battery_critical(m.smc));
		pause("alarm", hz);
	}
	check_nothing(20);
	smc_down(&m);
}

TK_CASE(apple_smc_takes_a_voltage_of_0_or_without_a_limit_for_no_alarm)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_set_int(m.smc, "B0AV", 0));
	TK_CHECK(model_smc_battery_alarm(m.smc));
	pause("alarm", 20 * hz);
	check_nothing(1);
	TK_CHECK(model_smc_set_int(m.smc, "B0AV", 8000));
	model_smc_fail(m.smc, "BITV", 0x84);
	TK_CHECK(model_smc_battery_alarm(m.smc));
	pause("alarm", 20 * hz);
	check_nothing(2);
	smc_down(&m);
}

/* The flag is set for 10 s.  The SMC sends the alarm each second. */
static void
empty(struct model_apple *m)
{
	for (int i = 0; i < 8; i++) {
		TK_CHECK(model_smc_battery_critical(m->smc));
		pause("alarm", hz);
		TK_EQ(tk_shutdown_asked(), -1);
		TK_EQ(times_printed(ALARM), i >= 3 ? 1 : times_printed(ALARM));
	}
	TK_STREQ(acpi_event(0), CMBAT);
	for (int i = 0; i < 60; i++) {
		TK_CHECK(model_smc_battery_critical(m->smc));
		pause("alarm", hz);
	}
	TK_EQ(tk_shutdown_asked(), RB_POWEROFF);
	TK_EQ(times_printed(ASKED), 1);
	/* devd(8) is told once a minute. */
	TK_EQ(times_printed(ALARM), 2);
	TK_STREQ(acpi_event(1), CMBAT);
	TK_STREQ(acpi_event(2), "");
	TK_EQ(smc_count("false_alarms"), 0);
	TK_EQ(rebooting, 0);
}

TK_CASE(apple_smc_has_the_machine_switched_off_when_the_battery_is_empty)
{
	struct model_apple m;

	smc_up(&m);
	TK_EQ(smc_int("battery.critical"), 0);
	empty(&m);
	TK_EQ(smc_int("battery.critical"), 1);
	smc_down(&m);
}

/* The flag is one byte in newer firmware. */
TK_CASE(apple_smc_of_newer_firmware_has_the_machine_switched_off_too)
{
	static const struct model_smc_config newer = { .newer = true };
	struct model_apple m;

	model_apple_up(&m, "t8103", NULL, &newer);
	TK_CHECK(smc_attached());
	empty(&m);
	smc_down(&m);
}

TK_CASE(apple_smc_spares_the_machine_that_is_plugged_in_in_time)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_battery_critical(m.smc));
	pause("alarm", 6 * hz);
	TK_STREQ(acpi_event(0), CMBAT);
	TK_CHECK(model_smc_set_int(m.smc, "BCF0", 0));
	pause("charging", 20 * hz);
	TK_EQ(tk_shutdown_asked(), -1);
	/* The next alarm starts from the beginning. */
	TK_CHECK(model_smc_battery_critical(m.smc));
	pause("alarm", 8 * hz);
	TK_EQ(tk_shutdown_asked(), -1);
	pause("alarm", 4 * hz);
	TK_EQ(tk_shutdown_asked(), RB_POWEROFF);
	TK_EQ(smc_count("false_alarms"), 0);
	smc_down(&m);
}

TK_CASE(apple_smc_only_tells_devd_where_it_may_not_switch_off)
{
	struct model_apple m;

	TK_EQ(kern_setenv("hw.apple_smc.poweroff", "0"), 0);
	smc_up(&m);
	TK_CHECK(model_smc_set_int(m.smc, "B0AV", 8000));
	TK_CHECK(model_smc_battery_critical(m.smc));
	pause("alarm", 90 * hz);
	TK_STREQ(acpi_event(0), CMBAT);
	TK_EQ(times_printed(ALARM), 2);
	TK_EQ(tk_shutdown_asked(), -1);
	smc_down(&m);
}

static void
check_off(void *arg, int howto)
{
	struct model_apple *m = arg;

	TK_EQ(howto, RB_POWEROFF);
	TK_EQ(tk_shutdown_asked(), RB_POWEROFF);
	TK_EQ(model_smc_power(m->smc), MODEL_SMC_POWERED_OFF);
	printf("it is off\n");
}

/* init(8) does not do it in time. */
TK_CASE_STOPS(apple_smc_switches_off_itself_when_the_voltage_is_too_low,
    "machine-down: kern_reboot(0x4000) came to its end")
{
	static struct model_apple m;

	smc_up(&m);
	EVENTHANDLER_REGISTER(shutdown_final, check_off, &m,
	    SHUTDOWN_PRI_LAST + 1000);
	TK_CHECK(model_smc_set_int(m.smc, "B0AV", 8999));
	TK_CHECK(model_smc_battery_alarm(m.smc));
	pause("asked", 4 * hz);
	TK_EQ(tk_shutdown_asked(), RB_POWEROFF);
	TK_EQ(times_printed(ASKED), 1);
	TK_EQ(rebooting, 0);
	pause("forced", 20 * hz);
	TK_CHECK(false);
}

TK_CASE(apple_smc_leaves_the_end_to_init_where_the_voltage_recovers)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_set_int(m.smc, "B0AV", 8000));
	TK_CHECK(model_smc_battery_critical(m.smc));
	pause("asked", 4 * hz);
	TK_EQ(tk_shutdown_asked(), RB_POWEROFF);
	TK_CHECK(model_smc_set_int(m.smc, "B0AV", 9000));
	pause("recovered", 60 * hz);
	TK_EQ(rebooting, 0);
	smc_down(&m);
}

TK_CASE(apple_smc_suspends_and_detaches_while_it_watches_the_battery)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_battery_critical(m.smc));
	pause("watch", 3 * hz / 2);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	pause("asleep", 20 * hz);
	TK_EQ(tk_device_resume(smc_device()), 0);
	pause("awake", 20 * hz);
	TK_EQ(tk_shutdown_asked(), -1);
	/* The SMC goes on to send it. */
	TK_CHECK(model_smc_battery_critical(m.smc));
	pause("watch", 3 * hz / 2);
	smc_down(&m);
}
