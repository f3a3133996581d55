/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * edu(4), and the same driver in Rust, on a model: each case is run with both.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>

#include "edu_rig.h"
#include "tk_bus.h"
#include "tk_test.h"
#include "tk_test_thread.h"
#include "tk_test_walk.h"

#define	FACTORIAL_12	479001600

static const struct model_edu_config usual;

/* A case with the driver in C, and one with that in Rust. */
#define	TWINS(name)							\
static void name(void);							\
TK_CASE_UNBOOTED(edu_##name)						\
{									\
	edu_twin = "edu";						\
	name();								\
}									\
TK_CASE_UNBOOTED(edu_rust_##name)					\
{									\
	edu_twin = "edu_rust";						\
	name();								\
}									\
static void								\
name(void)

/* The driver did not attach, and said so. */
static void
refused(const char *why)
{
	TK_CHECK(strstr(tk_msgbuf(), why) != NULL);
	edu_down();
}

static void
factorials_work(void)
{
	uint64_t interrupts = edu_count("interrupts");

	TK_EQ(edu_set("factorial", 5), 0);
	TK_EQ(edu_get("factorial"), 120);
	TK_EQ(edu_set("factorial", 12), 0);
	TK_EQ(edu_get("factorial"), FACTORIAL_12);
	TK_EQ(edu_count("interrupts"), interrupts + 2);
}

static void
dma_works(void)
{
	uint64_t interrupts = edu_count("interrupts");

	TK_EQ(edu_set("dma_test", 4096), 0);
	TK_EQ(edu_count("interrupts"), interrupts + 2);
	/* Twice 100 ms; the clock rounds. */
	TK_CHECK(edu_get("dma_test") >= 199000);
}

/*
 * What it does
 */

TWINS(says_what_it_found)
{
	edu_up(&usual);
	TK_CHECK(strstr(tk_msgbuf(), ": version 1.0, MSI\n") != NULL);
	TK_CHECK(model_edu_idle(edu_model));
	edu_down();
}

TWINS(factorial_comes_by_interrupt)
{
	edu_up(&usual);
	factorials_work();
	/* Modulo 2^32. */
	TK_EQ(edu_set("factorial", 13), 0);
	TK_EQ(edu_get("factorial"), 1932053504);
	TK_EQ(edu_set("factorial", 17), 0);
	TK_EQ(edu_get("factorial"), 4006445056);
	TK_EQ(edu_set("factorial", 0), 0);
	TK_EQ(edu_get("factorial"), 1);
	TK_EQ(edu_count("interrupts"), 5);
	TK_EQ(edu_count("stray"), 0);
	edu_down();
}

TWINS(dma_goes_both_ways)
{
	edu_up(&usual);
	dma_works();
	/* Neighbours differ, and the device has seen them. */
	for (int i = 1; i < MODEL_EDU_BUFFER; i++)
		TK_CHECK(model_edu_byte(edu_model, i) !=
		    model_edu_byte(edu_model, i - 1));
	TK_EQ(edu_set("dma_test", 1), 0);
	edu_down();
}

TWINS(dma_of_too_many_bytes_is_refused)
{
	edu_up(&usual);
	TK_EQ(edu_set("dma_test", MODEL_EDU_BUFFER + 1), EINVAL);
	TK_EQ(edu_set("dma_test", UINT32_MAX), EINVAL);
	TK_EQ(model_edu_stats(edu_model).moves, 0);
	TK_EQ(edu_set("dma_test", 0), 0);
	TK_EQ(model_edu_stats(edu_model).moves, 2);
	edu_down();
}

TWINS(device_without_msi_interrupts_by_its_pin)
{
	const struct model_edu_config config = { .no_msi = true };

	edu_up(&config);
	TK_CHECK(strstr(tk_msgbuf(), ": version 1.0, INTx\n") != NULL);
	factorials_work();
	dma_works();
	edu_down();
}

TWINS(administrator_can_turn_msi_off)
{
	edu_boot(0x1000000);
	TK_EQ(kern_setenv("hw.pci.enable_msi", "0"), 0);
	TK_CHECK(edu_try(&usual, 0));
	TK_CHECK(strstr(tk_msgbuf(), ", INTx\n") != NULL);
	factorials_work();
	edu_down();
}

static int thread_error;

static void
other_program(void *arg)
{
	thread_error = edu_set("dma_test", 256);
}

TWINS(several_programs_are_served_one_after_the_other)
{
	struct test_thread t;

	edu_up(&usual);
	thread_error = -1;
	test_thread_start(&t, other_program, NULL);
	for (int i = 0; i < 3; i++) {
		TK_EQ(edu_set("dma_test", 4096), 0);
		TK_EQ(edu_set("factorial", 5), 0);
	}
	test_thread_join(&t);
	TK_EQ(thread_error, 0);
	TK_EQ(edu_get("factorial"), 120);
	edu_down();
}

/*
 * Memory
 */

TWINS(memory_that_the_device_cannot_reach_is_not_used)
{
	edu_boot(TK_RAM_BASE);
	TK_CHECK(!edu_try(&usual, 0));
	refused("no memory with 28 address bits\n");
}

TWINS(administrator_says_how_many_address_bits_there_are)
{
	const struct model_edu_config config = { .dma_mask = UINT32_MAX };

	edu_boot(TK_RAM_BASE);
	TK_EQ(kern_setenv("hw.edu.dma_bits", "32"), 0);
	TK_CHECK(edu_try(&config, 0));
	dma_works();
	edu_down();
}

TWINS(number_of_address_bits_is_checked)
{
	edu_boot(TK_RAM_BASE);
	TK_EQ(kern_setenv("hw.edu.dma_bits", "0"), 0);
	TK_CHECK(!edu_try(&usual, 0));
	edu_down();
}

TWINS(address_of_more_than_32_bits_is_not_used)
{
	/* No memory below 2^32: it would be used with 33 bits. */
	edu_boot(UINT64_C(0x100000000));
	TK_EQ(kern_setenv("hw.edu.dma_bits", "33"), 0);
	TK_CHECK(!edu_try(&usual, 0));
	refused("no memory with 33 address bits\n");
}

/*
 * Devices that misbehave
 */

TWINS(device_of_another_kind_is_refused)
{
	edu_boot(0x1000000);
	TK_CHECK(!edu_try(&usual, MODEL_EDU_WRONG_ID));
	refused("identification ");
}

TWINS(device_that_is_not_alive_is_refused)
{
	edu_boot(0x1000000);
	TK_CHECK(!edu_try(&usual, MODEL_EDU_NOT_ALIVE));
	refused("liveness check failed\n");
}

TWINS(device_that_never_computes_is_refused)
{
	sbintime_t start;

	edu_boot(0x1000000);
	start = sbinuptime();
	TK_CHECK(!edu_try(&usual, MODEL_EDU_NEVER_COMPUTES));
	TK_CHECK(sbinuptime() - start >= 100 * SBT_1MS);
	TK_CHECK(sbinuptime() - start < 200 * SBT_1MS);
	refused("self-test failed");
}

TWINS(device_that_computes_wrong_is_refused)
{
	edu_boot(0x1000000);
	TK_CHECK(!edu_try(&usual, MODEL_EDU_WRONG_FACTORIAL));
	refused("self-test failed");
}

TWINS(factorial_that_does_not_end_times_out)
{
	edu_up(&usual);
	model_edu_fault(edu_model, MODEL_EDU_NEVER_COMPUTES);
	TK_EQ(edu_set("factorial", 5), ETIMEDOUT);
	TK_EQ(edu_set("factorial", 6), EBUSY);
	model_edu_fault(edu_model, 0);
	pause("heal", 10);
	factorials_work();
	edu_down();
}

TWINS(dma_that_does_not_end_times_out)
{
	edu_up(&usual);
	model_edu_fault(edu_model, MODEL_EDU_NEVER_MOVES);
	TK_EQ(edu_set("dma_test", 64), ETIMEDOUT);
	TK_EQ(edu_set("dma_test", 64), EBUSY);
	model_edu_fault(edu_model, 0);
	pause("heal", 200);
	dma_works();
	edu_down();
}

/*
 * The DMA to memory stops half-way.  Detach frees the memory, so what the
 * device writes later must be lost.
 */
TWINS(dma_that_does_not_end_is_cut_off_at_detach)
{
	struct test_thread t;

	edu_up(&usual);
	test_thread_start(&t, other_program, NULL);
	pause("second", 150);
	model_edu_fault(edu_model, MODEL_EDU_NEVER_MOVES);
	test_thread_join(&t);
	TK_EQ(thread_error, ETIMEDOUT);
	TK_EQ(tk_device_detach(edu_dev), 0);
	TK_CHECK(strstr(tk_msgbuf(), "DMA does not end") != NULL);
	model_edu_fault(edu_model, 0);
	pause("late", 200);
	TK_EQ(model_edu_stats(edu_model).moves, 2);
	edu_down();
}

/* The DMA ends while the driver detaches, and no handler is left for it. */
TWINS(late_interrupt_is_acknowledged_at_detach)
{
	edu_up(&usual);
	model_edu_fault(edu_model, MODEL_EDU_NEVER_MOVES);
	TK_EQ(edu_set("dma_test", 64), ETIMEDOUT);
	model_edu_fault(edu_model, MODEL_EDU_LATE_INTERRUPT);
	TK_EQ(tk_device_detach(edu_dev), 0);
	TK_EQ(model_edu_stats(edu_model).moves, 1);
	TK_CHECK(model_edu_idle(edu_model));
	edu_down();
}

TWINS(wrong_bytes_are_noticed)
{
	edu_up(&usual);
	model_edu_fault(edu_model, MODEL_EDU_WRONG_BYTES);
	TK_EQ(edu_set("dma_test", 4096), EIO);
	TK_EQ(edu_set("dma_test", 1), EIO);
	model_edu_fault(edu_model, 0);
	dma_works();
	edu_down();
}

TWINS(interrupt_with_another_bit_is_not_taken_for_it)
{
	edu_up(&usual);
	model_edu_fault(edu_model, MODEL_EDU_WRONG_INTERRUPT);
	TK_EQ(edu_set("factorial", 5), ETIMEDOUT);
	/* It was acknowledged all the same. */
	TK_CHECK(model_edu_idle(edu_model));
	model_edu_fault(edu_model, 0);
	factorials_work();
	edu_down();
}

TWINS(lost_interrupt_times_out)
{
	edu_up(&usual);
	model_edu_fault(edu_model, MODEL_EDU_NO_INTERRUPT);
	TK_EQ(edu_set("factorial", 5), ETIMEDOUT);
	TK_EQ(edu_set("dma_test", 5), ETIMEDOUT);
	model_edu_fault(edu_model, 0);
	factorials_work();
	dma_works();
	edu_down();
}

TWINS(interrupt_that_comes_too_early_is_waited_out)
{
	edu_up(&usual);
	model_edu_fault(edu_model, MODEL_EDU_EARLY_INTERRUPT);
	TK_EQ(edu_set("factorial", 5), 0);
	TK_EQ(edu_get("factorial"), 120);
	edu_down();
}

TWINS(interrupt_of_nobody_is_counted_as_stray)
{
	edu_up(&usual);
	model_edu_fault(edu_model, MODEL_EDU_SPURIOUS);
	TK_EQ(edu_set("factorial", 5), 0);
	TK_EQ(edu_get("factorial"), 120);
	pause("stray", 5);
	TK_EQ(edu_count("interrupts"), 1);
	TK_EQ(edu_count("stray"), 1);
	edu_down();
}

/* All ones are no bits: nothing answered. */
TWINS(interrupt_of_a_device_that_is_off_is_counted_as_stray)
{
	struct test_thread t;

	edu_up(&usual);
	test_thread_start(&t, other_program, NULL);
	pause("moving", 50);
	model_edu_fault(edu_model, MODEL_EDU_OFF);
	test_thread_join(&t);
	TK_EQ(thread_error, ETIMEDOUT);
	TK_EQ(edu_count("interrupts"), 0);
	TK_EQ(edu_count("stray"), 1);
	model_edu_fault(edu_model, 0);
	dma_works();
	edu_down();
}

/*
 * Suspend, detach, failures
 */

TWINS(suspended_device_is_refused_until_it_resumes)
{
	edu_up(&usual);
	TK_EQ(tk_device_suspend(edu_dev), 0);
	TK_EQ(edu_set("factorial", 5), EBUSY);
	TK_EQ(tk_device_resume(edu_dev), 0);
	factorials_work();
	dma_works();
	edu_down();
}

TWINS(suspend_fails_while_dma_does_not_end)
{
	edu_up(&usual);
	model_edu_fault(edu_model, MODEL_EDU_NEVER_MOVES);
	TK_EQ(edu_set("dma_test", 64), ETIMEDOUT);
	TK_EQ(tk_device_suspend(edu_dev), ETIMEDOUT);
	factorials_work();
	model_edu_fault(edu_model, 0);
	pause("heal", 200);
	TK_EQ(tk_device_suspend(edu_dev), 0);
	TK_EQ(tk_device_resume(edu_dev), 0);
	dma_works();
	edu_down();
}

TWINS(detach_waits_for_the_program_that_uses_the_device)
{
	struct test_thread t;

	edu_up(&usual);
	thread_error = -1;
	test_thread_start(&t, other_program, NULL);
	pause("running", 150);
	TK_EQ(thread_error, -1);
	TK_EQ(tk_device_detach(edu_dev), 0);
	TK_EQ(thread_error, 0);
	test_thread_join(&t);
	edu_down();
}

TWINS(can_be_attached_again_and_again)
{
	edu_up(&usual);
	for (int i = 0; i < 10; i++) {
		TK_EQ(tk_device_detach(edu_dev), 0);
		TK_CHECK(model_edu_idle(edu_model));
		TK_EQ(tk_device_attach(edu_dev), 0);
	}
	factorials_work();
	edu_down();
}

/* Attach, use, suspend, resume, detach; all that may fail gives all back. */
static int
sequence(void)
{
	int error;

	tk_fault_spare(true);
	edu_choose();
	tk_fault_spare(false);
	error = edu_try(&usual, 0) ? 0 : ENXIO;
	if (error == 0)
		error = edu_set("factorial", 5);
	if (error == 0)
		error = edu_set("dma_test", 100);
	if (error == 0)
		error = tk_device_suspend(edu_dev);
	if (error == 0)
		error = tk_device_resume(edu_dev);
	edu_machine_down();
	return (error);
}

TWINS(each_failure_gives_everything_back)
{
	tk_ram_config(0x1000000, 0);
	tk_walk_both(sequence, 10, 8);
}
