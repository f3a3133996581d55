/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* newbus: probing, the life of a device, its resources, modules, devctl. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/devctl.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/mutex.h>
#include <sys/rman.h>
#include <sys/sbuf.h>
#include <sys/sysctl.h>
#include <machine/bus.h>
#include <machine/resource.h>

#include "bus_testdev.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_test.h"

/* A second driver of the same bus.  Its probe priority is lower. */
static int rival_bid = ENXIO;

static int
rival_probe(device_t dev)
{
	device_set_desc_copy(dev, "Rival");
	return (rival_bid);
}

static int
rival_attach(device_t dev)
{
	return (0);
}

static int
rival_detach(device_t dev)
{
	return (0);
}

static device_method_t rival_methods[] = {
	DEVMETHOD(device_probe,		rival_probe),
	DEVMETHOD(device_attach,	rival_attach),
	DEVMETHOD(device_detach,	rival_detach),
	DEVMETHOD_END
};
DEFINE_CLASS_0(rival, rival_driver, rival_methods, 0);
DRIVER_MODULE(rival, testbus, rival_driver, NULL, NULL);

static device_t
bare_device(void)
{
	testdev_setup(TK_IRQ_LEVEL);
	rival_bid = ENXIO;
	return (testdev_add());
}

/*
 * Probing
 */

TK_CASE(the_best_bid_gets_the_device)
{
	device_t dev = bare_device();

	testdev_plan.probe = BUS_PROBE_GENERIC;
	rival_bid = BUS_PROBE_DEFAULT;
	TK_EQ(tk_device_attach(dev), 0);
	TK_STREQ(device_get_nameunit(dev), "rival0");
	TK_STREQ(device_get_desc(dev), "Rival");
	TK_EQ(testdev_seen.attaches, 0);
	TK_EQ(tk_device_detach(dev), 0);
	testdev_plan.probe = BUS_PROBE_SPECIFIC;
	TK_EQ(tk_device_attach(dev), 0);
	TK_STREQ(device_get_nameunit(dev), "testdev0");
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE(a_device_that_nobody_wants_is_announced)
{
	device_t dev = bare_device();

	testdev_plan.probe = ENXIO;
	tk_devctl_clear();
	TK_EQ(tk_device_attach(dev), ENXIO);
	TK_EQ(device_get_state(dev), DS_NOTPRESENT);
	TK_CHECK(device_get_softc(dev) == NULL);
	TK_EQ(tk_devctl_count(), 1);
	TK_STREQ(tk_devctl_message(0), "? at   on testbus0");
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE(a_driver_for_named_devices_only_gets_no_others)
{
	device_t dev = bare_device();

	testdev_plan.probe = BUS_PROBE_NOWILDCARD;
	TK_EQ(tk_device_attach(dev), ENXIO);
	TK_EQ(tk_device_delete(dev), 0);
	testdev_plan.no_resources = true;
	dev = tk_bus_add_child("testbus", "testdev", NULL, 0);
	TK_EQ(tk_device_attach(dev), 0);
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE(a_named_device_is_offered_to_its_driver_alone)
{
	device_t dev;

	testdev_setup(TK_IRQ_LEVEL);
	rival_bid = BUS_PROBE_SPECIFIC;
	testdev_plan.no_resources = true;
	testdev_plan.probe = BUS_PROBE_HOOVER;
	dev = tk_bus_add_child("testbus", "testdev", NULL, 0);
	TK_EQ(tk_device_attach(dev), 0);
	TK_STREQ(device_get_name(dev), "testdev");
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE(a_driver_loaded_later_finds_its_device)
{
	device_t dev = bare_device();

	TK_EQ(tk_module_unload("testbus/testdev"), 0);
	TK_EQ(tk_device_attach(dev), ENXIO);
	TK_EQ(tk_module_load("testbus/testdev"), 0);
	TK_CHECK(tk_device_attached(dev));
	TK_EQ(tk_device_delete(dev), 0);
}

/*
 * Attach and detach
 */

TK_CASE(the_softc_is_zeroed_at_each_attach)
{
	struct testdev_softc *sc = testdev_attached();
	device_t dev = sc->dev;

	/* The driver checks that the softc is zero, and then writes over it. */
	for (int i = 0; i < 10; i++) {
		TK_EQ(tk_device_detach(dev), 0);
		TK_EQ(tk_device_attach(dev), 0);
	}
	TK_EQ(testdev_seen.attaches, 11);
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE(a_thousand_attachments_leave_nothing)
{
	device_t dev = bare_device();

	for (int i = 0; i < 1000; i++) {
		TK_EQ(tk_device_attach(dev), 0);
		TK_EQ(tk_device_detach(dev), 0);
	}
	TK_EQ(tk_device_delete(dev), 0);
	TK_EQ(tk_ledger_count("device"), 0);
}

TK_CASE(a_refused_detach_leaves_the_device_attached)
{
	struct testdev_softc *sc = testdev_attached();

	testdev_plan.detach_error = EBUSY;
	TK_EQ(tk_device_detach(sc->dev), EBUSY);
	TK_CHECK(tk_device_attached(sc->dev));
	TK_EQ(tk_device_delete(sc->dev), EBUSY);
	TK_CHECK(device_get_softc(sc->dev) == sc);
	bus_write_4(sc->mem, 0, 1);
	testdev_plan.detach_error = 0;
	TK_EQ(tk_device_delete(sc->dev), 0);
	TK_EQ(testdev_seen.detaches, 3);
}

TK_CASE(a_busy_device_and_its_parent_stay)
{
	struct testdev_softc *sc = testdev_attached();

	device_busy(sc->dev);
	device_busy(sc->dev);
	TK_EQ(tk_device_detach(sc->dev), EBUSY);
	TK_EQ(tk_device_detach(device_get_parent(sc->dev)), EBUSY);
	TK_EQ(testdev_seen.detaches, 0);
	device_unbusy(sc->dev);
	TK_EQ(tk_device_detach(sc->dev), EBUSY);
	device_unbusy(sc->dev);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

static void
detach_self(device_t dev)
{
	TK_EQ(device_detach(dev), EBUSY);
}

TK_CASE(a_device_does_not_detach_while_it_attaches)
{
	device_t dev = bare_device();

	testdev_plan.in_attach = detach_self;
	TK_EQ(tk_device_attach(dev), 0);
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE(a_failed_attach_leaves_the_device_for_another_try)
{
	device_t dev = bare_device();

	testdev_plan.attach_error = ENOMEM;
	TK_EQ(tk_device_attach(dev), ENOMEM);
	TK_EQ(device_get_state(dev), DS_NOTPRESENT);
	TK_CHECK(device_get_nameunit(dev) == NULL);
	testdev_plan.attach_error = 0;
	TK_EQ(tk_device_attach(dev), 0);
	TK_EQ(tk_device_delete(dev), 0);
}

static struct testdev_softc external;

static void
bring_own_softc(device_t dev)
{
	memset(&external, 0, sizeof(external));
	device_set_softc(dev, &external);
}

TK_CASE(a_driver_may_bring_its_own_softc)
{
	device_t dev = bare_device();

	testdev_plan.in_attach = bring_own_softc;
	TK_EQ(tk_device_attach(dev), 0);
	TK_CHECK(device_get_softc(dev) == &external);
	TK_CHECK(external.mem != NULL);
	TK_EQ(tk_device_delete(dev), 0);
	TK_CHECK(external.mem == NULL);
}

TK_CASE(suspend_and_resume_reach_the_driver)
{
	struct testdev_softc *sc = testdev_attached();

	TK_EQ(tk_device_suspend(sc->dev), 0);
	TK_CHECK(device_is_suspended(sc->dev));
	TK_EQ(tk_device_resume(sc->dev), 0);
	TK_CHECK(!device_is_suspended(sc->dev));
	testdev_plan.suspend_error = EBUSY;
	TK_EQ(tk_device_suspend(sc->dev), EBUSY);
	TK_CHECK(!device_is_suspended(sc->dev));
	TK_EQ(testdev_seen.suspends, 2);
	TK_EQ(testdev_seen.resumes, 1);
	TK_EQ(tk_device_shutdown(sc->dev), 0);
	TK_EQ(testdev_seen.shutdowns, 1);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE(a_bus_resumes_its_children_when_one_refuses_to_suspend)
{
	device_t refuses, sleeps;

	testdev_setup(TK_IRQ_LEVEL);
	testdev_plan.no_resources = true;
	rival_bid = ENXIO;
	refuses = tk_bus_add_child("testbus", "testdev", NULL, 0);
	sleeps = tk_bus_add_child("testbus", "rival", NULL, 0);
	rival_bid = BUS_PROBE_DEFAULT;
	TK_EQ(tk_device_attach(refuses), 0);
	TK_EQ(tk_device_attach(sleeps), 0);
	testdev_plan.suspend_error = EBUSY;
	TK_EQ(tk_device_suspend(tk_bus("testbus")), EBUSY);
	TK_CHECK(!device_is_suspended(sleeps));
	TK_EQ(tk_device_delete(sleeps), 0);
	TK_EQ(tk_device_delete(refuses), 0);
}

TK_CASE(deleting_a_device_deletes_its_children_first)
{
	struct testdev_softc *sc = testdev_attached();
	device_t child;

	bus_topo_lock();
	child = device_add_child(sc->dev, "leaf", DEVICE_UNIT_ANY);
	bus_topo_unlock();
	TK_CHECK(child != NULL);
	TK_CHECK(device_find_child(sc->dev, "leaf", 0) == child);
	TK_EQ(tk_device_delete(sc->dev), 0);
	TK_CHECK(tk_device_find("leaf0") == NULL);
}

/*
 * Names and lists
 */

TK_CASE(children_are_kept_in_order)
{
	device_t a, b, c, *list;
	int count;

	bus_topo_lock();
	b = device_add_child_ordered(tk_nexus(), 20, "ordered", 7);
	c = device_add_child_ordered(tk_nexus(), 20, "ordered",
	    DEVICE_UNIT_ANY);
	a = device_add_child_ordered(tk_nexus(), 10, "ordered", 3);
	TK_CHECK(device_add_child(tk_nexus(), "ordered", 7) == NULL);
	TK_STREQ(device_get_nameunit(c), "ordered0");
	TK_EQ(device_get_children(tk_nexus(), &list, &count), 0);
	TK_EQ(count, 3);
	TK_CHECK(list[0] == a && list[1] == b && list[2] == c);
	free(list, M_TEMP);
	TK_EQ(device_delete_children(tk_nexus()), 0);
	bus_topo_unlock();
}

TK_CASE(units_are_found_by_their_class)
{
	struct testdev_softc *sc = testdev_attached();
	devclass_t dc = devclass_find("testdev");
	device_t *list;
	int count;

	TK_CHECK(devclass_get_device(dc, 0) == sc->dev);
	TK_CHECK(devclass_get_softc(dc, 0) == sc);
	TK_CHECK(devclass_get_device(dc, 1) == NULL);
	TK_EQ(devclass_get_count(dc), 1);
	TK_EQ(devclass_find_free_unit(dc, 0), 1);
	TK_EQ(devclass_get_devices(dc, &list, &count), 0);
	TK_EQ(count, 1);
	free(list, M_TEMP);
	TK_CHECK(tk_device_find("testdev0") == sc->dev);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

static void
read_sysctl(const char *name, char *buf, size_t len)
{
	memset(buf, 0, len);
	TK_EQ(kernel_sysctlbyname(curthread, __DECONST(char *, name), buf,
	    &len, NULL, 0, NULL, 0), 0);
}

TK_CASE(a_device_has_a_sysctl_tree)
{
	struct testdev_softc *sc = testdev_attached();
	static int value = 42;
	char text[64];
	size_t len;
	int got;

	read_sysctl("dev.testdev.0.%desc", text, sizeof(text));
	TK_STREQ(text, "Test device");
	read_sysctl("dev.testdev.0.%driver", text, sizeof(text));
	TK_STREQ(text, "testdev");
	read_sysctl("dev.testdev.0.%parent", text, sizeof(text));
	TK_STREQ(text, "testbus0");
	SYSCTL_ADD_INT(device_get_sysctl_ctx(sc->dev),
	    SYSCTL_CHILDREN(device_get_sysctl_tree(sc->dev)), OID_AUTO,
	    "answer", CTLFLAG_RD, &value, 0, "");
	len = sizeof(got);
	TK_EQ(kernel_sysctlbyname(curthread, "dev.testdev.0.answer", &got,
	    &len, NULL, 0, NULL, 0), 0);
	TK_EQ(got, 42);
	TK_EQ(tk_device_delete(sc->dev), 0);
	TK_EQ(kernel_sysctlbyname(curthread, "dev.testdev.0.answer", &got,
	    &len, NULL, 0, NULL, 0), ENOENT);
}

TK_CASE(messages_begin_with_the_device)
{
	struct testdev_softc *sc = testdev_attached();

	device_printf(sc->dev, "speed %d\n", 9);
	TK_CHECK(strstr(tk_msgbuf(), "testdev0: speed 9\n") != NULL);
	device_set_descf(sc->dev, "rev %d", 3);
	TK_STREQ(device_get_desc(sc->dev), "rev 3");
	TK_EQ(tk_device_delete(sc->dev), 0);
}

/*
 * devctl
 */

TK_CASE(devctl_hears_of_attach_detach_and_drivers)
{
	device_t dev = bare_device();

	tk_devctl_clear();
	TK_EQ(tk_device_attach(dev), 0);
	devctl_notify("SND", "CONN", "IN", "cdev=dsp0");
	devctl_notify("SND", "CONN", "OUT", NULL);
	TK_EQ(tk_device_delete(dev), 0);
	TK_EQ(tk_devctl_count(), 4);
	TK_STREQ(tk_devctl_message(0), "+testdev0 at   on testbus0");
	TK_STREQ(tk_devctl_message(1),
	    "!system=SND subsystem=CONN type=IN cdev=dsp0");
	TK_STREQ(tk_devctl_message(2),
	    "!system=SND subsystem=CONN type=OUT");
	TK_STREQ(tk_devctl_message(3), "-testdev0 at   on testbus0");
	TK_CHECK(tk_devctl_message(4) == NULL);
}

TK_CASE(quotes_are_escaped_for_devctl)
{
	struct sbuf *sb = sbuf_new_auto();

	devctl_safe_quote_sb(sb, "a\"b\\c");
	sbuf_finish(sb);
	TK_STREQ(sbuf_data(sb), "a\\\"b\\\\c");
	sbuf_delete(sb);
}

/*
 * Resources
 */

TK_CASE(a_child_gets_the_resources_listed_for_it)
{
	struct testdev_softc *sc = testdev_attached();
	struct resource *r;
	int rid = 1;

	TK_EQ(rman_get_start(sc->mem), TESTDEV_BASE);
	TK_EQ(rman_get_size(sc->mem), TESTDEV_SIZE);
	TK_EQ(rman_get_type(sc->mem), SYS_RES_MEMORY);
	TK_EQ(rman_get_start(sc->irq), TESTDEV_IRQ);
	TK_CHECK(rman_get_device(sc->mem) == sc->dev);
	TK_CHECK((rman_get_flags(sc->mem) & RF_ACTIVE) != 0);
	/* The resource is allocated already, and the device has no other. */
	TK_CHECK(bus_alloc_resource_any(sc->dev, SYS_RES_MEMORY, &rid, 0) ==
	    NULL);
	rid = 0;
	r = bus_alloc_resource_any(sc->dev, SYS_RES_MEMORY, &rid, 0);
	TK_CHECK(r == NULL);
	TK_EQ(bus_get_resource_start(sc->dev, SYS_RES_MEMORY, 0),
	    TESTDEV_BASE);
	TK_EQ(bus_get_resource_count(sc->dev, SYS_RES_IRQ, 0), 1);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE(resources_come_all_or_none)
{
	struct resource_spec spec[] = {
		{ SYS_RES_MEMORY, 0, RF_ACTIVE },
		{ SYS_RES_MEMORY, 1, RF_ACTIVE | RF_OPTIONAL },
		{ SYS_RES_IRQ, 0, RF_ACTIVE },
		RESOURCE_SPEC_END
	};
	struct resource *res[3];
	device_t dev = bare_device();

	TK_EQ(bus_alloc_resources(dev, spec, res), 0);
	TK_CHECK(res[0] != NULL && res[1] == NULL && res[2] != NULL);
	bus_release_resources(dev, spec, res);
	TK_CHECK(res[0] == NULL && res[2] == NULL);
	spec[1].flags = RF_ACTIVE;
	TK_EQ(bus_alloc_resources(dev, spec, res), ENXIO);
	TK_CHECK(res[0] == NULL);
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE(activation_is_separate_if_asked_for)
{
	device_t dev = bare_device();
	struct resource *r;
	int rid = 0;

	r = bus_alloc_resource_any(dev, SYS_RES_MEMORY, &rid, 0);
	TK_CHECK(r != NULL && (rman_get_flags(r) & RF_ACTIVE) == 0);
	TK_EQ(bus_activate_resource(dev, r), 0);
	bus_write_1(r, 0, 1);
	TK_EQ(bus_deactivate_resource(dev, r), 0);
	TK_EQ(bus_release_resource(dev, SYS_RES_MEMORY, 0, r), 0);
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE(any_failing_call_of_attach_leaves_nothing)
{
	static const char *const calls[] = {
		"bus_alloc_resource", "rman_reserve_resource",
		"bus_space_map", "malloc"
	};
	device_t dev = bare_device();

	for (size_t i = 0; i < nitems(calls); i++)
		for (int n = 1; n < 20; n++) {
			tk_fault_set(calls[i], n);
			if (tk_device_attach(dev) == 0)
				TK_EQ(tk_device_detach(dev), 0);
			tk_fault_clear();
			TK_EQ(device_get_state(dev), DS_NOTPRESENT);
		}
	TK_EQ(tk_device_attach(dev), 0);
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE(a_device_that_cannot_be_added_leaves_nothing)
{
	static const char *const calls[] = {
		"device_add_child", "devclass_create", "malloc"
	};

	(void)tk_bus("testbus");
	for (size_t i = 0; i < nitems(calls); i++) {
		tk_fault_set(calls[i], 1);
		TK_CHECK(tk_bus_add_child("testbus", "newclass", NULL, 0) ==
		    NULL);
		tk_fault_clear();
	}
}

/*
 * Modules
 */

TK_CASE(unloading_a_module_detaches_its_devices)
{
	struct testdev_softc *sc = testdev_attached();
	device_t dev = sc->dev;

	TK_CHECK(tk_module_loaded("testdev"));
	TK_EQ(tk_module_unload("testdev"), 0);
	TK_CHECK(!tk_module_loaded("testdev"));
	TK_EQ(testdev_seen.detaches, 1);
	TK_EQ(testdev_seen.unloads, 1);
	TK_EQ(tk_module_unload("testdev"), ENOENT);
	TK_EQ(tk_module_load("testdev"), 0);
	TK_EQ(testdev_seen.loads, 1);
	TK_CHECK(tk_device_attached(dev));
	TK_EQ(tk_module_load("no such module"), ENOENT);
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE(a_driver_that_does_not_let_go_keeps_its_module)
{
	struct testdev_softc *sc = testdev_attached();

	testdev_plan.detach_error = EBUSY;
	TK_EQ(tk_module_unload("testdev"), EBUSY);
	TK_CHECK(tk_module_loaded("testdev"));
	testdev_plan.detach_error = 0;
	testdev_plan.quiesce_error = EBUSY;
	TK_EQ(tk_module_unload("testdev"), EBUSY);
	TK_EQ(testdev_seen.detaches, 1);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

/*
 * Rules
 */

TK_CASE_DEBUG_STOPS(detach_without_the_topology_lock_is_caught,
    "tk: topology: ")
{
	device_detach(testdev_attached()->dev);
}

TK_CASE_DEBUG_STOPS(adding_a_child_without_the_topology_lock_is_caught,
    "tk: topology: ")
{
	device_add_child(tk_nexus(), "stray", DEVICE_UNIT_ANY);
}

TK_CASE_STOPS(a_deleted_device_is_caught,
    "tk: device: device_get_softc: the device was deleted")
{
	struct testdev_softc *sc = testdev_attached();
	device_t dev = sc->dev;

	TK_EQ(tk_device_delete(dev), 0);
	device_get_softc(dev);
}

TK_CASE_STOPS(a_method_of_a_deleted_device_is_caught, "tk: device: method")
{
	device_t dev = bare_device();

	TK_EQ(tk_device_delete(dev), 0);
	DEVICE_SUSPEND(dev);
}

TK_CASE_STOPS(a_resource_kept_over_detach_is_caught,
    "tk: resource-leak: testdev0 detached but keeps resource 0 of type 3, "
    "allocated at ")
{
	struct testdev_softc *sc = testdev_attached();

	testdev_plan.keep_mem = true;
	tk_device_detach(sc->dev);
}

TK_CASE_STOPS(a_resource_kept_over_a_failed_attach_is_caught,
    "tk: resource-leak: testdev0 failed to attach but keeps")
{
	device_t dev = bare_device();

	testdev_plan.keep_mem = true;
	testdev_plan.attach_error = ENXIO;
	tk_device_attach(dev);
}

TK_CASE_STOPS(a_resource_kept_over_deletion_is_caught,
    "tk: resource-leak: a device was deleted but keeps resource 0 of type 3")
{
	device_t dev = bare_device();
	int rid = 0;

	TK_CHECK(bus_alloc_resource_any(dev, SYS_RES_MEMORY, &rid, 0) !=
	    NULL);
	tk_device_delete(dev);
}

TK_CASE_STOPS(a_resource_released_twice_is_caught,
    "tk: resource: bus_release_resource: the resource was released")
{
	struct testdev_softc *sc = testdev_attached();

	bus_release_resource(sc->dev, sc->mem);
	bus_release_resource(sc->dev, sc->mem);
}

TK_CASE_STOPS(a_resource_released_by_another_device_is_caught,
    "testbus0 does not hold it, testdev0 does")
{
	struct testdev_softc *sc = testdev_attached();

	bus_release_resource(device_get_parent(sc->dev), sc->mem);
}

TK_CASE_STOPS(a_resource_released_under_another_rid_is_caught,
    "released as rid 4 of type 3, but it is rid 0 of type 3")
{
	struct testdev_softc *sc = testdev_attached();

	bus_release_resource(sc->dev, SYS_RES_MEMORY, 4, sc->mem);
}

TK_CASE_STOPS(a_released_resource_in_use_is_caught,
    "tk: resource: rman_get_start: the resource was released")
{
	struct testdev_softc *sc = testdev_attached();

	bus_release_resource(sc->dev, sc->mem);
	rman_get_start(sc->mem);
}

TK_CASE_STOPS(unbusy_without_busy_is_caught,
    "tk: device-busy: testdev0 is not busy")
{
	device_unbusy(testdev_attached()->dev);
}

static struct mtx forgotten;

static void
forget_a_lock(device_t dev)
{
	mtx_init(&forgotten, "forgotten", NULL, MTX_DEF);
	mtx_lock(&forgotten);
}

TK_CASE_DEBUG_STOPS(a_lock_held_after_attach_is_caught, "forgotten")
{
	device_t dev = bare_device();

	testdev_plan.in_attach = forget_a_lock;
	tk_device_attach(dev);
}

static void
become_busy(device_t dev)
{
	device_busy(dev);
}

TK_CASE_STOPS(a_failed_attach_of_a_busy_device_is_caught,
    "tk: device-busy: testdev0 failed to attach but is busy")
{
	device_t dev = bare_device();

	testdev_plan.in_attach = become_busy;
	testdev_plan.attach_error = ENXIO;
	tk_device_attach(dev);
}

TK_CASE_STOPS(attaching_without_a_driver_is_caught,
    "tk: device: device_attach: no driver was probed")
{
	device_t dev = bare_device();

	bus_topo_lock();
	device_attach(dev);
}

TK_CASE_STOPS(a_module_unloaded_twice_is_caught,
    "tk: module: testbus/testdev is not loaded")
{
	module_t mod = module_lookupbyname("testbus/testdev");

	TK_EQ(module_unload(mod), 0);
	module_unload(mod);
}

static int unloads_at_sysuninit;

static void
sysuninit_of_a_module(void *unused)
{
	unloads_at_sysuninit = testdev_seen.unloads;
}
SYSUNINIT(module_with_testdev, SI_SUB_DRIVERS, SI_ORDER_ANY,
    sysuninit_of_a_module, NULL);

TK_CASE_UNBOOTED(modules_are_unloaded_before_their_sysuninits_run)
{
	tk_boot(NULL);
	testdev_seen.unloads = 0;
	TK_EQ(tk_shutdown(), 0);
	TK_EQ(testdev_seen.unloads, 1);
	TK_EQ(unloads_at_sysuninit, 1);
}

TK_CASE_UNBOOTED(a_device_left_at_shutdown_is_a_leak)
{
	device_t dev;

	tk_boot(NULL);
	testdev_setup(TK_IRQ_LEVEL);
	testdev_plan.no_resources = true;
	dev = tk_bus_add_child("testbus", "testdev", NULL, 0);
	TK_CHECK(dev != NULL);
	TK_EQ(tk_ledger_count("device"), 1);
	TK_CHECK(tk_shutdown() > 0);
	/* The next boot begins without it. */
	tk_boot(NULL);
	TK_CHECK(tk_device_find("testdev0") == NULL);
	TK_EQ(tk_ledger_count("device"), 0);
	TK_EQ(tk_shutdown(), 0);
}

TK_CASE_UNBOOTED(an_attached_device_at_shutdown_is_a_leak_and_not_detached)
{
	device_t dev;

	tk_boot(NULL);
	testdev_setup(TK_IRQ_LEVEL);
	dev = testdev_add();
	TK_EQ(tk_device_attach(dev), 0);
	TK_CHECK(tk_shutdown() > 0);
	TK_EQ(testdev_seen.detaches, 0);
}
