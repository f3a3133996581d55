/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * apple_rtkit_helper(4): coprocessors that only have to run.
 * apple_rtkit_helper.h describes the interface for clients.
 *
 * All that the firmware wants is RTKit's: this driver says which memory is the
 * firmware's own, and passes a crash on.
 *
 * Left out: power domains.  The binding has none, and FreeBSD has no driver
 * for them.  A node that has some is refused: a register without power stops
 * the machine that touches it.
 */
#include "apple_rtkit_helper.h"

#include "apple/rtkit/apple_rtkit.h"

#include "kpi_bus.h"
#include "kpi_dev.h"
#include "kpi_fdt.h"
#include "kpi_mtx.h"

#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/module.h>

#include <dev/ofw/ofw_bus_subr.h>

/* (c) constant after attach; (m) ah_mtx. */
struct apple_rtkit_helper {
	device_t		 ah_dev;	/* (c) */
	struct apple_rtkit	*ah_rtk;	/* (c) */
	struct kpi_res		 ah_sram;	/* (c) if there is some */
	struct kpi_mtx		 ah_mtx;
	struct apple_rtkit_helper_client ah_client; /* (m) */
	bool			 ah_claimed;	/* (m) */
	bool			 ah_gone;	/* (m) detaching */
};

/* The SoC's own string is a node's first, and devmatch(8) reads no other. */
static const struct kpi_fdt_compat apple_rtkit_helper_compat[] = {
	{ "apple,rtk-helper-asc4",	1 },
	{ "apple,t6020-mtp",		1 },
	{ "apple,t6030-mtp",		1 },
	{ "apple,t6031-mtp",		1 },
	{ "apple,t8112-mtp",		1 },
	{ "apple,t8122-mtp",		1 },
	{ "apple,t8140-mtp",		1 },
	{ "apple,t8142-mtp",		1 },
	{ NULL,				0 },
};

static device_probe_t	apple_rtkit_helper_probe;
static device_attach_t	apple_rtkit_helper_attach;
static device_detach_t	apple_rtkit_helper_detach;

static device_method_t apple_rtkit_helper_methods[] = {
	DEVMETHOD(device_probe,		apple_rtkit_helper_probe),
	DEVMETHOD(device_attach,	apple_rtkit_helper_attach),
	DEVMETHOD(device_detach,	apple_rtkit_helper_detach),
	DEVMETHOD_END
};

static driver_t apple_rtkit_helper_driver = {
	"apple_rtkit_helper",
	apple_rtkit_helper_methods,
	sizeof(struct apple_rtkit_helper),
};

/*
 * After mailboxes, and before clients, wherever in the tree they stand; by the
 * pass at boot, and by the order in a module (see apple_mbox.c).
 */
EARLY_DRIVER_MODULE_ORDERED(apple_rtkit_helper, simplebus,
    apple_rtkit_helper_driver, NULL, NULL, SI_ORDER_THIRD,
    BUS_PASS_SUPPORTDEV + BUS_PASS_ORDER_MIDDLE);
MODULE_VERSION(apple_rtkit_helper, 1);
SIMPLEBUS_PNP_INFO(apple_rtkit_helper_compat);

/*
 * What RTKit asks.  In its thread.
 */

/* Where len bytes at addr are in SRAM; false: not all of them are there. */
static bool
apple_rtkit_helper_in_sram(const struct apple_rtkit_helper *ah, uint64_t addr,
    size_t len, bus_size_t *off)
{
	uint64_t start;

	if (ah->ah_sram.kr_res == NULL)
		return (false);
	start = kpi_res_start(&ah->ah_sram);
	if (addr < start || addr - start > ah->ah_sram.kr_size ||
	    len > ah->ah_sram.kr_size - (addr - start))
		return (false);
	*off = addr - start;
	return (true);
}

static int
apple_rtkit_helper_map(void *arg, uint64_t addr, size_t size)
{
	bus_size_t off;

	return (apple_rtkit_helper_in_sram(arg, addr, size, &off) ? 0 :
	    EINVAL);
}

static int
apple_rtkit_helper_read(void *arg, uint64_t addr, void *buf, size_t len)
{
	struct apple_rtkit_helper *ah = arg;
	bus_size_t off;

	if (!apple_rtkit_helper_in_sram(ah, addr, len, &off))
		return (EINVAL);
	kpi_read_region_1(&ah->ah_sram, off, buf, len);
	return (0);
}

static void
apple_rtkit_helper_crashed(void *arg)
{
	struct apple_rtkit_helper *ah = arg;
	struct apple_rtkit_helper_client client;

	kpi_mtx_lock(&ah->ah_mtx);
	client = ah->ah_client;
	kpi_mtx_unlock(&ah->ah_mtx);
	if (client.ahc_crashed != NULL)
		client.ahc_crashed(client.ahc_arg);
}

/*
 * For clients
 */

/* 0: the client has it. */
static int
apple_rtkit_helper_claim(struct apple_rtkit_helper *ah,
    const struct apple_rtkit_helper_client *client)
{
	int error;

	kpi_mtx_lock(&ah->ah_mtx);
	error = ah->ah_gone ? ENXIO : ah->ah_claimed ? EBUSY : 0;
	if (error == 0) {
		ah->ah_claimed = true;
		ah->ah_client = *client;
	}
	kpi_mtx_unlock(&ah->ah_mtx);
	return (error);
}

/* As apple_rtkit_helper_get(), with the line for an error. */
static int
apple_rtkit_helper_lookup(device_t dev,
    const struct apple_rtkit_helper_client *client,
    struct apple_rtkit_helper **helperp, const char **why)
{
	uint32_t xref;
	device_t helper;
	int error;

	error = kpi_fdt_u32(kpi_fdt_node_of(dev), "apple,helper-cpu", &xref);
	*why = error == ENOENT ? "is not there" : "is not one reference";
	if (error != 0)
		return (error);
	helper = kpi_fdt_device(xref);
	*why = "its device is not attached";
	if (helper == NULL)
		return (ENXIO);
	*why = "does not refer to a helper";
	if (device_get_driver(helper) != &apple_rtkit_helper_driver)
		return (EINVAL);
	*helperp = kpi_dev_softc(helper);
	error = apple_rtkit_helper_claim(*helperp, client);
	*why = error == EBUSY ? "its device has a client" :
	    "its device is about to go";
	return (error);
}

int
apple_rtkit_helper_get(device_t dev,
    const struct apple_rtkit_helper_client *client,
    struct apple_rtkit_helper **helperp)
{
	struct apple_rtkit_helper *ah;
	const char *why;
	int error;

	error = apple_rtkit_helper_lookup(dev, client, &ah, &why);
	if (error == 0)
		*helperp = ah;
	else
		device_printf(dev, "apple,helper-cpu: %s\n", why);
	return (error);
}

void
apple_rtkit_helper_put(struct apple_rtkit_helper *ah)
{
	if (ah == NULL)
		return;
	/* This waits for RTKit's thread, which may be in ahc_crashed. */
	apple_rtkit_helper_stop(ah);
	kpi_mtx_lock(&ah->ah_mtx);
	memset(&ah->ah_client, 0, sizeof(ah->ah_client));
	ah->ah_claimed = false;
	kpi_mtx_unlock(&ah->ah_mtx);
}

int
apple_rtkit_helper_start(struct apple_rtkit_helper *ah)
{
	int error;

	if (apple_rtkit_crashed(ah->ah_rtk)) {
		error = apple_rtkit_reinit(ah->ah_rtk);
		if (error != 0)
			return (error);
	}
	return (apple_rtkit_boot(ah->ah_rtk));
}

void
apple_rtkit_helper_stop(struct apple_rtkit_helper *ah)
{
	/* An error is printed.  ENXIO: it is not started. */
	if (apple_rtkit_quiesce(ah->ah_rtk) != ENXIO)
		(void)apple_rtkit_reinit(ah->ah_rtk);
}

bool
apple_rtkit_helper_running(const struct apple_rtkit_helper *ah)
{
	return (apple_rtkit_running(ah->ah_rtk));
}

/*
 * The device
 */

static int
apple_rtkit_helper_probe(device_t dev)
{
	if (kpi_fdt_match(dev, apple_rtkit_helper_compat) == 0)
		return (ENXIO);
	device_set_desc(dev, "Apple RTKit helper coprocessor");
	return (BUS_PROBE_DEFAULT);
}

/* Map the SRAM, if there is some.  One line says what is wrong. */
static int
apple_rtkit_helper_map_sram(struct apple_rtkit_helper *ah)
{
	int error;

	error = kpi_fdt_res_alloc(ah->ah_dev, "sram", &ah->ah_sram);
	if (error == 0 || error == ENOENT)
		return (0);
	device_printf(ah->ah_dev, "cannot map \"sram\"\n");
	return (error);
}

static int
apple_rtkit_helper_get_rtkit(struct apple_rtkit_helper *ah)
{
	const struct apple_rtkit_client client = {
		.arc_cpu_reg = "asc",
		.arc_crashed = apple_rtkit_helper_crashed,
		.arc_map = apple_rtkit_helper_map,
		.arc_read = apple_rtkit_helper_read,
		.arc_arg = ah,
	};

	return (apple_rtkit_get_by_index(ah->ah_dev, 0, &client,
	    &ah->ah_rtk));
}

static void
apple_rtkit_helper_release(struct apple_rtkit_helper *ah)
{
	apple_rtkit_free(ah->ah_rtk);
	kpi_mtx_destroy(&ah->ah_mtx);
	kpi_res_free(&ah->ah_sram);
}

static int
apple_rtkit_helper_attach(device_t dev)
{
	struct apple_rtkit_helper *ah = kpi_dev_softc(dev);
	int error;

	ah->ah_dev = dev;
	if (kpi_fdt_has(kpi_fdt_node_of(dev), "power-domains")) {
		device_printf(dev, "has power-domains, for which there is no "
		    "driver\n");
		return (ENXIO);
	}
	error = apple_rtkit_helper_map_sram(ah);
	if (error != 0)
		return (error);
	kpi_mtx_init(&ah->ah_mtx, "apple_rtkit_helper", KPI_MTX_DEF);
	error = apple_rtkit_helper_get_rtkit(ah);
	if (error == 0) {
		error = kpi_fdt_register(dev);
		if (error != 0)
			device_printf(dev, "cannot be made known to clients: "
			    "error %d\n", error);
	}
	if (error != 0)
		apple_rtkit_helper_release(ah);
	return (error);
}

static int
apple_rtkit_helper_detach(device_t dev)
{
	struct apple_rtkit_helper *ah = kpi_dev_softc(dev);
	int error;

	kpi_mtx_lock(&ah->ah_mtx);
	error = ah->ah_claimed ? EBUSY : 0;
	ah->ah_gone = !ah->ah_claimed;
	kpi_mtx_unlock(&ah->ah_mtx);
	if (error != 0) {
		device_printf(dev, "has a client\n");
		return (error);
	}
	kpi_fdt_unregister(dev);
	apple_rtkit_helper_release(ah);
	return (0);
}
