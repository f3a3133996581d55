/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Sources of random(4). */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/random.h>
#include <dev/random/randomdev.h>

#include "tk_random.h"
#include "tk_test.h"

static int reads;
static u_int gives;
static bool inside;

static u_int
count(void *buf, u_int len)
{
	memset(buf, ++reads, MIN(gives, len));
	return (gives);
}

static u_int
slow(void *buf, u_int len)
{
	inside = true;
	for (int i = 0; i < 50; i++)
		tk_spinwait();
	inside = false;
	return (0);
}

static u_int
sleepy(void *buf, u_int len)
{
	pause("entropy", 1);
	return (0);
}

static const struct random_source counts = {
	"counts", RANDOM_PURE_VIRTIO, count, 0
};
static const struct random_source slows = {
	"slows", RANDOM_PURE_TPM, slow, 0
};
static const struct random_source others = {
	"others", RANDOM_PURE_VIRTIO, slow, 0
};
static const struct random_source pushes = {
	"pushes", RANDOM_PURE_VIRTIO, NULL, 0
};
static const struct random_source sleeps = {
	"sleeps", RANDOM_PURE_VIRTIO, sleepy, 0
};

TK_CASE(random_asks_for_a_seed_and_then_for_a_little_ten_times_a_second)
{
	reads = 0;
	gives = 8;
	random_source_register(&counts);
	pause_sbt("read", 50 * SBT_1MS, 0, 0);
	TK_EQ(reads, 256);
	TK_CHECK(tk_random_stats().seeded);
	TK_EQ(tk_random_stats().bytes, 2048);
	pause_sbt("read", SBT_1S, 0, 0);
	TK_EQ(reads, 256 + 40);
	random_source_deregister(&counts);
	pause_sbt("read", SBT_1S, 0, 0);
	TK_EQ(reads, 256 + 40);
}

TK_CASE(random_keeps_the_newest_bytes_in_order)
{
	uint8_t bytes[24];

	reads = 0;
	gives = 8;
	random_source_register(&counts);
	pause_sbt("read", 150 * SBT_1MS, 0, 0);
	random_source_deregister(&counts);
	TK_EQ(tk_random_newest(bytes, sizeof(bytes)), sizeof(bytes));
	TK_EQ(bytes[0], (uint8_t)(reads - 2));
	TK_EQ(bytes[8], (uint8_t)(reads - 1));
	TK_EQ(bytes[23], (uint8_t)reads);
}

TK_CASE(random_with_little_entropy_is_not_seeded)
{
	reads = 0;
	gives = 1;
	random_source_register(&counts);
	pause_sbt("read", 50 * SBT_1MS, 0, 0);
	TK_EQ(tk_random_stats().bytes, 256);
	TK_CHECK(!tk_random_stats().seeded);
	gives = 0;
	pause_sbt("read", 100 * SBT_1MS, 0, 0);
	TK_EQ(tk_random_stats().bytes, 256);
	TK_EQ(tk_random_stats().empty, 256);
	random_source_deregister(&counts);
}

TK_CASE(random_does_not_ask_a_source_without_a_function)
{
	random_source_register(&pushes);
	pause_sbt("read", 200 * SBT_1MS, 0, 0);
	TK_EQ(tk_random_stats().reads, 0);
	random_source_deregister(&pushes);
}

TK_CASE(random_deregister_waits_for_the_function)
{
	for (int i = 0; i < 20; i++) {
		random_source_register(&slows);
		while (!inside)
			pause_sbt("inside", SBT_1MS, 0, 0);
		random_source_deregister(&slows);
		TK_CHECK(!inside);
	}
}

/* FreeBSD has one bit for all sources of a kind. */
TK_CASE(random_stops_listening_to_a_kind_when_one_of_it_goes)
{
	reads = 0;
	gives = 8;
	random_source_register(&counts);
	random_source_register(&others);
	random_source_deregister(&others);
	pause_sbt("read", 50 * SBT_1MS, 0, 0);
	TK_CHECK(reads > 0);
	TK_CHECK(tk_random_stats().dropped > 0);
	random_source_deregister(&counts);
}

TK_CASE_DEBUG_STOPS(random_source_that_returns_too_much_panics,
    "panic: random_sources_feed: rs_read returned too much data (9 > 8)")
{
	gives = 9;
	random_source_register(&counts);
	pause_sbt("read", SBT_1S, 0, 0);
}

TK_CASE_DEBUG_STOPS(random_source_that_sleeps_stops,
    "sleep-context: pause() in THREAD_NO_SLEEPING()")
{
	random_source_register(&sleeps);
	pause_sbt("read", SBT_1S, 0, 0);
}

TK_CASE(random_source_that_stays_is_a_leak)
{
	random_source_register(&pushes);
	TK_EQ(tk_ledger_count("random source"), 1);
	random_source_deregister(&pushes);
	TK_EQ(tk_ledger_count("random source"), 0);
}
