/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * virtio_snd(4): the virtio sound device as a pcm(4) card.
 *
 * This file is the glue to newbus.  The card itself is in rust/card.rs, and the
 * data path in virtio_snd_ring.c.
 */
#include "virtio_snd_var.h"

#include "kpi_time.h"

#include <sys/kernel.h>
#include <sys/module.h>
#include <dev/virtio/virtio_ids.h>

#include "virtio_if.h"

SDT_PROVIDER_DEFINE(virtio_snd);
KPI_SDT_DEFINE3(vtsnd_sdt_request, virtio_snd, request, int, uint32_t, uint32_t)
KPI_SDT_DEFINE4(vtsnd_sdt_reply, virtio_snd, reply, int, uint32_t, uint32_t,
    int)
KPI_SDT_DEFINE3(vtsnd_sdt_event, virtio_snd, event, int, uint32_t, uint32_t)

/* sound(4) owns the start of the softc of every pcm device. */
struct vtsnd_softc {
	char			vs_pcm[KPI_PCM_SOFTC_SIZE] __aligned(16);
	struct kpi_virtio	vs_virtio;	/* outlives the interrupts */
	void			*vs_card;	/* Rust's; NULL: not attached */
	int			vs_error;	/* of detach, without a card */
};

static device_probe_t	vtsnd_probe;
static device_attach_t	vtsnd_attach;
static device_detach_t	vtsnd_detach;
static device_suspend_t	vtsnd_suspend;
static device_resume_t	vtsnd_resume;
static device_shutdown_t vtsnd_shutdown;
static int		vtsnd_attach_completed(device_t dev);
static int		vtsnd_config_change(device_t dev);

static device_method_t vtsnd_methods[] = {
	DEVMETHOD(device_probe,		vtsnd_probe),
	DEVMETHOD(device_attach,	vtsnd_attach),
	DEVMETHOD(device_detach,	vtsnd_detach),
	DEVMETHOD(device_suspend,	vtsnd_suspend),
	DEVMETHOD(device_resume,	vtsnd_resume),
	DEVMETHOD(device_shutdown,	vtsnd_shutdown),

	DEVMETHOD(virtio_attach_completed, vtsnd_attach_completed),
	DEVMETHOD(virtio_config_change,	vtsnd_config_change),

	DEVMETHOD_END
};

static driver_t vtsnd_driver = {
	"pcm",
	vtsnd_methods,
	sizeof(struct vtsnd_softc),
};

VIRTIO_DRIVER_MODULE(virtio_snd, vtsnd_driver, NULL, NULL);
MODULE_VERSION(virtio_snd, 1);
MODULE_DEPEND(virtio_snd, virtio, 1, 1, 1);
KPI_PCM_MODULE_DEPEND(virtio_snd);
VIRTIO_SIMPLE_PNPINFO(virtio_snd, VIRTIO_ID_SOUND, "VirtIO Sound Adapter");

static int
vtsnd_probe(device_t dev)
{
	return (VIRTIO_SIMPLE_PROBE(dev, virtio_snd));
}

static int
vtsnd_attach(device_t dev)
{
	struct vtsnd_softc *sc = device_get_softc(dev);
	int error;

	kpi_virtio_init(&sc->vs_virtio, dev);
	error = vtsnd_attach_card(dev, &sc->vs_virtio, &sc->vs_card);
	if (error == 0 && sc->vs_card == NULL)
		sc->vs_error = EBUSY;
	return (error);
}

static int
vtsnd_detach(device_t dev)
{
	struct vtsnd_softc *sc = device_get_softc(dev);

	/*
	 * If this fails, the card is gone, and the device stays attached for
	 * ever.
	 */
	if (sc->vs_card != NULL)
		sc->vs_error = vtsnd_detach_card(sc->vs_card);
	sc->vs_card = NULL;
	return (sc->vs_error);
}

static int
vtsnd_suspend(device_t dev)
{
	struct vtsnd_softc *sc = device_get_softc(dev);

	if (sc->vs_card != NULL)
		vtsnd_suspend_card(sc->vs_card);
	return (0);
}

static int
vtsnd_resume(device_t dev)
{
	struct vtsnd_softc *sc = device_get_softc(dev);

	return (sc->vs_card == NULL ? 0 : vtsnd_resume_card(sc->vs_card));
}

/*
 * Like suspend, but no resume follows.  After a panic the device is left as it
 * is: stopping it would mean waiting for threads, and none run.
 */
static int
vtsnd_shutdown(device_t dev)
{
	if (kpi_panicked())
		return (0);
	return (vtsnd_suspend(dev));
}

/*
 * The bus writes the device's status once more after vtsnd_attach().  That
 * write would undo a reset made earlier, so resets are allowed only from here
 * on.
 */
static int
vtsnd_attach_completed(device_t dev)
{
	struct vtsnd_softc *sc = device_get_softc(dev);

	if (sc->vs_card != NULL)
		vtsnd_watch_card(sc->vs_card);
	return (0);
}

/* The bus may call this before attach has finished, and after detach. */
static int
vtsnd_config_change(device_t dev)
{
	struct vtsnd_softc *sc = device_get_softc(dev);

	kpi_virtio_config_change(&sc->vs_virtio);
	return (0);
}
