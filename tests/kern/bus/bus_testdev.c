/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The driver and the model of bus_testdev.h. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/rman.h>
#include <machine/resource.h>

#include "bus_testdev.h"
#include "tk.h"
#include "tk_test.h"

struct testdev_plan testdev_plan;
struct testdev_seen testdev_seen;
struct testdev_model testdev_model;

/*
 * Driver
 */

static int
testdev_probe(device_t dev)
{
	testdev_seen.probes++;
	device_set_desc(dev, "Test device");
	return (testdev_plan.probe);
}

static void
testdev_release(struct testdev_softc *sc)
{
	if (sc->cookie != NULL)
		bus_teardown_intr(sc->dev, sc->irq, sc->cookie);
	sc->cookie = NULL;
	if (sc->irq != NULL)
		bus_release_resource(sc->dev, sc->irq);
	sc->irq = NULL;
	if (sc->mem != NULL && !testdev_plan.keep_mem)
		bus_release_resource(sc->dev, sc->mem);
	sc->mem = NULL;
}

static int
testdev_attach(device_t dev)
{
	struct testdev_softc *sc;
	int error, rid;

	testdev_seen.attaches++;
	if (testdev_plan.in_attach != NULL)
		testdev_plan.in_attach(dev);
	sc = device_get_softc(dev);
	for (size_t i = 0; i < sizeof(sc->zero); i++)
		TK_EQ(sc->zero[i], 0);
	memset(sc->zero, 1, sizeof(sc->zero));
	sc->dev = dev;
	error = testdev_plan.attach_error;
	if (!testdev_plan.no_resources) {
		rid = 0;
		sc->mem = bus_alloc_resource_any(dev, SYS_RES_MEMORY, &rid,
		    RF_ACTIVE);
		rid = 0;
		sc->irq = bus_alloc_resource_any(dev, SYS_RES_IRQ, &rid,
		    RF_ACTIVE | RF_SHAREABLE);
		if (sc->mem == NULL || sc->irq == NULL)
			error = ENXIO;
	}
	if (error != 0)
		testdev_release(sc);
	return (error);
}

static int
testdev_detach(device_t dev)
{
	testdev_seen.detaches++;
	if (testdev_plan.detach_error != 0)
		return (testdev_plan.detach_error);
	testdev_release(device_get_softc(dev));
	return (0);
}

static int
testdev_suspend(device_t dev)
{
	testdev_seen.suspends++;
	return (testdev_plan.suspend_error);
}

static int
testdev_resume(device_t dev)
{
	testdev_seen.resumes++;
	return (0);
}

static int
testdev_shutdown(device_t dev)
{
	testdev_seen.shutdowns++;
	return (0);
}

static int
testdev_quiesce(device_t dev)
{
	return (testdev_plan.quiesce_error);
}

static device_method_t testdev_methods[] = {
	DEVMETHOD(device_probe,		testdev_probe),
	DEVMETHOD(device_attach,	testdev_attach),
	DEVMETHOD(device_detach,	testdev_detach),
	DEVMETHOD(device_suspend,	testdev_suspend),
	DEVMETHOD(device_resume,	testdev_resume),
	DEVMETHOD(device_shutdown,	testdev_shutdown),
	DEVMETHOD(device_quiesce,	testdev_quiesce),
	DEVMETHOD_END
};

DEFINE_CLASS_0(testdev, testdev_driver, testdev_methods,
    sizeof(struct testdev_softc));

static int
testdev_modevent(module_t mod, int what, void *arg)
{
	switch (what) {
	case MOD_LOAD:
		testdev_seen.loads++;
		return (0);
	case MOD_UNLOAD:
		testdev_seen.unloads++;
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

DRIVER_MODULE(testdev, testbus, testdev_driver, testdev_modevent, NULL);
MODULE_VERSION(testdev, 1);

/*
 * Model
 */

static uint64_t
testdev_read(void *arg, uint64_t off, unsigned int width)
{
	struct testdev_model *m = arg;
	uint64_t value;

	m->accesses++;
	m->width = width;
	value = 0;
	memcpy(&value, m->bytes + off, width);
	return (value);
}

static void
testdev_write(void *arg, uint64_t off, unsigned int width, uint64_t value)
{
	struct testdev_model *m = arg;

	m->accesses++;
	m->width = width;
	memcpy(m->bytes + off, &value, width);
	if (off == 0 && m->doorbell != NULL)
		m->doorbell(m, value);
}

static const struct tk_mmio_ops testdev_ops = {
	.read = testdev_read,
	.write = testdev_write,
};

void
testdev_setup(enum tk_irq_trigger trigger)
{
	testdev_plan = (struct testdev_plan){ 0 };
	testdev_seen = (struct testdev_seen){ 0 };
	testdev_model = (struct testdev_model){ 0 };
	testdev_model.mmio = tk_mmio_add("testdev", TESTDEV_BASE,
	    TESTDEV_SIZE, &testdev_ops, &testdev_model);
	TK_CHECK(testdev_model.mmio != NULL);
	testdev_model.line = tk_irq_add("testdev", TESTDEV_IRQ, trigger);
	TK_CHECK(testdev_model.line != NULL);
}

device_t
testdev_add(void)
{
	static const struct tk_bus_resource resources[] = {
		{ TK_RES_MEMORY, 0, TESTDEV_BASE, TESTDEV_SIZE },
		{ TK_RES_IRQ, 0, TESTDEV_IRQ, 1 },
	};

	return (tk_bus_add_child("testbus", NULL, resources,
	    nitems(resources)));
}

struct testdev_softc *
testdev_attached(void)
{
	device_t dev;

	testdev_setup(TK_IRQ_LEVEL);
	dev = testdev_add();
	TK_CHECK(dev != NULL);
	TK_EQ(tk_device_attach(dev), 0);
	return (device_get_softc(dev));
}
