/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Clocks of the time of day. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/clock.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/time.h>

#include "clock_if.h"
#include "tk_bus.h"
#include "tk_rtc.h"
#include "tk_test.h"
#include "tk_test_thread.h"

/* A clock that does what the test tells it. */
struct test_clock {
	long		 resolution;	/* of the next that attaches */
	int		 error;
	struct timespec	 now;
	int		 gets, sets;
	bool		 slow;
	bool		 inside;
};
static struct test_clock clocks[2];

static int
test_clock_probe(device_t dev)
{
	device_set_desc(dev, "clock");
	return (BUS_PROBE_DEFAULT);
}

static int
test_clock_attach(device_t dev)
{
	clock_register(dev, clocks[device_get_unit(dev)].resolution);
	return (0);
}

static int
test_clock_detach(device_t dev)
{
	clock_unregister(dev);
	TK_CHECK(!clocks[device_get_unit(dev)].inside);
	return (0);
}

static int
test_clock_gettime(device_t dev, struct timespec *ts)
{
	struct test_clock *c = &clocks[device_get_unit(dev)];

	c->gets++;
	*ts = c->now;
	return (c->error);
}

static int
test_clock_settime(device_t dev, struct timespec *ts)
{
	struct test_clock *c = &clocks[device_get_unit(dev)];

	c->inside = true;
	if (c->slow)
		pause("clock", hz);
	c->inside = false;
	c->sets++;
	c->now = *ts;
	return (c->error);
}

static device_method_t test_clock_methods[] = {
	DEVMETHOD(device_probe,		test_clock_probe),
	DEVMETHOD(device_attach,	test_clock_attach),
	DEVMETHOD(device_detach,	test_clock_detach),
	DEVMETHOD(clock_gettime,	test_clock_gettime),
	DEVMETHOD(clock_settime,	test_clock_settime),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(test_clock, test_clock_driver, test_clock_methods, 1);
DRIVER_MODULE(test_clock, clockbus, test_clock_driver, NULL, NULL);

static device_t
add(long resolution, time_t now)
{
	device_t dev;

	dev = tk_bus_add_child("clockbus", "test_clock", NULL, 0);
	TK_CHECK(dev != NULL);
	clocks[device_get_unit(dev)] = (struct test_clock){
		.resolution = resolution, .now = { .tv_sec = now },
	};
	TK_EQ(tk_device_attach(dev), 0);
	return (dev);
}

TK_CASE(rtc_is_missing_without_a_clock)
{
	struct timespec ts;

	TK_EQ(tk_rtc_read(&ts), ENXIO);
	TK_EQ(tk_rtc_write(&(struct timespec){ .tv_sec = 1 }), 0);
}

TK_CASE(rtc_of_the_best_resolution_gives_the_time)
{
	struct timespec ts;
	device_t coarse, fine;

	coarse = add(1000000, 5000);
	fine = add(100, 6000);
	TK_EQ(tk_rtc_read(&ts), 0);
	TK_EQ(ts.tv_sec, 6000);
	TK_EQ(ts.tv_nsec, 50000);
	TK_EQ(clocks[0].gets, 0);

	clocks[1].error = EIO;
	TK_EQ(tk_rtc_read(&ts), 0);
	TK_EQ(ts.tv_sec, 5000);
	TK_EQ(ts.tv_nsec, 500000000);

	clocks[0].now.tv_sec = -1;
	TK_EQ(tk_rtc_read(&ts), EINVAL);
	TK_EQ(tk_device_delete(fine), 0);
	TK_EQ(tk_device_delete(coarse), 0);
	TK_EQ(tk_rtc_read(&ts), ENXIO);
}

TK_CASE(rtc_write_sets_all_clocks)
{
	device_t coarse, fine;

	coarse = add(1000000, 5000);
	fine = add(100, 6000);
	clocks[0].error = EIO;
	TK_EQ(tk_rtc_write(&(struct timespec){ 7000, 600000000 }), EIO);
	TK_EQ(clocks[0].now.tv_sec, 7001);
	TK_EQ(clocks[0].now.tv_nsec, 100000000);
	TK_EQ(clocks[1].now.tv_sec, 7000);
	TK_EQ(clocks[1].now.tv_nsec, 600050000);
	TK_EQ(tk_device_delete(fine), 0);
	TK_EQ(tk_device_delete(coarse), 0);
}

static void
set_the_clock(void *arg)
{
	TK_EQ(tk_rtc_write(&(struct timespec){ .tv_sec = 8000 }), 0);
}

/* test_clock_detach() looks. */
TK_CASE(rtc_unregister_waits_until_the_clock_is_set)
{
	struct test_thread other;
	device_t dev;

	dev = add(100, 6000);
	clocks[0].slow = true;
	test_thread_start(&other, set_the_clock, NULL);
	while (!clocks[0].inside)
		pause("inside", 1);
	TK_EQ(tk_device_delete(dev), 0);
	TK_EQ(clocks[0].sets, 1);
	test_thread_join(&other);
}

TK_CASE_UNBOOTED(rtc_that_is_left_is_a_leak)
{
	device_t dev;

	tk_boot(NULL);
	dev = add(100, 6000);
	clock_register(dev, 100);
	TK_EQ(tk_device_delete(dev), 0);
	TK_CHECK(tk_shutdown() > 0);
}
