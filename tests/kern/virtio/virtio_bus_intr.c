/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The interrupts of a virtio bus: lines that the device raises, and handlers
 * that look at the queues.  Vectors and filters are as FreeBSD 15's virtio_mmio
 * and virtio_pci choose them.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/rman.h>

#include <machine/bus.h>
#include <machine/resource.h>

#include <dev/virtio/virtio.h>
#include <dev/virtio/virtqueue.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_bus_var.h"
#include "tk_virtio_var.h"
#include "virtio_if.h"

/* Interrupt numbers used here; the nexus has no higher ones. */
#define	VTBUS_FIRST_IRQ		2048
#define	VTBUS_LAST_IRQ		4095

/* virtio_mmio's interrupt status register. */
#define	VTBUS_INT_VRING		0x1
#define	VTBUS_INT_CONFIG	0x2

/*
 * Interrupt handlers, and the device's side of them
 */

static void
vtbus_config_intr(void *arg)
{
	struct vtbus_softc *sc;

	sc = arg;
	VIRTIO_CONFIG_CHANGE(sc->child);
}

static void
vtbus_all_queues_intr(void *arg)
{
	struct vtbus_softc *sc;
	int i;

	sc = arg;
	for (i = 0; i < sc->nvqs; i++) {
		if (!sc->vqs[i].no_intr)
			virtqueue_intr(sc->vqs[i].vq);
	}
}

static int
vtbus_all_queues_filter(void *arg)
{
	struct vtbus_softc *sc;
	int i, some;

	sc = arg;
	some = 0;
	for (i = 0; i < sc->nvqs; i++) {
		if (!sc->vqs[i].no_intr)
			some |= virtqueue_intr_filter(sc->vqs[i].vq);
	}
	return (some ? FILTER_SCHEDULE_THREAD : FILTER_STRAY);
}

static void
vtbus_queue_intr(void *arg)
{

	virtqueue_intr(arg);
}

static int
vtbus_queue_filter(void *arg)
{

	return (virtqueue_intr_filter(arg) ? FILTER_SCHEDULE_THREAD :
	    FILTER_STRAY);
}

/* virtio_mmio: one line for everything. */
static void
vtbus_line_intr(void *arg)
{
	struct vtbus_softc *sc;
	uint32_t status;

	sc = arg;
	status = __atomic_exchange_n(&sc->int_status, 0, __ATOMIC_ACQ_REL);
	if ((status & VTBUS_INT_CONFIG) != 0)
		vtbus_config_intr(sc);
	if ((status & VTBUS_INT_VRING) != 0)
		vtbus_all_queues_intr(sc);
}

/* Interrupt on a vector; status is for virtio_mmio. */
static void
vtbus_raise(struct vtbus_softc *sc, struct vtbus_vector *vector,
    uint32_t status)
{

	if (vector == NULL ||
	    !__atomic_load_n(&sc->intr_ready, __ATOMIC_ACQUIRE)) {
		vtbus_count(&sc->stats.missed_interrupts);
		return;
	}
	__atomic_or_fetch(&sc->int_status, status, __ATOMIC_ACQ_REL);
	tk_irq_raise(vector->irq);
}

void
tk_virtio_intr_queue(struct _device *bus, uint16_t q)
{
	struct vtbus_softc *sc;
	struct vtbus_vector *vector;

	sc = device_get_softc(bus);
	if (q >= TK_VIRTIO_MAXQ)
		tk_stop("virtio-vector", "%s: the device interrupts for queue "
		    "%d", device_get_nameunit(bus), q);
	vtbus_count(&sc->stats.interrupts[q]);
	if (!sc->pci)
		vector = &sc->vector[0];
	else if (sc->intr_shared)
		vector = &sc->vector[1];
	else
		vector = q < sc->nvqs ? sc->vqs[q].vector : NULL;
	vtbus_raise(sc, vector, VTBUS_INT_VRING);
}

void
tk_virtio_intr_shared(struct _device *bus)
{
	struct vtbus_softc *sc;

	sc = device_get_softc(bus);
	vtbus_count(&sc->stats.shared_interrupts);
	if (sc->pci && __atomic_load_n(&sc->intr_ready, __ATOMIC_ACQUIRE) &&
	    !sc->intr_shared)
		tk_stop("virtio-vector", "%s: the device raises a shared "
		    "vector and has one per queue", device_get_nameunit(bus));
	vtbus_raise(sc, &sc->vector[sc->pci ? 1 : 0], VTBUS_INT_VRING);
}

void
tk_virtio_intr_config(struct _device *bus)
{
	struct vtbus_softc *sc;

	sc = device_get_softc(bus);
	vtbus_count(&sc->stats.config_interrupts);
	vtbus_raise(sc, &sc->vector[0], VTBUS_INT_CONFIG);
}

/*
 * Interrupt set-up
 */

static void
vtbus_free_vector(struct vtbus_softc *sc, struct vtbus_vector *vector)
{

	if (vector->cookie != NULL) {
		bus_teardown_intr(sc->dev, vector->res, vector->cookie);
		vector->cookie = NULL;
	}
	if (vector->res != NULL) {
		bus_release_resource(sc->dev, vector->res);
		vector->res = NULL;
	}
	if (vector->irq != NULL) {
		tk_irq_remove(vector->irq);
		vector->irq = NULL;
	}
}

/* Stop the device first: once teardown_intr has returned it raises nothing. */
void
vtbus_free_interrupts(struct vtbus_softc *sc)
{
	int i;

	if (sc->intr_ready)
		sc->ops->teardown_intr(sc->arg);
	__atomic_store_n(&sc->intr_ready, false, __ATOMIC_RELEASE);
	for (i = 0; i < sc->nvectors; i++)
		vtbus_free_vector(sc, &sc->vector[i]);
	for (i = 0; i < sc->nvqs; i++)
		sc->vqs[i].vector = NULL;
	sc->nvectors = 0;
}

/* A new line on the first free interrupt number; NULL without memory. */
static struct tk_irq *
vtbus_new_irq(struct vtbus_vector *vector)
{
	u_int n;

	n = VTBUS_FIRST_IRQ;
	while (n <= VTBUS_LAST_IRQ && tk_irq_lookup(n) != NULL)
		n++;
	vector->number = n;
	vector->irq = tk_irq_add(vector->name, n, TK_IRQ_EDGE);
	return (vector->irq);
}

/* Another vector with these handlers: 0, ENXIO, or bus_setup_intr()'s errno. */
static int
vtbus_add_vector(struct vtbus_softc *sc, const char *what, int type,
    driver_filter_t *filter, driver_intr_t *handler, void *arg)
{
	struct vtbus_vector *vector;
	int rid;

	rid = sc->nvectors;
	vector = &sc->vector[sc->nvectors++];
	snprintf(vector->name, sizeof(vector->name), "%s:%s",
	    device_get_nameunit(sc->dev), what);
	if (vtbus_new_irq(vector) == NULL)
		return (ENXIO);
	vector->res = bus_alloc_resource(sc->dev, SYS_RES_IRQ, &rid,
	    vector->number, vector->number, 1, RF_ACTIVE);
	if (vector->res == NULL)
		return (ENXIO);
	return (bus_setup_intr(sc->dev, vector->res, type | INTR_MPSAFE,
	    filter, handler, arg, &vector->cookie));
}

static int
vtbus_setup_queue_vectors(struct vtbus_softc *sc, int type)
{
	char what[16];
	int error, i;

	for (i = 0, error = 0; i < sc->nvqs && error == 0; i++) {
		if (sc->vqs[i].no_intr)
			continue;
		snprintf(what, sizeof(what), "q%d", i);
		error = vtbus_add_vector(sc, what, type, vtbus_queue_filter,
		    vtbus_queue_intr, sc->vqs[i].vq);
		if (error == 0)
			sc->vqs[i].vector = &sc->vector[sc->nvectors - 1];
	}
	return (error);
}

static int
vtbus_setup_vectors(struct vtbus_softc *sc, int type)
{
	int error;

	if (!sc->pci)
		return (vtbus_add_vector(sc, "line", type, NULL,
		    vtbus_line_intr, sc));

	sc->intr_shared = sc->ops->intr_shared != NULL &&
	    sc->ops->intr_shared(sc->arg);
	error = vtbus_add_vector(sc, "config", type, NULL, vtbus_config_intr,
	    sc);
	if (error != 0)
		return (error);
	if (sc->intr_shared)
		return (vtbus_add_vector(sc, "queues", type,
		    vtbus_all_queues_filter, vtbus_all_queues_intr, sc));
	return (vtbus_setup_queue_vectors(sc, type));
}

int
vtbus_start_interrupts(struct vtbus_softc *sc)
{
	int error;

	sc->int_status = 0;
	__atomic_store_n(&sc->intr_ready, true, __ATOMIC_RELEASE);
	error = sc->ops->setup_intr(sc->arg);
	if (error != 0)
		device_printf(sc->dev, "device refuses its interrupts: %d\n",
		    error);
	return (error);
}

int
vtbus_setup_interrupts(struct vtbus_softc *sc, int type)
{
	int error;

	error = vtbus_setup_vectors(sc, type);
	if (error == 0)
		error = vtbus_start_interrupts(sc);
	return (error);
}
