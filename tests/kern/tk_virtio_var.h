/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What virtqueue.c asks of virtio_bus.c beyond the methods of virtio_bus_if.h.
 */

#ifndef _TK_VIRTIO_VAR_H_
#define	_TK_VIRTIO_VAR_H_

/* DRIVER_OK is set: the device may touch rings and what they point to. */
bool	tk_virtio_running(device_t bus);

#endif /* _TK_VIRTIO_VAR_H_ */
