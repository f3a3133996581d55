/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What both timers must do; see timer_rig.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/proc.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <machine/atomic.h>

#include "timer_rig.h"
#include "tk_bus.h"
#include "tk_test_thread.h"

static char	history[65536];

static const char *
full_name(const char *name)
{
	static char full[64];

	snprintf(full, sizeof(full), "kern.%s.%s", timer_module, name);
	return (full);
}

static int
get(const char *name, void *val, size_t *len)
{
	return (kernel_sysctlbyname(curthread,
	    __DECONST(char *, full_name(name)), val, len, NULL, 0, NULL, 0));
}

static int
set(const char *name, uint32_t val)
{
	return (kernel_sysctlbyname(curthread,
	    __DECONST(char *, full_name(name)), NULL, NULL, &val, sizeof(val),
	    NULL, 0));
}

static uint32_t
get_32(const char *name)
{
	uint32_t val;
	size_t len = sizeof(val);

	TK_EQ(get(name, &val, &len), 0);
	TK_EQ(len, sizeof(val));
	return (val);
}

static uint64_t
ticks_so_far(void)
{
	uint64_t val;
	size_t len = sizeof(val);

	TK_EQ(get("ticks", &val, &len), 0);
	TK_EQ(len, sizeof(val));
	return (val);
}

static const char *
read_history(void)
{
	size_t len = sizeof(history);

	TK_EQ(get("history", history, &len), 0);
	return (history);
}

static int
lines(const char *text)
{
	int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return (n);
}

static void
sleep_ms(int ms)
{
	pause_sbt("test", ms * SBT_1MS, 0, 0);
}

static void
reload(void)
{
	TK_EQ(tk_module_unload(timer_module), 0);
	TK_EQ(tk_module_load(timer_module), 0);
}

void
timer_counts(void)
{
	sleep_ms(1000);
	TK_EQ(ticks_so_far(), 0);
	TK_EQ(get_32("interval"), 0);
	TK_EQ(set("interval", 100), 0);
	sleep_ms(1050);
	TK_EQ(ticks_so_far(), 10);
	TK_EQ(set("interval", 10), 0);
	TK_EQ(get_32("interval"), 10);
	sleep_ms(1005);
	TK_EQ(ticks_so_far(), 110);
	TK_EQ(set("interval", 0), 0);
	sleep_ms(1000);
	TK_EQ(ticks_so_far(), 110);
}

/* DELAY(9) keeps the CPU, so that callouts are late. */
void
timer_keeps_time(void)
{
	TK_EQ(set("interval", 10), 0);
	for (int i = 0; i < 50; i++) {
		DELAY(7000);
		sleep_ms(3);
	}
	sleep_ms(4);
	TK_CHECK(ticks_so_far() >= 48);
	TK_EQ(set("interval", 0), 0);
}

void
timer_refuses_intervals(void)
{
	uint8_t byte = 1;

	TK_EQ(set("interval", 60001), EINVAL);
	TK_EQ(set("interval", UINT32_MAX), EINVAL);
	TK_EQ(kernel_sysctlbyname(curthread,
	    __DECONST(char *, full_name("interval")), NULL, NULL, &byte, 1,
	    NULL, 0), EINVAL);
	TK_EQ(set("interval", 60000), 0);
	TK_EQ(get_32("interval"), 60000);
	TK_EQ(set("ticks", 1), EPERM);
	TK_EQ(set("history_size", 1), EPERM);
}

void
timer_records(void)
{
	const char *text;
	int n;

	TK_STREQ(read_history(), "");
	TK_EQ(set("interval", 20), 0);
	sleep_ms(110);
	TK_EQ(set("interval", 0), 0);
	text = read_history();
	TK_EQ(lines(text), 5);
	for (n = 1; n <= 5; n++) {
		TK_EQ(text[0], '0' + n);
		TK_CHECK(strncmp(text + 1, " at ", 4) == 0);
		TK_CHECK(strstr(text, " us late\n") != NULL);
		text = strchr(text, '\n') + 1;
	}
	TK_EQ(get_32("history_size"), 16);
}

static void
fill_history(const char *size)
{
	kern_setenv(full_name("history_size"), size);
	reload();
	TK_EQ(set("interval", 1), 0);
	sleep_ms(400);
	TK_EQ(set("interval", 0), 0);
	sleep_ms(10);
}

void
timer_history_is_limited(void)
{
	fill_history("3");
	TK_EQ(get_32("history_size"), 3);
	TK_EQ(lines(read_history()), 3);
}

void
timer_history_is_longest(void)
{
	fill_history("0");
	TK_EQ(get_32("history_size"), 1);
	TK_EQ(lines(read_history()), 1);
	fill_history("4000000000");
	TK_EQ(get_32("history_size"), 256);
	TK_EQ(lines(read_history()), 256);
}

void
timer_begins_by_tunable(void)
{
	kern_setenv(full_name("interval"), "50");
	reload();
	TK_EQ(get_32("interval"), 50);
	sleep_ms(220);
	TK_EQ(ticks_so_far(), 4);
	TK_EQ(set("interval", 100), 0);
	sleep_ms(210);
	TK_EQ(ticks_so_far(), 6);
}

void
timer_reports_a_bad_tunable(void)
{
	kern_setenv(full_name("interval"), "70000");
	reload();
	TK_CHECK(strstr(tk_msgbuf(), "interval failed: 22\n") != NULL);
	TK_EQ(get_32("interval"), 0);
}

/*
 * Programs that read and set while the module goes and comes.  They find its
 * nodes, or not.
 */
static u_int stop, accesses;

static void
user(void *arg)
{
	static const uint32_t intervals[] = { 1, 0, 2, 5 };
	static char text[2][16384];
	char name[64];
	uint32_t val;
	size_t len;
	int error, n = 0, self = *(int *)arg;

	while (atomic_load_acq_int(&stop) == 0) {
		snprintf(name, sizeof(name), "kern.%s.interval", timer_module);
		val = intervals[n++ % nitems(intervals)];
		error = kernel_sysctlbyname(curthread, name, NULL, NULL, &val,
		    sizeof(val), NULL, 0);
		TK_CHECK(error == 0 || error == ENOENT);
		snprintf(name, sizeof(name), "kern.%s.history", timer_module);
		len = sizeof(text[self]);
		error = kernel_sysctlbyname(curthread, name, text[self], &len,
		    NULL, 0, NULL, 0);
		TK_CHECK(error == 0 || error == ENOENT);
		if (error == 0)
			atomic_add_int(&accesses, 1);
		pause_sbt("user", SBT_1MS, 0, 0);
	}
}

static void
unload_under_load(int times)
{
	struct test_thread t[2];
	int self[2] = { 0, 1 };

	stop = accesses = 0;
	for (int i = 0; i < 2; i++)
		test_thread_start(&t[i], user, &self[i]);
	for (int i = 0; i < times; i++) {
		pause_sbt("load", (i % 5) * SBT_1MS + i * 7 * SBT_1US, 0, 0);
		reload();
	}
	atomic_store_rel_int(&stop, 1);
	for (int i = 0; i < 2; i++)
		test_thread_join(&t[i]);
	TK_CHECK(accesses > 0);
}

void
timer_unloads_under_load(void)
{
	unload_under_load(200);
}

void
timer_unloads_in_real_threads(void)
{
	unload_under_load(100);
}

/* The kernel sends MOD_UNLOAD after a MOD_LOAD that fails. */
void
timer_unloads_whichever_call_fails(void)
{
	int calls, refused = 0;

	kern_setenv(full_name("interval"), "1");
	TK_EQ(tk_module_unload(timer_module), 0);
	for (int n = 1;; n++) {
		tk_fault_clear();
		tk_fault_set_any(n);
		if (tk_module_load(timer_module) == 0) {
			calls = tk_fault_calls_any();
			tk_fault_set_any(0);
			TK_EQ(tk_module_unload(timer_module), 0);
			if (calls < n)
				break;
			continue;
		}
		tk_fault_set_any(0);
		refused++;
	}
	TK_CHECK(refused >= 5);
	TK_EQ(tk_module_load(timer_module), 0);
	sleep_ms(50);
	TK_CHECK(ticks_so_far() > 0);
}
