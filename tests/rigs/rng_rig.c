/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on a model of the device; see rng_rig.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include "rng_rig.h"
#include "tk_test.h"

struct model_rng *rng_model;
struct _device *rng_bus;

void
rng_make(void)
{
	rng_model = model_rng_create();
	rng_bus = NULL;
}

int
rng_attach(const char *bus)
{
	int error = 0;

	rng_bus = tk_virtio_attach(bus, &model_rng_ops, rng_model,
	    MODEL_RNG_TYPE, &error);
	return (error);
}

void
rng_up(const char *bus)
{
	rng_make();
	TK_EQ(rng_attach(bus), 0);
}

void
rng_down(void)
{
	struct model_rng_stats stats;

	if (rng_bus != NULL)
		TK_EQ(tk_virtio_detach(rng_bus), 0);
	rng_bus = NULL;
	stats = model_rng_stats(rng_model);
	TK_EQ(stats.violations, 0);
	model_rng_destroy(rng_model);
}

void
rng_sleep_ms(int ms)
{
	pause_sbt("test", ms * SBT_1MS, 0, 0);
}

uint64_t
rng_counter(const char *name)
{
	char full[64];
	uint64_t value;
	size_t len = sizeof(value);

	snprintf(full, sizeof(full), "dev.virtio_rng.0.%s", name);
	TK_EQ(kernel_sysctlbyname(curthread, full, &value, &len, NULL, 0, NULL,
	    0), 0);
	return (value);
}

void
rng_check_bytes(uint64_t from, size_t n)
{
	static uint8_t got[4096];

	TK_CHECK(n <= sizeof(got));
	TK_EQ(tk_random_newest(got, n), n);
	for (size_t i = 0; i < n; i++)
		TK_EQ(got[i], model_rng_byte(from + i));
}
