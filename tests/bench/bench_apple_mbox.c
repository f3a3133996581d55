/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * apple_mbox(4) under measurement, with a client that counts its messages.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>
#include <sys/module.h>

#include "apple_mbox.h"
#include "bench_mbox.h"
#include "kpi_fdt.h"
#include "tk_ofw.h"

static struct apple_mbox *bench_client_mbox;
static volatile uint64_t bench_client_received;

static bool
bench_client_recv(void *arg, const struct apple_mbox_msg *msg)
{
	bench_client_received++;
	return (false);
}

static int
bench_client_probe(device_t dev)
{
	return (kpi_fdt_is_compatible(kpi_fdt_node_of(dev),
	    "test,mbox-client") ? BUS_PROBE_DEFAULT : ENXIO);
}

static int
bench_client_attach(device_t dev)
{
	static const struct apple_mbox_client client = {
		.amc_recv = bench_client_recv,
	};

	return (apple_mbox_get_by_index(dev, 0, &client, &bench_client_mbox));
}

static int
bench_client_detach(device_t dev)
{
	apple_mbox_put(bench_client_mbox);
	return (0);
}

static device_method_t bench_client_methods[] = {
	DEVMETHOD(device_probe,		bench_client_probe),
	DEVMETHOD(device_attach,	bench_client_attach),
	DEVMETHOD(device_detach,	bench_client_detach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(bench_client, bench_client_driver, bench_client_methods,
    0);
DRIVER_MODULE(bench_client, simplebus, bench_client_driver, NULL, NULL);

static void
bench_apple_up(void)
{
	tk_ofw_boot("t8103");
	bench_must(apple_mbox_start(bench_client_mbox), "start");
}

static void
bench_apple_down(void)
{
	bench_must(tk_ofw_detach(), "detach");
}

static void
bench_apple_send(uint64_t msg0)
{
	const struct apple_mbox_msg msg = { .amm_msg0 = msg0 };

	bench_must(apple_mbox_send(bench_client_mbox, &msg, 0), "send");
}

static uint64_t
bench_apple_received(void)
{
	return (bench_client_received);
}

static const struct bench_mbox_driver bench_apple_driver = {
	.up = bench_apple_up,
	.down = bench_apple_down,
	.send = bench_apple_send,
	.received = bench_apple_received,
};

void
bench_apple_mbox(const struct bench_burst *b, struct bench_exchange *x)
{
	bench_mbox(&bench_apple_driver, b, x);
}
