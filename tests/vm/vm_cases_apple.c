/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases: drivers of Apple's coprocessors, on models of them inside the kernel
 * (apple_model/).  Steps that need calls of the kernel are done in the kernel,
 * on command.
 */

#include <sys/errno.h>

#include "init.h"
#include "vm_cases.h"

#define	RUN	"debug.apple_model.run"
#define	RESULT	"debug.apple_model.result"
#define	VARIANTS 3			/* of mailboxes with a plain client */
#define	MAILBOXES 5
#define	PATIENCE_MS 60000		/* on a busy host */

/*
 * Let the kernel run a command.  Returns whether it went well; result says what
 * did not.
 */
static bool
try_run(const char *command, unsigned number, char *result, size_t size)
{
	char line[64];
	size_t len = size - 1;
	int error;

	os_format(line, sizeof(line), "%s %u", command, number);
	error = os_sysctl(RUN, NULL, NULL, line, strlen(line) + 1);
	CASE_EQ(error, 0);
	memset(result, 0, size);
	CASE_EQ(os_sysctl(RESULT, result, &len, NULL, 0), 0);
	return (init_same(result, "ok"));
}

/* The same; the case fails if the command does. */
static void
run(const char *command, unsigned number)
{
	char result[200];

	if (!try_run(command, number, result, sizeof(result)))
		case_fail("%s %u: %s", command, number, result);
}

/* Run the command until it goes well; the case fails if it does not. */
static void
run_until_ok(const char *command, unsigned number)
{
	uint64_t end_ms = os_uptime_ms() + PATIENCE_MS;
	char result[200];

	while (!try_run(command, number, result, sizeof(result))) {
		if (os_uptime_ms() >= end_ms)
			case_fail("%s %u: %s", command, number, result);
		os_sleep_ms(10);
	}
}

static void
run_on_all(const char *command)
{
	unsigned i;

	for (i = 0; i < VARIANTS; i++)
		run(command, i);
}

void
apple_mailboxes_exchange_messages(void)
{
	run_on_all("echo");
}

void
apple_mailboxes_take_bursts_in(void)
{
	run_on_all("burst");
}

void
apple_mailboxes_wait_for_room(void)
{
	run_on_all("full");
}

void
apple_mailboxes_start_and_stop(void)
{
	run_on_all("restart");
}

void
apple_mailboxes_survive_floods(void)
{
	run_on_all("flood");
	run_on_all("echo");
}

/*
 * Try to detach each mailbox.  Returns how many detached; `last' is the last of
 * them.
 */
static int
detach_mailboxes(char *last, size_t size)
{
	char name[32];
	int error, i, went = 0;

	for (i = 0; i < MAILBOXES; i++) {
		os_format(name, sizeof(name), "apple_mbox%d", i);
		error = init_devctl(INIT_DISABLE, name);
		if (error == 0) {
			os_format(last, size, "%s", name);
			went++;
		} else
			CASE_EQ(error, -EBUSY);
	}
	return (went);
}

void
apple_mailboxes_stay_with_their_clients(void)
{
	char mbox[32];
	int i;

	for (i = 0; i < 10; i++) {
		CASE_EQ(detach_mailboxes(mbox, sizeof(mbox)), 0);
		CASE_EQ(init_devctl(INIT_DISABLE, "am_client0"), 0);
		CASE_EQ(detach_mailboxes(mbox, sizeof(mbox)), 1);
		CASE_EQ(init_devctl(INIT_ENABLE, mbox), 0);
		CASE_EQ(init_devctl(INIT_ENABLE, "am_client0"), 0);
		run_on_all("echo");
	}
}

/*
 * With Apple's interrupt controller a client detaches, but its mailbox does
 * not.
 */
void
apple_mailboxes_stay_with_their_handlers(void)
{
	char mbox[32];
	int i;

	for (i = 0; i < 10; i++) {
		CASE_EQ(init_devctl(INIT_DISABLE, "am_client0"), 0);
		CASE_EQ(detach_mailboxes(mbox, sizeof(mbox)), 0);
		CASE_EQ(init_devctl(INIT_ENABLE, "am_client0"), 0);
		run_on_all("echo");
	}
}

void
apple_rtkit_boots_again_and_again(void)
{
	run("boot", 20);
}

void
apple_rtkit_survives_crashes(void)
{
	run("crash", 10);
}

void
apple_rtkit_survives_bad_boots(void)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		run("misbehave", i);
}

/* Read a number below dev.apple_smc.0.  Returns an errno. */
static int
smc_try(const char *name, int *value)
{
	size_t len = sizeof(*value);
	char oid[64];

	os_format(oid, sizeof(oid), "dev.apple_smc.0.%s", name);
	return (os_sysctl(oid, value, &len, NULL, 0));
}

static int
smc_int(const char *name)
{
	int value = -1;

	CASE_EQ(smc_try(name, &value), 0);
	return (value);
}

/* Set what the administrator may set.  Returns the negative errno. */
static int
smc_set(const char *name, int value)
{
	char oid[64];

	os_format(oid, sizeof(oid), "dev.apple_smc.0.%s", name);
	return (os_sysctl(oid, NULL, NULL, &value, sizeof(value)));
}

static uint64_t
smc_false_alarms(void)
{
	size_t len = sizeof(uint64_t);
	uint64_t count = 0;

	CASE_EQ(os_sysctl("dev.apple_smc.0.stats.false_alarms", &count, &len,
	    NULL, 0), 0);
	return (count);
}

/* Set the charge, and check that the firmware's keys say so. */
static void
set_charge(void)
{
	CASE_EQ(smc_set("charge.end", 80), 0);
	CASE_EQ(smc_set("charge.inhibit", 1), 0);
	CASE_EQ(smc_set("charge.discharge", 1), 0);
	CASE_EQ(smc_int("charge.end"), 80);
	run("smc_charge", 1);
}

/* The same for the charge and the fans, which the firmware gives together. */
static void
set_all(void)
{
	CASE_EQ(smc_set("fan.0.set", 3000), 0);
	CASE_EQ(smc_int("fan.0.set"), 3000);
	CASE_EQ(smc_int("fan.1.set"), 3000);
	run("smc_fans", 1);
	set_charge();
}

/* All is as the firmware had it. */
static void
check_given_back(void)
{
	run("smc_fans", 0);
	run("smc_charge", 0);
}

void
apple_smc_sets_nothing_unless_allowed(void)
{
	int value;

	CASE_EQ(smc_try("fan.0.set", &value), -ENOENT);
	CASE_EQ(smc_try("charge.end", &value), -ENOENT);
	CASE_EQ(smc_set("fan.0.set", 3000), -ENOENT);
	CASE_EQ(smc_set("charge.inhibit", 1), -ENOENT);
	check_given_back();
}

void
apple_smc_gives_back_what_was_set_at_detach(void)
{
	int i;

	for (i = 0; i < 3; i++) {
		set_all();
		CASE_EQ(init_devctl(INIT_DISABLE, "apple_smc0"), 0);
		check_given_back();
		CASE_EQ(init_devctl(INIT_ENABLE, "apple_smc0"), 0);
		CASE_EQ(smc_int("fan.0.set"), 0);
		CASE_EQ(smc_int("charge.end"), 100);
		check_given_back();
	}
	run("smc_rules", 0);
}

void
apple_smc_gives_back_what_was_set_at_suspend(void)
{
	int i;

	for (i = 0; i < 3; i++) {
		set_all();
		CASE_EQ(init_devctl(INIT_SUSPEND, "apple_smc0"), 0);
		check_given_back();
		CASE_EQ(smc_set("fan.0.set", 3000), -ENXIO);
		CASE_EQ(smc_set("charge.inhibit", 1), -ENXIO);
		CASE_EQ(init_devctl(INIT_RESUME, "apple_smc0"), 0);
		CASE_EQ(smc_int("fan.0.set"), 0);
		CASE_EQ(smc_int("charge.end"), 100);
		check_given_back();
	}
	run("smc_rules", 0);
}

/* Nothing but the sensors says that the battery is empty. */
void
apple_smc_ignores_false_alarms(void)
{
	uint64_t before = smc_false_alarms(), end_ms;
	unsigned i;

	set_all();
	for (i = 1; i <= 5; i++) {
		run("smc_alarm", 0);
		end_ms = os_uptime_ms() + PATIENCE_MS;
		while (smc_false_alarms() < before + i &&
		    os_uptime_ms() < end_ms)
			os_sleep_ms(10);
		CASE_EQ(smc_false_alarms(), before + i);
	}
	run("smc_charge", 1);
	run("smc_fans", 1);
	run("smc_rules", 0);
}

/* The charge goes back to the firmware.  The fans need not. */
void
apple_smc_believes_a_true_alarm(void)
{
	uint64_t before = smc_false_alarms();

	set_all();
	run("smc_flag", 1);
	run("smc_alarm", 0);
	run_until_ok("smc_charge", 0);
	CASE_EQ(smc_int("charge.end"), 100);
	run("smc_fans", 1);
	/* The charger is plugged in. */
	run("smc_flag", 0);
	os_sleep_ms(3000);
	CASE_EQ(smc_false_alarms(), before);
	set_charge();
	run("smc_rules", 0);
}

void
apple_smc_keeps_the_time(void)
{
	char result[200];

	CASE_CHECK(!try_run("smc_clock", 0, result, sizeof(result)));
	/* 2032-01-01 */
	CASE_EQ(init_set_time(1956528000), 0);
	run_until_ok("smc_clock", 0);
	run("smc_rules", 0);
}

/* What comes after the last case shows the rest. */
void
apple_smc_is_left_with_all_set(void)
{
	set_all();
	run("smc_rules", 0);
}

/* Without an init(8) that does it, the driver switches the machine off. */
void
apple_smc_switches_off_when_the_battery_is_empty(void)
{
	set_all();
	run("smc_voltage", 8000);
	run("smc_alarm", 0);
	os_sleep_ms(PATIENCE_MS);
	case_fail("the machine is still on");
}

void
apple_smc_gives_back_what_was_set_in_a_panic(void)
{
	set_all();
	run("smc_rules", 0);
	run("panic", 0);
}

void
apple_smc_shows_its_sensors(void)
{
	unsigned i;

	CASE_EQ(smc_int("fan.0.maximum"), 5400);
	CASE_EQ(smc_int("power.rail_3v8"), 2750);
	CASE_EQ(smc_int("battery.charge"), 74);
	for (i = 0; i < 100; i++) {
		run("smc_battery", 250 + i);
		/* In tenths of a kelvin. */
		CASE_CHECK(smc_int("temp.battery") >= 2731 + 250 + (int)i &&
		    smc_int("temp.battery") <= 2732 + 250 + (int)i);
	}
	run("smc_rules", 0);
}

void
apple_smc_tells_of_the_lid(void)
{
	CASE_EQ(smc_int("lid"), 0);
	run("smc_lid", 1);
	CASE_EQ(smc_int("lid"), 1);
	run("smc_lid", 0);
	CASE_EQ(smc_int("lid"), 0);
}

void
apple_smc_detaches_and_attaches_again(void)
{
	int i, value;

	for (i = 0; i < 10; i++) {
		CASE_EQ(init_devctl(INIT_DISABLE, "apple_smc0"), 0);
		CASE_EQ(smc_try("lid", &value), -ENOENT);
		CASE_EQ(init_devctl(INIT_ENABLE, "apple_smc0"), 0);
		CASE_EQ(smc_int("fan.0.maximum"), 5400);
	}
	run("smc_rules", 0);
}

void
apple_smc_suspends_and_resumes(void)
{
	int i;

	for (i = 0; i < 10; i++) {
		CASE_EQ(init_devctl(INIT_SUSPEND, "apple_smc0"), 0);
		CASE_EQ(init_devctl(INIT_RESUME, "apple_smc0"), 0);
		CASE_EQ(smc_int("fan.0.maximum"), 5400);
	}
	run("smc_rules", 0);
}

/* This CPU is not ours to start, so it stays crashed. */
void
apple_smc_crashes_and_says_so(void)
{
	uint64_t end_ms = os_uptime_ms() + 5000;
	int error, value;

	run("smc_crash", 0);
	while ((error = smc_try("lid", &value)) == 0 &&
	    os_uptime_ms() < end_ms)
		os_sleep_ms(1);
	CASE_CHECK(error == -EIO || error == -ENXIO);
	CASE_EQ(init_devctl(INIT_DISABLE, "apple_smc0"), 0);
}
