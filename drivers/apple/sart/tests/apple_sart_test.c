/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * SART between a coprocessor and memory: what the firmware reaches, and when.
 */
#include "rtkit_rig.h"

#include <sys/eventhandler.h>
#include <sys/reboot.h>

#include "model_sart.h"

TK_CASES_ON_EACH_PIC("");

#define	LOADER	0x8003u		/* entries of the boot loader */
#define	PAGE	APPLE_SART_PAGE

struct sart_machine {
	const struct rig_machine *rtkit;
	const char	*node;
	uint64_t	 base;
	unsigned int	 version;
	uint64_t	 max;		/* bytes of a region */
};

static const struct sart_machine machines[] = {
	{ &rig_sart_v0, "/soc/iommu@259c50000", 0x259c50000, 0,
	    0x7ffffull * PAGE },
	{ &rig_sart_v2, "/soc/iommu@27bc50000", 0x27bc50000, 2,
	    0xffffffull * PAGE },
	{ &rig_sart_v3, "/soc/iommu@34bc50000", 0x34bc50000, 3,
	    0x3fffffffull * PAGE },
};
#define	T8103	(&machines[1])

/* The model of the SART stands until the driver is gone. */
static struct model_sart *sart;

static void
sart_up(const struct sart_machine *machine, uint32_t loader)
{
	const struct model_sart_config cfg = {
		.base = machine->base, .version = machine->version,
		.loader = loader,
	};

	sart = model_sart_new(&cfg);
	TK_CHECK(sart != NULL);
}

static void
sart_down(void)
{
	TK_STREQ(model_sart_first_violation(sart), "");
	model_sart_free(sart);
}

static void
up(struct rig *r, const struct sart_machine *machine, bool cpu,
    uint32_t loader)
{
	sart_up(machine, loader);
	rig_wish.allocates = rig_wish.sart = true;
	rig_up(r, machine->rtkit, cpu, NULL);
	model_rtkit_guard(r->m, model_sart_allows, sart);
	TK_EQ(r->c->sart_error, 0);
}

static void
down(struct rig *r)
{
	rig_down(r);
	sart_down();
}

static int
used(void)
{
	return (bitcount32(model_sart_used(sart)));
}

/*
 * The firmware
 */

TK_CASE(sart_lets_the_firmware_write_its_logs)
{
	struct rig r;

	for (u_int i = 0; i < nitems(machines); i++) {
		up(&r, &machines[i], true, LOADER);
		TK_EQ(model_sart_used(sart), LOADER);
		for (int n = 1; n <= 2; n++) {
			rig_boot(&r);
			RIG_WAIT(model_rtkit_quiet(r.m));
			TK_EQ(used(), 3 + r.c->allocs - r.c->frees);
			TK_CHECK(model_rtkit_log(r.m, "Task", "through SART"));
			RIG_WAIT(times_printed("through SART") ==
			    2 * (int)i + n);
			TK_EQ(apple_rtkit_sleep(r.rtk), 0);
			TK_EQ(model_sart_used(sart), LOADER);
		}
		down(&r);
	}
}

TK_CASE(sart_lets_the_firmware_write_its_crash_log)
{
	struct rig r;

	up(&r, T8103, true, 0);
	rig_boot(&r);
	model_rtkit_crash(r.m);
	RIG_WAIT(rig_crashes(&r) == 1);
	RIG_WAIT(printed("mmu 0x4c324305\n"));
	TK_EQ(apple_rtkit_reinit(r.rtk), 0);
	TK_EQ(model_sart_used(sart), 0);
	down(&r);
}

/* The model writes nothing that SART does not let through. */
TK_CASE(sart_keeps_the_firmware_from_other_memory)
{
	struct rig r;

	sart_up(T8103, 0);
	rig_wish.allocates = true;
	rig_up(&r, T8103->rtkit, true, NULL);
	model_rtkit_guard(r.m, model_sart_allows, sart);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	TK_CHECK(model_rtkit_violations(r.m, "buffer-guard") != 0);
	(void)model_rtkit_log(r.m, "Task", "around SART");
	RIG_WAIT(model_rtkit_quiet(r.m));
	TK_CHECK(!printed("around SART"));
	rig_down_broken(&r);
	sart_down();
}

/* The loader has left one entry, and the firmware wants several buffers. */
TK_CASE(sart_without_room_fails_the_boot)
{
	struct rig r;

	up(&r, T8103, true, 0x7fff);
	TK_EQ(apple_rtkit_boot(r.rtk), ENOSPC);
	TK_CHECK(printed("apple_sart0: all entries are in use: no room for "
	    "16384 bytes at 0x"));
	TK_EQ(model_sart_used(sart), 0x7fff);
	TK_EQ(r.c->allocs, r.c->frees);
	rig_down_broken(&r);
	sart_down();
}

/*
 * The firmware crashed, and its CPU is not ours.  Its memory stays with it, but
 * not beyond the SART's driver.
 */
TK_CASE_UNBOOTED(sart_that_goes_takes_the_memory_from_the_firmware)
{
	struct rig r;

	tk_boot(NULL);
	up(&r, T8103, false, LOADER);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	model_rtkit_crash(r.m);
	RIG_WAIT(rig_crashes(&r) == 1);
	RIG_WAIT(printed("mmu 0x4c324305\n"));
	bus_topo_lock();
	TK_EQ(device_detach(r.c->dev), 0);
	bus_topo_unlock();
	TK_CHECK(used() > 3);
	TK_EQ(tk_ofw_detach(), 0);
	TK_EQ(model_sart_used(sart), LOADER);
	model_rtkit_free(r.m);
	sart_down();
	memset(&rig_wish, 0, sizeof(rig_wish));
	TK_CHECK(tk_shutdown() > 0);
}

/*
 * Regions
 */

TK_CASE(sart_regions_are_added_and_removed)
{
	const uint64_t base = 0x800000000;
	struct apple_sart *sa;
	struct rig r;

	for (u_int i = 0; i < nitems(machines); i++) {
		up(&r, &machines[i], true, LOADER);
		sa = r.c->sart;
		TK_EQ(apple_sart_add(sa, base, 3 * PAGE), 0);
		TK_EQ(apple_sart_add(sa, base + 3 * PAGE, PAGE), 0);
		TK_CHECK(model_sart_allows(sart, base, 4 * PAGE));
		TK_CHECK(!model_sart_allows(sart, base, 4 * PAGE + 1));
		TK_CHECK(!model_sart_allows(sart, base - 1, 2));

		TK_EQ(apple_sart_remove(sa, base, PAGE), ENOENT);
		TK_EQ(apple_sart_remove(sa, base + PAGE, 3 * PAGE), ENOENT);
		TK_EQ(apple_sart_remove(sa, base, 3 * PAGE), 0);
		TK_CHECK(!model_sart_allows(sart, base + 2 * PAGE, 1));
		TK_CHECK(model_sart_allows(sart, base + 3 * PAGE, PAGE));
		TK_EQ(apple_sart_remove(sa, base, 3 * PAGE), ENOENT);

		/* Twice the same, removed once for each. */
		TK_EQ(apple_sart_add(sa, base, PAGE), 0);
		TK_EQ(apple_sart_add(sa, base, PAGE), 0);
		TK_EQ(apple_sart_remove(sa, base, PAGE), 0);
		TK_CHECK(model_sart_allows(sart, base, PAGE));
		TK_EQ(apple_sart_remove(sa, base, PAGE), 0);
		TK_CHECK(!model_sart_allows(sart, base, PAGE));

		/* The largest, and the highest page. */
		TK_EQ(apple_sart_add(sa, 0, machines[i].max), 0);
		TK_EQ(apple_sart_remove(sa, 0, machines[i].max), 0);
		TK_EQ(apple_sart_add(sa, 0xffffffffull * PAGE, PAGE), 0);
		TK_EQ(apple_sart_remove(sa, 0xffffffffull * PAGE, PAGE), 0);
		TK_EQ(apple_sart_remove(sa, base + 3 * PAGE, PAGE), 0);
		TK_EQ(model_sart_used(sart), LOADER);
		down(&r);
	}
}

TK_CASE(sart_regions_of_the_boot_loader_stay)
{
	struct rig r;

	up(&r, T8103, true, LOADER);
	/* Its entry 1 is a page at 0x1000. */
	TK_CHECK(model_sart_allows(sart, PAGE, PAGE));
	TK_EQ(apple_sart_remove(r.c->sart, PAGE, PAGE), ENOENT);
	TK_EQ(apple_sart_add(r.c->sart, PAGE, PAGE), 0);
	TK_EQ(apple_sart_remove(r.c->sart, PAGE, PAGE), 0);
	TK_CHECK(model_sart_allows(sart, PAGE, PAGE));
	down(&r);
}

TK_CASE(sart_regions_that_make_no_sense_are_refused)
{
	struct rig r;

	for (u_int i = 0; i < nitems(machines); i++) {
		const struct {
			uint64_t paddr, size;
		} bad[] = {
			{ 0x1000, 0 }, { 0x1001, PAGE }, { 0x1000, PAGE - 1 },
			{ 0x1000, PAGE + 1 },
			{ 0x100000000ull * PAGE, PAGE },
			{ 0x1000, machines[i].max + PAGE },
			{ 0x1000, -(uint64_t)PAGE },
		};

		up(&r, &machines[i], true, 0);
		for (u_int n = 0; n < nitems(bad); n++)
			TK_EQ(apple_sart_add(r.c->sart, bad[n].paddr,
			    bad[n].size), EINVAL);
		TK_EQ(model_sart_used(sart), 0);
		down(&r);
	}
}

TK_CASE(sart_has_sixteen_entries)
{
	struct rig r;

	up(&r, T8103, true, LOADER);
	for (int i = 0; i < MODEL_SART_ENTRIES - 3; i++)
		TK_EQ(apple_sart_add(r.c->sart, (1 + i) << 20, PAGE), 0);
	TK_EQ(apple_sart_add(r.c->sart, 0x100000000, PAGE), ENOSPC);
	TK_EQ(apple_sart_remove(r.c->sart, 5 << 20, PAGE), 0);
	TK_EQ(apple_sart_add(r.c->sart, 0x100000000, PAGE), 0);
	down(&r);
}

/*
 * The device
 */

TK_CASE(sart_with_a_client_does_not_detach)
{
	struct rig r;
	device_t dev;

	up(&r, T8103, true, 0);
	dev = tk_ofw_device(T8103->node);
	TK_STREQ(device_get_desc(dev), "Apple SART v2");
	bus_topo_lock();
	TK_EQ(device_detach(dev), EBUSY);
	bus_topo_unlock();
	TK_CHECK(printed("apple_sart0: has a client"));
	rig_boot(&r);
	down(&r);
}

/*
 * The boot loader powers the registers when it uses the coprocessor, and the
 * driver cannot: a machine with nothing behind the SART stays without.
 */
TK_CASE(sart_without_a_client_is_not_accessed)
{
	struct rig r;
	device_t dev;

	sart_up(T8103, LOADER);
	model_sart_power(sart, false);
	rig_up(&r, T8103->rtkit, true, NULL);
	dev = tk_ofw_device(T8103->node);
	TK_CHECK(device_is_attached(dev));
	bus_topo_lock();
	TK_EQ(DEVICE_SHUTDOWN(dev), 0);
	TK_EQ(device_detach(dev), 0);
	TK_EQ(device_probe_and_attach(dev), 0);
	bus_topo_unlock();
	rig_down(&r);
	sart_down();
}

/* What is in use when the first client comes is not this driver's. */
TK_CASE(sart_keeps_what_it_finds_when_the_first_client_comes)
{
	struct apple_sart *sa;
	struct rig r;

	sart_up(T8103, LOADER);
	model_sart_power(sart, false);
	rig_up(&r, T8103->rtkit, true, NULL);
	model_sart_power(sart, true);
	for (int i = 0; i < 2; i++) {
		bus_topo_lock();
		TK_EQ(apple_sart_get(r.c->dev, &sa), 0);
		bus_topo_unlock();
		for (int n = used(); n < MODEL_SART_ENTRIES; n++)
			TK_EQ(apple_sart_add(sa, (1 + n) << 20, PAGE), 0);
		TK_EQ(apple_sart_add(sa, 0x100000000, PAGE), ENOSPC);
		TK_EQ(apple_sart_remove(sa, PAGE, PAGE), ENOENT);
		for (int n = bitcount32(LOADER); n < MODEL_SART_ENTRIES; n++)
			TK_EQ(apple_sart_remove(sa, (1 + n) << 20, PAGE), 0);
		TK_EQ(model_sart_used(sart), LOADER);
		apple_sart_put(sa);
	}
	rig_down(&r);
	sart_down();
}

/* The next kernel finds the entries that this one found. */
TK_CASE(sart_is_as_it_was_when_the_machine_goes_down)
{
	struct rig r;

	up(&r, T8103, true, LOADER);
	TK_EQ(apple_sart_add(r.c->sart, 0x800000000, PAGE), 0);
	TK_EQ(used(), 4);
	bus_topo_lock();
	TK_EQ(DEVICE_SHUTDOWN(tk_ofw_device(T8103->node)), 0);
	bus_topo_unlock();
	TK_EQ(model_sart_used(sart), LOADER);
	down(&r);
}

TK_CASE(sart_references_that_are_wrong_are_said_to_be_so)
{
	static const struct {
		const char	*node;
		const char	*line;
		int		 error;
	} wrong[] = {
		{ "/soc/iop@220000000",
		    "apple,sart: its device is not attached", ENXIO },
		{ "/soc/iop@230000000",
		    "apple,sart: is not one reference", EINVAL },
		{ "/soc/iop@240000000", "apple,sart: is not there", ENOENT },
		{ "/soc/iop@250000000",
		    "apple,sart: its device is not attached", ENXIO },
	};
	struct apple_sart *sa;
	struct rig r;
	device_t dev;
	char line[96];

	up(&r, T8103, true, 0);
	for (u_int i = 0; i < nitems(wrong); i++) {
		dev = tk_ofw_device(wrong[i].node);
		bus_topo_lock();
		TK_EQ(apple_sart_get(dev, &sa), wrong[i].error);
		bus_topo_unlock();
		snprintf(line, sizeof(line), "%s: %s\n",
		    device_get_nameunit(dev), wrong[i].line);
		TK_CHECK(printed(line));
	}
	TK_CHECK(printed("cannot map the registers"));
	down(&r);
}

/* A mailbox is at the end of the reference, and attached. */
TK_CASE(sart_reference_to_another_device_is_refused)
{
	struct apple_sart *sa;
	struct rig r;
	device_t dev;

	up(&r, T8103, true, 0);
	dev = tk_ofw_device("/soc/iop@210000000");
	TK_CHECK(device_is_attached(tk_ofw_device("/soc/mbox@277408000")));
	bus_topo_lock();
	TK_EQ(apple_sart_get(dev, &sa), EINVAL);
	bus_topo_unlock();
	TK_CHECK(printed("apple,sart: does not refer to a SART"));
	down(&r);
}

static int
walk(void *arg)
{
	struct rig *r = arg;
	int error;

	error = apple_rtkit_boot(r->rtk);
	if (error == 0)
		TK_EQ(apple_rtkit_sleep(r->rtk), 0);
	else
		TK_EQ(apple_rtkit_reinit(r->rtk), 0);
	TK_EQ(model_sart_used(sart), LOADER);
	TK_EQ(r->c->allocs, r->c->frees);
	return (error);
}

/* Each call that can fail in the client's functions. */
TK_CASE(sart_gives_everything_back_whichever_call_fails)
{
	static const char *const calls[] = {
		"bus_dma_tag_create", "bus_dmamem_alloc", "bus_dmamap_load",
	};
	struct rig r;

	up(&r, T8103, true, LOADER);
	for (u_int i = 0; i < nitems(calls); i++)
		for (int nth = 1; nth <= 4; nth++) {
			tk_fault_set(calls[i], nth);
			(void)walk(&r);
			tk_fault_clear();
		}
	TK_EQ(walk(&r), 0);
	rig_down_broken(&r);
	sart_down();
}
