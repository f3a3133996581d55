/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC's banks of pins: each is a device, and the keys of one are never
 * those of the other.
 */
#include "apple_smc_test.h"

#include <sys/eventhandler.h>
#include <sys/gpio.h>
#include <sys/reboot.h>

#include <dev/ofw/openfirm.h>

#include "gpio_if.h"

#define	FLAGS	(MODEL_SMC_READ | MODEL_SMC_WRITE | MODEL_SMC_FUNCTION)

static const struct {
	const char	*name;
	unsigned int	 pin;
} low_pins[] = { { "gp00", 0x00 }, { "gp0d", 0x0d }, { "gp1e", 0x1e } };

/* With these low pins, besides the usual ones. */
static void
make(struct model_apple *m)
{
	model_apple_make(m, "low-gpio", NULL, NULL);
	for (u_int i = 0; i < nitems(low_pins); i++)
		TK_CHECK(model_smc_add(m->smc, low_pins[i].name, "ui32", 4,
		    FLAGS | MODEL_SMC_LE, "\0\0\0\0"));
}

static void
up(struct model_apple *m)
{
	make(m);
	model_apple_boot(m, "low-gpio");
	TK_CHECK(smc_attached());
}

static device_t
gpio(const char *name)
{
	device_t dev = tk_device_find(name);

	TK_CHECK(dev != NULL && tk_device_attached(dev));
	return (dev);
}

TK_CASE(apple_smc_banks_of_pins_are_a_device_each)
{
	char name[GPIOMAXNAME];
	struct model_apple m;
	phandle_t node;
	int max;

	up(&m);
	TK_STREQ(device_get_desc(gpio("gpio0")), "Pins of Apple's SMC");
	TK_STREQ(device_get_desc(gpio("gpio1")), "Low pins of Apple's SMC");
	TK_EQ(GPIO_PIN_MAX(gpio("gpio0"), &max), 0);
	TK_EQ(max, 0x13);
	TK_EQ(GPIO_PIN_MAX(gpio("gpio1"), &max), 0);
	TK_EQ(max, 0x1e);
	TK_EQ(GPIO_PIN_GETNAME(gpio("gpio0"), 0x0d, name), 0);
	TK_STREQ(name, "gP0d");
	TK_EQ(GPIO_PIN_GETNAME(gpio("gpio1"), 0x0d, name), 0);
	TK_STREQ(name, "gp0d");
	TK_EQ(GPIO_PIN_GETNAME(gpio("gpio0"), 0x1e, name), EINVAL);
	TK_EQ(GPIO_PIN_GETNAME(gpio("gpio1"), 0x13, name), EINVAL);

	node = OF_finddevice("/soc/smc@23e400000/low-gpio");
	TK_CHECK(OF_device_from_xref(OF_xref_from_node(node)) ==
	    gpio("gpio1"));
	smc_down(&m);
}

TK_CASE(apple_smc_low_pins_are_read_and_driven)
{
	struct model_smc_pin usual, low;
	struct model_apple m;
	uint32_t value;

	up(&m);
	/* An input. */
	TK_EQ(GPIO_PIN_GETFLAGS(gpio("gpio1"), 0, &value), 0);
	TK_EQ(value, GPIO_PIN_INPUT);
	(void)model_smc_pin_drive(m.smc, MODEL_SMC_LOW_PIN + 0, true);
	TK_EQ(GPIO_PIN_GET(gpio("gpio1"), 0, &value), 0);
	TK_EQ(value, GPIO_PIN_HIGH);
	TK_EQ(GPIO_PIN_GET(gpio("gpio0"), 0, &value), 0);
	TK_EQ(value, GPIO_PIN_LOW);

	/* An output, as the firmware would have left it. */
	TK_EQ(apple_smc_write(smc_device(), KEY("gp0d"), "\0\0\0\1", 4), 0);
	TK_EQ(GPIO_PIN_GETFLAGS(gpio("gpio1"), 0x0d, &value), 0);
	TK_EQ(value, GPIO_PIN_OUTPUT);
	TK_EQ(GPIO_PIN_SET(gpio("gpio1"), 0x0d, 1), 0);
	TK_EQ(GPIO_PIN_SET(gpio("gpio0"), 0x0d, 1), EINVAL);
	TK_CHECK(model_smc_pin(m.smc, 0x0d, &usual));
	TK_CHECK(model_smc_pin(m.smc, MODEL_SMC_LOW_PIN + 0x0d, &low));
	TK_CHECK(!usual.output && low.output && low.level);
	TK_EQ(GPIO_PIN_TOGGLE(gpio("gpio1"), 0x0d), 0);
	TK_CHECK(model_smc_pin(m.smc, MODEL_SMC_LOW_PIN + 0x0d, &low));
	TK_CHECK(!low.level);
	smc_down(&m);
}

/* A thread drives those that had to wait, each in its bank. */
TK_CASE(apple_smc_pins_that_wait_keep_their_bank)
{
	struct model_smc_pin usual, low;
	struct model_apple m;
	struct test_thread t;
	int error = 0;

	up(&m);
	TK_EQ(apple_smc_write(smc_device(), KEY("gp0d"), "\0\0\0\1", 4), 0);
	TK_EQ(apple_smc_write(smc_device(), KEY("gP0d"), "\1\0\0\1", 4), 0);
	TK_EQ(GPIO_PIN_GETFLAGS(gpio("gpio0"), 0x0d, &(uint32_t){ 0 }), 0);
	TK_EQ(GPIO_PIN_GETFLAGS(gpio("gpio1"), 0x0d, &(uint32_t){ 0 }), 0);
	model_rtkit_fault(m.rtkit, "silent-smc-reply", 1);
	test_thread_start(&t, smc_read_once, &error);
	pause("under way", hz / 10);
	/* The command of the other thread is under way. */
	TK_EQ(GPIO_PIN_SET(gpio("gpio0"), 0x0d, 0), 0);
	TK_EQ(GPIO_PIN_SET(gpio("gpio1"), 0x0d, 1), 0);
	TK_CHECK(model_smc_pin(m.smc, 0x0d, &usual) && usual.level);
	test_thread_join(&t);
	TK_EQ(error, ETIMEDOUT);
	wait_a_little(&m);
	TK_CHECK(model_smc_pin(m.smc, 0x0d, &usual));
	TK_CHECK(model_smc_pin(m.smc, MODEL_SMC_LOW_PIN + 0x0d, &low));
	TK_CHECK(!usual.level && low.level);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_without_low_pins_has_one_bank)
{
	struct model_apple m;

	model_apple_up(&m, "low-gpio", NULL, NULL);
	TK_CHECK(smc_attached());
	TK_STREQ(device_get_desc(gpio("gpio0")), "Pins of Apple's SMC");
	TK_CHECK(tk_device_find("gpio1") == NULL);
	smc_down(&m);
}

/* j714s. */
TK_CASE(apple_smc_with_low_pins_alone_has_one_bank)
{
	static const char *const usual[] = {
		"gP00", "gP07", "gP0a", "gP0d", "gP13",
	};
	struct model_apple m;

	make(&m);
	for (u_int i = 0; i < nitems(usual); i++)
		TK_CHECK(model_smc_remove(m.smc, usual[i]));
	model_apple_boot(&m, "low-gpio");
	TK_CHECK(smc_attached());
	TK_STREQ(device_get_desc(gpio("gpio0")), "Low pins of Apple's SMC");
	TK_CHECK(tk_device_find("gpio1") == NULL);
	smc_down(&m);
}

/* As gpiobus(4) does it for a consumer of a pin. */
static int
map(const char *consumer, int ncells, uint32_t *pin, uint32_t *flags)
{
	phandle_t node = OF_finddevice(consumer);
	pcell_t cells[3];

	TK_EQ(OF_getencprop(node, "pwren-gpios", cells, sizeof(cells)),
	    sizeof(cells));
	return (GPIO_MAP_GPIOS(OF_device_from_xref(cells[0]), node,
	    OF_node_from_xref(cells[0]), ncells, &cells[1], pin, flags));
}

TK_CASE(apple_smc_pins_are_found_by_the_tree)
{
	struct model_apple m;
	uint32_t flags, pin;

	up(&m);
	TK_EQ(map("/soc/usual", 2, &pin, &flags), 0);
	TK_EQ(pin, 13);
	TK_EQ(flags, 1);
	TK_EQ(map("/soc/low", 2, &pin, &flags), 0);
	TK_EQ(pin, 30);
	TK_EQ(flags, 0);
	TK_EQ(map("/soc/low", 1, &pin, &flags), ERANGE);
	TK_EQ(map("/soc/low", 3, &pin, &flags), ERANGE);
	smc_down(&m);
}

/* Pins, restart, clock and sensors, of a machine that does not have them. */
TK_CASE(apple_smc_leaves_alone_what_the_tree_disables)
{
	struct model_apple m;

	up(&m);
	TK_STREQ(device_get_desc(gpio("gpio0")), "Pins of Apple's SMC");
	TK_CHECK(OF_device_from_xref(OF_xref_from_node(
	    OF_finddevice("/soc/smc@23e400000/off-gpio"))) == NULL);
	TK_CHECK(OF_device_from_xref(OF_xref_from_node(
	    OF_finddevice("/soc/smc@23e400000/gpio"))) == gpio("gpio0"));
	TK_CHECK(!printed("nvmem cell"));
	TK_CHECK(!printed("the device tree's"));
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_AUTOBOOT);
	TK_EQ(model_smc_mbse(m.smc, 0), 0);
	smc_down(&m);
}
