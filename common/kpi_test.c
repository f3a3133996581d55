/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Tests of promises that only drivers in C can use: the crate's types make such
 * calls impossible.  Everything else is tested through the crate, in kpi/tests,
 * and through the drivers.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/sysctl.h>
#include <machine/atomic.h>
#include <machine/cpu.h>

#include "bus/bus_testdev.h"
#include "kpi_dev.h"
#include "kpi_dma.h"
#include "kpi_fdt.h"
#include "kpi_intr.h"
#include "kpi_intrhook.h"
#include "kpi_mtx.h"
#include "kpi_random.h"
#include "kpi_sx.h"
#include "kpi_sysctl.h"
#include "kpi_time.h"
#include "tk_bus.h"
#include "tk_test.h"
#include "tk_test_thread.h"

TK_CASE(kpi_sysctl_that_was_not_initialised_may_end)
{
	struct kpi_sysctl ks = { 0 };
	struct testdev_softc *sc = testdev_attached();

	kpi_sysctl_fini(&ks);
	kpi_sysctl_init(&ks, sc->dev);
	kpi_sysctl_fini(&ks);
	kpi_sysctl_fini(&ks);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

static int
get_nothing(void *arg, uint32_t which, void *buf, size_t *len)
{
	*len = 0;
	return (0);
}

SYSCTL_NODE(_kern, OID_AUTO, kpi_test, CTLFLAG_RW, NULL, "test");
SYSCTL_NODE(_kern_kpi_test, OID_AUTO, there, CTLFLAG_RW, NULL, "declared");

/* sysctl_ctx_free() would remove nothing of a context that has such a node. */
TK_CASE(kpi_sysctl_node_that_c_declares_is_not_taken)
{
	const struct kpi_sysctl_ops ops = { .kso_get = get_nothing };
	const struct kpi_sysctl_type type = {
		KPI_SYSCTL_CHAR, 8, NULL, false
	};
	struct kpi_sysctl ks;
	uint64_t counter = 0;
	uint32_t setting = 0;

	kpi_sysctl_init_root(&ks, &sysctl___kern_kpi_test);
	TK_CHECK(kpi_sysctl_node(&ks, NULL, "there", "") == NULL);
	TK_EQ(kpi_sysctl_u64(&ks, NULL, "there", "", &counter), ENOMEM);
	TK_EQ(kpi_sysctl_u32_rw(&ks, NULL, "there", "", &setting), ENOMEM);
	TK_EQ(kpi_sysctl_u32_tun(&ks, NULL, "there", "", &setting), ENOMEM);
	TK_EQ(kpi_sysctl_value(&ks, NULL, "there", "", &type, &ops, NULL, 0),
	    ENOMEM);
	TK_EQ(kpi_sysctl_value(&ks, NULL, "text", "", &type, &ops, NULL, 0), 0);
	kpi_sysctl_fini(&ks);
	TK_EQ(kernel_sysctlbyname(curthread, __DECONST(char *,
	    "kern.kpi_test.text"), NULL, NULL, NULL, 0, NULL, 0), ENOENT);
}

TK_CASE(kpi_sysctl_tunable_that_cannot_be_set_is_refused)
{
	const struct kpi_sysctl_ops ops = { .kso_get = get_nothing };
	const struct kpi_sysctl_type type = {
		KPI_SYSCTL_INT, sizeof(int), NULL, true
	};
	struct testdev_softc *sc = testdev_attached();
	struct kpi_sysctl ks;

	kpi_sysctl_init(&ks, sc->dev);
	TK_EQ(kpi_sysctl_value(&ks, NULL, "tunable", "", &type, &ops, NULL, 0),
	    EINVAL);
	kpi_sysctl_fini(&ks);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

static u_int filters_begun, filters_ended;

static int
slow_filter(void *arg __unused)
{
	atomic_add_rel_int(&filters_begun, 1);
	for (int i = 0; i < 100; i++)
		cpu_spinwait();
	atomic_add_rel_int(&filters_ended, 1);
	return (KPI_FILTER_HANDLED);
}

static void
no_handler(void *arg __unused)
{
}

static void
raise_line(void *arg __unused)
{
	tk_irq_raise(testdev_model.line);
}

/* A handler in a thread: bus_teardown_intr(9) alone does not wait then. */
static void
tear_down_in_filter(void)
{
	struct test_thread t;
	struct kpi_intr intr;
	device_t dev;

	testdev_setup(TK_IRQ_EDGE);
	testdev_plan.no_resources = true;
	dev = testdev_add();
	TK_EQ(tk_device_attach(dev), 0);
	filters_begun = filters_ended = 0;
	TK_EQ(kpi_intr_setup(dev, 0, slow_filter, no_handler, NULL, &intr), 0);
	test_thread_start(&t, raise_line, NULL);
	while (atomic_load_acq_int(&filters_begun) == 0)
		cpu_spinwait();
	kpi_intr_teardown(&intr);
	TK_EQ(atomic_load_acq_int(&filters_ended), 1);
	test_thread_join(&t);
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE(kpi_intr_teardown_waits_for_a_filter_on_another_cpu)
{
	tear_down_in_filter();
}

TK_CASE_THREADED(kpi_intr_teardown_waits_for_a_filter_of_a_real_thread)
{
	tear_down_in_filter();
}

TK_CASE(kpi_intrhook_that_was_not_established_may_end)
{
	struct kpi_intrhook ih = { 0 };

	kpi_intrhook_drain(&ih);
}

TK_CASE(kpi_random_that_was_not_registered_may_end)
{
	struct kpi_random kr = { 0 };

	kpi_random_deregister(&kr);
}

TK_CASE_DEBUG_STOPS(kpi_sx_destroyed_while_held_stops,
    "lock-destroy: destroy of \"kpi\", which thread")
{
	struct kpi_sx sx;

	kpi_sx_init(&sx, "kpi");
	kpi_sx_xlock(&sx);
	TK_CHECK(kpi_sx_xowned(&sx));
	kpi_sx_destroy(&sx);
}

/* A map of at most two pages, and memory to load. */
struct map_rig {
	struct testdev_softc	*sc;
	struct kpi_dma_tag	 tag;
	struct kpi_dma_map	 map;
	char			*memory;
};

static void
map_up(struct map_rig *r, bus_size_t size)
{
	const struct kpi_dma_params params = {
		.kdp_align = 1,
		.kdp_maxaddr = BUS_SPACE_MAXADDR,
		.kdp_maxsize = size,
		.kdp_maxsegsz = 4096,
		.kdp_maxsegs = 2,
	};

	r->sc = testdev_attached();
	r->memory = malloc(size, M_TEMP, M_WAITOK);
	TK_EQ(kpi_dma_tag_create(r->sc->dev, &params, &r->tag), 0);
	TK_EQ(kpi_dma_map_create(&r->tag, &r->map), 0);
}

static void
map_down(struct map_rig *r)
{
	kpi_dma_map_destroy(&r->map);
	kpi_dma_tag_destroy(&r->tag);
	free(r->memory, M_TEMP);
	TK_EQ(tk_device_delete(r->sc->dev), 0);
}

TK_CASE(kpi_dma_map_is_loaded_once_and_unloaded_once)
{
	struct map_rig r;

	map_up(&r, 4096);
	kpi_dma_map_unload(&r.map);
	TK_EQ(kpi_dma_map_load(&r.map, r.memory, 4096), 0);
	TK_EQ(kpi_dma_map_load(&r.map, r.memory, 100), EBUSY);
	kpi_dma_map_unload(&r.map);
	kpi_dma_map_unload(&r.map);
	TK_EQ(kpi_dma_map_load(&r.map, r.memory, 100), 0);
	kpi_dma_map_unload(&r.map);
	map_down(&r);
}

TK_CASE(kpi_dma_map_is_loaded_after_too_many_segments)
{
	struct map_rig r;

	map_up(&r, 16384);
	TK_EQ(kpi_dma_map_load(&r.map, r.memory, 16384), EFBIG);
	TK_EQ(kpi_dma_map_load(&r.map, r.memory, 16384), EFBIG);
	TK_EQ(kpi_dma_map_load(&r.map, r.memory, 4096), 0);
	kpi_dma_map_unload(&r.map);
	TK_EQ(kpi_dma_map_load(&r.map, r.memory, 16384), EFBIG);
	map_down(&r);
}

TK_CASE(kpi_dma_map_takes_memory_that_is_aligned_or_in_one_page)
{
	struct kpi_dma_params params = {
		.kdp_align = 64,
		.kdp_maxaddr = BUS_SPACE_MAXADDR,
		.kdp_maxsize = 2 * PAGE_SIZE,
		.kdp_maxsegsz = PAGE_SIZE,
		.kdp_maxsegs = 3,
	};
	struct testdev_softc *sc = testdev_attached();
	struct kpi_dma_tag tag = { 0 };
	struct kpi_dma_map map;
	char *memory;

	memory = malloc_aligned(2 * PAGE_SIZE, PAGE_SIZE, M_TEMP, M_WAITOK);
	TK_EQ(kpi_dma_tag_create(sc->dev, &params, &tag), 0);
	TK_EQ(kpi_dma_map_create(&tag, &map), 0);
	TK_EQ(kpi_dma_map_load(&map, memory + 1, PAGE_SIZE), EINVAL);
	TK_EQ(kpi_dma_map_load(&map, memory + 1, PAGE_SIZE - 1), 0);
	kpi_dma_map_unload(&map);
	TK_EQ(kpi_dma_map_load(&map, memory + 64, PAGE_SIZE), 0);
	kpi_dma_map_unload(&map);
	kpi_dma_map_destroy(&map);
	kpi_dma_tag_destroy(&tag);
	free(memory, M_TEMP);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

/* Milliseconds times hz are more than an int. */
TK_CASE(kpi_poll_of_hours_does_not_end_at_once)
{
	int looks = 0;

	TK_EQ(KPI_POLL_SLEEP(++looks == 3, "hours", 30000000), 0);
	TK_EQ(looks, 3);
}

/* FreeBSD would use the rest of a page, which the device does not reach. */
TK_CASE(kpi_dma_memory_ends_at_the_highest_address)
{
	struct kpi_dma_params params = {
		.kdp_align = 1,
		.kdp_maxaddr = TK_RAM_BASE + 4 * PAGE_SIZE + 99,
		.kdp_maxsize = PAGE_SIZE,
		.kdp_maxsegsz = PAGE_SIZE,
		.kdp_maxsegs = 1,
	};
	struct testdev_softc *sc = testdev_attached();
	struct kpi_dma_buf bufs[6];
	struct kpi_dma_tag tag = { 0 };
	size_t n;

	TK_EQ(kpi_dma_tag_create(sc->dev, &params, &tag), 0);
	for (n = 0; n < nitems(bufs); n++) {
		if (kpi_dma_alloc(&tag, M_NOWAIT, &bufs[n]) != 0)
			break;
		TK_CHECK(bufs[n].kdb_paddr + PAGE_SIZE - 1 <=
		    params.kdp_maxaddr);
	}
	TK_CHECK(n != 0);
	while (n-- > 0)
		kpi_dma_free(&bufs[n]);
	kpi_dma_tag_destroy(&tag);
	params.kdp_maxaddr = PAGE_SIZE - 2;
	TK_EQ(kpi_dma_tag_create(sc->dev, &params, &tag), EINVAL);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

/* As on a machine without a device tree. */
TK_CASE(kpi_fdt_of_a_device_without_a_node_has_nothing)
{
	static const struct kpi_fdt_compat compat[] = {
		{ "test,device", 1 },
		{ NULL, 0 },
	};
	struct testdev_softc *sc = testdev_attached();
	struct kpi_res res = { 0 };
	uint32_t val;
	int rid;

	TK_EQ(kpi_fdt_node_of(sc->dev), KPI_FDT_NONE);
	TK_EQ(kpi_fdt_match(sc->dev, compat), 0);
	TK_EQ(kpi_fdt_u32(KPI_FDT_NONE, "reg", &val), ENOENT);
	TK_EQ(kpi_fdt_res_alloc(sc->dev, "sram", &res), ENOENT);
	TK_EQ(kpi_fdt_intr_rid(sc->dev, "recv-not-empty", &rid), ENOENT);
	TK_EQ(kpi_fdt_register(sc->dev), ENXIO);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE_DEBUG_STOPS(kpi_mtx_assert_finds_a_mutex_that_is_owned,
    "mtx-assert: mutex \"kpi\" is owned")
{
	struct kpi_mtx m;

	kpi_mtx_init(&m, "kpi", KPI_MTX_DEF);
	kpi_mtx_assert(&m, KPI_MTX_NOTOWNED);
	kpi_mtx_lock(&m);
	kpi_mtx_assert(&m, KPI_MTX_NOTOWNED);
}

static void
notify(void *unused)
{
	kpi_dev_notify("KPI", "test", "EVENT", "value=1");
}

static bool
was_told(const char *message)
{
	size_t n = tk_devctl_count();

	return (n != 0 && strcmp(tk_devctl_message(n - 1), message) == 0);
}

TK_CASE(kpi_dev_notify_tells_devd_unless_the_kernel_has_panicked)
{
	static const char told[] =
	    "!system=KPI subsystem=test type=EVENT value=1";

	tk_devctl_clear();
	notify(NULL);
	TK_CHECK(was_told(told));
	tk_devctl_clear();
	tk_panicked(true);
	notify(NULL);
	tk_panicked(false);
	TK_EQ(tk_devctl_count(), 0);
	notify(NULL);
	TK_CHECK(was_told(told));
}

/* devd(8) gets at most a kilobyte. */
TK_CASE(kpi_dev_notify_loses_an_event_that_is_too_long)
{
	char data[1024];

	memset(data, 'x', sizeof(data));
	data[sizeof(data) - 1] = '\0';
	tk_devctl_clear();
	kpi_dev_notify("KPI", "test", "EVENT", data);
	TK_EQ(tk_devctl_count(), 0);
	data[900] = '\0';
	kpi_dev_notify("KPI", "test", "EVENT", data);
	TK_EQ(tk_devctl_count(), 1);
	TK_CHECK(strstr(tk_devctl_message(0), data) != NULL);
}

TK_CASE_DEBUG_STOPS(kpi_dev_notify_in_a_filter_stops,
    "mtx-filter: mtx_lock() of default mutex \"dev mtx\"")
{
	tk_intr_run(notify, NULL);
}
