/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * apple_smc(4): the System Management Controller.
 *
 * This file is the glue to newbus and to shutdown.  Attach and detach are in
 * rust/device.rs, and the SMC's commands in rust/smc.rs.  Its pins are a child
 * device, in apple_smc_gpio.c.  Its clock is in apple_smc_rtc.c, and what the
 * boot loader is told in apple_smc_boot.c.
 */
#include "apple_smc_nvmem.h"

#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/proc.h>
#include <sys/reboot.h>
#include <sys/sysctl.h>

#include <dev/ofw/openfirm.h>
#include <dev/ofw/ofw_bus_subr.h>

#include "clock_if.h"
#include "ofw_bus_if.h"

/* Before apple_wdog, which restarts an M1, and other drivers that do. */
#define	APPLE_SMC_PRI_LOADER	(SHUTDOWN_PRI_LAST - 100)

/*
 * After FreeBSD's shutdown_panic(), which may wait for a key, and before its
 * shutdown_halt(); where psci(4) restarts.
 */
#define	APPLE_SMC_PRI_RESTART	(SHUTDOWN_PRI_LAST + 150)

/* After shutdown_halt(), which returns when a key was pressed. */
#define	APPLE_SMC_PRI_KEY	(SHUTDOWN_PRI_LAST + 250)

struct apple_smc_softc {
	void		*as_state;	/* Rust's; NULL: not attached */
	int		 as_error;	/* of a detach that failed */
	enum apple_smc_power as_announced; /* to the SMC */
	enum apple_smc_power as_told;	/* to the boot loader */
	struct apple_smc_boot as_boot;
	struct apple_smc_rtc as_rtc;
	eventhandler_tag as_announce;
	eventhandler_tag as_loader;
	eventhandler_tag as_power_off;
	eventhandler_tag as_restart;
	eventhandler_tag as_key;
};

static device_probe_t	apple_smc_probe;
static device_attach_t	apple_smc_attach;
static device_detach_t	apple_smc_detach;
static device_suspend_t	apple_smc_suspend;
static device_resume_t	apple_smc_resume;
static device_shutdown_t apple_smc_shutdown;
static clock_gettime_t	apple_smc_gettime;
static clock_settime_t	apple_smc_settime;
static ofw_bus_get_node_t apple_smc_get_node;

static device_method_t apple_smc_methods[] = {
	DEVMETHOD(device_probe,		apple_smc_probe),
	DEVMETHOD(device_attach,	apple_smc_attach),
	DEVMETHOD(device_detach,	apple_smc_detach),
	DEVMETHOD(device_suspend,	apple_smc_suspend),
	DEVMETHOD(device_resume,	apple_smc_resume),
	DEVMETHOD(device_shutdown,	apple_smc_shutdown),

	DEVMETHOD(clock_gettime,	apple_smc_gettime),
	DEVMETHOD(clock_settime,	apple_smc_settime),

	DEVMETHOD(ofw_bus_get_node,	apple_smc_get_node),
	DEVMETHOD_END
};

DEFINE_CLASS_0(apple_smc, apple_smc_driver, apple_smc_methods,
    sizeof(struct apple_smc_softc));
/* The SoC's own string is a node's first, and devmatch(8) reads no other. */
static const struct kpi_fdt_compat apple_smc_compat[] = {
	{ "apple,smc",		1 },
	{ "apple,t6000-smc",	1 },
	{ "apple,t6020-smc",	1 },
	{ "apple,t8103-smc",	1 },	/* t6020's second */
	{ "apple,t8112-smc",	1 },
	{ NULL,			0 },
};

/* After mailboxes and SPMI controllers, also in a module. */
DRIVER_MODULE(apple_smc, simplebus, apple_smc_driver, NULL, NULL);
MODULE_VERSION(apple_smc, 1);
MODULE_DEPEND(apple_smc, apple_mbox, 1, 1, 1);
MODULE_DEPEND(apple_smc, evdev, 1, 1, 1);
SIMPLEBUS_PNP_INFO(apple_smc_compat);

SDT_PROVIDER_DEFINE(apple_smc);
KPI_SDT_DEFINE2(apple_smc_sdt_request, apple_smc, request, int, uint64_t)
KPI_SDT_DEFINE3(apple_smc_sdt_reply, apple_smc, reply, int, uint64_t, int)
KPI_SDT_DEFINE2(apple_smc_sdt_event, apple_smc, event, int, uint64_t)

static int
apple_smc_probe(device_t dev)
{
	if (kpi_fdt_match(dev, apple_smc_compat) == 0)
		return (ENXIO);
	device_set_desc(dev, "Apple System Management Controller");
	return (BUS_PROBE_DEFAULT);
}

void *
apple_smc_state(device_t smc)
{
	const struct apple_smc_softc *sc = device_get_softc(smc);

	return (sc->as_state);
}

void
apple_smc_tell(device_t smc, uint32_t event)
{
	EVENTHANDLER_INVOKE(apple_smc_event, smc, event);
}

bool
apple_smc_has_sysctl(const char *name)
{
	/* It is read, too, but its value does not matter. */
	return (kernel_sysctlbyname(curthread, __DECONST(char *, name), NULL,
	    NULL, NULL, 0, NULL, 0) != ENOENT);
}

struct sysctl_oid *
apple_smc_sysctl_hw(void)
{
	return (&sysctl___hw);
}

/* The node of a child is what the child is for. */
static phandle_t
apple_smc_get_node(device_t dev, device_t child)
{
	return ((phandle_t)(uintptr_t)device_get_ivars(child));
}

static int
apple_smc_gettime(device_t dev, struct timespec *ts)
{
	const struct apple_smc_softc *sc = device_get_softc(dev);

	return (apple_smc_rtc_gettime(&sc->as_rtc, dev, ts));
}

static int
apple_smc_settime(device_t dev, struct timespec *ts)
{
	const struct apple_smc_softc *sc = device_get_softc(dev);

	return (apple_smc_rtc_settime(&sc->as_rtc, dev, ts));
}

/*
 * Shutdown
 *
 * kern_reboot() runs shutdown_post_sync, dumps the kernel if it is to, and runs
 * shutdown_final, of which the devices' shutdown methods are the first.  From
 * shutdown_post_sync on the SMC is spoken to by polling, which works in a
 * kernel that has panicked.
 *
 * What was set is given back before a dump, which takes minutes or never ends.
 * But the SMC and the boot loader are told only after a dump what the machine
 * is about to do.  It is not known that the SMC waits so long after "rest": a
 * model of it in QEMU, with which iOS works, resets the machine at once.  So
 * the SMC is told last, which apple_wdog may forestall.  The boot loader is
 * told before any driver may restart the machine.
 */
static bool
apple_smc_what(int howto, enum apple_smc_power *what)
{
	if ((howto & RB_POWEROFF) != 0)
		*what = APPLE_SMC_POWER_OFF;
	else if ((howto & RB_HALT) != 0)
		return (false);
	else
		*what = APPLE_SMC_RESTART;
	return (true);
}

static void
apple_smc_tell_loader(struct apple_smc_softc *sc, enum apple_smc_power what)
{
	if (sc->as_told == what)
		return;
	apple_smc_boot_announce(&sc->as_boot, what);
	sc->as_told = what;
}

static void
apple_smc_announce_all(struct apple_smc_softc *sc, enum apple_smc_power what)
{
	if (sc->as_announced != what)
		apple_smc_announce(sc->as_state, what);
	sc->as_announced = what;
	apple_smc_tell_loader(sc, what);
}

static void
apple_smc_shutdown_announce(void *arg, int howto)
{
	struct apple_smc_softc *sc = arg;
	enum apple_smc_power what;

	if (!apple_smc_what(howto, &what))
		return;
	if ((howto & RB_DUMP) != 0)
		apple_smc_quiet(sc->as_state);
	else
		apple_smc_announce_all(sc, what);
}

static void
apple_smc_shutdown_loader(void *arg, int howto)
{
	enum apple_smc_power what;

	if (apple_smc_what(howto, &what))
		apple_smc_tell_loader(arg, what);
}

/* The end, which is announced now if it was not before. */
static void
apple_smc_end(struct apple_smc_softc *sc, enum apple_smc_power what)
{
	apple_smc_announce_all(sc, what);
	apple_smc_go(sc->as_state, what);
}

static void
apple_smc_shutdown_power_off(void *arg, int howto)
{
	enum apple_smc_power what;

	if (apple_smc_what(howto, &what) && what == APPLE_SMC_POWER_OFF)
		apple_smc_end(arg, what);
}

static void
apple_smc_shutdown_restart(void *arg, int howto)
{
	enum apple_smc_power what;

	if (apple_smc_what(howto, &what) && what == APPLE_SMC_RESTART)
		apple_smc_end(arg, what);
}

/*
 * The machine was halted, or did not go off, and a key was pressed to restart
 * it.  The kernel's cpu_reset() would wait for ever: it calls firmware that
 * these machines lack.
 */
static void
apple_smc_shutdown_key(void *arg, int howto)
{
	if ((howto & RB_HALT) != 0)
		apple_smc_end(arg, APPLE_SMC_RESTART);
}

static void
apple_smc_register(struct apple_smc_softc *sc)
{
	sc->as_announced = sc->as_told = APPLE_SMC_STAY_ON;
	sc->as_announce = EVENTHANDLER_REGISTER(shutdown_post_sync,
	    apple_smc_shutdown_announce, sc, SHUTDOWN_PRI_LAST);
	sc->as_loader = EVENTHANDLER_REGISTER(shutdown_final,
	    apple_smc_shutdown_loader, sc, APPLE_SMC_PRI_LOADER);
	sc->as_power_off = EVENTHANDLER_REGISTER(shutdown_final,
	    apple_smc_shutdown_power_off, sc, SHUTDOWN_PRI_LAST);
	sc->as_restart = EVENTHANDLER_REGISTER(shutdown_final,
	    apple_smc_shutdown_restart, sc, APPLE_SMC_PRI_RESTART);
	sc->as_key = EVENTHANDLER_REGISTER(shutdown_final,
	    apple_smc_shutdown_key, sc, APPLE_SMC_PRI_KEY);
}

static void
apple_smc_deregister(struct apple_smc_softc *sc)
{
	if (sc->as_announce != NULL)
		EVENTHANDLER_DEREGISTER(shutdown_post_sync, sc->as_announce);
	if (sc->as_loader != NULL)
		EVENTHANDLER_DEREGISTER(shutdown_final, sc->as_loader);
	if (sc->as_power_off != NULL)
		EVENTHANDLER_DEREGISTER(shutdown_final, sc->as_power_off);
	if (sc->as_restart != NULL)
		EVENTHANDLER_DEREGISTER(shutdown_final, sc->as_restart);
	if (sc->as_key != NULL)
		EVENTHANDLER_DEREGISTER(shutdown_final, sc->as_key);
	sc->as_announce = sc->as_loader = sc->as_power_off = NULL;
	sc->as_restart = sc->as_key = NULL;
}

/*
 * Attach and detach, suspend and resume
 */

/* The node below the device's that is compatible; KPI_FDT_NONE: none is. */
static kpi_fdt_node
apple_smc_child(device_t dev, const char *compatible)
{
	kpi_fdt_node node;

	for (node = kpi_fdt_child(kpi_fdt_node_of(dev)); node != KPI_FDT_NONE;
	    node = kpi_fdt_next(node))
		if (kpi_fdt_is_compatible(node, compatible))
			break;
	return (node);
}

static void
apple_smc_add_clock(device_t dev, struct apple_smc_softc *sc)
{
	kpi_fdt_node node = apple_smc_child(dev, "apple,smc-rtc");

	if (node != KPI_FDT_NONE)
		apple_smc_rtc_attach(&sc->as_rtc, dev, node);
}

/* Restart and power off, if the device tree leaves them to the SMC. */
static void
apple_smc_add_power(device_t dev, struct apple_smc_softc *sc)
{
	kpi_fdt_node node = apple_smc_child(dev, "apple,smc-reboot");

	if (node == KPI_FDT_NONE)
		return;
	apple_smc_boot_attach(&sc->as_boot, dev, node);
	apple_smc_register(sc);
}

/* The pins of a bank are a child, if there are any. */
static void
apple_smc_add_bank(device_t dev, struct apple_smc_softc *sc, bool low)
{
	kpi_fdt_node node;
	device_t child;
	int max;

	if (apple_smc_pin_max(sc->as_state, low, &max) != 0)
		return;
	node = apple_smc_child(dev, low ? APPLE_SMC_LOW_GPIO :
	    APPLE_SMC_GPIO);
	child = device_add_child(dev, "gpio", DEVICE_UNIT_ANY);
	if (child == NULL) {
		device_printf(dev, "cannot add a gpio device for its pins\n");
		return;
	}
	device_set_ivars(child, (void *)(uintptr_t)node);
}

/* They may lack a driver. */
static void
apple_smc_add_pins(device_t dev, struct apple_smc_softc *sc)
{
	apple_smc_add_bank(dev, sc, false);
	apple_smc_add_bank(dev, sc, true);
	bus_attach_children(dev);
}

static int
apple_smc_attach(device_t dev)
{
	struct apple_smc_softc *sc = device_get_softc(dev);
	int error;

	error = apple_smc_attach_state(dev, &sc->as_state);
	if (error != 0)
		return (error);
	apple_smc_add_power(dev, sc);
	apple_smc_add_clock(dev, sc);
	apple_smc_add_pins(dev, sc);
	return (0);
}

static int
apple_smc_detach(device_t dev)
{
	struct apple_smc_softc *sc = device_get_softc(dev);
	int error;

	error = bus_generic_detach(dev);
	if (error != 0)
		return (error);
	apple_smc_rtc_detach(&sc->as_rtc, dev);
	apple_smc_deregister(sc);
	apple_smc_boot_detach(&sc->as_boot);
	/*
	 * If this fails, the state is gone, and the device stays attached for
	 * ever.
	 */
	if (sc->as_state != NULL)
		sc->as_error = apple_smc_detach_state(sc->as_state);
	sc->as_state = NULL;
	return (sc->as_error);
}

static int
apple_smc_suspend(device_t dev)
{
	const struct apple_smc_softc *sc = device_get_softc(dev);
	int error;

	error = bus_generic_suspend(dev);
	if (error != 0)
		return (error);
	error = sc->as_state == NULL ? 0 :
	    apple_smc_suspend_state(sc->as_state);
	/*
	 * Newbus resumes only devices whose suspend succeeded.  This one
	 * failed, so its children have to be resumed here.
	 */
	if (error != 0)
		(void)bus_generic_resume(dev);
	return (error);
}

static int
apple_smc_resume(device_t dev)
{
	const struct apple_smc_softc *sc = device_get_softc(dev);
	int child_error, error;

	error = sc->as_state == NULL ? 0 : apple_smc_resume_state(sc->as_state);
	/*
	 * Newbus takes this device for resumed in any case.  So the children
	 * are, too.
	 */
	child_error = bus_generic_resume(dev);
	return (error != 0 ? error : child_error);
}

static int
apple_smc_shutdown(device_t dev)
{
	const struct apple_smc_softc *sc = device_get_softc(dev);

	if (sc->as_state != NULL)
		apple_smc_quiet(sc->as_state);
	return (0);
}
