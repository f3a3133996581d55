/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a virtio bus tells the driver of its device.  FreeBSD generates this
 * header from virtio_if.m; the methods, their types and their defaults (both
 * return 0) are the same.
 */

#ifndef _virtio_if_h_
#define	_virtio_if_h_

/* DRIVER_OK is set: the queues may be used, requests may be polled for. */
extern struct kobjop_desc virtio_attach_completed_desc;
typedef int virtio_attach_completed_t(device_t dev);
static __inline TK_KOBJ_CALL int
VIRTIO_ATTACH_COMPLETED(device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_attach_completed);
	return (((virtio_attach_completed_t *)_m)(dev));
}

/* The device changed its configuration space; runs in an interrupt thread. */
extern struct kobjop_desc virtio_config_change_desc;
typedef int virtio_config_change_t(device_t dev);
static __inline TK_KOBJ_CALL int
VIRTIO_CONFIG_CHANGE(device_t dev)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, virtio_config_change);
	return (((virtio_config_change_t *)_m)(dev));
}

#endif /* _virtio_if_h_ */
