/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Memory for the firmware's logs: the client's, and memory that the coprocessor
 * would not reach.
 */
#include "rtkit_rig.h"

TK_CASES_ON_EACH_PIC("");

#define	GIVEN	4		/* crashlog, syslog, ioreport, oslog */

static void
config(const struct rig_machine *machine, struct model_rtkit_config *cfg)
{
	rig_config(machine, cfg);
	cfg->oslog = MODEL_RTKIT_OSLOG_BUFFER;
	cfg->buffers[MODEL_RTKIT_OSLOG].pages = 1;
}

static void
up(struct rig *r, bool cpu)
{
	struct model_rtkit_config cfg;

	config(&rig_v4, &cfg);
	rig_wish.allocates = true;
	rig_up(r, &rig_v4, cpu, &cfg);
}

TK_CASE(a_client_may_provide_the_memory)
{
	struct rig r;
	uint64_t addr;
	size_t size;

	up(&r, true);
	for (int i = 1; i <= 2; i++) {
		rig_boot(&r);
		RIG_WAIT(model_rtkit_quiet(r.m));
		TK_EQ(r.c->allocs, i * GIVEN);
		TK_EQ(r.c->frees, (i - 1) * GIVEN);
		TK_CHECK(model_rtkit_buffer(r.m, MODEL_RTKIT_SYSLOG, &addr,
		    &size));
		TK_EQ(addr, r.c->memory[1].buf.kdb_paddr);
		TK_CHECK(model_rtkit_log(r.m, "Task", "from the client's"));
		RIG_WAIT(times_printed("from the client's") == i);
		TK_EQ(apple_rtkit_sleep(r.rtk), 0);
		TK_EQ(r.c->frees, i * GIVEN);
	}
	rig_down(&r);
}

TK_CASE(a_crash_log_is_read_from_the_clients_memory)
{
	struct rig r;

	up(&r, true);
	rig_boot(&r);
	model_rtkit_crash(r.m);
	RIG_WAIT(rig_crashes(&r) == 1);
	RIG_WAIT(printed("mmu 0x4c324305\n"));
	TK_EQ(r.c->frees, 0);
	TK_EQ(apple_rtkit_reinit(r.rtk), 0);
	TK_EQ(r.c->frees, GIVEN);
	rig_down(&r);
}

TK_CASE(a_client_without_memory_fails_the_boot)
{
	struct rig r;

	up(&r, true);
	r.c->alloc_error = ENOMEM;
	TK_EQ(apple_rtkit_boot(r.rtk), ENOMEM);
	TK_CHECK(printed("rtkit: crash log: no buffer of "));
	r.c->alloc_error = 0;
	rig_boot(&r);
	rig_down_broken(&r);
}

/* The firmware might keep it. */
TK_CASE(a_boot_that_has_failed_gives_no_memory)
{
	struct rig r;

	up(&r, true);
	model_rtkit_fault(r.m, "buffer-outside", 1);
	TK_EQ(apple_rtkit_boot(r.rtk), EINVAL);
	TK_CHECK(printed("rtkit: crash log: no buffer of "));
	TK_EQ(r.c->allocs, 0);
	rig_boot(&r);
	TK_EQ(r.c->allocs, GIVEN);
	rig_down_broken(&r);
}

TK_CASE(memory_of_a_client_that_firmware_cannot_name_is_refused)
{
	static const uint64_t skews[] = {
		4096, 1ull << 44, UINT64_MAX - (1ull << 20),
	};
	struct rig r;

	for (u_int i = 0; i < nitems(skews); i++) {
		up(&r, true);
		r.c->alloc_skew = skews[i];
		TK_EQ(apple_rtkit_boot(r.rtk), EINVAL);
		TK_CHECK(printed("rtkit: the client gave memory at "));
		TK_EQ(r.c->frees, r.c->allocs);
		r.c->alloc_skew = 0;
		rig_boot(&r);
		rig_down_broken(&r);
	}
}

/* The firmware may still write to it, so the client does not get it back. */
TK_CASE_UNBOOTED(memory_of_a_client_stays_with_one_that_does_not_rest)
{
	struct rig r;

	tk_boot(NULL);
	up(&r, false);
	rig_boot(&r);
	model_rtkit_crash(r.m);
	RIG_WAIT(rig_crashes(&r) == 1);
	RIG_WAIT(printed("mmu 0x4c324305\n"));
	TK_EQ(tk_ofw_detach(), 0);
	TK_CHECK(printed("rtkit: syslog: the coprocessor keeps 16384 bytes"));
	model_rtkit_free(r.m);
	memset(&rig_wish, 0, sizeof(rig_wish));
	/* The client's buffers. */
	TK_CHECK(tk_shutdown() > 0);
}

/*
 * The bus address is not what the coprocessor has to be told.  Behind an IOMMU
 * it is that of other memory.
 */
TK_CASE(memory_that_it_does_not_reach_is_not_given)
{
	static const struct {
		const struct rig_machine *machine;
		const char	*line;
	} behind[] = {
		{ &rig_dart, "rtkit: the device tree has \"iommus\" for it" },
		{ &rig_sart_v2,
		    "rtkit: the device tree has \"apple,sart\" for it" },
	};
	struct model_rtkit_config cfg;
	struct rig r;
	uint64_t addr;
	size_t size;

	for (u_int i = 0; i < nitems(behind); i++) {
		rig_up(&r, behind[i].machine, true, NULL);
		TK_EQ(apple_rtkit_boot(r.rtk), EOPNOTSUPP);
		TK_CHECK(printed(behind[i].line));
		for (int kind = 0; kind < MODEL_RTKIT_BUFFERS; kind++)
			TK_CHECK(!model_rtkit_buffer(r.m, kind, &addr, &size));
		rig_down_broken(&r);

		/* It needs none, as its firmware has memory of its own. */
		rig_config(behind[i].machine, &cfg);
		for (int kind = 0; kind < MODEL_RTKIT_BUFFERS; kind++)
			cfg.buffers[kind].own = true;
		rig_up(&r, behind[i].machine, true, &cfg);
		rig_boot(&r);
		rig_down(&r);
	}
}

static int
get(struct rig *r, const struct apple_rtkit_client *client)
{
	struct apple_rtkit *rtk;
	int error;

	bus_topo_lock();
	error = apple_rtkit_get_by_name(r->c->dev, "main", client, &rtk);
	bus_topo_unlock();
	if (error == 0)
		apple_rtkit_free(rtk);
	return (error);
}

static int
no_alloc(void *arg, size_t size, uint64_t *addrp)
{
	return (ENOMEM);
}

static void
no_free(void *arg, uint64_t addr, size_t size)
{
}

static int
no_read(void *arg, uint64_t addr, void *buf, size_t len)
{
	return (ENXIO);
}

static int
no_map(void *arg, uint64_t addr, size_t size)
{
	return (ENXIO);
}

TK_CASE(functions_of_a_client_come_together)
{
	static const struct {
		struct apple_rtkit_client client;
		int	error;
	} clients[] = {
		{ { .arc_cpu_reg = NULL }, 0 },
		{ { .arc_read = no_read }, 0 },
		{ { .arc_map = no_map }, EINVAL },
		{ { .arc_map = no_map, .arc_read = no_read }, 0 },
		{ { .arc_alloc = no_alloc }, EINVAL },
		{ { .arc_free = no_free }, EINVAL },
		{ { .arc_alloc = no_alloc, .arc_read = no_read }, EINVAL },
		{ { .arc_alloc = no_alloc, .arc_free = no_free }, EINVAL },
		{ { .arc_alloc = no_alloc, .arc_free = no_free,
		    .arc_read = no_read }, 0 },
	};
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	apple_rtkit_free(r.rtk);
	r.rtk = r.c->rtk = NULL;
	for (u_int i = 0; i < nitems(clients); i++)
		TK_EQ(get(&r, &clients[i].client), clients[i].error);
	rig_down(&r);
}
