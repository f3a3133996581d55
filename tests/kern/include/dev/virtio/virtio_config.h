/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Device status bits and the feature bits that no device type owns (VIRTIO
 * 1.2, sections 2.1 and 6), under FreeBSD's names.
 */

#ifndef _VIRTIO_CONFIG_H_
#define	_VIRTIO_CONFIG_H_

/* Device status, 1 byte: the driver's progress, written by the driver ... */
#define	VIRTIO_CONFIG_STATUS_RESET	0x00
#define	VIRTIO_CONFIG_STATUS_ACK	0x01	/* device noticed */
#define	VIRTIO_CONFIG_STATUS_DRIVER	0x02	/* driver found */
#define	VIRTIO_CONFIG_STATUS_DRIVER_OK	0x04	/* queues may be used */
#define	VIRTIO_CONFIG_S_FEATURES_OK	0x08	/* stays set if accepted */
#define	VIRTIO_CONFIG_S_NEEDS_RESET	0x40	/* ... and this by the device */
#define	VIRTIO_CONFIG_STATUS_FAILED	0x80	/* driver gave up */

/* Feature bits. */
#define	VIRTIO_F_NOTIFY_ON_EMPTY	(1UL << 24)	/* legacy */
#define	VIRTIO_F_ANY_LAYOUT		(1UL << 27)	/* legacy */
#define	VIRTIO_RING_F_INDIRECT_DESC	(1UL << 28)
#define	VIRTIO_RING_F_EVENT_IDX		(1UL << 29)
#define	VIRTIO_F_BAD_FEATURE		(1UL << 30)	/* never negotiated */
#define	VIRTIO_F_VERSION_1		(1ULL << 32)
#define	VIRTIO_F_IOMMU_PLATFORM		(1ULL << 33)

/*
 * Bits from START up to, but not including, END belong to ring and transport.
 */
#define	VIRTIO_TRANSPORT_F_START	28
#define	VIRTIO_TRANSPORT_F_END		34

#endif /* _VIRTIO_CONFIG_H_ */
