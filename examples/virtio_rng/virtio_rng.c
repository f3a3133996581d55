/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * virtio_rng(4): the virtio entropy device.
 *
 * This file is the glue to newbus.  The driver is in rust/lib.rs.
 */
#include "kpi_virtio.h"

#include <sys/kernel.h>
#include <sys/module.h>
#include <dev/virtio/virtio_ids.h>

/* Written in Rust, by virtio_driver!. */
device_attach_t		vtrng_attach;
device_detach_t		vtrng_detach;
device_suspend_t	vtrng_suspend;	/* shutdown, too */
device_resume_t		vtrng_resume;

/* Defines what the probe compares. */
VIRTIO_SIMPLE_PNPINFO(virtio_rng, VIRTIO_ID_ENTROPY, "VirtIO Entropy Device");

/* Before FreeBSD's virtio_random(4), which is BUS_PROBE_DEFAULT. */
static int
vtrng_probe(device_t dev)
{
	int error = VIRTIO_SIMPLE_PROBE(dev, virtio_rng);

	return (error <= 0 ? BUS_PROBE_VENDOR : error);
}

static device_method_t vtrng_methods[] = {
	DEVMETHOD(device_probe,		vtrng_probe),
	DEVMETHOD(device_attach,	vtrng_attach),
	DEVMETHOD(device_detach,	vtrng_detach),
	DEVMETHOD(device_suspend,	vtrng_suspend),
	DEVMETHOD(device_resume,	vtrng_resume),
	DEVMETHOD(device_shutdown,	vtrng_suspend),
	DEVMETHOD_END
};

static driver_t vtrng_driver = {
	"virtio_rng", vtrng_methods, sizeof(struct kpi_virtio_softc)
};

VIRTIO_DRIVER_MODULE(virtio_rng, vtrng_driver, NULL, NULL);
MODULE_VERSION(virtio_rng, 1);
MODULE_DEPEND(virtio_rng, virtio, 1, 1, 1);
MODULE_DEPEND(virtio_rng, random_device, 1, 1, 1);
