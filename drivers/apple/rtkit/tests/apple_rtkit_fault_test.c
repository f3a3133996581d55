/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * RTKit and a coprocessor that misbehaves, by each fault that the model has a
 * name for, and at random.  In every case the kernel neither stops nor leaks,
 * and no call waits without end.  If the coprocessor's CPU is ours, the
 * coprocessor works again afterwards.
 *
 * RTKIT_RUNS in the environment is the number of random runs, RTKIT_SEED the
 * seed of the first run.
 */
#include "rtkit_rig.h"

#include <sys/proc.h>

#include "kept.h"
#include "tk_host.h"

TK_CASES_ON_EACH_PIC("");

/* The number of random runs, unless the environment has another. */
#define	RUNS		300

/* The sanitizer reports kept memory as a leak. */
#if __has_feature(address_sanitizer)
#define	CAN_KEEP	false
#else
#define	CAN_KEEP	true
#endif

/* More than the longest of these calls takes if all its steps time out. */
#define	CALL_MAX	(6 * SBT_1S)

/* Check that the call returns in time. */
static int
timed(int (*call)(struct apple_rtkit *), struct apple_rtkit *rtk)
{
	sbintime_t start = sbinuptime();
	int error;

	error = call(rtk);
	TK_CHECK(sbinuptime() - start < CALL_MAX);
	return (error);
}

/* Call everything that a client can call, and ignore the results. */
static void
work(struct rig *r)
{
	sbintime_t start = sbinuptime();

	if (timed(apple_rtkit_boot, r->rtk) != 0)
		return;
	(void)rig_start(r, APPLE_RTKIT_EP_APP);
	for (int i = 0; i < 4; i++) {
		(void)apple_rtkit_send(r->rtk, APPLE_RTKIT_EP_APP, i,
		    20 * MS);
		(void)model_rtkit_log(r->m, "Task", "a line");
		pause_sbt("rigf", MS, 0, 0);
	}
	TK_CHECK(sbinuptime() - start < 2 * CALL_MAX);
}

/* Start the coprocessor again, after which it must work normally. */
static void
recover(struct rig *r)
{
	int got;

	TK_EQ(timed(apple_rtkit_reinit, r->rtk), 0);
	/* Late messages of the old run are thrown away at the boot. */
	pause_sbt("rigr", MODEL_RTKIT_LATE_NS * SBT_1NS, 0, 0);
	rig_boot(r);
	got = rig_got(r);
	TK_EQ(rig_send(r, 0x600d), 0);
	RIG_WAIT(rig_got(r) == got + 1);
	TK_EQ(r->c->got[got % RIG_LOG], 0x600d);
}

/*
 * The faults by name
 */

static void
config_for(const struct model_rtkit_fault *fault, bool own,
    struct model_rtkit_config *cfg)
{
	rig_config(&rig_v4, cfg);
	for (int i = 0; i < MODEL_RTKIT_BUFFERS; i++)
		cfg->buffers[i].own = own;
	cfg->oslog = own ? MODEL_RTKIT_OSLOG_INIT : MODEL_RTKIT_OSLOG_BUFFER;
	cfg->map[7] = 1;
}

static void
survives(const struct model_rtkit_fault *fault, uint32_t count, bool own)
{
	struct model_rtkit_config cfg;
	struct rig r;

	config_for(fault, own, &cfg);
	rig_up(&r, &rig_v4, true, &cfg);
	model_rtkit_app(r.m, APPLE_RTKIT_EP_APP, &model_rtkit_app_echo);
	model_rtkit_fault(r.m, fault->name, count);
	work(&r);
	if (fault->kind == MODEL_RTKIT_FAULT_CRASH)
		model_rtkit_crash(r.m);
	pause_sbt("rigf", 10 * MS, 0, 0);
	if (apple_rtkit_running(r.rtk))
		(void)timed(apple_rtkit_sleep, r.rtk);
	model_rtkit_fault(r.m, fault->name, 0);
	recover(&r);
	rig_down_broken(&r);
}

TK_CASE_UNBOOTED(each_fault_is_survived)
{
	const struct model_rtkit_fault *f;

	for (f = model_rtkit_faults; f->name != NULL; f++) {
		if (f->kind == MODEL_RTKIT_FAULT_SMC)
			continue;
		for (int own = 0; own < 2; own++) {
			tk_boot(NULL);
			survives(f, 1, own != 0);
			survives(f, MODEL_RTKIT_ALWAYS, own != 0);
			TK_EQ(tk_shutdown(), 0);
		}
	}
}

/*
 * At random
 */

static uint64_t
number_of(const char *name, uint64_t otherwise)
{
	const char *text = tkh_getenv(name);

	return (text != NULL ? strtouq(text, NULL, 0) : otherwise);
}

static const struct rig_machine *const machines[] = {
	&rig_v4, &rig_t8015, &rig_m3,
};

/*
 * One random run.  If own, the firmware's logs are in SRAM.  If ours, the CPU
 * is the client's.  Otherwise the firmware may keep memory, and the driver
 * prints a line about it.
 */
static void
misbehaves(uint64_t seed, bool own, bool ours)
{
	static int (*const rests[])(struct apple_rtkit *) = {
		apple_rtkit_sleep, apple_rtkit_quiesce, apple_rtkit_shutdown,
	};
	const struct rig_machine *machine;
	struct model_rtkit_config cfg;
	struct rig r;

	machine = machines[seed % nitems(machines)];
	rig_config(machine, &cfg);
	cfg.seed = seed;
	for (int i = 0; i < MODEL_RTKIT_BUFFERS; i++)
		cfg.buffers[i].own = own || tk_random() % 2 != 0;
	cfg.oslog = tk_random() % 3;
	rig_up(&r, machine, ours, &cfg);
	model_rtkit_app(r.m, APPLE_RTKIT_EP_APP, &model_rtkit_app_echo);
	model_rtkit_misbehave(r.m, seed);
	r.c->early_mask = tk_random();
	for (int i = 0; i < 3; i++) {
		work(&r);
		if (tk_random() % 2 == 0)
			(void)timed(apple_rtkit_idle, r.rtk);
		if (tk_random() % 4 == 0)
			model_rtkit_crash(r.m);
		if (tk_random() % 2 == 0)
			(void)timed(apple_rtkit_wake, r.rtk);
		if (tk_random() % 2 == 0)
			(void)timed(rests[tk_random() % nitems(rests)],
			    r.rtk);
		if (apple_rtkit_crashed(r.rtk) || tk_random() % 4 == 0)
			(void)timed(apple_rtkit_reinit, r.rtk);
	}
	rig_down_broken(&r);
}

TK_CASE_(random_misbehaviour_is_survived, .unbooted = 1, .timeout = 36000)
{
	struct tk_boot_args args = { .mode = TK_DETERMINISTIC, .ram_fd = -1 };
	uint64_t first, runs;

	runs = number_of("RTKIT_RUNS", RUNS);
	first = number_of("RTKIT_SEED", 1);
	for (uint64_t seed = first; seed < first + runs; seed++) {
		args.seed = seed;
		tk_boot(&args);
		misbehaves(seed, false, !CAN_KEEP || tk_random() % 4 != 0);
		TK_EQ(tk_shutdown(), kept_by_coprocessors());
	}
}

/*
 * All threads at once, for the sanitizers.  The firmware writes to its log in
 * RAM while the driver reads other lines there.  A sanitizer takes that for a
 * race.
 */
TK_CASE_(threads_survive_misbehaviour, .kind = TK_CASE_KIND_THREADED)
{
	for (uint64_t seed = 1; seed <= 3; seed++)
		misbehaves(seed, true, true);
}
