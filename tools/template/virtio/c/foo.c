/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * foo(4): a virtio device that fills buffers.
 *
 * The driver has one buffer.  It is on the queue unless the handler is looking
 * at it, or the device is stopped.
 */
#include "kpi_dev.h"
#include "kpi_dma.h"
#include "kpi_mtx.h"
#include "kpi_sysctl.h"
#include "kpi_virtio.h"

#include <sys/kernel.h>
#include <sys/module.h>
#include <dev/virtio/virtio_ids.h>

#include "foo_reg.h"
#include "virtio_if.h"

/* Locks: (c) constant after attach; (m) sc_mtx. */
struct foo_softc {
	device_t	 sc_dev;	/* (c) */
	struct kpi_virtio sc_virtio;
	struct kpi_mtx	 sc_mtx;
	struct kpi_dma_tag sc_tag;	/* (c) */
	struct kpi_dma_buf sc_buf;	/* (m) or the device's */
	struct sglist	*sc_sg;		/* (m) */
	struct virtqueue *sc_vq;	/* (m) */
	struct kpi_sysctl sc_sysctl;	/* (c) */
	uint64_t	 sc_bytes;	/* (m) */
};

static device_probe_t	foo_probe;
static device_attach_t	foo_attach;
static device_detach_t	foo_detach;
static device_suspend_t	foo_suspend;
static device_resume_t	foo_resume;

static device_method_t foo_methods[] = {
	DEVMETHOD(device_probe,		foo_probe),
	DEVMETHOD(device_attach,	foo_attach),
	DEVMETHOD(device_detach,	foo_detach),
	DEVMETHOD(device_suspend,	foo_suspend),
	DEVMETHOD(device_resume,	foo_resume),

	DEVMETHOD_END
};

static driver_t foo_driver = {
	"foo",
	foo_methods,
	sizeof(struct foo_softc),
};

VIRTIO_DRIVER_MODULE(foo, foo_driver, NULL, NULL);
MODULE_VERSION(foo, 1);
MODULE_DEPEND(foo, virtio, 1, 1, 1);
VIRTIO_SIMPLE_PNPINFO(foo, FOO_VIRTIO_ID, "foo");

static int
foo_probe(device_t dev)
{
	return (VIRTIO_SIMPLE_PROBE(dev, foo));
}

/*
 * The queue
 */

/* Give the buffer to the device.  Called with (m). */
static int
foo_give(struct foo_softc *sc)
{
	int error;

	kpi_sglist_reset(sc->sc_sg);
	error = kpi_sglist_append(sc->sc_sg, sc->sc_buf.kdb_paddr,
	    FOO_BUFFER);
	kpi_dma_sync(&sc->sc_buf, KPI_DMA_PREREAD);
	if (error == 0)
		error = kpi_vq_enqueue(sc->sc_vq, &sc->sc_buf, sc->sc_sg, 0,
		    1);
	return (error);
}

/* The device has filled the buffer, it says with len bytes. */
static void
foo_got(struct foo_softc *sc, uint32_t len)
{
	int error;

	kpi_dma_sync(&sc->sc_buf, KPI_DMA_POSTREAD);
	sc->sc_bytes += MIN(len, FOO_BUFFER);
	error = foo_give(sc);
	if (error != 0)
		device_printf(sc->sc_dev, "the queue takes no buffer: "
		    "error %d\n", error);
}

static void
foo_intr(void *arg)
{
	struct foo_softc *sc = arg;
	uint32_t len;

	kpi_mtx_lock(&sc->sc_mtx);
	do {
		while (kpi_vq_dequeue(sc->sc_vq, &len) != NULL)
			foo_got(sc, len);
		kpi_vq_notify(sc->sc_vq);
	} while (kpi_vq_enable_intr(sc->sc_vq));
	kpi_mtx_unlock(&sc->sc_mtx);
}

/* Start the device with the buffer on its queue. */
static int
foo_start(struct foo_softc *sc)
{
	int error;

	kpi_mtx_lock(&sc->sc_mtx);
	(void)kpi_vq_enable_intr(sc->sc_vq);	/* nothing was put on it yet */
	error = foo_give(sc);
	kpi_mtx_unlock(&sc->sc_mtx);
	if (error != 0)
		return (error);
	kpi_virtio_driver_ok(&sc->sc_virtio);
	kpi_mtx_lock(&sc->sc_mtx);
	kpi_vq_notify(sc->sc_vq);
	kpi_mtx_unlock(&sc->sc_mtx);
	return (0);
}

/* Stop the device, and take the buffer back. */
static void
foo_stop(struct foo_softc *sc)
{
	int last = 0;

	kpi_virtio_stop(&sc->sc_virtio);
	kpi_mtx_lock(&sc->sc_mtx);
	if (kpi_vq_drain(sc->sc_vq, &last) != NULL)
		kpi_dma_sync(&sc->sc_buf, KPI_DMA_POSTREAD);
	kpi_mtx_unlock(&sc->sc_mtx);
}

/*
 * Attach and detach
 */

static int
foo_set_up_buffer(struct foo_softc *sc)
{
	const struct kpi_dma_params params = {
		.kdp_align = 1,
		.kdp_maxaddr = BUS_SPACE_MAXADDR,
		.kdp_maxsize = FOO_BUFFER,
		.kdp_maxsegsz = FOO_BUFFER,
		.kdp_maxsegs = 1,
	};
	int error;

	error = kpi_dma_tag_create(sc->sc_dev, &params, &sc->sc_tag);
	if (error == 0)
		error = kpi_dma_alloc(&sc->sc_tag, M_WAITOK, &sc->sc_buf);
	if (error == 0)
		sc->sc_sg = kpi_sglist_alloc(1, M_WAITOK);
	return (error);
}

static int
foo_set_up_queue(struct foo_softc *sc)
{
	struct kpi_vq_spec spec = {
		.kvs_name = "foo",
		.kvs_maxsegs = 1,
		.kvs_intr = foo_intr,
		.kvs_arg = sc,
	};
	uint64_t agreed;
	int error;

	error = kpi_virtio_negotiate(&sc->sc_virtio, KPI_VIRTIO_F_VERSION_1 |
	    KPI_VIRTIO_F_EVENT_IDX, &agreed);
	if (error == 0 && (agreed & KPI_VIRTIO_F_VERSION_1) == 0)
		error = ENXIO;
	if (error == 0)
		error = kpi_virtio_setup_queues(&sc->sc_virtio, &spec,
		    FOO_VQS);
	if (error == 0)
		sc->sc_vq = spec.kvs_vq;
	return (error);
}

/* Take what the driver needs, in this order, and start the device. */
static int
foo_set_up(struct foo_softc *sc)
{
	int error;

	error = foo_set_up_buffer(sc);
	if (error != 0)
		return (error);
	kpi_sysctl_init(&sc->sc_sysctl, sc->sc_dev);
	error = kpi_sysctl_u64(&sc->sc_sysctl, NULL, "bytes",
	    "Bytes that the device has sent", &sc->sc_bytes);
	if (error != 0)
		return (error);
	error = foo_set_up_queue(sc);
	if (error != 0)
		return (error);
	return (foo_start(sc));
}

/* Give it back, in the reverse order.  What was not taken is left alone. */
static void
foo_tear_down(struct foo_softc *sc)
{
	if (sc->sc_vq != NULL)
		foo_stop(sc);
	kpi_sysctl_fini(&sc->sc_sysctl);
	kpi_sglist_free(sc->sc_sg);
	kpi_dma_free(&sc->sc_buf);
	kpi_dma_tag_destroy(&sc->sc_tag);
	kpi_mtx_destroy(&sc->sc_mtx);
}

static int
foo_attach(device_t dev)
{
	struct foo_softc *sc = kpi_dev_softc(dev);
	int error;

	sc->sc_dev = dev;
	kpi_mtx_init(&sc->sc_mtx, "foo", KPI_MTX_DEF);
	kpi_virtio_init(&sc->sc_virtio, dev);
	error = foo_set_up(sc);
	if (error != 0) {
		device_printf(dev, "cannot attach: error %d\n", error);
		foo_tear_down(sc);
	}
	return (error);
}

static int
foo_detach(device_t dev)
{
	foo_tear_down(kpi_dev_softc(dev));
	return (0);
}

static int
foo_suspend(device_t dev)
{
	foo_stop(kpi_dev_softc(dev));
	return (0);
}

static int
foo_resume(device_t dev)
{
	struct foo_softc *sc = kpi_dev_softc(dev);
	int error;

	error = kpi_virtio_restart(&sc->sc_virtio);
	if (error == 0)
		error = foo_start(sc);
	return (error);
}
