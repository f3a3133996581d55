/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC driver on the model: notifications, pins, restart and power off,
 * crashes.
 */
#include "apple_smc_test.h"
#include "apple/smc/apple_smc_reg.h"
#include "tk_sdt.h"

#include <sys/callout.h>
#include <sys/eventhandler.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/reboot.h>

#include <dev/ofw/ofw_bus.h>

#include "gpio_if.h"

/* The driver sends no command by itself, so that a test sees its own alone. */
static void
do_not_poll(void)
{
	TK_EQ(kern_setenv("hw.apple_smc.lid_poll", "0"), 0);
}
TK_INIT(do_not_poll);

/*
 * Notifications
 */

TK_CASE(apple_smc_tells_devd_of_the_power_button)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_POWER, true));
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_POWER, false));
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_TOUCHID, true));
	TK_CHECK(model_smc_button(m.smc, MODEL_SMC_BUTTON_TOUCHID, false));
	wait_a_little(&m);
	for (int i = 0; i < 2; i++)
		TK_STREQ(acpi_event(i), "!system=ACPI subsystem=Button "
		    "type=apple_smc0 notify=0x00");
	TK_STREQ(acpi_event(2), "");
	TK_EQ(smc_count("events"), 4);
	smc_down(&m);
}

TK_CASE(apple_smc_tells_devd_of_the_lid)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_lid(m.smc, true));
	pause("lid", 3 * hz / 2);
	TK_EQ(smc_int("lid"), 1);
	TK_CHECK(model_smc_lid(m.smc, false));
	pause("lid", 3 * hz / 2);
	TK_STREQ(acpi_event(0),
	    "!system=ACPI subsystem=Lid type=apple_smc0 notify=0x00");
	TK_STREQ(acpi_event(1),
	    "!system=ACPI subsystem=Lid type=apple_smc0 notify=0x01");
	smc_down(&m);
}

TK_CASE(apple_smc_tells_devd_of_the_charger)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_charger(m.smc, false));
	wait_a_little(&m);
	TK_EQ(smc_int("acline"), 0);
	TK_CHECK(model_smc_charger(m.smc, true));
	wait_a_little(&m);
	TK_STREQ(acpi_event(0),
	    "!system=ACPI subsystem=ACAD type=apple_smc0 notify=0x00");
	TK_STREQ(acpi_event(1),
	    "!system=ACPI subsystem=ACAD type=apple_smc0 notify=0x01");
	/* Events also come after a sleep. */
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_CHECK(model_smc_charger(m.smc, false));
	smc_down(&m);
}

/*
 * The SMC also sends the event when charging begins or ends, as at a limit.
 * FreeBSD's acpi_acad(4) tells of changes alone.
 */
TK_CASE(apple_smc_tells_devd_of_no_charger_that_was_not_moved)
{
	struct model_apple m;

	smc_up(&m);
	for (int i = 0; i < 6; i++) {
		TK_CHECK(model_smc_charger(m.smc, i < 3));
		wait_a_little(&m);
	}
	TK_STREQ(acpi_event(0),
	    "!system=ACPI subsystem=ACAD type=apple_smc0 notify=0x00");
	TK_STREQ(acpi_event(1), "");
	smc_down(&m);
}

static void
sleep_and_wake(struct model_apple *m, bool charger)
{
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_CHECK(!model_smc_charger(m->smc, charger));
	TK_EQ(tk_device_resume(smc_device()), 0);
	wait_a_little(m);
}

/* The SMC tells nothing while it sleeps. */
TK_CASE(apple_smc_tells_devd_of_a_charger_that_was_moved_while_it_slept)
{
	struct model_apple m;

	smc_up(&m);
	sleep_and_wake(&m, false);
	TK_STREQ(acpi_event(0),
	    "!system=ACPI subsystem=ACAD type=apple_smc0 notify=0x00");
	sleep_and_wake(&m, false);
	sleep_and_wake(&m, true);
	TK_STREQ(acpi_event(1),
	    "!system=ACPI subsystem=ACAD type=apple_smc0 notify=0x01");
	/* It was told when the charger was moved. */
	TK_CHECK(model_smc_charger(m.smc, false));
	wait_a_little(&m);
	sleep_and_wake(&m, false);
	TK_STREQ(acpi_event(2),
	    "!system=ACPI subsystem=ACAD type=apple_smc0 notify=0x00");
	TK_STREQ(acpi_event(3), "");
	smc_down(&m);
}

TK_CASE(apple_smc_tells_devd_of_a_charger_that_was_moved_while_it_had_crashed)
{
	struct model_apple m;

	smc_up_restart(&m);
	model_rtkit_crash(m.rtkit);
	(void)model_smc_charger(m.smc, false);
	pause("restart", 3 * hz);
	TK_EQ(times_printed("apple_smc0: the SMC runs again"), 1);
	TK_STREQ(acpi_event(0),
	    "!system=ACPI subsystem=ACAD type=apple_smc0 notify=0x00");
	TK_STREQ(acpi_event(1), "");
	smc_down_anyhow(&m);
}

/* What is not known is not told, but the next change is. */
TK_CASE(apple_smc_tells_devd_of_no_charger_that_it_cannot_ask_for)
{
	struct model_apple m;

	smc_up(&m);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	(void)model_smc_charger(m.smc, false);
	model_smc_fail(m.smc, "CHIS", 0x84);
	model_smc_fail(m.smc, "ACDI", 0x84);
	TK_EQ(tk_device_resume(smc_device()), 0);
	wait_a_little(&m);
	TK_STREQ(acpi_event(0), "");
	model_smc_fail(m.smc, "CHIS", 0);
	sleep_and_wake(&m, false);
	TK_STREQ(acpi_event(0),
	    "!system=ACPI subsystem=ACAD type=apple_smc0 notify=0x00");
	smc_down(&m);
}

/* Each kind of thing that may happen meanwhile. */
TK_CASE(apple_smc_tells_devd_of_a_lid_and_a_battery_after_it_slept)
{
	struct model_apple m;

	smc_up(&m);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_CHECK(!model_smc_lid(m.smc, true));
	TK_CHECK(!model_smc_battery_critical(m.smc));
	TK_EQ(tk_device_resume(smc_device()), 0);
	/* A real SMC repeats the alarm. */
	TK_CHECK(model_smc_battery_critical(m.smc));
	pause("lid", 4 * hz);
	TK_STREQ(acpi_event(0),
	    "!system=ACPI subsystem=Lid type=apple_smc0 notify=0x00");
	TK_STREQ(acpi_event(1),
	    "!system=ACPI subsystem=CMBAT type=apple_smc0 notify=0x80");
	TK_STREQ(acpi_event(2), "");
	smc_down(&m);
}

TK_CASE(apple_smc_counts_events_that_nobody_knows)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_event(m.smc, 0x74000102));
	TK_CHECK(model_smc_event(m.smc, 0x75ffff00));
	wait_a_little(&m);
	TK_STREQ(acpi_event(0), "");
	TK_EQ(smc_count("unknown"), 2);
	smc_down(&m);
}

/*
 * Other drivers
 */
struct listener {
	device_t	 smc;
	uint32_t	 events[4];
	unsigned int	 n;
};

static void
listen(void *arg, device_t smc, uint32_t event)
{
	struct listener *l = arg;

	l->smc = smc;
	if (l->n < nitems(l->events))
		l->events[l->n++] = event;
}

TK_CASE(apple_smc_tells_other_drivers_of_events)
{
	struct listener l = { NULL };
	eventhandler_tag tag;
	struct model_apple m;

	smc_up(&m);
	tag = EVENTHANDLER_REGISTER(apple_smc_event, listen, &l,
	    EVENTHANDLER_PRI_ANY);
	TK_CHECK(model_smc_event(m.smc, 0x71130102));
	TK_CHECK(model_smc_charger(m.smc, false));
	wait_a_little(&m);
	TK_CHECK(l.smc == smc_device());
	TK_EQ(l.n, 2);
	TK_EQ(l.events[0], 0x71130102);
	TK_EQ(l.events[1], 0x71010100);
	/* A driver that does not listen any more gets no event. */
	EVENTHANDLER_DEREGISTER(apple_smc_event, tag);
	TK_CHECK(model_smc_charger(m.smc, true));
	wait_a_little(&m);
	TK_EQ(l.n, 2);
	smc_down(&m);
}

/*
 * Pins: gP00, gP07, gP0a, gP0d and gP13.
 */
TK_CASE(apple_smc_pins_have_the_names_of_their_keys)
{
	struct model_apple m;
	device_t gpio;
	char name[64];
	int max;

	smc_up(&m);
	gpio = tk_device_find("gpio0");
	TK_CHECK(gpio != NULL && tk_device_attached(gpio));
	TK_CHECK(tk_device_attached(tk_device_find("gpiobus0")));
	TK_EQ(GPIO_PIN_MAX(gpio, &max), 0);
	TK_EQ(max, 0x13);
	TK_EQ(GPIO_PIN_GETNAME(gpio, 0x0d, name), 0);
	TK_STREQ(name, "gP0d");
	TK_EQ(GPIO_PIN_GETNAME(gpio, 1, name), EINVAL);
	TK_EQ(GPIO_PIN_GETNAME(gpio, 256, name), EINVAL);
	TK_EQ(GPIO_PIN_GETNAME(gpio, 0x80000007, name), EINVAL);
	smc_down(&m);
}

/* A device that refers to the pins' node finds the pins and their bus. */
TK_CASE(apple_smc_pins_are_found_by_the_device_tree)
{
	struct model_apple m;
	device_t gpio;
	phandle_t node;

	smc_up(&m);
	gpio = tk_device_find("gpio0");
	node = OF_finddevice("/soc/smc@23e400000/gpio");
	TK_CHECK(node != (phandle_t)-1);
	TK_EQ(ofw_bus_get_node(gpio), node);
	TK_EQ(ofw_bus_get_node(tk_device_find("gpiobus0")), node);
	TK_CHECK(OF_device_from_xref(OF_xref_from_node(node)) == gpio);
	TK_CHECK(GPIO_GET_BUS(gpio) == tk_device_find("gpiobus0"));
	TK_EQ(tk_device_detach(smc_device()), 0);
	TK_CHECK(OF_device_from_xref(OF_xref_from_node(node)) == NULL);
	TK_EQ(model_apple_down(&m), 0);
}

TK_CASE(apple_smc_pins_that_are_inputs_show_what_is_outside)
{
	struct model_apple m;
	const int pin = 0x0a;
	device_t gpio;
	uint32_t value;

	smc_up(&m);
	gpio = tk_device_find("gpio0");
	TK_EQ(GPIO_PIN_GETFLAGS(gpio, pin, &value), 0);
	TK_EQ(value, GPIO_PIN_INPUT);
	TK_EQ(GPIO_PIN_GETCAPS(gpio, pin, &value), 0);
	TK_EQ(value, GPIO_PIN_INPUT);
	for (int level = 0; level < 2; level++) {
		(void)model_smc_pin_drive(m.smc, pin, level != 0);
		TK_EQ(GPIO_PIN_GET(gpio, pin, &value), 0);
		TK_EQ(value, level);
	}
	TK_EQ(GPIO_PIN_SET(gpio, pin, 1), EINVAL);
	TK_EQ(GPIO_PIN_SETFLAGS(gpio, pin, GPIO_PIN_INPUT), 0);
	TK_EQ(GPIO_PIN_SETFLAGS(gpio, pin, GPIO_PIN_OUTPUT), EOPNOTSUPP);
	smc_down(&m);
}

TK_CASE(apple_smc_pins_that_are_outputs_are_driven)
{
	struct model_smc_pin model;
	struct model_apple m;
	const int pin = 0x13;
	device_t gpio;
	uint32_t value;

	smc_up(&m);
	gpio = tk_device_find("gpio0");
	/* The firmware would have left the pin in this state. */
	TK_EQ(apple_smc_write(smc_device(), KEY("gP13"), "\0\0\0\1", 4), 0);
	TK_EQ(GPIO_PIN_GETFLAGS(gpio, pin, &value), 0);
	TK_EQ(value, GPIO_PIN_OUTPUT);
	for (int level = 0; level < 2; level++) {
		TK_EQ(GPIO_PIN_SET(gpio, pin, level), 0);
		TK_CHECK(model_smc_pin(m.smc, pin, &model));
		TK_EQ(model.level, level != 0);
		TK_EQ(GPIO_PIN_GET(gpio, pin, &value), 0);
		TK_EQ(value, level);
	}
	TK_EQ(GPIO_PIN_TOGGLE(gpio, pin), 0);
	TK_CHECK(model_smc_pin(m.smc, pin, &model) && !model.level);
	TK_EQ(GPIO_PIN_SETFLAGS(gpio, pin, GPIO_PIN_OUTPUT |
	    GPIO_PIN_PRESET_HIGH), 0);
	TK_CHECK(model_smc_pin(m.smc, pin, &model) && model.level);
	TK_EQ(GPIO_PIN_SETFLAGS(gpio, pin, GPIO_PIN_OUTPUT |
	    GPIO_PIN_PULLUP), EOPNOTSUPP);
	TK_EQ(GPIO_PIN_SETFLAGS(gpio, pin, GPIO_PIN_OUTPUT |
	    GPIO_PIN_PRESET_HIGH | GPIO_PIN_PRESET_LOW), EOPNOTSUPP);
	TK_EQ(GPIO_PIN_SET(gpio, 1, 1), EINVAL);
	smc_down(&m);
}

/* A callout sets the pin with a mutex held, as led(4) does for gpioled(4). */
#define	LED	0x13

struct led {
	struct mtx	 mtx;
	struct callout	 blink;
	device_t	 gpio;
	int		 level;
	int		 error;
	int64_t		 took_ns;
};

static void
led_set(struct led *led)
{
	int64_t start = tk_now_ns();

	led->error = GPIO_PIN_SET(led->gpio, LED, led->level);
	led->took_ns = tk_now_ns() - start;
}

static void
led_blink(void *arg)
{
	struct led *led = arg;

	led->level = !led->level;
	led_set(led);
}

static void
led_up(struct model_apple *m, struct led *led,
    const struct model_smc_config *cfg)
{
	uint32_t flags;

	model_apple_up(m, "t8103", NULL, cfg);
	TK_CHECK(smc_attached());
	memset(led, 0, sizeof(*led));
	led->gpio = tk_device_find("gpio0");
	mtx_init(&led->mtx, "led", NULL, MTX_DEF);
	callout_init_mtx(&led->blink, &led->mtx, 0);
	/*
	 * The firmware would have left the pin in this state.  Reading the
	 * flags lets the driver know it.
	 */
	TK_EQ(apple_smc_write(smc_device(), KEY("gP13"), "\0\0\0\1", 4), 0);
	TK_EQ(GPIO_PIN_GETFLAGS(led->gpio, LED, &flags), 0);
	TK_EQ(flags, GPIO_PIN_OUTPUT);
}

static void
led_down(struct model_apple *m, struct led *led)
{
	callout_drain(&led->blink);
	mtx_destroy(&led->mtx);
	smc_down(m);
}

static bool
led_is(struct model_apple *m, bool level)
{
	struct model_smc_pin pin;

	TK_CHECK(model_smc_pin(m->smc, LED, &pin));
	return (pin.level == level);
}

TK_CASE(apple_smc_drives_a_pin_with_a_mutex_held)
{
	struct model_apple m;
	struct led led;

	led_up(&m, &led, NULL);
	for (led.level = 1; led.level >= 0; led.level--) {
		mtx_lock(&led.mtx);
		led_set(&led);
		mtx_unlock(&led.mtx);
		TK_EQ(led.error, 0);
		TK_CHECK(led_is(&m, led.level));
	}
	for (int i = 0; i < 3; i++) {
		mtx_lock(&led.mtx);
		callout_reset(&led.blink, 1, led_blink, &led);
		mtx_unlock(&led.mtx);
		pause("blink", hz / 50);
		TK_EQ(led.error, 0);
		TK_CHECK(led_is(&m, led.level));
	}
	led_down(&m, &led);
}

/*
 * A command is in progress and the SMC is slow, so a thread drives the pin
 * later.
 */
static void
read_slowly(void *arg)
{
	struct model_apple *m = arg;

	(void)m;
	TK_EQ(smc_int("battery.voltage"), 12345);
}

TK_CASE(apple_smc_drives_a_pin_later_if_it_is_busy)
{
	static const struct model_smc_config slow = {
		.latency_ns = 100 * 1000000,
	};
	struct test_thread t;
	struct model_apple m;
	struct led led;
	uint32_t value;

	led_up(&m, &led, &slow);
	test_thread_start(&t, read_slowly, &m);
	pause("under way", hz / 50);
	for (int i = 0; i < 4; i++) {
		mtx_lock(&led.mtx);
		led_blink(&led);
		mtx_unlock(&led.mtx);
		TK_EQ(led.error, 0);
		TK_CHECK(led.took_ns < 5000000);
	}
	led.level = 1;
	mtx_lock(&led.mtx);
	led_set(&led);
	mtx_unlock(&led.mtx);
	/* The value read is the one that was set last. */
	TK_EQ(GPIO_PIN_GET(led.gpio, LED, &value), 0);
	TK_EQ(value, 1);
	test_thread_join(&t);
	pause("later", hz);
	TK_CHECK(led_is(&m, true));
	TK_EQ(smc_count("stray"), 0);
	led_down(&m, &led);
}

TK_CASE(apple_smc_says_so_if_it_cannot_drive_a_pin_later)
{
	struct model_apple m;
	struct led led;

	led_up(&m, &led, NULL);
	model_rtkit_hang(m.rtkit, true);
	led.level = 1;
	mtx_lock(&led.mtx);
	led_set(&led);
	mtx_unlock(&led.mtx);
	TK_EQ(led.error, 0);
	TK_CHECK(led.took_ns < 5000000);
	pause("later", 3 * hz);
	TK_EQ(times_printed("apple_smc0: cannot drive pin gP13: ETIMEDOUT"), 1);
	model_rtkit_hang(m.rtkit, false);
	pause("late", hz / 10);
	/* The SMC answers again, so a refused change is reported at once. */
	TK_EQ(smc_int("battery.voltage"), 12345);
	model_smc_fail(m.smc, "gP13", 0x86);
	TK_EQ(GPIO_PIN_SET(led.gpio, LED, 0), EACCES);
	callout_drain(&led.blink);
	mtx_destroy(&led.mtx);
	smc_down_anyhow(&m);
}

/*
 * Many threads that read without end, and a driver that uses the SMC.
 */
#define	READERS		12

struct readers {
	struct test_thread t[READERS];
	volatile bool	 stop;
	volatile int	 reads;
};

static void
read_until_told(void *arg)
{
	struct readers *r = arg;

	int error, value;

	while (!r->stop) {
		error = smc_int_error("battery.voltage", &value);
		if (error == ESHUTDOWN)
			break;
		TK_EQ(error, 0);
		TK_EQ(value, 12345);
		r->reads++;
	}
}

static void
readers_start(struct readers *r)
{
	r->stop = false;
	r->reads = 0;
	for (int i = 0; i < READERS; i++)
		test_thread_start(&r->t[i], read_until_told, r);
	while (r->reads < READERS)
		pause("readers", 1);
}

static void
readers_stop(struct readers *r)
{
	r->stop = true;
	for (int i = 0; i < READERS; i++)
		test_thread_join(&r->t[i]);
}

/* The SMC is slow, and other threads take no time. */
#define	SLOW_NS		(10 * 1000000ll)

static const struct model_smc_config slow_smc = { .latency_ns = SLOW_NS };

TK_CASE(apple_smc_lets_no_readers_keep_it_from_pins_and_power)
{
	struct model_apple m;
	struct readers r;
	int64_t start;
	uint32_t value;

	model_apple_up(&m, "t8103", NULL, &slow_smc);
	TK_CHECK(smc_attached());
	readers_start(&r);
	for (int i = 0; i < 50; i++) {
		start = tk_now_ns();
		TK_EQ(GPIO_PIN_GET(tk_device_find("gpio0"), 0x0a, &value), 0);
		/*
		 * Two commands of the driver, and one command of a reader
		 * before each.
		 */
		TK_CHECK(tk_now_ns() - start < 5 * SLOW_NS);
	}
	/*
	 * Readers do not delay power off either: notifications off, "offw" and
	 * "off1".
	 */
	start = tk_now_ns();
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_POWEROFF | RB_HALT);
	TK_CHECK(tk_now_ns() - start < 4 * SLOW_NS);
	TK_EQ(model_smc_mbse(m.smc, 0), KEY("offw"));
	readers_stop(&r);
	smc_down_anyhow(&m);
}

static void
write_until_told(void *arg)
{
	struct readers *r = arg;

	while (!r->stop) {
		TK_EQ(apple_smc_write(smc_device(), KEY("F0Tg"),
		    "\0\0\372\104", 4), 0);
		r->reads++;
	}
}

TK_CASE(apple_smc_lets_no_driver_keep_it_from_readers)
{
	struct test_thread t[2];
	struct model_apple m;
	struct readers r = { .stop = false };
	int64_t start;

	model_apple_up(&m, "t8103", NULL, &slow_smc);
	TK_CHECK(smc_attached());
	for (size_t i = 0; i < nitems(t); i++)
		test_thread_start(&t[i], write_until_told, &r);
	while (r.reads < 4)
		pause("writers", 1);
	for (int i = 0; i < 50; i++) {
		start = tk_now_ns();
		TK_EQ(smc_int("battery.voltage"), 12345);
		/*
		 * The reader's own command, one in progress, and one that came
		 * before.
		 */
		TK_CHECK(tk_now_ns() - start < 4 * SLOW_NS);
	}
	r.stop = true;
	for (size_t i = 0; i < nitems(t); i++)
		test_thread_join(&t[i]);
	smc_down(&m);
}

TK_CASE(apple_smc_without_pins_has_no_gpio)
{
	static const char *const pins[] = {
		"gP00", "gP07", "gP0a", "gP0d", "gP13",
	};
	struct model_apple m;

	model_apple_make(&m, "t8103", NULL, NULL);
	for (size_t i = 0; i < nitems(pins); i++)
		TK_CHECK(model_smc_remove(m.smc, pins[i]));
	model_apple_boot(&m, "t8103");
	TK_CHECK(smc_attached());
	TK_CHECK(tk_device_find("gpio0") == NULL);
	smc_down(&m);
}

/*
 * Restart and power off, in the order of FreeBSD's kern_reboot().
 */
static void
go_down(int howto)
{
	EVENTHANDLER_INVOKE(shutdown_pre_sync, howto);
	EVENTHANDLER_INVOKE(shutdown_post_sync, howto);
	/* The first handler of shutdown_final. */
	TK_EQ(tk_device_shutdown(smc_device()), 0);
	EVENTHANDLER_INVOKE(shutdown_final, howto);
}

TK_CASE(apple_smc_restarts_the_machine)
{
	struct model_apple m;

	smc_up(&m);
	go_down(RB_AUTOBOOT);
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_RESTARTED);
	TK_EQ(model_smc_mbse(m.smc, 0), KEY("rest"));
	TK_EQ(model_smc_mbse(m.smc, 1), KEY("phra"));
	TK_EQ(model_smc_mbse(m.smc, 2), 0);
	TK_CHECK(!model_smc_notifies(m.smc));
	smc_down(&m);
}

TK_CASE(apple_smc_powers_the_machine_off)
{
	struct model_apple m;

	smc_up(&m);
	go_down(RB_POWEROFF | RB_HALT);
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_POWERED_OFF);
	TK_EQ(model_smc_mbse(m.smc, 0), KEY("offw"));
	TK_EQ(model_smc_mbse(m.smc, 1), KEY("off1"));
	TK_EQ(model_smc_mbse(m.smc, 2), 0);
	smc_down(&m);
}

/* The SMC may not wait for the end of a dump, which takes minutes. */
TK_CASE(apple_smc_announces_nothing_before_a_dump)
{
	static const struct {
		int		 howto;
		enum model_smc_power power;
		const char	*first, *last;
	} ends[] = {
		{ RB_DUMP, MODEL_SMC_RESTARTED, "rest", "phra" },
		{ RB_DUMP | RB_POWEROFF, MODEL_SMC_POWERED_OFF, "offw",
		    "off1" },
	};
	struct model_apple m;

	for (int i = 0; i < 2 * (int)nitems(ends); i++) {
		smc_up(&m);
		tk_panicked(i % 2 == 1);
		EVENTHANDLER_INVOKE(shutdown_post_sync, ends[i / 2].howto);
		TK_EQ(model_smc_mbse(m.smc, 0), 0);
		TK_CHECK(!model_smc_notifies(m.smc));
		TK_EQ(model_spmi_get(m.spmi, m.scratch + 1, 1), 0x30);
		TK_EQ(tk_device_shutdown(smc_device()), 0);
		EVENTHANDLER_INVOKE(shutdown_final, ends[i / 2].howto);
		TK_EQ(model_smc_power(m.smc), ends[i / 2].power);
		TK_EQ(model_smc_mbse(m.smc, 0), KEY(ends[i / 2].first));
		TK_EQ(model_smc_mbse(m.smc, 1), KEY(ends[i / 2].last));
		TK_EQ(model_smc_mbse(m.smc, 2), 0);
		/* After a panic it stays, for the boot loader to count. */
		TK_EQ(model_spmi_get(m.spmi, m.scratch + 1, 1),
		    i % 2 == 1 ? 0x30 : 0);
		tk_panicked(false);
		smc_down_anyhow(&m);
	}
}

/* A power off that ends in a panic: the machine restarts after the dump. */
TK_CASE(apple_smc_announces_what_comes_in_place_of_what_was_announced)
{
	struct model_apple m;

	smc_up(&m);
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_POWEROFF);
	TK_EQ(model_smc_mbse(m.smc, 0), KEY("offw"));
	tk_panicked(true);
	go_down(RB_NOSYNC | RB_DUMP);
	tk_panicked(false);
	TK_EQ(model_smc_mbse(m.smc, 1), KEY("rest"));
	TK_EQ(model_smc_mbse(m.smc, 2), KEY("phra"));
	TK_EQ(model_spmi_get(m.spmi, m.scratch + 0xf, 1) & 1 << 3, 0);
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_RESTARTED);
	smc_down_anyhow(&m);
}

/* FreeBSD's handler of a halt, which returns when a key was pressed. */
static void
wait_for_key(void *arg, int howto)
{
	const struct model_apple *m = arg;

	TK_EQ(howto, RB_HALT);
	TK_EQ(model_smc_power(m->smc), MODEL_SMC_RUNNING);
	TK_EQ(model_smc_mbse(m->smc, 0), 0);
}

TK_CASE(apple_smc_leaves_a_halted_machine_on_until_a_key_is_pressed)
{
	eventhandler_tag tag;
	struct model_apple m;

	smc_up(&m);
	tag = EVENTHANDLER_REGISTER(shutdown_final, wait_for_key, &m,
	    SHUTDOWN_PRI_LAST + 200);
	go_down(RB_HALT);
	EVENTHANDLER_DEREGISTER(shutdown_final, tag);
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_RESTARTED);
	TK_EQ(model_smc_mbse(m.smc, 0), KEY("rest"));
	TK_EQ(model_smc_mbse(m.smc, 1), KEY("phra"));
	TK_EQ(model_smc_mbse(m.smc, 2), 0);
	smc_down(&m);
}

TK_CASE(apple_smc_answers_nobody_else_once_the_machine_goes_down)
{
	struct model_apple m;
	int value;

	smc_up(&m);
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_AUTOBOOT);
	TK_EQ(smc_int_error("temp.battery", &value), ESHUTDOWN);
	smc_down(&m);
}

/* The command that is in progress when the machine goes down is given up. */
TK_CASE(apple_smc_powers_off_though_a_command_is_under_way)
{
	struct test_thread t;
	struct model_apple m;
	int error = 0;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "silent-smc-reply", 1);
	test_thread_start(&t, smc_read_once, &error);
	pause("under way", hz / 10);
	go_down(RB_POWEROFF | RB_HALT);
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_POWERED_OFF);
	test_thread_join(&t);
	TK_EQ(error, ESHUTDOWN);
	smc_down_anyhow(&m);
}

/* A slower one still: a reader's command is under way for long. */
static const struct model_smc_config slowest_smc = {
	.latency_ns = 100 * 1000000ll,
};

/* The SMC does one command at a time, also that of a thread that gave up. */
TK_CASE(apple_smc_sends_no_command_while_one_that_was_given_up_is_under_way)
{
	struct test_thread t;
	struct model_apple m;
	int error = 0;

	model_apple_up(&m, "t8103", NULL, &slowest_smc);
	TK_CHECK(smc_attached());
	test_thread_start(&t, smc_read_once, &error);
	pause("under way", hz / 20);
	go_down(RB_POWEROFF | RB_HALT);
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_POWERED_OFF);
	test_thread_join(&t);
	TK_EQ(error, ESHUTDOWN);
	smc_down(&m);
}

/*
 * After a panic only one thread runs.  The test kernel stops if that thread
 * wakes another one, enqueues a task or waits.
 */
TK_CASE(apple_smc_powers_off_after_a_panic)
{
	struct test_thread t;
	struct model_apple m;
	int error = 0;

	smc_up(&m);
	/* One thread's command never gets an answer. */
	model_rtkit_fault(m.rtkit, "silent-smc-reply", 1);
	test_thread_start(&t, smc_read_once, &error);
	pause("under way", hz / 10);
	tk_panicked(true);
	/* Messages that the SMC sends unasked must not wake a thread either. */
	(void)model_smc_button(m.smc, MODEL_SMC_BUTTON_POWER, true);
	(void)model_rtkit_log(m.rtkit, "Task", "meanwhile");
	go_down(RB_POWEROFF | RB_HALT);
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_POWERED_OFF);
	TK_EQ(model_smc_mbse(m.smc, 0), KEY("offw"));
	tk_panicked(false);
	test_thread_join(&t);
	smc_down_anyhow(&m);
}

/*
 * The command in progress is answered, or its bytes in shared memory do not
 * change.
 */
TK_CASE(apple_smc_gives_a_late_write_no_other_bytes_after_a_panic)
{
	struct test_thread t;
	struct model_apple m;
	int64_t start;
	int error = 0;

	smc_up(&m);
	model_rtkit_hang(m.rtkit, true);
	test_thread_start(&t, smc_write_once, &error);
	pause("under way", hz / 10);
	tk_panicked(true);
	start = tk_now_ns();
	go_down(RB_POWEROFF | RB_HALT);
	TK_CHECK(tk_now_ns() - start < 5000000000);
	TK_CHECK(printed("the SMC does not take off1: ETIMEDOUT"));
	model_rtkit_hang(m.rtkit, false);
	DELAY(100000);
	TK_EQ(model_smc_get_int(m.smc, "F0Tg"), 0x44fa0000);
	tk_panicked(false);
	test_thread_join(&t);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_suspends_after_a_panic_without_waiting)
{
	struct test_thread t;
	struct model_apple m;
	int64_t start;
	int error = 0;

	smc_up(&m);
	model_rtkit_hang(m.rtkit, true);
	test_thread_start(&t, smc_read_once, &error);
	pause("under way", hz / 10);
	tk_panicked(true);
	start = tk_now_ns();
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_CHECK(tk_now_ns() - start < 2000000000);
	tk_panicked(false);
	model_rtkit_hang(m.rtkit, false);
	test_thread_join(&t);
	smc_down_anyhow(&m);
}

static void
go_on_soon(void *arg)
{
	struct model_apple *m = arg;

	pause("stall", hz / 10);
	model_rtkit_stall(m->rtkit, false);
}

/* The SMC takes nothing for some time, as while it is busy. */
TK_CASE(apple_smc_powers_off_though_the_mailbox_is_full)
{
	struct test_thread t;
	struct model_apple m;

	smc_up(&m);
	model_rtkit_stall(m.rtkit, true);
	/* Messages of ioreport, which are sent back. */
	while (model_asc_sent(m.asc) < 16) {
		model_rtkit_send_raw(m.rtkit, 0xcull << 52, 4);
		pause("echo", 1);
	}
	test_thread_start(&t, go_on_soon, &m);
	go_down(RB_POWEROFF | RB_HALT);
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_POWERED_OFF);
	TK_EQ(model_smc_mbse(m.smc, 0), KEY("offw"));
	test_thread_join(&t);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_says_when_it_cannot_power_off)
{
	struct model_apple m;

	smc_up(&m);
	model_rtkit_hang(m.rtkit, true);
	go_down(RB_POWEROFF | RB_HALT);
	TK_CHECK(printed("apple_smc0: the SMC does not take off1: "
	    "ETIMEDOUT"));
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_RUNNING);
	model_rtkit_hang(m.rtkit, false);
	smc_down_anyhow(&m);
}

/* The SMC answers again when the key is pressed. */
static void
wait_for_key_after_power_off(void *arg, int howto)
{
	const struct model_apple *m = arg;

	TK_EQ(howto, RB_POWEROFF | RB_HALT);
	TK_EQ(model_smc_power(m->smc), MODEL_SMC_RUNNING);
	TK_EQ(model_spmi_get(m->spmi, m->scratch + 0xf, 1) & 1 << 3, 1 << 3);
	model_rtkit_hang(m->rtkit, false);
}

/* FreeBSD asks for a key to reboot, and has nothing else that would. */
TK_CASE(apple_smc_restarts_a_machine_that_stayed_on_when_a_key_is_pressed)
{
	eventhandler_tag tag;
	struct model_apple m;

	smc_up(&m);
	model_rtkit_hang(m.rtkit, true);
	tag = EVENTHANDLER_REGISTER(shutdown_final,
	    wait_for_key_after_power_off, &m, SHUTDOWN_PRI_LAST + 200);
	go_down(RB_POWEROFF | RB_HALT);
	EVENTHANDLER_DEREGISTER(shutdown_final, tag);
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_RESTARTED);
	TK_EQ(model_spmi_get(m.spmi, m.scratch + 0xf, 1) & 1 << 3, 0);
	smc_down_anyhow(&m);
}

/*
 * Crashes
 */

TK_CASE(apple_smc_that_has_crashed_fails_at_once)
{
	struct model_apple m;
	int error;

	smc_up(&m);
	model_rtkit_crash(m.rtkit);
	wait_a_little(&m);
	TK_EQ(times_printed("apple_smc0: the SMC has crashed"), 1);
	TK_EQ(smc_ms(smc_read_once, &error), 0);
	TK_EQ(error, EIO);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_that_crashes_ends_the_command_under_way)
{
	struct model_apple m;
	int error;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "crash-smc-reply", 1);
	TK_CHECK(smc_ms(smc_read_once, &error) < 100);
	TK_EQ(error, EIO);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_that_has_crashed_cannot_power_off)
{
	struct model_apple m;

	smc_up(&m);
	model_rtkit_crash(m.rtkit);
	wait_a_little(&m);
	go_down(RB_POWEROFF | RB_HALT);
	TK_CHECK(printed("apple_smc0: the SMC does not take off1: EIO"));
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_suspends_and_resumes_though_it_has_crashed)
{
	struct model_apple m;
	int value;

	smc_up(&m);
	model_rtkit_crash(m.rtkit);
	wait_a_little(&m);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_EQ(smc_int_error("temp.battery", &value), EIO);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_that_did_not_run_again_wakes_later)
{
	struct model_apple m;

	smc_up_restart(&m);
	model_rtkit_fault(m.rtkit, "silent-smc-init", 1);
	model_rtkit_crash(m.rtkit);
	pause("restart", 3 * hz);
	TK_EQ(times_printed("apple_smc0: the SMC does not run again: "), 1);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_EQ(model_rtkit_state(m.rtkit).iop_power,
	    MODEL_RTKIT_POWER_QUIESCED);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_EQ(smc_int("battery.charge"), 74);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_runs_again_where_that_is_allowed)
{
	struct model_apple m;

	smc_up_restart(&m);
	for (int i = 1; i <= 3; i++) {
		model_rtkit_crash(m.rtkit);
		pause("restart", 3 * hz);
		TK_EQ(times_printed("apple_smc0: the SMC runs again"), i);
		TK_EQ(smc_int("battery.charge"), 74);
		TK_CHECK(model_smc_notifies(m.smc));
	}
	/* After three restarts the driver gives up. */
	model_rtkit_crash(m.rtkit);
	pause("restart", 3 * hz);
	TK_EQ(times_printed("apple_smc0: the SMC runs again"), 3);
	TK_EQ(times_printed("apple_smc0: the SMC was started again 3 times: "
	    "given up\n"), 1);
	smc_down_anyhow(&m);
}

/*
 * Probes
 */

static uintptr_t
argument(const char *probe, size_t nth, int i)
{
	const struct tk_sdt_firing *f;

	f = tk_sdt_firing("apple_smc", probe, nth);
	TK_CHECK(f != NULL);
	return (f->arg[i]);
}

TK_CASE(apple_smc_probes_tell_of_commands_and_events)
{
	struct model_apple m;
	char value[4];
	size_t len;

	smc_up(&m);
	tk_sdt_trace(true);
	(void)smc_int("temp.battery");
	TK_EQ(apple_smc_read(smc_device(), KEY("NONE"), value, sizeof(value),
	    &len), ENOENT);
	TK_EQ(tk_sdt_fired("apple_smc", "request"), 2);
	TK_EQ(tk_sdt_fired("apple_smc", "reply"), 2);
	/* The driver reads the lid's state after it. */
	TK_CHECK(model_smc_event(m.smc, 0x72030100));
	wait_a_little(&m);
	tk_sdt_trace(false);
	for (size_t i = 0; i < 2; i++) {
		TK_EQ(argument("request", i, 0), 0);	/* apple_smc0 */
		TK_EQ(argument("request", i, 1) & 0xff, APPLE_SMC_READ_KEY);
		TK_EQ(argument("request", i, 1) >> APPLE_SMC_DATA_SHIFT,
		    i == 0 ? KEY("TB0T") : KEY("NONE"));
		TK_EQ(argument("reply", i, 1), argument("request", i, 1));
		TK_EQ(argument("reply", i, 2), i == 0 ? 0 : ENOENT);
	}
	TK_EQ(tk_sdt_fired("apple_smc", "event"), 1);
	TK_EQ(argument("event", 0, 1) >> APPLE_SMC_DATA_SHIFT, 0x72030100);
	smc_down(&m);
}
