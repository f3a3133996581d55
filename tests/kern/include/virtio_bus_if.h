/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a virtio bus does for the driver of its device, under the virtio_*()
 * calls of <dev/virtio/virtio.h>.  FreeBSD generates this header from
 * virtio_bus_if.m; the methods and their types are the same.
 * finalize_features and config_generation default to 0.
 */

#ifndef _virtio_bus_if_h_
#define	_virtio_bus_if_h_

struct vq_alloc_info;

extern struct kobjop_desc virtio_bus_negotiate_features_desc;
typedef uint64_t virtio_bus_negotiate_features_t(device_t dev,
    uint64_t child_features);
static __inline TK_KOBJ_CALL uint64_t
VIRTIO_BUS_NEGOTIATE_FEATURES(device_t dev, uint64_t child_features)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_negotiate_features);
	return (((virtio_bus_negotiate_features_t *)_m)(dev, child_features));
}

extern struct kobjop_desc virtio_bus_finalize_features_desc;
typedef int virtio_bus_finalize_features_t(device_t dev);
static __inline TK_KOBJ_CALL int
VIRTIO_BUS_FINALIZE_FEATURES(device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_finalize_features);
	return (((virtio_bus_finalize_features_t *)_m)(dev));
}

extern struct kobjop_desc virtio_bus_with_feature_desc;
typedef bool virtio_bus_with_feature_t(device_t dev, uint64_t feature);
static __inline TK_KOBJ_CALL bool
VIRTIO_BUS_WITH_FEATURE(device_t dev, uint64_t feature)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_with_feature);
	return (((virtio_bus_with_feature_t *)_m)(dev, feature));
}

extern struct kobjop_desc virtio_bus_alloc_virtqueues_desc;
typedef int virtio_bus_alloc_virtqueues_t(device_t dev, int nvqs,
    struct vq_alloc_info *info);
static __inline TK_KOBJ_CALL int
VIRTIO_BUS_ALLOC_VIRTQUEUES(device_t dev, int nvqs, struct vq_alloc_info *info)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_alloc_virtqueues);
	return (((virtio_bus_alloc_virtqueues_t *)_m)(dev, nvqs, info));
}

extern struct kobjop_desc virtio_bus_setup_intr_desc;
typedef int virtio_bus_setup_intr_t(device_t dev, enum intr_type type);
static __inline TK_KOBJ_CALL int
VIRTIO_BUS_SETUP_INTR(device_t dev, enum intr_type type)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_setup_intr);
	return (((virtio_bus_setup_intr_t *)_m)(dev, type));
}

extern struct kobjop_desc virtio_bus_stop_desc;
typedef void virtio_bus_stop_t(device_t dev);
static __inline TK_KOBJ_CALL void
VIRTIO_BUS_STOP(device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_stop);
	((virtio_bus_stop_t *)_m)(dev);
}

extern struct kobjop_desc virtio_bus_reinit_desc;
typedef int virtio_bus_reinit_t(device_t dev, uint64_t features);
static __inline TK_KOBJ_CALL int
VIRTIO_BUS_REINIT(device_t dev, uint64_t features)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_reinit);
	return (((virtio_bus_reinit_t *)_m)(dev, features));
}

extern struct kobjop_desc virtio_bus_reinit_complete_desc;
typedef void virtio_bus_reinit_complete_t(device_t dev);
static __inline TK_KOBJ_CALL void
VIRTIO_BUS_REINIT_COMPLETE(device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_reinit_complete);
	((virtio_bus_reinit_complete_t *)_m)(dev);
}

extern struct kobjop_desc virtio_bus_notify_vq_desc;
typedef void virtio_bus_notify_vq_t(device_t dev, uint16_t queue,
    bus_size_t offset);
static __inline TK_KOBJ_CALL void
VIRTIO_BUS_NOTIFY_VQ(device_t dev, uint16_t queue, bus_size_t offset)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_notify_vq);
	((virtio_bus_notify_vq_t *)_m)(dev, queue, offset);
}

extern struct kobjop_desc virtio_bus_config_generation_desc;
typedef int virtio_bus_config_generation_t(device_t dev);
static __inline TK_KOBJ_CALL int
VIRTIO_BUS_CONFIG_GENERATION(device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_config_generation);
	return (((virtio_bus_config_generation_t *)_m)(dev));
}

extern struct kobjop_desc virtio_bus_read_device_config_desc;
typedef void virtio_bus_read_device_config_t(device_t dev, bus_size_t offset,
    void *dst, int len);
static __inline TK_KOBJ_CALL void
VIRTIO_BUS_READ_DEVICE_CONFIG(device_t dev, bus_size_t offset, void *dst,
    int len)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_read_device_config);
	((virtio_bus_read_device_config_t *)_m)(dev, offset, dst, len);
}

extern struct kobjop_desc virtio_bus_write_device_config_desc;
typedef void virtio_bus_write_device_config_t(device_t dev, bus_size_t offset,
    const void *src, int len);
static __inline TK_KOBJ_CALL void
VIRTIO_BUS_WRITE_DEVICE_CONFIG(device_t dev, bus_size_t offset,
    const void *src, int len)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_bus_write_device_config);
	((virtio_bus_write_device_config_t *)_m)(dev, offset, src, len);
}

#endif /* _virtio_bus_if_h_ */
