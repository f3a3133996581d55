/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * virtio_rng(4) on QEMU's virtio-rng, in real time.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/kernel.h>

#include "qtest/qtest.h"
#include "tk_bus.h"
#include "tk_random.h"
#include "tk_test.h"

#define	DEVTYPE_RNG	4
#define	RNG		"virtio-rng-pci,disable-legacy=on,ioeventfd=off"

static struct tk_qtest *qemu;
static struct _device *bus;

static void
up(const char *arg)
{
	const struct tk_qtest_config config = {
		.arg = arg,
		.virtio_type = DEVTYPE_RNG,
	};
	int error;

	error = tk_qtest_open(&config, &qemu);
	if (error == ENOENT || error == ENODEV)
		TK_SKIP("no QEMU with virtio-rng-pci");
	TK_EQ(error, 0);
	tk_qtest_boot(qemu);
	bus = tk_virtio_attach("virtio_pci", &tk_qtest_ops, qemu, DEVTYPE_RNG,
	    &error);
	TK_EQ(error, 0);
}

static void
down(void)
{
	TK_EQ(tk_virtio_detach(bus), 0);
	TK_EQ(tk_random_stats().sources, 0);
	TK_EQ(tk_shutdown(), 0);
	TK_EQ(tk_qtest_close(qemu), 0);
}

static void
wait_bytes(uint64_t bytes)
{
	for (int i = 0; i < 1000 && tk_random_stats().bytes < bytes; i++)
		pause_sbt("random", 10 * SBT_1MS, 0, 0);
	TK_CHECK(tk_random_stats().bytes >= bytes);
}

/* Not even, but not of one kind: a byte has 256 values. */
static void
check_random(void)
{
	static uint8_t bytes[2048];
	int seen[256] = { 0 }, values = 0;

	TK_EQ(tk_random_newest(bytes, sizeof(bytes)), sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		seen[bytes[i]]++;
	for (size_t i = 0; i < nitems(seen); i++) {
		values += seen[i] > 0;
		TK_CHECK(seen[i] < 40);
	}
	TK_CHECK(values > 200);
}

TK_CASE_UNBOOTED(virtio_rng_seeds_random_from_qemu)
{
	up(RNG);
	wait_bytes(2048);
	TK_CHECK(tk_random_stats().seeded);
	check_random();
	down();
}

/* 64 bytes in 200 ms: QEMU cuts answers short. */
TK_CASE_UNBOOTED(virtio_rng_takes_what_a_limited_qemu_gives)
{
	up(RNG ",max-bytes=64,period=200");
	wait_bytes(192);
	down();
}

TK_CASE_UNBOOTED(virtio_rng_suspends_and_resumes_on_qemu)
{
	uint64_t bytes;

	up(RNG);
	for (int i = 0; i < 20; i++) {
		bytes = tk_random_stats().bytes;
		TK_EQ(tk_device_suspend(tk_virtio_child(bus)), 0);
		TK_EQ(tk_device_resume(tk_virtio_child(bus)), 0);
		wait_bytes(bytes + 1);
	}
	down();
}

TK_CASE_UNBOOTED(virtio_rng_is_unloaded_on_qemu)
{
	up(RNG);
	for (int i = 0; i < 20; i++) {
		wait_bytes(tk_random_stats().bytes + 1);
		TK_EQ(tk_module_unload("virtio_rng"), 0);
		TK_EQ(tk_module_load("virtio_rng"), 0);
	}
	down();
}

TK_CASE_UNBOOTED(virtio_rng_shares_one_vector_on_qemu)
{
	up(RNG ",vectors=1");
	wait_bytes(2048);
	down();
}
