/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC driver on a model that misbehaves: answers that are late, wrong or
 * too long, addresses outside the SRAM, notifications in between.
 */
#include "apple_smc_test.h"
#include "kpi_dev.h"

#include <sys/eventhandler.h>
#include <sys/reboot.h>

/* The driver sends no command by itself, so that a test sees its own alone. */
static void
do_not_poll(void)
{
	TK_EQ(kern_setenv("hw.apple_smc.lid_poll", "0"), 0);
}
TK_INIT(do_not_poll);

#define	BATTERY	3034		/* temp.battery of the model */

static int
battery_error(void)
{
	int value;

	return (smc_int_error("temp.battery", &value));
}

/* Make a machine that has this fault while the driver attaches. */
static void
up_with(struct model_apple *m, const char *fault)
{
	model_apple_make(m, "t8103", NULL, NULL);
	model_rtkit_fault(m->rtkit, fault, MODEL_RTKIT_ALWAYS);
	model_apple_boot(m, "t8103");
}

TK_CASE(apple_smc_drops_an_answer_with_another_number)
{
	struct model_apple m;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "smc-id", 1);
	TK_EQ(battery_error(), ETIMEDOUT);
	TK_EQ(smc_count("stray"), 1);
	TK_EQ(smc_count("timeouts"), 1);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_waits_for_the_answer_with_its_number)
{
	struct model_apple m;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "smc-id-first", MODEL_RTKIT_ALWAYS);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	TK_EQ(smc_int("battery.voltage"), 12345);
	TK_EQ(smc_int("power.rail_3v8"), 2750);
	TK_CHECK(smc_count("stray") >= 3);
	TK_EQ(smc_count("timeouts"), 0);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_takes_no_late_answer_for_another)
{
	struct model_apple m;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "late-smc-reply", 1);
	TK_EQ(battery_error(), ETIMEDOUT);
	TK_CHECK(printed("apple_smc0: the SMC does not answer command"));
	/*
	 * Until the late answer comes, more commands than there are command
	 * numbers.
	 */
	for (int i = 0; i < 40; i++) {
		TK_EQ(smc_int("battery.voltage"), 12345);
		pause("late", hz / 10);
	}
	TK_EQ(smc_count("late"), 1);
	TK_EQ(smc_count("stray"), 0);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_says_once_that_there_is_no_answer)
{
	struct model_apple m;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "silent-smc-reply", 3);
	for (int i = 0; i < 3; i++)
		TK_EQ(battery_error(), ETIMEDOUT);
	TK_EQ(times_printed("apple_smc0: the SMC does not answer"), 1);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	smc_down_anyhow(&m);
}

/*
 * When the answers to all numbers are lost, the driver cannot send for a while.
 */
TK_CASE(apple_smc_recovers_when_all_its_answers_are_lost)
{
	struct model_apple m;
	int busy = 0;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "silent-smc-reply", 15);
	for (int i = 0; i < 15; i++)
		TK_EQ(battery_error(), ETIMEDOUT);
	/* All numbers are in use. */
	TK_EQ(battery_error(), EBUSY);
	pause("lost", 11 * hz);
	TK_EQ(battery_error(), 0);
	model_rtkit_fault(m.rtkit, "silent-smc-reply", 14);
	for (int i = 0; i < 14; i++)
		TK_EQ(battery_error(), ETIMEDOUT);
	for (int i = 0; i < 40; i++) {
		if (battery_error() != 0)
			busy++;
		pause("lost", hz);
	}
	TK_EQ(busy, 0);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_bears_a_key_that_is_never_answered)
{
	struct model_apple m;

	smc_up(&m);
	/* Often enough that one such command is always overdue. */
	for (int i = 0; i < 40; i++) {
		model_rtkit_fault(m.rtkit, "silent-smc-reply", 1);
		TK_EQ(battery_error(), ETIMEDOUT);
		TK_EQ(battery_error(), 0);
		pause("again", 5 * hz);
	}
	smc_down_anyhow(&m);
}

/*
 * A command without an answer may still use the shared memory.  So a WRITE must
 * not put its value there before another command was answered.
 */
TK_CASE(apple_smc_writes_nothing_while_the_memory_may_be_in_use)
{
	struct model_apple m;
	uint64_t before;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "silent-smc-reply", 1);
	TK_EQ(battery_error(), ETIMEDOUT);
	before = smc_count("commands");
	TK_EQ(apple_smc_write(smc_device(), KEY("F0Tg"), "\0\0\372\104", 4),
	    0);
	TK_EQ(smc_count("commands"), before + 2);
	TK_EQ(smc_int("fan.0.target"), 2000);
	model_rtkit_fault(m.rtkit, "silent-smc-reply", 2);
	TK_EQ(battery_error(), ETIMEDOUT);
	TK_EQ(apple_smc_write(smc_device(), KEY("F0Tg"), "\0\0\0\0", 4),
	    ETIMEDOUT);
	TK_EQ(smc_int("fan.0.target"), 2000);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_believes_no_length_beyond_its_room)
{
	static const char *const faults[] = {
		"smc-length-longer", "smc-length-huge",
	};
	struct model_apple m;
	uint64_t before = 0;

	smc_up(&m);
	for (size_t i = 0; i < nitems(faults); i++) {
		before = smc_count("malformed");
		model_rtkit_fault(m.rtkit, faults[i], 2);
		TK_EQ(battery_error(), EBADMSG);
		/* A value too long for the answer, in the shared memory. */
		TK_EQ(smc_int_error("power.rail_3v8", &(int){ 0 }), EBADMSG);
		TK_EQ(smc_count("malformed"), before + 2);
	}
	TK_EQ(smc_int("temp.battery"), BATTERY);
	smc_down_anyhow(&m);
}

/*
 * The answer may state the written length or none.  Where nothing is copied,
 * any length is accepted.
 */
TK_CASE(apple_smc_takes_a_write_for_done_whatever_length_it_has)
{
	struct model_smc_key key;
	struct model_apple m;
	uint32_t name;

	smc_up(&m);
	for (int i = 0; i < 2; i++) {
		model_rtkit_fault(m.rtkit, "smc-write-length-none", i);
		TK_EQ(apple_smc_write(smc_device(), KEY("F0Tg"),
		    i == 0 ? "\0\0\372\104" : "\0\0\226\104", 4), 0);
		TK_EQ(smc_int("fan.0.target"), i == 0 ? 2000 : 1200);
	}
	TK_EQ(smc_count("malformed"), 0);
	model_rtkit_fault(m.rtkit, "smc-write-length-longer", 1);
	TK_EQ(apple_smc_write(smc_device(), KEY("F0Tg"), "\0\0\0\0", 4),
	    EBADMSG);
	TK_EQ(smc_count("malformed"), 1);
	model_rtkit_fault(m.rtkit, "smc-length-huge", 2);
	TK_EQ(apple_smc_key_by_index(smc_device(), 0, &name), 0);
	TK_CHECK(model_smc_key_at(m.smc, 0, &key));
	TK_EQ(name, key.key);
	TK_EQ(apple_smc_key_info(smc_device(), KEY("F0Tg"),
	    &(struct apple_smc_key_info){ 0 }), 0);
	TK_EQ(smc_count("malformed"), 1);
	smc_down(&m);
}

/* While the SMC sleeps or is down, the driver must not write to its memory. */
TK_CASE(apple_smc_writes_nothing_to_the_memory_of_a_sleeping_smc)
{
	struct model_apple m;
	uint32_t before, after;

	smc_up(&m);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_CHECK(model_rtkit_sram_read(m.rtkit, 0, &before, sizeof(before)));
	TK_EQ(apple_smc_write(smc_device(), KEY("F0Tg"), "abcd", 4), ENXIO);
	TK_CHECK(model_rtkit_sram_read(m.rtkit, 0, &after, sizeof(after)));
	TK_EQ(after, before);
	TK_EQ(model_rtkit_violations(m.rtkit, "sram"), 0);
	TK_EQ(tk_device_resume(smc_device()), 0);
	model_rtkit_crash(m.rtkit);
	pause("crash", hz / 20);
	TK_CHECK(model_rtkit_sram_read(m.rtkit, 0, &before, sizeof(before)));
	TK_EQ(apple_smc_write(smc_device(), KEY("F0Tg"), "abcd", 4), EIO);
	TK_CHECK(model_rtkit_sram_read(m.rtkit, 0, &after, sizeof(after)));
	TK_EQ(after, before);
	smc_down_anyhow(&m);
}

/* A WRITE that the SMC handles late must find its own value. */
TK_CASE(apple_smc_gives_a_late_write_no_other_bytes)
{
	struct test_thread t;
	struct model_apple m;
	int error = 0;

	smc_up(&m);
	model_rtkit_hang(m.rtkit, true);
	test_thread_start(&t, smc_write_once, &error);
	pause("under way", hz / 10);
	/* The machine goes down meanwhile. */
	EVENTHANDLER_INVOKE(shutdown_post_sync, RB_POWEROFF | RB_HALT);
	test_thread_join(&t);
	TK_EQ(error, ESHUTDOWN);
	TK_CHECK(printed("the SMC does not take offw: ETIMEDOUT"));
	model_rtkit_hang(m.rtkit, false);
	pause("late", hz / 10);
	TK_EQ(model_smc_get_int(m.smc, "F0Tg"), 0x44fa0000);
	/* The SMC gets the later command once it answers again. */
	EVENTHANDLER_INVOKE(shutdown_final, RB_POWEROFF | RB_HALT);
	TK_EQ(model_smc_power(m.smc), MODEL_SMC_POWERED_OFF);
	TK_EQ(model_smc_get_int(m.smc, "F0Tg"), 0x44fa0000);
	smc_down_anyhow(&m);
}

/* Records of devices that exist, enough for those of one machine. */
#define	RECORDS	16

/* If something still holds the device, its detach fails, and it stays. */
TK_CASE_STOPS(apple_smc_shuts_down_after_a_detach_that_failed,
    "that was all of this test")
{
	struct kpi_dev_record *recs[RECORDS];
	struct model_apple m;
	int i;

	/* The devices of the machine use the same ones. */
	for (i = 0; i < RECORDS; i++)
		recs[i] = kpi_dev_record_get(NULL);
	for (i = 0; i < RECORDS; i++)
		kpi_dev_record_put(recs[i]);
	smc_up(&m);
	for (i = 0; i < RECORDS; i++)
		if (recs[i]->kdr_dev == smc_device())
			recs[i]->kdr_word++;
	TK_EQ(tk_device_detach(smc_device()), EBUSY);
	TK_CHECK(printed("something still holds the device: it stays\n"));
	TK_EQ(tk_device_shutdown(smc_device()), 0);
	panic("that was all of this test");
}

TK_CASE(apple_smc_attaches_though_notifications_are_refused)
{
	struct model_apple m;

	model_apple_make(&m, "t8103", NULL, NULL);
	model_smc_fail(m.smc, "NTAP", 0x86);
	model_apple_boot(&m, "t8103");
	TK_CHECK(smc_attached());
	TK_EQ(times_printed("apple_smc0: cannot turn notifications on: EACCES"),
	    1);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	TK_CHECK(tk_device_find("gpio0") != NULL);
	smc_down(&m);

	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_remove(m.smc, "NTAP"));
	model_apple_boot(&m, "t8103");
	TK_CHECK(smc_attached());
	smc_down(&m);
}

TK_CASE(apple_smc_shows_no_value_of_which_a_part_is_missing)
{
	struct model_apple m;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "smc-length-none", 1);
	TK_EQ(battery_error(), EPROTO);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_hears_notifications_between_command_and_answer)
{
	struct model_apple m;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "smc-event-between", 1);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	pause("event", hz / 20);
	TK_EQ(smc_count("events"), 1);
	TK_EQ(smc_count("stray"), 0);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_survives_a_storm_of_notifications)
{
	struct model_apple m;

	smc_up(&m);
	model_rtkit_fault(m.rtkit, "smc-event-storm", 3);
	for (int i = 0; i < 3; i++)
		(void)battery_error();
	pause("storm", hz);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	TK_CHECK(smc_count("events") > 0);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_refuses_shared_memory_outside_the_sram)
{
	static const char *const faults[] = {
		"smc-address-none", "smc-address-outside", "smc-address-end",
	};
	struct model_apple m;

	for (size_t i = 0; i < nitems(faults); i++) {
		up_with(&m, faults[i]);
		TK_CHECK(!smc_attached());
		TK_EQ(times_printed("is not in its SRAM"), i + 1);
		smc_down_anyhow(&m);
	}
}

TK_CASE(apple_smc_does_not_attach_without_an_address)
{
	struct model_apple m;

	up_with(&m, "silent-smc-init");
	TK_CHECK(!smc_attached());
	TK_CHECK(printed("apple_smc0: the SMC does not start: ETIMEDOUT"));
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_does_not_believe_in_four_billion_keys)
{
	struct model_apple m;

	up_with(&m, "smc-count-huge");
	TK_CHECK(!smc_attached());
	TK_CHECK(printed("does not tell how many keys it has: EBADMSG"));
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_attaches_without_keys)
{
	struct model_apple m;

	up_with(&m, "smc-count-none");
	TK_CHECK(smc_attached());
	TK_CHECK(tk_device_find("gpio0") == NULL);
	/* Keys that the driver knows are asked for by name. */
	TK_EQ(smc_int("temp.battery"), BATTERY);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_does_not_attach_when_commands_are_not_answered)
{
	struct model_apple m;
	int64_t start = tk_now_ns();

	up_with(&m, "silent-smc-reply");
	TK_CHECK(!smc_attached());
	TK_CHECK(tk_now_ns() - start < 5000000000);
	smc_down_anyhow(&m);
}

/* Each fault of the SMC, all the time: attach, use, detach. */
TK_CASE(apple_smc_survives_every_fault_of_the_smc)
{
	const struct model_rtkit_fault *f;
	struct model_apple m;
	char text[256];
	size_t len;
	int value;

	for (f = model_rtkit_faults; f->name != NULL; f++) {
		if (f->kind != MODEL_RTKIT_FAULT_SMC)
			continue;
		up_with(&m, f->name);
		if (smc_attached()) {
			(void)battery_error();
			(void)smc_int_error("power.rail_3v8", &value);
			(void)smc_choose("CLKM");
			len = sizeof(text);
			(void)smc_sysctl("key", text, &len);
			(void)apple_smc_write(smc_device(), KEY("F0Tg"),
			    "\0\0\0\0", 4);
		}
		smc_down_anyhow(&m);
	}
}

/*
 * Random faults from the first message on.  The CPU is ours, so that it can be
 * stopped in the end and keeps no memory.
 */
TK_CASE(apple_smc_survives_random_misbehaviour)
{
	struct model_rtkit_config cfg;
	struct model_apple m;

	smc_config_restart(&cfg);
	for (uint64_t seed = 1; seed <= 60; seed++) {
		model_apple_make(&m, "t8103", &cfg, NULL);
		model_rtkit_misbehave(m.rtkit, seed);
		model_apple_boot(&m, "t8103");
		if (smc_attached())
			for (int i = 0; i < 10; i++)
				(void)battery_error();
		smc_down_anyhow(&m);
	}
}
