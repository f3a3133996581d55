/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver with which apple_mbox(4) is compared: the plain way to drive the
 * same mailbox.  It reads the status before every message.  It allocates memory
 * for each received message and keeps it on a list for the client.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/mutex.h>
#include <sys/queue.h>
#include <sys/rman.h>
#include <machine/bus.h>
#include <machine/resource.h>

#include "bench_mbox.h"
#include "mbox_rig.h"
#include "tk_bus.h"

#define	A2I_CONTROL	0x110
#define	I2A_CONTROL	0x114
#define	FULL		(1u << 16)
#define	EMPTY		(1u << 17)
#define	SEND		0x800
#define	RECV		0x830

struct plain_msg {
	STAILQ_ENTRY(plain_msg)	 link;
	uint64_t		 msg0;
	uint32_t		 msg1;
};

struct plain_softc {
	struct resource		*mem;
	struct resource		*irq;
	void			*cookie;
	struct mtx		 mtx;
	STAILQ_HEAD(, plain_msg) queue;
};

static struct plain_softc *plain;
static volatile uint64_t plain_count;

static void
plain_deliver(struct plain_softc *sc)
{
	struct plain_msg *msg;

	while ((msg = STAILQ_FIRST(&sc->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&sc->queue, link);
		plain_count++;
		free(msg, M_DEVBUF);
	}
}

static void
plain_intr(void *arg)
{
	struct plain_softc *sc = arg;
	struct plain_msg *msg;

	mtx_lock(&sc->mtx);
	while ((bus_read_4(sc->mem, I2A_CONTROL) & EMPTY) == 0) {
		msg = malloc(sizeof(*msg), M_DEVBUF, M_NOWAIT);
		if (msg == NULL)
			panic("%s: no memory", __func__);
		msg->msg0 = bus_read_8(sc->mem, RECV);
		msg->msg1 = (uint32_t)bus_read_8(sc->mem, RECV + 8);
		rmb();
		STAILQ_INSERT_TAIL(&sc->queue, msg, link);
	}
	plain_deliver(sc);
	mtx_unlock(&sc->mtx);
}

static void
plain_send(uint64_t msg0)
{
	struct plain_softc *sc = plain;

	wmb();
	mtx_lock(&sc->mtx);
	bench_must((bus_read_4(sc->mem, A2I_CONTROL) & FULL) != 0, "send");
	bus_write_8(sc->mem, SEND, msg0);
	bus_write_8(sc->mem, SEND + 8, 0);
	mtx_unlock(&sc->mtx);
}

static int
plain_probe(device_t dev)
{
	return (BUS_PROBE_DEFAULT);
}

static int
plain_attach(device_t dev)
{
	struct plain_softc *sc = device_get_softc(dev);
	int rid = 0;

	plain = sc;
	STAILQ_INIT(&sc->queue);
	mtx_init(&sc->mtx, "plain mailbox", NULL, MTX_DEF);
	sc->mem = bus_alloc_resource_any(dev, SYS_RES_MEMORY, &rid, RF_ACTIVE);
	sc->irq = bus_alloc_resource_any(dev, SYS_RES_IRQ, &rid, RF_ACTIVE);
	bench_must(sc->mem == NULL || sc->irq == NULL, "resources");
	return (bus_setup_intr(dev, sc->irq, INTR_TYPE_MISC | INTR_MPSAFE,
	    NULL, plain_intr, sc, &sc->cookie));
}

static int
plain_detach(device_t dev)
{
	struct plain_softc *sc = device_get_softc(dev);

	bus_teardown_intr(dev, sc->irq, sc->cookie);
	bus_release_resource(dev, sc->irq);
	bus_release_resource(dev, sc->mem);
	mtx_destroy(&sc->mtx);
	return (0);
}

static device_method_t plain_methods[] = {
	DEVMETHOD(device_probe,		plain_probe),
	DEVMETHOD(device_attach,	plain_attach),
	DEVMETHOD(device_detach,	plain_detach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(plain_mbox, plain_driver, plain_methods,
    sizeof(struct plain_softc));
DRIVER_MODULE(plain_mbox, plainbus, plain_driver, NULL, NULL);

static device_t plain_dev;

static void
plain_up(void)
{
	const struct tk_bus_resource resources[] = {
		{ TK_RES_MEMORY, 0, mbox_v4.base, 0x4000 },
		{ TK_RES_IRQ, 0, mbox_v4.irq + MODEL_ASC_RECV_NOT_EMPTY, 1 },
	};

	plain_dev = tk_bus_add_child("plainbus", NULL, resources,
	    nitems(resources));
	bench_must(tk_device_attach(plain_dev), "attach");
}

static void
plain_down(void)
{
	bench_must(tk_device_delete(plain_dev), "detach");
}

static uint64_t
plain_received(void)
{
	return (plain_count);
}

static const struct bench_mbox_driver plain_mbox_driver = {
	.up = plain_up,
	.down = plain_down,
	.send = plain_send,
	.received = plain_received,
};

void
bench_plain_mbox(const struct bench_burst *b, struct bench_exchange *x)
{
	bench_mbox(&plain_mbox_driver, b, x);
}
