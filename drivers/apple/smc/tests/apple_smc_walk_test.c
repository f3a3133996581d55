/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC driver on each machine, with all that tunables allow.  Each call that
 * can fail is made to fail once, through attach, sensors, keys, settings,
 * notifications, pins, suspend, resume, a crash and detach.
 */
#include "apple_smc_test.h"

#include "gpio_if.h"
#include "tk_test_walk.h"

#define	PIN	0x0a		/* an input */

/* How many lines are about the SMC, without those of its firmware. */
static int
told(const char *said)
{
	return (tk_walk_told(said, "apple_smc") +
	    tk_walk_told(said, "apple_mbox") -
	    tk_walk_count(said, ": rtkit: syslog: ["));
}

/*
 * A program's reads.  If its own memory cannot be had, it gets an error at
 * once.
 */
static void
read_sensors(int wanted)
{
	static const char *const names[] = {
		"temp.battery", "battery.charge", "fan.0.speed", "lid",
	};
	int error, value;
	size_t i;

	for (i = 0; i < nitems(names); i++) {
		error = smc_int_error(names[i], &value);
		if (error != EFAULT)
			TK_EQ(error, wanted);
	}
}

/* The firmware gets the limit back at suspend. */
static void
limit_the_charge(struct model_apple *m)
{
	char name[] = "dev.apple_smc.0.charge.end";
	int error, percent = 80;

	error = kernel_sysctlbyname(curthread, name, NULL, NULL, &percent,
	    sizeof(percent), NULL, 0);
	if (error != EFAULT) {
		TK_EQ(error, 0);
		TK_EQ(model_smc_get_int(m->smc, "CHWA"), 1);
	}
}

static void
pick_a_key(void)
{
	char text[256];
	size_t len = sizeof(text);

	if (smc_choose("TB0T") == 0 && smc_sysctl("key", text, &len) == 0)
		TK_CHECK(strstr(text, "TB0T: ") == text);
}

/* Use keys as another driver does. */
static void
use_keys(void)
{
	struct apple_smc_key_info info;
	uint8_t value[4];
	size_t len;

	TK_EQ(apple_smc_key_info(smc_device(), KEY("#KEY"), &info), 0);
	TK_EQ(apple_smc_read(smc_device(), KEY("#KEY"), value, sizeof(value),
	    &len), 0);
	TK_EQ(len, sizeof(value));
	TK_EQ(apple_smc_write(smc_device(), KEY("F0Tg"), "\0\0\372\104", 4),
	    0);
}

/* There may be no pins.  A line then says why, unless newbus failed. */
static void
use_pins(const char *said)
{
	device_t gpio = tk_device_find("gpio0");
	uint32_t value;

	if (gpio == NULL || !tk_device_attached(gpio)) {
		TK_EQ(tk_walk_count(said,
		    "apple_smc0: cannot add a gpio device") +
		    tk_walk_told(said, "gpio"), gpio == NULL ||
		    tk_walk_count(said, "gpio0: <") != 0);
		return;
	}
	TK_EQ(GPIO_PIN_GETFLAGS(gpio, PIN, &value), 0);
	TK_EQ(value, GPIO_PIN_INPUT);
	TK_EQ(GPIO_PIN_GET(gpio, PIN, &value), 0);
}

static void
notify(struct model_apple *m)
{
	(void)model_smc_lid(m->smc, true);
	(void)model_smc_button(m->smc, MODEL_SMC_BUTTON_POWER, true);
	(void)model_smc_charger(m->smc, false);
	pause("walk", hz / 20);
	(void)model_apple_settle(m, 1000);
}

/* Returns an errno if the SMC does not wake.  Then there is a line, too. */
static int
suspend_and_resume(void)
{
	const char *said;

	TK_EQ(tk_device_suspend(smc_device()), 0);
	said = tk_msgbuf() + strlen(tk_msgbuf());
	TK_EQ(tk_device_resume(smc_device()), 0);
	if (told(said) == 0) {
		read_sensors(0);
		return (0);
	}
	if (tk_walk_alone)
		TK_EQ(told(said), 1);
	read_sensors(ENXIO);
	return (ENXIO);
}

/* The SMC runs again later if the sysctl allows a restart. */
static int
crash(struct model_apple *m, bool restart)
{
	const char *said = tk_msgbuf() + strlen(tk_msgbuf());

	model_rtkit_crash(m->rtkit);
	pause("walk", hz / 2);
	TK_EQ(tk_walk_count(said, "apple_smc0: the SMC has crashed"), 1);
	TK_EQ(tk_walk_count(said, "apple_smc0: rtkit: crash log: version "), 1);
	if (!restart) {
		read_sensors(EIO);
		return (0);
	}
	if (tk_walk_count(said, "apple_smc0: the SMC runs again") == 1) {
		read_sensors(0);
		return (0);
	}
	TK_EQ(tk_walk_count(said, "apple_smc0: the SMC does not run again"), 1);
	read_sensors(EIO);
	return (EIO);
}

static int
use(struct model_apple *m, bool restart, const char *said)
{
	int error;

	read_sensors(0);
	pick_a_key();
	use_keys();
	use_pins(said);
	limit_the_charge(m);
	notify(m);
	error = suspend_and_resume();
	TK_EQ(model_smc_get_int(m->smc, "CHWA"), 0);
	if (error == 0)
		error = crash(m, restart);
	return (error);
}

/* Make the machine, with an SMC that has no driver yet. */
static device_t
up(struct model_apple *m, const char *tree, bool restart)
{
	struct model_rtkit_config cfg;
	device_t dev;

	model_rtkit_config_t8103_smc(&cfg);
	cfg.restartable = restart;
	TK_EQ(kern_setenv("hw.apple_smc.restart", restart ? "1" : "0"), 0);
	TK_EQ(kern_setenv("hw.apple_smc.charge_control", "1"), 0);
	TK_EQ(kern_setenv("hw.apple_smc.fan_control", "1"), 0);
	model_apple_up(m, tree, &cfg, NULL);
	TK_CHECK(smc_attached());
	dev = smc_device();
	TK_EQ(tk_device_detach(dev), 0);
	return (dev);
}

static int
life(const char *tree, bool restart)
{
	struct model_apple m;
	const char *said;
	device_t dev;
	int error;

	tk_fault_spare(true);
	dev = up(&m, tree, restart);
	tk_fault_spare(false);
	said = tk_msgbuf() + strlen(tk_msgbuf());
	error = tk_device_attach(dev);
	if (error == 0) {
		error = use(&m, restart, said);
		TK_EQ(tk_device_detach(dev), 0);
	} else if (tk_walk_alone)
		TK_EQ(told(said), tk_walk_refused_attach(said));
	TK_STREQ(model_asc_stats(m.asc).reason, "");
	TK_EQ(model_apple_down(&m), 0);
	return (error);
}

static int
life_on_t8103(void)
{
	return (life("t8103", false));
}

static int
life_on_t6000(void)
{
	return (life("t6000", false));
}

static int
life_on_t8112(void)
{
	return (life("t8112", false));
}

static int
life_that_starts_again(void)
{
	return (life("t8103", true));
}

TK_CASE_UNBOOTED(apple_smc_on_t8103_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(life_on_t8103, 130, 90);
}

TK_CASE_UNBOOTED(apple_smc_on_t6000_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(life_on_t6000, 130, 90);
}

TK_CASE_UNBOOTED(apple_smc_on_t8112_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(life_on_t8112, 130, 90);
}

TK_CASE_UNBOOTED(apple_smc_that_starts_again_gives_everything_back_too)
{
	tk_walk_both(life_that_starts_again, 130, 90);
}
