/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC driver on the model: how the battery is charged, as the administrator
 * sets it, and back with the firmware.
 */
#include "apple_smc_test.h"

#include <sys/eventhandler.h>
#include <sys/reboot.h>

/* Set a node.  Returns an errno. */
static int
set(const char *what, int value)
{
	char name[64];

	snprintf(name, sizeof(name), "dev.apple_smc.0.charge.%s", what);
	return (kernel_sysctlbyname(curthread, name, NULL, NULL, &value,
	    sizeof(value), NULL, 0));
}

static int
get(const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "charge.%s", what);
	return (smc_int(name));
}

static int
get_error(const char *what)
{
	char name[64];
	int value;

	snprintf(name, sizeof(name), "charge.%s", what);
	return (smc_int_error(name, &value));
}

static const char *
state(void)
{
	static char text[64];
	size_t len = sizeof(text);

	TK_EQ(smc_sysctl("battery.state", text, &len), 0);
	return (text);
}

static uint64_t
writes(struct model_apple *m, const char *name)
{
	struct model_smc_key key;

	TK_CHECK(model_smc_key(m->smc, name, &key));
	return (key.writes);
}

/* Make the models of a machine whose charge may be set. */
static void
charge_make(struct model_apple *m, enum model_smc_charge charge)
{
	const struct model_smc_config cfg = {
		.charge = charge, .newer = charge == MODEL_SMC_CHARGE_27,
	};

	TK_EQ(kern_setenv("hw.apple_smc.charge_control", "1"), 0);
	model_apple_make(m, "t8103", NULL, &cfg);
}

static void
charge_boot(struct model_apple *m)
{
	model_apple_boot(m, "t8103");
	TK_CHECK(smc_attached());
}

static void
charge_up(struct model_apple *m, enum model_smc_charge charge)
{
	charge_make(m, charge);
	charge_boot(m);
}

TK_CASE(apple_smc_leaves_the_charge_alone_unless_a_tunable_allows_it)
{
	static const struct model_smc_config cfg = {
		.charge = MODEL_SMC_CHARGE_13,
	};
	struct model_apple m;

	model_apple_up(&m, "t8103", NULL, &cfg);
	TK_CHECK(smc_attached());
	TK_EQ(set("end", 80), ENOENT);
	TK_EQ(set("inhibit", 1), ENOENT);
	smc_down(&m);
	charge_up(&m, MODEL_SMC_CHARGE_13);
	TK_EQ(get("end"), 100);
	TK_EQ(set("end", -1), EINVAL);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_EQ(tk_device_detach(smc_device()), 0);
	/* Nothing was written that nobody has set. */
	TK_EQ(writes(&m, "CHWA"), 0);
	TK_EQ(writes(&m, "CH0C"), 0);
	TK_EQ(writes(&m, "CH0I"), 0);
	TK_EQ(model_apple_down(&m), 0);
}

TK_CASE(apple_smc_of_a_desktop_has_no_charge)
{
	static const struct model_smc_config desktop = { .desktop = true };
	struct model_apple m;

	TK_EQ(kern_setenv("hw.apple_smc.charge_control", "1"), 0);
	model_apple_up(&m, "t8103", NULL, &desktop);
	TK_CHECK(smc_attached());
	TK_EQ(get_error("end"), ENOENT);
	TK_EQ(get_error("inhibit"), ENOENT);
	smc_down(&m);
}

TK_CASE(apple_smc_controls_the_charge_with_firmware_of_13)
{
	struct model_apple m;

	charge_up(&m, MODEL_SMC_CHARGE_13);
	TK_STREQ(state(), "charging");
	/* Only 80 or none. */
	TK_EQ(set("end", 60), 0);
	TK_EQ(get("end"), 80);
	TK_EQ(smc_int("battery.limit_start"), 75);
	TK_EQ(smc_int("battery.limit_end"), 80);
	TK_EQ(model_smc_get_int(m.smc, "CHWA"), 1);
	TK_EQ(set("end", 96), 0);
	TK_EQ(get("end"), 100);
	TK_EQ(model_smc_get_int(m.smc, "CHWA"), 0);
	TK_EQ(set("inhibit", 7), 0);
	TK_EQ(get("inhibit"), 1);
	TK_EQ(model_smc_get_int(m.smc, "CH0C"), 1);
	TK_STREQ(state(), "held back");
	TK_EQ(set("inhibit", 0), 0);
	TK_STREQ(state(), "charging");
	TK_EQ(set("discharge", 1), 0);
	TK_EQ(model_smc_get_int(m.smc, "CH0I"), 1);
	TK_STREQ(state(), "discharging");
	TK_EQ(set("discharge", 0), 0);
	TK_EQ(writes(&m, "CH0B"), 0);
	smc_down(&m);
}

TK_CASE(apple_smc_controls_the_charge_with_firmware_of_26)
{
	struct model_apple m;

	charge_up(&m, MODEL_SMC_CHARGE_26);
	TK_EQ(set("end", 63), 0);
	TK_EQ(get("end"), 63);
	TK_EQ(smc_int("battery.limit_start"), 58);
	/* Bit 8: down to it. */
	TK_EQ(model_smc_get_int(m.smc, "CHLS"), 0x100 | 63);
	TK_EQ(set("end", 0), 0);
	TK_EQ(get("end"), 10);
	TK_EQ(set("end", 1000), 0);
	TK_EQ(get("end"), 100);
	TK_EQ(model_smc_get_int(m.smc, "CHLS"), 0);
	TK_EQ(set("inhibit", 1), 0);
	TK_EQ(model_smc_get_int(m.smc, "CHTE"), 1);
	TK_STREQ(state(), "held back");
	TK_EQ(set("discharge", 1), 0);
	TK_EQ(get("discharge"), 1);
	TK_EQ(model_smc_get_int(m.smc, "CHIE"), 8);
	TK_STREQ(state(), "discharging");
	smc_down(&m);
}

/* Keys without a value are none, and keys that nobody understands are left. */
TK_CASE(apple_smc_controls_the_charge_with_firmware_of_27)
{
	struct model_apple m;

	charge_up(&m, MODEL_SMC_CHARGE_27);
	TK_EQ(get_error("inhibit"), ENOENT);
	TK_EQ(set("end", 80), 0);
	TK_EQ(model_smc_get_int(m.smc, "CHLS"), 0x100 | 80);
	TK_EQ(set("discharge", 1), 0);
	TK_EQ(model_smc_get_int(m.smc, "CHIB"), 1);
	TK_EQ(writes(&m, "CHTE"), 0);
	TK_EQ(writes(&m, "bfD0"), 0);
	TK_EQ(writes(&m, "bfF0"), 0);
	smc_down(&m);
}

/*
 * What macOS has left there, in each key, and what is given back after it was
 * set.
 */
static const struct {
	const char	*what;
	const char	*key;
	int		 found;
	int		 set;
	int		 back;
} left[] = {
	{ "end", "CHLS", 90, 70, 90 },
	{ "inhibit", "CHTE", 0, 1, 0 },
	{ "discharge", "CHIE", 8, 0, 0 },
};

static void
leave_and_boot(struct model_apple *m)
{
	charge_make(m, MODEL_SMC_CHARGE_26);
	for (size_t i = 0; i < nitems(left); i++)
		TK_CHECK(model_smc_set_int(m->smc, left[i].key,
		    left[i].found));
	charge_boot(m);
}

static void
set_all(void)
{
	for (size_t i = 0; i < nitems(left); i++)
		TK_EQ(set(left[i].what, left[i].set), 0);
}

static void
check_found(struct model_apple *m)
{
	for (size_t i = 0; i < nitems(left); i++)
		TK_EQ(model_smc_get_int(m->smc, left[i].key), left[i].found);
}

static void
check_back(struct model_apple *m)
{
	for (size_t i = 0; i < nitems(left); i++)
		TK_EQ(model_smc_get_int(m->smc, left[i].key), left[i].back);
}

TK_CASE(apple_smc_gives_the_charge_back_at_detach_and_suspend)
{
	struct model_apple m;

	leave_and_boot(&m);
	check_found(&m);
	set_all();
	TK_EQ(model_smc_get_int(m.smc, "CHLS"), 0x100 | 70);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	check_back(&m);
	TK_EQ(set("end", 70), ENXIO);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_EQ(get("end"), 90);
	set_all();
	TK_EQ(tk_device_detach(smc_device()), 0);
	check_back(&m);
	TK_STREQ(model_rtkit_first_violation(m.rtkit), "");
	TK_EQ(model_apple_down(&m), 0);
}

/* Times that the driver has said what was left. */
static int
times_left(void)
{
	return (times_printed(", was left at "));
}

/*
 * The machine has lost power while everything was set.  What was found is not
 * touched before the administrator does that.
 */
TK_CASE(apple_smc_says_what_an_earlier_run_has_left_set)
{
	struct model_apple m;

	charge_make(&m, MODEL_SMC_CHARGE_26);
	TK_CHECK(model_smc_set_int(m.smc, "CHLS", 0x100 | 70));
	TK_CHECK(model_smc_set_int(m.smc, "CHTE", 1));
	TK_CHECK(model_smc_set_int(m.smc, "CHIE", 8));
	charge_boot(&m);
	TK_EQ(times_printed("apple_smc0: charge.end, by CHLS, was left at 70: "
	    "set it to 100 to undo that\n"), 1);
	TK_EQ(times_printed("apple_smc0: charge.inhibit, by CHTE, was left at "
	    "1: set it to 0 to undo that\n"), 1);
	TK_EQ(times_printed("apple_smc0: charge.discharge, by CHIE, was left "
	    "at 1: set it to 0 to undo that\n"), 1);
	TK_EQ(tk_device_detach(smc_device()), 0);
	TK_EQ(writes(&m, "CHLS"), 0);
	TK_EQ(writes(&m, "CHTE"), 0);
	TK_EQ(writes(&m, "CHIE"), 0);
	TK_EQ(model_apple_down(&m), 0);
}

/* The same, and the administrator undoes it, once. */
TK_CASE(apple_smc_never_brings_back_what_the_administrator_has_undone)
{
	struct model_apple m;
	device_t dev;

	charge_make(&m, MODEL_SMC_CHARGE_26);
	TK_CHECK(model_smc_set_int(m.smc, "CHLS", 0x100 | 70));
	TK_CHECK(model_smc_set_int(m.smc, "CHTE", 1));
	TK_CHECK(model_smc_set_int(m.smc, "CHIE", 8));
	charge_boot(&m);
	TK_EQ(times_left(), 3);
	TK_EQ(set("end", 100), 0);
	TK_EQ(set("inhibit", 0), 0);
	TK_EQ(set("discharge", 0), 0);
	/* Also not after it was set again. */
	TK_EQ(set("end", 80), 0);
	TK_EQ(set("inhibit", 1), 0);
	dev = smc_device();
	TK_EQ(tk_device_detach(dev), 0);
	TK_EQ(model_smc_get_int(m.smc, "CHLS"), 0);
	TK_EQ(model_smc_get_int(m.smc, "CHTE"), 0);
	TK_EQ(model_smc_get_int(m.smc, "CHIE"), 0);
	TK_EQ(tk_device_attach(dev), 0);
	TK_EQ(times_left(), 3);
	smc_down(&m);
}

/* Who sets it each time has it only while the driver runs. */
TK_CASE(apple_smc_leaves_no_switch_on_though_it_was_found_on)
{
	struct model_apple m;

	charge_make(&m, MODEL_SMC_CHARGE_13);
	TK_CHECK(model_smc_set_int(m.smc, "CH0C", 2));
	TK_CHECK(model_smc_set_int(m.smc, "CHWA", 1));
	charge_boot(&m);
	TK_EQ(times_printed("apple_smc0: charge.end, by CHWA, was left at 80: "
	    "set it to 100 to undo that\n"), 1);
	TK_EQ(set("inhibit", 1), 0);
	TK_EQ(tk_device_detach(smc_device()), 0);
	TK_EQ(model_smc_get_int(m.smc, "CH0C"), 0);
	/* Nobody has set the limit. */
	TK_EQ(model_smc_get_int(m.smc, "CHWA"), 1);
	TK_EQ(model_apple_down(&m), 0);
}

/* It crashes when it is to wake, and the driver starts it again later. */
TK_CASE(apple_smc_sets_the_charge_though_it_did_not_wake_at_first)
{
	static const struct model_smc_config smc = {
		.charge = MODEL_SMC_CHARGE_26,
	};
	struct model_rtkit_config cfg;
	struct model_apple m;

	smc_config_restart(&cfg);
	TK_EQ(kern_setenv("hw.apple_smc.charge_control", "1"), 0);
	model_apple_up(&m, "t8103", &cfg, &smc);
	TK_CHECK(smc_attached());
	TK_EQ(tk_device_suspend(smc_device()), 0);
	model_rtkit_fault(m.rtkit, "crash-smc-init", 1);
	TK_EQ(tk_device_resume(smc_device()), 0);
	pause("restart", 3 * hz);
	TK_EQ(times_printed("apple_smc0: the SMC runs again"), 1);
	TK_EQ(set("end", 70), 0);
	TK_EQ(model_smc_get_int(m.smc, "CHLS"), 0x100 | 70);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_gives_the_charge_back_at_shutdown)
{
	struct model_apple m;

	leave_and_boot(&m);
	set_all();
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_HALT);
	TK_EQ(tk_device_shutdown(smc_device()), 0);
	check_back(&m);
	TK_EQ(set("end", 70), ESHUTDOWN);
	smc_down(&m);
}

TK_CASE(apple_smc_gives_the_charge_back_after_a_panic)
{
	struct model_apple m;

	leave_and_boot(&m);
	set_all();
	tk_panicked(true);
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_POWEROFF | RB_HALT);
	check_back(&m);
	tk_panicked(false);
	smc_down_anyhow(&m);
}

/* The dump comes after shutdown_post_sync, and may never end. */
TK_CASE(apple_smc_gives_the_charge_back_before_a_dump)
{
	struct model_apple m;

	leave_and_boot(&m);
	set_all();
	tk_panicked(true);
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_NOSYNC | RB_DUMP);
	check_back(&m);
	tk_panicked(false);
	smc_down_anyhow(&m);
}

/* What the SMC has not taken then is given back after the dump. */
TK_CASE(apple_smc_that_does_not_answer_keeps_no_dump_waiting)
{
	struct model_apple m;
	int64_t start;

	leave_and_boot(&m);
	set_all();
	model_rtkit_hang(m.rtkit, true);
	tk_panicked(true);
	start = tk_now_ns();
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_NOSYNC | RB_DUMP);
	TK_CHECK(tk_now_ns() - start < 1500000000);
	TK_EQ(times_printed("cannot give charge."), 1);
	model_rtkit_hang(m.rtkit, false);
	DELAY(100000);
	TK_EQ(tk_device_shutdown(smc_device()), 0);
	check_back(&m);
	tk_panicked(false);
	smc_down_anyhow(&m);
}

static void
set_once(void *arg)
{
	*(int *)arg = set("end", 70);
}

/*
 * Make a machine whose SMC takes 100 ms for a command, and begin to set the end
 * of the charge: after 100 ms the driver writes it.
 */
static void
set_slowly(struct model_apple *m, struct test_thread *t, int *error)
{
	static const struct model_smc_config slow = {
		.charge = MODEL_SMC_CHARGE_26, .latency_ns = 100000000,
	};

	TK_EQ(kern_setenv("hw.apple_smc.charge_control", "1"), 0);
	TK_EQ(kern_setenv("hw.apple_smc.lid_poll", "0"), 0);
	model_apple_make(m, "t8103", NULL, &slow);
	TK_CHECK(model_smc_set_int(m->smc, "CHLS", 90));
	charge_boot(m);
	test_thread_start(t, set_once, error);
	pause("read", hz / 20);
}

/* The thread gets an error, but the SMC has done what it was told. */
TK_CASE(apple_smc_gives_back_what_is_set_while_the_machine_goes_down)
{
	struct test_thread t;
	struct model_apple m;
	int error = 0;

	set_slowly(&m, &t, &error);
	pause("written", hz / 10);
	TK_EQ(model_smc_get_int(m.smc, "CHLS"), 0x100 | 70);
	TK_EQ(tk_device_shutdown(smc_device()), 0);
	test_thread_join(&t);
	TK_EQ(error, ESHUTDOWN);
	TK_EQ(model_smc_get_int(m.smc, "CHLS"), 90);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_gives_back_what_was_written_without_an_answer)
{
	struct test_thread t;
	struct model_apple m;
	int error = 0;

	set_slowly(&m, &t, &error);
	model_rtkit_fault(m.rtkit, "silent-smc-reply", 1);
	test_thread_join(&t);
	TK_EQ(error, ETIMEDOUT);
	TK_EQ(model_smc_get_int(m.smc, "CHLS"), 0x100 | 70);
	TK_EQ(tk_device_detach(smc_device()), 0);
	TK_EQ(model_smc_get_int(m.smc, "CHLS"), 90);
	TK_EQ(model_apple_down(&m), 0);
}

TK_CASE(apple_smc_says_once_that_a_key_of_the_charge_is_refused)
{
	struct model_apple m;

	leave_and_boot(&m);
	model_rtkit_fault(m.rtkit, "smc-write-refused", 1);
	TK_EQ(set("end", 60), EACCES);
	TK_EQ(times_printed("apple_smc0: the SMC does not take charge.end, by "
	    "CHLS: EACCES\n"), 1);
	TK_EQ(get("end"), 90);
	TK_EQ(tk_device_detach(smc_device()), 0);
	/* It was not written, so it is not given back. */
	TK_EQ(writes(&m, "CHLS"), 0);
	TK_EQ(times_printed("CHLS"), 2);	/* with what was left */
	check_found(&m);
	TK_EQ(model_apple_down(&m), 0);
}

TK_CASE(apple_smc_gives_back_later_what_was_refused)
{
	struct model_apple m;

	leave_and_boot(&m);
	TK_EQ(set("end", 70), 0);
	model_rtkit_fault(m.rtkit, "smc-write-refused", 1);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_EQ(times_printed("apple_smc0: cannot give charge.end, by CHLS back "
	    "to the firmware: EACCES\n"), 1);
	TK_EQ(model_smc_get_int(m.smc, "CHLS"), 0x100 | 70);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_EQ(tk_device_shutdown(smc_device()), 0);
	check_found(&m);
	smc_down(&m);
}

TK_CASE(apple_smc_says_that_the_firmware_keeps_no_setting)
{
	struct model_apple m;

	leave_and_boot(&m);
	model_rtkit_fault(m.rtkit, "smc-write-undone", 1);
	TK_EQ(set("end", 60), EIO);
	TK_EQ(times_printed("apple_smc0: the SMC does not take charge.end, by "
	    "CHLS: EIO\n"), 1);
	TK_EQ(set("end", 60), 0);
	/* Later, and to something else. */
	TK_CHECK(model_smc_set_int(m.smc, "CHLS", 55));
	TK_EQ(get("end"), 55);
	TK_EQ(tk_device_detach(smc_device()), 0);
	check_found(&m);
	TK_EQ(model_apple_down(&m), 0);
}

/* With the firmware's next version, for instance. */
TK_CASE(apple_smc_bears_a_key_of_the_charge_that_is_gone)
{
	struct model_apple m;

	leave_and_boot(&m);
	model_rtkit_fault(m.rtkit, "smc-key-gone", 1);
	TK_EQ(set("inhibit", 1), ENOENT);
	set_all();
	TK_CHECK(model_smc_remove(m.smc, "CHLS"));
	TK_EQ(get_error("end"), ENOENT);
	TK_EQ(set("end", 50), ENOENT);
	TK_EQ(get("inhibit"), 1);
	TK_EQ(tk_device_detach(smc_device()), 0);
	TK_EQ(times_printed("apple_smc0: cannot give charge.end, by CHLS back "
	    "to the firmware: ENOENT\n"), 1);
	TK_EQ(model_smc_get_int(m.smc, "CHTE"), 0);
	TK_EQ(model_smc_get_int(m.smc, "CHIE"), 0);
	TK_EQ(model_apple_down(&m), 0);
}

/* What cannot be read could not be given back. */
TK_CASE(apple_smc_sets_no_key_of_the_charge_that_it_cannot_give_back)
{
	static const uint32_t zero;
	struct model_apple m;

	charge_make(&m, MODEL_SMC_CHARGE_26);
	/* Only written; only read; of another size. */
	TK_CHECK(model_smc_remove(m.smc, "CHLS"));
	TK_CHECK(model_smc_add(m.smc, "CHLS", "ui16", 2, MODEL_SMC_WRITE,
	    &zero));
	TK_CHECK(model_smc_remove(m.smc, "CHIE"));
	TK_CHECK(model_smc_add(m.smc, "CHIE", "hex_", 1, MODEL_SMC_READ,
	    &zero));
	TK_CHECK(model_smc_remove(m.smc, "CHTE"));
	TK_CHECK(model_smc_add(m.smc, "CHTE", "ui8 ", 1,
	    MODEL_SMC_READ | MODEL_SMC_WRITE, &zero));
	charge_boot(&m);
	TK_EQ(get_error("end"), ENOENT);
	TK_EQ(get_error("inhibit"), ENOENT);
	TK_EQ(get_error("discharge"), ENOENT);
	smc_down(&m);
}

/* A battery that is discharged on purpose does not switch the machine off. */
TK_CASE(apple_smc_leaves_an_empty_battery_to_the_firmware)
{
	struct model_apple m;

	charge_up(&m, MODEL_SMC_CHARGE_13);
	TK_EQ(set("discharge", 1), 0);
	TK_EQ(set("inhibit", 1), 0);
	TK_CHECK(model_smc_battery_critical(m.smc));
	pause("alarm", 5 * hz);
	TK_CHECK(printed("apple_smc0: the battery is nearly empty"));
	TK_EQ(get("discharge"), 0);
	TK_EQ(get("inhibit"), 0);
	TK_CHECK(model_smc_set_int(m.smc, "BCF0", 0));
	pause("charging", 20 * hz);
	TK_EQ(tk_shutdown_asked(), -1);
	TK_EQ(set("inhibit", 1), 0);
	smc_down(&m);
}

/* What was found would discharge an empty battery, though nobody has set it. */
TK_CASE(apple_smc_does_not_discharge_an_empty_battery_as_it_was_found)
{
	struct model_apple m;

	leave_and_boot(&m);
	TK_EQ(set("end", 70), 0);
	TK_EQ(get("discharge"), 1);
	TK_CHECK(model_smc_battery_critical(m.smc));
	pause("alarm", 5 * hz);
	TK_CHECK(printed("apple_smc0: the battery is nearly empty"));
	TK_EQ(get("discharge"), 0);
	TK_EQ(get("inhibit"), 0);
	TK_EQ(get("end"), 90);
	TK_EQ(writes(&m, "CHTE"), 0);
	TK_CHECK(model_smc_set_int(m.smc, "BCF0", 0));
	pause("charging", 2 * hz);
	TK_EQ(tk_device_detach(smc_device()), 0);
	check_back(&m);
	TK_EQ(model_apple_down(&m), 0);
}
