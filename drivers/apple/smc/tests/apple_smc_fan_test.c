/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC driver on the model: fans at a speed that the administrator sets, and
 * back with the firmware.
 */
#include "apple_smc_test.h"

#include <sys/eventhandler.h>
#include <sys/reboot.h>

/* Set a fan.  Returns an errno. */
static int
set(int fan, int rpm)
{
	char name[64];

	snprintf(name, sizeof(name), "dev.apple_smc.0.fan.%d.set", fan);
	return (kernel_sysctlbyname(curthread, name, NULL, NULL, &rpm,
	    sizeof(rpm), NULL, 0));
}

static void
fans_up(struct model_apple *m, enum model_smc_fans fans)
{
	const struct model_smc_config cfg = { .fans = fans };

	TK_EQ(kern_setenv("hw.apple_smc.fan_control", "1"), 0);
	model_apple_up(m, "t8103", NULL, &cfg);
	TK_CHECK(smc_attached());
}

static void
check_automatic(struct model_apple *m)
{
	TK_EQ(model_smc_get_int(m->smc, "F0Md"), 0);
}

TK_CASE(apple_smc_sets_no_fan_unless_a_tunable_allows_it)
{
	struct model_smc_key key;
	struct model_apple m;

	smc_up(&m);
	TK_EQ(set(0, 2000), ENOENT);
	smc_down(&m);
	TK_EQ(kern_setenv("hw.apple_smc.fan_control", "1"), 0);
	smc_up(&m);
	TK_EQ(smc_int("fan.0.set"), 0);
	TK_EQ(set(0, -1), EINVAL);
	/* Nothing was written that nobody has set. */
	TK_CHECK(model_smc_key(m.smc, "F0Md", &key));
	TK_EQ(key.writes, 0);
	smc_down(&m);
}

TK_CASE(apple_smc_sets_a_fan_and_gives_it_back)
{
	struct model_apple m;

	fans_up(&m, MODEL_SMC_FANS_PLAIN);
	TK_EQ(set(0, 2000), 0);
	TK_EQ(smc_int("fan.0.set"), 2000);
	TK_EQ(smc_int("fan.0.manual"), 1);
	/* 2000.0 */
	TK_EQ(model_smc_get_int(m.smc, "F0Tg"), 0x44fa0000);
	TK_EQ(set(0, 0), 0);
	TK_EQ(smc_int("fan.0.set"), 0);
	check_automatic(&m);
	smc_down(&m);
}

/* The SMC itself would take any speed. */
TK_CASE(apple_smc_keeps_to_the_limits_of_a_fan)
{
	struct model_apple m;

	fans_up(&m, MODEL_SMC_FANS_PLAIN);
	TK_EQ(set(0, 1), 0);
	TK_EQ(smc_int("fan.0.target"), 1200);
	TK_EQ(set(0, 100000), 0);
	TK_EQ(smc_int("fan.0.target"), 5400);
	TK_EQ(set(0, 5399), 0);
	TK_EQ(smc_int("fan.0.target"), 5399);
	/* Limits that are none: the fan goes back. */
	TK_CHECK(model_smc_set_micro(m.smc, "F0Mx", 0));
	TK_EQ(set(0, 3000), EPROTO);
	check_automatic(&m);
	smc_down(&m);
}

TK_CASE(apple_smc_gives_fans_back_at_detach_and_suspend)
{
	struct model_apple m;

	fans_up(&m, MODEL_SMC_FANS_PLAIN);
	TK_EQ(set(0, 3000), 0);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	check_automatic(&m);
	TK_EQ(set(0, 3000), ENXIO);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_EQ(smc_int("fan.0.set"), 0);
	TK_EQ(set(0, 3000), 0);
	TK_EQ(tk_device_detach(smc_device()), 0);
	check_automatic(&m);
	TK_STREQ(model_rtkit_first_violation(m.rtkit), "");
	TK_EQ(model_apple_down(&m), 0);
}

TK_CASE(apple_smc_gives_fans_back_at_shutdown)
{
	struct model_apple m;

	fans_up(&m, MODEL_SMC_FANS_PLAIN);
	TK_EQ(set(0, 3000), 0);
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_HALT);
	TK_EQ(tk_device_shutdown(smc_device()), 0);
	check_automatic(&m);
	smc_down(&m);
}

static void
set_slowly(void *arg)
{
	*(int *)arg = set(0, 3000);
}

/* A thread that sets a fan never runs again. */
TK_CASE(apple_smc_gives_fans_back_after_a_panic)
{
	struct test_thread t;
	struct model_apple m;
	int error = 0;

	fans_up(&m, MODEL_SMC_FANS_HELD);
	test_thread_start(&t, set_slowly, &error);
	pause("held", hz);
	TK_EQ(model_smc_get_int(m.smc, "Ftst"), 1);
	tk_panicked(true);
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_POWEROFF | RB_HALT);
	TK_EQ(model_smc_get_int(m.smc, "Ftst"), 0);
	TK_EQ(model_smc_get_int(m.smc, "F0Md"), 3);
	tk_panicked(false);
	test_thread_join(&t);
	smc_down_anyhow(&m);
}

/* The SMC does not answer before the dump of the kernel, but after it. */
TK_CASE(apple_smc_that_does_not_answer_gets_its_fans_after_a_dump)
{
	struct model_apple m;
	int64_t start;

	fans_up(&m, MODEL_SMC_FANS_NEW);
	TK_EQ(set(0, 3000), 0);
	TK_EQ(set(1, 3000), 0);
	model_rtkit_hang(m.rtkit, true);
	tk_panicked(true);
	start = tk_now_ns();
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_NOSYNC | RB_DUMP);
	TK_CHECK(tk_now_ns() - start < 1300000000);
	TK_EQ(times_printed("cannot give fan "), 1);
	model_rtkit_hang(m.rtkit, false);
	DELAY(100000);
	TK_EQ(tk_device_shutdown(smc_device()), 0);
	TK_EQ(model_smc_get_int(m.smc, "F0md"), 0);
	TK_EQ(model_smc_get_int(m.smc, "F1md"), 0);
	tk_panicked(false);
	smc_down_anyhow(&m);
}

/* The firmware gives its fans after two seconds, all of them. */
TK_CASE(apple_smc_takes_the_fans_that_the_firmware_holds)
{
	struct model_apple m;

	fans_up(&m, MODEL_SMC_FANS_HELD);
	TK_EQ(model_smc_get_int(m.smc, "F0Md"), 3);
	TK_EQ(set(1, 1500), 0);
	TK_EQ(model_smc_get_int(m.smc, "Ftst"), 1);
	for (int i = 0; i < 2; i++) {
		TK_EQ(model_smc_get_int(m.smc, i == 0 ? "F0Md" : "F1Md"), 1);
		TK_EQ(smc_int(i == 0 ? "fan.0.set" : "fan.1.set"), 1500);
	}
	TK_EQ(set(0, 0), 0);
	TK_EQ(model_smc_get_int(m.smc, "Ftst"), 0);
	TK_EQ(smc_int("fan.1.set"), 0);
	smc_down(&m);
}

TK_CASE(apple_smc_gives_up_on_fans_that_the_firmware_keeps)
{
	struct model_apple m;

	fans_up(&m, MODEL_SMC_FANS_HELD);
	model_smc_fail(m.smc, "F0Md", 0x82);
	TK_EQ(set(0, 1500), EBUSY);
	TK_EQ(smc_int("fan.0.set"), 0);
	TK_EQ(model_smc_get_int(m.smc, "Ftst"), 0);
	TK_EQ(times_printed("apple_smc0: cannot give fan 0 back to the "
	    "firmware: EOPNOTSUPP"), 1);
	smc_down(&m);
}

/* The mode is a real number, with another name. */
TK_CASE(apple_smc_sets_the_fans_of_newer_machines)
{
	struct model_apple m;

	fans_up(&m, MODEL_SMC_FANS_NEW);
	TK_EQ(set(1, 4000), 0);
	TK_EQ(model_smc_get_int(m.smc, "F1md"), 0x3f800000);
	TK_EQ(model_smc_get_int(m.smc, "F0md"), 0);
	TK_EQ(smc_int("fan.1.set"), 4000);
	TK_EQ(smc_int("fan.0.set"), 0);
	TK_EQ(set(1, 0), 0);
	TK_EQ(model_smc_get_int(m.smc, "F1md"), 0);
	smc_down(&m);
}
