/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Cases: the drivers of QEMU's edu device, in C and in Rust, as modules. */

#include <sys/errno.h>

#include "init.h"
#include "vm_cases.h"

#define	FOLDER		"/boot/modules/"
#define	TIMES		10
#define	FACTORIAL_12	479001600

/* The nodes of a driver's first device. */
struct edu_nodes {
	const char	*file;
	const char	*factorial;
	const char	*dma_test;
	const char	*interrupts;
};

static void
set(const char *name, uint32_t value)
{
	CASE_EQ(os_sysctl(name, NULL, NULL, &value, sizeof(value)), 0);
}

static uint32_t
get(const char *name)
{
	uint32_t value = 0;
	size_t len = sizeof(value);

	CASE_EQ(os_sysctl(name, &value, &len, NULL, 0), 0);
	return (value);
}

/* Two factorials and a DMA each way, with an interrupt for each. */
static void
use(const struct edu_nodes *n)
{
	uint64_t interrupts = 0;
	size_t len = sizeof(interrupts);

	set(n->factorial, 12);
	CASE_EQ(get(n->factorial), FACTORIAL_12);
	set(n->factorial, 5);
	CASE_EQ(get(n->factorial), 120);
	set(n->dma_test, 4096);
	CASE_CHECK(get(n->dma_test) > 0);
	CASE_EQ(os_sysctl(n->interrupts, &interrupts, &len, NULL, 0), 0);
	CASE_EQ(interrupts, 4);
}

static void
loads_and_works(const struct edu_nodes *n)
{
	uint32_t value;
	size_t len;
	int i, id;

	for (i = 0; i < TIMES; i++) {
		id = init_kldload(n->file);
		if (id == -EEXIST)
			case_skip("the kernel has %s built in", n->file);
		if (id < 0)
			case_fail("kldload of %s: error %d", n->file, -id);
		use(n);
		CASE_EQ(init_kldunload(id), 0);
		len = sizeof(value);
		CASE_EQ(os_sysctl(n->factorial, &value, &len, NULL, 0),
		    -ENOENT);
	}
}

void
edu_loads_and_unloads_ten_times(void)
{
	static const struct edu_nodes nodes = {
		FOLDER "edu.ko", "dev.edu.0.factorial", "dev.edu.0.dma_test",
		"dev.edu.0.interrupts",
	};

	loads_and_works(&nodes);
}

void
edu_rust_loads_and_unloads_ten_times(void)
{
	static const struct edu_nodes nodes = {
		FOLDER "edu_rust.ko", "dev.edu_rust.0.factorial",
		"dev.edu_rust.0.dma_test", "dev.edu_rust.0.interrupts",
	};

	loads_and_works(&nodes);
}
