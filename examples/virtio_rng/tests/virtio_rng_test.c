/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * virtio_rng(4) on a model of the device.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>

#include "rng_rig.h"
#include "tk_bus.h"
#include "tk_test.h"
#include "tk_test_thread.h"
#include "tk_test_walk.h"

#define	ROOM	2048		/* what the driver posts */

static void
feeds(const char *bus)
{
	rng_up(bus);
	rng_sleep_ms(1050);
	TK_CHECK(tk_random_stats().seeded);
	/* A seed, in the first round or the second, and then 32 each time. */
	TK_CHECK(tk_random_stats().bytes > ROOM);
	TK_EQ(rng_counter("bytes"), tk_random_stats().bytes);
	rng_check_bytes(0, tk_random_stats().bytes);
	TK_EQ(model_rng_stats(rng_model).posted, ROOM);
	TK_EQ(rng_counter("requests"), model_rng_stats(rng_model).requests);
	TK_EQ(rng_counter("refused"), 0);
	rng_down();
	TK_EQ(tk_random_stats().sources, 0);
}

TK_CASE(virtio_rng_gives_random_each_byte_once_and_in_order)
{
	feeds("virtio_pci");
}

TK_CASE(virtio_rng_works_on_mmio)
{
	feeds("virtio_mmio");
}

TK_CASE(virtio_rng_takes_answers_that_do_not_fill_the_buffer)
{
	rng_make();
	model_rng_set_chunk(rng_model, 10);
	TK_EQ(rng_attach("virtio_pci"), 0);
	rng_sleep_ms(2000);
	/* 10 bytes are read as 8 and 2; a new request is answered later. */
	TK_CHECK(model_rng_stats(rng_model).answers > 20);
	TK_CHECK(tk_random_stats().bytes > 200);
	rng_check_bytes(0, tk_random_stats().bytes);
	TK_EQ(rng_counter("refused"), 0);
	rng_down();
}

TK_CASE(virtio_rng_waits_for_a_slow_device_without_blocking_random)
{
	rng_make();
	model_rng_set_delay(rng_model, INT64_C(500000000));
	TK_EQ(rng_attach("virtio_pci"), 0);
	rng_sleep_ms(450);
	TK_CHECK(tk_random_stats().reads > 256);
	TK_EQ(tk_random_stats().bytes, 0);
	rng_sleep_ms(300);
	TK_CHECK(tk_random_stats().seeded);
	TK_CHECK(model_rng_stats(rng_model).requests <= 2);
	rng_down();
}

/*
 * A device that answers wrongly is asked again only when random(4) asks.  Until
 * there is a seed, that is 256 times in a row.
 */
static void
refuses(enum model_rng_fault fault)
{
	uint64_t requests;

	rng_make();
	model_rng_set_fault(rng_model, fault);
	TK_EQ(rng_attach("virtio_pci"), 0);
	rng_sleep_ms(1000);
	requests = rng_counter("requests");
	TK_CHECK(rng_counter("refused") >= 9);
	TK_CHECK(requests <= tk_random_stats().reads + 1);
	TK_EQ(tk_random_stats().bytes, 0);
	/* Once the device answers right, its bytes are taken. */
	model_rng_set_fault(rng_model, MODEL_RNG_NONE);
	rng_sleep_ms(500);
	TK_CHECK(tk_random_stats().seeded);
	rng_down();
}

TK_CASE(virtio_rng_refuses_an_answer_of_length_0)
{
	refuses(MODEL_RNG_EMPTY);
}

TK_CASE(virtio_rng_refuses_an_answer_longer_than_the_buffer)
{
	refuses(MODEL_RNG_LONG);
}

TK_CASE(virtio_rng_refuses_an_answer_that_it_had_already)
{
	rng_make();
	model_rng_set_fault(rng_model, MODEL_RNG_STORM);
	TK_EQ(rng_attach("virtio_pci"), 0);
	rng_sleep_ms(1000);
	TK_CHECK(tk_random_stats().seeded);
	rng_check_bytes(tk_random_stats().bytes - 64, 64);
	rng_down();
}

TK_CASE(virtio_rng_detaches_from_a_device_that_never_answers)
{
	rng_make();
	model_rng_set_fault(rng_model, MODEL_RNG_SILENT);
	TK_EQ(rng_attach("virtio_pci"), 0);
	rng_sleep_ms(1000);
	TK_EQ(rng_counter("requests"), 1);
	TK_EQ(tk_random_stats().bytes, 0);
	rng_down();
}

TK_CASE(virtio_rng_survives_an_answer_after_a_reset)
{
	struct _device *child;

	rng_make();
	model_rng_set_fault(rng_model, MODEL_RNG_LATE);
	TK_EQ(rng_attach("virtio_pci"), 0);
	rng_sleep_ms(200);
	child = tk_virtio_child(rng_bus);
	TK_EQ(tk_device_suspend(child), 0);
	TK_EQ(tk_device_resume(child), 0);
	model_rng_set_fault(rng_model, MODEL_RNG_NONE);
	rng_sleep_ms(500);
	TK_CHECK(tk_random_stats().bytes > 0);
	rng_down();
}

TK_CASE(virtio_rng_suspends_and_resumes)
{
	struct _device *child;
	uint64_t bytes;

	rng_up("virtio_pci");
	child = tk_virtio_child(rng_bus);
	for (int i = 0; i < 10; i++) {
		rng_sleep_ms(130);
		TK_EQ(tk_device_suspend(child), 0);
		/* What was read before is given, and no more. */
		rng_sleep_ms(7000);
		bytes = tk_random_stats().bytes;
		rng_sleep_ms(1000);
		TK_EQ(tk_random_stats().bytes, bytes);
		TK_EQ(tk_device_resume(child), 0);
		rng_sleep_ms(300);
		TK_CHECK(tk_random_stats().bytes > bytes);
	}
	rng_down();
}

TK_CASE(virtio_rng_detaches_while_it_is_suspended)
{
	rng_up("virtio_pci");
	TK_EQ(tk_device_suspend(tk_virtio_child(rng_bus)), 0);
	rng_down();
}

TK_CASE(virtio_rng_is_quiet_after_shutdown)
{
	uint64_t requests;

	rng_up("virtio_pci");
	TK_EQ(tk_device_shutdown(tk_virtio_child(rng_bus)), 0);
	requests = model_rng_stats(rng_model).requests;
	rng_sleep_ms(10000);
	TK_EQ(model_rng_stats(rng_model).requests, requests);
	rng_down();
}

TK_CASE(virtio_rng_has_one_device)
{
	struct _device *other;
	struct model_rng *m;
	int error;

	rng_up("virtio_pci");
	m = model_rng_create();
	other = tk_virtio_attach("virtio_pci", &model_rng_ops, m,
	    MODEL_RNG_TYPE, &error);
	TK_CHECK(other == NULL);
	TK_EQ(error, EBUSY);
	model_rng_destroy(m);
	/* The first one still feeds random(4). */
	rng_sleep_ms(500);
	TK_EQ(tk_random_stats().dropped, 0);
	TK_CHECK(tk_random_stats().seeded);
	rng_down();
}

/* The module goes, with its device, while random(4) asks for a seed. */
TK_CASE(virtio_rng_is_unloaded_under_load)
{
	rng_make();
	model_rng_set_chunk(rng_model, 1);
	TK_EQ(rng_attach("virtio_pci"), 0);
	for (int i = 0; i < 50; i++) {
		pause_sbt("load", (i % 7) * 20 * SBT_1MS + i * SBT_1US, 0, 0);
		TK_EQ(tk_module_unload("virtio_rng"), 0);
		TK_EQ(tk_random_stats().sources, 0);
		TK_EQ(tk_module_load("virtio_rng"), 0);
		TK_EQ(tk_random_stats().sources, 1);
	}
	TK_CHECK(tk_random_stats().bytes > 0);
	rng_down();
}

static volatile bool stop;

static void
suspender(void *arg)
{
	struct _device *child = arg;

	while (!stop) {
		TK_EQ(tk_device_suspend(child), 0);
		TK_EQ(tk_device_resume(child), 0);
		rng_sleep_ms(1);
	}
}

TK_CASE_THREADED(virtio_rng_suspends_in_real_threads)
{
	struct test_thread t;

	stop = false;
	rng_make();
	model_rng_set_chunk(rng_model, 3);
	TK_EQ(rng_attach("virtio_pci"), 0);
	test_thread_start(&t, suspender, tk_virtio_child(rng_bus));
	rng_sleep_ms(1500);
	stop = true;
	test_thread_join(&t);
	TK_CHECK(tk_random_stats().bytes > 0);
	rng_down();
}

static int
walk(void)
{
	int error;

	tk_fault_spare(true);
	rng_make();
	tk_fault_spare(false);
	error = rng_attach("virtio_pci");
	if (error == 0)
		rng_sleep_ms(300);
	tk_fault_spare(true);
	rng_down();
	tk_fault_spare(false);
	return (error);
}

TK_CASE_UNBOOTED(virtio_rng_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(walk, 15, 10);
}

/* After a panic no thread may be waited for. */
TK_CASE(virtio_rng_shuts_down_after_a_panic)
{
	rng_up("virtio_pci");
	rng_sleep_ms(50);
	tk_panicked(true);
	TK_EQ(tk_device_shutdown(tk_virtio_child(rng_bus)), 0);
	tk_panicked(false);
	rng_down();
}
