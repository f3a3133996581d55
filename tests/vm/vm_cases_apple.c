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

/* Let the kernel run a command.  The case fails if the command does. */
static void
run(const char *command, unsigned number)
{
	char line[64], result[200] = "";
	size_t len = sizeof(result) - 1;
	int error;

	os_format(line, sizeof(line), "%s %u", command, number);
	error = os_sysctl(RUN, NULL, NULL, line, strlen(line) + 1);
	CASE_EQ(error, 0);
	CASE_EQ(os_sysctl(RESULT, result, &len, NULL, 0), 0);
	if (!os_contains(result, "ok") || strlen(result) != 2)
		case_fail("%s: %s", line, result);
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
