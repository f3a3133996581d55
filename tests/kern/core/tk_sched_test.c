/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The scheduler: repeatable runs, virtual time, blocking, boot and shutdown. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/taskqueue.h>
#include <machine/cpu.h>

#include "tk_host.h"
#include "tk_test_thread.h"

/*
 * Repeatability: three threads write their letters, in an order that the
 * scheduler chooses.
 */
#define	LETTERS	60

static char letters[3 * LETTERS + 1];
static struct mtx m;

static void
write_letters(void *arg)
{
	for (int i = 0; i < LETTERS; i++) {
		mtx_lock(&m);
		strlcat(letters, arg, sizeof(letters));
		mtx_unlock(&m);
		if (i % 16 == 0)
			pause("rest", 1);
	}
}

static uint64_t
interleave(uint64_t seed, char *copy)
{
	static char names[3][2] = { "a", "b", "c" };
	const struct tk_boot_args args = { .seed = seed, .ram_fd = -1 };
	struct test_thread t[3];
	uint64_t trace;

	tk_boot(&args);
	TK_EQ(tk_boot_seed(), seed);
	letters[0] = '\0';
	mtx_init(&m, "letters", NULL, MTX_DEF);
	for (int i = 0; i < 3; i++)
		test_thread_start(&t[i], write_letters, names[i]);
	for (int i = 0; i < 3; i++)
		test_thread_join(&t[i]);
	mtx_destroy(&m);
	trace = tk_sched_trace();
	TK_EQ(tk_shutdown(), 0);
	TK_EQ(strlen(letters), 3 * LETTERS);
	strlcpy(copy, letters, sizeof(letters));
	return (trace);
}

TK_CASE_UNBOOTED(same_seed_gives_the_same_run)
{
	char first[sizeof(letters)], again[sizeof(letters)];
	uint64_t trace;
	void *hole;

	for (uint64_t seed = 1; seed <= 5; seed++) {
		trace = interleave(seed, first);
		/*
		 * Other addresses and other timing of the host must make no
		 * difference.
		 */
		hole = tkh_alloc(100000 * seed, 0);
		tkh_sleep_ns(1000000 * (int64_t)seed);
		TK_EQ(interleave(seed, again), trace);
		TK_STREQ(again, first);
		tkh_free(hole);
	}
}

TK_CASE_UNBOOTED(fibers_run_as_threads_do)
{
	char first[sizeof(letters)], again[sizeof(letters)];
	uint64_t trace;

	for (uint64_t seed = 1; seed <= 5; seed++) {
		trace = interleave(seed, first);
		tkh_fibers_want(false);
		TK_EQ(interleave(seed, again), trace);
		TK_STREQ(again, first);
		tkh_fibers_want(true);
	}
}

TK_CASE_UNBOOTED(different_seeds_give_different_runs)
{
	char text[4][sizeof(letters)];
	uint64_t trace[4];
	int different = 0;

	for (int i = 0; i < 4; i++)
		trace[i] = interleave(i + 1, text[i]);
	for (int i = 1; i < 4; i++) {
		different += strcmp(text[i], text[0]) != 0;
		TK_CHECK(trace[i] != trace[0]);
	}
	TK_CHECK(different >= 2);
}

/*
 * Two threads that make a call after each letter.  Counts how often the letter
 * changes.
 */
static void
write_without_rest(void *arg)
{
	for (int i = 0; i < LETTERS; i++) {
		strlcat(letters, arg, sizeof(letters));
		tk_preempt();
	}
}

static int
changes(unsigned int preempt)
{
	static char names[2][2] = { "a", "b" };
	const struct tk_boot_args args = {
		.seed = 1, .preempt = preempt, .ram_fd = -1,
	};
	struct test_thread t[2];
	int n = 0;

	tk_boot(&args);
	letters[0] = '\0';
	for (int i = 0; i < 2; i++)
		test_thread_start(&t[i], write_without_rest, names[i]);
	for (int i = 0; i < 2; i++)
		test_thread_join(&t[i]);
	TK_EQ(tk_shutdown(), 0);
	TK_EQ(strlen(letters), 2 * LETTERS);
	for (const char *c = letters; c[1] != '\0'; c++)
		n += c[0] != c[1];
	return (n);
}

TK_CASE_UNBOOTED(every_call_can_be_a_switch)
{
	/*
	 * Each call switches with even chances, or about one call in sixteen
	 * does.
	 */
	TK_CHECK(changes(1) > LETTERS / 3);
	TK_CHECK(changes(32) < LETTERS / 3);
}

TK_CASE(threads_interleave_between_calls)
{
	static char names[2][2] = { "a", "b" };
	struct test_thread t[2];

	letters[0] = '\0';
	mtx_init(&m, "letters", NULL, MTX_DEF);
	for (int i = 0; i < 2; i++)
		test_thread_start(&t[i], write_letters, names[i]);
	for (int i = 0; i < 2; i++)
		test_thread_join(&t[i]);
	/* Not one after the other. */
	TK_CHECK(strstr(letters, "ab") != NULL);
	TK_CHECK(strstr(letters, "ba") != NULL);
	mtx_destroy(&m);
}

TK_CASE(random_numbers_come_from_the_seed)
{
	uint32_t a = arc4random();

	TK_CHECK(a != arc4random() || a != arc4random());
	TK_CHECK(arc4random_uniform(10) < 10);
	TK_EQ(arc4random_uniform(1), 0);
}

/*
 * Time.
 */
TK_CASE(virtual_time_costs_no_real_time)
{
	int64_t real = tkh_clock_ns(), start = tk_now_ns();

	pause("an hour", 3600 * hz);
	TK_EQ(tk_now_ns() - start, 3600 * (int64_t)1000000000);
	TK_CHECK(tkh_clock_ns() - real < (int64_t)60 * 1000000000);
}

TK_CASE(virtual_time_stands_while_threads_run)
{
	int64_t start = tk_now_ns();

	for (int i = 0; i < 1000; i++)
		free(malloc(10, M_TEMP, M_WAITOK), M_TEMP);
	TK_EQ(tk_now_ns(), start);
}

TK_CASE(delay_takes_virtual_time_in_any_context)
{
	int64_t start = tk_now_ns();

	DELAY(100);
	TK_EQ(tk_now_ns() - start, 100000);
	mtx_init(&m, "spin", NULL, MTX_SPIN);
	mtx_lock_spin(&m);
	DELAY(50);
	mtx_unlock_spin(&m);
	tk_intr_enter();
	DELAY(50);
	tk_intr_exit();
	TK_EQ(tk_now_ns() - start, 200000);
	mtx_destroy(&m);
}

static volatile u_int flag;

static void
set_flag(void *arg)
{
	pause("later", 3);
	atomic_store_rel_int(&flag, 1);
}

TK_CASE(busy_waits_let_others_run)
{
	struct test_thread t;
	sbintime_t end;

	flag = 0;
	test_thread_start(&t, set_flag, NULL);
	while (atomic_load_acq_int(&flag) == 0)
		cpu_spinwait();
	test_thread_join(&t);
	/* A thread that only reads the clock ends as well. */
	end = sbinuptime() + 100 * SBT_1US;
	while (sbinuptime() < end)
		;
}

TK_CASE_THREADED(busy_waits_let_others_run_threaded)
{
	struct test_thread t;

	flag = 0;
	test_thread_start(&t, set_flag, NULL);
	while (atomic_load_acq_int(&flag) == 0)
		cpu_spinwait();
	test_thread_join(&t);
}

/*
 * Blocking.
 */
static int chan;

static void
block(void *arg)
{
	tk_lock();
	*(int *)arg = tk_block(&chan, "block", -1);
	tk_unlock();
}

TK_CASE(block_returns_true_when_woken_and_false_at_the_deadline)
{
	struct test_thread t;
	int woken = -1;

	test_thread_start(&t, block, &woken);
	pause("let it", 2);
	tk_lock();
	TK_EQ(tk_wake(&chan), 1);
	TK_EQ(tk_wake(&chan), 0);
	TK_CHECK(!tk_block(&chan, "deadline", tk_now_ns() + 1000));
	tk_unlock();
	test_thread_join(&t);
	TK_EQ(woken, 1);
}

TK_CASE_STOPS(blocking_for_ever_stops_and_says_who_waits_for_what,
    "deadlock: everyone waits and nothing will wake them: thread \"thread0\" "
    "on block")
{
	int woken;

	block(&woken);
}

TK_CASE_STOPS(tk_lock_taken_twice_stops, "tk-lock: tk_lock() taken twice")
{
	tk_lock();
	tk_lock();
}

/*
 * Boot and shutdown.
 */
static int fini_ran;

static void
test_fini(void)
{
	fini_ran++;
}
TK_FINI(test_fini);

static int sysinit_order;

static void
early(void *arg)
{
	sysinit_order = 1;
}
SYSINIT(test_early, SI_SUB_DRIVERS, SI_ORDER_FIRST, early, NULL);

static void
late(const void *arg)
{
	if (sysinit_order == 1)
		sysinit_order = *(const int *)arg;
}
static const int late_arg = 2;
C_SYSINIT(test_late, SI_SUB_DRIVERS, SI_ORDER_SECOND, late, &late_arg);

TK_CASE_UNBOOTED(kernel_boots_again_and_again)
{
	static const enum tk_mode modes[] = { TK_DETERMINISTIC, TK_THREADED };
	struct tk_boot_args args = { .ram_fd = -1 };
	int before = fini_ran;

	for (int i = 0; i < 20; i++) {
		args.mode = modes[i % 2];
		sysinit_order = 0;
		TK_CHECK(!tk_booted());
		tk_boot(&args);
		TK_CHECK(tk_booted());
		TK_EQ(tk_boot_mode(), args.mode);
		TK_EQ(sysinit_order, 2);
		pause("short", 1);
		TK_EQ(tk_shutdown(), 0);
	}
	TK_EQ(fini_ran - before, 20);
}

TK_CASE_STOPS(boot_of_a_running_kernel_stops,
    "boot: tk_boot() of a running kernel")
{
	tk_boot(NULL);
}

static void
wait_for_ever(void *arg)
{
	(void)tsleep(&chan, PNOLOCK, "for ever", 0);
}

TK_CASE_UNBOOTED(thread_that_does_not_end_is_a_leak)
{
	struct test_thread t;

	tk_boot(NULL);
	test_thread_start(&t, wait_for_ever, NULL);
	pause("let it", 2);
	TK_EQ(tk_shutdown(), 1);
	/* The kernel can be booted without it. */
	tk_boot(NULL);
	pause("again", 2);
	TK_EQ(tk_shutdown(), 0);
}

TK_CASE_UNBOOTED(ledger_of_a_test_is_read_at_shutdown)
{
	TK_EQ(tk_ledger_count("no such ledger"), -1);
}
