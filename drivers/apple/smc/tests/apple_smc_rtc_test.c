/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The clock of the SMC driver, with an offset in the PMU. */
#include "apple_smc_test.h"

#include <sys/eventhandler.h>
#include <sys/reboot.h>
#include <sys/time.h>

#include "clock_if.h"
#include "tk_rtc.h"

#define	TICK_NS		30518	/* rounded up */

/* A machine whose SMC has counted so far, and stopped counting. */
static void
up_tree(struct model_apple *m, const char *tree, uint64_t count,
    uint64_t offset)
{
	model_apple_make(m, tree, NULL, NULL);
	model_smc_clock_stop(m->smc, count);
	model_spmi_set(m->spmi, m->rtc, 6, offset);
	model_apple_boot(m, tree);
	TK_CHECK(smc_attached());
	TK_CHECK(printed("apple_smc0: registered as a time-of-day clock"));
}

static void
up(struct model_apple *m, uint64_t count, uint64_t offset)
{
	up_tree(m, "t8103", count, offset);
}

static void
down(struct model_apple *m)
{
	TK_STREQ(model_spmi_first_violation(m->spmi), "");
	smc_down(m);
}

static void
is(time_t sec, long nsec)
{
	struct timespec ts;

	TK_EQ(CLOCK_GETTIME(smc_device(), &ts), 0);
	TK_EQ(ts.tv_sec, sec);
	TK_EQ(ts.tv_nsec, nsec);
}

static int
set(time_t sec, long nsec)
{
	struct timespec ts = { .tv_sec = sec, .tv_nsec = nsec };

	return (CLOCK_SETTIME(smc_device(), &ts));
}

TK_CASE(apple_smc_clock_is_the_sum_of_count_and_offset)
{
	struct model_apple m;

	up(&m, 0x000012345678, 0x345678000000);
	/* 0x345678000000 + 0x12345678 = 0x34568a345678; 0x5678 / 32768. */
	is(1756173416, 675537109);
	down(&m);
}

TK_CASE(apple_smc_clock_is_found_in_each_tree)
{
	static const char *const trees[] = {
		"t8103", "t8112", "t6000", "t6020"
	};
	struct model_apple m;

	for (u_int i = 0; i < nitems(trees); i++) {
		up_tree(&m, trees[i], 0, (uint64_t)1798761600 << 15);
		is(1798761600, 0);
		down(&m);
	}
}

TK_CASE(apple_smc_clock_is_set_by_the_offset)
{
	struct model_spmi_access access;
	struct model_apple m;
	u_int count;

	up(&m, 0x000100000000, 0);
	count = model_spmi_accesses(m.spmi);
	TK_EQ(set(1798761600, 0), 0);
	TK_EQ(model_spmi_get(m.spmi, m.rtc, 6), 0x359a76400000);
	TK_EQ(model_spmi_accesses(m.spmi), count + 1);
	TK_CHECK(model_spmi_access(m.spmi, count, &access));
	TK_CHECK(access.write && access.size == 6 && access.addr == m.rtc);
	is(1798761600, 0);

	TK_EQ(set(1798761600, 500000000), 0);
	TK_EQ(model_spmi_get(m.spmi, m.rtc, 6), 0x359a76404000);
	is(1798761600, 500000000);
	down(&m);
}

/* The count may have passed 48 bits, and the sum wraps. */
TK_CASE(apple_smc_clock_wraps_as_the_hardware_does)
{
	struct model_apple m;

	up(&m, 0xffffffffffff, 0x8001);
	is(1, 0);
	TK_EQ(set(0, 0), 0);
	TK_EQ(model_spmi_get(m.spmi, m.rtc, 6), 1);
	is(0, 0);
	down(&m);
}

TK_CASE(apple_smc_clock_before_1970_is_not_believed)
{
	struct timespec ts;
	struct model_apple m;

	up(&m, 0, 0xffffffff8000);
	is(-1, 0);
	TK_EQ(tk_rtc_read(&ts), EINVAL);
	down(&m);
}

TK_CASE(apple_smc_clock_refuses_times_that_it_cannot_hold)
{
	struct model_apple m;

	up(&m, 0x12345, 0);
	TK_EQ(set(-1, 0), EINVAL);
	TK_EQ(set((time_t)1 << 32, 0), EINVAL);
	TK_EQ(model_spmi_get(m.spmi, m.rtc, 6), 0);
	TK_EQ(set(((time_t)1 << 32) - 1, 999999999), 0);
	is(((time_t)1 << 32) - 1, 999969482);
	down(&m);
}

TK_CASE(apple_smc_clock_is_read_and_set_by_the_kernel)
{
	struct timespec now = { .tv_sec = 1800000000, .tv_nsec = 250000000 };
	struct timespec ts;
	struct model_apple m;
	int64_t ns;

	smc_up(&m);
	TK_EQ(tk_rtc_write(&now), 0);
	pause("rtc", 2 * hz);
	TK_EQ(tk_rtc_read(&ts), 0);
	ns = (ts.tv_sec - now.tv_sec) * 1000000000 + ts.tv_nsec - now.tv_nsec;
	/* A pause ends up to a tick early, and a set time is a little late. */
	TK_CHECK(ns > 2 * 1000000000ll - 2 * (1000000000ll / hz));
	TK_CHECK(ns < 2200 * 1000000ll);
	down(&m);
}

/* A machine whose clock cannot be used, for a reason that has a line. */
static void
no_clock(struct model_apple *m, const char *line)
{
	struct timespec ts;

	model_apple_boot(m, "t8103");
	TK_CHECK(smc_attached());
	TK_CHECK(printed(line));
	TK_CHECK(!printed("registered as a time-of-day clock"));
	TK_EQ(tk_rtc_read(&ts), ENXIO);
	down(m);
}

TK_CASE(apple_smc_clock_of_another_size_is_not_used)
{
	struct model_apple m;

	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_remove(m.smc, "CLKM"));
	TK_CHECK(model_smc_add(m.smc, "CLKM", "ui32", 4, MODEL_SMC_READ,
	    "\1\2\3\4"));
	no_clock(&m, "apple_smc0: cannot read its clock: error 5\n");
}

TK_CASE(apple_smc_without_a_count_has_no_clock)
{
	struct model_apple m;

	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_remove(m.smc, "CLKM"));
	no_clock(&m, "apple_smc0: cannot read its clock: error 2\n");
}

TK_CASE(apple_smc_whose_offset_is_not_there_has_no_clock)
{
	struct model_apple m;

	model_apple_make(&m, "t8103", NULL, NULL);
	model_spmi_fault(m.spmi, MODEL_SPMI_BAD_PARITY, true);
	no_clock(&m, "apple_smc0: cannot read its clock: error 5\n");
}

TK_CASE(apple_smc_clock_fails_with_the_smc)
{
	struct timespec ts;
	struct model_apple m;

	up(&m, 0x12345, 0x345678000000);
	model_smc_fail(m.smc, "CLKM", MODEL_SMC_NOT_READABLE);
	TK_EQ(CLOCK_GETTIME(smc_device(), &ts), EACCES);
	TK_EQ(set(1, 0), EACCES);
	model_smc_fail(m.smc, "CLKM", 0);
	model_spmi_fault(m.spmi, MODEL_SPMI_NO_ACK, true);
	TK_EQ(set(1, 0), EIO);
	model_spmi_fault(m.spmi, MODEL_SPMI_NO_ACK, false);
	TK_EQ(model_spmi_get(m.spmi, m.rtc, 6), 0x345678000000);
	TK_EQ(tk_device_shutdown(smc_device()), 0);
	TK_EQ(CLOCK_GETTIME(smc_device(), &ts), ESHUTDOWN);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_clock_goes_with_the_device)
{
	struct timespec ts;
	struct model_apple m;
	device_t smc;

	up(&m, 0x12345, 0x345678000000);
	smc = smc_device();
	TK_EQ(tk_rtc_read(&ts), 0);
	TK_EQ(tk_device_detach(smc), 0);
	TK_EQ(tk_rtc_read(&ts), ENXIO);
	TK_EQ(tk_device_attach(smc), 0);
	TK_EQ(tk_rtc_read(&ts), 0);
	down(&m);
}
