/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the SMC driver leaves the boot loader in the PMU.  The model of the PMU
 * notes each access to a register that is not in the device tree's cells.
 */
#include "apple_smc_test.h"

#include <sys/eventhandler.h>
#include <sys/reboot.h>

#define	STAGE(m)	((m)->scratch + 0x1)
#define	COUNTS(m)	((m)->scratch + 0x2)	/* panics in the upper half */
#define	FLAG(m)		((m)->scratch + 0xf)	/* in bit 3 */

static const char *const trees[] = { "t8103", "t8112", "t6000", "t6020" };

static int
pmu(const struct model_apple *m, uint16_t addr)
{
	return ((int)model_spmi_get(m->spmi, addr, 1));
}

/* A machine whose boot loader has left these bytes. */
static void
up(struct model_apple *m, const char *tree, uint8_t counts, uint8_t flag)
{
	model_apple_make(m, tree, NULL, NULL);
	model_spmi_set(m->spmi, STAGE(m), 1, 0x2f);
	model_spmi_set(m->spmi, COUNTS(m), 1, counts);
	model_spmi_set(m->spmi, FLAG(m), 1, flag);
	model_apple_boot(m, tree);
	TK_CHECK(smc_attached());
}

static void
down(struct model_apple *m)
{
	TK_STREQ(model_spmi_first_violation(m->spmi), "");
	smc_down(m);
}

/* The machine is not off, so the driver is detached without more ado. */
static void
down_quiet(struct model_apple *m)
{
	TK_STREQ(model_spmi_first_violation(m->spmi), "");
	smc_down_anyhow(m);
}

/* In the order of FreeBSD's kern_reboot(). */
static void
announce(int howto)
{
	EVENTHANDLER_INVOKE(shutdown_pre_sync, howto);
	EVENTHANDLER_INVOKE(shutdown_post_sync, howto);
}

static void
go_down(int howto)
{
	TK_EQ(tk_device_shutdown(smc_device()), 0);
	EVENTHANDLER_INVOKE(shutdown_final, howto);
}

TK_CASE(apple_smc_tells_the_boot_loader_that_a_kernel_runs)
{
	struct model_apple m;

	for (u_int i = 0; i < nitems(trees); i++) {
		up(&m, trees[i], 0xa5, 0xf7);
		TK_EQ(times_printed("apple_smc0: the boot loader has counted "
		    "5 failed boots and 10 panics\n"), (int)i + 1);
		TK_EQ(pmu(&m, STAGE(&m)), 0x30);
		TK_EQ(pmu(&m, COUNTS(&m)), 0);
		TK_EQ(pmu(&m, FLAG(&m)), 0xf7);
		down(&m);
	}
}

TK_CASE(apple_smc_says_nothing_of_boots_that_went_well)
{
	struct model_apple m;

	up(&m, "t8103", 0, 0);
	TK_CHECK(!printed("the boot loader has counted"));
	TK_CHECK(!printed("nvmem cell"));
	down(&m);
}

TK_CASE(apple_smc_that_restarts_the_machine_is_not_to_switch_it_off)
{
	struct model_apple m;

	for (u_int i = 0; i < nitems(trees); i++) {
		up(&m, trees[i], 0, 0xff);
		announce(RB_AUTOBOOT);
		TK_EQ(pmu(&m, STAGE(&m)), 0);
		TK_EQ(pmu(&m, FLAG(&m)), 0xf7);
		TK_EQ(pmu(&m, COUNTS(&m)), 0);
		go_down(RB_AUTOBOOT);
		TK_EQ(model_smc_power(m.smc), MODEL_SMC_RESTARTED);
		down_quiet(&m);
	}
}

/* The flag is there before the SMC switches the machine off. */
TK_CASE(apple_smc_that_switches_the_machine_off_says_so_before)
{
	struct model_apple m;

	for (u_int i = 0; i < nitems(trees); i++) {
		up(&m, trees[i], 0, 0xa0);
		announce(RB_POWEROFF | RB_HALT);
		TK_EQ(model_smc_power(m.smc), MODEL_SMC_RUNNING);
		TK_EQ(pmu(&m, STAGE(&m)), 0);
		TK_EQ(pmu(&m, FLAG(&m)), 0xa8);
		go_down(RB_POWEROFF | RB_HALT);
		TK_EQ(model_smc_power(m.smc), MODEL_SMC_POWERED_OFF);
		down_quiet(&m);
	}
}

/* FreeBSD's handler of a halt, which returns when a key was pressed. */
static void
wait_for_key(void *arg, int howto)
{
	const struct model_apple *m = arg;

	TK_EQ(howto, RB_HALT);
	TK_EQ(pmu(m, STAGE(m)), 0x30);
	TK_EQ(pmu(m, FLAG(m)), 0x48);
}

TK_CASE(apple_smc_that_halts_the_machine_leaves_the_flags_until_it_restarts)
{
	eventhandler_tag tag;
	struct model_apple m;

	up(&m, "t8103", 0, 0x48);
	tag = EVENTHANDLER_REGISTER(shutdown_final, wait_for_key, &m,
	    SHUTDOWN_PRI_LAST + 200);
	announce(RB_HALT);
	go_down(RB_HALT);
	EVENTHANDLER_DEREGISTER(shutdown_final, tag);
	TK_EQ(pmu(&m, STAGE(&m)), 0);
	TK_EQ(pmu(&m, FLAG(&m)), 0x40);
	down_quiet(&m);
}

/*
 * FreeBSD's apple_wdog restarts an M1 in the same event, with this priority.
 * What it finds is what the boot loader finds.
 */
struct watchdog {
	const struct model_apple *m;
	int		 stage, flag;
};

static void
watchdog_restarts(void *arg, int howto)
{
	struct watchdog *dog = arg;

	if ((howto & (RB_HALT | RB_POWEROFF)) != 0)
		return;
	dog->stage = pmu(dog->m, STAGE(dog->m));
	dog->flag = pmu(dog->m, FLAG(dog->m));
	TK_EQ(model_smc_power(dog->m->smc), MODEL_SMC_RUNNING);
}

TK_CASE(apple_smc_tells_the_boot_loader_before_a_watchdog_restarts)
{
	static const struct {
		int		 howto;
		bool		 panicked;
		int		 stage;
	} ends[] = {
		{ RB_AUTOBOOT, false, 0 },
		{ RB_DUMP, false, 0 },
		{ RB_DUMP | RB_NOSYNC, true, 0x30 },
	};
	struct watchdog dog;
	eventhandler_tag tag;
	struct model_apple m;

	for (u_int i = 0; i < nitems(ends); i++) {
		dog = (struct watchdog){ .m = &m, .stage = -1, .flag = -1 };
		tag = EVENTHANDLER_REGISTER(shutdown_final, watchdog_restarts,
		    &dog, SHUTDOWN_PRI_LAST);
		up(&m, "t8103", 0, 0x48);
		tk_panicked(ends[i].panicked);
		announce(ends[i].howto);
		go_down(ends[i].howto);
		tk_panicked(false);
		TK_EQ(dog.stage, ends[i].stage);
		TK_EQ(dog.flag, 0x40);
		EVENTHANDLER_DEREGISTER(shutdown_final, tag);
		down_quiet(&m);
	}
}

/* In a real machine that is off nothing runs on from here. */
static void
machine_is_off(void *arg, int howto)
{
	const struct model_apple *m = arg;

	TK_EQ(pmu(m, STAGE(m)), 0x30);
	TK_EQ(pmu(m, FLAG(m)), 0x48);
	TK_EQ(model_smc_power(m->smc), MODEL_SMC_POWERED_OFF);
}

/* The boot loader counts it by the stage that stays. */
TK_CASE(apple_smc_leaves_a_panic_for_the_boot_loader_to_count)
{
	eventhandler_tag tag;
	struct model_apple m;

	up(&m, "t8103", 0, 0x40);
	tag = EVENTHANDLER_REGISTER(shutdown_final, machine_is_off, &m,
	    SHUTDOWN_PRI_LAST + 200);
	tk_panicked(true);
	announce(RB_POWEROFF | RB_HALT);
	go_down(RB_POWEROFF | RB_HALT);
	tk_panicked(false);
	EVENTHANDLER_DEREGISTER(shutdown_final, tag);
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_POWERED_OFF);
	down_quiet(&m);
}

TK_CASE(apple_smc_without_the_pmu_has_a_line_for_each_cell)
{
	static const char *const cells[] = {
		"shutdown_flag", "boot_stage", "boot_error_count",
		"panic_count", "rtc_offset",
	};
	struct model_apple m;
	char line[128];

	model_apple_make(&m, "t8103", NULL, NULL);
	model_spmi_free(m.spmi);
	m.spmi = NULL;
	model_apple_boot(&m, "t8103");
	TK_CHECK(smc_attached());
	for (u_int i = 0; i < nitems(cells); i++) {
		snprintf(line, sizeof(line), "apple_smc0: nvmem cell %s "
		    "belongs to a controller that is not attached\n",
		    cells[i]);
		TK_EQ(times_printed(line), 1);
	}
	announce(RB_POWEROFF | RB_HALT);
	go_down(RB_POWEROFF | RB_HALT);
	TK_CHECK(!printed("cannot write"));
	/* The boot loader starts it again. */
	TK_EQ(model_smc_mbse(m.smc, 1), MODEL_SMC_KEY('o', 'f', 'f', '1'));
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_RESTARTED);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_goes_down_though_the_pmu_does_not_answer)
{
	struct model_apple m;
	int64_t start;

	model_apple_make(&m, "t8103", NULL, NULL);
	model_spmi_set(m.spmi, COUNTS(&m), 1, 0xff);
	model_spmi_fault(m.spmi, MODEL_SPMI_NO_REPLY, true);
	model_apple_boot(&m, "t8103");
	TK_CHECK(smc_attached());
	TK_EQ(times_printed("cannot read boot_error_count: error 60\n"), 1);
	TK_EQ(times_printed("cannot read panic_count: error 60\n"), 1);
	TK_EQ(times_printed("cannot write boot_error_count: error 60\n"), 1);
	TK_EQ(times_printed("cannot write boot_stage: error 60\n"), 1);
	TK_CHECK(printed("apple_smc0: cannot read its clock: error 60\n"));
	TK_CHECK(!printed("the boot loader has counted"));
	start = tk_now_ns();
	announce(RB_POWEROFF | RB_HALT);
	TK_CHECK(tk_now_ns() - start < 1000000000);
	TK_EQ(times_printed("cannot write boot_stage: error 60\n"), 2);
	TK_EQ(times_printed("cannot write shutdown_flag: error 60\n"), 1);
	TK_EQ(pmu(&m, COUNTS(&m)), 0xff);
	go_down(RB_POWEROFF | RB_HALT);
	TK_EQ(model_smc_mbse(m.smc, 1), MODEL_SMC_KEY('o', 'f', 'f', '1'));
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_RESTARTED);
	down_quiet(&m);
}

TK_CASE(apple_smc_that_detaches_gives_the_cells_back)
{
	struct model_apple m;
	device_t smc, spmi;

	up(&m, "t8103", 0, 0);
	smc = smc_device();
	spmi = tk_ofw_device("/soc/spmi@23d0d9300");
	TK_EQ(tk_device_detach(spmi), EBUSY);
	TK_EQ(tk_device_detach(smc), 0);
	TK_EQ(tk_device_detach(spmi), 0);
	TK_EQ(tk_device_attach(spmi), 0);
	model_spmi_set(m.spmi, STAGE(&m), 1, 0);
	TK_EQ(tk_device_attach(smc), 0);
	TK_EQ(pmu(&m, STAGE(&m)), 0x30);
	down(&m);
}
