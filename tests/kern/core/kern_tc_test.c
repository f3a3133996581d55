/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Clocks and conversions of time. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/time.h>

#include "tk_test.h"

TK_CASE(uptime_starts_at_one_second)
{
	struct timespec ts;
	struct timeval tv;

	TK_EQ(tk_now_ns(), 1000000000);
	TK_EQ(time_uptime, 1);
	nanouptime(&ts);
	TK_EQ(ts.tv_sec, 1);
	TK_EQ(ts.tv_nsec, 0);
	pause("wait", 1500);
	microuptime(&tv);
	TK_EQ(tv.tv_sec, 2);
	TK_CHECK(tv.tv_usec == 500000 || tv.tv_usec == 499999);
	TK_EQ(time_uptime, 2);
}

TK_CASE(get_clocks_tell_the_last_tick)
{
	DELAY(700);
	TK_EQ(sbttous(sbinuptime() + SBT_1NS) - sbttous(getsbinuptime() +
	    SBT_1NS), 700);
	DELAY(300);
	TK_CHECK(sbinuptime() - getsbinuptime() < SBT_1US);
}

TK_CASE(ticks_follow_uptime_and_wrap_soon)
{
	int start = ticks;
	long startl = ticksl;

	TK_CHECK(INT_MAX - start <= 10 * 60 * hz);
	pause("wait", 1234);
	TK_EQ(ticks - start, 1234);
	TK_EQ(ticksl - startl, 1234);
	pause("eleven minutes", 11 * 60 * hz);
	TK_CHECK(ticks < 0);
	TK_EQ((u_int)ticks - (u_int)start, 1234 + 11 * 60 * hz);
}

TK_CASE(wall_clock_is_fixed_in_deterministic_mode)
{
	struct timeval tv, boot;

	microtime(&tv);
	TK_EQ(tv.tv_sec, 1767225600);
	TK_EQ(time_second, 1767225600);
	getboottime(&boot);
	TK_EQ(boot.tv_sec, 1767225600 - 1);
}

TK_CASE_THREADED(clocks_run_in_threaded_mode)
{
	struct timeval tv;
	sbintime_t start = sbinuptime();

	microtime(&tv);
	TK_CHECK(tv.tv_sec > 1700000000);
	DELAY(2000);
	TK_CHECK(sbinuptime() - start >= 2 * SBT_1MS);
	TK_CHECK(sbinuptime() < SBT_1M);
}

TK_CASE(conversions_round_trip)
{
	static const int64_t values[] = { 0, 1, 999, 1000, 123456, 3600000 };
	struct timespec ts = { 3, 999999999 };
	struct timeval tv = { 7, 999999 };
	struct bintime bt, bt2;

	for (size_t i = 0; i < nitems(values); i++) {
		TK_EQ(sbttons(nstosbt(values[i])), values[i]);
		TK_EQ(sbttous(ustosbt(values[i])), values[i]);
		TK_EQ(sbttoms(mstosbt(values[i])), values[i]);
	}
	TK_EQ(sbttots(tstosbt(ts)).tv_nsec, 999999999);
	TK_EQ(sbttotv(tvtosbt(tv)).tv_usec, 999999);
	bt = sbttobt(SBT_1S + SBT_1S / 2);
	TK_EQ(bt.sec, 1);
	TK_EQ(bt.frac, 1UL << 63);
	TK_EQ(bttosbt(bt), SBT_1S + SBT_1S / 2);
	bt2 = bt;
	bintime_add(&bt, &bt2);
	TK_EQ(bt.sec, 3);
	TK_EQ(bt.frac, 0);
	tv = (struct timeval){ 0, 1 };
	TK_EQ(tvtohz(&tv), 2);
	tv = (struct timeval){ 1, 0 };
	TK_EQ(tvtohz(&tv), hz + 1);
}

TK_CASE(ratecheck_passes_once_per_interval)
{
	struct timeval last = { 0, 0 }, every = { 0, 10000 };
	int count = 0;

	TK_EQ(ratecheck(&last, &every), 1);
	TK_EQ(ratecheck(&last, &every), 0);
	pause("wait", 11);
	TK_EQ(ratecheck(&last, &every), 1);
	last = (struct timeval){ 0, 0 };
	for (int i = 0; i < 5; i++)
		TK_EQ(ppsratecheck(&last, &count, 3), i < 3);
	pause("a second", hz);
	TK_EQ(ppsratecheck(&last, &count, 3), 1);
}

TK_CASE_UNBOOTED(a_boot_may_have_100_ticks_a_second)
{
	struct tk_boot_args boot = { .ram_fd = -1, .hz = 100 };
	int before;

	tk_boot(&boot);
	TK_EQ(hz, 100);
	TK_EQ(tick_sbt, SBT_1S / 100);
	before = ticks;
	pause("test", 150);
	TK_EQ(ticks - before, 150);
	TK_EQ(time_uptime, 2);
	TK_EQ(tk_shutdown(), 0);
	tk_boot(NULL);
	TK_EQ(hz, 1000);
	TK_EQ(tk_shutdown(), 0);
}
