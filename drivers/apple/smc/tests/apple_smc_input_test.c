/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC driver on the model: the power button and the lid, as programs and
 * devd(8) see them.
 */
#include "apple_smc_test.h"

#include <dev/evdev/input.h>

#include "tk_evdev.h"

#define	BUTTON		"apple_smc0 power button"
#define	LID		"apple_smc0 lid"
#define	CLOSED		"!system=ACPI subsystem=Lid type=apple_smc0 notify=0x00"
#define	OPENED		"!system=ACPI subsystem=Lid type=apple_smc0 notify=0x01"

static int
button(void)
{
	return (tk_evdev_state(BUTTON, EV_KEY, KEY_POWER));
}

static int
lid(void)
{
	return (tk_evdev_state(LID, EV_SW, SW_LID));
}

/* Check what a program has read; without a further event. */
static void
check_events(const char *name, const int *values, size_t n)
{
	const struct tk_evdev_event *event;

	for (size_t i = 0; i < n; i++) {
		event = tk_evdev_event(i);
		TK_CHECK(event != NULL);
		TK_STREQ(event->name, name);
		TK_EQ(event->value, values[i]);
	}
	TK_CHECK(tk_evdev_event(n) == NULL);
}

TK_CASE(apple_smc_reports_the_power_button_as_long_as_it_is_held)
{
	static const int values[] = { 1, 0, 1, 0 };
	struct model_apple m;

	smc_up(&m);
	TK_EQ(button(), 0);
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_POWER, true));
	pause("held", 3 * hz);
	TK_EQ(button(), 1);
	/* Held for a moment: says nothing new. */
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_HELD, true));
	wait_a_little(&m);
	TK_EQ(button(), 1);
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_POWER, false));
	wait_a_little(&m);
	TK_EQ(button(), 0);
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_TOUCHID, true));
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_TOUCHID, false));
	wait_a_little(&m);
	check_events(BUTTON, values, nitems(values));
	TK_EQ(rebooting, 0);
	smc_down(&m);
	TK_EQ(button(), -1);
}

TK_CASE_STOPS(apple_smc_switches_off_when_the_button_is_held_for_long,
    "machine-down: kern_reboot(0x4000) came to its end")
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_FORCED, true));
	pause("off", hz);
	TK_CHECK(false);
}

TK_CASE(apple_smc_only_says_that_the_button_is_held_where_it_may_not_switch_off)
{
	struct model_apple m;

	TK_EQ(kern_setenv("hw.apple_smc.poweroff", "0"), 0);
	smc_up(&m);
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_FORCED, false));
	wait_a_little(&m);
	TK_CHECK(!printed("is held"));
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_FORCED, true));
	wait_a_little(&m);
	TK_CHECK(printed("apple_smc0: the power button is held: the machine "
	    "goes off"));
	smc_down(&m);
}

/* Some machines do not send an event. */
TK_CASE(apple_smc_notices_a_lid_that_sends_no_event)
{
	static const int values[] = { 1, 0 };
	struct model_apple m;

	smc_up(&m);
	TK_EQ(lid(), 0);
	TK_CHECK(model_smc_set_int(m.smc, "MSLD", 1));
	pause("lid", 5 * hz / 2);
	TK_EQ(lid(), 1);
	TK_STREQ(acpi_event(0), CLOSED);
	TK_CHECK(model_smc_set_int(m.smc, "MSLD", 0));
	pause("lid", 5 * hz / 2);
	TK_STREQ(acpi_event(1), OPENED);
	TK_STREQ(acpi_event(2), "");
	check_events(LID, values, nitems(values));
	smc_down(&m);
}

/* The key bounces when a display is unplugged. */
TK_CASE(apple_smc_ignores_a_lid_that_bounces)
{
	struct model_apple m;

	smc_up(&m);
	for (int i = 0; i < 30; i++) {
		(void)model_smc_lid(m.smc, true);
		pause("bounce", hz / 2);
		(void)model_smc_lid(m.smc, false);
		pause("bounce", hz / 10 * (i % 7 + 1));
	}
	pause("quiet", 3 * hz);
	TK_STREQ(acpi_event(0), "");
	check_events(LID, NULL, 0);
	smc_down(&m);
}

/* An event that says the opposite of the key. */
TK_CASE(apple_smc_believes_the_key_of_the_lid_and_not_the_event)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_event(m.smc, 0x72030100));
	pause("lid", 3 * hz);
	TK_EQ(lid(), 0);
	TK_STREQ(acpi_event(0), "");
	smc_down(&m);
}

TK_CASE(apple_smc_that_does_not_poll_the_lid_waits_for_events)
{
	struct model_apple m;
	uint64_t commands;

	TK_EQ(kern_setenv("hw.apple_smc.lid_poll", "0"), 0);
	smc_up(&m);
	wait_a_little(&m);
	commands = smc_count("commands");
	TK_CHECK(model_smc_set_int(m.smc, "MSLD", 1));
	pause("lid", 10 * hz);
	TK_EQ(lid(), 0);
	TK_EQ(smc_count("commands"), commands);
	TK_CHECK(model_smc_lid(m.smc, true));
	pause("lid", 3 * hz / 2);
	TK_EQ(lid(), 1);
	TK_STREQ(acpi_event(0), CLOSED);
	smc_down(&m);
}

TK_CASE(apple_smc_attaches_with_a_closed_lid)
{
	struct model_apple m;

	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_set_int(m.smc, "MSLD", 1));
	model_apple_boot(&m, "t8103");
	TK_EQ(lid(), 1);
	pause("lid", 5 * hz);
	TK_STREQ(acpi_event(0), "");
	smc_down(&m);
}

TK_CASE(apple_smc_reports_only_what_a_machine_has)
{
	static const struct model_smc_config desktop = { .desktop = true };
	struct model_apple m;

	model_apple_up(&m, "t8103", NULL, &desktop);
	TK_EQ(lid(), -1);
	TK_EQ(button(), 0);
	smc_down(&m);
	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_remove(m.smc, "bHLD"));
	model_apple_boot(&m, "t8103");
	TK_EQ(lid(), 0);
	TK_EQ(button(), -1);
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_POWER, true));
	wait_a_little(&m);
	TK_CHECK(tk_evdev_event(0) == NULL);
	smc_down(&m);
}

/* Its release is not told any more. */
TK_CASE(apple_smc_that_crashes_leaves_no_button_down)
{
	static const int values[] = { 1, 0 };
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_POWER, true));
	wait_a_little(&m);
	TK_EQ(button(), 1);
	model_rtkit_crash(m.rtkit);
	pause("crash", hz);
	TK_CHECK(printed("apple_smc0: the SMC has crashed"));
	TK_EQ(button(), 0);
	check_events(BUTTON, values, nitems(values));
	smc_down_anyhow(&m);
}

/* The press that wakes the machine is none of a program's. */
TK_CASE(apple_smc_sleeps_with_a_button_up_and_wakes_with_the_lid_as_it_is)
{
	static const int values[] = { 1, 0 };
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_POWER, true));
	wait_a_little(&m);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	check_events(BUTTON, values, nitems(values));
	TK_CHECK(model_smc_set_int(m.smc, "MSLD", 1));
	(void)model_smc_button(m.smc, MODEL_SMC_BUTTON_TOUCHID, true);
	(void)model_smc_button(m.smc, MODEL_SMC_BUTTON_TOUCHID, false);
	pause("asleep", 10 * hz);
	TK_EQ(tk_device_resume(smc_device()), 0);
	check_events(BUTTON, values, nitems(values));
	(void)model_smc_button(m.smc, MODEL_SMC_BUTTON_POWER, false);
	pause("lid", 3 * hz / 2);
	TK_EQ(lid(), 1);
	TK_STREQ(tk_evdev_event(2)->name, LID);
	TK_CHECK(tk_evdev_event(3) == NULL);
	smc_down(&m);
}
