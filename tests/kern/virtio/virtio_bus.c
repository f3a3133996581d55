/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The buses virtio_mmio and virtio_pci over a struct tk_virtio_ops.  Both are
 * modern (VIRTIO 1.2) and keep the order of events of FreeBSD 15's virtio_mmio
 * and virtio_pci_modern: see tk_virtio.h for how they differ.  Interrupts are
 * in virtio_bus_intr.c.
 *
 * Left out: legacy devices, MSI and INTx on virtio_pci, its sysctls, and the
 * registers themselves, which the operations replace.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/endian.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/module.h>

#include <machine/bus.h>

#include <dev/virtio/virtio.h>
#include <dev/virtio/virtqueue.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_virtio_var.h"
#include "virtio_bus_if.h"
#include "virtio_if.h"

#define	VTBUS_VENDOR_PCI	0x1af4
#define	VTBUS_DEVICE_PCI	0x1040	/* plus the device type */
#define	VTBUS_VENDOR_MMIO	0x554d4551	/* "QEMU" */
#define	VTBUS_RING_ALIGN	4096

/* What tk_virtio_attach() hands to vtbus_attach(), in the device's ivars. */
struct vtbus_args {
	const struct tk_virtio_ops *ops;
	void		*arg;
	uint32_t	 type;
};

static void	vtbus_release_child(struct vtbus_softc *);

/*
 * Status and features
 */

static void
vtbus_set_status(struct vtbus_softc *sc, uint8_t status)
{

	if ((status & VIRTIO_CONFIG_STATUS_DRIVER_OK) != 0)
		__atomic_store_n(&sc->running, true, __ATOMIC_RELEASE);
	sc->ops->set_status(sc->arg, status | sc->ops->status(sc->arg));
}

static void
vtbus_reset(struct vtbus_softc *sc)
{

	sc->ops->set_status(sc->arg, VIRTIO_CONFIG_STATUS_RESET);
	__atomic_store_n(&sc->running, false, __ATOMIC_RELEASE);
	sc->finalized = false;
}

bool
tk_virtio_running(device_t bus)
{
	struct vtbus_softc *sc;

	sc = device_get_softc(bus);
	return (__atomic_load_n(&sc->running, __ATOMIC_ACQUIRE));
}

static void
vtbus_describe(struct vtbus_softc *sc, const char *msg, uint64_t features)
{

	if (bootverbose && !device_is_attached(sc->child))
		virtio_describe(sc->dev, msg, features, sc->feature_desc);
}

static uint64_t
vtbus_negotiate_features(device_t dev, uint64_t child_features)
{
	struct vtbus_softc *sc;
	uint64_t host;

	tk_preempt();
	sc = device_get_softc(dev);
	host = sc->ops->features(sc->arg);
	vtbus_describe(sc, "host", host);

	/* A modern bus asks for VERSION_1 whatever the driver says. */
	child_features |= VIRTIO_F_VERSION_1;
	sc->features = virtio_filter_transport_features(host & child_features);
	vtbus_describe(sc, "negotiated", sc->features);
	sc->feature_error = sc->ops->set_features(sc->arg, sc->features);
	sc->finalized = false;
	return (sc->features);
}

static int
vtbus_finalize_features(device_t dev)
{
	struct vtbus_softc *sc;

	tk_preempt();
	sc = device_get_softc(dev);
	if ((sc->features & VIRTIO_F_VERSION_1) == 0) {
		device_printf(dev, "device is not modern\n");
		return (ENOTSUP);
	}
	if (sc->feature_error == 0 && !tk_fault("virtio_finalize_features"))
		vtbus_set_status(sc, VIRTIO_CONFIG_S_FEATURES_OK);
	if ((sc->ops->status(sc->arg) & VIRTIO_CONFIG_S_FEATURES_OK) == 0) {
		device_printf(dev, "desired features were not accepted\n");
		return (ENOTSUP);
	}
	sc->finalized = true;
	return (0);
}

static bool
vtbus_with_feature(device_t dev, uint64_t feature)
{
	struct vtbus_softc *sc;

	sc = device_get_softc(dev);
	return ((sc->features & feature) != 0);
}

/*
 * Queues
 */

static int
vtbus_enable_queue(struct vtbus_softc *sc, int idx)
{
	struct virtqueue *vq;

	vq = sc->vqs[idx].vq;
	return (sc->ops->queue_enable(sc->arg, idx, virtqueue_size(vq),
	    virtqueue_desc_paddr(vq), virtqueue_avail_paddr(vq),
	    virtqueue_used_paddr(vq)));
}

static int
vtbus_enable_queues(struct vtbus_softc *sc)
{
	int error, i;

	error = 0;
	for (i = 0; i < sc->nvqs && error == 0; i++)
		error = vtbus_enable_queue(sc, i);
	return (error);
}

static void
vtbus_free_virtqueues(struct vtbus_softc *sc)
{
	int i;

	for (i = 0; i < sc->nvqs; i++) {
		sc->ops->queue_disable(sc->arg, i);
		virtqueue_free(sc->vqs[i].vq);
	}
	free(sc->vqs, M_DEVBUF);
	sc->vqs = NULL;
	sc->nvqs = 0;
}

static int
vtbus_alloc_queue(struct vtbus_softc *sc, int idx, struct vq_alloc_info *info)
{
	struct vtbus_vq *v;
	int error;

	v = &sc->vqs[idx];
	error = virtqueue_alloc(sc->dev, idx, sc->ops->queue_size(sc->arg, idx),
	    0, VTBUS_RING_ALIGN, ~(vm_paddr_t)0, info, &v->vq);
	if (error != 0) {
		device_printf(sc->dev, "cannot allocate virtqueue %d: %d\n",
		    idx, error);
		return (error);
	}
	*info->vqai_vq = v->vq;
	v->no_intr = info->vqai_intr == NULL;
	sc->nvqs++;
	return (sc->pci ? 0 : vtbus_enable_queue(sc, idx));
}

static int
vtbus_alloc_virtqueues(device_t dev, int nvqs, struct vq_alloc_info *info)
{
	struct vtbus_softc *sc;
	int error, i, max;

	tk_preempt();
	sc = device_get_softc(dev);
	if (!sc->finalized)
		tk_stop("virtio-order", "%s: queues allocated before "
		    "virtio_finalize_features()", device_get_nameunit(dev));
	max = MIN(sc->ops->queue_count(sc->arg), TK_VIRTIO_MAXQ);
	if (sc->pci && nvqs > max) {
		device_printf(dev, "requested virtqueue count %d exceeds "
		    "max %d\n", nvqs, max);
		return (E2BIG);
	}
	if (sc->nvqs != 0)
		return (EALREADY);
	if (nvqs <= 0 || nvqs > TK_VIRTIO_MAXQ)
		return (EINVAL);
	if (tk_fault("virtio_alloc_virtqueues"))
		return (ENOMEM);
	sc->vqs = malloc(nvqs * sizeof(*sc->vqs), M_DEVBUF, M_NOWAIT | M_ZERO);
	if (sc->vqs == NULL)
		return (ENOMEM);
	error = 0;
	for (i = 0; i < nvqs && error == 0; i++)
		error = vtbus_alloc_queue(sc, i, &info[i]);
	if (error != 0)
		vtbus_free_virtqueues(sc);
	return (error);
}

static void
vtbus_notify_vq(device_t dev, uint16_t queue, bus_size_t offset __unused)
{
	struct vtbus_softc *sc;

	sc = device_get_softc(dev);
	/* Section 3.1.1: not before DRIVER_OK. */
	if (!tk_virtio_running(dev))
		tk_stop("virtio-notify", "%s: queue %d notified without "
		    "DRIVER_OK", device_get_nameunit(dev), queue);
	vtbus_count(&sc->stats.kicks[queue]);
	sc->ops->notify(sc->arg, queue);
}

/*
 * Interrupts: virtio_bus_intr.c
 */

static int
vtbus_setup_intr(device_t dev, enum intr_type type)
{
	struct vtbus_softc *sc;
	int error;

	tk_preempt();
	sc = device_get_softc(dev);
	if (tk_fault("virtio_setup_intr"))
		return (ENXIO);
	error = vtbus_setup_interrupts(sc, type);
	if (error != 0) {
		vtbus_free_interrupts(sc);
		return (error);
	}
	return (sc->pci ? vtbus_enable_queues(sc) : 0);
}

/*
 * Stop and restart
 */

static void
vtbus_stop(device_t dev)
{

	tk_preempt();
	vtbus_reset(device_get_softc(dev));
}

static int
vtbus_reinit(device_t dev, uint64_t features)
{
	struct vtbus_softc *sc;
	int error, i;

	tk_preempt();
	sc = device_get_softc(dev);
	if (tk_fault("virtio_reinit"))
		return (ENXIO);
	if (sc->ops->status(sc->arg) != VIRTIO_CONFIG_STATUS_RESET)
		vtbus_reset(sc);
	vtbus_set_status(sc, VIRTIO_CONFIG_STATUS_ACK);
	vtbus_set_status(sc, VIRTIO_CONFIG_STATUS_DRIVER);
	vtbus_negotiate_features(dev, features);
	error = vtbus_finalize_features(dev);
	if (error != 0) {
		device_printf(dev,
		    "cannot finalize features during reinit\n");
		return (error);
	}
	for (i = 0; i < sc->nvqs && error == 0; i++)
		error = virtqueue_reinit(sc->vqs[i].vq,
		    sc->ops->queue_size(sc->arg, i));
	/* The reset made the device forget its vectors. */
	if (error == 0 && sc->intr_ready)
		error = vtbus_start_interrupts(sc);
	if (error == 0 && !sc->pci)
		error = vtbus_enable_queues(sc);
	return (error);
}

static void
vtbus_reinit_complete(device_t dev)
{
	struct vtbus_softc *sc;

	tk_preempt();
	sc = device_get_softc(dev);
	if (sc->pci)
		(void)vtbus_enable_queues(sc);
	vtbus_set_status(sc, VIRTIO_CONFIG_STATUS_DRIVER_OK);
}

/*
 * Configuration space
 */

static int
vtbus_config_generation(device_t dev)
{
	struct vtbus_softc *sc;

	sc = device_get_softc(dev);
	return (sc->ops->generation(sc->arg));
}

/* Section 4.2.2.2: fields are accessed in their own width, aligned. */
static void
vtbus_check_config(device_t dev, bus_size_t offset, int len)
{
	bus_size_t align;

	align = MIN(len, 4);
	if ((len != 1 && len != 2 && len != 4 && len != 8) ||
	    offset % align != 0)
		tk_stop("virtio-config", "%s: access of %d bytes at %ju",
		    device_get_nameunit(dev), len, (uintmax_t)offset);
}

static uint32_t
vtbus_read_4(struct vtbus_softc *sc, bus_size_t offset)
{
	uint32_t v;

	vtbus_count(&sc->stats.config_reads);
	sc->ops->read_config(sc->arg, offset, &v, sizeof(v));
	return (le32toh(v));
}

/* Two halves of one generation. */
static uint64_t
vtbus_read_8(device_t dev, bus_size_t offset)
{
	struct vtbus_softc *sc;
	uint32_t low, high;
	int gen;

	sc = device_get_softc(dev);
	do {
		gen = vtbus_config_generation(dev);
		low = vtbus_read_4(sc, offset);
		high = vtbus_read_4(sc, offset + 4);
	} while (gen != vtbus_config_generation(dev));
	return ((uint64_t)high << 32 | low);
}

static void
vtbus_read_device_config(device_t dev, bus_size_t offset, void *dst, int len)
{
	struct vtbus_softc *sc;
	uint16_t v2;
	uint32_t v4;
	uint64_t v8;

	tk_preempt();
	sc = device_get_softc(dev);
	vtbus_check_config(dev, offset, len);
	switch (len) {
	case 1:
		vtbus_count(&sc->stats.config_reads);
		sc->ops->read_config(sc->arg, offset, dst, 1);
		break;
	case 2:
		vtbus_count(&sc->stats.config_reads);
		sc->ops->read_config(sc->arg, offset, &v2, 2);
		v2 = le16toh(v2);
		memcpy(dst, &v2, 2);
		break;
	case 4:
		v4 = vtbus_read_4(sc, offset);
		memcpy(dst, &v4, 4);
		break;
	case 8:
		v8 = vtbus_read_8(dev, offset);
		memcpy(dst, &v8, 8);
		break;
	}
}

static void
vtbus_write_device_config(device_t dev, bus_size_t offset, const void *src,
    int len)
{
	struct vtbus_softc *sc;
	uint16_t v2;
	uint32_t v4;
	uint64_t v8;

	tk_preempt();
	sc = device_get_softc(dev);
	vtbus_check_config(dev, offset, len);
	switch (len) {
	case 1:
		sc->ops->write_config(sc->arg, offset, src, 1);
		break;
	case 2:
		memcpy(&v2, src, 2);
		v2 = htole16(v2);
		sc->ops->write_config(sc->arg, offset, &v2, 2);
		break;
	case 4:
		memcpy(&v4, src, 4);
		v4 = htole32(v4);
		sc->ops->write_config(sc->arg, offset, &v4, 4);
		break;
	case 8:
		memcpy(&v8, src, 8);
		v4 = htole32((uint32_t)v8);
		sc->ops->write_config(sc->arg, offset, &v4, 4);
		v4 = htole32((uint32_t)(v8 >> 32));
		sc->ops->write_config(sc->arg, offset + 4, &v4, 4);
		break;
	}
}

/*
 * The bus as a device
 */

static int
vtbus_probe(device_t dev)
{

	if (device_get_ivars(dev) == NULL)
		return (ENXIO);
	device_set_desc(dev, "VirtIO adapter of the test kernel");
	return (BUS_PROBE_DEFAULT);
}

static void
vtbus_attach_child(struct vtbus_softc *sc)
{

	if (sc->child == NULL || device_get_state(sc->child) != DS_NOTPRESENT)
		return;
	sc->child_error = device_probe(sc->child);
	if (sc->child_error != 0)
		return;
	vtbus_set_status(sc, VIRTIO_CONFIG_STATUS_DRIVER);
	sc->child_error = device_attach(sc->child);
	if (sc->child_error != 0) {
		vtbus_set_status(sc, VIRTIO_CONFIG_STATUS_FAILED);
		vtbus_release_child(sc);
		vtbus_set_status(sc, VIRTIO_CONFIG_STATUS_ACK);
		return;
	}
	vtbus_set_status(sc, VIRTIO_CONFIG_STATUS_DRIVER_OK);
	VIRTIO_ATTACH_COMPLETED(sc->child);
}

/*
 * Reset the device and free what the child's attach made.  After a failed
 * attach this is called twice, as in FreeBSD.  FreeBSD's virtio_mmio then uses
 * the interrupt that it has freed.  No driver can prevent that, so it is not so
 * here.
 */
static void
vtbus_release_child(struct vtbus_softc *sc)
{

	vtbus_reset(sc);
	vtbus_free_interrupts(sc);
	vtbus_free_virtqueues(sc);
	sc->feature_desc = NULL;
	sc->features = 0;
}

static void
vtbus_unbind(struct vtbus_softc *sc)
{

	vtbus_reset(sc);
	if (sc->ops->bind != NULL)
		sc->ops->bind(sc->arg, NULL);
}

static int
vtbus_attach(device_t dev, bool pci)
{
	const struct vtbus_args *args;
	struct vtbus_softc *sc;

	args = device_get_ivars(dev);
	sc = device_get_softc(dev);
	sc->dev = dev;
	sc->ops = args->ops;
	sc->arg = args->arg;
	sc->type = args->type;
	sc->pci = pci;
	if (sc->ops->bind != NULL)
		sc->ops->bind(sc->arg, dev);
	vtbus_reset(sc);
	vtbus_set_status(sc, VIRTIO_CONFIG_STATUS_ACK);
	sc->child = device_add_child(dev, NULL, DEVICE_UNIT_ANY);
	if (sc->child == NULL) {
		device_printf(dev, "cannot create child device\n");
		vtbus_set_status(sc, VIRTIO_CONFIG_STATUS_FAILED);
		vtbus_unbind(sc);
		return (ENOMEM);
	}
	vtbus_attach_child(sc);
	return (0);
}

static int
vtbus_mmio_attach(device_t dev)
{

	return (vtbus_attach(dev, false));
}

static int
vtbus_pci_attach(device_t dev)
{

	return (vtbus_attach(dev, true));
}

static int
vtbus_detach(device_t dev)
{
	struct vtbus_softc *sc;
	int error;

	sc = device_get_softc(dev);
	error = bus_generic_detach(dev);
	if (error != 0)
		return (error);
	sc->child = NULL;
	vtbus_unbind(sc);
	return (0);
}

static int
vtbus_shutdown(device_t dev)
{

	(void)bus_generic_shutdown(dev);
	vtbus_stop(dev);
	return (0);
}

static void
vtbus_driver_added(device_t dev, driver_t *driver __unused)
{

	vtbus_attach_child(device_get_softc(dev));
}

static void
vtbus_child_detached(device_t dev, device_t child __unused)
{
	struct vtbus_softc *sc;

	sc = device_get_softc(dev);
	vtbus_release_child(sc);
	if (sc->pci)
		vtbus_set_status(sc, VIRTIO_CONFIG_STATUS_ACK);
}

static int
vtbus_read_ivar(device_t dev, device_t child, int index, uintptr_t *result)
{
	struct vtbus_softc *sc;

	sc = device_get_softc(dev);
	if (child != sc->child)
		return (ENOENT);
	switch (index) {
	case VIRTIO_IVAR_DEVTYPE:
	case VIRTIO_IVAR_SUBDEVICE:
		*result = sc->type;
		break;
	case VIRTIO_IVAR_VENDOR:
		*result = sc->pci ? VTBUS_VENDOR_PCI : VTBUS_VENDOR_MMIO;
		break;
	case VIRTIO_IVAR_SUBVENDOR:
		*result = sc->pci ? VTBUS_VENDOR_PCI : 0;
		break;
	case VIRTIO_IVAR_DEVICE:
		*result = sc->pci ? VTBUS_DEVICE_PCI + sc->type : 0;
		break;
	case VIRTIO_IVAR_MODERN:
		*result = 1;
		break;
	default:
		return (ENOENT);
	}
	return (0);
}

static int
vtbus_write_ivar(device_t dev, device_t child, int index, uintptr_t value)
{
	struct vtbus_softc *sc;

	sc = device_get_softc(dev);
	if (child != sc->child || index != VIRTIO_IVAR_FEATURE_DESC)
		return (ENOENT);
	sc->feature_desc = (struct virtio_feature_desc *)value;
	return (0);
}

#define	VTBUS_METHODS							\
	DEVMETHOD(device_probe,		vtbus_probe),			\
	DEVMETHOD(device_detach,	vtbus_detach),			\
	DEVMETHOD(device_suspend,	bus_generic_suspend),		\
	DEVMETHOD(device_resume,	bus_generic_resume),		\
	DEVMETHOD(device_shutdown,	vtbus_shutdown),		\
									\
	DEVMETHOD(bus_driver_added,	vtbus_driver_added),		\
	DEVMETHOD(bus_child_detached,	vtbus_child_detached),		\
	DEVMETHOD(bus_child_pnpinfo,	virtio_child_pnpinfo),		\
	DEVMETHOD(bus_read_ivar,	vtbus_read_ivar),		\
	DEVMETHOD(bus_write_ivar,	vtbus_write_ivar),		\
									\
	DEVMETHOD(virtio_bus_negotiate_features, vtbus_negotiate_features), \
	DEVMETHOD(virtio_bus_finalize_features, vtbus_finalize_features), \
	DEVMETHOD(virtio_bus_with_feature, vtbus_with_feature),		\
	DEVMETHOD(virtio_bus_alloc_virtqueues, vtbus_alloc_virtqueues),	\
	DEVMETHOD(virtio_bus_setup_intr, vtbus_setup_intr),		\
	DEVMETHOD(virtio_bus_stop,	vtbus_stop),			\
	DEVMETHOD(virtio_bus_reinit,	vtbus_reinit),			\
	DEVMETHOD(virtio_bus_reinit_complete, vtbus_reinit_complete),	\
	DEVMETHOD(virtio_bus_notify_vq,	vtbus_notify_vq),		\
	DEVMETHOD(virtio_bus_config_generation, vtbus_config_generation), \
	DEVMETHOD(virtio_bus_read_device_config, vtbus_read_device_config), \
	DEVMETHOD(virtio_bus_write_device_config, vtbus_write_device_config), \
	DEVMETHOD_END

static device_method_t vtbus_mmio_methods[] = {
	DEVMETHOD(device_attach,	vtbus_mmio_attach),
	VTBUS_METHODS
};

static device_method_t vtbus_pci_methods[] = {
	DEVMETHOD(device_attach,	vtbus_pci_attach),
	VTBUS_METHODS
};

DEFINE_CLASS_0(virtio_mmio, vtbus_mmio_driver, vtbus_mmio_methods,
    sizeof(struct vtbus_softc));
DEFINE_CLASS_0(virtio_pci, vtbus_pci_driver, vtbus_pci_methods,
    sizeof(struct vtbus_softc));

DRIVER_MODULE(virtio_mmio, nexus, vtbus_mmio_driver, NULL, NULL);
MODULE_VERSION(virtio_mmio, 1);
MODULE_DEPEND(virtio_mmio, virtio, 1, 1, 1);
DRIVER_MODULE(virtio_pci, nexus, vtbus_pci_driver, NULL, NULL);
MODULE_VERSION(virtio_pci, 1);
MODULE_DEPEND(virtio_pci, virtio, 1, 1, 1);

/*
 * For tests and transports
 */

/* With bus_topo_lock(); returns the errno. */
static int
vtbus_create(const char *busname, struct vtbus_args *args, device_t *busp)
{
	struct vtbus_softc *sc;
	device_t bus;
	int error;

	bus = device_add_child(tk_nexus(), busname, DEVICE_UNIT_ANY);
	if (bus == NULL)
		return (ENOMEM);
	device_set_ivars(bus, args);
	error = device_probe_and_attach(bus);
	device_set_ivars(bus, NULL);
	if (error == 0) {
		sc = device_get_softc(bus);
		error = sc->child_error;
	}
	if (error != 0)
		device_delete_child(tk_nexus(), bus);
	*busp = bus;
	return (error);
}

struct _device *
tk_virtio_attach(const char *busname, const struct tk_virtio_ops *ops,
    void *dev, uint32_t device_type, int *errorp)
{
	struct vtbus_args args;
	device_t bus;
	int error;

	args.ops = ops;
	args.arg = dev;
	args.type = device_type;
	bus_topo_lock();
	error = vtbus_create(busname, &args, &bus);
	bus_topo_unlock();
	if (errorp != NULL)
		*errorp = error;
	return (error == 0 ? bus : NULL);
}

int
tk_virtio_detach(struct _device *bus)
{
	int error;

	bus_topo_lock();
	error = device_detach(bus);
	if (error == 0)
		error = device_delete_child(tk_nexus(), bus);
	bus_topo_unlock();
	return (error);
}

struct _device *
tk_virtio_child(struct _device *bus)
{
	struct vtbus_softc *sc;

	sc = device_get_softc(bus);
	return (sc->child);
}

struct tk_virtio_stats
tk_virtio_stats(struct _device *bus)
{
	struct tk_virtio_stats stats;
	struct vtbus_softc *sc;
	uint64_t *from, *to;
	u_int i;

	memset(&stats, 0, sizeof(stats));
	sc = device_get_softc(bus);
	from = (uint64_t *)&sc->stats;
	to = (uint64_t *)&stats;
	for (i = 0; i < sizeof(stats) / sizeof(*to); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	return (stats);
}
