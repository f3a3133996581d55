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

#include "foo/foo_reg.h"
#include "foo_model.h"
#include "observe.h"
#include "tk_bus.h"
#include "tk_test.h"

static struct foo_model model;

/* Until a handler in a thread has run, too. */
static void
interrupt(void)
{
	foo_model_interrupt(&model);
	pause("intr", 1);
}

/* With messages, and on a machine that has none. */
static void
counts(const char *enable_msi)
{
	device_t dev;

	TK_EQ(kern_setenv("hw.pci.enable_msi", enable_msi), 0);
	dev = foo_model_up(&model, FOO_ID_VALUE);
	TK_CHECK(tk_device_attached(dev));
	interrupt();
	interrupt();
	TK_EQ(counter_of("dev.foo.0.interrupts"), 2);
	foo_model_down(&model);
	/* Nothing interrupts any more. */
	TK_EQ(model.enable, 0);
}

TK_CASE(foo_counts_messages)
{
	counts("1");
}

TK_CASE(foo_counts_interrupts_of_a_line)
{
	counts("0");
}

TK_CASE(foo_refuses_another_device)
{
	device_t dev;

	dev = foo_model_up(&model, 1);
	TK_CHECK(!tk_device_attached(dev));
	TK_CHECK(printed("foo0: unknown device: ID 0x1"));
	foo_model_down(&model);
}

TK_CASE(foo_is_quiet_while_suspended)
{
	device_t dev;

	dev = foo_model_up(&model, FOO_ID_VALUE);
	TK_EQ(tk_device_suspend(dev), 0);
	interrupt();
	TK_EQ(counter_of("dev.foo.0.interrupts"), 0);
	TK_EQ(tk_device_resume(dev), 0);
	pause("intr", 1);
	TK_EQ(counter_of("dev.foo.0.interrupts"), 1);
	foo_model_down(&model);
}

/* Attach, use, detach.  Returns an errno if the driver did not attach. */
static int
foo_sequence(void)
{
	device_t dev;
	int error;

	tk_fault_spare(true);
	dev = foo_model_up(&model, FOO_ID_VALUE);
	TK_EQ(tk_device_detach(dev), 0);
	tk_fault_spare(false);
	error = tk_device_attach(dev);
	if (error == 0) {
		interrupt();
		TK_EQ(model.status, 0);
	}
	foo_model_down(&model);
	return (error);
}

TK_CASE_UNBOOTED(foo_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(foo_sequence, 3, 2);
}
