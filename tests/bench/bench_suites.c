/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The suites that kpi-bench measures: our drivers, and next to them the plain
 * mailbox driver.
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "bench.h"

const struct bench_suite bench_suites[] = {
	{ .name = "virtio_snd", .play = bench_virtio_snd },
	{ .name = "virtio_snd_shared", .play = bench_virtio_snd_shared },
	{ .name = "virtio_snd_capture", .play = bench_virtio_snd_capture },
	{ .name = "apple_mbox", .exchange = bench_apple_mbox },
	{ .name = "plain", .exchange = bench_plain_mbox },
	{ .name = "memory_card", .hold = bench_memory_card },
	{ .name = "memory_smc", .hold = bench_memory_smc },
	{ .name = NULL }
};
