/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A coprocessor whose CPU is ours, a client of it, and what they do together:
 * boots, messages, crashes, new starts.
 */

#include "apple_model_var.h"

#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/module.h>
#include <sys/mutex.h>

#include <dev/ofw/ofw_bus.h>
#include <dev/ofw/ofw_bus_subr.h>

#include "apple/rtkit/apple_rtkit.h"
#include "model_rtkit.h"

static struct model_rtkit *am_rtkit;

void
am_rtkit_attach(void)
{
	const struct model_asc_config asc = {
		.name = "test", .variant = MODEL_ASC_V4, .base = 0x27a408000,
		.asc_base = 0x27a400000, .irq = 613,
	};
	struct model_rtkit_config config;

	model_rtkit_config_default(&config);
	am_rtkit = model_rtkit_new(&asc, &config);
	if (am_rtkit == NULL)
		panic("apple_model: addresses used twice");
	model_rtkit_app(am_rtkit, MODEL_RTKIT_EP_APP, &model_rtkit_app_echo);
}

/*
 * The client
 */

struct am_app {
	struct apple_rtkit	*rtk;
	struct mtx		 mtx;		/* all below */
	uint64_t		 count;		/* messages that came */
	uint64_t		 wrong;		/* not the next number */
	u_int			 crashes;
};

/* newbus's topology lock. */
static struct am_app *am_the_app;

static void
am_app_crashed(void *arg)
{
	struct am_app *app = arg;

	mtx_lock(&app->mtx);
	app->crashes++;
	wakeup(app);
	mtx_unlock(&app->mtx);
}

static void
am_app_recv(void *arg, uint64_t msg)
{
	struct am_app *app = arg;

	mtx_lock(&app->mtx);
	app->wrong += msg != app->count;
	app->count++;
	wakeup(app);
	mtx_unlock(&app->mtx);
}

/* Wait until so many messages came, or crashes; false: they do not. */
static bool
am_app_wait(struct am_app *app, uint64_t count, u_int crashes)
{
	sbintime_t end = sbinuptime() + AM_PATIENCE;
	bool done;

	mtx_lock(&app->mtx);
	while ((app->count < count || app->crashes < crashes) &&
	    sbinuptime() < end)
		(void)msleep_sbt(app, &app->mtx, 0, "amapp", end, 0,
		    C_ABSOLUTE);
	done = app->count >= count && app->crashes >= crashes;
	mtx_unlock(&app->mtx);
	return (done);
}

static int
am_app_probe(device_t dev)
{
	if (!ofw_bus_status_okay(dev) ||
	    !ofw_bus_is_compatible(dev, "test,rtkit-client"))
		return (ENXIO);
	device_set_desc(dev, "Client of RTKit, for tests");
	return (BUS_PROBE_DEFAULT);
}

static int
am_app_attach(device_t dev)
{
	struct am_app *app = device_get_softc(dev);
	const struct apple_rtkit_client client = {
		.arc_cpu_reg = "cpu",
		.arc_crashed = am_app_crashed,
		.arc_arg = app,
	};
	int error;

	mtx_init(&app->mtx, "apple_model app", NULL, MTX_DEF);
	error = apple_rtkit_get_by_index(dev, 0, &client, &app->rtk);
	if (error != 0) {
		mtx_destroy(&app->mtx);
		return (error);
	}
	am_the_app = app;
	return (0);
}

static int
am_app_detach(device_t dev)
{
	struct am_app *app = device_get_softc(dev);

	am_the_app = NULL;
	apple_rtkit_free(app->rtk);
	mtx_destroy(&app->mtx);
	return (0);
}

static device_method_t am_app_methods[] = {
	DEVMETHOD(device_probe,		am_app_probe),
	DEVMETHOD(device_attach,	am_app_attach),
	DEVMETHOD(device_detach,	am_app_detach),
	DEVMETHOD_END
};

DEFINE_CLASS_0(am_app, am_app_driver, am_app_methods, sizeof(struct am_app));
DRIVER_MODULE(am_app, simplebus, am_app_driver, NULL, NULL);
MODULE_DEPEND(am_app, apple_mbox, 1, 1, 1);

/*
 * What they do together
 */

static struct am_app *
am_app(void)
{
	struct am_app *app;

	bus_topo_lock();
	app = am_the_app;
	bus_topo_unlock();
	return (app);
}

/* Boot it, and start its application. */
static const char *
am_app_boot(struct am_app *app)
{
	const struct apple_rtkit_port port = {
		.arp_recv = am_app_recv, .arp_arg = app,
	};

	AM_CHECK(app != NULL);
	AM_CHECK(apple_rtkit_boot(app->rtk) == 0);
	AM_CHECK(apple_rtkit_running(app->rtk));
	mtx_lock(&app->mtx);
	app->count = app->wrong = 0;
	app->crashes = 0;
	mtx_unlock(&app->mtx);
	AM_CHECK(apple_rtkit_start_ep(app->rtk, MODEL_RTKIT_EP_APP,
	    &port) == 0);
	return (NULL);
}

/* Messages go and come back, each once, in order. */
static const char *
am_app_echo(struct am_app *app)
{
	const uint64_t many = 500;
	uint64_t i;

	for (i = 0; i < many; i++)
		AM_CHECK(apple_rtkit_send(app->rtk, MODEL_RTKIT_EP_APP, i,
		    AM_PATIENCE) == 0);
	AM_CHECK(am_app_wait(app, many, 0));
	AM_CHECK(app->count == many);
	AM_CHECK(app->wrong == 0);
	return (model_rtkit_first_violation(am_rtkit)[0] == '\0' ? NULL :
	    model_rtkit_first_violation(am_rtkit));
}

static const char *
am_run_boot(u_int times)
{
	struct am_app *app = am_app();
	const char *why;
	u_int i;

	for (i = 0; i < times; i++) {
		why = am_app_boot(app);
		if (why == NULL)
			why = am_app_echo(app);
		if (why != NULL)
			return (why);
		AM_CHECK(apple_rtkit_shutdown(app->rtk) == 0);
		AM_CHECK(!apple_rtkit_running(app->rtk));
	}
	return (NULL);
}

/* The coprocessor crashes, its client is told, and it is started again. */
static const char *
am_run_crash(u_int times)
{
	struct am_app *app = am_app();
	const char *why;
	u_int i;

	for (i = 0; i < times; i++) {
		why = am_app_boot(app);
		if (why != NULL)
			return (why);
		model_rtkit_crash(am_rtkit);
		AM_CHECK(am_app_wait(app, 0, 1));
		AM_CHECK(apple_rtkit_crashed(app->rtk));
		AM_CHECK(apple_rtkit_send(app->rtk, MODEL_RTKIT_EP_APP, 0,
		    SBT_1S) == EIO);
		AM_CHECK(apple_rtkit_boot(app->rtk) == EIO);
		AM_CHECK(apple_rtkit_reinit(app->rtk) == 0);
	}
	return (am_run_boot(1));
}

/*
 * The coprocessor misbehaves while it boots.  The driver returns an error, and
 * another boot works.  If it crashes before it has memory for a log, nothing is
 * logged.
 */
static const char *
am_run_misbehave(u_int which)
{
	static const struct {
		const char	*fault;
		int		 error;
	} faults[] = {
		{ "silent-hello", ETIMEDOUT },
		{ "crash-epmap", ETIMEDOUT },
		{ "silent-iop-ack", ETIMEDOUT },
	};
	struct am_app *app = am_app();
	int error;

	AM_CHECK(app != NULL && which < nitems(faults));
	model_rtkit_fault(am_rtkit, faults[which].fault, 1);
	error = apple_rtkit_boot(app->rtk);
	AM_CHECK(model_rtkit_faulted(am_rtkit, faults[which].fault) != 0);
	AM_CHECK(error == faults[which].error);
	(void)apple_rtkit_reinit(app->rtk);
	/* It may miss answers to what it did not say. */
	model_rtkit_violations_clear(am_rtkit);
	return (am_run_boot(1));
}

const struct am_command am_rtkit_commands[] = {
	{ "boot",	am_run_boot },
	{ "crash",	am_run_crash },
	{ "misbehave",	am_run_misbehave },
	{ NULL,		NULL }
};
