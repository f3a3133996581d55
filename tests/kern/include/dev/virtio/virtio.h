/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What a virtio driver calls on the bus that its device sits on.  As with
 * FreeBSD's header, <sys/param.h>, <machine/bus.h> and <sys/bus.h> come first.
 */

#ifndef _VIRTIO_H_
#define	_VIRTIO_H_

#include <dev/virtio/virtio_endian.h>
#include <dev/virtio/virtio_ids.h>
#include <dev/virtio/virtio_config.h>

#ifdef _KERNEL

struct sbuf;
struct vq_alloc_info;

/*
 * An indirect table is physically contiguous, so it holds what fits in a page.
 */
#define	VIRTIO_MAX_INDIRECT	((int)(PAGE_SIZE / 16))

#define	VIRTIO_IVAR_DEVTYPE		1
#define	VIRTIO_IVAR_FEATURE_DESC	2
#define	VIRTIO_IVAR_VENDOR		3
#define	VIRTIO_IVAR_DEVICE		4
#define	VIRTIO_IVAR_SUBVENDOR		5
#define	VIRTIO_IVAR_SUBDEVICE		6
#define	VIRTIO_IVAR_MODERN		7

/* Names of feature bits; a table ends with a zero vfd_val. */
struct virtio_feature_desc {
	uint64_t	 vfd_val;
	const char	*vfd_str;
};

#define	VIRTIO_DRIVER_MODULE(name, driver, evh, arg)			\
	DRIVER_MODULE(name, virtio_mmio, driver, evh, arg);		\
	DRIVER_MODULE(name, virtio_pci, driver, evh, arg)

struct virtio_pnp_match {
	uint32_t	 device_type;
	const char	*description;
};

#define	VIRTIO_SIMPLE_PNPINFO(driver, devtype, desc)			\
	static const struct virtio_pnp_match driver ## _match = {	\
		.device_type = devtype,					\
		.description = desc,					\
	};								\
	MODULE_PNP_INFO("U32:device_type;D:#", virtio_mmio, driver,	\
	    &driver ## _match, 1);					\
	MODULE_PNP_INFO("U32:device_type;D:#", virtio_pci, driver,	\
	    &driver ## _match, 1)
#define	VIRTIO_SIMPLE_PROBE(dev, driver)				\
	(virtio_simple_probe(dev, &driver ## _match))

/* NULL when the type has no name. */
const char *virtio_device_name(uint16_t devid);
void	 virtio_describe(device_t dev, const char *msg,
	     uint64_t features, struct virtio_feature_desc *desc);
int	 virtio_describe_sbuf(struct sbuf *sb, uint64_t features,
	     struct virtio_feature_desc *desc);
/* Without those transport bits that the ring code does not know. */
uint64_t virtio_filter_transport_features(uint64_t features);
bool	 virtio_bus_is_modern(device_t dev);
/* count items of size bytes, all of one configuration generation. */
void	 virtio_read_device_config_array(device_t dev, bus_size_t offset,
	     void *dst, int size, int count);

/*
 * Calls on the child's bus, in the order in which a driver makes them:
 * negotiate, finalize (ENOTSUP when the device refuses), alloc_virtqueues
 * (EALREADY, EINVAL, E2BIG, or virtqueue_alloc()'s), setup_intr.  stop resets
 * the device; reinit and, after the queues are filled, reinit_complete bring it
 * back.  None may be called from a filter.  All but setup_intr may be called
 * with a mutex held.
 */
void	 virtio_read_ivar(device_t dev, int ivar, uintptr_t *val);
void	 virtio_write_ivar(device_t dev, int ivar, uintptr_t val);
uint64_t virtio_negotiate_features(device_t dev, uint64_t child_features);
int	 virtio_finalize_features(device_t dev);
int	 virtio_alloc_virtqueues(device_t dev, int nvqs,
	     struct vq_alloc_info *info);
int	 virtio_setup_intr(device_t dev, enum intr_type type);
bool	 virtio_with_feature(device_t dev, uint64_t feature);
void	 virtio_stop(device_t dev);
int	 virtio_config_generation(device_t dev);
int	 virtio_reinit(device_t dev, uint64_t features);
void	 virtio_reinit_complete(device_t dev);
int	 virtio_child_pnpinfo(device_t busdev, device_t child,
	     struct sbuf *sb);

/*
 * Configuration space.  length is 1, 2, 4 or 8.  offset is a multiple of it (of
 * 4 for 8).  Values are in the CPU's byte order.
 */
void	 virtio_read_device_config(device_t dev, bus_size_t offset,
	     void *dst, int length);
void	 virtio_write_device_config(device_t dev, bus_size_t offset,
	     const void *src, int length);

#define	VIRTIO_RDWR_DEVICE_CONFIG(size, type)				\
static inline type							\
__CONCAT(virtio_read_dev_config_, size)(device_t dev,			\
    bus_size_t offset)							\
{									\
	type v;								\
	virtio_read_device_config(dev, offset, &v, (int)sizeof(v));	\
	return (v);							\
}									\
									\
static inline void							\
__CONCAT(virtio_write_dev_config_, size)(device_t dev,			\
    bus_size_t offset, type v)						\
{									\
	virtio_write_device_config(dev, offset, &v, (int)sizeof(v));	\
}

VIRTIO_RDWR_DEVICE_CONFIG(1, uint8_t)
VIRTIO_RDWR_DEVICE_CONFIG(2, uint16_t)
VIRTIO_RDWR_DEVICE_CONFIG(4, uint32_t)

#undef VIRTIO_RDWR_DEVICE_CONFIG

#define	VIRTIO_READ_IVAR(name, ivar)					\
static inline int							\
__CONCAT(virtio_get_, name)(device_t dev)				\
{									\
	uintptr_t v;							\
	virtio_read_ivar(dev, ivar, &v);				\
	return ((int)v);						\
}

VIRTIO_READ_IVAR(device_type, VIRTIO_IVAR_DEVTYPE)
VIRTIO_READ_IVAR(vendor, VIRTIO_IVAR_VENDOR)
VIRTIO_READ_IVAR(device, VIRTIO_IVAR_DEVICE)
VIRTIO_READ_IVAR(subvendor, VIRTIO_IVAR_SUBVENDOR)
VIRTIO_READ_IVAR(subdevice, VIRTIO_IVAR_SUBDEVICE)
VIRTIO_READ_IVAR(modern, VIRTIO_IVAR_MODERN)

#undef VIRTIO_READ_IVAR

#define	VIRTIO_WRITE_IVAR(name, ivar)					\
static inline void							\
__CONCAT(virtio_set_, name)(device_t dev, void *v)			\
{									\
	virtio_write_ivar(dev, ivar, (uintptr_t)v);			\
}

VIRTIO_WRITE_IVAR(feature_desc, VIRTIO_IVAR_FEATURE_DESC)

#undef VIRTIO_WRITE_IVAR

/* BUS_PROBE_DEFAULT for the one device type in match, otherwise ENXIO. */
static inline int
virtio_simple_probe(device_t dev, const struct virtio_pnp_match *match)
{

	if (virtio_get_device_type(dev) == (int)match->device_type) {
		device_set_desc(dev, match->description);
		return (BUS_PROBE_DEFAULT);
	}
	return (ENXIO);
}

#endif /* _KERNEL */

#endif /* _VIRTIO_H_ */
