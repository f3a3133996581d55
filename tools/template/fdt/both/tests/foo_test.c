/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of its device.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>

#include "foo_model.h"
#include "observe.h"
#include "tk_bus.h"
#include "tk_ofw.h"
#include "tk_test.h"

static struct foo_model model;

/* Boot a machine with the device. */
static void
foo_up(void)
{
	foo_model_up(&model);
	tk_ofw_boot("foo");
}

static void
foo_down(void)
{
	TK_EQ(tk_ofw_detach(), 0);
	foo_model_down(&model);
}

static bool
foo_attached(void)
{
	device_t dev = tk_device_find("foo0");

	return (dev != NULL && tk_device_attached(dev));
}

TK_CASE(foo_counts_interrupts)
{
	foo_up();
	TK_CHECK(foo_attached());
	foo_model_interrupt(&model);
	foo_model_interrupt(&model);
	TK_EQ(counter_of("dev.foo.0.interrupts"), 2);
	foo_down();
	/* Nothing interrupts any more. */
	TK_EQ(model.enable, 0);
}

TK_CASE(foo_refuses_another_device)
{
	foo_model_up(&model);
	model.id = 1;
	tk_ofw_boot("foo");
	TK_CHECK(!foo_attached());
	TK_CHECK(printed("foo0: unknown device: ID 0x1"));
	foo_down();
}

TK_CASE(foo_is_quiet_while_suspended)
{
	device_t dev;

	foo_up();
	dev = tk_device_find("foo0");
	TK_EQ(tk_device_suspend(dev), 0);
	foo_model_interrupt(&model);
	TK_EQ(counter_of("dev.foo.0.interrupts"), 0);
	TK_EQ(tk_device_resume(dev), 0);
	TK_EQ(counter_of("dev.foo.0.interrupts"), 1);
	foo_down();
}

/* Attach, use, detach.  Returns an errno if the driver did not attach. */
static int
foo_sequence(void)
{
	device_t dev;
	int error;

	tk_fault_spare(true);
	foo_up();
	dev = tk_device_find("foo0");
	TK_EQ(tk_device_detach(dev), 0);
	tk_fault_spare(false);
	error = tk_device_attach(dev);
	if (error == 0) {
		foo_model_interrupt(&model);
		TK_EQ(model.status, 0);
	}
	foo_down();
	return (error);
}

TK_CASE_UNBOOTED(foo_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(foo_sequence, 3, 2);
}
